//! Every parser of foreign bytes, as a function that takes any bytes and must bear them: no panic, no
//! endless work, no memory that the bytes do not pay for.
//!
//! `fuzz_targets/` hands them to libFuzzer (`scripts/fuzz`), which looks for bytes that they cannot
//! bear; `tests/hostile_bytes.rs` of the program runs the seeds through the same functions with every
//! test run, so that no target falls behind the code. A target is a line in [`TARGETS`], a `[[bin]]` in
//! `Cargo.toml` and a folder of small seeds in `seeds/`; that test holds the three together.
//!
//! What is not here reads no foreign bytes of its own: RTSP answers and SDP are retina's (fuzzed by
//! its makers, and `crates/ingest/tests/feed/hostile.rs` plays hostile cameras over a socket); the
//! boxes of the ONVIF export format are written and never read; whoever watches live sends nothing
//! that is looked at.

// The program's own, by a link: a program has no library. Its tests are run where it is at home.
#[cfg(not(test))]
#[allow(dead_code, reason = "the program uses the rest")]
mod config;
mod files;
mod packages;
mod pictures;
mod scenes;
mod service;
mod simulated;
mod texts;

/// A target: its name, and what takes the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target there is.
pub const TARGETS: &[Target] = &[
    ("pictures_h264", pictures::h264),
    ("pictures_h265", pictures::h265),
    ("parameter_sets", pictures::parameter_sets),
    ("unfiltered", pictures::unfiltered),
    ("onvif_metadata", texts::onvif_metadata),
    ("segment", files::segment),
    ("package", packages::package),
    ("package_texts", packages::texts),
    ("locked_package", packages::locked),
    ("time_stamp", packages::time_stamp),
    #[cfg(not(test))]
    ("site_config", files::site_config),
    ("model_manifest", files::model_manifest),
    ("findings", service::findings),
    ("queries", service::queries),
    ("bodies", service::bodies),
    ("scene", scenes::scene),
    ("places_layer", texts::places_layer),
    ("map_layer", texts::map_layer),
    ("place_names", texts::place_names),
    ("mot", texts::mot),
    ("truth", texts::truth),
    ("simulator_control", simulated::control),
    ("simulator_rtsp", simulated::rtsp),
    ("simulator_footage", simulated::footage),
];

/// Returns what takes the bytes of the target called `name`. Known when a program is built: it then
/// holds that target alone, and libFuzzer looks after no more than that.
///
/// # Panics
/// There is no such target.
pub const fn target(name: &str) -> fn(&[u8]) {
    let mut number = 0;
    while number < TARGETS.len() {
        let (known, take) = TARGETS[number];
        if is_same(known.as_bytes(), name.as_bytes()) {
            return take;
        }
        number += 1;
    }
    panic!("no target is called so")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
