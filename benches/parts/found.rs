//! Which of the events that a clip holds were found.

use domain::Timestamp;
use serde_json::Value;

/// How far apart, in seconds, the same act may be told in two runs: other pictures of it are taken.
const SAME_WITHIN: f64 = 1.0;

/// An act as a run of a looped clip told it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// The rule's kind of act, and which way: what two runs must agree on.
    pub(crate) what: String,
    /// When, in seconds since the simulator's start.
    pub(crate) at_s: f64,
}

impl Found {
    /// Reads an event of camera `number`'s rules, which are named `WHAT-NUMBER`.
    pub(crate) fn read(event: &Value, simulator_start: Timestamp) -> Option<(usize, Self)> {
        let number = event["camera"].as_str()?.strip_prefix('c')?.parse().ok()?;
        let (rule, _) = event["rule"].as_str()?.rsplit_once('-')?;
        let way = event["crossing"].as_str().unwrap_or_default();
        let time: Timestamp = event["time"].as_str()?.parse().ok()?;
        let at_s = time.seconds_since(simulator_start);
        Some((number, Self { what: format!("{rule} {way}"), at_s }))
    }
}

/// A loop as it was seen by a camera alone: its acts, at seconds into the clip.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub(crate) acts: Vec<Found>,
    /// Length of the loop, in seconds.
    pub(crate) period_s: f64,
}

impl Truth {
    /// Takes what was found over one loop of a clip that began `offset_s` into itself.
    pub(crate) fn new(found: &[Found], offset_s: f64, period_s: f64) -> Self {
        let place = |act: &Found| Found {
            what: act.what.clone(),
            at_s: (act.at_s + offset_s).rem_euclid(period_s),
        };
        Self { acts: found.iter().map(place).collect(), period_s }
    }

    /// Returns what a camera that is `offset_s` into the clip at the start sees from `start_s` to
    /// `end_s`.
    fn between(&self, offset_s: f64, start_s: f64, end_s: f64) -> Vec<Found> {
        let mut due = Vec::new();
        for act in &self.acts {
            let first = (act.at_s - offset_s - start_s).rem_euclid(self.period_s) + start_s;
            let times = std::iter::successors(Some(first), |at| Some(at + self.period_s));
            due.extend(
                times
                    .take_while(|at| *at < end_s)
                    .map(|at_s| Found { what: act.what.clone(), at_s }),
            );
        }
        due
    }

    /// Counts of what is due within the span: how much there is, and how much of it was found;
    /// what was found beside it is the third. Each act is found once.
    pub(crate) fn judge(&self, found: &[Found], offset_s: f64, span: (f64, f64)) -> [usize; 3] {
        let due = self.between(offset_s, span.0, span.1);
        let mut left: Vec<&Found> = found.iter().collect();
        let mut hits = 0;
        for act in &due {
            let apart = |other: &Found| (other.at_s - act.at_s).abs();
            let nearest = (0..left.len())
                .filter(|index| left[*index].what == act.what && apart(left[*index]) < SAME_WITHIN)
                .min_by(|a, b| apart(left[*a]).total_cmp(&apart(left[*b])));
            if let Some(index) = nearest {
                left.swap_remove(index);
                hits += 1;
            }
        }
        let inside = |act: &&&Found| act.at_s >= span.0 && act.at_s < span.1;
        [due.len(), hits, left.iter().filter(inside).count()]
    }
}
