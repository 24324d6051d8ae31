//! H.264 to decode without its loop filter: slices that say so, and nothing else of them changed.
//!
//! A fifth of what a decoder does is to smooth the edges of blocks (ITU-T H.264 §8.7), and the decoder's
//! element has no switch for it. But each slice may say by itself that it wants none:
//! `disable_deblocking_filter_idc`. So that is what a slice is made to say before it is decoded. Where
//! picture sets give slices no such field, the set that the decoder gets does, and its slices win the
//! field. Only what the decoder is given is changed.
//!
//! What it is not sure of (slice groups, data partitions, sets it has not seen, broken bits) is
//! decoded as it came.

use std::collections::HashMap;

use domain::{Codec, NalBits};

/// `disable_deblocking_filter_idc` 1: no filter, and no offsets behind it; `ue(v)` of it.
const NO_FILTER: (u8, usize) = (0b010, 3);
/// Types of NAL units (§7.4.1).
const SLICE: u8 = 1;
const KEYFRAME_SLICE: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;
/// Most reference pictures of a slice, and most commands about them: one for each field and an end.
const MOST_REFERENCES: u8 = 32;
const MOST_COMMANDS: usize = 67;

/// What is known of a stream that is decoded without loop filter.
#[derive(Debug, Default)]
pub(crate) struct Unfiltered {
    sequences: HashMap<u8, SequenceSet>,
    pictures: HashMap<u8, PictureSet>,
    slices: u64,
}

/// What a slice header depends on in a sequence parameter set (§7.3.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SequenceSet {
    has_colour: bool,
    has_separate_planes: bool,
    frame_number_bits: u32,
    order: Order,
    has_frames_only: bool,
}

/// How slices tell the order of pictures (`pic_order_cnt_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// By a number of so many bits.
    Number(u32),
    /// By how far they are from what was expected.
    Differences,
    /// Not at all.
    Untold,
}

/// What a slice header depends on in a picture parameter set (§7.3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PictureSet {
    sequence: u8,
    is_cabac: bool,
    tells_order_of_fields: bool,
    references: [u8; 2],
    weighs_predicted: bool,
    weighs_bipredicted: bool,
    /// Where it says that slices have the field of the loop filter, in bits.
    filter_flag_at: usize,
    tells_filter: bool,
    counts_redundant: bool,
}

/// Kinds of slices (`slice_type`, §7.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Predicted,
    Bipredicted,
    Intra,
    SwitchingPredicted,
    SwitchingIntra,
}

/// Where a slice tells of its loop filter: nowhere, if the two are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Field {
    from: usize,
    to: usize,
    is_cabac: bool,
    is_off: bool,
}

impl Unfiltered {
    /// Returns a NAL unit of the stream as it is to be decoded, or `None` to decode it as it is.
    pub(crate) fn rewrite(&mut self, nal: &[u8]) -> Option<Vec<u8>> {
        match nal.first()? & 0x1f {
            SEQUENCE_SET => {
                self.learn_sequence(nal);
                None
            }
            PICTURE_SET => self.learn_picture(nal),
            SLICE | KEYFRAME_SLICE => {
                let slice = self.slice(nal)?;
                self.slices += 1;
                Some(slice)
            }
            _ => None,
        }
    }

    /// Returns how many slices were made to say that they want no filter.
    pub(crate) fn slices(&self) -> u64 {
        self.slices
    }

    fn learn_sequence(&mut self, nal: &[u8]) {
        match SequenceSet::read(nal) {
            Some((id, set)) => {
                self.sequences.insert(id, set);
            }
            // It may stand in the place of any.
            None => self.sequences.clear(),
        }
    }

    fn learn_picture(&mut self, nal: &[u8]) -> Option<Vec<u8>> {
        let (id, set) = PictureSet::read(nal);
        let id = id?;
        self.pictures.remove(&id);
        let set = set.filter(|set| self.sequences.contains_key(&set.sequence))?;
        let mut rewritten = None;
        if !set.tells_filter {
            let mut raw = unescaped(nal);
            *raw.get_mut(set.filter_flag_at / 8)? |= 0x80 >> (set.filter_flag_at % 8);
            rewritten = Some(escaped(nal[0], &raw));
        }
        self.pictures.insert(id, set);
        rewritten
    }

    fn slice(&self, nal: &[u8]) -> Option<Vec<u8>> {
        let field = self.field(nal)?;
        if field.is_off {
            return None;
        }
        let raw = unescaped(nal);
        let end = raw.len() * 8;
        // Coded data of CABAC are whole bytes, behind ones (`cabac_alignment_one_bit`).
        let data = if field.is_cabac { field.to.next_multiple_of(8) } else { field.to };
        let is_one = |at: usize| raw[at / 8] & 0x80 >> (at % 8) != 0;
        if data >= end || !(field.to..data).all(is_one) {
            return None;
        }
        let mut written = Bits::with_capacity(raw.len() + 2);
        written.copy(&raw, 0, field.from);
        written.push(NO_FILTER.0, NO_FILTER.1);
        if field.is_cabac {
            written.align_with_ones();
        }
        written.copy(&raw, data, end);
        Some(escaped(nal[0], written.bytes()))
    }

    /// Reads a slice header up to its field of the loop filter (§7.3.3).
    fn field(&self, nal: &[u8]) -> Option<Field> {
        let header = *nal.first()?;
        let is_keyframe = header & 0x1f == KEYFRAME_SLICE;
        let is_reference = header >> 5 & 3 != 0;
        let mut bits = NalBits::behind_header(Codec::H264, nal);
        bits.exp_golomb()?;
        let kind = Kind::read(&mut bits)?;
        let picture = self.pictures.get(&bits.number(u8::MAX)?)?;
        let sequence = self.sequences.get(&picture.sequence)?;
        if sequence.has_separate_planes {
            bits.skip(2)?;
        }
        bits.skip(sequence.frame_number_bits)?;
        let is_field = !sequence.has_frames_only && bits.flag()?;
        if is_field {
            bits.bit()?;
        }
        if is_keyframe {
            bits.exp_golomb()?;
        }
        let tells_both_fields = picture.tells_order_of_fields && !is_field;
        match sequence.order {
            Order::Number(length) => {
                bits.skip(length)?;
                if tells_both_fields {
                    bits.exp_golomb()?;
                }
            }
            Order::Differences => {
                bits.exp_golomb()?;
                if tells_both_fields {
                    bits.exp_golomb()?;
                }
            }
            Order::Untold => {}
        }
        if picture.counts_redundant {
            bits.exp_golomb()?;
        }
        if kind == Kind::Bipredicted {
            bits.bit()?;
        }
        let references = kind.references(picture, &mut bits)?;
        for _ in references.iter().filter(|count| **count > 0) {
            skip_reordering(&mut bits)?;
        }
        if picture.weighs(kind) {
            skip_weights(&mut bits, references, sequence.has_colour)?;
        }
        if is_reference {
            skip_marking(&mut bits, is_keyframe)?;
        }
        if picture.is_cabac && references[0] > 0 {
            // `cabac_init_idc`
            bits.exp_golomb()?;
        }
        bits.exp_golomb()?;
        if kind == Kind::SwitchingPredicted {
            bits.bit()?;
        }
        if matches!(kind, Kind::SwitchingPredicted | Kind::SwitchingIntra) {
            bits.exp_golomb()?;
        }
        let from = bits.position();
        let mut is_off = false;
        if picture.tells_filter {
            is_off = bits.number(2)? == 1;
            if !is_off {
                bits.exp_golomb()?;
                bits.exp_golomb()?;
            }
        }
        Some(Field { from, to: bits.position(), is_cabac: picture.is_cabac, is_off })
    }
}

impl SequenceSet {
    fn read(nal: &[u8]) -> Option<(u8, Self)> {
        let mut bits = NalBits::behind_header(Codec::H264, nal);
        let profile = bits.take(8)?;
        bits.skip(16)?;
        let id = bits.number(31)?;
        let mut colour = 1;
        let mut has_separate_planes = false;
        if matches!(
            profile,
            44 | 83 | 86 | 100 | 110 | 118 | 122 | 128 | 134 | 135 | 138 | 139 | 244
        ) {
            colour = bits.number(3)?;
            has_separate_planes = colour == 3 && bits.flag()?;
            bits.exp_golomb()?;
            bits.exp_golomb()?;
            bits.bit()?;
            if bits.flag()? {
                skip_scaling(&mut bits, if colour == 3 { 12 } else { 8 })?;
            }
        }
        let frame_number_bits = u32::from(bits.number(12)?) + 4;
        let order = match bits.number(2)? {
            0 => Order::Number(u32::from(bits.number(12)?) + 4),
            1 => {
                let is_as_expected = bits.flag()?;
                bits.exp_golomb()?;
                bits.exp_golomb()?;
                for _ in 0..bits.number(u8::MAX)? {
                    bits.exp_golomb()?;
                }
                if is_as_expected { Order::Untold } else { Order::Differences }
            }
            _ => Order::Untold,
        };
        bits.exp_golomb()?;
        bits.bit()?;
        bits.exp_golomb()?;
        bits.exp_golomb()?;
        let set = Self {
            // Planes on their own are coded as if there was no colour (`ChromaArrayType`).
            has_colour: colour != 0 && !has_separate_planes,
            has_separate_planes,
            frame_number_bits,
            order,
            has_frames_only: bits.flag()?,
        };
        Some((id, set))
    }
}

impl PictureSet {
    /// Reads a set, and which it is, which may be told though it is not understood.
    fn read(nal: &[u8]) -> (Option<u8>, Option<Self>) {
        let mut bits = NalBits::behind_header(Codec::H264, nal);
        let id = bits.number(u8::MAX);
        (id, id.and_then(|_| Self::read_rest(bits)))
    }

    fn read_rest(mut bits: NalBits<'_>) -> Option<Self> {
        let sequence = bits.number(31)?;
        let is_cabac = bits.flag()?;
        let tells_order_of_fields = bits.flag()?;
        let slice_groups = bits.exp_golomb()?;
        if slice_groups > 0 {
            return None;
        }
        let references =
            [bits.number(MOST_REFERENCES - 1)? + 1, bits.number(MOST_REFERENCES - 1)? + 1];
        let weighs_predicted = bits.flag()?;
        let weighs_bipredicted = bits.take(2)? == 1;
        bits.exp_golomb()?;
        bits.exp_golomb()?;
        bits.exp_golomb()?;
        let filter_flag_at = bits.position();
        let tells_filter = bits.flag()?;
        bits.bit()?;
        Some(Self {
            sequence,
            is_cabac,
            tells_order_of_fields,
            references,
            weighs_predicted,
            weighs_bipredicted,
            filter_flag_at,
            tells_filter,
            counts_redundant: bits.flag()?,
        })
    }

    /// Returns whether slices of a kind bring weights along.
    fn weighs(&self, kind: Kind) -> bool {
        match kind {
            Kind::Predicted | Kind::SwitchingPredicted => self.weighs_predicted,
            Kind::Bipredicted => self.weighs_bipredicted,
            Kind::Intra | Kind::SwitchingIntra => false,
        }
    }
}

impl Kind {
    fn read(bits: &mut NalBits<'_>) -> Option<Self> {
        Some(match bits.number(9)? % 5 {
            0 => Self::Predicted,
            1 => Self::Bipredicted,
            2 => Self::Intra,
            3 => Self::SwitchingPredicted,
            _ => Self::SwitchingIntra,
        })
    }

    /// Reads how many pictures of each list a slice of this kind refers to.
    fn references(self, picture: &PictureSet, bits: &mut NalBits<'_>) -> Option<[u8; 2]> {
        let lists = match self {
            Self::Predicted | Self::SwitchingPredicted => 1,
            Self::Bipredicted => 2,
            Self::Intra | Self::SwitchingIntra => return Some([0, 0]),
        };
        let mut references = [0, 0];
        let tells_them = bits.flag()?;
        for (count, usual) in references.iter_mut().zip(picture.references).take(lists) {
            *count = if tells_them { bits.number(MOST_REFERENCES - 1)? + 1 } else { usual };
        }
        Some(references)
    }
}

/// Leaves out scaling lists (§7.3.2.1.1.1).
fn skip_scaling(bits: &mut NalBits<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let size = if list < 6 { 16 } else { 64 };
        let mut last = 8_i64;
        for _ in 0..size {
            last = (last + signed(bits.exp_golomb()?)).rem_euclid(256);
            if last == 0 {
                break;
            }
        }
    }
    Some(())
}

/// Leaves out `ref_pic_list_modification` of one list (§7.3.3.1).
fn skip_reordering(bits: &mut NalBits<'_>) -> Option<()> {
    if !bits.flag()? {
        return Some(());
    }
    for _ in 0..MOST_COMMANDS {
        if bits.number(3)? == 3 {
            return Some(());
        }
        bits.exp_golomb()?;
    }
    None
}

/// Leaves out `pred_weight_table` (§7.3.3.2).
fn skip_weights(bits: &mut NalBits<'_>, references: [u8; 2], has_colour: bool) -> Option<()> {
    let numbers = if has_colour { &[2, 4][..] } else { &[2] };
    for _ in numbers {
        bits.exp_golomb()?;
    }
    for _ in 0..u32::from(references[0]) + u32::from(references[1]) {
        for count in numbers {
            if bits.flag()? {
                (0..*count).try_for_each(|_| bits.exp_golomb().map(drop))?;
            }
        }
    }
    Some(())
}

/// Leaves out `dec_ref_pic_marking` (§7.3.3.3).
fn skip_marking(bits: &mut NalBits<'_>, is_keyframe: bool) -> Option<()> {
    if is_keyframe {
        return bits.skip(2);
    }
    if !bits.flag()? {
        return Some(());
    }
    for _ in 0..MOST_COMMANDS {
        let numbers = match bits.number(6)? {
            0 => return Some(()),
            3 => 2,
            5 => 0,
            _ => 1,
        };
        (0..numbers).try_for_each(|_| bits.exp_golomb().map(drop))?;
    }
    None
}

/// Returns what the bits of an `ue(v)` mean as `se(v)` (§9.1.1).
fn signed(number: u32) -> i64 {
    let half = i64::from(number).midpoint(1);
    if number % 2 == 1 { half } else { -(i64::from(number) / 2) }
}

/// Returns the payload of a NAL unit without the bytes that keep start codes out, and without zeros at
/// its end, which mean nothing (`cabac_zero_word`, `trailing_zero_8bits`).
fn unescaped(nal: &[u8]) -> Vec<u8> {
    let payload = nal.get(1..).unwrap_or_default();
    let mut raw = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        raw.push(byte);
    }
    let padding = raw.iter().rev().take_while(|byte| **byte == 0).count();
    raw.truncate(raw.len() - padding);
    raw
}

/// Returns a NAL unit of a payload that does not end with a zero.
fn escaped(header: u8, raw: &[u8]) -> Vec<u8> {
    let mut nal = Vec::with_capacity(raw.len() + raw.len() / 64 + 4);
    nal.push(header);
    let mut zeros = 0;
    for &byte in raw {
        if zeros >= 2 && byte <= 3 {
            nal.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        nal.push(byte);
    }
    nal
}

/// Bits that are written one behind the other.
#[derive(Debug)]
struct Bits {
    bytes: Vec<u8>,
    /// Bits that are still free in the last byte.
    free: usize,
}

impl Bits {
    fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), free: 0 }
    }

    /// Writes the lowest `count` bits, 8 at most.
    fn push(&mut self, bits: u8, count: usize) {
        debug_assert!((1..=8).contains(&count));
        let wide = u16::from(bits) << (16 - count);
        let [first, second] = (wide >> (8 - self.free)).to_be_bytes();
        if let Some(last) = self.bytes.last_mut() {
            *last |= first;
        }
        if count > self.free {
            self.bytes.push(second);
            self.free += 8;
        }
        self.free -= count;
    }

    /// Writes the bits of `raw` from one up to another.
    fn copy(&mut self, raw: &[u8], from: usize, to: usize) {
        let mut at = from;
        while at < to {
            if self.free == 0 && at.is_multiple_of(8) && to - at >= 8 {
                self.bytes.extend_from_slice(&raw[at / 8..to / 8]);
                at = to / 8 * 8;
                continue;
            }
            let count = (to - at).min(8 - at % 8);
            let aligned = raw[at / 8] >> (8 - at % 8 - count);
            let mask = u8::try_from((1_u16 << count) - 1).unwrap_or(u8::MAX);
            self.push(aligned & mask, count);
            at += count;
        }
    }

    fn align_with_ones(&mut self) {
        for _ in 0..self.free {
            self.push(1, 1);
        }
    }

    /// Returns them as bytes, the last one filled with zeros, but without bytes of zeros at the end.
    fn bytes(&self) -> &[u8] {
        let padding = self.bytes.iter().rev().take_while(|byte| **byte == 0).count();
        &self.bytes[..self.bytes.len() - padding]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bitstream::nal_units;

    /// A stream of two keyframes, as a byte stream: its NAL units.
    fn stream(options: &[&str]) -> Vec<Vec<u8>> {
        let source = ["-f", "lavfi", "-i", "testsrc2=size=160x128:rate=25", "-frames:v", "12"];
        let form = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "6"];
        let path = fixtures::clip("h264", &[&source[..], &form, options].concat());
        let bytes = std::fs::read(path).unwrap();
        nal_units(&bytes).map(<[u8]>::to_vec).collect()
    }

    fn both() -> [Vec<Vec<u8>>; 2] {
        [stream(&["-bf", "2", "-slices", "2"]), stream(&["-profile:v", "baseline"])]
    }

    /// Returns the NAL units as they are decoded.
    fn rewritten(nals: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut unfiltered = Unfiltered::default();
        nals.iter().map(|nal| unfiltered.rewrite(nal).unwrap_or_else(|| nal.clone())).collect()
    }

    fn kind(nal: &[u8]) -> u8 {
        nal[0] & 0x1f
    }

    /// Returns a stream whose picture sets give slices no field of the loop filter.
    fn without_field(nals: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut unfiltered = Unfiltered::default();
        let mut changed = Vec::new();
        for nal in nals {
            unfiltered.rewrite(nal);
            let raw = unescaped(nal);
            let mut written = Bits::with_capacity(raw.len());
            match kind(nal) {
                PICTURE_SET => {
                    let at = PictureSet::read(nal).1.unwrap().filter_flag_at;
                    written.copy(&raw, 0, at);
                    written.push(0, 1);
                    written.copy(&raw, at + 1, raw.len() * 8);
                }
                SLICE | KEYFRAME_SLICE => {
                    let field = unfiltered.field(nal).unwrap();
                    assert!(field.to > field.from, "there was one");
                    written.copy(&raw, 0, field.from);
                    if field.is_cabac {
                        written.align_with_ones();
                        written.copy(&raw, field.to.next_multiple_of(8), raw.len() * 8);
                    } else {
                        written.copy(&raw, field.to, raw.len() * 8);
                    }
                }
                _ => {
                    changed.push(nal.clone());
                    continue;
                }
            }
            changed.push(escaped(nal[0], written.bytes()));
        }
        changed
    }

    #[test]
    fn every_slice_says_that_it_wants_no_filter_and_the_rest_is_as_it_was() {
        for nals in both() {
            let after = rewritten(&nals);
            let slices = |nal: &&Vec<u8>| matches!(kind(nal), SLICE | KEYFRAME_SLICE);
            assert!(nals.iter().filter(slices).count() >= 12);
            for (nal, after) in nals.iter().zip(&after) {
                assert_eq!(slices(&nal), nal != after, "{:?}", &nal[..4]);
            }
            let again = rewritten(&after);
            assert!(again == after, "and says it once");
        }
    }

    #[test]
    fn a_set_that_gives_slices_no_such_field_is_decoded_as_one_that_does() {
        for nals in both() {
            let bare = without_field(&nals);
            assert!(bare != nals);
            assert!(rewritten(&bare) == rewritten(&nals));
        }
    }

    #[test]
    fn what_is_not_understood_is_decoded_as_it_came() {
        let [nals, _] = both();
        let of = |wanted: u8| nals.iter().find(|nal| kind(nal) == wanted).unwrap().clone();
        let (sequence, picture, slice) = (of(SEQUENCE_SET), of(PICTURE_SET), of(SLICE));
        let known = || {
            let mut unfiltered = Unfiltered::default();
            assert_eq!(unfiltered.rewrite(&sequence), None);
            assert_eq!(unfiltered.rewrite(&picture), None);
            unfiltered
        };
        assert!(known().rewrite(&slice).is_some());
        assert_eq!(Unfiltered::default().rewrite(&slice), None, "no sets");
        // Data partition A, a slice of another view.
        for other in [2, 20] {
            let mut other_kind = slice.clone();
            other_kind[0] = slice[0] & 0xe0 | other;
            assert_eq!(known().rewrite(&other_kind), None);
        }
        // Slice groups: ids 0 and 0, flags 1 and 0, two groups.
        let mut unfiltered = known();
        assert_eq!(unfiltered.rewrite(&[0x68, 0b1110_0100, 0xff, 0xff, 0xff]), None);
        assert_eq!(unfiltered.rewrite(&slice), None);
        let mut unfiltered = known();
        assert_eq!(unfiltered.rewrite(&sequence[..2]), None);
        assert_eq!(unfiltered.rewrite(&slice), None, "a set that is cut off");
        for cut in [&slice[..0], &slice[..1], &slice[..3]] {
            assert_eq!(known().rewrite(cut), None);
        }
    }

    #[test]
    fn bits_stand_where_they_are_written() {
        let raw = [0b1010_0101, 0b0011_1100, 0xff];
        for from in 0..16 {
            for before in 0..9 {
                let mut bits = Bits::with_capacity(4);
                (0..before).for_each(|_| bits.push(1, 1));
                bits.copy(&raw, from, 24);
                let at = |bytes: &[u8], at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
                for offset in 0..24 - from {
                    assert_eq!(at(bits.bytes(), before + offset), at(&raw, from + offset));
                }
            }
        }
        assert_eq!(
            escaped(0x65, &unescaped(&[0x65, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3])),
            [0x65, 0, 0, 3, 1]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Bent streams and such of no sense at all: what was rewritten says what it was to say.
        #[test]
        fn any_bytes_are_borne(
            bend in prop::collection::vec((0..14_usize, 0..40_usize, any::<u8>()), 0..6),
            noise in prop::collection::vec(prop_oneof![0..4_u8, any::<u8>()], 0..80),
        ) {
            for nals in both() {
                let mut bytes = Vec::new();
                for (number, nal) in nals.iter().enumerate() {
                    let mut nal = nal.clone();
                    for (_, at, with) in bend.iter().filter(|(which, ..)| *which == number) {
                        let length = nal.len();
                        nal[at % length] = *with;
                    }
                    bytes.extend_from_slice(&u16::try_from(nal.len()).unwrap().to_be_bytes());
                    bytes.extend_from_slice(&nal);
                }
                crate::fuzzing::unfiltered(&bytes);
            }
            crate::fuzzing::unfiltered(&noise);
        }
    }
}
