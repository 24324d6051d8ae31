//! Which views of a sampled picture the detector is shown.
//!
//! Nothing moves: none, but for the whole view every two seconds. Something moves, and no other
//! camera waits: the whole view, and beside it, where the model sees less than the picture holds,
//! what moves and what is expected at native resolution, in the room that the whole view leaves and,
//! if that is too small, in one more input. Others wait: what moves and what is expected there alone,
//! a little reduced, to share inputs with what moves before others.
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
/// The same where others wait and something moves, which is seen in any case.
const WHOLE_VIEW_EVERY_UNDER_LOAD: Duration = Duration::from_secs(4);
/// A close-up is worth a run where the whole view is reduced below this scale.
const CLOSE_UP_BELOW: f32 = 0.75;
/// Room around what moves, as a share of it, and at least, in pixels.
const MARGIN: f32 = 0.25;
const LEAST_MARGIN: f32 = 16.0;
/// The least room where others wait, in pixels.
const LEAST_SHARED_MARGIN: f32 = 8.0;
/// What is this much of the model's input, in either direction, is seen well enough in whole.
const LARGE: f32 = 0.9;
/// A part that shares an input is shown at this scale, larger ones with so many pixels, in either
/// direction; none is reduced further than the whole view is.
const SHARED_SCALE: f32 = 0.75;
const SHARED_SIDE: f32 = 160.0;
/// Parts that need more than this share of the room of the whole view give way to it.
const WORTH_PARTS: f32 = 0.7;

/// What a camera's detector was shown last; kept beside its newest frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attention {
    whole_at: Option<Timestamp>,
}

/// Whether more than what moves may be looked at.
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
    /// Parts of the picture and the sizes to show them in; none when nothing is worth it.
    pub parts: Vec<(PixelRect, (usize, usize))>,
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
        let nothing_moves = matches!(motion, Motion::Regions(regions) if regions.is_empty());
        let every = match load {
            Load::Light => WHOLE_VIEW_EVERY,
            Load::Heavy => WHOLE_VIEW_EVERY_UNDER_LOAD,
        };
        // A view in which nothing moves owes one as often in any case: nobody else looks.
        let every = if nothing_moves { WHOLE_VIEW_EVERY } else { every };
        let whole_is_due = *motion == Motion::Unknown || self.whole_is_due(time, every);
        if nothing_moves && !whole_is_due {
            return Plan { parts: Vec::new(), looked: Looked::Regions(Vec::new()) };
        }
        let whole_size = View::whole_size(size, input);
        let least = whole_scale(size, input);
        let area = |(width, height): (usize, usize)| (width * height) as f32;
        let margin = match load {
            Load::Light => LEAST_MARGIN,
            Load::Heavy => LEAST_SHARED_MARGIN,
        };
        let close_ups = close_ups(size, motion, expected, margin);
        if load == Load::Heavy && !whole_is_due {
            let part = |source: &PixelRect| (*source, shown(*source, least));
            let parts: Vec<_> = close_ups.iter().map(part).collect();
            let needed: f32 = parts.iter().map(|(_, shown)| area(*shown)).sum();
            if needed <= WORTH_PARTS * area(whole_size) {
                let looked = close_ups.iter().map(|source| on_view(*source, size)).collect();
                return Plan { parts, looked: Looked::Regions(looked) };
            }
        }
        self.whole_at = Some(time);
        let whole = PixelRect { left: 0, top: 0, width: size.0, height: size.1 };
        let mut parts = vec![(whole, whole_size)];
        if load == Load::Light && least < CLOSE_UP_BELOW {
            let large = |length: usize| length as f32 * LARGE;
            let small = |rect: &PixelRect| {
                (rect.width as f32) < large(input.width)
                    && (rect.height as f32) < large(input.height)
            };
            let native = |source: PixelRect| (source, (source.width, source.height));
            parts.extend(close_ups.into_iter().filter(small).map(native));
        }
        Plan { parts, looked: Looked::Whole }
    }

    fn whole_is_due(&self, time: Timestamp, every: Duration) -> bool {
        self.whole_at.is_none_or(|last| time.micros_since(last).unsigned_abs() >= micros(every))
    }
}

/// The size to show a part in, when the whole view is reduced to `least`.
fn shown(source: PixelRect, least: f32) -> (usize, usize) {
    let longer = source.width.max(source.height) as f32;
    let scale = (SHARED_SIDE / longer).min(SHARED_SCALE).max(least).min(1.0);
    // Never up: a whole view of one part must fit where the whole view does.
    let scaled = |length: usize| ((length as f32 * scale) as usize).max(1);
    (scaled(source.width), scaled(source.height))
}

fn on_view(rect: PixelRect, (width, height): (usize, usize)) -> Bbox {
    Bbox {
        left: rect.left as f32 / width as f32,
        top: rect.top as f32 / height as f32,
        width: rect.width as f32 / width as f32,
        height: rect.height as f32 / height as f32,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Parts of the picture around what moves, and around expected objects that do, in pixels; with `least`
/// pixels of room around each.
fn close_ups(
    size: (usize, usize),
    motion: &Motion,
    expected: &[Bbox],
    least: f32,
) -> Vec<PixelRect> {
    let Motion::Regions(regions) = motion else { return Vec::new() };
    let moves = |bbox: &&Bbox| regions.iter().any(|region| region.intersection_area(bbox) > 0.0);
    let wide: Vec<Bbox> = regions
        .iter()
        .chain(expected.iter().filter(moves))
        .map(|bbox| widened(bbox, size, least).clamped())
        .collect();
    merged(wide).iter().filter_map(|bbox| pixels(bbox, size)).collect()
}

fn widened(bbox: &Bbox, size: (usize, usize), least: f32) -> Bbox {
    let margin = |length: f32, pixels: usize| (length * MARGIN).max(least / pixels as f32);
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
    use crate::manifest::{Form, Letterbox};
    use crate::sampling::ColourOrder;

    const INPUT: Input = Input {
        width: 416,
        height: 416,
        form: Form::Planes,
        rows_step: None,
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
        for load in [Load::Light, Load::Heavy] {
            let mut attention = Attention::default();
            let still = Motion::Regions(vec![]);
            let mut looked = Vec::new();
            for step in 0..25 {
                let plan = attention.plan(at(step * 200), (1920, 1080), &still, &[], load, &INPUT);
                assert_eq!(plan.parts.is_empty(), plan.looked == Looked::Regions(vec![]));
                looked.push(plan.parts.len());
            }
            assert_eq!(looked.iter().sum::<usize>(), 3);
            assert_eq!((looked[0], looked[10], looked[20]), (1, 1, 1));
        }
    }

    #[test]
    fn what_moves_is_seen_whole_and_close_while_nobody_waits() {
        let moving = Motion::Regions(vec![small(0.2), small(0.6)]);
        let parts = |size, motion: &Motion| {
            Attention::default().plan(at(0), size, motion, &[], Load::Light, &INPUT).parts.len()
        };
        assert_eq!(parts((1920, 1080), &moving), 3);
        assert_eq!(parts((416, 300), &moving), 1, "nothing to gain");
        assert_eq!(parts((1920, 1080), &Motion::Unknown), 1);
        let large = Motion::Regions(vec![Bbox { left: 0.1, top: 0.1, width: 0.7, height: 0.7 }]);
        assert_eq!(parts((1920, 1080), &large), 1, "large things are seen in whole");
    }

    #[test]
    fn while_others_wait_what_moves_is_seen_alone_and_the_whole_now_and_then() {
        const SIZE: (usize, usize) = (640, 360);
        let mut attention = Attention::default();
        let mut plan =
            |ms, motion: &Motion| attention.plan(at(ms), SIZE, motion, &[], Load::Heavy, &INPUT);
        let moving = Motion::Regions(vec![small(0.2), small(0.6)]);
        assert_eq!(plan(0, &moving).looked, Looked::Whole, "nothing was seen yet");
        let close = plan(200, &moving);
        assert_eq!(close.parts.len(), 2);
        let is_reduced = |source: usize, shown: usize| shown == source * 3 / 4;
        assert!(close.parts.iter().all(|(source, shown)| {
            is_reduced(source.width, shown.0) && is_reduced(source.height, shown.1)
        }));
        assert!(close.looked.covers(&small(0.6)) && !close.looked.covers(&small(0.4)));
        let still = plan(400, &Motion::Regions(vec![]));
        assert_eq!((still.parts.len(), still.looked), (0, Looked::Regions(vec![])));
        let much = Motion::Regions(vec![Bbox { left: 0.0, top: 0.1, width: 0.9, height: 0.9 }]);
        assert_eq!(plan(600, &much).looked, Looked::Whole, "it needs as much room");
        assert_eq!(plan(4400, &moving).parts.len(), 2);
        let whole = PixelRect { left: 0, top: 0, width: 640, height: 360 };
        assert_eq!(plan(4600, &moving).parts, [(whole, (416, 234))]);
        assert_eq!(plan(4800, &Motion::Unknown).looked, Looked::Whole);
    }

    #[test]
    fn an_expected_object_widens_the_close_up_of_what_moves_of_it() {
        let whole_object = Bbox { left: 0.2, top: 0.35, width: 0.06, height: 0.18 };
        let moving = Motion::Regions(vec![small(0.2)]);
        let close = close_ups((1920, 1080), &moving, &[whole_object, small(0.8)], LEAST_MARGIN);
        assert_eq!(close.len(), 1);
        assert!(close[0].top as f32 <= 0.35 * 1080.0);
        assert!((close[0].top + close[0].height) as f32 >= 0.53 * 1080.0);
    }
}
