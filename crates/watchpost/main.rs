//! The program: joins the parts and gives them commands.
//!
//! In reading order: [`config`] says what is wanted, [`run`] builds the parts and keeps them going,
//! [`feeds`] carries one camera's pictures to recording and analysis, [`scenes`] judges what was
//! seen, [`camera_watch`] watches the cameras themselves and [`coverage_watch`] notes what they do;
//! [`alert_folding`] makes alerts of events, and [`duty_desk`] keeps their times;
//! [`audit`] keeps the trail of who did what, [`export`] seals footage of a case;
//! [`certificates`] renews what the service is known by; [`masks`] keeps what of the cameras' views is
//! covered; [`lamps`], [`ledger`], [`frames`], [`views`], [`live_copy`]
//! and [`notifications`] are the seams where parts that do not know each other meet.
//! [`offline`] sends a [`clip_file`] through the same analysis, to be judged by its truth.
//! [`commands`] holds one file per command.

mod alert_folding;
mod analysis_health;
mod audit;
mod camera_trial;
mod camera_watch;
mod certificates;
mod clip_file;
mod commands;
mod config;
mod coverage_watch;
mod duty_desk;
mod edge;
mod edge_tracks;
mod export;
mod feeds;
mod frames;
mod keyframes;
mod lamps;
mod ledger;
mod left_open;
mod listening;
mod live_copy;
mod masks;
mod notifications;
mod offline;
mod persons;
mod picture_cache;
mod policies;
mod provenance;
mod restreaming;
mod run;
mod scenes;
mod telemetry;
mod views;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A picture's bytes are taken by the thread that reads the camera and given back by the one that
/// writes the disk: with the system's allocator that was 7 % of all CPU time (256 streams).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Video surveillance for command information centres: records cameras, finds events, shows both.
#[derive(Parser)]
#[command(version, about, long_about = None, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  watchpost check --config configs/demo.toml      every mistake in a configuration, with its place
  watchpost run --config configs/demo.toml        record, analyse and serve until stopped
  watchpost user add lan --role duty --place 'Phường Cửa Nam'
                                                  who may sign in, and where they may do what
  watchpost events --follow                       events of the running service as they come
  watchpost footage export --camera hang-bai --start 2026-03-01T07:00:00+07:00 --seconds 60 \\
      --out clip.mp4                              one minute of footage as one MP4

Guide: docs/guide/. Every setting: configs/example.toml.";

#[derive(Subcommand)]
enum Command {
    /// Record, analyse and serve until stopped (SIGTERM drains, SIGHUP reloads).
    Run(ConfigArgument),
    /// Report every mistake in a configuration, with its place; do all but run.
    Check(commands::check::Arguments),
    /// List events of a running service, or follow them as they come.
    Events(commands::events::Arguments),
    /// List alerts of a running service, one for each happening, or follow them as they change.
    Alerts(commands::alerts::Arguments),
    /// Show what closed alerts came to: how many were true, by camera and rule, and what that proves.
    Verdicts(commands::verdicts::Arguments),
    /// Write the report of a shift or a day: one HTML page in Vietnamese or English.
    Report(commands::report::Arguments),
    /// Say who may sign in, and what they may do where.
    #[command(subcommand)]
    User(commands::user::Command),
    /// Give tokens to services: programs that ask without a person.
    #[command(subcommand)]
    Token(commands::token::Command),
    /// Work with recorded footage.
    #[command(subcommand)]
    Footage(commands::footage::Command),
    /// Seal footage and events of a case into one package that anybody can check.
    Export(commands::export::Arguments),
    /// Check a sealed package: offline, without a database.
    Verify(commands::verify::Arguments),
    /// Take a sealed package out of the ZIP that a passphrase opens.
    Unlock(commands::unlock::Arguments),
    /// Keep footage of a case from being deleted.
    #[command(subcommand)]
    Hold(commands::hold::Command),
    /// Check and read the trail of who did what.
    #[command(subcommand)]
    Audit(commands::audit::Command),
    /// List the cameras of a running service with their state.
    Cameras(commands::cameras::Arguments),
    /// Show how much was seen, recorded and analysed, and how many cameras are now.
    Coverage(commands::coverage::Arguments),
    /// See who is told of events, and send again what was refused.
    #[command(subcommand)]
    Notifications(commands::notifications::Command),
    /// Watch a running service in the terminal; end with a summary.
    Watch(commands::watch::Arguments),
    /// Turn detections into tracks, both as MOTChallenge text.
    Track(commands::track::Arguments),
    /// Ask a rule of the past: judge it over stored tracks.
    Replay(commands::replay::Arguments),
    /// Run clips with truth through the analysis and report how good it is.
    Evaluate(commands::evaluate::Arguments),
    /// Compare the files on the volumes with the index, and report what does not fit.
    Fsck(commands::fsck::Arguments),
    /// Print the JSON schema of the configuration file.
    Schema,
    /// Print the OpenAPI document of the query service.
    Openapi,
}

/// Which configuration.
#[derive(clap::Args, Debug)]
pub(crate) struct ConfigArgument {
    /// The configuration file.
    #[arg(long, short, value_name = "FILE", default_value = "/etc/watchpost/watchpost.toml")]
    pub(crate) config: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments.command) {
        Ok(code) => code,
        // A reader that closed its pipe (`| head`) has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("watchpost: {}", causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => {
            run::run(&arguments.config)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(arguments) => commands::check::execute(&arguments),
        Command::Alerts(arguments) => commands::alerts::execute(&arguments),
        Command::Verdicts(arguments) => commands::verdicts::execute(&arguments),
        Command::Report(arguments) => commands::report::execute(&arguments),
        Command::Events(arguments) => commands::events::execute(&arguments),
        Command::User(command) => commands::user::execute(&command),
        Command::Token(command) => commands::token::execute(&command),
        Command::Footage(command) => commands::footage::execute(&command),
        Command::Export(arguments) => commands::export::execute(&arguments),
        Command::Verify(arguments) => commands::verify::execute(&arguments),
        Command::Unlock(arguments) => commands::unlock::execute(&arguments),
        Command::Hold(command) => commands::hold::execute(&command),
        Command::Audit(command) => commands::audit::execute(&command),
        Command::Cameras(arguments) => commands::cameras::execute(&arguments),
        Command::Coverage(arguments) => commands::coverage::execute(&arguments),
        Command::Notifications(command) => commands::notifications::execute(&command),
        Command::Watch(arguments) => commands::watch::execute(&arguments),
        Command::Track(arguments) => commands::track::execute(&arguments),
        Command::Replay(arguments) => commands::replay::execute(&arguments),
        Command::Evaluate(arguments) => commands::evaluate::execute(&arguments),
        Command::Fsck(arguments) => commands::fsck::execute(&arguments),
        Command::Schema => commands::print_json(&serde_json::to_value(config::schema())?),
        Command::Openapi => commands::print_text(&api::openapi()),
    }
}

/// Joins an error and its causes in one line.
fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
