//! Saved searches: conditions under a name, for oneself or for all who may search.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use index::{SavedSearch, SavedSearchDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::events::SearchParams;
use crate::params::{Names, NoParams, Params, read_json, read_text};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Characters that a name has at most.
const MOST_NAME: usize = 80;
/// Bytes that conditions have at most: a polygon of some hundred corners.
const MOST_QUERY: usize = 16 << 10;

/// A search to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveRequest {
    /// What it is called; one of the same account and name is replaced.
    #[schema(example = "Xe tải van trắng, cầu Chương Dương")]
    name: String,
    /// The query of `GET /events`, without `cursor`: `class=truck&colour=white`.
    #[schema(example = "class=truck&colour=white&place_id=site-cau-chuong-duong")]
    query: String,
    /// Whether all who may search are told of it; not, if left out. It is told only to those who may
    /// search every camera that it names.
    #[serde(default)]
    shared: bool,
}

/// The searches that are kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SavedSearchesBody {
    /// One's own by their names, then those that others share.
    searches: Vec<SavedSearchBody>,
}

/// A search that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SavedSearchBody {
    /// Names it.
    id: u64,
    /// What it is called.
    name: String,
    /// Its conditions: the query of `GET /events`.
    query: String,
    /// Whose it is.
    owner: String,
    /// Whether it is the asking account's own.
    is_own: bool,
    /// Whether others are told of it.
    shared: bool,
    /// When it was saved.
    #[schema(value_type = String, format = DateTime)]
    saved: Timestamp,
}

impl SavedSearchBody {
    fn new(SavedSearch { id, search }: SavedSearch, caller: &Caller) -> Self {
        Self {
            id,
            is_own: search.owner == *caller.name(),
            name: search.name,
            query: search.query,
            owner: search.owner.to_string(),
            shared: search.is_shared,
            saved: search.saved,
        }
    }
}

/// Saved searches
///
/// One's own, and those that others share as far as one may search the cameras that they name.
#[utoipa::path(
    get,
    path = "/saved-searches",
    tag = "events",
    operation_id = "saved_searches",
    responses((status = 200, description = "The searches", body = SavedSearchesBody))
)]
pub(crate) async fn searches(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Json<SavedSearchesBody>, ApiError> {
    let owner = caller.name().clone();
    let found = state.query(move |index| index.saved_searches(&owner)).await?;
    let told = found.into_iter().filter(|saved| is_told(&caller, saved));
    let searches = told.map(|saved| SavedSearchBody::new(saved, &caller)).collect();
    Ok(Json(SavedSearchesBody { searches }))
}

/// Returns whether a search names no camera that the caller may not search; one of which that cannot
/// be said is told to its owner only.
fn is_told(caller: &Caller, saved: &SavedSearch) -> bool {
    let search = &saved.search;
    let names_own = || {
        let read = read_text::<SearchParams>(&search.query);
        read.is_ok_and(|asked| asked.named_cameras().iter().all(|camera| caller.sees(camera)))
    };
    search.owner == *caller.name() || names_own()
}

/// Save a search
///
/// Its conditions are checked as if they were asked. One of the same account and name is replaced.
#[utoipa::path(
    post,
    path = "/saved-searches",
    tag = "events",
    operation_id = "save_search",
    request_body = SaveRequest,
    responses(
        (status = 201, description = "The search", body = SavedSearchBody),
        (status = 400, description = "The body, or a condition in it, was refused", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn save(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    body: Body,
) -> Result<Response, ApiError> {
    let SaveRequest { name, query, shared } = read_json(body).await?;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MOST_NAME {
        return Err(ApiError::refuse("name", format!("has 1 to {MOST_NAME} characters")));
    }
    if query.len() > MOST_QUERY {
        return Err(ApiError::refuse("query", format!("has more than {MOST_QUERY} bytes")));
    }
    if read_text::<SearchParams>(&query)?.has_cursor() {
        return Err(ApiError::refuse("query", "a search begins with its first page: no cursor"));
    }
    let draft = SavedSearchDraft {
        owner: caller.name().clone(),
        name,
        query,
        is_shared: shared,
        saved: state.parts().clock.now(),
    };
    let saved = state.query(move |index| index.save_search(&draft)).await?;
    Ok((StatusCode::CREATED, Json(SavedSearchBody::new(saved, &caller))).into_response())
}

/// Forget a saved search
#[utoipa::path(
    delete,
    path = "/saved-searches/{search}",
    tag = "events",
    operation_id = "forget_search",
    params(("search" = u64, Path, description = "The search's number")),
    responses(
        (status = 204, description = "It is forgotten"),
        (status = 404, description = "No such search of the asking account", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn forget(
    State(state): State<ApiState>,
    Params(NoParams): Params<NoParams>,
    caller: Caller,
    names: Names,
) -> Result<StatusCode, ApiError> {
    let id: u64 = names.parse("search")?;
    let owner = caller.name().clone();
    let is_forgotten = state.query(move |index| index.forget_search(id, &owner)).await?;
    if is_forgotten { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NoSuchSearch(id)) }
}
