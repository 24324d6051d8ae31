//! Who is told when nobody takes charge of an alert, and after how long.

use std::time::Duration;

use domain::{AccountName, DueEscalation, Severity, Timestamp};

/// One rung: an alert of a severity that nobody acknowledged for so long goes to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// Of which severity.
    pub severity: Severity,
    /// How long after it was raised, or came back from the shelf.
    pub after: Duration,
    /// To whom.
    pub to: AccountName,
}

/// The policy: for each severity its rungs, the soonest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Escalations(Vec<Escalation>);

impl Escalations {
    /// Takes the rungs in any order.
    pub fn new(mut rungs: Vec<Escalation>) -> Self {
        rungs.sort_by_key(|rung| rung.after);
        Self(rungs)
    }

    /// Returns how long an alert of `severity` may wait before it goes higher: its first rung.
    pub fn answer_within(&self, severity: Severity) -> Option<Duration> {
        self.0.iter().find(|rung| rung.severity == severity).map(|rung| rung.after)
    }

    /// Returns when the rung after the first `climbed` is due for an alert that began to wait at
    /// `since`, or went up the rung before it then; `None` above the last.
    pub fn next(&self, severity: Severity, climbed: u8, since: Timestamp) -> Option<DueEscalation> {
        let climbed = usize::from(climbed);
        let of_severity: Vec<_> = self.0.iter().filter(|rung| rung.severity == severity).collect();
        let rung = of_severity.get(climbed)?;
        let before = climbed.checked_sub(1).and_then(|below| of_severity.get(below));
        let wait = rung.after.saturating_sub(before.map_or(Duration::ZERO, |rung| rung.after));
        Some(DueEscalation { at: since.plus(wait), to: rung.to.clone() })
    }
}
