//! One video decoder: access units in, pictures out, on the calling thread.
//!
//! GStreamer's decoder element is fed through a pad of ours and feeds a pad of ours, without a
//! pipeline around it: [`Decoder::decode`] returns when the pictures are out. So no thread and no
//! queue stand between, some hundreds of decoders cost no thread each, and the number of threads
//! that decode is ours to choose.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Codec, VideoFormat};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::VisionError;
use crate::bitstream;
use crate::picture::{Colour, Matrix, Picture, Plane};
use crate::unfiltered::Unfiltered;

/// Whether a decoder serves one stream or the keyframes of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Consecutive access units of one stream.
    OneStream,
    /// Single keyframes of any streams: each gives its picture before `decode` returns.
    Keyframes,
}

/// Whether the edges of blocks are smoothed, as the one who coded the pictures expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopFilter {
    /// As the stream says.
    Applied,
    /// In no picture of H.264: a fifth less work, and each picture of a GOP is a little further from
    /// what was coded than the one before. H.265 is decoded as ever.
    LeftOut,
}

/// A picture that came out, not yet copied out of the decoder's memory.
#[derive(Debug)]
pub struct Decoded {
    ticket: u64,
    buffer: gst::Buffer,
    info: gst_video::VideoInfo,
}

impl Decoded {
    /// Returns the ticket of the access unit it was decoded from.
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// Copies the picture out; `None` when the decoder's planes are not what their size says.
    pub fn picture(self) -> Option<Picture> {
        let colorimetry = self.info.colorimetry();
        let colour = Colour {
            matrix: match colorimetry.matrix() {
                gst_video::VideoColorMatrix::Bt709 => Matrix::Bt709,
                _ => Matrix::Bt601,
            },
            full_range: colorimetry.range() == gst_video::VideoColorRange::Range0_255,
        };
        let frame = gst_video::VideoFrame::from_buffer_readable(self.buffer, &self.info).ok()?;
        let strides = frame.plane_stride();
        let plane = |index: u8| {
            Some(Plane {
                data: frame.plane_data(u32::from(index)).ok()?,
                stride: usize::try_from(*strides.get(usize::from(index))?).ok()?,
            })
        };
        let width = usize::try_from(frame.width()).ok()?;
        let height = usize::try_from(frame.height()).ok()?;
        Picture::copy_from(width, height, colour, [plane(0)?, plane(1)?, plane(2)?])
    }
}

/// What the pad behind the decoder has received.
#[derive(Debug, Default)]
struct Outlet {
    info: Option<gst_video::VideoInfo>,
    pictures: Vec<(gst::Buffer, gst_video::VideoInfo)>,
}

/// One video decoder; owned by the thread that calls it. After an error build a new one.
pub struct Decoder {
    codec: Codec,
    feed: Feed,
    elements: Vec<gst::Element>,
    source: gst::Pad,
    sink: gst::Pad,
    outlet: Arc<Mutex<Outlet>>,
    parameter_sets: Option<(Arc<VideoFormat>, Vec<u8>)>,
    loop_filter: LoopFilter,
    unfiltered: Option<Unfiltered>,
    next_ticket: u64,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("codec", &self.codec)
            .field("feed", &self.feed)
            .field("next_ticket", &self.next_ticket)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// Builds the decoder.
    ///
    /// # Errors
    /// Fails when GStreamer, or the plugin that decodes this codec, is missing.
    pub fn new(codec: Codec, feed: Feed) -> Result<Self, VisionError> {
        gst::init().map_err(|error| VisionError::GStreamer(error.to_string()))?;
        let fail = |what: &str| VisionError::Decode { codec: codec.as_str(), reason: what.into() };
        let decoder = make(match codec {
            Codec::H264 => "avdec_h264",
            Codec::H265 => "avdec_h265",
        })?;
        decoder.set_property("max-threads", 1_i32);
        decoder.set_property("output-corrupt", false);
        // In strict mode libavcodec holds pictures back for B-frames that cameras do not send.
        decoder.set_property_from_str("std-compliance", "normal");
        // Passes I420 through untouched; only 4:2:2, 4:4:4 or 10 bit streams cost a conversion.
        let convert = make("videoconvert")?;

        let outlet = Arc::new(Mutex::new(Outlet::default()));
        let source = gst::Pad::builder(gst::PadDirection::Src).name("access-units").build();
        let sink = outlet_pad(&outlet)?;
        let pad = |element: &gst::Element, name| {
            element.static_pad(name).ok_or_else(|| fail("its element has no such pad"))
        };
        let links = [
            source.link(&pad(&decoder, "sink")?),
            pad(&decoder, "src")?.link(&pad(&convert, "sink")?),
            pad(&convert, "src")?.link(&sink),
        ];
        let new = Self {
            codec,
            feed,
            elements: vec![convert, decoder],
            source,
            sink,
            outlet,
            parameter_sets: None,
            loop_filter: LoopFilter::Applied,
            unfiltered: None,
            next_ticket: 0,
        };
        for link in links {
            link.map_err(|error| fail(&format!("its elements do not link: {error}")))?;
        }
        new.begin()?;
        Ok(new)
    }

    /// Activates pads and elements, outlet first, and announces the stream.
    fn begin(&self) -> Result<(), VisionError> {
        let fail =
            |what: &str| VisionError::Decode { codec: self.codec.as_str(), reason: what.into() };
        self.sink.set_active(true).map_err(|_| fail("its outlet does not start"))?;
        for element in &self.elements {
            element
                .set_state(gst::State::Playing)
                .map_err(|_| fail(&format!("{} does not start", element.name())))?;
        }
        self.source.set_active(true).map_err(|_| fail("its inlet does not start"))?;
        let caps = gst::Caps::builder(match self.codec {
            Codec::H264 => "video/x-h264",
            Codec::H265 => "video/x-h265",
        })
        .field("stream-format", "byte-stream")
        .field("alignment", "au")
        .build();
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let accepted = self.source.push_event(gst::event::StreamStart::new("watchpost"))
            && self.source.push_event(gst::event::Caps::new(&caps))
            && self.source.push_event(gst::event::Segment::new(&segment));
        if accepted { Ok(()) } else { Err(fail("the decoder refuses the stream")) }
    }

    /// Returns the ticket of the next access unit.
    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket
    }

    /// Says whether the loop filter is applied, from the next keyframe on.
    pub fn set_loop_filter(&mut self, loop_filter: LoopFilter) {
        self.loop_filter = loop_filter;
    }

    /// Returns how many slices have been decoded without their loop filter since it was last applied.
    pub(crate) fn unfiltered_slices(&self) -> u64 {
        self.unfiltered.as_ref().map_or(0, Unfiltered::slices)
    }

    /// Decodes one access unit (NAL units behind 4-byte lengths) and appends the pictures that
    /// come out. Returns its ticket: the picture made of it, now or later, carries the same.
    ///
    /// Data that makes no picture is no error: nothing comes out.
    ///
    /// # Errors
    /// Fails when the decoder has broken down and must be built again.
    pub fn decode(
        &mut self,
        format: &Arc<VideoFormat>,
        access_unit: &[u8],
        is_keyframe: bool,
        decoded: &mut Vec<Decoded>,
    ) -> Result<u64, VisionError> {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        if is_keyframe {
            self.begin_gop(format);
        }
        let sets = self.parameter_sets.as_ref().filter(|_| is_keyframe);
        let head = sets.map_or(&[][..], |(_, sets)| sets);
        let unfiltered = &mut self.unfiltered;
        let rewrite = |nal: &[u8]| unfiltered.as_mut()?.rewrite(nal);
        let Some(stream) = bitstream::byte_stream(head, access_unit, rewrite) else {
            return Ok(ticket);
        };
        let mut buffer = gst::Buffer::from_slice(stream);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(ticket_to_time(ticket));
            if !is_keyframe {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.source.push(buffer).map_err(|error| VisionError::Decode {
            codec: self.codec.as_str(),
            reason: format!("the decoder stopped with {error:?}"),
        })?;
        self.collect(decoded);
        let is_out = decoded.iter().any(|picture| picture.ticket == ticket);
        if self.feed == Feed::Keyframes && !is_out {
            // A stream that announces reordering holds its picture back.
            self.drain(decoded);
        }
        Ok(ticket)
    }

    /// Gets the pictures that are still inside out; the decoder goes on with a keyframe.
    pub fn drain(&mut self, decoded: &mut Vec<Decoded>) {
        let last = ticket_to_time(self.next_ticket);
        self.source.push_event(gst::event::SegmentDone::new(last));
        self.collect(decoded);
    }

    /// Gets ready for a keyframe of a format.
    fn begin_gop(&mut self, format: &Arc<VideoFormat>) {
        let known = matches!(&self.parameter_sets, Some((of, _)) if Arc::ptr_eq(of, format));
        if !known {
            // Without a readable record the stream may still carry its parameter sets in band.
            let sets = bitstream::parameter_sets(self.codec, &format.codec_data);
            self.parameter_sets = Some((Arc::clone(format), sets.unwrap_or_default()));
        }
        let has_sets = self.parameter_sets.as_ref().is_some_and(|(_, sets)| !sets.is_empty());
        if self.codec != Codec::H264 || !has_sets {
            // What the decoder has been told of slices stays true until it gets the sets anew.
            return;
        }
        match self.loop_filter {
            LoopFilter::Applied => self.unfiltered = None,
            LoopFilter::LeftOut => {
                self.unfiltered.get_or_insert_default();
            }
        }
    }

    fn collect(&mut self, decoded: &mut Vec<Decoded>) {
        let pictures = std::mem::take(&mut lock(&self.outlet).pictures);
        for (buffer, info) in pictures {
            let Some(ticket) = buffer.pts().map(time_to_ticket) else { continue };
            decoded.push(Decoded { ticket, buffer, info });
        }
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // Neither can fail in a way that could be mended here.
        let _ = self.source.set_active(false);
        for element in self.elements.iter().rev() {
            let _ = element.set_state(gst::State::Null);
        }
        let _ = self.sink.set_active(false);
    }
}

/// Tickets travel through the decoder as presentation times, a millisecond apart.
fn ticket_to_time(ticket: u64) -> gst::ClockTime {
    gst::ClockTime::from_mseconds(ticket)
}

fn time_to_ticket(time: gst::ClockTime) -> u64 {
    time.mseconds()
}

fn make(name: &str) -> Result<gst::Element, VisionError> {
    gst::ElementFactory::make(name).build().map_err(|_| {
        VisionError::GStreamer(format!(
            "its element {name} is missing: install gstreamer1.0-libav and gstreamer1.0-plugins-base"
        ))
    })
}

/// Builds the pad behind the decoder: takes I420 and keeps what comes in `outlet`.
fn outlet_pad(outlet: &Arc<Mutex<Outlet>>) -> Result<gst::Pad, VisionError> {
    let caps = gst::Caps::builder("video/x-raw").field("format", "I420").build();
    let template =
        gst::PadTemplate::new("pictures", gst::PadDirection::Sink, gst::PadPresence::Always, &caps)
            .map_err(|error| VisionError::GStreamer(error.to_string()))?;
    let (for_buffers, for_events) = (Arc::clone(outlet), Arc::clone(outlet));
    let pad = gst::Pad::builder_from_template(&template)
        .chain_function(move |_, _, buffer| {
            let mut outlet = lock(&for_buffers);
            let Some(info) = outlet.info.clone() else {
                return Err(gst::FlowError::NotNegotiated);
            };
            outlet.pictures.push((buffer, info));
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(move |_, _, event| {
            if let gst::EventView::Caps(caps) = event.view() {
                lock(&for_events).info = gst_video::VideoInfo::from_caps(caps.caps()).ok();
            }
            true
        })
        .query_function(|pad, parent, query| {
            if let gst::QueryViewMut::Allocation(allocation) = query.view_mut() {
                // Without it libavcodec's padded rows would be copied.
                allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
                return true;
            }
            gst::Pad::query_default(pad, parent, query)
        })
        .build();
    Ok(pad)
}

fn lock(outlet: &Mutex<Outlet>) -> MutexGuard<'_, Outlet> {
    outlet.lock().unwrap_or_else(PoisonError::into_inner)
}
