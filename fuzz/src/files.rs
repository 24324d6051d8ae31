//! Files that somebody laid there: on a volume, as configuration, beside a model.

use tempfile::TempDir;

#[cfg(not(test))]
use super::config;

/// Returns an empty folder, in memory where there is one.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("memory has room")
}

/// A recorded file.
pub(crate) fn segment(bytes: &[u8]) {
    let folder = folder();
    archive::fuzzing::segment(folder.path(), bytes);
}

/// The configuration of a site.
#[cfg(not(test))]
pub(crate) fn site_config(bytes: &[u8]) {
    let folder = folder();
    let path = folder.path().join("watchpost.toml");
    std::fs::write(&path, bytes).expect("memory holds it");
    match config::load(&path) {
        Ok((config, secrets)) => {
            // What the program makes of it once it is in order.
            let _ = config::targets(&config, &secrets);
            let _ = config::desk(&config);
            let _ = config::escalations(&config);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let _ = config::load_analysis(&path);
}

/// What stands beside a model.
pub(crate) fn model_manifest(bytes: &[u8]) {
    let folder = folder();
    let path = folder.path().join("model.toml");
    std::fs::write(&path, bytes).expect("memory holds it");
    std::fs::write(folder.path().join("model.onnx"), b"").expect("memory holds it");
    let _ = vision::manifest::Model::load(&path);
}
