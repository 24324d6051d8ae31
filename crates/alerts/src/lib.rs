//! Makes alerts of events: one happening, one alert; and says what may be done about them.
//!
//! [`Folding`] is given the events of a site in the order in which they were stored and says, for
//! each, which alert it raised or was folded into; [`Grouping`] says which of those stand in one row
//! of the queue. [`decide`] says what an officer's action comes to, [`due`] what the program does by
//! itself by the policy of [`Escalations`], [`flood_change`] when there are more alerts than people
//! can look at. Nothing here knows a clock or a disk: the same events give the same alerts again,
//! and the same log the same handling.

mod escalation;
mod flood;
mod folding;
mod grouping;
mod handling;

pub use escalation::{Escalation, Escalations};
pub use flood::{CALM_BELOW, FLOOD_ABOVE, RATE_SPAN, flood_change};
pub use folding::{Folding, Neighbours, Settings};
pub use grouping::Grouping;
pub use handling::{
    LONGEST_SHELF, NOTE_LIMIT, REASON_LIMIT, Refusal, Request, STEP_LIMIT, apply, check_shelf,
    decide, due, release, shelve, unshelve,
};
