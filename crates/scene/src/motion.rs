//! How an object moves: a Kalman filter over real time.
//!
//! Ground point, width and height each move at nearly constant velocity, pushed by white-noise
//! acceleration (Bar-Shalom, Li, Kirubarajan, *Estimation with Applications to Tracking and
//! Navigation*, §6.2.2), so uncertainty grows with the time that passed and not with the number of
//! pictures: the same filter serves 2 and 25 pictures per second. The four are independent, as in
//! SORT and ByteTrack, whose noise has no cross terms either.

use domain::Class;

use crate::stance::Stance;

/// Standard deviation of a detected ground point, in object sizes.
pub(crate) const POINT_NOISE: f32 = 0.07;

/// Standard deviation of a detected width or height, in object sizes.
const SIZE_NOISE: f32 = 0.1;

/// Standard deviation that even the smallest box has: about a pixel of a detector's input.
pub(crate) const NOISE_FLOOR: f32 = 0.002;

/// How much less a box is to be trusted where others cover it: its standard deviation is so many times
/// larger, and once more, where all of it is covered. Of two who pass each other a detector sees one and
/// a half, in either's place, and neither may be turned round by that.
const CROWDED: f32 = 0.5;

/// Degrees of freedom of Student's distribution, after which boxes err: now and then far.
pub(crate) const TAIL: f32 = 5.0;

/// How fast an object forgets its velocity while it is not seen, in seconds.
const FORGETS_VELOCITY_S: f32 = 6.0;

/// How much less the ground is pushed up and down in the picture than across: it is seen aslant.
const ASLANT: f32 = 0.5;

/// How a class of objects may move.
#[derive(Debug, Clone, Copy)]
struct Agility {
    /// Standard deviation of the velocity before anything is known, in object sizes per second.
    speed: f32,
    /// Change of velocity in one second, in object sizes per second.
    acceleration: f32,
    /// How much of its velocity it gains or loses in a second only because it comes nearer or goes
    /// away.
    perspective: f32,
}

impl Agility {
    /// A person is 1.1 m in size (0.7 by 1.7 m) and walks 1.4 m/s; a motorcycle 1.4 m and rides
    /// up to 15 m/s; a car 2 m and drives 10 to 30 m/s.
    fn of(class: Class) -> Self {
        let (speed, acceleration, perspective) = match class {
            Class::Person => (1.5, 0.6, 0.3),
            Class::Bicycle => (3.0, 1.0, 0.3),
            Class::Motorcycle => (5.0, 2.5, 0.6),
            Class::Car | Class::Bus | Class::Truck | Class::Train => (6.0, 1.5, 1.0),
            Class::Boat | Class::Bag => (1.0, 0.5, 0.3),
            Class::Animal => (2.0, 2.0, 0.3),
        };
        Self { speed, acceleration, perspective }
    }
}

/// Position and velocity along one axis, with their covariance.
#[derive(Debug, Clone, Copy)]
struct Axis {
    position: f32,
    velocity: f32,
    position_variance: f32,
    covariance: f32,
    velocity_variance: f32,
}

impl Axis {
    fn new(position: f32, position_sd: f32, velocity_sd: f32) -> Self {
        Self {
            position,
            velocity: 0.0,
            position_variance: position_sd * position_sd,
            covariance: 0.0,
            velocity_variance: velocity_sd * velocity_sd,
        }
    }

    fn predict(&mut self, elapsed_s: f32, acceleration: f32) {
        let push = acceleration * acceleration;
        let t = elapsed_s;
        self.position += self.velocity * t;
        self.position_variance +=
            2.0 * t * self.covariance + t * t * self.velocity_variance + push * t * t * t / 3.0;
        self.covariance += t * self.velocity_variance + push * t * t / 2.0;
        self.velocity_variance += push * t;
    }

    /// Takes in what may be far off, the less the farther it is: noise after Student's distribution
    /// (Huber, *Robust Statistics*, 1981). A box around two people does not make a giant of one.
    fn correct_doubting(&mut self, measured: f32, noise_variance: f32) {
        let surprise = measured - self.position;
        let squared = surprise * surprise / (self.position_variance + noise_variance);
        let doubt = ((TAIL + squared) / (TAIL + 1.0)).max(1.0);
        self.correct(measured, noise_variance * doubt);
    }

    fn correct(&mut self, measured: f32, noise_variance: f32) {
        let total = self.position_variance + noise_variance;
        let gain = self.position_variance / total;
        let velocity_gain = self.covariance / total;
        let surprise = measured - self.position;
        self.position += gain * surprise;
        self.velocity += velocity_gain * surprise;
        self.velocity_variance -= velocity_gain * self.covariance;
        self.covariance *= 1.0 - gain;
        self.position_variance *= 1.0 - gain;
    }
}

/// Where an object is believed to be and to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Motion {
    x: Axis,
    y: Axis,
    width: Axis,
    height: Axis,
    agility: Agility,
}

impl Motion {
    /// Starts at `stance` with no idea of the velocity but what its class may do.
    pub(crate) fn new(stance: &Stance, class: Class) -> Self {
        let agility = Agility::of(class);
        let size = stance.size();
        let point_sd = POINT_NOISE * size + NOISE_FLOOR;
        let size_sd = SIZE_NOISE * size + NOISE_FLOOR;
        let speed_sd = agility.speed * size;
        // Sizes change as objects come nearer: by a fraction of how far they go.
        let growth_sd = speed_sd / 4.0;
        Self {
            x: Axis::new(stance.x, point_sd, speed_sd),
            y: Axis::new(stance.y, point_sd, speed_sd),
            width: Axis::new(stance.width, size_sd, growth_sd),
            height: Axis::new(stance.height, size_sd, growth_sd),
            agility,
        }
    }

    /// Moves `elapsed_s` on, for an object that was seen a moment ago.
    pub(crate) fn predict(&mut self, elapsed_s: f32) {
        let velocity = self.x.velocity.hypot(self.y.velocity);
        let push =
            self.agility.acceleration * self.stance().size() + self.agility.perspective * velocity;
        self.x.predict(elapsed_s, push);
        self.y.predict(elapsed_s, ASLANT * push);
        self.width.predict(elapsed_s, push / 4.0);
        self.height.predict(elapsed_s, push / 4.0);
    }

    /// Lets the velocity fade for `elapsed_s` of not being seen: who is hidden may have stopped,
    /// and a size that goes on shrinking would soon be none.
    pub(crate) fn fade(&mut self, elapsed_s: f32) {
        let kept = (-elapsed_s / FORGETS_VELOCITY_S).exp();
        self.x.velocity *= kept;
        self.y.velocity *= kept;
        self.width.velocity = 0.0;
        self.height.velocity = 0.0;
    }

    /// Takes in where the object was seen, how its class may move, and which part of its box others
    /// cover, 0..=1.
    pub(crate) fn correct(&mut self, seen: &Stance, class: Class, covered: f32) {
        self.agility = Agility::of(class);
        let doubt = (1.0 + CROWDED * covered).powi(2);
        let (point_variance, size_variance) = noise_variances(seen);
        let (point_variance, size_variance) = (doubt * point_variance, doubt * size_variance);
        self.x.correct(seen.x, point_variance);
        self.y.correct(seen.y, point_variance);
        self.width.correct_doubting(seen.width, size_variance);
        self.height.correct_doubting(seen.height, size_variance);
    }

    /// Returns where it is believed to stand; never without extent.
    pub(crate) fn stance(&self) -> Stance {
        Stance {
            x: self.x.position,
            y: self.y.position,
            width: self.width.position.max(NOISE_FLOOR),
            height: self.height.position.max(NOISE_FLOOR),
        }
    }

    /// Returns how fast the ground point moves, in object sizes per second.
    pub(crate) fn speed(&self) -> f32 {
        self.x.velocity.hypot(self.y.velocity) / self.stance().size()
    }

    /// Returns the squared distance of `seen` in standard deviations (Mahalanobis), 2 dimensions.
    ///
    /// Across it compares the middles; up and down whichever of bottom and top fits better, as
    /// legs vanish behind a parked car and come back.
    pub(crate) fn surprise(&self, seen: &Stance) -> f32 {
        let expected = self.stance();
        let (point_variance, _) = noise_variances(seen);
        let across = seen.x - expected.x;
        let bottom = seen.y - expected.y;
        let top = seen.top() - expected.top();
        let down = if bottom.abs() < top.abs() { bottom } else { top };
        across * across / (self.x.position_variance + point_variance)
            + down * down / (self.y.position_variance + point_variance)
    }

    /// Returns the same object, had it not moved since it was last seen.
    pub(crate) fn at_rest(&self) -> Self {
        let (point_variance, _) = noise_variances(&self.stance());
        let mut at_rest = *self;
        for axis in [&mut at_rest.x, &mut at_rest.y] {
            axis.position_variance = axis.position_variance.min(point_variance);
        }
        at_rest
    }

    /// Returns how vaguely its place is known, against `seen`: the variance in its own sizes.
    pub(crate) fn variance(&self, seen: &Stance) -> f32 {
        let (point_variance, _) = noise_variances(seen);
        let across = self.x.position_variance + point_variance;
        let down = self.y.position_variance + point_variance;
        (across * down).sqrt() / self.stance().area()
    }

    /// Returns how ill the size of `seen` fits, as minus the logarithm of a likelihood, 0 at best.
    pub(crate) fn growth_surprise(&self, seen: &Stance) -> f32 {
        let (_, size_variance) = noise_variances(seen);
        let off = |axis: &Axis, size: f32| {
            let difference = size - axis.position;
            difference * difference / (axis.position_variance + size_variance)
        };
        0.5 * off(&self.width, seen.width).ln_1p() + off(&self.height, seen.height).ln_1p()
    }
}

/// Returns the variances of a detected ground point and of a detected width or height.
fn noise_variances(seen: &Stance) -> (f32, f32) {
    let size = seen.size();
    let point_sd = POINT_NOISE * size + NOISE_FLOOR;
    let size_sd = SIZE_NOISE * size + NOISE_FLOOR;
    (point_sd * point_sd, size_sd * size_sd)
}

/// Returns by how much an object of `class` that goes so far in a second may change its velocity in one.
pub(crate) fn push(class: Class, size: f32, velocity: f32) -> f32 {
    let agility = Agility::of(class);
    agility.acceleration * size + agility.perspective * velocity
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALKER: Stance = Stance { x: 0.2, y: 0.5, width: 0.05, height: 0.12 };

    #[test]
    fn a_steady_walk_is_predicted_over_uneven_times() {
        let mut motion = Motion::new(&WALKER, Class::Person);
        let mut time = 0.0_f32;
        for elapsed in [0.2, 0.1, 0.4, 0.2, 0.3, 0.1, 0.2, 0.5, 0.2, 0.2] {
            time += elapsed;
            motion.predict(elapsed);
            let seen = Stance { x: WALKER.x + 0.08 * time, ..WALKER };
            motion.correct(&seen, Class::Person, 0.0);
        }
        motion.predict(1.0);
        let expected = WALKER.x + 0.08 * (time + 1.0);
        assert!((motion.stance().x - expected).abs() < 0.01);
        assert!((motion.stance().y - WALKER.y).abs() < 0.001);
    }

    #[test]
    fn who_is_half_covered_by_another_is_not_turned_round_by_it() {
        let walked = |covered: f32| {
            let mut motion = Motion::new(&WALKER, Class::Person);
            for step in 1_u8..15 {
                motion.predict(0.2);
                let x = WALKER.x + 0.016 * f32::from(step);
                // At last the box of the two together, half a width behind.
                let (x, covered) = if step == 14 { (x - 0.025, covered) } else { (x, 0.0) };
                motion.correct(&Stance { x, ..WALKER }, Class::Person, covered);
            }
            motion.predict(0.2);
            motion.stance().x - (WALKER.x + 0.016 * 15.0)
        };
        assert!(walked(0.0) < -0.015, "{}", walked(0.0));
        assert!(walked(0.7) > 0.85 * walked(0.0), "{} {}", walked(0.7), walked(0.0));
    }

    #[test]
    fn the_longer_unseen_the_less_surprising() {
        let mut motion = Motion::new(&WALKER, Class::Person);
        let elsewhere = Stance { x: WALKER.x + 0.1, ..WALKER };
        motion.predict(0.1);
        let soon = motion.surprise(&elsewhere);
        motion.predict(1.0);
        assert!(motion.surprise(&elsewhere) < soon / 4.0);
    }
}
