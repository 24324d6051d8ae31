//! What is wrong with a camera, judged from facts with their times; pure.
//!
//! One [`HealthJudge`] per camera is told the facts about once a second. Each kind of trouble has a
//! level at which it begins, a milder one at which it ends, and a time for which either must hold:
//! what trembles about a limit is told once. One cause is told once: trouble that follows from a
//! graver one is neither found nor ended while that lasts.

mod latch;

use std::time::Duration;

use domain::{HealthFinding, HealthKind, StreamState, Timestamp, ViewCondition};

use self::latch::{Latch, Sign};

/// Everything known about a camera at one moment. What is not known is `None`, and is no trouble.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthFacts {
    /// The moment, by our own clock; not before that of the facts judged last.
    pub time: Timestamp,
    /// How the stream is doing that is watched.
    pub stream: StreamState,
    /// When the last picture arrived, by our own clock.
    pub last_picture: Option<Timestamp>,
    /// Whether ingest gets the same picture again and again.
    pub frozen: bool,
    /// In what condition the view was when it was last measured.
    pub view: Option<ViewCondition>,
    /// When that was, by our own clock: the camera's may be wrong.
    pub view_measured: Option<Timestamp>,
    /// The camera's clock minus ours, in milliseconds.
    pub clock_error_ms: Option<i32>,
    /// Whether pictures that should be recorded are not being recorded.
    pub gap_open: bool,
    /// Share, 0..=1, of the pictures sampled lately that were looked at.
    pub looked_at: Option<f32>,
}

/// How long trouble must hold before it is found, and its absence before it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Patience {
    start: Duration,
    end: Duration,
}

/// A view not measured for so long tells nothing any more.
const STALE_VIEW: Duration = Duration::from_secs(15);
/// So many pictures in a row that are the same to the last bit come from no living sensor. They are
/// measured about a second apart, so that a keyframe is among them, which coding alone changes.
const IDENTICAL: u32 = 6;
/// No picture for so long, while the stream is said to be up, is no signal of life.
const SILENCE: Duration = Duration::from_secs(8);

/// Judges one camera; owned by whoever is told its facts.
#[derive(Debug, Clone)]
pub struct HealthJudge {
    latches: [Latch; HealthKind::ALL.len()],
}

impl Default for HealthJudge {
    fn default() -> Self {
        Self { latches: HealthKind::ALL.map(|kind| Latch::new(patience(kind))) }
    }
}

impl HealthJudge {
    /// Judges the facts of one moment and returns what began and what ended.
    pub fn judge(&mut self, facts: &HealthFacts) -> Vec<HealthFinding> {
        let mut told = Vec::new();
        for (index, kind) in HealthKind::ALL.into_iter().enumerate() {
            // Causes have lower numbers than what follows from them, so they are judged first.
            let is_explained = causes(kind).iter().any(|cause| self.is_likely(*cause));
            let (sign, detail) =
                if is_explained { (Sign::Unknown, String::new()) } else { sign(kind, facts) };
            let change = self.latches[index].see(sign, facts.time);
            told.extend(change.map(|change| HealthFinding {
                kind,
                since: change.since,
                ended: change.ended,
                detail,
            }));
        }
        told
    }

    /// Returns what is wrong now, and since when.
    pub fn open(&self) -> impl Iterator<Item = (HealthKind, Timestamp)> {
        let open = |(kind, latch): (HealthKind, &Latch)| latch.open_since().map(|at| (kind, at));
        HealthKind::ALL.into_iter().zip(&self.latches).filter_map(open)
    }

    /// Whether it is found, or the signs of it are there: what follows from it must not be found
    /// in the seconds before it is.
    fn is_likely(&self, kind: HealthKind) -> bool {
        let at = HealthKind::ALL.iter().position(|other| *other == kind);
        at.is_some_and(|at| self.latches[at].is_open() || self.latches[at].is_suspected())
    }
}

/// Times to be found within: signal lost, no picture and frozen 10 s; dark, bright and blurred 30 s;
/// moved 60 s. The measuring before it takes part of that: ingest calls a stream down or frozen
/// after some seconds, and a view is known to be another after about 15.
fn patience(kind: HealthKind) -> Patience {
    let (start, end) = match kind {
        HealthKind::SignalLost => (5, 10),
        HealthKind::NoPicture => (3, 10),
        // Six pictures, about a second apart, have been compared before.
        HealthKind::Frozen => (2, 10),
        HealthKind::TooDark | HealthKind::TooBright | HealthKind::Blurred => (20, 30),
        HealthKind::Moved => (30, 30),
        HealthKind::ClockSkew => (30, 60),
        HealthKind::RecordingGap => (5, 10),
        HealthKind::AnalysisStarved => (30, 60),
    };
    Patience { start: Duration::from_secs(start), end: Duration::from_secs(end) }
}

/// What explains trouble of a kind, so that it need not be told as well.
fn causes(kind: HealthKind) -> &'static [HealthKind] {
    use HealthKind::{Blurred, Frozen, NoPicture, SignalLost, TooBright, TooDark};
    match kind {
        HealthKind::SignalLost => &[],
        HealthKind::NoPicture | HealthKind::ClockSkew => &[SignalLost],
        HealthKind::Frozen | HealthKind::RecordingGap => &[SignalLost, NoPicture],
        HealthKind::TooDark | HealthKind::TooBright | HealthKind::AnalysisStarved => {
            &[SignalLost, NoPicture, Frozen]
        }
        HealthKind::Blurred => &[SignalLost, NoPicture, Frozen, TooDark, TooBright],
        HealthKind::Moved => &[SignalLost, NoPicture, Frozen, TooDark, TooBright, Blurred],
    }
}

/// What the facts say about one kind of trouble, and the figure that says it.
fn sign(kind: HealthKind, facts: &HealthFacts) -> (Sign, String) {
    let is_up = facts.stream == StreamState::Up;
    match kind {
        HealthKind::SignalLost => match facts.stream {
            StreamState::Down | StreamState::Misconfigured => {
                (Sign::Bad, facts.stream.as_str().to_owned())
            }
            // A stream that is being connected again has not come back yet.
            StreamState::Connecting => (Sign::Unknown, String::new()),
            _ => (Sign::Good, facts.stream.as_str().to_owned()),
        },
        HealthKind::NoPicture => {
            let silence = facts.last_picture.map(|last| facts.time.since(last));
            let is_silent = is_up && silence.is_some_and(|silence| silence > SILENCE);
            let is_bad = (facts.stream == StreamState::NoPicture && !facts.frozen) || is_silent;
            let detail = silence.map_or_else(String::new, |silence| {
                format!("last picture {} s ago", silence.as_secs())
            });
            (Sign::of(is_bad), detail)
        }
        HealthKind::Frozen => {
            let identical = facts.view.filter(|_| is_fresh(facts)).map_or(0, |view| view.identical);
            let is_bad = facts.frozen || identical >= IDENTICAL;
            (Sign::of(is_bad), "the same picture again and again".into())
        }
        HealthKind::ClockSkew => {
            let Some(error_ms) = facts.clock_error_ms else {
                return (Sign::Unknown, String::new());
            };
            let error = error_ms.unsigned_abs() as f32 / 1000.0;
            let detail =
                format!("the camera's clock is {:+.1} s off", f64::from(error_ms) / 1000.0);
            (Sign::above(error, 1.0, 0.7), detail)
        }
        HealthKind::RecordingGap => (Sign::of(facts.gap_open), "pictures are not recorded".into()),
        HealthKind::AnalysisStarved => {
            let Some(share) = facts.looked_at else { return (Sign::Unknown, String::new()) };
            let detail = format!("{:.0} % of sampled pictures are looked at", share * 100.0);
            (Sign::below(share, 0.5, 0.7), detail)
        }
        _ => view_sign(kind, facts),
    }
}

fn is_fresh(facts: &HealthFacts) -> bool {
    facts.view_measured.is_some_and(|measured| facts.time.since(measured) < STALE_VIEW)
}

/// What the view says about trouble that can be seen. The levels are those of `docs/design/0005`.
fn view_sign(kind: HealthKind, facts: &HealthFacts) -> (Sign, String) {
    let (Some(view), true) = (facts.view, is_fresh(facts)) else {
        return (Sign::Unknown, String::new());
    };
    let percent = |share: f32| (share * 100.0).round();
    match kind {
        HealthKind::TooDark => {
            let detail = format!("no light in {} % of the view", percent(view.dark));
            (Sign::above(view.dark, 0.8, 0.7), detail)
        }
        HealthKind::TooBright => {
            let detail = format!("{} % of the view is white", percent(view.saturated));
            (Sign::above(view.saturated, 0.5, 0.4), detail)
        }
        HealthKind::Blurred => {
            // At night there is less to see: only what is there can be blurred.
            let is_lit = view.luma > 0.15;
            let sharp = view.sharpness.map(|sharpness| Sign::below(sharpness, 0.55, 0.7));
            let clear = view.detail.filter(|_| is_lit).map(|detail| Sign::below(detail, 0.3, 0.4));
            let sharpness = view.sharpness.map_or_else(
                || "no sharp edges".to_owned(),
                |sharpness| format!("sharpness {} %", percent(sharpness)),
            );
            let detail = view
                .detail
                .map_or_else(String::new, |detail| format!(", detail {} %", percent(detail)));
            (Sign::worst(sharp, clear), format!("{sharpness}{detail} of normal"))
        }
        HealthKind::Moved => {
            let Some(likeness) = view.likeness else { return (Sign::Unknown, String::new()) };
            let detail = match view.shift {
                Some([right, down]) => format!(
                    "the view lies {:+} % right and {:+} % down of where it was",
                    percent(right),
                    percent(down)
                ),
                None => format!("likeness {} % of normal", percent(likeness)),
            };
            (Sign::below(likeness, 0.15, 0.3), detail)
        }
        _ => (Sign::Unknown, String::new()),
    }
}
