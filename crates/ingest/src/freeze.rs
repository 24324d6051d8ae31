//! Notices a camera that sends the same coded picture over and over.

use std::time::Duration;

/// Compares each coded picture with the one before; outlives sessions, so that a new session on
/// a frozen camera is known for what it is from its first picture on.
#[derive(Debug)]
pub(crate) struct FreezeWatch {
    after: Duration,
    last: Option<u64>,
    same_since: Duration,
    repeats: u32,
    frozen: bool,
}

/// Fewer repetitions prove nothing, however slow the stream.
const FEWEST_REPEATS: u32 = 3;

impl FreezeWatch {
    /// Calls a picture frozen once it stays the same for `after`.
    pub(crate) fn new(after: Duration) -> Self {
        Self { after, last: None, same_since: Duration::ZERO, repeats: 0, frozen: false }
    }

    /// Takes the next picture's bytes, as a hash, and returns whether the view is frozen.
    pub(crate) fn observe(&mut self, slices: u64, now: Duration) -> bool {
        if self.last != Some(slices) {
            self.last = Some(slices);
            self.same_since = now;
            self.repeats = 0;
            self.frozen = false;
            return false;
        }
        self.repeats = self.repeats.saturating_add(1);
        let long_enough = now.saturating_sub(self.same_since) >= self.after;
        self.frozen |= long_enough && self.repeats >= FEWEST_REPEATS;
        self.frozen
    }

    /// Returns whether the view is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn the_same_picture_for_five_seconds_is_frozen_until_another_comes() {
        let mut watch = FreezeWatch::new(at(5.0));
        assert!(!watch.observe(1, at(0.0)));
        for step in 0..50 {
            assert!(!watch.observe(2, at(0.1 + 0.1 * f64::from(step))));
        }
        assert!(watch.observe(2, at(5.2)));
        assert!(watch.observe(2, at(60.0)), "also over a new session");
        assert!(!watch.observe(3, at(60.1)));
    }

    #[test]
    fn one_repeated_picture_is_no_freeze_however_slow_the_stream() {
        let mut watch = FreezeWatch::new(at(5.0));
        for step in 0..20 {
            let picture = u64::from(step / 2u32);
            assert!(!watch.observe(picture, at(4.0 * f64::from(step))));
        }
    }
}
