//! However a recording goes, a player that asks again and again is told every piece once, under one
//! number.

use bytes::Bytes;
use domain::{Codec, Fragment, SegmentState, TimeRange};
use proptest::prelude::*;

use super::*;

const START: Timestamp = Timestamp::from_micros(1_772_325_000_000_000);

fn stream() -> StreamId {
    StreamId::main("gate".parse().unwrap())
}

/// A recorded file of fragments that begin so many milliseconds after the start and last as long.
fn segment(number: i64, fragments: &[(u64, u32)]) -> Segment {
    let fragment = |(index, &(at_ms, lasts_ms)): (u32, &(u64, u32))| Fragment {
        start: START.plus(Duration::from_millis(at_ms)),
        duration_us: lasts_ms * 1000,
        offset: 700 + u64::from(index) * 1000,
        bytes: 1000,
        pictures: 25,
    };
    let fragments: Vec<_> = (0_u32..).zip(fragments).map(fragment).collect();
    let start = fragments.first().map_or(START, |fragment| fragment.start);
    Segment {
        id: SegmentId(number),
        stream: stream(),
        volume: "v1".parse().unwrap(),
        path: "x.mp4".into(),
        range: TimeRange { start, end: start.plus(Duration::from_secs(60)) },
        codec: Codec::H264,
        width: 640,
        height: 480,
        rfc6381: "avc1.4d401f".into(),
        sample_entry: Bytes::new(),
        bytes: 10_000,
        header_bytes: 700,
        fragments,
        sha256: None,
        state: SegmentState::Open,
    }
}

/// What a player reads of a playlist.
#[derive(Debug, Default, PartialEq)]
struct Read {
    sequence: u64,
    discontinuity_sequence: u64,
    /// Address, and how many discontinuities stand before it in the list.
    pieces: Vec<(String, u64)>,
}

fn read(text: &str) -> Read {
    let mut read = Read::default();
    let mut discontinuities = 0;
    for line in text.lines() {
        let number = |tag: &str| line.strip_prefix(tag).and_then(|rest| rest.parse().ok());
        if let Some(number) = number("#EXT-X-MEDIA-SEQUENCE:") {
            read.sequence = number;
        } else if let Some(number) = number("#EXT-X-DISCONTINUITY-SEQUENCE:") {
            read.discontinuity_sequence = number;
        } else if line == "#EXT-X-DISCONTINUITY" {
            discontinuities += 1;
        } else if !line.starts_with('#') {
            read.pieces.push((line.to_owned(), discontinuities));
        }
    }
    assert!(!text.contains("ENDLIST"));
    read
}

#[test]
fn the_newest_gops_are_listed_as_they_lie_on_disk() {
    let windows = Windows::default();
    let files = [segment(7, &[(0, 2000), (2000, 2000)]), segment(8, &[(4000, 1500)])];
    let text = windows.playlist(&stream(), &files, START, "?masks=off").unwrap();
    let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n\
        #EXT-X-MEDIA-SEQUENCE:1772325000\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n\
        #EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-MAP:URI=\"/api/v1/cameras/gate/live/7-head.mp4?masks=off\"\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-03-01T00:30:00.000Z\n#EXTINF:2.000000,\n\
        /api/v1/cameras/gate/live/7-700.m4s?masks=off\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-03-01T00:30:02.000Z\n#EXTINF:2.000000,\n\
        /api/v1/cameras/gate/live/7-1700.m4s?masks=off\n\
        #EXT-X-DISCONTINUITY\n\
        #EXT-X-MAP:URI=\"/api/v1/cameras/gate/live/8-head.mp4?masks=off\"\n\
        #EXT-X-PROGRAM-DATE-TIME:2026-03-01T00:30:04.000Z\n#EXTINF:1.500000,\n\
        /api/v1/cameras/gate/live/8-700.m4s?masks=off\n";
    assert_eq!(text, expected);
    assert!(
        windows
            .playlist(&StreamId { role: domain::StreamRole::Sub, ..stream() }, &[], START, "")
            .is_none()
    );
}

proptest! {
    #[test]
    fn a_piece_keeps_its_number_and_its_row(
        gops in prop::collection::vec((500_u32..9000, prop::bool::weighted(0.1), prop::bool::weighted(0.2)), 1..80),
        asked in prop::collection::vec(1_usize..6, 1..40),
    ) {
        // What a camera sends: files of GOPs, some after a gap.
        let mut files: Vec<Vec<(u64, u32)>> = vec![Vec::new()];
        let mut at = 0;
        for &(lasts, is_late, is_new_file) in &gops {
            if is_late {
                at += 30_000;
            }
            if is_new_file && files.last().is_some_and(|file| !file.is_empty()) {
                files.push(Vec::new());
            }
            files.last_mut().unwrap().push((at, lasts));
            at += u64::from(lasts);
        }
        let all = gops.len();
        let so_far = |count: usize| {
            let mut left = count;
            let mut segments = Vec::new();
            for (number, file) in (1..).zip(&files) {
                let taken = left.min(file.len());
                left -= taken;
                if taken > 0 {
                    segments.push(segment(number, &file[..taken]));
                }
            }
            segments
        };
        let windows = Windows::default();
        let mut numbers = BTreeMap::new();
        let mut before = Read::default();
        let mut count = 0;
        for step in asked {
            count = (count + step).min(all);
            let text = windows.playlist(&stream(), &so_far(count), START, "").unwrap();
            let now = read(&text);
            prop_assert!(now.sequence >= before.sequence);
            prop_assert!(now.discontinuity_sequence >= before.discontinuity_sequence);
            for (number, (piece, row)) in (now.sequence..).zip(&now.pieces) {
                let told = (number, row + now.discontinuity_sequence);
                let known = *numbers.entry(piece.clone()).or_insert(told);
                prop_assert_eq!(known, told, "{}", piece);
            }
            prop_assert!(now.pieces.len() <= MOST_PIECES);
            // Each has had a number, also those that went before anybody asked.
            let begun = START.as_micros() / 1_000_000;
            let counted = now.sequence + now.pieces.len() as u64;
            prop_assert_eq!(counted, u64::try_from(begun).unwrap() + count as u64);
            before = now;
        }
    }
}
