//! What an answer covers: that nothing was found, and that nothing was looked at, are two answers.
//!
//! Told with the first page of every search. Cameras that lie outside the caller's rights are told as
//! one number that is the same whatever is asked: counted by place, it would let somebody find where
//! they stand by drawing circles (`docs/design/0012-search.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{CameraId, TimeRange, Timestamp};
use index::{CameraCoverage, CoverageGap, CoverageQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::coverage::{AspectBody, growing, total};
use crate::problem::ApiError;
use crate::state::{ApiState, Camera};
use crate::where_filter::WhereParams;

/// Camera-days that are swept for an answer: a month of 256 cameras, a tenth of a second.
const MOST_CAMERA_DAYS: f64 = 8000.0;
const DAY_S: f64 = 86_400.0;
/// Gaps told, the longest of all cameras.
const GAPS: usize = 60;
/// Gaps of one camera that may be among them.
const GAPS_OF_ONE: usize = 20;
/// A camera's clock is told when it is so far off.
const CLOCK_ERROR_MS: u32 = 200;

/// What could be seen of what was asked, over the whole span, whatever `daily` says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SearchCoverageBody {
    /// From when it is told; as asked, or from when anything is known.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when: as asked, or now.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Cameras that the question reached: configured now, in the place, and the caller's to search.
    cameras: usize,
    /// Cameras of the site that the caller may not search: the same number whatever is asked, so
    /// that it tells of no place.
    cameras_outside_rights: usize,
    /// Whether they delivered pictures; the three are null when it was too much to sum up
    /// (`left_out`).
    seen: Option<AspectBody>,
    /// Whether they were recorded, and the footage is still there.
    recorded: Option<AspectBody>,
    /// Whether their pictures were looked at: where they were not, nothing can be found.
    analysed: Option<AspectBody>,
    /// The longest spans in which a camera was not analysed, or is not known to have been, in order
    /// of time.
    gaps: Vec<SearchGapBody>,
    /// How many shorter ones are not told.
    gaps_left_out: usize,
    /// Cameras of whose view a part is masked: nothing is found there.
    masks: Vec<MaskBody>,
    /// Cameras whose clock is off now by more than 0.2 s; each event tells how it was then.
    clocks: Vec<ClockBody>,
    /// Why the spans are not told, and where to ask for them; null when they are.
    left_out: Option<String>,
}

/// A span in which a camera was not analysed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SearchGapBody {
    /// The camera.
    #[schema(value_type = String)]
    camera: CameraId,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when, as far as it lies in the span.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Why, or `unknown`.
    #[schema(example = "disconnected")]
    cause: &'static str,
}

/// How much of a camera's view is masked.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct MaskBody {
    /// The camera.
    #[schema(value_type = String)]
    camera: CameraId,
    /// The part of its view, 0 to 1; masks that overlap count twice.
    share: f32,
}

/// How far a camera's clock is off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ClockBody {
    /// The camera.
    #[schema(value_type = String)]
    camera: CameraId,
    /// Its clock minus ours, in milliseconds.
    error_ms: i32,
}

/// Tells what a question of `asked` covers; nothing when nothing is to be told.
pub(crate) async fn told(
    state: &ApiState,
    caller: &Caller,
    asked: Option<(TimeRange, WhereParams)>,
) -> Result<Option<SearchCoverageBody>, ApiError> {
    let Some((range, place)) = asked else { return Ok(None) };
    let caller = caller.clone();
    state.ask(move |state| body(state, &caller, range, &place).map(Some)).await
}

fn body(
    state: &ApiState,
    caller: &Caller,
    asked: TimeRange,
    place: &WhereParams,
) -> Result<SearchCoverageBody, ApiError> {
    let index = &state.parts().index;
    let reached: BTreeSet<CameraId> = place.reach(state, caller)?.into_iter().collect();
    let shown = state.cameras_in(caller.scope());
    let all = state.site_cameras().shown.len();
    let range = known_part(asked, index.coverage_known()?, state.parts().clock.now());
    let is_reached = |camera: &&Camera| reached.contains(&camera.id);
    let mut body = SearchCoverageBody {
        start: range.start,
        end: range.end,
        cameras: reached.len(),
        cameras_outside_rights: all - shown.len(),
        seen: None,
        recorded: None,
        analysed: None,
        gaps: Vec::new(),
        gaps_left_out: 0,
        masks: shown.iter().filter(is_reached).filter_map(mask).collect(),
        clocks: clocks(state, &reached),
        left_out: None,
    };
    let days = range.duration().as_secs_f64() / DAY_S;
    #[allow(clippy::cast_precision_loss, reason = "cameras of a site")]
    let camera_days = days * reached.len() as f64;
    if camera_days > MOST_CAMERA_DAYS {
        body.left_out = Some(format!(
            "{} cameras over {days:.0} days are too much to sum up with a search: ask \
             /api/v1/coverage",
            reached.len()
        ));
        return Ok(body);
    }
    let query = CoverageQuery {
        range,
        cameras: Some(reached.into_iter().collect()),
        growing: growing(state, caller.scope()),
        gaps: GAPS_OF_ONE,
    };
    let covered = index.coverage(&query)?.cameras;
    let sums = total(&covered).into_aspects();
    [body.seen, body.recorded, body.analysed] = sums.map(Some);
    (body.gaps, body.gaps_left_out) = longest_gaps(covered);
    Ok(body)
}

/// Returns the part of what is asked that can be told of: not ahead of now, and, where the start is
/// open, from when anything is known.
fn known_part(asked: TimeRange, known: Option<TimeRange>, now: Timestamp) -> TimeRange {
    let end = asked.end.min(now);
    let open = known.map_or(end, |known| known.start);
    let start = if asked.start == Timestamp::MIN { open } else { asked.start };
    TimeRange { start: start.min(end), end }
}

fn mask(camera: &Camera) -> Option<MaskBody> {
    let share: f32 = camera.masks.iter().map(domain::Polygon::area).sum();
    (share > 0.0).then(|| MaskBody { camera: camera.id.clone(), share: share.min(1.0) })
}

fn clocks(state: &ApiState, cameras: &BTreeSet<CameraId>) -> Vec<ClockBody> {
    let mut worst: BTreeMap<CameraId, i32> = BTreeMap::new();
    for (stream, status) in state.parts().board.snapshot() {
        let Some(error_ms) = status.clock_error_ms else { continue };
        let is_off = error_ms.unsigned_abs() >= CLOCK_ERROR_MS;
        if is_off && cameras.contains(&stream.camera) {
            let known = worst.entry(stream.camera).or_insert(error_ms);
            if error_ms.unsigned_abs() > known.unsigned_abs() {
                *known = error_ms;
            }
        }
    }
    worst.into_iter().map(|(camera, error_ms)| ClockBody { camera, error_ms }).collect()
}

/// Returns the longest gaps of all cameras in order of time, and how many others there are.
fn longest_gaps(covered: Vec<CameraCoverage>) -> (Vec<SearchGapBody>, usize) {
    let mut left_out = 0;
    let mut gaps: Vec<(Duration, SearchGapBody)> = Vec::new();
    for CameraCoverage { camera, analysed, .. } in covered {
        left_out += analysed.gaps_left_out;
        gaps.extend(analysed.gaps.into_iter().map(|CoverageGap { range, cause }| {
            let TimeRange { start, end } = range;
            (range.duration(), SearchGapBody { camera: camera.clone(), start, end, cause })
        }));
    }
    gaps.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    left_out += gaps.len().saturating_sub(GAPS);
    gaps.truncate(GAPS);
    let mut told: Vec<SearchGapBody> = gaps.into_iter().map(|(_, gap)| gap).collect();
    told.sort_by(|one, other| (one.start, &one.camera).cmp(&(other.start, &other.camera)));
    (told, left_out)
}
