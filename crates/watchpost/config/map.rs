//! The map: what it is drawn on, what places on it are called, and what the site draws on it itself.

use std::path::{Path, PathBuf};

use domain::MapLayerId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Secrets, named_file};

/// More cannot be told apart on a map.
const MOST_LAYERS: usize = 8;
const MOST_NAME_CHARACTERS: usize = 80;

/// The map: what it is drawn on, and what places on it are called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Map {
    /// A base map, as one file of vector tiles (PMTiles); a plain grid without it.
    pub(crate) basemap: Option<PathBuf>,
    /// The site's own places, as a GeoJSON file: bridges, junctions, corridors (`docs/places.md`).
    /// The provinces and wards of Vietnam are built in.
    pub(crate) places: Option<PathBuf>,
    /// What the site draws on it besides: wards, closed roads, posts; 8 layers at most.
    pub(crate) layers: Vec<MapLayer>,
}

/// What is drawn above the base map and below the cameras, and can be hidden by who looks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MapLayer {
    /// Names it among the layers: `closed-roads`.
    pub(crate) id: MapLayerId,
    /// The name people know it by.
    pub(crate) name: String,
    /// The same in English.
    pub(crate) name_en: Option<String>,
    /// A GeoJSON file of points, lines and polygons, 4 MiB at most; the property `name` of a feature
    /// is written beside it.
    pub(crate) file: PathBuf,
}

impl Map {
    /// Returns the files that it names.
    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let layers = self.layers.iter_mut().map(|layer| &mut layer.file);
        self.basemap.iter_mut().chain(&mut self.places).chain(layers)
    }
}

/// Returns every mistake, with the path of its setting; fills in what the files hold on the way.
pub(super) fn check(map: &Map, secrets: &mut Secrets) -> Vec<(String, String)> {
    let mut found = Vec::new();
    match map.places.as_deref().map(read_places).transpose() {
        Ok(places) => secrets.places = places.unwrap_or_default(),
        Err(mistake) => found.push(("map.places".to_owned(), mistake)),
    }
    if let Some(basemap) = &map.basemap
        && !basemap.is_file()
    {
        let hint = "one file of vector tiles (PMTiles); leave it out for a plain grid";
        let message = format!("{} does not exist ({hint})", basemap.display());
        found.push(("map.basemap".to_owned(), message));
    }
    if map.layers.len() > MOST_LAYERS {
        let message = format!("a map has {MOST_LAYERS} layers at most: put several into one file");
        found.push(("map.layers".to_owned(), message));
        return found;
    }
    for (position, layer) in map.layers.iter().enumerate() {
        let mut wrong = |setting: &str, message: String| {
            found.push((format!("map.layers[{position}].{setting}"), message));
        };
        if map.layers[..position].iter().any(|earlier| earlier.id == layer.id) {
            wrong("id", format!("\"{}\" is already taken", layer.id));
        }
        for (name, setting) in [(Some(&layer.name), "name"), (layer.name_en.as_ref(), "name_en")] {
            if name.is_some_and(|name| !is_name(name)) {
                wrong(setting, format!("a name has 1 to {MOST_NAME_CHARACTERS} characters"));
            }
        }
        match read_drawing(&layer.file) {
            Ok(drawing) => secrets.map_layers.push(api::MapLayer::new(
                layer.id.clone(),
                layer.name.clone(),
                layer.name_en.clone(),
                drawing,
            )),
            Err(mistake) => wrong("file", mistake),
        }
    }
    found
}

fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
        && text.chars().count() <= MOST_NAME_CHARACTERS
        && !text.chars().any(char::is_control)
}

fn read_places(path: &Path) -> Result<Vec<places::Place>, String> {
    let text = read(path, places::layer::LARGEST_BYTES)?;
    places::layer::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_drawing(path: &Path) -> Result<places::MapDrawing, String> {
    let text = read(path, places::map_layer::LARGEST_BYTES)?;
    places::map_layer::read(&text).map_err(|error| format!("{}: {error}", path.display()))
}

fn read(path: &Path, most_bytes: usize) -> Result<String, String> {
    named_file::text(path, most_bytes)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use crate::config::load::parse;

    const SITE: &str = "[site]\nid = \"a\"\nname = \"A\"\n[index]\npath = \"index\"\n\
                        [[volume]]\nid = \"v\"\npath = \"v\"\n";
    const ROAD: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},
        "geometry":{"type":"LineString","coordinates":[[105.85,21.02],[105.86,21.03]]}}]}"#;

    /// Returns the mistakes of a map with `layers` beside files of roads, good and bad.
    fn mistakes(layers: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("roads.geojson", ROAD).unwrap();
        write("swapped.geojson", &ROAD.replace("[105.85,21.02]", "[21.02,105.85]")).unwrap();
        write("picture.geojson", "\u{89}PNG").unwrap();
        let text = format!("{SITE}[map]\nlayers = [\n{layers}]\n");
        match parse(&text, folder.path()) {
            Ok((_, secrets)) => {
                assert!(!secrets.map_layers.is_empty(), "nothing was read");
                Vec::new()
            }
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_layer_is_read_with_the_configuration() {
        let layer = "{ id = \"roads\", name = \"Đường cấm\", name_en = \"Closed roads\", \
                     file = \"roads.geojson\" },\n";
        assert_eq!(mistakes(layer), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_in_the_layers_is_reported_with_file_and_place() {
        let found = mistakes(
            "{ id = \"roads\", name = \" \", file = \"roads.geojson\" },\n\
             { id = \"roads\", name = \"Đường\", file = \"swapped.geojson\" },\n\
             { id = \"posts\", name = \"Chốt\", file = \"picture.geojson\" },\n\
             { id = \"wards\", name = \"Phường\", file = \"nothing.geojson\" },\n",
        );
        let expected = [
            ("11:17: map.layers[0].name: a name has 1 to 80", ""),
            ("12:3: map.layers[1].id: \"roads\" is already taken", ""),
            ("12:33: map.layers[1].file: ", "swapped.geojson: features[0].geometry.coordinates: "),
            ("13:32: map.layers[2].file: ", "picture.geojson: this is no GeoJSON"),
            ("14:34: map.layers[3].file: cannot read", "nothing.geojson"),
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, (place, what)) in found.iter().zip(expected) {
            assert!(found.starts_with(place) && found.contains(what), "{place} {what}: {found}");
        }
        let layer = |number: usize| {
            format!("{{ id = \"l{number}\", name = \"L\", file = \"roads.geojson\" }},\n")
        };
        let many: String = (0..9).map(layer).collect();
        let found = mistakes(&many);
        assert!(found.len() == 1 && found[0].contains("8 layers at most"), "{found:#?}");
    }
}
