//! What a camera shows now, over a WebSocket: the camera's own pictures in fragments of MP4, from the
//! keyframe before now, each a moment after it came; of a camera with privacy masks a viewing copy, masks
//! painted over, where persons are softened one in which they are, and one for whoever cannot decode what
//! the camera sends (`copies`). `docs/live.md` tells
//! how it is read.
//!
//! Other protocols than HTTP get the same pictures by the same rights (`outlet`).
//!
//! Pictures are tapped behind the recorder (`tap`), put into fragments one by one (`writer`), and
//! sent with what is to be said of them (`message`). Who takes them too slowly loses those up to the
//! next keyframe; nobody holds up anybody else.

mod copies;
mod message;
mod outlet;
mod seats;
mod tap;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{self, CloseFrame, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use domain::{AuditAction, CameraId, StreamId, StreamRole, StreamState, TimeRange};
use tracing::{debug, warn};

use crate::access::{Caller, note_live};
use crate::footage::{Form, read_form, read_role};
use crate::params::{Names, Parameters, Params, Query};
use crate::problem::{ApiError, Problem, chain};
use crate::state::ApiState;
use crate::unmaskings::may_see_live;
use crate::views::Masking;
pub(crate) use copies::LiveCopies;
use message::{End, Message, Pictures, Refusal};
pub use outlet::{LiveAsked, LiveFeed, LivePassword, LiveRefusal, LiveSeen, LiveTicket};
pub(crate) use seats::{Seat, Seats};
pub use tap::{LiveTap, LiveTaps};
use tap::{Next, Tapped, Viewing};
use writer::{Sent, Writer};

/// How often it is looked whether the camera still does well.
const BEAT: Duration = Duration::from_millis(500);
/// How often a ping shows both sides, and the proxies between, that the connection lives.
const PING: Duration = Duration::from_secs(20);
/// How often it is looked whether the caller may still watch.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// After so many looks in a row that failed nobody goes on watching.
const MOST_FAILED_LOOKS: u32 = 6;
/// A client has nothing to say but that it leaves.
const LARGEST_MESSAGE: usize = 1024;
/// A GOP so far that is larger is not sent: showing it would take longer than the next keyframe.
const LARGEST_GOP_BYTES: usize = 64 << 20;

#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveParams {
    /// `main` or `sub`; the camera's main stream if left out.
    #[param(value_type = Option<String>)]
    stream: Option<StreamRole>,
    /// `original`, or `h264` for a viewing copy, made of the camera's small stream where there is one:
    /// for a client that cannot decode what the camera sends.
    #[param(value_type = Option<String>)]
    rendition: Form,
}

impl Parameters for LiveParams {
    fn read(query: &mut Query) -> Option<Self> {
        Some(Self { stream: read_role(query), rendition: read_form(query) })
    }
}

/// What a camera shows now
///
/// A WebSocket (RFC 6455). Text messages are JSON and say what comes: `start` (media type, size, the
/// time of the first picture), `state` (of the camera), `behind`, `refused`, `ended`. Binary messages
/// are MP4: after each `start` an initialization segment, then fragments as the pictures come. Each
/// opening is a look in the audit trail. Of a camera with privacy masks a viewing copy comes, masks
/// painted over, and of one whose persons are softened one in which they are: `start` says so. With
/// `rendition=h264` a copy comes of any camera.
#[utoipa::path(
    get,
    path = "/cameras/{camera}/live",
    tag = "footage",
    operation_id = "live",
    params(("camera" = String, Path, description = "The camera's id"), LiveParams),
    responses(
        (status = 101, description = "The connection is a WebSocket from now on"),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not permitted, or asked by a page from elsewhere", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such camera or stream", body = Problem, content_type = "application/problem+json"),
        (status = 426, description = "Not asked as a WebSocket", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Stopping", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn live(
    State(state): State<ApiState>,
    caller: Caller,
    names: Names,
    Params(params): Params<LiveParams>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let id: CameraId = names.parse("camera")?;
    let stream = state.stream(caller.scope(), &id, params.stream)?;
    let upgrade = upgrade.map_err(|_| ApiError::NotUpgraded)?;
    if state.stop().is_cancelled() {
        return Err(ApiError::Stopping);
    }
    let upgrade = upgrade.max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    let copied = copied_stream(&state, &caller, &id)?;
    let mut copy = None;
    let is_covered = is_covered(&state, &id);
    let wants_copy = params.rendition == Form::H264;
    if is_covered || wants_copy {
        copy = state.live_copies().watch(&state, &copied);
        if copy.is_none() {
            let why = if is_covered { Refusal::Masked } else { Refusal::NoCopy };
            return Ok(refuse(upgrade, why));
        }
    }
    let Some(seat) = state.live_seat(caller.name()) else {
        return Ok(refuse(upgrade, Refusal::TooMany));
    };
    let object = format!("/api/v1/cameras/{id}/live");
    let query = format!("stream={}", stream.role.as_str());
    note_live(&state, &caller, AuditAction::Viewed, &object, &query).await?;
    let view = View {
        state: state.clone(),
        stream,
        copied,
        wants_copy,
        is_copy: copy.is_some(),
        watch: copy,
        writer: Writer::default(),
        told: None,
    };
    Ok(upgrade.on_upgrade(move |socket| serve(state, caller, view, seat, socket)))
}

/// Returns the stream of which a masked copy is made for all who watch `camera`: the small one, where
/// there is one.
fn copied_stream(
    state: &ApiState,
    caller: &Caller,
    camera: &CameraId,
) -> Result<StreamId, ApiError> {
    let streams = state.camera(caller.scope(), camera)?.streams;
    let role = streams.into_iter().max().unwrap_or(StreamRole::Main);
    Ok(StreamId { camera: camera.clone(), role })
}

/// Refuses over the connection: browsers tell their pages nothing of an answer that opens none.
fn refuse(upgrade: WebSocketUpgrade, why: Refusal) -> Response {
    metrics::counter!("watchpost_live_refused_total", "why" => why.as_str()).increment(1);
    let message = Message::Refused { why, detail: why.detail() };
    upgrade.on_upgrade(move |socket| close(socket, message, why.code()))
}

async fn serve(state: ApiState, caller: Caller, mut view: View, seat: Seat, mut socket: WebSocket) {
    let stream = view.stream.clone();
    let ended = |why: End| Some((Message::Ended { why }, why.code()));
    let end = tokio::select! {
        over = view.show(&mut socket) => match over {
            Over::Gone(gone) => {
                debug!(%stream, error = %gone, "somebody stopped watching");
                None
            }
            Over::Refused(why) => Some((Message::Refused { why, detail: why.detail() }, why.code())),
        },
        // Where something comes to cover it, a copy is shown instead.
        () = access_ends(&state, &caller, &stream, Covered::MayBe) => ended(End::NoAccess),
        () = state.stop().cancelled() => ended(End::Stopping),
    };
    drop(view);
    if let Some((message, code)) = end {
        close(socket, message, code).await;
    }
    drop(seat);
}

/// Why nothing more is shown.
enum Over {
    /// The client is gone.
    Gone(axum::Error),
    /// It may not be shown, or not now.
    Refused(Refusal),
}

impl From<axum::Error> for Over {
    fn from(error: axum::Error) -> Self {
        Self::Gone(error)
    }
}

/// Says a last word and closes the connection.
async fn close(mut socket: WebSocket, message: Message, code: u16) {
    let frame = CloseFrame { code, reason: ws::Utf8Bytes::default() };
    let farewell = async {
        tell(&mut socket, &message).await?;
        socket.send(ws::Message::Close(Some(frame))).await
    };
    // Who does not take it is cut off.
    let _ = tokio::time::timeout(LOOK_AGAIN, farewell).await;
}

/// Whether privacy masks may lie over what somebody watches, or persons be softened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Covered {
    /// A copy is shown then.
    MayBe,
    /// It is lifted for who may see what is covered, as long as they may.
    IsLifted,
    /// Then it may not be watched any more.
    MayNotBe,
}

/// Returns when `caller` may not watch the stream any more.
async fn access_ends(state: &ApiState, caller: &Caller, stream: &StreamId, covered: Covered) {
    let mut failed = 0;
    while failed < MOST_FAILED_LOOKS {
        tokio::time::sleep(LOOK_AGAIN).await;
        let asked = caller.clone();
        match state.admission(move |state| state.is_still(&asked)).await {
            Ok(true) => failed = 0,
            Ok(false) => return,
            Err(error) => {
                failed += 1;
                warn!(error = %chain(&error), "cannot look whether somebody may still watch");
            }
        }
        if covered == Covered::IsLifted && !is_lifted(state, caller, stream).await {
            return;
        }
        // Taken from the configuration, or given privacy masks, since.
        let is_gone = state.camera(caller.scope(), &stream.camera).is_err();
        if is_gone || covered == Covered::MayNotBe && is_covered(state, &stream.camera) {
            return;
        }
    }
}

/// Returns whether `caller` may see what is covered of the stream; they may not where it cannot be told.
async fn is_lifted(state: &ApiState, caller: &Caller, stream: &StreamId) -> bool {
    let (caller, camera) = (caller.clone(), stream.camera.clone());
    let looked = move |state: &ApiState| may_see_live(state, &caller, &camera, Masking::Off);
    state.admission(looked).await.is_ok()
}

/// Returns whether what `camera` shows now must not leave as it comes: privacy masks lie over it, or
/// persons are softened.
pub(crate) fn is_covered(state: &ApiState, camera: &CameraId) -> bool {
    if softens(state, camera) {
        return true;
    }
    let now = state.parts().clock.now();
    let moment = TimeRange { start: now, end: now.plus(Duration::from_micros(1)) };
    state.parts().views.is_masked(camera, moment)
}

/// Returns whether the persons that `camera` sees are softened; those of one that is gone are.
pub(crate) fn softens(state: &ApiState, camera: &CameraId) -> bool {
    let cameras = state.site_cameras();
    let found = cameras.shown.iter().find(|known| known.id == *camera);
    found.is_none_or(|known| known.softens_persons)
}

/// One who watches a stream.
struct View {
    state: ApiState,
    stream: StreamId,
    /// The stream of which copies are made.
    copied: StreamId,
    /// Whether a copy is to be shown whatever covers the camera's own pictures.
    wants_copy: bool,
    /// Whether a copy is shown.
    is_copy: bool,
    watch: Option<Viewing>,
    writer: Writer,
    /// What was said last of how the stream does.
    told: Option<StreamState>,
}

impl View {
    /// Shows the stream until the client leaves.
    async fn show(&mut self, socket: &mut WebSocket) -> Over {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                _ = beat.tick() => self.look(socket).await,
                _ = ping.tick() => {
                    socket.send(ws::Message::Ping(Bytes::new())).await.map_err(Over::from)
                }
                next = next(&mut self.watch) => self.go_on(socket, next).await,
                heard = socket.recv() => match heard {
                    Some(Ok(ws::Message::Close(_))) | None => {
                        Err(axum::Error::new("it left").into())
                    }
                    // Whatever it says, it is not asked.
                    Some(heard) => heard.map(|_| ()).map_err(Over::from),
                },
            };
            if let Err(over) = done {
                return over;
            }
        }
    }

    /// Looks how the stream does, and whether it is received by another feed.
    async fn look(&mut self, socket: &mut WebSocket) -> Result<(), Over> {
        let is_copy = self.wants_copy || is_covered(&self.state, &self.stream.camera);
        if is_copy != self.is_copy {
            // What covers it came, or went: what was shown so far is not what may be shown now.
            (self.is_copy, self.watch) = (is_copy, None);
            self.writer.behind();
        }
        if self.is_copy {
            self.look_at_copy()?;
        } else {
            let taps = Arc::clone(&self.state.parts().live);
            if self.watch.as_ref().is_none_or(|watch| watch.is_over(&taps, &self.stream)) {
                self.watch = taps.watch(&self.stream);
                if self.watch.is_some() {
                    self.begin(socket).await?;
                }
            }
        }
        let status = self.state.parts().board.get(&self.stream);
        let now = status.as_ref().map_or(StreamState::Stopped, |status| status.state);
        if self.told == Some(now) {
            return Ok(());
        }
        self.told = Some(now);
        Ok(tell(socket, &Message::state(self.stream.role, status)).await?)
    }

    /// Looks whether the copy is still made, or made by another.
    fn look_at_copy(&mut self) -> Result<(), Over> {
        let copies = self.state.live_copies();
        if self.watch.as_ref().is_some_and(|watch| !watch.is_over(&copies.taps, &self.copied)) {
            return Ok(());
        }
        self.writer.behind();
        self.watch = copies.watch(&self.state, &self.copied);
        if self.watch.is_some() {
            return Ok(());
        }
        let is_covered = is_covered(&self.state, &self.stream.camera);
        Err(Over::Refused(if is_covered { Refusal::Masked } else { Refusal::NoCopy }))
    }

    /// Begins with the GOP that goes on, or else waits for the next keyframe.
    async fn begin(&mut self, socket: &mut WebSocket) -> Result<(), Over> {
        let (state, stream) = (self.state.clone(), self.stream.clone());
        let read = move || state.parts().archive.open_gop(&stream).map_err(ApiError::Clip);
        let gop = match self.state.disk_read(read).await {
            Ok(gop) => gop,
            Err(error) => {
                warn!(stream = %self.stream, error = %chain(&error), "cannot begin with the open GOP");
                None
            }
        };
        self.writer.behind();
        let Some(gop) = gop else { return Ok(()) };
        let bytes: usize = gop.pictures.iter().map(|(_, data)| data.len()).sum();
        if bytes > LARGEST_GOP_BYTES {
            return Ok(());
        }
        if self.told.is_none() {
            // A picture says that more than words.
            self.told = Some(StreamState::Up);
        }
        let sent = self.writer.begin(gop);
        self.send(socket, sent).await
    }

    async fn go_on(&mut self, socket: &mut WebSocket, next: Next) -> Result<(), Over> {
        match next {
            Next::Tapped(Tapped::Picture(unit)) => {
                let sent = self.writer.take(unit);
                self.send(socket, sent).await
            }
            Next::Tapped(Tapped::Interrupted) => {
                let held = self.writer.interrupted();
                self.send(socket, held).await?;
                self.look(socket).await
            }
            // Of a copy nothing is missed: its maker shows whatever it makes.
            Next::Tapped(Tapped::Missed) if self.is_copy => Ok(()),
            Next::Tapped(Tapped::Missed) => self.begin(socket).await,
            Next::Behind(pictures) => {
                metrics::counter!("watchpost_live_left_out_pictures_total").increment(pictures);
                self.writer.behind();
                Ok(tell(socket, &Message::Behind { pictures }).await?)
            }
        }
    }

    async fn send(
        &mut self,
        socket: &mut WebSocket,
        sent: impl IntoIterator<Item = Sent>,
    ) -> Result<(), Over> {
        for sent in sent {
            if !self.is_copy && is_covered(&self.state, &self.stream.camera) {
                // It has just been covered: the next look turns to a copy.
                self.watch = None;
                self.writer.behind();
                return Ok(());
            }
            match sent {
                Sent::Start { format, time } => {
                    let status = self.state.parts().board.get(&self.stream);
                    let error_ms = status.and_then(|status| status.clock_error_ms);
                    let shown = match self.is_copy {
                        false => Pictures::Own,
                        true if softens(&self.state, &self.stream.camera) => Pictures::Softened,
                        true if is_covered(&self.state, &self.stream.camera) => Pictures::Masked,
                        true => Pictures::Copied,
                    };
                    let message = Message::start(self.stream.role, &format, time, error_ms, shown);
                    tell(socket, &message).await?;
                }
                Sent::Media(bytes) => {
                    let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    socket.send(ws::Message::Binary(bytes)).await?;
                    metrics::counter!("watchpost_live_bytes_total").increment(count);
                }
            }
        }
        Ok(())
    }
}

/// Waits for what is told next; for ever while nothing is watched.
async fn next(watch: &mut Option<Viewing>) -> Next {
    match watch {
        Some(watch) => watch.next().await,
        None => std::future::pending().await,
    }
}

async fn tell(socket: &mut WebSocket, message: &Message) -> Result<(), axum::Error> {
    let text = serde_json::to_string(message).map_err(axum::Error::new)?;
    socket.send(ws::Message::Text(text.into())).await
}
