//! The newest frame of each camera, and whose turn it is.
//!
//! A camera has one place: a newer frame replaces the one that waits, which keeps its turn. Who
//! goes first is decided by priority class ([`Lanes`]).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::lanes::Lanes;

/// Whose turn it is; pure. `K` names a camera, `T` is its frame.
#[derive(Debug)]
pub(crate) struct Turns<K, T> {
    places: HashMap<K, Place<T>>,
    lanes: Lanes<K>,
}

#[derive(Debug)]
struct Place<T> {
    class: usize,
    waiting: Option<T>,
    /// A frame of this camera is being looked at: the next one waits, so that order is kept.
    busy: bool,
}

impl<K: Copy + Eq + Hash, T> Turns<K, T> {
    pub(crate) fn new() -> Self {
        Self { places: HashMap::new(), lanes: Lanes::default() }
    }

    /// Puts a camera's newest frame; `join` may take over from the one it replaces. Returns
    /// whether one was replaced.
    pub(crate) fn put(
        &mut self,
        camera: K,
        class: usize,
        mut frame: T,
        join: impl FnOnce(&mut T, T),
    ) -> bool {
        let place =
            self.places.entry(camera).or_insert(Place { class, waiting: None, busy: false });
        let replaced = place.waiting.take();
        let has_replaced = replaced.is_some();
        if let Some(old) = replaced {
            join(&mut frame, old);
        } else if !place.busy {
            self.lanes.put(place.class, camera);
        }
        place.waiting = Some(frame);
        has_replaced
    }

    /// Takes the frame whose turn it is; call [`Turns::done`] when it was looked at.
    pub(crate) fn take(&mut self) -> Option<(K, T)> {
        loop {
            let camera = self.lanes.take()?;
            // A camera that was removed leaves its turn behind.
            let Some(place) = self.places.get_mut(&camera) else { continue };
            if place.busy {
                continue;
            }
            if let Some(frame) = place.waiting.take() {
                place.busy = true;
                return Some((camera, frame));
            }
        }
    }

    /// Says that the frame taken for this camera was looked at: its next one may be taken.
    pub(crate) fn done(&mut self, camera: K) {
        let Some(place) = self.places.get_mut(&camera) else { return };
        place.busy = false;
        if place.waiting.is_some() {
            self.lanes.put(place.class, camera);
        }
    }

    /// Forgets a camera and the frame that waits.
    pub(crate) fn remove(&mut self, camera: K) {
        self.places.remove(&camera);
        self.lanes.retain(|waiting| *waiting != camera);
    }

    /// Returns how many cameras wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lanes.len()
    }
}

/// [`Turns`] shared by the threads that decode and those that detect. The lock is a leaf, held for
/// a few pointer moves.
#[derive(Debug)]
pub(crate) struct Mailbox<K, T> {
    inner: Mutex<Inner<K, T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct Inner<K, T> {
    turns: Turns<K, T>,
    closed: bool,
}

impl<K: Copy + Eq + Hash, T> Mailbox<K, T> {
    pub(crate) fn new() -> Self {
        let inner = Inner { turns: Turns::new(), closed: false };
        Self { inner: Mutex::new(inner), filled: Condvar::new() }
    }

    pub(crate) fn put(
        &self,
        camera: K,
        class: usize,
        frame: T,
        join: impl FnOnce(&mut T, T),
    ) -> bool {
        let replaced = self.lock().turns.put(camera, class, frame, join);
        self.filled.notify_one();
        replaced
    }

    /// Waits for a frame; also returns how many cameras wait beside it. `None` when closed.
    pub(crate) fn take(&self) -> Option<(K, T, usize)> {
        let mut inner = self.lock();
        loop {
            if inner.closed {
                return None;
            }
            if let Some((camera, frame)) = inner.turns.take() {
                let waiting = inner.turns.waiting();
                return Some((camera, frame, waiting));
            }
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes the frame whose turn it is, if one waits.
    pub(crate) fn take_waiting(&self) -> Option<(K, T)> {
        let mut inner = self.lock();
        if inner.closed { None } else { inner.turns.take() }
    }

    pub(crate) fn done(&self, camera: K) {
        self.lock().turns.done(camera);
        self.filled.notify_one();
    }

    pub(crate) fn remove(&self, camera: K) {
        self.lock().turns.remove(camera);
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn put(turns: &mut Turns<u8, u32>, camera: u8, class: usize, frame: u32) -> bool {
        turns.put(camera, class, frame, |_, _| ())
    }

    #[test]
    fn the_newest_frame_wins_and_keeps_the_turn() {
        let mut turns = Turns::new();
        assert!(!put(&mut turns, 1, 0, 10));
        assert!(!put(&mut turns, 2, 0, 20));
        assert!(put(&mut turns, 1, 0, 11));
        assert_eq!(turns.take(), Some((1, 11)));
        assert_eq!(turns.take(), Some((2, 20)));
        assert_eq!(turns.take(), None);
    }

    #[test]
    fn a_camera_is_looked_at_by_one_detector_at_a_time() {
        let mut turns = Turns::new();
        put(&mut turns, 1, 0, 10);
        assert_eq!(turns.take(), Some((1, 10)));
        put(&mut turns, 1, 0, 11);
        assert_eq!(turns.take(), None);
        turns.done(1);
        assert_eq!(turns.take(), Some((1, 11)));
        turns.remove(1);
        turns.done(1);
        assert_eq!(turns.take(), None);
    }

    #[test]
    fn under_load_higher_classes_go_first_equals_in_turn_and_nobody_starves() {
        let mut turns = Turns::new();
        let class_of = |camera: u8| usize::from(camera / 4);
        let mut served: BTreeMap<u8, u32> = BTreeMap::new();
        for round in 0..1700 {
            for camera in 0..12 {
                put(&mut turns, camera, class_of(camera), round);
            }
            let (camera, _) = turns.take().unwrap();
            *served.entry(camera).or_default() += 1;
            turns.done(camera);
        }
        let class = |class: usize| -> Vec<u32> {
            (0..12).filter(|c| class_of(*c) == class).map(|c| served[&c]).collect()
        };
        let (first, second, third) = (class(0), class(1), class(2));
        assert!(first.iter().min() > second.iter().max(), "{first:?} {second:?}");
        assert!(second.iter().min() > third.iter().max(), "{second:?} {third:?}");
        assert!(third.iter().min() > Some(&10), "{third:?}");
        for class in [first, second, third] {
            assert!(class.iter().max().unwrap() - class.iter().min().unwrap() <= 1, "{class:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_put_is_taken_once_or_replaced(
            steps in proptest::collection::vec((0..6_u8, 0..3_usize, 0..3_u8), 1..200)
        ) {
            let mut turns = Turns::new();
            let (mut put_count, mut replaced, mut taken) = (0_u32, 0_u32, 0_u32);
            let mut last = BTreeMap::new();
            let mut busy = Vec::new();
            for (camera, class, step) in steps {
                match step {
                    0 | 1 => {
                        put_count += 1;
                        replaced += u32::from(put(&mut turns, camera, class, put_count));
                    }
                    _ => {
                        if let Some((camera, frame)) = turns.take() {
                            taken += 1;
                            prop_assert!(last.insert(camera, frame) < Some(frame), "order");
                            busy.push(camera);
                        } else if let Some(camera) = busy.pop() {
                            turns.done(camera);
                        }
                    }
                }
            }
            for camera in busy {
                turns.done(camera);
            }
            while let Some((camera, _)) = turns.take() {
                taken += 1;
                turns.done(camera);
            }
            prop_assert_eq!(put_count, replaced + taken);
        }
    }
}
