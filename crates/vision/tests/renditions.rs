//! A viewing copy shows what was recorded, when it was recorded, and nothing that a mask covers.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{
    AccessUnit, Bbox, Codec, MaskHistory, MaskVersion, Point, Polygon, TimeRange, Timestamp,
    VideoFormat,
};
use vision::Picture;
use vision::decoder::{Decoder, Feed};
use vision::rendition::{CodedPictures, CopiedPicture, CopyForm, Rendition, RenditionSettings};
use vision::soften::{Softener, Softening, soften};

fn left_half() -> Polygon {
    let corners = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]];
    Polygon::new(corners.map(Point::from).to_vec()).unwrap()
}

fn history(polygons: Vec<Polygon>) -> MaskHistory {
    let since = Timestamp::from_micros(0);
    MaskHistory::new(vec![MaskVersion { number: 1, since, polygons }])
}

/// Hands footage over GOP by GOP, as the archive reads it.
fn copy(units: &[AccessUnit], settings: RenditionSettings) -> (Vec<CopiedPicture>, CopyForm) {
    made(Rendition::new(settings), units)
}

fn made(mut rendition: Rendition, units: &[AccessUnit]) -> (Vec<CopiedPicture>, CopyForm) {
    let mut copied = Vec::new();
    let mut rest = units;
    while let Some(first) = rest.first() {
        let next =
            rest[1..].iter().position(|unit| unit.is_keyframe).map_or(rest.len(), |at| at + 1);
        let pictures: Vec<(Timestamp, Bytes)> =
            rest[..next].iter().map(|unit| (unit.time, unit.data.clone())).collect();
        let coded = CodedPictures {
            codec: first.format.codec,
            codec_data: &first.format.codec_data,
            starts_with_keyframe: true,
            pictures: &pictures,
        };
        rendition.add(coded, &mut copied).unwrap();
        rest = &rest[next..];
    }
    rendition.finish(&mut copied).unwrap();
    assert_eq!(rendition.left_out(), 0);
    (copied, rendition.form().unwrap())
}

fn decoded(codec: Codec, record: &Bytes, pictures: &[(bool, Bytes)]) -> Vec<Picture> {
    let format = Arc::new(VideoFormat {
        codec,
        width: 0,
        height: 0,
        sample_entry: Bytes::new(),
        codec_data: record.clone(),
        rfc6381: String::new(),
    });
    let mut decoder = Decoder::new(codec, Feed::OneStream).unwrap();
    let mut out = Vec::new();
    for (is_keyframe, data) in pictures {
        decoder.decode(&format, data, *is_keyframe, &mut out).unwrap();
    }
    decoder.drain(&mut out);
    out.into_iter().map(|picture| picture.picture().unwrap()).collect()
}

/// The mean difference of luma in the columns from `from` to `to`.
fn differs(one: &Picture, other: &Picture, from: usize, to: usize) -> f64 {
    let (width, mut sum, mut count) = (one.width(), 0_u64, 0_u64);
    for (index, (a, b)) in one.luma().iter().zip(other.luma()).enumerate() {
        if (from..to).contains(&(index % width)) {
            sum += u64::from(a.abs_diff(*b));
            count += 1;
        }
    }
    f64::from(sum as u32) / f64::from(count as u32)
}

#[test]
fn a_copy_has_the_pictures_of_its_range_at_their_times_and_grey_where_masks_lie() {
    for codec in [Codec::H264, Codec::H265] {
        let clip = support::encode(codec, "320x240", 75, 25);
        let units = support::access_units(&clip, "gate", 75);
        // From between two pictures, in the middle of a GOP, to within the next but one.
        let range = TimeRange {
            start: units[10].time.plus(Duration::from_millis(15)),
            end: units[60].time,
        };
        let masks = history(vec![left_half()]);
        let (copied, form) = copy(&units, RenditionSettings { range, max_width: 1280, masks });
        assert_eq!((form.width, form.height), (320, 240));
        assert_eq!(copied.len(), 50, "{codec:?}");
        // The one on view at the start begins it; all others keep their time to the microsecond.
        assert_eq!(copied[0].time, range.start);
        for (copy, unit) in copied[1..].iter().zip(&units[11..60]) {
            assert_eq!(copy.time, unit.time);
        }
        let keyframes: Vec<usize> =
            (0..copied.len()).filter(|&at| copied[at].is_keyframe).collect();
        assert_eq!(keyframes.len(), 2, "one a second: {keyframes:?}");
        assert_eq!(keyframes[0], 0);

        let made: Vec<_> = copied.iter().map(|one| (one.is_keyframe, one.data.clone())).collect();
        let shown = decoded(Codec::H264, &form.codec_data, &made);
        assert_eq!(shown.len(), 50);
        let original: Vec<_> =
            units.iter().map(|one| (one.is_keyframe, one.data.clone())).collect();
        let original = decoded(codec, &units[0].format.codec_data, &original);
        for (at, shown) in shown.iter().enumerate() {
            let grey = Picture::plain(320, 240, [128, 128, 128]).unwrap();
            // The encoder blurs across the rim a little; a block of it is 16 pixels wide.
            let rest = differs(shown, &grey, 0, 144);
            assert!(rest < 2.0, "{codec:?}, picture {at}: {rest} off grey");
            // It is the right picture: nearer to its own original than to the one before.
            let own = differs(shown, &original[at + 10], 176, 320);
            let other = differs(shown, &original[at + 13], 176, 320);
            assert!(own < other && own < 12.0, "{codec:?}, picture {at}: {own}, {other}");
        }
    }
}

#[test]
fn who_is_softened_leaves_as_blocks_from_the_moment_they_are() {
    let clip = support::encode(Codec::H264, "320x240", 50, 25);
    let units = support::access_units(&clip, "gate", 50);
    let range = TimeRange { start: units[0].time, end: units[49].time };
    let since = units[25].time;
    let left = Bbox { left: 0.0, top: 0.0, width: 0.5, height: 1.0 };
    let softening = move |time| match time < since {
        true => Softening::Whole,
        false => Softening::Boxes(vec![left]),
    };
    let settings = RenditionSettings { range, max_width: 1280, masks: history(Vec::new()) };
    let mut rendition = Rendition::new(settings);
    rendition.soften_by(Softener::new(softening));
    let (copied, form) = made(rendition, &units);
    let made: Vec<_> = copied.iter().map(|one| (one.is_keyframe, one.data.clone())).collect();
    let shown = decoded(Codec::H264, &form.codec_data, &made);
    let original: Vec<_> = units.iter().map(|one| (one.is_keyframe, one.data.clone())).collect();
    let original = decoded(Codec::H264, &units[0].format.codec_data, &original);
    for (at, shown) in shown.iter().enumerate() {
        let mut blocks = original[at].clone();
        soften(&mut blocks, &softening(copied[at].time));
        let off = differs(shown, &blocks, 0, 320);
        assert!(off < 12.0, "picture {at} shows something else than blocks: {off}");
        let lost = differs(shown, &original[at], 0, 144);
        assert!(lost > 2.0 * off, "picture {at} shows what was softened: {lost}, {off}");
        let rest = differs(shown, &original[at], 176, 320);
        assert_eq!(rest < lost / 2.0, at >= 25, "picture {at}: {rest} of {lost} beside them");
    }
}

#[test]
fn a_copy_is_made_smaller_and_goes_on_over_footage_of_another_form_or_none() {
    let first = support::encode(Codec::H265, "640x360", 25, 25);
    let second = support::encode(Codec::H264, "320x240", 25, 25);
    let mut units = support::access_units(&first, "gate", 25);
    let later = Duration::from_secs(5);
    let mut rest = support::access_units(&second, "gate", 25);
    rest.iter_mut().for_each(|unit| unit.time = unit.time.plus(later));
    units.extend(rest);
    let range = TimeRange::ALL;
    let settings = RenditionSettings { range, max_width: 160, masks: history(Vec::new()) };
    let (copied, form) = copy(&units, settings.clone());
    assert_eq!((form.width, form.height), (160, 90));
    assert_eq!(copied.len(), 50);
    assert_eq!(copied[25].time, units[25].time);
    assert!(copied[25].is_keyframe, "after a gap a player starts anew");

    // A fragment that is garbage is left out, and so is what depends on it.
    let mut rendition = Rendition::new(settings);
    let mut copied = Vec::new();
    let record = units[0].format.codec_data.clone();
    let mut add = |from: usize, to: usize, starts_with_keyframe, spoil: bool| {
        let pictures: Vec<(Timestamp, Bytes)> = units[from..to]
            .iter()
            .map(|unit| {
                let data =
                    if spoil { Bytes::from_static(&[0, 0, 0, 9, 1]) } else { unit.data.clone() };
                (unit.time, data)
            })
            .collect();
        let coded = CodedPictures {
            codec: Codec::H265,
            codec_data: &record,
            starts_with_keyframe,
            pictures: &pictures,
        };
        rendition.add(coded, &mut copied).unwrap();
    };
    add(5, 10, false, false);
    add(0, 5, true, true);
    add(0, 25, true, false);
    rendition.finish(&mut copied).unwrap();
    assert_eq!(copied.len(), 25);
    assert_eq!(rendition.left_out(), 1);

    let mut nothing =
        Rendition::new(RenditionSettings { range, max_width: 160, masks: history(Vec::new()) });
    assert!(nothing.finish(&mut Vec::new()).is_err());
    assert!(nothing.form().is_none());
}
