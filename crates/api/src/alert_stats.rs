//! How many alerts are raised: over time, and now, beside what people can deal with.

use ::alerts::{CALM_BELOW, FLOOD_ABOVE, RATE_SPAN};
use axum::Json;
use axum::extract::State;
use domain::{TimeRange, Timestamp};
use index::RaisedCount;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

use crate::handling_body::FloodBody;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Spans that one answer may have.
const MOST_SPANS: u64 = 2000;
/// How far back the range begins that is not given.
const LATELY: Duration = Duration::from_secs(3600);

/// Which range, in which spans.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertStatsParams {
    /// First moment, RFC 3339; an hour before the end if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// First moment after, RFC 3339; now if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// Seconds of a span; 60 if left out. No more than 2000 spans are answered.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 86_400)]
    step: u32,
}

impl Parameters for AlertStatsParams {
    fn read(query: &mut Query) -> Option<Self> {
        let (start, end) = (query.time("start"), query.time("end"));
        Some(Self { start, end, step: query.number("step", (1, 86_400), 60) })
    }
}

/// How many alerts were raised.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertStatsBody {
    /// First moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// First moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// Seconds of a span.
    step_s: u32,
    /// The spans in which alerts were raised, in order.
    spans: Vec<AlertSpanBody>,
    /// How it is now.
    now: AlertRateBody,
}

/// How many alerts were raised in a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct AlertSpanBody {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// How many of each severity, from 1 to 4.
    by_severity: [u32; 4],
}

/// How many alerts are raised, beside what people can deal with (EEMUA 191, ISA-18.2).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AlertRateBody {
    /// Alerts raised in the last ten minutes.
    in_ten_minutes: u32,
    /// How many desks share them.
    desks: u32,
    /// How many that is at each desk: about one can be dealt with.
    per_desk: f64,
    /// More at one desk begin a flood.
    flood_above: u32,
    /// Fewer at one desk end it.
    calm_below: u32,
    /// The flood that lasts.
    flood: Option<FloodBody>,
}

/// How many alerts are raised, over time and now
#[utoipa::path(
    get,
    path = "/stats/alerts",
    tag = "alerts",
    operation_id = "alert_stats",
    params(AlertStatsParams),
    responses(
        (status = 200, description = "Counts by span and severity", body = AlertStatsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alert_stats(
    State(state): State<ApiState>,
    Params(AlertStatsParams { start, end, step }): Params<AlertStatsParams>,
) -> Result<Json<AlertStatsBody>, ApiError> {
    let now = state.parts().clock.now();
    let end = end.unwrap_or(now);
    let start = start.unwrap_or(end.minus(LATELY));
    let step_length = Duration::from_secs(step.into());
    let spans = end.since(start).as_secs() / u64::from(step);
    if end <= start || spans > MOST_SPANS {
        let reason =
            format!("lies before `end`, and at most {MOST_SPANS} spans of `step` before it");
        return Err(ApiError::refuse("start", reason));
    }
    let desks = state.desk().desks.max(1);
    let range = TimeRange { start, end };
    let step_us = i64::from(step) * 1_000_000;
    let (counts, lately, flood) = state
        .query(move |index| {
            let lately = TimeRange { start: now.minus(RATE_SPAN), end: now };
            Ok((index.raised_by_span(range, step_us)?, index.raised_in(lately)?, index.flood()?))
        })
        .await?;
    Ok(Json(AlertStatsBody {
        start,
        end,
        step_s: step,
        spans: spans_of(&counts, start, step_length),
        now: AlertRateBody {
            in_ten_minutes: lately,
            desks,
            per_desk: f64::from(lately) / f64::from(desks),
            flood_above: FLOOD_ABOVE,
            calm_below: CALM_BELOW,
            flood: flood.map(FloodBody::from),
        },
    }))
}

fn spans_of(counts: &[RaisedCount], begin: Timestamp, step: Duration) -> Vec<AlertSpanBody> {
    let mut spans: Vec<AlertSpanBody> = Vec::new();
    for RaisedCount { span, severity, count } in counts {
        let start = begin.plus(step.saturating_mul(*span));
        if spans.last().is_none_or(|last| last.start != start) {
            spans.push(AlertSpanBody { start, by_severity: [0; 4] });
        }
        let place = usize::from(severity.saturating_sub(1));
        if let Some(known) = spans.last_mut().and_then(|last| last.by_severity.get_mut(place)) {
            *known = *count;
        }
    }
    spans
}
