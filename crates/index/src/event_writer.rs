//! Writes events: one thread, group commits, a monthly file each.
//!
//! Numbers of the site's sequence are given file by file, earlier months first, and each file's
//! are committed before the next one's are given. So whoever sees a number sees all before it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use domain::{Event, Location, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::watch;

use crate::IndexError;
use crate::attribute_code;
use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::core_file::CoreFile;
use crate::event_row::{RuleKey, class_number, encode_detail, hour_of};
use crate::grid::cell;
use crate::holds::InForce;
use crate::kept::KeptMonths;
use crate::month::{Month, RowId};
use crate::newest::{HELD, HeldEvent, Newest};
use crate::schema::Kind;
use crate::set_aside::set_aside;

/// What is called when events are durable, with their sequences in the order they were given.
pub(crate) type Stored = Box<dyn FnOnce(Result<Vec<u64>, IndexError>) + Send>;

/// What the writer is told.
pub(crate) enum Message {
    /// Store these and say so.
    Append(Vec<Event>, Stored),
    /// Say when all that came before is durable.
    Flush(SyncSender<()>),
    /// Unlink whole months that ended by then, but for what is held.
    Expire(Timestamp, InForce, SyncSender<Result<usize, IndexError>>),
}

/// How many monthly files stay open for writing: the current one, the next one, late comers.
const OPEN_MONTHS: usize = 3;

/// More numbers than were given for the events of months that cannot be read any more: a site that
/// stores a thousand a second takes 49 days for so many.
const MOST_IN_DAMAGED: u64 = 1 << 32;

/// Owned by the thread `index-events`.
#[derive(Debug)]
pub(crate) struct EventWriter {
    core: Arc<CoreFile>,
    catalogue: Arc<Catalogue>,
    knock: watch::Sender<u64>,
    newest: Arc<Newest>,
    next_sequence: u64,
    /// Least recently used first.
    open: Vec<MonthWriter>,
    kept: KeptMonths,
}

/// One monthly file, open for writing, with its dictionaries in RAM.
#[derive(Debug)]
struct MonthWriter {
    month: Month,
    path: PathBuf,
    connection: Connection,
    dictionaries: Numbers,
}

/// Numbers of rules and places. Taken back from disk when a commit fails.
#[derive(Debug, Default)]
struct Numbers {
    rules: HashMap<RuleKey, i64>,
    places: HashMap<(u16, [u64; 2]), i64>,
}

/// Events of one caller on their way.
struct Request {
    events: Vec<Event>,
    sequences: Vec<u64>,
    failure: Option<IndexError>,
    stored: Stored,
}

impl EventWriter {
    /// Looks through all monthly files for the end of the sequence.
    pub(crate) fn open(
        core: Arc<CoreFile>,
        catalogue: Arc<Catalogue>,
        newest: Arc<Newest>,
    ) -> Result<(Self, watch::Receiver<u64>), IndexError> {
        let mut highest = core.sequence_floor()?;
        let mut damaged = Vec::new();
        for month in catalogue.on_disk(Kind::Events)? {
            let path = catalogue.path(Kind::Events, month);
            match last_sequence(&path) {
                Ok(last) => {
                    catalogue.note(Kind::Events, month, last);
                    highest = highest.max(last);
                }
                Err(why @ IndexError::Damaged { .. }) => damaged.push((path, why)),
                Err(error) => return Err(error),
            }
        }
        if !damaged.is_empty() {
            // Kept before anything is renamed: its numbers must not be given again, whatever comes.
            highest = highest.saturating_add(MOST_IN_DAMAGED);
            core.raise_sequence_floor(highest)?;
        }
        for (path, why) in damaged {
            set_aside(&path, &why)?;
        }
        let (knock, listener) = watch::channel(highest);
        let writer = Self {
            core,
            catalogue,
            knock,
            newest,
            next_sequence: highest + 1,
            open: Vec::new(),
            kept: KeptMonths::new(Kind::Events),
        };
        Ok((writer, listener))
    }

    /// Commits a group of messages.
    pub(crate) fn commit(&mut self, messages: Vec<Message>) {
        let mut requests = Vec::new();
        let mut flushes = Vec::new();
        let mut expiries = Vec::new();
        for message in messages {
            match message {
                Message::Append(events, stored) => requests.push(Request {
                    sequences: vec![0; events.len()],
                    events,
                    failure: None,
                    stored,
                }),
                Message::Flush(done) => flushes.push(done),
                Message::Expire(before, holds, done) => expiries.push((before, holds, done)),
            }
        }
        self.append(&mut requests);
        for request in requests {
            (request.stored)(request.failure.map_or(Ok(request.sequences), Err));
        }
        for (before, holds, done) in expiries {
            // Whoever asked may have gone; the files are unlinked all the same.
            let _ = done.send(self.expire(before, &holds));
        }
        for done in flushes {
            let _ = done.send(());
        }
    }

    fn append(&mut self, requests: &mut [Request]) {
        // One by one: a camera too many fails its own caller's events and nobody else's.
        for request in requests.iter_mut() {
            let named = request.events.iter().map(|event| &event.draft.camera);
            request.failure = self.core.ensure_cameras(named).err();
        }
        let cameras = self.core.cameras();
        let mut by_month: BTreeMap<Month, Vec<(usize, usize)>> = BTreeMap::new();
        let named = |(_, request): &(usize, &mut Request)| request.failure.is_none();
        for (number, request) in requests.iter_mut().enumerate().filter(named) {
            let months: Result<Vec<Month>, IndexError> =
                request.events.iter().map(|event| Month::of(event.draft.time)).collect();
            match months {
                Ok(months) => {
                    for (position, month) in months.into_iter().enumerate() {
                        by_month.entry(month).or_default().push((number, position));
                    }
                }
                Err(error) => request.failure = Some(error),
            }
        }
        for (month, positions) in by_month {
            if let Err(error) = self.append_month(month, &positions, requests, &cameras) {
                tracing::error!(%month, %error, "cannot store events");
                for &(number, _) in &positions {
                    requests[number].failure.get_or_insert_with(|| error.clone());
                }
            }
        }
    }

    /// Commits the events of one month and makes them known.
    fn append_month(
        &mut self,
        month: Month,
        positions: &[(usize, usize)],
        requests: &mut [Request],
        cameras: &Cameras,
    ) -> Result<(), IndexError> {
        let first = self.next_sequence;
        let mut file = self.take(month)?;
        // The burnt numbers stay unused: after a commit that failed half-way they may be on disk.
        let mut next = first;
        let result = file.append(positions, requests, cameras, &mut next);
        self.next_sequence = next;
        match result {
            Ok(mut rows) => {
                let last = next.saturating_sub(1);
                self.open.push(file);
                if next > first {
                    self.catalogue.note(Kind::Events, month, last);
                    rows.sort_unstable_by_key(|new| new.row);
                    let newest = rows.iter().skip(rows.len().saturating_sub(HELD));
                    let held = newest.map(|&NewRow { row, camera, at: (number, position) }| {
                        let request = &requests[number];
                        let sequence = request.sequences[position];
                        HeldEvent::new(row, camera, sequence, &request.events[position])
                    });
                    self.newest.add(held.collect());
                    self.knock.send_replace(last);
                    metrics::counter!("watchpost_index_events_total").increment(next - first);
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the file of `month` out of the open ones, or opens it.
    fn take(&mut self, month: Month) -> Result<MonthWriter, IndexError> {
        if let Some(at) = self.open.iter().position(|file| file.month == month) {
            return Ok(self.open.remove(at));
        }
        while self.open.len() >= OPEN_MONTHS {
            self.open.remove(0);
        }
        let path = self.catalogue.path(Kind::Events, month);
        let connection = Kind::Events.open_writer(&path)?;
        let dictionaries = Numbers::load(&connection)
            .map_err(|error| IndexError::database("read dictionaries", &path, error))?;
        Ok(MonthWriter { month, path, connection, dictionaries })
    }

    fn expire(&mut self, before: Timestamp, holds: &InForce) -> Result<usize, IndexError> {
        self.core.raise_sequence_floor(self.next_sequence - 1)?;
        for month in self.catalogue.months_before(Kind::Events, before) {
            self.newest.forget(month);
        }
        self.open.retain(|file| file.month.range().end > before);
        self.kept.expire(&self.catalogue, before, holds, &self.core.cameras())
    }
}

impl MonthWriter {
    /// Commits events, and returns where each new one lies.
    fn append(
        &mut self,
        positions: &[(usize, usize)],
        requests: &mut [Request],
        cameras: &Cameras,
        next: &mut u64,
    ) -> Result<Vec<NewRow>, IndexError> {
        let failed = |error| IndexError::database("store events", &self.path, error);
        let mut rows = Vec::new();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let mut insertion = Insertion {
            transaction,
            numbers: &mut self.dictionaries,
            by_class: HashMap::new(),
            by_camera: HashMap::new(),
        };
        for &(number, position) in positions {
            let request = &mut requests[number];
            let event = &request.events[position];
            let Some(camera) = cameras.number(&event.draft.camera) else {
                continue;
            };
            let fixed = cameras.row(camera).and_then(|row| row.location);
            match insertion.insert(event, camera, fixed, *next).map_err(failed)? {
                Inserted::New(row) => {
                    rows.push(NewRow { row, camera, at: (number, position) });
                    request.sequences[position] = *next;
                    *next += 1;
                }
                Inserted::Known(sequence) => request.sequences[position] = sequence,
                Inserted::Crowded => {
                    let time = event.draft.time;
                    request.failure = Some(IndexError::Crowded { time });
                }
            }
        }
        insertion.finish().map_err(failed)?;
        Ok(rows)
    }
}

/// Where a new event lies, and which of whose it is.
struct NewRow {
    row: RowId,
    camera: u16,
    /// The number of its request, and its position there.
    at: (usize, usize),
}

enum Inserted {
    New(RowId),
    /// Stored before, with this sequence: the caller asks again after an error.
    Known(u64),
    Crowded,
}

/// A transaction on a monthly file, with the roll-ups gathered until its end.
struct Insertion<'a> {
    transaction: Transaction<'a>,
    numbers: &'a mut Numbers,
    by_class: HashMap<(i64, u8, u8, u8), i64>,
    by_camera: HashMap<(u16, i64), i64>,
}

impl Insertion<'_> {
    fn insert(
        &mut self,
        event: &Event,
        camera: u16,
        fixed: Option<Location>,
        sequence: u64,
    ) -> rusqlite::Result<Inserted> {
        let uid = event.id.0.as_bytes().as_slice();
        let known: Option<i64> = self
            .transaction
            .prepare_cached("SELECT seq FROM ev WHERE uid = ?1")?
            .query_row([uid], |row| row.get(0))
            .optional()?;
        if let Some(known) = known {
            return Ok(Inserted::Known(known.cast_unsigned()));
        }
        let draft = &event.draft;
        let first = RowId::first_at(draft.time).0;
        let last = first + RowId::PER_MICROSECOND - 1;
        let highest: Option<i64> = self
            .transaction
            .prepare_cached("SELECT max(id) FROM ev WHERE id BETWEEN ?1 AND ?2")?
            .query_row([first, last], |row| row.get(0))?;
        let id = highest.map_or(first, |highest| highest + 1);
        if id > last {
            return Ok(Inserted::Crowded);
        }
        // NaN would come back as no number at all.
        let location =
            event.location.filter(|location| Location::new(location.lat, location.lon).is_ok());
        let (place, own) = match location {
            Some(location) if Some(location) == fixed => {
                (Some(self.place(camera, location)?), None)
            }
            own => (None, own),
        };
        let rule = self.rule(RuleKey::of(draft))?;
        let class = class_number(draft.class);
        self.transaction
            .prepare_cached(
                "INSERT INTO ev (id, cam, class, rule, place, lat, lon, cell, seq, track, uid, detail, attr)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                id,
                camera,
                class,
                rule,
                place,
                own.map(|location| location.lat),
                own.map(|location| location.lon),
                own.map(cell),
                sequence.cast_signed(),
                draft.track.map(|track| track.0.cast_signed()),
                uid,
                encode_detail(draft),
                attribute_code::encode(&draft.attributes),
            ])?;
        self.transaction
            .prepare_cached("INSERT INTO outbox (seq, kind, ref, rev) VALUES (?1, 0, ?2, 0)")?
            .execute([sequence.cast_signed(), id])?;
        let hour = hour_of(draft.time);
        let by_class = (hour, class, draft.kind.number(), draft.severity.number());
        *self.by_class.entry(by_class).or_default() += 1;
        *self.by_camera.entry((camera, hour)).or_default() += 1;
        Ok(Inserted::New(RowId(id)))
    }

    fn rule(&mut self, key: RuleKey) -> rusqlite::Result<i64> {
        if let Some(&number) = self.numbers.rules.get(&key) {
            return Ok(number);
        }
        self.transaction.execute(
            "INSERT INTO rule (id, name, kind, severity, version, model, geometry)
             VALUES ((SELECT coalesce(max(id), 0) + 1 FROM rule), ?1, ?2, ?3, ?4, ?5, ?6)",
            params![key.name, key.kind, key.severity, key.version, key.model, key.geometry],
        )?;
        let number = self.transaction.last_insert_rowid();
        self.numbers.rules.insert(key, number);
        Ok(number)
    }

    fn place(&mut self, camera: u16, location: Location) -> rusqlite::Result<i64> {
        let key = (camera, [location.lat.to_bits(), location.lon.to_bits()]);
        if let Some(&number) = self.numbers.places.get(&key) {
            return Ok(number);
        }
        self.transaction.execute(
            "INSERT INTO place (id, cam, lat, lon)
             VALUES ((SELECT coalesce(max(id), 0) + 1 FROM place), ?1, ?2, ?3)",
            params![camera, location.lat, location.lon],
        )?;
        let number = self.transaction.last_insert_rowid();
        self.numbers.places.insert(key, number);
        Ok(number)
    }

    fn finish(self) -> rusqlite::Result<()> {
        {
            let mut by_class = self.transaction.prepare_cached(
                "INSERT INTO roll_class (hour, class, kind, severity, n) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET n = n + ?5",
            )?;
            for ((hour, class, kind, severity), n) in self.by_class {
                by_class.execute(params![hour, class, kind, severity, n])?;
            }
            let mut by_camera = self.transaction.prepare_cached(
                "INSERT INTO roll_cam (cam, hour, n) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET n = n + ?3",
            )?;
            for ((camera, hour), n) in self.by_camera {
                by_camera.execute(params![camera, hour, n])?;
            }
        }
        self.transaction.commit()
    }
}

impl Numbers {
    fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut numbers = Self::default();
        let mut rules = connection
            .prepare("SELECT id, name, kind, severity, version, model, geometry FROM rule")?;
        let mut rows = rules.query([])?;
        while let Some(row) = rows.next()? {
            numbers.rules.insert(RuleKey::read(row, 1)?, row.get(0)?);
        }
        let mut places = connection.prepare("SELECT id, cam, lat, lon FROM place")?;
        let mut rows = places.query([])?;
        while let Some(row) = rows.next()? {
            let (lat, lon): (f64, f64) = (row.get(2)?, row.get(3)?);
            numbers.places.insert((row.get(1)?, [lat.to_bits(), lon.to_bits()]), row.get(0)?);
        }
        Ok(numbers)
    }
}

/// Returns the highest sequence in a monthly file, 0 for an empty one.
/// Returns the highest number in a monthly file.
fn last_sequence(path: &Path) -> Result<u64, IndexError> {
    let last: Option<i64> = Kind::Events
        .open_writer(path)?
        .query_row("SELECT max(seq) FROM outbox", [], |row| row.get(0))
        .map_err(|error| IndexError::database("read the sequence", path, error))?;
    Ok(last.map_or(0, i64::cast_unsigned))
}
