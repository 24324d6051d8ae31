//! How long the room on each volume lasts, from how fast it is written to.
//!
//! Cameras send more by day than by night, so that the last minutes say little: five minutes of
//! each of the last 24 hours are added up. A stretch from before the volume's oldest footage counts
//! for nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use archive::VolumeStatus;
use axum::Json;
use axum::extract::State;
use domain::{TimeRange, Timestamp};
use index::{Index, IndexError, Written};
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::{NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Of each of so many hours, a stretch is looked at.
const HOURS: u32 = 24;
const HOUR: Duration = Duration::from_secs(3600);
/// How long a stretch is.
const STRETCH: Duration = Duration::from_secs(300);
/// Segments younger than this may still be open, and their bytes unknown.
const CLOSED_AFTER: Duration = Duration::from_secs(150);
/// A rate from less footage than this is none.
const LEAST_S: f64 = 60.0;
/// How long a forecast is believed that is asked for again and again.
const RECKONED_FOR: Duration = Duration::from_secs(300);
const DAY_S: f64 = 86_400.0;

/// How long footage is to be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptFor {
    /// That of main streams.
    pub main: Duration,
    /// That of sub streams.
    pub sub: Duration,
    /// That of main streams over all cameras, some of which keep theirs longer or shorter.
    pub main_mean: Duration,
    /// That of sub streams over all cameras.
    pub sub_mean: Duration,
}

/// How long the room lasts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct StorageBody {
    /// Days for which footage of main streams is to be kept.
    main_days: f64,
    /// Days for which footage of sub streams is to be kept.
    sub_days: f64,
    /// Every volume.
    volumes: Vec<VolumeForecast>,
}

/// How long the room on a volume lasts, at the rate of the last day.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct VolumeForecast {
    /// Its name.
    id: String,
    /// `ok`, `full`, `failed` or `read_only`.
    #[schema(example = "ok")]
    state: &'static str,
    /// Size of its file system, in bytes; 0 if unknown.
    total_bytes: u64,
    /// Bytes free; 0 if unknown.
    free_bytes: u64,
    /// Bytes that are kept free: below that the oldest footage goes.
    keep_free_bytes: u64,
    /// How many streams are recorded on it.
    streams: usize,
    /// When its oldest footage begins; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest: Option<Timestamp>,
    /// Bytes written in a day; null until a minute of footage is on disk.
    bytes_per_day: Option<f64>,
    /// Seconds that the rate was measured over.
    measured_s: f64,
    /// In how many days it is full; null where it is not going to be, or that is not known.
    full_in_days: Option<f64>,
    /// How many days of footage have room on it; null where that is not known.
    holds_days: Option<f64>,
    /// Whether there is room for as many days as footage is to be kept; null where that is not
    /// known.
    is_enough: Option<bool>,
}

impl ApiState {
    /// Sets how long footage is to be kept, after a start or a reload of the configuration.
    pub fn set_kept_for(&self, kept: KeptFor) {
        *locked(self.kept_for_slot()) = kept;
        *locked(self.storage_forecast_slot()) = None;
    }
}

/// How long the room on each volume lasts
///
/// From the rate of the last day. A full volume deletes its oldest footage and goes on.
#[utoipa::path(
    get,
    path = "/storage",
    tag = "service",
    operation_id = "storage",
    responses(
        (status = 200, description = "Every volume", body = StorageBody),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn storage(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<StorageBody>, ApiError> {
    let kept = *locked(state.kept_for_slot());
    let volumes = state.ask(|state| Ok(forecasts(state)?)).await?;
    let days = |kept: Duration| kept.as_secs_f64() / DAY_S;
    Ok(Json(StorageBody { main_days: days(kept.main), sub_days: days(kept.sub), volumes }))
}

/// How long the room on the volumes lasts, and when that was reckoned.
#[derive(Debug, Clone)]
pub(crate) struct StorageForecast {
    at: Timestamp,
    volumes: Vec<VolumeForecast>,
}

/// Says of each volume on which footage has not the time it is to be kept, for a person: before it is full.
/// Reckoned once in a while; blocks.
pub(crate) fn too_small(state: &ApiState) -> Result<Vec<String>, IndexError> {
    let now = state.parts().clock.now();
    let known = locked(state.storage_forecast_slot()).clone();
    let known = match known.filter(|known| now.since(known.at) < RECKONED_FOR) {
        Some(known) => known,
        None => {
            let new = StorageForecast { at: now, volumes: forecasts(state)? };
            *locked(state.storage_forecast_slot()) = Some(new.clone());
            new
        }
    };
    Ok(known.volumes.iter().filter_map(VolumeForecast::warning).collect())
}

impl VolumeForecast {
    fn warning(&self) -> Option<String> {
        let (holds, full) = self.holds_days.zip(self.full_in_days)?;
        Some(format!(
            "volume {} has room for {holds:.1} days of footage, fewer than are to be kept: in \
             {full:.1} days the oldest goes early",
            self.id
        ))
    }
}

fn locked<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forecasts(state: &ApiState) -> Result<Vec<VolumeForecast>, IndexError> {
    let (kept, now) = (*locked(state.kept_for_slot()), state.parts().clock.now());
    let volumes = state.parts().archive.volumes();
    volumes.iter().map(|volume| forecast(&state.parts().index, volume, kept, now)).collect()
}

fn forecast(
    index: &Index,
    volume: &VolumeStatus,
    kept: KeptFor,
    now: Timestamp,
) -> Result<VolumeForecast, IndexError> {
    let oldest = index.oldest_on(&volume.id)?;
    let stretches = oldest.map_or_else(Vec::new, |oldest| stretches(oldest, now));
    let measured_s = stretches.iter().map(|one| one.end.seconds_since(one.start)).sum();
    let written = index.written_on(&volume.id, &stretches)?;
    let room = Room {
        free: volume.free_bytes.saturating_sub(volume.keep_free_bytes),
        reaches_back_s: oldest.map_or(0.0, |oldest| now.seconds_since(oldest).max(0.0)),
    };
    let lasts = Lasts::new(written, measured_s, &room, kept).filter(|_| volume.total_bytes > 0);
    Ok(VolumeForecast {
        id: volume.id.as_str().to_owned(),
        state: volume.state.as_str(),
        total_bytes: volume.total_bytes,
        free_bytes: volume.free_bytes,
        keep_free_bytes: volume.keep_free_bytes,
        streams: volume.streams,
        oldest,
        bytes_per_day: lasts.as_ref().map(|lasts| lasts.bytes_per_day),
        measured_s,
        full_in_days: lasts.as_ref().and_then(|lasts| lasts.full_in_days),
        holds_days: lasts.as_ref().map(|lasts| lasts.holds_days),
        is_enough: lasts.as_ref().map(|lasts| lasts.is_enough),
    })
}

/// Returns the stretches that are looked at, the newest first.
fn stretches(oldest: Timestamp, now: Timestamp) -> Vec<TimeRange> {
    let newest = now.minus(CLOSED_AFTER);
    let stretch = |hour: u32| {
        let end = newest.minus(HOUR.saturating_mul(hour));
        TimeRange { start: end.minus(STRETCH).max(oldest), end }
    };
    (0..HOURS).map(stretch).filter(|one| one.start < one.end).collect()
}

/// The room on a volume.
struct Room {
    /// Bytes that may still be written.
    free: u64,
    /// How far back its footage reaches, in seconds.
    reaches_back_s: f64,
}

/// How long it lasts.
#[derive(Debug, PartialEq)]
struct Lasts {
    bytes_per_day: f64,
    full_in_days: Option<f64>,
    holds_days: f64,
    is_enough: bool,
}

impl Lasts {
    /// Returns `None` where too little is known.
    #[allow(clippy::cast_precision_loss, reason = "bytes of disks, for a forecast in days")]
    fn new(written: Written, measured_s: f64, room: &Room, kept: KeptFor) -> Option<Self> {
        let [main, sub] = [written.main, written.sub].map(|bytes| bytes as f64 / measured_s);
        let rate = main + sub;
        if measured_s < LEAST_S || rate <= 0.0 {
            return None;
        }
        let free_s = room.free as f64 / rate;
        // What is there was written at about this rate.
        let holds_s = room.reaches_back_s + free_s;
        let wanted = main * kept.main_mean.as_secs_f64() + sub * kept.sub_mean.as_secs_f64();
        let is_enough = holds_s * rate >= wanted;
        Some(Self {
            bytes_per_day: rate * DAY_S,
            full_in_days: (!is_enough).then_some(free_s / DAY_S),
            holds_days: holds_s / DAY_S,
            is_enough,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const GIB: u64 = 1 << 30;

    #[test]
    fn a_volume_is_full_when_there_is_no_room_for_the_days_to_be_kept() {
        let written = Written { main: 60 * GIB, sub: 0 };
        let room = Room { free: 600 * GIB, reaches_back_s: 5.0 * DAY_S };
        let kept = |days: u32| KeptFor {
            main: DAY * 30,
            sub: DAY * 7,
            main_mean: DAY * days,
            sub_mean: DAY * 7,
        };
        let thirty = kept(30);
        let lasts = Lasts::new(written, DAY_S, &room, thirty).unwrap();
        assert_eq!((lasts.full_in_days, lasts.is_enough), (Some(10.0), false));
        assert!((lasts.holds_days - 15.0).abs() < 1e-9);
        let ten = kept(10);
        let lasts = Lasts::new(written, DAY_S, &room, ten).unwrap();
        assert_eq!((lasts.full_in_days, lasts.is_enough), (None, true));
        assert_eq!(Lasts::new(written, 30.0, &room, ten), None, "too little to go by");
        assert_eq!(Lasts::new(Written::default(), DAY_S, &room, ten), None);
    }

    #[test]
    fn too_little_room_is_told_before_it_is_used_up() {
        let volume = |holds_days, full_in_days| VolumeForecast {
            id: "disk".to_owned(),
            state: "ok",
            total_bytes: GIB,
            free_bytes: GIB,
            keep_free_bytes: 0,
            streams: 1,
            oldest: None,
            bytes_per_day: None,
            measured_s: 0.0,
            full_in_days,
            holds_days,
            is_enough: None,
        };
        let told = volume(Some(15.0), Some(10.0)).warning().unwrap();
        assert_eq!(
            told,
            "volume disk has room for 15.0 days of footage, fewer than are to be kept: in 10.0 days \
             the oldest goes early"
        );
        assert_eq!(volume(Some(40.0), None).warning(), None);
        assert_eq!(volume(None, None).warning(), None);
    }

    #[test]
    fn stretches_begin_with_the_oldest_footage() {
        let now = Timestamp::from_millis(1_800_000_000_000);
        assert_eq!(stretches(now.minus(DAY * 9), now).len(), 24);
        let young = stretches(now.minus(Duration::from_secs(200)), now);
        assert_eq!(young.len(), 1);
        assert_eq!(young[0].end.since(young[0].start), Duration::from_secs(50));
        assert!(stretches(now, now).is_empty());
    }
}
