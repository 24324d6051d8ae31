//! Gathers the pictures of a stream into what is written at once: pure, no disk, no clock.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, GapCause, RunId, TimeRange, Timestamp, VideoFormat};

use crate::budget::{Budget, Budgets, Held};

/// The longest a picture is believed to have lasted; after that none came.
pub(crate) const LONGEST_PICTURE: Duration = Duration::from_secs(10);
/// What a picture lasts when nothing tells.
const USUAL_PICTURE: Duration = Duration::from_millis(40);
/// A GOP is written in parts of this, so that a camera with endless GOPs (smart codecs make
/// them minutes long) costs no more memory, and a power cut no more footage, than others.
const LONGEST_PART: Duration = Duration::from_secs(10);
/// The same, in bytes.
const LARGEST_PART_BYTES: usize = 8 << 20;
/// The same, in pictures: the table of a fragment stays below 8 KiB.
const MOST_PICTURES: usize = 1000;
/// Losses closer than this become one row: on a bad link there are many a second.
const LOSSES_APART: Duration = Duration::from_secs(1);

/// A camera whose format was changed begins a new run within this; a longer pause is a loss.
const FORMAT_CHANGE: Duration = Duration::from_secs(1);
/// A part with losses is written after this long even if no keyframe comes, as on a link so bad
/// that no keyframe arrives whole: the loss must be seen soon.
const LOSSES_TOLD_WITHIN: Duration = Duration::from_secs(4);

/// One picture as it waits for the disk.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// When the camera took it.
    pub(crate) time: Timestamp,
    /// Its NAL units, shared with whoever else looks at it.
    pub(crate) data: Bytes,
}

/// Pictures that are written at once: a GOP, or a part of a very long one.
#[derive(Debug)]
pub(crate) struct Part {
    /// What a decoder must know.
    pub(crate) format: Arc<VideoFormat>,
    /// Pictures of different takes never share a file.
    pub(crate) take: u64,
    /// The run that its pictures belong to.
    pub(crate) run: RunId,
    /// Whether decoding can start here; otherwise it goes on from the part before.
    pub(crate) starts_with_keyframe: bool,
    /// The pictures, in order, their times strictly increasing; never empty.
    pub(crate) pictures: Vec<Picture>,
    /// When the last picture ends.
    pub(crate) end: Timestamp,
    /// Bytes of all pictures.
    pub(crate) bytes: usize,
    /// Spans in which packets were lost.
    pub(crate) losses: Vec<TimeRange>,
    /// Its share of the budgets.
    held: Held,
}

impl Part {
    /// Returns when its first picture was taken.
    pub(crate) fn start(&self) -> Timestamp {
        self.pictures.first().map_or(self.end, |picture| picture.time)
    }

    /// Returns the bytes of its pictures, and its share of the budgets, to be kept as long.
    pub(crate) fn into_bytes(self) -> (impl Iterator<Item = Bytes>, Held) {
        (self.pictures.into_iter().map(|picture| picture.data), self.held)
    }
}

/// What of a part those see who want its pictures before they are on disk. The bytes are shared.
#[derive(Debug, Clone)]
pub(crate) struct Unwritten {
    pub(crate) format: Arc<VideoFormat>,
    pub(crate) take: u64,
    pub(crate) run: RunId,
    pub(crate) starts_with_keyframe: bool,
    pub(crate) pictures: Vec<Picture>,
    /// When its last picture ends; unknown while more may come.
    pub(crate) end: Option<Timestamp>,
}

impl Unwritten {
    /// Sees a part that is complete.
    pub(crate) fn of(part: &Part) -> Self {
        Self {
            format: Arc::clone(&part.format),
            take: part.take,
            run: part.run,
            starts_with_keyframe: part.starts_with_keyframe,
            pictures: part.pictures.clone(),
            end: Some(part.end),
        }
    }

    /// Returns when its first picture was taken.
    pub(crate) fn start(&self) -> Option<Timestamp> {
        self.pictures.first().map(|picture| picture.time)
    }

    /// Returns whether one of its pictures is known to have been on view at `time`.
    pub(crate) fn shows(&self, time: Timestamp) -> bool {
        let has_begun = self.start().is_some_and(|start| start <= time);
        let last = self.pictures.last().map(|picture| picture.time);
        // Until the next picture comes nobody knows how long the newest one lasts.
        has_begun && self.end.map_or(last >= Some(time), |end| time < end)
    }
}

/// What the disk thread learns about a stream, in order.
#[derive(Debug)]
pub(crate) enum Entry {
    /// The stream is to be recorded from now on.
    Begin,
    /// Pictures to write.
    Pictures(Box<Part>),
    /// Nothing is recorded from here on, until the next pictures.
    Lost {
        /// From when, unless the disk knows better.
        from: Timestamp,
        /// Why.
        cause: GapCause,
    },
    /// The stream is no longer to be recorded.
    End,
}

impl Entry {
    /// Returns its pictures, if it holds some.
    pub(crate) fn unwritten(&self) -> Option<Unwritten> {
        match self {
            Self::Pictures(part) => Some(Unwritten::of(part)),
            Self::Begin | Self::Lost { .. } | Self::End => None,
        }
    }
}

/// The picture before.
#[derive(Debug, Clone, Copy)]
struct Last {
    run: RunId,
    time: Timestamp,
    /// How long it will have lasted if nothing follows.
    lasts: Duration,
}

/// Gathers one stream's pictures. Owned by the stream's recorder.
#[derive(Debug)]
pub(crate) struct Gatherer {
    budgets: Budgets,
    largest_part_bytes: usize,
    part: Option<Part>,
    last: Option<Last>,
    format: Option<Arc<VideoFormat>>,
    take: u64,
    /// Every picture since the last keyframe was handed over or is in `part`.
    decodable: bool,
    /// A loss was told and no picture recorded since.
    lost: bool,
}

impl Gatherer {
    /// Starts with nothing.
    pub(crate) fn new(budgets: Budgets, stream_budget: usize) -> Self {
        Self {
            budgets,
            largest_part_bytes: LARGEST_PART_BYTES.min(stream_budget / 2),
            part: None,
            last: None,
            format: None,
            take: 0,
            decodable: false,
            lost: false,
        }
    }

    /// Counts what waits from here on with another volume.
    pub(crate) fn move_to(&mut self, volume: Arc<Budget>) {
        self.budgets.volume = volume;
    }

    /// Returns the part that is being gathered.
    pub(crate) fn gathering(&self) -> Option<Unwritten> {
        let part = self.part.as_ref()?;
        Some(Unwritten { end: None, ..Unwritten::of(part) })
    }

    /// Returns when the newest picture of the part that is being gathered was taken.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.part.as_ref()?.pictures.last().map(|picture| picture.time)
    }

    /// Takes one picture; appends to `out` what is ready.
    pub(crate) fn write(&mut self, unit: AccessUnit, out: &mut Vec<Entry>) {
        self.check_continuity(&unit, out);
        self.check_format(&unit, out);
        let before = self.remember(&unit);

        if unit.is_keyframe {
            self.finish_part(Some(unit.time), None, out);
            self.decodable = true;
        } else if !self.decodable {
            count_left_out(1, "no_keyframe");
            if !self.lost {
                self.lose(unit.time, GapCause::NoPicture, out);
            }
            return;
        } else if self.part.as_ref().is_some_and(|part| self.is_full(part, unit.time)) {
            self.finish_part(Some(unit.time), None, out);
        }
        self.gather(unit, before, out);
    }

    /// Notes that no pictures come; appends to `out` what is ready and the loss.
    pub(crate) fn interrupted(&mut self, at: Timestamp, cause: GapCause, out: &mut Vec<Entry>) {
        self.finish_part(None, None, out);
        let from = match self.last.map(|last| last.time.plus(last.lasts)) {
            // Something else than what was told before, and only now.
            Some(end) if self.lost => end.max(at),
            Some(end) => end,
            None => at,
        };
        self.lose(from, cause, out);
    }

    /// Ends: appends to `out` what is ready.
    pub(crate) fn finish(&mut self, out: &mut Vec<Entry>) {
        self.finish_part(None, None, out);
        self.decodable = false;
        // What is recorded after this follows nothing.
        self.last = None;
        self.lost = false;
        out.push(Entry::End);
    }

    /// Tells the loss where pictures do not follow the one before.
    fn check_continuity(&mut self, unit: &AccessUnit, out: &mut Vec<Entry>) {
        let Some(last) = self.last else { return };
        let has_new_run = unit.run != last.run;
        let goes_on = unit.time > last.time && unit.time.since(last.time) < FORMAT_CHANGE;
        if has_new_run && goes_on && !self.has_format(unit) {
            // Nothing is missing in between: `check_format` ends the part at this picture.
            return;
        }
        let cause = if has_new_run {
            GapCause::Disconnected
        } else if unit.time <= last.time {
            GapCause::ClockJump
        } else if unit.time.since(last.time) > LONGEST_PICTURE {
            GapCause::NoPicture
        } else {
            return;
        };
        self.finish_part(None, Some(unit.time), out);
        if cause != GapCause::NoPicture {
            self.take += 1;
            self.decodable = false;
        }
        if !self.lost {
            self.lose(last.time.plus(last.lasts), cause, out);
        }
    }

    fn check_format(&mut self, unit: &AccessUnit, out: &mut Vec<Entry>) {
        if self.has_format(unit) {
            return;
        }
        self.finish_part(Some(unit.time), None, out);
        self.take += 1;
        self.decodable = false;
        self.format = Some(Arc::clone(&unit.format));
    }

    fn has_format(&self, unit: &AccessUnit) -> bool {
        let same = |format: &Arc<_>| Arc::ptr_eq(format, &unit.format) || *format == unit.format;
        self.format.as_ref().is_some_and(same)
    }

    /// Remembers `unit` as the last picture; returns the time of the one before in its run.
    fn remember(&mut self, unit: &AccessUnit) -> Option<Timestamp> {
        let before = self.last.filter(|last| last.run == unit.run);
        let since = before.map(|last| (unit.time.since(last.time), last.lasts));
        let lasts = match since {
            Some((since, _)) if (Duration::from_micros(1)..=LONGEST_PICTURE).contains(&since) => {
                since
            }
            Some((_, lasts)) => lasts,
            None => USUAL_PICTURE,
        };
        self.last = Some(Last { run: unit.run, time: unit.time, lasts });
        before.map(|last| last.time)
    }

    fn is_full(&self, part: &Part, now: Timestamp) -> bool {
        part.bytes >= self.largest_part_bytes
            || part.pictures.len() >= MOST_PICTURES
            || now.since(part.start()) >= LONGEST_PART
            || (!part.losses.is_empty() && now.since(part.start()) >= LOSSES_TOLD_WITHIN)
    }

    /// Adds a picture to the part at hand, or starts one.
    fn gather(&mut self, unit: AccessUnit, before: Option<Timestamp>, out: &mut Vec<Entry>) {
        let mut part = self.part.take().unwrap_or_else(|| Part {
            format: Arc::clone(&unit.format),
            take: self.take,
            run: unit.run,
            starts_with_keyframe: unit.is_keyframe,
            pictures: Vec::new(),
            end: unit.time,
            bytes: 0,
            losses: Vec::new(),
            held: Held::new(self.budgets.clone()),
        });
        if !part.held.grow(unit.data.len()) {
            let pictures = u64::try_from(part.pictures.len()).unwrap_or(u64::MAX);
            count_left_out(pictures.saturating_add(1), GapCause::DiskSlow.as_str());
            self.decodable = false;
            self.lose(part.start(), GapCause::DiskSlow, out);
            return;
        }
        if let Some(before) = before.filter(|_| unit.lost_packets > 0) {
            add_loss(&mut part.losses, before, unit.time);
        }
        part.bytes += unit.data.len();
        part.pictures.push(Picture { time: unit.time, data: unit.data });
        self.lost = false;
        self.part = Some(part);
    }

    /// Hands over the part at hand. Its last picture ends at `end`, or else lasts as long as
    /// those before it, but not beyond `next`.
    fn finish_part(
        &mut self,
        end: Option<Timestamp>,
        next: Option<Timestamp>,
        out: &mut Vec<Entry>,
    ) {
        let Some(mut part) = self.part.take() else {
            return;
        };
        let Some(last) = part.pictures.last().map(|picture| picture.time) else {
            return;
        };
        part.end = end.filter(|&end| end > last).unwrap_or_else(|| {
            let count = u32::try_from(part.pictures.len() - 1).unwrap_or(u32::MAX);
            let mean = last.since(part.start()).checked_div(count);
            let lasts = self.last.map_or(USUAL_PICTURE, |last| last.lasts);
            let end = last.plus(mean.unwrap_or(lasts).max(Duration::from_micros(1)));
            next.filter(|&next| next > last).map_or(end, |next| end.min(next))
        });
        if let Some(before) = &mut self.last {
            before.lasts = if before.time == last { part.end.since(last) } else { before.lasts };
        }
        out.push(Entry::Pictures(Box::new(part)));
    }

    fn lose(&mut self, from: Timestamp, cause: GapCause, out: &mut Vec<Entry>) {
        self.lost = true;
        out.push(Entry::Lost { from, cause });
    }
}

/// Counts pictures that are not recorded.
pub(crate) fn count_left_out(pictures: u64, cause: &'static str) {
    metrics::counter!("watchpost_archive_left_out_pictures_total", "cause" => cause)
        .increment(pictures);
}

/// Adds a span to `losses`, joined with the one before if they are close.
fn add_loss(losses: &mut Vec<TimeRange>, start: Timestamp, end: Timestamp) {
    match losses.last_mut() {
        Some(loss) if start.since(loss.end) <= LOSSES_APART => loss.end = end,
        _ => losses.push(TimeRange { start, end }),
    }
}
