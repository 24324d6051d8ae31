//! What stands still in a view, learnt slowly, and whether it still lies where it always did.

use super::Grid;
use super::alignment::{Fit, Normalised};
use super::structure::Structure;

/// Pictures from which the first reference is learnt.
const LEARNING: u32 = 15;
/// The view of now: about this many pictures, so that what passes fades.
const NOW: f32 = 4.0;
/// Pictures over which the reference then follows: it goes with the light of the day, and takes in
/// little of a view that was turned before that is noticed.
const FOLLOW: f32 = 240.0;
/// Pictures from one comparison to the next.
const COMPARE_EVERY: u32 = 3;
/// A fit that exceeds that at any other shift by less than this tells nothing, ever: fog, water,
/// a wall.
const LEAST_MARGIN: f32 = 0.06;
/// A fit elsewhere must be better than that here by so much to be a shift.
const SHIFT_MARGIN: f32 = 0.03;
/// Below this likeness the reference does not take the view in.
const STRANGE: f32 = 0.3;
/// Below this likeness the view counts as another one.
const OTHER: f32 = 0.15;
/// Less structure than this share of the normal cannot be compared: dark, covered, thick fog.
const LEAST_DETAIL: f32 = 0.25;
/// Pictures of another view after which it becomes the reference.
const ACCEPT_AFTER: u32 = 300;

/// What one picture tells about what stands still.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Standing {
    /// See [`domain::ViewCondition::detail`].
    pub(super) detail: Option<f32>,
    /// See [`domain::ViewCondition::likeness`].
    pub(super) likeness: Option<f32>,
    /// See [`domain::ViewCondition::shift`].
    pub(super) shift: Option<[f32; 2]>,
}

/// Knows what stands still in one view.
#[derive(Debug, Clone, Default)]
pub(super) struct StandingView {
    now: Structure,
    reference: Structure,
    /// Pictures taken into the first reference.
    learnt: u32,
    /// How much structure there is, and by how much the right fit exceeds others, as a rule.
    normal_amount: f32,
    normal_margin: Option<f32>,
    pictures: u32,
    /// Pictures in a row that show another view.
    strange: u32,
    last: Standing,
}

impl StandingView {
    /// Takes in a picture and tells what it can.
    pub(super) fn observe(&mut self, cells: &Grid, masked: &[bool]) -> Standing {
        let picture = Structure::of(cells, masked);
        self.pictures = self.pictures.wrapping_add(1);
        if self.learnt == 0 {
            self.now = picture.clone();
            self.reference = picture.clone();
        }
        self.now.follow(&picture, 1.0 / NOW);
        let amount = self.now.amount();
        if self.learnt < LEARNING {
            self.take_in(&picture, amount);
            return Standing::default();
        }
        self.last.detail = Some(amount / self.normal_amount.max(1e-3));
        if self.pictures.is_multiple_of(COMPARE_EVERY) {
            self.compare(amount);
        }
        match self.last.likeness {
            Some(likeness) if likeness < OTHER => self.accept_in_time(),
            Some(likeness) if likeness > STRANGE => {
                self.strange = 0;
                self.take_in(&picture, amount);
            }
            _ => self.strange = 0,
        }
        self.last
    }

    fn take_in(&mut self, picture: &Structure, amount: f32) {
        let follow = if self.learnt < LEARNING {
            self.learnt += 1;
            1.0 / self.learnt as f32
        } else {
            1.0 / FOLLOW
        };
        self.reference.follow(picture, follow);
        self.normal_amount += (amount - self.normal_amount) * follow;
    }

    fn compare(&mut self, amount: f32) {
        (self.last.likeness, self.last.shift) = (None, None);
        if amount < LEAST_DETAIL * self.normal_amount {
            return;
        }
        let Fit { here, elsewhere, shift } =
            Normalised::of(&self.now).fit(&Normalised::of(&self.reference));
        let margin = here - elsewhere;
        let normal = *self.normal_margin.get_or_insert(margin);
        if normal < LEAST_MARGIN && margin < LEAST_MARGIN {
            self.normal_margin = Some(normal.max(margin));
            return;
        }
        if -margin > SHIFT_MARGIN {
            let share = |by: i32, length: usize| by as f32 / length as f32;
            self.last.likeness = Some(0.0);
            self.last.shift =
                Some([share(shift.0, self.now.columns), share(shift.1, self.now.rows)]);
            return;
        }
        let likeness = (margin / normal).max(0.0);
        if likeness > STRANGE {
            self.normal_margin = Some(normal + (margin - normal) * 0.05);
        }
        self.last.likeness = Some(likeness);
    }

    /// A view that stays another one is learnt anew, from its next picture on.
    fn accept_in_time(&mut self) {
        self.strange += 1;
        if self.strange >= ACCEPT_AFTER {
            *self = Self::default();
        }
    }
}
