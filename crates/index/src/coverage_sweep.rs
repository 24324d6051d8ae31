//! Sorts every moment of a range into what held of a camera then, and adds it up.
//!
//! A sweep takes stretches of time one after the other: from rows, from each moment at which something
//! changes to the next, or whole days that were added up before ([`coverage_day`]).
//!
//! [`coverage_day`]: crate::coverage_day

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use domain::{AnalysisRate, CameraId, CoverageState, GapCause, StreamRole, TimeRange, Timestamp};

use crate::coverage::{AspectCoverage, CameraCoverage, CoverageGap};
use crate::coverage_span::Span;

/// The word for what is not known.
const UNKNOWN: &str = "unknown";

/// What is known of one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Facts {
    is_known: bool,
    state: Option<CoverageState>,
    main: StreamFacts,
    sub: StreamFacts,
}

#[derive(Debug, Clone, Copy, Default)]
struct StreamFacts {
    is_recorded: bool,
    gap: Option<GapCause>,
}

impl StreamFacts {
    fn covers(self) -> bool {
        self.is_recorded && self.gap.is_none()
    }
}

/// What held of a camera at a moment, under one aspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Covered,
    Missing(&'static str),
    NotConfigured,
    Unknown,
}

impl Facts {
    /// The verdict on a camera of which nothing is on record.
    fn absent(&self) -> Verdict {
        if self.is_known { Verdict::NotConfigured } else { Verdict::Unknown }
    }

    /// Seen, recorded, analysed.
    fn verdicts(&self) -> [Verdict; 3] {
        [self.seen(), self.recorded(), self.analysed()]
    }

    fn seen(&self) -> Verdict {
        match self.state {
            None => self.absent(),
            Some(state) => state.unseen.map_or(Verdict::Covered, |c| Verdict::Missing(c.as_str())),
        }
    }

    fn analysed(&self) -> Verdict {
        match self.state.map(|state| state.analysis) {
            None => self.absent(),
            Some(Ok(_)) => Verdict::Covered,
            Some(Err(cause)) => Verdict::Missing(cause.as_str()),
        }
    }

    fn recorded(&self) -> Verdict {
        if self.main.covers() || self.sub.covers() {
            return Verdict::Covered;
        }
        let Some(state) = self.state else {
            let gap = self.main.gap.or(self.sub.gap).filter(|_| !self.is_known);
            return gap.map_or(self.absent(), |gap| Verdict::Missing(gap.as_str()));
        };
        if !state.records_main && !state.records_sub {
            return Verdict::Missing(domain::Absence::Off.as_str());
        }
        let of = |role, facts: StreamFacts| facts.gap.filter(|_| state.records(role));
        let gap = of(StreamRole::Main, self.main).or(of(StreamRole::Sub, self.sub));
        let cause = gap.map(GapCause::as_str).or(state.unseen.map(domain::Absence::as_str));
        // Pictures came, yet there is neither footage nor a gap: it has expired, or is not on disk.
        cause.map_or(Verdict::Unknown, Verdict::Missing)
    }
}

/// Spans in order that do not overlap, and how far a sweep has come in them.
struct Row<T> {
    spans: Vec<(i64, i64, T)>,
    at: usize,
}

impl<T: Copy> Row<T> {
    /// Takes spans, cut to `window`; of two that overlap, the one that began first holds.
    fn new(mut spans: Vec<(i64, i64, T)>, window: (i64, i64)) -> Self {
        spans.sort_by_key(|(start, _, _)| *start);
        let mut until = window.0;
        spans.retain_mut(|(start, end, _)| {
            (*start, *end) = ((*start).max(until), (*end).min(window.1));
            until = until.max(*end);
            start < end
        });
        Self { spans, at: 0 }
    }

    /// Returns what holds at `time`; must not be asked of an earlier one later.
    fn at(&mut self, time: i64) -> Option<T> {
        while self.spans.get(self.at).is_some_and(|(_, end, _)| *end <= time) {
            self.at += 1;
        }
        let (_, _, value) = self.spans.get(self.at).filter(|(start, _, _)| *start <= time)?;
        Some(*value)
    }

    fn cuts(&self) -> impl Iterator<Item = i64> {
        self.spans.iter().flat_map(|(start, end, _)| [*start, *end])
    }
}

/// The rows of one camera.
pub(crate) struct Record {
    pub(crate) known: Option<TimeRange>,
    pub(crate) states: Vec<Span>,
    pub(crate) main: StreamRecord,
    pub(crate) sub: StreamRecord,
}

/// The rows of one of its streams.
#[derive(Default)]
pub(crate) struct StreamRecord {
    pub(crate) recorded: Vec<TimeRange>,
    pub(crate) gaps: Vec<(Timestamp, Option<Timestamp>, GapCause)>,
}

/// For how long one verdict held without a break, in microseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) verdict: Verdict,
}

/// What is known of one aspect of a stretch of time but for its first and last run: these go on
/// beyond it. Times are microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inner {
    pub(crate) covered: i64,
    pub(crate) not_configured: i64,
    pub(crate) unknown: i64,
    /// By cause: a handful, so that looking through them is cheaper than a map.
    pub(crate) missing: Vec<(&'static str, i64)>,
    /// How many runs were neither covered nor not configured.
    pub(crate) gaps: u64,
}

/// One aspect of a stretch of time, in pieces that are added to what lies around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AspectPiece {
    pub(crate) first: Run,
    /// What lies between the first and the last run, and the last; `None` where one verdict holds
    /// all the time.
    pub(crate) rest: Option<(Inner, Run)>,
    /// The longest gaps of the inner ones, the longest first.
    pub(crate) longest: Vec<Run>,
}

/// Adds up verdicts, stretch by stretch.
#[derive(Debug, Default)]
struct Tally {
    inner: Inner,
    /// The gaps that may be among the longest.
    gaps: Vec<Run>,
    /// Set when gaps were left out: the last of the longest so far, behind which no other is told.
    last_told: Option<(Reverse<i64>, i64)>,
    open: Option<Run>,
}

impl Tally {
    /// Takes the verdict on the time from `start` to `end`, which follows on the time before.
    fn take(&mut self, run: Run, most_gaps: usize) {
        match &mut self.open {
            Some(open) if open.verdict == run.verdict => open.end = run.end,
            _ => {
                self.close(most_gaps);
                self.open = Some(run);
            }
        }
    }

    fn close(&mut self, most_gaps: usize) {
        let Some(run) = self.open.take() else { return };
        let length = run.end - run.start;
        match run.verdict {
            Verdict::Covered => self.inner.covered += length,
            Verdict::NotConfigured => self.inner.not_configured += length,
            Verdict::Missing(cause) => self.inner.miss(cause, length),
            Verdict::Unknown => self.inner.unknown += length,
        }
        if run.verdict.is_gap() {
            self.inner.gaps += 1;
            self.note_gap(run, most_gaps);
        }
    }

    /// Takes inner runs that were added up before; `longest` are their gaps, the longest first.
    fn take_inner(&mut self, inner: &Inner, longest: impl Iterator<Item = Run>, most_gaps: usize) {
        self.close(most_gaps);
        self.inner.covered += inner.covered;
        self.inner.not_configured += inner.not_configured;
        self.inner.unknown += inner.unknown;
        self.inner.gaps += inner.gaps;
        for (cause, length) in &inner.missing {
            self.inner.miss(cause, *length);
        }
        for gap in longest.take(most_gaps) {
            if !self.note_gap(gap, most_gaps) {
                break;
            }
        }
    }

    /// Notes a gap; returns whether it may be among the `most` longest.
    fn note_gap(&mut self, gap: Run, most: usize) -> bool {
        if most == 0 || self.last_told.is_some_and(|last| gap.rank() > last) {
            return false;
        }
        self.gaps.push(gap);
        if self.gaps.len() >= most.saturating_mul(4) {
            self.keep_longest(most);
            self.last_told = self.gaps.iter().map(Run::rank).max();
        }
        true
    }

    fn keep_longest(&mut self, most: usize) {
        if self.gaps.len() > most {
            self.gaps.select_nth_unstable_by_key(most, Run::rank);
            self.gaps.truncate(most);
        }
    }

    /// Keeps the `most` longest gaps; of equally long ones the first.
    fn finish(mut self, most: usize) -> AspectCoverage {
        self.close(most);
        self.keep_longest(most);
        self.gaps.sort_unstable_by_key(|gap| gap.start);
        let mut missing: BTreeMap<&'static str, Duration> = BTreeMap::new();
        for (cause, length) in self.inner.missing {
            *missing.entry(cause).or_default() += micros(length);
        }
        let gaps_in_all = usize::try_from(self.inner.gaps).unwrap_or(usize::MAX);
        AspectCoverage {
            covered: micros(self.inner.covered),
            missing,
            not_configured: micros(self.inner.not_configured),
            unknown: micros(self.inner.unknown),
            gaps_left_out: gaps_in_all.saturating_sub(self.gaps.len()),
            gaps: self.gaps.into_iter().map(Run::gap).collect(),
        }
    }
}

impl Inner {
    fn miss(&mut self, cause: &'static str, length: i64) {
        match self.missing.iter_mut().find(|(known, _)| std::ptr::eq(*known, cause)) {
            Some((_, missing)) => *missing += length,
            None => self.missing.push((cause, length)),
        }
    }
}

impl Verdict {
    fn is_gap(self) -> bool {
        matches!(self, Self::Missing(_) | Self::Unknown)
    }
}

impl Run {
    /// The order in which gaps are told: the longest first, of equally long ones the first.
    pub(crate) fn rank(&self) -> (Reverse<i64>, i64) {
        (Reverse(self.end - self.start), self.start)
    }

    fn gap(self) -> CoverageGap {
        let cause = match self.verdict {
            Verdict::Missing(cause) => cause,
            Verdict::Covered | Verdict::NotConfigured | Verdict::Unknown => UNKNOWN,
        };
        let (start, end) = (Timestamp::from_micros(self.start), Timestamp::from_micros(self.end));
        CoverageGap { range: TimeRange { start, end }, cause }
    }
}

fn micros(length: i64) -> Duration {
    Duration::from_micros(u64::try_from(length).unwrap_or(0))
}

/// How long something held in all, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) configured: i64,
    pub(crate) main: i64,
    pub(crate) sub: i64,
    pub(crate) rates: BTreeMap<AnalysisRate, i64>,
}

/// A sweep over one camera's time, from its beginning to its end.
pub(crate) struct Sweep {
    most_gaps: usize,
    totals: Totals,
    /// Seen, recorded, analysed.
    aspects: [Tally; 3],
}

impl Sweep {
    /// Begins a sweep that tells the `most_gaps` longest gaps of each aspect.
    pub(crate) fn new(most_gaps: usize) -> Self {
        Self { most_gaps, totals: Totals::default(), aspects: Default::default() }
    }

    /// Takes the time of `range`, which follows on what was taken before, from its rows.
    pub(crate) fn take(&mut self, record: Record, range: TimeRange) {
        walk(record, range, |start, end, facts| {
            for (tally, verdict) in self.aspects.iter_mut().zip(facts.verdicts()) {
                tally.take(Run { start, end, verdict }, self.most_gaps);
            }
            self.totals.add(facts, end - start);
        });
    }

    /// Takes how long what held in a stretch of time that was added up before.
    pub(crate) fn take_totals(&mut self, totals: &Totals) {
        self.totals.configured += totals.configured;
        self.totals.main += totals.main;
        self.totals.sub += totals.sub;
        for (rate, length) in &totals.rates {
            *self.totals.rates.entry(*rate).or_default() += length;
        }
    }

    /// Takes one aspect (0 to 2: seen, recorded, analysed) of a stretch of time that was added up
    /// before and follows on what was taken: its first run, and what comes after it, with the
    /// longest gaps between first and last, the longest first.
    pub(crate) fn take_piece(
        &mut self,
        aspect: usize,
        first: Run,
        rest: Option<(&Inner, Run)>,
        longest: impl Iterator<Item = Run>,
    ) {
        let Some(tally) = self.aspects.get_mut(aspect) else { return };
        tally.take(first, self.most_gaps);
        if let Some((inner, last)) = rest {
            tally.take_inner(inner, longest, self.most_gaps);
            tally.open = Some(last);
        }
    }

    /// Ends the sweep.
    pub(crate) fn finish(self, camera: CameraId) -> CameraCoverage {
        let most = self.most_gaps;
        let [seen, recorded, analysed] = self.aspects.map(|tally| tally.finish(most));
        let totals = self.totals;
        CameraCoverage {
            camera,
            configured: micros(totals.configured),
            seen,
            recorded,
            analysed,
            main: micros(totals.main),
            sub: micros(totals.sub),
            rates: totals.rates.into_iter().map(|(rate, length)| (rate, micros(length))).collect(),
        }
    }
}

/// Adds up a stretch of time by itself, so that a sweep can take it; keeps the `most_gaps` longest
/// of its inner gaps.
pub(crate) fn add_up(
    record: Record,
    range: TimeRange,
    most_gaps: usize,
) -> Option<(Totals, [AspectPiece; 3])> {
    let mut totals = Totals::default();
    let mut runs: [Vec<Run>; 3] = Default::default();
    walk(record, range, |start, end, facts| {
        totals.add(facts, end - start);
        for (runs, verdict) in runs.iter_mut().zip(facts.verdicts()) {
            match runs.last_mut() {
                Some(last) if last.verdict == verdict => last.end = end,
                _ => runs.push(Run { start, end, verdict }),
            }
        }
    });
    let [seen, recorded, analysed] = runs.map(|runs| AspectPiece::of(&runs, most_gaps));
    Some((totals, [seen?, recorded?, analysed?]))
}

impl AspectPiece {
    /// Takes runs that follow on each other; `None` if there are none.
    fn of(runs: &[Run], most_gaps: usize) -> Option<Self> {
        let (first, others) = runs.split_first()?;
        let Some((last, inner)) = others.split_last() else {
            return Some(Self { first: *first, rest: None, longest: Vec::new() });
        };
        let mut tally = Tally::default();
        for run in inner {
            tally.open = Some(*run);
            tally.close(most_gaps);
        }
        tally.keep_longest(most_gaps);
        tally.gaps.sort_unstable_by_key(Run::rank);
        Some(Self { first: *first, rest: Some((tally.inner, *last)), longest: tally.gaps })
    }
}

impl Totals {
    fn add(&mut self, facts: &Facts, length: i64) {
        self.configured += if facts.state.is_some() { length } else { 0 };
        self.main += if facts.main.covers() { length } else { 0 };
        self.sub += if facts.sub.covers() { length } else { 0 };
        if let Some(Ok(rate)) = facts.state.map(|state| state.analysis) {
            *self.rates.entry(rate).or_default() += length;
        }
    }
}

/// Shows `each` every stretch of `range` over which nothing changes, in order, with what is known of
/// it.
fn walk(record: Record, range: TimeRange, mut each: impl FnMut(i64, i64, &Facts)) {
    let window = (range.start.as_micros(), range.end.as_micros());
    let known_until = record.known.map_or(window.0, |known| known.end.as_micros());
    let known = record.known.map(|known| (known.start.as_micros(), known.end.as_micros(), ()));
    let mut known = Row::new(known.into_iter().collect(), window);
    let states = record.states.into_iter().map(|(start, end, state)| {
        (start.as_micros(), end.map_or(known_until, Timestamp::as_micros), state)
    });
    let mut states = Row::new(states.collect(), window);
    let [mut main, mut sub] = [record.main, record.sub].map(|stream| {
        let recorded = stream.recorded.into_iter();
        let recorded = recorded.map(|span| (span.start.as_micros(), span.end.as_micros(), ()));
        let gaps = stream.gaps.into_iter().map(|(start, end, cause)| {
            (start.as_micros(), end.map_or(i64::MAX, Timestamp::as_micros), cause)
        });
        (Row::new(recorded.collect(), window), Row::new(gaps.collect(), window))
    });
    let mut cuts: Vec<i64> = [window.0, window.1].into();
    cuts.extend(known.cuts().chain(states.cuts()));
    for (recorded, gaps) in [&main, &sub] {
        cuts.extend(recorded.cuts().chain(gaps.cuts()));
    }
    // The stable sort: it takes rows that are sorted as they are, and only merges them.
    cuts.sort();
    cuts.dedup();
    for (start, end) in cuts.iter().zip(cuts.iter().skip(1)).map(|(start, end)| (*start, *end)) {
        let of = |(recorded, gaps): &mut (Row<()>, Row<GapCause>)| StreamFacts {
            is_recorded: recorded.at(start).is_some(),
            gap: gaps.at(start),
        };
        let facts = Facts {
            is_known: known.at(start).is_some(),
            state: states.at(start),
            main: of(&mut main),
            sub: of(&mut sub),
        };
        each(start, end, &facts);
    }
}
