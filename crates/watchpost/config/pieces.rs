//! The document, read piece by piece, so that a mistake in one hides none in the others.
//!
//! A setting that cannot be read is told of and left out, and its piece is read again without it. What is
//! checked afterwards is what could be read: less than stands in the file, so that some of what the
//! checks find is no mistake of its own. [`LeftOut`] knows which.

use std::collections::BTreeMap;
use std::ops::Range;

use scene::Rule;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_spanned::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::load::from_toml;
use super::place::{Problem, line_and_column, locate};
use super::{Camera, Config};

/// A document that is read.
pub(super) struct Pieces<'a> {
    text: &'a str,
    document: &'a Spanned<DeTable<'a>>,
    /// What could be read; the rest is left out, or stands for what it could be.
    pub(super) config: Config,
    /// Everything that could not be read.
    pub(super) problems: Vec<Problem>,
    pub(super) left_out: LeftOut,
}

/// What is missing from a configuration because it could not be read.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// The settings, by their paths: `camera[2].username`, `camera[2]` as a whole.
    paths: Vec<String>,
    /// Which sections of a list were read, by the list's name: their positions in the file.
    positions: BTreeMap<String, Vec<usize>>,
}

impl LeftOut {
    /// Returns the path in the file of what is at `path` among the sections that were read.
    pub(super) fn path_in_file(&self, path: &str) -> String {
        let in_list = || {
            let (list, rest) = path.split_once('[')?;
            let (position, rest) = rest.split_once(']')?;
            let read = self.positions.get(list)?;
            let position = read.get(position.parse::<usize>().ok()?)?;
            Some(format!("{list}[{position}]{rest}"))
        };
        in_list().unwrap_or_else(|| path.to_owned())
    }

    /// Returns whether what was found wrong at `path` may be so only for what is left out: it is that
    /// setting, or its message speaks of it.
    pub(super) fn explain(&self, path: &str, message: &str) -> bool {
        self.paths.iter().any(|missing| {
            let lies_within = path
                .strip_prefix(missing.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            lies_within || (may_bear(missing, path) && speaks_of(message, word_for(missing)))
        })
    }
}

/// Returns whether the absence of `missing` may make a mistake at `path`: not of one section of a list on
/// another one.
fn may_bear(missing: &str, path: &str) -> bool {
    let section = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
    let list = |section: &str| section.split('[').next().unwrap_or_default().to_owned();
    let (missing, at) = (section(missing), section(path));
    missing == at || list(&missing) != list(&at) || !at.contains('[')
}

/// Returns the word by which messages speak of a setting: its name.
fn word_for(path: &str) -> &str {
    let name = path.rsplit('.').next().unwrap_or_default();
    name.split('[').next().unwrap_or_default()
}

/// Returns whether `word` stands in `message`, be it of one or of several.
fn speaks_of(message: &str, word: &str) -> bool {
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    let mut words = message.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|one| singular(one) == singular(word))
}

impl<'a> Pieces<'a> {
    /// Reads everything before giving up on anything.
    pub(super) fn read(text: &'a str, document: &'a Spanned<DeTable<'a>>) -> Self {
        let nothing = Config::without_anything();
        let mut pieces = Self {
            text,
            document,
            config: nothing,
            problems: Vec::new(),
            left_out: LeftOut::default(),
        };
        pieces.config = pieces.sections();
        pieces
    }

    fn sections(&mut self) -> Config {
        const KNOWN: [&str; 19] = [
            "site",
            "index",
            "volume",
            "retention",
            "api",
            "restream",
            "access",
            "privacy",
            "map",
            "alerts",
            "escalation",
            "procedure",
            "audit",
            "export",
            "analysis",
            "notify",
            "camera",
            "calls",
            "source",
        ];
        for key in self.document.get_ref().keys() {
            if !KNOWN.contains(&&**key.get_ref()) {
                let (line, column) = line_and_column(self.text, key.span().start);
                let message = format!("unknown section, expected one of {}", KNOWN.join(", "));
                let path = key.get_ref().to_string();
                self.problems.push(Problem { line, column, path, message });
            }
        }
        let nothing = Config::without_anything();
        Config {
            site: self.required("site").unwrap_or(nothing.site),
            index: self.required("index").unwrap_or(nothing.index),
            volumes: self.list("volume"),
            retention: self.optional("retention").unwrap_or_default(),
            api: self.optional("api").unwrap_or_default(),
            restream: self.optional("restream").unwrap_or_default(),
            access: self.optional("access").unwrap_or_default(),
            privacy: self.optional("privacy").unwrap_or_default(),
            map: self.optional("map").unwrap_or_default(),
            alerts: self.optional("alerts").unwrap_or_default(),
            escalations: self.list("escalation"),
            procedures: self.list("procedure"),
            audit: self.optional("audit").unwrap_or_default(),
            export: self.optional("export").unwrap_or_default(),
            analysis: self.optional("analysis"),
            notify: self.list("notify"),
            cameras: self.list_of("camera", Self::camera),
            calls: self.optional("calls").unwrap_or_default(),
            sources: self.list("source"),
        }
    }

    fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.document.get_ref().contains_key(key) {
            let message = format!("section [{key}] is missing");
            self.problems.push(Problem { line: 0, column: 0, path: key.to_owned(), message });
        }
        self.optional(key)
    }

    /// Returns `None` after a mistake, and if the section is absent.
    fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.document.get_ref().get(key)?;
        self.value(key, value)
    }

    fn list<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        self.list_of(key, Self::value)
    }

    /// Reads each section of a list by `read`, which is told its path.
    fn list_of<T>(
        &mut self,
        key: &str,
        read: impl Fn(&mut Self, &str, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.document.get_ref().get(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            let (line, column) = line_and_column(self.text, value.span().start);
            let message = format!("write it as a list of sections: [[{key}]]");
            self.problems.push(Problem { line, column, path: key.to_owned(), message });
            self.left_out.paths.push(key.to_owned());
            return Vec::new();
        };
        let mut all = Vec::new();
        let mut positions = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if let Some(item) = read(self, &format!("{key}[{at}]"), item) {
                all.push(item);
                positions.push(at);
            }
        }
        self.left_out.positions.insert(key.to_owned(), positions);
        all
    }

    /// Reads a camera, and each of its masks, zones, tripwires, signals and rules by itself.
    fn camera(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<Camera> {
        let mut bare = value.clone();
        let masks = self.each(path, "masks", take_list(&mut bare, &["masks"]), Self::value);
        let mut of_scene = |key: &str| take_list(&mut bare, &["scene", key]);
        let [zones, tripwires, signals, rules] =
            ["zones", "tripwires", "signals", "rules"].map(&mut of_scene);
        let camera: Option<Camera> = self.value(path, &bare);
        let zones = self.each(path, "scene.zones", zones, Self::value);
        let tripwires = self.each(path, "scene.tripwires", tripwires, Self::value);
        let signals = self.each(path, "scene.signals", signals, Self::value);
        let rules = self.each(path, "scene.rules", rules, Self::rule);
        let mut camera = camera?;
        camera.masks = masks;
        let scene = &mut camera.scene;
        (scene.zones, scene.tripwires) = (zones, tripwires);
        (scene.signals, scene.rules) = (signals, rules);
        Some(camera)
    }

    /// Reads the items of a list that lies at `key` of `path`, each by itself. If one of them cannot be
    /// read, the list counts as left out: what is found in it has another position in the file.
    fn each<T>(
        &mut self,
        path: &str,
        key: &str,
        items: Vec<Spanned<DeValue<'_>>>,
        read: impl Fn(&mut Self, &str, &Spanned<DeValue<'_>>) -> Option<T>,
    ) -> Vec<T> {
        let count = items.len();
        let items = items.iter().enumerate();
        let all: Vec<T> = items
            .filter_map(|(at, item)| read(self, &format!("{path}.{key}[{at}]"), item))
            .collect();
        if all.len() < count {
            self.left_out.paths.push(format!("{path}.{key}"));
        }
        all
    }

    /// Reads a rule; a mistake stands on the line of its key, where there is one.
    fn rule(&mut self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<Rule> {
        let error = match Rule::deserialize(toml::de::ValueDeserializer::from(value.clone())) {
            Ok(rule) => return Some(rule),
            Err(error) => error,
        };
        let message = error.message().to_owned();
        let key = Rule::key_at_fault(&message);
        let path = key.map_or_else(|| path.to_owned(), |key| format!("{path}.{key}"));
        let (line, column) = line_and_column(self.text, locate(self.document, &path).start);
        self.problems.push(Problem { line, column, path, message });
        None
    }

    /// Reads a piece, without the settings of it that cannot be read; `None` if it makes nothing then.
    fn value<T: DeserializeOwned>(
        &mut self,
        path: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let mut rest = value.clone();
        let mut removed: Vec<Removed> = Vec::new();
        loop {
            let error = match T::deserialize(toml::de::ValueDeserializer::from(rest.clone())) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            // What is missing is what was just told of.
            let is_told = removed.iter().any(|one| one.is_missed_by(error.message()));
            if !is_told {
                let mut problem = from_toml(self.text, path, &error);
                if problem.line == 0 {
                    (problem.line, problem.column) = line_and_column(self.text, value.span().start);
                }
                self.problems.push(problem);
            }
            let found = error.span().and_then(|span| remove(&mut rest, &span));
            let Some(found) = found.filter(|_| !is_told) else {
                self.left_out.paths.push(path.to_owned());
                return None;
            };
            if found.is_known {
                self.left_out.paths.push(format!("{path}.{}", found.path));
            }
            removed.push(found);
        }
    }
}

/// A setting that was taken out of its piece.
struct Removed {
    /// Below the piece: `analysis.mode`.
    path: String,
    /// Whether there is a setting of that name; what is left out of one that is unknown bears on nothing.
    is_known: bool,
}

impl Removed {
    /// Returns whether serde says in `message` that it is missing.
    fn is_missed_by(&self, message: &str) -> bool {
        let name = self.path.rsplit('.').next().unwrap_or_default();
        message == format!("missing field `{name}`")
    }
}

/// Takes the innermost setting out of `value` that a mistake at `span` is of.
fn remove(value: &mut Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Removed> {
    let DeValue::Table(table) = value.get_mut() else { return None };
    let unknown = table.keys().find(|key| key.span() == *span).cloned();
    if let Some(key) = unknown {
        table.remove(&key);
        return Some(Removed { path: key.get_ref().to_string(), is_known: false });
    }
    for (key, inner) in table.iter_mut() {
        if let Some(Removed { path, is_known }) = remove(inner, span) {
            return Some(Removed { path: format!("{}.{path}", key.get_ref()), is_known });
        }
    }
    let holds = |inner: &Spanned<DeValue<'_>>| {
        inner.span().start <= span.start && span.end <= inner.span().end
    };
    let wrong = table.iter().find(|(_, inner)| holds(inner)).map(|(key, _)| key.clone())?;
    table.remove(&wrong);
    Some(Removed { path: wrong.get_ref().to_string(), is_known: true })
}

/// Takes the items out of the list that lies at `keys` in the table of a camera, if there is one.
fn take_list<'a>(camera: &mut Spanned<DeValue<'a>>, keys: &[&str]) -> Vec<Spanned<DeValue<'a>>> {
    let mut value = camera.get_mut();
    for key in keys {
        let DeValue::Table(table) = value else { return Vec::new() };
        let Some(next) = table.get_mut(*key) else { return Vec::new() };
        value = next.get_mut();
    }
    match value {
        DeValue::Array(items) => std::mem::replace(items, DeArray::new()).into_iter().collect(),
        _ => Vec::new(),
    }
}
