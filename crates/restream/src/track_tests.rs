//! Whatever a camera sends and however its clock goes, RTP time goes on and tells when pictures were
//! taken.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// `avcC` with the NAL units `67 4d 40 1f` and `68 ee`.
const AVC: [u8; 17] =
    [1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x4d, 0x40, 0x1f, 1, 0, 2, 0x68, 0xee];

fn format() -> Arc<VideoFormat> {
    Arc::new(VideoFormat {
        codec: domain::Codec::H264,
        width: 640,
        height: 480,
        sample_entry: Bytes::new(),
        codec_data: Bytes::from_static(&AVC),
        rfc6381: "avc1.4d401f".into(),
    })
}

fn picture(time_us: i64, is_keyframe: bool, nals: &[&[u8]]) -> Picture {
    let mut data = Vec::new();
    for nal in nals {
        data.extend_from_slice(&u32::try_from(nal.len()).unwrap().to_be_bytes());
        data.extend_from_slice(nal);
    }
    let time = Timestamp::from_micros(time_us);
    Picture { time, is_keyframe, format: format(), data: data.into() }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// Returns RTP time, and NTP and RTP time of the report before it.
fn times(packets: &Packets) -> (u32, Option<(u64, u32)>) {
    let first = packets.iter().next().unwrap();
    let report = packets.report.as_ref().map(|report| {
        let ntp = u64::from(number(&report[8..])) << 32 | u64::from(number(&report[12..]));
        (ntp, number(&report[16..]))
    });
    (number(&first[4..]), report)
}

#[test]
fn a_keyframe_has_its_parameter_sets_behind_the_delimiter() {
    let mut track = Track::new(&format());
    let (sequence, base) = track.first();
    let packets = track.packets(&picture(0, true, &[&[9, 0x10], &[0x65, 1, 2]]));
    let sent: Vec<_> = packets.iter().collect();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0][12..], [9, 0x10]);
    // One aggregate (RFC 6184 §5.7.1) of both sets.
    assert_eq!(sent[1][12..], [0x78, 0, 4, 0x67, 0x4d, 0x40, 0x1f, 0, 2, 0x68, 0xee]);
    assert_eq!(sent[2][12..], [0x65, 1, 2]);
    let markers: Vec<_> = sent.iter().map(|packet| packet[1]).collect();
    assert_eq!(markers, [96, 96, 0x80 | 96], "the last one ends the picture");
    for (index, packet) in (0_u16..).zip(&sent) {
        assert_eq!(packet[2..4], sequence.wrapping_add(index).to_be_bytes());
        assert_eq!(number(&packet[4..]), base);
    }
    let packets = track.packets(&picture(40_000, false, &[&[0x41, 1, 2]]));
    let sent: Vec<_> = packets.iter().collect();
    assert_eq!(sent.len(), 1, "no other picture needs them");
    assert_eq!(number(&sent[0][4..]), base.wrapping_add(3600));
}

#[test]
fn a_clock_that_steps_or_a_camera_that_is_long_away_is_told_anew() {
    let mut track = Track::new(&format());
    let start = 1_772_325_000_000_000;
    let (base, first) = times(track.packets(&picture(start, true, &[&[0x65, 1]])));
    assert_eq!(first, Some((rtsp::ntp(start), base)));
    let (_, none) = times(track.packets(&picture(start + 40_000, false, &[&[0x41, 1]])));
    assert_eq!(none, None);
    let day = 86_400_000_000;
    for time in [start - 10_000_000, start + day, start + 5_000_000] {
        let before = track.clock.unwrap().newest;
        let (rtp, report) = times(track.packets(&picture(time, true, &[&[0x65, 1]])));
        assert_eq!(track.clock.unwrap().newest - before, 90_000);
        assert_eq!(report, Some((rtsp::ntp(time), rtp)));
    }
}

#[test]
fn bytes_that_do_not_add_up_are_left_out() {
    let mut track = Track::new(&format());
    let mut broken = picture(0, false, &[&[0x41, 1, 2]]);
    broken.data = [&broken.data[..], &[0, 0, 1, 0, 7]].concat().into();
    assert_eq!(track.packets(&broken).iter().count(), 1);
    broken.data = Bytes::from_static(&[0, 0, 0, 9, 1]);
    assert_eq!(track.packets(&broken).iter().count(), 0);
}

proptest! {
    #[test]
    fn rtp_time_goes_on_and_a_report_tells_every_pictures_time(
        steps in prop::collection::vec(-20_000_000_i64..20_000_000, 1..80),
    ) {
        let mut track = Track::new(&format());
        let mut time = 1_772_325_000_000_000;
        let mut mapping = None;
        let mut before = None;
        for step in steps {
            time += step;
            let (rtp, report) = times(track.packets(&picture(time, false, &[&[0x41, 1]])));
            mapping = report.or(mapping);
            let ahead = before.map_or(1, |before| rtp.wrapping_sub(before));
            prop_assert!((1..1 << 31).contains(&ahead));
            before = Some(rtp);
            // What a receiver makes of it: within a tick's rounding of when it was taken.
            let (ntp, at) = mapping.unwrap();
            let since = i64::from(rtp.wrapping_sub(at)) * 100 / 9;
            let told = i128::from(ntp) - i128::from(rtsp::ntp(0)) ;
            let told_us = ((told * 1_000_000) >> 32) + i128::from(since);
            prop_assert!((told_us - i128::from(time)).abs() <= 25, "{told_us} {time}");
        }
    }
}
