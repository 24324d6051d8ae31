//! Alerts: what the duty officer is shown, one for each happening.

mod bodies;
pub(crate) mod detail;
pub(crate) mod feed;
pub(crate) mod told;

use axum::Json;
use axum::extract::State;
use domain::{
    AccountName, CameraId, Class, EventId, EventKind, HandlingState, Severity, TimeRange, Timestamp,
};
use index::{AlertCursor, AlertOrder, AlertQuery, StoredAlert};

use crate::access::Caller;
use crate::alert_scope::seen;
use crate::cursor::Log;
use crate::events::read_severity;
use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

use told::Looks;

pub(crate) use bodies::{AlertBody, AlertTotalBody, AlertsBody, totals_body};

/// Which alerts, and which page of them. All conditions must hold.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertParams {
    /// First moment, RFC 3339, of the alert's first event; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Timestamp,
    /// First moment after, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
    /// Only what one of these cameras saw: ids between commas.
    #[param(value_type = Option<String>)]
    cameras: Option<Vec<CameraId>>,
    /// Only these classes: words between commas.
    #[param(value_type = Option<String>, example = "person,motorcycle")]
    class: Vec<Class>,
    /// Only these kinds: words between commas.
    #[param(value_type = Option<String>, example = "red_light,signal_lost")]
    kind: Vec<EventKind>,
    /// Only alerts of this severity or graver; 1 is the gravest.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 4)]
    severity: Option<Severity>,
    /// `true` for trouble that still lasts only.
    #[param(value_type = Option<bool>)]
    active: bool,
    /// Only alerts handled so far: `new`, `acknowledged`, `in_progress`, `closed`, between commas.
    #[param(value_type = Option<String>, example = "new,acknowledged")]
    handling: Vec<HandlingState>,
    /// Only what this account is to deal with; `me` is whoever asks.
    #[param(value_type = Option<String>, example = "me")]
    assignee: Option<Assigned>,
    /// `true` for what is on the shelf only, `false` for what is not.
    #[param(value_type = Option<bool>)]
    shelved: Option<bool>,
    /// Only the group of this alert: its `group`.
    #[param(value_type = Option<String>)]
    group: Option<EventId>,
    /// `newest` first (if left out); or `queue`: first what nobody acknowledged, then the gravest,
    /// then the newest, without what is closed or shelved.
    #[param(value_type = Option<String>, example = "queue")]
    sort: AlertOrder,
    /// With `sort=queue`: `true` for one row of each group, the alert that stands highest of those that
    /// are asked for, with how many of them there are.
    #[param(value_type = Option<bool>)]
    grouped: bool,
    /// Where the page before ended: its `next`.
    #[param(value_type = Option<String>)]
    cursor: Option<String>,
    /// Alerts on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

impl Parameters for AlertParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.open_range();
        let params = Self {
            start: range.map_or(Timestamp::MIN, |range| range.start),
            end: range.map_or(Timestamp::MAX, |range| range.end),
            cameras: query.list("cameras", str::parse),
            class: query.list("class", str::parse).unwrap_or_default(),
            kind: query.list("kind", str::parse).unwrap_or_default(),
            severity: query.parse_with("severity", read_severity),
            active: query.parse("active").unwrap_or(false),
            handling: query.list("handling", str::parse).unwrap_or_default(),
            assignee: query.parse("assignee"),
            shelved: query.parse("shelved"),
            group: query.parse("group"),
            sort: query.parse_with("sort", read_order).unwrap_or_default(),
            grouped: query.parse("grouped").unwrap_or(false),
            cursor: query.text("cursor"),
            limit: query.number("limit", (1, 500), 100),
        };
        if params.grouped && params.sort != AlertOrder::Queue {
            query.refuse("grouped", "is for sort=queue");
            return None;
        }
        Some(params)
    }
}

fn read_order(text: &str) -> Result<AlertOrder, String> {
    match text {
        "newest" => Ok(AlertOrder::Newest),
        "queue" => Ok(AlertOrder::Queue),
        _ => Err(format!("\"{text}\" is no order: newest or queue")),
    }
}

/// Who is to deal with an alert.
#[derive(Debug)]
enum Assigned {
    /// Whoever asks.
    Me,
    Account(AccountName),
}

impl std::str::FromStr for Assigned {
    type Err = domain::InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "me" { Ok(Self::Me) } else { text.parse().map(Self::Account) }
    }
}

impl AlertParams {
    fn into_query(self, caller: &Caller, cursor: Option<AlertCursor>) -> AlertQuery {
        AlertQuery {
            cameras: caller.scope().narrow(self.cameras),
            kinds: self.kind,
            classes: self.class,
            min_severity: self.severity,
            only_active: self.active,
            handling: self.handling,
            assignee: self.assignee.map(|assigned| match assigned {
                Assigned::Me => caller.name().clone(),
                Assigned::Account(name) => name,
            }),
            sees_part: !caller.scope().is_site(),
            shelved: self.shelved,
            group: self.group,
            order: if self.grouped { AlertOrder::Groups } else { self.sort },
            cursor,
            limit: usize::try_from(self.limit).unwrap_or(usize::MAX),
            ..AlertQuery::new(TimeRange { start: self.start, end: self.end })
        }
    }
}

/// Alerts, newest first or as they are to be dealt with
#[utoipa::path(
    get,
    path = "/alerts",
    tag = "alerts",
    operation_id = "alerts",
    params(AlertParams),
    responses(
        (status = 200, description = "A page of alerts", body = AlertsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn alerts(
    State(state): State<ApiState>,
    caller: Caller,
    Params(params): Params<AlertParams>,
) -> Result<Json<AlertsBody>, ApiError> {
    let read = |text: String| {
        let text = state.cursors().read_text(Log::AlertPages, text, caller.scope());
        let text = text.ok_or_else(|| ApiError::refuse("cursor", "give `next` as it was told"))?;
        text.parse::<AlertCursor>().map_err(ApiError::from)
    };
    let cursor = params.cursor.clone().map(read).transpose()?;
    let query = params.into_query(&caller, cursor);
    let newest = *state.parts().index.alert_knock().borrow();
    let as_of = state.cursors().tell(Log::Alerts, newest, caller.scope())?;
    let (scope, name) = (caller.scope().clone(), caller.name().clone());
    let told = state.told_alerts();
    let (alerts, next, totals) = state
        .query(move |index| {
            let page = index.alerts(&query)?;
            let mut alerts = Vec::with_capacity(page.alerts.len());
            for stored in page.alerts {
                let shown = seen(index, &scope, stored)?;
                // What it was found by may have been what another's camera saw.
                alerts.extend(shown.filter(|shown| is_asked_for(&query, shown)));
            }
            // What changed while it was read may be in it, and belongs to a later change.
            if !scope.is_site() && *index.alert_knock().borrow() == newest {
                for stored in &alerts {
                    let body = AlertBody::told(stored.clone(), &scope);
                    if let Some(looks) = Looks::of(&body) {
                        told.note(&name, stored.alert.id, stored.change, looks);
                    }
                }
            }
            // They count every camera's.
            let totals = if scope.is_site() { index.alert_totals()? } else { Vec::new() };
            Ok((alerts, page.next, totals))
        })
        .await?;
    Ok(Json(AlertsBody {
        alerts: alerts.into_iter().map(|stored| AlertBody::told(stored, caller.scope())).collect(),
        next: next
            .map(|next| {
                state.cursors().tell_text(Log::AlertPages, next.to_string(), caller.scope())
            })
            .transpose()?,
        as_of,
        totals: totals_body(&totals),
        answer_within: bodies::answer_within_body(&state.desk().escalations),
    }))
}

fn is_asked_for(query: &AlertQuery, StoredAlert { alert, .. }: &StoredAlert) -> bool {
    let class = |class| query.classes.contains(&class);
    query.range.contains(alert.first)
        && query.min_severity.is_none_or(|least| alert.severity <= least)
        && (query.classes.is_empty() || alert.class.is_some_and(class))
}
