//! Footage: a clip of any span as one MP4, its playlist, and the recorded files as they lie.

use std::time::Duration;

use archive::ClipError;
use archive::clip::Clip;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{
    CameraId, Scope, Segment, SegmentId, SegmentState, StreamId, StreamRole, TimeRange, Timestamp,
};

use crate::access::Caller;
use crate::params::{Names, NoParams, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{SpanParams, files, nothing_recorded, segments};
use crate::send::{Representation, Source};
use crate::state::ApiState;

/// Takes `stream`: `main` or `sub`.
pub(crate) fn read_role(query: &mut Query) -> Option<StreamRole> {
    query.parse_with("stream", |text| match text {
        "main" => Ok(StreamRole::Main),
        "sub" => Ok(StreamRole::Sub),
        other => Err(format!("\"{other}\" is not a stream: main or sub")),
    })
}

/// A clip
///
/// Whatever is recorded of the span, as one MP4 of whole GOPs, never transcoded. Takes `Range`.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/footage.mp4",
    tag = "footage",
    operation_id = "clip",
    params(
        ("camera" = String, Path, description = "The camera's id"),
        SpanParams,
        ("Range" = Option<String>, Header, description = "One span of bytes, as in RFC 9110"),
        ("If-Range" = Option<String>, Header, description = "The ETag that `Range` refers to"),
    ),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "A part of the clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "The clip is the one of `If-None-Match`"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or stream, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clips at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn clip(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<SpanParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (stream, range) = span(&state, &caller, &names, &params)?;
    let permit = state.clip_permit()?;
    let name = file_name(&stream, range);
    let clip = state
        .ask(move |state| {
            let files = files(state, &stream, range)?;
            match Clip::new(files, range) {
                Err(ClipError::Empty { .. }) => Err(nothing_recorded(state, &stream, range)?),
                Err(ClipError::TooLong { limit }) => Err(ApiError::TooLong { limit }),
                clip => clip.map_err(ApiError::Clip),
            }
        })
        .await?;
    let representation = Representation {
        length: clip.len(),
        etag: format!("\"{}\"", clip.etag()),
        content_type: "video/mp4",
        file_name: name,
        source: Source::Clip(clip),
    };
    representation.answer(&state, permit, &headers)
}

/// The playlist of a clip
///
/// HLS (RFC 8216) over the recorded files, for players that seek through long spans.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/footage.m3u8",
    tag = "footage",
    operation_id = "playlist",
    params(("camera" = String, Path, description = "The camera's id"), SpanParams),
    responses(
        (status = 200, description = "The playlist", content_type = "application/vnd.apple.mpegurl", body = String),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or stream, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn playlist(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<SpanParams>,
) -> Result<Response, ApiError> {
    let (stream, range) = span(&state, &caller, &names, &params)?;
    let text = state
        .ask(move |state| {
            let found = segments(state, &stream, range)?;
            if found.is_empty() {
                return Err(nothing_recorded(state, &stream, range)?);
            }
            Ok(archive::playlist::hls(&found, range, &|segment| {
                format!("/api/v1/segments/{}.mp4", segment.id.0)
            }))
        })
        .await?;
    let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// A recorded file
///
/// As it lies on disk: fragmented MP4, one GOP per fragment. Takes `Range`. Of a file still being
/// written, what is on disk so far.
#[utoipa::path(
    get,
    path = "/segments/{file}",
    tag = "footage",
    operation_id = "segment",
    params(("file" = String, Path, description = "The segment's number with `.mp4` behind it", example = "17.mp4")),
    responses(
        (status = 200, description = "The file", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "A part of the file", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "The file is the one of `If-None-Match`"),
        (status = 404, description = "No such segment", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn segment(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(NoParams): Params<NoParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let FileName(id) = names.parse("file")?;
    let permit = state.clip_permit()?;
    let scope = caller.scope().clone();
    let representation = state.ask(move |state| open_segment(state, &scope, id)).await?;
    representation.answer(&state, permit, &headers)
}

/// The number of a segment, read from the name of its file.
struct FileName(SegmentId);

impl std::str::FromStr for FileName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix(".mp4").and_then(|text| text.parse().ok());
        number
            .map(|number| Self(SegmentId(number)))
            .ok_or("not the name of a file: write 17.mp4 for segment 17")
    }
}

fn open_segment(
    state: &ApiState,
    scope: &Scope,
    id: SegmentId,
) -> Result<Representation, ApiError> {
    let segment = on_disk(state, id)?.filter(|segment| scope.contains(&segment.stream.camera));
    let segment = segment.ok_or(ApiError::NoSuchSegment(id))?;
    let volume = state.parts().archive.volume_path(&segment.volume);
    let path = volume.ok_or(ApiError::NoSuchSegment(id))?.join(&segment.path);
    let file = std::fs::File::open(path).map_err(ApiError::File)?;
    let written = segment
        .fragments
        .last()
        .map_or(segment.bytes, |fragment| fragment.offset + u64::from(fragment.bytes));
    let length = match segment.state {
        SegmentState::Open => written,
        SegmentState::Closed | SegmentState::Deleting => segment.bytes,
    };
    Ok(Representation {
        length,
        etag: format!("\"segment-{}-{length}\"", id.0),
        content_type: "video/mp4",
        file_name: file_name(&segment.stream, segment.range),
        source: Source::File(file),
    })
}

/// Returns a segment as far as it is on disk, unless its file is about to be deleted.
fn on_disk(state: &ApiState, id: SegmentId) -> Result<Option<Segment>, ApiError> {
    let closed = |segment: &Segment| segment.state == SegmentState::Closed;
    let Some(row) = state.parts().index.segment(id)? else { return Ok(None) };
    if row.state != SegmentState::Open {
        return Ok(Some(row).filter(closed));
    }
    let growing = state.parts().archive.open_segments(&row.stream);
    match growing.into_iter().find(|open| open.id == id) {
        Some(open) => Ok(Some(open)),
        // It may have been closed since its row was read.
        None => Ok(state.parts().index.segment(id)?.filter(closed)),
    }
}

fn span(
    state: &ApiState,
    caller: &Caller,
    names: &Names,
    params: &SpanParams,
) -> Result<(StreamId, TimeRange), ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let range = params.range();
    let longest = state.limits().clip_span;
    if range.duration() > longest {
        let hours = longest.as_secs_f64() / 3600.0;
        let reason = format!("a clip is at most {hours} hours long; the recorded files are not");
        return Err(ApiError::refuse("end", reason));
    }
    Ok((stream, range))
}

/// Returns a name to save a clip under: `cau-giay-01_main_2026-03-01T00-30-00Z_60s.mp4`.
fn file_name(stream: &StreamId, range: TimeRange) -> String {
    let whole_second =
        Timestamp::from_micros(range.start.as_micros().div_euclid(1_000_000) * 1_000_000);
    let start: String = whole_second
        .to_string()
        .chars()
        .map(|character| if character == ':' { '-' } else { character })
        .collect();
    let start = start.replace(".000000", "");
    let seconds = range.duration().saturating_add(Duration::from_millis(500)).as_secs();
    format!("{}_{}_{start}_{seconds}s.mp4", stream.camera, stream.role.as_str())
}
