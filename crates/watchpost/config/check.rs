//! Mistakes that the types cannot see: things that do not fit together, files that are not there.

use std::collections::BTreeSet;
use std::path::Path;

use domain::CameraId;

use super::{
    AnalysedStream, Api, Camera, Config, Passwords, Secrets, Stream, calls, desk, export, map,
    named_file, notify, privacy, restream,
};

/// A mistake: the path of the setting and what is wrong.
type Found = (String, String);

/// Returns every mistake in `config`; fills in the secrets on the way.
pub(super) fn check(config: &Config, secrets: &mut Secrets) -> Vec<Found> {
    let mut found = Vec::new();
    if config.volumes.is_empty() {
        let message = "at least one [[volume]] is needed to record on";
        found.push(("volume".to_owned(), message.to_owned()));
    }
    unique(config.volumes.iter().map(|volume| volume.id.to_string()), "volume", &mut found);
    unique(config.cameras.iter().map(|camera| camera.id.to_string()), "camera", &mut found);
    unique(config.notify.iter().map(|notify| notify.id.to_string()), "notify", &mut found);
    check_rule_names(config, &mut found);
    found.extend(notify::check(config, secrets));
    for (position, volume) in config.volumes.iter().enumerate() {
        if !(0.0..1e6).contains(&volume.keep_free_gib) {
            let message = "free space is 0 to 1000000 GiB".to_owned();
            found.push((format!("volume[{position}].keep_free_gib"), message));
        }
    }
    check_retention(config, &mut found);
    check_alerts(config, &mut found);
    found.extend(desk::check(config));
    found.extend(calls::check(&config.calls));
    check_access(config, &mut found);
    found.extend(export::check(&config.export));
    found.extend(restream::check(&config.restream, &config.api));
    if config.api.local_listen.is_some_and(|address| !address.ip().is_loopback()) {
        let message = "it speaks plain HTTP, so it is on loopback: 127.0.0.1:8080".to_owned();
        found.push(("api.local_listen".to_owned(), message));
    }
    match read_transport(&config.api) {
        Ok(transport) => secrets.transport = transport,
        Err(mistake) => found.push(mistake),
    }
    found.extend(map::check(&config.map, secrets));
    if let Some(analysis) = &config.analysis {
        must_be_file(
            &analysis.onnxruntime,
            "analysis.onnxruntime",
            "scripts/setup installs it",
            &mut found,
        );
        must_be_file(&analysis.model, "analysis.model", "models/ holds the manifests", &mut found);
        for (threads, name) in [
            (analysis.decoder_threads, "analysis.decoder_threads"),
            (analysis.detector_threads, "analysis.detector_threads"),
        ] {
            if !(1..=256).contains(&threads) {
                found.push((name.to_owned(), "threads are 1 to 256".to_owned()));
            }
        }
        let known = vision::known_providers();
        for (position, provider) in analysis.providers.iter().enumerate() {
            if !known.contains(&provider.as_str()) {
                let message = format!("unknown provider, expected one of {}", known.join(", "));
                found.push((format!("analysis.providers[{position}]"), message));
            }
        }
    }
    for (position, camera) in config.cameras.iter().enumerate() {
        let mut camera_found = check_camera(camera, config);
        camera_found.extend(read_password(camera, &mut secrets.passwords));
        let place = |(path, message)| (format!("camera[{position}].{path}"), message);
        found.extend(camera_found.into_iter().map(place));
    }
    found
}

/// Reports names used twice in `list`.
fn unique(names: impl Iterator<Item = String>, list: &str, found: &mut Vec<Found>) {
    let mut seen = BTreeSet::new();
    for (position, name) in names.enumerate() {
        if seen.contains(&name) {
            found.push((format!("{list}[{position}].id"), format!("\"{name}\" is already taken")));
        }
        seen.insert(name);
    }
}

/// Reports rules of different cameras that share a name: an event names its rule alone.
fn check_rule_names(config: &Config, found: &mut Vec<Found>) {
    let mut seen: Vec<(&domain::RuleId, &CameraId)> = Vec::new();
    for (position, camera) in config.cameras.iter().enumerate() {
        for (rule_position, rule) in camera.scene.rules.iter().enumerate() {
            let earlier = seen.iter().find(|(id, owner)| *id == &rule.id && *owner != &camera.id);
            if let Some((_, owner)) = earlier {
                let path = format!("camera[{position}].scene.rules[{rule_position}].id");
                found.push((path, format!("\"{}\" is already a rule of camera {owner}", rule.id)));
            }
            seen.push((&rule.id, &camera.id));
        }
    }
}

fn check_alerts(config: &Config, found: &mut Vec<Found>) {
    for (value, name, most) in [
        (config.alerts.nearby_m, "nearby_m", 10_000.0),
        (config.alerts.nearby_s, "nearby_s", 3600.0),
    ] {
        if !(0.0..=most).contains(&value) {
            found.push((format!("alerts.{name}"), format!("it is 0 to {most}")));
        }
    }
}

fn check_retention(config: &Config, found: &mut Vec<Found>) {
    let site = &config.retention;
    let of_site = [
        (Some(site.main_days), "retention.main_days".to_owned()),
        (Some(site.sub_days), "retention.sub_days".to_owned()),
        (Some(site.events_days), "retention.events_days".to_owned()),
    ];
    let of_cameras = config.cameras.iter().enumerate().flat_map(|(at, camera)| {
        let own = &camera.retention;
        [(own.main_days, "main_days"), (own.sub_days, "sub_days")]
            .map(|(days, name)| (days, format!("camera[{at}].retention.{name}")))
    });
    for (days, path) in of_site.into_iter().chain(of_cameras) {
        if days.is_some_and(|days| !(days > 0.0 && days <= 36_500.0)) {
            found.push((path, "retention is more than 0 and at most 36500 days".to_owned()));
        }
    }
}

fn check_access(config: &Config, found: &mut Vec<Found>) {
    for (value, name, most) in [
        (config.access.session_hours, "session_hours", 24.0 * 31.0),
        (config.access.idle_minutes, "idle_minutes", 60.0 * 24.0 * 31.0),
    ] {
        if !(value > 0.0 && value <= most) {
            found.push((format!("access.{name}"), format!("it is more than 0 and at most {most}")));
        }
    }
}

/// Returns how the service is reached: by TLS where there is a certificate, by plain HTTP from this
/// machine, and from others only where that is said in plain words.
fn read_transport(api: &Api) -> Result<api::Transport, Found> {
    let wrong = |setting: &str, message: String| (format!("api.{setting}"), message);
    let (certificate_file, key_file) = match (&api.certificate_file, &api.key_file) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) if api.listen.ip().is_loopback() => return Ok(api::Transport::Loopback),
        (None, None) if api.allow_plain_http => return Ok(api::Transport::PlainBeyondLoopback),
        (None, None) => {
            let message = format!(
                "{} can be reached from other machines, and without TLS passwords and pictures can \
                 be read on the way: set certificate_file and key_file, listen on 127.0.0.1 behind \
                 a proxy, or set allow_plain_http = true",
                api.listen
            );
            return Err(wrong("listen", message));
        }
        (Some(_), None) => {
            return Err(wrong("certificate_file", "key_file is missing beside it".to_owned()));
        }
        (None, Some(_)) => {
            return Err(wrong("key_file", "certificate_file is missing beside it".to_owned()));
        }
    };
    let read = |file: &Path, setting: &str| {
        named_file::bytes(file, named_file::MOST_SECRET)
            .map_err(|error| wrong(setting, format!("cannot read {}: {error}", file.display())))
    };
    let certificate = read(certificate_file, "certificate_file")?;
    let key = read(key_file, "key_file")?;
    let identity = api::TlsIdentity::from_pem(&certificate, &key);
    identity.map(api::Transport::Tls).map_err(|error| wrong("certificate_file", error.to_string()))
}

fn must_be_file(path: &Path, setting: &str, hint: &str, found: &mut Vec<Found>) {
    if !path.is_file() {
        let message = format!("{} does not exist ({hint})", path.display());
        found.push((setting.to_owned(), message));
    }
}

fn check_camera(camera: &Camera, config: &Config) -> Vec<Found> {
    let mut found = check_stream(&camera.main, "main");
    if let Some(sub) = &camera.sub {
        found.extend(check_stream(sub, "sub"));
    }
    if let Some(location) = camera.location
        && let Err(error) = domain::Location::new(location.lat, location.lon)
    {
        found.push(("location".to_owned(), error.to_string()));
    }
    if camera.heading.is_some_and(|heading| !(0.0..360.0).contains(&heading)) {
        found.push(("heading".to_owned(), "heading is 0 to 360 degrees from north".to_owned()));
    }
    found.extend(privacy::check(camera, config));
    if camera.metadata_tracks && !camera.metadata {
        let message = "tracks of the camera itself need metadata = true";
        found.push(("metadata_tracks".to_owned(), message.to_owned()));
    }
    match &camera.analysis {
        Some(analysis) => {
            if config.analysis.is_none() {
                let message = "section [analysis] is missing: it names the model to use";
                found.push(("analysis".to_owned(), message.to_owned()));
            }
            if analysis.stream == Some(AnalysedStream::Sub) && camera.sub.is_none() {
                let message = "the camera has no sub stream: give it one or choose \"main\"";
                found.push(("analysis.stream".to_owned(), message.to_owned()));
            }
            let rates = vision::CameraAnalysis::RATES;
            if !rates.contains(&analysis.pictures_per_second) {
                let message =
                    format!("the rate is {} to {} pictures per second", rates.start(), rates.end());
                found.push(("analysis.pictures_per_second".to_owned(), message));
            }
            if !analysis.priority.is_none_or(|priority| (1..=3).contains(&priority)) {
                let message = "priority is 1 (keeps its rate longest), 2 or 3";
                found.push(("analysis.priority".to_owned(), message.to_owned()));
            }
        }
        None if !camera.scene.rules.is_empty() => {
            let message = "rules need [camera.analysis], or they will never be judged";
            found.push(("scene.rules".to_owned(), message.to_owned()));
        }
        None => {}
    }
    let scene = camera.scene.check();
    found.extend(
        scene.into_iter().map(|problem| (format!("scene.{}", problem.path), problem.message)),
    );
    found
}

fn check_stream(stream: &Stream, name: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut wrong = |message: &str| found.push((format!("{name}.url"), message.to_owned()));
    if stream.url.scheme() != "rtsp" {
        wrong("only rtsp:// addresses can be read");
    }
    if stream.url.host().is_none() {
        wrong("the address names no host");
    }
    if !stream.url.username().is_empty() || stream.url.password().is_some() {
        wrong("credentials do not belong in the address: use username and password_file");
    }
    found
}

fn read_password(camera: &Camera, passwords: &mut Passwords) -> Vec<Found> {
    let wrong = |path: &str, message: String| vec![(path.to_owned(), message)];
    let (username, file) = match (&camera.username, &camera.password_file) {
        (None, None) => return Vec::new(),
        (Some(username), Some(file)) => (username, file),
        (Some(_), None) => {
            return wrong("username", "password_file is missing beside it".to_owned());
        }
        (None, Some(_)) => {
            return wrong("password_file", "username is missing beside it".to_owned());
        }
    };
    let text = match named_file::text(file, named_file::MOST_SECRET) {
        Ok(text) => text,
        Err(error) => {
            return wrong("password_file", format!("cannot read {}: {error}", file.display()));
        }
    };
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.contains('\n') {
        let message = format!("{} must hold one line, the password", file.display());
        return wrong("password_file", message);
    }
    let credentials =
        ingest::Credentials { username: username.clone(), password: ingest::Secret::new(password) };
    passwords.insert(camera.id.clone(), credentials);
    Vec::new()
}
