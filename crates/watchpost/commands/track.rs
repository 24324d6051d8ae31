//! `watchpost track`: detections to tracks, both as MOTChallenge text.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use domain::Class;

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
    let source = &arguments.detections;
    let detections =
        File::open(source).with_context(|| format!("cannot open {}", source.display()))?;
    let target = &arguments.out;
    let tracks =
        File::create(target).with_context(|| format!("cannot create {}", target.display()))?;
    let mut tracks = BufWriter::new(tracks);
    scene::mot::track_detections(
        BufReader::new(detections),
        &mut tracks,
        arguments.fps,
        arguments.class,
    )
    .with_context(|| format!("cannot track {}", source.display()))?;
    tracks.flush().with_context(|| format!("cannot write {}", target.display()))?;
    Ok(ExitCode::SUCCESS)
}
