//! The clips of a package: whole GOPs as the cameras sent them, with where they come from.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::Masking;
use archive::clip::Clip;
use archive::{ClipError, ExportLabel};
use domain::{Segment, SegmentId, StreamId, TimeRange, Timestamp, VolumeId};
use evidence::{CameraSignatureCard, ClipCard, Digest, GapCard, Sealer, SegmentCard};
use index::{CameraRow, FootageDay, StoredFootageLink};

use super::masked::{self, MaskedCopy};
use super::{About, Order, Origin, Progress};
use crate::audit;

/// The longest clip: players are slow to open longer ones, and a copy of a part is smaller.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// What became of the footage.
#[derive(Debug, Default)]
pub(super) struct Clips {
    pub(super) cards: Vec<ClipCard>,
    pub(super) gaps: Vec<GapCard>,
    /// The chains that their files stand in.
    pub(super) days: BTreeMap<FootageDay, Chained>,
}

/// A clip that is laid out and not yet read.
struct Planned {
    name: String,
    stream: StreamId,
    clip: Clip,
    segments: Vec<(PathBuf, Segment)>,
}

/// Adds a clip for every camera and six hours, if anything was recorded then.
pub(super) fn add<W: Write + Seek>(
    about: &About<'_>,
    cameras: &[&CameraRow],
    sealer: &mut Sealer<W>,
    progress: Progress<'_>,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Clips> {
    let About { origin, order, .. } = *about;
    let mut clips = Clips::default();
    let mut planned = Vec::new();
    for camera in cameras {
        let stream = StreamId { camera: camera.id.clone(), role: order.role };
        for range in pieces(order.range) {
            planned.extend(plan(origin, order, camera, &stream, range, planned.len() + 1)?);
        }
        if planned.last().is_none_or(|last: &Planned| last.stream != stream) {
            warnings.push(format!("nothing is recorded of {stream}"));
        }
        for gap in origin.index.gaps(&stream, order.range)? {
            clips.gaps.push(GapCard {
                camera: gap.stream.camera,
                stream: gap.stream.role,
                start: gap.start,
                end: gap.end,
                cause: gap.cause,
            });
        }
    }
    if planned.is_empty() {
        bail!(
            "nothing is recorded of these cameras from {} to {}; what is still being written can be \
             exported a minute later",
            order.range.start,
            order.range.end
        );
    }
    let total = planned.iter().map(|planned| planned.clip.len()).sum();
    let mut recorded = SegmentCards { origin, days: BTreeMap::new(), checked: BTreeMap::new() };
    let mut done = 0;
    for Planned { name, stream, clip, segments } in planned {
        let mut cards = Vec::new();
        for (path, segment) in &segments {
            cards.push(recorded.card(path, segment, warnings)?);
        }
        let masked = masked(about, &clip, &stream, &segments)?;
        // What is encoded again has lost them.
        let camera_signatures = match &masked {
            Some(_) => Vec::new(),
            None => camera_signatures(segments, clip.shown())?,
        };
        let name = match &masked {
            Some(_) => name.replace(".mp4", "-masked.mp4"),
            None => name,
        };
        let masked = match masked {
            Some(mut copy) => {
                if copy.left_out > 0 {
                    warnings.push(format!(
                        "{} parts of the masked copy {name} could not be decoded and are missing",
                        copy.left_out
                    ));
                }
                sealer.add(&name, copy.bytes, &mut copy.file)?;
                progress(done + clip.len(), total);
                Some(copy.card)
            }
            None => {
                let mut tell = |read: u64| progress(done + read, total);
                let mut source = ClipSource { clip: &clip, at: 0, tell: &mut tell };
                sealer.add(&name, clip.len(), &mut source)?;
                None
            }
        };
        done += clip.len();
        clips.cards.push(ClipCard {
            file: name,
            camera: stream.camera,
            stream: stream.role,
            pictures: clip.range(),
            shown: clip.shown(),
            masked,
            camera_signatures,
            segments: cards,
        });
    }
    clips.days = recorded.days;
    Ok(clips)
}

/// Returns the masked copy of a clip, where privacy masks lie over it and are to be kept.
fn masked(
    about: &About<'_>,
    clip: &Clip,
    stream: &StreamId,
    segments: &[(PathBuf, Segment)],
) -> anyhow::Result<Option<MaskedCopy>> {
    if about.order.masking == Masking::Off {
        return Ok(None);
    }
    let history = about.masks.of(&stream.camera).with_context(|| {
        format!("nobody knows the privacy masks of {}: start the service once", stream.camera)
    })?;
    if !history.covers(clip.range()) {
        return Ok(None);
    }
    let folder = about.origin.config.index.path.join("exports");
    masked::make(segments, clip.shown(), history, &folder).map(Some)
}

/// Returns which signatures the camera itself put into a clip.
fn camera_signatures(
    segments: Vec<(PathBuf, Segment)>,
    shown: TimeRange,
) -> anyhow::Result<Vec<CameraSignatureCard>> {
    let found = archive::signing::count(segments, shown)
        .context("cannot look for the camera's own signatures")?;
    Ok(found.into_iter().map(|(signing, count)| CameraSignatureCard { signing, count }).collect())
}

/// Cuts a range into pieces that a clip may hold.
fn pieces(range: TimeRange) -> Vec<TimeRange> {
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = start.plus(LONGEST).min(range.end);
        pieces.push(TimeRange { start, end });
        start = end;
    }
    pieces
}

fn plan(
    origin: &Origin<'_>,
    order: &Order,
    camera: &CameraRow,
    stream: &StreamId,
    range: TimeRange,
    number: usize,
) -> anyhow::Result<Option<Planned>> {
    let mut segments = Vec::new();
    for segment in origin.index.segments(stream, range)? {
        segments.push((file_of(origin, &segment)?, segment));
    }
    let label = ExportLabel {
        unit: format!("{}, {}", audit::software(), origin.config.site.name),
        operator: order.operator.to_string(),
        time: order.exported,
        source: camera.name.clone(),
        location: camera.location,
    };
    let clip = match Clip::labelled(segments.clone(), range, &label) {
        Ok(clip) => clip,
        Err(ClipError::Empty { .. }) => return Ok(None),
        Err(error) => return Err(error).context("cannot lay out a clip"),
    };
    let name = format!(
        "clips/{number:03}-{}-{}-{}.mp4",
        stream.camera,
        stream.role.as_str(),
        compact(clip.shown().start)
    );
    Ok(Some(Planned { name, stream: stream.clone(), clip, segments }))
}

/// Returns the file of a segment.
pub(super) fn file_of(origin: &Origin<'_>, segment: &Segment) -> anyhow::Result<PathBuf> {
    let volume = |id: &VolumeId| origin.config.volumes.iter().find(|volume| volume.id == *id);
    let volume = volume(&segment.volume).with_context(|| {
        format!("volume {} is not in the configuration, but holds footage", segment.volume)
    })?;
    Ok(volume.path.join(&segment.path))
}

/// Returns a moment as `20260301T003000Z`.
fn compact(time: Timestamp) -> String {
    let digits = |letter: &char| letter.is_ascii_digit() || *letter == 'T';
    let text: String = time.to_string().chars().filter(digits).take(15).collect();
    format!("{text}Z")
}

/// Says of recorded files where they come from; each is read again once.
struct SegmentCards<'a> {
    origin: &'a Origin<'a>,
    days: BTreeMap<FootageDay, Chained>,
    checked: BTreeMap<SegmentId, bool>,
}

/// The chain of a stream and day, and which of its links clips come from.
#[derive(Debug)]
pub(super) struct Chained {
    pub(super) links: Vec<StoredFootageLink>,
    pub(super) used: Vec<u64>,
}

impl SegmentCards<'_> {
    fn card(
        &mut self,
        path: &PathBuf,
        segment: &Segment,
        warnings: &mut Vec<String>,
    ) -> anyhow::Result<SegmentCard> {
        let rehashed = match self.checked.get(&segment.id) {
            Some(checked) => *checked,
            None => {
                let checked = self.check(path, segment, warnings)?;
                self.checked.insert(segment.id, checked);
                checked
            }
        };
        Ok(SegmentCard {
            path: segment.path.clone(),
            range: segment.range,
            bytes: segment.bytes,
            sha256: segment.sha256.map(Digest),
            rehashed,
            chain: self.chain(segment)?,
        })
    }

    fn check(
        &self,
        path: &PathBuf,
        segment: &Segment,
        warnings: &mut Vec<String>,
    ) -> anyhow::Result<bool> {
        let reading = || format!("cannot read {}", path.display());
        let mut file = File::open(path).with_context(reading)?;
        let found = Digest::of_all(&mut file).with_context(reading)?;
        let is_same = segment.sha256 == Some(found.0);
        if !is_same {
            warnings.push(format!(
                "{} is not as it was when it was closed: its SHA-256 is another",
                path.display()
            ));
        }
        Ok(is_same)
    }

    /// Returns the chain with a recorded file, as it was when that was closed.
    fn chain(&mut self, segment: &Segment) -> anyhow::Result<Option<Digest>> {
        let day = FootageDay::of(segment);
        if !self.days.contains_key(&day) {
            let links = self.origin.index.footage_links(&day, 1)?;
            self.days.insert(day.clone(), Chained { links, used: Vec::new() });
        }
        let Some(chained) = self.days.get_mut(&day) else { return Ok(None) };
        let is_it = |link: &&StoredFootageLink| {
            link.segment == segment.id && Some(link.sha256) == segment.sha256
        };
        let Some(link) = chained.links.iter().rev().find(is_it) else { return Ok(None) };
        chained.used.push(link.number);
        Ok(Some(Digest(link.chain)))
    }
}

/// Reads a clip from its first byte on.
struct ClipSource<'a> {
    clip: &'a Clip,
    at: u64,
    tell: &'a mut dyn FnMut(u64),
}

impl Read for ClipSource<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.clip.read(self.at, buffer).map_err(io::Error::other)?;
        self.at += u64::try_from(count).unwrap_or(0);
        (self.tell)(self.at);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_range_becomes_clips_without_a_gap_between() {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let range = TimeRange { start, end: start.plus(Duration::from_secs(13 * 3600)) };
        let pieces = pieces(range);
        assert_eq!(pieces.len(), 3);
        assert_eq!((pieces[0].start, pieces[2].end), (range.start, range.end));
        assert!(pieces.windows(2).all(|two| two[0].end == two[1].start));
        assert_eq!(compact(start), "20260301T000000Z");
    }
}
