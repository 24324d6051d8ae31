//! What a live playlist lists: the newest GOPs on disk, each under a number that never changes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use archive::playlist::milliseconds;
use domain::{Segment, SegmentId, StreamId, Timestamp};

/// How much is listed at least, where there is as much: players begin three pieces before the end.
const SPAN: Duration = Duration::from_secs(20);
/// Pieces listed at least.
const PIECES: usize = 4;
/// How old what is played now may be: who was paused for longer begins anew.
pub(super) const STILL_LIVE: Duration = Duration::from_secs(180);
/// Pieces listed at most: of a camera that sends keyframes only.
const MOST_PIECES: usize = 120;
/// The shortest time between two askings of a player, in whole seconds.
const SHORTEST_TARGET_S: u64 = 2;

/// The live playlists that somebody asks for: one a stream, while the service runs.
#[derive(Debug, Default)]
pub(crate) struct Windows(Mutex<BTreeMap<StreamId, Window>>);

impl Windows {
    /// Returns the playlist of `stream` that now lists the newest of `segments`; `None` if there is
    /// nothing to be listed. `query` is hung on every address.
    pub(crate) fn playlist(
        &self,
        stream: &StreamId,
        segments: &[Segment],
        now: Timestamp,
        query: &str,
    ) -> Option<String> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(stream.clone()).or_insert_with(|| Window::new(now));
        window.follow(segments);
        window.let_go(now.minus(STILL_LIVE));
        (!window.pieces.is_empty()).then(|| window.playlist(stream, query))
    }
}

/// The newest pieces of a stream. Numbers go on as long as the service runs, and begin with the second
/// since 1970: after a restart they are larger than before, as a player wants them.
#[derive(Debug)]
struct Window {
    /// The number of the first piece.
    sequence: u64,
    /// Discontinuities before the first piece.
    discontinuities: u64,
    /// The longest piece so far, in whole seconds.
    target_s: u64,
    pieces: VecDeque<Piece>,
    /// The newest piece that was ever listed.
    last: Option<Piece>,
}

/// One fragment of a recorded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    segment: SegmentId,
    offset: u64,
    start: Timestamp,
    duration_us: u32,
    /// Whether it does not follow the piece before: from another file, or after a gap.
    is_apart: bool,
}

impl Piece {
    fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us.into())
    }

    fn end(&self) -> Timestamp {
        self.start.plus(self.duration())
    }
}

impl Window {
    fn new(now: Timestamp) -> Self {
        let sequence = u64::try_from(now.as_micros() / 1_000_000).unwrap_or(0);
        let target_s = SHORTEST_TARGET_S;
        Self { sequence, discontinuities: 0, target_s, pieces: VecDeque::new(), last: None }
    }

    /// Adds what `segments` hold beyond the last piece, and lets go of the oldest.
    fn follow(&mut self, segments: &[Segment]) {
        let mut fragments: Vec<_> = segments
            .iter()
            .flat_map(|segment| segment.fragments.iter().map(|fragment| (segment.id, *fragment)))
            .collect();
        fragments.sort_by_key(|(_, fragment)| fragment.start);
        for (segment, fragment) in fragments {
            let last = self.last;
            if last.is_some_and(|last| fragment.start <= last.start) {
                continue;
            }
            let is_apart =
                last.is_some_and(|last| last.segment != segment || last.end() != fragment.start);
            let piece = Piece {
                segment,
                offset: fragment.offset,
                start: fragment.start,
                duration_us: fragment.duration_us,
                is_apart,
            };
            self.target_s = self.target_s.max(fragment.duration_us.div_ceil(1_000_000).into());
            self.pieces.push_back(piece);
            self.last = Some(piece);
        }
        while self.has_more_than_enough() {
            self.drop_first();
        }
    }

    /// Lets go of what was over before `until`: a camera that is lost shows nothing now.
    fn let_go(&mut self, until: Timestamp) {
        while self.pieces.front().is_some_and(|first| first.end() < until) {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        let Some(gone) = self.pieces.pop_front() else { return };
        self.sequence += 1;
        self.discontinuities += u64::from(gone.is_apart);
    }

    fn has_more_than_enough(&self) -> bool {
        let beyond_first: Duration = self.pieces.iter().skip(1).map(Piece::duration).sum();
        let is_enough = self.pieces.len() > PIECES && beyond_first >= SPAN;
        is_enough || self.pieces.len() > MOST_PIECES
    }

    /// Returns the media playlist (RFC 8216 §4.3.3).
    fn playlist(&self, stream: &StreamId, query: &str) -> String {
        let base = format!("/api/v1/cameras/{}/live", stream.camera);
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n\
             #EXT-X-DISCONTINUITY-SEQUENCE:{}\n#EXT-X-INDEPENDENT-SEGMENTS\n",
            self.target_s, self.sequence, self.discontinuities
        );
        let mut mapped = None;
        for piece in &self.pieces {
            let Piece { segment: SegmentId(number), offset, start, duration_us, is_apart } = *piece;
            // Writing to a string cannot fail.
            if is_apart {
                text.push_str("#EXT-X-DISCONTINUITY\n");
            }
            if mapped != Some(number) {
                let _ = writeln!(text, "#EXT-X-MAP:URI=\"{base}/{number}-head.mp4{query}\"");
                mapped = Some(number);
            }
            let (seconds, micros) = (duration_us / 1_000_000, duration_us % 1_000_000);
            let _ = write!(
                text,
                "#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{seconds}.{micros:06},\n\
                 {base}/{number}-{offset}.m4s{query}\n",
                milliseconds(start)
            );
        }
        text
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
