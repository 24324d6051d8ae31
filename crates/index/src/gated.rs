//! Events whose object went over a line drawn on its camera's view: search finds the events, the
//! stored tracks decide.
//!
//! A track is looked up by its number in the months around its event, some microseconds each, so the
//! number of events looked at for one page is bounded: a page may hold less than was asked for, and
//! still say where to continue. After the last event of a page that is full there may be none.

use std::sync::Arc;

use domain::{Gate, Timestamp, TrackId};

use crate::camera::Cameras;
use crate::catalogue::Catalogue;
use crate::filter::Conditions;
use crate::query::{Cursor, EventPage, EventQuery, StoredEvent};
use crate::reader::Reader;
use crate::schema::Kind;
use crate::{IndexError, search, tracks};

/// How many events are looked at for one page.
const MOST_LOOKED_AT: usize = 5000;
/// How many are fetched at once: more than fit on the page, as most went elsewhere.
const AT_ONCE: usize = 500;

/// Answers a page.
pub(crate) fn search(
    reader: &mut Reader,
    catalogue: &Catalogue,
    query: &EventQuery,
    gate: &Gate,
    cameras: &Arc<Cameras>,
) -> Result<EventPage, IndexError> {
    let months: Vec<_> =
        catalogue.months(Kind::Events).into_iter().map(|(month, _)| month).collect();
    let limit = query.limit.clamp(1, 10_000);
    let mut step = EventQuery { limit: AT_ONCE, ..query.clone() };
    let mut events: Vec<StoredEvent> = Vec::new();
    let mut looked_at = 0;
    loop {
        let conditions = Conditions::new(&step, Arc::clone(cameras))?;
        let found = search::page(reader, &conditions, months.clone())?;
        let has_more = found.is_full();
        for (stored, row) in found.events.into_iter().zip(found.rows) {
            looked_at += 1;
            step.cursor = Some(Cursor(row));
            let draft = &stored.event.draft;
            if let Some(track) = draft.track
                && went_over(reader, catalogue, (track, draft.time), gate, cameras)?
            {
                events.push(stored);
            }
            if events.len() == limit || looked_at == MOST_LOOKED_AT {
                return Ok(EventPage { events, next: step.cursor });
            }
        }
        if !has_more {
            return Ok(EventPage { events, next: None });
        }
    }
}

fn went_over(
    reader: &mut Reader,
    catalogue: &Catalogue,
    (track, time): (TrackId, Timestamp),
    gate: &Gate,
    cameras: &Cameras,
) -> Result<bool, IndexError> {
    let track = tracks::track_at(reader, catalogue, track, time, cameras)?;
    Ok(track.is_some_and(|track| gate.crossed_by(&track.path).is_some()))
}
