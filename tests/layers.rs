//! Holds who may know whom: the one-way flow of docs/architecture.md.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Every crate, and the crates of ours that it may depend on.
const MAY_KNOW: [(&str, &[&str]); 18] = [
    ("domain", &[]),
    ("fixtures", &[]),
    ("alerts", &["domain"]),
    ("ingest", &["domain", "rtsp"]),
    ("archive", &["domain"]),
    ("vision", &["domain"]),
    ("scene", &["domain"]),
    ("evaluation", &["domain"]),
    ("evidence", &["domain"]),
    ("index", &["domain"]),
    ("notify", &["domain"]),
    ("places", &["domain"]),
    ("rtsp", &[]),
    ("restream", &["domain", "rtsp"]),
    ("simulator", &["rtsp"]),
    ("api", &["alerts", "archive", "domain", "evidence", "index", "places", "scene"]),
    ("console", &[]),
    (
        "watchpost",
        &[
            "alerts",
            "api",
            "archive",
            "console",
            "domain",
            "evaluation",
            "evidence",
            "index",
            "ingest",
            "notify",
            "places",
            "restream",
            "scene",
            "vision",
        ],
    ),
];

/// Heavy libraries, and the one crate each is hidden in.
const HIDDEN: [(&str, &[&str]); 18] = [
    ("retina", &["ingest"]),
    ("quick-xml", &["ingest"]),
    ("gstreamer", &["vision"]),
    ("gstreamer-app", &["vision"]),
    ("gstreamer-video", &["vision"]),
    ("ort", &["vision"]),
    ("rusqlite", &["index"]),
    ("r2d2_sqlite", &["index"]),
    ("rumqttc", &["notify"]),
    ("utoipa", &["api"]),
    ("argon2", &["api"]),
    ("ring", &["api"]),
    ("rustls", &["api", "notify", "restream"]),
    ("tokio-rustls", &["api", "restream"]),
    ("hyper-rustls", &["notify"]),
    ("rust-embed", &["console"]),
    ("ed25519-dalek", &["evidence"]),
    ("zip", &["evidence"]),
];

#[test]
fn no_crate_knows_one_it_may_not() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<_, BTreeSet<_>> = MAY_KNOW
        .iter()
        .map(|(name, may_know)| (*name, may_know.iter().copied().collect()))
        .collect();
    let mut seen = BTreeSet::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let may_know = allowed.get(name).unwrap_or_else(|| panic!("{name} is in no layer"));
        seen.insert(name);
        for dependency in &package.dependencies {
            // Tests may start real parts of other layers.
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            let known = dependency.name.as_str();
            let is_ours = allowed.contains_key(known);
            assert!(!is_ours || may_know.contains(known), "{name} must not know {known}");
            let hidden_in = HIDDEN.iter().find(|(library, _)| *library == known);
            if let Some((library, owners)) = hidden_in {
                assert!(owners.contains(&name), "{library} is hidden in {owners:?}, not in {name}");
            }
        }
    }
    assert_eq!(seen, allowed.keys().copied().collect(), "a crate is missing from the layers");
}

/// To look for the examples of a crate that has none takes seconds: it says `doctest = false`, and one
/// that has some must not.
#[test]
fn examples_in_docs_are_run_where_there_are_any() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for package in &metadata.packages {
        for library in package.targets.iter().filter(|target| target.is_lib()) {
            let folder = library.src_path.parent().unwrap().as_std_path();
            let has_examples = sources(folder).iter().any(|path| has_example(path));
            let name = &package.name;
            assert_eq!(
                library.doctest, has_examples,
                "doctest of {name}, which has examples or not"
            );
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let inner = folders.iter().flat_map(|inner| sources(inner));
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .chain(inner)
        .collect()
}

/// Whether a doc comment holds a block of Rust: a fence that says no other language.
fn has_example(source: &Path) -> bool {
    let text = fs::read_to_string(source).unwrap();
    let comments = text.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))
    });
    let fences = comments.filter_map(|comment| comment.trim().strip_prefix("```"));
    fences.step_by(2).any(|language| matches!(language, "" | "rust"))
}
