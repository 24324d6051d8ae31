//! A region search as it is told.

use domain::{TimeRange, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::job::{Hit, Job, Phase};
use crate::coverage::CoverageGapBody;
use crate::event_body::BboxBody;

/// A region search, and what it has found so far.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RegionSearchBody {
    /// Names it.
    id: String,
    /// The camera.
    camera: String,
    /// Whose keyframes are looked at: `main` or `sub`.
    #[schema(example = "sub")]
    stream: &'static str,
    /// The corners of the region.
    region: Vec<[f32; 2]>,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// The first moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// `tracks`, `keyframes`, `done`, `cancelled` or `failed`.
    #[schema(example = "keyframes")]
    state: &'static str,
    /// How much is done, 0 to 1.
    progress: f64,
    /// Until when keyframes are looked at.
    #[schema(value_type = String, format = DateTime)]
    reached: Timestamp,
    /// Tracks looked at.
    tracks: u64,
    /// Keyframes looked at.
    keyframes: u64,
    /// Keyframes among them that could not be decoded.
    unreadable: u64,
    /// What was found: tracks first, then changes of keyframes, each in order of time.
    hits: Vec<RegionHitBody>,
    /// What was found beyond those told.
    hits_left_out: u64,
    /// The part of the region that is masked, 0 to 1: nothing is found there.
    masked: f32,
    /// The longest spans without footage, in order of time: nothing could be found in them.
    not_recorded: Vec<CoverageGapBody>,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    began: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended: Option<Timestamp>,
    /// Why it could not be finished.
    failed: Option<String>,
}

/// Something that happened in the region.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RegionHitBody {
    /// `track`: an object that was followed; `change`: keyframes that differ, whatever it was.
    #[schema(example = "change")]
    found_by: &'static str,
    /// From when.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// The moment to look at.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The picture at that moment, as JPEG.
    picture: String,
    /// The object's track.
    track: Option<String>,
    /// The object's class.
    #[schema(value_type = Option<String>, example = "person")]
    class: Option<&'static str>,
    /// How sure that is, 0 to 1.
    confidence: Option<f32>,
    /// Where the object was at that moment.
    bbox: Option<BboxBody>,
    /// The part of the region that differed, 0 to 1.
    changed: Option<f32>,
}

impl RegionSearchBody {
    pub(super) fn of(job: &Job) -> Self {
        let (asked, progress) = (job.asked(), job.progress());
        let TimeRange { start, end } = asked.range;
        let camera = asked.stream.camera.as_str();
        let part = progress.reached.seconds_since(start) / end.seconds_since(start);
        Self {
            id: job.id().to_string(),
            camera: camera.to_owned(),
            stream: asked.stream.role.as_str(),
            region: asked.region.corners().iter().map(|corner| [corner.x, corner.y]).collect(),
            start,
            end,
            state: word(progress.phase),
            progress: if progress.phase == Phase::Done { 1.0 } else { part.clamp(0.0, 1.0) },
            reached: progress.reached,
            tracks: progress.tracks,
            keyframes: progress.keyframes,
            unreadable: progress.unreadable,
            hits: progress.hits.iter().map(|hit| RegionHitBody::new(camera, hit)).collect(),
            hits_left_out: progress.hits_left_out,
            masked: asked.masked,
            not_recorded: progress.gaps.iter().copied().map(Into::into).collect(),
            began: job.began(),
            ended: progress.ended,
            failed: progress.failed.clone(),
        }
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Tracks => "tracks",
        Phase::Keyframes => "keyframes",
        Phase::Done => "done",
        Phase::Cancelled => "cancelled",
        Phase::Failed => "failed",
    }
}

impl RegionHitBody {
    fn new(camera: &str, hit: &Hit) -> Self {
        let (range, at) = match hit {
            Hit::Track { range, .. } => (*range, range.start),
            Hit::Change { range, at, .. } => (*range, *at),
        };
        let mut body = Self {
            found_by: "change",
            start: range.start,
            end: range.end,
            at,
            picture: format!("/api/v1/cameras/{camera}/frame.jpg?time={at}"),
            track: None,
            class: None,
            confidence: None,
            bbox: None,
            changed: None,
        };
        match hit {
            Hit::Track { track, class, confidence, bbox, .. } => {
                body.found_by = "track";
                body.track = Some(track.to_string());
                body.class = Some(class.as_str());
                body.confidence = Some(*confidence);
                body.bbox = Some(BboxBody::from(*bbox));
            }
            Hit::Change { share, .. } => body.changed = Some(*share),
        }
        body
    }
}
