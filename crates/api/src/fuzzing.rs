//! What clients send, put through the readers of this crate: for `fuzz/` alone, which finds what they
//! cannot bear, and for the test that runs its seeds. Nothing of it is part of the interface.
//!
//! None of it asks the index: what is done with a question that was understood is for the tests of
//! the service, and for `scripts/api-check`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{Location, Polygon};
use serde::de::DeserializeOwned;

use crate::access::{own_password, session};
use crate::accounts::bodies::{GrantAsked, NewAccountBody};
use crate::byte_range;
use crate::calls::CallTold;
use crate::findings::{Fields, Finding};
use crate::params::{Parameters, read_text};
use crate::problem::ApiError;
use crate::{
    actions, alert_stats, alerts, audit, case_footage, cases, connection_test, coverage,
    event_clip, events, exports, feed, footage, frames, holds, live_hls, live_view, places,
    purposes, recordings, regions, replays, report, saved_searches, shelvings, signals, sprites,
    stream, thumbnails, timeline, tracks, unmaskings, verdicts,
};

/// Takes `text` for the query of every address there is. Saved searches are such texts, too.
///
/// Panics where a refusal names nothing.
pub fn queries(text: &str) {
    query::<event_clip::EventClipParams>(text);
    query::<events::SearchParams>(text);
    query::<events::FilterParams>(text);
    query::<events::StillParams>(text);
    query::<tracks::TrackParams>(text);
    query::<alerts::AlertParams>(text);
    query::<alerts::feed::AlertFeedParams>(text);
    query::<alerts::detail::AlertEventsParams>(text);
    query::<alert_stats::AlertStatsParams>(text);
    query::<audit::AuditParams>(text);
    query::<case_footage::CaseFootageParams>(text);
    query::<case_footage::CasePlaylistParams>(text);
    query::<cases::CaseParams>(text);
    query::<coverage::CoverageParams>(text);
    query::<feed::FeedParams>(text);
    query::<footage::ClipParams>(text);
    query::<footage::SegmentParams>(text);
    query::<frames::FrameParams>(text);
    query::<holds::HoldParams>(text);
    query::<live_hls::LivePlaylistParams>(text);
    query::<live_hls::LivePieceParams>(text);
    query::<live_view::LiveParams>(text);
    query::<places::PlacesParams>(text);
    query::<recordings::SpanParams>(text);
    query::<report::ReportParams>(text);
    query::<sprites::SpriteParams>(text);
    query::<stream::StreamParams>(text);
    query::<thumbnails::ThumbnailParams>(text);
    query::<timeline::TimelineParams>(text);
    query::<verdicts::VerdictParams>(text);
}

fn query<T: Parameters>(text: &str) {
    if let Err(error) = read_text::<T>(text) {
        named(&error);
    }
}

fn named(error: &ApiError) {
    if let ApiError::Invalid(params) = error {
        assert!(!params.is_empty(), "a refusal names what was refused");
    }
}

/// Takes `body` for what a partner system posts, of findings and of calls for help: our own JSON, and
/// both modes of a CloudEvent, of which the binary one takes its headers from the first lines of
/// `body`. And for what a signal controller tells.
///
/// Panics where a finding was taken that could not be stored, or a call that lies nowhere on Earth.
pub fn findings(body: &[u8]) {
    posting(&of_type("application/json"), body);
    posting(&of_type("application/cloudevents+json"), body);
    let (head, rest) = match body.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (&body[..at], &body[at + 2..]),
        None => (body, &[][..]),
    };
    let mut headers = of_type("application/json");
    for line in head.split(|byte| *byte == b'\n') {
        let Some(at) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..at]);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&line[at + 1..])) {
            headers.insert(name, value);
        }
    }
    posting(&headers, rest);
    let _ = byte_range::asked(&headers, "\"a\"", 1000);
    if let Err(error) = signals::SignalTold::read(&of_type("application/json"), body) {
        named(&error);
    }
}

fn posting(headers: &HeaderMap, body: &[u8]) {
    finding(headers, body);
    match CallTold::read(headers, body) {
        Err(error) => named(&error),
        Ok(call) => {
            let is_on_earth = |at: Location| at.lat.abs() <= 90.0 && at.lon.abs() <= 180.0;
            assert!(!call.id.is_empty() && call.location.is_none_or(is_on_earth), "{call:?}");
        }
    }
}

fn finding(headers: &HeaderMap, body: &[u8]) {
    match Finding::read(headers, body) {
        Err(error) => named(&error),
        Ok(finding) => {
            assert!((0.0..=1.0).contains(&finding.confidence) && finding.count > 0);
            if let Some(bbox) = finding.bbox {
                let sides = [bbox.left, bbox.top, bbox.width, bbox.height];
                assert!(sides.iter().all(|side| (0.0..=1.0).contains(side)), "{bbox:?}");
            }
        }
    }
}

fn of_type(content_type: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))])
}

/// Takes `bytes` for the body of every operation that has one: regions and scenes with their
/// geometry, saved searches, purposes, holds, exports, looks under masks, accounts, log-ins, actions on
/// alerts. What is left out (the texts of a new case, and who takes a shift over) is read by the same
/// few functions.
///
/// Panics where a geometry was taken that cannot be drawn.
pub fn bodies(bytes: &[u8]) {
    if let Some(request) = body::<regions::RegionRequest>(bytes)
        && let Ok(region) = Polygon::new(request.region)
    {
        assert!(region.corners().iter().all(|corner| corner.is_on_view()), "{region:?}");
    }
    body::<replays::ReplayRequest>(bytes);
    body::<saved_searches::SaveRequest>(bytes);
    body::<connection_test::ConnectionTrial>(bytes);
    body::<exports::ExportRequest>(bytes);
    body::<exports::DecisionRequest>(bytes);
    body::<holds::HoldRequest>(bytes);
    body::<holds::LiftRequest>(bytes);
    body::<shelvings::ShelvingRequest>(bytes);
    body::<purposes::PurposeRequest>(bytes);
    body::<unmaskings::UnmaskingRequest>(bytes);
    body::<session::Credentials>(bytes);
    body::<own_password::NewPassword>(bytes);
    body::<NewAccountBody>(bytes);
    if let Some(asked) = body::<GrantAsked>(bytes) {
        let _ = asked.into_grant();
    }
    if let Ok(mut fields) = Fields::read(bytes, "") {
        let word = fields.text("action").unwrap_or_default();
        let _ = actions::read_action(&word, &mut fields);
        let _ = actions::read_items(&mut fields);
        let marked = cases::read_marked(&mut fields);
        let _ = cases::read_beside(&mut fields, marked.as_ref());
    }
}

fn body<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}
