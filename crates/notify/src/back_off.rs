//! How long to wait before sending again, and when to give up.

use std::time::Duration;

/// How patient a target is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// The wait after the first failure; it doubles from one to the next.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// How often an event may fail although the target takes others: then the event is at fault,
    /// not the target.
    pub tries: u32,
    /// For how long an event is tried at all.
    pub give_up_after: Duration,
}

impl Default for Patience {
    /// 1 s to 5 min, 12 tries (about half an hour), a day.
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(300),
            tries: 12,
            give_up_after: Duration::from_secs(24 * 3600),
        }
    }
}

/// Waits that double up to a limit, each shortened at random by up to a quarter, so that senders
/// that failed together do not come back together.
#[derive(Debug)]
pub(crate) struct BackOff {
    next: Duration,
    longest: Duration,
}

impl BackOff {
    pub(crate) fn new(patience: &Patience) -> Self {
        let longest = patience.longest_wait;
        Self { next: patience.first_wait.min(longest), longest }
    }

    /// Returns how long to wait now; at least as long as the target asked for, within reason.
    pub(crate) fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let wait = self.next;
        self.next = self.next.saturating_mul(2).min(self.longest);
        let wait = wait.mul_f64(1.0 - 0.25 * fastrand::f64());
        wait.max(asked.unwrap_or_default().min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_second_to_five_minutes() {
        let mut back_off = BackOff::new(&Patience::default());
        for expected in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0] {
            let wait = back_off.wait(None).as_secs_f64();
            assert!((0.75 * expected..=expected).contains(&wait), "{wait} for {expected}");
        }
    }

    #[test]
    fn a_target_may_ask_for_a_longer_wait_but_not_for_any() {
        let mut back_off = BackOff::new(&Patience::default());
        assert_eq!(back_off.wait(Some(Duration::from_secs(60))), Duration::from_secs(60));
        assert_eq!(back_off.wait(Some(Duration::from_secs(86_400))), Duration::from_secs(300));
    }
}
