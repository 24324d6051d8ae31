//! One object, one box: overlapping boxes of a kind, the same object in two views, and a rider
//! with the machine ridden.

use domain::{Bbox, Class, Detection};

/// A detection and the detector input it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sighting {
    pub(crate) detection: Detection,
    /// Which part of the picture it was seen in: which input, and which part there.
    pub(crate) view: (usize, usize),
}

/// Two views see an object a little differently: this overlap (intersection over union), or this
/// share of the smaller box, makes it one. On the demo clip a close-up otherwise added a second box
/// to one object in twelve.
const IOU_BETWEEN_VIEWS: f32 = 0.35;
const CONTAINED: f32 = 0.7;

/// Keeps the surest box of each object, surest first, then joins riders and machines.
pub(crate) fn resolve(mut sightings: Vec<Sighting>, iou: f32) -> Vec<Detection> {
    sightings.sort_by(|a, b| b.detection.confidence.total_cmp(&a.detection.confidence));
    let mut kept: Vec<Sighting> = Vec::with_capacity(sightings.len());
    for sighting in sightings {
        if !kept.iter().any(|other| are_one(other, &sighting, iou)) {
            kept.push(sighting);
        }
    }
    let mut detections: Vec<Detection> = kept.into_iter().map(|kept| kept.detection).collect();
    join_riders(&mut detections);
    detections
}

fn are_one(a: &Sighting, b: &Sighting, iou: f32) -> bool {
    if kind(a.detection.class) != kind(b.detection.class) {
        return false;
    }
    let (a_box, b_box) = (&a.detection.bbox, &b.detection.bbox);
    if a.view == b.view {
        return a_box.iou(b_box) > iou;
    }
    // Also a part seen in a close-up of what the other view shows whole, or the other way round.
    let smaller = a_box.area().min(b_box.area());
    a_box.iou(b_box) > IOU_BETWEEN_VIEWS || a_box.intersection_area(b_box) > CONTAINED * smaller
}

/// Classes that detectors take for one another count as one kind.
fn kind(class: Class) -> Class {
    match class {
        Class::Bus | Class::Truck => Class::Car,
        Class::Bicycle => Class::Motorcycle,
        other => other,
    }
}

/// Joins each bicycle or motorcycle with the persons on it: one object, the machine.
fn join_riders(detections: &mut Vec<Detection>) {
    let machines: Vec<usize> = (0..detections.len())
        .filter(|&index| matches!(detections[index].class, Class::Bicycle | Class::Motorcycle))
        .collect();
    let mut is_rider = vec![false; detections.len()];
    for machine in machines {
        let seat = detections[machine].bbox;
        for index in 0..detections.len() {
            let person = detections[index];
            if person.class == Class::Person && !is_rider[index] && rides(&person.bbox, &seat) {
                is_rider[index] = true;
                let joined = union(&detections[machine].bbox, &person.bbox);
                let surest = detections[machine].confidence.max(person.confidence);
                detections[machine].bbox = joined;
                detections[machine].confidence = surest;
            }
        }
    }
    let mut index = 0;
    detections.retain(|_| {
        index += 1;
        !is_rider[index - 1]
    });
}

/// Returns whether a person sits or stands on a machine: over it from side to side, not below its
/// wheels nor clear above it, and of a size with it. Someone beside it fails the first, someone
/// behind or before it the second.
fn rides(person: &Bbox, machine: &Bbox) -> bool {
    let middle = person.left + person.width / 2.0;
    let is_over = middle > machine.left + 0.1 * machine.width
        && middle < machine.right() - 0.1 * machine.width;
    let feet = person.bottom();
    let feet_on_it = feet > machine.top + 0.35 * machine.height
        && feet < machine.bottom() + 0.05 * machine.height;
    let sits_higher = person.top < machine.top + 0.15 * machine.height;
    let of_a_size = person.height < 2.5 * machine.height && person.width < 1.3 * machine.width;
    let overlaps = person.intersection_area(machine) > 0.25 * person.area();
    is_over && feet_on_it && sits_higher && of_a_size && overlaps
}

fn union(a: &Bbox, b: &Bbox) -> Bbox {
    let (left, top) = (a.left.min(b.left), a.top.min(b.top));
    Bbox {
        left,
        top,
        width: a.right().max(b.right()) - left,
        height: a.bottom().max(b.bottom()) - top,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(class: Class, bounds: [f32; 4], confidence: f32, view: usize) -> Sighting {
        let [left, top, width, height] = bounds;
        let bbox = Bbox { left, top, width, height };
        Sighting { detection: Detection { bbox, class, confidence, colour: None }, view: (0, view) }
    }

    #[test]
    fn a_car_taken_for_a_truck_as_well_is_one_object() {
        let found = resolve(
            vec![
                sighting(Class::Truck, [0.1, 0.1, 0.2, 0.2], 0.5, 0),
                sighting(Class::Car, [0.11, 0.1, 0.2, 0.2], 0.6, 0),
                sighting(Class::Person, [0.1, 0.1, 0.2, 0.2], 0.4, 0),
                sighting(Class::Person, [0.5, 0.1, 0.1, 0.2], 0.4, 0),
            ],
            0.6,
        );
        let classes: Vec<Class> = found.iter().map(|found| found.class).collect();
        assert_eq!(classes, [Class::Car, Class::Person, Class::Person]);
    }

    #[test]
    fn a_part_in_a_close_up_is_the_object_of_the_whole_view() {
        let whole = sighting(Class::Car, [0.1, 0.1, 0.3, 0.3], 0.8, 0);
        let part = [0.15, 0.15, 0.1, 0.1];
        assert_eq!(resolve(vec![whole, sighting(Class::Car, part, 0.7, 1)], 0.6).len(), 1);
        assert_eq!(resolve(vec![whole, sighting(Class::Car, part, 0.7, 0)], 0.6).len(), 2);
    }

    #[test]
    fn a_rider_is_part_of_the_machine_and_a_person_beside_it_is_not() {
        let machine = [0.40, 0.50, 0.10, 0.20];
        let rider = [0.42, 0.38, 0.06, 0.25];
        let beside = [0.52, 0.40, 0.05, 0.30];
        let behind = [0.43, 0.20, 0.05, 0.28];
        let found = resolve(
            vec![
                sighting(Class::Motorcycle, machine, 0.5, 0),
                sighting(Class::Person, rider, 0.7, 0),
                sighting(Class::Person, beside, 0.6, 0),
                sighting(Class::Person, behind, 0.4, 0),
            ],
            0.6,
        );
        assert_eq!(found.len(), 3);
        let joined = found.iter().find(|found| found.class == Class::Motorcycle).unwrap();
        assert!((joined.bbox.top - 0.38).abs() < 1e-6 && (joined.bbox.bottom() - 0.7).abs() < 1e-6);
        assert!((joined.confidence - 0.7).abs() < f32::EPSILON);
    }
}
