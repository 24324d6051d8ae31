//! Who goes first, by priority class: in turn within a class, the higher class before the lower; a
//! class that was passed over often enough goes next all the same, so that nobody starves.

use std::collections::VecDeque;

/// Priority classes, 0 being the first.
pub(crate) const CLASSES: usize = 3;
/// Takes from higher classes after which a waiting class goes next.
const PATIENCE: [u32; CLASSES] = [u32::MAX, 8, 16];

/// Those that wait, by class.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    lanes: [VecDeque<T>; CLASSES],
    passed_over: [u32; CLASSES],
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self { lanes: [const { VecDeque::new() }; CLASSES], passed_over: [0; CLASSES] }
    }
}

impl<T> Lanes<T> {
    /// Puts one at the end of its class; a class that there is not is the last.
    pub(crate) fn put(&mut self, class: usize, waiting: T) {
        self.lanes[class.min(CLASSES - 1)].push_back(waiting);
    }

    /// Takes the one whose turn it is.
    pub(crate) fn take(&mut self) -> Option<T> {
        let lane = self.next()?;
        self.passed_over[lane] = 0;
        for lower in lane + 1..CLASSES {
            if !self.lanes[lower].is_empty() {
                self.passed_over[lower] = self.passed_over[lower].saturating_add(1);
            }
        }
        self.lanes[lane].pop_front()
    }

    fn next(&self) -> Option<usize> {
        let waits = |lane: &usize| !self.lanes[*lane].is_empty();
        let impatient = |lane: &usize| self.passed_over[*lane] >= PATIENCE[*lane];
        (0..CLASSES)
            .rev()
            .find(|lane| waits(lane) && impatient(lane))
            .or_else(|| (0..CLASSES).find(waits))
    }

    /// Keeps those for which `keeps` is true.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&T) -> bool) {
        self.lanes.iter_mut().for_each(|lane| lane.retain(&keeps));
    }

    /// Returns how many wait.
    pub(crate) fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_goes_first_and_nobody_starves() {
        let mut lanes = Lanes::default();
        for number in 0..100 {
            lanes.put(0, (0, number));
        }
        lanes.put(1, (1, 0));
        lanes.put(7, (2, 0));
        let taken: Vec<_> = std::iter::from_fn(|| lanes.take()).collect();
        assert_eq!(taken.len(), 102);
        assert!(taken[..8].iter().all(|(class, _)| *class == 0));
        assert_eq!(taken[8], (1, 0), "it was passed over eight times");
        assert_eq!(taken[16], (2, 0), "it was passed over sixteen times");
        let first: Vec<_> = taken.iter().filter(|(class, _)| *class == 0).collect();
        assert!(first.is_sorted(), "in turn within a class");
    }
}
