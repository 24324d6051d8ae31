//! The health judge: what it finds, when, and what it tells once.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use domain::{HealthFinding, HealthKind, StreamState, Timestamp, ViewCondition};
use proptest::prelude::*;
use scene::{HealthFacts, HealthJudge};

/// A moment, in seconds after the judge began.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + seconds * 1000)
}

/// What comes over a camera.
type Spoil = Box<dyn Fn(&mut HealthFacts)>;

/// A street by day.
fn view() -> ViewCondition {
    ViewCondition {
        time: at(0),
        luma: 0.4,
        spread: 0.2,
        dark: 0.0,
        saturated: 0.02,
        sharpness: Some(1.0),
        detail: Some(1.0),
        likeness: Some(1.0),
        shift: None,
        identical: 0,
    }
}

/// All is well.
fn well(seconds: i64) -> HealthFacts {
    HealthFacts {
        time: at(seconds),
        stream: StreamState::Up,
        last_picture: Some(at(seconds)),
        frozen: false,
        view: Some(view()),
        view_measured: Some(at(seconds)),
        clock_error_ms: Some(20),
        gap_open: false,
        looked_at: Some(1.0),
    }
}

/// Judges a second at a time, `facts` from second to second.
fn judge(
    judge: &mut HealthJudge,
    seconds: std::ops::Range<i64>,
    facts: impl Fn(i64) -> HealthFacts,
) -> Vec<(i64, HealthFinding)> {
    let mut told = Vec::new();
    for second in seconds {
        told.extend(judge.judge(&facts(second)).into_iter().map(|finding| (second, finding)));
    }
    told
}

/// What is found when `spoil` comes over a camera that is well for a minute, and when it goes again
/// after another; with the seconds that passed until it was found.
fn found(spoil: impl Fn(&mut HealthFacts)) -> Vec<(HealthKind, i64)> {
    let mut judge_of = HealthJudge::default();
    let facts = |second: i64| {
        let mut facts = well(second);
        if (60..180).contains(&second) {
            spoil(&mut facts);
        }
        facts
    };
    let told = judge(&mut judge_of, 0..400, facts);
    let (began, ended): (Vec<_>, Vec<_>) =
        told.into_iter().partition(|(_, finding)| finding.ended.is_none());
    assert_eq!(began.len(), ended.len(), "what began has ended: {began:?} {ended:?}");
    for ((_, began), (second, ended)) in began.iter().zip(&ended) {
        assert_eq!((began.kind, began.since), (ended.kind, ended.since));
        assert_eq!(began.since, at(60));
        assert_eq!(ended.ended, Some(at(180)));
        assert!(*second <= 250, "{ended:?} told at {second}");
        assert!(!began.detail.is_empty());
    }
    assert_eq!(judge_of.open().count(), 0);
    began.into_iter().map(|(second, finding)| (finding.kind, second - 60)).collect()
}

fn with_view(change: impl Fn(&mut ViewCondition)) -> impl Fn(&mut HealthFacts) {
    move |facts| {
        let mut view = view();
        change(&mut view);
        facts.view = Some(view);
    }
}

#[test]
fn a_camera_that_is_well_is_left_in_peace() {
    assert_eq!(judge(&mut HealthJudge::default(), 0..3600, well), []);
}

#[test]
fn each_trouble_is_found_alone_and_in_time() {
    let cases: [(HealthKind, i64, Spoil); 10] = [
        (HealthKind::SignalLost, 10, Box::new(|facts| facts.stream = StreamState::Down)),
        (HealthKind::NoPicture, 10, Box::new(|facts| facts.stream = StreamState::NoPicture)),
        (
            HealthKind::Frozen,
            10,
            Box::new(|facts| (facts.stream, facts.frozen) = (StreamState::NoPicture, true)),
        ),
        (HealthKind::TooDark, 30, Box::new(with_view(|view| (view.dark, view.luma) = (1.0, 0.05)))),
        (HealthKind::TooBright, 30, Box::new(with_view(|view| view.saturated = 0.8))),
        (HealthKind::Blurred, 30, Box::new(with_view(|view| view.sharpness = Some(0.4)))),
        (HealthKind::Moved, 60, Box::new(with_view(|view| view.likeness = Some(0.0)))),
        (HealthKind::ClockSkew, 60, Box::new(|facts| facts.clock_error_ms = Some(-1500))),
        (HealthKind::RecordingGap, 10, Box::new(|facts| facts.gap_open = true)),
        (HealthKind::AnalysisStarved, 60, Box::new(|facts| facts.looked_at = Some(0.1))),
    ];
    for (kind, within, spoil) in cases {
        let found = found(spoil);
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert_eq!(found[0].0, kind);
        assert!(found[0].1 <= within, "{kind} after {} s", found[0].1);
    }
}

#[test]
fn one_cause_is_told_once() {
    // The cable is pulled: nothing arrives, nothing is recorded, nothing is looked at, and the view
    // is what it was.
    let lost = found(|facts| {
        facts.stream = StreamState::Down;
        facts.last_picture = Some(at(60));
        facts.view_measured = Some(at(60));
        facts.gap_open = true;
        facts.looked_at = Some(0.0);
    });
    assert_eq!(lost.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [HealthKind::SignalLost]);
    // A hood over the lens: dark, without edges, and nothing where it was.
    let covered = found(with_view(|view| {
        (view.dark, view.luma) = (1.0, 0.02);
        (view.sharpness, view.detail, view.likeness) = (None, Some(0.0), Some(0.0));
    }));
    assert_eq!(covered.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [HealthKind::TooDark]);
    // Grease on the lens hides where things were.
    let smeared = found(with_view(|view| {
        (view.sharpness, view.likeness) = (Some(0.3), Some(0.1));
    }));
    assert_eq!(smeared.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [HealthKind::Blurred]);
}

#[test]
fn silence_of_a_stream_that_is_up_is_no_picture() {
    let silent =
        found(|facts| facts.last_picture = Some(facts.time.minus(Duration::from_secs(20))));
    assert_eq!(silent.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [HealthKind::NoPicture]);
}

#[test]
fn a_street_at_night_is_neither_dark_nor_blurred() {
    // As measured on a main road at night, against a normal learnt by day.
    let night = with_view(|view| {
        (view.luma, view.dark, view.sharpness) = (0.38, 0.05, Some(0.83));
        (view.detail, view.likeness) = (Some(0.85), Some(0.41));
    });
    assert_eq!(found(night), []);
    // An unlit one, where only headlights show: no structure to compare, and not called covered.
    let unlit = with_view(|view| {
        (view.luma, view.dark, view.sharpness) = (0.06, 0.6, None);
        (view.detail, view.likeness) = (Some(0.15), None);
    });
    assert_eq!(found(unlit), []);
}

#[test]
fn connecting_again_and_again_is_one_loss_of_signal() {
    let mut judge_of = HealthJudge::default();
    let told = judge(&mut judge_of, 0..600, |second| {
        let mut facts = well(second);
        if second >= 60 {
            let states = [StreamState::Down, StreamState::Down, StreamState::Connecting];
            facts.stream = states[usize::try_from(second % 3).unwrap()];
            facts.last_picture = Some(at(60));
        }
        facts
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0 <= 70, "{told:?}");
}

#[test]
fn a_stale_view_tells_nothing() {
    let stale = |facts: &mut HealthFacts| {
        with_view(|view| view.dark = 1.0)(facts);
        facts.view_measured = Some(at(0));
    };
    assert_eq!(found(stale), []);
}

proptest! {
    /// Facts that tremble about every limit at once: a stream that comes and goes at random is told
    /// once in 13 s at most, as a start and an end take together; a level that trembles, once.
    #[test]
    fn noise_about_a_limit_does_not_flap(levels in prop::collection::vec(
        (0.0_f32..1.0, 0.0_f32..1.0, 0.0_f32..1.0, 0_u8..8), 600,
    )) {
        let mut judge_of = HealthJudge::default();
        let told = judge(&mut judge_of, 0..600, |second| {
            let (a, b, c, bits) = levels[usize::try_from(second).unwrap()];
            let mut facts = well(second);
            let about = |limit: f32, noise: f32| limit + (noise - 0.5) * 0.3;
            facts.view = Some(ViewCondition {
                dark: about(0.8, a),
                saturated: about(0.5, b),
                sharpness: Some(about(0.55, c)),
                likeness: Some(about(0.15, a)),
                ..view()
            });
            facts.clock_error_ms = Some(700 + i16::try_from(second % 7).unwrap() as i32 * 100);
            facts.looked_at = Some(about(0.5, b));
            facts.gap_open = bits & 1 == 1;
            facts.frozen = bits & 2 == 2;
            facts.stream = if bits & 4 == 4 { StreamState::Down } else { StreamState::Up };
            facts
        });
        for kind in HealthKind::ALL {
            let starts: Vec<i64> = told
                .iter()
                .filter(|(_, finding)| finding.kind == kind && finding.ended.is_none())
                .map(|(second, _)| *second)
                .collect();
            for pair in starts.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 13, "{kind} begins at {starts:?}");
            }
            let comes_and_goes = [
                HealthKind::SignalLost,
                HealthKind::NoPicture,
                HealthKind::Frozen,
                HealthKind::RecordingGap,
            ];
            if !comes_and_goes.contains(&kind) {
                prop_assert!(starts.len() <= 1, "{kind} begins at {starts:?}");
            }
        }
    }

    /// Whatever the facts, starts and ends of a kind take turns, and times go forward.
    #[test]
    fn starts_and_ends_take_turns(levels in prop::collection::vec(
        (0.0_f32..1.0, any::<bool>(), prop::option::of(0.0_f32..1.0), 1_i64..40), 1..200,
    )) {
        let mut judge_of = HealthJudge::default();
        let mut now = 0;
        let mut open = [None; 10];
        for (level, flag, likeness, step) in levels {
            now += step;
            let mut facts = well(now);
            facts.view = Some(ViewCondition { dark: level, likeness, ..view() });
            facts.gap_open = flag;
            for finding in judge_of.judge(&facts) {
                let slot = &mut open[usize::from(finding.kind.number() - 32)];
                match finding.ended {
                    None => {
                        prop_assert_eq!(slot.replace(finding.since), None);
                        prop_assert!(finding.since <= facts.time);
                    }
                    Some(ended) => {
                        prop_assert_eq!(slot.take(), Some(finding.since));
                        prop_assert!(finding.since <= ended && ended <= facts.time);
                    }
                }
            }
        }
    }
}
