//! Segments and gaps: what the archive writes is what it and the console read.

use std::time::Duration;

use bytes::Bytes;
use domain::{
    Codec, Fragment, Gap, GapCause, Segment, SegmentId, SegmentState, StreamId, TimeRange,
    Timestamp,
};
use index::{Index, IndexError};

use crate::made::{camera, open, time};

fn start() -> Timestamp {
    time("2026-03-01T00:00:00Z")
}

pub(crate) fn minute(number: u64) -> Timestamp {
    start().plus(Duration::from_secs(60 * number))
}

fn being_written(stream: &StreamId, number: u64) -> Segment {
    Segment {
        id: SegmentId(0),
        stream: stream.clone(),
        volume: "disk-1".parse().unwrap(),
        path: format!("{stream}/2026-03-01/{number}.mp4"),
        range: TimeRange { start: minute(number), end: minute(number) },
        codec: Codec::H265,
        width: 1920,
        height: 1080,
        rfc6381: "hvc1.1.6.L120.90".into(),
        sample_entry: Bytes::from(vec![7; 120]),
        bytes: 900,
        header_bytes: 900,
        fragments: vec![],
        sha256: None,
        state: SegmentState::Open,
    }
}

fn closed(mut segment: Segment) -> Segment {
    let first = segment.range.start;
    segment.fragments = (0..30_u64)
        .map(|number| Fragment {
            start: first.plus(Duration::from_millis(2000 * number)),
            duration_us: 2_000_000,
            offset: 900 + 50_000 * number,
            bytes: 50_000,
            pictures: 50,
        })
        .collect();
    segment.range.end = first.plus(Duration::from_secs(60));
    segment.bytes = 900 + 30 * 50_000;
    segment.sha256 = Some([9; 32]);
    segment.state = SegmentState::Closed;
    segment
}

pub(crate) fn record(index: &Index, stream: &StreamId, number: u64) -> Segment {
    let segment = closed_segment(index, stream, number);
    index.close_segment(&segment).unwrap();
    segment
}

/// Returns a segment as it is to be closed.
pub(crate) fn closed_segment(index: &Index, stream: &StreamId, number: u64) -> Segment {
    let mut segment = being_written(stream, number);
    segment.id = index.open_segment(&segment).unwrap();
    closed(segment)
}

#[test]
fn a_segment_goes_through_its_life() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    assert_eq!(index.recorded_end(&stream).unwrap(), None);
    let mut segment = being_written(&stream, 0);
    segment.id = index.open_segment(&segment).unwrap();
    assert_eq!(index.unfinished_segments().unwrap(), std::slice::from_ref(&segment));
    assert_eq!(index.segments(&stream, TimeRange::ALL).unwrap(), []);

    let segment = closed(segment);
    index.close_segment(&segment).unwrap();
    drop(index);
    let index = open(folder.path());
    assert_eq!(index.unfinished_segments().unwrap(), []);
    assert_eq!(index.segment(segment.id).unwrap(), Some(segment.clone()));
    assert_eq!(index.recorded_end(&stream).unwrap(), Some(minute(1)));

    index.mark_deleting(&[segment.id]).unwrap();
    assert_eq!(index.segments(&stream, TimeRange::ALL).unwrap(), []);
    assert_eq!(index.unfinished_segments().unwrap()[0].state, SegmentState::Deleting);
    index.forget_segments(&[segment.id]).unwrap();
    assert_eq!(index.all_segments().unwrap(), []);
    assert!(matches!(index.close_segment(&segment), Err(IndexError::NoSegment(_))));
    // A number is never given twice: a clip's address stays true.
    assert!(record(&index, &stream, 1).id > segment.id);
}

#[test]
fn segments_are_found_by_time_age_and_volume() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let (main, sub) = (StreamId::main(camera(1)), StreamId::sub(camera(1)));
    let recorded: Vec<Segment> = (0..10).map(|number| record(&index, &main, number)).collect();
    let beside = record(&index, &sub, 3);
    let range = |from, to| TimeRange { start: minute(from), end: minute(to) };
    let within = TimeRange {
        start: minute(3).plus(Duration::from_secs(59)),
        end: minute(5).plus(Duration::from_micros(1)),
    };
    assert_eq!(index.segments(&main, within).unwrap(), recorded[3..6]);
    assert_eq!(index.segments(&main, range(3, 5)).unwrap(), recorded[3..5]);
    assert_eq!(index.segments(&sub, TimeRange::ALL).unwrap(), [beside]);
    assert_eq!(index.segments_before(&main, minute(2), 10).unwrap(), recorded[..2]);
    assert_eq!(index.segments_before(&main, minute(9), 1).unwrap(), recorded[..1]);
    let oldest = index.oldest_segments(&"disk-1".parse().unwrap(), 3).unwrap();
    assert_eq!(oldest, recorded[..3]);
    assert_eq!(index.oldest_segments(&"disk-2".parse().unwrap(), 3).unwrap(), []);
    assert_eq!(index.all_segments().unwrap().len(), 11);
    let some = index.segments_from(recorded[4].id, 2).unwrap();
    assert_eq!(some, recorded[5..7]);
}

#[test]
fn many_disk_threads_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    std::thread::scope(|scope| {
        for disk in 0..8 {
            let index = &index;
            scope.spawn(move || {
                let stream = StreamId::main(camera(disk));
                for number in 0..10 {
                    record(index, &stream, number);
                }
            });
        }
    });
    assert_eq!(index.all_segments().unwrap().len(), 80);
}

#[test]
fn a_gap_opens_once_and_one_without_length_vanishes() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    let other = StreamId::main(camera(2));
    let gap = |from, to: Option<u64>, cause| Gap {
        stream: stream.clone(),
        start: minute(from),
        end: to.map(minute),
        cause,
    };
    let all = || index.gaps(None, TimeRange::ALL).unwrap();

    index.close_gap(&stream, minute(1)).unwrap();
    index.open_gap(&stream, minute(1), GapCause::Disconnected).unwrap();
    index.open_gap(&stream, minute(2), GapCause::NoPicture).unwrap();
    assert_eq!(all(), [gap(1, None, GapCause::Disconnected)]);
    index.open_gap(&stream, minute(2), GapCause::Misconfigured).unwrap();
    assert_eq!(all(), [gap(1, None, GapCause::Misconfigured)]);
    index.close_gap(&stream, minute(4)).unwrap();
    index.close_gap(&stream, minute(5)).unwrap();
    let ended = gap(1, Some(4), GapCause::Misconfigured);
    assert_eq!(all(), std::slice::from_ref(&ended));

    index.open_gap(&stream, minute(6), GapCause::PacketLoss).unwrap();
    index.close_gap(&stream, minute(6)).unwrap();
    index.open_gap(&stream, minute(7), GapCause::DiskSlow).unwrap();
    index.close_gap(&stream, minute(6)).unwrap();
    assert_eq!(all(), std::slice::from_ref(&ended));

    index.open_gap(&other, minute(3), GapCause::Crashed).unwrap();
    let range = |from, to| TimeRange { start: minute(from), end: minute(to) };
    let of =
        |stream: &StreamId, range| index.gaps(Some(std::slice::from_ref(stream)), range).unwrap();
    assert_eq!(of(&stream, range(3, 9)), std::slice::from_ref(&ended));
    assert_eq!(of(&stream, range(4, 9)), []);
    assert_eq!(of(&stream, range(0, 1)), []);
    assert_eq!(of(&other, range(100, 200)).len(), 1);
    assert_eq!(index.gaps(None, range(3, 9)).unwrap().len(), 2);
    // Events may be kept for less time than footage and its gaps.
    index.expire(minute(4)).unwrap();
    assert_eq!(all().len(), 2);
    assert_eq!(index.expire_gaps(minute(4)).unwrap(), 1);
    assert_eq!(index.expire_gaps(minute(400)).unwrap(), 0);
    assert_eq!(all().len(), 1);
}

#[test]
fn segments_are_read_beside_the_process_that_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let stream = StreamId::main(camera(1));
    let recorded = [record(&index, &stream, 0), record(&index, &stream, 1)];
    assert_eq!(Index::read_segments(folder.path()).unwrap(), recorded);
    let more = record(&index, &stream, 2);
    assert_eq!(Index::read_segments(folder.path()).unwrap()[2], more);
    drop(index);
    assert_eq!(Index::read_segments(folder.path()).unwrap().len(), 3);
    assert_eq!(open(folder.path()).all_segments().unwrap().len(), 3);

    let empty = tempfile::tempdir().unwrap();
    let error = Index::read_segments(empty.path()).unwrap_err().to_string();
    assert!(error.contains("footage.db"), "{error}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}
