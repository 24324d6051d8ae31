//! What each traffic light of a view shows, and has shown of late.
//!
//! States are told from outside, with their times, or follow from a fixed plan and the time alone.
//! A state that was not told again for long is unknown, and so is a plan near its changes: rules
//! fire on neither.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::{SignalChange, SignalState, Timestamp};

use crate::settings::{Plan, Signal, SignalSource};

/// States remembered of one signal: minutes, even of one that flickers.
const MOST_SPANS: usize = 256;

/// A time that is earlier by so many seconds is no straggler: the clock was set back.
const SET_BACK_S: f64 = 2.0;

/// Most changes that an event carries.
const MOST_CHANGES: usize = 32;

/// The traffic lights of one view.
#[derive(Debug, Default)]
pub(crate) struct Signals(BTreeMap<String, Known>);

#[derive(Debug)]
enum Known {
    Plan(Plan),
    Told(Told),
}

/// A time over which a signal shows one state: from its time until `end`, which is not in it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    change: SignalChange,
    end: Timestamp,
}

impl Signals {
    pub(crate) fn new(signals: &[Signal]) -> Self {
        let known = |signal: &Signal| match &signal.source {
            SignalSource::Plan(plan) => Known::Plan(plan.clone()),
            SignalSource::Lamps(_) | SignalSource::Feed => {
                let valid_for = Duration::try_from_secs_f64(signal.valid_for_s);
                Known::Told(Told {
                    valid_for: valid_for.unwrap_or_default(),
                    spans: VecDeque::new(),
                })
            }
        };
        Self(signals.iter().map(|signal| (signal.name.clone(), known(signal))).collect())
    }

    /// Takes that the signal called `name` shows `state` at `time`; returns whether there is one
    /// that is told from outside.
    pub(crate) fn tell(&mut self, name: &str, state: SignalState, time: Timestamp) -> bool {
        match self.0.get_mut(name) {
            Some(Known::Told(told)) => {
                told.tell(state, time);
                true
            }
            Some(Known::Plan(_)) | None => false,
        }
    }

    /// Returns since when the signal has shown red at `time` without a break, if it has.
    pub(crate) fn red_since(&self, name: &str, time: Timestamp) -> Option<Timestamp> {
        let change = self.piece(name, time).change;
        (change.state == SignalState::Red).then_some(change.time)
    }

    /// Returns whether the signal showed red from `from` to `to`, both included.
    pub(crate) fn is_red_over(&self, name: &str, from: Timestamp, to: Timestamp) -> bool {
        let piece = self.piece(name, from);
        piece.change.state == SignalState::Red && piece.end > to
    }

    /// Returns what the signal shows at `time`.
    pub(crate) fn state(&self, name: &str, time: Timestamp) -> SignalState {
        self.piece(name, time).change.state
    }

    /// Returns what the signal showed from `from` to `to`; the first since when it did.
    pub(crate) fn over(&self, name: &str, from: Timestamp, to: Timestamp) -> Vec<SignalChange> {
        let mut piece = self.piece(name, from);
        piece.change.time = piece.change.time.max(from.minus(Duration::from_secs(600)));
        let mut changes = vec![piece.change];
        while piece.end <= to && changes.len() < MOST_CHANGES {
            let next = self.piece(name, piece.end);
            if next.end <= piece.end {
                break;
            }
            piece = next;
            if changes.last().is_none_or(|last| last.state != piece.change.state) {
                changes.push(piece.change);
            }
        }
        changes
    }

    fn piece(&self, name: &str, time: Timestamp) -> Piece {
        match self.0.get(name) {
            Some(Known::Plan(plan)) => planned(plan, time),
            Some(Known::Told(told)) => told.piece(time),
            None => piece(SignalState::Unknown, Timestamp::MIN, Timestamp::MAX),
        }
    }
}

fn piece(state: SignalState, time: Timestamp, end: Timestamp) -> Piece {
    Piece { change: SignalChange { time, state }, end }
}

/// What somebody outside told of one signal.
#[derive(Debug)]
struct Told {
    valid_for: Duration,
    /// In order of time.
    spans: VecDeque<Span>,
}

/// A state that was told again and again.
#[derive(Debug, Clone, Copy)]
struct Span {
    state: SignalState,
    first: Timestamp,
    last: Timestamp,
}

impl Told {
    fn tell(&mut self, state: SignalState, time: Timestamp) {
        if let Some(span) = self.spans.back_mut() {
            if time < span.last {
                if span.last.seconds_since(time) < SET_BACK_S {
                    return;
                }
                self.spans.clear();
            } else if span.state == state && time <= span.last.plus(self.valid_for) {
                span.last = time;
                return;
            }
        }
        if self.spans.len() >= MOST_SPANS {
            self.spans.pop_front();
        }
        self.spans.push_back(Span { state, first: time, last: time });
    }

    fn piece(&self, time: Timestamp) -> Piece {
        let after = self.spans.partition_point(|span| span.first <= time);
        let next = self.spans.get(after).map_or(Timestamp::MAX, |span| span.first);
        let Some(span) = after.checked_sub(1).and_then(|index| self.spans.get(index)) else {
            return piece(SignalState::Unknown, Timestamp::MIN, next);
        };
        // The last moment of its validity is still in it.
        let end = span.last.plus(self.valid_for).plus(Duration::from_micros(1)).min(next);
        if time < end {
            piece(span.state, span.first, end)
        } else {
            piece(SignalState::Unknown, end, next)
        }
    }
}

/// Returns what a fixed plan shows at `time`.
fn planned(plan: &Plan, time: Timestamp) -> Piece {
    let cycle = micros(plan.cycle_s).max(1);
    let since_start = time.as_micros().saturating_sub(micros(plan.offset_s)).rem_euclid(cycle);
    let unsure = micros(plan.unsure_s);
    let at = |since_start_us: i64| {
        let offset = since_start_us.saturating_sub(since_start);
        Timestamp::from_micros(time.as_micros().saturating_add(offset))
    };
    if let [phase] = plan.phases.as_slice() {
        return piece(phase.state, Timestamp::MIN, Timestamp::MAX);
    }
    let mut start = 0;
    for phase in &plan.phases {
        let end = start + micros(phase.for_s);
        let (sure_from, sure_to) = (start + unsure, end - unsure);
        if since_start < end {
            return if sure_from >= sure_to {
                piece(SignalState::Unknown, at(start - unsure), at(end))
            } else if since_start < sure_from {
                piece(SignalState::Unknown, at(start - unsure), at(sure_from))
            } else if since_start < sure_to {
                piece(phase.state, at(sure_from), at(sure_to))
            } else {
                piece(SignalState::Unknown, at(sure_to), at(end + unsure))
            };
        }
        start = end;
    }
    // Phases that do not fill the round are refused by the check.
    piece(SignalState::Unknown, at(start), at(cycle.max(since_start + 1)))
}

/// Returns seconds in whole microseconds.
#[allow(clippy::cast_possible_truncation, reason = "saturates; checked settings are a day at most")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use SignalState::{Amber, Green, Red, Unknown};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_772_323_200_000 + ms)
    }

    fn signals(source: &str) -> Signals {
        let signal = format!(r#"{{"name": "north", "valid_for_s": 2, "source": {source}}}"#);
        Signals::new(&[serde_json::from_str(&signal).unwrap()])
    }

    #[test]
    fn a_state_holds_as_long_as_it_is_told_and_a_little_longer() {
        let mut signals = signals(r#""feed""#);
        assert_eq!(signals.state("north", at(0)), Unknown);
        for ms in (0..=10_000).step_by(500) {
            assert!(signals.tell("north", Red, at(ms)));
        }
        assert!(signals.tell("north", Green, at(10_400)));
        assert_eq!(signals.state("north", at(10_399)), Red);
        assert_eq!(signals.red_since("north", at(9_000)), Some(at(0)));
        assert_eq!(signals.state("north", at(12_400)), Green);
        assert_eq!(signals.state("north", at(12_401)), Unknown);
        assert!(signals.is_red_over("north", at(0), at(10_300)));
        assert!(!signals.is_red_over("north", at(9_000), at(10_400)));
        // Told again after it had been unknown: red anew, not all along.
        signals.tell("north", Red, at(20_000));
        signals.tell("north", Red, at(26_000));
        assert_eq!(signals.red_since("north", at(26_500)), Some(at(26_000)));
        let states = signals.over("north", at(5_000), at(13_000));
        let states: Vec<_> = states.iter().map(|change| (change.state, change.time)).collect();
        assert_eq!(states[..2], [(Red, at(0)), (Green, at(10_400))]);
        assert_eq!(states[2].0, Unknown);
        assert_eq!(states.len(), 3);
    }

    #[test]
    fn stragglers_change_nothing_and_a_clock_set_back_starts_anew() {
        let mut signals = signals(r#""feed""#);
        signals.tell("north", Red, at(10_000));
        signals.tell("north", Green, at(9_500));
        assert_eq!(signals.state("north", at(10_100)), Red);
        signals.tell("north", Green, at(1_000));
        assert_eq!(signals.state("north", at(1_500)), Green);
        assert_eq!(signals.state("north", at(10_100)), Unknown);
        assert!(!signals.tell("south", Red, at(0)));
    }

    #[test]
    fn a_plan_follows_from_the_time_and_is_unknown_near_its_changes() {
        let mut signals = signals(
            r#"{"plan": {"cycle_s": 60, "offset_s": 10, "phases": [
                {"state": "green", "for_s": 27}, {"state": "amber", "for_s": 3},
                {"state": "red", "for_s": 30}]}}"#,
        );
        assert!(!signals.tell("north", Red, at(0)), "a plan is not told");
        let shown: Vec<_> =
            [0, 8_999, 9_000, 10_999, 11_000, 35_999, 36_500, 38_500, 41_000, 69_000]
                .iter()
                .map(|&ms| signals.state("north", at(ms)))
                .collect();
        let expected = [Red, Red, Unknown, Unknown, Green, Green, Unknown, Amber, Red, Unknown];
        assert_eq!(shown, expected);
        assert_eq!(signals.red_since("north", at(60_000)), Some(at(41_000)));
        let over = signals.over("north", at(30_000), at(45_000));
        let states: Vec<_> = over.iter().map(|change| change.state).collect();
        assert_eq!(states, [Green, Unknown, Amber, Unknown, Red]);
        assert_eq!(over[4].time, at(41_000));
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let plan = r#"{"plan": {"cycle_s": 60, "phases": [
            {"state": "green", "for_s": 30}, {"state": "red", "for_s": 30}]}}"#;
        for mut signals in [signals(plan), signals(r#""feed""#)] {
            for time in [Timestamp::MIN, Timestamp::MAX, at(0)] {
                signals.tell("north", Red, time);
                signals.over("north", Timestamp::MIN, Timestamp::MAX);
                signals.over("north", time, time);
            }
        }
    }
}
