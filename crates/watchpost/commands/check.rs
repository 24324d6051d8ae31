//! `watchpost check`: does all but run, and reports every mistake.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use domain::SystemClock;
use vision::{Vision, VisionConfig};

use crate::config::{self, Config, ConfigError};
use crate::{ConfigArgument, listening};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Print the mistakes as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let path = &arguments.config.config;
    let Tried { problems, notes } = match config::load(path) {
        Ok((config, _)) => try_parts(&config),
        Err(ConfigError::Invalid { problems, .. }) => Tried { problems, notes: Vec::new() },
        Err(error @ ConfigError::Read { .. }) => return Err(error.into()),
    };
    if arguments.json {
        let found = serde_json::json!({ "file": path, "mistakes": problems, "notes": notes });
        super::print_json(&found)?;
    } else {
        let mut out = std::io::stdout().lock();
        for problem in &problems {
            writeln!(out, "{}:{problem}", path.display())?;
        }
        for note in &notes {
            writeln!(out, "{}: {note}", path.display())?;
        }
        match problems.len() {
            0 => writeln!(out, "{} is good", path.display())?,
            count => writeln!(out, "{count} {}", if count == 1 { "mistake" } else { "mistakes" })?,
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What came of trying.
struct Tried {
    problems: Vec<config::Problem>,
    /// What was not tried, and why; what should be mended and keeps nothing from running.
    notes: Vec<String>,
}

/// Tries what a start would try and no reading of the file can tell: the model, the addresses, the
/// disks.
fn try_parts(config: &Config) -> Tried {
    let problem = |path: String, error: &dyn std::error::Error| {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let message = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        config::Problem { line: 0, column: 0, path, message }
    };
    let mut problems = Vec::new();
    if let Some(analysis) = &config.analysis {
        let settings = VisionConfig {
            onnxruntime: analysis.onnxruntime.clone(),
            model: analysis.model.clone(),
            decoder_threads: 1,
            detector_threads: 1,
            providers: analysis.providers.clone(),
            is_loaded: false,
        };
        match Vision::start(settings, Arc::new(SystemClock::default()), Arc::new(|_, _| {})) {
            Ok(vision) => vision.close(),
            Err(error) => problems.push(problem("analysis".to_owned(), &error)),
        }
    }
    let mut notes = try_addresses(config, &mut problems);
    notes.extend(config.exposed_secrets().iter().map(|exposed| format!("warning: {exposed}")));
    for (position, volume) in config.volumes.iter().enumerate() {
        if let Err(error) = try_folder(&volume.path) {
            problems.push(problem(format!("volume[{position}].path"), &error));
        }
    }
    if let Err(error) = try_folder(&config.index.path) {
        problems.push(problem("index.path".to_owned(), &error));
    }
    Tried { problems, notes }
}

/// Tries to listen where the service would. Returns which addresses were left alone, as this site's own
/// program runs and holds them.
fn try_addresses(config: &Config, problems: &mut Vec<config::Problem>) -> Vec<String> {
    let mut notes = Vec::new();
    // A folder that cannot be looked at is told of by itself.
    let held = listening::of_running(&config.index.path).unwrap_or_default();
    let addresses = [
        ("api.listen", Some(config.api.listen)),
        ("api.local_listen", config.api.local_listen),
        ("restream.listen", config.restream.listen),
        ("restream.tls_listen", config.restream.tls_listen),
    ];
    for (setting, address) in addresses {
        let Some(address) = address else { continue };
        if listening::holds(&held, address) {
            notes.push(format!("{setting}: not tried, as the running service holds {address}"));
            continue;
        }
        if let Err(error) = std::net::TcpListener::bind(address) {
            let message = format!("cannot listen on {address}: {error}");
            let path = setting.to_owned();
            problems.push(config::Problem { line: 0, column: 0, path, message });
        }
    }
    notes
}

/// Tries to write a file in the folder, or in the nearest folder above that exists.
fn try_folder(folder: &std::path::Path) -> std::io::Result<()> {
    // A relative path ends in nothing: where the program stands.
    let nearest = folder.ancestors().find(|folder| folder.exists());
    let existing = nearest.unwrap_or(std::path::Path::new("."));
    let named = |error: std::io::Error| {
        std::io::Error::new(
            error.kind(),
            format!("cannot write in {}: {error}", existing.display()),
        )
    };
    let probe = existing.join(format!(".watchpost-check-{}", std::process::id()));
    std::fs::write(&probe, b"").map_err(named)?;
    std::fs::remove_file(&probe).map_err(named)
}
