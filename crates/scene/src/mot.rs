//! MOTChallenge text: detections in, tracks out, so that public tools score the tracker.
//!
//! [`domain::MotRow`] is a line of it; here whole files stream through the tracker.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::ops::Bound;
use std::time::Duration;

use domain::{
    Bbox, CameraId, Class, Detection, InvalidMotRow, Looked, MotRow, Observation, Timestamp, Track,
    TrackId, TrackPoint,
};

use crate::bridge::Bridge;
use crate::tracker::{Seen, Sighting, Tracker, TrackerSettings};

/// Longest line that is read, in bytes; a real one has about 60.
const LONGEST_LINE: u64 = 1024;

/// Most detections of one frame that are read; a crowd has hundreds.
const MOST_DETECTIONS: usize = 10_000;

/// Pictures per second that can be: at a lower rate the last frame would lie beyond all time.
const RATES: std::ops::RangeInclusive<f64> = 0.001..=1000.0;

/// How the format says that a confidence is not known.
const UNKNOWN: f32 = -1.0;

/// What one picture height is in pixels, as the format does not say: it only sets what is too
/// small to matter.
const PICTURE_HEIGHT_PX: f32 = 1080.0;

/// A text that cannot be tracked, or a file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MotError {
    /// A line is not as MOTChallenge writes detections.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The detections cannot be read.
    #[error("cannot read the detections after line {line}")]
    Read {
        /// The last line read.
        line: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tracks cannot be written.
    #[error("cannot write the tracks")]
    Write(#[source] io::Error),
    /// The rate is no rate.
    #[error("{0} pictures per second cannot be: 0.001 to 1000")]
    Rate(f64),
}

/// What was read and written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MotSummary {
    /// Frames that hold a detection.
    pub frames: u64,
    /// Detections read.
    pub detections: u64,
    /// Tracks written.
    pub tracks: u64,
    /// Boxes written.
    pub boxes: u64,
}

/// Reads MOTChallenge lines one by one, and no more of them into memory.
#[derive(Debug)]
pub struct MotReader<R> {
    input: R,
    text: Vec<u8>,
    line: u64,
}

impl<R: BufRead> MotReader<R> {
    /// Reads from `input`.
    pub fn new(input: R) -> Self {
        Self { input, text: Vec::new(), line: 0 }
    }

    /// Returns the number of the last line read, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Returns the next row; empty lines are skipped.
    ///
    /// # Errors
    /// Says which line is wrong and why, or that reading failed.
    pub fn read(&mut self) -> Result<Option<MotRow>, MotError> {
        loop {
            self.text.clear();
            let mut limited = (&mut self.input).take(LONGEST_LINE);
            let count = limited
                .read_until(b'\n', &mut self.text)
                .map_err(|source| MotError::Read { line: self.line, source })?;
            if count == 0 {
                return Ok(None);
            }
            self.line += 1;
            let is_whole = self.text.ends_with(b"\n") || (count as u64) < LONGEST_LINE;
            let row = if is_whole {
                row(&self.text)
            } else {
                Err(format!("it is longer than {LONGEST_LINE} bytes"))
            };
            match row {
                Ok(Some(row)) => return Ok(Some(row)),
                Ok(None) => {}
                Err(problem) => return Err(self.wrong(problem)),
            }
        }
    }

    fn wrong(&self, problem: impl Into<String>) -> MotError {
        MotError::Line { line: self.line, problem: problem.into() }
    }
}

/// Returns the row that the text of a line states; `None` if it is empty.
fn row(text: &[u8]) -> Result<Option<MotRow>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let row = text.parse().map_err(|problem: InvalidMotRow| problem.to_string())?;
    Ok(Some(row))
}

/// Tracks `detections` taken at `fps` frames per second and writes a line per track and frame, in
/// order of frame, ids from 1 in order of first line.
///
/// Frames may come in any order, as MOTChallenge's public detections of a sequence do; those without
/// a detection may be left out, as may those that were never looked at. All objects are taken for
/// one `class`, as the format names none. Between two sightings a track goes a straight way, unless they lie
/// so far apart that nobody knows.
///
/// # Errors
/// Says which line is wrong, or what could not be read or written.
pub fn track_detections(
    detections: impl BufRead,
    tracks: impl Write,
    fps: f64,
    class: Class,
) -> Result<MotSummary, MotError> {
    if !RATES.contains(&fps) {
        return Err(MotError::Rate(fps));
    }
    let mut output = TrackWriter::new(tracks);
    let camera: CameraId = "mot".parse().expect("it is a valid name");
    let frames = read_frames(detections, class)?;
    let mut tracker = Tracker::new(camera.clone(), 0, TrackerSettings::default())
        .without_view(around_all(frames.values().flatten()));
    let mut summary = MotSummary::default();
    for (frame, detections) in frames {
        summary.frames += 1;
        summary.detections += detections.len() as u64;
        let since_start = Duration::from_secs_f64(f64::from(frame) / fps);
        let observation = Observation {
            camera: camera.clone(),
            time: Timestamp::from_micros(0).plus(since_start),
            clock_error_ms: 0,
            aspect: 1.0,
            looked: Looked::Whole,
            detections,
            model: "".into(),
        };
        output.note_frame(frame, observation.time);
        let followed = tracker.observe(&observation, 1.0);
        for sighting in &followed.sightings {
            if sighting.how == Seen::Detected {
                output.hold(sighting);
            }
        }
        for track in &followed.ended {
            output.forget(track);
        }
        output.write_before(tracker.settled_before())?;
    }
    output.finish(&mut summary)?;
    Ok(summary)
}

fn read_frames(
    detections: impl BufRead,
    class: Class,
) -> Result<BTreeMap<u32, Vec<Detection>>, MotError> {
    let mut reader = MotReader::new(detections);
    let mut frames: BTreeMap<u32, Vec<Detection>> = BTreeMap::new();
    while let Some(row) = reader.read()? {
        let frame = frames.entry(row.frame).or_default();
        if frame.len() >= MOST_DETECTIONS {
            return Err(reader
                .wrong(format!("more than {MOST_DETECTIONS} detections in frame {}", row.frame)));
        }
        frame.push(detection(&row, class));
    }
    Ok(frames)
}

/// Returns the smallest box around all `detections`: as much of the picture as is known of it, so that
/// who went over its edge is not taken for the next who comes in there.
fn around_all<'a>(detections: impl Iterator<Item = &'a Detection>) -> Bbox {
    let around = detections.map(|one| one.bbox).reduce(|all, one| {
        let (left, top) = (all.left.min(one.left), all.top.min(one.top));
        let (right, bottom) = (all.right().max(one.right()), all.bottom().max(one.bottom()));
        Bbox { left, top, width: right - left, height: bottom - top }
    });
    around.unwrap_or(Bbox { left: 0.0, top: 0.0, width: 0.0, height: 0.0 })
}

fn detection(row: &MotRow, class: Class) -> Detection {
    let [left, top, width, height] = row.bbox_px.map(|side| side / PICTURE_HEIGHT_PX);
    let is_unknown = row.confidence.to_bits() == UNKNOWN.to_bits();
    Detection {
        bbox: Bbox { left, top, width, height },
        class,
        // The format's word for what is not known; a detector that tells no more is sure.
        confidence: if is_unknown { 1.0 } else { row.confidence },
        colour: None,
    }
}

/// Writes rows in order of frame. A track is believed some frames after its first, and one that is
/// missed may be seen again, so rows are held back while either may still be.
struct TrackWriter<W> {
    output: W,
    /// Frames that may still get rows.
    frames: BTreeMap<Timestamp, u32>,
    held: BTreeMap<(u32, TrackId), Sighting>,
    /// The newest sighting of each live track.
    last: BTreeMap<TrackId, Sighting>,
    numbers: BTreeMap<TrackId, i64>,
    /// Ended tracks whose last rows may still be held back, with the time of the last.
    ended: Vec<(Timestamp, TrackId)>,
    tracks: i64,
    boxes: u64,
}

impl<W: Write> TrackWriter<W> {
    fn new(output: W) -> Self {
        Self {
            output,
            frames: BTreeMap::new(),
            held: BTreeMap::new(),
            last: BTreeMap::new(),
            numbers: BTreeMap::new(),
            ended: Vec::new(),
            tracks: 0,
            boxes: 0,
        }
    }

    fn note_frame(&mut self, number: u32, time: Timestamp) {
        self.frames.insert(time, number);
    }

    /// Takes a sighting; between it and the one before, the track is where it most likely was, if that is
    /// known.
    fn hold(&mut self, sighting: &Sighting) {
        let Some(&frame) = self.frames.get(&sighting.time) else {
            return;
        };
        if let Some(before) = self.last.insert(sighting.track, *sighting) {
            let bridge = Bridge::new(&point(&before), &point(sighting), sighting.class, 1.0);
            let between = (Bound::Excluded(before.time), Bound::Excluded(sighting.time));
            for (&time, &frame) in self.frames.range(between) {
                if let Some(bbox) = bridge.place_at(time) {
                    self.held.insert((frame, sighting.track), Sighting { time, bbox, ..*sighting });
                }
            }
        }
        self.held.insert((frame, sighting.track), *sighting);
    }

    fn forget(&mut self, track: &Track) {
        self.last.remove(&track.id);
        self.ended.push((track.range().end, track.id));
    }

    fn write_before(&mut self, settled: Timestamp) -> Result<(), MotError> {
        let open = self.frames.split_off(&settled);
        let written = std::mem::replace(&mut self.frames, open);
        let Some(&last) = written.values().next_back() else {
            return Ok(());
        };
        let later = self.held.split_off(&(last, TrackId(u64::MAX)));
        for ((frame, track), sighting) in std::mem::replace(&mut self.held, later) {
            self.write(frame, track, &sighting).map_err(MotError::Write)?;
        }
        let numbers = &mut self.numbers;
        for (_, track) in self.ended.extract_if(.., |(last_seen, _)| *last_seen < settled) {
            numbers.remove(&track);
        }
        Ok(())
    }

    fn write(&mut self, frame: u32, track: TrackId, sighting: &Sighting) -> io::Result<()> {
        let id = *self.numbers.entry(track).or_insert_with(|| {
            self.tracks += 1;
            self.tracks
        });
        self.boxes += 1;
        let bbox = &sighting.bbox;
        let bbox_px =
            [bbox.left, bbox.top, bbox.width, bbox.height].map(|side| side * PICTURE_HEIGHT_PX);
        let row = MotRow { frame, id, bbox_px, confidence: sighting.confidence, world: [-1.0; 3] };
        writeln!(self.output, "{row}")
    }

    fn finish(&mut self, summary: &mut MotSummary) -> Result<(), MotError> {
        self.write_before(Timestamp::MAX)?;
        self.output.flush().map_err(MotError::Write)?;
        summary.tracks = self.tracks.unsigned_abs();
        summary.boxes = self.boxes;
        Ok(())
    }
}

fn point(sighting: &Sighting) -> TrackPoint {
    TrackPoint { time: sighting.time, bbox: sighting.bbox }
}
