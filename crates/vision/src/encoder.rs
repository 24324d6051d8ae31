//! One H.264 encoder: pictures in, access units out, on the calling thread.
//!
//! Like [`decoder`](crate::decoder) it has no pipeline around it: GStreamer's scaler and encoder stand
//! between two pads of ours, so [`Encoder::encode`] returns when the access unit is out, no queue
//! holds anything back, and one job takes one thread.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::VisionError;
use crate::bitstream;
use crate::picture::Picture;

/// Bits for each pixel of a picture, at 25 pictures a second: street scenes stay readable.
const BITS_PER_PIXEL: f64 = 0.1;
/// What the encoder reckons with; the pictures bring their own times.
const PICTURES_PER_SECOND: i32 = 25;
/// Keyframes come when they are asked for; this many pictures are more than lie between two.
const LONGEST_GOP: u32 = 10_000;

/// An access unit that came out.
#[derive(Debug)]
pub(crate) struct Coded {
    /// The ticket of the picture it was made of.
    pub(crate) ticket: u64,
    /// Whether decoding can start here.
    pub(crate) is_keyframe: bool,
    /// Its NAL units, each behind its length in 4 bytes, without parameter sets.
    pub(crate) data: Bytes,
}

/// One encoder; owned by the thread that calls it. After an error build a new one.
pub(crate) struct Encoder {
    elements: Vec<gst::Element>,
    source: gst::Pad,
    sink: gst::Pad,
    outlet: Arc<Mutex<Vec<gst::Buffer>>>,
    /// Width and height of the pictures that come in.
    taken: Option<(usize, usize)>,
    next_ticket: u64,
    codec_data: Option<Bytes>,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("next_ticket", &self.next_ticket).finish_non_exhaustive()
    }
}

impl Encoder {
    /// Builds the encoder of pictures of `width` × `height`, both even; whatever comes in is scaled.
    ///
    /// # Errors
    /// Fails when GStreamer or one of its plugins is missing.
    pub(crate) fn new(width: u32, height: u32) -> Result<Self, VisionError> {
        gst::init().map_err(|error| VisionError::GStreamer(error.to_string()))?;
        let scale = make("videoscale")?;
        // Another camera behind the same name may have another shape: nothing is distorted.
        scale.set_property("add-borders", true);
        let scaled = make("capsfilter")?;
        let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", side(width))
            .field("height", side(height))
            .build();
        scaled.set_property("caps", &caps);
        let encoder = make("openh264enc")?;
        encoder.set_property("bitrate", bits_per_second(width, height));
        encoder.set_property("gop-size", LONGEST_GOP);
        encoder.set_property("multi-thread", 1_u32);
        encoder.set_property_from_str("complexity", "low");
        encoder.set_property_from_str("rate-control", "bitrate");

        let outlet = Arc::new(Mutex::new(Vec::new()));
        let source = gst::Pad::builder(gst::PadDirection::Src).name("pictures").build();
        let sink = outlet_pad(&outlet)?;
        let pad = |element: &gst::Element, name| {
            element.static_pad(name).ok_or_else(|| failed("its element has no such pad"))
        };
        let links = [
            source.link(&pad(&scale, "sink")?),
            pad(&scale, "src")?.link(&pad(&scaled, "sink")?),
            pad(&scaled, "src")?.link(&pad(&encoder, "sink")?),
            pad(&encoder, "src")?.link(&sink),
        ];
        let new = Self {
            elements: vec![encoder, scaled, scale],
            source,
            sink,
            outlet,
            taken: None,
            next_ticket: 0,
            codec_data: None,
        };
        for link in links {
            link.map_err(|error| failed(&format!("its elements do not link: {error}")))?;
        }
        new.begin()?;
        Ok(new)
    }

    /// Activates pads and elements, outlet first.
    fn begin(&self) -> Result<(), VisionError> {
        self.sink.set_active(true).map_err(|_| failed("its outlet does not start"))?;
        for element in &self.elements {
            element
                .set_state(gst::State::Playing)
                .map_err(|_| failed(&format!("{} does not start", element.name())))?;
        }
        self.source.set_active(true).map_err(|_| failed("its inlet does not start"))?;
        if self.source.push_event(gst::event::StreamStart::new("watchpost-copy")) {
            Ok(())
        } else {
            Err(failed("it refuses the stream"))
        }
    }

    /// Returns the ticket of the next picture.
    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket
    }

    /// Encodes one picture and appends what comes out: its own access unit, since nothing waits for the
    /// pictures behind it.
    ///
    /// # Errors
    /// Fails when the encoder has broken down and must be built again.
    pub(crate) fn encode(
        &mut self,
        picture: &Picture,
        as_keyframe: bool,
        coded: &mut Vec<Coded>,
    ) -> Result<(), VisionError> {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let size = (picture.width(), picture.height());
        let info = video_info(picture)?;
        if self.taken != Some(size) {
            let caps = info.to_caps().map_err(|error| failed(&error.to_string()))?;
            let mut accepted = self.source.push_event(gst::event::Caps::new(&caps));
            if self.taken.is_none() {
                let segment = gst::FormattedSegment::<gst::ClockTime>::new();
                accepted &= self.source.push_event(gst::event::Segment::new(&segment));
            }
            if !accepted {
                return Err(failed(&format!("it does not take pictures of {size:?}")));
            }
            self.taken = Some(size);
        }
        if as_keyframe {
            let event = gst_video::DownstreamForceKeyUnitEvent::builder().all_headers(true).build();
            self.source.push_event(event);
        }
        let mut buffer = filled(picture, &info)?;
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_mseconds(ticket * 40));
        }
        self.source
            .push(buffer)
            .map_err(|error| failed(&format!("the encoder stopped with {error:?}")))?;
        self.collect(coded);
        Ok(())
    }

    /// Returns the decoder configuration record, once the first keyframe is out.
    pub(crate) fn codec_data(&self) -> Option<&Bytes> {
        self.codec_data.as_ref()
    }

    fn collect(&mut self, coded: &mut Vec<Coded>) {
        let buffers = std::mem::take(&mut *lock(&self.outlet));
        for buffer in buffers {
            let Some(ticket) = buffer.pts().map(|time| time.mseconds() / 40) else { continue };
            let Ok(bytes) = buffer.map_readable() else { continue };
            let unit = bitstream::split(&bytes);
            if self.codec_data.is_none() {
                self.codec_data = bitstream::avc_record(&unit.sequence, &unit.picture);
            }
            coded.push(Coded {
                ticket,
                is_keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
                data: Bytes::from(unit.data),
            });
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // Neither can fail in a way that could be mended here.
        let _ = self.source.set_active(false);
        for element in self.elements.iter().rev() {
            let _ = element.set_state(gst::State::Null);
        }
        let _ = self.sink.set_active(false);
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture of 8K gives 89 million"
)]
fn bits_per_second(width: u32, height: u32) -> u32 {
    let pixels = f64::from(width) * f64::from(height);
    (pixels * BITS_PER_PIXEL * f64::from(PICTURES_PER_SECOND)).max(100_000.0) as u32
}

fn video_info(picture: &Picture) -> Result<gst_video::VideoInfo, VisionError> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let (width, height) = (side(picture.width()), side(picture.height()));
    gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
        .fps(gst::Fraction::new(PICTURES_PER_SECOND, 1))
        .build()
        .map_err(|error| failed(&error.to_string()))
}

/// Copies a picture into a buffer laid out as `info` says.
fn filled(picture: &Picture, info: &gst_video::VideoInfo) -> Result<gst::Buffer, VisionError> {
    let mut buffer =
        gst::Buffer::with_size(info.size()).map_err(|error| failed(&error.to_string()))?;
    let target = buffer.get_mut().ok_or_else(|| failed("its buffer is shared"))?;
    let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(target, info)
        .map_err(|error| failed(&error.to_string()))?;
    let (blue, red) = picture.chroma();
    let half = picture.chroma_size().0;
    let planes = [(picture.luma(), picture.width()), (blue, half), (red, half)];
    for (index, (plane, width)) in (0_u32..).zip(planes) {
        let stride = frame.plane_stride()[index as usize];
        let stride = usize::try_from(stride).map_err(|_| failed("its rows run backwards"))?;
        let rows = frame.plane_data_mut(index).map_err(|error| failed(&error.to_string()))?;
        for (to, from) in rows.chunks_mut(stride).zip(plane.chunks_exact(width)) {
            to[..width].copy_from_slice(from);
        }
    }
    drop(frame);
    Ok(buffer)
}

fn failed(reason: &str) -> VisionError {
    VisionError::Encode(reason.to_owned())
}

fn make(name: &str) -> Result<gst::Element, VisionError> {
    gst::ElementFactory::make(name).build().map_err(|_| {
        VisionError::GStreamer(format!(
            "its element {name} is missing: install gstreamer1.0-plugins-base and \
             gstreamer1.0-plugins-bad"
        ))
    })
}

/// Builds the pad behind the encoder: keeps what comes in `outlet`.
fn outlet_pad(outlet: &Arc<Mutex<Vec<gst::Buffer>>>) -> Result<gst::Pad, VisionError> {
    // What every browser decodes.
    let caps = gst::Caps::builder("video/x-h264")
        .field("stream-format", "byte-stream")
        .field("alignment", "au")
        .field("profile", "constrained-baseline")
        .build();
    let template = gst::PadTemplate::new(
        "access-units",
        gst::PadDirection::Sink,
        gst::PadPresence::Always,
        &caps,
    )
    .map_err(|error| VisionError::GStreamer(error.to_string()))?;
    let outlet = Arc::clone(outlet);
    let pad = gst::Pad::builder_from_template(&template)
        .chain_function(move |_, _, buffer| {
            lock(&outlet).push(buffer);
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(|_, _, _| true)
        .build();
    Ok(pad)
}

fn lock(outlet: &Mutex<Vec<gst::Buffer>>) -> MutexGuard<'_, Vec<gst::Buffer>> {
    outlet.lock().unwrap_or_else(PoisonError::into_inner)
}
