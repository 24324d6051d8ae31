//! Where events come from and where progress is kept: the program's log, as this crate sees it.

use domain::{CameraId, Event, EventId, EventKind, Severity, TargetId, Timestamp};
use tokio::sync::watch;

/// Why the log could not be read or written.
pub type OutboxError = Box<dyn std::error::Error + Send + Sync>;

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// Counts the events of the site in the order in which they were stored, from 1.
    pub sequence: u64,
    /// The event.
    pub event: Event,
    /// The alert that it raised, grew or ended; `None` of what is no alert, and of one that has
    /// expired.
    pub folded: Option<Folded>,
}

/// An alert as its events need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded {
    /// The event that raised it names it.
    pub alert: EventId,
    /// How grave the gravest of its events is.
    pub severity: Severity,
}

impl Numbered {
    /// Returns whether the event raised an alert, instead of growing one.
    pub fn raises_alert(&self) -> bool {
        self.folded.is_some_and(|folded| folded.alert == self.event.id)
    }

    /// Returns whether the event is the end of trouble.
    pub fn is_end(&self) -> bool {
        matches!(self.event.draft.kind, EventKind::Over(_))
    }

    /// Returns how grave the event is; the end of trouble as grave as the trouble was.
    pub fn severity(&self) -> Severity {
        let ended = self.folded.filter(|_| self.is_end());
        ended.map_or(self.event.draft.severity, |folded| folded.severity)
    }
}

/// An event that a target would not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's place in the log.
    pub sequence: u64,
    /// The event's name.
    pub event: EventId,
    /// The camera that saw it.
    pub camera: CameraId,
    /// When it was given up.
    pub time: Timestamp,
    /// How often it was sent.
    pub attempts: u32,
    /// Why it was given up, for a person.
    pub reason: String,
}

/// What changes in one step, all or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Everything up to here was delivered, was not wanted, or is a dead letter.
    pub cursor: u64,
    /// New dead letters, and old ones that failed again.
    pub dead: Vec<DeadLetter>,
    /// Dead letters that are none any more.
    pub delivered: Vec<u64>,
}

/// The log of events and how far each target is in it. All methods may block.
pub trait Outbox: Send + Sync + 'static {
    /// Returns a watch on the highest sequence of which it is known which alert it belongs to.
    fn newest(&self) -> watch::Receiver<u64>;

    /// Returns up to `limit` events after `sequence` and up to `newest`, in order.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn events_after(
        &self,
        sequence: u64,
        newest: u64,
        limit: usize,
    ) -> Result<Vec<Numbered>, OutboxError>;

    /// Returns the event named `id`, if it is still kept.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn event(&self, id: &EventId) -> Result<Option<Numbered>, OutboxError>;

    /// Returns how far `target` is; `None` for a new one.
    ///
    /// # Errors
    /// When progress cannot be read.
    fn cursor(&self, target: &TargetId) -> Result<Option<u64>, OutboxError>;

    /// Makes a step of `target` durable, whole or not at all.
    ///
    /// # Errors
    /// When progress cannot be written.
    fn settle(&self, target: &TargetId, settlement: &Settlement) -> Result<(), OutboxError>;

    /// Returns the dead letters of `target` whose sequence is above `after`, in order.
    ///
    /// # Errors
    /// When progress cannot be read.
    fn dead_letters(
        &self,
        target: &TargetId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, OutboxError>;

    /// Returns how many dead letters `target` has.
    ///
    /// # Errors
    /// When progress cannot be read.
    fn dead_letter_count(&self, target: &TargetId) -> Result<u64, OutboxError>;

    /// Forgets the progress of all targets but `kept`.
    ///
    /// # Errors
    /// When progress cannot be written.
    fn keep_only(&self, kept: &[TargetId]) -> Result<(), OutboxError>;
}
