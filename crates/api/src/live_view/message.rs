//! What one who watches is told in words, as JSON: `docs/live.md` has it for those who read it.

use domain::{Codec, StreamRole, StreamState, StreamStatus, Timestamp, VideoFormat};
use serde::Serialize;

/// A text message of the service.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Message {
    /// An unbroken row of pictures begins; its initialization segment is the next message.
    Start {
        /// Which of the camera's streams.
        stream: &'static str,
        /// The media type, with how the pictures are coded (RFC 6381).
        mime: String,
        codec: Codec,
        width: u32,
        height: u32,
        /// When the row's first picture was taken: media time counts from there.
        time: Timestamp,
        /// The camera's clock minus ours, in milliseconds, which `time` still bears.
        clock_error_ms: Option<i32>,
        /// Whether it is a viewing copy and not the camera's own pictures.
        viewing_copy: bool,
        /// Whether privacy masks are painted over.
        masked: bool,
        /// Whether persons are softened in it, as far as the detector finds them.
        persons_softened: bool,
    },
    /// How the camera's stream is doing.
    State {
        stream: &'static str,
        state: StreamState,
        /// Since when; unknown of a stream that is not received.
        since: Option<Timestamp>,
        /// Why, for a person.
        detail: Option<String>,
        /// When the camera took the last picture.
        last_picture: Option<Timestamp>,
    },
    /// So many pictures were left out, as they were taken too slowly; it goes on with the next
    /// keyframe.
    Behind { pictures: u64 },
    /// Nothing is shown, and the connection ends.
    Refused { why: Refusal, detail: &'static str },
    /// What was shown ends here, and the connection with it.
    Ended { why: End },
}

/// What pictures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// The camera's own.
    Own,
    /// Those of a copy that was asked for.
    Copied,
    /// Those of a copy, privacy masks painted over.
    Masked,
    /// Those of a copy in which persons are softened, and masks painted over if there are any.
    Softened,
}

/// Why nothing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Refusal {
    /// Its own pictures may not be shown, for privacy masks or as persons are softened, and no copy can
    /// be made now.
    Masked,
    /// A copy was asked for, and none can be made now.
    NoCopy,
    /// Too many watch, or this account watches too many.
    TooMany,
}

impl Refusal {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::NoCopy => "no_copy",
            Self::TooMany => "too_many",
        }
    }

    /// Returns the code that closes the connection (RFC 6455 §7.4.1, and the registry of IANA).
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Masked => 1008,
            Self::NoCopy | Self::TooMany => 1013,
        }
    }

    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Masked => {
                "this camera has privacy masks, or its persons are softened, which its own pictures do \
                 not bear, and as many copies as may be are watched already: see frame.jpg"
            }
            Self::NoCopy => {
                "as many copies as may be are watched already, or none can be made: see frame.jpg"
            }
            Self::TooMany => "too many live pictures are watched at once: close some and try again",
        }
    }
}

/// Why what was shown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// The caller may not watch it any more, or signed out.
    NoAccess,
    /// The service stops; to be asked again in a moment.
    Stopping,
}

impl End {
    /// Returns the code that closes the connection.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::NoAccess => 1008,
            Self::Stopping => 1012,
        }
    }
}

impl Message {
    pub(crate) fn start(
        role: StreamRole,
        format: &VideoFormat,
        time: Timestamp,
        clock_error_ms: Option<i32>,
        pictures: Pictures,
    ) -> Self {
        Self::Start {
            stream: role.as_str(),
            mime: format!("video/mp4; codecs=\"{}\"", format.rfc6381),
            codec: format.codec,
            width: format.width,
            height: format.height,
            time,
            clock_error_ms,
            viewing_copy: pictures != Pictures::Own,
            masked: matches!(pictures, Pictures::Masked | Pictures::Softened),
            persons_softened: pictures == Pictures::Softened,
        }
    }

    /// Tells how a stream does; `None` of one that is not received.
    pub(crate) fn state(role: StreamRole, status: Option<StreamStatus>) -> Self {
        let (since, state) = match &status {
            Some(status) => (Some(status.since), status.state),
            None => (None, StreamState::Stopped),
        };
        let last_picture = status.as_ref().and_then(|status| status.last_picture);
        let detail = status.and_then(|status| status.detail);
        Self::State { stream: role.as_str(), state, since, detail, last_picture }
    }
}
