//! Whole numbers in few bytes: LEB128 varints, zigzag for signed ones.

#![allow(
    clippy::cast_possible_truncation,
    reason = "each cast keeps the low 7 or 8 bits, on purpose"
)]

/// Appends numbers to a blob.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// Appends 1 to 10 bytes, the fewer the smaller the number.
    pub(crate) fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Appends 1 to 10 bytes, the fewer the nearer to 0.
    pub(crate) fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Appends the 4 bytes of a float, every bit kept.
    pub(crate) fn float(&mut self, number: f32) {
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    /// Appends a text behind its length.
    pub(crate) fn text(&mut self, text: &str) {
        self.unsigned(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Returns the blob.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads numbers back; `None` when the blob ends early or a number has too many bytes.
#[derive(Debug)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(blob: &'a [u8]) -> Self {
        Self { rest: blob }
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(crate) fn float(&mut self) -> Option<f32> {
        let (bytes, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(f32::from_le_bytes(*bytes))
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        let length = self.count(1)?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// Reads a count of things that take at least `bytes_each`: never more than can be there.
    pub(crate) fn count(&mut self, bytes_each: usize) -> Option<usize> {
        let count = usize::try_from(self.unsigned()?).ok()?;
        (count <= self.rest.len() / bytes_each.max(1)).then_some(count)
    }

    /// Returns whether all was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(unsigned: u64, signed: i64, float in -1e6f32..1e6, text: String) {
            let mut encoder = Encoder::default();
            encoder.unsigned(unsigned);
            encoder.signed(signed);
            encoder.float(float);
            encoder.text(&text);
            let blob = encoder.finish();
            let mut decoder = Decoder::new(&blob);
            prop_assert_eq!(decoder.unsigned(), Some(unsigned));
            prop_assert_eq!(decoder.signed(), Some(signed));
            prop_assert_eq!(decoder.float(), Some(float));
            prop_assert_eq!(decoder.text(), Some(text));
            prop_assert!(decoder.is_at_end());
        }

        #[test]
        fn any_bytes_are_read_without_panic(blob: Vec<u8>) {
            let mut decoder = Decoder::new(&blob);
            while decoder.signed().is_some() && !decoder.is_at_end() {}
            let _ = Decoder::new(&blob).text();
            prop_assert!(Decoder::new(&blob).count(1).is_none_or(|count| count <= blob.len()));
        }
    }
}
