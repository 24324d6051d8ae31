//! Sends what may be large, by byte range, in chunks read when the client has taken the last.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use archive::clip::Clip;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream};
use tokio::sync::OwnedSemaphorePermit;
use tracing::warn;

use crate::access::Caller;
use crate::byte_range::{Asked, asked};
use crate::problem::{ApiError, chain};
use crate::state::ApiState;

/// Bytes read at once; also all that one client can make us hold.
const CHUNK_BYTES: usize = 256 * 1024;

/// How often it is asked whether whoever is being sent something may still have it.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Where the bytes come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A span of footage.
    Clip(Clip),
    /// A recorded file.
    File(File),
    /// What lies in a recorded file behind so many bytes.
    Part(File, u64),
}

impl Source {
    fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, ApiError> {
        match self {
            Self::Clip(clip) => clip.read(offset, buffer).map_err(ApiError::Clip),
            Self::File(file) => file.read_at(buffer, offset).map_err(ApiError::File),
            Self::Part(file, start) => {
                file.read_at(buffer, start.saturating_add(offset)).map_err(ApiError::File)
            }
        }
    }
}

/// What a client is to get, before it is known which part of it.
#[derive(Debug)]
pub(crate) struct Representation {
    /// Its whole length, in bytes.
    pub(crate) length: u64,
    /// Names its content, in quotes.
    pub(crate) etag: String,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// The name to save it under.
    pub(crate) file_name: String,
    /// Where its bytes come from.
    pub(crate) source: Source,
}

impl Representation {
    /// Answers with what `headers` ask for, for as long as `caller` may have it; holds `permit`
    /// until it is sent.
    pub(crate) fn answer(
        self,
        state: &ApiState,
        caller: Caller,
        permit: OwnedSemaphorePermit,
        headers: &HeaderMap,
    ) -> Result<Response, ApiError> {
        let length = self.length;
        let (status, part) = match asked(headers, &self.etag, length) {
            Asked::Whole => (StatusCode::OK, 0..length),
            Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Asked::Nothing => return Err(ApiError::BeyondEnd { length }),
            Asked::Unchanged => (StatusCode::NOT_MODIFIED, 0..0),
        };
        let mut answer = HeaderMap::new();
        let etag = HeaderValue::from_str(&self.etag).map_err(|_| ApiError::Panicked)?;
        answer.insert(header::ETAG, etag);
        let keep = HeaderValue::from_static("private, no-cache");
        answer.insert(header::CACHE_CONTROL, keep);
        if status == StatusCode::NOT_MODIFIED {
            return Ok((status, answer).into_response());
        }
        let disposition = format!("inline; filename=\"{}\"", self.file_name);
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            answer.insert(header::CONTENT_DISPOSITION, disposition);
        }
        let kind = HeaderValue::from_static(self.content_type);
        answer.insert(header::CONTENT_TYPE, kind);
        answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let sent = HeaderValue::from(part.end - part.start);
        answer.insert(header::CONTENT_LENGTH, sent);
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let range = HeaderValue::from_str(&range).map_err(|_| ApiError::Panicked)?;
            answer.insert(header::CONTENT_RANGE, range);
        }
        let sending = Sending {
            asked: state.parts().clock.monotonic(),
            state: state.clone(),
            caller,
            source: Arc::new(self.source),
            left: part,
            _permit: permit,
        };
        let body = Body::from_stream(chunks(sending));
        Ok((status, answer, body).into_response())
    }
}

struct Sending {
    state: ApiState,
    caller: Caller,
    /// When it was last asked whether they may still have it.
    asked: Duration,
    source: Arc<Source>,
    left: Range<u64>,
    _permit: OwnedSemaphorePermit,
}

fn chunks(sending: Sending) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(sending, |mut sending| async move {
        if sending.left.is_empty() {
            return Ok(None);
        }
        let chunk = next_chunk(&mut sending).await.map_err(|error| {
            warn!(error = %chain(&error), "cannot go on sending footage");
            io::Error::other("the footage could not be sent whole")
        })?;
        let sent = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        sending.left.start = sending.left.start.saturating_add(sent);
        metrics::counter!("watchpost_api_footage_bytes_total").increment(sent);
        Ok(Some((chunk, sending)))
    })
}

async fn next_chunk(sending: &mut Sending) -> Result<Bytes, ApiError> {
    let now = sending.state.parts().clock.monotonic();
    if now.saturating_sub(sending.asked) >= ASK_AGAIN {
        sending.asked = now;
        let caller = sending.caller.clone();
        let is_still = sending.state.admission(move |state| state.is_still(&caller)).await?;
        if !is_still {
            return Err(ApiError::NotSignedIn);
        }
    }
    let offset = sending.left.start;
    let left = usize::try_from(sending.left.end - offset).unwrap_or(usize::MAX);
    let wanted = left.min(CHUNK_BYTES);
    let source = Arc::clone(&sending.source);
    let read = sending.state.disk_read(move || {
        let mut buffer = vec![0; wanted];
        let read = source.read(offset, &mut buffer)?;
        buffer.truncate(read);
        Ok(Bytes::from(buffer))
    });
    let chunk = tokio::select! {
        chunk = read => chunk?,
        () = sending.state.cut().cancelled() => return Err(ApiError::Stopping),
    };
    if chunk.is_empty() {
        let shorter = io::Error::from(io::ErrorKind::UnexpectedEof);
        return Err(ApiError::File(shorter));
    }
    Ok(chunk)
}
