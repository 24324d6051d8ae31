//! Where pictures are tapped as they come, for those who watch.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AccessUnit, StreamId};
use tokio::sync::broadcast;

/// Pictures that wait for the slowest who watches a stream; who is further behind loses what is
/// older, and goes on with the next keyframe. Their bytes are shared with the recorder.
const WAITING: usize = 64;

/// What those who watch a stream are told.
#[derive(Debug, Clone)]
pub(crate) enum Tapped {
    /// A picture.
    Picture(AccessUnit),
    /// No picture follows for now.
    Interrupted,
    /// A picture came while nobody was seen to watch: it is to be found with the recorder.
    Missed,
}

/// The taps of every stream that is received. Shared by the feeds and the query service.
#[derive(Debug, Default)]
pub struct LiveTaps(Mutex<BTreeMap<StreamId, Arc<Tap>>>);

#[derive(Debug)]
struct Tap {
    viewers: AtomicUsize,
    sender: broadcast::Sender<Tapped>,
}

impl LiveTaps {
    /// Opens the tap of a stream; it is closed when what is returned is dropped.
    pub fn open(self: &Arc<Self>, stream: StreamId) -> LiveTap {
        let (sender, _) = broadcast::channel(WAITING);
        let tap = Arc::new(Tap { viewers: AtomicUsize::new(0), sender });
        self.lock().insert(stream.clone(), Arc::clone(&tap));
        LiveTap { taps: Arc::clone(self), stream, tap }
    }

    /// Begins to watch a stream; `None` if it is not received.
    ///
    /// Whatever the recorder does not have yet when this returns is told.
    pub(crate) fn watch(&self, stream: &StreamId) -> Option<Viewing> {
        let tap = Arc::clone(self.lock().get(stream)?);
        tap.viewers.fetch_add(1, Ordering::SeqCst);
        let receiver = tap.sender.subscribe();
        Some(Viewing { tap: Watched(tap), receiver })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, Arc<Tap>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The feed's end of a tap. Owned by the stream's task; costs one look at a counter per picture
/// while nobody watches, and never waits.
#[derive(Debug)]
pub struct LiveTap {
    taps: Arc<LiveTaps>,
    stream: StreamId,
    tap: Arc<Tap>,
}

impl LiveTap {
    /// Returns `unit` to be shown, its bytes shared, if anybody watches.
    pub fn take(&self, unit: &AccessUnit) -> Option<AccessUnit> {
        self.is_watched().then(|| unit.clone())
    }

    /// Shows what [`LiveTap::take`] returned. To be called when the recorder has the picture:
    /// whoever began to watch in between finds it there.
    pub fn show(&self, taken: Option<AccessUnit>) {
        match taken {
            Some(unit) => self.tell(Tapped::Picture(unit)),
            None if self.is_watched() => self.tell(Tapped::Missed),
            None => {}
        }
    }

    /// Tells that no picture follows for now.
    pub fn interrupted(&self) {
        if self.is_watched() {
            self.tell(Tapped::Interrupted);
        }
    }

    /// Returns whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.tap.viewers.load(Ordering::SeqCst) > 0
    }

    fn tell(&self, tapped: Tapped) {
        // The last who watched may just have gone.
        let _ = self.tap.sender.send(tapped);
    }
}

impl Drop for LiveTap {
    fn drop(&mut self) {
        let mut taps = self.taps.lock();
        // The same stream may have been opened anew already.
        if taps.get(&self.stream).is_some_and(|tap| Arc::ptr_eq(tap, &self.tap)) {
            taps.remove(&self.stream);
        }
        drop(taps);
        self.tell(Tapped::Interrupted);
    }
}

/// One who watches a stream; gone when dropped.
#[derive(Debug)]
pub(crate) struct Viewing {
    tap: Watched,
    receiver: broadcast::Receiver<Tapped>,
}

#[derive(Debug)]
struct Watched(Arc<Tap>);

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.viewers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What became of waiting for the next picture.
#[derive(Debug)]
pub(crate) enum Next {
    /// Something was told.
    Tapped(Tapped),
    /// So many pictures were lost: they were taken too slowly.
    Behind(u64),
}

impl Viewing {
    /// Waits for what is told next.
    pub(crate) async fn next(&mut self) -> Next {
        match self.receiver.recv().await {
            Ok(tapped) => Next::Tapped(tapped),
            Err(broadcast::error::RecvError::Lagged(pictures)) => Next::Behind(pictures),
            // This end of the tap holds a sender.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Returns whether the stream is not received any more, or by another feed.
    pub(crate) fn is_over(&self, taps: &LiveTaps, stream: &StreamId) -> bool {
        let taps = taps.lock();
        taps.get(stream).is_none_or(|tap| !Arc::ptr_eq(tap, &self.tap.0))
    }
}
