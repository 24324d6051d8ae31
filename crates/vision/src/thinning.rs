//! How much of each GOP is decoded, and how well, where too much waits to be looked at.
//!
//! First pictures are decoded without their loop filter, those of the last priority class first and those of
//! the first never: a fifth less work, at the price of edges of blocks ([`crate::unfiltered`]).
//!
//! A picture that nobody has time to look at was decoded for nothing, at the cost of those that could be
//! looked at instead. So where most of them come too late, the ends of GOPs are left out, of the last
//! priority class first, down to the keyframe, and of the first class never. What begins with the next
//! keyframe is whole again.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::decoder::LoopFilter;
use crate::lanes::CLASSES;

/// How often the shares change.
const EVERY: Duration = Duration::from_secs(1);
/// Sampled pictures from which a share of them says something.
const LEAST_SAMPLED: u32 = 20;
/// Beyond this share of late pictures less is decoded: that many are missed one by one with less harm
/// than the end of a GOP.
const TOO_MANY: f32 = 0.6;
/// Below this share of late pictures more is decoded.
const FEW: f32 = 0.4;
/// Beyond this share of late pictures one more class is decoded without loop filter, and below that one
/// with it again: a fifth more to decode must not bring so many late ones back.
const SOME: f32 = 0.2;
const HARDLY_ANY: f32 = 0.05;
/// How much more, in thousandths of a GOP.
const MORE: u32 = 80;
/// How much is left at least, at once: what was decoded before is still on its way.
const LEAST_STEP: f32 = 0.7;
/// Less than this, in thousandths of a GOP, is not worth it.
const LEAST_SHARE: u32 = 50;
/// All of a GOP.
const WHOLE: u32 = 1000;

/// How much of each GOP is decoded, by priority class; shared by all cameras.
#[derive(Debug)]
pub(crate) struct Thinning {
    /// In thousandths.
    shares: [AtomicU32; CLASSES],
    /// How many classes, the first ones, are decoded with their loop filter.
    filtered: AtomicUsize,
    /// How many there may be.
    most_filtered: usize,
    window: Mutex<Window>,
}

/// What came of the pictures since the shares last changed.
#[derive(Debug, Default)]
struct Window {
    since: Option<Instant>,
    sampled: u32,
    late: u32,
}

impl Default for Thinning {
    fn default() -> Self {
        Self::new(CLASSES)
    }
}

impl Thinning {
    /// As if others waited all the time: no loop filter for anybody, to learn what that costs.
    pub(crate) fn under_load() -> Self {
        Self::new(0)
    }

    fn new(most_filtered: usize) -> Self {
        Self {
            shares: [const { AtomicU32::new(WHOLE) }; CLASSES],
            filtered: AtomicUsize::new(most_filtered),
            most_filtered,
            window: Mutex::default(),
        }
    }

    /// Returns how pictures of a class are decoded.
    pub(crate) fn loop_filter(&self, class: usize) -> LoopFilter {
        let is_filtered = class < self.filtered.load(Ordering::Relaxed);
        if is_filtered { LoopFilter::Applied } else { LoopFilter::LeftOut }
    }

    /// Returns how many pictures of a GOP a camera of this class has decoded, at least 1, where the one
    /// before had `length`. Of all none is left out, however many there are: GOPs vary.
    pub(crate) fn kept(&self, class: usize, length: usize) -> usize {
        let share = self.shares[class.min(CLASSES - 1)].load(Ordering::Relaxed) as usize;
        if share == WHOLE as usize {
            return usize::MAX;
        }
        (length.saturating_mul(share) / WHOLE as usize).max(1)
    }

    /// Learns of a sampled picture: late is one for which another had to give way, or behind which
    /// others already wait to be decoded.
    pub(crate) fn learn(&self, is_late: bool, now: Instant) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.sampled += 1;
        window.late += u32::from(is_late);
        let since = *window.since.get_or_insert(now);
        if now.saturating_duration_since(since) < EVERY || window.sampled < LEAST_SAMPLED {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "pictures of some seconds")]
        let late = window.late as f32 / window.sampled as f32;
        *window = Window { since: Some(now), ..Window::default() };
        self.adjust(late);
    }

    fn adjust(&self, late: f32) {
        let filtered = self.filtered.load(Ordering::Relaxed);
        if late > SOME && filtered > 1 {
            self.filtered.store(filtered - 1, Ordering::Relaxed);
            return;
        }
        let is_whole = self.shares.iter().all(|share| share.load(Ordering::Relaxed) == WHOLE);
        if late < HARDLY_ANY && is_whole && filtered < self.most_filtered {
            self.filtered.store(filtered + 1, Ordering::Relaxed);
            return;
        }
        let share = |class: usize| self.shares[class].load(Ordering::Relaxed);
        let changed = if late > TOO_MANY {
            let in_time = (1.0 - late) / (1.0 - TOO_MANY);
            let gives_way = (1..CLASSES).rev().find(|class| share(*class) > 0);
            gives_way.map(|class| (class, less(share(class), in_time)))
        } else if late < FEW {
            let comes_back = (1..CLASSES).find(|class| share(*class) < WHOLE);
            comes_back.map(|class| (class, (share(class) + MORE).min(WHOLE)))
        } else {
            None
        };
        if let Some((class, new)) = changed {
            self.shares[class].store(new, Ordering::Relaxed);
        }
    }
}

/// Returns the share of a GOP to decode where so much less, in proportion, can be looked at.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "thousandths"
)]
fn less(share: u32, in_time: f32) -> u32 {
    let less = (share as f32 * in_time.clamp(LEAST_STEP, 1.0)) as u32;
    // Below this it is the keyframe alone.
    if less < LEAST_SHARE { 0 } else { less }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Learns of so many seconds of 100 pictures each, of which some are late.
    fn learn(thinning: &Thinning, now: &mut Instant, seconds: u32, late: u32) {
        for _ in 0..seconds {
            for picture in 0..100 {
                *now += Duration::from_millis(10);
                thinning.learn(picture < late, *now);
            }
        }
    }

    #[test]
    fn the_last_class_gives_way_first_and_the_first_never() {
        let (thinning, mut now) = (Thinning::default(), Instant::now());
        let kept = |thinning: &Thinning| [0, 1, 2].map(|class| thinning.kept(class, 50));
        let all = [usize::MAX; CLASSES];
        assert_eq!(kept(&thinning), all, "also of a GOP that is longer than the one before");
        learn(&thinning, &mut now, 60, 50);
        assert_eq!(kept(&thinning), all, "so many may be late");
        learn(&thinning, &mut now, 6, 80);
        let [first, second, third] = kept(&thinning);
        assert!(first == usize::MAX && second == usize::MAX && third < 50, "{third}");
        learn(&thinning, &mut now, 120, 80);
        assert_eq!(kept(&thinning), [usize::MAX, 1, 1], "keyframes stay");
        learn(&thinning, &mut now, 5, 0);
        let [_, second, third] = kept(&thinning);
        assert!(second > 1 && third == 1, "the higher class comes back first: {second} {third}");
        learn(&thinning, &mut now, 200, 0);
        assert_eq!(kept(&thinning), all);
    }

    #[test]
    fn the_loop_filter_goes_before_pictures_do_and_comes_back_after_them() {
        let (thinning, mut now) = (Thinning::default(), Instant::now());
        let filters = |thinning: &Thinning| {
            let of = [0, 1, 2].map(|class| thinning.loop_filter(class));
            of.map(|filter| filter == LoopFilter::Applied)
        };
        assert_eq!(filters(&thinning), [true; 3]);
        learn(&thinning, &mut now, 5, 15);
        assert_eq!(filters(&thinning), [true; 3], "so many may be late");
        learn(&thinning, &mut now, 2, 80);
        assert_eq!(filters(&thinning), [true, true, false], "the last class first");
        assert_eq!(thinning.kept(2, 50), usize::MAX, "and all of it");
        learn(&thinning, &mut now, 20, 80);
        assert_eq!(filters(&thinning), [true, false, false], "never the first");
        assert!(thinning.kept(2, 50) < 50);
        learn(&thinning, &mut now, 60, 10);
        assert_eq!(thinning.kept(2, 50), usize::MAX);
        assert_eq!(filters(&thinning), [true, false, false], "still some late ones");
        learn(&thinning, &mut now, 10, 0);
        assert_eq!(filters(&thinning), [true; 3]);
    }

    #[test]
    fn as_if_others_waited_the_loop_filter_stays_away() {
        let (thinning, mut now) = (Thinning::under_load(), Instant::now());
        learn(&thinning, &mut now, 60, 0);
        assert_eq!(thinning.loop_filter(0), LoopFilter::LeftOut);
        assert_eq!(thinning.kept(0, 50), usize::MAX);
    }

    #[test]
    fn few_pictures_say_nothing() {
        let (thinning, mut now) = (Thinning::default(), Instant::now());
        for _ in 0..LEAST_SAMPLED - 1 {
            now += Duration::from_secs(3);
            thinning.learn(true, now);
        }
        assert_eq!(thinning.kept(2, 50), usize::MAX);
    }
}
