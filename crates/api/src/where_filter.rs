//! Where a search looks: one place, some cameras, or both.

use std::collections::BTreeSet;

use ::places::PlaceId;
use domain::{Area, CameraId};

use crate::access::Caller;
use crate::area;
use crate::params::{Parameters, Query};
use crate::places;
use crate::problem::ApiError;
use crate::state::ApiState;

/// Where.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhereParams {
    /// Within a box: `south,west,north,east` in degrees. Only one of `bbox`, `circle`, `polygon`,
    /// `corridor` and `place`.
    #[param(value_type = Option<String>, example = "21.02,105.84,21.04,105.86")]
    bbox: Option<Area>,
    /// Within a circle: `lat,lon,radius`, in degrees and metres.
    #[param(value_type = Option<String>, example = "21.0285,105.8522,500")]
    circle: Option<Area>,
    /// Inside a polygon: `lat,lon;lat,lon;…`, 3 to 1000 corners.
    #[param(value_type = Option<String>)]
    polygon: Option<Area>,
    /// Along a line, such as a road: `lat,lon;lat,lon;…;reach`, the reach to each side in metres.
    #[param(value_type = Option<String>, example = "21.0325,105.8565;21.0385,105.8690;80")]
    corridor: Option<Area>,
    /// In a named street, ward or province, or at cameras of that name; case and diacritics do
    /// not matter.
    #[param(value_type = Option<String>, example = "hang bai")]
    place: Option<Area>,
    /// At the cameras of a named place: its `id` of `/places`.
    #[param(value_type = Option<String>, example = "site-cau-chuong-duong")]
    place_id: Option<PlaceId>,
    /// Only these cameras: ids between commas.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
}

impl Parameters for WhereParams {
    fn read(query: &mut Query) -> Option<Self> {
        let place = Self {
            bbox: query.parse_with("bbox", area::read_box),
            circle: query.parse_with("circle", area::read_circle),
            polygon: query.parse_with("polygon", area::read_polygon),
            corridor: query.parse_with("corridor", area::read_corridor),
            place: query.parse_with("place", area::read_name),
            place_id: query.parse("place_id"),
            cameras: query.list("cameras", str::parse),
        };
        let areas = [
            ("bbox", &place.bbox),
            ("circle", &place.circle),
            ("polygon", &place.polygon),
            ("corridor", &place.corridor),
            ("place", &place.place),
        ];
        let mut given = areas.iter().filter(|(_, area)| area.is_some());
        if let (Some((first, _)), Some((second, _))) = (given.next(), given.next()) {
            query.refuse(second, format!("cannot be joined with {first}: ask twice"));
        }
        Some(place)
    }
}

impl WhereParams {
    /// Returns the cameras that are asked for by their names.
    pub(crate) fn named_cameras(&self) -> &[CameraId] {
        self.cameras.as_deref().unwrap_or_default()
    }

    /// Returns the area, if one is asked for.
    pub(crate) fn area(&self) -> Option<&Area> {
        let Self { bbox, circle, polygon, corridor, place, .. } = self;
        bbox.as_ref()
            .or(circle.as_ref())
            .or(polygon.as_ref())
            .or(corridor.as_ref())
            .or(place.as_ref())
    }

    /// Returns the cameras asked for that the caller may see, whatever the area; `None` for all that
    /// ever were.
    ///
    /// # Errors
    /// There is no place of that id.
    pub(crate) fn cameras(
        &self,
        state: &ApiState,
        caller: &Caller,
    ) -> Result<Option<Vec<CameraId>>, ApiError> {
        let asked = caller.scope().narrow(self.cameras.clone());
        let Some(place) = &self.place_id else { return Ok(asked) };
        let within = places::cameras_in(state, caller, place)?;
        Ok(Some(match asked {
            Some(asked) => asked.into_iter().filter(|id| within.contains(id)).collect(),
            None => within,
        }))
    }

    /// Returns the cameras that the question reaches: those configured now, in the area, that the
    /// caller may see.
    ///
    /// # Errors
    /// There is no place of that id.
    pub(crate) fn reach(
        &self,
        state: &ApiState,
        caller: &Caller,
    ) -> Result<Vec<CameraId>, ApiError> {
        let asked: Option<BTreeSet<CameraId>> =
            self.cameras(state, caller)?.map(|cameras| cameras.into_iter().collect());
        let within: Option<BTreeSet<CameraId>> =
            self.area().map(|area| state.parts().index.cameras_within(area).into_iter().collect());
        let is_meant = |id: &CameraId| {
            asked.as_ref().is_none_or(|asked| asked.contains(id))
                && within.as_ref().is_none_or(|within| within.contains(id))
        };
        let shown = state.cameras_in(caller.scope()).into_iter().map(|camera| camera.id);
        Ok(shown.filter(is_meant).collect())
    }
}
