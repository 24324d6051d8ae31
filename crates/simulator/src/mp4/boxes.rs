//! Walks boxes and their fields without ever reading past their end.

use super::Mp4Error;

/// A box's type and payload.
pub(super) type BoxItem<'a> = Result<([u8; 4], &'a [u8]), Mp4Error>;

/// Returns the boxes one after the other in `bytes`.
pub(super) fn children(bytes: &[u8]) -> impl Iterator<Item = BoxItem<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        // Fewer than 8 bytes cannot be a box: some writers end a container with 4 zero bytes.
        let header = rest.first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *header;
        let size = match u32::from_be_bytes([a, b, c, d]) {
            0 => rest.len(),
            size => size as usize,
        };
        if size < 8 || size > rest.len() {
            rest = &[];
            return Some(Err(Mp4Error::Truncated("inside moov")));
        }
        let payload = &rest[8..size];
        rest = &rest[size..];
        Some(Ok((kind, payload)))
    })
}

/// Returns the payload of the first box of a kind.
pub(super) fn child<'a>(
    bytes: &'a [u8],
    kind: &[u8; 4],
    name: &'static str,
) -> Result<&'a [u8], Mp4Error> {
    optional_child(bytes, kind)?.ok_or(Mp4Error::Missing(name))
}

/// Returns the payload of the first box of a kind, if there is one.
pub(super) fn optional_child<'a>(
    bytes: &'a [u8],
    kind: &[u8; 4],
) -> Result<Option<&'a [u8]>, Mp4Error> {
    for item in children(bytes) {
        let (found, payload) = item?;
        if found == *kind {
            return Ok(Some(payload));
        }
    }
    Ok(None)
}

/// Reads big-endian fields of one box from front to back.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    name: &'static str,
}

impl<'a> Reader<'a> {
    /// Starts at the front; `name` is for errors.
    pub(super) fn new(bytes: &'a [u8], name: &'static str) -> Self {
        Self { rest: bytes, name }
    }

    /// Returns what has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Returns the next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Mp4Error> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(Mp4Error::Truncated(self.name))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Leaves out `count` bytes.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), Mp4Error> {
        self.take(count).map(drop)
    }

    /// Returns the next byte.
    pub(super) fn u8(&mut self) -> Result<u8, Mp4Error> {
        Ok(self.take(1)?[0])
    }

    /// Returns the next two bytes as a number.
    pub(super) fn u16(&mut self) -> Result<u16, Mp4Error> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// Returns the next four bytes as a number.
    pub(super) fn u32(&mut self) -> Result<u32, Mp4Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Returns the version of a full box, leaving out its flags.
    pub(super) fn version(&mut self) -> Result<u8, Mp4Error> {
        Ok(self.take(4)?[0])
    }

    /// Returns a table's rows of `columns` words each, after its count.
    pub(super) fn table(&mut self, columns: usize) -> Result<Vec<&'a [u8]>, Mp4Error> {
        self.version()?;
        let rows = self.u32()? as usize;
        self.rows(rows, columns)
    }

    /// Returns `rows` rows of `columns` words each; checked against the box before allocating.
    pub(super) fn rows(&mut self, rows: usize, columns: usize) -> Result<Vec<&'a [u8]>, Mp4Error> {
        let row_len = columns * 4;
        let len = rows.checked_mul(row_len).ok_or(Mp4Error::Truncated(self.name))?;
        Ok(self.take(len)?.chunks_exact(row_len).collect())
    }
}

/// Returns a row's word; 0 beyond its end.
pub(super) fn word(row: &[u8], column: usize) -> u32 {
    row.chunks_exact(4)
        .nth(column)
        .and_then(|bytes| bytes.first_chunk::<4>())
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
