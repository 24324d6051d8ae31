//! Footage: a clip of any span as one MP4, its playlist, and the recorded files as they lie; viewing
//! copies of them where privacy masks lie over it, or who asks wants no original.

use std::path::{Path, PathBuf};
use std::time::Duration;

use archive::ClipError;
use archive::clip::Clip;
use archive::playlist::Listed;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{
    CameraId, Scope, Segment, SegmentId, SegmentState, StreamId, StreamRole, TimeRange, Timestamp,
};

use crate::access::Caller;
use crate::copies;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{SpanParams, files, nothing_recorded, segments};
use crate::send::{Representation, Source};
use crate::state::ApiState;
use crate::unmaskings::may_see_recorded;
use crate::views::{CopyOrder, Masking, Part, must_be_copied, read_masking};

/// Widths of a viewing copy, in pixels.
const COPY_WIDTHS: (u32, u32) = (64, 1920);
const COPY_WIDTH_OTHERWISE: u32 = 1280;

/// How footage is wanted.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormParams {
    /// `original` (if left out): the camera's own pictures, where no privacy mask lies over them;
    /// `h264`: a viewing copy, for browsers that cannot decode the original. Where masks lie over the
    /// footage it is always a copy.
    #[param(value_type = Option<String>)]
    pub(crate) rendition: Form,
    /// Greatest width of a viewing copy, in pixels; 1280 if left out.
    #[param(value_type = Option<u32>, minimum = 64, maximum = 1920)]
    pub(crate) width: u32,
    /// `on` (if left out), or `off`: without privacy masks, for who holds `unmask`.
    #[param(value_type = Option<String>)]
    pub(crate) masks: Masking,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Original,
    H264,
}

impl Parameters for FormParams {
    fn read(query: &mut Query) -> Option<Self> {
        let rendition = read_form(query);
        let width = read_width(query);
        Some(Self { rendition, width, masks: read_masking(query) })
    }
}

/// Takes the greatest width of a viewing copy.
pub(crate) fn read_width(query: &mut Query) -> u32 {
    query.number("width", COPY_WIDTHS, COPY_WIDTH_OTHERWISE)
}

/// Takes how pictures are wanted; the camera's own if that is left out.
pub(crate) fn read_form(query: &mut Query) -> Form {
    let form = query.parse_with("rendition", |text| match text {
        "original" => Ok(Form::Original),
        "h264" => Ok(Form::H264),
        other => Err(format!("\"{other}\" is not a rendition: original or h264")),
    });
    form.unwrap_or_default()
}

/// A span of one stream, and how it is wanted.
pub(crate) struct ClipParams(SpanParams, FormParams);

impl Parameters for ClipParams {
    fn read(query: &mut Query) -> Option<Self> {
        let form = FormParams::read(query);
        let span = SpanParams::read(query);
        Some(Self(span?, form?))
    }
}

/// How a recorded file is wanted, and which part of it.
pub(crate) struct SegmentParams(FormParams, Part);

impl Parameters for SegmentParams {
    fn read(query: &mut Query) -> Option<Self> {
        let part = query.parse_with("part", |text| match text {
            "head" => Ok(Part::Head),
            "body" => Ok(Part::Body),
            other => Err(format!("\"{other}\" is no part of a viewing copy: head or body")),
        });
        Some(Self(FormParams::read(query)?, part.unwrap_or_default()))
    }
}

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
/// Whatever is recorded of the span, as one MP4 of whole GOPs, never transcoded; takes `Range`. Where
/// privacy masks lie over it, or with `rendition=h264`, a viewing copy: H.264, made while it is sent,
/// ten minutes at most, no `Range`; the header `Watchpost-Viewing-Copy` says so, `Watchpost-Start` the
/// moment of its first picture.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/footage.mp4",
    tag = "footage",
    operation_id = "clip",
    params(
        ("camera" = String, Path, description = "The camera's id"),
        SpanParams,
        FormParams,
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
        (status = 403, description = "Masks are lifted only for who holds `unmask`, once a second person has agreed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clips or copies at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn clip(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(ClipParams(params, form)): Params<ClipParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (stream, range) = span(&state, &caller, &names, &params)?;
    allowed(&state, &caller, (&stream, range), form.masks).await?;
    answer(&state, caller, (stream, range), &form, &headers).await
}

/// Answers with what is recorded of a span that the caller may see: the original, or a viewing copy.
pub(crate) async fn answer(
    state: &ApiState,
    caller: Caller,
    (stream, range): (StreamId, TimeRange),
    form: &FormParams,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if form.rendition == Form::H264 || must_be_copied(state, &stream.camera, range, form.masks) {
        return copy(state, stream, range, form).await;
    }
    let permit = state.clip_permit()?;
    let masks = form.masks;
    let name = file_name(&stream, range);
    let found = state
        .ask({
            let stream = stream.clone();
            move |state| lay_out(state, &stream, range, masks)
        })
        .await?;
    let Some(clip) = found else {
        drop(permit);
        return copy(state, stream, range, form).await;
    };
    let representation = Representation {
        length: clip.len(),
        etag: format!("\"{}\"", clip.etag()),
        content_type: "video/mp4",
        file_name: format!("{name}.mp4"),
        source: Source::Clip(clip),
    };
    representation.answer(state, caller, permit, headers)
}

/// Returns the original; `None` if its whole GOPs reach under a mask.
fn lay_out(
    state: &ApiState,
    stream: &StreamId,
    range: TimeRange,
    masking: Masking,
) -> Result<Option<Clip>, ApiError> {
    let files = files(state, stream, range)?;
    let clip = match Clip::new(files, range) {
        Err(ClipError::Empty { .. }) => return Err(nothing_recorded(state, stream, range)?),
        Err(ClipError::TooLong { limit }) => return Err(ApiError::TooLong { limit }),
        clip => clip.map_err(ApiError::Clip)?,
    };
    let is_covered = must_be_copied(state, &stream.camera, clip.range(), masking);
    Ok((!is_covered).then_some(clip))
}

/// Answers with a viewing copy of what is recorded of a span.
async fn copy(
    state: &ApiState,
    stream: StreamId,
    range: TimeRange,
    form: &FormParams,
) -> Result<Response, ApiError> {
    let longest = state.limits().copy_span;
    if range.duration() > longest {
        let minutes = longest.as_secs_f64() / 60.0;
        let reason = format!("a viewing copy is at most {minutes} minutes long: ask for parts");
        return Err(ApiError::refuse("end", reason));
    }
    let name = file_name(&stream, range);
    let camera = stream.camera.clone();
    let (files, range) = state
        .ask(move |state| {
            let files = files(state, &stream, range)?;
            match copies::shown(range, &files) {
                Some(shown) => Ok((files, shown)),
                None => Err(nothing_recorded(state, &stream, range)?),
            }
        })
        .await?;
    let (width, masks) = (form.width, form.masks);
    let order = CopyOrder { camera, files, range, width, masks, part: Part::Whole };
    copies::answer(state, order, &name).await
}

/// The playlist of a clip
///
/// HLS (RFC 8216) over the recorded files, for players that seek through long spans. Files that
/// privacy masks lie over are listed as viewing copies; with `rendition=h264` all are.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/footage.m3u8",
    tag = "footage",
    operation_id = "playlist",
    params(("camera" = String, Path, description = "The camera's id"), SpanParams, FormParams),
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
    Params(ClipParams(params, form)): Params<ClipParams>,
) -> Result<Response, ApiError> {
    let (stream, range) = span(&state, &caller, &names, &params)?;
    allowed(&state, &caller, (&stream, range), form.masks).await?;
    let text = state
        .ask(move |state| {
            let found = segments(state, &stream, range)?;
            if found.is_empty() {
                return Err(nothing_recorded(state, &stream, range)?);
            }
            Ok(archive::playlist::hls(&found, range, &|segment| listed(state, segment, &form)))
        })
        .await?;
    let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// Refuses to lift masks for who may not see under them.
async fn allowed(
    state: &ApiState,
    caller: &Caller,
    (stream, range): (&StreamId, TimeRange),
    masking: Masking,
) -> Result<(), ApiError> {
    let (caller, stream) = (caller.clone(), stream.clone());
    match masking {
        Masking::On => Ok(()),
        Masking::Off => {
            state.ask(move |state| may_see_recorded(state, &caller, &stream, range, masking)).await
        }
    }
}

/// Returns how a playlist names a recorded file.
pub(crate) fn listed(state: &ApiState, segment: &Segment, form: &FormParams) -> Listed {
    let number = segment.id.0;
    let masks = if form.masks == Masking::Off { "&masks=off" } else { "" };
    let is_covered = must_be_copied(state, &segment.stream.camera, segment.range, form.masks);
    if form.rendition == Form::Original && !is_covered {
        let query = if masks.is_empty() { "" } else { "?masks=off" };
        return Listed::AsItLies { uri: format!("/api/v1/segments/{number}.mp4{query}") };
    }
    let part = |part: &str| {
        let width = form.width;
        format!("/api/v1/segments/{number}.mp4?rendition=h264&width={width}{masks}&part={part}")
    };
    Listed::Copy { head: part("head"), body: part("body") }
}

/// A recorded file
///
/// As it lies on disk: fragmented MP4, one GOP per fragment; takes `Range`. Of a file still being
/// written, what is on disk so far. Where privacy masks lie over it, or with `rendition=h264`, a viewing
/// copy, as a clip is.
#[utoipa::path(
    get,
    path = "/segments/{file}",
    tag = "footage",
    operation_id = "segment",
    params(
        ("file" = String, Path, description = "The segment's number with `.mp4` behind it", example = "17.mp4"),
        FormParams,
        ("part" = Option<String>, Query, description = "Of a viewing copy only its `head`, or its `body`: for playlists"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "A part of the file", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "The file is the one of `If-None-Match`"),
        (status = 403, description = "Masks are lifted only for who holds `unmask`, once a second person has agreed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such segment", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn segment(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(SegmentParams(form, part)): Params<SegmentParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let FileName(id) = names.parse("file")?;
    let scope = caller.scope().clone();
    let (path, segment) = state.ask(move |state| find_segment(state, &scope, id)).await?;
    let (stream, range) = (segment.stream.clone(), segment.range);
    allowed(&state, &caller, (&stream, range), form.masks).await?;
    if form.rendition == Form::H264 || must_be_copied(&state, &stream.camera, range, form.masks) {
        let FormParams { width, masks, .. } = form;
        let (camera, files) = (stream.camera.clone(), vec![(path, segment)]);
        let order = CopyOrder { camera, files, range, width, masks, part };
        return copies::answer(&state, order, &file_name(&stream, range)).await;
    }
    let permit = state.clip_permit()?;
    let representation = state.ask(move |_| open_segment(&path, &segment)).await?;
    representation.answer(&state, caller, permit, &headers)
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

pub(crate) fn find_segment(
    state: &ApiState,
    scope: &Scope,
    id: SegmentId,
) -> Result<(PathBuf, Segment), ApiError> {
    let segment = on_disk(state, id)?.filter(|segment| scope.contains(&segment.stream.camera));
    let segment = segment.ok_or(ApiError::NoSuchSegment(id))?;
    let volume = state.parts().archive.volume_path(&segment.volume);
    let path = volume.ok_or(ApiError::NoSuchSegment(id))?.join(&segment.path);
    Ok((path, segment))
}

fn open_segment(path: &Path, segment: &Segment) -> Result<Representation, ApiError> {
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
        etag: format!("\"segment-{}-{length}\"", segment.id.0),
        content_type: "video/mp4",
        file_name: format!("{}.mp4", file_name(&segment.stream, segment.range)),
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

/// Returns a name to save a clip under, without its ending: `cau-giay-01_main_2026-03-01T00-30-00Z_60s`.
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
    format!("{}_{}_{start}_{seconds}s", stream.camera, stream.role.as_str())
}
