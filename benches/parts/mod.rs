//! What measurements of many cameras share: footage, the simulator that serves it, what a process costs.

pub(crate) mod feed;
pub(crate) mod found;
pub(crate) mod scrape;
pub(crate) mod street;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::harness::{self, SimulatorProcess, Site};

/// 20 s of 1080p25 H.264 at 4 Mbit/s, GOP 2 s, made once.
pub(crate) fn footage() -> PathBuf {
    let path = harness::root().join("var/bench/1080p25-4m.mp4");
    if !path.is_file() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let partial = path.with_extension("part");
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"])
            .arg("testsrc2=size=1920x1080:rate=25:duration=20,noise=alls=12:allf=t")
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0"])
            .args(["-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-b:v", "4M"])
            .args(["-minrate", "4M", "-maxrate", "4M", "-bufsize", "4M", "-f", "mp4"])
            .arg(&partial)
            .status()
            .unwrap();
        assert!(made.success(), "ffmpeg makes the footage");
        std::fs::rename(partial, &path).unwrap();
    }
    path
}

/// Serves `file` at /c0/main, /c1/main … each a little later in its loop than the one before.
pub(crate) fn simulator(streams: usize, file: &Path) -> SimulatorProcess {
    let mount = |number| {
        let offset = number * 20 % 397;
        format!("/c{number}/main={},offset={}.{:02}s", file.display(), offset / 20, offset % 20 * 5)
    };
    SimulatorProcess::start(&(0..streams).map(mount).collect::<Vec<_>>())
}

/// TOML of as many cameras, recorded only.
pub(crate) fn cameras(streams: usize, port: u16) -> String {
    (0..streams)
        .map(|number| {
            format!(
                "[[camera]]\nid = \"c{number}\"\nname = \"{number}\"\n\
                 main = {{ url = \"rtsp://127.0.0.1:{port}/c{number}/main\" }}\n"
            )
        })
        .collect()
}

/// CPU seconds and resident bytes of a process, children left out (proc(5)).
pub(crate) fn usage(pid: u32) -> (f64, u64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let pages: u64 = fields[21].parse().unwrap();
    #[allow(clippy::cast_precision_loss, reason = "ticks of a short run")]
    let seconds = ticks as f64 / 100.0;
    (seconds, pages * 4096)
}

/// Counts what the recorder itself says is missing.
pub(crate) async fn gaps(site: &Site, streams: usize) -> usize {
    let now = domain::Clock::now(&domain::SystemClock::default());
    let start = now.minus(Duration::from_secs(3600));
    let mut gaps = 0;
    for number in 0..streams {
        let path = format!("/api/v1/cameras/c{number}/recordings?start={start}&end={now}");
        gaps += site.get(&path).await["gaps"].as_array().unwrap().len();
    }
    gaps
}

/// Returns the value below which `percent` of the sorted `values` lie; `None` of nothing.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied()
}
