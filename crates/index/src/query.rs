//! What can be asked of the events, and how an answer is continued.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use domain::{
    Area, CameraId, Class, Event, EventKind, Gate, RuleId, Severity, TimeRange, Timestamp,
};

use crate::month::RowId;
use crate::{IndexError, Looks};

/// Minutes in a day.
const DAY_MINUTES: i64 = 1440;
/// Microseconds in a minute.
const MINUTE_US: i64 = 60_000_000;

/// In which order events are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Latest first.
    #[default]
    NewestFirst,
    /// Earliest first.
    OldestFirst,
}

/// The same hours of every day, such as 7 to 9 in the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyHours {
    /// First minute of the local day, 0..1440.
    pub from_minute: u16,
    /// First minute after, 1..=1440; at or below `from_minute` the hours run past midnight.
    pub to_minute: u16,
    /// Local time minus UTC, in minutes; +420 in Vietnam.
    pub utc_offset_minutes: i16,
}

impl DailyHours {
    /// Returns whether `range` shares a moment with the hours of any day.
    pub(crate) fn overlap(self, range: TimeRange) -> bool {
        let day = DAY_MINUTES * MINUTE_US;
        let local = |time: Timestamp| {
            time.as_micros().saturating_add(i64::from(self.utc_offset_minutes) * MINUTE_US)
        };
        let length = range.end.micros_since(range.start);
        let from = i64::from(self.from_minute) * MINUTE_US;
        let mut hours = i64::from(self.to_minute) * MINUTE_US - from;
        if hours <= 0 {
            hours += day;
        }
        // How long after the hours last began the range does.
        let since = local(range.start).saturating_sub(from).rem_euclid(day);
        since < hours || since.saturating_add(length) >= day
    }
}

/// What an event or a track must reach; zeros ask for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AtLeast {
    /// Its confidence, 0..=1.
    pub confidence: f32,
    /// How long it lasted: an event's condition, a track in view.
    pub lasted: Duration,
}

impl AtLeast {
    /// Returns whether nothing is asked.
    pub fn is_any(&self) -> bool {
        self.confidence <= 0.0 && self.lasted.is_zero()
    }

    pub(crate) fn is_reached(&self, confidence: f32, lasted: Duration) -> bool {
        confidence >= self.confidence && lasted >= self.lasted
    }
}

/// How fast an object went, in km/h, both ends included; an open end asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SpeedRange {
    /// This fast or faster.
    pub from_kmh: Option<f32>,
    /// This fast or slower.
    pub to_kmh: Option<f32>,
}

impl SpeedRange {
    /// Returns whether nothing is asked.
    pub fn is_any(&self) -> bool {
        self.from_kmh.is_none() && self.to_kmh.is_none()
    }

    /// Returns whether `kmh` lies in it; an event without a speed lies in none where one is asked.
    pub(crate) fn holds(&self, kmh: Option<f32>) -> bool {
        let Some(kmh) = kmh else { return self.is_any() };
        self.from_kmh.is_none_or(|from| kmh >= from) && self.to_kmh.is_none_or(|to| kmh <= to)
    }
}

/// A question about events. An empty list asks for all; all conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct EventQuery {
    /// When the event began.
    pub range: TimeRange,
    /// Only these hours of every day.
    pub daily: Option<DailyHours>,
    /// Where the event was: where the camera stood then, or what it is named after.
    pub place: Option<Area>,
    /// Only these cameras; `Some` and empty finds nothing.
    pub cameras: Option<Vec<CameraId>>,
    /// Only these classes.
    pub classes: Vec<Class>,
    /// Only these kinds of rules.
    pub kinds: Vec<EventKind>,
    /// Only these rules.
    pub rules: Vec<RuleId>,
    /// Only events at least this grave.
    pub min_severity: Option<Severity>,
    /// Only of objects that look so.
    pub looks: Looks,
    /// Only those that reach it.
    pub at_least: AtLeast,
    /// Only those that tell such a speed.
    pub speed: SpeedRange,
    /// Only those whose object went over a line drawn on its camera's view; what was not followed
    /// went over nothing. Meant for one camera, as a view is one's own.
    pub gate: Option<Gate>,
    /// In which order to answer.
    pub order: Order,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// How many events to answer at most; held to 1..=10,000.
    pub limit: usize,
}

impl EventQuery {
    /// Asks for the latest 100 events of `range`.
    pub fn new(range: TimeRange) -> Self {
        Self {
            range,
            daily: None,
            place: None,
            cameras: None,
            classes: Vec::new(),
            kinds: Vec::new(),
            rules: Vec::new(),
            min_severity: None,
            looks: Looks::default(),
            at_least: AtLeast::default(),
            speed: SpeedRange::default(),
            gate: None,
            order: Order::NewestFirst,
            cursor: None,
            limit: 100,
        }
    }
}

/// An event with its place in the site's feed.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Counts the events of the site in the order in which they were stored, from 1.
    pub sequence: u64,
    /// The event.
    pub event: Event,
}

/// Some of the events that a query asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The events, in the order asked for; of a question with a gate they may be fewer than asked
    /// for, and none, though there is more.
    pub events: Vec<StoredEvent>,
    /// Where to continue; `None` at the end.
    pub next: Option<Cursor>,
}

/// How many events one hour holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourCount {
    /// When the hour begins, UTC.
    pub hour: Timestamp,
    /// How many events began in it.
    pub count: u64,
}

/// Where a page ended. Opaque: written and read back only by this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor(pub(crate) RowId);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{:016x}", self.0.0)
    }
}

impl FromStr for Cursor {
    type Err = IndexError;

    fn from_str(text: &str) -> Result<Self, IndexError> {
        let digits = text.strip_prefix('e').filter(|digits| digits.len() == 16);
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let number =
            number.ok_or_else(|| IndexError::Query(format!("\"{text}\" is not a cursor")))?;
        Ok(Self(RowId(number.cast_signed())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_the_day_are_met_by_whatever_reaches_into_them() {
        let seen = |start: &str, end: &str| TimeRange {
            start: format!("2026-03-01T{start}+07:00").parse().unwrap(),
            end: format!("2026-03-0{end}+07:00").parse().unwrap(),
        };
        let rush = DailyHours { from_minute: 420, to_minute: 540, utc_offset_minutes: 420 };
        let night = DailyHours { from_minute: 1320, to_minute: 300, ..rush };
        for (range, in_rush, in_night) in [
            (seen("06:50:00", "1T06:59:59"), false, false),
            (seen("06:59:00", "1T07:00:00"), true, false),
            (seen("08:59:59", "1T09:10:00"), true, false),
            (seen("09:00:00", "1T09:10:00"), false, false),
            (seen("21:59:00", "1T22:01:00"), false, true),
            (seen("23:59:00", "2T00:01:00"), false, true),
            (seen("04:59:00", "1T04:59:30"), false, true),
            (seen("10:00:00", "2T10:00:00"), true, true),
        ] {
            assert_eq!(
                (rush.overlap(range), night.overlap(range)),
                (in_rush, in_night),
                "{range:?}"
            );
        }
    }
}
