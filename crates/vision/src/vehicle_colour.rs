//! The colour of a vehicle's body, from luma and chroma as they were decoded.
//!
//! The part of the box that is body is looked at, neither road nor windscreen; each of its chroma
//! samples names a colour, and the colour most of them name is that of the vehicle. In light that
//! takes colours away (night, sodium lamps, infra-red) nothing is said.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; coordinates are clamped to the picture before they are cast"
)]

use domain::{Bbox, Class, ColourVote, VehicleColour};

use crate::picture::Picture;

/// Samples looked at along each side of a picture, and of a body, about.
const LIGHT_SAMPLES: usize = 48;
const BODY_SAMPLES: usize = 24;
/// Fewer samples of a body than this tell nothing.
const LEAST_SAMPLES: u32 = 20;
/// A lead below this, in percent, is no vote.
const LEAST_LEAD: u32 = 10;
/// Chroma from which a sample has a colour; bluish ones need more, since paint mirrors the sky.
const COLOURFUL: f32 = 9.0;
const COLOURFUL_BLUE: f32 = 16.0;
/// Mean luma below which it is night.
const NIGHT: f32 = 0.2;
/// Chroma of the middle sample of the view above which the light itself is coloured.
const CAST: f32 = 10.0;
/// Chroma that one sample in twenty must reach, or the view is without colours.
const LIVELY: f32 = 4.0;

/// The light of one picture, as far as colours go.
#[derive(Debug, Clone, Copy)]
pub struct ColourLight {
    /// Luma, 0..=1, that is as good as white in it.
    white: f32,
    full_range: bool,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    /// 0..=1.
    luma: f32,
    /// Cb and Cr, less 128.
    blue: f32,
    red: f32,
}

impl ColourLight {
    /// Looks at a picture's light; `None` when colours cannot be told in it.
    pub fn of(picture: &Picture) -> Option<Self> {
        let full_range = picture.colour().full_range;
        let whole = [0, 0, picture.chroma_size().0, picture.chroma_size().1];
        let mut luma = Vec::new();
        let mut chroma = Vec::new();
        samples(picture, whole, LIGHT_SAMPLES, full_range, |sample| {
            luma.push(sample.luma);
            chroma.push(sample.blue.hypot(sample.red));
        });
        luma.sort_by(f32::total_cmp);
        chroma.sort_by(f32::total_cmp);
        let share = |values: &[f32], share: usize| values.get(values.len() * share / 100).copied();
        let mean = luma.iter().sum::<f32>() / luma.len().max(1) as f32;
        let is_coloured = share(&chroma, 50)? > CAST;
        let is_colourless = share(&chroma, 95)? < LIVELY;
        let white = share(&luma, 90)?.clamp(0.55, 0.95);
        (mean > NIGHT && !is_coloured && !is_colourless).then_some(Self { white, full_range })
    }

    /// Returns what a look at a vehicle says of its colour; `None` for what has no body to speak
    /// of, is too small, or of many colours.
    pub fn vote(&self, picture: &Picture, class: Class, bbox: &Bbox) -> Option<ColourVote> {
        let body = body(class, &bbox.clamped(), picture.chroma_size())?;
        let mut counts = [0_u32; VehicleColour::ALL.len()];
        let mut all = 0;
        samples(picture, body, BODY_SAMPLES, self.full_range, |sample| {
            all += 1;
            if let Some(colour) = self.name(sample) {
                counts[usize::from(colour.number()) - 1] += 1;
            }
        });
        if all < LEAST_SAMPLES {
            return None;
        }
        let mut ranked: Vec<(u32, VehicleColour)> =
            counts.into_iter().zip(VehicleColour::ALL).collect();
        ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let lead = (ranked[0].0 - ranked[1].0) * 100 / all;
        let vote = ColourVote { colour: ranked[0].1, lead: u8::try_from(lead).ok()? };
        (lead >= LEAST_LEAD).then_some(vote)
    }

    /// Names a sample's colour. In the plane of Cb and Cr pure red lies at 109 degrees, yellow at
    /// 170, green at 230, blue at 351; what lies between blue and red is seldom painted.
    fn name(&self, Sample { luma, blue, red }: Sample) -> Option<VehicleColour> {
        let chroma = blue.hypot(red);
        let degrees = red.atan2(blue).to_degrees().rem_euclid(360.0);
        let is_bluish = !(45.0..270.0).contains(&degrees);
        let least = if is_bluish { COLOURFUL_BLUE } else { COLOURFUL };
        // In the dark parts little chroma is left of a colour.
        if chroma < least * (0.5 + luma.min(self.white) / self.white * 0.5) {
            return Some(if luma > 0.8 * self.white {
                VehicleColour::White
            } else if luma < 0.3 * self.white {
                VehicleColour::Black
            } else {
                VehicleColour::Grey
            });
        }
        match degrees {
            45.0..125.0 => Some(VehicleColour::Red),
            125.0..195.0 if luma < 0.42 * self.white => Some(VehicleColour::Brown),
            125.0..195.0 => Some(VehicleColour::Yellow),
            195.0..280.0 => Some(VehicleColour::Green),
            290.0..360.0 | 0.0..25.0 => Some(VehicleColour::Blue),
            _ => None,
        }
    }
}

/// The part of a box that is body, in places of the chroma planes: left, top, right, bottom.
fn body(class: Class, bbox: &Bbox, (columns, rows): (usize, usize)) -> Option<[usize; 4]> {
    // Below a car's windscreen and above its wheels; a bus or truck is body almost from the top;
    // the machine below its rider.
    let (side, top, bottom) = match class {
        Class::Car => (0.2, 0.45, 0.8),
        Class::Bus | Class::Truck => (0.2, 0.15, 0.75),
        Class::Motorcycle => (0.25, 0.5, 0.85),
        _ => return None,
    };
    let at = |share: f32, length: usize| ((share * length as f32).max(0.0) as usize).min(length);
    Some([
        at(bbox.left + side * bbox.width, columns),
        at(bbox.top + top * bbox.height, rows),
        at(bbox.right() - side * bbox.width, columns),
        at(bbox.top + bottom * bbox.height, rows),
    ])
}

/// Calls `take` with samples of a part given in places of the chroma planes.
fn samples(
    picture: &Picture,
    [left, top, right, bottom]: [usize; 4],
    along: usize,
    full_range: bool,
    mut take: impl FnMut(Sample),
) {
    let (columns, _) = picture.chroma_size();
    let (blue, red) = picture.chroma();
    let step = |length: usize| (length / along).max(1);
    let (black, range) = if full_range { (0.0, 255.0) } else { (16.0, 219.0) };
    let last = (picture.width() - 1, picture.height() - 1);
    for row in (top..bottom).step_by(step(bottom.saturating_sub(top))) {
        for column in (left..right).step_by(step(right.saturating_sub(left))) {
            // Four pixels of luma share a sample of chroma.
            let pixel = |down: usize, across: usize| {
                let (x, y) = ((2 * column + across).min(last.0), (2 * row + down).min(last.1));
                f32::from(picture.luma()[y * picture.width() + x])
            };
            let luma = (pixel(0, 0) + pixel(0, 1) + pixel(1, 0) + pixel(1, 1)) / 4.0;
            let chroma = |plane: &[u8]| f32::from(plane[row * columns + column]) - 128.0;
            take(Sample {
                luma: ((luma - black) / range).clamp(0.0, 1.0),
                blue: chroma(blue),
                red: chroma(red),
            });
        }
    }
}
