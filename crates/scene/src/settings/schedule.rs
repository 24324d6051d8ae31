//! When a rule is judged: days of the week and hours of the day.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time of every week; outside it nothing is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// On which days; every day if left out. What goes over midnight belongs to the day on which it
    /// starts.
    #[serde(default = "every_day")]
    pub days: Vec<Day>,
    /// From when on, `HH:MM`; from midnight if left out.
    #[serde(default = "start_of_day")]
    pub from: TimeOfDay,
    /// Until when, `HH:MM`, itself not included; until midnight if left out. Earlier than `from`
    /// means on the next day.
    #[serde(default = "end_of_day")]
    pub to: TimeOfDay,
    /// Whose clock, as the IANA database calls it.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
}

fn every_day() -> Vec<Day> {
    Day::ALL.to_vec()
}

fn start_of_day() -> TimeOfDay {
    TimeOfDay(0)
}

fn end_of_day() -> TimeOfDay {
    TimeOfDay(MINUTES_OF_DAY)
}

fn default_time_zone() -> String {
    "Asia/Ho_Chi_Minh".to_owned()
}

/// A day of the week.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// All days, from Monday on.
    pub const ALL: [Self; 7] =
        [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
}

const MINUTES_OF_DAY: u16 = 24 * 60;

/// A time of day to the minute, `HH:MM`, 24:00 included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Returns minutes since midnight, 0..=1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a time of day: write it as HH:MM, such as 06:30");
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| -> Option<u16> {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse().ok()).flatten()
        };
        let (hours, minutes) =
            number(hours).zip(number(minutes)).filter(|(_, m)| *m < 60).ok_or_else(wrong)?;
        let of_day = hours * 60 + minutes;
        if of_day <= MINUTES_OF_DAY { Ok(Self(of_day)) } else { Err(wrong()) }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl JsonSchema for TimeOfDay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        })
    }
}
