//! The events of a package, with a still of each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Seek, Write};
use std::time::Duration;

use anyhow::Context as _;
use archive::gop;
use domain::{CameraId, Event, Source, StreamId, TimeRange};
use evidence::{ClockCard, Sealer, StillCard};
use index::{EventQuery, Order as Sorting, RuleVersion, StoredEvent};
use vision::still::{self, Rendition};

use super::{About, Order, Origin, clips};

/// Where the events lie in the package.
pub(super) const FILE: &str = "events/events.json";
/// Events asked for at once.
const PAGE: usize = 1000;
/// The most events of a package: they are held in memory.
const MOST_EVENTS: usize = 100_000;
/// The most stills of a package: each is decoded from its keyframe on.
const MOST_STILLS: usize = 500;

/// What became of the events.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) count: u64,
    pub(super) stills: Vec<StillCard>,
    pub(super) clock_errors: Vec<ClockCard>,
    /// Each with its kind.
    pub(super) rules: BTreeSet<(RuleVersion, String)>,
    /// Each by the SHA-256 of its file.
    pub(super) models: BTreeSet<String>,
}

/// Adds the events of the cameras in the range, in order of time.
pub(super) fn add<W: Write + Seek>(
    about: &About<'_>,
    sealer: &mut Sealer<W>,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Found> {
    let About { origin, order, .. } = *about;
    let events = events(origin, order, warnings)?;
    let body = |stored: &StoredEvent| serde_json::to_value(&stored.event);
    let bodies: Vec<_> = events.iter().map(body).collect::<Result<_, _>>()?;
    let mut text = serde_json::to_vec_pretty(&bodies)?;
    text.push(b'\n');
    sealer.add_bytes(FILE, &text)?;
    let mut found = Found { count: u64::try_from(events.len())?, ..Found::default() };
    let mut clocks: BTreeMap<&CameraId, ClockCard> = BTreeMap::new();
    for StoredEvent { event, .. } in &events {
        let draft = &event.draft;
        let rule = RuleVersion {
            camera: draft.camera.clone(),
            rule: draft.rule.clone(),
            version: draft.rule_version,
        };
        found.rules.insert((rule, draft.kind.as_str().to_owned()));
        if let Source::Analysis { model } = &draft.source {
            found.models.insert(model.to_string());
        }
        let error = draft.clock_error_ms;
        let clock = clocks.entry(&draft.camera).or_insert_with(|| ClockCard {
            camera: draft.camera.clone(),
            least_ms: error,
            most_ms: error,
            measured: 0,
        });
        clock.least_ms = clock.least_ms.min(error);
        clock.most_ms = clock.most_ms.max(error);
        clock.measured += 1;
    }
    found.clock_errors = clocks.into_values().collect();
    if order.with_stills {
        add_stills(about, &events, sealer, &mut found, warnings)?;
    }
    Ok(found)
}

fn events(
    origin: &Origin<'_>,
    order: &Order,
    warnings: &mut Vec<String>,
) -> anyhow::Result<Vec<StoredEvent>> {
    let mut query = EventQuery {
        cameras: Some(order.cameras.clone()),
        order: Sorting::OldestFirst,
        limit: PAGE,
        ..EventQuery::new(order.range)
    };
    let mut events = Vec::new();
    loop {
        let page = origin.index.search_events(&query).context("cannot read the events")?;
        events.extend(page.events);
        query.cursor = page.next;
        if query.cursor.is_none() {
            return Ok(events);
        }
        if events.len() >= MOST_EVENTS {
            warnings.push(format!("only the first {} events are in it", events.len()));
            return Ok(events);
        }
    }
}

fn add_stills<W: Write + Seek>(
    about: &About<'_>,
    events: &[StoredEvent],
    sealer: &mut Sealer<W>,
    found: &mut Found,
    warnings: &mut Vec<String>,
) -> anyhow::Result<()> {
    let mut without = 0_usize;
    for StoredEvent { event, .. } in events.iter().take(MOST_STILLS) {
        match still(about, event) {
            Ok(Some(jpeg)) => {
                let file = format!("stills/{}-at.jpg", event.id);
                sealer.add_bytes(&file, &jpeg)?;
                let (event, time) = (event.id.to_string(), event.draft.time);
                found.stills.push(StillCard { file, event, time });
            }
            Ok(None) | Err(_) => without += 1,
        }
    }
    if without > 0 {
        warnings
            .push(format!("{without} events are without a still: their moment is not recorded"));
    }
    if events.len() > MOST_STILLS {
        warnings.push(format!("only the first {MOST_STILLS} events have a still"));
    }
    Ok(())
}

/// Returns the picture of an event's moment as JPEG, masks painted over; `None` if there is none, or
/// nobody knows the masks of its camera any more.
fn still(about: &About<'_>, event: &Event) -> anyhow::Result<Option<Vec<u8>>> {
    let (origin, camera, at) = (about.origin, &event.draft.camera, event.draft.time);
    let Some(history) = about.masks.of(camera) else { return Ok(None) };
    let moment = TimeRange { start: at, end: at.plus(Duration::from_micros(1)) };
    let segments = origin.index.segments(&StreamId::main(camera.clone()), moment)?;
    let Some(segment) = segments.first() else { return Ok(None) };
    let path = clips::file_of(origin, segment)?;
    let gop = gop::read(&path, segment, at)?;
    let taken = gop.pictures.iter().map(|(time, _)| *time).take_while(|time| *time <= at).last();
    let masks = history.at(taken.unwrap_or(at));
    let picture = still::picture(gop.codec, &gop.codec_data, &gop.pictures, at, &masks)?;
    Ok(Some(still::jpeg(&picture, None, &Rendition::Plain)?))
}
