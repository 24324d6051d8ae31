//! When a search looks: from one moment to another, around an event, in the same hours of every day.

use std::time::Duration;

use domain::{EventId, TimeRange, Timestamp};
use index::DailyHours;

use crate::access::Caller;
use crate::area::{self, Hours, Zone};
use crate::params::{Parameters, Query};
use crate::problem::ApiError;
use crate::state::ApiState;

/// How far before and after an event, in seconds: at least, at most, and when nothing is said.
const MARGIN: (u32, u32) = (1, 86_400);
const MARGIN_OTHERWISE: u32 = 600;

/// When.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhenParams {
    /// First moment, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime, example = "2026-03-01T07:30:00+07:00")]
    start: Timestamp,
    /// First moment after, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
    /// Around an event: its id. From `margin` before it began until `margin` after it ended; not
    /// together with `start` and `end`.
    #[param(value_type = Option<String>)]
    around: Option<EventId>,
    /// How far before and after the event of `around`, in seconds; 600 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 86400)]
    margin: u32,
    /// Only these hours of every day, `07:00-09:00`; they may run past midnight.
    #[param(value_type = Option<String>)]
    daily: Option<Hours>,
    /// The zone that `daily` is meant in; `+07:00` if left out.
    #[param(value_type = Option<String>)]
    zone: Option<Zone>,
}

impl Parameters for WhenParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.open_range();
        let when = Self {
            start: range.map_or(Timestamp::MIN, |range| range.start),
            end: range.map_or(Timestamp::MAX, |range| range.end),
            around: query.parse("around"),
            margin: query.number("margin", MARGIN, MARGIN_OTHERWISE),
            daily: query.parse_with("daily", area::read_hours),
            zone: query.parse_with("zone", area::read_zone),
        };
        let is_open = when.start == Timestamp::MIN && when.end == Timestamp::MAX;
        if when.around.is_some() && !is_open {
            query.refuse("around", "cannot be joined with start and end: it says both");
        }
        Some(when)
    }
}

impl WhenParams {
    /// Returns the hours of the day, if some are asked for.
    pub(crate) fn daily(&self) -> Option<DailyHours> {
        self.daily.map(|hours| hours.within(self.zone.unwrap_or_default()))
    }

    /// Returns from when to when; looks up the event that it is around.
    ///
    /// # Errors
    /// There is no such event, or not for the caller.
    pub(crate) async fn range(
        &self,
        state: &ApiState,
        caller: &Caller,
    ) -> Result<TimeRange, ApiError> {
        let Some(id) = self.around else {
            return Ok(TimeRange { start: self.start, end: self.end });
        };
        let found = state.query(move |index| index.event(&id)).await?;
        let found = found.filter(|stored| caller.sees(&stored.event.draft.camera));
        let Some(stored) = found else {
            return Err(ApiError::refuse("around", format!("there is no event {id}")));
        };
        let draft = &stored.event.draft;
        let margin = Duration::from_secs(self.margin.into());
        let ended = draft.time.plus(Duration::from_millis(draft.duration_ms.into()));
        Ok(TimeRange { start: draft.time.minus(margin), end: ended.plus(margin) })
    }
}
