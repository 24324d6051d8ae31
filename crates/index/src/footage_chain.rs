//! The chains of recorded files: one for each stream and day (UTC), a link added in the transaction
//! that closes a segment, so that what came when is fixed from then on.
//!
//! A link stays when its segment is deleted, as those before and after it need it, and goes with the
//! last footage of its day. What a link is made of is handed in ([`FootageLink`]).

use domain::{FootageLink, Segment, SegmentId, StreamId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Savepoint, params};

use crate::segment_row::stream_of;

/// Links, and for every chain when it last grew: `change` counts that over all chains.
pub(crate) const FOOTAGE_CHAIN_TABLES: &str = "CREATE TABLE footage_link (
       stream INTEGER NOT NULL, day INTEGER NOT NULL, number INTEGER NOT NULL,
       segment INTEGER NOT NULL, sha256 BLOB NOT NULL, chain BLOB NOT NULL,
       PRIMARY KEY (stream, day, number)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE footage_chain (
       stream INTEGER NOT NULL, day INTEGER NOT NULL, change INTEGER NOT NULL,
       PRIMARY KEY (stream, day)
     ) STRICT, WITHOUT ROWID;
     CREATE INDEX footage_chain_change ON footage_chain (change);";

const DAY_US: i64 = 86_400_000_000;

/// Names the chain of a stream and a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FootageDay {
    /// The stream.
    pub stream: StreamId,
    /// The day in UTC, counted from 1970-01-01.
    pub day: i64,
}

impl FootageDay {
    /// Returns the chain that a segment belongs to: that of the day on which it begins.
    pub fn of(segment: &Segment) -> Self {
        Self { stream: segment.stream.clone(), day: day_of(segment.range.start) }
    }
}

/// A recorded file in its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFootageLink {
    /// Its place in the chain, from 1.
    pub number: u64,
    /// The segment; it may be deleted by now.
    pub segment: SegmentId,
    /// The SHA-256 of the file, taken when it was closed.
    pub sha256: [u8; 32],
    /// The chain with it.
    pub chain: [u8; 32],
}

/// A chain as it is: its last link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootageHead {
    /// Which chain.
    pub day: FootageDay,
    /// How many links it has.
    pub links: u64,
    /// The chain with the last of them.
    pub chain: [u8; 32],
}

fn day_of(time: Timestamp) -> i64 {
    time.as_micros().div_euclid(DAY_US)
}

/// Adds a segment of the stream numbered `stream` to its chain. One that was closed before, and is
/// not as it was then, gets a further link.
pub(crate) fn add(
    savepoint: &Savepoint<'_>,
    stream: i64,
    segment: &Segment,
    sha256: &[u8; 32],
    link: FootageLink,
) -> rusqlite::Result<()> {
    let day = day_of(segment.range.start);
    let last: Option<(i64, i64, [u8; 32], [u8; 32])> = savepoint
        .prepare_cached(
            "SELECT number, segment, sha256, chain FROM footage_link
             WHERE stream = ?1 AND day = ?2 ORDER BY number DESC LIMIT 1",
        )?
        .query_row([stream, day], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let is_there =
        last.as_ref().is_some_and(|(_, of, known, _)| (*of, known) == (segment.id.0, sha256));
    if is_there {
        return Ok(());
    }
    let (number, before) = last.map_or((0, [0; 32]), |(number, _, _, chain)| (number, chain));
    let chain = link(&before, sha256);
    savepoint
        .prepare_cached("INSERT INTO footage_link VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![stream, day, number + 1, segment.id.0, sha256, chain])?;
    savepoint
        .prepare_cached(
            "INSERT OR REPLACE INTO footage_chain
             SELECT ?1, ?2, 1 + coalesce((SELECT max(change) FROM footage_chain), 0)",
        )?
        .execute([stream, day])?;
    Ok(())
}

/// Forgets the chains of days that ended by `before` and of which nothing is left.
pub(crate) fn expire(savepoint: &Savepoint<'_>, before: Timestamp) -> rusqlite::Result<()> {
    // The newest change stays, or its number would be given again.
    let mut gone = savepoint.prepare_cached(
        "SELECT stream, day FROM footage_chain
         WHERE day < ?1 AND change < (SELECT max(change) FROM footage_chain) AND NOT EXISTS (
           SELECT 1 FROM segment s WHERE s.stream = footage_chain.stream
             AND s.start_us >= footage_chain.day * 86400000000
             AND s.start_us < (footage_chain.day + 1) * 86400000000)",
    )?;
    let rows = gone.query_map([day_of(before)], |row| Ok([row.get(0)?, row.get(1)?]))?;
    let chains: Vec<[i64; 2]> = rows.collect::<rusqlite::Result<_>>()?;
    for chain in chains {
        for sql in [
            "DELETE FROM footage_link WHERE stream = ?1 AND day = ?2",
            "DELETE FROM footage_chain WHERE stream = ?1 AND day = ?2",
        ] {
            savepoint.prepare_cached(sql)?.execute(chain)?;
        }
    }
    Ok(())
}

/// Reads the links of a chain from the one numbered `from` on, in order.
pub(crate) fn links(
    connection: &Connection,
    of: &FootageDay,
    from: u64,
) -> rusqlite::Result<Vec<StoredFootageLink>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, segment, sha256, chain FROM footage_link
         WHERE stream = (SELECT id FROM stream WHERE camera = ?1 AND role = ?2)
           AND day = ?3 AND number >= ?4 ORDER BY number",
    )?;
    let (camera, role) = (of.stream.camera.as_str(), of.stream.role.as_str());
    let rows = statement.query_map(params![camera, role, of.day, from.cast_signed()], |row| {
        Ok(StoredFootageLink {
            number: row.get::<_, i64>(0)?.cast_unsigned(),
            segment: SegmentId(row.get(1)?),
            sha256: row.get(2)?,
            chain: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// Reads the chains that grew after the change numbered `after`, and the number of the last change.
pub(crate) fn grown(
    connection: &Connection,
    after: u64,
) -> rusqlite::Result<(Vec<FootageHead>, u64)> {
    let mut statement = connection.prepare_cached(
        "SELECT st.camera, st.role, c.day, c.change, l.number, l.chain
         FROM footage_chain c JOIN stream st ON st.id = c.stream
         JOIN footage_link l ON l.stream = c.stream AND l.day = c.day AND l.number = (
           SELECT max(number) FROM footage_link WHERE stream = c.stream AND day = c.day)
         WHERE c.change > ?1 ORDER BY c.change",
    )?;
    let mut newest = after;
    let mut heads = Vec::new();
    let mut rows = statement.query([after.cast_signed()])?;
    while let Some(row) = rows.next()? {
        newest = newest.max(row.get::<_, i64>(3)?.cast_unsigned());
        let (camera, role): (String, String) = (row.get(0)?, row.get(1)?);
        // A name that nobody wrote belongs to no camera.
        let Some(stream) = stream_of(&camera, &role) else { continue };
        heads.push(FootageHead {
            day: FootageDay { stream, day: row.get(2)? },
            links: row.get::<_, i64>(4)?.cast_unsigned(),
            chain: row.get(5)?,
        });
    }
    Ok((heads, newest))
}
