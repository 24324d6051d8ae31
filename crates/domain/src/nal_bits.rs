//! The bits of a NAL unit, for whoever needs the first few of them.

use crate::Codec;

/// Reads the bits of a NAL unit behind its header, without the bytes that keep start codes out
/// (`emulation_prevention_three_byte`). Everything that it reads is `None` at the end of the unit.
#[derive(Debug, Clone)]
pub struct NalBits<'a> {
    rest: std::slice::Iter<'a, u8>,
    zeros: u32,
    byte: u8,
    left: u32,
    position: usize,
}

impl<'a> NalBits<'a> {
    /// Begins behind the header of a NAL unit, which may be cut off.
    pub fn behind_header(codec: Codec, unit: &'a [u8]) -> Self {
        let header = match codec {
            Codec::H264 => 1,
            Codec::H265 => 2,
        };
        let rest = unit.get(header..).unwrap_or_default().iter();
        Self { rest, zeros: 0, byte: 0, left: 0, position: 0 }
    }

    /// Returns how many bits have been read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Reads a bit.
    pub fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let mut byte = *self.rest.next()?;
            if self.zeros >= 2 && byte == 3 {
                self.zeros = 0;
                byte = *self.rest.next()?;
            }
            self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
            (self.byte, self.left) = (byte, 8);
        }
        self.left -= 1;
        self.position += 1;
        Some(u32::from(self.byte >> self.left & 1))
    }

    /// Reads a flag.
    pub fn flag(&mut self) -> Option<bool> {
        self.bit().map(|bit| bit == 1)
    }

    /// Reads a number of `count` bits, 31 at most.
    pub fn take(&mut self, count: u32) -> Option<u32> {
        debug_assert!(count < 32);
        (0..count).try_fold(0, |number, _| Some(number << 1 | self.bit()?))
    }

    /// Leaves out `count` bits.
    pub fn skip(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.bit().map(drop))
    }

    /// Reads `ue(v)` (H.264 §9.1); `se(v)` has the same bits.
    pub fn exp_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// Reads `ue(v)` that is `most` at most.
    pub fn number(&mut self, most: u8) -> Option<u8> {
        u8::try_from(self.exp_golomb()?).ok().filter(|number| *number <= most)
    }
}

/// Returns the payload of a NAL unit, what is behind its header, without the bytes that keep start codes
/// out (H.264 §7.4.1, H.265 §7.4.2).
pub fn without_emulation(payload: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(payload.len());
    let mut zeros = 0;
    for &byte in payload {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_out_without_the_bytes_that_keep_start_codes_out() {
        // ue(v) 1: 0, 010: 1, 00101: 4, then 29 zeros among which a 3 stands, 6 bits of 34, and zeros to the end.
        let unit = [0x65, 0b1010_0010, 0b1000_0000, 0, 0, 3, 0b0000_0010, 0b0010_0000];
        let mut bits = NalBits::behind_header(Codec::H264, &unit);
        assert_eq!([(); 3].map(|()| bits.exp_golomb()), [Some(0), Some(1), Some(4)]);
        assert_eq!(bits.position(), 9);
        bits.skip(29).unwrap();
        assert_eq!((bits.take(6), bits.flag()), (Some(0b10_0010), Some(false)));
        assert_eq!((bits.position(), bits.take(5)), (45, None));
    }

    #[test]
    fn the_bytes_against_start_codes_are_taken_out() {
        assert_eq!(without_emulation(&[0, 0, 3, 0, 0, 3, 1, 3]), [0, 0, 0, 0, 1, 3]);
    }

    #[test]
    fn a_number_out_of_range_is_none() {
        let mut bits = NalBits::behind_header(Codec::H264, &[0x68, 0b0010_1010]);
        assert_eq!(bits.clone().number(4), Some(4));
        assert_eq!(bits.number(3), None);
        let zeros = [0xff; 9].map(|_| 1_u8 >> 1);
        assert_eq!(NalBits::behind_header(Codec::H265, &zeros).exp_golomb(), None);
    }
}
