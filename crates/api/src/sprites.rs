//! Sprites: small pictures of a range in one JPEG, with the moment of each, for dragging through it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use domain::{CameraId, StreamId, StreamRole, TimeRange, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::footage::read_role;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{nothing_recorded, recorded_until};
use crate::state::ApiState;
use crate::thumbnails::{answer, is_known, refused, shown_over};
use crate::views::{Layout, Shown};

/// Pictures of one sheet.
const COUNTS: (u32, u32) = (1, 100);
const COUNT_OTHERWISE: u32 = 60;
/// Widths of a picture, in pixels.
const WIDTHS: (u32, u32) = (40, 320);
const WIDTH_OTHERWISE: u32 = 160;
/// Pictures in a row.
const COLUMNS: u32 = 10;
/// Longest span of one sheet, in hours.
const MOST_HOURS: u64 = 48;

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpriteParams {
    /// First moment, RFC 3339.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T07:30:00+07:00")]
    start: Timestamp,
    /// First moment after, RFC 3339; 48 hours later at most.
    #[param(value_type = String, format = DateTime, example = "2026-03-01T08:30:00+07:00")]
    end: Timestamp,
    /// Pictures over the range, evenly; fewer where nothing is recorded. 60 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    count: u32,
    /// Width of a picture, in pixels; 160 if left out.
    #[param(value_type = Option<u32>, minimum = 40, maximum = 320)]
    width: u32,
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
}

impl Parameters for SpriteParams {
    fn read(query: &mut Query) -> Option<Self> {
        let count = query.number("count", COUNTS, COUNT_OTHERWISE);
        let width = query.number("width", WIDTHS, WIDTH_OTHERWISE);
        let stream = read_role(query);
        let TimeRange { start, end } = query.range()?;
        if end.since(start).as_secs() > MOST_HOURS * 3600 {
            query.refuse("end", format!("a sheet spans {MOST_HOURS} hours at most"));
        }
        Some(Self { start, end, count, width, stream })
    }
}

/// The moments of a sheet of small pictures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpriteBody {
    /// The camera.
    camera: String,
    /// `main` or `sub`.
    stream: String,
    /// Where the sheet is.
    href: String,
    /// Pictures in a row of the sheet.
    columns: u32,
    /// Width of a picture, in pixels.
    tile_width: u32,
    /// Height of a picture, in pixels.
    tile_height: u32,
    /// Whether privacy masks lie over any of the range.
    masked: bool,
    /// The pictures in order, row by row from the top left.
    pictures: Vec<SpritePicture>,
}

/// A picture of a sheet.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SpritePicture {
    /// The moment asked for: the keyframe then on view is shown.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The column of its tile, from 0.
    column: u32,
    /// The row of its tile, from 0.
    row: u32,
}

/// What a sheet shows.
struct Planned {
    stream: StreamId,
    /// As far as it is on disk, so that the same question gives the same sheet.
    range: TimeRange,
    shown: Vec<Shown>,
    layout: Layout,
}

/// The moments of a sheet of small pictures
///
/// Evenly over the range, by the keyframes of the footage; `href` is the sheet itself.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/sprite",
    tag = "footage",
    operation_id = "sprite",
    params(("camera" = String, Path, description = "The camera's id"), SpriteParams),
    responses(
        (status = 200, description = "The moments, and where the sheet is", body = SpriteBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sprite(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<SpriteParams>,
) -> Result<Json<SpriteBody>, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let (count, width) = (params.count, params.width);
    let planned = state.ask(move |state| plan(state, stream, &params)).await?;
    let Planned { stream, range, shown, layout } = planned;
    let TimeRange { start, end } = range;
    let places = (0_u32..).map(|place| (place % layout.columns, place / layout.columns));
    let pictures = shown.iter().zip(places);
    Ok(Json(SpriteBody {
        camera: camera.to_string(),
        stream: stream.role.as_str().to_owned(),
        href: format!(
            "/api/v1/cameras/{camera}/sprite.jpg?start={start}&end={end}&count={count}\
             &width={width}&stream={}",
            stream.role.as_str()
        ),
        columns: layout.columns,
        tile_width: layout.tile_width,
        tile_height: layout.tile_height,
        masked: state.parts().views.is_masked(&camera, range),
        pictures: pictures
            .map(|(shown, (column, row))| SpritePicture { time: shown.at, column, row })
            .collect(),
    }))
}

/// A sheet of small pictures
///
/// As `/sprite` lays it out.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/sprite.jpg",
    tag = "footage",
    operation_id = "sprite_sheet",
    params(("camera" = String, Path, description = "The camera's id"), SpriteParams),
    responses(
        (status = 200, description = "The sheet", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "The sheet is the one of `If-None-Match`"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera, or not recorded; the gaps say why", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many sheets at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn sheet(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<SpriteParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    let Planned { shown, layout, .. } =
        state.ask(move |state| plan(state, stream, &params)).await?;
    let revision = state.parts().views.masks_revision(&camera);
    let etag = etag(&shown, layout, revision);
    if is_known(&headers, &etag) {
        return Ok(answer(StatusCode::NOT_MODIFIED, &etag, Bytes::new()));
    }
    let work = move |state: &ApiState| state.parts().views.sheet(&shown, layout).map_err(refused);
    let jpeg = state.sprite(work).await?;
    Ok(answer(StatusCode::OK, &etag, jpeg))
}

fn plan(state: &ApiState, stream: StreamId, params: &SpriteParams) -> Result<Planned, ApiError> {
    let asked = TimeRange { start: params.start, end: params.end };
    let on_disk = recorded_until(state, &stream)?.map_or(asked.end, |until| until.min(asked.end));
    let range = TimeRange { start: asked.start, end: on_disk.max(asked.start) };
    let moments = moments(range, params.count);
    let shown = shown_over(state, &stream, range, &moments)?;
    let Some(first) = shown.first() else {
        return Err(nothing_recorded(state, &stream, asked)?);
    };
    let (wide, high) = (first.segment.width.max(1), first.segment.height.max(1));
    let tile_width = params.width.min(wide).max(WIDTHS.0);
    let tile_height = (u64::from(high) * u64::from(tile_width) / u64::from(wide)).clamp(1, 640);
    let tile_height = u32::try_from(tile_height).unwrap_or(1);
    let shown_count = u32::try_from(shown.len()).unwrap_or(u32::MAX);
    let layout = Layout { columns: COLUMNS.min(shown_count), tile_width, tile_height };
    Ok(Planned { stream, range, shown, layout })
}

/// Returns the middles of `count` equal parts of a range.
fn moments(range: TimeRange, count: u32) -> Vec<Timestamp> {
    let whole = range.duration();
    let parts = count.saturating_mul(2).max(1);
    (0..count).map(|part| range.start.plus(whole / parts * (2 * part + 1))).collect()
}

fn etag(shown: &[Shown], layout: Layout, revision: u64) -> String {
    let mut hasher = Sha256::new();
    for one in shown {
        let (segment, offset) = one.place();
        hasher.update(segment.to_be_bytes());
        hasher.update(offset.to_be_bytes());
    }
    let Layout { columns, tile_width, tile_height } = layout;
    for side in [columns, tile_width, tile_height] {
        hasher.update(side.to_be_bytes());
    }
    hasher.update(revision.to_be_bytes());
    let name: String = hasher.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"sprite-{name}\"")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_moments_of_a_sheet_lie_evenly_and_within() {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let range = TimeRange { start, end: start.plus(Duration::from_secs(60)) };
        let found = moments(range, 3);
        let after: Vec<u64> = found.iter().map(|at| at.since(start).as_secs()).collect();
        assert_eq!(after, [10, 30, 50]);
        assert_eq!(moments(TimeRange { start, end: start }, 2), [start, start]);
        assert!(moments(range, 0).is_empty());
    }
}
