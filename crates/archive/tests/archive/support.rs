//! What the stories share: rows kept in memory, cameras without a lens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use archive::{Archive, ArchiveConfig, Ledger, LedgerError, VolumeConfig};
use bytes::Bytes;
use domain::{
    AccessUnit, ClockSource, Codec, Gap, GapCause, ManualClock, RunId, Segment, SegmentId,
    SegmentState, StreamId, TimeRange, Timestamp, VideoFormat, VolumeId,
};

/// How long a story waits for a named condition before it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// 2026-03-01T00:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_772_323_200_000_000);

pub(crate) fn at_ms(ms: u64) -> Timestamp {
    START.plus(Duration::from_millis(ms))
}

pub(crate) fn stream(camera: &str) -> StreamId {
    StreamId::main(camera.parse().unwrap())
}

/// Waits until `condition` holds.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// A folder in memory where there is one, so that thousands of syncs cost nothing.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Rows {
    next: i64,
    pub(crate) segments: BTreeMap<SegmentId, Segment>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) held: BTreeSet<SegmentId>,
    pub(crate) is_failing: bool,
    /// While it is set, opening a segment does not return: a disk that hangs.
    pub(crate) is_hanging: bool,
    /// The same for segments of one volume.
    pub(crate) hanging: Option<VolumeId>,
}

impl Rows {
    pub(crate) fn closed(&self) -> Vec<Segment> {
        let closed = |segment: &&Segment| segment.state == SegmentState::Closed;
        let mut segments: Vec<_> = self.segments.values().filter(closed).cloned().collect();
        segments.sort_by_key(|segment| segment.range.start);
        segments
    }
}

/// Rows kept in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryLedger {
    rows: Mutex<Rows>,
    changed: Condvar,
}

impl MemoryLedger {
    pub(crate) fn of(rows: Rows) -> Arc<Self> {
        Arc::new(Self { rows: Mutex::new(rows), changed: Condvar::new() })
    }

    pub(crate) fn rows(&self) -> Rows {
        self.rows.lock().unwrap().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Rows)) {
        change(&mut self.rows.lock().unwrap());
        self.changed.notify_all();
    }

    pub(crate) fn closed(&self) -> Vec<Segment> {
        self.rows().closed()
    }

    pub(crate) fn gaps(&self) -> Vec<Gap> {
        self.rows().gaps
    }

    fn write(&self) -> Result<MutexGuard<'_, Rows>, LedgerError> {
        let rows = self.rows.lock().unwrap();
        let rows = self.changed.wait_while(rows, |rows| rows.is_hanging).unwrap();
        if rows.is_failing {
            return Err(LedgerError::new("the rows are out of order"));
        }
        Ok(rows)
    }
}

impl Ledger for MemoryLedger {
    fn open_segment(&self, segment: &Segment) -> Result<SegmentId, LedgerError> {
        let rows = self.write()?;
        let hangs = |rows: &mut Rows| rows.hanging.as_ref() == Some(&segment.volume);
        let mut rows = self.changed.wait_while(rows, hangs).unwrap();
        assert!(
            segment.fragments.is_empty() && segment.state == SegmentState::Open
                || segment.sha256.is_some()
        );
        rows.next += 1;
        let id = SegmentId(rows.next);
        rows.segments.insert(id, Segment { id, ..segment.clone() });
        Ok(id)
    }

    fn close_segment(&self, segment: &Segment) -> Result<(), LedgerError> {
        let mut rows = self.write()?;
        assert_eq!(segment.state, SegmentState::Closed);
        assert!(segment.sha256.is_some() && !segment.fragments.is_empty());
        assert!(rows.segments.insert(segment.id, segment.clone()).is_some());
        Ok(())
    }

    fn open_gap(
        &self,
        stream: &StreamId,
        start: Timestamp,
        cause: GapCause,
    ) -> Result<(), LedgerError> {
        let mut rows = self.write()?;
        let is_open = |gap: &&mut Gap| gap.stream == *stream && gap.end.is_none();
        if rows.gaps.iter_mut().find(is_open).is_none() {
            rows.gaps.push(Gap { stream: stream.clone(), start, end: None, cause });
        }
        Ok(())
    }

    fn close_gap(&self, stream: &StreamId, end: Timestamp) -> Result<(), LedgerError> {
        let mut rows = self.write()?;
        for gap in &mut rows.gaps {
            if gap.stream == *stream && gap.end.is_none() {
                gap.end = Some(end);
            }
        }
        rows.gaps.retain(|gap| gap.end != Some(gap.start));
        Ok(())
    }

    fn recorded_end(&self, stream: &StreamId) -> Result<Option<Timestamp>, LedgerError> {
        let of_stream = |segment: &Segment| segment.stream == *stream;
        let closed = self.write()?.closed();
        Ok(closed.into_iter().filter(of_stream).map(|segment| segment.range.end).max())
    }

    fn unfinished_segments(&self) -> Result<Vec<Segment>, LedgerError> {
        let rows = self.write()?;
        let unfinished = |segment: &&Segment| segment.state != SegmentState::Closed;
        Ok(rows.segments.values().filter(unfinished).cloned().collect())
    }

    fn oldest_segments(
        &self,
        volume: &VolumeId,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        let rows = self.write()?;
        let mut closed = rows.closed();
        closed.retain(|segment| segment.volume == *volume && !rows.held.contains(&segment.id));
        closed.truncate(limit);
        Ok(closed)
    }

    fn segments_before(
        &self,
        stream: &StreamId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<Segment>, LedgerError> {
        let rows = self.write()?;
        let mut closed = rows.closed();
        closed.retain(|segment| {
            segment.stream == *stream
                && segment.range.end < before
                && !rows.held.contains(&segment.id)
        });
        closed.truncate(limit);
        Ok(closed)
    }

    fn mark_deleting(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        let mut rows = self.write()?;
        for id in ids {
            rows.segments.get_mut(id).unwrap().state = SegmentState::Deleting;
        }
        Ok(())
    }

    fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), LedgerError> {
        let mut rows = self.write()?;
        rows.segments.retain(|id, _| !ids.contains(id));
        Ok(())
    }
}

/// An archive and what it stands on.
pub(crate) struct Site {
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: ArchiveConfig,
}

impl Site {
    /// Volumes `v0`, `v1`… in these folders.
    pub(crate) fn new(folders: &[&Path]) -> Self {
        let volumes = folders.iter().zip(0..).map(|(path, number)| VolumeConfig {
            id: format!("v{number}").parse().unwrap(),
            path: path.to_path_buf(),
            keep_free_bytes: 0,
            direct_io: true,
        });
        Self {
            ledger: Arc::default(),
            clock: Arc::new(ManualClock::new(START)),
            config: ArchiveConfig::new(volumes.collect()),
        }
    }

    pub(crate) fn open(&self) -> Archive {
        let ledger = Arc::clone(&self.ledger) as Arc<dyn Ledger>;
        Archive::open(self.config.clone(), ledger, Arc::clone(&self.clock) as _).unwrap()
    }

    pub(crate) fn file(&self, segment: &Segment) -> PathBuf {
        let volumes = &self.config.volumes;
        let volume = volumes.iter().find(|volume| volume.id == segment.volume);
        volume.unwrap().path.join(&segment.path)
    }

    /// Closed segments with their files.
    pub(crate) fn footage(&self) -> Vec<(PathBuf, Segment)> {
        let closed = self.ledger.closed();
        closed.into_iter().map(|segment| (self.file(&segment), segment)).collect()
    }
}

pub(crate) fn close(archive: Archive) {
    archive.close(PATIENCE).unwrap();
}

/// A format that boxes can be made of, though no decoder would start.
pub(crate) fn format(width: u16) -> Arc<VideoFormat> {
    let codec_data = [1, 0x4d, 0x40, 0x1f, 0xff, 0xe0, 0];
    let mut entry = vec![0; 86];
    entry[3] = 86 + 8 + 7;
    entry[4..8].copy_from_slice(b"avc1");
    entry[15] = 1;
    entry[32..34].copy_from_slice(&width.to_be_bytes());
    entry[34..36].copy_from_slice(&480_u16.to_be_bytes());
    entry.extend_from_slice(&[0, 0, 0, 15]);
    entry.extend_from_slice(b"avcC");
    entry.extend_from_slice(&codec_data);
    Arc::new(VideoFormat {
        codec: Codec::H264,
        width: width.into(),
        height: 480,
        sample_entry: entry.into(),
        codec_data: Bytes::copy_from_slice(&codec_data),
        rfc6381: "avc1.4d401f".to_owned(),
    })
}

/// Takes a picture every 40 ms, a keyframe first and then every `gop`.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) stream: StreamId,
    pub(crate) run: u64,
    pub(crate) format: Arc<VideoFormat>,
    pub(crate) time: Timestamp,
    pub(crate) sequence: u64,
    pub(crate) gop: u64,
    pub(crate) bytes: usize,
}

impl Camera {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            stream: stream(name),
            run: 1,
            format: format(640),
            time: START,
            sequence: 0,
            gop: 5,
            bytes: 40,
        }
    }

    pub(crate) fn take(&mut self) -> AccessUnit {
        let number = self.sequence;
        let fill = |at: usize| {
            u8::try_from((at * 7 + usize::try_from(number).unwrap() * 13) % 251).unwrap()
        };
        let unit = AccessUnit {
            stream: self.stream.clone(),
            run: RunId(self.run),
            sequence: number,
            time: self.time,
            clock_source: ClockSource::SenderReport,
            clock_error_us: 0,
            timestamp_90k: i64::try_from(number * 3600).unwrap(),
            is_keyframe: number.is_multiple_of(self.gop),
            lost_packets: 0,
            format: Arc::clone(&self.format),
            data: (0..self.bytes).map(fill).collect::<Vec<_>>().into(),
        };
        self.sequence += 1;
        self.time = self.time.plus(Duration::from_millis(40));
        unit
    }

    pub(crate) fn takes(&mut self, count: usize) -> Vec<AccessUnit> {
        (0..count).map(|_| self.take()).collect()
    }

    /// Connects anew.
    pub(crate) fn reconnect(&mut self, after: Duration) {
        self.run += 1;
        self.sequence = 0;
        self.time = self.time.plus(after);
    }
}

/// Reads all pictures of segments back.
pub(crate) fn pictures(footage: &[(PathBuf, Segment)]) -> Vec<(Timestamp, Bytes)> {
    let mut pictures: Vec<(Timestamp, Bytes)> = Vec::new();
    for (path, segment) in footage {
        for fragment in &segment.fragments {
            let gop = archive::gop::read(path, segment, fragment.start).unwrap();
            if let Some(keyframe) = archive::gop::keyframe(path, fragment).unwrap() {
                assert_eq!(keyframe, gop.pictures[0].1, "the keyframe alone is the same");
            }
            let before = pictures.last().map(|last| last.0);
            // A part of a very long GOP comes with the parts before it.
            pictures.extend(gop.pictures.into_iter().filter(|picture| {
                picture.0 >= fragment.start && before.is_none_or(|before| picture.0 > before)
            }));
        }
    }
    pictures
}

/// Checks that what is recorded and what is not tile the time of a stream without overlap.
pub(crate) fn assert_tiled(segments: &[Segment], gaps: &[Gap]) {
    let mut spans: Vec<(TimeRange, String)> = Vec::new();
    for segment in segments {
        for fragment in &segment.fragments {
            let end = fragment.start.plus(Duration::from_micros(fragment.duration_us.into()));
            let span = TimeRange { start: fragment.start, end };
            spans.push((span, format!("fragment of {}", segment.path)));
        }
    }
    for gap in gaps.iter().filter(|gap| gap.cause != GapCause::PacketLoss) {
        let end = gap.end.unwrap_or(Timestamp::MAX);
        spans.push((TimeRange { start: gap.start, end }, format!("{gap:?}")));
    }
    for gap in gaps {
        // Lost packets and pictures that stay away do not end a file.
        if matches!(gap.cause, GapCause::PacketLoss | GapCause::NoPicture) {
            continue;
        }
        let range = TimeRange { start: gap.start, end: gap.end.unwrap_or(Timestamp::MAX) };
        let over = segments.iter().find(|segment| segment.range.overlaps(range));
        assert!(over.is_none(), "{gap:?} within {:?}", over.map(|segment| segment.range));
    }
    spans.sort_by_key(|(span, _)| span.start);
    for pair in spans.windows(2) {
        assert_eq!(pair[0].0.end, pair[1].0.start, "between {} and {}", pair[0].1, pair[1].1);
    }
}
