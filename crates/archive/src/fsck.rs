//! Compares rows and files: finds what is missing, altered, damaged, or nobody's.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use domain::{CameraId, Segment, SegmentId, SegmentState, StreamId, StreamRole, VolumeId};

use crate::VolumeConfig;
use crate::recovery::{Scan, hash, scan};
use crate::volume::{MARKER, file_below};

/// Folders are this deep below a volume: camera, stream, day.
const DEPTH: usize = 3;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Problem {
    /// The volume's folder cannot be read.
    VolumeUnreadable,
    /// A row names a volume that is not configured.
    UnknownVolume,
    /// A recording that no row knows: no search finds it.
    FileWithoutRow,
    /// A file that no row knows and that is no recording.
    StrangeFile,
    /// A row whose file is gone.
    RowWithoutFile,
    /// The file's size is not what its row says.
    WrongSize,
    /// The file's SHA-256 is not what its row says: it was altered or damaged.
    WrongHash,
    /// A closed segment without a hash.
    NoHash,
    /// The file's boxes cannot be read, or do not agree with the row.
    Damaged,
    /// The file cannot be opened or read.
    Unreadable,
}

impl Problem {
    /// Returns the word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VolumeUnreadable => "volume_unreadable",
            Self::UnknownVolume => "unknown_volume",
            Self::FileWithoutRow => "file_without_row",
            Self::StrangeFile => "strange_file",
            Self::RowWithoutFile => "row_without_file",
            Self::WrongSize => "wrong_size",
            Self::WrongHash => "wrong_hash",
            Self::NoHash => "no_hash",
            Self::Damaged => "damaged",
            Self::Unreadable => "unreadable",
        }
    }

    /// Returns what a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::VolumeUnreadable => {
                "is its disk there, and mounted? nothing else of it was looked at"
            }
            Self::UnknownVolume => "configure the volume again, under the same id",
            Self::FileWithoutRow => {
                "no search finds it, but it plays as it lies: copy it away if it matters, then remove it"
            }
            Self::StrangeFile => "nothing of ours wrote it: move it off the volume",
            Self::RowWithoutFile => {
                "put the file back if there is a copy; otherwise its row goes with its time"
            }
            Self::WrongSize | Self::WrongHash | Self::Damaged => {
                "leave it as it is for who may ask; put a copy in its place if there is one, and look \
                 after the disk: dmesg, smartctl"
            }
            Self::NoHash => "nothing proves its bytes: compare it with a copy, if there is one",
            Self::Unreadable => "look at its permissions, and after the disk: dmesg, smartctl",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: Problem,
    /// On which volume.
    pub volume: VolumeId,
    /// The file, below the volume's folder; empty for the volume itself.
    pub path: PathBuf,
    /// The row, if there is one.
    pub segment: Option<SegmentId>,
    /// The details, for a person.
    pub detail: String,
}

/// What was looked at and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows compared with their files.
    pub segments: u64,
    /// Files found on the volumes.
    pub files: u64,
    /// Bytes of those files.
    pub bytes: u64,
    /// Bytes whose hash was taken.
    pub hashed_bytes: u64,
    /// Rows left alone because they are being written or deleted.
    pub unfinished: u64,
    /// Everything that is wrong, by volume.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Returns whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Compares all rows with all files of the volumes; with `deep`, takes the hash of every file
/// again. Changes nothing. `progress` is told how many of how many rows are done.
///
/// Read the rows before calling: files that are made meanwhile would look like nobody's, so that
/// files younger than every row of their stream are left alone.
pub fn check(
    volumes: &[VolumeConfig],
    segments: &[Segment],
    deep: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Report {
    let mut report = Report::default();
    let total = u64::try_from(segments.len()).unwrap_or(u64::MAX);
    let mut done = 0;
    for volume in volumes {
        let of_volume: Vec<_> =
            segments.iter().filter(|segment| segment.volume == volume.id).collect();
        if let Err(error) = fs::read_dir(&volume.path) {
            let detail = format!("cannot read {}: {error}", volume.path.display());
            let problem = Problem::VolumeUnreadable;
            report.find(volume, PathBuf::new(), None, problem, detail);
            done += u64::try_from(of_volume.len()).unwrap_or(0);
            progress(done, total);
            continue;
        }
        let mut known: BTreeMap<&Path, &Segment> = BTreeMap::new();
        for segment in of_volume {
            known.insert(Path::new(&segment.path), segment);
            check_row(volume, segment, deep, &mut report);
            done += 1;
            progress(done, total);
        }
        check_files(volume, &known, &mut report);
    }
    for segment in segments {
        if !volumes.iter().any(|volume| volume.id == segment.volume) {
            report.findings.push(Finding {
                problem: Problem::UnknownVolume,
                volume: segment.volume.clone(),
                path: PathBuf::from(&segment.path),
                segment: Some(segment.id),
                detail: "the volume is not configured".to_owned(),
            });
        }
    }
    report
}

/// Returns the stream that a path below a volume names.
fn stream_of(path: &str) -> Option<StreamId> {
    let mut parts = path.split('/');
    let camera: CameraId = parts.next()?.parse().ok()?;
    let role = match parts.next()? {
        "main" => StreamRole::Main,
        "sub" => StreamRole::Sub,
        _ => return None,
    };
    Some(StreamId { camera, role })
}

impl Report {
    fn find(
        &mut self,
        volume: &VolumeConfig,
        path: PathBuf,
        segment: Option<SegmentId>,
        problem: Problem,
        detail: String,
    ) {
        self.findings.push(Finding { problem, volume: volume.id.clone(), path, segment, detail });
    }
}

/// Compares one row with its file.
fn check_row(volume: &VolumeConfig, segment: &Segment, deep: bool, report: &mut Report) {
    if segment.state != SegmentState::Closed {
        report.unfinished += 1;
        return;
    }
    report.segments += 1;
    let mut find = |problem, detail| {
        let path = PathBuf::from(&segment.path);
        report.find(volume, path, Some(segment.id), problem, detail);
    };
    let Some(path) = file_below(&volume.path, &segment.path) else {
        find(Problem::RowWithoutFile, "its path leads out of the volume".to_owned());
        return;
    };
    let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = match opened {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            find(Problem::RowWithoutFile, "the file is gone".to_owned());
            return;
        }
        Err(error) => {
            find(Problem::Unreadable, format!("cannot open it: {error}"));
            return;
        }
    };
    if size != segment.bytes {
        let detail = format!("it has {size} bytes, its row says {}", segment.bytes);
        find(Problem::WrongSize, detail);
    }
    match scan(&file, size) {
        Err(error) => find(Problem::Damaged, error.to_string()),
        Ok(found) => {
            if let Some(difference) = difference(segment, &found) {
                find(Problem::Damaged, difference);
            }
        }
    }
    let Some(sha256) = segment.sha256 else {
        find(Problem::NoHash, "its row holds no hash".to_owned());
        return;
    };
    if !deep {
        return;
    }
    match hash(&file, size) {
        Ok(found) if found == sha256 => {}
        Ok(_) => find(Problem::WrongHash, "its bytes are not those that were recorded".to_owned()),
        Err(error) => find(Problem::Unreadable, format!("cannot read it: {error}")),
    }
    report.hashed_bytes += size;
}

/// Returns in what the boxes of a file do not agree with its row.
fn difference(segment: &Segment, found: &Scan) -> Option<String> {
    if let Some(damage) = &found.damage {
        return Some(format!("after {} fragments: {damage}", found.fragments.len()));
    }
    if found.sample_entry != segment.sample_entry || found.header_bytes != segment.header_bytes {
        return Some("its header is not the one its row says".to_owned());
    }
    if found.fragments.len() != segment.fragments.len() {
        let (found, said) = (found.fragments.len(), segment.fragments.len());
        return Some(format!("it holds {found} fragments, its row says {said}"));
    }
    let mut pairs = found.fragments.iter().zip(&segment.fragments).zip(1..);
    let differs = pairs.find(|((found, said), _)| {
        let place = |fragment: &domain::Fragment| {
            (fragment.offset, fragment.bytes, fragment.pictures, fragment.start)
        };
        place(found) != place(said)
    });
    differs.map(|(_, number)| format!("fragment {number} is not the one its row says"))
}

/// Looks for files that no row knows.
fn check_files(volume: &VolumeConfig, known: &BTreeMap<&Path, &Segment>, report: &mut Report) {
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match fs::read_dir(volume.path.join(&folder)) {
            Ok(entries) => entries,
            Err(error) => {
                let detail = format!("cannot read the folder: {error}");
                report.find(volume, folder, None, Problem::Unreadable, detail);
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = folder.join(entry.file_name());
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            // `lost+found` is the file system's.
            let is_ours =
                depth > 0 || (path != Path::new(MARKER) && path != Path::new("lost+found"));
            if !is_ours {
                continue;
            }
            if kind.is_dir() && depth < DEPTH {
                folders.push((path, depth + 1));
                continue;
            }
            report.files += 1;
            report.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            if !known.contains_key(path.as_path()) {
                check_stranger(volume, path, known, report);
            }
        }
    }
}

/// Looks at a file that no row knows.
fn check_stranger(
    volume: &VolumeConfig,
    path: PathBuf,
    known: &BTreeMap<&Path, &Segment>,
    report: &mut Report,
) {
    let stream = path.to_str().and_then(stream_of);
    let Some(stream) = stream else {
        let detail = "no recording lies there".to_owned();
        report.find(volume, path, None, Problem::StrangeFile, detail);
        return;
    };
    let scanned = File::open(volume.path.join(&path)).ok().and_then(|file| {
        let size = file.metadata().ok()?.len();
        scan(&file, size).ok()
    });
    let range = scanned.as_ref().and_then(Scan::range);
    let Some(range) = range else {
        let detail = "no row knows it, and it is no recording".to_owned();
        report.find(volume, path, None, Problem::StrangeFile, detail);
        return;
    };
    let of_stream = known.values().filter(|segment| segment.stream == stream);
    let newest = of_stream.map(|segment| segment.range.start).max();
    let has_open = known
        .values()
        .any(|segment| segment.stream == stream && segment.state == SegmentState::Open);
    if has_open && newest.is_some_and(|newest| range.start > newest) {
        report.unfinished += 1;
        return;
    }
    let detail = format!("no row knows it; it holds {} to {}", range.start, range.end);
    report.find(volume, path, None, Problem::FileWithoutRow, detail);
}
