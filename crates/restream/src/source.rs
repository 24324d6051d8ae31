//! Who may watch what, and the pictures: what stands behind the server.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use domain::{CameraId, StreamRole, Timestamp, VideoFormat};

use crate::credentials::Credentials;
use crate::refusal::Refusal;

/// An answer that takes a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a client asks to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Where it asks from.
    pub client: SocketAddr,
    /// What it shows, if anything.
    pub credentials: Option<Credentials>,
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams; the main or only one if it does not say.
    pub role: Option<StreamRole>,
    /// Whether it asks for pictures that privacy masks lie over.
    pub lifts_masks: bool,
}

/// Knows who may watch, and has the pictures.
pub trait Source: Send + Sync + fmt::Debug {
    /// Finds out who asks, and whether they may.
    ///
    /// # Errors
    /// They may not; what they may not know of is [`Refusal::NotFound`].
    fn admit(&self, asked: Asked) -> Answer<'_, Result<Arc<dyn Ticket>, Refusal>>;
}

/// That somebody may watch a stream.
pub trait Ticket: Send + Sync + fmt::Debug {
    /// Returns what a decoder must know of the stream.
    ///
    /// # Errors
    /// The camera shows nothing for now.
    fn format(&self) -> Answer<'_, Result<Arc<VideoFormat>, Refusal>>;

    /// Begins to watch; noted before anything is shown.
    ///
    /// # Errors
    /// They may not any more, too many watch, or it cannot be noted.
    fn open(&self) -> Answer<'_, Result<Box<dyn View>, Refusal>>;
}

/// Somebody watches a stream, until this is dropped.
pub trait View: Send {
    /// Waits for what is to be seen next: first the GOP that goes on, from its keyframe. What waits
    /// is lost to nobody when the answer is dropped.
    fn next(&mut self) -> Answer<'_, Seen>;
}

/// What is to be seen.
#[derive(Debug, Clone)]
pub enum Seen {
    /// A picture.
    Picture(Picture),
    /// So many pictures were left out, as they were taken too slowly; a keyframe follows.
    LeftOut(u64),
    /// Nothing more: why.
    Ended(&'static str),
}

/// One coded picture. Cloning shares the bytes.
#[derive(Debug, Clone)]
pub struct Picture {
    /// When the camera took it.
    pub time: Timestamp,
    /// Whether decoding can start here.
    pub is_keyframe: bool,
    /// What a decoder must know.
    pub format: Arc<VideoFormat>,
    /// NAL units but parameter sets, each behind its length in 4 bytes.
    pub data: Bytes,
}
