//! What the program says of itself is what docs/ref/ says. `UPDATE_GOLDEN=1` rewrites the files.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::Command;

fn golden(file: &str, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_watchpost")).args(arguments).output().unwrap();
    assert!(output.status.success(), "watchpost {arguments:?} fails");
    let said = String::from_utf8(output.stdout).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ref").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &said).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(said, kept, "docs/ref/{file} is out of date: UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn the_configuration_schema_is_the_documented_one() {
    golden("config.schema.json", &["schema"]);
}

#[test]
fn the_api_is_the_documented_one() {
    golden("openapi.json", &["openapi"]);
}
