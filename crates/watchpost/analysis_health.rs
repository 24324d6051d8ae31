//! How well events are found and stored, as `/api/v1/health` tells it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use api::{ComponentHealth, Health};
use vision::Vision;

use crate::scenes::Scenes;

/// Sampled pictures that may go unseen before analysis is said to be behind.
const LEFT_OUT_SHARE: f64 = 0.2;
/// How many notes are looked back: about a minute, as the program notes every 5 s.
const NOTES: usize = 12;

/// Compares what analysis has done with what it had done a minute ago, whoever asks and how often.
pub(crate) struct AnalysisHealth {
    vision: Option<Arc<Vision>>,
    scenes: Arc<Scenes>,
    noted: Mutex<Noted>,
}

/// Sums over all cameras since start, the oldest first.
#[derive(Debug, Default)]
struct Noted(VecDeque<Totals>);

/// Sums over all cameras since start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    sampled: u64,
    analysed: u64,
    failed: u64,
}

impl AnalysisHealth {
    pub(crate) fn new(vision: Option<Arc<Vision>>, scenes: Arc<Scenes>) -> Self {
        Self { vision, scenes, noted: Mutex::default() }
    }

    /// Notes how far analysis is; for the program to call every few seconds.
    pub(crate) fn note(&self) {
        if let Some(vision) = &self.vision {
            self.noted.lock().unwrap_or_else(PoisonError::into_inner).note(Totals::of(vision));
        }
    }

    pub(crate) fn components(&self) -> Vec<ComponentHealth> {
        let (status, detail) = self.analysis();
        let analysis = ComponentHealth { name: "analysis", status, detail };
        let trouble = self.scenes.trouble();
        let status = if trouble.is_some() { Health::Failing } else { Health::Ok };
        let events = ComponentHealth { name: "events", status, detail: trouble.map(str::to_owned) };
        vec![analysis, events]
    }

    fn analysis(&self) -> (Health, Option<String>) {
        let Some(vision) = &self.vision else {
            return (Health::Ok, Some("not configured".to_owned()));
        };
        if !vision.threads_alive() {
            let detail = "a thread has ended: restart the service";
            return (Health::Failing, Some(detail.to_owned()));
        }
        let now = Totals::of(vision);
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.until(now).verdict()
    }
}

impl Noted {
    fn note(&mut self, now: Totals) {
        if self.0.len() >= NOTES {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }

    /// Returns what was done since the oldest note.
    fn until(&self, now: Totals) -> Totals {
        let before = self.0.front().copied().unwrap_or_default();
        Totals {
            sampled: now.sampled.saturating_sub(before.sampled),
            analysed: now.analysed.saturating_sub(before.analysed),
            failed: now.failed.saturating_sub(before.failed),
        }
    }
}

impl Totals {
    fn of(vision: &Vision) -> Self {
        let mut totals = Self::default();
        for counts in vision.counters().cameras.values() {
            totals.sampled += counts.sampled;
            totals.analysed += counts.analysed;
            totals.failed += counts.dropped_detector_failed;
        }
        totals
    }

    /// Returns how well it is if this was done in the last minute.
    fn verdict(self) -> (Health, Option<String>) {
        let Self { sampled, analysed, failed } = self;
        if failed > 0 {
            return (Health::Degraded, Some(format!("the detector failed on {failed} pictures")));
        }
        let left_out = sampled.saturating_sub(analysed);
        #[allow(clippy::cast_precision_loss, reason = "pictures of a minute")]
        let share = left_out as f64 / sampled.max(1) as f64;
        // A handful is on its way at any moment.
        if left_out > 10 && share > LEFT_OUT_SHARE {
            let percent = (share * 100.0).round();
            let detail = format!("{percent} % of sampled pictures went unseen: too many cameras");
            return (Health::Degraded, Some(detail));
        }
        (Health::Ok, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(sampled: u64, analysed: u64, failed: u64) -> Totals {
        Totals { sampled, analysed, failed }
    }

    #[test]
    fn what_was_a_minute_ago_is_told_to_all_who_ask_and_then_over() {
        let mut noted = Noted::default();
        noted.note(totals(1000, 1000, 0));
        // Half of what came since went unseen.
        let now = totals(1100, 1050, 0);
        for _ in 0..3 {
            let (status, detail) = noted.until(now).verdict();
            assert_eq!(status, Health::Degraded);
            assert!(detail.unwrap().starts_with("50 % of sampled pictures"));
        }
        (0..NOTES).for_each(|_| noted.note(now));
        assert_eq!(noted.0.len(), NOTES);
        assert_eq!(noted.until(totals(1200, 1150, 0)).verdict(), (Health::Ok, None));
        assert_eq!(noted.until(totals(1200, 1150, 3)).verdict().0, Health::Degraded);
    }
}
