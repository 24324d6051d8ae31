//! How well events are found and stored, as `/api/v1/health` tells it.

use std::sync::{Arc, Mutex, PoisonError};

use api::{ComponentHealth, Health};
use vision::Vision;

use crate::scenes::Scenes;

/// Sampled pictures that may go unseen before analysis is said to be behind.
const LEFT_OUT_SHARE: f64 = 0.2;

/// Compares what analysis did with what it did when it was last asked.
pub(crate) struct AnalysisHealth {
    vision: Option<Arc<Vision>>,
    scenes: Arc<Scenes>,
    before: Mutex<Totals>,
}

/// Sums over all cameras since start.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    sampled: u64,
    analysed: u64,
    failed: u64,
}

impl AnalysisHealth {
    pub(crate) fn new(vision: Option<Arc<Vision>>, scenes: Arc<Scenes>) -> Self {
        Self { vision, scenes, before: Mutex::default() }
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
        let mut now = Totals::default();
        for counts in vision.counters().cameras.values() {
            now.sampled += counts.sampled;
            now.analysed += counts.analysed;
            now.failed += counts.dropped_detector_failed;
        }
        let before = {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *before, now)
        };
        let failed = now.failed.saturating_sub(before.failed);
        if failed > 0 {
            return (Health::Degraded, Some(format!("the detector failed on {failed} pictures")));
        }
        let sampled = now.sampled.saturating_sub(before.sampled);
        let left_out = sampled.saturating_sub(now.analysed.saturating_sub(before.analysed));
        #[allow(clippy::cast_precision_loss, reason = "pictures between two questions")]
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
