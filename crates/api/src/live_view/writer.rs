//! From access units to what one who watches is sent: pure, no socket, no clock.

use std::sync::Arc;
use std::time::Duration;

use archive::live::{LiveTrack, OpenGop};
use bytes::Bytes;
use domain::{AccessUnit, RunId, Timestamp, VideoFormat};

/// What the last picture of a row lasts when nothing tells.
const USUAL_PICTURE: Duration = Duration::from_millis(40);
/// It is not believed to have lasted longer.
const LONGEST_PICTURE: Duration = Duration::from_secs(1);
/// Pictures of the open GOP are sent in fragments of about this size.
const FRAGMENT_BYTES: usize = 1 << 20;

/// Something to send.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    /// An unbroken row of pictures begins: the first of them was taken at `time`. Its
    /// initialization segment follows.
    Start { format: Arc<VideoFormat>, time: Timestamp },
    /// An initialization segment or a fragment.
    Media(Bytes),
}

/// Writes what one who watches is sent.
///
/// Every picture is held until the one after it tells how long it lasted: players that are told a
/// wrong duration wait for the next keyframe wherever two pictures do not meet (Media Source
/// Extensions, "Coded Frame Processing").
#[derive(Debug, Default)]
pub(crate) struct Writer {
    row: Option<Row>,
}

/// An unbroken row of pictures.
#[derive(Debug)]
struct Row {
    run: RunId,
    format: Arc<VideoFormat>,
    track: LiveTrack,
    /// When the newest picture was taken, sent or held.
    newest: Timestamp,
    /// How long the one before it lasted.
    lasts: Duration,
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    time: Timestamp,
    data: Bytes,
    is_keyframe: bool,
}

impl Writer {
    /// Begins with the GOP that goes on, up to its newest picture.
    pub(crate) fn begin(&mut self, gop: OpenGop) -> Vec<Sent> {
        let OpenGop { format, run, mut pictures } = gop;
        self.row = None;
        let Some((newest, data)) = pictures.pop() else { return Vec::new() };
        let start = pictures.first().map_or(newest, |(time, _)| *time);
        let (mut row, mut sent) = Row::begin(format, run, start);
        row.newest = newest;
        let mut is_first = true;
        while !pictures.is_empty() {
            let rest = pictures.split_off(fitting(&pictures));
            let end = rest.first().map_or(newest, |(time, _)| *time);
            sent.extend(row.track.fragment(&pictures, is_first, end).map(Sent::Media));
            row.lasts = pictures.last().map_or(row.lasts, |(time, _)| end.since(*time));
            is_first = false;
            pictures = rest;
        }
        row.held = Some(Held { time: newest, data, is_keyframe: is_first });
        self.row = Some(row);
        sent
    }

    /// Takes the next picture; one that was had before changes nothing.
    pub(crate) fn take(&mut self, unit: AccessUnit) -> Vec<Sent> {
        let mut sent = Vec::new();
        if let Some(row) = &mut self.row {
            if (unit.run, unit.time) <= (row.run, row.newest) {
                return sent;
            }
            if unit.run == row.run && unit.format == row.format {
                sent.extend(row.release(Some(unit.time)));
                row.hold(unit);
                return sent;
            }
            sent.extend(row.release(None));
            self.row = None;
        }
        if unit.is_keyframe {
            let (mut row, head) = Row::begin(Arc::clone(&unit.format), unit.run, unit.time);
            sent.extend(head);
            row.hold(unit);
            self.row = Some(row);
        }
        sent
    }

    /// Returns the picture that was held, as none follows for now.
    pub(crate) fn interrupted(&mut self) -> Option<Sent> {
        self.row.as_mut()?.release(None)
    }

    /// Forgets what came before, as pictures are missing since: waits for a keyframe.
    pub(crate) fn behind(&mut self) {
        self.row = None;
    }
}

impl Row {
    fn begin(format: Arc<VideoFormat>, run: RunId, start: Timestamp) -> (Self, Vec<Sent>) {
        let (track, header) = LiveTrack::begin(&format, start);
        let sent =
            vec![Sent::Start { format: Arc::clone(&format), time: start }, Sent::Media(header)];
        let row = Self { run, format, track, newest: start, lasts: USUAL_PICTURE, held: None };
        (row, sent)
    }

    fn hold(&mut self, unit: AccessUnit) {
        self.newest = unit.time;
        self.held = Some(Held { time: unit.time, data: unit.data, is_keyframe: unit.is_keyframe });
    }

    /// Returns the fragment of the picture that was held, which ends at `next` or lasts as long as
    /// the one before it.
    fn release(&mut self, next: Option<Timestamp>) -> Option<Sent> {
        let Held { time, data, is_keyframe } = self.held.take()?;
        let end = next.unwrap_or_else(|| time.plus(self.lasts.min(LONGEST_PICTURE)));
        self.lasts = end.since(time);
        self.track.fragment(&[(time, data)], is_keyframe, end).map(Sent::Media)
    }
}

/// Returns how many pictures one fragment holds; at least one.
fn fitting(pictures: &[(Timestamp, Bytes)]) -> usize {
    let mut bytes = 0;
    for (count, (_, data)) in pictures.iter().enumerate() {
        bytes += data.len();
        if bytes > FRAGMENT_BYTES && count > 0 {
            return count;
        }
    }
    pictures.len()
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
