//! Picture sets and slice headers of H.264, as far as the field of the loop filter.

use domain::{Codec, NalBits};

use super::{KEYFRAME_SLICE, Unfiltered};

/// Most reference pictures of a slice, and most commands about them: one for each field and an end.
const MOST_REFERENCES: u8 = 32;
const MOST_COMMANDS: usize = 67;

/// What a slice header depends on in a sequence parameter set (§7.3.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SequenceSet {
    has_colour: bool,
    has_separate_planes: bool,
    frame_number_bits: u32,
    order: Order,
    has_frames_only: bool,
}

/// How slices tell the order of pictures (`pic_order_cnt_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By a number of so many bits.
    Number(u32),
    /// By how far they are from what was expected.
    Differences,
    /// Not at all.
    Untold,
}

/// What a slice header depends on in a picture parameter set (§7.3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PictureSet {
    pub(super) sequence: u8,
    pub(super) is_cabac: bool,
    tells_order_of_fields: bool,
    references: [u8; 2],
    weighs_predicted: bool,
    weighs_bipredicted: bool,
    /// Where it says that slices have the field of the loop filter, in bits.
    pub(super) filter_flag_at: usize,
    pub(super) tells_filter: bool,
    counts_redundant: bool,
}

/// Kinds of slices (`slice_type`, §7.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Predicted,
    Bipredicted,
    Intra,
    SwitchingPredicted,
    SwitchingIntra,
}

/// Where a slice tells of its loop filter: nowhere, if the two are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_cabac: bool,
    pub(super) is_off: bool,
}

impl Unfiltered {
    /// Reads a slice header up to its field of the loop filter (§7.3.3).
    pub(super) fn field(&self, nal: &[u8]) -> Option<Field> {
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
    pub(super) fn read(nal: &[u8]) -> Option<(u8, Self)> {
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
    pub(super) fn read(nal: &[u8]) -> (Option<u8>, Option<Self>) {
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
