//! Named places: from the words that a person types to where that is on the map.
//!
//! [`Places`] holds three kinds: what the site itself named, such as bridges, junctions and
//! corridors, from a GeoJSON file ([`layer`]); the provinces and wards of Vietnam since 1 July 2025
//! ([`gazetteer`], built in); and the districts and wards before, each led to the wards it lies in
//! now. [`Places::find`] needs neither diacritics nor whole words: `cau chuong` finds
//! `Cầu Chương Dương`. Beside them, what the site draws on its map without naming it ([`map_layer`]).

mod find;
pub mod gazetteer;
mod geojson;
pub mod layer;
pub mod map_layer;
mod place;

pub use find::Places;
pub use gazetteer::GazetteerError;
pub use geojson::GeoJsonError;
pub use map_layer::MapDrawing;
pub use place::{InvalidPlaceId, Place, PlaceId, PlaceKind};
