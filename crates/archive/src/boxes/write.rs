//! Writes boxes into memory.

use domain::Timestamp;

use super::{TIMESCALE, ticks, to_ntp};

/// Seconds from 1904 (MP4) to 1970 (Unix).
pub(crate) const MP4_TO_UNIX_S: i64 = 2_082_844_800;
/// The identity transformation, ISO/IEC 14496-12 §8.2.2.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// The one track of every file.
pub(crate) const TRACK: u32 = 1;
/// A sample that depends on no other, ISO/IEC 14496-12 §8.8.3.1.
const SYNC_SAMPLE: u32 = 0x0200_0000;
/// A sample that depends on others and is no place to start.
const DEPENDENT_SAMPLE: u32 = 0x0101_0000;
/// `prft` flags for "the time at which the picture was captured", §8.16.5.
const CAPTURE_TIME: u32 = 24;

/// Appends a box: its size, its `kind`, and what `fill` appends.
pub(crate) fn boxed(out: &mut Vec<u8>, kind: [u8; 4], fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&kind);
    fill(out);
    let size = u32::try_from(out.len() - start).expect("a box in memory is far below 4 GiB");
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// Appends a box with a version and flags.
pub(crate) fn full_box(
    out: &mut Vec<u8>,
    kind: [u8; 4],
    version: u8,
    flags: u32,
    fill: impl FnOnce(&mut Vec<u8>),
) {
    boxed(out, kind, |out| {
        put32(out, u32::from(version) << 24 | flags);
        fill(out);
    });
}

/// Appends 16 bits, big-endian.
pub(crate) fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends 32 bits, big-endian.
pub(crate) fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends 64 bits, big-endian.
pub(crate) fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends `ftyp`; the first brand is the major one.
pub(crate) fn ftyp(out: &mut Vec<u8>, brands: &[[u8; 4]]) {
    boxed(out, *b"ftyp", |out| {
        out.extend_from_slice(brands.first().unwrap_or(b"isom"));
        put32(out, 0);
        for brand in brands {
            out.extend_from_slice(brand);
        }
    });
}

/// What `moov` says about the one video track.
#[derive(Debug)]
pub(crate) struct Movie<'a> {
    /// When the first picture was taken.
    pub(crate) start: Timestamp,
    /// Width, in pixels.
    pub(crate) width: u32,
    /// Height, in pixels.
    pub(crate) height: u32,
    /// How long it plays, in ticks; 0 when its fragments say.
    pub(crate) plays: u64,
    /// How long all its samples last, in ticks; 0 when its fragments say.
    pub(crate) lasts: u64,
    /// Where playing starts, in ticks after the first sample.
    pub(crate) starts_at: u64,
    /// Sample entry boxes, whole.
    pub(crate) entries: &'a [&'a [u8]],
}

/// Appends `moov`; `tables` appends what follows `stsd` in `stbl`, `extends` what ends `moov`.
pub(crate) fn moov(
    out: &mut Vec<u8>,
    movie: &Movie<'_>,
    tables: impl FnOnce(&mut Vec<u8>),
    extends: impl FnOnce(&mut Vec<u8>),
) {
    let created = movie.start.as_micros().div_euclid(1_000_000).saturating_add(MP4_TO_UNIX_S);
    let created = u64::try_from(created).unwrap_or(0);
    boxed(out, *b"moov", |out| {
        full_box(out, *b"mvhd", 1, 0, |out| {
            put64(out, created);
            put64(out, created);
            put32(out, TIMESCALE);
            put64(out, movie.plays);
            put32(out, 0x1_0000); // plays at its own speed
            put16(out, 0x0100); // at full volume
            out.extend_from_slice(&[0; 10]);
            MATRIX.iter().for_each(|&value| put32(out, value));
            out.extend_from_slice(&[0; 24]);
            put32(out, TRACK + 1);
        });
        boxed(out, *b"trak", |out| {
            tkhd(out, movie, created);
            if movie.plays > 0 {
                edts(out, movie);
            }
            boxed(out, *b"mdia", |out| mdia(out, movie, created, tables));
        });
        extends(out);
    });
}

fn tkhd(out: &mut Vec<u8>, movie: &Movie<'_>, created: u64) {
    const ENABLED_IN_MOVIE: u32 = 3;
    full_box(out, *b"tkhd", 1, ENABLED_IN_MOVIE, |out| {
        put64(out, created);
        put64(out, created);
        put32(out, TRACK);
        put32(out, 0);
        put64(out, movie.plays);
        out.extend_from_slice(&[0; 16]);
        MATRIX.iter().for_each(|&value| put32(out, value));
        put32(out, movie.width.min(0xffff) << 16);
        put32(out, movie.height.min(0xffff) << 16);
    });
}

/// Appends the edit list: one edit, so that playing starts and ends between samples.
fn edts(out: &mut Vec<u8>, movie: &Movie<'_>) {
    boxed(out, *b"edts", |out| {
        full_box(out, *b"elst", 1, 0, |out| {
            put32(out, 1);
            put64(out, movie.plays);
            put64(out, movie.starts_at);
            put16(out, 1);
            put16(out, 0);
        });
    });
}

fn mdia(out: &mut Vec<u8>, movie: &Movie<'_>, created: u64, tables: impl FnOnce(&mut Vec<u8>)) {
    full_box(out, *b"mdhd", 1, 0, |out| {
        put64(out, created);
        put64(out, created);
        put32(out, TIMESCALE);
        put64(out, movie.lasts);
        put16(out, 0x55c4); // language "und"
        put16(out, 0);
    });
    full_box(out, *b"hdlr", 0, 0, |out| {
        put32(out, 0);
        out.extend_from_slice(b"vide");
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(b"video\0");
    });
    boxed(out, *b"minf", |out| {
        full_box(out, *b"vmhd", 0, 1, |out| out.extend_from_slice(&[0; 8]));
        boxed(out, *b"dinf", |out| {
            full_box(out, *b"dref", 0, 0, |out| {
                put32(out, 1);
                full_box(out, *b"url ", 0, 1, |_| {});
            });
        });
        boxed(out, *b"stbl", |out| {
            full_box(out, *b"stsd", 0, 0, |out| {
                put32(out, u32::try_from(movie.entries.len()).unwrap_or(u32::MAX));
                for entry in movie.entries {
                    out.extend_from_slice(entry);
                }
            });
            tables(out);
        });
    });
}

/// Returns what stands before the first fragment of a segment: `ftyp` and `moov`.
pub(crate) fn segment_header(
    start: Timestamp,
    width: u32,
    height: u32,
    sample_entry: &[u8],
) -> Vec<u8> {
    let movie =
        Movie { start, width, height, plays: 0, lasts: 0, starts_at: 0, entries: &[sample_entry] };
    let no_tables = |out: &mut Vec<u8>| {
        for kind in [*b"stts", *b"stsc", *b"stco"] {
            full_box(out, kind, 0, 0, |out| put32(out, 0));
        }
        full_box(out, *b"stsz", 0, 0, |out| put64(out, 0));
    };
    let mut out = Vec::with_capacity(800 + sample_entry.len());
    ftyp(&mut out, &[*b"iso6", *b"iso5", *b"mp41"]);
    moov(&mut out, &movie, no_tables, |out| {
        boxed(out, *b"mvex", |out| {
            full_box(out, *b"trex", 0, 0, |out| {
                put32(out, TRACK);
                put32(out, 1); // the one sample entry
                out.extend_from_slice(&[0; 12]);
            });
        });
    });
    out
}

/// Returns a `free` box that fills `bytes` up to a multiple of `block`, ISO/IEC 14496-12 §8.1.2; nothing
/// where it is one.
pub(crate) fn free_to(block: usize, bytes: usize) -> Vec<u8> {
    const HEAD: usize = 8;
    let missing = bytes.next_multiple_of(block) - bytes;
    let size = if (1..HEAD).contains(&missing) { missing + block } else { missing };
    let mut out = Vec::with_capacity(size);
    if size > 0 {
        boxed(&mut out, *b"free", |out| out.resize(size, 0));
    }
    out
}

/// What stands before the pictures of a fragment.
#[derive(Debug)]
pub(crate) struct FragmentHeader<'a> {
    /// Counts the fragments of the file, from 1.
    pub(crate) sequence: u32,
    /// Wall-clock time of the first picture.
    pub(crate) start: Timestamp,
    /// The same, in ticks since the file's first picture.
    pub(crate) decode_time: u64,
    /// Whether decoding can start at the first picture.
    pub(crate) starts_with_keyframe: bool,
    /// Duration in ticks and size in bytes of every picture.
    pub(crate) samples: &'a [(u32, u32)],
    /// Sum of the sizes.
    pub(crate) payload_bytes: u32,
}

/// Returns `prft`, `moof` and the head of `mdat`.
pub(crate) fn fragment_header(fragment: &FragmentHeader<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(160 + 8 * fragment.samples.len());
    full_box(&mut out, *b"prft", 1, CAPTURE_TIME, |out| {
        put32(out, TRACK);
        put64(out, to_ntp(fragment.start));
        put64(out, fragment.decode_time);
    });
    let moof_start = out.len();
    let mut data_offset_at = 0;
    boxed(&mut out, *b"moof", |out| {
        full_box(out, *b"mfhd", 0, 0, |out| put32(out, fragment.sequence));
        boxed(out, *b"traf", |out| {
            // Offsets count from this `moof`; samples depend on others unless said.
            full_box(out, *b"tfhd", 0, 0x02_0020, |out| {
                put32(out, TRACK);
                put32(out, DEPENDENT_SAMPLE);
            });
            full_box(out, *b"tfdt", 1, 0, |out| put64(out, fragment.decode_time));
            // Data offset, flags of the first sample if it differs, duration and size of each.
            let first_flags = if fragment.starts_with_keyframe { 0x4 } else { 0 };
            full_box(out, *b"trun", 0, 0x301 | first_flags, |out| {
                put32(out, u32::try_from(fragment.samples.len()).unwrap_or(u32::MAX));
                data_offset_at = out.len();
                put32(out, 0);
                if fragment.starts_with_keyframe {
                    put32(out, SYNC_SAMPLE);
                }
                for &(duration, size) in fragment.samples {
                    put32(out, duration);
                    put32(out, size);
                }
            });
        });
    });
    let data_offset = u32::try_from(out.len() - moof_start + 8).unwrap_or(u32::MAX);
    out[data_offset_at..data_offset_at + 4].copy_from_slice(&data_offset.to_be_bytes());
    put32(&mut out, fragment.payload_bytes.saturating_add(8));
    out.extend_from_slice(b"mdat");
    out
}

/// Returns `time` in ticks after `start`; 0 if it is before.
pub(crate) fn media_time(start: Timestamp, time: Timestamp) -> u64 {
    ticks(u64::try_from(time.micros_since(start)).unwrap_or(0))
}
