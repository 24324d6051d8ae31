//! Holds who may know whom: the one-way flow of docs/architecture.md.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};

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
    ("rustls", &["api", "notify"]),
    ("tokio-rustls", &["api"]),
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
