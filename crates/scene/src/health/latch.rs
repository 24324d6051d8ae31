//! On after it was bad for long enough, off after it was good for long enough.

use domain::Timestamp;

use super::Patience;

/// What one moment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It is so.
    Bad,
    /// It is not so.
    Good,
    /// Between the level where it begins and the one where it ends: as it was.
    Between,
    /// Nothing can be told: as it was, and the time does not count.
    Unknown,
}

impl Sign {
    pub(super) fn of(is_bad: bool) -> Self {
        if is_bad { Self::Bad } else { Self::Good }
    }

    /// Bad above `start`, good below `end`; what is no number tells nothing.
    pub(super) fn above(value: f32, start: f32, end: f32) -> Self {
        debug_assert!(end <= start, "the level of the end is the milder one");
        if value > start {
            Self::Bad
        } else if value < end {
            Self::Good
        } else if value.is_nan() {
            Self::Unknown
        } else {
            Self::Between
        }
    }

    /// Bad below `start`, good above `end`.
    pub(super) fn below(value: f32, start: f32, end: f32) -> Self {
        Self::above(-value, -start, -end)
    }

    /// Returns the worse of two; what is not known does not count.
    pub(super) fn worst(a: Option<Self>, b: Option<Self>) -> Self {
        let rank = |sign: &Self| match sign {
            Self::Bad => 3,
            Self::Between => 2,
            Self::Good => 1,
            Self::Unknown => 0,
        };
        a.into_iter().chain(b).max_by_key(rank).unwrap_or(Self::Unknown)
    }
}

/// It began, or it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) since: Timestamp,
    pub(super) ended: Option<Timestamp>,
}

/// Whether one kind of trouble is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latch {
    patience: Patience,
    open_since: Option<Timestamp>,
    /// When the signs against the present state began.
    turning_since: Option<Timestamp>,
    /// When it was last looked at.
    seen: Option<Timestamp>,
}

impl Latch {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, open_since: None, turning_since: None, seen: None }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open_since.is_some()
    }

    pub(super) fn open_since(&self) -> Option<Timestamp> {
        self.open_since
    }

    /// Whether it is not there, but the signs are.
    pub(super) fn is_suspected(&self) -> bool {
        self.open_since.is_none() && self.turning_since.is_some()
    }

    /// Takes in the sign of a moment.
    pub(super) fn see(&mut self, sign: Sign, now: Timestamp) -> Option<Change> {
        let before = self.seen.replace(now).unwrap_or(now);
        let turning = match (self.open_since, sign) {
            (None, Sign::Bad) | (Some(_), Sign::Good) => *self.turning_since.get_or_insert(now),
            (_, Sign::Unknown) => {
                // What could not be seen does not count: as if it had begun that much later.
                if let Some(since) = &mut self.turning_since {
                    *since = since.plus(now.since(before));
                }
                return None;
            }
            _ => {
                self.turning_since = None;
                return None;
            }
        };
        let held = now.since(turning);
        match self.open_since {
            None if held >= self.patience.start => {
                (self.open_since, self.turning_since) = (Some(turning), None);
                Some(Change { since: turning, ended: None })
            }
            Some(since) if held >= self.patience.end => {
                (self.open_since, self.turning_since) = (None, None);
                Some(Change { since, ended: Some(turning) })
            }
            _ => None,
        }
    }
}
