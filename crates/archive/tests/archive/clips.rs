//! Any range over any number of segments is one file, the same however it is read.

use std::time::Duration;

use archive::ClipError;
use archive::clip::Clip;
use archive::playlist::{Listed, hls};
use bytes::Bytes;
use domain::{AccessUnit, GapCause, TimeRange, Timestamp};
use proptest::prelude::*;

use crate::support::{Camera, Site, at_ms, close, folder, format};

/// Three runs, two formats, one gap of 10 s; returns what was sent.
pub(crate) fn recorded(site: &mut Site) -> Vec<AccessUnit> {
    site.config.segment_duration = Duration::from_secs(86_400);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.gop = 10;
    let mut recorder = archive.recorder(camera.stream.clone());
    let mut units = camera.takes(60);
    camera.format = format(320);
    units.extend(camera.takes(60));
    units.iter().for_each(|unit| recorder.write(unit.clone()));
    recorder.interrupted(camera.time, GapCause::Disconnected);
    camera.reconnect(Duration::from_secs(10));
    let last = camera.takes(60);
    last.iter().for_each(|unit| recorder.write(unit.clone()));
    units.extend(last);
    drop(recorder);
    close(archive);
    units
}

fn read_in(clip: &Clip, chunks: &[usize]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in chunks.iter().cycle() {
        let mut buffer = vec![0; *chunk];
        let offset = u64::try_from(bytes.len()).unwrap();
        let count = clip.read(offset, &mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        if count < *chunk {
            break;
        }
    }
    bytes
}

/// Returns the payloads of the boxes of `kind`, one after the other.
fn boxes<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while rest.len() >= 8 {
        let size = u64::from(u32::from_be_bytes(rest[..4].try_into().unwrap()));
        let (head, size) = match size {
            1 => (16, u64::from_be_bytes(rest[8..16].try_into().unwrap())),
            size => (8, size),
        };
        let (this, after) = rest.split_at(usize::try_from(size).unwrap());
        if this[4..8] == *kind {
            found.push(&this[head..]);
        }
        rest = after;
    }
    assert!(rest.is_empty());
    found
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
}

/// Reads the samples of a clip as a player finds them: offset by chunk, size by sample.
fn samples(file: &[u8]) -> Vec<(u32, Bytes)> {
    let mut inner = boxes(file, b"moov")[0];
    for kind in [b"trak", b"mdia", b"minf", b"stbl"] {
        inner = boxes(inner, kind)[0];
    }
    let table = |kind| words(boxes(inner, kind)[0]);
    let sizes = table(b"stsz").split_off(3);
    let durations = table(b"stts").split_off(2);
    let mut durations = durations
        .chunks_exact(2)
        .flat_map(|pair| std::iter::repeat_n(pair[1], usize::try_from(pair[0]).unwrap()));
    let offsets = table(b"co64").split_off(2);
    let chunks = table(b"stsc").split_off(2);
    let per_chunk = |number: usize| {
        let number = u32::try_from(number).unwrap();
        chunks.chunks_exact(3).take_while(|entry| entry[0] <= number).last().unwrap()[1]
    };
    let mut sizes = sizes.into_iter();
    let mut samples = Vec::new();
    for (number, offset) in offsets.chunks_exact(2).enumerate() {
        assert_eq!(offset[0], 0);
        let mut at = usize::try_from(offset[1]).unwrap();
        for _ in 0..per_chunk(number + 1) {
            let size = usize::try_from(sizes.next().unwrap()).unwrap();
            samples.push((durations.next().unwrap(), Bytes::copy_from_slice(&file[at..at + size])));
            at += size;
        }
    }
    assert!(sizes.next().is_none() && durations.next().is_none());
    samples
}

#[test]
fn a_clip_over_files_formats_and_gaps_holds_every_picture_at_its_time() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    let units = recorded(&mut site);
    let clip = Clip::new(site.footage(), TimeRange::ALL).unwrap();
    let file = read_in(&clip, &[65_536]);
    assert_eq!(u64::try_from(file.len()).unwrap(), clip.len());
    let samples = samples(&file);
    assert_eq!(samples.len(), units.len());
    let mut at_90k: u64 = 0;
    for ((duration, data), unit) in samples.iter().zip(&units) {
        assert_eq!(*data, unit.data);
        let wall_us = u64::try_from(unit.time.micros_since(units[0].time)).unwrap();
        assert!(at_90k.abs_diff(wall_us * 9 / 100) <= 2, "{at_90k} {wall_us}");
        at_90k += u64::from(*duration);
    }
    assert_eq!(clip.range().start, units[0].time);
    assert_eq!(clip.range().end, units[179].time.plus(Duration::from_millis(40)));
}

#[test]
fn segments_that_overlap_are_played_one_after_the_other() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    let mut units = camera.takes(20);
    camera.run = 2;
    camera.sequence = 0;
    camera.time = at_ms(200);
    units.extend(camera.takes(20));
    units.iter().for_each(|unit| recorder.write(unit.clone()));
    drop(recorder);
    close(archive);
    let clip = Clip::new(site.footage(), TimeRange::ALL).unwrap();
    let samples = samples(&read_in(&clip, &[1000]));
    let data: Vec<_> = samples.iter().map(|sample| sample.1.clone()).collect();
    assert_eq!(data, units.iter().map(|unit| unit.data.clone()).collect::<Vec<_>>());
    assert!(samples.iter().all(|sample| sample.0 == 3600));
}

#[test]
fn nothing_in_the_range_is_an_error_and_reading_past_the_end_is_not() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    recorded(&mut site);
    let gap = TimeRange::new(at_ms(6000), at_ms(9000)).unwrap();
    assert!(matches!(Clip::new(site.footage(), gap), Err(ClipError::Empty { .. })));
    assert!(matches!(Clip::new(Vec::new(), TimeRange::ALL), Err(ClipError::Empty { .. })));
    let clip = Clip::new(site.footage(), TimeRange::ALL).unwrap();
    let mut buffer = [0; 10];
    assert_eq!(clip.read(clip.len(), &mut buffer).unwrap(), 0);
    assert_eq!(clip.read(u64::MAX, &mut buffer).unwrap(), 0);
    assert_eq!(clip.read(clip.len() - 3, &mut buffer).unwrap(), 3);
}

#[test]
fn the_tag_changes_with_the_range_and_not_with_the_reader() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    recorded(&mut site);
    let tag = |start, end| {
        let range = TimeRange::new(at_ms(start), at_ms(end)).unwrap();
        Clip::new(site.footage(), range).unwrap().etag()
    };
    assert_eq!(tag(0, 3000), tag(0, 3000));
    assert_ne!(tag(0, 3000), tag(0, 3001));
    assert_ne!(tag(0, 3000), tag(500, 3000));
}

#[test]
fn a_file_that_is_gone_or_cut_is_an_error_that_names_it() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    recorded(&mut site);
    let clip = Clip::new(site.footage(), TimeRange::ALL).unwrap();
    let last = &site.footage()[2];
    let file = std::fs::OpenOptions::new().write(true).open(&last.0).unwrap();
    file.set_len(last.1.bytes - 1).unwrap();
    let mut buffer = vec![0; usize::try_from(clip.len()).unwrap()];
    let error = clip.read(0, &mut buffer).unwrap_err();
    assert!(matches!(error, ClipError::Damaged { .. }), "{error}");
    assert!(Clip::new(site.footage(), TimeRange::ALL).is_err());
    std::fs::remove_file(&last.0).unwrap();
    let error = Clip::new(site.footage(), TimeRange::ALL).unwrap_err().to_string();
    assert!(error.contains(last.0.to_str().unwrap()), "{error}");
}

#[test]
fn a_playlist_names_every_fragment_in_the_range() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    recorded(&mut site);
    let range = TimeRange::new(at_ms(1000), Timestamp::MAX).unwrap();
    let uri =
        |segment: &domain::Segment| Listed::AsItLies { uri: format!("segments/{}", segment.id.0) };
    let playlist = hls(&site.ledger.closed(), range, &uri);
    let count = |text: &str| playlist.matches(text).count();
    assert_eq!(count("#EXTINF"), 16);
    assert_eq!(count("#EXT-X-MAP"), 3);
    assert_eq!(count("#EXT-X-DISCONTINUITY\n"), 2);
    let closed = site.ledger.closed();
    let second = &closed[0].fragments[2];
    let first_of_range = format!(
        "#EXT-X-PROGRAM-DATE-TIME:2026-03-01T00:00:00.800Z\n#EXTINF:0.400000,\n\
         #EXT-X-BYTERANGE:{}@{}\nsegments/1\n",
        second.bytes, second.offset
    );
    assert!(playlist.contains(&first_of_range), "{playlist}");
    assert!(playlist.ends_with("#EXT-X-ENDLIST\n"));
    assert!(playlist.contains("#EXT-X-TARGETDURATION:1\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_clip_is_the_same_over_any_chunking(
        start in 0..20_000_u64,
        length in 1..20_000_u64,
        chunks in prop::collection::vec(1..5000_usize, 1..20),
    ) {
        let folder = folder();
        let mut site = Site::new(&[folder.path()]);
        let units = recorded(&mut site);
        let range = TimeRange::new(at_ms(start), at_ms(start + length)).unwrap();
        let in_range = |unit: &&AccessUnit| {
            range.start < unit.time.plus(Duration::from_millis(40)) && unit.time < range.end
        };
        let clip = match Clip::new(site.footage(), range) {
            Ok(clip) => clip,
            Err(ClipError::Empty { .. }) => {
                prop_assert_eq!(units.iter().filter(in_range).count(), 0);
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        };
        let whole = read_in(&clip, &[1 << 20]);
        prop_assert_eq!(&whole, &read_in(&clip, &chunks));
        prop_assert_eq!(u64::try_from(whole.len()).unwrap(), clip.len());
        let samples = samples(&whole);
        let sent: Vec<_> = units
            .iter()
            .filter(|unit| clip.range().contains(unit.time))
            .map(|unit| unit.data.clone())
            .collect();
        let found: Vec<_> = samples.into_iter().map(|sample| sample.1).collect();
        prop_assert_eq!(found, sent);
        prop_assert!(clip.shown().start >= range.start && clip.shown().end <= range.end);
        for unit in units.iter().filter(in_range) {
            prop_assert!(clip.range().contains(unit.time));
        }
    }
}
