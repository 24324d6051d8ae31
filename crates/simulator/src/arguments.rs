//! The command line, resolved into a simulator's configuration.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use simulator::{Auth, ControlAddress, Fault, Mount, SimulatorConfig};

/// Cameras that are not there: serves looped footage over RTSP, with faults on demand.
#[derive(Debug, Parser)]
#[command(name = "watchpost-simulator", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Where to listen for RTSP; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8554")]
    listen: SocketAddr,

    /// A stream: its path and its MP4 file (H.264 or H.265, no B-frames), then how far into the
    /// loop it starts, its user, password and authentication (digest or basic), and a script of
    /// ONVIF metadata to tell beside the pictures. Repeat for more
    #[arg(
        long = "mount",
        value_name = "PATH=FILE[,offset=12.5s][,user=U,password=P][,auth=A][,metadata=FILE]",
        value_parser = parse_mount
    )]
    mounts: Vec<Mount>,

    /// Make this many cameras: /cam1/main, /cam2/main and so on
    #[arg(long, value_name = "N", requires = "footage")]
    cameras: Option<u16>,

    /// The cameras' MP4 files, taken in turn
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "cameras")]
    footage: Vec<PathBuf>,

    /// Files for /cam1/sub and so on, taken in the same turn
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "cameras")]
    sub_footage: Vec<PathBuf>,

    /// How far each camera is ahead of the one before
    #[arg(long, value_name = "TIME", default_value = "3.7s", value_parser = parse_duration)]
    stagger: Duration,

    /// User of the cameras made by --cameras
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,

    /// Password of the cameras made by --cameras
    #[arg(long, value_name = "WORD", requires = "user")]
    password: Option<String>,

    /// How these cameras ask for it
    #[arg(long, value_name = "KIND", default_value = "digest")]
    auth: AuthKind,

    /// A fault to start with, such as "/cam1/main drop 5". Repeat for more
    #[arg(long = "fault", value_name = "PATH FAULT", value_parser = parse_fault)]
    pub(crate) faults: Vec<(String, Fault)>,

    /// Take commands here, one a line (say "help"): ADDRESS:PORT on loopback, or unix:PATH
    #[arg(long, value_name = "ADDRESS")]
    control: Option<ControlAddress>,

    /// Remember this many of the newest pictures sent per stream: times and SHA-256
    #[arg(long, value_name = "PICTURES", default_value_t = 0)]
    sent_log: usize,

    /// Time between sender reports
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_duration)]
    report_interval: Duration,

    /// How long a client may be silent
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_duration)]
    session_timeout: Duration,

    /// Threads that serve; one is enough for hundreds of streams
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
}

const EXAMPLES: &str = "\
Examples:
  One camera, then look at it:
    watchpost-simulator --mount /cam1/main=street.mp4
    ffplay -rtsp_transport tcp rtsp://127.0.0.1:8554/cam1/main

  A camera with a main and a sub stream in step, and a password:
    watchpost-simulator \\
      --mount /gate/main=gate.mp4,offset=12.5s,user=admin,password=secret \\
      --mount /gate/sub=gate-small.mp4,offset=12.5s,user=admin,password=secret

  64 cameras from two files, and a fault while they run (bash):
    watchpost-simulator --cameras 64 --footage a.mp4 b.mp4 --control 127.0.0.1:9554 &
    echo 'fault /cam7/main stall' > /dev/tcp/127.0.0.1/9554
    echo 'clear /cam7/main' > /dev/tcp/127.0.0.1/9554

Faults: stall, freeze, frozen-time, drop PERCENT, cut, wrong-password, not-found,
clock-jump SECONDS, clock-step SECONDS, change-resolution FILE, garbage, endless-metadata, refuse,
black-hole.

Footage must have no B-frames, as from a camera:
    ffmpeg -i in.mp4 -an -c:v libx264 -bf 0 -g 50 -movflags +faststart out.mp4";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AuthKind {
    Digest,
    Basic,
}

impl From<AuthKind> for Auth {
    fn from(kind: AuthKind) -> Self {
        match kind {
            AuthKind::Digest => Self::Digest,
            AuthKind::Basic => Self::Basic,
        }
    }
}

impl Arguments {
    /// Returns what to serve, and how.
    pub(crate) fn config(&self) -> anyhow::Result<SimulatorConfig> {
        let mut mounts = self.mounts.clone();
        for number in 1..=self.cameras.unwrap_or(0) {
            mounts.extend(self.camera_mount(number, "main", &self.footage));
            mounts.extend(self.camera_mount(number, "sub", &self.sub_footage));
        }
        if mounts.is_empty() {
            bail!("nothing to serve: give --mount PATH=FILE, or --cameras N --footage FILE");
        }
        Ok(SimulatorConfig {
            listen: self.listen,
            control: self.control.clone(),
            sent_log: self.sent_log,
            report_interval: self.report_interval,
            session_timeout: self.session_timeout,
            threads: self.threads,
            ..SimulatorConfig::new(mounts)
        })
    }

    /// Returns a stream of a made camera; none without files.
    fn camera_mount(&self, number: u16, stream: &str, files: &[PathBuf]) -> Option<Mount> {
        let turn = u32::from(number) - 1;
        let file = files.iter().cycle().nth(usize::from(number) - 1)?;
        let offset = self.stagger.saturating_mul(turn);
        let mount = Mount::new(format!("/cam{number}/{stream}"), file).offset(offset);
        Some(match (&self.user, &self.password) {
            (Some(user), Some(password)) => mount.credentials(self.auth.into(), user, password),
            _ => mount,
        })
    }
}

fn parse_mount(text: &str) -> anyhow::Result<Mount> {
    let (path, rest) = text.split_once('=').context("it lacks =FILE")?;
    let mut parts = rest.split(',');
    let file = parts.next().unwrap_or("");
    if file.is_empty() {
        bail!("it lacks a file behind =");
    }
    let mut mount = Mount::new(path, file);
    let (mut user, mut password, mut auth) = (None, None, Auth::Digest);
    for part in parts {
        match part.split_once('=') {
            Some(("offset", value)) => mount = mount.offset(parse_duration(value)?),
            Some(("metadata", value)) => mount = mount.metadata(value),
            Some(("user", value)) => user = Some(value),
            Some(("password", value)) => password = Some(value),
            Some(("auth", "digest")) => auth = Auth::Digest,
            Some(("auth", "basic")) => auth = Auth::Basic,
            _ => bail!(
                "\"{part}\" is none of offset=, user=, password=, auth=digest, auth=basic, metadata="
            ),
        }
    }
    match (user, password) {
        (Some(user), Some(password)) => Ok(mount.credentials(auth, user, password)),
        (None, None) => Ok(mount),
        _ => bail!("user= and password= go together"),
    }
}

fn parse_fault(text: &str) -> anyhow::Result<(String, Fault)> {
    let (path, fault) = text.split_once(' ').context("use it as \"PATH FAULT\"")?;
    Ok((path.to_owned(), fault.parse()?))
}

/// Reads `12.5s`, `500ms`, or seconds without a unit.
fn parse_duration(text: &str) -> anyhow::Result<Duration> {
    let (number, unit_s) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 0.001),
        (None, Some(number)) => (number, 1.0),
        (None, None) => (text, 1.0),
    };
    let number: f64 =
        number.parse().with_context(|| format!("\"{text}\" is no time: write 12.5s or 500ms"))?;
    let duration = Duration::try_from_secs_f64(number * unit_s).context("it is out of range")?;
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_fault() {
        let (_, faults) = EXAMPLES.split_once("Faults: ").unwrap();
        for usage in Fault::USAGE {
            assert!(faults.contains(usage), "{usage}");
        }
    }

    #[test]
    fn a_mount_is_read_with_all_that_belongs_to_it() {
        let text =
            "/cam1/main=a.mp4,offset=500ms,user=admin,password=a=b,auth=basic,metadata=m.xml";
        let mount = parse_mount(text).unwrap();
        assert_eq!(mount.path, "/cam1/main");
        assert_eq!(mount.offset, Duration::from_millis(500));
        assert_eq!(mount.credentials, Some(("admin".into(), "a=b".into())));
        assert_eq!(mount.auth, Auth::Basic);
        assert_eq!(mount.metadata, Some("m.xml".into()));
        assert!(!format!("{mount:?}").contains("a=b"));
        for bad in ["/a", "/a=", "/a=f,offset=-1s", "/a=f,user=x", "/a=f,colour=red"] {
            assert!(parse_mount(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cameras_are_made_with_staggered_starts() {
        let line = "x --cameras 3 --footage a.mp4 b.mp4 --sub-footage s.mp4 --stagger 2s \
                    --user admin --password secret";
        let config = Arguments::parse_from(line.split_whitespace()).config().unwrap();
        let mounts: Vec<_> = config
            .mounts
            .iter()
            .map(|mount| (mount.path.as_str(), mount.file.to_str(), mount.offset.as_secs()))
            .collect();
        assert_eq!(
            mounts,
            [
                ("/cam1/main", Some("a.mp4"), 0),
                ("/cam1/sub", Some("s.mp4"), 0),
                ("/cam2/main", Some("b.mp4"), 2),
                ("/cam2/sub", Some("s.mp4"), 2),
                ("/cam3/main", Some("a.mp4"), 4),
                ("/cam3/sub", Some("s.mp4"), 4),
            ]
        );
    }
}
