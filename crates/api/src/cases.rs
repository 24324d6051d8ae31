//! Cases: alerts, footage and notes gathered under the number of an incident.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{AccountName, CameraId, EventId, Scope, TimeRange, Timestamp};
use index::{Case, CaseMark, Index, IndexError, Marked};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::actions::{read_fields, required};
use crate::alert_scope::is_of;
use crate::findings::Fields;
use crate::params::{Names, NoParams, Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Characters of a case's number.
const NUMBER_LIMIT: usize = 64;
/// Cameras beside that of a mark.
const MOST_BESIDE: usize = 15;

/// Characters of a title, and of what is said of a mark.
const TEXT_LIMIT: usize = 1000;

/// A case to be opened.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub(crate) struct CaseStart {
    /// The number that people know it by, 64 characters at most.
    #[schema(example = "VV-2026/0001")]
    number: String,
    /// What it is about.
    title: String,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CaseBody {
    /// Names it in addresses.
    id: i64,
    /// The number that people know it by.
    number: String,
    /// What it is about.
    title: String,
    /// Who opened it.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Case> for CaseBody {
    fn from(case: Case) -> Self {
        let Case { id, number, title, by, at } = case;
        Self { id, number, title, by: by.to_string(), at }
    }
}

/// Something put into a case: an alert, a span of footage, or words alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CaseMarkBody {
    /// The alert, if one.
    alert: Option<String>,
    /// Whose footage, if any.
    camera: Option<String>,
    /// First moment of the footage.
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// First moment after it.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// Which cameras were looked at beside it, in the order of their tiles, as far as the caller may
    /// see them.
    #[schema(value_type = Vec<String>)]
    beside: Vec<CameraId>,
    /// What is said of it.
    note: String,
    /// Who put it there.
    by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<CaseMark> for CaseMarkBody {
    fn from(mark: CaseMark) -> Self {
        let (alert, footage) = match mark.marked {
            Marked::Alert(alert) => (Some(alert), None),
            Marked::Footage(camera, range) => (None, Some((camera, range))),
            Marked::Note => (None, None),
        };
        let (camera, range) = footage.unzip();
        Self {
            alert: alert.map(|alert| alert.to_string()),
            camera: camera.map(|camera| camera.to_string()),
            start: range.map(|range| range.start),
            end: range.map(|range| range.end),
            beside: mark.beside,
            note: mark.note,
            by: mark.by.to_string(),
            at: mark.at,
        }
    }
}

/// A case with what was put into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CaseDetailBody {
    #[serde(flatten)]
    case: CaseBody,
    /// What was put into it, in the order in which it was.
    marks: Vec<CaseMarkBody>,
}

/// Some of the cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CasesBody {
    /// The newest first; go on `before` the last one's id.
    cases: Vec<CaseBody>,
}

/// Which page of the cases.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseParams {
    /// Only cases below this id; from the newest if left out.
    #[param(value_type = Option<i64>)]
    before: i64,
    /// Cases on the page at most; 100 if left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: u32,
}

impl Parameters for CaseParams {
    fn read(query: &mut Query) -> Option<Self> {
        let before = query.parse("before").unwrap_or(i64::MAX);
        Some(Self { before, limit: query.number("limit", (1, 500), 100) })
    }
}

/// Open a case
#[utoipa::path(
    post,
    path = "/cases",
    tag = "cases",
    operation_id = "open_case",
    request_body(content = CaseStart, content_type = "application/json"),
    responses(
        (status = 201, description = "Opened", body = CaseBody),
        (status = 400, description = "A member was refused", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There is a case of this number that one is told of", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn open(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let mut fields = read_fields(request).await?;
    let number = text(&mut fields, "number", NUMBER_LIMIT);
    let title = text(&mut fields, "title", TEXT_LIMIT);
    let (number, title) = fields.finish(number.zip(title))?;
    let (by, at) = (caller.name().clone(), state.parts().clock.now());
    let asking = Asking::from(&caller);
    let case = state
        .ask(move |state| {
            let case = Case { id: 0, number, title, by, at };
            let index = &state.parts().index;
            loop {
                // That there is one elsewhere is not told: numbers are given outside of the site.
                let called = index.cases_called(&case.number)?;
                for id in &called {
                    if told(index, &asking, *id)?.is_some() {
                        return Err(ApiError::CaseExists(case.number));
                    }
                }
                // Otherwise somebody else was faster: it may be one that they are told of.
                if let Some(id) = index.open_case(&case, &called)? {
                    return Ok(Case { id, ..case });
                }
            }
        })
        .await?;
    let headers = [(header::LOCATION, format!("/api/v1/cases/{}", case.id))];
    Ok((StatusCode::CREATED, headers, Json(CaseBody::from(case))).into_response())
}

/// Cases, newest first
#[utoipa::path(
    get,
    path = "/cases",
    tag = "cases",
    operation_id = "cases",
    params(CaseParams),
    responses(
        (status = 200, description = "A page of cases", body = CasesBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cases(
    State(state): State<ApiState>,
    caller: Caller,
    Params(CaseParams { before, limit }): Params<CaseParams>,
) -> Result<Json<CasesBody>, ApiError> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let asking = Asking::from(&caller);
    let found = state.query(move |index| cases_seen(index, &asking, before, limit)).await?;
    Ok(Json(CasesBody { cases: found.into_iter().map(CaseBody::from).collect() }))
}

/// Returns up to `limit` of the cases below `before` that may be told of.
fn cases_seen(
    index: &Index,
    asking: &Asking,
    mut before: i64,
    limit: usize,
) -> Result<Vec<Case>, IndexError> {
    let mut seen = Vec::new();
    loop {
        let page = index.cases(before, limit)?;
        let Some(last) = page.last() else { return Ok(seen) };
        before = last.id;
        for case in page {
            if asking.scope.is_site() || told(index, asking, case.id)?.is_some() {
                seen.push(case);
            }
            if seen.len() == limit {
                return Ok(seen);
            }
        }
    }
}

/// Whoever asks for cases: who it is, and whose cameras they may be told of.
pub(crate) struct Asking {
    name: AccountName,
    scope: Scope,
}

impl From<&Caller> for Asking {
    fn from(caller: &Caller) -> Self {
        Self { name: caller.name().clone(), scope: caller.scope().clone() }
    }
}

/// Returns a case with what was put into it, as far as it may be told of: one that a call opened to who
/// may see that call, any other to who opened it and to who sees something that was put into it.
pub(crate) fn told(
    index: &Index,
    asking: &Asking,
    id: i64,
) -> Result<Option<(Case, Vec<CaseMark>)>, IndexError> {
    let Some((case, marks)) = index.case(id)? else { return Ok(None) };
    if asking.scope.is_site() {
        return Ok(Some((case, marks)));
    }
    let mut shown = Vec::with_capacity(marks.len());
    let mut is_theirs = case.by == asking.name;
    for mut mark in marks {
        mark.beside.retain(|camera| asking.scope.contains(camera));
        if is_seen(index, &asking.scope, &mark.marked)? {
            is_theirs |= mark.by == asking.name || !matches!(mark.marked, Marked::Note);
            shown.push(mark);
        }
    }
    if let Some(alert) = index.alert_of_case(id)? {
        let call = index.alert(alert)?;
        is_theirs = call.is_some_and(|stored| is_of(&asking.scope, &stored.alert));
    }
    Ok(is_theirs.then_some((case, shown)))
}

/// A case with what was put into it
#[utoipa::path(
    get,
    path = "/cases/{case}",
    tag = "cases",
    operation_id = "case",
    params(("case" = i64, Path, description = "The case's id")),
    responses(
        (status = 200, description = "The case", body = CaseDetailBody),
        (status = 404, description = "There is no such case", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn case(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
    names: Names,
) -> Result<Json<CaseDetailBody>, ApiError> {
    let id: i64 = names.parse("case")?;
    let asking = Asking::from(&caller);
    let found = state.query(move |index| told(index, &asking, id)).await?;
    let (case, marks) = found.ok_or(ApiError::NoSuchCase(id))?;
    let marks = marks.into_iter().map(CaseMarkBody::from).collect();
    Ok(Json(CaseDetailBody { case: case.into(), marks }))
}

/// Returns whether something in a case is of a camera of `scope`, or of none.
fn is_seen(index: &Index, scope: &Scope, marked: &Marked) -> Result<bool, IndexError> {
    Ok(match marked {
        Marked::Note => true,
        Marked::Footage(camera, _) => scope.contains(camera),
        Marked::Alert(alert) => {
            index.alert(*alert)?.is_some_and(|stored| is_of(scope, &stored.alert))
        }
    })
}

/// Something to be put into a case: an `alert`, or a `camera` with `start` and `end`, or words.
#[derive(Debug, Clone, PartialEq, Eq, ToSchema)]
pub(crate) struct CaseMarkStart {
    /// The alert's id, a UUID.
    alert: Option<String>,
    /// Whose footage.
    camera: Option<String>,
    /// First moment of the footage.
    #[schema(value_type = Option<String>, format = DateTime)]
    start: Option<Timestamp>,
    /// First moment after it.
    #[schema(value_type = Option<String>, format = DateTime)]
    end: Option<Timestamp>,
    /// Which other cameras were looked at beside the footage, 15 at most: who opens the mark sees them
    /// together again.
    beside: Option<Vec<String>>,
    /// What is said of it, 1000 characters at most; needed where there is nothing else.
    note: Option<String>,
}

/// Put something into a case
///
/// An alert in a case is kept as long as the case. Footage is only named: it expires as all footage
/// does.
#[utoipa::path(
    post,
    path = "/cases/{case}/marks",
    tag = "cases",
    operation_id = "mark_case",
    request_body(content = CaseMarkStart, content_type = "application/json"),
    params(("case" = i64, Path, description = "The case's id")),
    responses(
        (status = 201, description = "Put into the case", body = CaseMarkBody),
        (status = 400, description = "A member was refused", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody says who acts", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such case, alert or camera", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn mark(
    State(state): State<ApiState>,
    names: Names,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    request: Request,
) -> Result<Response, ApiError> {
    let id: i64 = names.parse("case")?;
    let mut fields = read_fields(request).await?;
    let marked = read_marked(&mut fields);
    let beside = read_beside(&mut fields, marked.as_ref());
    let note = match marked {
        Some(Marked::Note) => text(&mut fields, "note", TEXT_LIMIT),
        _ if fields.has("note") => text(&mut fields, "note", TEXT_LIMIT),
        _ => Some(String::new()),
    };
    let (marked, note) = fields.finish(marked.zip(note))?;
    if let Marked::Footage(camera, _) = &marked {
        state.camera(caller.scope(), camera)?;
    }
    for camera in &beside {
        state.camera(caller.scope(), camera)?;
    }
    let asking = Asking::from(&caller);
    let (by, at) = (caller.name().clone(), state.parts().clock.now());
    let mark = CaseMark { marked, beside, note, by, at };
    let mark = state
        .ask(move |state| {
            let index = &state.parts().index;
            if told(index, &asking, id)?.is_none() {
                return Err(ApiError::NoSuchCase(id));
            }
            if let Marked::Alert(alert) = mark.marked
                && !is_seen(index, &asking.scope, &mark.marked)?
            {
                return Err(ApiError::NoSuchAlert(alert));
            }
            if index.mark_case(id, &mark)? { Ok(mark) } else { Err(ApiError::NoSuchCase(id)) }
        })
        .await?;
    Ok((StatusCode::CREATED, Json(CaseMarkBody::from(mark))).into_response())
}

/// Reads which cameras were looked at beside the footage that is marked.
pub(crate) fn read_beside(fields: &mut Fields, marked: Option<&Marked>) -> Vec<CameraId> {
    let Some(given) = fields.take("beside") else { return Vec::new() };
    if let Some(Marked::Alert(_) | Marked::Note) = marked {
        fields.refuse("beside", "goes with footage");
    }
    let cameras = given.as_array().filter(|given| given.len() <= MOST_BESIDE);
    let named = cameras.and_then(|given| {
        given.iter().map(|camera| camera.as_str().and_then(|camera| camera.parse().ok())).collect()
    });
    named.unwrap_or_else(|| {
        fields.refuse("beside", format!("is not a list of {MOST_BESIDE} cameras at most"));
        Vec::new()
    })
}

pub(crate) fn read_marked(fields: &mut Fields) -> Option<Marked> {
    let alert: Option<EventId> = fields.parse("alert");
    let camera: Option<CameraId> = fields.parse("camera");
    let (start, end): (Option<Timestamp>, Option<Timestamp>) =
        (fields.parse("start"), fields.parse("end"));
    match (alert, camera, start, end) {
        (Some(alert), None, None, None) => Some(Marked::Alert(alert)),
        (None, None, None, None) => Some(Marked::Note),
        (None, Some(camera), Some(start), Some(end)) if start < end => {
            Some(Marked::Footage(camera, TimeRange { start, end }))
        }
        _ => {
            let reason = "give an alert, or a camera with start and a later end, or neither";
            fields.refuse("alert", reason);
            None
        }
    }
}

/// Takes a text that must be given, and not be blank or too long.
fn text(fields: &mut Fields, name: &'static str, limit: usize) -> Option<String> {
    let text = required(fields, name)?;
    let is_said = !text.trim().is_empty() && text.chars().count() <= limit;
    if !is_said {
        fields.refuse(name, format!("is 1 to {limit} characters and not blank"));
        return None;
    }
    Some(text)
}
