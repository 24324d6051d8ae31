//! The keyframes of recorded footage, looked at one after the other: the archive finds and reads them,
//! vision decodes and compares.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::{FrameError, KeyframeLook, KeyframeSource};
use archive::{Archive, gop};
use domain::{Polygon, Segment, StreamId, TimeRange, Timestamp};
use index::Index;
use tracing::warn;
use vision::region::RegionWatch;

use crate::masks::Masks;

/// Keyframes farther apart are not compared: the light, and the camera, may have moved meanwhile.
const LONGEST_STEP: Duration = Duration::from_secs(60);
/// How much of the footage is looked up at once.
const ROWS_AT_ONCE: Duration = Duration::from_secs(3600);

/// Looks through recorded footage for region searches.
#[derive(Debug)]
pub(crate) struct RecordedKeyframes {
    index: Index,
    archive: Arc<Archive>,
    masks: Arc<Masks>,
}

impl RecordedKeyframes {
    pub(crate) fn new(index: Index, archive: Arc<Archive>, masks: Arc<Masks>) -> Self {
        Self { index, archive, masks }
    }

    /// Returns the segments of a stretch of time in order, those that are being written too, each
    /// once: with where its file lies.
    fn segments(
        &self,
        stream: &StreamId,
        range: TimeRange,
    ) -> Result<Vec<(PathBuf, Segment)>, FrameError> {
        // Open ones first: a segment that is closed in between is then found twice, not never.
        let open = self.archive.open_segments(stream);
        let closed = self.index.segments(stream, range).map_err(failed)?;
        let mut segments: Vec<Segment> = closed;
        for segment in open {
            if segment.range.overlaps(range) && !segments.iter().any(|one| one.id == segment.id) {
                segments.push(segment);
            }
        }
        segments.sort_by_key(|segment| segment.range.start);
        let placed = segments.into_iter().filter_map(|segment| {
            let volume = self.archive.volume_path(&segment.volume)?;
            Some((volume.join(&segment.path), segment))
        });
        Ok(placed.collect())
    }
}

impl KeyframeSource for RecordedKeyframes {
    fn look(
        &self,
        stream: &StreamId,
        range: TimeRange,
        region: &Polygon,
        take: &mut dyn FnMut(KeyframeLook) -> ControlFlow<()>,
    ) -> Result<(), FrameError> {
        // Whose masks are not known, of that camera nothing is shown.
        let known = self.masks.known();
        let masks = known.of(&stream.camera).ok_or(FrameError::NotRecorded)?.over(range);
        let mut pass =
            Pass { watch: RegionWatch::new(region, masks), seen_until: None, range, take };
        let mut from = range.start;
        while from < range.end {
            let rows = TimeRange { start: from, end: range.end.min(from.plus(ROWS_AT_ONCE)) };
            for (path, segment) in self.segments(stream, rows)? {
                if pass.segment(&path, &segment).is_break() {
                    return Ok(());
                }
            }
            from = rows.end;
        }
        Ok(())
    }
}

/// One pass through the footage of a camera.
struct Pass<'a> {
    watch: RegionWatch,
    /// When the last keyframe was taken.
    seen_until: Option<Timestamp>,
    range: TimeRange,
    take: &'a mut dyn FnMut(KeyframeLook) -> ControlFlow<()>,
}

impl Pass<'_> {
    /// Looks at the keyframes of one file; one that reaches into the next stretch is asked of twice.
    fn segment(&mut self, path: &Path, segment: &Segment) -> ControlFlow<()> {
        let format = match gop::format(path, segment) {
            Ok(format) => Arc::new(format),
            Err(problem) => {
                warn!(path = %path.display(), %problem, "footage left out of a region search");
                return self.tell(segment.range.start.max(self.range.start), Err(()));
            }
        };
        for fragment in &segment.fragments {
            let time = fragment.start;
            if !self.range.contains(time) || self.seen_until.is_some_and(|until| time <= until) {
                continue;
            }
            if self.seen_until.is_some_and(|until| time.since(until) > LONGEST_STEP) {
                self.watch.forget();
            }
            self.seen_until = Some(time);
            let looked = match gop::keyframe(path, fragment) {
                Ok(None) => continue,
                Ok(Some(keyframe)) => self.watch.look(&format, &keyframe).map_err(drop),
                Err(_) => Err(()),
            };
            self.tell(time, looked)?;
        }
        ControlFlow::Continue(())
    }

    fn tell(&mut self, time: Timestamp, looked: Result<Option<f32>, ()>) -> ControlFlow<()> {
        let (changed, is_readable) = (looked.ok().flatten(), looked.is_ok());
        (self.take)(KeyframeLook { time, changed, is_readable })
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> FrameError {
    FrameError::Failed(Box::new(error))
}
