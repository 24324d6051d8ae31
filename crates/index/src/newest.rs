//! The newest events in memory: what every desk asks for, and asks for again.
//!
//! A page of the latest events, of all cameras or of one's own, is answered from here where all of it lies
//! here: no reader is waited for and no row taken apart. Anything else is found in the files. What is held
//! equals what would be read back; an event is here before whoever stored it is told so.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use domain::Event;

use crate::attribute_code;
use crate::filter::Conditions;
use crate::month::{Month, RowId};
use crate::query::{Cursor, EventPage, Order, StoredEvent};

/// How many events are held, some 400 bytes each.
pub(crate) const HELD: usize = 1000;

/// Shared by the writer of events and those who search.
#[derive(Debug)]
pub(crate) struct Newest(RwLock<Held>);

#[derive(Debug)]
struct Held {
    /// In order of their rows.
    events: VecDeque<HeldEvent>,
    /// Every event that is stored in this row or a later one is held.
    from: RowId,
}

/// An event, and where it is stored.
#[derive(Debug, Clone)]
pub(crate) struct HeldEvent {
    pub(crate) row: RowId,
    /// The number of its camera.
    pub(crate) camera: u16,
    pub(crate) stored: StoredEvent,
}

impl HeldEvent {
    /// Holds `event` as it would be read back.
    pub(crate) fn new(row: RowId, camera: u16, sequence: u64, event: &Event) -> Self {
        let mut event = event.clone();
        let attributes = attribute_code::encode(&event.draft.attributes);
        event.draft.attributes = attribute_code::decode(attributes).unwrap_or_default();
        Self { row, camera, stored: StoredEvent { sequence, event } }
    }
}

impl Newest {
    /// Holds nothing and knows nothing, until it is filled.
    pub(crate) fn new() -> Self {
        Self(RwLock::new(Held { events: VecDeque::new(), from: RowId(i64::MAX) }))
    }

    /// Begins with `events`, the newest of all, in order of their rows; `is_all` says that there are no
    /// others. To be called before anything else is stored.
    pub(crate) fn fill(&self, events: Vec<HeldEvent>, is_all: bool) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.from = match events.first() {
            Some(first) if !is_all => first.row,
            _ => RowId(i64::MIN),
        };
        held.events = events.into();
    }

    /// Takes in what was just committed.
    pub(crate) fn add(&self, events: Vec<HeldEvent>) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            if event.row < held.from {
                continue;
            }
            let at = held.events.partition_point(|other| other.row < event.row);
            held.events.insert(at, event);
            if held.events.len() > HELD
                && let Some(oldest) = held.events.pop_front()
            {
                held.from = RowId(oldest.row.0.saturating_add(1));
            }
        }
    }

    /// Forgets the events of a month that is about to expire, and of all before.
    pub(crate) fn forget(&self, month: Month) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let end = RowId::first_at(month.range().end);
        held.from = held.from.max(end);
        held.events.retain(|event| event.row >= end);
    }

    /// Answers a page, if all of it is held.
    pub(crate) fn page(&self, conditions: &Conditions) -> Option<EventPage> {
        if conditions.order != Order::NewestFirst || !conditions.is_about_cameras_and_time_only() {
            return None;
        }
        let rows = conditions.rows();
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let wants = |event: &&HeldEvent| {
            let cameras = conditions.cameras.as_ref();
            cameras.is_none_or(|cameras| cameras.binary_search(&event.camera).is_ok())
        };
        let end = held.events.partition_point(|event| event.row.0 < rows.end);
        let from = held.events.partition_point(|event| event.row.0 < rows.start).min(end);
        let mut found = held.events.range(from..end).rev().filter(wants);
        let mut page = EventPage { events: Vec::new(), next: None };
        let mut last = None;
        for event in found.by_ref().take(conditions.limit) {
            page.events.push(event.stored.clone());
            last = Some(event.row);
        }
        let has_more = found.next().is_some();
        page.next = last.filter(|_| has_more).map(Cursor);
        (has_more || held.from.0 <= rows.start).then_some(page)
    }
}
