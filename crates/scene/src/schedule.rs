//! Whether a rule is judged now: its windows of the week, by the clock of a time zone.
//!
//! The time-zone database is built in, as a server may have none.

use domain::Timestamp;
use jiff::tz::TimeZone;

use crate::settings::{Day, Window};

/// The windows of one rule; without any it is always open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schedule(Vec<(Window, TimeZone)>);

impl Schedule {
    /// Takes windows without mistakes; one in an unknown time zone never opens.
    pub(crate) fn new(windows: Option<&[Window]>) -> Option<Self> {
        let windows = windows?;
        let zoned = |window: &Window| Some((window.clone(), time_zone(&window.time_zone).ok()?));
        Some(Self(windows.iter().filter_map(zoned).collect()))
    }

    /// Returns whether one of the windows holds `time`.
    pub(crate) fn is_open(&self, time: Timestamp) -> bool {
        let Ok(time) = jiff::Timestamp::from_microsecond(time.as_micros()) else {
            return false;
        };
        self.0.iter().any(|(window, zone)| {
            let local = zone.to_datetime(time);
            let minutes = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
            let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or_default();
            holds(window, day, minutes.unwrap_or_default())
        })
    }
}

/// Returns whether the window holds a minute of a day, counted from Monday.
fn holds(window: &Window, day: usize, minute: u16) -> bool {
    let (from, to) = (window.from.minutes(), window.to.minutes());
    let is_on = |day: usize| window.days.contains(&Day::ALL[day % 7]);
    if from < to {
        is_on(day) && (from..to).contains(&minute)
    } else {
        // Over midnight: the morning belongs to the day before.
        from != to && (is_on(day) && minute >= from || is_on(day + 6) && minute < to)
    }
}

/// Returns the time zone called `name`.
fn time_zone(name: &str) -> Result<TimeZone, jiff::Error> {
    TimeZone::get(name)
}

/// Returns what is wrong with a window, if anything: its key and a message.
pub(crate) fn mistake(window: &Window) -> Option<(&'static str, String)> {
    if window.days.is_empty() {
        return Some(("days", "it never opens: no day is given".to_owned()));
    }
    if window.from == window.to || window.from.minutes() == 1440 && window.to.minutes() == 0 {
        let message = format!("it never opens: it ends at {} when it starts", window.to);
        return Some(("to", message));
    }
    if time_zone(&window.time_zone).is_err() {
        let message = format!(
            "there is no time zone \"{}\": use a name such as Asia/Ho_Chi_Minh",
            window.time_zone
        );
        return Some(("time_zone", message));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(json: &str) -> Window {
        serde_json::from_str(json).unwrap()
    }

    fn open(windows: &[&str], time: &str) -> bool {
        let windows: Vec<_> = windows.iter().map(|json| window(json)).collect();
        Schedule::new(Some(&windows)).unwrap().is_open(time.parse().unwrap())
    }

    #[test]
    fn hours_are_those_of_the_time_zone() {
        let rush = [r#"{"days": ["mon", "tue"], "from": "06:30", "to": "08:30"}"#];
        // 2026-03-02 is a Monday; Vietnam is seven hours ahead.
        assert!(open(&rush, "2026-03-01T23:30:00Z"));
        assert!(!open(&rush, "2026-03-01T23:29:59Z"));
        assert!(open(&rush, "2026-03-02T08:29:59+07:00"));
        assert!(!open(&rush, "2026-03-02T08:30:00+07:00"));
        assert!(!open(&rush, "2026-03-04T07:00:00+07:00"));
        let there = [r#"{"from": "06:30", "to": "08:30", "time_zone": "Europe/Paris"}"#];
        assert!(open(&there, "2026-07-01T04:30:00Z"));
        assert!(open(&there, "2026-01-01T05:30:00Z"));
        assert!(!open(&there, "2026-01-01T04:30:00Z"));
    }

    #[test]
    fn what_goes_over_midnight_belongs_to_the_day_it_starts_on() {
        let night = [r#"{"days": ["sun"], "from": "22:00", "to": "05:00"}"#];
        assert!(open(&night, "2026-03-01T22:00:00+07:00"));
        assert!(open(&night, "2026-03-02T04:59:00+07:00"));
        assert!(!open(&night, "2026-03-02T22:00:00+07:00"));
        assert!(!open(&night, "2026-03-01T04:00:00+07:00"));
        let two = [r#"{"from": "23:00"}"#, r#"{"to": "01:00"}"#];
        assert!(open(&two, "2026-03-02T23:59:59+07:00"));
        assert!(open(&two, "2026-03-02T00:30:00+07:00"));
        assert!(!open(&two, "2026-03-02T01:00:00+07:00"));
        let windows = [window("{}")];
        assert!(!Schedule::new(Some(&windows)).unwrap().is_open(Timestamp::MIN));
    }

    #[test]
    fn a_window_that_never_opens_is_found() {
        let wrong = |json: &str| mistake(&window(json)).map(|(key, _)| key);
        assert_eq!(wrong("{}"), None);
        assert_eq!(wrong(r#"{"from": "22:00", "to": "05:00"}"#), None);
        assert_eq!(wrong(r#"{"days": []}"#), Some("days"));
        assert_eq!(wrong(r#"{"from": "08:00", "to": "08:00"}"#), Some("to"));
        assert_eq!(wrong(r#"{"from": "24:00", "to": "00:00"}"#), Some("to"));
        assert_eq!(wrong(r#"{"time_zone": "Asia/Hue"}"#), Some("time_zone"));
        for bad in ["24:01", "7:00", "ab:cd", "12:60", "+1:00"] {
            let json = format!(r#"{{"from": "{bad}"}}"#);
            assert!(serde_json::from_str::<Window>(&json).is_err(), "{bad}");
        }
    }
}
