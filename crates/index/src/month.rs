//! Calendar months in UTC: what an index file is for, and how event rows are numbered in it.

use std::fmt;

use domain::{TimeRange, Timestamp};

use crate::IndexError;

/// Microseconds in a day.
const DAY_US: i64 = 86_400_000_000;
/// First year that a monthly file can be for.
const FIRST_YEAR: i64 = 1970;
/// Last year that a monthly file can be for: row numbers end in 2091.
const LAST_YEAR: i64 = 2089;

/// One calendar month in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month {
    /// Months since January of the year 0.
    number: i64,
}

impl Month {
    /// Returns the month that `time` lies in; refuses what no file can be for.
    pub(crate) fn of(time: Timestamp) -> Result<Self, IndexError> {
        let (year, month) = civil_month(time.as_micros().div_euclid(DAY_US));
        if (FIRST_YEAR..=LAST_YEAR).contains(&year) {
            Ok(Self { number: year * 12 + month - 1 })
        } else {
            Err(IndexError::Time { time })
        }
    }

    /// Reads `202603`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i64 = text.parse().ok()?;
        let (year, month) = (number / 100, number % 100);
        let valid = (FIRST_YEAR..=LAST_YEAR).contains(&year) && (1..=12).contains(&month);
        valid.then_some(Self { number: year * 12 + month - 1 })
    }

    /// Returns from when to when it lasts.
    pub(crate) fn range(self) -> TimeRange {
        TimeRange { start: first_moment(self.number), end: first_moment(self.number + 1) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}{:02}", self.number / 12, self.number % 12 + 1)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns year and month (1 to 12) of a day counted from 1970-01-01, in the proleptic Gregorian
/// calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil_month(day: i64) -> (i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

/// Returns the first moment of a month counted from January of the year 0.
fn first_moment(number: i64) -> Timestamp {
    let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Timestamp::from_micros((era * 146_097 + day_of_era - 719_468) * DAY_US)
}

/// The number of an event's row: its time in microseconds since 2020 above, a counter below, so
/// that rows lie in order of time and the time needs no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowId(pub(crate) i64);

impl RowId {
    /// How many events fit on one microsecond: hourly counts of all cameras fall on the same one.
    pub(crate) const PER_MICROSECOND: i64 = 1 << 12;
    /// 2020-01-01T00:00:00Z in microseconds since the Unix epoch.
    const EPOCH_US: i64 = 1_577_836_800_000_000;

    /// Returns the lowest row number at `time`; saturates outside 1949 to 2091.
    pub(crate) fn first_at(time: Timestamp) -> Self {
        let since_epoch = time.as_micros().saturating_sub(Self::EPOCH_US);
        Self(since_epoch.saturating_mul(Self::PER_MICROSECOND))
    }

    /// Returns the time that the number stands for.
    pub(crate) fn time(self) -> Timestamp {
        Timestamp::from_micros(self.0.div_euclid(Self::PER_MICROSECOND) + Self::EPOCH_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_begins_and_ends_where_the_calendar_says() {
        for (inside, start, end) in [
            ("2026-03-15T01:02:03Z", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            ("2024-02-29T23:59:59.999999Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2025-12-31T23:59:59Z", "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"),
        ] {
            let month = Month::of(time(inside)).unwrap();
            assert_eq!(month.range().start, time(start));
            assert_eq!(month.range().end, time(end));
            assert_eq!(Month::parse(&month.to_string()), Some(month));
        }
        assert!(Month::of(Timestamp::MAX).is_err());
        assert!(Month::of(Timestamp::MIN).is_err());
        assert_eq!(Month::parse("202613"), None);
    }

    #[test]
    fn a_row_number_keeps_its_time_and_the_order() {
        for text in ["1970-01-01T00:00:00Z", "2026-03-01T00:00:00.123456Z", "2089-12-31T23:59:59Z"]
        {
            let first = RowId::first_at(time(text));
            assert_eq!(first.time(), time(text));
            assert_eq!(RowId(first.0 + RowId::PER_MICROSECOND - 1).time(), time(text));
        }
    }
}
