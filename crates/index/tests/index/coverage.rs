//! Coverage: what is told of a range is what counting its moments one by one gives.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{
    Absence, AnalysisMode, AnalysisRate, Codec, CoverageChange, CoverageState, GapCause, Segment,
    SegmentId, SegmentState, StreamId, TimeRange, Timestamp,
};
use index::{CameraCoverage, CoverageQuery, Index};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::made::{camera, open, time};

/// Moments that are counted, a quarter of a second apart.
const TICKS: usize = 400;
const TICK: Duration = Duration::from_millis(250);
/// Segments no further apart lie side by side.
const SIDE_BY_SIDE: usize = 4;

const RATE: AnalysisRate = AnalysisRate { mode: AnalysisMode::Stream, pictures_per_10_s: 50 };

fn begin() -> Timestamp {
    time("2026-03-01T00:00:00Z")
}

fn at(tick: usize) -> Timestamp {
    begin().plus(TICK * u32::try_from(tick).unwrap())
}

fn ticks(count: usize) -> Duration {
    TICK * u32::try_from(count).unwrap()
}

fn well() -> CoverageState {
    CoverageState { unseen: None, analysis: Ok(RATE), records_main: true, records_sub: false }
}

fn record(index: &Index, stream: &StreamId, (from, to): (usize, usize)) -> SegmentId {
    let mut segment = Segment {
        id: SegmentId(0),
        stream: stream.clone(),
        volume: "disk-1".parse().unwrap(),
        path: format!("{from}.mp4"),
        range: TimeRange { start: at(from), end: at(from) },
        codec: Codec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.64001f".into(),
        sample_entry: Bytes::from(vec![7; 8]),
        bytes: 900,
        header_bytes: 900,
        fragments: vec![],
        sha256: None,
        state: SegmentState::Open,
    };
    segment.id = index.open_segment(&segment).unwrap();
    segment.range.end = at(to);
    segment.state = SegmentState::Closed;
    index.close_segment(&segment).unwrap();
    segment.id
}

fn gap(index: &Index, stream: &StreamId, (from, to): (usize, usize), cause: GapCause) {
    index.open_gap(stream, at(from), cause).unwrap();
    index.close_gap(stream, at(to)).unwrap();
}

fn change(index: &Index, tick: usize, state: Option<CoverageState>, until: usize) {
    let change = CoverageChange { camera: camera(1), at: at(tick), state };
    index.cover(&[change], at(until)).unwrap();
}

fn ask(index: &Index, (from, to): (usize, usize)) -> CameraCoverage {
    let query = CoverageQuery {
        range: TimeRange { start: at(from), end: at(to) },
        cameras: Some(vec![camera(1)]),
        growing: Vec::new(),
        gaps: usize::MAX,
    };
    index.coverage(&query).unwrap().cameras.pop().unwrap()
}

/// What happened, in ticks.
#[derive(Debug, Clone)]
struct Story {
    /// When the program first ran, what the camera did from when on, and until when that is known.
    changes: Vec<(usize, Option<CoverageState>)>,
    until: usize,
    /// Of the main and the sub stream: segments, with whether they are deleted in the end.
    segments: [Vec<(usize, usize, bool)>; 2],
    gaps: [Vec<(usize, usize, GapCause)>; 2],
    asked: (usize, usize),
}

fn state() -> impl Strategy<Value = CoverageState> {
    let absence = || prop::sample::select(&Absence::ALL[..]);
    let slow = AnalysisRate { mode: AnalysisMode::Keyframes, pictures_per_10_s: 10 };
    let analysis = prop_oneof![Just(Ok(RATE)), Just(Ok(slow)), absence().prop_map(Err)];
    let unseen = prop::option::of(absence());
    (unseen, analysis, any::<bool>(), any::<bool>()).prop_map(
        |(unseen, analysis, records_main, records_sub)| CoverageState {
            unseen,
            analysis,
            records_main,
            records_sub,
        },
    )
}

fn story() -> impl Strategy<Value = Story> {
    let state = prop_oneof![4 => state().prop_map(Some), 1 => Just(None)];
    let changes = prop::collection::btree_map(20..TICKS - 20, state, 0..6);
    // Mostly one after the other as cameras are recorded, now and then over one another.
    let segment = (0..TICKS, 1..60_usize, any::<bool>());
    let segments = || prop::collection::vec(segment.clone(), 0..7);
    let causes = prop::sample::select(&GapCause::ALL[..]);
    let gaps = || prop::collection::btree_map(0..TICKS, (1..40_usize, causes.clone()), 0..3);
    let asked = (0..TICKS - 1).prop_flat_map(|from| (Just(from), from + 1..=TICKS));
    let stored = (segments(), segments(), gaps(), gaps());
    (changes, 0..TICKS, stored, asked).prop_map(|(changes, until, stored, asked)| {
        let (main, sub, main_gaps, sub_gaps) = stored;
        let cut = |segments: Vec<(usize, usize, bool)>| {
            let end = |(from, length, gone)| (from, TICKS.min(from + length), gone);
            segments.into_iter().map(end).collect()
        };
        let gaps = |gaps: BTreeMap<usize, (usize, GapCause)>| {
            gaps.into_iter().map(|(from, (length, cause))| (from, from + length, cause)).collect()
        };
        let last = changes.keys().last().copied().unwrap_or(0);
        Story {
            changes: changes.into_iter().collect(),
            until: until.max(last),
            segments: [cut(main), cut(sub)],
            gaps: [gaps(main_gaps), gaps(sub_gaps)],
            asked,
        }
    })
}

/// Counts every moment by itself.
fn naive(story: &Story) -> Counted {
    let known_from = story.changes.first().map(|(tick, _)| *tick);
    let is_recorded = [0, 1].map(|stream| {
        let mut ticks = vec![false; TICKS];
        for (from, to, gone) in &story.segments[stream] {
            ticks[*from..*to].iter_mut().for_each(|tick| *tick |= !gone);
        }
        // Holes between segments that lie side by side.
        let marked: Vec<usize> = (0..TICKS).filter(|tick| ticks[*tick]).collect();
        for pair in marked.windows(2) {
            if pair[1] - pair[0] - 1 <= SIDE_BY_SIDE {
                ticks[pair[0]..pair[1]].fill(true);
            }
        }
        ticks
    });
    let mut counted = Counted::default();
    let recorded_at = |stream: usize, tick: usize| is_recorded[stream][tick];
    for tick in story.asked.0..story.asked.1 {
        let is_known = known_from.is_some_and(|from| (from..story.until).contains(&tick));
        let before = story.changes.iter().rev().find(|(from, _)| *from <= tick);
        let state = before.and_then(|(_, state)| *state).filter(|_| is_known);
        let gap = [0, 1].map(|stream| {
            let holds = |(from, to, _): &&(usize, usize, GapCause)| (*from..*to).contains(&tick);
            story.gaps[stream].iter().find(holds).map(|(_, _, cause)| *cause)
        });
        let covers = [0, 1].map(|stream| recorded_at(stream, tick) && gap[stream].is_none());
        let absent = if is_known { "not configured" } else { "unknown" };
        let (mut seen, mut analysed, mut recorded) = (absent, absent, absent);
        match state {
            Some(state) => {
                seen = state.unseen.map_or("covered", Absence::as_str);
                analysed = state.analysis.map_or_else(Absence::as_str, |_| "covered");
                let main = gap[0].filter(|_| state.records_main);
                let sub = gap[1].filter(|_| state.records_sub);
                recorded = if !state.records_main && !state.records_sub {
                    "off"
                } else if let Some(cause) = main.or(sub) {
                    cause.as_str()
                } else {
                    state.unseen.map_or("unknown", Absence::as_str)
                };
                counted.configured += 1;
                if let Ok(rate) = state.analysis {
                    *counted.rates.entry(rate).or_default() += 1;
                }
            }
            None if !is_known => {
                recorded = gap[0].or(gap[1]).map_or("unknown", GapCause::as_str);
            }
            None => {}
        }
        if covers.contains(&true) {
            recorded = "covered";
        }
        for (total, covers) in counted.streams.iter_mut().zip(covers) {
            *total += usize::from(covers);
        }
        for (aspect, word) in [seen, recorded, analysed].into_iter().enumerate() {
            *counted.aspects[aspect].entry(word).or_default() += 1;
        }
    }
    counted
}

#[derive(Debug, Default, PartialEq)]
struct Counted {
    configured: usize,
    streams: [usize; 2],
    rates: BTreeMap<AnalysisRate, usize>,
    /// Seen, recorded, analysed: how many ticks by verdict.
    aspects: [BTreeMap<&'static str, usize>; 3],
}

fn in_ticks(duration: Duration) -> usize {
    assert_eq!(duration.as_millis() % TICK.as_millis(), 0, "{duration:?}");
    (duration.as_millis() / TICK.as_millis()) as usize
}

fn counted(told: &CameraCoverage) -> Counted {
    let aspects = [&told.seen, &told.recorded, &told.analysed].map(|aspect| {
        let mut words: BTreeMap<_, _> =
            aspect.missing.iter().map(|(word, length)| (*word, in_ticks(*length))).collect();
        for (word, length) in [
            ("covered", aspect.covered),
            ("not configured", aspect.not_configured),
            ("unknown", aspect.unknown),
        ] {
            if length > Duration::ZERO {
                words.insert(word, in_ticks(length));
            }
        }
        // The gaps listed are what was not covered, cause by cause.
        let mut listed: BTreeMap<&str, Duration> = BTreeMap::new();
        for gap in &aspect.gaps {
            *listed.entry(gap.cause).or_default() += gap.range.duration();
        }
        let mut missing = aspect.missing.clone();
        if aspect.unknown > Duration::ZERO {
            missing.insert("unknown", aspect.unknown);
        }
        assert_eq!(listed, missing);
        words
    });
    Counted {
        configured: in_ticks(told.configured),
        streams: [in_ticks(told.main), in_ticks(told.sub)],
        rates: told.rates.iter().map(|(rate, length)| (*rate, in_ticks(*length))).collect(),
        aspects,
    }
}

fn play(index: &Index, story: &Story) {
    for (number, stream) in [StreamId::main(camera(1)), StreamId::sub(camera(1))].iter().enumerate()
    {
        let mut gone = Vec::new();
        for (from, to, is_deleted) in &story.segments[number] {
            let id = record(index, stream, (*from, *to));
            gone.extend(is_deleted.then_some(id));
        }
        index.mark_deleting(&gone).unwrap();
        index.forget_segments(&gone).unwrap();
        for (from, to, cause) in &story.gaps[number] {
            gap(index, stream, (*from, *to), *cause);
        }
    }
    for (tick, state) in &story.changes {
        change(index, *tick, *state, *tick);
    }
    if !story.changes.is_empty() {
        index.cover(&[], at(story.until)).unwrap();
    }
}

/// Takes a file back to what it was before coverage was kept.
fn age(folder: &Path) {
    let file = Connection::open(folder.join("footage.db")).unwrap();
    file.execute_batch(
        "DROP TABLE footage_link; DROP TABLE footage_chain;
         DROP TABLE coverage_day; DROP TABLE recorded; DROP TABLE covered_camera; DROP TABLE coverage_span;
         DROP TABLE coverage_extent; PRAGMA user_version = 1;",
    )
    .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_moment_is_counted_for_what_is_known_of_it(story in story()) {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        play(&index, &story);
        prop_assert_eq!(counted(&ask(&index, story.asked)), naive(&story));

        // An index of before knows of its footage all the same.
        drop(index);
        age(folder.path());
        let index = open(folder.path());
        let old = Story { changes: Vec::new(), ..story };
        prop_assert_eq!(counted(&ask(&index, old.asked)), naive(&old));
    }
}

#[test]
fn what_a_crash_left_open_ends_at_the_last_moment_known() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.resume_coverage(&[camera(1)], at(0)).unwrap();
    change(&index, 10, Some(well()), 10);
    // Ten seconds later it is written that nothing has changed; what comes after is not.
    index.cover(&[], at(50)).unwrap();
    index.cover(&[], at(60)).unwrap();
    assert_eq!(in_ticks(ask(&index, (0, 100)).seen.covered), 50);
    drop(index);

    let index = open(folder.path());
    index.resume_coverage(&[camera(1)], at(80)).unwrap();
    change(&index, 90, Some(well()), 100);
    let told = ask(&index, (0, 120));
    for aspect in [&told.seen, &told.analysed] {
        assert_eq!(in_ticks(aspect.covered), 40 + 10);
        assert_eq!(aspect.missing, [("crashed", ticks(40))].into());
        // Before the camera was there, and after what is known.
        assert_eq!((in_ticks(aspect.not_configured), in_ticks(aspect.unknown)), (10, 20));
    }
    assert_eq!(told.rates, [(RATE, ticks(50))].into());
}

#[test]
fn a_camera_counts_for_the_time_it_was_configured() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.resume_coverage(&[camera(1), camera(2)], at(0)).unwrap();
    change(&index, 10, Some(well()), 10);
    change(&index, 30, None, 30);
    index.cover(&[], at(100)).unwrap();
    let told = ask(&index, (0, 100));
    assert_eq!(in_ticks(told.configured), 20);
    assert_eq!(in_ticks(told.seen.not_configured), 80);

    // Stopped in good order, and removed from the configuration before the next start: from the
    // stop on it is not known to have been there.
    change(&index, 100, Some(well()), 100);
    change(&index, 120, Some(well().ended(Absence::Stopped)), 120);
    drop(index);
    let index = open(folder.path());
    index.resume_coverage(&[camera(2)], at(200)).unwrap();
    let told = ask(&index, (100, 200));
    assert_eq!(in_ticks(told.configured), 20);
    assert_eq!((in_ticks(told.seen.covered), in_ticks(told.seen.not_configured)), (20, 80));

    // Asked of all, one of which nothing is known in the range is left out.
    let query = CoverageQuery {
        range: TimeRange { start: at(130), end: at(200) },
        cameras: None,
        growing: Vec::new(),
        gaps: 10,
    };
    assert_eq!(index.coverage(&query).unwrap().cameras, []);
    index.expire_coverage(at(150)).unwrap();
    let told = ask(&index, (100, 200));
    assert_eq!((in_ticks(told.seen.unknown), in_ticks(told.seen.not_configured)), (50, 50));
}

#[test]
fn what_is_being_recorded_counts_and_the_longest_gaps_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let main = StreamId::main(camera(1));
    index.resume_coverage(&[camera(1)], at(0)).unwrap();
    change(&index, 0, Some(well()), 0);
    index.cover(&[], at(100)).unwrap();
    record(&index, &main, (0, 20));
    gap(&index, &main, (20, 30), GapCause::DiskSlow);
    record(&index, &main, (30, 50));
    gap(&index, &main, (50, 70), GapCause::Disconnected);
    let query = CoverageQuery {
        range: TimeRange { start: at(0), end: at(100) },
        cameras: None,
        growing: vec![(main, TimeRange { start: at(70), end: at(90) })],
        gaps: 1,
    };
    let told = index.coverage(&query).unwrap().cameras.pop().unwrap();
    assert_eq!(in_ticks(told.recorded.covered), 60);
    assert_eq!(in_ticks(told.recorded.unknown), 10, "not on disk yet");
    let longest = told.recorded.gaps[0];
    assert_eq!((longest.range.start, longest.cause), (at(50), "disconnected"));
    assert_eq!((told.recorded.gaps.len(), told.recorded.gaps_left_out), (1, 2));
}
