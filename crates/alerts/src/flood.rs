//! When there are more alerts than people can look at.
//!
//! EEMUA 191 and ISA-18.2 count what is put before one operator: about one in ten minutes can be
//! dealt with, more than ten are a flood, which is over when there are fewer than five again.

use std::time::Duration;

use domain::{Flood, Timestamp};

/// The span that alerts are counted in.
pub const RATE_SPAN: Duration = Duration::from_secs(600);
/// More alerts at one desk within [`RATE_SPAN`] are a flood.
pub const FLOOD_ABOVE: u32 = 10;
/// A flood is over when there are fewer at one desk.
pub const CALM_BELOW: u32 = 5;

/// Returns the flood as it is now, if it began, ended, or nothing but a new one can be told:
/// `alerts` were raised within [`RATE_SPAN`] before `now` and are shared by `desks`.
pub fn flood_change(
    current: Option<Flood>,
    alerts: u32,
    desks: u32,
    now: Timestamp,
) -> Option<Flood> {
    let desks = desks.max(1);
    match current {
        None if alerts > FLOOD_ABOVE.saturating_mul(desks) => {
            Some(Flood { began: now, ended: None, alerts, desks })
        }
        Some(flood) if alerts < CALM_BELOW.saturating_mul(desks) => {
            Some(Flood { ended: Some(now), alerts, desks, ..flood })
        }
        _ => None,
    }
}
