//! What can go wrong, and where.

use std::path::PathBuf;

/// An operation of this crate that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// ONNX Runtime's library is missing or cannot be used.
    #[error("cannot use ONNX Runtime {path}: {reason}")]
    OnnxRuntime {
        /// The library.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A model manifest, or the model it names, cannot be used.
    #[error("cannot use model {path}: {reason}")]
    Model {
        /// The manifest or the model file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// GStreamer or one of its plugins is missing.
    #[error("cannot use GStreamer: {0}")]
    GStreamer(String),
    /// Access units could not be decoded.
    #[error("cannot decode {codec}: {reason}")]
    Decode {
        /// The codec, `h264` or `h265`.
        codec: &'static str,
        /// Why not.
        reason: String,
    },
    /// Pictures could not be encoded.
    #[error("cannot encode a viewing copy: {0}")]
    Encode(String),
    /// The detector failed on a picture.
    #[error("cannot detect: {0}")]
    Detect(String),
    /// A still could not be made.
    #[error("cannot make a still: {0}")]
    Still(String),
    /// Nothing of a box that was to be shown lies on the view.
    #[error("cannot show what lies outside the view")]
    OffView,
    /// A file of footage cannot be read as a camera's.
    #[error("cannot read the clip {path}: {reason}")]
    Clip {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A thread could not be started.
    #[error("cannot start thread {name}")]
    Thread {
        /// Its name.
        name: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A setting of a camera that has no meaning.
    #[error("cannot analyse camera {camera}: {reason}")]
    Camera {
        /// The camera.
        camera: domain::CameraId,
        /// Why not.
        reason: String,
    },
}
