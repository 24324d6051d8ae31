//! Writes a page that says what is missing where the console has not been built, so that building
//! and testing the rest never needs node.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <meta name=\"watchpost-placeholder\">\n<title>Watchpost</title>\n\
    <p>The console is not in this program: run scripts/build-console, then build again. \
    <a href=\"/page\">The plain page</a> is.\n";

fn main() {
    let dist = Path::new("ui/dist");
    let index = dist.join("index.html");
    if !index.is_file() {
        std::fs::create_dir_all(dist).expect("crates/console/ui can be written to");
        std::fs::write(&index, PLACEHOLDER).expect("crates/console/ui/dist can be written to");
    }
    // A program built for development reads the files where they lie (`rust-embed`), and need not be
    // built again when they change.
    let is_released = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    println!("cargo::rerun-if-changed={}", if is_released { "ui/dist" } else { "build.rs" });
}
