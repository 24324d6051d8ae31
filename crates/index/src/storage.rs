//! How fast volumes fill: what was written lately, and how far back their footage reaches.

use domain::{StreamRole, TimeRange, Timestamp, VolumeId};
use rusqlite::{OptionalExtension, params};

use crate::{Index, IndexError};

/// What was written to a volume in some stretches of time, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Of main streams.
    pub main: u64,
    /// Of sub streams.
    pub sub: u64,
}

impl Index {
    /// Returns when the oldest footage on a volume begins; `None` where none is closed yet.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the footage file cannot be read.
    pub fn oldest_on(&self, volume: &VolumeId) -> Result<Option<Timestamp>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        reader
            .footage()?
            .prepare_cached(
                "SELECT start_us FROM segment
                 WHERE volume = (SELECT id FROM volume WHERE name = ?1) AND state = 1
                 ORDER BY start_us LIMIT 1",
            )
            .and_then(|mut statement| {
                let read = |row: &rusqlite::Row<'_>| row.get(0).map(Timestamp::from_micros);
                statement.query_row([volume.as_str()], read).optional()
            })
            .map_err(|error| self.unreadable(error))
    }

    /// Adds up the closed segments of a volume that began in one of `stretches`. Reads each of
    /// their rows: ask for stretches of minutes, not days.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the footage file cannot be read.
    pub fn written_on(
        &self,
        volume: &VolumeId,
        stretches: &[TimeRange],
    ) -> Result<Written, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let footage = reader.footage()?;
        let mut written = Written::default();
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = footage.prepare_cached(
                "SELECT st.role, sum(s.bytes) FROM segment s JOIN stream st ON st.id = s.stream
                 WHERE s.volume = (SELECT id FROM volume WHERE name = ?1) AND s.state = 1
                   AND s.start_us >= ?2 AND s.start_us < ?3 GROUP BY st.role",
            )?;
            for stretch in stretches {
                let key =
                    params![volume.as_str(), stretch.start.as_micros(), stretch.end.as_micros()];
                let mut rows = statement.query(key)?;
                while let Some(row) = rows.next()? {
                    let (role, bytes): (String, i64) = (row.get(0)?, row.get(1)?);
                    let is_sub = role == StreamRole::Sub.as_str();
                    let sum = if is_sub { &mut written.sub } else { &mut written.main };
                    *sum = sum.saturating_add(bytes.max(0).cast_unsigned());
                }
            }
            Ok(())
        };
        read().map_err(|error| self.unreadable(error))?;
        Ok(written)
    }
}
