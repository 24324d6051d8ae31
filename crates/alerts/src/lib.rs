//! Makes alerts of events: one happening, one alert.
//!
//! [`Folding`] is given the events of a site in the order in which they were stored and says, for
//! each, which alert it raised or was folded into. It knows no clock and no disk: the same events
//! give the same alerts again.

mod folding;

pub use folding::{Folding, Neighbours, Settings};
