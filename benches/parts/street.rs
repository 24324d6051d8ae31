//! Street clips as cameras send them: sub streams of 640×360 at 25 pictures/s, or main streams of
//! 1920×1080, made once from whatever a folder holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness;

/// A clip of less, in seconds, is left out: a track needs time.
const LEAST_S: f64 = 8.0;
/// No more of a clip, in seconds.
const MOST_S: f64 = 80.0;
/// What films are named like.
const FILMS: [&str; 5] = ["mp4", "avi", "mkv", "mov", "webm"];

/// What is made of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// 640×360, 600 kbit/s.
    Sub,
    /// 1920×1080, 3 Mbit/s.
    Main,
}

/// A clip that loops without end.
#[derive(Debug, Clone)]
pub(crate) struct Clip {
    pub(crate) file: PathBuf,
    /// Length of the loop, in seconds.
    pub(crate) period_s: f64,
}

/// Returns at most `most` clips of the films in `folder` and below, in order of name; those of the
/// demo clip without a folder.
pub(crate) fn clips(folder: Option<&Path>, shape: Shape, most: usize) -> Vec<Clip> {
    let films = folder.map_or_else(|| vec![harness::footage("vtest.avi")], films);
    let clips: Vec<_> =
        films.iter().filter(|film| length(film) >= LEAST_S).map(|film| clip(film, shape)).collect();
    assert!(!clips.is_empty(), "no film of {LEAST_S} s or more in {folder:?}");
    // From all over the folder: its names often say where the films are from.
    let step = (clips.len() / most.max(1)).max(1);
    clips.into_iter().step_by(step).take(most).collect()
}

fn films(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| {
        panic!("--footage {}: {error}", folder.display());
    });
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if path.is_dir() {
            found.extend(films(&path));
        } else if FILMS.contains(&kind) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Makes a clip once; a sensor's noise is added, or pictures that a slow film repeats would cost a
/// decoder nothing.
fn clip(film: &Path, shape: Shape) -> Clip {
    let (name, size, rate) = match shape {
        Shape::Sub => ("360p25", "640:360", "600k"),
        Shape::Main => ("1080p25", "1920:1080", "3M"),
    };
    let stem = film.file_stem().unwrap().to_string_lossy();
    let file = harness::root().join(format!("target/street/{stem}-{name}.mp4"));
    if !file.is_file() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let partial = file.with_extension("part");
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-t", &MOST_S.to_string(), "-i"])
            .arg(film)
            .args(["-an", "-vf", &format!("fps=25,scale={size},noise=c0s=4:allf=t,format=yuv420p")])
            .args(["-c:v", "libx264", "-preset", "fast", "-tune", "zerolatency", "-bf", "0"])
            .args(["-g", "50", "-keyint_min", "50", "-sc_threshold", "0"])
            .args(["-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-f", "mp4"])
            .arg(&partial)
            .status()
            .expect("ffmpeg is installed");
        assert!(made.success(), "ffmpeg makes {} of {}", file.display(), film.display());
        std::fs::rename(partial, &file).unwrap();
    }
    Clip { period_s: length(&file), file }
}

/// Seconds of video in a film.
fn length(film: &Path) -> f64 {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=duration"])
        .args(["-of", "csv=p=0"])
        .arg(film)
        .output()
        .expect("ffprobe is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().trim_end_matches(',').parse().unwrap_or_default()
}
