//! What can be asked of the events, and how an answer is continued.

use std::fmt;
use std::str::FromStr;

use domain::{Area, CameraId, Class, Event, EventKind, RuleId, Severity, TimeRange, Timestamp};

use crate::month::RowId;
use crate::{IndexError, Looks};

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
    /// The events, in the order asked for.
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
