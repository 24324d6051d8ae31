//! Where the bytes of a clip lie: pieces of segment files, one after the other.

use std::collections::VecDeque;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::Fragment;

use crate::ClipError;
use crate::boxes::read::{self, BoxError, FragmentBoxes};
use crate::lock::lock;

/// Files kept open: reading goes from one to the next, now and then from two places at once.
const MOST_OPEN: usize = 4;

/// The pictures of one fragment.
#[derive(Debug)]
struct Piece {
    /// Where it starts in the clip.
    at: u64,
    file: usize,
    /// Where it starts in the file.
    offset: u64,
    bytes: u64,
}

/// Pieces of segment files, in the order of the clip.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    files: Vec<PathBuf>,
    pieces: Vec<Piece>,
    /// Where the next piece starts in the clip.
    end: u64,
    /// The files read last, the newest at the end.
    open: Mutex<VecDeque<(usize, Arc<File>)>>,
}

impl Pieces {
    /// Adds a file; returns its number.
    pub(super) fn add_file(&mut self, path: PathBuf) -> usize {
        self.files.push(path);
        self.files.len() - 1
    }

    /// Adds a piece behind the others.
    pub(super) fn add(&mut self, file: usize, offset: u64, bytes: u64) {
        self.pieces.push(Piece { at: self.end, file, offset, bytes });
        self.end += bytes;
    }

    /// Returns how many pieces there are.
    pub(super) fn count(&self) -> usize {
        self.pieces.len()
    }

    /// Returns where the last piece ends in the clip.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Returns the bytes of all pieces.
    pub(super) fn payload_bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.bytes).sum()
    }

    /// Moves all pieces behind a head of `bytes`; returns where each starts now.
    pub(super) fn move_behind(&mut self, bytes: u64) -> Vec<u64> {
        self.end += bytes;
        let moved = self.pieces.iter_mut().map(|piece| {
            piece.at += bytes;
            piece.at
        });
        moved.collect()
    }

    /// Reads the headers of a fragment of a file.
    pub(super) fn fragment(
        &self,
        file: usize,
        fragment: &Fragment,
    ) -> Result<FragmentBoxes, ClipError> {
        let handle = self.open(file)?;
        let path = || self.files[file].clone();
        let limit = fragment.offset.saturating_add(fragment.bytes.into());
        let boxes =
            read::fragment(&handle, fragment.offset, limit).map_err(|error| match error {
                BoxError::Io(offset, source) => ClipError::Read { path: path(), offset, source },
                BoxError::Damaged(offset, what) => {
                    ClipError::Damaged { path: path(), offset, what: what.to_owned() }
                }
            })?;
        let size = handle.metadata().map_err(|source| ClipError::Read {
            path: path(),
            offset: 0,
            source,
        })?;
        if boxes.end > size.len() {
            return Err(ClipError::Damaged {
                path: path(),
                offset: fragment.offset,
                what: "the file is cut short".to_owned(),
            });
        }
        Ok(boxes)
    }

    /// Reads bytes of the clip from `offset` on, up to the end of the last piece.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ClipError> {
        let mut filled = 0;
        let first = self.pieces.partition_point(|piece| piece.at + piece.bytes <= offset);
        let mut at = offset;
        for piece in &self.pieces[first..] {
            let rest = &mut buf[filled..];
            if rest.is_empty() {
                break;
            }
            let skipped = at.saturating_sub(piece.at);
            let left = usize::try_from(piece.bytes - skipped).unwrap_or(usize::MAX);
            let count = left.min(rest.len());
            self.read_piece(piece, skipped, &mut rest[..count])?;
            filled += count;
            at += u64::try_from(count).unwrap_or(0);
        }
        Ok(filled)
    }

    fn read_piece(&self, piece: &Piece, skipped: u64, buf: &mut [u8]) -> Result<(), ClipError> {
        let offset = piece.offset + skipped;
        let file = self.open(piece.file)?;
        file.read_exact_at(buf, offset).map_err(|source| {
            let path = self.files[piece.file].clone();
            if source.kind() == ErrorKind::UnexpectedEof {
                let what = "the file is cut short".to_owned();
                return ClipError::Damaged { path, offset, what };
            }
            ClipError::Read { path, offset, source }
        })
    }

    /// Opens a file, or takes it from those read last.
    fn open(&self, file: usize) -> Result<Arc<File>, ClipError> {
        let known = {
            let open = lock(&self.open);
            open.iter().find(|(number, _)| *number == file).map(|(_, handle)| Arc::clone(handle))
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let handle = File::open(&self.files[file])
            .map_err(|source| ClipError::Open { path: self.files[file].clone(), source })?;
        let handle = Arc::new(handle);
        let mut open = lock(&self.open);
        if open.len() >= MOST_OPEN {
            open.pop_front();
        }
        open.push_back((file, Arc::clone(&handle)));
        Ok(handle)
    }
}
