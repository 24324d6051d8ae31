//! Days that were added up tell what their rows tell, whatever becomes of the rows.

use std::cmp::Reverse;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{
    Absence, AnalysisMode, AnalysisRate, Codec, CoverageChange, CoverageState, GapCause, Segment,
    SegmentId, SegmentState, StreamId, TimeRange, Timestamp,
};
use index::{AspectCoverage, CameraCoverage, CoverageQuery, Index};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::made::{camera, open, time};

/// Something happens every so often; most things last for some of these.
const TICK: Duration = Duration::from_secs(3600);
/// Gaps that are told: fewer than there are, so that the longest must be found.
const FEW: usize = 3;

const RATE: AnalysisRate = AnalysisRate { mode: AnalysisMode::Stream, pictures_per_10_s: 50 };

fn at(tick: u32) -> Timestamp {
    time("2026-03-01T00:00:00Z").plus(TICK * tick)
}

fn streams() -> [StreamId; 2] {
    [StreamId::main(camera(1)), StreamId::sub(camera(1))]
}

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A segment of so many ticks is closed now, or so long ago.
    Record(usize, u32, u32),
    /// One of the segments is deleted.
    Delete(usize),
    /// A gap of so many ticks ends now, or so long ago.
    Gap(usize, u32, u32, GapCause),
    /// A gap begins now.
    OpenGap(usize, GapCause),
    /// The gap that is open ends now.
    CloseGap(usize),
    /// The camera does something else from now on.
    Change(Option<CoverageState>),
    /// The program ended some ticks ago and begins now.
    Crash,
    /// Gaps before so many ticks ago are forgotten.
    ExpireGaps(u32),
    /// What the camera did before so many ticks ago is forgotten.
    ExpireCoverage(u32),
}

fn state() -> impl Strategy<Value = CoverageState> {
    let absence = || prop::sample::select(&Absence::ALL[..]);
    let analysis = prop_oneof![2 => Just(Ok(RATE)), 1 => absence().prop_map(Err)];
    (prop::option::of(absence()), analysis, any::<bool>(), any::<bool>()).prop_map(
        |(unseen, analysis, records_main, records_sub)| CoverageState {
            unseen,
            analysis,
            records_main,
            records_sub,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let ago = || prop_oneof![3 => Just(0_u32), 1 => 1..100_u32];
    let cause = || prop::sample::select(&GapCause::ALL[..]);
    prop_oneof![
        8 => (0..2_usize, 1..40_u32, ago()).prop_map(|(s, long, ago)| Step::Record(s, long, ago)),
        2 => any::<prop::sample::Index>().prop_map(|one| Step::Delete(one.index(1000))),
        4 => (0..2_usize, 1..9_u32, ago(), cause())
            .prop_map(|(s, long, ago, cause)| Step::Gap(s, long, ago, cause)),
        1 => (0..2_usize, cause()).prop_map(|(s, cause)| Step::OpenGap(s, cause)),
        2 => (0..2_usize).prop_map(Step::CloseGap),
        6 => prop::option::weighted(0.9, state()).prop_map(Step::Change),
        1 => Just(Step::Crash),
        1 => (0..150_u32).prop_map(Step::ExpireGaps),
        1 => (60..150_u32).prop_map(Step::ExpireCoverage),
    ]
}

/// A camera as time goes on.
struct Played {
    folder: tempfile::TempDir,
    index: Index,
    now: u32,
    segments: Vec<SegmentId>,
    open_gaps: [bool; 2],
}

impl Played {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = open(folder.path());
        index.resume_coverage(&[camera(1)], at(0)).unwrap();
        Self { folder, index, now: 0, segments: Vec::new(), open_gaps: [false; 2] }
    }

    fn step(&mut self, step: &Step) {
        let now = self.now;
        let before = |ago: u32, long: u32| {
            let end = now.saturating_sub(ago);
            (end.saturating_sub(long), end)
        };
        let index = &self.index;
        match step {
            Step::Record(stream, long, ago) => {
                let (from, to) = before(*ago, *long);
                self.segments.push(record(index, &streams()[*stream], (from, to)));
            }
            Step::Delete(which) => {
                let count = self.segments.len().max(1);
                if let Some(id) = self.segments.get(which % count).copied() {
                    self.segments.retain(|other| *other != id);
                    index.mark_deleting(&[id]).unwrap();
                    index.forget_segments(&[id]).unwrap();
                }
            }
            Step::Gap(stream, long, ago, cause) if !self.open_gaps[*stream] => {
                let (from, to) = before(*ago, *long);
                index.open_gap(&streams()[*stream], at(from), *cause).unwrap();
                index.close_gap(&streams()[*stream], at(to)).unwrap();
            }
            Step::Gap(..) => {}
            Step::OpenGap(stream, cause) => {
                index.open_gap(&streams()[*stream], at(now), *cause).unwrap();
                self.open_gaps[*stream] = true;
            }
            Step::CloseGap(stream) => {
                index.close_gap(&streams()[*stream], at(now)).unwrap();
                self.open_gaps[*stream] = false;
            }
            Step::Change(state) => {
                let change = CoverageChange { camera: camera(1), at: at(now), state: *state };
                index.cover(&[change], at(now)).unwrap();
            }
            Step::Crash => index.resume_coverage(&[camera(1)], at(now)).unwrap(),
            Step::ExpireGaps(ago) => {
                index.expire_gaps(at(now.saturating_sub(*ago))).unwrap();
            }
            Step::ExpireCoverage(ago) => {
                index.expire_coverage(at(now.saturating_sub(*ago))).unwrap();
            }
        }
    }

    fn ask(&self, (from, to): (u32, u32), gaps: usize) -> CameraCoverage {
        let query = CoverageQuery {
            range: TimeRange { start: at(from), end: at(to) },
            cameras: Some(vec![camera(1)]),
            growing: Vec::new(),
            gaps,
        };
        self.index.coverage(&query).unwrap().cameras.pop().unwrap()
    }

    /// Asks in a way that reads rows alone, and leaves of the gaps what [`FEW`] leaves.
    fn counted_from_rows(&self, asked: (u32, u32)) -> CameraCoverage {
        let mut told = self.ask(asked, usize::MAX);
        for aspect in [&mut told.seen, &mut told.recorded, &mut told.analysed] {
            leave_few(aspect);
        }
        told
    }
}

fn leave_few(aspect: &mut AspectCoverage) {
    let gaps = &mut aspect.gaps;
    gaps.sort_by_key(|gap| (Reverse(gap.range.duration()), gap.range.start));
    aspect.gaps_left_out = gaps.len().saturating_sub(FEW);
    gaps.truncate(FEW);
    gaps.sort_by_key(|gap| gap.range.start);
}

fn record(index: &Index, stream: &StreamId, (from, to): (u32, u32)) -> SegmentId {
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

/// Returns how many days are added up, and how many are due.
fn days(folder: &Path) -> (u32, u32) {
    let file = Connection::open(folder.join("footage.db")).unwrap();
    let sql = "SELECT count(totals), count(*) - count(totals) FROM coverage_day";
    file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_day_that_was_added_up_tells_what_its_rows_tell(
        steps in prop::collection::vec((step(), 0..12_u32, any::<bool>()), 20..50),
        asked in prop::collection::vec((0..400_u32, 1..400_u32), 3),
    ) {
        let mut played = Played::new();
        for (step, later, adds_up) in &steps {
            played.now += later;
            played.step(step);
            if *adds_up {
                played.index.cover(&[], at(played.now)).unwrap();
            }
            prop_assert_eq!(played.ask((0, played.now + 1), FEW), played.counted_from_rows((0, played.now + 1)));
        }
        for (from, long) in &asked {
            let asked = (*from, from + long);
            prop_assert_eq!(played.ask(asked, FEW), played.counted_from_rows(asked));
        }
        // Opened again, and all added up.
        let Played { folder, index, now, .. } = played;
        drop(index);
        let index = open(folder.path());
        index.cover(&[], at(now)).unwrap();
        let again = Played { folder, index, now, segments: Vec::new(), open_gaps: [false; 2] };
        for (from, long) in asked {
            prop_assert_eq!(again.ask((from, from + long), FEW), again.counted_from_rows((from, from + long)));
        }
    }
}

fn well() -> CoverageState {
    CoverageState { unseen: None, analysis: Ok(RATE), records_main: true, records_sub: false }
}

#[test]
fn days_are_added_up_when_they_are_over_and_anew_when_they_change() {
    let mut played = Played::new();
    played.step(&Step::Change(Some(well())));
    for day in 0..5 {
        played.now = 24 * (day + 1);
        played.step(&Step::Record(0, 22, 0));
    }
    let folder = played.folder.path().to_owned();
    assert_eq!(days(&folder), (0, 0));
    played.index.cover(&[], at(played.now)).unwrap();
    assert_eq!(days(&folder), (5, 0));

    // They are what is told: rows changed behind the index's back are not seen.
    let told = played.ask((0, 120), FEW);
    assert_eq!(told.recorded.covered, TICK * 22 * 5);
    let file = Connection::open(folder.join("footage.db")).unwrap();
    file.execute("DELETE FROM recorded", []).unwrap();
    assert_eq!(played.ask((0, 120), FEW), told);
    assert_eq!(played.counted_from_rows((0, 120)).recorded.covered, Duration::ZERO);
    file.execute_batch("UPDATE coverage_day SET totals = x'ff'").unwrap();
    assert_eq!(
        played.ask((0, 120), FEW),
        played.counted_from_rows((0, 120)),
        "what cannot be read"
    );
    drop(file);

    // A segment of the second day goes, up to the third; a gap over the last two ends: four days are
    // due, and added up anew when it is next noted that time goes on.
    let second = played.segments[1];
    played.index.mark_deleting(&[second]).unwrap();
    assert_eq!(days(&folder).1, 2);
    played.index.open_gap(&streams()[1], at(80), GapCause::DiskFull).unwrap();
    played.index.close_gap(&streams()[1], at(100)).unwrap();
    assert_eq!(days(&folder).1, 4);
    played.now += 1;
    played.index.cover(&[], at(played.now)).unwrap();
    assert_eq!(days(&folder), (5, 0));

    // What is not known whole any more is told from its rows.
    played.index.expire_coverage(at(30)).unwrap();
    assert_eq!(days(&folder), (3, 0));
    assert_eq!(played.ask((0, 120), FEW), played.counted_from_rows((0, 120)));
}

#[test]
fn the_days_of_an_index_of_before_are_added_up_too() {
    let mut played = Played::new();
    played.step(&Step::Change(Some(well())));
    played.now = 200;
    played.step(&Step::Record(0, 190, 0));
    played.index.cover(&[], at(200)).unwrap();
    let told = played.ask((0, 200), FEW);
    let Played { folder, index, now, .. } = played;
    drop(index);
    let file = Connection::open(folder.path().join("footage.db")).unwrap();
    file.execute_batch("DROP TABLE coverage_day; PRAGMA user_version = 3;").unwrap();
    drop(file);
    let index = open(folder.path());
    // The first and the last day are not over, or not known from their beginning.
    assert_eq!(days(folder.path()), (0, 7));
    let again = Played { folder, index, now, segments: Vec::new(), open_gaps: [false; 2] };
    assert_eq!(again.ask((0, 200), FEW), told);
    again.index.cover(&[], at(200)).unwrap();
    assert_eq!(days(again.folder.path()), (7, 0));
    assert_eq!(again.ask((0, 200), FEW), told);
}
