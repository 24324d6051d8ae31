//! A volume: its folder, its health, and the streams that wait for its disk thread.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, GapCause, Segment, SegmentId, StreamId, Timestamp, VolumeId};
use rustix::fs::OFlags;
use tracing::{error, info, warn};

use crate::VolumeConfig;
use crate::budget::Budget;
use crate::direct;
use crate::lock::lock;
use crate::slot::Slot;

/// How long its disk thread may take for one entry before it is shown as failed: a disk that
/// hangs returns no error.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// Holds the volume's name: tells a mounted volume from the empty folder below its mount point,
/// and from another volume mounted in its place.
pub(crate) const MARKER: &str = ".watchpost-volume";
/// Written and removed to see whether a volume takes bytes.
const PROBE: &str = ".watchpost-probe";
const PROBE_BYTES: usize = 64 << 10;

/// Whether a volume takes recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VolumeState {
    /// It does.
    Ok,
    /// No room, and nothing that may be deleted.
    Full,
    /// It cannot be written to: not there, not mounted, or broken.
    Failed,
    /// It is mounted read-only.
    ReadOnly,
}

impl VolumeState {
    /// Returns the word used in API, metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Full => "full",
            Self::Failed => "failed",
            Self::ReadOnly => "read_only",
        }
    }

    /// Returns the state that a failed write puts its volume in.
    pub(crate) fn after(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Failed,
        }
    }

    /// Returns the cause of gaps while no volume is better than this.
    pub(crate) fn gap_cause(self) -> GapCause {
        match self {
            Self::Full => GapCause::DiskFull,
            Self::Ok | Self::Failed | Self::ReadOnly => GapCause::DiskFailed,
        }
    }
}

/// How a volume is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeStatus {
    /// Its name.
    pub id: VolumeId,
    /// Its folder.
    pub path: PathBuf,
    /// Whether it takes recordings.
    pub state: VolumeState,
    /// Since when.
    pub since: Timestamp,
    /// Why it does not, or what else is wrong with it, for a person.
    pub detail: Option<String>,
    /// Size of its file system, in bytes; 0 if unknown.
    pub total_bytes: u64,
    /// Bytes still free for us; 0 if unknown.
    pub free_bytes: u64,
    /// Bytes it is to keep free.
    pub keep_free_bytes: u64,
    /// How many streams are recorded on it now.
    pub streams: usize,
}

/// Room on a file system, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Space {
    pub(crate) total: u64,
    pub(crate) free: u64,
}

/// A segment whose file may not be on disk, although it was written.
#[derive(Debug, Clone)]
pub(crate) struct Suspect {
    pub(crate) id: SegmentId,
    pub(crate) stream: StreamId,
    /// When it should end.
    pub(crate) end: Timestamp,
}

#[derive(Debug)]
struct Health {
    state: VolumeState,
    since: Timestamp,
    detail: Option<String>,
    /// When it is tried again, on the monotonic clock.
    retry_at: Duration,
    /// Its unfinished files of earlier were recovered.
    recovered: bool,
    suspects: Vec<Suspect>,
    /// When its disk thread began what it does, on the monotonic clock.
    busy_since: Option<Duration>,
    /// Less is free than is to be, and nothing can be deleted.
    shortage: Option<String>,
}

impl Health {
    /// Returns for how long its disk thread has not answered, if that is too long.
    fn no_answer(&self, now: Duration) -> Option<Duration> {
        let busy = self.busy_since.map(|since| now.saturating_sub(since));
        busy.filter(|&busy| busy >= PATIENCE)
    }
}

#[derive(Debug, Default)]
struct Queue {
    slots: VecDeque<Arc<Slot>>,
    closing: bool,
    closed: bool,
}

/// What the disk thread is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    /// Deal with an entry of this stream.
    Serve(Arc<Slot>),
    /// Nothing waits.
    Idle,
    /// Nothing waits and nothing will come.
    Closed,
}

/// A volume. Shared by its disk thread, its closer, and everyone who asks how it is.
#[derive(Debug)]
pub(crate) struct Volume {
    pub(crate) config: VolumeConfig,
    /// Its place in the configuration.
    pub(crate) number: usize,
    /// Files can be written past the page cache, as far as is known.
    takes_direct: AtomicBool,
    /// Something was written since the last sync.
    pub(crate) dirty: AtomicBool,
    /// Pictures that wait for it.
    pub(crate) waiting: Arc<Budget>,
    /// One deletes at a time.
    pub(crate) deleting: Mutex<()>,
    /// Its room as its own threads saw it last: whoever asks a disk that hangs hangs too.
    total_bytes: AtomicU64,
    free_bytes: AtomicU64,
    clock: Arc<dyn Clock>,
    health: Mutex<Health>,
    /// Each stream at most once: bounded by their number.
    queue: Mutex<Queue>,
    wake: Condvar,
    /// Its marker, locked: recovery by a second process would cut the files we write.
    claim: Mutex<Option<File>>,
}

impl Volume {
    /// Takes its configuration and how many bytes of pictures may wait for it; it is failed until
    /// [`Volume::prepare`] has looked at it.
    pub(crate) fn new(
        config: VolumeConfig,
        number: usize,
        most_waiting: usize,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let health = Health {
            state: VolumeState::Failed,
            since: clock.now(),
            detail: None,
            retry_at: Duration::ZERO,
            recovered: false,
            suspects: Vec::new(),
            busy_since: None,
            shortage: None,
        };
        Self {
            takes_direct: AtomicBool::new(config.direct_io),
            config,
            number,
            dirty: AtomicBool::new(false),
            waiting: Arc::new(Budget::new(most_waiting)),
            deleting: Mutex::new(()),
            total_bytes: AtomicU64::new(0),
            free_bytes: AtomicU64::new(0),
            clock,
            health: Mutex::new(health),
            queue: Mutex::new(Queue::default()),
            wake: Condvar::new(),
            claim: Mutex::new(None),
        }
    }

    /// Returns whether it takes recordings, as its own threads found.
    pub(crate) fn state(&self) -> VolumeState {
        lock(&self.health).state
    }

    /// Returns whether it takes recordings, as everyone else sees it: one that does not answer
    /// does not.
    pub(crate) fn seen_state(&self) -> VolumeState {
        let health = lock(&self.health);
        match health.no_answer(self.clock.monotonic()) {
            Some(_) => VolumeState::Failed,
            None => health.state,
        }
    }

    /// Returns whether files on it can be deleted. Nothing is done on a volume that is out of
    /// order: it may be the empty folder below a mount point.
    pub(crate) fn can_delete(&self) -> bool {
        matches!(self.seen_state(), VolumeState::Ok | VolumeState::Full)
    }

    /// Notes that its disk thread begins something that may hang.
    pub(crate) fn begin_turn(&self) {
        lock(&self.health).busy_since = Some(self.clock.monotonic());
    }

    /// Notes that it has ended.
    pub(crate) fn end_turn(&self) {
        let mut health = lock(&self.health);
        let no_answer = health.no_answer(self.clock.monotonic());
        health.busy_since = None;
        drop(health);
        if let Some(no_answer) = no_answer {
            warn!(volume = %self.config.id, seconds = no_answer.as_secs(), "volume did not answer for long, and does again");
        }
    }

    /// Returns how it is doing.
    pub(crate) fn status(&self, streams: usize) -> VolumeStatus {
        let space = self.last_space();
        let health = lock(&self.health);
        let no_answer = health.no_answer(self.clock.monotonic());
        let (state, since, detail) = match no_answer {
            Some(no_answer) => (
                VolumeState::Failed,
                self.clock.now().minus(no_answer),
                Some(format!("no answer for {} s", no_answer.as_secs())),
            ),
            None => (health.state, health.since, health.detail.clone()),
        };
        let remark = || self.oversized(space.total).or_else(|| health.shortage.clone());
        VolumeStatus {
            id: self.config.id.clone(),
            path: self.config.path.clone(),
            state,
            since,
            detail: detail.or_else(remark),
            total_bytes: space.total,
            free_bytes: space.free,
            keep_free_bytes: self.config.keep_free_bytes,
            streams,
        }
    }

    /// Returns the room on its file system as it was seen last.
    pub(crate) fn last_space(&self) -> Space {
        Space {
            total: self.total_bytes.load(Ordering::Relaxed),
            free: self.free_bytes.load(Ordering::Relaxed),
        }
    }

    /// Looks at the room on its file system; hangs with its disk.
    pub(crate) fn look_at_space(&self) {
        let space = self.space().unwrap_or_default();
        self.total_bytes.store(space.total, Ordering::Relaxed);
        self.free_bytes.store(space.free, Ordering::Relaxed);
    }

    /// Returns how many bytes to keep free of `total`: never more than half, or a slip in the
    /// configuration would delete all footage.
    pub(crate) fn keep_free(&self, total: u64) -> u64 {
        self.config.keep_free_bytes.min(total / 2)
    }

    /// Returns that it is to keep free more than it may, if so.
    fn oversized(&self, total: u64) -> Option<String> {
        let asked = self.config.keep_free_bytes;
        (total > 0 && asked > total / 2).then(|| {
            format!(
                "{asked} bytes are to be kept free of {total}: only half of it, {}, is",
                total / 2
            )
        })
    }

    /// Notes whether less is free than is to be, although nothing is left to delete.
    pub(crate) fn note_shortage(&self, shortage: Option<String>) {
        let mut health = lock(&self.health);
        if let Some(detail) = &shortage
            && health.shortage.is_none()
        {
            warn!(volume = %self.config.id, detail, "volume is short of room");
        }
        health.shortage = shortage;
    }

    /// Returns the room on its file system now; hangs with its disk.
    pub(crate) fn space(&self) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(&self.config.path)?;
        Ok(Space {
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    /// Returns the file of a segment; `None` if its path leads out of the volume.
    pub(crate) fn file_of(&self, segment: &Segment) -> Option<PathBuf> {
        file_below(&self.config.path, &segment.path)
    }

    /// Notes that it does not take recordings; it is tried again after a while.
    pub(crate) fn fail(&self, state: VolumeState, detail: String) {
        let mut health = lock(&self.health);
        health.retry_at = self.clock.monotonic().saturating_add(RETRY);
        if health.state != state || health.detail.is_none() {
            error!(volume = %self.config.id, state = state.as_str(), detail, "volume takes no recordings");
            metrics::counter!("watchpost_archive_volume_failures_total", "volume" => self.config.id.to_string())
                .increment(1);
            health.state = state;
            health.since = self.clock.now();
        }
        health.detail = Some(detail);
    }

    /// Notes that what was written of a segment may not be on disk.
    pub(crate) fn suspect(&self, suspect: Suspect) {
        let mut health = lock(&self.health);
        health.recovered = false;
        health.suspects.push(suspect);
    }

    /// Returns whether it is out of order and due to be tried again.
    pub(crate) fn is_retry_due(&self) -> bool {
        let health = lock(&self.health);
        health.state != VolumeState::Ok && self.clock.monotonic() >= health.retry_at
    }

    /// Returns whether there may be unfinished files on it.
    pub(crate) fn is_recovery_due(&self) -> bool {
        !lock(&self.health).recovered
    }

    /// Notes that its unfinished files were recovered; returns the suspects among them.
    pub(crate) fn set_recovered(&self) -> Vec<Suspect> {
        let mut health = lock(&self.health);
        health.recovered = true;
        std::mem::take(&mut health.suspects)
    }

    /// Notes that it takes recordings.
    pub(crate) fn set_ok(&self) {
        let mut health = lock(&self.health);
        if health.state == VolumeState::Ok {
            return;
        }
        info!(volume = %self.config.id, path = %self.config.path.display(), "volume takes recordings");
        health.state = VolumeState::Ok;
        health.since = self.clock.now();
        health.detail = None;
        if let Some(detail) = self.oversized(self.last_space().total) {
            warn!(volume = %self.config.id, detail, "volume is to keep too much free");
        }
    }

    /// Sees whether it takes bytes, and that it is the volume it should be. Makes the folder if
    /// nothing was ever recorded there (`used` is false).
    pub(crate) fn prepare(&self, used: bool) -> Result<(), (VolumeState, String)> {
        let path = &self.config.path;
        let broken = |what: &str, error: &io::Error| {
            (VolumeState::after(error), format!("cannot {what} {}: {error}", path.display()))
        };
        if !used {
            fs::create_dir_all(path).map_err(|error| broken("make the folder", &error))?;
        }
        self.look_at_space();
        self.check_marker(used)?;
        self.claim()?;
        let probe = path.join(PROBE);
        let written = File::create(&probe).and_then(|mut file| {
            file.write_all(&[0; PROBE_BYTES])?;
            file.sync_all()
        });
        let removed = fs::remove_file(&probe);
        written.and(removed).map_err(|error| broken("write to", &error))
    }

    /// Takes it for this process alone.
    fn claim(&self) -> Result<(), (VolumeState, String)> {
        let path = self.config.path.join(MARKER);
        let mut claim = lock(&self.claim);
        // Of a volume that was mounted anew the old marker is another file.
        *claim = None;
        let marker = File::open(&path).map_err(|error| {
            let detail = format!("cannot open {}: {error}", path.display());
            (VolumeState::after(&error), detail)
        })?;
        match marker.try_lock() {
            Ok(()) => *claim = Some(marker),
            Err(TryLockError::WouldBlock) => {
                let detail = format!("{} is locked by another process", path.display());
                return Err((VolumeState::Failed, detail));
            }
            // Some network file systems know no locks.
            Err(TryLockError::Error(error)) => {
                warn!(volume = %self.config.id, %error, "cannot lock the volume");
            }
        }
        Ok(())
    }

    /// Lets other processes have it.
    pub(crate) fn release(&self) {
        *lock(&self.claim) = None;
    }

    /// Sees that the folder is this volume's; claims it if it is nobody's and not `used`.
    pub(crate) fn check_marker(&self, used: bool) -> Result<(), (VolumeState, String)> {
        let path = &self.config.path;
        let marker = path.join(MARKER);
        let name = self.config.id.as_str();
        match fs::read_to_string(&marker) {
            Ok(found) if found.trim() == name => Ok(()),
            Ok(found) => {
                let found: String = found.trim().chars().take(64).collect();
                let detail = format!("{} is volume \"{found}\", not \"{name}\"", path.display());
                Err((VolumeState::Failed, detail))
            }
            Err(error) if error.kind() == ErrorKind::NotFound && used => {
                let detail = format!(
                    "{} is missing, although recordings lie there: is the volume mounted?",
                    marker.display()
                );
                Err((VolumeState::Failed, detail))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::write(&marker, format!("{name}\n")).map_err(|error| {
                    let detail = format!("cannot write {}: {error}", marker.display());
                    (VolumeState::after(&error), detail)
                })
            }
            Err(error) => {
                let detail = format!("cannot read {}: {error}", marker.display());
                Err((VolumeState::after(&error), detail))
            }
        }
    }

    /// Creates a new file below the folder, and the folders to it, synced; returns whether it is to be
    /// written past the page cache, as `wants_direct` and this volume can.
    pub(crate) fn create_file(&self, path: &Path, wants_direct: bool) -> io::Result<(File, bool)> {
        if wants_direct && self.takes_direct.load(Ordering::Relaxed) {
            match self.create(path, OFlags::DIRECT) {
                Err(error) if direct::is_refused(&error) => self.give_up_direct(&error),
                other => return Ok((other?, true)),
            }
        }
        Ok((self.create(path, OFlags::empty())?, false))
    }

    /// Notes that its file system takes no direct writes.
    pub(crate) fn give_up_direct(&self, error: &io::Error) {
        if self.takes_direct.swap(false, Ordering::Relaxed) {
            info!(volume = %self.config.id, %error, "takes no direct writes, is written through the page cache");
        }
    }

    fn create(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        let create = || {
            let mut options = OpenOptions::new();
            options.custom_flags(flags.bits().cast_signed());
            options.read(true).write(true).create_new(true).open(path)
        };
        match create() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder = path.parent().unwrap_or(&self.config.path);
                fs::create_dir_all(folder)?;
                // A new folder lasts when the folder that names it is synced.
                let between = folder.ancestors().skip(1);
                for parent in between.take_while(|parent| parent.starts_with(&self.config.path)) {
                    sync_folder(parent)?;
                }
                create()
            }
            other => other,
        }
    }

    /// Makes everything written so far last, if something was.
    pub(crate) fn sync(&self) {
        if !self.dirty.swap(false, Ordering::Relaxed) {
            return;
        }
        let synced = File::open(&self.config.path)
            .and_then(|folder| rustix::fs::syncfs(&folder).map_err(io::Error::from));
        if let Err(error) = synced {
            warn!(volume = %self.config.id, %error, "cannot sync the volume");
        }
    }

    /// Puts a stream behind those that wait; `false` if the disk thread has ended.
    pub(crate) fn enqueue(&self, slot: Arc<Slot>) -> bool {
        let mut queue = lock(&self.queue);
        if queue.closed {
            return false;
        }
        queue.slots.push_back(slot);
        self.wake.notify_one();
        true
    }

    /// Waits for work, `patience` at most.
    pub(crate) fn next_work(&self, patience: Duration) -> Work {
        let queue = lock(&self.queue);
        let (mut queue, _) = self
            .wake
            .wait_timeout_while(queue, patience, |queue| queue.slots.is_empty() && !queue.closing)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = queue.slots.pop_front() {
            return Work::Serve(slot);
        }
        if queue.closing {
            queue.closed = true;
            return Work::Closed;
        }
        Work::Idle
    }

    /// Lets the disk thread end once nothing waits.
    pub(crate) fn close_queue(&self) {
        lock(&self.queue).closing = true;
        self.wake.notify_all();
    }
}

/// Returns the file at `path` below `folder`; `None` if it would lead out of it.
pub(crate) fn file_below(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = |component| matches!(component, Component::Normal(_));
    (path.components().all(plain) && path.components().next().is_some()).then(|| folder.join(path))
}

/// Makes names in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_leave_its_volume() {
        let folder = Path::new("/v");
        for hostile in ["", "/etc/passwd", "../x", "a/../../x", "./a"] {
            assert_eq!(file_below(folder, hostile), None, "{hostile}");
        }
        let file = file_below(folder, "cam/main/2026-03-01/07-30-00.123.mp4");
        assert!(file.unwrap().starts_with("/v/cam"));
    }

    #[test]
    fn errors_tell_full_read_only_and_broken_apart() {
        let state = |errno| VolumeState::after(&io::Error::from_raw_os_error(errno));
        assert_eq!(state(28), VolumeState::Full);
        assert_eq!(state(30), VolumeState::ReadOnly);
        assert_eq!(state(5), VolumeState::Failed);
        assert_eq!(state(2), VolumeState::Failed);
    }
}
