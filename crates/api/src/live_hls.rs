//! What a camera shows now, as HLS (RFC 8216): for players that speak neither WebSocket nor RTSP.
//!
//! The pieces are the GOPs that the recorder has put on disk, as they lie there; the newest stand in the
//! list (`window`). So it is as late as three GOPs, and of recorded streams only. Nothing is copied or
//! held for a player, however slow it is.

mod window;

use std::fs::File;
use std::str::FromStr;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{CameraId, Fragment, Segment, SegmentId, StreamId, StreamRole, TimeRange};

use crate::access::{Caller, note_look};
use crate::footage::{find_segment, read_role};
use crate::live_view::is_covered;
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::recordings::{nothing_recorded, segments};
use crate::send::{Representation, Source};
use crate::state::ApiState;
use crate::unmaskings::may_see_live;
use crate::views::{Masking, read_masking};
use window::STILL_LIVE;
pub(crate) use window::Windows;

/// How far back pieces are looked for: a file and a little.
const LOOK_BACK: Duration = Duration::from_secs(70);
/// Clocks of cameras may be ahead of ours.
const LOOK_AHEAD: Duration = Duration::from_secs(3600);
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LivePlaylistParams {
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
    /// `on` (if left out), or `off`: without privacy masks, for who holds `unmask`.
    #[param(value_type = Option<String>)]
    masks: Masking,
}

impl Parameters for LivePlaylistParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { stream: read_role(query), masks: read_masking(query) })
    }
}

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LivePieceParams {
    /// As the playlist was asked for.
    #[param(value_type = Option<String>)]
    masks: Masking,
}

impl Parameters for LivePieceParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { masks: read_masking(query) })
    }
}

/// What a camera shows now, as HLS
///
/// A live playlist (RFC 8216) of the newest GOPs as they lie on disk: of streams that are recorded. It
/// grows with each GOP; each piece bears its wall-clock time. Players that cannot send `Authorization:
/// Bearer` show a token as the password of `Authorization: Basic`. Begun anew it is a look in the audit
/// trail.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/live.m3u8",
    tag = "footage",
    operation_id = "live_playlist",
    params(("camera" = String, Path, description = "The camera's id"), LivePlaylistParams),
    responses(
        (status = 200, description = "The playlist", content_type = "application/vnd.apple.mpegurl", body = String),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted, or privacy masks lie over its pictures", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or stream, or nothing recorded of now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn live_playlist(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<LivePlaylistParams>,
) -> Result<Response, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &camera, params.stream)?;
    may_see(&state, &caller, &camera, params.masks).await?;
    look(&state, &caller, &stream, params.masks).await?;
    let query = if params.masks == Masking::Off { "?masks=off" } else { "" };
    let text = state
        .ask(move |state| {
            let now = state.parts().clock.now();
            let range = TimeRange { start: now.minus(LOOK_BACK), end: now.plus(LOOK_AHEAD) };
            let found = segments(state, &stream, range)?;
            match state.windows().playlist(&stream, &found, now, query) {
                Some(text) => Ok(text),
                None => Err(nothing_recorded(state, &stream, TimeRange { end: now, ..range })?),
            }
        })
        .await?;
    let kind = HeaderValue::from_static("application/vnd.apple.mpegurl");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// A piece of what a camera shows now
///
/// What a live playlist names: the head of a recorded file, or one GOP of it, for three minutes.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/live/{piece}",
    tag = "footage",
    operation_id = "live_piece",
    params(
        ("camera" = String, Path, description = "The camera's id"),
        ("piece" = String, Path, description = "As the playlist names it", example = "17-head.mp4"),
        LivePieceParams,
    ),
    responses(
        (status = 200, description = "The piece", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "A part of the piece", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "The piece is the one of `If-None-Match`"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted, or privacy masks lie over its pictures", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or piece, or no longer", body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "`Range` lies beyond the end", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many clips or pieces at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn live_piece(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(LivePieceParams { masks }): Params<LivePieceParams>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let camera: CameraId = names.parse("camera")?;
    let piece: Piece = names.parse("piece")?;
    state.camera(caller.scope(), &camera)?;
    may_see(&state, &caller, &camera, masks).await?;
    let permit = state.clip_permit()?;
    let scope = caller.scope().clone();
    let (stream, representation) = state
        .ask(move |state| {
            let missing = || ApiError::NoSuchSegment(piece.segment);
            let (path, segment) = find_segment(state, &scope, piece.segment)?;
            if segment.stream.camera != camera {
                return Err(missing());
            }
            let (start, length) = piece.bytes_of(state, &segment).ok_or_else(missing)?;
            let file = File::open(path).map_err(ApiError::File)?;
            let representation = Representation {
                length,
                etag: format!("\"live-{}-{start}-{length}\"", piece.segment.0),
                content_type: "video/mp4",
                file_name: format!("{}-{start}.mp4", piece.segment.0),
                source: Source::Part(file, start),
            };
            Ok((segment.stream, representation))
        })
        .await?;
    look(&state, &caller, &stream, masks).await?;
    representation.answer(&state, caller, permit, &headers)
}

/// Refuses what privacy masks lie over, or in which persons are to be softened, unless that is lifted by
/// who may see them and to whom a second person agreed.
async fn may_see(
    state: &ApiState,
    caller: &Caller,
    camera: &CameraId,
    masks: Masking,
) -> Result<(), ApiError> {
    match masks {
        Masking::On if is_covered(state, camera) => Err(ApiError::Masked(camera.clone())),
        Masking::On => Ok(()),
        Masking::Off => {
            let (caller, camera) = (caller.clone(), camera.clone());
            state.admission(move |state| may_see_live(state, &caller, &camera, masks)).await
        }
    }
}

/// Notes that somebody begins to look.
async fn look(
    state: &ApiState,
    caller: &Caller,
    stream: &StreamId,
    masks: Masking,
) -> Result<(), ApiError> {
    let object = format!("/api/v1/cameras/{}/live", stream.camera);
    let masks = if masks == Masking::Off { "&masks=off" } else { "" };
    let query = format!("stream={}&protocol=hls{masks}", stream.role.as_str());
    let what = format!("{object}?{query}");
    note_look(state, caller, state.live_looks(), (&what, &object, &query)).await
}

/// A piece, as a playlist names it: `17-head.mp4`, `17-745.m4s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    segment: SegmentId,
    /// Where its GOP lies in the file; the head if there is none.
    offset: Option<u64>,
}

impl FromStr for Piece {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const UNKNOWN: &str = "not the name of a piece: ask as the playlist names it";
        let (number, rest) = text.split_once('-').ok_or(UNKNOWN)?;
        let segment = SegmentId(number.parse().map_err(|_| UNKNOWN)?);
        if rest == "head.mp4" {
            return Ok(Self { segment, offset: None });
        }
        let offset = rest.strip_suffix(".m4s").and_then(|text| text.parse().ok());
        offset.map(|offset| Self { segment, offset: Some(offset) }).ok_or(UNKNOWN)
    }
}

impl Piece {
    /// Returns where it begins in the file and how long it is, while it is still live.
    fn bytes_of(self, state: &ApiState, segment: &Segment) -> Option<(u64, u64)> {
        let until = state.parts().clock.now().minus(STILL_LIVE);
        let is_live = |fragment: &&Fragment| {
            let lasts = Duration::from_micros(fragment.duration_us.into());
            fragment.start.plus(lasts) >= until
        };
        let mut fragments = segment.fragments.iter().filter(is_live);
        let Some(offset) = self.offset else {
            return fragments.next().map(|_| (0, segment.header_bytes.into()));
        };
        let found = fragments.find(|fragment| fragment.offset == offset);
        found.map(|fragment| (offset, fragment.bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_named_as_the_playlist_does() {
        let piece = |offset| Ok(Piece { segment: SegmentId(17), offset });
        assert_eq!("17-head.mp4".parse(), piece(None));
        assert_eq!("17-745.m4s".parse(), piece(Some(745)));
        for text in ["", "17", "17.mp4", "-head.mp4", "17-head.m4s", "17--1.m4s", "x-1.m4s"] {
            assert!(text.parse::<Piece>().is_err(), "{text}");
        }
    }
}
