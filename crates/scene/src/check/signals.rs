//! Mistakes in signals.

use domain::SignalState;

use super::{LONGEST_S, MOST, Problems};
use crate::settings::{CameraScene, Lamps, Phase, Plan, SignalSource};

impl CameraScene {
    pub(super) fn check_signals(&self, problems: &mut Problems) {
        for (index, signal) in self.signals.iter().enumerate() {
            let path = format!("signals[{index}]");
            if !(0.5..=600.0).contains(&signal.valid_for_s) {
                let message = format!("{} seconds cannot be used: 0.5 to 600", signal.valid_for_s);
                problems.add(format!("{path}.valid_for_s"), message);
            }
            match &signal.source {
                SignalSource::Plan(plan) => {
                    check_plan(plan, &format!("{path}.source.plan"), problems);
                }
                SignalSource::Lamps(lamps) => {
                    check_lamps(lamps, &format!("{path}.source.lamps"), problems);
                }
                SignalSource::Feed => {}
            }
        }
    }
}

fn check_lamps(lamps: &Lamps, path: &str, problems: &mut Problems) {
    let others = [("red", Some(&lamps.red)), ("amber", lamps.amber.as_ref())];
    for (key, polygon) in [("amber", lamps.amber.as_ref()), ("green", Some(&lamps.green))] {
        let same = others.iter().find(|(other, known)| *other != key && *known == polygon);
        if let (Some((other, _)), true) = (same, polygon.is_some()) {
            problems.add(format!("{path}.{key}"), format!("it is the region of the {other} lamp"));
        }
    }
}

fn check_plan(plan: &Plan, path: &str, problems: &mut Problems) {
    for (key, seconds, range) in [
        ("cycle_s", plan.cycle_s, 5.0..=3600.0),
        ("offset_s", plan.offset_s, 0.0..=LONGEST_S),
        ("unsure_s", plan.unsure_s, 0.0..=60.0),
    ] {
        problems.range(format!("{path}.{key}"), seconds, range, "seconds");
    }
    if plan.phases.len() > MOST || !plan.phases.iter().any(|phase| phase.for_s > 0.0) {
        problems.add(format!("{path}.phases"), format!("1 to {MOST} phases are needed"));
        return;
    }
    if let Some(index) =
        plan.phases.iter().position(|phase| phase.for_s.is_nan() || phase.for_s <= 0.0)
    {
        problems.add(format!("{path}.phases[{index}].for_s"), "a phase lasts more than 0 seconds");
        return;
    }
    let sum: f64 = plan.phases.iter().map(|phase| phase.for_s).sum();
    if (sum - plan.cycle_s).abs() > 0.001 {
        let cycle_s = plan.cycle_s;
        let message = format!("together they last {sum} seconds, a round lasts {cycle_s}");
        problems.add(format!("{path}.phases"), message);
    }
    let shows_red =
        |phase: &Phase| phase.state == SignalState::Red && phase.for_s > 2.0 * plan.unsure_s;
    if plan.phases.len() > 1 && !plan.phases.iter().any(shows_red) {
        let message = "it never surely shows red: a red phase must outlast `unsure_s` twice";
        problems.add(format!("{path}.phases"), message);
    }
}
