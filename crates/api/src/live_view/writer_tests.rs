//! Wherever somebody begins to watch, every picture comes once, whole, in order and without a hole.

use std::sync::Arc;
use std::time::Duration;

use archive::live::OpenGop;
use bytes::Bytes;
use domain::{AccessUnit, ClockSource, Codec, RunId, StreamId, Timestamp, VideoFormat};
use proptest::prelude::*;

use super::{Sent, Writer};

const START: Timestamp = Timestamp::from_micros(1_772_325_000_000_000);

fn format(width: u32) -> Arc<VideoFormat> {
    Arc::new(VideoFormat {
        codec: Codec::H264,
        width,
        height: 480,
        sample_entry: Bytes::from_static(b"\0\0\0\x08avc1"),
        codec_data: Bytes::new(),
        rfc6381: "avc1.4d401f".into(),
    })
}

/// A row as it was sent.
#[derive(Debug, Default)]
struct Row {
    time: Option<Timestamp>,
    width: u32,
    pictures: Vec<Bytes>,
    /// Where each fragment begins and ends, in ticks.
    spans: Vec<(u64, u64)>,
    starts_with_keyframe: bool,
}

/// Reads what was sent back: boxes by their sizes.
fn rows(sent: Vec<Sent>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut wants_header = false;
    for sent in sent {
        match sent {
            Sent::Start { format, time } => {
                assert!(!wants_header, "an initialization segment follows");
                wants_header = true;
                rows.push(Row { time: Some(time), width: format.width, ..Row::default() });
            }
            Sent::Media(bytes) if wants_header => {
                assert_eq!(&bytes[4..8], b"ftyp");
                wants_header = false;
            }
            Sent::Media(bytes) => read_fragment(&bytes, rows.last_mut().unwrap()),
        }
    }
    rows
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// Returns what lies in the box `kind`, and what follows it.
fn opened<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> (&'a [u8], &'a [u8]) {
    let (found, rest) = bytes.split_at(number(bytes).try_into().unwrap());
    assert_eq!(&found[4..8], kind);
    (&found[8..], rest)
}

fn read_fragment(bytes: &[u8], row: &mut Row) {
    let (_, rest) = opened(bytes, b"prft");
    let (moof, rest) = opened(rest, b"moof");
    let (mut payload, rest) = opened(rest, b"mdat");
    assert!(rest.is_empty());
    let (_, traf) = opened(moof, b"mfhd");
    let (traf, _) = opened(traf, b"traf");
    let (_, tables) = opened(traf, b"tfhd");
    let (time, runs) = opened(tables, b"tfdt");
    let start = u64::from_be_bytes(time[4..12].try_into().unwrap());
    let (run, _) = opened(runs, b"trun");
    let has_first_flags = number(run) & 0x4 != 0;
    if row.pictures.is_empty() {
        row.starts_with_keyframe = has_first_flags;
    }
    let mut samples = &run[if has_first_flags { 16 } else { 12 }..];
    let mut end = start;
    for _ in 0..number(&run[4..]) {
        end += u64::from(number(samples));
        let (picture, rest) = payload.split_at(number(&samples[4..]).try_into().unwrap());
        row.pictures.push(Bytes::copy_from_slice(picture));
        (payload, samples) = (rest, &samples[8..]);
    }
    assert!(payload.is_empty() && samples.is_empty());
    row.spans.push((start, end));
}

/// What a camera sends: how long after the one before, whether a keyframe, how many bytes; `None`
/// begins a new run, of another width or the same.
type Sending = (u64, Option<bool>, usize, bool);

fn units(sendings: &[Sending]) -> Vec<AccessUnit> {
    let (mut run, mut sequence, mut time, mut width) = (1, 0, START, 640);
    let mut units = Vec::new();
    for (number, &(later_us, keyframe, bytes, is_wider)) in sendings.iter().enumerate() {
        time = time.plus(Duration::from_micros(later_us));
        if keyframe.is_none() {
            (run, sequence) = (run + 1, 0);
            width += u32::from(is_wider);
        }
        units.push(AccessUnit {
            stream: StreamId::main("cam".parse().unwrap()),
            run: RunId(run),
            sequence,
            time,
            clock_source: ClockSource::SenderReport,
            clock_error_us: 0,
            timestamp_90k: 0,
            is_keyframe: sequence == 0 || keyframe == Some(true),
            lost_packets: 0,
            format: format(width),
            data: vec![u8::try_from(number % 251).unwrap(); bytes].into(),
        });
        sequence += 1;
    }
    units
}

proptest! {
    #[test]
    fn every_picture_comes_once_from_the_keyframe_before(
        sendings in prop::collection::vec(
            (1_u64..400_000, prop::option::weighted(0.9, any::<bool>()), 1_usize..3000, any::<bool>()),
            1..60,
        ),
        newest in any::<prop::sample::Index>(),
        queued in any::<prop::sample::Index>(),
    ) {
        let units = units(&sendings);
        let newest = newest.index(units.len());
        let first = units[..=newest].iter().rposition(|unit| unit.is_keyframe).unwrap();
        let pictures: Vec<_> =
            units[first..=newest].iter().map(|unit| (unit.time, unit.data.clone())).collect();
        let gop = OpenGop { format: units[newest].format.clone(), run: units[newest].run, pictures };
        let mut writer = Writer::default();
        let mut sent = writer.begin(gop);
        // Those that came since somebody began to watch are told, too, though the GOP holds them.
        for unit in &units[queued.index(newest + 2)..] {
            sent.extend(writer.take(unit.clone()));
        }
        sent.extend(writer.interrupted());
        let rows = rows(sent);
        let shown: Vec<_> = rows.iter().flat_map(|row| row.pictures.iter()).collect();
        let expected: Vec<_> = units[first..].iter().map(|unit| &unit.data).collect();
        prop_assert_eq!(shown, expected);
        let mut at = first;
        for row in &rows {
            prop_assert!(row.starts_with_keyframe);
            prop_assert_eq!(row.time, Some(units[at].time));
            prop_assert_eq!(row.width, units[at].format.width);
            let is_whole = row.spans.windows(2).all(|pair| pair[0].1 == pair[1].0);
            prop_assert!(is_whole, "{:?}", row.spans);
            at += row.pictures.len();
        }
    }
}

#[test]
fn who_was_too_slow_goes_on_with_the_next_keyframe() {
    let sending = |is_keyframe| (40_000, Some(is_keyframe), 10, false);
    let keyframes = [true, false, false, true, false];
    let units = units(&keyframes.map(sending));
    let mut writer = Writer::default();
    let mut sent = writer.take(units[0].clone());
    writer.behind();
    sent.extend(units[2..].iter().flat_map(|unit| writer.take(unit.clone())));
    sent.extend(writer.interrupted());
    let rows = rows(sent);
    assert!(rows[0].pictures.is_empty());
    assert_eq!(rows[1].pictures, [units[3].data.clone(), units[4].data.clone()]);
    assert_eq!(rows[1].time, Some(units[3].time));
}

#[test]
fn a_large_gop_is_sent_in_several_fragments() {
    let sendings: Vec<Sending> =
        (0..9).map(|number| (40_000, Some(number == 0), 400_000, false)).collect();
    let units = units(&sendings);
    let pictures = units.iter().map(|unit| (unit.time, unit.data.clone())).collect();
    let gop = OpenGop { format: units[0].format.clone(), run: RunId(1), pictures };
    let mut writer = Writer::default();
    let mut sent = writer.begin(gop);
    sent.extend(writer.interrupted());
    let rows = rows(sent);
    assert_eq!((rows[0].spans.len(), rows[0].pictures.len()), (5, 9));
    assert!(rows[0].spans.windows(2).all(|pair| pair[0].1 == pair[1].0));
}
