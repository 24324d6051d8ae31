use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;

const H264_SPS: &str = "6764001facb2018024d080000003008000000a478c1924";
const H264_PPS: &str = "68ebc172c8b0";
/// Of 352 × 288 pictures; its number is 0 like the other's.
const H264_SMALL_SPS: &str = "6764000dacd9416096c044000003000400000300c83c50a658";
const H265_VPS: &str = "40010c01ffff01600000030090000003000003005a928090";
const H265_SPS: &str =
    "42010101600000030090000003000003005aa0060200905964a924cae68080000003008000000504";
const H265_PPS: &str = "4401c172b46240";

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// What is sent of one picture: payloads, and whether each bears the marker.
type Sent = Vec<(Vec<u8>, bool)>;

/// Puts NAL units into payloads of `mtu` bytes at most, each unit by itself.
fn packetise(codec: Codec, units: &[Vec<u8>], mtu: usize) -> Sent {
    let mut sent = Vec::new();
    for unit in units {
        if unit.len() <= mtu {
            sent.push((unit.clone(), false));
            continue;
        }
        let (header, unit_type) = match codec {
            Codec::H264 => (1, unit[0] & 0x1f),
            Codec::H265 => (2, unit[0] >> 1 & 0x3f),
        };
        let parts: Vec<&[u8]> = unit[header..].chunks(mtu - header - 1).collect();
        for (at, part) in parts.iter().enumerate() {
            let start = if at == 0 { 0x80 } else { 0 };
            let end = if at + 1 == parts.len() { 0x40 } else { 0 };
            let mut payload = match codec {
                Codec::H264 => vec![unit[0] & 0xe0 | 28],
                Codec::H265 => vec![unit[0] & 0x81 | 49 << 1, unit[1]],
            };
            payload.push(start | end | unit_type);
            payload.extend_from_slice(part);
            sent.push((payload, false));
        }
    }
    if let Some((_, is_last)) = sent.last_mut() {
        *is_last = true;
    }
    sent
}

fn push_all(depacketizer: &mut Depacketizer, rtp: i64, sent: &Sent) -> Vec<CodedPicture> {
    let mut pictures = Vec::new();
    for (payload, is_last) in sent {
        let packet = Packet { payload, rtp, is_last: *is_last, lost: 0 };
        depacketizer.push(packet).unwrap();
        pictures.extend(std::iter::from_fn(|| depacketizer.pop()));
    }
    pictures
}

fn push(
    depacketizer: &mut Depacketizer,
    rtp: i64,
    payload: &[u8],
    is_last: bool,
    lost: u16,
) -> Result<(), BadPacket> {
    depacketizer.push(Packet { payload, rtp, is_last, lost })
}

fn behind_lengths(units: &[Vec<u8>]) -> Vec<u8> {
    let mut data = Vec::new();
    for unit in units {
        data.extend_from_slice(&u32::try_from(unit.len()).unwrap().to_be_bytes());
        data.extend_from_slice(unit);
    }
    data
}

fn h264() -> Depacketizer {
    Depacketizer::new(Codec::H264, None)
}

fn data(depacketizer: &mut Depacketizer) -> Vec<u8> {
    depacketizer.pop().unwrap().data.to_vec()
}

#[test]
fn parameter_sets_make_the_format_and_leave_the_picture() {
    let slice = vec![0x65, 1, 2, 3];
    let units = [hex(H264_SPS), hex(H264_PPS), slice.clone()];
    let mut depacketizer = h264();
    let pictures = push_all(&mut depacketizer, 7, &packetise(Codec::H264, &units, 1400));
    let [picture] = &pictures[..] else { panic!("{pictures:?}") };
    assert_eq!((picture.rtp, picture.lost), (7, 0));
    assert_eq!(picture.data, behind_lengths(&[slice]));
    let format = picture.format.as_ref().unwrap();
    assert_eq!((format.width, format.height), (768, 576));
    assert_eq!(format.rfc6381, "avc1.64001F");

    let slice = vec![19 << 1, 1, 2, 3];
    let units = [hex(H265_VPS), hex(H265_SPS), hex(H265_PPS), slice.clone()];
    let mut depacketizer = Depacketizer::new(Codec::H265, None);
    // In fragments as well.
    let pictures = push_all(&mut depacketizer, 7, &packetise(Codec::H265, &units, 10));
    let [picture] = &pictures[..] else { panic!("{pictures:?}") };
    assert_eq!(picture.data, behind_lengths(&[slice]));
    let format = picture.format.as_ref().unwrap();
    assert_eq!((format.width, format.height), (768, 576));

    // The same sets again are no other format, and a session's description tells the same.
    let mut again = Depacketizer::new(Codec::H265, Some((**format).clone()));
    let sent = packetise(Codec::H265, &[hex(H265_PPS), vec![2, 1, 9]], 1400);
    let pictures = push_all(&mut again, 8, &sent);
    assert_eq!(pictures[0].format.as_deref(), Some(&**format));
    assert_eq!(again.new_sets, None);
}

/// Returns the parameter sets that a player finds in the sample entry.
fn sets_in(picture: &CodedPicture) -> Vec<Vec<u8>> {
    let format = picture.format.as_ref().unwrap();
    let entry = &format.sample_entry;
    assert_eq!(entry[..4], u32::try_from(entry.len()).unwrap().to_be_bytes());
    let record = &entry[8 + 78..];
    let size = usize::try_from(u32::from_be_bytes(*record.first_chunk().unwrap())).unwrap();
    assert_eq!(record[8..size], format.codec_data);
    let codec = match format.codec {
        Codec::H264 => rtsp::Codec::H264,
        Codec::H265 => rtsp::Codec::H265,
    };
    let units = rtsp::units_of_record(codec, &format.codec_data);
    units.into_iter().map(<[u8]>::to_vec).collect()
}

/// A picture parameter set of number `ue` in bits, for sequence 0.
fn picture_set(number: u8) -> Vec<u8> {
    vec![0x68, number, 0xce, 0x3c, 0x80]
}

#[test]
fn all_picture_sets_that_a_camera_codes_by_are_in_the_format() {
    // Numbers 1 and 2 (010 and 011), each for sequence 0 (1).
    let (sps, first) = (hex(H264_SPS), hex(H264_PPS));
    let (second, third) = (picture_set(0b0101_1110), picture_set(0b0111_1110));
    let mut depacketizer = h264();
    let units = [sps.clone(), second.clone(), first.clone(), vec![0x65, 0x88, 0x80]];
    let picture = &push_all(&mut depacketizer, 1, &packetise(Codec::H264, &units, 1400))[0];
    assert_eq!(sets_in(picture), [sps.clone(), first.clone(), second.clone()]);
    assert_eq!(picture.data, behind_lengths(&[vec![0x65, 0x88, 0x80]]));

    // The same again, one by one, is no other format; a third is added.
    for (rtp, again) in [(2, &first), (3, &second), (4, &sps)] {
        let units = [again.clone(), vec![0x65, 0x88, 0x40]];
        let next = &push_all(&mut depacketizer, rtp, &packetise(Codec::H264, &units, 1400))[0];
        assert_eq!(next.format, picture.format);
    }
    let units = [third.clone(), vec![0x65, 0x88, 0x80]];
    let picture = &push_all(&mut depacketizer, 5, &packetise(Codec::H264, &units, 1400))[0];
    assert_eq!(sets_in(picture), [sps, first.clone(), second, third]);

    // Another sequence of the same number: what is not repeated with it goes.
    let units = [hex(H264_SMALL_SPS), first.clone(), vec![0x65, 0x88, 0x80]];
    let picture = &push_all(&mut depacketizer, 6, &packetise(Codec::H264, &units, 1400))[0];
    assert_eq!(sets_in(picture), [hex(H264_SMALL_SPS), first]);
    let format = picture.format.as_ref().unwrap();
    assert_eq!((format.width, format.height), (352, 288));
}

#[test]
fn pictures_have_the_size_of_the_sequence_that_they_name() {
    // Sequence 1: the number 0 (1) behind profile and level becomes 1 (010).
    let small = hex("6764000d4b36505825b011000003000100000300320f142996");
    let of_small = picture_set(0b0100_1011);
    let mut depacketizer = h264();
    // first_mb 0, slice_type 7, and the number of the picture set: 0 (1) or 1 (010).
    let (large_slice, small_slice) = (vec![0x65, 0x88, 0x80], vec![0x65, 0x88, 0x40]);
    let units = [hex(H264_SPS), small.clone(), hex(H264_PPS), of_small, large_slice.clone()];
    let size = |pictures: &[CodedPicture]| {
        let format = pictures[0].format.as_ref().unwrap();
        (format.width, format.height)
    };
    let pictures = push_all(&mut depacketizer, 1, &packetise(Codec::H264, &units, 1400));
    assert_eq!(size(&pictures), (768, 576));
    for (rtp, slice, expected) in [(2, small_slice, (352, 288)), (3, large_slice, (768, 576))] {
        let sent = packetise(Codec::H264, &[slice], 1400);
        let pictures = push_all(&mut depacketizer, rtp, &sent);
        assert_eq!(size(&pictures), expected);
        assert_eq!(sets_in(&pictures[0]).len(), 4);
    }
}

#[test]
fn several_sets_of_h265_are_in_the_format() {
    // Number 1 (010) for sequence 0.
    let second = vec![0x44, 1, 0b0101_0000, 0x5c, 0xad, 0x18, 0x90];
    let (video, sequence, first) = (hex(H265_VPS), hex(H265_SPS), hex(H265_PPS));
    let units =
        [video.clone(), sequence.clone(), first.clone(), second.clone(), vec![19 << 1, 1, 0xa0]];
    let mut depacketizer = Depacketizer::new(Codec::H265, None);
    let picture = &push_all(&mut depacketizer, 1, &packetise(Codec::H265, &units, 1400))[0];
    assert_eq!(sets_in(picture), [video, sequence, first, second]);
}

#[test]
fn a_description_may_tell_several_sets_of_a_kind() {
    let base64 = |unit: &[u8]| base64::Engine::encode(&STANDARD, unit);
    let (sps, first, second) = (hex(H264_SPS), hex(H264_PPS), picture_set(0b0101_1110));
    let sdp = format!(
        "v=0\r\nm=video 0 RTP/AVP 96\r\na=fmtp:97 x=y\r\n\
         a=fmtp:96 packetization-mode=1; sprop-parameter-sets={},{},!,{}\r\n",
        base64(&sps),
        base64(&first),
        base64(&second)
    );
    let sets = ParameterSets::described(Codec::H264, sdp.as_bytes(), 96);
    let format = sets.format(sets.sequence_of(None)).unwrap().unwrap();
    let mut depacketizer = Depacketizer::new(Codec::H264, Some(format));
    let picture =
        &push_all(&mut depacketizer, 1, &packetise(Codec::H264, &[vec![0x65, 0x88]], 1400))[0];
    assert_eq!(sets_in(picture), [sps, first, second]);
}

#[test]
fn parameter_sets_that_make_no_sense_cost_their_picture_and_no_other() {
    let mut depacketizer = h264();
    let good = [hex(H264_SPS), hex(H264_PPS), vec![0x65, 1]];
    push_all(&mut depacketizer, 1, &packetise(Codec::H264, &good, 1400));
    push(&mut depacketizer, 2, &[0x67, 0xff], false, 0).unwrap();
    let bad = push(&mut depacketizer, 2, &[0x65, 1], true, 0);
    assert_eq!(bad, Err(BadPacket::ParameterSets));
    push(&mut depacketizer, 3, &[0x41, 1], true, 0).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!((picture.rtp, picture.format.is_some()), (3, true));
}

#[test]
fn without_all_parameter_sets_there_is_no_format() {
    let mut depacketizer = h264();
    let sent = packetise(Codec::H264, &[hex(H264_PPS), vec![0x65, 1]], 1400);
    assert!(push_all(&mut depacketizer, 1, &sent)[0].format.is_none());
}

#[test]
fn aggregated_units_are_taken_apart() {
    let mut depacketizer = h264();
    let payload = [&[24][..], &[0, 2, 6, 1], &[0, 3, 0x65, 1, 2]].concat();
    push(&mut depacketizer, 1, &payload, true, 0).unwrap();
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![6, 1], vec![0x65, 1, 2]]));

    let mut depacketizer = Depacketizer::new(Codec::H265, None);
    let payload = [&[48 << 1, 1][..], &[0, 3, 39 << 1, 1, 7], &[0, 3, 2, 1, 9]].concat();
    push(&mut depacketizer, 1, &payload, true, 0).unwrap();
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![39 << 1, 1, 7], vec![2, 1, 9]]));

    for short in [&[24, 0][..], &[24, 0, 5, 1], &[24, 0, 0, 1]] {
        assert_eq!(push(&mut h264(), 1, short, true, 0), Err(BadPacket::Short), "{short:?}");
    }
}

#[test]
fn a_marker_or_a_new_time_without_a_slice_ends_nothing() {
    let mut depacketizer = h264();
    push(&mut depacketizer, 1, &hex(H264_SPS), true, 0).unwrap();
    push(&mut depacketizer, 1, &hex(H264_PPS), true, 0).unwrap();
    push(&mut depacketizer, 1, &[6, 1], true, 0).unwrap();
    assert!(depacketizer.pop().is_none());
    push(&mut depacketizer, 2, &[0x65, 1], true, 0).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!(picture.rtp, 2);
    assert_eq!(picture.data, behind_lengths(&[vec![6, 1], vec![0x65, 1]]));
    assert!(picture.format.is_some());
}

#[test]
fn without_markers_a_new_time_ends_a_picture() {
    let mut depacketizer = h264();
    push(&mut depacketizer, 1, &[0x65, 1], false, 0).unwrap();
    push(&mut depacketizer, 1, &[0x65, 2], false, 0).unwrap();
    assert!(depacketizer.pop().is_none());
    // This packet ends two.
    push(&mut depacketizer, 2, &[0x41, 3], true, 0).unwrap();
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![0x65, 1], vec![0x65, 2]]));
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![0x41, 3]]));
    assert!(depacketizer.pop().is_none());
}

#[test]
fn a_picture_that_lost_a_packet_is_left_out_and_the_next_says_so() {
    let mut depacketizer = h264();
    push(&mut depacketizer, 1, &[28, 0x80 | 5, 1], false, 0).unwrap();
    push(&mut depacketizer, 1, &[28, 5, 2], false, 2).unwrap();
    push(&mut depacketizer, 1, &[28, 0x40 | 5, 3], true, 1).unwrap();
    assert!(depacketizer.pop().is_none());
    push(&mut depacketizer, 2, &[0x41, 4], true, 0).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!((picture.rtp, picture.lost), (2, 3));

    // The end of one and the beginning of the next.
    push(&mut depacketizer, 3, &[28, 0x80 | 1, 1], false, 0).unwrap();
    push(&mut depacketizer, 4, &[28, 1, 2], false, 5).unwrap();
    push(&mut depacketizer, 4, &[28, 0x40 | 1, 3], true, 0).unwrap();
    push(&mut depacketizer, 5, &[0x41, 4], true, 0).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!((picture.rtp, picture.lost), (5, 5));

    // What was lost stood before its first slice.
    push(&mut depacketizer, 6, &[0x41, 4], true, 1).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!((picture.rtp, picture.lost), (6, 1));
}

#[test]
fn a_bad_packet_costs_its_picture_once() {
    let mut depacketizer = h264();
    let bad = [
        (&[][..], BadPacket::Short),
        (&[28, 0x85], BadPacket::Fragment),
        (&[30, 1], BadPacket::UnitType(30)),
        (&[0xe5, 1], BadPacket::ForbiddenBit),
    ];
    for (at, (payload, error)) in (0..).zip(bad) {
        let rtp = 10 * at;
        push(&mut depacketizer, rtp, &[28, 0x80 | 5, 1], false, 0).unwrap();
        assert_eq!(push(&mut depacketizer, rtp, payload, false, 0), Err(error));
        push(&mut depacketizer, rtp, &[28, 0x40 | 5, 1], true, 0).unwrap();
        assert!(depacketizer.pop().is_none(), "{payload:?}");
        push(&mut depacketizer, rtp + 1, &[0x41, 1], true, 0).unwrap();
        assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![0x41, 1]]));
    }
    // A fragment whose end never came, by the first packet of the next picture, which stays.
    push(&mut depacketizer, 50, &[28, 0x80 | 5, 1], false, 0).unwrap();
    assert_eq!(push(&mut depacketizer, 51, &[0x41, 2], true, 0), Err(BadPacket::Fragment));
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![0x41, 2]]));
}

#[test]
fn a_byte_stream_in_place_of_a_unit_is_split() {
    let stream = [
        &[0, 0, 1][..],
        &hex(H264_SPS),
        &[0, 0, 0, 1],
        &hex(H264_PPS),
        &[0, 0, 1, 0x65, 1, 2, 0, 0],
    ]
    .concat();
    let mut depacketizer = h264();
    let whole = [&[9, 16][..], &stream].concat();
    push(&mut depacketizer, 1, &whole, true, 0).unwrap();
    let picture = depacketizer.pop().unwrap();
    assert_eq!(picture.data, behind_lengths(&[vec![9, 16], vec![0x65, 1, 2]]));
    assert!(picture.format.is_some());

    // The same in fragments that cut a start code in two.
    let mut depacketizer = h264();
    let cut = whole.len() - 6;
    push(&mut depacketizer, 1, &[&[28, 0x80 | 9], &whole[1..cut]].concat(), false, 0).unwrap();
    push(&mut depacketizer, 1, &[&[28, 0x40 | 9], &whole[cut..]].concat(), true, 0).unwrap();
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![9, 16], vec![0x65, 1, 2]]));
}

#[test]
fn a_picture_without_an_end_is_given_up() {
    let mut depacketizer = h264();
    push(&mut depacketizer, 1, &[28, 0x85, 1], false, 0).unwrap();
    let part = [&[28, 5][..], &[7; 60_000]].concat();
    let endless = std::iter::repeat_with(|| push(&mut depacketizer, 1, &part, false, 0))
        .take(1000)
        .position(|pushed| pushed == Err(BadPacket::Endless));
    assert!(endless.is_some_and(|packets| (270..=280).contains(&packets)), "{endless:?}");
    push(&mut depacketizer, 2, &[0x41, 1], true, 0).unwrap();
    assert_eq!(data(&mut depacketizer), behind_lengths(&[vec![0x41, 1]]));
}

/// NAL units without parameter sets, the last a slice, as an encoder writes them: no start code
/// within, no zero at the end.
fn units(codec: Codec) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let header = move |is_slice: bool| match (codec, is_slice) {
        (Codec::H264, true) => vec![0x65],
        (Codec::H264, false) => vec![6],
        (Codec::H265, true) => vec![19 << 1, 1],
        (Codec::H265, false) => vec![39 << 1, 1],
    };
    let body = prop::collection::vec(4..=255u8, 1..400);
    prop::collection::vec((body, any::<bool>()), 1..6).prop_map(move |mut units| {
        if let Some((_, is_slice)) = units.last_mut() {
            *is_slice = true;
        }
        let whole = |(body, is_slice): (Vec<u8>, bool)| [header(is_slice), body].concat();
        units.into_iter().map(whole).collect()
    })
}

proptest! {
    #[test]
    fn what_is_sent_is_what_comes(
        (codec, pictures) in prop_oneof![Just(Codec::H264), Just(Codec::H265)].prop_flat_map(
            |codec| (Just(codec), prop::collection::vec(units(codec), 1..8))
        ),
        mtu in 8..200usize,
    ) {
        let mut depacketizer = Depacketizer::new(codec, None);
        // All are held at once: what they share must not be written over.
        let mut came = Vec::new();
        for (rtp, units) in (0..).zip(&pictures) {
            came.extend(push_all(&mut depacketizer, rtp, &packetise(codec, units, mtu)));
        }
        let came: Vec<Vec<u8>> = came.iter().map(|picture| picture.data.to_vec()).collect();
        let sent: Vec<Vec<u8>> = pictures.iter().map(|units| behind_lengths(units)).collect();
        prop_assert_eq!(came, sent);
    }

    #[test]
    fn any_payloads_can_be_taken(
        payloads in prop::collection::vec(
            (prop::collection::vec(prop_oneof![0..3u8, any::<u8>()], 0..40), 0..3i64, any::<bool>(), 0..3u16),
            0..60,
        ),
        is_h265: bool,
    ) {
        let codec = if is_h265 { Codec::H265 } else { Codec::H264 };
        let mut depacketizer = Depacketizer::new(codec, None);
        for (payload, rtp, is_last, lost) in payloads {
            // Whether it made sense is not the question here.
            let _ = push(&mut depacketizer, rtp, &payload, is_last, lost);
            while let Some(picture) = depacketizer.pop() {
                let mut rest = &picture.data[..];
                while let Some((length, after)) = rest.split_first_chunk() {
                    let length = u32::from_be_bytes(*length) as usize;
                    prop_assert!(length > 0 && length <= after.len());
                    rest = &after[length..];
                }
                prop_assert!(rest.is_empty());
            }
        }
    }
}
