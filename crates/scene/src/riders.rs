//! Makes one object of what a detector reports in parts or twice: a rider on a machine, a vehicle
//! seen as two classes, two people and once more the pair of them.
//!
//! A person whose box sits on a motorcycle or bicycle rides it and is no pedestrian; a person beside
//! one is. Detectors report rider and machine apart, and often only one of them: counted apart they
//! are two wrong objects, counted as one the recall of two-wheelers doubles.

use domain::{Class, ColourVote, Observation};

use crate::stance::Stance;

/// Most detections of one picture that are looked at: the surest. More are noise.
const MOST_DETECTIONS: usize = 300;

/// Smallest side of a box that is believed, in picture sizes.
const SMALLEST_SIDE: f32 = 5e-4;

/// Farthest from the view's corner that a box is believed, in picture sizes.
const FARTHEST: f32 = 64.0;

/// Overlap from which two boxes of related classes are one object.
const SAME_OBJECT_IOU: f32 = 0.7;

/// Part of a vehicle's box inside a larger one, least part of the larger one's area, and greatest distance
/// of their feet in heights, with which both are the same vehicle.
const PART_COVER: f32 = 0.85;
const PART_AREA: f32 = 0.35;
const PART_FOOT: f32 = 0.1;

/// Confidence from which a box is believed to hide another, and the part of that one's width that it
/// must cover.
const HIDES: f32 = 0.4;
const HIDDEN_WIDTH: f32 = 0.5;

/// One object in one sampled frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    /// Where it stands.
    pub(crate) stance: Stance,
    /// What the detector takes it for, riders seen as part of their machine.
    pub(crate) class: Class,
    /// How sure the detector is of its surest part, 0..=1.
    pub(crate) confidence: f32,
    /// Whether a rider was seen on it.
    pub(crate) ridden: bool,
    /// What this look says of its colour.
    pub(crate) colour: Option<ColourVote>,
    /// How far down it may reach behind something nearer, whose box covers its foot.
    pub(crate) hidden_to: Option<f32>,
    /// Which part of its box another one of its kind covers, 0..=1.
    pub(crate) covered: f32,
}

impl Candidate {
    /// Returns where it stands if it is of the size that is `expected`: one whose foot is hidden
    /// reaches as far down behind what hides it as that asks for.
    pub(crate) fn stance_of(&self, expected: &Stance) -> Stance {
        let seen = self.stance;
        let Some(hidden_to) = self.hidden_to else { return seen };
        let foot = (seen.top() + expected.height).clamp(seen.y, hidden_to.max(seen.y));
        Stance { y: foot, height: foot - seen.top(), ..seen }
    }
}

/// Kinds of objects that a detector confuses with each other, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Person,
    TwoWheeler,
    FourWheeler,
    Other(Class),
}

impl Family {
    pub(crate) fn of(class: Class) -> Self {
        match class {
            Class::Person => Self::Person,
            Class::Bicycle | Class::Motorcycle => Self::TwoWheeler,
            Class::Car | Class::Bus | Class::Truck | Class::Train => Self::FourWheeler,
            Class::Boat | Class::Animal | Class::Bag => Self::Other(class),
        }
    }
}

/// Returns the objects in an observation, surest first. What no picture can show (a box without
/// extent, far outside, or not a number) is left out.
pub(crate) fn candidates(observation: &Observation, aspect: f32, least: f32) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = observation
        .detections
        .iter()
        .filter(|detection| detection.confidence >= least)
        .filter(|detection| {
            let bbox = &detection.bbox;
            let near = [bbox.left, bbox.top, bbox.right(), bbox.bottom()]
                .iter()
                .all(|side| side.abs() <= FARTHEST);
            near && bbox.width >= SMALLEST_SIDE && bbox.height >= SMALLEST_SIDE
        })
        .map(|detection| Candidate {
            stance: Stance::of(&detection.bbox, aspect),
            class: detection.class,
            confidence: detection.confidence.min(1.0),
            ridden: false,
            colour: detection.colour,
            hidden_to: None,
            covered: 0.0,
        })
        .collect();
    sort_surest_first(&mut found);
    found.truncate(MOST_DETECTIONS);
    let mut objects = unite_riders(without_pairs(without_doubles(found)));
    sort_surest_first(&mut objects);
    note_hidden(&mut objects);
    note_covered(&mut objects);
    objects
}

/// Notes how much of each box another one of its kind covers, before it or behind.
fn note_covered(objects: &mut [Candidate]) {
    let others: Vec<(Stance, Family)> =
        objects.iter().map(|one| (one.stance, Family::of(one.class))).collect();
    for (index, object) in objects.iter_mut().enumerate() {
        let family = Family::of(object.class);
        let of_its_kind = others
            .iter()
            .enumerate()
            .filter(|(other, (_, kind))| *other != index && *kind == family)
            .map(|(_, (other, _))| object.stance.covered_by(other));
        object.covered = of_its_kind.fold(0.0, f32::max);
    }
}

/// Notes whose foot is hidden: what stands lower in the picture is nearer, and covers it.
fn note_hidden(objects: &mut [Candidate]) {
    let stances: Vec<Stance> =
        objects.iter().filter(|one| one.confidence >= HIDES).map(|one| one.stance).collect();
    for object in objects {
        let seen = object.stance;
        let hides = |nearer: &&Stance| {
            let shared = nearer.right().min(seen.right()) - nearer.left().max(seen.left());
            nearer.top() < seen.y && nearer.y > seen.y && shared > HIDDEN_WIDTH * seen.width
        };
        let foot = stances.iter().filter(hides).map(|nearer| nearer.y);
        object.hidden_to = foot.reduce(f32::max);
    }
}

/// Sorts by confidence, and by place where that is equal: the order in which a detector reports
/// must not matter.
fn sort_surest_first(found: &mut [Candidate]) {
    found.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then(a.stance.x.total_cmp(&b.stance.x))
            .then(a.stance.y.total_cmp(&b.stance.y))
            .then(a.class.cmp(&b.class))
    });
}

/// Leaves out a box over a surer one of a related class: a van seen as car and as truck; or, of vehicles,
/// as the whole of it and as its front.
fn without_doubles(found: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::with_capacity(found.len());
    for candidate in found {
        let family = Family::of(candidate.class);
        let doubled = kept.iter().any(|other| {
            let iou = other.stance.iou(&candidate.stance);
            let is_alike = other.class != candidate.class && iou > SAME_OBJECT_IOU;
            let is_part =
                family == Family::FourWheeler && is_part(&other.stance, &candidate.stance);
            Family::of(other.class) == family && (is_alike || is_part)
        });
        if !doubled {
            kept.push(candidate);
        }
    }
    kept
}

/// Returns whether one of two boxes shows a part of what the other one shows: it lies within it and stands
/// where it stands. Of two vehicles of which one covers the other, the nearer stands lower.
fn is_part(one: &Stance, other: &Stance) -> bool {
    let (part, whole) = if one.area() < other.area() { (one, other) } else { (other, one) };
    let is_within = part.covered_by(whole) > PART_COVER && part.area() > PART_AREA * whole.area();
    is_within && (part.y - whole.y).abs() < PART_FOOT * part.height
}

/// Leaves out a person's box that is about the box around two surer ones side by side.
fn without_pairs(found: Vec<Candidate>) -> Vec<Candidate> {
    let is_pair = |index: usize, pair: &Stance| {
        // Surest come first.
        let within: Vec<&Stance> = found[..index]
            .iter()
            .filter(|person| person.class == Class::Person)
            .map(|person| &person.stance)
            .filter(|person| person.covered_by(pair) > 0.6)
            .filter(|person| person.height > 0.7 * pair.height)
            .collect();
        within.iter().enumerate().any(|(index, first)| {
            within[index + 1..].iter().any(|second| {
                let are_apart = (first.x - second.x).abs() > 0.3 * pair.width;
                are_apart && first.around(second).iou(pair) > SAME_OBJECT_IOU
            })
        })
    };
    let is_one = |&(index, candidate): &(usize, &Candidate)| {
        candidate.class != Class::Person || !is_pair(index, &candidate.stance)
    };
    let kept = found.iter().enumerate().filter(is_one);
    kept.map(|(_, candidate)| *candidate).collect()
}

/// Joins each rider to the machine under them; a machine may carry several.
fn unite_riders(found: Vec<Candidate>) -> Vec<Candidate> {
    let is_machine = |candidate: &Candidate| Family::of(candidate.class) == Family::TwoWheeler;
    let (mut machines, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_machine);
    if machines.is_empty() {
        return others;
    }
    let bare = machines.clone();
    let mut objects = Vec::with_capacity(machines.len() + others.len());
    for other in others {
        let seat =
            (other.class == Class::Person).then(|| best_seat(&other.stance, &bare)).flatten();
        let Some(seat) = seat else {
            objects.push(other);
            continue;
        };
        let machine = &mut machines[seat];
        machine.stance = machine.stance.around(&other.stance);
        machine.confidence = machine.confidence.max(other.confidence);
        machine.ridden = true;
    }
    objects.append(&mut machines);
    objects
}

/// Returns which machine the person sits on, if any: the one most in line.
fn best_seat(person: &Stance, machines: &[Candidate]) -> Option<usize> {
    let offset = |machine: &Stance| (person.x - machine.x).abs();
    machines
        .iter()
        .enumerate()
        .filter(|(_, machine)| sits_on(person, &machine.stance))
        .min_by(|(_, a), (_, b)| offset(&a.stance).total_cmp(&offset(&b.stance)))
        .map(|(index, _)| index)
}

/// Returns whether a person's box is that of someone astride the machine.
///
/// Seen from any side a rider is in line with the machine, head above it, feet at or above its
/// wheels and not below them, and of its scale; a bystander of the same scale stands beside it or
/// lower in the picture.
fn sits_on(person: &Stance, machine: &Stance) -> bool {
    let in_line = (person.x - machine.x).abs() <= 0.35 * machine.width.max(person.width);
    let shared_width = person.right().min(machine.right()) - person.left().max(machine.left());
    let over_it = shared_width >= 0.6 * person.width.min(machine.width);
    let head_above = person.top() <= machine.top() + 0.25 * machine.height;
    let seat_to_wheels = machine.top() + 0.1 * machine.height..=machine.y + 0.08 * machine.height;
    let of_its_scale = (0.5..=2.2).contains(&(person.height / machine.height));
    in_line && over_it && head_above && seat_to_wheels.contains(&person.y) && of_its_scale
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{Bbox, Detection, Looked, Timestamp};

    use super::*;

    fn bbox([left, top, right, bottom]: [f32; 4]) -> Bbox {
        Bbox { left, top, width: right - left, height: bottom - top }
    }

    fn seen(detections: &[(Class, [f32; 4])]) -> Vec<Candidate> {
        let observation = Observation {
            camera: "cam".parse().unwrap(),
            time: Timestamp::from_micros(0),
            clock_error_ms: 0,
            aspect: 1.0,
            looked: Looked::Whole,
            detections: detections
                .iter()
                .map(|&(class, corners)| Detection {
                    bbox: bbox(corners),
                    class,
                    confidence: 0.8,
                    colour: None,
                })
                .collect(),
            model: Arc::from("00"),
        };
        candidates(&observation, 1.0, 0.2)
    }

    fn classes(detections: &[(Class, [f32; 4])]) -> Vec<Class> {
        let mut classes: Vec<_> = seen(detections).iter().map(|found| found.class).collect();
        classes.sort_unstable();
        classes
    }

    const SIDE_VIEW: (Class, [f32; 4]) = (Class::Motorcycle, [0.40, 0.50, 0.58, 0.62]);
    const FRONT_VIEW: (Class, [f32; 4]) = (Class::Motorcycle, [0.45, 0.50, 0.51, 0.62]);

    #[test]
    fn riders_are_part_of_their_machine() {
        let from_side = (Class::Person, [0.44, 0.42, 0.52, 0.59]);
        assert_eq!(classes(&[from_side, SIDE_VIEW]), [Class::Motorcycle]);
        let from_front = (Class::Person, [0.44, 0.40, 0.52, 0.60]);
        assert_eq!(classes(&[from_front, FRONT_VIEW]), [Class::Motorcycle]);
        let pillion = (Class::Person, [0.48, 0.42, 0.55, 0.58]);
        let united = seen(&[from_side, pillion, SIDE_VIEW]);
        assert_eq!(united.len(), 1);
        assert!(united[0].ridden);
        assert!((united[0].stance.top() - 0.42).abs() < 1e-6);
        assert!((united[0].stance.y - 0.62).abs() < 1e-6);
    }

    #[test]
    fn a_person_beside_a_machine_stays_a_person() {
        let both = [Class::Person, Class::Motorcycle];
        for bystander in [
            [0.57, 0.45, 0.64, 0.63],
            [0.33, 0.44, 0.41, 0.62],
            [0.45, 0.52, 0.53, 0.74],
            [0.46, 0.30, 0.51, 0.45],
        ] {
            assert_eq!(classes(&[(Class::Person, bystander), SIDE_VIEW]), both, "{bystander:?}");
        }
    }

    #[test]
    fn two_people_are_not_three() {
        let left = [0.20, 0.2, 0.28, 0.4];
        let right = [0.27, 0.21, 0.34, 0.41];
        let pair = [0.20, 0.2, 0.34, 0.41];
        let found = [left, right, pair].map(|corners| Candidate {
            stance: Stance::of(&bbox(corners), 1.0),
            class: Class::Person,
            confidence: 0.8,
            ridden: false,
            colour: None,
            hidden_to: None,
            covered: 0.0,
        });
        assert_eq!(without_pairs(found.to_vec()), found[..2]);
        assert_eq!(without_pairs(found[1..].to_vec()), found[1..]);
    }

    #[test]
    fn who_stands_behind_another_reaches_down_behind_him_as_far_as_expected() {
        let front = [0.24, 0.60, 0.32, 0.95];
        let behind = [0.25, 0.40, 0.31, 0.65];
        let beside = [0.60, 0.40, 0.66, 0.65];
        let found = seen(&[front, behind, beside].map(|corners| (Class::Person, corners)));
        let of = |corners: [f32; 4]| {
            let stance = Stance::of(&bbox(corners), 1.0);
            found.iter().find(|candidate| candidate.stance == stance).unwrap()
        };
        let expected = Stance { x: 0.28, y: 0.8, width: 0.06, height: 0.4 };
        assert!((of(behind).stance_of(&expected).y - 0.8).abs() < 1e-6);
        let tall = Stance { height: 0.9, ..expected };
        assert!((of(behind).stance_of(&tall).y - 0.95).abs() < 1e-6, "no farther than what hides");
        let small = Stance { height: 0.1, ..expected };
        assert_eq!(of(behind).stance_of(&small), of(behind).stance);
        for seen_whole in [front, beside] {
            assert_eq!(of(seen_whole).stance_of(&expected), of(seen_whole).stance);
        }
    }

    #[test]
    fn two_who_pass_each_other_cover_each_other_and_a_car_covers_nobody() {
        let one = [0.20, 0.2, 0.28, 0.4];
        let other = [0.24, 0.2, 0.32, 0.4];
        let car = [0.1, 0.2, 0.4, 0.4];
        let found = seen(&[(Class::Person, one), (Class::Person, other), (Class::Car, car)]);
        let covered: Vec<_> =
            found.iter().filter(|one| one.class == Class::Person).map(|one| one.covered).collect();
        assert!(covered.len() == 2 && covered.iter().all(|part| (part - 0.5).abs() < 1e-3));
        assert!(found.iter().all(|one| one.class == Class::Person || one.covered < 1e-6));
    }

    #[test]
    fn a_van_and_its_front_are_one_and_a_car_behind_a_van_is_another() {
        let van = [0.32, 0.56, 0.56, 0.86];
        let front = [0.32, 0.61, 0.48, 0.85];
        assert_eq!(seen(&[(Class::Bus, van), (Class::Bus, front)]).len(), 1);
        let behind = [0.34, 0.58, 0.50, 0.76];
        assert_eq!(seen(&[(Class::Bus, van), (Class::Car, behind)]).len(), 2);
        let beside = [0.48, 0.70, 0.64, 0.86];
        assert_eq!(seen(&[(Class::Bus, van), (Class::Car, beside)]).len(), 2);
    }

    #[test]
    fn a_van_seen_twice_is_one() {
        let van = [0.2, 0.2, 0.4, 0.4];
        let again = [0.2, 0.21, 0.4, 0.41];
        assert_eq!(seen(&[(Class::Car, van), (Class::Truck, again)]).len(), 1);
    }
}
