//! `watchpost-simulator`: cameras that are not there, from the command line.

mod arguments;

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Context as _;
use clap::Parser as _;
use simulator::{Auth, Simulator};
use tracing_subscriber::EnvFilter;

use arguments::Arguments;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let simulator = Simulator::start(arguments.config()?)?;
    for (path, fault) in arguments.faults {
        simulator.fault(&path, fault)?;
    }
    print_mounts(&simulator).context("cannot write to standard output")?;
    wait_for_signal().context("cannot wait for signals")?;
    simulator.stop();
    Ok(())
}

/// Prints what is served, then where, so that a script can wait for the last line.
fn print_mounts(simulator: &Simulator) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let row = ["mount", "codec", "size", "rate", "loop", "offset", "auth", "file"];
    print_row(&mut out, row)?;
    for mount in simulator.mounts() {
        let auth = match mount.auth {
            Auth::Digest => "digest",
            Auth::Basic => "basic",
            Auth::None => "none",
        };
        let row = [
            mount.path.as_str(),
            mount.codec.as_str(),
            &format!("{}x{}", mount.width, mount.height),
            &format!("{:.4}/s", mount.pictures_per_second),
            &format!("{:.2} s", mount.loop_s),
            &format!("{:.2} s", mount.offset_s),
            auth,
            &mount.file.display().to_string(),
        ];
        print_row(&mut out, row)?;
    }
    if let Some(control) = simulator.control_address() {
        writeln!(out, "control {control}")?;
    }
    writeln!(out, "listening rtsp://{}", simulator.address())?;
    out.flush()
}

fn print_row(out: &mut impl io::Write, row: [&str; 8]) -> io::Result<()> {
    let [path, codec, size, rate, length, offset, auth, file] = row;
    writeln!(
        out,
        "{path:<20} {codec:<5} {size:<10} {rate:>10} {length:>10} {offset:>10} {auth:<6} {file}"
    )
}

#[tokio::main(flavor = "current_thread")]
async fn wait_for_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
