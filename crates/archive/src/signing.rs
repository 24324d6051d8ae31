//! The signatures that some cameras put into their video: whether they are there. Whether they hold
//! is for the maker's or ONVIF's own verifier to say, which reads them from the exported clip.
//!
//! They lie in SEI messages `user_data_unregistered` (H.264 and H.265, annex D), told apart by
//! their UUID.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::{CameraSigning, Codec, Segment, TimeRange, without_emulation};

use crate::ClipError;
use crate::pictures::Pictures;

/// `user_data_unregistered` among the types of SEI messages.
const USER_DATA: usize = 5;

/// The UUID of ONVIF Media Signing.
const ONVIF: [u8; 16] = [
    0x00, 0x5b, 0xc9, 0x3f, 0x2d, 0x71, 0x5e, 0x95, 0xad, 0xa4, 0x79, 0x6f, 0x90, 0x87, 0x7a, 0x6f,
];
/// "Signed Video...", as Axis cameras write it.
const AXIS: [u8; 16] = *b"Signed Video...0";

/// Counts the signatures in the pictures of a clip over `range`, whole GOPs: by their kind, none of
/// a kind left out. Reads all of the footage, a fragment at a time. Blocks.
///
/// # Errors
/// Fails if a file cannot be read or is damaged.
pub fn count(
    segments: Vec<(PathBuf, Segment)>,
    range: TimeRange,
) -> Result<BTreeMap<CameraSigning, u64>, ClipError> {
    let mut found = BTreeMap::new();
    for fragment in Pictures::new(segments, range) {
        let fragment = fragment?;
        for (_, picture) in &fragment.pictures {
            for nal in nal_units(picture).filter_map(|nal| sei(fragment.codec, nal)) {
                for kind in signatures(&without_emulation(nal)) {
                    *found.entry(kind).or_default() += 1;
                }
            }
        }
    }
    Ok(found)
}

/// Returns the NAL units of a picture, each behind its length in 4 bytes, as far as it is whole.
fn nal_units(mut picture: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = picture.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (nal, rest) = rest.split_at_checked(length)?;
        picture = rest;
        Some(nal)
    })
}

/// Returns what follows the header of a NAL unit with SEI messages (H.264 type 6, H.265 39 and 40).
fn sei(codec: Codec, nal: &[u8]) -> Option<&[u8]> {
    let first = *nal.first()?;
    match codec {
        Codec::H264 => (first & 0x1f == 6).then(|| &nal[1..]),
        Codec::H265 => matches!((first >> 1) & 0x3f, 39 | 40).then(|| nal.get(2..))?,
    }
}

/// Returns the kinds of signatures among SEI messages (H.264 §7.3.2.3.1), as far as they are whole.
fn signatures(mut messages: &[u8]) -> impl Iterator<Item = CameraSigning> {
    let next = move || {
        let kind = number(&mut messages)?;
        let length = number(&mut messages)?;
        let (payload, rest) = messages.split_at_checked(length)?;
        messages = rest;
        Some((kind, payload))
    };
    std::iter::from_fn(next).filter_map(|(kind, payload)| {
        let uuid = payload.first_chunk::<16>().filter(|_| kind == USER_DATA)?;
        match *uuid {
            ONVIF => Some(CameraSigning::Onvif),
            AXIS => Some(CameraSigning::Axis),
            _ => None,
        }
    })
}

/// Reads a type or a length: a byte of 255 for each 255, and the rest.
fn number(messages: &mut &[u8]) -> Option<usize> {
    let mut sum = 0_usize;
    loop {
        let (byte, rest) = messages.split_first()?;
        *messages = rest;
        sum = sum.checked_add(usize::from(*byte))?;
        if *byte != 255 {
            return Some(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend(std::iter::repeat_n(255, payload.len() / 255));
        bytes.push(u8::try_from(payload.len() % 255).unwrap());
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn signatures_are_told_apart_and_other_messages_passed_over() {
        let long = [&ONVIF[..], &[7; 600]].concat();
        let messages = [
            message(4, &[1; 300]),
            message(5, &long),
            message(5, b"an encoder's own words"),
            message(5, &AXIS),
            message(6, &ONVIF),
            vec![0x80],
        ];
        let found: Vec<_> = signatures(&messages.concat()).collect();
        assert_eq!(found, [CameraSigning::Onvif, CameraSigning::Axis]);
    }

    #[test]
    fn a_message_that_is_cut_short_is_none() {
        let whole = message(5, &ONVIF);
        for end in 0..whole.len() {
            assert_eq!(signatures(&whole[..end]).count(), 0, "{end} bytes");
        }
    }

    #[test]
    fn they_lie_in_sei_of_either_codec() {
        assert_eq!(sei(Codec::H264, &[0x06, 9]), Some(&[9][..]));
        assert_eq!(sei(Codec::H264, &[0x65, 9]), None);
        assert_eq!(sei(Codec::H265, &[39 << 1, 1, 9]), Some(&[9][..]));
        assert_eq!(sei(Codec::H265, &[40 << 1, 1, 9]), Some(&[9][..]));
        assert_eq!(sei(Codec::H265, &[39 << 1]), None);
        assert_eq!(sei(Codec::H265, &[19 << 1, 1, 9]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for nal in nal_units(&bytes) {
                prop_assert!(nal.len() <= bytes.len());
            }
            prop_assert!(signatures(&without_emulation(&bytes)).count() <= bytes.len() / 18);
        }
    }
}
