//! SHA-256 of the files that are being written, many at once where the CPU can.
//!
//! A message is hashed block after block, each round waiting for the one before, and that was a
//! quarter of all CPU time (256 streams). Blocks of different messages wait for nothing: with one
//! file in each lane of AVX-512 a core hashes twice as many bytes as with the SHA instructions.
//! A hash is needed only when its file is closed, so what was written of one may wait for others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::{Buf as _, Bytes};
use sha2::block_api::compress256;

use crate::budget::Held;
use crate::lock::lock;

use avx512::{Avx512, LANES};

#[cfg(target_arch = "x86_64")]
mod avx512;

const BLOCK_BYTES: usize = 64;

/// How long bytes wait for those of other files. From about 30 parts a second on (64 streams with
/// a keyframe every two seconds) enough of them meet.
const PATIENCE: Duration = Duration::from_millis(500);

type State = [u32; 8];

/// FIPS 180-4 §5.3.3.
const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The SHA-256 of a file that grows. What waits in it is hashed in time for [`FileHash::finish`],
/// whether or not a [`HashQueue`] has come to it before.
#[derive(Debug)]
pub(crate) struct FileHash {
    state: State,
    /// Bytes taken into `state` or `rest`.
    bytes: u64,
    /// The beginning of a block.
    rest: [u8; BLOCK_BYTES],
    waiting: VecDeque<Bytes>,
    /// The share in the budgets of what waits.
    held: Option<Held>,
}

impl Default for FileHash {
    fn default() -> Self {
        Self {
            state: START,
            bytes: 0,
            rest: [0; BLOCK_BYTES],
            waiting: VecDeque::new(),
            held: None,
        }
    }
}

impl FileHash {
    /// Takes all bytes that wait, and returns the hash of all bytes.
    pub(crate) fn finish(mut self) -> [u8; 32] {
        self.catch_up();
        let bits = self.bytes.wrapping_mul(8);
        let zeros = (2 * BLOCK_BYTES - 1 - size_of_val(&bits) - self.rest_bytes()) % BLOCK_BYTES;
        self.take(&[0x80]);
        self.take(&[0; BLOCK_BYTES][..zeros]);
        self.take(&bits.to_be_bytes());
        debug_assert_eq!(self.rest_bytes(), 0, "padding ends a block");
        let mut hash = [0; 32];
        for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        hash
    }

    /// Lets bytes wait, and hashes what waited before.
    fn wait(&mut self, bytes: impl Iterator<Item = Bytes>, held: Held) {
        self.catch_up();
        self.waiting.extend(bytes);
        self.held = Some(held);
    }

    /// Hashes what waits, alone.
    fn catch_up(&mut self) {
        while let Some(bytes) = self.waiting.pop_front() {
            self.take(&bytes);
        }
        self.held = None;
    }

    fn rest_bytes(&self) -> usize {
        usize::try_from(self.bytes % BLOCK_BYTES as u64).unwrap_or(0)
    }

    fn take(&mut self, mut bytes: &[u8]) {
        let begun = self.rest_bytes();
        self.bytes += bytes.len() as u64;
        if begun > 0 {
            let (head, after) = bytes.split_at(bytes.len().min(BLOCK_BYTES - begun));
            self.rest[begun..][..head.len()].copy_from_slice(head);
            if begun + head.len() < BLOCK_BYTES {
                return;
            }
            compress256(&mut self.state, &[self.rest]);
            bytes = after;
        }
        let (blocks, rest) = bytes.as_chunks();
        compress256(&mut self.state, blocks);
        self.rest[..rest.len()].copy_from_slice(rest);
    }

    /// Returns how many whole blocks lie in one piece before all else that waits, after hashing
    /// what lies in the way, less than a block; 0 if nothing waits any more.
    fn blocks(&mut self) -> usize {
        while let Some(mut bytes) = self.waiting.pop_front() {
            let begun = self.rest_bytes();
            if begun == 0 && bytes.len() >= BLOCK_BYTES {
                let blocks = bytes.len() / BLOCK_BYTES;
                self.waiting.push_front(bytes);
                return blocks;
            }
            let head = bytes.split_to(bytes.len().min(BLOCK_BYTES - begun));
            self.take(&head);
            if !bytes.is_empty() {
                self.waiting.push_front(bytes);
            }
        }
        self.held = None;
        0
    }

    /// Returns `count` of those blocks.
    fn first_blocks(&self, count: usize) -> &[[u8; BLOCK_BYTES]] {
        self.waiting.front().map_or(&[], |bytes| &bytes.as_chunks().0[..count])
    }

    /// Notes that `count` of those blocks have led to `state`.
    fn advance(&mut self, count: usize, state: State) {
        let Some(bytes) = self.waiting.front_mut() else { return };
        bytes.advance(count * BLOCK_BYTES);
        self.bytes += (count * BLOCK_BYTES) as u64;
        self.state = state;
    }
}

/// Files whose bytes wait to be hashed together; owned by the disk thread that writes them.
///
/// Fewer than there are lanes, with a part each, whose bytes the budgets still count.
#[derive(Debug)]
pub(crate) struct HashQueue {
    lanes: Option<Avx512>,
    /// Those that wait longest first.
    files: Vec<(Instant, Arc<Mutex<FileHash>>)>,
}

impl HashQueue {
    /// Hashes as many at once as this CPU can.
    pub(crate) fn new() -> Self {
        Self { lanes: Avx512::detect(), files: Vec::new() }
    }

    /// Takes what was written of `file`. All lanes go on until the first of them is done, so that
    /// none ever runs empty.
    pub(crate) fn add(
        &mut self,
        file: &Arc<Mutex<FileHash>>,
        bytes: impl Iterator<Item = Bytes>,
        held: Held,
        now: Instant,
    ) {
        // Pictures that come are worth more than time saved: they must find room.
        let may_wait = self.lanes.is_some() && held.is_slight(LANES);
        let mut hash = lock(file);
        hash.wait(bytes, held);
        if !may_wait {
            hash.catch_up();
        }
        drop(hash);
        self.files.retain(|(_, other)| !Arc::ptr_eq(file, other));
        self.files.push((now, Arc::clone(file)));
        if let Some(lanes) = self.lanes
            && let Some(files) = self.files.first_chunk()
        {
            hash_together(lanes, files);
        }
        self.hash_overdue(now);
    }

    /// Hashes what has waited for too long, and forgets the files of which nothing waits.
    pub(crate) fn hash_overdue(&mut self, now: Instant) {
        self.files.retain(|(since, file)| {
            let mut hash = lock(file);
            if now.saturating_duration_since(*since) >= PATIENCE {
                hash.catch_up();
            }
            !hash.waiting.is_empty()
        });
    }
}

/// Hashes what waits of these files, until nothing waits of one of them.
fn hash_together(lanes: Avx512, files: &[(Instant, Arc<Mutex<FileHash>>); LANES]) {
    let mut hashes = files.each_ref().map(|(_, file)| lock(file));
    loop {
        let blocks = hashes.iter_mut().map(|hash| hash.blocks()).min().unwrap_or(0);
        if blocks == 0 {
            return;
        }
        let mut states = hashes.each_ref().map(|hash| hash.state);
        lanes.compress(&mut states, &hashes.each_ref().map(|hash| hash.first_blocks(blocks)));
        for (hash, state) in hashes.iter_mut().zip(states) {
            hash.advance(blocks, state);
        }
    }
}

/// Other CPUs hash one file after another.
#[cfg(not(target_arch = "x86_64"))]
mod avx512 {
    use super::{BLOCK_BYTES, State};

    pub(super) const LANES: usize = 16;

    #[derive(Debug, Clone, Copy)]
    pub(super) enum Avx512 {}

    impl Avx512 {
        pub(super) fn detect() -> Option<Self> {
            None
        }

        pub(super) fn compress(self, _: &mut [State; LANES], _: &[&[[u8; BLOCK_BYTES]]; LANES]) {
            match self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::budget::{Budget, Budgets};

    fn held(most: usize) -> Held {
        let budget = || Arc::new(Budget::new(most));
        let mut held = Held::new(Budgets { stream: budget(), volume: budget(), total: budget() });
        assert!(held.grow(1000));
        held
    }

    /// Writes `parts`, each to a file by its number, and compares the hashes of the files.
    fn check(mut queue: HashQueue, files: usize, parts: &[(usize, Vec<Vec<u8>>)]) {
        let hashes: Vec<Arc<Mutex<FileHash>>> = (0..files).map(|_| Arc::default()).collect();
        let mut expected = vec![Sha256::new(); files];
        let now = Instant::now();
        for (file, slices) in parts {
            let bytes = slices.iter().cloned().map(Bytes::from);
            queue.add(&hashes[*file], bytes, held(usize::MAX), now);
            slices.iter().for_each(|slice| expected[*file].update(slice));
            assert!(queue.files.len() < LANES, "a lane is done");
        }
        for (hash, expected) in hashes.iter().zip(expected) {
            let hash = std::mem::take(&mut *lock(hash)).finish();
            assert_eq!(hash[..], expected.finalize()[..]);
        }
        queue.hash_overdue(now);
        assert!(queue.files.is_empty());
    }

    fn alone() -> HashQueue {
        HashQueue { lanes: None, files: Vec::new() }
    }

    #[test]
    fn every_length_is_padded_as_sha2_pads_it() {
        for length in 0..=3 * BLOCK_BYTES {
            check(alone(), 1, &[(0, vec![vec![0x5a; length]])]);
        }
    }

    #[test]
    fn what_waits_too_long_or_takes_too_much_room_is_hashed() {
        let mut queue = HashQueue::new();
        let (file, now) = (Arc::default(), Instant::now());
        queue.add(&file, [Bytes::from_static(b"soon")].into_iter(), held(usize::MAX), now);
        queue.hash_overdue(now + PATIENCE);
        assert!(queue.files.is_empty() && lock(&file).held.is_none());
        queue.add(&file, [Bytes::from_static(b"at once")].into_iter(), held(2000), now);
        assert!(queue.files.is_empty() && lock(&file).held.is_none());
    }

    proptest! {
        #[test]
        fn files_hashed_together_have_the_hashes_they_have_alone(
            parts in prop::collection::vec(
                (0..40_usize, prop::collection::vec(
                    prop::collection::vec(any::<u8>(), 0..300), 0..6)),
                0..120,
            ),
        ) {
            check(HashQueue::new(), 40, &parts);
            check(alone(), 40, &parts);
        }
    }
}
