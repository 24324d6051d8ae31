//! Serves one target: reads the log after its cursor, sends, and moves the cursor.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::{error, info};

use crate::delivery::{End, Line};
use crate::outbox::{DeadLetter, Outbox, OutboxError, Settlement};
use crate::status::LastError;
use crate::window::{Letter, Origin, Window};

/// Events on their way to one target at most; the log keeps the others.
pub(crate) const WINDOW: usize = 256;
/// Attempts at once to one target, each for another camera.
pub(crate) const AT_ONCE: usize = 16;
/// Events passed over, because nobody wants them, until the cursor is saved for them alone.
const PASSED_UNSAVED: u64 = 1000;
/// How long to wait until a log that could not be read or written is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long attempts under way may go on once stopping.
const DRAIN: Duration = Duration::from_secs(5);
/// Dead letters read at once.
const DEAD_LETTERS_AT_ONCE: usize = 1000;

/// One task per target; nothing of one waits for another.
pub(crate) struct Courier {
    line: Arc<Line>,
    newest: watch::Receiver<u64>,
    /// Asks for the dead letters to be sent again; one waiting is enough.
    retries: mpsc::Receiver<()>,
    window: Window,
    sending: JoinSet<(Letter, End)>,
    /// Dead letters to be sent again, and the sequences of all that are on their way.
    again: VecDeque<DeadLetter>,
    sent_again: BTreeSet<u64>,
    /// Settled and not yet saved, besides the cursor.
    unsaved: Settlement,
    saved_cursor: u64,
    settled_since_save: bool,
    /// The log cannot be read or written: nothing new is sent meanwhile.
    stuck: bool,
    refused_in_a_row: u64,
}

impl Courier {
    pub(crate) fn new(line: Arc<Line>, cursor: u64, retries: mpsc::Receiver<()>) -> Self {
        let newest = line.outbox.newest();
        Self {
            line,
            newest,
            retries,
            window: Window::new(cursor, WINDOW),
            sending: JoinSet::new(),
            again: VecDeque::new(),
            sent_again: BTreeSet::new(),
            unsaved: Settlement::default(),
            saved_cursor: cursor,
            settled_since_save: false,
            stuck: false,
            refused_in_a_row: 0,
        }
    }

    /// Serves until the stop token falls, then lets attempts under way end and saves.
    pub(crate) async fn run(mut self) {
        let stop = self.line.stop.clone();
        loop {
            if let Err(problem) = self.step().await {
                self.get_stuck(&problem);
            }
            self.note();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = self.sending.join_next() => {
                    if !self.take_note(done) {
                        return;
                    }
                }
                changed = self.newest.changed(), if self.window.room() > 0 && !self.stuck => {
                    if changed.is_err() {
                        break;
                    }
                }
                Some(()) = self.retries.recv(), if !self.stuck => {
                    if let Err(problem) = self.find_dead_letters().await {
                        self.get_stuck(&problem);
                    }
                }
                () = tokio::time::sleep(PAUSE), if self.stuck => {}
            }
        }
        self.drain().await;
    }

    /// Saves what is settled, reads what comes next, sends what is due.
    async fn step(&mut self) -> Result<(), OutboxError> {
        while let Some(done) = self.sending.try_join_next() {
            if !self.take_note(done) {
                break;
            }
        }
        if self.settled_since_save {
            self.save().await?;
        }
        self.read_dead_letters().await?;
        self.read_log().await?;
        if self.window.cursor() >= self.saved_cursor + PASSED_UNSAVED {
            self.save().await?;
        }
        if std::mem::take(&mut self.stuck) {
            info!(target = %self.line.target.id, "notifications go on");
        }
        for letter in self.window.due() {
            let line = Arc::clone(&self.line);
            self.sending.spawn(async move {
                let end = line.deliver(&letter.numbered).await;
                (letter, end)
            });
        }
        Ok(())
    }

    async fn read_log(&mut self) -> Result<(), OutboxError> {
        while self.window.room() > 0 && !self.line.stop.is_cancelled() {
            // Marked as seen before reading: what is stored meanwhile knocks again.
            let newest = *self.newest.borrow_and_update();
            let (after, limit) = (self.window.read_to(), self.window.room());
            if after >= newest {
                return Ok(());
            }
            let batch = blocking(&self.line.outbox, move |outbox| {
                outbox.events_after(after, newest, limit)
            })
            .await?;
            if batch.is_empty() {
                // What lay there has expired.
                self.window.pass(newest);
            }
            for numbered in batch {
                if self.line.target.wants(&numbered) {
                    self.window.take(Letter { numbered, origin: Origin::Log });
                } else {
                    self.window.pass(numbered.sequence);
                }
            }
        }
        Ok(())
    }

    /// Lists the dead letters that are to be sent again.
    async fn find_dead_letters(&mut self) -> Result<(), OutboxError> {
        let mut after = 0;
        loop {
            let id = self.line.target.id.clone();
            let found = blocking(&self.line.outbox, move |outbox| {
                outbox.dead_letters(&id, after, DEAD_LETTERS_AT_ONCE)
            })
            .await?;
            let Some(last) = found.last() else {
                return Ok(());
            };
            after = last.sequence;
            for letter in found {
                if self.sent_again.insert(letter.sequence) {
                    self.again.push_back(letter);
                }
            }
        }
    }

    /// Puts dead letters on their way; they take half the window at most.
    async fn read_dead_letters(&mut self) -> Result<(), OutboxError> {
        while self.window.room() > WINDOW / 2 {
            let Some(letter) = self.again.front() else {
                return Ok(());
            };
            let (id, sequence) = (letter.event, letter.sequence);
            let found = blocking(&self.line.outbox, move |outbox| outbox.event(&id)).await?;
            self.again.pop_front();
            if let Some(numbered) = found {
                self.window.take(Letter { numbered, origin: Origin::DeadLetter });
            } else {
                info!(target = %self.line.target.id, sequence, "a dead letter's event has expired");
                self.sent_again.remove(&sequence);
                self.unsaved.delivered.push(sequence);
                self.settled_since_save = true;
            }
        }
        Ok(())
    }

    /// Returns whether the courier can go on.
    fn take_note(&mut self, done: Result<(Letter, End), JoinError>) -> bool {
        let (letter, end) = match done {
            Ok(done) => done,
            Err(problem) => {
                error!(target = %self.line.target.id, %problem, "a delivery panicked");
                self.get_stuck(&"a delivery panicked: restart the service".into());
                return false;
            }
        };
        let sequence = letter.numbered.sequence;
        match end {
            End::Delivered => {
                self.refused_in_a_row = 0;
                if letter.origin == Origin::DeadLetter {
                    self.unsaved.delivered.push(sequence);
                }
            }
            End::Dead { attempts, reason } => self.bury(&letter, attempts, reason),
            // Not settled: the cursor stays before it.
            End::Interrupted => return true,
        }
        self.sent_again.remove(&sequence);
        self.window.settle(&letter);
        self.settled_since_save = true;
        true
    }

    fn bury(&mut self, letter: &Letter, attempts: u32, reason: String) {
        let target = &self.line.target.id;
        counter!("watchpost_notifications_dead_total", "target" => target.to_string()).increment(1);
        // One line per run of refusals; the list has them all.
        if self.refused_in_a_row == 0 {
            let sequence = letter.numbered.sequence;
            error!(%target, sequence, reason, "an event is a dead letter: see the notifications");
        }
        self.refused_in_a_row += 1;
        self.unsaved.dead.push(DeadLetter {
            sequence: letter.numbered.sequence,
            event: letter.numbered.event.id,
            camera: letter.numbered.event.draft.camera.clone(),
            time: self.line.clock.now(),
            attempts,
            reason,
        });
    }

    /// Saves the cursor with what was given up or delivered after all; a failure changes nothing.
    async fn save(&mut self) -> Result<(), OutboxError> {
        self.unsaved.cursor = self.window.cursor();
        let (id, settlement) = (self.line.target.id.clone(), self.unsaved.clone());
        let dead_letters = blocking(&self.line.outbox, move |outbox| {
            outbox.settle(&id, &settlement)?;
            let changed = !settlement.dead.is_empty() || !settlement.delivered.is_empty();
            changed.then(|| outbox.dead_letter_count(&id)).transpose()
        })
        .await?;
        self.saved_cursor = self.unsaved.cursor;
        self.unsaved = Settlement::default();
        self.settled_since_save = false;
        let mut noted = self.line.board.noted();
        noted.cursor = self.saved_cursor;
        if let Some(dead_letters) = dead_letters {
            noted.dead_letters = dead_letters;
        }
        Ok(())
    }

    async fn drain(&mut self) {
        let deadline = tokio::time::Instant::now() + DRAIN;
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, self.sending.join_next()).await
        {
            if !self.take_note(done) {
                break;
            }
        }
        self.sending.abort_all();
        if (self.settled_since_save || self.window.cursor() > self.saved_cursor)
            && let Err(problem) = self.save().await
        {
            let target = &self.line.target.id;
            error!(%target, %problem, "progress not saved: the last events will be sent again");
        }
    }

    fn get_stuck(&mut self, problem: &OutboxError) {
        if !std::mem::replace(&mut self.stuck, true) {
            let target = &self.line.target.id;
            error!(%target, %problem, "notifications wait: the index cannot be read or written");
        }
        let text = format!("the index cannot be read or written: {problem}");
        let mut noted = self.line.board.noted();
        noted.last_error = Some(LastError { time: self.line.clock.now(), text });
        noted.stuck = true;
    }

    fn note(&self) {
        let mut noted = self.line.board.noted();
        noted.on_their_way = self.window.len() + self.again.len();
        noted.stuck = self.stuck;
        if !self.settled_since_save {
            // Passing over what nobody wants is progress, too, saved or not.
            noted.cursor = self.window.cursor();
        }
    }
}

/// Asks the log on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    outbox: &Arc<dyn Outbox>,
    work: impl FnOnce(&dyn Outbox) -> Result<T, OutboxError> + Send + 'static,
) -> Result<T, OutboxError> {
    let outbox = Arc::clone(outbox);
    tokio::task::spawn_blocking(move || work(&*outbox)).await?
}
