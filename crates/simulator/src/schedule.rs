//! Which picture is due when: a pure function of the time since the start and a mount's offset.

use crate::footage::Footage;

/// A place in the endless repetition of a loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// How many times the loop has begun since the mount's time 0.
    pub(crate) loop_number: i64,
    /// The picture in the loop.
    pub(crate) index: usize,
}

/// A loop on the simulator's clock, in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule<'a> {
    pub(crate) footage: &'a Footage,
    /// How far into the loop tick 0 is.
    pub(crate) offset: i64,
}

impl Schedule<'_> {
    /// Returns when the picture is due.
    pub(crate) fn due(&self, cursor: Cursor) -> i64 {
        let time = self.footage.pictures[cursor.index].time;
        cursor.loop_number * self.footage.period + time - self.offset
    }

    /// Returns the picture after.
    pub(crate) fn next(&self, cursor: Cursor) -> Cursor {
        if cursor.index + 1 < self.footage.pictures.len() {
            Cursor { index: cursor.index + 1, ..cursor }
        } else {
            Cursor { loop_number: cursor.loop_number + 1, index: 0 }
        }
    }

    /// Returns the first keyframe due at `ticks` or later.
    pub(crate) fn keyframe_from(&self, ticks: i64) -> Cursor {
        let position = ticks.saturating_add(self.offset);
        let loop_number = position.div_euclid(self.footage.period);
        let time = position.rem_euclid(self.footage.period);
        let pictures = &self.footage.pictures;
        let first = pictures.partition_point(|picture| picture.time < time);
        let keyframe = (first..pictures.len()).find(|index| pictures[*index].is_keyframe);
        match keyframe {
            Some(index) => Cursor { loop_number, index },
            None => Cursor { loop_number: loop_number + 1, index: 0 },
        }
    }

    /// Returns the keyframe that the picture depends on: itself, or the last one before.
    pub(crate) fn keyframe_of(&self, cursor: Cursor) -> Cursor {
        let pictures = &self.footage.pictures;
        let index = (0..=cursor.index).rfind(|index| pictures[*index].is_keyframe).unwrap_or(0);
        Cursor { index, ..cursor }
    }
}
