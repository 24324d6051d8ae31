//! Who is at the desk: people who may handle alerts, and whose console tells of it.
//!
//! They are told of each other where their places overlap, and of nobody else: that somebody works
//! elsewhere is not theirs to know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::Event;
use domain::{AccountName, Permission, Scope};
use futures::stream::{self, Stream};
use index::AccountKind;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::feed::LOOK_AGAIN;
use crate::officers::share_cameras;
use crate::problem::ApiError;
use crate::state::ApiState;

/// A console that loses its connection comes back within this: nobody is told that it was gone.
const SETTLED: Duration = Duration::from_secs(1);

/// Who else is at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PresenceBody {
    /// By name, each once; the caller is not among them.
    officers: Vec<PresentBody>,
}

/// Somebody at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PresentBody {
    /// The account's name.
    #[schema(example = "truc-ban-02")]
    name: String,
    /// How people call it.
    display_name: String,
}

/// Everybody at the desk. Shared by all streams; locked for as long as a list of people is read.
#[derive(Debug)]
pub(crate) struct Presence {
    sitting: Mutex<Sitting>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Sitting {
    next: u64,
    people: BTreeMap<u64, Sitter>,
}

#[derive(Debug, Clone)]
struct Sitter {
    name: AccountName,
    display_name: String,
    handles: Scope,
}

impl Default for Presence {
    fn default() -> Self {
        Self { sitting: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Presence {
    /// Seats somebody for as long as the seat is held.
    fn sit(self: &Arc<Self>, sitter: Sitter) -> Seat {
        let mut sitting = self.sitting.lock().unwrap_or_else(PoisonError::into_inner);
        let number = sitting.next;
        sitting.next += 1;
        sitting.people.insert(number, sitter);
        drop(sitting);
        self.changed.send_modify(|count| *count += 1);
        Seat { presence: Arc::clone(self), number }
    }

    /// Returns who sits beside `me`.
    fn beside(&self, me: &Sitter) -> PresenceBody {
        let sitting = self.sitting.lock().unwrap_or_else(PoisonError::into_inner);
        let others = sitting.people.values().filter(|other| other.name != me.name);
        let near: BTreeMap<&AccountName, &str> = others
            .filter(|other| share_cameras(&me.handles, &other.handles))
            .map(|other| (&other.name, other.display_name.as_str()))
            .collect();
        let told = near.into_iter().map(|(name, display_name)| PresentBody {
            name: name.to_string(),
            display_name: display_name.to_owned(),
        });
        PresenceBody { officers: told.collect() }
    }
}

/// A place at the desk; left when dropped.
#[derive(Debug)]
struct Seat {
    presence: Arc<Presence>,
    number: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut sitting = self.presence.sitting.lock().unwrap_or_else(PoisonError::into_inner);
        sitting.people.remove(&self.number);
        drop(sitting);
        self.presence.changed.send_modify(|count| *count += 1);
    }
}

/// Seats the caller, if they are a person who may handle alerts, and tells who sits beside them, now
/// and whenever that changes; ends when they may not be told any more, or the service stops.
pub(crate) fn told(state: ApiState, caller: Caller) -> impl Stream<Item = Event> + Send {
    let me = Sitter {
        name: caller.name().clone(),
        display_name: caller.display_name().to_owned(),
        handles: caller.scope_for(&[Permission::Handle]),
    };
    let may_sit = caller.identity().kind == AccountKind::Person && me.handles != Scope::NONE;
    let presence = Arc::clone(state.presence());
    let changed = presence.changed.subscribe();
    let seat = may_sit.then(|| presence.sit(me.clone()));
    let watch = Watch { state, caller, me, seat, changed, told: None };
    stream::unfold(watch, |mut watch| async move {
        let told = watch.next().await?;
        Some((told, watch))
    })
}

struct Watch {
    state: ApiState,
    caller: Caller,
    me: Sitter,
    seat: Option<Seat>,
    changed: watch::Receiver<u64>,
    told: Option<PresenceBody>,
}

impl Watch {
    async fn next(&mut self) -> Option<Event> {
        let stop = self.state.stop().clone();
        loop {
            self.changed.mark_unchanged();
            let caller = self.caller.clone();
            let is_still = self.state.ask(move |state| state.is_still(&caller));
            let is_still = tokio::select! {
                is_still = is_still => is_still,
                () = stop.cancelled() => return None,
            };
            // A service that is too busy to look is asked again.
            if matches!(is_still, Ok(false) | Err(ApiError::Stopping)) {
                return None;
            }
            let now = match &self.seat {
                Some(seat) => seat.presence.beside(&self.me),
                None => PresenceBody { officers: Vec::new() },
            };
            if self.told.as_ref() != Some(&now) {
                let event = Event::default().event("presence").json_data(&now);
                self.told = Some(now);
                return event.ok();
            }
            tokio::select! {
                changed = self.changed.changed() => {
                    changed.ok()?;
                    tokio::time::sleep(SETTLED).await;
                }
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = stop.cancelled() => return None,
            }
        }
    }
}
