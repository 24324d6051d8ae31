//! Partner systems: what they may tell, checked against what there is; their tokens, read.

use std::path::Path;

use scene::SignalSource;

use super::{Camera, Config, PartnerSource, named_file};

/// A token shorter than this can be guessed.
const SHORTEST_TOKEN: usize = 16;
/// Postings a minute that a source may be given.
const PER_MINUTE: std::ops::RangeInclusive<u32> = 1..=60_000;

/// Returns every mistake in the sources of `config`, as the path of the setting and what is wrong;
/// fills in the tokens on the way.
pub(super) fn check(config: &mut Config) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut checked: Vec<PartnerSource> = Vec::new();
    for (position, source) in config.sources.iter_mut().enumerate() {
        let mut wrong = |setting: &str, message: String| {
            found.push((format!("source[{position}].{setting}"), message));
        };
        if checked.iter().any(|earlier| earlier.id == source.id) {
            wrong("id", format!("\"{}\" is already taken", source.id));
        }
        for (number, camera) in source.cameras.iter().enumerate() {
            if !config.cameras.iter().any(|known| known.id == *camera) {
                wrong(&format!("cameras[{number}]"), format!("there is no camera \"{camera}\""));
            }
        }
        let tells_findings = !(source.kinds.is_empty() && source.signals.is_empty());
        if source.cameras.is_empty() && (tells_findings || source.calls.is_empty()) {
            wrong("cameras", "name at least one camera that it may speak of".to_owned());
        }
        if !tells_findings && source.calls.is_empty() {
            let message = "name at least one kind, or signal, or calls, that it may tell";
            wrong("kinds", message.to_owned());
        }
        for (number, service) in source.calls.iter().enumerate() {
            if source.calls[..number].contains(service) {
                wrong(&format!("calls[{number}]"), format!("{service} is named already"));
            }
        }
        for (number, name) in source.signals.iter().enumerate() {
            let spoken_of = |camera: &&Camera| source.cameras.contains(&camera.id);
            let mut cameras = config.cameras.iter().filter(spoken_of);
            if !cameras.any(|camera| camera.fed_signal(name).is_some()) {
                let message =
                    format!("none of its cameras has a signal \"{name}\" with source = \"feed\"");
                wrong(&format!("signals[{number}]"), message);
            }
        }
        if !PER_MINUTE.contains(&source.per_minute) {
            let (least, most) = (PER_MINUTE.start(), PER_MINUTE.end());
            wrong("per_minute", format!("postings a minute are {least} to {most}"));
        }
        match read_token(&source.token_file) {
            Ok(token) => {
                let owner = checked.iter().find(|earlier| earlier.token.as_ref() == Some(&token));
                if let Some(owner) = owner {
                    let message = format!("the token is that of source {}, too", owner.id);
                    wrong("token_file", message);
                }
                source.token = Some(token);
            }
            Err(message) => wrong("token_file", message),
        }
        checked.push(source.clone());
    }
    found.extend(untold_signals(config));
    found
}

/// Returns the signals that are to be told by somebody, and by nobody are: rules never fire by them.
fn untold_signals(config: &Config) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (position, camera) in config.cameras.iter().enumerate() {
        for (number, signal) in camera.scene.signals.iter().enumerate() {
            let tells = |source: &PartnerSource| {
                source.cameras.contains(&camera.id) && source.signals.contains(&signal.name)
            };
            if signal.source == SignalSource::Feed && !config.sources.iter().any(tells) {
                let path = format!("camera[{position}].scene.signals[{number}].source");
                let message = format!(
                    "nobody tells \"{}\": name it in signals of a [[source]] that may speak of \
                     camera {}",
                    signal.name, camera.id
                );
                found.push((path, message));
            }
        }
    }
    found
}

fn read_token(file: &Path) -> Result<api::Token, String> {
    let text = named_file::text(file, named_file::MOST_SECRET)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let token = text.trim_end_matches(['\r', '\n']);
    let is_one_word = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.len() < SHORTEST_TOKEN || !is_one_word {
        return Err(format!(
            "{} must hold one line, the token: {SHORTEST_TOKEN} or more letters, digits and signs, \
             such as `openssl rand -hex 32` makes",
            file.display()
        ));
    }
    Ok(api::Token::new(token))
}
