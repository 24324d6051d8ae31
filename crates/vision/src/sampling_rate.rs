//! Which pictures of a camera are taken: those nearest to an even rate.

use std::time::Duration;

use domain::Timestamp;

/// A camera whose time steps back further than this has set its clock: begin anew.
const CLOCK_SET: Duration = Duration::from_secs(5);

/// Takes pictures at a rate, by the camera's own times; owned by the thread that decodes it.
#[derive(Debug)]
pub(crate) struct SamplingRate {
    interval: Duration,
    due: Option<Timestamp>,
}

impl SamplingRate {
    /// Takes at most so many pictures per second; the caller has checked that it is a rate.
    pub(crate) fn new(pictures_per_second: f32) -> Self {
        let interval = Duration::from_secs_f64(1.0 / f64::from(pictures_per_second));
        Self { interval, due: None }
    }

    /// Returns whether the picture taken at `time` is due; if so, the next is due an interval on.
    pub(crate) fn takes(&mut self, time: Timestamp) -> bool {
        let next = |from: Timestamp| Some(from.plus(self.interval));
        let Some(due) = self.due else {
            self.due = next(time);
            return true;
        };
        // Cameras tremble: a picture that comes a little early is the one that was meant.
        if time.plus(self.interval / 8) < due {
            if due.since(time) > self.interval + CLOCK_SET {
                self.due = next(time);
                return true;
            }
            return false;
        }
        // Keep the beat, unless it is lost.
        self.due = if time.since(due) < self.interval { next(due) } else { next(time) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rate: f32, step_ms: i64, tremble_ms: i64, count: i64) -> usize {
        let mut sampling = SamplingRate::new(rate);
        (0..count)
            .filter(|index| {
                let tremble = if index % 2 == 0 { tremble_ms } else { -tremble_ms };
                sampling.takes(Timestamp::from_millis(1_000_000 + index * step_ms + tremble))
            })
            .count()
    }

    #[test]
    fn the_rate_is_kept_whatever_the_cameras_rate() {
        assert_eq!(taken(5.0, 40, 0, 250), 50);
        assert_eq!(taken(5.0, 40, 9, 250), 50);
        assert_eq!(taken(5.0, 100, 9, 100), 50);
        assert!((79..=81).contains(&taken(8.0, 100, 0, 100)));
        assert_eq!(taken(5.0, 500, 0, 40), 40, "a slow camera gives all it has");
    }

    #[test]
    fn a_clock_set_back_does_not_blind_us() {
        let mut sampling = SamplingRate::new(5.0);
        assert!(sampling.takes(Timestamp::from_millis(10_000_000)));
        assert!(!sampling.takes(Timestamp::from_millis(10_000_000 - 100)));
        assert!(sampling.takes(Timestamp::from_millis(1_000_000)));
        assert!(!sampling.takes(Timestamp::from_millis(1_000_100)));
        assert!(sampling.takes(Timestamp::from_millis(1_000_200)));
    }
}
