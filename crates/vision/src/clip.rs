//! A file of footage read as a camera would have sent it: for judging what analysis finds.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, CameraId, ClockSource, Codec, RunId, StreamId, Timestamp, VideoFormat};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;

use crate::VisionError;

/// Access units that wait between the reader's thread and ours.
const WAITING: u32 = 8;
/// How long a file may keep us waiting for its next picture.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(20);

/// Reads the H.264 or H.265 of an MP4 file, picture by picture, as fast as it is asked to.
///
/// Pictures come in the order in which they were coded, which in a clip with B-frames, as no camera
/// sends them, is not that of their times.
pub struct Clip {
    pipeline: gst::Pipeline,
    sink: AppSink,
    camera: CameraId,
    start: Timestamp,
    /// When the first picture is shown by the file's own time, in microseconds.
    first_us: Option<u64>,
    format: Option<Arc<VideoFormat>>,
    sequence: u64,
    has_ended: bool,
    name: String,
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clip")
            .field("name", &self.name)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

impl Clip {
    /// Opens a file. Its pictures are those of `camera`, the first taken at `start`.
    ///
    /// # Errors
    /// Fails when GStreamer or one of its plugins is missing. What is wrong with the file itself
    /// comes out of the iterator.
    pub fn open(path: &Path, camera: CameraId, start: Timestamp) -> Result<Self, VisionError> {
        let missing = |error: &dyn fmt::Display| VisionError::GStreamer(error.to_string());
        gst::init().map_err(|error| missing(&error))?;
        let source = element("filesrc")?;
        source.set_property("location", path);
        let demuxer = element("qtdemux")?;
        let sink = AppSink::builder().sync(false).max_buffers(WAITING).build();
        let pipeline = gst::Pipeline::new();
        pipeline
            .add_many([&source, &demuxer, sink.upcast_ref()])
            .and_then(|()| source.link(&demuxer))
            .map_err(|error| missing(&error))?;
        let target = sink.static_pad("sink");
        demuxer.connect_pad_added(move |_, pad| {
            let is_video = pad.name().starts_with("video");
            if let Some(target) = target.as_ref().filter(|target| is_video && !target.is_linked()) {
                // Pictures of another codec are refused by name when they arrive.
                let _ = pad.link(target);
            }
        });
        pipeline.set_state(gst::State::Playing).map_err(|error| missing(&error))?;
        Ok(Self {
            pipeline,
            sink,
            camera,
            start,
            first_us: None,
            format: None,
            sequence: 0,
            has_ended: false,
            name: path.display().to_string(),
        })
    }

    fn next_unit(&mut self) -> Result<Option<AccessUnit>, VisionError> {
        let Some(sample) = self.sink.try_pull_sample(PATIENCE) else {
            return self.why_it_ended().map_or(Ok(None), Err);
        };
        let format = match &self.format {
            Some(format) => Arc::clone(format),
            None => Arc::clone(self.format.insert(Arc::new(self.video_format(&sample)?))),
        };
        let buffer = sample.buffer().ok_or_else(|| self.unreadable("a sample without bytes"))?;
        let shown = buffer.pts().ok_or_else(|| self.unreadable("a picture without a time"))?;
        let shown_us = shown.useconds();
        let first_us = *self.first_us.get_or_insert(shown_us);
        let since_us = shown_us.saturating_sub(first_us);
        let data = buffer.map_readable().map_err(|error| self.unreadable(&error.to_string()))?;
        let sequence = self.sequence;
        self.sequence += 1;
        Ok(Some(AccessUnit {
            stream: StreamId::main(self.camera.clone()),
            run: RunId(1),
            sequence,
            time: self.start.plus(Duration::from_micros(since_us)),
            clock_source: ClockSource::SenderReport,
            clock_error_us: 0,
            timestamp_90k: i64::try_from(since_us).unwrap_or(i64::MAX / 9) / 100 * 9,
            is_keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            lost_packets: 0,
            format,
            data: Bytes::copy_from_slice(&data),
        }))
    }

    /// Returns what is wrong with the file; `None` where it has simply ended.
    fn why_it_ended(&self) -> Option<VisionError> {
        let bus = self.pipeline.bus()?;
        while let Some(message) = bus.pop() {
            if let gst::MessageView::Error(error) = message.view() {
                return Some(self.unreadable(&error.error().to_string()));
            }
        }
        if !self.sink.is_eos() {
            return Some(self.unreadable("no picture comes out of it"));
        }
        (self.sequence == 0).then(|| self.unreadable("it holds no picture"))
    }

    fn video_format(&self, sample: &gst::Sample) -> Result<VideoFormat, VisionError> {
        let caps = sample.caps().and_then(|caps| caps.structure(0));
        let caps = caps.ok_or_else(|| self.unreadable("its format is not told"))?;
        let codec = match caps.name().as_str() {
            "video/x-h264" => Codec::H264,
            "video/x-h265" => Codec::H265,
            other => return Err(self.unreadable(&format!("it is {other}, not H.264 or H.265"))),
        };
        let record = caps.get::<gst::Buffer>("codec_data");
        let record = record.map_err(|error| self.unreadable(&error.to_string()))?;
        let record = record.map_readable().map_err(|error| self.unreadable(&error.to_string()))?;
        let side = |name| caps.get::<i32>(name).ok().and_then(|side| u32::try_from(side).ok());
        Ok(VideoFormat {
            codec,
            width: side("width").ok_or_else(|| self.unreadable("its width is not told"))?,
            height: side("height").ok_or_else(|| self.unreadable("its height is not told"))?,
            sample_entry: Bytes::new(),
            codec_data: Bytes::copy_from_slice(&record),
            rfc6381: String::new(),
        })
    }

    fn unreadable(&self, reason: &str) -> VisionError {
        VisionError::Clip { path: self.name.clone().into(), reason: reason.to_owned() }
    }
}

impl Iterator for Clip {
    type Item = Result<AccessUnit, VisionError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.next_unit().transpose();
        self.has_ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Drop for Clip {
    fn drop(&mut self) {
        // Its threads end; a pipeline that cannot be stopped is not ours to mend.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn element(name: &str) -> Result<gst::Element, VisionError> {
    gst::ElementFactory::make(name)
        .build()
        .map_err(|error| VisionError::GStreamer(format!("no element {name}: {error}")))
}
