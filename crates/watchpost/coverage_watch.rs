//! What every camera does, second by second, as spans in the index: seen or not, analysed or not.
//!
//! A span that is lost ends at the last moment at which it is known to have held, which is before
//! it is noticed; one that begins does so when it is noticed. So what is told as covered was.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{
    Absence, AnalysisMode, AnalysisRate, CameraId, CoverageChange, CoverageNow, CoverageState,
    HealthFinding, HealthKind, StreamId, StreamRole, StreamState, StreamStatus, Timestamp,
};
use index::{Index, IndexError};
use metrics::gauge;
use tracing::warn;

use crate::config::{Camera, CameraAnalysis, Mode};

/// A view of which no picture was looked at for so long is not analysed any more.
const LOOKED_WITHIN: Duration = Duration::from_secs(15);
/// The same where the camera's GOP decides when the next one is due.
const KEYFRAME_LOOKED_WITHIN: Duration = Duration::from_secs(60);
/// Pictures and looks that end so close to each other end together.
const TOGETHER: Duration = Duration::from_secs(2);

/// What is known of a camera at one moment, by our clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CameraFacts<'a> {
    /// How the stream does by which the camera is judged; `None` before it was started.
    pub(crate) watched: Option<&'a StreamStatus>,
    /// How the stream does that is analysed.
    pub(crate) analysed: Option<&'a StreamStatus>,
    /// When pictures last came.
    pub(crate) last_picture: Option<Timestamp>,
    /// When a picture was last looked at.
    pub(crate) last_look: Option<Timestamp>,
    /// Whether there is analysis at all.
    pub(crate) has_analysis: bool,
    /// What is wrong with the camera.
    pub(crate) troubles: &'a [HealthFinding],
}

impl CameraFacts<'_> {
    /// Returns what is known of a camera of which no stream was started.
    pub(crate) fn unwatched() -> Self {
        Self {
            watched: None,
            analysed: None,
            last_picture: None,
            last_look: None,
            has_analysis: false,
            troubles: &[],
        }
    }
}

/// Owned by the `camera-watch` thread.
pub(crate) struct CoverageWatch {
    index: Index,
    told: BTreeMap<CameraId, Told>,
    changes: Vec<(CoverageChange, Told)>,
    has_failed: bool,
}

/// What the index was told last of a camera, and since when that is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    state: CoverageState,
    since: Timestamp,
}

impl CoverageWatch {
    /// Begins to watch `cameras`.
    pub(crate) fn start(
        index: Index,
        cameras: &[Camera],
        now: Timestamp,
    ) -> Result<Self, IndexError> {
        let ids: Vec<CameraId> = cameras.iter().map(|camera| camera.id.clone()).collect();
        index.resume_coverage(&ids, now)?;
        Ok(Self { index, told: BTreeMap::new(), changes: Vec::new(), has_failed: false })
    }

    /// Takes what is known of a camera now; call for each, then [`CoverageWatch::write`].
    pub(crate) fn see(&mut self, camera: &Camera, facts: &CameraFacts<'_>, now: Timestamp) {
        let uses_a_stream = [StreamRole::Main, StreamRole::Sub].into_iter().any(|role| {
            camera.stream(role).is_some_and(|stream| stream.record)
                || camera.analysed_role() == Some(role)
        });
        if uses_a_stream && facts.watched.is_none() {
            return;
        }
        let told = self.told.get(&camera.id).copied();
        let state = state(camera, facts, told, now);
        let Some(told) = told else {
            return self.note(camera, state, now);
        };
        if told.state == state {
            return;
        }
        let held_until = |last: Option<Timestamp>| last.unwrap_or(now).clamp(told.since, now);
        let is_lost = told.state.unseen.is_none() && state.unseen.is_some();
        let mut seen_at = if is_lost { held_until(facts.last_picture) } else { now };
        let is_left = told.state.analysis.is_ok() && state.analysis.is_err();
        let mut analysed_at = if is_left { held_until(lost_since(facts, state)) } else { now };
        if is_lost && is_left && seen_at.since(analysed_at) <= TOGETHER {
            seen_at = seen_at.min(analysed_at);
            analysed_at = seen_at;
        }
        // One after the other, each as far as it is known.
        if analysed_at < seen_at {
            self.note(
                camera,
                CoverageState { analysis: state.analysis, ..told.state },
                analysed_at,
            );
        } else if seen_at < analysed_at {
            self.note(camera, CoverageState { unseen: state.unseen, ..told.state }, seen_at);
        }
        self.note(camera, state, seen_at.max(analysed_at));
    }

    fn note(&mut self, camera: &Camera, state: CoverageState, at: Timestamp) {
        let change = CoverageChange { camera: camera.id.clone(), at, state: Some(state) };
        self.changes.push((change, Told { state, since: at }));
    }

    /// Writes what has changed since it was last called; tried again a second later if that fails.
    pub(crate) fn write(&mut self, cameras: &[Camera], now: Timestamp) {
        let known: BTreeSet<&CameraId> = cameras.iter().map(|camera| &camera.id).collect();
        let gone: Vec<_> = self.told.keys().filter(|id| !known.contains(id)).cloned().collect();
        let seen = std::mem::take(&mut self.changes);
        let mut changes: Vec<_> = seen.iter().map(|(change, _)| change.clone()).collect();
        changes.extend(gone.iter().map(|camera| CoverageChange {
            camera: camera.clone(),
            at: now,
            state: None,
        }));
        if let Err(problem) = self.index.cover(&changes, now) {
            if !std::mem::replace(&mut self.has_failed, true) {
                warn!(%problem, "cannot store which cameras are seen and analysed, trying again");
            }
            return;
        }
        self.has_failed = false;
        self.told.extend(seen.into_iter().map(|(change, told)| (change.camera, told)));
        self.told.retain(|camera, _| !gone.contains(camera));
    }

    /// Says that all watching ends in good order.
    pub(crate) fn stop(&mut self, now: Timestamp) {
        let changes: Vec<_> = std::mem::take(&mut self.told)
            .into_iter()
            .map(|(camera, told)| CoverageChange {
                camera,
                at: now.max(told.since),
                state: Some(told.state.ended(Absence::Stopped)),
            })
            .collect();
        if let Err(problem) = self.index.cover(&changes, now) {
            warn!(%problem, "cannot store until when cameras were seen and analysed");
        }
    }

    /// Counts how many cameras do what; `unrecorded` are the streams that are not recorded, `None`
    /// when that cannot be read: then none is said to be.
    pub(crate) fn count(
        &self,
        cameras: &[Camera],
        unrecorded: Option<&BTreeSet<StreamId>>,
        now: Timestamp,
    ) -> CoverageNow {
        let mut count = CoverageNow {
            time: now,
            configured: cameras.len(),
            connected: 0,
            recording: 0,
            analysed: 0,
        };
        for camera in cameras {
            let Some(Told { state, .. }) = self.told.get(&camera.id) else { continue };
            count.analysed += usize::from(state.analysis.is_ok());
            if state.unseen.is_some() {
                continue;
            }
            count.connected += 1;
            let is_recorded = unrecorded.is_some_and(|gaps| {
                (state.records_main || state.records_sub) && !lacks_recording(camera, gaps)
            });
            count.recording += usize::from(is_recorded);
        }
        for (state, number) in [
            ("configured", count.configured),
            ("connected", count.connected),
            ("recording", count.recording),
            ("analysed", count.analysed),
        ] {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            gauge!("watchpost_cameras", "state" => state).set(f64::from(number));
        }
        count
    }
}

/// Returns whether a stream of `camera` that is to be recorded is among `unrecorded`.
pub(crate) fn lacks_recording(camera: &Camera, unrecorded: &BTreeSet<StreamId>) -> bool {
    [StreamRole::Main, StreamRole::Sub].into_iter().any(|role| {
        let is_wanted = camera.stream(role).is_some_and(|stream| stream.record);
        is_wanted && unrecorded.contains(&StreamId { camera: camera.id.clone(), role })
    })
}

fn state(
    camera: &Camera,
    facts: &CameraFacts<'_>,
    told: Option<Told>,
    now: Timestamp,
) -> CoverageState {
    let records = |role| camera.stream(role).is_some_and(|stream| stream.record);
    CoverageState {
        unseen: facts.watched.map_or(Some(Absence::Off), absence),
        analysis: analysis(camera, facts, told, now),
        records_main: records(StreamRole::Main),
        records_sub: records(StreamRole::Sub),
    }
}

/// Returns why a stream yields no pictures.
fn absence(status: &StreamStatus) -> Option<Absence> {
    match status.state {
        StreamState::Up if !status.frozen => None,
        StreamState::Up | StreamState::NoPicture if status.frozen => Some(Absence::Frozen),
        StreamState::Up | StreamState::NoPicture => Some(Absence::NoPicture),
        StreamState::Connecting => Some(Absence::Connecting),
        StreamState::Down => Some(Absence::Disconnected),
        StreamState::Misconfigured => Some(Absence::Misconfigured),
        StreamState::Stopped => Some(Absence::Stopped),
    }
}

fn analysis(
    camera: &Camera,
    facts: &CameraFacts<'_>,
    told: Option<Told>,
    now: Timestamp,
) -> Result<AnalysisRate, Absence> {
    let Some(settings) = camera.analysis.as_ref().filter(|_| facts.has_analysis) else {
        return Err(Absence::Off);
    };
    let Some(status) = facts.analysed else {
        return Err(Absence::Connecting);
    };
    if let Some(cause) = absence(status) {
        return Err(cause);
    }
    if let Some((cause, _)) = blindness(facts.troubles) {
        return Err(cause);
    }
    let within = patience(settings);
    if facts.last_look.is_some_and(|last| now.since(last) <= within) {
        return Ok(rate(settings));
    }
    // Pictures have come for a while, or the first look is still due.
    let was_starved = told.is_some_and(|told| told.state.analysis == Err(Absence::Starved));
    let is_overdue = now.since(status.since) > within || facts.last_look.is_some();
    Err(if was_starved || is_overdue { Absence::Starved } else { Absence::Connecting })
}

/// Returns the trouble for which looking finds nothing, and since when.
fn blindness(troubles: &[HealthFinding]) -> Option<(Absence, Timestamp)> {
    troubles.iter().find_map(|trouble| {
        let cause = match trouble.kind {
            HealthKind::Frozen => Absence::Frozen,
            HealthKind::TooDark => Absence::TooDark,
            HealthKind::TooBright => Absence::TooBright,
            HealthKind::Blurred => Absence::Blurred,
            HealthKind::AnalysisStarved => Absence::Starved,
            _ => return None,
        };
        Some((cause, trouble.since))
    })
}

/// Returns until when the view was analysed that is not any more.
fn lost_since(facts: &CameraFacts<'_>, state: CoverageState) -> Option<Timestamp> {
    let blind = blindness(facts.troubles);
    let by_trouble = blind.filter(|(cause, _)| state.analysis == Err(*cause));
    by_trouble.map(|(_, since)| since).or(facts.last_look)
}

fn patience(settings: &CameraAnalysis) -> Duration {
    let least = match settings.mode {
        Mode::Stream => LOOKED_WITHIN,
        Mode::Keyframes => KEYFRAME_LOOKED_WITHIN,
    };
    let interval = Duration::try_from_secs_f32(settings.pictures_per_second.recip());
    least.max(interval.unwrap_or(least).saturating_mul(3))
}

fn rate(settings: &CameraAnalysis) -> AnalysisRate {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked with the configuration, and held to the range"
    )]
    let pictures_per_10_s =
        (settings.pictures_per_second * 10.0).round().clamp(0.0, 65_535.0) as u16;
    let mode = match settings.mode {
        Mode::Stream => AnalysisMode::Stream,
        Mode::Keyframes => AnalysisMode::Keyframes,
    };
    AnalysisRate { mode, pictures_per_10_s }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{ManualClock, TimeRange};
    use index::{CameraCoverage, CoverageQuery, SiteSettings};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        begin.plus(Duration::from_secs(seconds))
    }

    fn camera() -> Camera {
        let text = "id = \"gate\"\nname = \"Gate\"\nmain = { url = \"rtsp://camera/main\" }\n\
                    analysis = { pictures_per_second = 5 }\n";
        toml::from_str(text).unwrap()
    }

    fn status(state: StreamState, since: Timestamp) -> StreamStatus {
        StreamStatus { state, ..StreamStatus::connecting(since) }
    }

    struct Stage {
        _folder: tempfile::TempDir,
        index: Index,
        watch: CoverageWatch,
        camera: Camera,
    }

    impl Stage {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Arc::new(ManualClock::new(at(0)));
            let index = Index::open(folder.path(), SiteSettings::new("test"), clock).unwrap();
            let camera = camera();
            let cameras = std::slice::from_ref(&camera);
            let watch = CoverageWatch::start(index.clone(), cameras, at(0)).unwrap();
            Self { _folder: folder, index, watch, camera }
        }

        /// A look at second `now`; pictures and looks came last at those seconds.
        fn see(
            &mut self,
            now: u64,
            state: StreamState,
            last: (u64, Option<u64>),
            wrong: &[HealthFinding],
        ) {
            let status = status(state, at(0));
            let facts = CameraFacts {
                watched: Some(&status),
                analysed: Some(&status),
                last_picture: Some(at(last.0)),
                last_look: last.1.map(at),
                has_analysis: true,
                troubles: wrong,
            };
            self.watch.see(&self.camera, &facts, at(now));
            self.watch.write(std::slice::from_ref(&self.camera), at(now));
        }

        fn told(&self, until: u64) -> CameraCoverage {
            let query = CoverageQuery {
                range: TimeRange { start: at(0), end: at(until) },
                cameras: Some(vec![self.camera.id.clone()]),
                growing: Vec::new(),
                gaps: 10,
            };
            self.index.coverage(&query).unwrap().cameras.pop().unwrap()
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn what_is_lost_ends_when_it_was_last_known_to_hold() {
        let mut stage = Stage::open();
        stage.see(10, StreamState::Up, (10, None), &[]);
        stage.see(12, StreamState::Up, (12, Some(12)), &[]);
        stage.see(30, StreamState::Up, (30, Some(30)), &[]);
        // No picture since 31, no look since 30: both end there, though noticed at 36.
        stage.see(36, StreamState::NoPicture, (31, Some(30)), &[]);
        stage.see(50, StreamState::Up, (50, Some(30)), &[]);
        let told = stage.told(60);
        assert_eq!((told.seen.covered, told.analysed.covered), (seconds(20), seconds(18)));
        assert_eq!(told.seen.missing, [("no_picture", seconds(20))].into());
        let missing = [("connecting", seconds(2)), ("no_picture", seconds(20))];
        assert_eq!(told.analysed.missing, missing.into());
        assert_eq!((told.seen.not_configured, told.seen.unknown), (seconds(10), seconds(10)));
    }

    #[test]
    fn pictures_that_are_not_looked_at_are_not_analysed() {
        let mut stage = Stage::open();
        stage.see(0, StreamState::Up, (0, Some(0)), &[]);
        stage.see(10, StreamState::Up, (10, Some(10)), &[]);
        // Looks cease; that is plain a quarter of a minute later.
        stage.see(20, StreamState::Up, (20, Some(10)), &[]);
        assert_eq!(stage.told(20).analysed.covered, seconds(20));
        stage.see(26, StreamState::Up, (26, Some(10)), &[]);
        assert_eq!(stage.told(26).analysed.missing, [("starved", seconds(16))].into());
        stage.see(30, StreamState::Up, (30, Some(30)), &[]);
        // Looked at, but there is nothing to be seen since 32.
        let kind = HealthKind::TooDark;
        let dark = HealthFinding { kind, since: at(32), ended: None, detail: String::new() };
        stage.see(60, StreamState::Up, (60, Some(60)), &[dark]);
        let told = stage.told(60);
        assert_eq!(
            told.analysed.missing,
            [("starved", seconds(20)), ("too_dark", seconds(28))].into()
        );
        assert_eq!(told.seen.covered, seconds(60));
        stage.watch.stop(at(70));
        stage.index.cover(&[], at(80)).unwrap();
        assert_eq!(stage.told(80).seen.missing, [("stopped", seconds(10))].into());
    }
}
