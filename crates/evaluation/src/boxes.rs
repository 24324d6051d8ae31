//! Whose box is where in which frame, read from MOTChallenge text.

use std::collections::{BTreeMap, BTreeSet};

use domain::{InvalidMotRow, MotRow};

/// Most boxes of one frame; a crowd has hundreds. It bounds the cubic cost of matching: that many
/// in one heap take some seconds.
const MOST_BOXES_A_FRAME: usize = 1_000;

/// An upright box in pixels: left, top, width and height.
pub type BoxPx = [f64; 4];

/// Boxes that cannot be judged, with the line that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum BoxesError {
    /// A line is not as MOTChallenge writes it.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: InvalidMotRow,
    },
    /// A track has no number of its own.
    #[error("line {line}: id {id} names no track: use 0 or more")]
    NoTrack {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        id: i64,
    },
    /// An object is at two places at once.
    #[error("line {line}: id {id} is already in frame {frame}")]
    Twice {
        /// Counted from 1.
        line: usize,
        /// Whose box it is.
        id: i64,
        /// Counted from 1.
        frame: u32,
    },
    /// A frame holds more than can be matched.
    #[error("line {line}: more than {MOST_BOXES_A_FRAME} boxes in frame {frame}")]
    Crowd {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        frame: u32,
    },
}

/// The boxes of one class in one clip, by frame and object; frames count from 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Boxes {
    frames: BTreeMap<u32, BTreeMap<i64, BoxPx>>,
}

/// What the ids of a text mean.
#[derive(Clone, Copy, PartialEq)]
enum Ids {
    /// One object each: at most once in a frame.
    Objects,
    /// Nothing: each box is an object of its own.
    None,
}

impl Boxes {
    /// Reads who was where in truth. Lines with a confidence of 0 are boxes that their makers
    /// would not have judged, and are left out, as the public tools do.
    ///
    /// Lines may come in any order: public truth is often sorted by object.
    ///
    /// # Errors
    /// Names the line that is wrong: not MOTChallenge, no track's id, an id twice in a frame.
    pub fn parse_truth(text: &str) -> Result<Self, BoxesError> {
        let is_judged = |row: &MotRow| row.confidence != 0.0;
        Self::parse(text, Ids::Objects, is_judged)
    }

    /// Reads tracks that were found, in any order.
    ///
    /// # Errors
    /// As [`Boxes::parse_truth`].
    pub fn parse_tracks(text: &str) -> Result<Self, BoxesError> {
        Self::parse(text, Ids::Objects, |_| true)
    }

    /// Reads detections, in any order; whatever their ids, each is taken for an object of its own.
    ///
    /// # Errors
    /// Names the line that is not MOTChallenge.
    pub fn parse_detections(text: &str) -> Result<Self, BoxesError> {
        Self::parse(text, Ids::None, |_| true)
    }

    fn parse(
        text: &str,
        ids: Ids,
        is_judged: impl Fn(&MotRow) -> bool,
    ) -> Result<Self, BoxesError> {
        let mut boxes = Self::default();
        let mut seen = BTreeSet::new();
        let mut detections = 0;
        for (index, content) in text.lines().enumerate() {
            let line = index + 1;
            if content.trim().is_empty() {
                continue;
            }
            let row: MotRow =
                content.parse().map_err(|problem| BoxesError::Line { line, problem })?;
            let MotRow { frame, mut id, .. } = row;
            if ids == Ids::None {
                id = detections;
                detections += 1;
            } else if id < 0 {
                return Err(BoxesError::NoTrack { line, id });
            } else if !seen.insert((frame, id)) {
                return Err(BoxesError::Twice { line, id, frame });
            }
            if !is_judged(&row) {
                continue;
            }
            if boxes.at(frame).len() >= MOST_BOXES_A_FRAME {
                return Err(BoxesError::Crowd { line, frame });
            }
            boxes.put(frame, id, row.bbox_px.map(f64::from));
        }
        Ok(boxes)
    }

    /// Puts object `id` into `frame`, counted from 1; it then is nowhere else in that frame.
    pub fn put(&mut self, frame: u32, id: i64, bbox_px: BoxPx) {
        self.frames.entry(frame).or_default().insert(id, bbox_px);
    }

    /// Returns only what is in these `frames`: who looked at every fifth picture is judged by
    /// those.
    #[must_use]
    pub fn in_frames(&self, frames: &BTreeSet<u32>) -> Self {
        let kept = self.frames.iter().filter(|(frame, _)| frames.contains(frame));
        Self { frames: kept.map(|(frame, placed)| (*frame, placed.clone())).collect() }
    }

    /// Returns how many boxes there are in all.
    pub fn count(&self) -> usize {
        self.frames.values().map(BTreeMap::len).sum()
    }

    /// Returns the last frame that holds a box, 0 if none does.
    pub fn last_frame(&self) -> u32 {
        self.frames.last_key_value().map_or(0, |(frame, _)| *frame)
    }

    /// Returns the frames that hold a box, in order.
    pub(crate) fn frames(&self) -> impl Iterator<Item = u32> {
        self.frames.keys().copied()
    }

    /// Returns the objects of `frame` with their boxes, in order of id.
    pub(crate) fn at(&self, frame: u32) -> impl ExactSizeIterator<Item = (i64, &BoxPx)> + Clone {
        static NONE: BTreeMap<i64, BoxPx> = BTreeMap::new();
        let placed = self.frames.get(&frame).unwrap_or(&NONE);
        placed.iter().map(|(id, bbox_px)| (*id, bbox_px))
    }
}

/// Returns intersection over union, 0..=1; 0 when either is empty.
pub(crate) fn iou(one: &BoxPx, other: &BoxPx) -> f64 {
    let [left, top, width, height] = *one;
    let [other_left, other_top, other_width, other_height] = *other;
    let shared_width = (left + width).min(other_left + other_width) - left.max(other_left);
    let shared_height = (top + height).min(other_top + other_height) - top.max(other_top);
    if shared_width <= 0.0 || shared_height <= 0.0 {
        return 0.0;
    }
    let shared = shared_width * shared_height;
    let union = width * height + other_width * other_height - shared;
    if union > 0.0 { shared / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_is_named() {
        let error = |text: &str| Boxes::parse_tracks(text).unwrap_err().to_string();
        assert_eq!(
            error("1,1,0,0,5,5,1\n\n2,1,0,0,5,5,1\n1,1,9,0,5,5,1\n"),
            "line 4: id 1 is already in frame 1"
        );
        assert_eq!(error("1,-1,0,0,5,5,1\n"), "line 1: id -1 names no track: use 0 or more");
        assert!(error("1,1,0,0,5,5,1\n1,1\n").starts_with("line 2: 2 fields"));
        let crowd: String = (0..1_001).map(|id| format!("7,{id},0,0,5,5,1\n")).collect();
        assert_eq!(error(&crowd), "line 1001: more than 1000 boxes in frame 7");
        let detections = "1,-1,0,0,5,5,1\n1,-1,0,0,5,5,1\n";
        assert_eq!(Boxes::parse_detections(detections).unwrap().count(), 2);
    }

    #[test]
    fn boxes_not_to_be_judged_are_left_out_of_truth() {
        let truth = Boxes::parse_truth("1,1,0,0,5,5,0\n1,2,0,0,5,5,1\n3,2,0,0,5,5,1\n").unwrap();
        assert_eq!((truth.count(), truth.last_frame()), (2, 3));
        assert_eq!(truth.in_frames(&BTreeSet::from([1])).count(), 1);
    }

    #[test]
    fn overlap_of_boxes() {
        let one = [0.0, 0.0, 10.0, 10.0];
        assert!((iou(&one, &[5.0, 0.0, 10.0, 10.0]) - 1.0 / 3.0).abs() < 1e-12);
        assert!(iou(&one, &[10.0, 0.0, 10.0, 10.0]) <= 0.0);
        assert!(iou(&one, &[5.0, 5.0, -10.0, -10.0]) <= 0.0);
    }
}
