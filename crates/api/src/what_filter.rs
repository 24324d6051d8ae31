//! What a search looks for besides class and looks: who went over a drawn line, how long, how sure.

use std::time::Duration;

use domain::{CameraId, Crossing, Gate, Line, Point};
use index::AtLeast;

use crate::params::{Parameters, Query};

/// Longest dwell that can be asked for, in seconds: a day.
const MOST_DWELL_S: f64 = 86_400.0;

/// How long, how sure, and over which line.
#[derive(Debug, Clone, Copy, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhatParams {
    /// Only what lasted at least so many seconds: an event's condition, an object in view.
    #[param(value_type = Option<f64>, minimum = 0, maximum = 86400, example = 30)]
    dwell: Duration,
    /// Only what is at least so sure, 0 to 1.
    #[param(value_type = Option<f32>, minimum = 0, maximum = 1, example = 0.6)]
    confidence: f32,
    /// Only objects whose track went over this line on the view of the one camera in `cameras`:
    /// `x,y;x,y` in parts of the view from its upper left corner.
    #[param(value_type = Option<String>, example = "0.5,1;0.5,0.2")]
    gate: Option<Line>,
    /// Which way over `gate`, looking along it from its first point: `left_to_right` or
    /// `right_to_left`; either if left out.
    #[param(value_type = Option<String>, example = "left_to_right")]
    sense: Option<Crossing>,
}

impl Parameters for WhatParams {
    fn read(query: &mut Query) -> Option<Self> {
        let what = Self {
            dwell: query.parse_with("dwell", read_dwell).unwrap_or_default(),
            confidence: query.parse_with("confidence", read_confidence).unwrap_or_default(),
            gate: query.parse_with("gate", read_line),
            sense: query.parse_with("sense", read_sense),
        };
        if what.sense.is_some() && what.gate.is_none() {
            query.refuse("sense", "says nothing without `gate`");
        }
        Some(what)
    }
}

impl WhatParams {
    /// Refuses a line that is not drawn on the view of one camera.
    pub(crate) fn check(&self, cameras: &[CameraId], query: &mut Query) {
        if self.gate.is_some() && cameras.len() != 1 {
            query.refuse(
                "gate",
                "lies on the view of one camera: name it, and no other, in `cameras`",
            );
        }
    }

    pub(crate) fn at_least(&self) -> AtLeast {
        AtLeast { confidence: self.confidence, lasted: self.dwell }
    }

    pub(crate) fn gate(&self) -> Option<Gate> {
        self.gate.map(|line| Gate { line, sense: self.sense })
    }
}

fn read_dwell(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=MOST_DWELL_S).contains(seconds));
    let wrong = || format!("\"{text}\" is not a number of seconds from 0 to {MOST_DWELL_S}");
    seconds.map(Duration::from_secs_f64).ok_or_else(wrong)
}

fn read_confidence(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("\"{text}\" is not a confidence: 0 to 1"))
}

fn read_line(text: &str) -> Result<Line, String> {
    let wrong = || format!("\"{text}\" is not a line on the view: write x,y;x,y, each 0 to 1");
    let point = |text: &str| {
        let (x, y) = text.split_once(',')?;
        let point = Point::new(x.trim().parse().ok()?, y.trim().parse().ok()?);
        point.is_on_view().then_some(point)
    };
    let (from, to) = text.split_once(';').ok_or_else(wrong)?;
    let (from, to) = (point(from).ok_or_else(wrong)?, point(to).ok_or_else(wrong)?);
    if from == to { Err("the line has no length".to_owned()) } else { Ok(Line { from, to }) }
}

fn read_sense(text: &str) -> Result<Crossing, String> {
    match text {
        "left_to_right" => Ok(Crossing::LeftToRight),
        "right_to_left" => Ok(Crossing::RightToLeft),
        _ => Err(format!("\"{text}\" is not a way over a line: left_to_right or right_to_left")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_lies_on_the_view_and_has_a_length() {
        let line = Line { from: Point::new(0.5, 1.0), to: Point::new(0.5, 0.25) };
        assert_eq!(read_line("0.5,1;0.5, 0.25"), Ok(line));
        for text in ["", "0.5,1", "0.5,1;0.5,1", "0,0;1,1.5", "nan,0;1,1", "0,0;1,1;0,1", "0;0,1,1"]
        {
            assert!(read_line(text).is_err(), "{text}");
        }
        assert!(
            read_dwell("-1").is_err() && read_dwell("1e9").is_err() && read_dwell("nan").is_err()
        );
        assert_eq!(read_dwell("0.5"), Ok(Duration::from_millis(500)));
        assert!(read_confidence("1.5").is_err() && read_confidence("0.6").is_ok());
    }
}
