//! Tracks: written in batches to monthly files, read by camera and time; [`track_search`](crate::track_search)
//! finds them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use domain::{CameraId, Class, TimeRange, Timestamp, Track, TrackId, TrackSource};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use crate::IndexError;
use crate::attribute_code::{self, TOLD_BY_CAMERA};
use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::core_file::CoreFile;
use crate::holds::InForce;
use crate::kept::KeptMonths;
use crate::month::Month;
use crate::reader::Reader;
use crate::schema::Kind;
use crate::set_aside::set_aside;
use crate::track_path::{decode, encode};

/// What the writer is told.
pub(crate) enum Message {
    /// Store these some time soon.
    Append(Vec<Track>),
    /// Say when all that came before is written.
    Flush(SyncSender<()>),
    /// Unlink whole months that ended by then, but for what is held.
    Expire(Timestamp, InForce, SyncSender<Result<usize, IndexError>>),
}

/// How far an event may lie beside the time in which its object was followed.
const SOON: Duration = Duration::from_secs(60);
/// How many monthly files stay open for writing.
const OPEN_MONTHS: usize = 2;

/// Owned by the thread `index-tracks`.
#[derive(Debug)]
pub(crate) struct TrackWriter {
    core: Arc<CoreFile>,
    catalogue: Arc<Catalogue>,
    /// Least recently used first.
    open: Vec<(Month, PathBuf, Connection)>,
    kept: KeptMonths,
}

impl TrackWriter {
    /// Looks through all monthly files for their longest track.
    pub(crate) fn open(core: Arc<CoreFile>, catalogue: Arc<Catalogue>) -> Result<Self, IndexError> {
        for month in catalogue.on_disk(Kind::Tracks)? {
            let path = catalogue.path(Kind::Tracks, month);
            match longest(&path) {
                Ok(longest) => catalogue.note(Kind::Tracks, month, longest),
                Err(why @ IndexError::Damaged { .. }) => set_aside(&path, &why)?,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { core, catalogue, open: Vec::new(), kept: KeptMonths::new(Kind::Tracks) })
    }

    /// Commits a group of messages.
    pub(crate) fn commit(&mut self, messages: Vec<Message>) {
        let mut by_month: BTreeMap<Month, Vec<Track>> = BTreeMap::new();
        let mut flushes = Vec::new();
        let mut expiries = Vec::new();
        for message in messages {
            match message {
                Message::Append(tracks) => {
                    for track in tracks {
                        match Month::of(track.range().start) {
                            Ok(month) => by_month.entry(month).or_default().push(track),
                            Err(error) => {
                                metrics::counter!("watchpost_index_tracks_refused_total")
                                    .increment(1);
                                tracing::warn!(camera = %track.camera, %error, "track left out");
                            }
                        }
                    }
                }
                Message::Flush(done) => flushes.push(done),
                Message::Expire(before, holds, done) => expiries.push((before, holds, done)),
            }
        }
        for (month, tracks) in by_month {
            if let Err(error) = self.append(month, &tracks) {
                let lost = u64::try_from(tracks.len()).unwrap_or(u64::MAX);
                metrics::counter!("watchpost_index_tracks_refused_total").increment(lost);
                tracing::error!(%month, lost, %error, "cannot store tracks");
            }
        }
        for (before, holds, done) in expiries {
            self.open.retain(|(month, _, _)| month.range().end > before);
            let cameras = self.core.cameras();
            let _ = done.send(self.kept.expire(&self.catalogue, before, &holds, &cameras));
        }
        for done in flushes {
            let _ = done.send(());
        }
    }

    fn append(&mut self, month: Month, tracks: &[Track]) -> Result<(), IndexError> {
        let cameras = self.core.ensure_cameras(tracks.iter().map(|track| &track.camera))?;
        let (_, path, mut connection) = self.take(month)?;
        let longest = store(&mut connection, tracks, &cameras)
            .map_err(|error| IndexError::database("store tracks", &path, error))?;
        self.open.push((month, path, connection));
        self.catalogue.note(Kind::Tracks, month, longest);
        let count = u64::try_from(tracks.len()).unwrap_or(u64::MAX);
        metrics::counter!("watchpost_index_tracks_total").increment(count);
        Ok(())
    }

    fn take(&mut self, month: Month) -> Result<(Month, PathBuf, Connection), IndexError> {
        if let Some(at) = self.open.iter().position(|(open, _, _)| *open == month) {
            return Ok(self.open.remove(at));
        }
        while self.open.len() >= OPEN_MONTHS {
            self.open.remove(0);
        }
        let path = self.catalogue.path(Kind::Tracks, month);
        let connection = Kind::Tracks.open_writer(&path)?;
        Ok((month, path, connection))
    }
}

/// Returns the length of the longest track in a monthly file, in microseconds.
fn longest(path: &Path) -> Result<u64, IndexError> {
    let longest: Option<i64> = Kind::Tracks
        .open_writer(path)?
        .query_row("SELECT longest_us FROM extent", [], |row| row.get(0))
        .optional()
        .map_err(|error| IndexError::database("read the longest track", path, error))?;
    Ok(longest.and_then(|longest| u64::try_from(longest).ok()).unwrap_or(0))
}

/// Writes tracks in one transaction; returns the longest in microseconds.
fn store(
    connection: &mut Connection,
    tracks: &[Track],
    cameras: &Cameras,
) -> rusqlite::Result<u64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut longest = 0;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT OR REPLACE INTO trk (id, cam, start_us, dur_us, class, conf, path, attr)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        for track in tracks {
            let Some(camera) = cameras.number(&track.camera) else {
                continue;
            };
            let range = track.range();
            let duration = range.end.micros_since(range.start).max(0);
            longest = longest.max(duration);
            insert.execute(params![
                track.id.0.cast_signed(),
                camera,
                range.start.as_micros(),
                duration,
                track.class.number(),
                thousandths(track.confidence),
                encode(&track.path),
                code(track),
            ])?;
        }
        transaction
            .prepare_cached("UPDATE extent SET longest_us = ?1 WHERE longest_us < ?1")?
            .execute([longest])?;
    }
    transaction.commit()?;
    Ok(longest.cast_unsigned())
}

/// Returns the number that stands for what the object looks like and who followed it.
fn code(track: &Track) -> u32 {
    let told = if track.source.is_ours() { 0 } else { TOLD_BY_CAMERA };
    attribute_code::encode(&track.attributes) | told
}

/// Returns who followed the object with this number.
pub(crate) fn source_of(code: u32) -> TrackSource {
    if code & TOLD_BY_CAMERA == 0 { TrackSource::Analysis } else { TrackSource::Camera }
}

/// Returns a confidence in 1/1000; detectors are not surer of themselves than that.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held to 0..=1000 before"
)]
fn thousandths(confidence: f32) -> u16 {
    (confidence * 1000.0).round().clamp(0.0, 1000.0) as u16
}

/// Columns of `trk` in the order in which [`read`] takes them apart.
const COLUMNS: &str = "id, cam, start_us, dur_us, class, conf, path, attr";

/// Hands the tracks of one camera that `source` followed and that start in `range` to `take`, in
/// order of their start, until it breaks off.
pub(crate) fn scan(
    reader: &mut Reader,
    catalogue: &Catalogue,
    (camera, source): (&CameraId, TrackSource),
    range: TimeRange,
    all: &Cameras,
    take: &mut dyn FnMut(Track) -> ControlFlow<()>,
) -> Result<(), IndexError> {
    let Some(number) = all.number(camera) else {
        return Ok(());
    };
    for (month, _) in catalogue.months(Kind::Tracks) {
        if month.range().start >= range.end || month.range().end <= range.start {
            continue;
        }
        let Some(file) = reader.file(Kind::Tracks, month)? else {
            continue;
        };
        let failed = |error| IndexError::database("read tracks", &file.path, error);
        let sql = format!(
            "SELECT {COLUMNS} FROM trk INDEXED BY trk_cam
             WHERE cam = ?1 AND start_us >= ?2 AND start_us < ?3 ORDER BY start_us, dur_us"
        );
        let mut statement = file.connection.prepare_cached(&sql).map_err(failed)?;
        let (start, end) = (range.start.as_micros(), range.end.as_micros());
        let mut rows = statement.query(params![number, start, end]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let Some(track) = read(row, all).map_err(failed)? else {
                return Err(IndexError::damaged(&file.path, "a track cannot be read"));
            };
            if track.source == source && take(track).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Returns the track named `id` that was seen at `time`, or soon before or after.
pub(crate) fn track_at(
    reader: &mut Reader,
    catalogue: &Catalogue,
    id: TrackId,
    time: Timestamp,
    all: &Cameras,
) -> Result<Option<Track>, IndexError> {
    for (month, known) in catalogue.months(Kind::Tracks).into_iter().rev() {
        let started_from = time.minus(Duration::from_micros(known.highest).max(SOON));
        let range = TimeRange { start: started_from, end: time.plus(SOON) };
        if !month.range().overlaps(range) {
            continue;
        }
        let Some(file) = reader.file(Kind::Tracks, month)? else {
            continue;
        };
        let track = read_by_id(&file.connection, &file.path, id.0.cast_signed(), all)?;
        if track.is_some() {
            return Ok(track);
        }
    }
    Ok(None)
}

/// Returns the track named `id`, wherever it lies.
pub(crate) fn track(
    reader: &mut Reader,
    catalogue: &Catalogue,
    id: TrackId,
    all: &Cameras,
) -> Result<Option<Track>, IndexError> {
    for (month, _) in catalogue.months(Kind::Tracks).into_iter().rev() {
        let Some(file) = reader.file(Kind::Tracks, month)? else {
            continue;
        };
        let track = read_by_id(&file.connection, &file.path, id.0.cast_signed(), all)?;
        if track.is_some() {
            return Ok(track);
        }
    }
    Ok(None)
}

pub(crate) fn read_by_id(
    connection: &Connection,
    path: &Path,
    id: i64,
    cameras: &Cameras,
) -> Result<Option<Track>, IndexError> {
    let failed = |error| IndexError::database("read a track", path, error);
    let mut statement = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM trk WHERE id = ?1"))
        .map_err(failed)?;
    let track = statement.query_row([id], |row| read(row, cameras)).optional().map_err(failed)?;
    match track {
        None => Ok(None),
        Some(Some(track)) => Ok(Some(track)),
        Some(None) => Err(IndexError::damaged(path, format!("track {id} cannot be read"))),
    }
}

/// Reads a row of [`COLUMNS`]; `None` when it holds what was never written.
fn read(row: &Row<'_>, cameras: &Cameras) -> rusqlite::Result<Option<Track>> {
    let id: i64 = row.get(0)?;
    let camera: u16 = row.get(1)?;
    let start = Timestamp::from_micros(row.get(2)?);
    let duration: i64 = row.get(3)?;
    let end = Timestamp::from_micros(start.as_micros().saturating_add(duration));
    let class: u8 = row.get(4)?;
    let confidence: u16 = row.get(5)?;
    let blob = row.get_ref(6)?;
    let code = row.get(7)?;
    let track = || {
        Some(Track {
            id: TrackId(id.cast_unsigned()),
            camera: cameras.row(camera)?.id.clone(),
            class: Class::from_number(class)?,
            confidence: f32::from(confidence) / 1000.0,
            source: source_of(code),
            attributes: attribute_code::decode(code)?,
            path: decode(blob.as_blob().ok()?, start, end).filter(|path| !path.is_empty())?,
        })
    };
    Ok(track())
}
