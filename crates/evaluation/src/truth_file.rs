//! The JSON of a truth file, and what makes it a [`Truth`].

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{CameraId, Class, Crossing, RuleId};
use serde::Deserialize;
use serde_json::Value;

use crate::truth::{
    BoxesFile, Clip, RuleTruth, SceneRule, Span, TrueCount, TrueEvent, Truth, TruthError, Unsure,
};

/// Longest truth file that is read; an hour of a busy crossing takes about 1 MB.
pub(crate) const MOST_BYTES: usize = 16 << 20;

/// Most events of one rule; it bounds the cost of matching.
const MOST_EVENTS: usize = 10_000;

/// Longest tolerance, in seconds; it bounds the cost of matching, and more proves nothing.
const MOST_TOLERANCE_S: f64 = 60.0;

/// By what share the rate of a clip may differ from what its truth says: containers round it.
pub(crate) const SAME_FPS: f64 = 0.001;

/// The one version of the format there is.
const FORMAT: u32 = 1;

/// A truth file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TruthFile {
    truth_format: u32,
    clip: Clip,
    #[serde(default)]
    camera: Option<CameraId>,
    made_by: String,
    scene: Value,
    rules: Vec<RuleRow>,
    #[serde(default)]
    boxes: Vec<BoxesFile>,
    #[serde(default)]
    not_covered: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    rule: RuleId,
    tolerance_s: Option<f64>,
    events: Option<Vec<EventRow>>,
    #[serde(default)]
    counts: Vec<CountRow>,
    #[serde(default)]
    unsure: Vec<UnsureRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventRow {
    at_s: Option<f64>,
    span_s: Option<[f64; 2]>,
    frame: Option<u32>,
    frames: Option<[u32; 2]>,
    direction: Option<Crossing>,
    class: Option<Class>,
    tolerance_s: Option<f64>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountRow {
    direction: Option<Crossing>,
    class: Option<Class>,
    count: u32,
    #[serde(default)]
    plus_minus: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnsureRow {
    span_s: Option<[f64; 2]>,
    frames: Option<[u32; 2]>,
    why: String,
}

fn wrong(place: impl Into<String>, problem: impl Into<String>) -> TruthError {
    TruthError::Place { place: place.into(), problem: problem.into() }
}

impl TruthFile {
    /// Returns the truth that the file states.
    pub(crate) fn check(self) -> Result<Truth, TruthError> {
        if self.truth_format != FORMAT {
            let problem = format!("{} is not known, only {FORMAT} is", self.truth_format);
            return Err(wrong("truth_format", problem));
        }
        let clip = checked_clip(self.clip)?;
        let scene_rules = scene_rules(&self.scene)?;
        let mut seen = BTreeSet::new();
        let mut rules = Vec::with_capacity(self.rules.len());
        for (index, row) in self.rules.into_iter().enumerate() {
            let place = format!("rules[{index}]");
            let Some(scene_rule) = scene_rules.get(&row.rule) else {
                let problem = format!("the scene has no rule \"{}\"", row.rule);
                return Err(wrong(format!("{place}.rule"), problem));
            };
            if !seen.insert(row.rule.clone()) {
                return Err(wrong(format!("{place}.rule"), format!("\"{}\" again", row.rule)));
            }
            rules.push(row.check(&place, scene_rule, &clip)?);
        }
        for (index, file) in self.boxes.iter().enumerate() {
            check_file_name(&format!("boxes[{index}].file"), &file.file)?;
        }
        Ok(Truth {
            clip,
            camera: self.camera,
            made_by: self.made_by,
            scene: self.scene,
            scene_rules: scene_rules.into_values().collect(),
            rules,
            boxes: self.boxes,
            not_covered: self.not_covered,
        })
    }
}

fn checked_clip(mut clip: Clip) -> Result<Clip, TruthError> {
    check_file_name("clip.file", &clip.file)?;
    let is_hash =
        clip.sha256.len() == 64 && clip.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hash {
        return Err(wrong("clip.sha256", "it is not 64 hexadecimal digits"));
    }
    clip.sha256.make_ascii_lowercase();
    if clip.frames == 0 {
        return Err(wrong("clip.frames", "a clip has at least 1"));
    }
    let is_rate = clip.fps >= 0.001 && clip.fps <= 1000.0;
    if !is_rate {
        return Err(wrong("clip.fps", format!("{} cannot be: 0.001 to 1000", clip.fps)));
    }
    Ok(clip)
}

/// Checks that a name leaves no folder.
fn check_file_name(place: &str, name: &str) -> Result<(), TruthError> {
    let leaves = name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '\0']);
    if leaves {
        return Err(wrong(place, format!("\"{name}\" is not a file name without folders")));
    }
    Ok(())
}

fn scene_rules(scene: &Value) -> Result<BTreeMap<RuleId, SceneRule>, TruthError> {
    let Some(rows) = scene.get("rules").and_then(Value::as_array) else {
        return Err(wrong("scene.rules", "there is no such list"));
    };
    let mut rules = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let place = format!("scene.rules[{index}]");
        let rule = SceneRule::deserialize(row).map_err(|error| wrong(&place, error.to_string()))?;
        if let Some(before) = rules.insert(rule.id.clone(), rule) {
            return Err(wrong(format!("{place}.id"), format!("\"{}\" again", before.id)));
        }
    }
    Ok(rules)
}

impl RuleRow {
    fn check(self, place: &str, rule: &SceneRule, clip: &Clip) -> Result<RuleTruth, TruthError> {
        if self.events.is_none() && self.counts.is_empty() {
            let problem = "neither `events` (an empty list if there should be none) nor `counts`";
            return Err(wrong(place, problem));
        }
        let judged = |place: String, class: Option<Class>| match class {
            Some(class) if !rule.classes.is_empty() && !rule.classes.contains(&class) => {
                Err(wrong(place, format!("rule \"{}\" does not judge {class}", rule.id)))
            }
            class => Ok(class),
        };
        let mut counts = Vec::with_capacity(self.counts.len());
        for (index, row) in self.counts.iter().enumerate() {
            let class = judged(format!("{place}.counts[{index}].class"), row.class)?;
            let CountRow { direction, count, plus_minus, .. } = *row;
            counts.push(TrueCount { direction, class, count, plus_minus });
        }
        let mut unsure = Vec::with_capacity(self.unsure.len());
        for (index, row) in self.unsure.into_iter().enumerate() {
            let place = format!("{place}.unsure[{index}]");
            let when = When { span_s: row.span_s, frames: row.frames, ..When::default() };
            unsure.push(Unsure { span: when.span(&place, clip)?, why: row.why });
        }
        let Some(rows) = self.events else {
            let rule_id = self.rule;
            return Ok(RuleTruth { rule: rule_id, kind: rule.kind, events: None, counts, unsure });
        };
        if rows.len() > MOST_EVENTS {
            let problem = format!("{} are more than {MOST_EVENTS}", rows.len());
            return Err(wrong(format!("{place}.events"), problem));
        }
        let mut events = Vec::with_capacity(rows.len());
        for (index, row) in rows.into_iter().enumerate() {
            let place = format!("{place}.events[{index}]");
            let EventRow { at_s, span_s, frame, frames, .. } = row;
            let span = When { at_s, span_s, frame, frames }.span(&place, clip)?;
            let class = judged(format!("{place}.class"), row.class)?;
            let tolerance = tolerance(&place, row.tolerance_s.or(self.tolerance_s))?;
            let EventRow { direction, note, .. } = row;
            events.push(TrueEvent { span, direction, class, tolerance, note });
        }
        let events = Some(events);
        Ok(RuleTruth { rule: self.rule, kind: rule.kind, events, counts, unsure })
    }
}

fn tolerance(place: &str, seconds: Option<f64>) -> Result<Duration, TruthError> {
    let Some(seconds) = seconds else {
        return Err(wrong(place, "no `tolerance_s`, neither here nor at its rule"));
    };
    let duration = Duration::try_from_secs_f64(seconds).ok();
    duration.filter(|_| seconds <= MOST_TOLERANCE_S).ok_or_else(|| {
        let problem = format!("{seconds} cannot be: 0 to {MOST_TOLERANCE_S}");
        wrong(format!("{place}.tolerance_s"), problem)
    })
}

/// The ways to say when; exactly one is used.
#[derive(Default)]
struct When {
    at_s: Option<f64>,
    span_s: Option<[f64; 2]>,
    frame: Option<u32>,
    frames: Option<[u32; 2]>,
}

impl When {
    fn span(&self, place: &str, clip: &Clip) -> Result<Span, TruthError> {
        match (self.at_s, self.span_s, self.frame, self.frames) {
            (Some(at), None, None, None) => seconds(&format!("{place}.at_s"), [at, at], clip),
            (None, Some(span), None, None) => seconds(&format!("{place}.span_s"), span, clip),
            (None, None, Some(frame), None) => {
                frames(&format!("{place}.frame"), [frame, frame], clip)
            }
            (None, None, None, Some(span)) => frames(&format!("{place}.frames"), span, clip),
            (None, None, None, None) => Err(wrong(place, "it does not say when")),
            _ => Err(wrong(place, "it says when in more than one way")),
        }
    }
}

fn seconds(place: &str, [from, to]: [f64; 2], clip: &Clip) -> Result<Span, TruthError> {
    if from > to {
        return Err(wrong(place, format!("{from} to {to} runs backwards")));
    }
    let clip_end = clip.duration();
    let on_clip = |seconds: f64| {
        let time = Duration::try_from_secs_f64(seconds).ok();
        time.filter(|time| *time <= clip_end).ok_or_else(|| {
            let end = clip_end.as_secs_f64();
            wrong(place, format!("{seconds} s is not on the clip, which ends at {end} s"))
        })
    };
    Ok(Span { start: on_clip(from)?, end: on_clip(to)? })
}

fn frames(place: &str, [from, to]: [u32; 2], clip: &Clip) -> Result<Span, TruthError> {
    if from > to {
        return Err(wrong(place, format!("{from} to {to} runs backwards")));
    }
    if to >= clip.frames {
        let last = clip.frames - 1;
        return Err(wrong(place, format!("frame {to} is beyond the clip's last, {last}")));
    }
    Ok(Span { start: clip.time_of(from), end: clip.time_of(to) })
}
