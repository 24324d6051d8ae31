//! Live viewing copies of cameras, privacy masks painted over: one for a stream however many watch it, made by a
//! thread of its own as long as anybody does.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{AccessUnit, ClockSource, RunId, StreamId, Timestamp};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::warn;

use super::tap::{LiveTap, LiveTaps, Next, Tapped, Viewing};
use crate::frames::FrameError;
use crate::problem::chain;
use crate::state::ApiState;
use crate::views::{LiveCopy, LivePicture};

/// How often it is looked whether anybody still watches while no picture comes.
const LOOK: Duration = Duration::from_millis(500);
/// For so long no copy is begun after one could not be made.
const PAUSE: Duration = Duration::from_secs(30);

/// The copies that are being made.
#[derive(Debug)]
pub(crate) struct LiveCopies {
    /// Where their pictures are watched.
    pub(crate) taps: Arc<LiveTaps>,
    making: Mutex<Making>,
    /// How many at once.
    most: usize,
}

#[derive(Debug, Default)]
struct Making {
    streams: BTreeSet<StreamId>,
    /// When one could not be made last.
    failed: Option<Instant>,
}

impl LiveCopies {
    pub(crate) fn new(most: usize) -> Self {
        Self { taps: Arc::default(), making: Mutex::default(), most }
    }

    /// Begins to watch the copy of `stream`, which is made from now on if it was not yet; `None` when as
    /// many as may be are made, or one could not be made a moment ago.
    pub(crate) fn watch(self: &Arc<Self>, state: &ApiState, stream: &StreamId) -> Option<Viewing> {
        let mut making = self.lock();
        if making.streams.contains(stream) {
            return self.taps.watch(stream);
        }
        let has_failed = making.failed.is_some_and(|at| at.elapsed() < PAUSE);
        if has_failed || making.streams.len() >= self.most {
            return None;
        }
        let tap = self.taps.open(stream.clone());
        let viewing = self.taps.watch(stream)?;
        let (copies, state, runtime) = (Arc::clone(self), state.clone(), Handle::current());
        let source = stream.clone();
        let make = move || copies.make(&state, &source, tap, &runtime);
        let started = std::thread::Builder::new().name("live-copy".to_owned()).spawn(make);
        if let Err(error) = started {
            warn!(%stream, %error, "no thread for a live viewing copy");
            return None;
        }
        making.streams.insert(stream.clone());
        metrics::gauge!("watchpost_live_copies").increment(1.0);
        Some(viewing)
    }

    fn lock(&self) -> MutexGuard<'_, Making> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the copy until nobody watches it. Runs on a thread of its own.
    fn make(&self, state: &ApiState, stream: &StreamId, tap: LiveTap, runtime: &Handle) {
        let mut maker = Maker { state, stream, tap, copy: None, source: None, sequence: 0 };
        let made = loop {
            let mut making = self.lock();
            if !maker.tap.is_watched() || state.stop().is_cancelled() {
                making.streams.remove(stream);
                // Whoever comes next finds no tap, and begins a new one.
                drop(maker);
                break Ok(());
            }
            drop(making);
            if let Err(error) = maker.go_on(runtime) {
                let mut making = self.lock();
                making.failed = Some(Instant::now());
                making.streams.remove(stream);
                drop(maker);
                break Err(error);
            }
        };
        metrics::gauge!("watchpost_live_copies").decrement(1.0);
        if let Err(error) = made {
            warn!(%stream, error = %chain(&error), "no live viewing copy can be made");
        }
    }
}

/// Makes one copy.
struct Maker<'a> {
    state: &'a ApiState,
    stream: &'a StreamId,
    tap: LiveTap,
    source: Option<Viewing>,
    copy: Option<Begun>,
    /// Counts the pictures of the copy.
    sequence: u64,
}

/// What became of a run of the camera's pictures so far.
struct Begun {
    copy: Box<dyn LiveCopy>,
    run: RunId,
    /// The newest picture that it took.
    newest: Timestamp,
    /// Pictures are missing before the next keyframe.
    has_hole: bool,
}

impl Maker<'_> {
    /// Takes what the camera tells next; returns after a while if that is nothing.
    fn go_on(&mut self, runtime: &Handle) -> Result<(), FrameError> {
        let taps = &self.state.parts().live;
        if self.source.as_ref().is_none_or(|source| source.is_over(taps, self.stream)) {
            self.source = taps.watch(self.stream);
            self.begin()?;
        }
        let Some(source) = &mut self.source else {
            // Made within the runtime, whose clock it goes by.
            runtime.block_on(async { tokio::time::sleep(LOOK).await });
            return Ok(());
        };
        let told = runtime.block_on(async { tokio::time::timeout(LOOK, source.next()).await });
        match told {
            Ok(Next::Tapped(Tapped::Picture(unit))) => {
                let AccessUnit { run, time, is_keyframe, format, data, .. } = unit;
                self.take(run, &LivePicture { time, is_keyframe, format, data })?;
            }
            Ok(Next::Tapped(Tapped::Interrupted)) => self.tap.interrupted(),
            Ok(Next::Tapped(Tapped::Missed)) => self.begin()?,
            Ok(Next::Behind(pictures)) => {
                metrics::counter!("watchpost_live_copies_left_out_pictures_total")
                    .increment(pictures);
                self.copy.iter_mut().for_each(|copy| copy.has_hole = true);
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// Begins with the GOP that goes on, so that the next picture can be decoded; or waits for the next
    /// keyframe.
    fn begin(&mut self) -> Result<(), FrameError> {
        self.copy = None;
        let Ok(Some(gop)) = self.state.parts().archive.open_gop(self.stream) else { return Ok(()) };
        let Some(newest) = gop.pictures.last().map(|(time, _)| *time) else { return Ok(()) };
        let copy = self.state.parts().views.live_copy(&self.stream.camera, Some(newest))?;
        self.copy = Some(Begun { copy, run: gop.run, newest: Timestamp::MIN, has_hole: false });
        for (number, (time, data)) in gop.pictures.into_iter().enumerate() {
            let (is_keyframe, format) = (number == 0, Arc::clone(&gop.format));
            self.take(gop.run, &LivePicture { time, is_keyframe, format, data })?;
        }
        Ok(())
    }

    fn take(&mut self, run: RunId, picture: &LivePicture) -> Result<(), FrameError> {
        if self.copy.as_ref().is_none_or(|copy| copy.run != run) {
            self.copy = None;
            if !picture.is_keyframe {
                return Ok(());
            }
            let copy = self.state.parts().views.live_copy(&self.stream.camera, None)?;
            let newest = Timestamp::MIN;
            self.copy = Some(Begun { copy, run, newest, has_hole: false });
        }
        let Some(copy) = &mut self.copy else { return Ok(()) };
        copy.has_hole &= !picture.is_keyframe;
        // What was told before, too: the GOP that it began with held it.
        if copy.has_hole || picture.time <= copy.newest {
            return Ok(());
        }
        copy.newest = picture.time;
        let mut copied = Vec::new();
        copy.copy.take(picture, &mut copied)?;
        for LivePicture { time, is_keyframe, format, data } in copied {
            self.sequence += 1;
            self.tap.show(Some(AccessUnit {
                stream: self.stream.clone(),
                run,
                sequence: self.sequence,
                time,
                clock_source: ClockSource::Arrival,
                clock_error_us: 0,
                timestamp_90k: 0,
                is_keyframe,
                lost_packets: 0,
                format,
                data,
            }));
        }
        Ok(())
    }
}
