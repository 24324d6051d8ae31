//! One line of MOTChallenge text: the form in which public tools exchange detections and tracks.

use std::fmt;
use std::str::FromStr;

/// One line of MOTChallenge text, `frame,id,left,top,width,height,conf,x,y,z`.
///
/// Frames count from 1, boxes are in pixels, and `id` (of a detection), `x`, `y` and `z` are -1
/// (Leal-Taixé et al., *MOTChallenge 2015*, arXiv:1504.01942, §4). The last three may be left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotRow {
    /// Which frame, from 1.
    pub frame: u32,
    /// Which track; -1 for a detection.
    pub id: i64,
    /// Left, top, width and height, in pixels.
    pub bbox_px: [f32; 4],
    /// How sure the detector is. Some public detectors write scores beyond 0..=1; in truth, 0
    /// marks a box that is not to be judged.
    pub confidence: f32,
    /// The position in the world, where it is known; all -1 otherwise.
    pub world: [f32; 3],
}

/// A line that is not as MOTChallenge writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidMotRow(pub String);

impl FromStr for MotRow {
    type Err = InvalidMotRow;

    fn from_str(line: &str) -> Result<Self, InvalidMotRow> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if !(7..=10).contains(&fields.len()) {
            return Err(InvalidMotRow(format!(
                "{} fields, but frame,id,left,top,width,height,conf,x,y,z are 10 (the last 3 may \
                 be left out)",
                fields.len()
            )));
        }
        let frame: u32 = fields[0].parse().ok().filter(|&frame| frame > 0).ok_or_else(|| {
            InvalidMotRow(format!("frame \"{}\" is not a whole number from 1", fields[0]))
        })?;
        let number = |index: usize, name: &str| -> Result<f32, InvalidMotRow> {
            fields[index].parse().ok().filter(|value: &f32| value.is_finite()).ok_or_else(|| {
                InvalidMotRow(format!("{name} \"{}\" is not a number", fields[index]))
            })
        };
        let id = whole(fields[1])?;
        let bbox_px =
            [number(2, "left")?, number(3, "top")?, number(4, "width")?, number(5, "height")?];
        let confidence = number(6, "conf")?;
        let mut world = [-1.0; 3];
        for (index, name) in ["x", "y", "z"].into_iter().enumerate() {
            if index + 7 < fields.len() {
                world[index] = number(index + 7, name)?;
            }
        }
        Ok(Self { frame, id, bbox_px, confidence, world })
    }
}

/// Returns an id as whole number; public files write some as `3.0`.
#[allow(clippy::cast_possible_truncation, reason = "checked to be a whole number that fits")]
fn whole(text: &str) -> Result<i64, InvalidMotRow> {
    let value: f64 = text
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| InvalidMotRow(format!("id \"{text}\" is not a number")))?;
    if value.fract() != 0.0 || value.abs() >= 1e9 {
        return Err(InvalidMotRow(format!("id \"{text}\" is not a whole number")));
    }
    Ok(value as i64)
}

/// Boxes to a hundredth of a pixel, scores to a thousandth, without the line's end.
impl fmt::Display for MotRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, id, bbox_px: [left, top, width, height], confidence, world: [x, y, z] } =
            self;
        write!(
            f,
            "{frame},{id},{left:.2},{top:.2},{width:.2},{height:.2},{confidence:.3},{x},{y},{z}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_through_text() {
        let text = "7,3,100.50,20.00,30.25,80.00,0.875,-1,-1,-1";
        let row: MotRow = text.parse().unwrap();
        assert_eq!((row.frame, row.id, row.bbox_px), (7, 3, [100.5, 20.0, 30.25, 80.0]));
        assert_eq!(row.to_string(), text);
        let short: MotRow = "7, 3.0, 100.5, 20, 30.25, 80, 0.875".parse().unwrap();
        assert_eq!(short, row);
    }

    #[test]
    fn great_ids_stay_apart() {
        let id = |text: &str| format!("1,{text},0,0,1,1,1").parse::<MotRow>().map(|row| row.id);
        assert_eq!((id("16777216"), id("16777217")), (Ok(16_777_216), Ok(16_777_217)));
        assert_eq!(id("1e12").unwrap_err().to_string(), "id \"1e12\" is not a whole number");
    }
}
