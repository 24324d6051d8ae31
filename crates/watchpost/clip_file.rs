//! A clip of any kind made into what a camera would have sent, once, by ffmpeg.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use evaluation::Clip;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// A clip as it lies on disk.
pub(crate) struct ClipFile {
    pub(crate) path: PathBuf,
    /// What a truth must be of.
    pub(crate) clip: Clip,
    /// It is H.264 or H.265 in MP4 without B-frames already.
    is_as_sent: bool,
}

#[derive(Deserialize)]
struct Probe {
    streams: Vec<ProbedStream>,
}

#[derive(Deserialize)]
struct ProbedStream {
    codec_name: String,
    #[serde(default)]
    has_b_frames: u32,
    #[serde(default)]
    pix_fmt: String,
    avg_frame_rate: String,
    nb_read_packets: Option<String>,
}

/// Looks at a clip: hash, pictures and their rate.
///
/// # Errors
/// Says why it is none, or that ffprobe is missing.
pub(crate) fn look_at(path: &Path) -> anyhow::Result<ClipFile> {
    let sha256 = sha256(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-select_streams", "v:0", "-count_packets", "-of", "json"]);
    ffprobe.args(["-show_entries", "stream=codec_name,has_b_frames,pix_fmt,avg_frame_rate"]);
    ffprobe.args(["-show_entries", "stream=nb_read_packets"]).arg(path);
    let probed = output_of(ffprobe)?;
    let probe: Probe = serde_json::from_slice(&probed).context("ffprobe answers otherwise")?;
    let Some(stream) = probe.streams.into_iter().next() else {
        bail!("{} holds no video", path.display());
    };
    let frames = stream.nb_read_packets.and_then(|count| count.parse().ok()).unwrap_or(0);
    let fps = rate(&stream.avg_frame_rate)
        .with_context(|| format!("{} does not tell its pictures per second", path.display()))?;
    let is_camera_codec = matches!(stream.codec_name.as_str(), "h264" | "hevc");
    let is_mp4 = path.extension().is_some_and(|extension| extension == "mp4");
    let is_as_sent = is_camera_codec
        && is_mp4
        && stream.has_b_frames == 0
        && matches!(stream.pix_fmt.as_str(), "yuv420p" | "yuvj420p");
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(ClipFile { path: path.to_owned(), clip: Clip { file, sha256, frames, fps }, is_as_sent })
}

impl ClipFile {
    /// Returns a file with the same pictures as a camera would send them: itself, or one made by
    /// ffmpeg in `cache`, once.
    ///
    /// # Errors
    /// Says why ffmpeg could not make it.
    pub(crate) fn as_sent(&self, cache: &Path) -> anyhow::Result<PathBuf> {
        if self.is_as_sent {
            return Ok(self.path.clone());
        }
        let made = cache.join(format!("{}.mp4", &self.clip.sha256));
        if made.is_file() {
            return Ok(made);
        }
        std::fs::create_dir_all(cache)
            .with_context(|| format!("cannot make the folder {}", cache.display()))?;
        let partial = made.with_extension("part");
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(&self.path);
        // Every picture once, evenly: frames of the truth are then frames of what is judged.
        ffmpeg.args(["-an", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p"]);
        ffmpeg
            .args(["-vf"])
            .arg(format!("setpts=N/({}*TB),crop=trunc(iw/2)*2:trunc(ih/2)*2", self.clip.fps));
        ffmpeg.args(["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]);
        ffmpeg.args(["-crf", "18", "-bf", "0", "-g", "50", "-f", "mp4"]).arg(&partial);
        output_of(ffmpeg)
            .with_context(|| format!("cannot encode {} as a camera would", self.path.display()))?;
        std::fs::rename(&partial, &made)
            .with_context(|| format!("cannot put {} in its place", made.display()))?;
        Ok(made)
    }
}

/// Runs a program of ffmpeg's to its end and returns what it printed.
fn output_of(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {program}: install the Debian package ffmpeg"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed: {}", said.lines().last().unwrap_or("it does not say why"));
    }
    Ok(output.stdout)
}

/// Reads ffprobe's "30000/1001".
fn rate(text: &str) -> Option<f64> {
    let (over, under) = text.split_once('/')?;
    let rate = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = BufReader::new(File::open(path)?);
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
