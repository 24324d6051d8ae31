//! What closed alerts came to, counted by who raised them.

use domain::{CameraId, EventKind, Outcome, RuleId, Share, TimeRange};
use rusqlite::Row;

use crate::alert_row::{never_written, read_text};
use crate::{Index, IndexError};

/// What the closed alerts of a rule at a camera came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    /// The camera that saw them first.
    pub camera: CameraId,
    /// The rule that raised them.
    pub rule: RuleId,
    /// What kind of event it was.
    pub kind: EventKind,
    /// How many were as the alert says.
    pub real: u64,
    /// How many were false alarms.
    pub false_alarms: u64,
    /// How many another alert told of, too.
    pub duplicates: u64,
    /// How many came to nothing.
    pub no_action: u64,
}

impl Verdicts {
    /// Returns how many were true of those that were judged true or false.
    pub fn precision(&self) -> Share {
        Share { part: self.real, whole: self.real + self.false_alarms }
    }
}

impl Index {
    /// Counts what alerts first told of in `range` came to, by camera and rule, in their order.
    /// Those that are open or were reopened count nowhere.
    ///
    /// # Errors
    /// [`IndexError::Busy`], or when the core file cannot be read.
    pub fn verdicts(&self, range: TimeRange) -> Result<Vec<Verdicts>, IndexError> {
        let mut reader = self.inner.readers.get()?;
        let core = reader.core()?;
        let mut verdicts: Vec<Verdicts> = Vec::new();
        let mut read = || -> rusqlite::Result<()> {
            // The first of `cameras` is the one that raised it. Calls are no rule's.
            let mut statement = core.prepare_cached(
                "SELECT substr(cameras, 1, instr(cameras || ' ', ' ') - 1) AS camera, rule, kind,
                   outcome, count(*)
                 FROM alert INDEXED BY alert_outcome
                 WHERE outcome IS NOT NULL AND first_us >= ?1 AND first_us < ?2
                   AND kind NOT IN (53, 54, 55)
                 GROUP BY camera, rule, kind, outcome ORDER BY camera, rule, kind",
            )?;
            let mut rows = statement.query([range.start.as_micros(), range.end.as_micros()])?;
            while let Some(row) = rows.next()? {
                let (found, outcome, count) = read_row(row)?;
                let is_same = |known: &Verdicts| {
                    (&known.camera, &known.rule, known.kind)
                        == (&found.camera, &found.rule, found.kind)
                };
                if !verdicts.last().is_some_and(is_same) {
                    verdicts.push(found);
                }
                let Some(last) = verdicts.last_mut() else { continue };
                match outcome {
                    Outcome::True => last.real += count,
                    Outcome::False => last.false_alarms += count,
                    Outcome::Duplicate => last.duplicates += count,
                    Outcome::NoAction => last.no_action += count,
                }
            }
            Ok(())
        };
        read().map_err(|error| self.unreadable(error))?;
        Ok(verdicts)
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<(Verdicts, Outcome, u64)> {
    let verdicts = Verdicts {
        camera: read_text(row, 0)?,
        rule: read_text(row, 1)?,
        kind: EventKind::from_number(row.get(2)?).ok_or_else(|| never_written(2))?,
        real: 0,
        false_alarms: 0,
        duplicates: 0,
        no_action: 0,
    };
    let outcome = Outcome::from_number(row.get(3)?).ok_or_else(|| never_written(3))?;
    let count: i64 = row.get(4)?;
    Ok((verdicts, outcome, count.cast_unsigned()))
}
