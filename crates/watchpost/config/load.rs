//! From the file's bytes to a configuration, or to everything that is wrong with it.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use toml::de::DeTable;

use super::pieces::Pieces;
use super::place::{Problem, line_and_column, locate};
use super::{Analysis, Config, Secrets, address, check, named_file, sources};

/// A larger file is not a configuration.
const MAX_BYTES: usize = 16 << 20;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds mistakes.
    #[error("{}", Listing(path, problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Every mistake found, in the order of the file.
        problems: Vec<Problem>,
    },
}

/// Prints mistakes one a line, as compilers do.
struct Listing<'a>(&'a Path, &'a [Problem]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.1 {
            writeln!(f, "{}:{problem}", self.0.display())?;
        }
        let count = self.1.len();
        write!(
            f,
            "{count} {} in {}",
            if count == 1 { "mistake" } else { "mistakes" },
            self.0.display()
        )
    }
}

/// Reads and checks the configuration and the files of secrets it names.
///
/// # Errors
/// Lists every mistake, each with line, column and the setting's name.
pub(crate) fn load(path: &Path) -> Result<(Config, Secrets), ConfigError> {
    let read_error = |source| ConfigError::Read { path: path.to_owned(), source };
    let text = named_file::text(path, MAX_BYTES).map_err(read_error)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    parse(&text, folder)
        .map_err(|problems| ConfigError::Invalid { path: path.to_owned(), problems })
}

/// Reads the `[analysis]` of a configuration and nothing else: for commands that look at clips.
///
/// # Errors
/// The file cannot be read, is no TOML, or has no such table.
pub(crate) fn load_analysis(path: &Path) -> anyhow::Result<Analysis> {
    #[derive(serde::Deserialize)]
    struct AnalysisAlone {
        analysis: Analysis,
    }
    let text = named_file::text(path, MAX_BYTES)
        .with_context(|| format!("cannot read configuration {}", path.display()))?;
    // toml's own error shows the line, and there may be a password in it.
    let AnalysisAlone { mut analysis } = toml::from_str(&text)
        .map_err(|error| anyhow::anyhow!("{}", from_toml(&text, "", &error)))
        .with_context(|| format!("cannot take [analysis] from {}", path.display()))?;
    analysis.anchor(path.parent().unwrap_or(Path::new(".")));
    Ok(analysis)
}

/// Reads `text`; relative paths count from `folder`.
pub(super) fn parse(text: &str, folder: &Path) -> Result<(Config, Secrets), Vec<Problem>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let problems: Vec<_> = errors.iter().map(|error| from_toml(text, "", error)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let Pieces { mut config, mut problems, left_out, .. } = Pieces::read(text, &document);
    config.anchor(folder);
    let mut secrets = Secrets::default();
    let mut found = check::check(&config, &mut secrets);
    found.extend(sources::check(&mut config));
    for (path, message) in found {
        let path = left_out.path_in_file(&path);
        if left_out.explain(&path, &message) {
            continue;
        }
        let (line, column) = line_and_column(text, locate(&document, &path).start);
        problems.push(Problem { line, column, path, message });
    }
    problems.sort();
    if problems.is_empty() { Ok((config, secrets)) } else { Err(problems) }
}

/// Returns what toml says of a setting at `path`, with its place.
pub(super) fn from_toml(text: &str, path: &str, error: &toml::de::Error) -> Problem {
    let (line, column) = error.span().map_or((0, 0), |span| line_and_column(text, span.start));
    let message = address::without_text(error.message());
    Problem { line, column, path: path.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[site]
id = "test"
name = "Test"
[index]
path = "index"
[[volume]]
id = "disk"
path = "footage"
[[camera]]
id = "gate"
name = "Gate"
main = { url = "rtsp://127.0.0.1/gate" }
"#;

    fn problems(text: &str) -> Vec<String> {
        match parse(text, Path::new("/srv/watchpost")) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn relative_paths_count_from_the_file() {
        let (config, _) = parse(GOOD, Path::new("/srv/watchpost")).unwrap();
        assert_eq!(config.index.path, Path::new("/srv/watchpost/index"));
    }

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let text = GOOD
            .replace("id = \"test\"", "id = \"Bad Name\"")
            .replace("id = \"gate\"", "id = \"gate\"\ncolour = \"red\"")
            .replace("[index]", "[indices]\na = 1\n[index]");
        let found = problems(&text);
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found[0].starts_with("3:6: site: \"Bad Name\" is not a valid name"), "{found:#?}");
        assert!(found[1].starts_with("5:2: indices: unknown section"), "{found:#?}");
        assert!(found[2].starts_with("14:1: camera[0]: unknown field `colour`"), "{found:#?}");
    }

    #[test]
    fn a_setting_that_cannot_be_read_hides_no_other_mistake() {
        let more = r#"
colour = "red"
heading = "north"
username = "duty"
password_file = "missing"
analysis = { mode = "sometimes", pictures_per_second = 900 }
[[camera]]
id = "roof"
name = "Roof"
main = { url = 3 }
[[camera]]
id = "gate"
name = "Gate again"
main = { url = "ftp://127.0.0.1/gate" }
[[volume]]
id = "spare"
path = "spare"
keep_free_gib = -1
[retention]
main_days = "long"
sub_days = 0
"#;
        let found = problems(&format!("{GOOD}{}", more.trim_start()));
        let expected = [
            "14:1: camera[0]: unknown field `colour`",
            "15:11: camera[0]: invalid type: string, expected",
            "17:1: camera[0].password_file: cannot read",
            "18:1: camera[0].analysis: section [analysis] is missing",
            "18:21: camera[0]: unknown variant `sometimes`",
            "18:34: camera[0].analysis.pictures_per_second: the rate is",
            "22:16: camera[1]: invalid type: integer `3`",
            "24:1: camera[2].id: \"gate\" is already taken",
            "26:10: camera[2].main.url: only rtsp://",
            "30:1: volume[1].keep_free_gib: free space is",
            "32:13: retention: invalid type: string, expected",
            "33:1: retention.sub_days: retention is more than 0",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn what_follows_from_a_setting_that_cannot_be_read_is_no_mistake_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "0123456789abcdef\n").unwrap();
        let source = "[[source]]\nid = \"a\"\ntoken_file = \"token\"\ncameras = [\"gate\"]\n\
                      kinds = [\"crowd\"]\nsignals = [\"north\"]\n";
        let camera = "username = 3\npassword_file = \"token\"\nanalysis = {}\n\
                      scene.signals = [{ name = \"north\", source = \"nowhere\" }]\n";
        let analysis = "[analysis]\nonnxruntime = 3\nmodel = 4\n";
        let text = format!("{GOOD}{camera}{source}{analysis}").replace("[[volume]]", "[volume]");
        let found = parse(&text, folder.path()).unwrap_err();
        let places: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        let expected =
            ["volume", "camera[0]", "camera[0].scene.signals[0]", "analysis", "analysis"];
        assert_eq!(places, expected, "{found:#?}");
        // A camera that is none: whoever speaks of it is right.
        let text = format!("{GOOD}{source}").replace("rtsp://127.0.0.1/gate", "rtsp//");
        let found = parse(&text, folder.path()).unwrap_err();
        assert_eq!(found.len(), 1, "{found:#?}");
    }

    #[test]
    fn every_mistake_in_rules_is_reported_on_the_line_of_its_key() {
        let rules = r#"
[[camera.scene.rules]]
id = "right"
kind = "crowd"
zone = "square"
at_least = 5
[[camera.scene.rules]]
id = "wrong"
kind = "crowd"
zone = "square"
at_least = "five"
[[camera.scene.rules]]
id = "foreign"
kind = "intrusion"
zone = "square"
tripwire = "gate"
[[camera.scene.rules]]
id = "lacking"
kind = "loitering"
zone = "square"
[[camera.scene.rules]]
id = "unheard-of"
kind = "jaywalking"
[[camera.scene.rules]]
id = "dragons"
kind = "intrusion"
zone = "square"
classes = ["person", "dragon"]
[[camera.scene.rules]]
kind = "intrusion"
zone = "square"
"#;
        let found = problems(&format!("{GOOD}colour = \"red\"\n{rules}"));
        let expected = [
            "14:1: camera[0]: unknown field `colour`",
            "25:1: camera[0].scene.rules[1].at_least: rule \"wrong\": `at_least`: invalid type",
            "30:1: camera[0].scene.rules[2].tripwire: rule \"foreign\": a rule of kind intrusion has",
            "31:1: camera[0].scene.rules[3].for_s: rule \"lacking\": a rule of kind loitering needs",
            "37:1: camera[0].scene.rules[4].kind: rule \"unheard-of\": `kind`: unknown variant",
            "42:22: camera[0].scene.rules[5].classes[1]: rule \"dragons\": `classes[1]`: unknown",
            "43:1: camera[0].scene.rules[6].id: rule \"without an id\": a rule of kind intrusion needs",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn every_shape_that_is_none_is_reported_by_its_own_place() {
        let shapes = r#"masks = [[[0.0, 0.0], [0.1, 0.0], [0.1, 0.1]], [[0.0, 0.0], [0.1, 0.0]]]
[camera.scene]
zones = [
    { name = "square", polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] },
    { name = "crossed", polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.8]] },
    { name = "outside", polygon = [[0.1, 0.1], [1.9, 0.1], [0.9, 0.9]] },
    { name = "empty", polygon = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]] },
]
tripwires = [{ name = "gate", line = [[0.1, 0.1]] }]
"#;
        let found = problems(&format!("{GOOD}{shapes}"));
        let expected = [
            ("14:", "camera[0].masks[1]: a polygon needs 3 to 64 corners"),
            ("18:", "camera[0].scene.zones[1]: side 1 crosses side 3"),
            ("19:", "camera[0].scene.zones[2]: corner 2 lies outside the view"),
            ("20:", "camera[0].scene.zones[3]: the corners enclose no area"),
            ("22:", "camera[0].scene.tripwires[0]: "),
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, (line, what)) in found.iter().zip(expected) {
            assert!(found.starts_with(line) && found.contains(what), "{what}: {found}");
        }
    }

    #[test]
    fn a_camera_may_keep_its_footage_for_a_time_of_its_own() {
        let text = format!("{GOOD}retention = {{ main_days = 90 }}\n[retention]\nsub_days = 3\n");
        let (config, _) = parse(&text, Path::new("/srv/watchpost")).unwrap();
        assert_eq!(config.footage_days(&"gate".parse().unwrap()), [90.0, 3.0]);
        assert_eq!(config.footage_days(&"gone".parse().unwrap()), [30.0, 3.0]);
        let found = problems(&text.replace("90", "-1"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].contains("camera[0].retention.main_days: retention is more"),
            "{found:#?}"
        );
    }

    #[test]
    fn tracks_of_a_camera_that_is_not_asked_are_a_mistake() {
        let asked = format!("{GOOD}metadata = true\nmetadata_tracks = true\n");
        assert_eq!(problems(&asked), Vec::<String>::new());
        let found = problems(&asked.replace("metadata = true\n", ""));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains("camera[0].metadata_tracks: tracks of the camera"), "{found:#?}");
    }

    #[test]
    fn broken_text_is_reported_with_its_place() {
        let found = problems("[site\nid = 3");
        assert!(found[0].starts_with("1:6: "), "{found:#?}");
    }

    #[test]
    fn a_password_in_the_address_is_refused_without_repeating_it() {
        let found = problems(&GOOD.replace("rtsp://127", "rtsp://root:hunter2@127"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].starts_with("13:10: camera[0].main.url: "), "{found:#?}");
        assert!(!found[0].contains("hunter2"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_repeating_it() {
        let stream = "{ url = \"rtsp://127.0.0.1/gate\" }";
        let of_camera = |value: &str| GOOD.replace(stream, value);
        let target = |url: &str| {
            format!("{GOOD}[[notify]]\nid = \"a\"\nkind = \"webhook\"\nurl = \"{url}\"\n")
        };
        let stamp = |url: &str| format!("{GOOD}[export]\ntime_stamp_url = \"{url}\"\n");
        for (text, place, why) in [
            (
                of_camera("{ url = \"rtsp://root:hunter2@127.0.0.1:99999/gate\" }"),
                "13:16: ",
                "invalid port",
            ),
            (
                of_camera("{ url = \"rtsp//root:hunter2@127.0.0.1/gate\" }"),
                "13:16: ",
                "relative URL",
            ),
            (
                of_camera("\"rtsp://root:hunter2@127.0.0.1/gate\""),
                "13:8: ",
                "invalid type: string, expected",
            ),
            (target("https://root:hunter2@127.0.0.1:99999/hook"), "17:7: ", "invalid port"),
            (stamp("http://root:hunter2@127.0.0.1:99999/tsr"), "15:18: ", "invalid port"),
            (stamp("http://root:hunter2@127.0.0.1/tsr"), "15:1: ", "credentials do not belong"),
        ] {
            let found = problems(&text);
            assert_eq!(found.len(), 1, "{found:#?}");
            assert!(found[0].starts_with(place) && found[0].contains(why), "{why}: {found:#?}");
            assert!(!found[0].contains("hunter2"), "{found:#?}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchpost.toml");
        std::fs::write(&path, GOOD.replace("gate\" }", "gate?hunter2 }")).unwrap();
        let error = format!("{:#}", load_analysis(&path).unwrap_err());
        assert!(error.contains("cannot take [analysis]") && error.contains("13:"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn others_reach_the_service_by_tls_or_by_plain_words() {
        let places = |settings: &str| -> Vec<String> {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("hunter2.key"), "hunter2").unwrap();
            let problems = parse(&format!("{GOOD}[api]\n{settings}"), folder.path());
            let problems = problems.err().unwrap_or_default();
            problems.into_iter().map(|problem| problem.path).collect()
        };
        let open = "listen = \"0.0.0.0:8080\"\n";
        assert_eq!(places(open), ["api.listen"]);
        assert_eq!(places(&format!("{open}allow_plain_http = true")), [""; 0]);
        assert_eq!(places("certificate_file = \"a\""), ["api.certificate_file"]);
        assert_eq!(places("key_file = \"a\""), ["api.key_file"]);
        let pair = "certificate_file = \"hunter2.key\"\nkey_file = \"hunter2.key\"";
        assert_eq!(places(pair), ["api.certificate_file"]);
        assert_eq!(places("local_listen = \"10.0.0.1:80\""), ["api.local_listen"]);
        assert_eq!(places("[access]\nsession_hours = 0"), ["access.session_hours"]);
    }

    #[test]
    fn every_mistake_in_a_target_is_reported_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("short"), "hunter2\n").unwrap();
        let target = r#"
[[notify]]
id = "duty-desk"
kind = "webhook"
url = "https://root:hunter2@partner.example/hook"
secret_file = "short"
ca_file = "short"
timeout_s = 0
cameras = ["gate", "nowhere"]
[[notify]]
id = "duty-desk"
kind = "webhook"
url = "http://127.0.0.1:9000/hook"
"#;
        let text = format!("{GOOD}{target}");
        let problems = parse(&text, folder.path()).unwrap_err();
        let found: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let places: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
        let expected = [
            "notify[0].url",
            "notify[0].secret_file",
            "notify[0].ca_file",
            "notify[0].timeout_s",
            "notify[0].cameras[1]",
            "notify[1].secret_file",
            "notify[1].id",
        ];
        assert_eq!(places, expected, "{found:#?}");
        assert!(found.iter().any(|one| one.contains("no certificate of an auth")), "{found:#?}");
        assert!(!found.concat().contains("hunter2"), "{found:#?}");
    }

    #[test]
    fn what_only_one_kind_of_target_knows_is_refused_for_the_others() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2-hunter2-hunter2-hunter2\n").unwrap();
        let places = |settings: &str| -> Vec<String> {
            let target = "[[notify]]\nid = \"duty\"\nsecret_file = \"secret\"\n";
            let text = format!("{GOOD}{target}{settings}");
            let problems = parse(&text, folder.path()).err().unwrap_or_default();
            problems.into_iter().map(|problem| problem.path).collect()
        };
        let cap = "kind = \"cap-webhook\"\nurl = \"http://127.0.0.1/cap\"\n";
        assert_eq!(places(&format!("{cap}severities = [1, 2]\ntest = true\n")), [""; 0]);
        assert_eq!(places(&format!("{cap}severities = [2, 3]\n")), ["notify[0].severities[1]"]);
        let webhook = "kind = \"webhook\"\nurl = \"http://127.0.0.1/hook\"\n";
        assert_eq!(places(&format!("{webhook}test = true\n")), ["notify[0].test"]);
        let mqtt = "kind = \"mqtt\"\nurl = \"mqtt://127.0.0.1\"\n";
        assert_eq!(places(mqtt), ["notify[0].secret_file"]);
        assert_eq!(places(&format!("{mqtt}username = \"a\"\ntopic = \"a/{{kind}}\"\n")), [""; 0]);
        let topic = "username = \"a\"\ntopic = \"a/{colour}/#\"\n";
        assert_eq!(places(&format!("{mqtt}{topic}")), ["notify[0].topic"]);
        let topic = "topic = \"a\"\n";
        assert_eq!(places(&format!("{webhook}{topic}")), ["notify[0].topic"]);
        let authority = "ca_file = \"secret\"\n";
        assert_eq!(places(&format!("{webhook}{authority}")), ["notify[0].ca_file"]);
        let secure = "kind = \"webhook\"\nurl = \"https://127.0.0.1/hook\"\n";
        assert_eq!(places(&format!("{secure}{authority}")), ["notify[0].ca_file"]);
        let found = places("kind = \"mqtt\"\nurl = \"https://127.0.0.1\"\nusername = \"a\"\n");
        assert_eq!(found, ["notify[0].url"]);
    }

    #[test]
    fn a_target_comes_with_its_secret_and_a_relative_path_counts_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), "hunter2-hunter2-hunter2-hunter2\n").unwrap();
        let target = "[[notify]]\nid = \"duty\"\nkind = \"webhook\"\n\
                      url = \"http://127.0.0.1:9000/hook\"\nsecret_file = \"secret\"\n\
                      severities = [1, 2]\nkinds = [\"red_light\"]\n";
        let (config, secrets) = parse(&format!("{GOOD}{target}"), folder.path()).unwrap();
        let targets = crate::config::targets(&config, &secrets);
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].filter.severities.len(), 2);
        assert_eq!(targets[0].once_per, notify::OncePer::Event);
        let cap = target.replace("\"webhook\"", "\"cap-webhook\"");
        for (settings, once_per) in
            [("", notify::OncePer::Alert), ("once_per = \"event\"\n", notify::OncePer::Event)]
        {
            let (config, secrets) =
                parse(&format!("{GOOD}{cap}{settings}"), folder.path()).unwrap();
            assert_eq!(crate::config::targets(&config, &secrets)[0].once_per, once_per);
        }
        assert!(!format!("{targets:?}{secrets:?}").contains("hunter2"));
    }

    #[test]
    fn the_configurations_we_hand_out_lack_nothing_but_the_files_they_name() {
        for (name, text) in [
            ("example.toml", include_str!("../../../configs/example.toml")),
            ("demo.toml", include_str!("../../../configs/demo.toml")),
        ] {
            let found = problems(text);
            let of_files = |problem: &String| {
                problem.contains("does not exist") || problem.contains("cannot read")
            };
            assert!(found.iter().all(of_files), "{name}: {found:#?}");
            assert!(!found.is_empty(), "{name} was not read");
        }
    }

    #[test]
    fn a_camera_at_a_traffic_light_keeps_its_rate_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["lib", "model"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let priority = |analysis: &str, rule: &str| {
            let analysed = format!("analysis = {{ {analysis} }}\n");
            let scene = "[[camera.scene.signals]]\nname = \"north\"\nsource = { plan = { cycle_s = 30, phases = [\
                         { state = \"green\", for_s = 10 }, { state = \"red\", for_s = 20 }] } }\n\
                         [[camera.scene.tripwires]]\nname = \"stop\"\nline = [[0, 0.5], [1, 0.5]]\n\
                         [[camera.scene.tripwires]]\nname = \"far\"\nline = [[0, 0.3], [1, 0.3]]\n";
            let rule = format!(
                "[[camera.scene.rules]]\nid = \"a\"\n{rule}\n\
                 [analysis]\nonnxruntime = \"lib\"\nmodel = \"model\"\n"
            );
            let (config, _) =
                parse(&format!("{GOOD}{analysed}{scene}{rule}"), folder.path()).unwrap();
            config.cameras[0].priority()
        };
        let red_light = "kind = \"red_light\"\nsignal = \"north\"\nstop_line = \"stop\"\njunction_line = \"far\"";
        let crossing = "kind = \"line_crossing\"\ntripwire = \"stop\"";
        assert_eq!(priority("mode = \"stream\"", red_light), 1);
        assert_eq!(priority("mode = \"stream\"", crossing), 2);
        assert_eq!(priority("priority = 3", red_light), 3);
    }

    #[test]
    fn what_is_one_happening_is_checked() {
        let found = problems(&format!("{GOOD}[alerts]\nnearby_m = -1\nnearby_s = nan\n"));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("alerts.nearby_m: it is 0 to 10000"), "{found:#?}");
    }

    #[test]
    fn every_mistake_of_the_duty_desk_is_reported_with_its_place() {
        let good = "[alerts]\ndesks = 2\ngroup_min = 5\n\
                    [[escalation]]\nseverity = 1\nafter_s = 30\nto = \"shift-lead\"\n\
                    [[procedure]]\nkinds = [\"intrusion\"]\nsteps = [\"Xem hình\"]\n";
        assert_eq!(problems(&format!("{GOOD}{good}")), Vec::<String>::new());
        let bad = "[alerts]\ndesks = 0\ngroup_min = -1\n\
                   [[escalation]]\nseverity = 1\nafter_s = 30\nto = \"shift-lead\"\n\
                   [[escalation]]\nseverity = 1\nafter_s = 30\nto = \"commander\"\n\
                   [[escalation]]\nseverity = 2\nafter_s = 0\nto = \"commander\"\n\
                   [[procedure]]\nkinds = [\"count\", \"crowd\"]\nsteps = []\n\
                   [[procedure]]\nkinds = [\"crowd\"]\nsteps = [\" \"]\n";
        let found = parse(&format!("{GOOD}{bad}"), Path::new("/srv/watchpost")).unwrap_err();
        let places: Vec<_> = found.iter().map(|problem| problem.path.as_str()).collect();
        let expected = [
            "alerts.desks",
            "alerts.group_min",
            "escalation[1].after_s",
            "escalation[2].after_s",
            "procedure[0].kinds[0]",
            "procedure[0].steps",
            "procedure[1].kinds[0]",
            "procedure[1].steps[0]",
        ];
        assert_eq!(places, expected, "{found:#?}");
    }

    #[test]
    fn a_source_is_checked_against_cameras_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("long.token", "0123456789abcdef\n").unwrap();
        write("short.token", "hunter2\n").unwrap();
        let source = |id: &str, file: &str, rest: &str| {
            format!("[[source]]\nid = \"{id}\"\ntoken_file = \"{file}\"\n{rest}\n")
        };
        let good = "cameras = [\"gate\"]\nkinds = [\"crowd\"]";
        let (config, _) =
            parse(&format!("{GOOD}{}", source("fire", "long.token", good)), folder.path()).unwrap();
        assert_eq!(config.sources[0].token, Some(api::Token::new("0123456789abcdef")));
        assert!(!format!("{config:?}").contains("0123456789abcdef"));

        let text = [
            GOOD,
            &source("fire", "long.token", good),
            &source("fire", "long.token", "cameras = [\"roof\"]\nkinds = []\nper_minute = 0"),
            &source("police", "short.token", good),
            &source("parking", "none.token", good),
        ]
        .concat();
        let found = parse(&text, folder.path()).unwrap_err();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        for start in [
            "20:1: source[1].id: \"fire\" is already taken",
            "21:1: source[1].token_file: the token is that of source fire",
            "22:12: source[1].cameras[0]: there is no camera \"roof\"",
            "23:1: source[1].kinds: ",
            "24:1: source[1].per_minute: ",
            "27:1: source[2].token_file: ",
            "32:1: source[3].token_file: cannot read",
        ] {
            assert!(found.iter().any(|problem| problem.starts_with(start)), "{start}: {found:#?}");
        }
        assert!(found.iter().all(|problem| !problem.contains("hunter2")), "{found:#?}");
    }

    #[test]
    fn a_signal_that_is_told_from_outside_has_somebody_who_tells_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "0123456789abcdef\n").unwrap();
        let signals = "scene.signals = [{ name = \"north\", source = \"feed\" }]\n";
        let source = |signals: &str| {
            format!(
                "[[source]]\nid = \"junction\"\ntoken_file = \"token\"\ncameras = [\"gate\"]\n\
                 signals = {signals}\n"
            )
        };
        let found = |text: String| match parse(&text, folder.path()) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        let told = format!("{GOOD}{signals}{}", source("[\"north\"]"));
        assert_eq!(found(told), [""; 0]);
        let untold = found(format!("{GOOD}{signals}"));
        let place = "14:36: camera[0].scene.signals[0].source: nobody tells \"north\"";
        assert!(untold.len() == 1 && untold[0].starts_with(place), "{untold:#?}");
        let unknown = found(format!("{GOOD}{}", source("[\"north\"]")));
        let place = "18:12: source[0].signals[0]: none of its cameras has a signal \"north\"";
        assert!(unknown.len() == 1 && unknown[0].starts_with(place), "{unknown:#?}");
        let nothing = found(format!("{GOOD}{}", source("[]")));
        assert!(nothing.len() == 1 && nothing[0].contains("source[0].kinds"), "{nothing:#?}");
    }

    #[test]
    fn what_the_fuzzer_starts_from_is_answered_whole_and_cut_off() {
        const CUTS: usize = 32;
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/site_config");
        let folder = tempfile::tempdir().unwrap();
        for seed in std::fs::read_dir(seeds).unwrap() {
            let text = std::fs::read_to_string(seed.unwrap().path()).unwrap();
            for number in 0..=CUTS {
                let end = text.floor_char_boundary(text.len() * number / CUTS);
                if let Err(problems) = parse(&text[..end], folder.path()) {
                    assert!(!problems.is_empty());
                }
            }
        }
    }
}
