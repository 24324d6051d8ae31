//! Access units to detections: what to decode, when, on which region.
//!
//! A camera's task offers every access unit to its [`Sampler`], which never waits. The camera's
//! decoding thread ([`decoder`]) decodes its keyframes or its whole stream, takes pictures at the
//! analysis rate, paints the privacy masks ([`mask`]), finds what moves ([`motion`]) and measures
//! the condition of the view ([`condition`]) and reads its signals ([`lamp`]). The newest
//! frame of each camera waits in the mailbox until a detecting thread has a turn for it, decides
//! what of it is worth a look ([`attention`]), draws the model's input in one pass ([`view`],
//! [`sampling`], [`canvas`]), runs the model ([`detector`]), reads its boxes ([`family`]), names the colours of vehicles
//! ([`vehicle_colour`]) and delivers one
//! observation per sampled picture. [`region`] looks through keyframes of the past. Models come with
//! a manifest ([`manifest`]).
//!
//! For people it makes pictures of what was recorded, masks painted over: one ([`still`]), many in one
//! ([`sheet`]), or a viewing copy of the footage ([`rendition`]).

pub mod attention;
mod bitstream;
mod camera;
pub mod canvas;
mod clip;
pub mod condition;
mod config;
mod counters;
pub mod decoder;
mod decoding;
mod detecting;
pub mod detector;
pub mod drawing;
mod encoder;
mod error;
pub mod family;
#[doc(hidden)]
pub mod fuzzing;
mod give_way;
mod glare;
pub mod lamp;
mod lanes;
mod mailbox;
pub mod manifest;
pub mod mask;
pub mod mosaic;
pub mod motion;
mod overlap;
mod picture;
pub mod region;
pub mod rendition;
mod runtime;
pub mod sampling;
mod sampling_rate;
pub mod sheet;
pub mod soften;
pub mod still;
mod thinning;
mod unfiltered;
pub mod vehicle_colour;
pub mod view;
mod vision;

pub use clip::Clip;
pub use config::{CameraAnalysis, Mode, VisionConfig};
pub use counters::{CameraCounters, Counters, StageTiming, StageTimings};
pub use error::VisionError;
pub use picture::{Colour, Matrix, Picture, Plane};
pub use runtime::{Runtime, known_providers};
pub use vision::{Deliver, Sampler, Vision};
