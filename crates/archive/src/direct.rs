//! Writing past the page cache (`O_DIRECT`).
//!
//! A recorder writes far more than memory holds and reads little of it back. Through the page cache every
//! byte costs a page that is found, filled, written out and let go; past it, a copy into one buffer that
//! stays in the CPU's cache. The kernel asks for whole blocks in return: of the address, of the place in the
//! file, and of the length, which is why fragments are padded.

use std::fs::File;
use std::io::{self, IoSlice, Write as _};

use rustix::fs::OFlags;

/// What everything must be a multiple of: no disk in use has larger sectors.
pub(crate) const BLOCK: usize = 4096;
/// What is written at once: the second-level cache of a core holds it.
const BUFFER: usize = 1 << 20;

/// Where slices are joined into whole blocks; one for each disk thread.
#[derive(Debug)]
pub(crate) struct DirectBuffer {
    bytes: Vec<u8>,
    /// Where the first block begins in `bytes`.
    start: usize,
}

impl DirectBuffer {
    /// Makes one.
    pub(crate) fn new() -> Self {
        let bytes = vec![0; BUFFER + BLOCK];
        let start = bytes.as_ptr().align_offset(BLOCK);
        Self { bytes, start }
    }

    /// Writes all of `slices`, together whole blocks, where `file` stands.
    ///
    /// # Errors
    /// As writing a file; [`is_refused`] tells whether its file system takes no direct writes. A part
    /// may have been written.
    pub(crate) fn write_all(&mut self, mut file: &File, slices: &[IoSlice<'_>]) -> io::Result<()> {
        let buffer = &mut self.bytes[self.start..self.start + BUFFER];
        let mut filled = 0;
        for slice in slices {
            let mut rest: &[u8] = slice;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(BUFFER - filled));
                buffer[filled..filled + now.len()].copy_from_slice(now);
                (filled, rest) = (filled + now.len(), later);
                if filled == BUFFER {
                    file.write_all(buffer)?;
                    filled = 0;
                }
            }
        }
        file.write_all(&buffer[..filled])
    }
}

/// Returns whether `error` says that the file system takes no direct writes, or not such.
pub(crate) fn is_refused(error: &io::Error) -> bool {
    let refusals = [rustix::io::Errno::INVAL, rustix::io::Errno::OPNOTSUPP];
    rustix::io::Errno::from_io_error(error).is_some_and(|errno| refusals.contains(&errno))
}

/// Lets an open file be written through the page cache from now on.
pub(crate) fn leave(file: &File) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    Ok(rustix::fs::fcntl_setfl(file, flags - OFlags::DIRECT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_of_any_length_are_written_as_they_are() {
        let file = tempfile::tempfile().unwrap();
        let lengths = [1, 8, BLOCK - 9, 3 * BUFFER + 77, 0, BUFFER - 77];
        let slices: Vec<Vec<u8>> = lengths.iter().zip(1..).map(|(&n, v)| vec![v; n]).collect();
        let shared: Vec<_> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
        let mut buffer = DirectBuffer::new();
        buffer.write_all(&file, &shared).unwrap();
        buffer.write_all(&file, &shared[..3]).unwrap();
        let mut found = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut found, 0).unwrap();
        assert!(found == [slices.concat(), slices[..3].concat()].concat());
    }

    #[test]
    fn what_is_written_begins_on_a_block_in_memory() {
        let buffer = DirectBuffer::new();
        assert_eq!(buffer.bytes[buffer.start..].as_ptr().align_offset(BLOCK), 0);
        assert!(buffer.bytes.len() - buffer.start >= BUFFER);
    }
}
