//! What of a span is recorded, and why the rest is not.

use std::path::PathBuf;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::{
    CameraId, Gap, GapCause, Segment, SegmentState, StreamId, StreamRole, StreamState, TimeRange,
    Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::footage::read_role;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Segments closer than this lie side by side: cameras do not keep their rate to the picture.
const SIDE_BY_SIDE: Duration = Duration::from_secs(1);

/// How far the board may be ahead of what can be seen.
const BOARD_LAG: Duration = Duration::from_secs(1);
/// Pictures further ahead are not waited for.
const SOON: Duration = Duration::from_secs(60);

/// What of a span is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RecordingsBody {
    /// The camera.
    camera: String,
    /// `main` or `sub`.
    #[schema(example = "main")]
    stream: String,
    /// From when, as asked.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when, as asked.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Whether privacy masks lie over any of it: then clips are viewing copies.
    masked: bool,
    /// Seconds of it that are recorded.
    recorded_s: f64,
    /// What is recorded, in order; may reach beyond what was asked for.
    spans: Vec<SpanBody>,
    /// What is not, in order, with the cause; the last one may still last.
    gaps: Vec<GapBody>,
}

/// A span recorded without a break.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpanBody {
    /// Its first picture.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The end of its last picture.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Whether it is still growing.
    growing: bool,
    /// Its size on disk, in bytes.
    bytes: u64,
    /// `h264` or `h265`; of its last segment.
    codec: String,
    /// Width of its pictures, in pixels; of its last segment.
    width: u32,
    /// Height of its pictures, in pixels; of its last segment.
    height: u32,
    /// The files it lies in, in order.
    segments: Vec<SegmentBody>,
}

/// One file of footage.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SegmentBody {
    /// Its number.
    id: i64,
    /// Its first picture.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The end of its last picture.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Its size, in bytes.
    bytes: u64,
    /// SHA-256 of the file in hex, once it is closed.
    sha256: Option<String>,
    /// Where to get it.
    #[schema(example = "/api/v1/segments/17.mp4")]
    href: String,
}

/// A span without recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct GapBody {
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when; null while it lasts.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// Why: `disconnected`, `misconfigured`, `no_picture`, `packet_loss`, `garbage`, `disk_slow`,
    /// `disk_full`, `disk_failed`, `stopped`, `crashed` or `clock_jump`.
    #[schema(value_type = String, example = "disconnected")]
    cause: GapCause,
}

impl GapBody {
    /// Says the gap in words.
    pub(crate) fn sentence(&self) -> String {
        match self.end {
            Some(end) => format!("{} from {} to {end}", self.cause, self.start),
            None => format!("{} since {}", self.cause, self.start),
        }
    }
}

impl From<Gap> for GapBody {
    fn from(gap: Gap) -> Self {
        Self { start: gap.start, end: gap.end, cause: gap.cause }
    }
}

/// A span of one stream.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanParams {
    /// First moment, RFC 3339.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T07:30:00+07:00")]
    pub(crate) start: Timestamp,
    /// First moment after, RFC 3339.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T07:31:00+07:00")]
    pub(crate) end: Timestamp,
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    pub(crate) stream: Option<StreamRole>,
}

impl SpanParams {
    pub(crate) fn range(&self) -> TimeRange {
        TimeRange { start: self.start, end: self.end }
    }
}

impl Parameters for SpanParams {
    fn read(query: &mut Query) -> Option<Self> {
        let stream = read_role(query);
        let TimeRange { start, end } = query.range()?;
        Some(Self { start, end, stream })
    }
}

/// What of a span is recorded
///
/// Spans without a break, with their files, and the gaps between them with their causes.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/recordings",
    tag = "footage",
    operation_id = "recordings",
    params(("camera" = String, Path, description = "The camera's id"), SpanParams),
    responses(
        (status = 200, description = "Spans and gaps", body = RecordingsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or stream", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn recordings(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<SpanParams>,
) -> Result<Json<RecordingsBody>, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let range = params.range();
    let (segments, gaps) = state
        .ask({
            let stream = stream.clone();
            move |state| Ok((segments(state, &stream, range)?, gaps(state, &stream, range)?))
        })
        .await?;
    Ok(Json(RecordingsBody {
        camera: camera.as_str().to_owned(),
        stream: stream.role.as_str().to_owned(),
        start: range.start,
        end: range.end,
        masked: state.parts().views.is_masked(&camera, range),
        recorded_s: covered(&segments, range).as_secs_f64(),
        spans: spans(&segments, &gaps),
        gaps,
    }))
}

/// Returns the segments of `stream` that share a moment with `range`, in order, those being
/// written included as far as they are on disk.
pub(crate) fn segments(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
) -> Result<Vec<Segment>, ApiError> {
    // In this order, a segment that closes in between is found twice rather than not at all.
    let growing = state.parts().archive.open_segments(stream);
    let rows = state.parts().index.segments(stream, range)?;
    let mut segments: Vec<_> =
        rows.into_iter().filter(|segment| segment.state == SegmentState::Closed).collect();
    for open in growing {
        let has_footage = !open.fragments.is_empty() && open.range.overlaps(range);
        if has_footage && segments.iter().all(|segment| segment.id != open.id) {
            segments.push(open);
        }
    }
    segments.sort_by_key(|segment| segment.range.start);
    Ok(segments)
}

/// Returns the same with the path of each file; may be none.
pub(crate) fn recorded_files(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
) -> Result<Vec<(PathBuf, Segment)>, ApiError> {
    let segments = segments(state, stream, range)?;
    let with_path = |segment: Segment| {
        let volume = state.parts().archive.volume_path(&segment.volume)?;
        Some((volume.join(&segment.path), segment))
    };
    Ok(segments.into_iter().filter_map(with_path).collect())
}

/// Returns the same, or the problem with the causes of its absence.
pub(crate) fn files(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
) -> Result<Vec<(PathBuf, Segment)>, ApiError> {
    let files = recorded_files(state, stream, range)?;
    if files.is_empty() {
        return Err(nothing_recorded(state, stream, range)?);
    }
    Ok(files)
}

/// Returns why nothing of `stream` is recorded in `range`.
pub(crate) fn nothing_recorded(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
) -> Result<ApiError, ApiError> {
    Ok(ApiError::NotRecorded { stream: stream.clone(), range, gaps: gaps(state, stream, range)? })
}

/// Returns why `stream` has no picture at `at`.
pub(crate) fn absence(
    state: &ApiState,
    stream: &StreamId,
    at: Timestamp,
) -> Result<ApiError, ApiError> {
    // Before the gaps: one that is over stays open until the first pictures after it are on disk.
    if let Some(wait) = still_to_come(state, stream, at) {
        return Ok(ApiError::NotYet { stream: stream.clone(), at, wait });
    }
    let range = moment(at);
    let gaps = gaps(state, stream, range)?;
    let stream = stream.clone();
    if gaps.is_empty() {
        return Ok(ApiError::NoFrame { stream, at });
    }
    Ok(ApiError::NotRecorded { stream, range, gaps })
}

/// Returns how long it will be until the picture of `at` has come, where that is to be expected.
fn still_to_come(state: &ApiState, stream: &StreamId, at: Timestamp) -> Option<Duration> {
    let status = state.parts().board.get(stream)?;
    let last = status.last_picture.filter(|_| status.state == StreamState::Up)?;
    let is_to_come = at > last.minus(BOARD_LAG) && at.since(last) <= SOON;
    is_to_come.then(|| at.since(last))
}

/// Returns whether what `stream` shows at `at` lies in a closed file, so that it stays what it is.
pub(crate) fn is_closed(
    state: &ApiState,
    stream: &StreamId,
    at: Timestamp,
) -> Result<bool, ApiError> {
    let files = segments(state, stream, moment(at))?;
    Ok(!files.is_empty() && files.iter().all(|file| file.state == SegmentState::Closed))
}

/// Returns until when `stream` is recorded, as far as it is on disk.
pub(crate) fn recorded_until(
    state: &ApiState,
    stream: &StreamId,
) -> Result<Option<Timestamp>, ApiError> {
    let growing = state.parts().archive.open_segments(stream);
    let newest = growing
        .iter()
        .filter(|segment| !segment.fragments.is_empty())
        .map(|segment| segment.range.end)
        .max();
    match newest {
        Some(end) => Ok(Some(end)),
        None => Ok(state.parts().index.recorded_end(stream)?),
    }
}

/// Returns a moment at which the newest picture of `stream` on disk is on view.
pub(crate) fn newest_picture(state: &ApiState, stream: &StreamId) -> Result<Timestamp, ApiError> {
    match recorded_until(state, stream)? {
        Some(end) => Ok(end.minus(Duration::from_micros(1))),
        None => {
            let day = Duration::from_secs(24 * 3600);
            let now = state.parts().clock.now();
            let lately = TimeRange { start: now.minus(day), end: now };
            Err(nothing_recorded(state, stream, lately)?)
        }
    }
}

fn gaps(state: &ApiState, stream: &StreamId, range: TimeRange) -> Result<Vec<GapBody>, ApiError> {
    let gaps = state.parts().index.gaps(Some(std::slice::from_ref(stream)), range)?;
    Ok(gaps.into_iter().map(GapBody::from).collect())
}

fn moment(at: Timestamp) -> TimeRange {
    TimeRange { start: at, end: at.plus(Duration::from_micros(1)) }
}

/// Returns how much of `range` the segments hold, which are in order of their start and overlap
/// where a camera set its clock back.
fn covered(segments: &[Segment], range: TimeRange) -> Duration {
    let mut covered = Duration::ZERO;
    let mut until = range.start;
    for part in segments.iter().filter_map(|segment| segment.range.intersection(range)) {
        let start = part.start.max(until);
        until = part.end.max(until);
        covered += TimeRange { start, end: until }.duration();
    }
    covered
}

fn spans(segments: &[Segment], gaps: &[GapBody]) -> Vec<SpanBody> {
    let mut spans: Vec<SpanBody> = Vec::new();
    for segment in segments {
        let file = SegmentBody {
            id: segment.id.0,
            start: segment.range.start,
            end: segment.range.end,
            bytes: segment.bytes,
            sha256: segment.sha256.map(|hash| hex(&hash)),
            href: format!("/api/v1/segments/{}.mp4", segment.id.0),
        };
        let growing = segment.state == SegmentState::Open;
        let joined = spans.last_mut().filter(|span| joins(span.end, segment.range.start, gaps));
        match joined {
            Some(span) => {
                span.end = span.end.max(segment.range.end);
                span.growing = growing;
                span.bytes += segment.bytes;
                segment.codec.as_str().clone_into(&mut span.codec);
                span.width = segment.width;
                span.height = segment.height;
                span.segments.push(file);
            }
            None => spans.push(SpanBody {
                start: segment.range.start,
                end: segment.range.end,
                growing,
                bytes: segment.bytes,
                codec: segment.codec.as_str().to_owned(),
                width: segment.width,
                height: segment.height,
                segments: vec![file],
            }),
        }
    }
    spans
}

/// Returns whether footage that ends at `end` goes on at `start`.
fn joins(end: Timestamp, start: Timestamp, gaps: &[GapBody]) -> bool {
    let on_record =
        gaps.iter().any(|gap| gap.start < start && gap.end.is_none_or(|until| until > end));
    start.since(end) <= SIDE_BY_SIDE && (start <= end || !on_record)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
