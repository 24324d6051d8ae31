//! The ZIP container (APPNOTE 6.3.10) in one form only: its files stored, one after the other from
//! the first byte on, and every other byte a function of their names, sizes and CRCs.
//!
//! So whoever checks a package builds headers and directory anew and compares: there is no byte
//! that a change could hide in, nothing is unpacked that could grow, and no two files overlap.
//! Sizes and offsets beyond 4 GiB are written as ZIP64 (§4.5.3), and only those.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

/// What stands in 32 bits where the true value is in a ZIP64 field.
const FULL_32: u64 = 0xffff_ffff;
/// The same in 16 bits.
const FULL_16: usize = 0xffff;
/// The names are UTF-8 (§4.4.4, bit 11).
const FLAGS: u16 = 0x0800;
/// 1980-01-01, the first day there is: when files were made is said by the manifest.
const DAY: u16 = 0x0021;
/// "Made by" Unix, so that the permissions below are understood.
const UNIX: u16 = 3 << 8;
/// A regular file that everybody may read.
const PERMISSIONS: u32 = 0o100_644 << 16;
/// Where a local header holds the CRC.
pub(crate) const CRC_AT: u64 = 14;
const END_BYTES: u64 = 22;
const LOCATOR_BYTES: u64 = 20;
const END64_BYTES: u64 = 56;
/// The most files of a package: bounds what is read of a directory that lies.
const MOST_FILES: u64 = 200_000;
/// The longest name; with [`MOST_FILES`] it bounds the directory.
const LONGEST_NAME: usize = 160;
/// A directory entry at its largest.
const LARGEST_ENTRY: u64 = 46 + LONGEST_NAME as u64 + 28;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) crc: u32,
}

/// Why bytes are not one of our packages.
#[derive(Debug)]
pub(crate) enum ContainerError {
    /// They cannot be had.
    Io(io::Error),
    /// They are not what they should be, from some byte on.
    Wrong(u64, String),
}

impl From<io::Error> for ContainerError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Returns whether a package may hold a file of this name: folders between slashes, nothing that
/// leads out, nothing that another system reads in another way.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(allowed)
            && part.bytes().any(|byte| byte != b'.')
            && !part.ends_with('.')
            && !part.starts_with('-')
    };
    name.len() <= LONGEST_NAME && name.split('/').all(is_part)
}

/// Returns what stands before a file.
pub(crate) fn local_header(entry: &Entry) -> Vec<u8> {
    let is_large = entry.bytes >= FULL_32;
    let mut out = Vec::with_capacity(50 + entry.name.len());
    put32(&mut out, 0x0403_4b50);
    put16(&mut out, version(is_large));
    common(&mut out, entry, is_large);
    put16(&mut out, if is_large { 20 } else { 0 });
    out.extend_from_slice(entry.name.as_bytes());
    if is_large {
        put16(&mut out, 1);
        put16(&mut out, 16);
        put64(&mut out, entry.bytes);
        put64(&mut out, entry.bytes);
    }
    out
}

/// Returns what stands behind all files: the directory and its end.
pub(crate) fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut offset = 0;
    for entry in entries {
        directory_entry(&mut out, entry, offset);
        offset += header_bytes(entry) + entry.bytes;
    }
    let bytes = length(&out);
    let is_large = entries.len() >= FULL_16 || bytes >= FULL_32 || offset >= FULL_32;
    if is_large {
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        put32(&mut out, 0x0606_4b50);
        put64(&mut out, END64_BYTES - 12);
        put16(&mut out, UNIX | version(true));
        put16(&mut out, version(true));
        put64(&mut out, 0); // this disk and that of the directory
        put64(&mut out, count);
        put64(&mut out, count);
        put64(&mut out, bytes);
        put64(&mut out, offset);
        put32(&mut out, 0x0706_4b50);
        put32(&mut out, 0);
        put64(&mut out, offset + bytes);
        put32(&mut out, 1);
    }
    let count = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    put32(&mut out, 0x0605_4b50);
    put32(&mut out, 0); // this disk and that of the directory
    put16(&mut out, count);
    put16(&mut out, count);
    put32(&mut out, capped(bytes));
    put32(&mut out, capped(offset));
    put16(&mut out, 0);
    out
}

/// Returns where the content of each file starts, and where the directory does.
pub(crate) fn offsets(entries: &[Entry]) -> (Vec<u64>, u64) {
    let mut offset = 0_u64;
    let starts = entries.iter().map(|entry| {
        let start = offset.saturating_add(header_bytes(entry));
        offset = start.saturating_add(entry.bytes);
        start
    });
    (starts.collect(), offset)
}

/// Reads the directory at the end of `file`, and accepts no other form than our own.
pub(crate) fn read_directory(file: &mut (impl Read + Seek)) -> Result<Vec<Entry>, ContainerError> {
    let size = file.seek(SeekFrom::End(0))?;
    let (count, start) = read_end(file, size)?;
    let wrong = |at, what: &str| Err(ContainerError::Wrong(at, what.to_owned()));
    let room = size.saturating_sub(start);
    if start >= size || count > MOST_FILES || room > count * LARGEST_ENTRY + 98 {
        return wrong(start, "the directory is larger than what it says it holds");
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.by_ref().take(room).read_to_end(&mut bytes)?;
    let mut rest = bytes.as_slice();
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    for _ in 0..count {
        let at = size - length(rest);
        let Some(entry) = parse_entry(&mut rest) else {
            return wrong(at, "an entry of the directory cannot be read");
        };
        if !is_name(&entry.name) {
            return wrong(
                at,
                &format!("\"{}\" may not be the name of a file", entry.name.escape_default()),
            );
        }
        // Some systems take capital and small letters for the same.
        if !names.insert(entry.name.to_ascii_lowercase()) {
            return wrong(at, &format!("{} is there twice", entry.name));
        }
        entries.push(entry);
    }
    let (_, end) = offsets(&entries);
    if end != start {
        return wrong(start, &format!("the files end at byte {end}, the directory starts here"));
    }
    let due = directory(&entries);
    if due != bytes {
        let same = due.iter().zip(&bytes).take_while(|(due, found)| due == found).count();
        let at = start + u64::try_from(same).unwrap_or(0);
        return wrong(at, "the directory holds what no package of ours does");
    }
    Ok(entries)
}

/// Reads how many files there are and where the directory starts.
fn read_end(file: &mut (impl Read + Seek), size: u64) -> Result<(u64, u64), ContainerError> {
    let wrong = |at, what: &str| Err(ContainerError::Wrong(at, what.to_owned()));
    let Some(end_at) = size.checked_sub(END_BYTES) else {
        return wrong(size, "the package is cut off: it is shorter than any ZIP");
    };
    let end = read_at::<22>(file, end_at)?;
    if end[..4] != 0x0605_4b50_u32.to_le_bytes() {
        return wrong(end_at, "the package is cut off, or something follows its end");
    }
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |all, &byte| all << 8 | u64::from(byte));
    let (count, start) = (number(&end[10..12]), number(&end[16..20]));
    let is_large = count == 0xffff || start == FULL_32 || number(&end[12..16]) == FULL_32;
    if !is_large {
        return Ok((count, start));
    }
    let Some(end64_at) = end_at.checked_sub(LOCATOR_BYTES + END64_BYTES) else {
        return wrong(end_at, "the package is cut off before its ZIP64 end");
    };
    let end64 = read_at::<56>(file, end64_at)?;
    Ok((number(&end64[32..40]), number(&end64[48..56])))
}

fn read_at<const N: usize>(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Takes name, size and CRC of the next entry; the rest is compared as a whole afterwards.
fn parse_entry(rest: &mut &[u8]) -> Option<Entry> {
    let mut take = |count: usize| {
        let (taken, after) = rest.split_at_checked(count)?;
        *rest = after;
        Some(taken)
    };
    let head = take(46)?;
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let u32_at =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let name = std::str::from_utf8(take(u16_at(28))?).ok()?.to_owned();
    let extra = take(u16_at(30))?;
    let mut bytes = u64::from(u32_at(24));
    if bytes == FULL_32 {
        bytes = u64::from_le_bytes(extra.get(4..12)?.try_into().ok()?);
    }
    Some(Entry { name, bytes, crc: u32_at(16) })
}

fn directory_entry(out: &mut Vec<u8>, entry: &Entry, offset: u64) {
    let is_large = entry.bytes >= FULL_32;
    let is_far = offset >= FULL_32;
    let extra = 16 * u16::from(is_large) + 8 * u16::from(is_far);
    put32(out, 0x0201_4b50);
    put16(out, UNIX | version(is_large || is_far));
    put16(out, version(is_large || is_far));
    common(out, entry, is_large);
    put16(out, if extra > 0 { extra + 4 } else { 0 });
    put16(out, 0); // no comment
    put16(out, 0); // on the only disk
    put16(out, 0); // not text
    put32(out, PERMISSIONS);
    put32(out, capped(offset));
    out.extend_from_slice(entry.name.as_bytes());
    if extra > 0 {
        put16(out, 1);
        put16(out, extra);
        if is_large {
            put64(out, entry.bytes);
            put64(out, entry.bytes);
        }
        if is_far {
            put64(out, offset);
        }
    }
}

/// Appends what local header and directory say in the same way: flags to length of the name.
fn common(out: &mut Vec<u8>, entry: &Entry, is_large: bool) {
    let bytes = if is_large { u32::MAX } else { capped(entry.bytes) };
    put16(out, FLAGS);
    put16(out, 0); // stored
    put16(out, 0); // midnight
    put16(out, DAY);
    put32(out, entry.crc);
    put32(out, bytes);
    put32(out, bytes);
    put16(out, u16::try_from(entry.name.len()).unwrap_or(u16::MAX));
}

fn header_bytes(entry: &Entry) -> u64 {
    let extra = if entry.bytes >= FULL_32 { 20 } else { 0 };
    30 + extra + u64::try_from(entry.name.len()).unwrap_or(0)
}

/// What a reader must be able to: plain files, or ZIP64.
fn version(needs_zip64: bool) -> u16 {
    if needs_zip64 { 45 } else { 20 }
}

fn capped(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_or_mean_something_elsewhere_are_refused() {
        for good in ["a", "clips/001-hang-bai.mp4", "SHA256SUMS", "a/b/c.json"] {
            assert!(is_name(good), "{good}");
        }
        let long = "x".repeat(161);
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\\b",
            "C:/a",
            "a\0b",
            "-rf",
            "a/-b",
            "cầu",
            "a b",
            "con.",
            "...",
            &long,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn files_beyond_four_gib_are_found_where_they_are() {
        // A file of holes: only headers and directory are written.
        let entries = [
            Entry { name: "a".into(), bytes: 5 << 30, crc: 1 },
            Entry { name: "b".into(), bytes: 3, crc: 2 },
            Entry { name: "c".into(), bytes: FULL_32, crc: 3 },
            Entry { name: "d".into(), bytes: FULL_32 - 1, crc: 4 },
        ];
        let mut file = tempfile::tempfile().unwrap();
        let (starts, end) = offsets(&entries);
        for (entry, start) in entries.iter().zip(&starts) {
            let header = local_header(entry);
            file.seek(SeekFrom::Start(start - length(&header))).unwrap();
            io::Write::write_all(&mut file, &header).unwrap();
        }
        file.seek(SeekFrom::Start(end)).unwrap();
        io::Write::write_all(&mut file, &directory(&entries)).unwrap();
        assert_eq!(read_directory(&mut file).unwrap(), entries);
        file.set_len(end + length(&directory(&entries)) - 1).unwrap();
        assert!(read_directory(&mut file).is_err());
    }

    #[test]
    fn more_files_than_sixteen_bits_count_are_read_back() {
        let entry = |number: usize| Entry { name: format!("f{number}"), bytes: 0, crc: 0 };
        let entries: Vec<Entry> = (0..70_000).map(entry).collect();
        let mut bytes: Vec<u8> = entries.iter().flat_map(local_header).collect();
        bytes.extend(directory(&entries));
        assert_eq!(read_directory(&mut io::Cursor::new(bytes)).unwrap(), entries);
    }
}
