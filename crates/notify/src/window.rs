//! The events on their way to one target: in order for each camera, bounded in all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::CameraId;

use crate::outbox::Numbered;

/// How an event came to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From the log, in its turn: the cursor waits for it.
    Log,
    /// From the dead letters, once more.
    DeadLetter,
}

/// An event on its way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Letter {
    pub(crate) numbered: Numbered,
    pub(crate) origin: Origin,
}

impl Letter {
    fn camera(&self) -> &CameraId {
        &self.numbered.event.draft.camera
    }
}

/// The events read and not yet settled. Owned by a courier.
///
/// The cursor is the highest sequence up to which everything is settled, so it waits for the
/// slowest camera: what faster ones got meanwhile is sent again after a crash.
#[derive(Debug)]
pub(crate) struct Window {
    limit: usize,
    read_to: u64,
    unsettled: BTreeSet<u64>,
    lanes: BTreeMap<CameraId, Lane>,
    letters: usize,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Letter>,
    sending: bool,
}

impl Window {
    /// Begins after `cursor`; holds at most `limit` events.
    pub(crate) fn new(cursor: u64, limit: usize) -> Self {
        Self {
            limit,
            read_to: cursor,
            unsettled: BTreeSet::new(),
            lanes: BTreeMap::new(),
            letters: 0,
        }
    }

    /// Returns how many more events fit.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.letters)
    }

    /// Returns how many events are on their way.
    pub(crate) fn len(&self) -> usize {
        self.letters
    }

    /// Returns up to where the log has been read.
    pub(crate) fn read_to(&self) -> u64 {
        self.read_to
    }

    /// Returns up to where everything is settled.
    pub(crate) fn cursor(&self) -> u64 {
        self.unsettled.first().map_or(self.read_to, |first| first - 1)
    }

    /// Passes an event of the log that the target does not want.
    pub(crate) fn pass(&mut self, sequence: u64) {
        debug_assert!(sequence > self.read_to);
        self.read_to = sequence;
    }

    /// Takes an event in, behind the others of its camera.
    pub(crate) fn take(&mut self, letter: Letter) {
        if letter.origin == Origin::Log {
            debug_assert!(letter.numbered.sequence > self.read_to);
            self.read_to = letter.numbered.sequence;
            self.unsettled.insert(letter.numbered.sequence);
        }
        self.letters += 1;
        self.lanes.entry(letter.camera().clone()).or_default().waiting.push_back(letter);
    }

    /// Returns the first event of every camera that has none being sent; each is being sent from
    /// now on, until [`Window::settle`].
    pub(crate) fn due(&mut self) -> Vec<Letter> {
        let free = self.lanes.values_mut().filter(|lane| !lane.sending);
        free.filter_map(|lane| {
            let letter = lane.waiting.pop_front()?;
            lane.sending = true;
            Some(letter)
        })
        .collect()
    }

    /// Takes note that an event was delivered or given up.
    pub(crate) fn settle(&mut self, letter: &Letter) {
        if letter.origin == Origin::Log {
            self.unsettled.remove(&letter.numbered.sequence);
        }
        self.letters -= 1;
        if let Some(lane) = self.lanes.get_mut(letter.camera()) {
            lane.sending = false;
            if lane.waiting.is_empty() {
                self.lanes.remove(letter.camera());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made::event;

    fn letter(sequence: u64, camera: &str, origin: Origin) -> Letter {
        Letter {
            numbered: Numbered { sequence, event: event(sequence, camera, 1), folded: None },
            origin,
        }
    }

    fn sequences(letters: &[Letter]) -> Vec<u64> {
        letters.iter().map(|letter| letter.numbered.sequence).collect()
    }

    #[test]
    fn each_camera_has_one_event_being_sent_and_the_cursor_waits_for_the_slowest() {
        let mut window = Window::new(10, 4);
        for (sequence, camera) in [(11, "a"), (12, "b"), (14, "a"), (15, "b")] {
            window.take(letter(sequence, camera, Origin::Log));
        }
        assert_eq!(window.room(), 0);
        let first = window.due();
        assert_eq!(sequences(&first), [11, 12]);
        assert!(window.due().is_empty());
        window.settle(&first[1]);
        assert_eq!(window.cursor(), 10);
        let second = window.due();
        assert_eq!(sequences(&second), [15]);
        window.settle(&second[0]);
        window.settle(&first[0]);
        assert_eq!(window.cursor(), 13);
        let third = window.due();
        window.settle(&third[0]);
        assert_eq!((window.cursor(), window.len()), (15, 0));
        window.pass(99);
        assert_eq!(window.cursor(), 99);
    }

    #[test]
    fn a_dead_letter_sent_again_does_not_move_the_cursor() {
        let mut window = Window::new(10, 4);
        window.take(letter(3, "a", Origin::DeadLetter));
        assert_eq!((window.cursor(), window.read_to()), (10, 10));
        let due = window.due();
        window.settle(&due[0]);
        assert_eq!((window.cursor(), window.len()), (10, 0));
    }
}
