//! Names for tracks: by time and camera, without asking anyone.

use std::ops::Range;

use domain::{Timestamp, TrackId};

/// 2020-01-01T00:00:00Z in milliseconds since the Unix epoch.
const EPOCH_MS: i64 = 1_577_836_800_000;

/// Bits for milliseconds since 2020: enough until 2159.
const MS_BITS: u32 = 42;

/// Bits for the camera's number.
const CAMERA_BITS: u32 = 16;

/// Bits for the tracks that start within one millisecond.
const COUNTER_BITS: u32 = 5;

/// Of the tracks that start within one millisecond, the first that is not ours: the camera follows
/// objects at the same time as we do.
const FIRST_TOLD: u64 = 24;

/// Hands out track ids: milliseconds, camera, counter, from the highest bit (of 63) down.
#[derive(Debug)]
pub struct TrackIds {
    camera_number: u16,
    last_ms: u64,
    counter: u64,
    counters: Range<u64>,
}

impl TrackIds {
    /// Names the tracks of our own analysis of a camera.
    pub(crate) fn new(camera_number: u16) -> Self {
        Self { camera_number, last_ms: 0, counter: 0, counters: 0..FIRST_TOLD }
    }

    /// Names the tracks that a camera itself tells: none has the name of one of ours.
    pub fn told_by_camera(camera_number: u16) -> Self {
        let counters = FIRST_TOLD..1 << COUNTER_BITS;
        Self { camera_number, last_ms: 0, counter: counters.start, counters }
    }

    /// Returns an id never given before, for a track that starts at `time`.
    ///
    /// After a clock that was set back, or more than 24 tracks in a millisecond (8 of those told by a
    /// camera), the time in it is later than the track's: unique comes before exact.
    pub fn next(&mut self, time: Timestamp) -> TrackId {
        let since_2020 = time.as_millis().saturating_sub(EPOCH_MS);
        let ms = u64::try_from(since_2020).unwrap_or(0);
        if ms > self.last_ms {
            (self.last_ms, self.counter) = (ms, self.counters.start);
        } else if self.counter + 1 < self.counters.end {
            self.counter += 1;
        } else {
            (self.last_ms, self.counter) = (self.last_ms + 1, self.counters.start);
        }
        let ms = self.last_ms & ((1 << MS_BITS) - 1);
        let camera = u64::from(self.camera_number) << COUNTER_BITS;
        TrackId(ms << (CAMERA_BITS + COUNTER_BITS) | camera | self.counter)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_in_order_even_in_a_crowd_and_when_the_clock_goes_back() {
        let mut ids = TrackIds::new(7);
        let noon = Timestamp::from_millis(EPOCH_MS + 1_000);
        let mut given = Vec::new();
        for time in [noon, Timestamp::MIN, Timestamp::from_millis(EPOCH_MS + 1_001)] {
            given.extend((0..40).map(|_| ids.next(time)));
        }
        assert_eq!(given[0], TrackId(1_000 << 21 | 7 << 5));
        assert!(given.is_sorted());
        assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), given.len());
        assert!(ids.next(Timestamp::MAX).0 < 1 << 63);

        let mut told = TrackIds::told_by_camera(7);
        let told: BTreeSet<_> = (0..40).map(|_| told.next(noon)).collect();
        assert_eq!(told.len(), 40);
        assert!(given.iter().all(|id| !told.contains(id)));
    }
}
