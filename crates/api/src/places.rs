//! Named places: found by what a person types, and as the place of a search.

use ::places::{Place, PlaceId};
use axum::Json;
use axum::extract::State;
use domain::{Area, CameraId, Location};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::area::read_location;
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Places that an answer may have.
const LIMIT: (u32, u32) = (1, 50);
const LIMIT_OTHERWISE: u32 = 10;
const MOST_CHARACTERS: usize = 200;

/// What is looked for.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlacesParams {
    /// The beginnings of words of its name; case and diacritics do not matter.
    #[param(example = "cau chuong duong")]
    q: String,
    /// Of equally good ones the nearest first: `lat,lon`.
    #[param(value_type = Option<String>, example = "21.03,105.85")]
    near: Option<Location>,
    /// Places at most; 10 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 50)]
    limit: u32,
}

impl Parameters for PlacesParams {
    fn read(query: &mut Query) -> Option<Self> {
        let text = query.text("q").unwrap_or_default();
        if text.trim().is_empty() {
            query.refuse("q", "is needed: the beginning of a name");
        } else if text.chars().count() > MOST_CHARACTERS {
            query.refuse("q", format!("has more than {MOST_CHARACTERS} characters"));
        }
        let near = query.parse_with("near", read_location);
        Some(Self { q: text, near, limit: query.number("limit", LIMIT, LIMIT_OTHERWISE) })
    }
}

/// The places that were found, the best first.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PlacesBody {
    places: Vec<PlaceBody>,
}

/// A named place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PlaceBody {
    /// Asked for as `place_id` in searches.
    #[schema(example = "site-cau-chuong-duong")]
    id: String,
    /// `bridge`, `junction`, `corridor`, `site`, `ward`, `province`, `former_district` or
    /// `former_ward` (before 1 July 2025).
    #[schema(example = "bridge")]
    kind: &'static str,
    /// Its name.
    #[schema(example = "Cầu Chương Dương")]
    name: String,
    /// Its name in English, where the site told one.
    name_en: Option<String>,
    /// What it lies in, the smallest first.
    within: Vec<String>,
    /// Of a former unit: the wards it lies in now.
    now: Vec<String>,
    /// Where it is.
    areas: Vec<AreaBody>,
    /// The areas are circles as large as the wards, their borders not known.
    is_rough: bool,
    /// The cameras in it.
    #[schema(value_type = Vec<String>)]
    cameras: Vec<CameraId>,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AreaBody {
    /// `circle`, `polygon` or `corridor`.
    shape: &'static str,
    /// Its middle, its corners or its line: latitude, longitude, in degrees.
    points: Vec<[f64; 2]>,
    /// How far it reaches around its middle or to each side of its line, in metres; 0 for a polygon.
    reach_m: f64,
}

/// Places by their names
///
/// What the site named itself, the provinces and wards of Vietnam since 1 July 2025, and the
/// districts and wards before, which tell the wards they lie in now.
#[utoipa::path(
    get,
    path = "/places",
    tag = "places",
    operation_id = "places",
    params(PlacesParams),
    responses(
        (status = 200, description = "The places, the best first", body = PlacesBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn places(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<PlacesParams>,
) -> Result<Json<PlacesBody>, ApiError> {
    let body = state
        .ask(move |state| {
            let limit = usize::try_from(params.limit).unwrap_or(usize::MAX);
            let places = state.places();
            let found = places.find(&params.q, params.near, limit);
            let bodies = found.into_iter().map(|place| body(state, &caller, place));
            Ok(PlacesBody { places: bodies.collect() })
        })
        .await?;
    Ok(Json(body))
}

/// One place
#[utoipa::path(
    get,
    path = "/places/{place}",
    tag = "places",
    operation_id = "place",
    params(("place" = String, Path, description = "The place's id")),
    responses(
        (status = 200, description = "The place", body = PlaceBody),
        (status = 404, description = "No such place", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn place(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<PlaceBody>, ApiError> {
    let id: PlaceId = names.parse("place")?;
    let places = state.places();
    let place = places.get(&id).ok_or(ApiError::NoSuchPage)?;
    Ok(Json(body(&state, &caller, place)))
}

/// Returns the cameras that stand in the place called `id` and lie within the caller's scope.
pub(crate) fn cameras_in(
    state: &ApiState,
    caller: &Caller,
    id: &PlaceId,
) -> Result<Vec<CameraId>, ApiError> {
    let places = state.places();
    let place = places.get(id).ok_or_else(|| {
        ApiError::refuse("place_id", format!("there is no place \"{id}\"; ask /places for one"))
    })?;
    Ok(held(state, caller, place))
}

fn held(state: &ApiState, caller: &Caller, place: &Place) -> Vec<CameraId> {
    let cameras = state.cameras_in(caller.scope()).into_iter();
    let held = cameras.filter(|camera| place.holds(camera.location, &camera.place));
    held.map(|camera| camera.id).collect()
}

fn body(state: &ApiState, caller: &Caller, place: &Place) -> PlaceBody {
    PlaceBody {
        id: place.id.to_string(),
        kind: place.kind.as_str(),
        name: place.name.clone(),
        name_en: place.name_en.clone(),
        within: place.within.clone(),
        now: place.now.clone(),
        areas: place.areas.iter().filter_map(area_body).collect(),
        is_rough: place.is_rough,
        cameras: held(state, caller, place),
    }
}

fn area_body(area: &Area) -> Option<AreaBody> {
    let points = |corners: &[Location]| corners.iter().map(|at| [at.lat, at.lon]).collect();
    Some(match area {
        Area::Circle { centre, radius_m } => {
            AreaBody { shape: "circle", points: points(&[*centre]), reach_m: *radius_m }
        }
        Area::Polygon(corners) => {
            AreaBody { shape: "polygon", points: points(corners), reach_m: 0.0 }
        }
        Area::Corridor { line, reach_m } => {
            AreaBody { shape: "corridor", points: points(line), reach_m: *reach_m }
        }
        // No place is told as one of these.
        Area::Box { .. } | Area::Named(_) => return None,
    })
}
