//! Found events beside true ones.

use std::time::Duration;

use domain::{Class, Crossing, EventDraft, RuleId, Timestamp};

use crate::matching::{Pair, best_pairs};
use crate::report::{ClipReport, CountReport, EventScores, Finding, Hit, RuleReport};
use crate::share::{Share, real};
use crate::truth::{RuleTruth, TrueCount, TrueEvent, Truth};

/// Worth of a match in µs of time error: more than the errors of all others together, so that as
/// many as can be are matched, and only then as well in time as can be.
const MATCH_US: i64 = 1_000_000_000_000;

/// An event that the pipeline found in a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    /// Which rule found it.
    pub rule: RuleId,
    /// When its condition was first met, from the clip's first picture.
    pub time: Duration,
    /// The way over a tripwire, if over one.
    pub direction: Option<Crossing>,
    /// The object's class, if of one object.
    pub class: Option<Class>,
    /// How many it stands for: 1, but for counts.
    pub count: u32,
}

impl FoundEvent {
    /// Takes what a rule stated of a clip whose first picture was taken at `start`.
    pub fn new(draft: &EventDraft, start: Timestamp) -> Self {
        Self {
            rule: draft.rule.clone(),
            time: draft.time.since(start),
            direction: draft.crossing,
            class: draft.class,
            count: draft.count,
        }
    }
}

/// Judges what was `found` in a clip by its truth. Detection, tracking, cost and pictures are for
/// the caller to add.
///
/// Events are matched one to one by rule, direction, class and time: as many as can be, then with
/// the least time error in all. What is found twice is once a false alarm.
pub fn judge(truth: &Truth, found: &[FoundEvent]) -> ClipReport {
    let mut rules = Vec::with_capacity(truth.rules.len());
    let mut not_covered = truth.not_covered.clone();
    for rule in &truth.rules {
        let mut own: Vec<&FoundEvent> =
            found.iter().filter(|event| event.rule == rule.rule).collect();
        own.sort_by_key(|event| event.time);
        let report = judge_rule(rule, &own);
        note_limits(rule, report.left_out, &mut not_covered);
        rules.push(report);
    }
    note_rules_without_truth(truth, found, &mut not_covered);
    if truth.boxes.is_empty() {
        not_covered.push("there are no true boxes: detection and tracking are not judged".into());
    }
    ClipReport {
        clip: truth.clip.clone(),
        camera: truth.camera.clone(),
        truth_made_by: truth.made_by.clone(),
        rules,
        detection: Vec::new(),
        tracking: Vec::new(),
        cost: None,
        not_covered,
    }
}

/// Judges one rule; `found` is its own, in order of time.
fn judge_rule(truth: &RuleTruth, found: &[&FoundEvent]) -> RuleReport {
    let counts = truth.counts.iter().map(|count| judge_count(count, found)).collect();
    let mut report = RuleReport {
        rule: truth.rule.clone(),
        kind: truth.kind,
        scores: None,
        hits: Vec::new(),
        misses: Vec::new(),
        false_alarms: Vec::new(),
        left_out: 0,
        counts,
    };
    let Some(events) = &truth.events else {
        return report;
    };
    let (mut event_is_hit, mut found_is_hit) =
        (vec![false; events.len()], vec![false; found.len()]);
    for pair in best_pairs(&possible_pairs(events, found)) {
        event_is_hit[pair.truth] = true;
        found_is_hit[pair.found] = true;
        report.hits.push(hit(&events[pair.truth], found[pair.found]));
    }
    for (event, _) in events.iter().zip(event_is_hit).filter(|(_, is_hit)| !is_hit) {
        report.misses.push(Finding {
            at_s: event.span.start.as_secs_f64(),
            until_s: event.span.end.as_secs_f64(),
            direction: event.direction,
            class: event.class,
            note: event.note.clone(),
            picture_jpeg: None,
        });
    }
    for (event, _) in found.iter().zip(found_is_hit).filter(|(_, is_hit)| !is_hit) {
        if truth.unsure.iter().any(|unsure| unsure.span.contains(event.time)) {
            report.left_out += 1;
            continue;
        }
        report.false_alarms.push(Finding {
            at_s: event.time.as_secs_f64(),
            until_s: event.time.as_secs_f64(),
            direction: event.direction,
            class: event.class,
            note: String::new(),
            picture_jpeg: None,
        });
    }
    report.scores = Some(scores(&report));
    report
}

fn judge_count(truth: &TrueCount, found: &[&FoundEvent]) -> CountReport {
    let counted = found.iter().filter(|event| {
        agrees(truth.direction, event.direction) && agrees(truth.class, event.class)
    });
    CountReport {
        direction: truth.direction,
        class: truth.class,
        truth: u64::from(truth.count),
        plus_minus: u64::from(truth.plus_minus),
        found: counted.map(|event| u64::from(event.count)).sum(),
    }
}

/// Returns whether what was found is what truth asks for, if it asks.
fn agrees<T: PartialEq>(truth: Option<T>, found: Option<T>) -> bool {
    truth.is_none() || truth == found
}

fn possible_pairs(events: &[TrueEvent], found: &[&FoundEvent]) -> Vec<Pair> {
    let mut possible = Vec::new();
    for (truth, event) in events.iter().enumerate() {
        let earliest = event.span.start.saturating_sub(event.tolerance);
        let first = found.partition_point(|candidate| candidate.time < earliest);
        for (offset, candidate) in found[first..].iter().enumerate() {
            if candidate.time > event.span.end.saturating_add(event.tolerance) {
                break;
            }
            let is_same = agrees(event.direction, candidate.direction)
                && agrees(event.class, candidate.class);
            if is_same {
                let error = event.span.distance(candidate.time).as_micros();
                // At most the longest tolerance, a minute.
                let error_us = i64::try_from(error).unwrap_or(MATCH_US - 1);
                possible.push(Pair { truth, found: first + offset, gain: MATCH_US - error_us });
            }
        }
    }
    possible
}

fn hit(event: &TrueEvent, found: &FoundEvent) -> Hit {
    Hit {
        from_s: event.span.start.as_secs_f64(),
        to_s: event.span.end.as_secs_f64(),
        found_s: found.time.as_secs_f64(),
        time_error_s: event.span.distance(found.time).as_secs_f64(),
        direction: found.direction,
        class: found.class,
        note: event.note.clone(),
    }
}

fn scores(report: &RuleReport) -> EventScores {
    let hits = report.hits.len() as u64;
    let errors = || report.hits.iter().map(|hit| hit.time_error_s);
    EventScores {
        precision: Share { part: hits, whole: hits + report.false_alarms.len() as u64 },
        recall: Share { part: hits, whole: hits + report.misses.len() as u64 },
        mean_time_error_s: (hits > 0).then(|| errors().sum::<f64>() / real(hits)),
        max_time_error_s: errors().reduce(f64::max),
    }
}

fn note_limits(truth: &RuleTruth, left_out: u64, notes: &mut Vec<String>) {
    let rule = &truth.rule;
    if truth.events.is_none() {
        notes.push(format!(
            "rule {rule}: only counts are known, in which misses and false alarms may cancel out"
        ));
    }
    for unsure in &truth.unsure {
        let (start, end) = (unsure.span.start.as_secs_f64(), unsure.span.end.as_secs_f64());
        notes.push(format!("rule {rule}, {start:.1} to {end:.1} s: {}", unsure.why));
    }
    if left_out > 0 {
        notes.push(format!("rule {rule}: {left_out} found where truth is unsure, left out"));
    }
}

fn note_rules_without_truth(truth: &Truth, found: &[FoundEvent], notes: &mut Vec<String>) {
    let has_truth = |id: &RuleId| truth.rules.iter().any(|rule| rule.rule == *id);
    for rule in truth.scene_rules.iter().filter(|rule| !has_truth(&rule.id)) {
        let count = found.iter().filter(|event| event.rule == rule.id).count();
        notes.push(format!("rule {}: there is no truth for it; {count} found", rule.id));
    }
    let is_known = |id: &RuleId| truth.scene_rules.iter().any(|rule| rule.id == *id);
    let strangers = found.iter().filter(|event| !is_known(&event.rule)).count();
    if strangers > 0 {
        notes.push(format!("{strangers} found by rules that the truth's scene does not have"));
    }
}
