//! `watchpost track`: detections to tracks, both as MOTChallenge text.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use domain::Class;
use scene::mot::MotSummary;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Detections: frame,id,left,top,width,height,conf,x,y,z a line; pixels, frames from 1.
    #[arg(long, value_name = "FILE")]
    detections: PathBuf,
    /// Tracks, in the same format, with the track's number as id.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Pictures per second of the clip.
    #[arg(long, default_value_t = 25.0)]
    fps: f64,
    /// What the detections are of: the format names no class.
    #[arg(long, default_value = "person")]
    class: Class,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (source, target) = (&arguments.detections, &arguments.out);
    let detections =
        File::open(source).with_context(|| format!("cannot open {}", source.display()))?;
    if is_same_file(source, target) {
        bail!("{} holds the detections: name another file with --out", target.display());
    }
    // Only what is whole takes the place of what may stand there; a pipe has no such place.
    let is_pipe = target.metadata().is_ok_and(|about| !about.is_file());
    let partial = match is_pipe {
        true => target.clone(),
        false => PathBuf::from(format!("{}.part", target.display())),
    };
    let written = write(detections, &partial, arguments);
    let summary = match written {
        Ok(summary) if is_pipe => summary,
        Ok(summary) => {
            std::fs::rename(&partial, target)
                .with_context(|| format!("cannot write {}", target.display()))?;
            summary
        }
        Err(error) => {
            if !is_pipe {
                // What is left of it helps nobody, whether it can be removed or not.
                let _ = std::fs::remove_file(&partial);
            }
            return Err(error);
        }
    };
    let MotSummary { frames, detections, tracks, boxes } = summary;
    eprintln!("{detections} detections in {frames} frames: {tracks} tracks of {boxes} boxes");
    Ok(ExitCode::SUCCESS)
}

/// Tracks what is in `detections` into the file at `partial`.
fn write(detections: File, partial: &Path, arguments: &Arguments) -> anyhow::Result<MotSummary> {
    let target = arguments.out.display();
    let tracks = File::create(partial).with_context(|| format!("cannot create {target}"))?;
    let mut tracks = BufWriter::new(tracks);
    let (fps, class) = (arguments.fps, arguments.class);
    let summary = scene::mot::track_detections(BufReader::new(detections), &mut tracks, fps, class)
        .with_context(|| format!("cannot track {}", arguments.detections.display()))?;
    tracks.flush().with_context(|| format!("cannot write {target}"))?;
    Ok(summary)
}

/// Returns whether both paths lead to one file, by whatever name.
fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.metadata(), other.metadata()) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETECTIONS: &str = "1,-1,10,10,20,40,0.9,-1,-1,-1\n2,-1,11,10,20,40,0.9,-1,-1,-1\n";

    fn track(detections: &Path, out: &Path) -> anyhow::Result<ExitCode> {
        let (detections, out) = (detections.to_owned(), out.to_owned());
        execute(&Arguments { detections, out, fps: 25.0, class: Class::Person })
    }

    #[test]
    fn what_stands_there_stays_until_tracks_are_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("good.txt"), DETECTIONS).unwrap();
        std::fs::write(path("bad.txt"), format!("{DETECTIONS}what?\n")).unwrap();
        std::fs::write(path("out.txt"), "from before").unwrap();
        track(&path("bad.txt"), &path("out.txt")).unwrap_err();
        assert_eq!(std::fs::read_to_string(path("out.txt")).unwrap(), "from before");
        let error = track(&path("good.txt"), &folder.path().join(".").join("good.txt"));
        assert!(error.unwrap_err().to_string().contains("holds the detections"));
        assert_eq!(std::fs::read_to_string(path("good.txt")).unwrap(), DETECTIONS);
        track(&path("good.txt"), &path("out.txt")).unwrap();
        assert_ne!(std::fs::read_to_string(path("out.txt")).unwrap(), "from before");
        assert!(!path("out.txt.part").exists());
    }
}
