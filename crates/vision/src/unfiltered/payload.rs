//! The payload of a NAL unit as bits: read whole, written anew.

use domain::without_emulation;

/// Returns the payload of a NAL unit without the bytes that keep start codes out, and without zeros at
/// its end, which mean nothing (`cabac_zero_word`, `trailing_zero_8bits`).
pub(super) fn unescaped(nal: &[u8]) -> Vec<u8> {
    let mut raw = without_emulation(nal.get(1..).unwrap_or_default());
    let padding = raw.iter().rev().take_while(|byte| **byte == 0).count();
    raw.truncate(raw.len() - padding);
    raw
}

/// Returns a NAL unit of a payload that does not end with a zero.
pub(super) fn escaped(header: u8, raw: &[u8]) -> Vec<u8> {
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
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits that are still free in the last byte.
    free: usize,
}

impl Bits {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), free: 0 }
    }

    /// Writes the lowest `count` bits, 8 at most.
    pub(super) fn push(&mut self, bits: u8, count: usize) {
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
    pub(super) fn copy(&mut self, raw: &[u8], from: usize, to: usize) {
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

    pub(super) fn align_with_ones(&mut self) {
        for _ in 0..self.free {
            self.push(1, 1);
        }
    }

    /// Returns them as bytes, the last one filled with zeros, but without bytes of zeros at the end.
    pub(super) fn bytes(&self) -> &[u8] {
        let padding = self.bytes.iter().rev().take_while(|byte| **byte == 0).count();
        &self.bytes[..self.bytes.len() - padding]
    }
}
