//! What `scripts/fuzz` starts from is borne with every test run, too: the seeds of each target whole,
//! cut off and bent. And no target falls behind the code: each is a line in `fuzz/src/lib.rs`, a program
//! in `fuzz/Cargo.toml` and a folder of seeds.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code, unreachable_pub, reason = "the programs of the fuzzer use the rest")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

/// Reads the configuration, which belongs to the program: its own tests run these seeds.
const OF_THE_PROGRAM: &str = "site_config";
/// How often a seed is cut off, and bent.
const CHANGES: usize = 16;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(folder().join("seeds").join(target)).unwrap();
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_target_bears_its_seeds_whole_cut_off_and_bent() {
    for (name, take) in fuzz::TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        take(&[]);
        for seed in seeds {
            take(&seed);
            for number in 0..CHANGES {
                let at = seed.len() * number / CHANGES;
                take(&seed[..at]);
                let mut bent = seed.clone();
                if let Some(byte) = bent.get_mut(at) {
                    *byte ^= 1 << (number % 8);
                }
                take(&bent);
            }
        }
    }
}

#[test]
fn a_target_is_a_line_a_program_and_a_folder_of_small_seeds() {
    const MOST_BYTES: u64 = 64 << 10;
    let mut named: BTreeSet<String> =
        fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named.len(), fuzz::TARGETS.len(), "no name stands for two");
    named.insert(OF_THE_PROGRAM.to_owned());
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let programs = manifest["bin"].as_array().unwrap().iter();
    let programs: BTreeSet<_> =
        programs.map(|program| program["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(programs, named);
    for name in &named {
        let program = folder().join("fuzz_targets").join(format!("{name}.rs"));
        let text = fs::read_to_string(&program).unwrap();
        assert!(text.contains(&format!("fuzz::target(\"{name}\")")), "{}", program.display());
    }
    let folders = fs::read_dir(folder().join("seeds")).unwrap();
    let mut with_seeds = BTreeSet::new();
    for entry in folders {
        let entry = entry.unwrap();
        for seed in fs::read_dir(entry.path()).unwrap() {
            let seed = seed.unwrap();
            let bytes = seed.metadata().unwrap().len();
            assert!(bytes <= MOST_BYTES, "{} has {bytes} bytes", seed.path().display());
        }
        with_seeds.insert(entry.file_name().into_string().unwrap());
    }
    assert_eq!(with_seeds, named);
}

/// Parts of queries: others take them in.
const PARTS_OF_QUERIES: [&str; 7] =
    ["FormParams", "NoParams", "Sample", "SpeedParams", "WhatParams", "WhenParams", "WhereParams"];

#[test]
fn the_query_of_every_address_is_put_through() {
    let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("crates/api/src");
    let put_through = fs::read_to_string(sources.join("fuzzing.rs")).unwrap();
    let mut read = 0;
    for file in files_below(&sources) {
        let text = fs::read_to_string(&file).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("impl Parameters for ")) {
            let name = line.trim_end_matches(" {");
            let is_known =
                PARTS_OF_QUERIES.contains(&name) || put_through.contains(&format!("{name}>"));
            assert!(is_known, "{name} of {} is not in fuzzing.rs", file.display());
            read += 1;
        }
    }
    assert!(read > 20, "{read} queries");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
