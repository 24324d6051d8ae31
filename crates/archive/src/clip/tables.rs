//! The sample tables of a clip (ISO/IEC 14496-12 §8.6 and §8.7).

use bytes::Bytes;

use crate::boxes::read::FragmentBoxes;
use crate::boxes::write::{full_box, put32, put64};

/// The longest a picture before a gap is shown, in ticks: some readers take durations as signed.
const LONGEST_SAMPLE: u64 = 0x7fff_ffff;

/// Equal neighbours, counted.
#[derive(Debug)]
struct Repeated {
    count: u32,
    value: u32,
}

/// The pictures of one fragment: a chunk.
#[derive(Debug)]
struct Chunk {
    pictures: u32,
    /// Number of its sample entry, from 1.
    entry: u32,
}

/// Gathers the tables, fragment by fragment.
#[derive(Debug, Default)]
pub(super) struct Tables {
    entries: Vec<Bytes>,
    durations: Vec<Repeated>,
    sizes: Vec<u32>,
    /// Numbers of the pictures that decoding can start at, from 1.
    sync: Vec<u32>,
    chunks: Vec<Chunk>,
    /// When the last picture ends, in ticks after the first one starts.
    lasts: u64,
    /// By how much the timeline is shorter than the wall clock, after gaps too long to show.
    lag: u64,
}

impl Tables {
    /// Adds a sample entry if it is new; returns its number, from 1.
    pub(super) fn entry(&mut self, entry: &Bytes) -> u32 {
        let known = self.entries.iter().position(|known| known == entry);
        let at = known.unwrap_or_else(|| {
            self.entries.push(entry.clone());
            self.entries.len() - 1
        });
        u32::try_from(at + 1).unwrap_or(u32::MAX)
    }

    /// Adds a fragment that starts `at` ticks after the first one, or later if that is taken.
    pub(super) fn add(&mut self, boxes: &FragmentBoxes, at: u64, entry: u32) {
        self.stretch_to(at);
        if boxes.starts_with_keyframe {
            let number = self.sizes.len() + 1;
            self.sync.push(u32::try_from(number).unwrap_or(u32::MAX));
        }
        for sample in &boxes.samples {
            self.sizes.push(sample.size);
            self.add_duration(sample.duration);
        }
        self.chunks.push(Chunk {
            pictures: u32::try_from(boxes.samples.len()).unwrap_or(u32::MAX),
            entry,
        });
    }

    /// Returns how many pictures there are.
    pub(super) fn pictures(&self) -> usize {
        self.sizes.len()
    }

    /// Returns how long all pictures last, in ticks.
    pub(super) fn lasts(&self) -> u64 {
        self.lasts
    }

    /// Returns the sample entries.
    pub(super) fn entries(&self) -> Vec<&[u8]> {
        self.entries.iter().map(Bytes::as_ref).collect()
    }

    /// Lets the last picture last until `at`: rounding, or a gap.
    fn stretch_to(&mut self, at: u64) {
        let short = at.saturating_sub(self.lag).saturating_sub(self.lasts);
        let Some(last) = self.durations.last_mut().filter(|_| short > 0) else {
            return;
        };
        let duration = last.value;
        last.count -= 1;
        if last.count == 0 {
            self.durations.pop();
        }
        self.lasts -= u64::from(duration);
        let wanted = u64::from(duration) + short;
        let stretched = wanted.min(LONGEST_SAMPLE);
        self.lag += wanted - stretched;
        self.add_duration(u32::try_from(stretched).unwrap_or(u32::MAX));
    }

    fn add_duration(&mut self, duration: u32) {
        self.lasts += u64::from(duration);
        match self.durations.last_mut() {
            Some(last) if last.value == duration => last.count += 1,
            _ => self.durations.push(Repeated { count: 1, value: duration }),
        }
    }

    /// Appends the tables; `chunks` says where each chunk starts, zeros stand in for them.
    pub(super) fn write(&self, out: &mut Vec<u8>, chunks: Option<&[u64]>, count: usize) {
        let put_count = |out: &mut Vec<u8>, count: usize| {
            put32(out, u32::try_from(count).unwrap_or(u32::MAX));
        };
        full_box(out, *b"stts", 0, 0, |out| {
            put_count(out, self.durations.len());
            for repeated in &self.durations {
                put32(out, repeated.count);
                put32(out, repeated.value);
            }
        });
        full_box(out, *b"stss", 0, 0, |out| {
            put_count(out, self.sync.len());
            self.sync.iter().for_each(|&number| put32(out, number));
        });
        full_box(out, *b"stsc", 0, 0, |out| self.write_chunk_sizes(out));
        full_box(out, *b"stsz", 0, 0, |out| {
            put32(out, 0);
            put_count(out, self.sizes.len());
            self.sizes.iter().for_each(|&size| put32(out, size));
        });
        full_box(out, *b"co64", 0, 0, |out| {
            put_count(out, count);
            match chunks {
                Some(chunks) => chunks.iter().for_each(|&at| put64(out, at)),
                None => out.resize(out.len() + count * 8, 0),
            }
        });
    }

    /// Appends `stsc`: an entry for every chunk that differs from the one before.
    fn write_chunk_sizes(&self, out: &mut Vec<u8>) {
        let count_at = out.len();
        put32(out, 0);
        let mut count: u32 = 0;
        let mut before = (0, 0);
        for (chunk, number) in self.chunks.iter().zip(1_u32..) {
            let now = (chunk.pictures, chunk.entry);
            if now != before {
                put32(out, number);
                put32(out, chunk.pictures);
                put32(out, chunk.entry);
                count += 1;
                before = now;
            }
        }
        out[count_at..count_at + 4].copy_from_slice(&count.to_be_bytes());
    }
}
