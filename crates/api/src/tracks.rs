//! Tracks of a span: where objects went on the views.

use axum::Json;
use axum::extract::State;
use domain::{Class, TimeRange, Timestamp, Track, TrackPoint, TrackSource};
use index::{Looks, TrackCursor, TrackQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::looks::{self, ColourBody, LooksParams};
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::search_coverage::{self, SearchCoverageBody};
use crate::state::ApiState;
use crate::what_filter::WhatParams;
use crate::when_filter::WhenParams;
use crate::where_filter::WhereParams;

/// Which tracks, and which page of them.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrackParams {
    /// See [`WhenParams`]; a track is found if it shares a moment with the span.
    #[param(ignore)]
    when: WhenParams,
    /// See [`WhereParams`]; a camera is where it stands now.
    #[param(ignore)]
    place: WhereParams,
    /// See [`WhatParams`].
    #[param(ignore)]
    what: WhatParams,
    /// See [`LooksParams`].
    #[param(ignore)]
    looks: Looks,
    /// Only these classes: words between commas.
    #[param(value_type = Option<String>, example = "car,truck")]
    class: Vec<Class>,
    /// Only those followed by our own analysis (`analysis`), or by the cameras themselves (`camera`).
    #[param(value_type = Option<String>, example = "analysis")]
    source: Option<TrackSource>,
    /// Whether to answer with the paths: `true` (if left out) or `false`.
    #[param(value_type = Option<bool>)]
    paths: bool,
    /// Where the page before ended: its `next`.
    #[param(value_type = Option<String>)]
    cursor: Option<TrackCursor>,
    /// Tracks on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
    /// Whether the first page tells what was covered: `true` (if left out) or `false`.
    #[param(value_type = Option<bool>)]
    coverage: bool,
}

impl Parameters for TrackParams {
    fn read(query: &mut Query) -> Option<Self> {
        let (when, place) = (WhenParams::read(query)?, WhereParams::read(query)?);
        let what = WhatParams::read(query)?;
        what.check(place.named_cameras(), query);
        Some(Self {
            when,
            place,
            what,
            looks: looks::read(query),
            class: query.list("class", str::parse).unwrap_or_default(),
            source: query.parse("source"),
            paths: query.parse("paths").unwrap_or(true),
            cursor: query.parse("cursor"),
            limit: query.number("limit", (1, 500), 100),
            coverage: query.parse("coverage").unwrap_or(true),
        })
    }
}

impl TrackParams {
    async fn query(&self, state: &ApiState, caller: &Caller) -> Result<TrackQuery, ApiError> {
        let range = self.when.range(state, caller).await?;
        let mut cameras = self.place.cameras(state, caller)?;
        if let Some(area) = self.place.area() {
            let within = state.parts().index.cameras_within(area);
            cameras = Some(match cameras {
                Some(asked) => asked.into_iter().filter(|id| within.contains(id)).collect(),
                None => within,
            });
        }
        Ok(TrackQuery {
            cameras,
            daily: self.when.daily(),
            classes: self.class.clone(),
            source: self.source,
            looks: self.looks.clone(),
            at_least: self.what.at_least(),
            gate: self.what.gate(),
            cursor: self.cursor,
            limit: usize::try_from(self.limit).unwrap_or(usize::MAX),
            ..TrackQuery::new(range)
        })
    }
}

/// A page of tracks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TracksBody {
    /// The tracks, in order of their start.
    tracks: Vec<TrackBody>,
    /// The `cursor` of the next page; null on the last.
    next: Option<String>,
    /// What could be seen of what was asked, and what could not; on the first page only.
    coverage: Option<SearchCoverageBody>,
}

/// The same object over many sampled frames.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TrackBody {
    /// Names it within the site: a number too large for a JSON number.
    id: String,
    /// The camera that saw it.
    camera: String,
    /// Who followed it: our own `analysis`, or the `camera` itself.
    #[schema(example = "analysis")]
    source: &'static str,
    /// The class voted over its life.
    #[schema(example = "person")]
    class: &'static str,
    /// Mean confidence of its detections, 0 to 1.
    confidence: f32,
    /// Its colour, of a vehicle in light that lets it be told.
    colour: Option<ColourBody>,
    /// How large it is: `small`, `medium` or `large`; known where the camera is calibrated.
    size: Option<&'static str>,
    /// Where the object went, in degrees clockwise from north; known where the camera is
    /// calibrated.
    heading: Option<f32>,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// When it was last seen.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Where it was, in order of time; a straight stretch keeps only its ends. Absent without
    /// `paths`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Vec<TrackPointBody>>,
}

/// Where a tracked object was at one moment; the box in parts of the view, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct TrackPointBody {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// Left side of its box.
    left: f32,
    /// Upper side of its box.
    top: f32,
    /// Width of its box.
    width: f32,
    /// Height of its box.
    height: f32,
}

impl From<TrackPoint> for TrackPointBody {
    fn from(TrackPoint { time, bbox }: TrackPoint) -> Self {
        Self { time, left: bbox.left, top: bbox.top, width: bbox.width, height: bbox.height }
    }
}

impl TrackBody {
    fn new(track: Track, paths: bool) -> Self {
        let TimeRange { start, end } = track.range();
        let path = track.path.into_iter().map(TrackPointBody::from);
        Self {
            id: track.id.0.to_string(),
            camera: track.camera.as_str().to_owned(),
            source: track.source.as_str(),
            class: track.class.as_str(),
            confidence: track.confidence,
            colour: track.attributes.colour.map(ColourBody::from),
            size: track.attributes.size.map(domain::SizeClass::as_str),
            heading: track.attributes.heading_deg,
            start,
            end,
            path: paths.then(|| path.collect()),
        }
    }
}

/// Tracks of a span
///
/// What is looked at for one page is bounded: a page may hold fewer tracks than `limit`, or none, and
/// still a `next`.
#[utoipa::path(
    get,
    path = "/tracks",
    tag = "tracks",
    operation_id = "tracks",
    params(WhenParams, WhereParams, TrackParams, LooksParams, WhatParams),
    responses(
        (status = 200, description = "A page of tracks", body = TracksBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tracks(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<TrackParams>,
) -> Result<Json<TracksBody>, ApiError> {
    let query = params.query(&state, &caller).await?;
    let is_told = params.coverage && params.cursor.is_none();
    let asked = is_told.then(|| (query.range, params.place.clone()));
    let (page, coverage) = tokio::try_join!(
        state.query(move |index| index.tracks(&query)),
        search_coverage::told(&state, &caller, asked),
    )?;
    let tracks = page.tracks.into_iter();
    Ok(Json(TracksBody {
        tracks: tracks.map(|track| TrackBody::new(track, params.paths)).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
        coverage,
    }))
}
