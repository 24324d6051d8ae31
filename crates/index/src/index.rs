//! The index as others see it: opening, events, tracks, expiry, closing.

use std::fs::{File, TryLockError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{CameraId, Clock, Event, EventId, TimeRange, Timestamp, Track, TrackId, TrackSource};
use tokio::sync::watch;

use crate::accounts::Accounts;
use crate::activity::{self, ActivityQuery, CameraActivity};
use crate::catalogue::Catalogue;
use crate::core_file::CoreFile;
use crate::event_writer::{self, EventWriter};
use crate::filter::Conditions;
use crate::footage::{Change, FootageWriter, Message as FootageMessage};
use crate::month::Month;
use crate::newest::{HELD, HeldEvent, Newest};
use crate::query::{EventPage, EventQuery, HourCount, StoredEvent};
use crate::reader::Readers;
use crate::schema::Kind;
use crate::track_query::{TrackPage, TrackQuery};
use crate::tracks::{self, TrackWriter};
use crate::watched::Watched;
use crate::writer::{Writer, ask};
use crate::{
    CameraRow, Custody, IndexError, alerts, feed, gated, histogram, search, set_aside, track_search,
};

/// How many events go into one message to the writer at most: bounds a commit.
const EVENTS_AT_ONCE: usize = 10_000;

/// Whose index it is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSettings {
    /// Names the site at the tiers above; an index never changes its site.
    pub name: String,
    /// How many readers work at once; whoever comes beyond waits.
    pub readers: u32,
    /// How long to wait for a reader before [`IndexError::Busy`].
    pub reader_wait: Duration,
}

impl SiteSettings {
    /// Names the site; 8 readers, 2 s of waiting.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), readers: 8, reader_wait: Duration::from_secs(2) }
    }
}

/// What [`Index::expire`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    /// Monthly files of events.
    pub event_months: usize,
    /// Monthly files of tracks.
    pub track_months: usize,
    /// Alerts.
    pub alerts: usize,
}

/// An open index. Cloning shares it; any thread may use it. Closes when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Index {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) core: Arc<CoreFile>,
    accounts: Accounts,
    cursor_key: [u8; 32],
    catalogue: Arc<Catalogue>,
    pub(crate) readers: Readers,
    /// For the archive alone, so that searching people never keep it waiting.
    pub(crate) ledger_readers: Readers,
    pub(crate) footage_path: PathBuf,
    pub(crate) watched: Watched,
    pub(crate) custody: Mutex<Custody>,
    knock: watch::Receiver<u64>,
    newest: Arc<Newest>,
    /// The number of the latest change of an alert.
    pub(crate) alert_knock: watch::Sender<u64>,
    /// The sequence up to which events have been folded into alerts.
    pub(crate) folded_knock: watch::Sender<u64>,
    events: Writer<event_writer::Message>,
    tracks: Writer<tracks::Message>,
    footage: Writer<FootageMessage>,
    /// Held until the writers have ended; released by the system if the process dies.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn close(&self) {
        self.events.close();
        self.tracks.close();
        self.footage.close();
    }
}

impl Index {
    /// Opens the index in `dir`, makes what is absent, brings old files up to date. A monthly file that is
    /// damaged is [set aside](Self::set_aside).
    ///
    /// # Errors
    /// Says which other file is damaged, foreign, of a newer program or in use by another process.
    pub fn open(dir: &Path, site: SiteSettings, clock: Arc<dyn Clock>) -> Result<Self, IndexError> {
        std::fs::create_dir_all(dir).map_err(|error| IndexError::folder(dir, error))?;
        let lock = lock(dir)?;
        let started = clock.monotonic();
        let core = Arc::new(CoreFile::open(dir, &site.name)?);
        let accounts = Accounts::of(&core)?;
        let cursor_key = core.cursor_key()?;
        let catalogue = Arc::new(Catalogue::new(dir));
        let footage = FootageWriter::open(dir)?;
        let newest = Arc::new(Newest::new());
        let (events, knock) =
            EventWriter::open(Arc::clone(&core), Arc::clone(&catalogue), Arc::clone(&newest))?;
        let tracks = TrackWriter::open(Arc::clone(&core), Arc::clone(&catalogue))?;
        let readers = |count| Readers::new(dir, Arc::clone(&catalogue), count, site.reader_wait);
        let thread = |error| IndexError::folder(dir, error);
        let (mut events, mut tracks, mut footage) = (events, tracks, footage);
        let alert_knock = watch::Sender::new(alerts::newest_change(&core)?);
        let folded_knock = watch::Sender::new(alerts::cursor(&core)?.unwrap_or(0));
        let custody = Mutex::new(Custody::open_writer(core.path.clone())?);
        let inner = Inner {
            core,
            accounts,
            cursor_key,
            readers: readers(site.readers),
            ledger_readers: readers(2),
            footage_path: dir.join("footage.db"),
            watched: Watched::default(),
            custody,
            knock,
            newest,
            alert_knock,
            folded_knock,
            events: Writer::start("index-events", move |group| events.commit(group))
                .map_err(thread)?,
            tracks: Writer::start("index-tracks", move |group| tracks.commit(group))
                .map_err(thread)?,
            footage: Writer::start("index-footage", move |group| footage.commit(group))
                .map_err(thread)?,
            catalogue,
            _lock: lock,
        };
        tracing::info!(
            folder = %dir.display(),
            site = site.name,
            cameras = inner.core.cameras().rows().len(),
            months = inner.catalogue.months(Kind::Events).len(),
            sequence = *inner.knock.borrow(),
            took_ms = (clock.monotonic() - started).as_millis(),
            "index open"
        );
        let index = Self { inner: Arc::new(inner) };
        if let Err(error) = index.hold_newest() {
            // What is damaged is told to whoever asks for it; all else goes on.
            tracing::warn!(%error, "cannot read the newest events into memory");
        }
        Ok(index)
    }

    /// Returns whether a process has the index in `dir` open. Whoever opens it at this very moment may
    /// be refused.
    ///
    /// # Errors
    /// When the folder's lock cannot be looked at.
    pub fn is_open(dir: &Path) -> Result<bool, IndexError> {
        let path = dir.join("lock");
        let failed = |error| IndexError::folder(&path, error);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Returns the monthly files that were damaged and are set aside: what they held is not found. One
    /// that is repaired or of no use is moved out of the folder.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn set_aside(&self) -> Result<Vec<PathBuf>, IndexError> {
        let folder = self.inner.core.path.parent().unwrap_or(Path::new("."));
        set_aside::list(folder).map_err(|error| IndexError::folder(folder, error))
    }

    /// Reads the newest events into memory.
    fn hold_newest(&self) -> Result<(), IndexError> {
        let query = EventQuery { limit: HELD, ..EventQuery::new(TimeRange::ALL) };
        let cameras = self.inner.core.cameras();
        let conditions = Conditions::new(&query, Arc::clone(&cameras))?;
        let mut reader = self.inner.readers.get()?;
        let page = search::page(&mut reader, &conditions, self.event_months())?;
        let is_all = !page.is_full();
        let rows = page.rows.into_iter().zip(page.events).rev();
        let events = rows.filter_map(|(row, stored)| {
            let camera = cameras.number(&stored.event.draft.camera)?;
            Some(HeldEvent { row, camera, stored })
        });
        self.inner.newest.fill(events.collect(), is_all);
        Ok(())
    }

    /// Adds cameras, or replaces the rows of those known by name. None is ever removed: their
    /// events stay. Durable on return.
    ///
    /// # Errors
    /// When the core file cannot be written, or there are more than 65,535 cameras.
    pub fn put_cameras(&self, cameras: &[CameraRow]) -> Result<(), IndexError> {
        self.inner.core.put_cameras(cameras)
    }

    /// Returns every camera that ever was, in order of its number.
    pub fn cameras(&self) -> Vec<CameraRow> {
        self.inner.core.cameras().rows().to_vec()
    }

    /// Returns who may do what.
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// Returns what places in the logs are sealed with when they are told to who must not count what
    /// lies between them: random, and the same as long as the index is.
    pub fn cursor_key(&self) -> &[u8; 32] {
        &self.inner.cursor_key
    }

    /// Returns the number of a camera, from 1; it never changes.
    pub fn camera_number(&self, id: &CameraId) -> Option<u16> {
        self.inner.core.cameras().number(id)
    }

    /// Stores events and returns their sequences in the order given, once a power cut cannot take
    /// them. An event whose id is stored already keeps its sequence, so asking again after an
    /// error is safe. Waits while the writer's mailbox (256 messages) is full.
    ///
    /// # Errors
    /// When a file cannot be written; then some of them may be stored all the same.
    pub fn append_events(&self, events: Vec<Event>) -> Result<Vec<u64>, IndexError> {
        let mut sequences = Vec::with_capacity(events.len());
        let mut rest = events;
        while !rest.is_empty() {
            let later = rest.split_off(rest.len().min(EVENTS_AT_ONCE));
            let stored = ask(&self.inner.events, |sender| {
                event_writer::Message::Append(
                    rest,
                    Box::new(move |result| {
                        // Nobody is left to be told when the caller has gone.
                        let _ = sender.send(result);
                    }),
                )
            })??;
            sequences.extend(stored);
            rest = later;
        }
        Ok(sequences)
    }

    /// Like [`Index::append_events`], but returns once the events wait for the writer, and calls
    /// `stored` on the writer's thread when they are durable: keep it short.
    ///
    /// # Errors
    /// When the index is closed.
    pub fn append_events_then(
        &self,
        events: Vec<Event>,
        stored: impl FnOnce(Result<Vec<u64>, IndexError>) + Send + 'static,
    ) -> Result<(), IndexError> {
        let message = event_writer::Message::Append(events, Box::new(stored));
        self.inner.events.send(message)
    }

    /// Hands tracks to their writer. They survive the death of the process once written, some
    /// milliseconds later; a power cut may take the last ones. Waits while its mailbox (256
    /// messages) is full. A track stored again replaces the one of the same id.
    ///
    /// # Errors
    /// When the index is closed.
    pub fn append_tracks(&self, tracks: Vec<Track>) -> Result<(), IndexError> {
        self.inner.tracks.send(tracks::Message::Append(tracks))
    }

    /// Waits until everything handed over before is written.
    ///
    /// # Errors
    /// When the index is closed.
    pub fn flush(&self) -> Result<(), IndexError> {
        ask(&self.inner.events, event_writer::Message::Flush)?;
        ask(&self.inner.tracks, tracks::Message::Flush)
    }

    /// Returns a watch on the highest sequence committed: a knock on the door, no more. Whoever
    /// hears it asks [`Index::events_after`].
    pub fn knock(&self) -> watch::Receiver<u64> {
        self.inner.knock.clone()
    }

    /// Returns up to `limit` events stored after `sequence`, in the order of storing. Asking on
    /// with the last one's sequence misses and repeats nothing, also over restarts. Sequences of
    /// expired months are skipped.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn events_after(
        &self,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, IndexError> {
        let committed = *self.inner.knock.borrow();
        if sequence >= committed || limit == 0 {
            return Ok(Vec::new());
        }
        let months: Vec<Month> = self
            .inner
            .catalogue
            .months(Kind::Events)
            .into_iter()
            .filter(|(_, file)| file.highest > sequence)
            .map(|(month, _)| month)
            .collect();
        let mut reader = self.inner.readers.get()?;
        let cameras = || self.inner.core.cameras();
        feed::events_after(&mut reader, &months, sequence, committed, limit, &cameras)
    }

    /// Returns the event named `id`.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn event(&self, id: &EventId) -> Result<Option<StoredEvent>, IndexError> {
        let mut months: Vec<Month> = self.event_months();
        months.reverse();
        // The name tells when it was given, mostly the month of the event itself.
        let likely = id.given().and_then(|given| Month::of(given).ok());
        months.sort_by_key(|month| Some(*month) != likely);
        let mut reader = self.inner.readers.get()?;
        feed::event(&mut reader, &months, id, &|| self.inner.core.cameras())
    }

    /// Returns a page of the events that match `query`, in order of their time. Paging on with
    /// [`EventPage::next`] gives every event that was there from the start exactly once.
    ///
    /// # Errors
    /// [`IndexError::Busy`], [`IndexError::Query`], or when a file cannot be read.
    pub fn search_events(&self, query: &EventQuery) -> Result<EventPage, IndexError> {
        let cameras = self.inner.core.cameras();
        if let Some(gate) = &query.gate {
            let mut reader = self.inner.readers.get()?;
            let catalogue = &self.inner.catalogue;
            return gated::search(&mut reader, catalogue, query, gate, &cameras);
        }
        let conditions = Conditions::new(query, cameras)?;
        if let Some(page) = self.inner.newest.page(&conditions) {
            return Ok(page);
        }
        let mut reader = self.inner.readers.get()?;
        search::search(&mut reader, &conditions, self.event_months())
    }

    /// Counts the events that match `query` by the hour (UTC); hours without any are left out.
    /// Order, cursor and limit of the query say nothing here.
    ///
    /// # Errors
    /// [`IndexError::Busy`], [`IndexError::Query`] (also for a gate: paths are not counted), or when
    /// a file cannot be read.
    pub fn histogram(&self, query: &EventQuery) -> Result<Vec<HourCount>, IndexError> {
        if query.gate.is_some() {
            return Err(IndexError::Query("who went over a gate is found, not counted".into()));
        }
        let mut reader = self.inner.readers.get()?;
        let query = EventQuery { cursor: None, ..query.clone() };
        let conditions = Conditions::new(&query, self.inner.core.cameras())?;
        histogram::histogram(&mut reader, &conditions, self.event_months())
    }

    /// Returns a page of tracks in order of their start.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn tracks(&self, query: &TrackQuery) -> Result<TrackPage, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let cameras = self.inner.core.cameras();
        track_search::search(&mut reader, &self.inner.catalogue, query, &cameras)
    }

    /// Returns how much was followed in the views of some cameras over time.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn activity(&self, query: &ActivityQuery) -> Result<Vec<CameraActivity>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let cameras = self.inner.core.cameras();
        activity::activity(&mut reader, &self.inner.catalogue, query, &cameras)
    }

    /// Hands the tracks of `camera` that `source` followed and that start in `range` to `take`, in
    /// order of their start, until it breaks off. Holds one of the readers meanwhile.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn scan_tracks(
        &self,
        camera: &CameraId,
        source: TrackSource,
        range: TimeRange,
        take: &mut dyn FnMut(Track) -> ControlFlow<()>,
    ) -> Result<(), IndexError> {
        let mut reader = self.inner.readers.get()?;
        let cameras = self.inner.core.cameras();
        tracks::scan(&mut reader, &self.inner.catalogue, (camera, source), range, &cameras, take)
    }

    /// Returns the track named `id`.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when a file cannot be read.
    pub fn track(&self, id: TrackId) -> Result<Option<Track>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let cameras = self.inner.core.cameras();
        tracks::track(&mut reader, &self.inner.catalogue, id, &cameras)
    }

    /// Removes events and tracks from before `before`, by whole months, and some of the alerts from
    /// before then that are over; what is left of those goes next time. Events of footage under a
    /// legal hold stay.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn expire(&self, before: Timestamp) -> Result<Expired, IndexError> {
        // Locked until they are gone: whoever places a hold waits.
        let custody = self.custody();
        let holds = custody.in_force()?;
        let expire = |done| event_writer::Message::Expire(before, holds, done);
        let event_months = ask(&self.inner.events, expire)??;
        drop(custody);
        let track_months = self.expire_tracks(before)?;
        let alerts = alerts::expire(&self.inner.core, before)?;
        self.inner.readers.close_unlinked();
        Ok(Expired { event_months, track_months, alerts })
    }

    /// Removes tracks from before `before`, by whole months, but for those of held footage; they are
    /// kept for less time than events. Returns how many months.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn expire_tracks(&self, before: Timestamp) -> Result<usize, IndexError> {
        // As for events: whoever places a hold waits.
        let custody = self.custody();
        let holds = custody.in_force()?;
        let expire = |done| tracks::Message::Expire(before, holds, done);
        let months = ask(&self.inner.tracks, expire)??;
        drop(custody);
        self.inner.readers.close_unlinked();
        Ok(months)
    }

    /// Writes what waits and ends the writers. Reading goes on, writing is refused from now on.
    pub fn close(&self) {
        self.inner.close();
    }

    pub(crate) fn change(&self, change: Change) -> Result<i64, IndexError> {
        ask(&self.inner.footage, |sender| (change, sender))?
    }

    fn event_months(&self) -> Vec<Month> {
        let months = self.inner.catalogue.months(Kind::Events);
        months.into_iter().map(|(month, _)| month).collect()
    }
}

/// Takes the folder for this process alone: two writers would give the same sequence twice.
pub(crate) fn lock(dir: &Path) -> Result<File, IndexError> {
    let path = dir.join("lock");
    let failed = |error| IndexError::folder(&path, error);
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(IndexError::Locked { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
