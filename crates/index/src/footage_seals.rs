//! Seals of the chains of recorded files: what all of them were at one moment, tied to the audit
//! trail by an entry, so that a chain is as hard to make anew as the trail is.

use domain::{AuditDraft, ChainLink, TimeRange, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

use crate::{Custody, IndexError};

/// Seals, by the entry of the trail that tells of them. `leaves` are 32 bytes each.
pub(crate) const FOOTAGE_SEAL_TABLES: &str = "CREATE TABLE footage_seal (
       seq INTEGER PRIMARY KEY,
       time_us INTEGER NOT NULL, change INTEGER NOT NULL, leaves BLOB NOT NULL
     ) STRICT;
     CREATE INDEX footage_seal_time ON footage_seal (time_us);";

/// What the chains that grew were at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootageSeal {
    /// When.
    pub time: Timestamp,
    /// The last change of a chain that it covers.
    pub change: u64,
    /// A hash for each chain; what it is made of is not this crate's business.
    pub leaves: Vec<[u8; 32]>,
}

/// A seal that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFootageSeal {
    /// The entry of the audit trail that tells of it.
    pub seq: u64,
    /// What was sealed.
    pub seal: FootageSeal,
}

impl Custody {
    /// Stores a seal together with its audit entry.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn seal_footage(
        &mut self,
        seal: &FootageSeal,
        entry: &AuditDraft,
        link: ChainLink,
    ) -> Result<StoredFootageSeal, IndexError> {
        let leaves = seal.leaves.concat();
        let (entry, ()) = self.with_audit(entry, link, |transaction| {
            // The entry follows in this transaction: nobody else can take its number.
            transaction.execute(
                "INSERT INTO footage_seal (seq, time_us, change, leaves)
                 SELECT 1 + coalesce(max(seq), 0), ?1, ?2, ?3 FROM audit",
                params![seal.time.as_micros(), seal.change.cast_signed(), leaves],
            )?;
            Ok(())
        })?;
        Ok(StoredFootageSeal { seq: entry.entry.seq, seal: seal.clone() })
    }

    /// Returns the last change of a chain that any seal covers; 0 before the first.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn sealed_change(&self) -> Result<u64, IndexError> {
        self.connection
            .query_row("SELECT max(change) FROM footage_seal", [], |row| {
                row.get::<_, Option<i64>>(0)
            })
            .map(|change| change.map_or(0, i64::cast_unsigned))
            .map_err(|error| self.unreadable(error))
    }

    /// Returns the first seal of `range` that holds one of `leaves`, with its place among them.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn footage_seal_of(
        &self,
        leaves: &[[u8; 32]],
        range: TimeRange,
    ) -> Result<Option<(StoredFootageSeal, usize)>, IndexError> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT seq, time_us, change, leaves FROM footage_seal
                 WHERE time_us >= ?1 AND time_us < ?2 ORDER BY seq",
            )?;
            let mut rows = statement.query([range.start.as_micros(), range.end.as_micros()])?;
            while let Some(row) = rows.next()? {
                let stored = read_seal(row)?;
                let place = leaves.iter().position(|leaf| stored.seal.leaves.contains(leaf));
                if let Some(place) = place {
                    return Ok(Some((stored, place)));
                }
            }
            Ok(None)
        };
        read().map_err(|error| self.unreadable(error))
    }

    /// Returns the number of the first signed head that covers entry `seq`.
    ///
    /// # Errors
    /// When the core file cannot be read.
    pub fn head_over(&self, seq: u64) -> Result<Option<u64>, IndexError> {
        self.connection
            .query_row(
                "SELECT number FROM audit_head WHERE seq >= ?1 ORDER BY number LIMIT 1",
                [seq.cast_signed()],
                |row| row.get::<_, i64>(0),
            )
            .optional()
            .map(|number| number.map(i64::cast_unsigned))
            .map_err(|error| self.unreadable(error))
    }

    /// Forgets seals from before `before`; those stay that a hold in force may need. The newest
    /// stays always: it says how far chains are sealed.
    ///
    /// # Errors
    /// When the core file cannot be written.
    pub fn expire_footage_seals(&mut self, before: Timestamp) -> Result<usize, IndexError> {
        self.connection
            .execute(
                "DELETE FROM footage_seal WHERE time_us < ?1
                   AND seq < (SELECT max(seq) FROM footage_seal)
                   AND NOT EXISTS (SELECT 1 FROM hold WHERE lifted_us IS NULL
                     AND start_us <= footage_seal.time_us
                     AND (end_us IS NULL OR end_us >= footage_seal.time_us - 86400000000))",
                [before.as_micros()],
            )
            .map_err(|error| IndexError::database("forget old seals", &self.path, error))
    }
}

fn read_seal(row: &Row<'_>) -> rusqlite::Result<StoredFootageSeal> {
    let leaves: Vec<u8> = row.get(3)?;
    let (leaves, _) = leaves.as_chunks::<32>();
    Ok(StoredFootageSeal {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        seal: FootageSeal {
            time: Timestamp::from_micros(row.get(1)?),
            change: row.get::<_, i64>(2)?.cast_unsigned(),
            leaves: leaves.to_vec(),
        },
    })
}
