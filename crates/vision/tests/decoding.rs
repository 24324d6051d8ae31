//! Every picture comes out once, under its ticket, on a decoder of its own and on a shared one;
//! bytes that are no pictures disturb nobody.
#![allow(clippy::cast_possible_truncation, reason = "test data")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::sync::Arc;

use domain::{AccessUnit, Codec};
use vision::decoder::{Decoded, Decoder, Feed};

fn decode_all(decoder: &mut Decoder, units: &[AccessUnit]) -> Vec<(u64, Vec<Decoded>)> {
    let mut all = Vec::new();
    for unit in units {
        let mut decoded = Vec::new();
        let ticket =
            decoder.decode(&unit.format, &unit.data, unit.is_keyframe, &mut decoded).unwrap();
        all.push((ticket, decoded));
    }
    all
}

#[test]
fn every_picture_of_a_stream_comes_out_at_once_under_its_ticket() {
    for codec in [Codec::H264, Codec::H265] {
        let path = support::encode(codec, "322x242", 60, 25);
        let units = support::access_units(&path, "cam-1", 100);
        assert_eq!(units.len(), 60);
        let mut decoder = Decoder::new(codec, Feed::OneStream).unwrap();
        for (ticket, decoded) in decode_all(&mut decoder, &units) {
            let [picture] = <[Decoded; 1]>::try_from(decoded)
                .unwrap_or_else(|out| panic!("{codec:?} {ticket}: {} pictures", out.len()));
            assert_eq!(picture.ticket(), ticket);
            let picture = picture.picture().unwrap();
            assert_eq!((picture.width(), picture.height()), (322, 242));
        }
    }
}

#[test]
fn one_decoder_takes_the_keyframes_of_cameras_of_any_size_in_turn() {
    for codec in [Codec::H264, Codec::H265] {
        let sizes = ["320x240", "640x360", "1280x720"];
        let cameras: Vec<Vec<AccessUnit>> = sizes
            .iter()
            .map(|size| {
                let path = support::encode(codec, size, 40, 5);
                let units = support::access_units(&path, "cam-1", 100);
                units.into_iter().filter(|unit| unit.is_keyframe).collect()
            })
            .collect();
        assert!(cameras.iter().all(|keyframes| keyframes.len() == 8));
        let alone: Vec<Vec<_>> = cameras
            .iter()
            .map(|keyframes| {
                let mut decoder = Decoder::new(codec, Feed::OneStream).unwrap();
                let mut decoded: Vec<Decoded> = decode_all(&mut decoder, keyframes)
                    .into_iter()
                    .flat_map(|(_, decoded)| decoded)
                    .collect();
                decoder.drain(&mut decoded);
                decoded.into_iter().map(|decoded| decoded.picture().unwrap()).collect()
            })
            .collect();
        let mut shared = Decoder::new(codec, Feed::Keyframes).unwrap();
        for turn in 0..8 {
            for (camera, keyframes) in cameras.iter().enumerate() {
                let mut out = decode_all(&mut shared, &keyframes[turn..=turn]);
                let (ticket, mut decoded) = out.remove(0);
                assert_eq!(decoded.len(), 1, "{codec:?} {} turn {turn}", sizes[camera]);
                let decoded = decoded.remove(0);
                assert_eq!(decoded.ticket(), ticket);
                assert!(
                    decoded.picture().unwrap() == alone[camera][turn],
                    "{codec:?} {} turn {turn} is another picture",
                    sizes[camera]
                );
            }
        }
    }
}

#[test]
fn a_stream_that_announces_reordering_still_gives_its_keyframes_at_once() {
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-frames:v", "40"];
    let reordered = "log-level=error:bframes=3:keyint=5:min-keyint=5:open-gop=0";
    let codec = ["-c:v", "libx265", "-x265-params", reordered];
    let form = ["-pix_fmt", "yuv420p", "-tag:v", "hvc1"];
    let path = fixtures::clip("mp4", &[&picture[..], &codec, &form].concat());
    let units = support::access_units(&path, "cam-1", 100);
    let mut decoder = Decoder::new(Codec::H265, Feed::Keyframes).unwrap();
    for unit in units.iter().filter(|unit| unit.is_keyframe) {
        let out = decode_all(&mut decoder, std::slice::from_ref(unit));
        assert_eq!(out[0].1.len(), 1);
        assert_eq!(out[0].1[0].ticket(), out[0].0);
    }
}

#[test]
fn hostile_bytes_make_no_picture_and_disturb_nobody() {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    for codec in [Codec::H264, Codec::H265] {
        let path = support::encode(codec, "320x240", 30, 10);
        let units = support::access_units(&path, "cam-1", 100);
        let mut decoder = Decoder::new(codec, Feed::Keyframes).unwrap();
        let good = units[0].clone();
        for round in 0..60 {
            let mut bad = units[round % units.len()].clone();
            let mut data = bad.data.to_vec();
            match round % 4 {
                0 => data.truncate(next() as usize % data.len()),
                1 => data.iter_mut().for_each(|byte| *byte = next() as u8),
                2 => {
                    // Behind the lengths, so that the decoder itself sees it.
                    for _ in 0..40 {
                        let at = 5 + next() as usize % (data.len() - 5);
                        data[at] = next() as u8;
                    }
                }
                _ => data.clear(),
            }
            bad.data = data.into();
            if round % 5 == 0 {
                let mut format = (*bad.format).clone();
                format.codec_data = format.codec_data.slice(..next() as usize % 20);
                bad.format = Arc::new(format);
            }
            let mut decoded = Vec::new();
            if decoder.decode(&bad.format, &bad.data, bad.is_keyframe, &mut decoded).is_err() {
                decoder = Decoder::new(codec, Feed::Keyframes).unwrap();
            }
            let out = decode_all(&mut decoder, std::slice::from_ref(&good));
            let ours = out[0].1.iter().filter(|decoded| decoded.ticket() == out[0].0).count();
            assert_eq!(ours, 1, "{codec:?} round {round}: a good keyframe after bad bytes");
        }
    }
}
