//! The sample table: from five boxes to a list of pictures.

use super::Mp4Error;
use super::boxes::{Reader, child, optional_child, word};

/// Where a picture is and when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// From the start of the file, in bytes.
    pub offset: u64,
    /// In bytes.
    pub size: u32,
    /// From the first picture, in units of the track's timescale.
    pub time: u64,
    /// Until the next picture, in units of the track's timescale.
    pub duration: u32,
}

/// More than a day at 40 pictures a second. A file with holes may be of any length, and pictures of one
/// byte each would be as many.
const MOST_PICTURES: usize = 4_000_000;

/// Reads an `stbl` payload of a file of `file_len` bytes.
pub(super) fn read(stbl: &[u8], file_len: u64) -> Result<Vec<Sample>, Mp4Error> {
    let sizes = sizes(child(stbl, b"stsz", "stsz")?, file_len)?;
    let offsets = offsets(stbl, &sizes)?;
    let durations = durations(child(stbl, b"stts", "stts")?, sizes.len())?;
    refuse_reordering(stbl)?;
    let mut samples = Vec::with_capacity(sizes.len());
    let mut time = 0_u64;
    for ((size, offset), duration) in sizes.into_iter().zip(offsets).zip(durations) {
        let end = offset.checked_add(u64::from(size));
        if end.is_none_or(|end| end > file_len) {
            return Err(Mp4Error::Broken {
                which: "stco",
                what: "a picture lies beyond the end of the file",
            });
        }
        samples.push(Sample { offset, size, time, duration });
        time += u64::from(duration);
    }
    Ok(samples)
}

fn sizes(stsz: &[u8], file_len: u64) -> Result<Vec<u32>, Mp4Error> {
    let mut reader = Reader::new(stsz, "stsz");
    reader.version()?;
    let common = reader.u32()?;
    let count = reader.u32()? as usize;
    if count > MOST_PICTURES {
        return Err(Mp4Error::Broken { which: "stsz", what: "more pictures than a clip has" });
    }
    let sizes: Vec<u32> = if common == 0 {
        let rows = reader.rows(count, 1)?;
        rows.into_iter().map(|row| word(row, 0)).collect()
    } else {
        // Nothing but the file's length bounds the count here.
        let possible = file_len / u64::from(common);
        if count as u64 > possible {
            return Err(Mp4Error::Broken {
                which: "stsz",
                what: "more pictures than the file can hold",
            });
        }
        vec![common; count]
    };
    let total: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
    // Pictures that share bytes would let a small file take much memory.
    if total > file_len {
        return Err(Mp4Error::Broken {
            which: "stsz",
            what: "the pictures are larger than the file",
        });
    }
    Ok(sizes)
}

fn offsets(stbl: &[u8], sizes: &[u32]) -> Result<Vec<u64>, Mp4Error> {
    let chunks: Vec<u64> = match optional_child(stbl, b"co64")? {
        Some(co64) => Reader::new(co64, "co64")
            .table(2)?
            .into_iter()
            .map(|row| u64::from(word(row, 0)) << 32 | u64::from(word(row, 1)))
            .collect(),
        None => Reader::new(child(stbl, b"stco", "stco")?, "stco")
            .table(1)?
            .into_iter()
            .map(|row| u64::from(word(row, 0)))
            .collect(),
    };
    let runs = Reader::new(child(stbl, b"stsc", "stsc")?, "stsc").table(3)?;
    let broken = |what| Mp4Error::Broken { which: "stsc", what };
    let mut offsets = Vec::with_capacity(sizes.len());
    for (index, run) in runs.iter().enumerate() {
        let first = word(run, 0) as usize;
        let end = match runs.get(index + 1) {
            Some(next) => word(next, 0) as usize - usize::from(word(next, 0) != 0),
            None => chunks.len(),
        };
        let start = first.checked_sub(1).ok_or(broken("chunks count from 1"))?;
        let chunks = chunks.get(start..end).ok_or(broken("a run of chunks that do not exist"))?;
        for chunk in chunks {
            let mut offset = *chunk;
            for _ in 0..word(run, 1) {
                let Some(size) = sizes.get(offsets.len()) else {
                    return Ok(offsets);
                };
                offsets.push(offset);
                offset = offset.saturating_add(u64::from(*size));
            }
        }
    }
    if offsets.len() == sizes.len() {
        Ok(offsets)
    } else {
        Err(broken("fewer places than pictures"))
    }
}

fn durations(stts: &[u8], count: usize) -> Result<Vec<u32>, Mp4Error> {
    let mut durations = Vec::with_capacity(count);
    for run in Reader::new(stts, "stts").table(2)? {
        let wanted = count - durations.len();
        let len = wanted.min(word(run, 0) as usize);
        durations.extend(std::iter::repeat_n(word(run, 1), len));
    }
    // Some writers give the last picture no time: it lasts as long as the one before.
    while durations.len() < count {
        durations.push(durations.last().copied().unwrap_or(0));
    }
    Ok(durations)
}

/// Refuses differing offsets between decoding and showing; a constant one changes nothing.
fn refuse_reordering(stbl: &[u8]) -> Result<(), Mp4Error> {
    let Some(ctts) = optional_child(stbl, b"ctts")? else {
        return Ok(());
    };
    let runs = Reader::new(ctts, "ctts").table(2)?;
    let mut offsets = runs.iter().map(|run| word(run, 1));
    let first = offsets.next();
    if offsets.all(|offset| Some(offset) == first) { Ok(()) } else { Err(Mp4Error::Reordered) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_only_the_length_of_the_file_bears_is_refused() {
        let stsz =
            |count: u32| [&[0_u8; 4][..], &1_u32.to_be_bytes(), &count.to_be_bytes()].concat();
        let of_holes = 1 << 40;
        assert_eq!(sizes(&stsz(3), of_holes).unwrap(), [1, 1, 1]);
        let refused = sizes(&stsz(u32::MAX), of_holes).unwrap_err();
        assert!(refused.to_string().contains("stsz"), "{refused}");
    }
}
