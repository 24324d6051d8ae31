//! Viewing copies: footage as H.264 with its privacy masks, made while it is sent, and labelled as
//! what it is.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Segment, TimeRange};
use futures::stream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::frames::FrameError;
use crate::problem::{ApiError, chain};
use crate::state::ApiState;
use crate::views::{CopyOrder, CopySink, Masking};

/// Pieces that wait for a client: about a second of footage each.
const WAITING: usize = 2;
/// How long a client may take for a piece before its copy is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says that an answer is a viewing copy, and of what kind.
const LABEL: HeaderName = HeaderName::from_static("watchpost-viewing-copy");
/// The wall-clock moment of the copy's media time zero.
const START: HeaderName = HeaderName::from_static("watchpost-start");
/// Whether privacy masks lie over it.
const MASKS: HeaderName = HeaderName::from_static("watchpost-masks");

/// Answers with a viewing copy under `name`, without its ending. Its first piece is made before the
/// answer begins, so that what cannot be made is a problem and no broken file. When the client goes
/// away, so does the work.
pub(crate) async fn answer(
    state: &ApiState,
    order: CopyOrder,
    name: &str,
) -> Result<Response, ApiError> {
    let permit = state.copy_permit()?;
    let headers = headers(&order, name);
    let (sender, mut pieces) = mpsc::channel(WAITING);
    let failures = sender.clone();
    let mut sink = Client { pieces: sender, io: Handle::current(), cut: state.cut().clone() };
    let making = state.clone();
    let thread = std::thread::Builder::new().name("viewing-copy".to_owned());
    let started = thread.spawn(move || {
        let _permit = permit;
        let _counted = Counted::new();
        if let Err(error) = making.parts().views.copy(&order, &mut sink) {
            // Nobody is there to be told when the client has gone.
            let _ = failures.try_send(Err(error));
        }
    });
    started.map_err(ApiError::File)?;
    let first = match pieces.recv().await {
        Some(Ok(piece)) => piece,
        Some(Err(error)) => return Err(refused(error)),
        None => return Err(ApiError::Frame(FrameError::NotRecorded)),
    };
    let rest = stream::unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?.map_err(|error| {
            warn!(error = %chain(&error), "cannot go on with a viewing copy");
            io::Error::other("the viewing copy could not be made whole")
        });
        Some((piece, pieces))
    });
    let first = stream::iter([Ok::<_, io::Error>(first)]);
    let body = Body::from_stream(futures::StreamExt::chain(first, rest));
    Ok((headers, body).into_response())
}

fn refused(error: FrameError) -> ApiError {
    match error {
        FrameError::Busy => ApiError::Busy("viewing copies being made"),
        other => ApiError::Frame(other),
    }
}

fn headers(order: &CopyOrder, name: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(header::CONTENT_TYPE, "video/mp4");
    // It is made anew each time, and the masks may be others then.
    put(header::CACHE_CONTROL, "no-store");
    put(header::ACCEPT_RANGES, "none");
    // RFC 8187 for the Vietnamese name: "bản xem".
    let disposition = format!(
        "inline; filename=\"{name}_viewing-copy.mp4\"; \
         filename*=UTF-8''{name}_b%E1%BA%A3n-xem.mp4"
    );
    put(header::CONTENT_DISPOSITION, &disposition);
    put(LABEL, "h264; not the original");
    put(START, &order.range.start.to_string());
    put(MASKS, if order.masks == Masking::On { "on" } else { "off" });
    headers
}

/// Returns what of `range` is recorded in these files, from the first picture on view to the end of
/// the last.
pub(crate) fn shown(range: TimeRange, files: &[(PathBuf, Segment)]) -> Option<TimeRange> {
    let fragments = files.iter().flat_map(|(_, segment)| &segment.fragments);
    let parts = fragments.filter_map(|fragment| {
        let lasts = Duration::from_micros(fragment.duration_us.into());
        let whole = TimeRange { start: fragment.start, end: fragment.start.plus(lasts) };
        whole.intersection(range)
    });
    parts.reduce(|one, other| TimeRange {
        start: one.start.min(other.start),
        end: one.end.max(other.end),
    })
}

/// A client that a copy is sent to, seen from the thread that makes it.
struct Client {
    pieces: mpsc::Sender<Result<Bytes, FrameError>>,
    io: Handle,
    cut: CancellationToken,
}

impl CopySink for Client {
    fn is_wanted(&self) -> bool {
        !self.pieces.is_closed() && !self.cut.is_cancelled()
    }

    fn take(&mut self, piece: Vec<u8>) -> ControlFlow<()> {
        let bytes = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let sending = self.pieces.send(Ok(Bytes::from(piece)));
        let sent = self.io.block_on(async {
            tokio::select! {
                sent = tokio::time::timeout(PATIENCE, sending) => matches!(sent, Ok(Ok(()))),
                () = self.cut.cancelled() => false,
            }
        });
        if !sent {
            return ControlFlow::Break(());
        }
        metrics::counter!("watchpost_api_copy_bytes_total").increment(bytes);
        ControlFlow::Continue(())
    }
}

/// Counts a copy that is being made.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("watchpost_api_copies").increment(1.0);
        metrics::counter!("watchpost_api_copies_total").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("watchpost_api_copies").decrement(1.0);
    }
}
