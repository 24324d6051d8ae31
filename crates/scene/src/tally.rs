//! How many crossed a tripwire, per interval, way and class.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Class, Crossing, TimeRange, Timestamp};

/// How long after its end an interval is kept open for crossings still held back, in seconds.
const GRACE: Duration = Duration::from_secs(3);

/// How many of a class crossed one way in one interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tallied {
    pub(crate) interval: TimeRange,
    pub(crate) crossing: Crossing,
    pub(crate) class: Class,
    pub(crate) count: u32,
    /// Mean confidence of those who crossed.
    pub(crate) confidence: f32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: u32,
    confidence: f32,
}

/// Counts the crossings of one tripwire.
#[derive(Debug)]
pub(crate) struct Tally {
    interval_us: i64,
    /// By start of interval, way (`true` is left to right) and class.
    sums: BTreeMap<(Timestamp, bool, Class), Sum>,
    /// Intervals before this have been told.
    told_until: Timestamp,
}

impl Tally {
    /// Counts in intervals of `interval_s` seconds, at least 1.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "saturates; checked settings are a day at most"
    )]
    pub(crate) fn new(interval_s: f64) -> Self {
        Self {
            interval_us: ((interval_s * 1e6) as i64).max(1_000_000),
            sums: BTreeMap::new(),
            told_until: Timestamp::MIN,
        }
    }

    /// Adds one crossing at `time`; to the next interval if its own has been told already.
    pub(crate) fn add(&mut self, time: Timestamp, way: Crossing, class: Class, confidence: f32) {
        let start = self.start_of(time).max(self.told_until);
        let key = (start, way == Crossing::LeftToRight, class);
        let sum = self.sums.entry(key).or_default();
        sum.count = sum.count.saturating_add(1);
        sum.confidence += confidence;
    }

    /// Returns the counts of all intervals that are over at `now`.
    pub(crate) fn finished(&mut self, now: Timestamp) -> Vec<Tallied> {
        let current = self.start_of(now.minus(GRACE));
        if current <= self.told_until {
            return Vec::new();
        }
        self.told_until = current;
        self.tell_until(current)
    }

    /// Returns all counts and forgets which intervals were told.
    pub(crate) fn finish(&mut self) -> Vec<Tallied> {
        self.told_until = Timestamp::MIN;
        self.tell_until(Timestamp::MAX)
    }

    fn tell_until(&mut self, end: Timestamp) -> Vec<Tallied> {
        let later = self.sums.split_off(&(end, false, Class::Person));
        let over = std::mem::replace(&mut self.sums, later);
        let interval = Duration::from_micros(self.interval_us.unsigned_abs());
        over.into_iter()
            .map(|((start, is_left_to_right, class), sum)| Tallied {
                interval: TimeRange { start, end: start.plus(interval) },
                crossing: if is_left_to_right {
                    Crossing::LeftToRight
                } else {
                    Crossing::RightToLeft
                },
                class,
                count: sum.count,
                confidence: mean(sum),
            })
            .collect()
    }

    fn start_of(&self, time: Timestamp) -> Timestamp {
        let micros = time.as_micros();
        Timestamp::from_micros(micros.saturating_sub(micros.rem_euclid(self.interval_us)))
    }
}

#[allow(clippy::cast_precision_loss, reason = "a mean needs no more than 24 bits")]
fn mean(sum: Sum) -> f32 {
    sum.confidence / sum.count.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn intervals_are_told_once_when_they_are_over() {
        let mut tally = Tally::new(60.0);
        tally.add(at(61), Crossing::LeftToRight, Class::Car, 0.5);
        tally.add(at(119), Crossing::LeftToRight, Class::Car, 0.7);
        tally.add(at(90), Crossing::RightToLeft, Class::Person, 0.9);
        tally.add(at(121), Crossing::LeftToRight, Class::Car, 0.5);
        assert_eq!(tally.finished(at(121)), []);
        let told = tally.finished(at(124));
        let brief: Vec<_> =
            told.iter().map(|tallied| (tallied.crossing, tallied.class, tallied.count)).collect();
        assert_eq!(
            brief,
            [(Crossing::RightToLeft, Class::Person, 1), (Crossing::LeftToRight, Class::Car, 2)]
        );
        assert!((told[1].confidence - 0.6).abs() < 1e-6);
        assert_eq!(told[0].interval.start, at(60));
        assert_eq!(tally.finished(at(125)), []);
        // Held back for long: it still counts, in the interval that is open.
        tally.add(at(118), Crossing::LeftToRight, Class::Car, 0.5);
        let rest = tally.finish();
        assert_eq!(rest.len(), 1);
        assert_eq!((rest[0].interval.start, rest[0].count), (at(120), 2));
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let mut tally = Tally::new(60.0);
        tally.add(Timestamp::MAX, Crossing::LeftToRight, Class::Car, 0.5);
        tally.add(Timestamp::MIN, Crossing::LeftToRight, Class::Car, 0.5);
        tally.finished(Timestamp::MAX);
        assert!(tally.finish().len() <= 2);
    }
}
