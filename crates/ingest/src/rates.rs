//! Pictures and bits per second over the last seconds.

use std::time::Duration;

const SECONDS: usize = 5;

/// Counts over a sliding window of five seconds, one bucket per second.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    buckets: [Bucket; SECONDS],
    /// When counting began; a window that reaches further back is cut short.
    since: Option<Duration>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Bucket {
    second: u64,
    pictures: u32,
    bytes: u64,
}

impl Rates {
    /// Counts one picture of so many bytes.
    pub(crate) fn add(&mut self, now: Duration, bytes: usize) {
        self.since.get_or_insert(now);
        let second = now.as_secs();
        let bucket = &mut self.buckets[slot(second)];
        if bucket.second != second {
            *bucket = Bucket { second, ..Bucket::default() };
        }
        bucket.pictures += 1;
        bucket.bytes += bytes as u64;
    }

    /// Returns pictures and kilobits per second.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "figures for a person to read"
    )]
    pub(crate) fn read(&self, now: Duration) -> (f32, f32) {
        let oldest = now.as_secs().saturating_sub(SECONDS as u64 - 1);
        let window_start = Duration::from_secs(oldest).max(self.since.unwrap_or(now));
        let seconds = now.saturating_sub(window_start).as_secs_f64().max(0.2);
        let (mut pictures, mut bytes) = (0, 0);
        for bucket in &self.buckets {
            if bucket.second >= oldest {
                pictures += bucket.pictures;
                bytes += bucket.bytes;
            }
        }
        let kbit = bytes as f64 * 8.0 / 1000.0;
        ((f64::from(pictures) / seconds) as f32, (kbit / seconds) as f32)
    }

    /// Starts over, as nothing arrives any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[allow(clippy::cast_possible_truncation, reason = "below five")]
fn slot(second: u64) -> usize {
    (second % SECONDS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_shows_its_rate_and_a_silent_one_none() {
        let mut rates = Rates::default();
        let start = Duration::from_millis(100_300);
        let mut now = start;
        for _ in 0..500 {
            now += Duration::from_millis(40);
            rates.add(now, 20_000);
        }
        let (pictures, kbit) = rates.read(now);
        assert!((24.0..26.5).contains(&pictures), "{pictures}");
        assert!((3900.0..4200.0).contains(&kbit), "{kbit}");
        assert_eq!(rates.read(now + Duration::from_secs(6)), (0.0, 0.0));
    }

    #[test]
    fn the_first_seconds_are_not_diluted() {
        let mut rates = Rates::default();
        let mut now = Duration::from_secs(50);
        for _ in 0..26 {
            rates.add(now, 1000);
            now += Duration::from_millis(40);
        }
        let (pictures, _) = rates.read(now);
        assert!((24.0..27.0).contains(&pictures), "{pictures}");
    }
}
