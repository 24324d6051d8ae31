//! `watchpost check`: does all but run, and reports every mistake.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use domain::SystemClock;
use vision::{Vision, VisionConfig};

use crate::ConfigArgument;
use crate::config::{self, Config, ConfigError};

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
    let problems = match config::load(path) {
        Ok((config, _)) => try_parts(&config),
        Err(ConfigError::Invalid { problems, .. }) => problems,
        Err(error @ ConfigError::Read { .. }) => return Err(error.into()),
    };
    if arguments.json {
        super::print_json(&serde_json::json!({ "file": path, "mistakes": problems }))?;
    } else {
        let mut out = std::io::stdout().lock();
        for problem in &problems {
            writeln!(out, "{}:{problem}", path.display())?;
        }
        match problems.len() {
            0 => writeln!(out, "{} is good", path.display())?,
            count => writeln!(out, "{count} {}", if count == 1 { "mistake" } else { "mistakes" })?,
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tries what a start would try and no reading of the file can tell: the model, the address, the
/// disks.
fn try_parts(config: &Config) -> Vec<config::Problem> {
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
    let addresses = [
        ("api.listen", Some(config.api.listen)),
        ("api.local_listen", config.api.local_listen),
        ("restream.listen", config.restream.listen),
    ];
    for (setting, address) in addresses {
        let Some(address) = address else { continue };
        if let Err(error) = std::net::TcpListener::bind(address) {
            let message = format!("cannot listen on {address}: {error}");
            let path = setting.to_owned();
            problems.push(config::Problem { line: 0, column: 0, path, message });
        }
    }
    for (position, volume) in config.volumes.iter().enumerate() {
        if let Err(error) = try_folder(&volume.path) {
            problems.push(problem(format!("volume[{position}].path"), &error));
        }
    }
    if let Err(error) = try_folder(&config.index.path) {
        problems.push(problem("index.path".to_owned(), &error));
    }
    problems
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
