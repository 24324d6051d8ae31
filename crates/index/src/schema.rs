//! The tables of each kind of file, and how a file is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::IndexError;
use crate::audit::{AUDIT_TABLES, AUDIT_TRIGGERS};
use crate::calls::CALL_TABLES;
use crate::cases::CASES_OF_A_NUMBER;
use crate::coverage_day::COVERAGE_DAY_TABLES;
use crate::exports::EXPORT_TABLES;
use crate::footage_chain::FOOTAGE_CHAIN_TABLES;
use crate::footage_seals::FOOTAGE_SEAL_TABLES;
use crate::holds::{HOLD_TABLES, HOLD_UNTIL};
use crate::masks::MASK_TABLES;
use crate::policies::POLICY_TABLES;
use crate::provenance::PROVENANCE_TABLES;
use crate::purposes::{PURPOSE_TABLES, PURPOSE_TAKEN_UP};
use crate::request_keys::REQUEST_KEY_TABLES;
use crate::saved_searches::SAVED_SEARCH_TABLES;
use crate::shelvings::SHELVING_TABLES;
use crate::unmaskings::UNMASKING_TABLES;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// `core.db`: the site, its cameras, alerts, what must outlive the monthly files.
    Core,
    /// `footage.db`: segments, gaps and coverage.
    Footage,
    /// `ev_YYYYMM.db`: events of a month, with their outbox.
    Events,
    /// `trk_YYYYMM.db`: tracks of a month.
    Tracks,
}

/// How sure a commit is when it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Synchronous {
    /// Survives a power cut.
    Full,
    /// Survives the death of the process; a power cut may take the last moments.
    Normal,
}

const CORE: &[M<'_>] = &[
    SITE_TABLES,
    M::up(NOTIFICATION_TABLES),
    M::up(ALERT_TABLES),
    M::up(ACCESS_TABLES),
    M::up(DESK_TABLES),
    M::up(AUDIT_TABLES),
    M::up(AUDIT_TRIGGERS),
    M::up(PURPOSE_TABLES),
    M::up(HOLD_TABLES),
    M::up(MASK_TABLES),
    M::up(PURPOSE_TAKEN_UP),
    M::up(SAVED_SEARCH_TABLES),
    M::up(EXPORT_TABLES),
    M::up(FOOTAGE_SEAL_TABLES),
    M::up(CALL_TABLES),
    M::up(GIVEN_PASSWORD),
    M::up(CURSOR_KEY),
    M::up(MARK_BESIDE),
    M::up(HOLD_UNTIL),
    M::up(CASES_OF_A_NUMBER),
    M::up(UNMASKING_TABLES),
    M::up(POLICY_TABLES),
    M::up(REQUEST_KEY_TABLES),
    M::up(SHELVING_TABLES),
    M::up(PROVENANCE_TABLES),
    M::up(ALERT_HELD_UNTIL),
];

/// Who may do what: accounts of persons and services, what they were granted, the sessions and
/// tokens that stand for them (by their SHA-256), and log-ins that failed. A name that was once
/// given is never given again: what it did is on record.
const ACCESS_TABLES: &str = "CREATE TABLE account (
       id INTEGER PRIMARY KEY,
       name TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, display_name TEXT NOT NULL,
       password TEXT, only_these TEXT, disabled INTEGER NOT NULL, created_us INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE account_grant (
       account INTEGER NOT NULL, role TEXT NOT NULL, place TEXT NOT NULL,
       PRIMARY KEY (account, role, place)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE session (
       secret BLOB PRIMARY KEY, account INTEGER NOT NULL,
       created_us INTEGER NOT NULL, used_us INTEGER NOT NULL, expires_us INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX session_account ON session (account);
     CREATE TABLE api_token (
       secret BLOB PRIMARY KEY, account INTEGER NOT NULL,
       created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX api_token_account ON api_token (account);
     CREATE TABLE failed_login (
       name TEXT PRIMARY KEY, count INTEGER NOT NULL,
       last_us INTEGER NOT NULL, locked_until_us INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX failed_login_last ON failed_login (last_us);";

/// Whether the password is one that somebody else chose, and knows: its owner sets another first.
const GIVEN_PASSWORD: &str =
    "ALTER TABLE account ADD COLUMN password_given INTEGER NOT NULL DEFAULT 0;";

/// Which cameras were looked at beside that of a mark's footage, with commas between.
const MARK_BESIDE: &str = "ALTER TABLE case_mark ADD COLUMN beside TEXT NOT NULL DEFAULT '';";

/// What places in the site's logs are sealed with when they are told to who must not count what lies
/// between them. Random, of this site alone; it holds as long as the file, so that whoever comes back
/// goes on from where they were.
const CURSOR_KEY: &str = "CREATE TABLE cursor_key (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       secret BLOB NOT NULL
     ) STRICT;
     INSERT INTO cursor_key VALUES (1, randomblob(32));";

/// When an alert is held no more by itself. Those held before this was a column have it in `handled`;
/// to the second, so that none is found late.
const ALERT_HELD_UNTIL: &str = "ALTER TABLE alert ADD COLUMN held_until_us INTEGER;
     UPDATE alert SET held_until_us =
         1000000 * CAST(strftime('%s', json_extract(handled, '$.held_until')) AS INTEGER)
       WHERE held = 1 AND json_extract(handled, '$.held_until') IS NOT NULL;
     CREATE INDEX alert_held_until ON alert (held_until_us) WHERE held_until_us IS NOT NULL;";

/// What duty officers do about alerts: how each is handled (`handled` has all of it, the columns
/// what is asked for), the log of actions, floods, shifts and cases. `raised_us` is when an alert
/// was raised by our own clock; `urgency` and `newness` are the order of the queue; `change_count`
/// numbers the changes of all that is followed.
const DESK_TABLES: &str = "ALTER TABLE alert ADD COLUMN raised_us INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alert ADD COLUMN grp BLOB;
     ALTER TABLE alert ADD COLUMN handling INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alert ADD COLUMN handled TEXT;
     ALTER TABLE alert ADD COLUMN assignee TEXT;
     ALTER TABLE alert ADD COLUMN escalates_us INTEGER;
     ALTER TABLE alert ADD COLUMN escalates_to TEXT;
     ALTER TABLE alert ADD COLUMN shelved_us INTEGER;
     ALTER TABLE alert ADD COLUMN outcome INTEGER;
     ALTER TABLE alert ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE alert ADD COLUMN urgency INTEGER AS (severity + 4 * (handling > 0)) VIRTUAL;
     ALTER TABLE alert ADD COLUMN newness INTEGER AS (-first_us) VIRTUAL;
     UPDATE alert SET raised_us = first_us;
     CREATE INDEX alert_queue ON alert (urgency, newness) WHERE handling < 3 AND shelved_us IS NULL;
     CREATE INDEX alert_desk ON alert (assignee, urgency, newness)
       WHERE handling < 3 AND shelved_us IS NULL;
     CREATE INDEX alert_open ON alert (severity, handling, shelved_us) WHERE handling < 3;
     CREATE INDEX alert_handling ON alert (handling, first_us);
     CREATE INDEX alert_assignee ON alert (assignee, first_us) WHERE assignee IS NOT NULL;
     CREATE INDEX alert_escalates ON alert (escalates_us) WHERE escalates_us IS NOT NULL;
     CREATE INDEX alert_shelved ON alert (shelved_us) WHERE shelved_us IS NOT NULL;
     CREATE INDEX alert_outcome ON alert (first_us, outcome, kind, rule, cameras)
       WHERE outcome IS NOT NULL;
     CREATE INDEX alert_group ON alert (grp, urgency, newness) WHERE grp IS NOT NULL;
     CREATE INDEX alert_raised ON alert (raised_us, severity);
     CREATE TABLE alert_log (
       alert INTEGER NOT NULL, version INTEGER NOT NULL,
       at_us INTEGER NOT NULL, by TEXT, action TEXT NOT NULL,
       escalates_us INTEGER, escalates_to TEXT, after TEXT NOT NULL,
       PRIMARY KEY (alert, version)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX alert_log_at ON alert_log (at_us);
     CREATE TABLE action_key (
       by TEXT NOT NULL, key TEXT NOT NULL,
       alert INTEGER NOT NULL, version INTEGER NOT NULL,
       action TEXT NOT NULL, at_us INTEGER NOT NULL,
       PRIMARY KEY (by, key)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX action_key_at ON action_key (at_us);
     CREATE TABLE flood (
       began_us INTEGER PRIMARY KEY, ended_us INTEGER,
       alerts INTEGER NOT NULL, desks INTEGER NOT NULL, change INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX flood_change ON flood (change);
     CREATE TABLE change_count (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       newest INTEGER NOT NULL
     ) STRICT;
     INSERT INTO change_count SELECT 1, coalesce(max(change), 0) FROM alert;
     CREATE TABLE handover (
       id INTEGER PRIMARY KEY,
       started_us INTEGER NOT NULL, outgoing TEXT NOT NULL, incoming TEXT NOT NULL,
       note TEXT NOT NULL, lists TEXT NOT NULL,
       signed_us INTEGER
     ) STRICT;
     CREATE UNIQUE INDEX handover_open ON handover (signed_us IS NULL) WHERE signed_us IS NULL;
     CREATE TABLE duty_case (
       id INTEGER PRIMARY KEY,
       number TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
       opened_us INTEGER NOT NULL, opened_by TEXT NOT NULL
     ) STRICT;
     CREATE TABLE case_mark (
       id INTEGER PRIMARY KEY,
       duty_case INTEGER NOT NULL, at_us INTEGER NOT NULL, by TEXT NOT NULL,
       alert BLOB, camera TEXT, start_us INTEGER, end_us INTEGER, note TEXT NOT NULL
     ) STRICT;
     CREATE INDEX case_mark_case ON case_mark (duty_case);
     CREATE INDEX case_mark_alert ON case_mark (alert) WHERE alert IS NOT NULL;";

/// Alerts, the events folded into them, and how far folding is. `told_us` is when the last event
/// was told by our own clock, `change` counts the changes of all alerts.
const ALERT_TABLES: &str = "CREATE TABLE alert (
       id INTEGER PRIMARY KEY,
       uid BLOB NOT NULL UNIQUE, change INTEGER NOT NULL,
       kind INTEGER NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL,
       class INTEGER NOT NULL, cameras TEXT NOT NULL, lat REAL, lon REAL,
       first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
       last_event BLOB NOT NULL, told_us INTEGER NOT NULL,
       count INTEGER NOT NULL, condition INTEGER NOT NULL, cleared_us INTEGER,
       version INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX alert_first ON alert (first_us);
     CREATE INDEX alert_change ON alert (change);
     CREATE INDEX alert_told ON alert (told_us);
     CREATE INDEX alert_active ON alert (first_us) WHERE condition = 1;
     CREATE TABLE alert_event (
       alert INTEGER NOT NULL, sequence INTEGER NOT NULL,
       PRIMARY KEY (alert, sequence)
     ) STRICT, WITHOUT ROWID;
     CREATE UNIQUE INDEX alert_event_sequence ON alert_event (sequence);
     CREATE TABLE alert_cursor (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       sequence INTEGER NOT NULL
     ) STRICT;";

/// How far each target of notifications is, and what it would not take.
const NOTIFICATION_TABLES: &str = "CREATE TABLE notify_cursor (
       target TEXT PRIMARY KEY,
       sequence INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE dead_letter (
       target TEXT NOT NULL, sequence INTEGER NOT NULL,
       event BLOB NOT NULL, camera TEXT NOT NULL,
       time_us INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,
       PRIMARY KEY (target, sequence)
     ) STRICT, WITHOUT ROWID;";

const SITE_TABLES: M<'_> = M::up(
    "CREATE TABLE site (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       name TEXT NOT NULL,
       sequence_floor INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE camera (
       id INTEGER PRIMARY KEY,
       uid TEXT NOT NULL UNIQUE,
       name TEXT NOT NULL,
       lat REAL, lon REAL, heading REAL,
       place TEXT NOT NULL
     ) STRICT;",
);

const FOOTAGE: &[M<'_>] = &[
    FOOTAGE_TABLES,
    M::up(COVERAGE_TABLES),
    M::up(FOOTAGE_CHAIN_TABLES),
    M::up(COVERAGE_DAY_TABLES),
];

/// What is recorded without a break, at first from the segments there are (side by side: a second,
/// as `recorded` has it); what cameras did, a row for as long as nothing changed; from when to when
/// that is known. Their indexes, and that of the gaps, say all that a sweep over a range asks.
const COVERAGE_TABLES: &str = "CREATE TABLE recorded (
       id INTEGER PRIMARY KEY,
       stream INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX recorded_stream ON recorded (stream, start_us, end_us);
     INSERT INTO recorded (stream, start_us, end_us)
       SELECT stream, min(start_us), max(end_us) FROM (
         SELECT stream, start_us, end_us,
           sum(apart) OVER (PARTITION BY stream ORDER BY start_us, id) AS stretch FROM (
             SELECT id, stream, start_us, end_us,
               coalesce(start_us > 1000000 + max(end_us) OVER (
                 PARTITION BY stream ORDER BY start_us, id
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS apart
             FROM segment WHERE state = 1 AND end_us > start_us))
       GROUP BY stream, stretch;
     CREATE TABLE covered_camera (id INTEGER PRIMARY KEY, camera TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE coverage_span (
       id INTEGER PRIMARY KEY,
       camera INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER,
       unseen INTEGER NOT NULL, unanalysed INTEGER NOT NULL,
       mode INTEGER NOT NULL, rate INTEGER NOT NULL, recorded INTEGER NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX coverage_open ON coverage_span (camera) WHERE end_us IS NULL;
     CREATE INDEX coverage_camera ON coverage_span
       (camera, start_us, end_us, unseen, unanalysed, mode, rate, recorded);
     DROP INDEX gap_stream;
     CREATE INDEX gap_stream ON gap (stream, start_us, end_us, cause);
     CREATE TABLE coverage_extent (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       from_us INTEGER NOT NULL, until_us INTEGER NOT NULL
     ) STRICT;";

const FOOTAGE_TABLES: M<'_> = M::up(
    "CREATE TABLE stream (
       id INTEGER PRIMARY KEY,
       camera TEXT NOT NULL, role TEXT NOT NULL,
       longest_segment_us INTEGER NOT NULL DEFAULT 0,
       longest_gap_us INTEGER NOT NULL DEFAULT 0,
       UNIQUE (camera, role)
     ) STRICT;
     CREATE TABLE volume (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE format (
       id INTEGER PRIMARY KEY,
       codec TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
       rfc6381 TEXT NOT NULL, sample_entry BLOB NOT NULL,
       UNIQUE (sample_entry, codec, width, height, rfc6381)
     ) STRICT;
     CREATE TABLE segment (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       stream INTEGER NOT NULL, volume INTEGER NOT NULL, state INTEGER NOT NULL,
       start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,
       format INTEGER NOT NULL, path TEXT NOT NULL,
       bytes INTEGER NOT NULL, header_bytes INTEGER NOT NULL,
       sha256 BLOB, fragments BLOB NOT NULL
     ) STRICT;
     CREATE INDEX segment_stream ON segment (stream, start_us);
     CREATE INDEX segment_volume ON segment (volume, start_us) WHERE state = 1;
     CREATE INDEX segment_unfinished ON segment (state) WHERE state <> 1;
     CREATE TABLE gap (
       id INTEGER PRIMARY KEY,
       stream INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER,
       cause INTEGER NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX gap_open ON gap (stream) WHERE end_us IS NULL;
     CREATE INDEX gap_stream ON gap (stream, start_us);",
);

/// An index ends with the row's number without being told, so `(rule)` is `(rule, id)`.
const EVENTS: &[M<'_>] = &[EVENT_TABLES, M::up(RARE_CLASSES_INDEX), M::up(EVENT_ATTRIBUTES)];

/// Finds what is rare without the cost of an entry for every event: none, persons, motorcycles and
/// cars have no entry. A search that uses it repeats its condition word for word.
const RARE_CLASSES_INDEX: &str =
    "CREATE INDEX ev_class ON ev (class, id, cam, rule) WHERE class NOT IN (0, 1, 3, 4);";
/// The classes that `ev_class` leaves out, a bit for each number.
pub(crate) const EVERYDAY_CLASSES: u32 = 1 | 1 << 1 | 1 << 3 | 1 << 4;

/// What is known of the object, packed into a number.
const EVENT_ATTRIBUTES: &str = "ALTER TABLE ev ADD COLUMN attr INTEGER NOT NULL DEFAULT 0;";

const EVENT_TABLES: M<'_> = M::up(
    "CREATE TABLE rule (
       id INTEGER PRIMARY KEY,
       name TEXT NOT NULL, kind INTEGER NOT NULL, severity INTEGER NOT NULL,
       version INTEGER NOT NULL, model TEXT NOT NULL, geometry BLOB NOT NULL
     ) STRICT;
     CREATE TABLE place (
       id INTEGER PRIMARY KEY,
       cam INTEGER NOT NULL, lat REAL NOT NULL, lon REAL NOT NULL
     ) STRICT;
     CREATE TABLE ev (
       id INTEGER PRIMARY KEY,
       cam INTEGER NOT NULL, class INTEGER NOT NULL, rule INTEGER NOT NULL,
       place INTEGER, lat REAL, lon REAL, cell INTEGER,
       seq INTEGER NOT NULL, track INTEGER, uid BLOB NOT NULL, detail BLOB NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX ev_uid ON ev (uid);
     CREATE INDEX ev_cam ON ev (cam, id, class, rule);
     CREATE INDEX ev_rule ON ev (rule) WHERE rule > 0;
     CREATE INDEX ev_cell ON ev (cell) WHERE cell IS NOT NULL;
     CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY,
       kind INTEGER NOT NULL, ref INTEGER NOT NULL, rev INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE roll_class (
       hour INTEGER NOT NULL, class INTEGER NOT NULL, kind INTEGER NOT NULL,
       severity INTEGER NOT NULL, n INTEGER NOT NULL,
       PRIMARY KEY (hour, class, kind, severity)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE roll_cam (
       cam INTEGER NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL,
       PRIMARY KEY (cam, hour)
     ) STRICT, WITHOUT ROWID;",
);

const TRACKS: &[M<'_>] = &[TRACK_TABLES, M::up(TRACK_ATTRIBUTES)];

/// What is known of the object, packed into a number; the index says all that a search asks.
const TRACK_ATTRIBUTES: &str = "ALTER TABLE trk ADD COLUMN attr INTEGER NOT NULL DEFAULT 0;
     DROP INDEX trk_cam;
     CREATE INDEX trk_cam ON trk (cam, start_us, dur_us, class, attr);";

const TRACK_TABLES: M<'_> = M::up(
    "CREATE TABLE extent (
       one INTEGER PRIMARY KEY CHECK (one = 1),
       longest_us INTEGER NOT NULL
     ) STRICT;
     INSERT INTO extent VALUES (1, 0);
     CREATE TABLE trk (
       id INTEGER PRIMARY KEY,
       cam INTEGER NOT NULL, start_us INTEGER NOT NULL, dur_us INTEGER NOT NULL,
       class INTEGER NOT NULL, conf INTEGER NOT NULL, path BLOB NOT NULL
     ) STRICT;
     CREATE INDEX trk_cam ON trk (cam, start_us, dur_us);",
);

impl Kind {
    fn migrations(self) -> &'static [M<'static>] {
        match self {
            Self::Core => CORE,
            Self::Footage => FOOTAGE,
            Self::Events => EVENTS,
            Self::Tracks => TRACKS,
        }
    }

    fn synchronous(self) -> Synchronous {
        match self {
            Self::Core | Self::Footage | Self::Events => Synchronous::Full,
            Self::Tracks => Synchronous::Normal,
        }
    }

    /// `Wpc` and the like with a number, so that one file is not taken for another.
    fn application_id(self) -> i64 {
        0x5770_6900
            + match self {
                Self::Core => 1,
                Self::Footage => 2,
                Self::Events => 3,
                Self::Tracks => 4,
            }
    }

    fn newest_schema(self) -> i64 {
        i64::try_from(self.migrations().len()).unwrap_or(i64::MAX)
    }

    /// Opens a file for writing, makes it if absent and brings its tables up to date.
    pub(crate) fn open_writer(self, path: &Path) -> Result<Connection, IndexError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |error| IndexError::database("open", path, error);
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        // The core file has more than one writer: who reads first and writes then must not find
        // that another has written in between.
        connection.set_transaction_behavior(TransactionBehavior::Immediate);
        let is_new = self.check(&connection, path)? == 0;
        let synchronous = match self.synchronous() {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .and_then(|()| connection.pragma_update(None, "synchronous", synchronous))
            .and_then(|()| connection.pragma_update(None, "journal_size_limit", 16 << 20))
            .and_then(|()| connection.pragma_update(None, "cache_size", -16_384))
            .map_err(failed)?;
        if is_new {
            connection
                .pragma_update(None, "application_id", self.application_id())
                .map_err(failed)?;
        }
        Migrations::from_slice(self.migrations()).to_latest(&mut connection).map_err(|error| {
            match error {
                rusqlite_migration::Error::RusqliteError { err, .. } => {
                    IndexError::database("migrate", path, err)
                }
                other => IndexError::damaged(path, other.to_string()),
            }
        })?;
        if is_new {
            sync_folder_of(path)?;
        }
        self.check_tables(&connection, path)?;
        Ok(connection)
    }

    /// Opens a file for writing that another process has made and keeps up to date.
    pub(crate) fn open_beside(self, path: &Path) -> Result<Connection, IndexError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |error| IndexError::database("open", path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        let found = self.check(&connection, path)?;
        if found != self.newest_schema() {
            let path = path.to_owned();
            return Err(IndexError::OlderSchema { path, found, known: self.newest_schema() });
        }
        Ok(connection)
    }

    /// Opens a file for reading; it must be there and up to date.
    pub(crate) fn open_reader(self, path: &Path) -> Result<Connection, IndexError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |error| IndexError::database("open", path, error);
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        connection.pragma_update(None, "cache_size", -4096).map_err(failed)?;
        if self.check(&connection, path)? != self.newest_schema() {
            return Err(IndexError::damaged(path, "its tables are missing"));
        }
        Ok(connection)
    }

    /// Returns the number of the file's schema, 0 for a new file.
    fn check(self, connection: &Connection, path: &Path) -> Result<i64, IndexError> {
        let number = |sql: &str| -> Result<i64, IndexError> {
            connection
                .query_row(sql, [], |row| row.get(0))
                .map_err(|error| IndexError::database("read the header", path, error))
        };
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        let application_id = number("PRAGMA application_id")?;
        let schema = number("PRAGMA user_version")?;
        if application_id != self.application_id() && (tables > 0 || application_id != 0) {
            return Err(IndexError::Foreign { path: path.to_owned() });
        }
        if schema > self.newest_schema() {
            return Err(IndexError::NewerSchema {
                path: path.to_owned(),
                found: schema,
                known: self.newest_schema(),
            });
        }
        Ok(schema)
    }

    /// Checks that every table can be read at its two ends: finds a truncated or overwritten file
    /// without reading all of it.
    fn check_tables(self, connection: &Connection, path: &Path) -> Result<(), IndexError> {
        let failed = |error| IndexError::database("read the tables", path, error);
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .map_err(failed)?;
        let names = statement
            .query_map([], |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        for name in names {
            let quoted = name.replace('"', "\"\"");
            connection
                .query_row(&format!("SELECT 1 FROM \"{quoted}\" LIMIT 1"), [], |_| Ok(()))
                .or_else(|error| match error {
                    rusqlite::Error::QueryReturnedNoRows => Ok(()),
                    other => Err(other),
                })
                .map_err(failed)?;
        }
        let pages: i64 =
            connection.query_row("PRAGMA page_count", [], |row| row.get(0)).map_err(failed)?;
        let page_bytes: i64 =
            connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
        let wal = path.with_extension("db-wal");
        let bytes = std::fs::metadata(path).map_or(0, |meta| meta.len());
        let has_wal = std::fs::metadata(wal).is_ok_and(|meta| meta.len() > 0);
        let due = u64::try_from(pages.saturating_mul(page_bytes)).unwrap_or(0);
        if bytes < due && !has_wal {
            let detail = format!("{bytes} bytes long instead of {due}");
            return Err(IndexError::damaged(path, detail));
        }
        Ok(())
    }
}

/// Sets what every connection needs: patience, and no trust in what a file brings along.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// Makes the folder's entry of a new file survive a power cut.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), IndexError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| IndexError::folder(folder, error))
}
