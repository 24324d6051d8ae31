//! The report of a shift or a day: what was raised and how fast it was answered, what it came to,
//! how much was covered, what was grave. One page that can be printed, signed and filed.

mod figures;
mod page;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{EventKind, Flood, HandlingState, Language, Outcome, Scope, TimeRange, Timestamp};
use index::{Case, CoverageQuery, Handover, StoredAlert};

use crate::access::Caller;
use crate::coverage::{self, TotalBody};
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

pub(crate) use figures::ReportBody;

/// How far back a report reaches that has no start, and no hand-over to start from.
const SHIFT: Duration = Duration::from_secs(8 * 3600);
/// Longest span of one report.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);
/// Alerts that one report is made of at most.
const ALERT_LIMIT: usize = 200_000;
/// Grave alerts that are told one by one at most.
const GRAVE_LIMIT: usize = 200;
/// Floods that one report tells of at most.
const FLOOD_LIMIT: usize = 200;
/// The least grave severity that is told one by one.
const GRAVE: u8 = 2;

/// Of what, and in which language.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportParams {
    /// First moment, RFC 3339; the latest hand-over if left out, or 8 hours before the end.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// First moment after, RFC 3339; now if left out. No report is of more than 31 days.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// `vi` (if left out) or `en`.
    #[param(value_type = Option<String>, example = "vi")]
    lang: Language,
}

impl Parameters for ReportParams {
    fn read(query: &mut Query) -> Option<Self> {
        let (start, end) = (query.time("start"), query.time("end"));
        Some(Self { start, end, lang: query.parse("lang").unwrap_or_default() })
    }
}

/// What a report says.
struct Report {
    range: TimeRange,
    /// By kind: how many of each severity, and what they came to.
    kinds: BTreeMap<EventKind, KindCounts>,
    /// By severity, from 1 to 4.
    answers: [Answers; 4],
    /// The grave ones, in the order in which they were raised.
    grave: Vec<StoredAlert>,
    /// How many more grave ones there are.
    grave_left_out: usize,
    /// Whether there were more alerts than a report is made of.
    is_cut: bool,
    coverage: TotalBody,
    /// Those that lasted in it, in the order in which they began.
    floods: Vec<Flood>,
    handover: Option<Handover>,
    cases: Vec<Case>,
    /// When it was made.
    made: Timestamp,
}

/// How many alerts of a kind there were.
#[derive(Default)]
struct KindCounts {
    by_severity: [u32; 4],
    real: u32,
    false_alarms: u32,
    other: u32,
    open: u32,
}

/// How fast alerts of a severity were answered.
#[derive(Default)]
struct Answers {
    count: u32,
    /// Seconds until somebody took charge of each, in order of length.
    waits_s: Vec<f64>,
    escalated: u32,
}

impl Answers {
    /// Returns the wait that `share` of the answered alerts did not exceed, in seconds.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list, from a share of its length"
    )]
    fn wait_s(&self, share: f64) -> Option<f64> {
        let last = self.waits_s.len().checked_sub(1)?;
        self.waits_s.get((last as f64 * share).round() as usize).copied()
    }
}

impl Report {
    fn gather(
        state: &ApiState,
        scope: &Scope,
        range: TimeRange,
        made: Timestamp,
    ) -> Result<Self, ApiError> {
        let index = &state.parts().index;
        let mut alerts = index.alerts_raised_in(range, ALERT_LIMIT + 1)?;
        let is_cut = alerts.len() > ALERT_LIMIT;
        alerts.truncate(ALERT_LIMIT);
        let coverage = index.coverage(&CoverageQuery {
            range,
            cameras: None,
            growing: coverage::growing(state, scope),
            gaps: 0,
        })?;
        let opened = |case: &Case| range.contains(case.at);
        let cases = index.cases(i64::MAX, 500)?.into_iter().filter(opened).collect();
        let mut report = Self {
            range,
            kinds: BTreeMap::new(),
            answers: Default::default(),
            grave: Vec::new(),
            grave_left_out: 0,
            is_cut,
            coverage: coverage::total(&coverage.cameras),
            floods: index.floods_in(range, FLOOD_LIMIT)?,
            handover: index.latest_handover()?,
            cases,
            made,
        };
        alerts.into_iter().for_each(|stored| report.take(stored));
        for answers in &mut report.answers {
            answers.waits_s.sort_by(f64::total_cmp);
        }
        Ok(report)
    }

    fn take(&mut self, stored: StoredAlert) {
        let place = usize::from(stored.alert.severity.number().saturating_sub(1)).min(3);
        let handling = &stored.handling;
        let counts = self.kinds.entry(stored.alert.kind).or_default();
        counts.by_severity[place] += 1;
        match handling.verdict.as_ref().map(|verdict| verdict.outcome) {
            Some(Outcome::True) => counts.real += 1,
            Some(Outcome::False) => counts.false_alarms += 1,
            Some(Outcome::Duplicate | Outcome::NoAction) => counts.other += 1,
            None => counts.open += 1,
        }
        let answers = &mut self.answers[place];
        answers.count += 1;
        answers.escalated += u32::from(handling.escalated.is_some());
        if handling.state != HandlingState::New
            && let Some(acknowledged) = &handling.acknowledged
        {
            let raised = stored.alert.id.given().unwrap_or(stored.alert.first);
            answers.waits_s.push(acknowledged.at.seconds_since(raised).max(0.0));
        }
        if stored.alert.severity.number() > GRAVE {
            return;
        }
        if self.grave.len() < GRAVE_LIMIT {
            self.grave.push(stored);
        } else {
            self.grave_left_out += 1;
        }
    }
}

/// The report of a shift or a day
///
/// One HTML page without anything from elsewhere, to be printed and filed: alerts by kind, how fast
/// they were answered, what they came to, how much was covered, the grave ones one by one. Times are
/// those of Vietnam.
#[utoipa::path(
    get,
    path = "/reports/shift",
    tag = "shifts",
    operation_id = "shift_report",
    params(ReportParams),
    responses(
        (status = 200, description = "The page", content_type = "text/html", body = String),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn report(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<ReportParams>,
) -> Result<Response, ApiError> {
    let lang = params.lang;
    let report = of(&state, &caller, params).await?;
    let page = page::html(&report, lang);
    // A page of its own, not one of the service's: to be saved, and read from there.
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"report.html\""),
    ];
    Ok((headers, page).into_response())
}

/// What the report of a shift or a day says, as figures
///
/// The same as the page, for those who draw their own.
#[utoipa::path(
    get,
    path = "/reports/shift/figures",
    tag = "shifts",
    operation_id = "shift_figures",
    params(ReportParams),
    responses(
        (status = 200, description = "The figures", body = ReportBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn figures(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<ReportParams>,
) -> Result<Json<ReportBody>, ApiError> {
    Ok(Json(of(&state, &caller, params).await?.into()))
}

/// Makes the report that `params` ask for.
async fn of(
    state: &ApiState,
    caller: &Caller,
    ReportParams { start, end, .. }: ReportParams,
) -> Result<Report, ApiError> {
    let now = state.parts().clock.now();
    let end = end.unwrap_or(now).min(now);
    let scope = caller.scope().clone();
    state
        .ask(move |state| {
            let handover = state.parts().index.latest_handover()?;
            let taken_over = handover.and_then(|handover| handover.signed);
            let since = taken_over.filter(|signed| *signed < end);
            let start = start.or(since).unwrap_or(end.minus(SHIFT));
            if start >= end || end.since(start) > LONGEST {
                let reason = "lies before the end, which is not ahead of now, and at most 31 days";
                return Err(ApiError::refuse("start", reason));
            }
            Report::gather(state, &scope, TimeRange { start, end }, now)
        })
        .await
}
