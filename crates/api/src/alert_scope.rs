//! Alerts as one sees them who may not see all of their cameras: made of the events of those alone.

use domain::{Alert, EventId, EventKind, Scope};
use index::{Index, IndexError, StoredAlert, StoredEvent};

/// Events of an alert read at once.
const BATCH: usize = 256;

/// Returns whether an alert is of a camera of `scope`; one of no camera is for the whole site.
pub(crate) fn is_of(scope: &Scope, alert: &Alert) -> bool {
    scope.is_site() || alert.cameras.iter().any(|camera| scope.contains(camera))
}

/// Returns the alert as far as the cameras of `scope` saw it; `None` if they saw nothing of it.
/// Blocks; reads all its events when only some of its cameras are in scope.
pub(crate) fn seen(
    index: &Index,
    scope: &Scope,
    mut stored: StoredAlert,
) -> Result<Option<StoredAlert>, IndexError> {
    if !is_of(scope, &stored.alert) {
        return Ok(None);
    }
    let is_whole = stored.alert.cameras.iter().all(|camera| scope.contains(camera));
    if is_whole {
        return Ok(Some(stored));
    }
    if let EventKind::Call(_) = stored.alert.kind {
        // What was said is no camera's; which cameras stand near is told of one's own alone.
        stored.alert.cameras.retain(|camera| scope.contains(camera));
        return Ok(Some(stored));
    }
    let events = events_seen(index, scope, stored.alert.id, 0, usize::MAX)?;
    let Some(first) = events.first() else { return Ok(None) };
    let alert = &mut stored.alert;
    let draft = &first.event.draft;
    alert.rule = draft.rule.clone();
    alert.class = draft.class;
    alert.severity = draft.severity;
    alert.location = first.event.location;
    (alert.first, alert.last) = (draft.time, draft.time);
    alert.count = u32::try_from(events.len()).unwrap_or(u32::MAX);
    // Its own counts what the others saw, too.
    alert.version = alert.count;
    // The first of its row may be of another's camera.
    stored.group = alert.id;
    alert.cameras.retain(|camera| scope.contains(camera));
    for StoredEvent { event, .. } in &events {
        // The least number is the gravest.
        alert.severity = alert.severity.min(event.draft.severity);
        alert.first = alert.first.min(event.draft.time);
        alert.last = alert.last.max(event.draft.time);
        alert.last_event = event.id;
    }
    Ok(Some(stored))
}

/// Returns up to `limit` events of an alert that cameras of `scope` saw, stored after `after`, in
/// the order of storing. Blocks.
pub(crate) fn events_seen(
    index: &Index,
    scope: &Scope,
    alert: EventId,
    mut after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, IndexError> {
    if scope.is_site() {
        return index.events_of_alert(alert, after, limit);
    }
    let mut events = Vec::new();
    loop {
        let batch = index.events_of_alert(alert, after, BATCH)?;
        let Some(newest) = batch.last() else { return Ok(events) };
        after = newest.sequence;
        for stored in batch {
            if events.len() == limit {
                return Ok(events);
            }
            if scope.contains(&stored.event.draft.camera) {
                events.push(stored);
            }
        }
    }
}
