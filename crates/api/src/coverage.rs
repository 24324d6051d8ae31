//! How much of a range the cameras were seen, recorded and analysed, and how many are now.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::{CameraId, CoverageNow, Scope, StreamId, TimeRange, Timestamp};
use index::{AspectCoverage, CameraCoverage, Coverage, CoverageGap, CoverageQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Of which range, and of which cameras.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CoverageParams {
    /// First moment, RFC 3339.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T00:00:00+07:00")]
    start: Timestamp,
    /// First moment after, RFC 3339; what lies ahead of now is left out.
    #[param(value_type = String, format = DateTime, example = "2026-04-01T00:00:00+07:00")]
    end: Timestamp,
    /// Only these cameras: ids between commas. All that were there in the range if left out, those
    /// that are configured no longer too.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
    /// Gaps told for each camera and aspect at most, the longest; 20 if left out.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 1000)]
    gaps: u32,
}

impl Parameters for CoverageParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.range();
        let cameras = query.list("cameras", str::parse);
        let gaps = query.number("gaps", (0, 1000), 20);
        let TimeRange { start, end } = range?;
        Some(Self { start, end, cameras, gaps })
    }
}

/// How much of a range was covered. What is not known never counts as covered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CoverageBody {
    /// From when, as asked.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when: as asked, or now.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Since when it is known what cameras did; before that, only footage and its gaps tell.
    #[schema(value_type = Option<String>, format = DateTime)]
    known_from: Option<Timestamp>,
    /// How many cameras do what now; null until the program has looked, and to
    /// whom not all cameras are shown.
    now: Option<NowBody>,
    /// All cameras together.
    total: TotalBody,
    /// Each camera, by its name.
    cameras: Vec<CameraCoverageBody>,
}

/// How many cameras do what now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NowBody {
    /// When they were counted.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// How many are configured.
    configured: usize,
    /// How many deliver pictures.
    connected: usize,
    /// How many deliver pictures and have every stream recorded that is to be.
    recording: usize,
    /// How many are analysed.
    analysed: usize,
}

impl From<CoverageNow> for NowBody {
    fn from(now: CoverageNow) -> Self {
        let CoverageNow { time, configured, connected, recording, analysed } = now;
        Self { time, configured, connected, recording, analysed }
    }
}

/// The sums over all cameras; seconds add up over cameras.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TotalBody {
    /// How many cameras were there in the range.
    cameras: usize,
    /// Seconds for which they are known to have been configured.
    configured_s: f64,
    /// Whether they delivered pictures.
    seen: AspectBody,
    /// Whether any stream of them was recorded, and the footage is still there.
    recorded: AspectBody,
    /// Whether their pictures were looked at.
    analysed: AspectBody,
}

/// How much of the range one camera was covered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CameraCoverageBody {
    /// The camera's id.
    #[schema(example = "cau-giay-01")]
    camera: String,
    /// Seconds for which it is known to have been configured.
    configured_s: f64,
    /// Whether it delivered pictures.
    seen: AspectBody,
    /// Whether any stream of it was recorded, and the footage is still there.
    recorded: AspectBody,
    /// Whether its pictures were looked at.
    analysed: AspectBody,
    /// Seconds for which its main stream was recorded.
    recorded_main_s: f64,
    /// Seconds for which its sub stream was recorded.
    recorded_sub_s: f64,
    /// How hard it was looked at, for how long.
    rates: Vec<RateBody>,
}

/// How hard a camera was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RateBody {
    /// `stream` (every picture decoded, then sampled) or `keyframes` (one per GOP).
    #[schema(example = "stream")]
    mode: &'static str,
    /// Pictures a second as configured; in mode `keyframes` the camera's GOP decides.
    pictures_per_second: f64,
    /// For how many seconds.
    seconds: f64,
}

/// How much of a range something held. The seconds covered, missing, not configured and unknown make
/// up the range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct AspectBody {
    /// Seconds covered as a part of those covered or missing, 0 to 1; null when there are none.
    #[schema(example = 0.9973)]
    share: Option<f64>,
    /// Seconds for which it held.
    covered_s: f64,
    /// Seconds for which it did not.
    missing_s: f64,
    /// The same by cause: `off`, `connecting`, `disconnected`, `misconfigured`, `no_picture`,
    /// `frozen`, `too_dark`, `too_bright`, `blurred`, `starved`, `stopped`, `crashed`, and for
    /// recording `packet_loss`, `garbage`, `disk_slow`, `disk_full`, `disk_failed`, `clock_jump`.
    causes_s: BTreeMap<&'static str, f64>,
    /// Seconds for which the camera was not configured.
    not_configured_s: f64,
    /// Seconds of which nothing is known: before anything was noted, after a crash, footage that has
    /// expired or is not on disk yet.
    unknown_s: f64,
    /// The longest spans missing or unknown, in order of time; empty in the sums.
    gaps: Vec<CoverageGapBody>,
    /// How many shorter ones are not told.
    gaps_left_out: usize,
}

/// A span that was not covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CoverageGapBody {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when, as far as it lies in the range.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Why, or `unknown`.
    #[schema(example = "disconnected")]
    cause: &'static str,
}

impl From<CoverageGap> for CoverageGapBody {
    fn from(gap: CoverageGap) -> Self {
        Self { start: gap.range.start, end: gap.range.end, cause: gap.cause }
    }
}

impl From<AspectCoverage> for AspectBody {
    fn from(aspect: AspectCoverage) -> Self {
        let missing: Duration = aspect.missing.values().sum();
        let accounted = aspect.covered + missing;
        let share = aspect.covered.as_secs_f64() / accounted.as_secs_f64();
        Self {
            share: (!accounted.is_zero()).then_some(share),
            covered_s: aspect.covered.as_secs_f64(),
            missing_s: missing.as_secs_f64(),
            causes_s: aspect
                .missing
                .into_iter()
                .map(|(cause, length)| (cause, length.as_secs_f64()))
                .collect(),
            not_configured_s: aspect.not_configured.as_secs_f64(),
            unknown_s: aspect.unknown.as_secs_f64(),
            gaps: aspect.gaps.into_iter().map(Into::into).collect(),
            gaps_left_out: aspect.gaps_left_out,
        }
    }
}

impl From<CameraCoverage> for CameraCoverageBody {
    fn from(camera: CameraCoverage) -> Self {
        let rates = camera.rates.into_iter().map(|(rate, length)| RateBody {
            mode: rate.mode.as_str(),
            pictures_per_second: f64::from(rate.pictures_per_10_s) / 10.0,
            seconds: length.as_secs_f64(),
        });
        Self {
            camera: camera.camera.as_str().to_owned(),
            configured_s: camera.configured.as_secs_f64(),
            seen: camera.seen.into(),
            recorded: camera.recorded.into(),
            analysed: camera.analysed.into(),
            recorded_main_s: camera.main.as_secs_f64(),
            recorded_sub_s: camera.sub.as_secs_f64(),
            rates: rates.collect(),
        }
    }
}

impl TotalBody {
    /// Returns what was seen, recorded and analysed.
    pub(crate) fn into_aspects(self) -> [AspectBody; 3] {
        [self.seen, self.recorded, self.analysed]
    }

    /// Returns how many cameras there are.
    pub(crate) fn cameras(&self) -> usize {
        self.cameras
    }

    /// Returns which shares were seen, recorded and analysed, as far as that is known.
    pub(crate) fn shares(&self) -> [Option<f64>; 3] {
        [&self.seen, &self.recorded, &self.analysed].map(|aspect| aspect.share)
    }
}

/// Adds up all cameras.
pub(crate) fn total(cameras: &[CameraCoverage]) -> TotalBody {
    let sum = |of: fn(&CameraCoverage) -> &AspectCoverage| {
        let mut sum = AspectCoverage::default();
        for aspect in cameras.iter().map(of) {
            sum.covered += aspect.covered;
            sum.not_configured += aspect.not_configured;
            sum.unknown += aspect.unknown;
            for (cause, length) in &aspect.missing {
                *sum.missing.entry(cause).or_default() += *length;
            }
        }
        AspectBody::from(sum)
    };
    TotalBody {
        cameras: cameras.len(),
        configured_s: cameras.iter().map(|camera| camera.configured.as_secs_f64()).sum(),
        seen: sum(|camera| &camera.seen),
        recorded: sum(|camera| &camera.recorded),
        analysed: sum(|camera| &camera.analysed),
    }
}

/// How much of a range was seen, recorded and analysed
///
/// Each camera and all together, with the causes of what is missing, and how many cameras are seen,
/// recorded and analysed now. What is not known never counts as covered.
#[utoipa::path(
    get,
    path = "/coverage",
    tag = "cameras",
    operation_id = "coverage",
    params(CoverageParams),
    responses(
        (status = 200, description = "The coverage", body = CoverageBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn coverage(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<CoverageParams>,
) -> Result<Json<CoverageBody>, ApiError> {
    let now = state.parts().clock.now();
    if params.start >= now {
        return Err(ApiError::refuse(
            "start",
            format!("{} lies ahead of now, {now}", params.start),
        ));
    }
    let range = TimeRange { start: params.start, end: params.end.min(now) };
    let scope = caller.scope().clone();
    let told = state
        .ask(move |state| {
            let query = CoverageQuery {
                range,
                cameras: scope.narrow(params.cameras),
                // Before the index is asked: what is closed meanwhile is told twice, not never.
                growing: growing(state, &scope),
                gaps: usize::try_from(params.gaps).unwrap_or(usize::MAX),
            };
            Ok(state.parts().index.coverage(&query)?)
        })
        .await?;
    let Coverage { known, cameras } = told;
    Ok(Json(CoverageBody {
        start: range.start,
        end: range.end,
        known_from: known.map(|known| known.start),
        // Counted over the whole site: who sees a part of it is told nothing.
        now: state.parts().board.coverage().filter(|_| caller.scope().is_site()).map(Into::into),
        total: total(&cameras),
        cameras: cameras.into_iter().map(Into::into).collect(),
    }))
}

/// Returns what is being recorded, as far as it is on disk.
pub(crate) fn growing(state: &ApiState, scope: &Scope) -> Vec<(StreamId, TimeRange)> {
    let mut growing = Vec::new();
    for camera in state.cameras_in(scope) {
        for role in &camera.streams {
            let stream = StreamId { camera: camera.id.clone(), role: *role };
            let segments = state.parts().archive.open_segments(&stream);
            growing.extend(segments.into_iter().map(|segment| (stream.clone(), segment.range)));
        }
    }
    growing
}
