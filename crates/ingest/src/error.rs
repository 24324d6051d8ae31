//! Why a session ended, what that means for the stream, and when to try again.

use domain::{GapCause, StreamState};

/// Why a session ended or never began. No message holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("cannot connect: {0}")]
    Unreachable(String),
    #[error("no answer to {step} within {seconds} s")]
    NoAnswer { step: &'static str, seconds: u64 },
    #[error("the camera refuses the user name or password ({0})")]
    Unauthorised(u16),
    #[error("the camera has no such stream ({0})")]
    NoSuchStream(u16),
    #[error("the camera refuses {step} ({status})")]
    Refused { step: &'static str, status: u16 },
    #[error("the URL cannot be used: {0}")]
    BadUrl(&'static str),
    #[error("no H.264 or H.265 video in this stream (it offers {0})")]
    NoVideo(String),
    #[error("the stream holds B-frames: switch them off in the camera")]
    BFrames,
    #[error("the camera closed the connection")]
    Closed,
    #[error("the connection broke: {0}")]
    Broken(String),
    #[error("the camera sends what cannot be read: {0}")]
    Garbage(String),
    #[error("the camera sends a message of metadata without an end ({0} bytes so far)")]
    EndlessMessage(usize),
    #[error("no picture: {0}")]
    NoPicture(String),
    #[error("frozen: the same picture again and again")]
    Frozen,
    #[error("reading what the camera sends failed inside: {0}")]
    Panicked(String),
}

/// How soon a new attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// After the next back-off.
    Soon,
    /// Only after long: a person must change something first.
    Rarely,
}

impl SessionError {
    /// Returns what the stream is while this lasts.
    pub(crate) fn state(&self) -> StreamState {
        match self {
            Self::Unauthorised(_)
            | Self::NoSuchStream(_)
            | Self::BadUrl(_)
            | Self::NoVideo(_)
            | Self::BFrames => StreamState::Misconfigured,
            Self::NoPicture(_) | Self::Frozen => StreamState::NoPicture,
            Self::Unreachable(_)
            | Self::NoAnswer { .. }
            | Self::Refused { .. }
            | Self::Closed
            | Self::Broken(_)
            | Self::Garbage(_)
            | Self::EndlessMessage(_)
            | Self::Panicked(_) => StreamState::Down,
        }
    }

    /// Returns the cause to record for the time without pictures.
    pub(crate) fn cause(&self) -> GapCause {
        match self {
            Self::Garbage(_) | Self::Panicked(_) => GapCause::Garbage,
            _ => match self.state() {
                StreamState::Misconfigured => GapCause::Misconfigured,
                StreamState::NoPicture => GapCause::NoPicture,
                _ => GapCause::Disconnected,
            },
        }
    }

    pub(crate) fn retry(&self) -> Retry {
        match self.state() {
            StreamState::Misconfigured => Retry::Rarely,
            _ => Retry::Soon,
        }
    }

    /// Reads what retina says about a request that failed.
    pub(crate) fn from_request(error: &retina::Error, step: &'static str) -> Self {
        match error.status_code() {
            Some(status @ (401 | 403 | 407)) => Self::Unauthorised(status),
            Some(status @ (404 | 405 | 410 | 451)) => Self::NoSuchStream(status),
            // 200: an answer that says yes and then makes no sense.
            Some(200..300) => Self::Garbage(first_line(error)),
            Some(status) => Self::Refused { step, status },
            None => Self::from_stream(error),
        }
    }

    /// Reads what retina says about a connection that failed. Its errors are opaque; the start of
    /// their text is all that tells their kind.
    pub(crate) fn from_stream(error: &retina::Error) -> Self {
        let text = first_line(error);
        let after = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
        if let Some(reason) = after("Unable to connect to RTSP server: ") {
            return Self::Unreachable(reason);
        }
        let broken = [
            "Error reading from RTSP peer: ",
            "Error writing to RTSP peer: ",
            "Error receiving UDP packet: ",
        ];
        if let Some(reason) = broken.iter().find_map(|prefix| after(prefix)) {
            return Self::Broken(reason);
        }
        Self::Garbage(text)
    }
}

/// Returns whether more can be read after `error`: one RTP packet was bad, the framing held.
pub(crate) fn is_one_bad_packet(error: &retina::Error) -> bool {
    let text = first_line(error);
    let ends_session = [
        "RTSP framing error",
        "Received interleaved data on unassigned channel",
        "Error ",
        "Unable to connect",
        "Failed precondition",
        "Internal error",
        "Timeout",
        "Unsupported",
        "Invalid argument",
    ];
    error.status_code().is_none() && !ends_session.iter().any(|start| text.starts_with(start))
}

/// Returns the first line of what retina says, without control characters, 160 characters at
/// most: a hostile camera chooses part of it, and the lines after it are for packet captures.
fn first_line(error: &retina::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|character| !character.is_control()).take(160).collect()
}
