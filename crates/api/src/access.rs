//! Who asks, what they may do, and with which cameras: decided in one place, before any handler.
//!
//! Every operation is registered with what it [`Needs`] (`needs`); the layer around all handlers
//! finds out who asks, by cookie or token, and lets nobody through who lacks it (`admission`). An
//! operation that was not registered so answers nobody. What a handler then is given is a
//! [`Caller`]: the name to act under, and the cameras that this operation may speak of. Whatever
//! lies outside of them is answered as what does not exist.

mod admission;
mod caller;
mod failed_sign_ins;
mod needs;
mod noting;
mod ongoing;
pub(crate) mod own_password;
mod password;
mod restream_password;
mod secret;
pub(crate) mod session;
mod site_cameras;

pub(crate) use admission::admit;
pub(crate) use caller::{Caller, Proof};
pub(crate) use failed_sign_ins::FailedSignIns;
pub(crate) use needs::{Needs, Operations, Rules};
pub(crate) use noting::{note, note_live};
pub(crate) use ongoing::{Looks, note_look};
pub use password::{PasswordError, check_password, hash_password};
pub(crate) use restream_password::RESTREAM_PREFIX;
pub use restream_password::RestreamKey;
pub use secret::{Secret, token_hash};
pub(crate) use secret::{TOKEN_PREFIX, hash_of};
pub(crate) use site_cameras::SiteCameras;
