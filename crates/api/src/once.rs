//! Requests that make something, repeated: with an `Idempotency-Key` the same request of the same
//! account makes it once, and is answered alike for a day.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use evidence::Digest;
use index::{GivenAnswer, KeyTaken, RequestKey};
use tracing::warn;

use crate::access::Caller;
use crate::problem::{ApiError, chain};
use crate::state::ApiState;

/// Characters of a key.
const KEY_LIMIT: usize = 200;
/// Bytes that a request with a key may have, and its answer.
const BODY_LIMIT: usize = 1 << 20;

/// Reads the header `Idempotency-Key`.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(header) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default();
    let is_key =
        (1..=KEY_LIMIT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let reason = format!("is 1 to {KEY_LIMIT} visible ASCII characters");
    is_key.then(|| Some(text.to_owned())).ok_or_else(|| ApiError::refuse("Idempotency-Key", reason))
}

/// Answers a request that makes something: as it was answered before, if it was.
///
/// # Errors
/// The key is none, belongs to another request, or to one whose end is not known.
pub(crate) async fn answer(
    state: &ApiState,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = idempotency_key(request.headers())?;
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(key), Some(caller)) = (key, caller) else { return Ok(next.run(request).await) };
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_LIMIT).await;
    let body = body.map_err(|_| ApiError::TooLarge { limit: BODY_LIMIT })?;
    let asked = [head.method.as_str(), "\n", &head.uri.to_string(), "\n"].concat();
    let key = RequestKey {
        by: caller.name().clone(),
        key,
        request: Digest::of(&[asked.as_bytes(), &body].concat()).0,
        at: state.parts().clock.now(),
    };
    // To its end, also when whoever asked has hung up: they will ask again, and must get this answer.
    let (state, request) = (state.clone(), Request::from_parts(head, Body::from(body)));
    let made = tokio::spawn(async move { make_once(&state, key, request, next).await });
    made.await.unwrap_or(Err(ApiError::Panicked))
}

async fn make_once(
    state: &ApiState,
    key: RequestKey,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let taken = {
        let key = key.clone();
        state.query(move |index| index.custody().take_request_key(&key)).await?
    };
    match taken {
        KeyTaken::New => {}
        KeyTaken::Answered(given) => return Ok(repeated(given)),
        KeyTaken::Unfinished => return Err(ApiError::Unfinished),
        KeyTaken::OtherRequest => return Err(ApiError::OtherRequest),
    }
    let response = next.run(request).await;
    Ok(kept(state, key, response).await)
}

/// Keeps what a request was answered with; one that did nothing may be tried again.
async fn kept(state: &ApiState, key: RequestKey, response: Response) -> Response {
    let (head, body) = response.into_parts();
    // Answers of this kind are a few lines.
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return ApiError::Panicked.into_response();
    };
    let location = head.headers.get(header::LOCATION).and_then(|text| text.to_str().ok());
    let given = GivenAnswer {
        status: head.status.as_u16(),
        location: location.map(str::to_owned),
        body: body.to_vec(),
    };
    let is_done = head.status.is_success();
    let noted = state.query(move |index| {
        let custody = index.custody();
        if is_done {
            custody.answer_request(&key, &given)
        } else {
            custody.forget_request_key(&key)
        }
    });
    if let Err(error) = noted.await {
        // It was done: that stands. Repeated, it is told that its end is not known.
        warn!(error = %chain(&error), "the answer to a request with a key is not kept");
    }
    Response::from_parts(head, Body::from(body))
}

fn repeated(given: GivenAnswer) -> Response {
    let status = StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK);
    let mut response = (status, given.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(Ok(location)) = given.location.map(HeaderValue::try_from) {
        headers.insert(header::LOCATION, location);
    }
    response
}
