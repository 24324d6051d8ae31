//! Trouble that the program told of before it ended, and not that it was over: who stood before the
//! queue would wait for its end for ever.
//!
//! It is over once its camera is well for sure, or gone. Whatever trouble the camera is found in
//! meanwhile keeps it open: the same kind goes on as if there had been no end of the program, and
//! another one may hide it.

use std::time::Duration;

use domain::{CameraId, EventKind, HealthFinding, HealthKind, TimeRange, Timestamp};
use index::{AlertPage, AlertQuery, Index, StoredAlert};
use tracing::warn;

/// After how long of watching a camera that is well is so for sure: longer than any trouble takes
/// to be found.
const SETTLED: Duration = Duration::from_secs(90);
/// Alerts read at once; more trouble at the same time is a site that is down.
const MOST: usize = 1000;

/// How a camera is doing, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is no longer configured.
    Gone,
    /// It has not been judged yet.
    Unknown,
    /// It has been judged; these troubles last.
    Judged(Vec<HealthKind>),
}

/// What is open, and since when cameras are watched again. Owned by the `camera-watch` thread.
#[derive(Debug)]
pub(crate) struct LeftOpen {
    since: Timestamp,
    findings: Vec<(CameraId, HealthFinding)>,
}

impl LeftOpen {
    /// Reads what an earlier run of the program left open; `since` is when this one began.
    pub(crate) fn read(index: &Index, since: Timestamp) -> Self {
        let query =
            AlertQuery { only_active: true, limit: MOST, ..AlertQuery::new(TimeRange::ALL) };
        let page = index.alerts(&query).unwrap_or_else(|problem| {
            warn!(%problem, "cannot read which trouble lasts");
            AlertPage { alerts: Vec::new(), next: None }
        });
        let trouble = |stored: StoredAlert| {
            let alert = stored.alert;
            let EventKind::Health(kind) = alert.kind else { return None };
            let detail = "it was over when the program had started again".to_owned();
            let finding = HealthFinding { kind, since: alert.first, ended: None, detail };
            Some((alert.cameras.into_iter().next()?, finding))
        };
        Self { since, findings: page.alerts.into_iter().filter_map(trouble).collect() }
    }

    /// Returns the trouble that is over at `now`, each once. What is found again is not told as over,
    /// now or later: its end will be told by whoever found it.
    pub(crate) fn over(
        &mut self,
        now: Timestamp,
        standing: impl Fn(&CameraId) -> Standing,
    ) -> Vec<(CameraId, HealthFinding)> {
        let is_settled = now.since(self.since) > SETTLED;
        let mut over = Vec::new();
        self.findings.retain_mut(|(camera, finding)| {
            let is_over = match standing(camera) {
                Standing::Gone => true,
                Standing::Unknown => false,
                Standing::Judged(troubles) if troubles.contains(&finding.kind) => return false,
                Standing::Judged(troubles) => troubles.is_empty() && is_settled,
            };
            if is_over {
                finding.ended = Some(now);
                over.push((camera.clone(), finding.clone()));
            }
            !is_over
        });
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_772_323_200_000 + seconds * 1000)
    }

    /// Two cameras that had lost their signal when the program ended, which began again at 0.
    fn left_open() -> LeftOpen {
        let lost = |camera: &str| {
            let kind = HealthKind::SignalLost;
            let detail = String::new();
            let finding = HealthFinding { kind, since: at(-600), ended: None, detail };
            (camera.parse().unwrap(), finding)
        };
        LeftOpen { since: at(0), findings: vec![lost("gate"), lost("yard")] }
    }

    fn told(over: Vec<(CameraId, HealthFinding)>) -> Vec<(String, i64)> {
        let ended = |finding: HealthFinding| finding.ended.unwrap().since(at(0)).as_secs();
        over.into_iter()
            .map(|(camera, finding)| (camera.to_string(), ended(finding).cast_signed()))
            .collect()
    }

    #[test]
    fn a_camera_that_is_well_is_so_for_sure_after_a_while() {
        let mut left = left_open();
        let well = |_: &CameraId| Standing::Judged(Vec::new());
        assert_eq!(told(left.over(at(1), well)), []);
        assert_eq!(told(left.over(at(90), well)), []);
        let both = [("gate".to_owned(), 91), ("yard".to_owned(), 91)];
        assert_eq!(told(left.over(at(91), well)), both);
        assert_eq!(told(left.over(at(92), well)), [], "once");
    }

    #[test]
    fn a_camera_that_is_gone_has_no_trouble_and_one_not_judged_yet_is_waited_for() {
        let mut left = left_open();
        let standing = |camera: &CameraId| match camera.as_str() {
            "gate" => Standing::Gone,
            _ => Standing::Unknown,
        };
        assert_eq!(told(left.over(at(1), standing)), [("gate".to_owned(), 1)]);
        assert_eq!(told(left.over(at(1000), standing)), []);
        let well = |_: &CameraId| Standing::Judged(Vec::new());
        assert_eq!(told(left.over(at(1001), well)), [("yard".to_owned(), 1001)]);
    }

    #[test]
    fn what_is_found_again_goes_on_and_other_trouble_may_hide_it() {
        let mut left = left_open();
        let ill = |camera: &CameraId| {
            let lost = camera.as_str() == "gate";
            Standing::Judged(vec![if lost { HealthKind::SignalLost } else { HealthKind::TooDark }])
        };
        assert_eq!(told(left.over(at(100), ill)), []);
        // The gate's end is told by whoever found it anew; the yard's other trouble is over.
        let well = |_: &CameraId| Standing::Judged(Vec::new());
        assert_eq!(told(left.over(at(101), well)), [("yard".to_owned(), 101)]);
    }
}
