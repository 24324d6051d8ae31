//! The cameras as GeoJSON (RFC 7946), each with the state of its streams.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderName};
use domain::{CameraId, Codec, HealthFinding, StreamId, StreamState, StreamStatus, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::params::{Names, NoParams, Params};
use crate::problem::{ApiError, Problem};
use crate::recordings::recorded_until;
use crate::state::{ApiState, Camera};

/// Every camera there is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CamerasBody {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    /// The cameras, in the order of the configuration.
    features: Vec<CameraBody>,
}

/// A camera as a GeoJSON feature.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CameraBody {
    /// `Feature`.
    #[serde(rename = "type")]
    #[schema(example = "Feature")]
    kind: &'static str,
    /// Its id.
    #[schema(example = "cau-giay-01")]
    id: String,
    /// Where it stands; null if that is not known.
    geometry: Option<PointBody>,
    /// What else is known of it.
    properties: CameraProperties,
}

/// A point as GeoJSON writes it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PointBody {
    /// `Point`.
    #[serde(rename = "type")]
    #[schema(example = "Point")]
    kind: &'static str,
    /// Degrees east, then degrees north.
    coordinates: [f64; 2],
}

/// What is known of a camera.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CameraProperties {
    /// Its name for people.
    name: String,
    /// Where it looks, in degrees clockwise from north.
    heading: Option<f32>,
    /// The named places it lies in.
    place: Vec<String>,
    /// Whether persons are softened live and in stills of events; it follows the detector, which can
    /// miss somebody.
    persons_softened: bool,
    /// The state of its main stream: `connecting`, `up`, `no_picture`, `down`, `misconfigured` or
    /// `stopped`.
    #[schema(value_type = String, example = "up")]
    state: StreamState,
    /// What is wrong with it now, the gravest first; empty when it is well.
    troubles: Vec<TroubleBody>,
    /// Its streams.
    streams: Vec<StreamBody>,
}

/// Something that is wrong with a camera.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TroubleBody {
    /// `signal_lost`, `no_picture`, `frozen`, `too_dark`, `too_bright`, `blurred`, `moved`,
    /// `clock_skew`, `recording_gap` or `analysis_starved`.
    #[schema(example = "blurred")]
    kind: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The figure it was judged by, for a person.
    detail: String,
}

impl From<HealthFinding> for TroubleBody {
    fn from(finding: HealthFinding) -> Self {
        Self { kind: finding.kind.as_str(), since: finding.since, detail: finding.detail }
    }
}

/// How one stream is doing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct StreamBody {
    /// `main` or `sub`.
    #[schema(example = "main")]
    stream: &'static str,
    /// `connecting`, `up`, `no_picture`, `down`, `misconfigured` or `stopped`.
    #[schema(value_type = String, example = "up")]
    state: StreamState,
    /// Since when; null before it was first started.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Why, for a person.
    detail: Option<String>,
    /// When the camera took the last picture.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_picture: Option<Timestamp>,
    /// Until when it is recorded, as far as it is on disk.
    #[schema(value_type = Option<String>, format = DateTime)]
    recorded_until: Option<Timestamp>,
    /// `h264` or `h265`.
    #[schema(value_type = Option<String>, example = "h264")]
    codec: Option<Codec>,
    /// Width of its pictures, in pixels.
    width: Option<u32>,
    /// Height of its pictures, in pixels.
    height: Option<u32>,
    /// Pictures per second over the last seconds.
    pictures_per_second: f32,
    /// Kilobits per second over the last seconds.
    kbit_per_second: f32,
    /// The camera's clock minus ours, in milliseconds.
    clock_error_ms: Option<i32>,
    /// Pictures received since start.
    pictures: u64,
    /// RTP packets lost since start.
    lost_packets: u64,
    /// How often the connection was lost since start.
    reconnects: u64,
}

/// Every camera of the caller, with the state of its streams
///
/// As GeoJSON.
#[utoipa::path(
    get,
    path = "/cameras",
    tag = "cameras",
    operation_id = "cameras",
    responses(
        (status = 200, description = "The cameras", body = CamerasBody, content_type = "application/geo+json"),
        (status = 503, description = "Too many questions at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn cameras(
    State(state): State<ApiState>,
    caller: Caller,
    Params(NoParams): Params<NoParams>,
) -> Result<Response, ApiError> {
    let features = state
        .ask(move |state| {
            let cameras = state.cameras_in(caller.scope());
            cameras.iter().map(|camera| body(state, camera)).collect()
        })
        .await?;
    Ok(geo_json(CamerasBody { kind: "FeatureCollection", features }))
}

/// One camera, with the state of its streams
///
/// As GeoJSON.
#[utoipa::path(
    get,
    path = "/cameras/{camera}",
    tag = "cameras",
    operation_id = "camera",
    params(("camera" = String, Path, description = "The camera's id")),
    responses(
        (status = 200, description = "The camera", body = CameraBody, content_type = "application/geo+json"),
        (status = 404, description = "No such camera", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn camera(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(NoParams): Params<NoParams>,
) -> Result<Response, ApiError> {
    let id: CameraId = names.parse("camera")?;
    let camera = state.camera(caller.scope(), &id)?;
    let body = state.ask(move |state| body(state, &camera)).await?;
    Ok(geo_json(body))
}

fn geo_json(body: impl Serialize) -> Response {
    let kind: (HeaderName, HeaderValue) =
        (header::CONTENT_TYPE, HeaderValue::from_static("application/geo+json"));
    // The later of two content types holds.
    ([kind], Json(body).into_response().into_body()).into_response()
}

fn body(state: &ApiState, camera: &Camera) -> Result<CameraBody, ApiError> {
    let mut streams = Vec::with_capacity(camera.streams.len());
    let mut roles = camera.streams.clone();
    roles.sort_unstable();
    for role in roles {
        let stream = StreamId { camera: camera.id.clone(), role };
        let status = state.parts().board.get(&stream);
        let recorded_until = recorded_until(state, &stream)?;
        streams.push(stream_body(&stream, status, recorded_until));
    }
    let main_state = streams.first().map(|stream| stream.state);
    Ok(CameraBody {
        kind: "Feature",
        id: camera.id.as_str().to_owned(),
        geometry: camera
            .location
            .map(|location| PointBody { kind: "Point", coordinates: [location.lon, location.lat] }),
        properties: CameraProperties {
            name: camera.name.clone(),
            heading: camera.heading,
            place: camera.place.clone(),
            persons_softened: camera.softens_persons,
            state: main_state.unwrap_or(StreamState::Stopped),
            troubles: state
                .parts()
                .board
                .troubles(&camera.id)
                .into_iter()
                .map(Into::into)
                .collect(),
            streams,
        },
    })
}

fn stream_body(
    stream: &StreamId,
    status: Option<StreamStatus>,
    recorded_until: Option<Timestamp>,
) -> StreamBody {
    let since = status.as_ref().map(|status| status.since);
    let status = status.unwrap_or_else(|| StreamStatus::connecting(Timestamp::MIN));
    StreamBody {
        stream: stream.role.as_str(),
        state: status.state,
        since,
        detail: status.detail,
        last_picture: status.last_picture,
        recorded_until,
        codec: status.codec,
        width: status.size.map(|(width, _)| width),
        height: status.size.map(|(_, height)| height),
        pictures_per_second: status.pictures_per_second,
        kbit_per_second: status.kbit_per_second,
        clock_error_ms: status.clock_error_ms,
        pictures: status.pictures,
        lost_packets: status.lost_packets,
        reconnects: status.reconnects,
    }
}
