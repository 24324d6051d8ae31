//! Cameras for other systems: an RTSP server that passes on what the recorder takes, untranscoded, so
//! that a camera is connected to only once.
//!
//! [`Restream`] serves `rtsp://host:port/live/{camera}[/main|/sub]` on its listeners (`server`), and
//! `rtsps://` where what comes is encrypted (`encryption`). Each
//! connection is one task that answers requests and, while playing, sends pictures (`connection`): one
//! session on each. Who may watch what, and the pictures, come from a [`Source`] (`source`), which the
//! program joins behind it. A picture is cut into RTP packets with its time (`track`) and goes into the
//! RTSP connection or out as datagrams (`destination`).
//!
//! **Bounds.** A request is 16 KiB and a body 64 KiB at most; one picture is held for a client, the
//! rest waits with the source, up to its bound. Who takes nothing for five seconds is cut off and
//! counted; nothing here can hold up a camera, its recording or another client. Connections on which
//! nobody watches yet are few, and last fifteen seconds where nobody says who they are.

mod address;
mod connection;
mod credentials;
mod destination;
mod encryption;
mod refusal;
mod sdp;
mod server;
mod source;
mod track;

pub use credentials::{Credentials, Proof};
pub use encryption::{Encryption, Listener};
pub use refusal::Refusal;
pub use server::{Figures, Patience, Restream, Tally, listen};
pub use source::{Answer, Asked, Picture, Seen, Source, Ticket, View};
