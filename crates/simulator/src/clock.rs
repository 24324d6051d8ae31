//! The simulator's clock: one epoch for all mounts, on which every position depends.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Ticks of RTP time for video per second (RFC 6184 §5.1, RFC 7798 §4.1).
pub(crate) const TICKS_PER_SECOND: i64 = 90_000;

/// Tells the time since the simulator started, in ticks of 1/90000 s, and what the wall clock
/// said then. Reads the machine's wall clock once, so it never steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatorClock {
    start: Instant,
    start_unix_us: i64,
}

impl SimulatorClock {
    /// Starts at tick 0, now.
    #[allow(
        clippy::disallowed_methods,
        reason = "the simulator stands for cameras, which have clocks of their own"
    )]
    pub(crate) fn start() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self {
            start: Instant::now(),
            start_unix_us: i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX / 2),
        }
    }

    /// Returns the ticks since the start.
    pub(crate) fn now_ticks(&self) -> i64 {
        ticks(self.start.elapsed())
    }

    /// Returns the wall-clock time, in microseconds since 1970.
    pub(crate) fn now_unix_us(&self) -> i64 {
        self.unix_us_at(self.now_ticks())
    }

    /// Returns the moment of a tick; the start for ticks before it.
    pub(crate) fn instant_at(&self, ticks: i64) -> Instant {
        let micros = u64::try_from(ticks_to_us(ticks)).unwrap_or(0);
        self.start + Duration::from_micros(micros)
    }

    /// Returns the wall-clock time at a tick, in microseconds since 1970.
    pub(crate) fn unix_us_at(&self, ticks: i64) -> i64 {
        self.start_unix_us.saturating_add(ticks_to_us(ticks))
    }
}

/// Returns a duration in ticks, rounded down.
pub(crate) fn ticks(duration: Duration) -> i64 {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 9);
    micros.saturating_mul(9) / 100
}

/// Returns ticks in microseconds, rounded to the nearest so that it is one-to-one.
fn ticks_to_us(ticks: i64) -> i64 {
    (ticks.saturating_mul(100).saturating_add(4)).div_euclid(9)
}

/// Returns a wall-clock time in UTC as RFC 3339 and `xs:dateTime` write it.
pub(crate) fn utc(unix_us: i64) -> String {
    let (days, rest_us) = (unix_us.div_euclid(86_400_000_000), unix_us.rem_euclid(86_400_000_000));
    // Days counted from 1 March of year 0, in eras of 400 years, so that leap days come last.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (seconds, micros) = (rest_us / 1_000_000, rest_us % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_a_date() {
        for (unix_us, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_772_325_000_500_000, "2026-03-01T00:30:00.500000Z"),
            (1_798_761_599_000_000, "2026-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(utc(unix_us), text);
        }
    }

    #[test]
    fn a_tick_has_its_own_microsecond() {
        let clock = SimulatorClock::start();
        for tick in [0, 1, 8, 9, 3600, 1_234_567_891] {
            let micros = clock.unix_us_at(tick) - clock.unix_us_at(0);
            let duration = Duration::from_micros(u64::try_from(micros).unwrap());
            assert!((ticks(duration) - tick).abs() <= 1);
        }
        assert!(clock.instant_at(90_000) > clock.instant_at(0));
    }
}
