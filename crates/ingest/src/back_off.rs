//! How long to wait before trying again.

use std::time::Duration;

/// Waits that double from one failure to the next, up to a limit, each shortened at random by up
/// to a quarter so that cameras lost together do not come back together.
#[derive(Debug)]
pub(crate) struct BackOff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl BackOff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first.min(longest) }
    }

    /// Returns how long to wait now.
    pub(crate) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = self.next.saturating_mul(2).min(self.longest);
        wait.mul_f64(1.0 - 0.25 * fastrand::f64())
    }

    /// Meets the next failure as if it were the first.
    pub(crate) fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_one_second_to_thirty_and_start_over() {
        let mut back_off = BackOff::new(Duration::from_secs(1), Duration::from_secs(30));
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = back_off.wait().as_secs_f64();
            assert!((0.75 * expected..=expected).contains(&wait), "{wait} for {expected}");
        }
        back_off.reset();
        assert!(back_off.wait() <= Duration::from_secs(1));
    }
}
