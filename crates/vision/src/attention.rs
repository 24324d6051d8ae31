//! Which views of a sampled picture the detector is shown.
//!
//! Nothing moves: none, but for the whole view every two seconds. Something moves: the whole view,
//! and beside it, where the model sees less than the picture holds, what moves and what is expected
//! at native resolution, packed into one more input — as long as no other camera waits for it.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixel arithmetic; coordinates are clamped to the picture before they are cast"
)]

use std::time::Duration;

use domain::{Bbox, Looked, Timestamp};

use crate::manifest::Input;
use crate::motion::{Motion, merged};
use crate::sampling::PixelRect;
use crate::view::{View, whole_scale};

/// How long the whole view may go unseen.
const WHOLE_VIEW_EVERY: Duration = Duration::from_secs(2);
/// A close-up is worth a run where the whole view is reduced below this scale.
const CLOSE_UP_BELOW: f32 = 0.75;
/// Room around what moves, as a share of it, and at least, in pixels.
const MARGIN: f32 = 0.25;
const LEAST_MARGIN: f32 = 16.0;
/// What is this much of the model's input, in either direction, is seen well enough in whole.
const LARGE: f32 = 0.9;

/// What a camera's detector was shown last; kept beside its newest frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attention {
    whole_at: Option<Timestamp>,
}

/// Whether more than the whole view may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// Nobody waits.
    Light,
    /// Other cameras wait for a detector.
    Heavy,
}

/// What to look at in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Detector inputs, the whole view first; none when nothing is worth it.
    pub views: Vec<View>,
    /// What to say was looked at.
    pub looked: Looked,
}

impl Attention {
    /// Decides what of a picture of `size`, taken at `time`, is looked at.
    pub fn plan(
        &mut self,
        time: Timestamp,
        size: (usize, usize),
        motion: &Motion,
        expected: &[Bbox],
        load: Load,
        input: &Input,
    ) -> Plan {
        let regions = match motion {
            Motion::Unknown => &[][..],
            Motion::Regions(regions) => regions.as_slice(),
        };
        let nothing_moves = matches!(motion, Motion::Regions(_)) && regions.is_empty();
        let whole_is_due = self
            .whole_at
            .is_none_or(|last| time.micros_since(last).unsigned_abs() >= micros(WHOLE_VIEW_EVERY));
        if nothing_moves && !whole_is_due {
            return Plan { views: Vec::new(), looked: Looked::Regions(Vec::new()) };
        }
        self.whole_at = Some(time);
        let mut views = vec![View::whole(size, input)];
        if load == Load::Light && !nothing_moves && whole_scale(size, input) < CLOSE_UP_BELOW {
            let close_ups = close_ups(size, regions, expected, input);
            views.extend(View::pack(size, &close_ups, input));
        }
        Plan { views, looked: Looked::Whole }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Parts of the picture around what moves, and around expected objects that do, in pixels; those
/// small against the model's input.
fn close_ups(
    size: (usize, usize),
    regions: &[Bbox],
    expected: &[Bbox],
    input: &Input,
) -> Vec<PixelRect> {
    let moves = |bbox: &&Bbox| regions.iter().any(|region| region.intersection_area(bbox) > 0.0);
    let wide: Vec<Bbox> = regions
        .iter()
        .chain(expected.iter().filter(moves))
        .map(|bbox| widened(bbox, size).clamped())
        .collect();
    let large = |length: usize| length as f32 * LARGE;
    merged(wide)
        .iter()
        .filter_map(|bbox| pixels(bbox, size))
        .filter(|rect| {
            (rect.width as f32) < large(input.width) && (rect.height as f32) < large(input.height)
        })
        .collect()
}

fn widened(bbox: &Bbox, size: (usize, usize)) -> Bbox {
    let margin = |length: f32, pixels: usize| (length * MARGIN).max(LEAST_MARGIN / pixels as f32);
    let (across, down) = (margin(bbox.width, size.0), margin(bbox.height, size.1));
    Bbox {
        left: bbox.left - across,
        top: bbox.top - down,
        width: bbox.width + 2.0 * across,
        height: bbox.height + 2.0 * down,
    }
}

/// Even coordinates, so that luma and chroma are cut at the same place.
fn pixels(bbox: &Bbox, (width, height): (usize, usize)) -> Option<PixelRect> {
    let down = |at: f32, size: usize| (at * size as f32) as usize / 2 * 2;
    let up =
        |at: f32, size: usize| ((at * size as f32).ceil() as usize).next_multiple_of(2).min(size);
    let (left, top) = (down(bbox.left, width), down(bbox.top, height));
    let (right, bottom) = (up(bbox.right(), width), up(bbox.bottom(), height));
    (right > left && bottom > top).then(|| PixelRect {
        left,
        top,
        width: right - left,
        height: bottom - top,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Letterbox;
    use crate::sampling::ColourOrder;

    const INPUT: Input = Input {
        width: 416,
        height: 416,
        colour: ColourOrder::Bgr,
        mean: [0.0; 3],
        std: [1.0; 3],
        letterbox: Letterbox::TopLeft,
        pad: 0.0,
    };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + ms)
    }

    fn small(left: f32) -> Bbox {
        Bbox { left, top: 0.4, width: 0.05, height: 0.1 }
    }

    #[test]
    fn a_still_view_is_looked_at_every_two_seconds_and_says_so() {
        let mut attention = Attention::default();
        let still = Motion::Regions(vec![]);
        let mut looked = Vec::new();
        for step in 0..25 {
            let plan =
                attention.plan(at(step * 200), (1920, 1080), &still, &[], Load::Light, &INPUT);
            assert_eq!(plan.views.is_empty(), plan.looked == Looked::Regions(vec![]));
            looked.push(plan.views.len());
        }
        assert_eq!(looked.iter().sum::<usize>(), 3);
        assert_eq!((looked[0], looked[10], looked[20]), (1, 1, 1));
    }

    #[test]
    fn what_moves_is_seen_whole_and_close_unless_others_wait() {
        let moving = Motion::Regions(vec![small(0.2), small(0.6)]);
        let views = |size, motion: &Motion, load| {
            Attention::default().plan(at(0), size, motion, &[], load, &INPUT).views.len()
        };
        assert_eq!(views((1920, 1080), &moving, Load::Light), 2);
        assert_eq!(views((1920, 1080), &moving, Load::Heavy), 1);
        assert_eq!(views((416, 300), &moving, Load::Light), 1, "nothing to gain");
        assert_eq!(views((1920, 1080), &Motion::Unknown, Load::Light), 1);
        let large = Motion::Regions(vec![Bbox { left: 0.1, top: 0.1, width: 0.7, height: 0.7 }]);
        assert_eq!(views((1920, 1080), &large, Load::Light), 1, "large things are seen in whole");
    }

    #[test]
    fn an_expected_object_widens_the_close_up_of_what_moves_of_it() {
        let whole_object = Bbox { left: 0.2, top: 0.35, width: 0.06, height: 0.18 };
        let close = close_ups((1920, 1080), &[small(0.2)], &[whole_object, small(0.8)], &INPUT);
        assert_eq!(close.len(), 1);
        assert!(close[0].top as f32 <= 0.35 * 1080.0);
        assert!((close[0].top + close[0].height) as f32 >= 0.53 * 1080.0);
    }
}
