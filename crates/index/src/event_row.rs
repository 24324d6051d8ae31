//! An event as a row: what is searched in columns, what all events of a rule share in a
//! dictionary, the rest in a small blob.

use std::sync::Arc;

use domain::{
    Bbox, Class, Crossing, Event, EventDraft, EventId, EventKind, Evidence, GroundPosition,
    Location, Point, RuleId, Severity, SignalChange, SignalState, Source, Speed, Timestamp,
    TrackId,
};
use rusqlite::Row;
use uuid::Uuid;

use crate::StoredEvent;
use crate::attribute_code;
use crate::camera::Cameras;
use crate::coding::{Decoder, Encoder};
use crate::month::RowId;

/// What all events of one version of a rule share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RuleEntry {
    pub(crate) name: RuleId,
    pub(crate) kind: EventKind,
    pub(crate) severity: Severity,
    pub(crate) version: u32,
    pub(crate) source: Source,
    pub(crate) geometry: Arc<[Point]>,
    pub(crate) further_geometry: Arc<[Vec<Point>]>,
}

/// A rule's entry as its table keeps it; equal entries have equal keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RuleKey {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) severity: u8,
    pub(crate) version: u32,
    pub(crate) model: String,
    pub(crate) geometry: Vec<u8>,
}

impl RuleKey {
    /// Returns the key of the rule that `draft` was found by.
    pub(crate) fn of(draft: &EventDraft) -> Self {
        let mut geometry = Encoder::default();
        for point in draft.geometry.iter() {
            geometry.float(point.x);
            geometry.float(point.y);
        }
        for shape in draft.evidence.further_geometry.iter() {
            // A point that is none stands between two shapes.
            for number in [f32::NAN, f32::NAN]
                .into_iter()
                .chain(shape.iter().flat_map(|point| [point.x, point.y]))
            {
                geometry.float(number);
            }
        }
        Self {
            name: draft.rule.to_string(),
            kind: draft.kind.number(),
            severity: draft.severity.number(),
            version: draft.rule_version,
            model: source_text(&draft.source),
            geometry: geometry.finish(),
        }
    }

    /// Reads a row `(name, kind, severity, version, model, geometry)` from column `first` on.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get(first)?,
            kind: row.get(first + 1)?,
            severity: row.get(first + 2)?,
            version: row.get(first + 3)?,
            model: row.get(first + 4)?,
            geometry: row.get(first + 5)?,
        })
    }

    /// Returns the entry; `None` when it holds what was never written.
    pub(crate) fn entry(self) -> Option<RuleEntry> {
        let mut decoder = Decoder::new(&self.geometry);
        let mut shapes = vec![Vec::new()];
        while !decoder.is_at_end() {
            let point = Point::new(decoder.float()?, decoder.float()?);
            if point.x.is_nan() {
                shapes.push(Vec::new());
            } else {
                shapes.last_mut()?.push(point);
            }
        }
        let further_geometry = shapes.split_off(1);
        Some(RuleEntry {
            name: self.name.parse().ok()?,
            kind: EventKind::from_number(self.kind)?,
            severity: Severity::try_from(self.severity).ok()?,
            version: self.version,
            source: source_of(self.model)?,
            geometry: shapes.pop()?.into(),
            further_geometry: further_geometry.into(),
        })
    }
}

/// What our own watch over the cameras found.
const WATCH: &str = "watch ";
/// Before the topic of a camera's own analysis. No model's hash holds a space.
const CAMERA: &str = "camera ";
/// Before the name and the topic of a partner's finding.
const PARTNER: &str = "partner ";

/// Returns the text that stands in the column `model`, which was made when all events were our
/// own: a model's hash as it is, others with a word before.
fn source_text(source: &Source) -> String {
    match source {
        Source::Analysis { model } => model.to_string(),
        Source::Watch => WATCH.to_owned(),
        Source::Camera { topic } => format!("{CAMERA}{topic}"),
        Source::Partner { name, topic } => format!("{PARTNER}{name} {topic}"),
    }
}

/// Reads what [`source_text`] wrote.
fn source_of(text: String) -> Option<Source> {
    if text == WATCH {
        return Some(Source::Watch);
    }
    if let Some(topic) = text.strip_prefix(CAMERA) {
        return Some(Source::Camera { topic: topic.to_owned() });
    }
    if let Some(rest) = text.strip_prefix(PARTNER) {
        let (name, topic) = rest.split_once(' ')?;
        return Some(Source::Partner { name: name.parse().ok()?, topic: topic.to_owned() });
    }
    Some(Source::Analysis { model: text.into() })
}

/// Columns of `ev` in the order in which the reader of this file takes them apart.
pub(crate) const COLUMNS: &str = "ev.id, ev.cam, ev.class, ev.rule, ev.place, ev.lat, ev.lon, ev.seq, ev.track, ev.uid, ev.detail, ev.attr";

/// Which of [`COLUMNS`] holds what is not searched by an index.
pub(crate) const DETAIL: usize = 10;

/// Which of [`COLUMNS`] holds what is known of the object.
pub(crate) const ATTRIBUTES: usize = 11;

const HAS_BBOX: u64 = 1;
const HAS_CROSSING: u64 = 2;
const RIGHT_TO_LEFT: u64 = 4;
const HAS_SIGNAL: u64 = 8;
const HAS_SPEED: u64 = 16;
const HAS_NOTE: u64 = 64;
const HAS_POSITION: u64 = 128;

/// Returns the number stored for a class; 0 for none.
pub(crate) fn class_number(class: Option<Class>) -> u8 {
    class.map_or(0, Class::number)
}

/// Returns the blob of what is not searched. What an event does not have takes no bytes; a part
/// that is added later gets a flag of its own and follows the others, so that older rows stay
/// readable.
pub(crate) fn encode_detail(draft: &EventDraft) -> Vec<u8> {
    let mut flags = 0;
    if draft.bbox.is_some() {
        flags |= HAS_BBOX;
    }
    match draft.crossing {
        Some(Crossing::RightToLeft) => flags |= HAS_CROSSING | RIGHT_TO_LEFT,
        Some(Crossing::LeftToRight) => flags |= HAS_CROSSING,
        None => {}
    }
    let evidence = &draft.evidence;
    for (is_there, flag) in [
        (!evidence.signal.is_empty(), HAS_SIGNAL),
        (evidence.speed.is_some(), HAS_SPEED),
        (evidence.note.is_some(), HAS_NOTE),
        (evidence.position.is_some(), HAS_POSITION),
    ] {
        flags |= if is_there { flag } else { 0 };
    }
    let mut encoder = Encoder::default();
    encoder.unsigned(flags);
    encoder.unsigned(u64::from(draft.duration_ms));
    encoder.unsigned(u64::from(draft.count));
    encoder.signed(i64::from(draft.clock_error_ms));
    encoder.float(draft.confidence);
    if let Some(bbox) = draft.bbox {
        for side in [bbox.left, bbox.top, bbox.width, bbox.height] {
            encoder.float(side);
        }
    }
    encode_evidence(evidence, draft.time, &mut encoder);
    encoder.finish()
}

fn encode_evidence(evidence: &Evidence, time: Timestamp, encoder: &mut Encoder) {
    if !evidence.signal.is_empty() {
        encoder.unsigned(evidence.signal.len() as u64);
        for change in &evidence.signal {
            encoder.signed(change.time.micros_since(time));
            encoder.unsigned(u64::from(change.state.number()));
        }
    }
    if let Some(speed) = evidence.speed {
        encoder.float(speed.kmh);
        encoder.float(speed.uncertainty_kmh);
    }
    if let Some(note) = &evidence.note {
        encoder.text(note);
    }
    if let Some(position) = evidence.position {
        for degrees in [position.location.lat, position.location.lon] {
            encoder.signed(ten_millionths(degrees));
        }
        encoder.float(position.uncertainty_m);
    }
}

/// Reads what [`encode_evidence`] wrote of an event at `time`; `flags` say which parts.
fn decode_evidence(flags: u64, time: Timestamp, decoder: &mut Decoder<'_>) -> Option<Evidence> {
    let mut evidence = Evidence::default();
    if flags & HAS_SIGNAL != 0 {
        for _ in 0..decoder.count(2)? {
            let micros = time.as_micros().checked_add(decoder.signed()?)?;
            let number = u8::try_from(decoder.unsigned()?).ok()?;
            let state = SignalState::from_number(number)?;
            let time = Timestamp::from_micros(micros);
            evidence.signal.push(SignalChange { time, state });
        }
    }
    if flags & HAS_SPEED != 0 {
        let (kmh, uncertainty_kmh) = (decoder.float()?, decoder.float()?);
        evidence.speed = Some(Speed { kmh, uncertainty_kmh });
    }
    if flags & HAS_NOTE != 0 {
        evidence.note = Some(decoder.text()?);
    }
    if flags & HAS_POSITION != 0 {
        let (lat, lon) = (degrees(decoder.signed()?), degrees(decoder.signed()?));
        let location = Location::new(lat, lon).ok()?;
        evidence.position = Some(GroundPosition { location, uncertainty_m: decoder.float()? });
    }
    Some(evidence)
}

/// Returns degrees in units of 10⁻⁷: about a centimetre on the ground.
#[allow(clippy::cast_possible_truncation, reason = "180 degrees need 31 bits")]
fn ten_millionths(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

#[allow(clippy::cast_precision_loss, reason = "what was written needs 31 bits; others are refused")]
fn degrees(ten_millionths: i64) -> f64 {
    ten_millionths as f64 / 1e7
}

/// Reads confidence and duration in milliseconds off the head of what [`encode_detail`] wrote.
pub(crate) fn confidence_and_duration(blob: &[u8]) -> Option<(f32, u32)> {
    let mut decoder = Decoder::new(blob);
    let _flags = decoder.unsigned()?;
    let duration_ms = u32::try_from(decoder.unsigned()?).ok()?;
    let (_count, _clock_error_ms) = (decoder.unsigned()?, decoder.signed()?);
    Some((decoder.float()?, duration_ms))
}

/// Reads the speed out of what [`encode_detail`] wrote: `None` where it cannot be read, `Some(None)`
/// where the event has none.
pub(crate) fn speed_kmh(blob: &[u8]) -> Option<Option<f32>> {
    // The flags are one number: most events are passed over by it alone.
    let flags = Decoder::new(blob).unsigned()?;
    if flags & HAS_SPEED == 0 {
        return Some(None);
    }
    // Times of a signal's changes count from the event's, which the speed does not.
    let detail = decode_detail(blob, Timestamp::from_micros(0))?;
    Some(detail.evidence.speed.map(|speed| speed.kmh))
}

/// What [`encode_detail`] keeps.
struct Detail {
    duration_ms: u32,
    count: u32,
    clock_error_ms: i32,
    confidence: f32,
    bbox: Option<Bbox>,
    crossing: Option<Crossing>,
    /// Without its further geometry, which is the rule's.
    evidence: Evidence,
}

/// Reads the blob of an event at `time`.
fn decode_detail(blob: &[u8], time: Timestamp) -> Option<Detail> {
    let mut decoder = Decoder::new(blob);
    let flags = decoder.unsigned()?;
    let duration_ms = u32::try_from(decoder.unsigned()?).ok()?;
    let count = u32::try_from(decoder.unsigned()?).ok()?;
    let clock_error_ms = i32::try_from(decoder.signed()?).ok()?;
    let confidence = decoder.float()?;
    let bbox = if flags & HAS_BBOX == 0 {
        None
    } else {
        Some(Bbox {
            left: decoder.float()?,
            top: decoder.float()?,
            width: decoder.float()?,
            height: decoder.float()?,
        })
    };
    let crossing = (flags & HAS_CROSSING != 0).then_some(if flags & RIGHT_TO_LEFT == 0 {
        Crossing::LeftToRight
    } else {
        Crossing::RightToLeft
    });
    let evidence = decode_evidence(flags, time, &mut decoder)?;
    decoder.is_at_end().then_some(Detail {
        duration_ms,
        count,
        clock_error_ms,
        confidence,
        bbox,
        crossing,
        evidence,
    })
}

/// The dictionaries of one monthly file, in RAM.
#[derive(Debug, Default)]
pub(crate) struct Dictionaries {
    /// The rule numbered `n` lies at `n - 1`.
    pub(crate) rules: Vec<RuleEntry>,
    /// The place numbered `n` lies at `n - 1`: a camera and where it stood.
    pub(crate) places: Vec<(u16, Location)>,
}

impl Dictionaries {
    pub(crate) fn rule(&self, number: i64) -> Option<&RuleEntry> {
        self.rules.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    pub(crate) fn place(&self, number: i64) -> Option<Location> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.places.get(at).map(|&(_, location)| location)
    }
}

/// Reads where the event was: by its own columns, or by the place of its camera.
pub(crate) fn location_of(
    row: &Row<'_>,
    dictionaries: &Dictionaries,
) -> rusqlite::Result<Option<Location>> {
    if let Some(place) = row.get::<_, Option<i64>>(4)? {
        return Ok(dictionaries.place(place));
    }
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get(5)?, row.get(6)?);
    Ok(lat.zip(lon).and_then(|(lat, lon)| Location::new(lat, lon).ok()))
}

/// Reads a whole row of [`COLUMNS`], numbered `id`; `None` when it holds what was never written.
pub(crate) fn read_event(
    row: &Row<'_>,
    id: RowId,
    dictionaries: &Dictionaries,
    cameras: &Cameras,
) -> rusqlite::Result<Option<StoredEvent>> {
    let (cam, class): (i64, i64) = (row.get(1)?, row.get(2)?);
    let rule: i64 = row.get(3)?;
    let sequence: i64 = row.get(7)?;
    let track: Option<i64> = row.get(8)?;
    let location = location_of(row, dictionaries)?;
    let uid = row.get_ref(9)?.as_blob().ok();
    let detail = row.get_ref(DETAIL)?.as_blob().ok();
    let attributes = row.get(ATTRIBUTES)?;
    let event = || -> Option<StoredEvent> {
        let camera = cameras.row(u16::try_from(cam).ok()?)?;
        let rule = dictionaries.rule(rule)?;
        let detail = decode_detail(detail?, id.time())?;
        let class = u8::try_from(class).ok()?;
        let class = if class == 0 { None } else { Some(Class::from_number(class)?) };
        Some(StoredEvent {
            sequence: u64::try_from(sequence).ok()?,
            event: Event {
                id: EventId(Uuid::from_slice(uid?).ok()?),
                location,
                draft: EventDraft {
                    camera: camera.id.clone(),
                    time: id.time(),
                    duration_ms: detail.duration_ms,
                    kind: rule.kind,
                    rule: rule.name.clone(),
                    rule_version: rule.version,
                    severity: rule.severity,
                    class,
                    confidence: detail.confidence,
                    attributes: attribute_code::decode(attributes)?,
                    track: track.map(|track| TrackId(track.cast_unsigned())),
                    bbox: detail.bbox,
                    crossing: detail.crossing,
                    count: detail.count,
                    geometry: Arc::clone(&rule.geometry),
                    evidence: Evidence {
                        further_geometry: Arc::clone(&rule.further_geometry),
                        ..detail.evidence
                    },
                    clock_error_ms: detail.clock_error_ms,
                    source: rule.source.clone(),
                },
            },
        })
    };
    Ok(event())
}

/// Returns the hour that `time` lies in, counted from the Unix epoch.
pub(crate) fn hour_of(time: Timestamp) -> i64 {
    time.as_micros().div_euclid(HOUR_US)
}

/// Microseconds in an hour.
pub(crate) const HOUR_US: i64 = 3_600_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_written_before_there_was_evidence_is_read() {
        // 1.5 s, one person, the clock 12 ms ahead, confidence 0.5, a box, right to left.
        let mut blob = vec![7, 0xdc, 0x0b, 1, 24];
        for number in [0.5_f32, 0.25, 0.5, 0.125, 0.25] {
            blob.extend(number.to_le_bytes());
        }
        let detail = decode_detail(&blob, Timestamp::from_millis(0)).unwrap();
        assert_eq!((detail.duration_ms, detail.count, detail.clock_error_ms), (1500, 1, 12));
        assert_eq!(confidence_and_duration(&blob), Some((0.5, 1500)));
        assert_eq!(detail.crossing, Some(Crossing::RightToLeft));
        assert!(detail.evidence.is_empty());
        let geometry: Vec<u8> =
            [0.25_f32, 0.5, 0.75, 0.5].iter().flat_map(|number| number.to_le_bytes()).collect();
        let key = RuleKey {
            name: "gate".to_owned(),
            kind: 1,
            severity: 4,
            version: 7,
            model: "ab".repeat(32),
            geometry,
        };
        let entry = key.entry().unwrap();
        assert_eq!(entry.source, Source::Analysis { model: "ab".repeat(32).into() });
        assert_eq!(*entry.geometry, [Point::new(0.25, 0.5), Point::new(0.75, 0.5)]);
        assert!(entry.further_geometry.is_empty());
    }

    #[test]
    fn whoever_found_it_is_kept_by_name() {
        let topic = "RuleEngine/LineDetector/Crossed".to_owned();
        for source in [
            Source::Analysis { model: "ab".repeat(32).into() },
            Source::Analysis { model: "".into() },
            Source::Watch,
            Source::Camera { topic: topic.clone() },
            Source::Partner { name: "parking".parse().unwrap(), topic },
            Source::Partner { name: "parking".parse().unwrap(), topic: "two words".to_owned() },
        ] {
            assert_eq!(source_of(source_text(&source)), Some(source));
        }
        for damaged in ["partner parking", "partner No crowd"] {
            assert_eq!(source_of(damaged.to_owned()), None, "{damaged}");
        }
    }
}
