//! The pages of docs/rules/ say what the rules are: every kind has one, with every key of its
//! schema and an example that can be used.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use domain::RuleKind;
use scene::{CameraScene, Rule};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Site {
    camera: Vec<Camera>,
}

#[derive(Deserialize)]
struct Camera {
    scene: CameraScene,
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

/// Returns the camera's scene that the only example of a page shows.
fn example(page: &str) -> CameraScene {
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let site: Site = toml::from_str(&format!("[[camera]]\n{text}")).unwrap();
    site.camera.into_iter().next().unwrap().scene
}

/// Returns the keys of a rule of `kind`, by the schema that `watchpost schema` prints.
fn keys(kind: RuleKind) -> Vec<String> {
    let schema = schemars::schema_for!(Rule).to_value();
    let kinds = schema["oneOf"].as_array().unwrap();
    let is_kind = |table: &&Value| table["properties"]["kind"]["const"] == kind.as_str();
    let table = kinds.iter().find(is_kind).unwrap();
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_kind_has_its_page_with_its_keys_and_an_example_that_works() {
    let overview = std::fs::read_to_string(docs().join("README.md")).unwrap();
    for kind in RuleKind::ALL {
        let name = format!("{kind}.md");
        let page = std::fs::read_to_string(docs().join(&name)).unwrap();
        assert!(
            overview.contains(&format!("[`{kind}`]({name})")),
            "README.md does not link {name}"
        );
        assert!(docs().join(format!("images/{kind}.svg")).is_file(), "{name} has no picture");
        assert!(page.contains(&format!("images/{kind}.svg")), "{name} shows no picture");
        for key in keys(kind) {
            let is_told =
                [&page, &overview].iter().any(|text| text.contains(&format!("| `{key}` |")));
            assert!(is_told, "{name} does not tell `{key}`");
        }
        let scene = example(&page);
        assert_eq!(scene.check(), [], "{name}");
        assert!(scene.rules.iter().any(|rule| rule.kind() == kind), "{name}");
    }
}
