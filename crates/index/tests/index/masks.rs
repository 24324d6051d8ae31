//! A mask that was once in force is known for as long as the index is.

use domain::{AuditEntry, MaskHistory, Point, Polygon};
use index::{AuditTrail, Custody};

use crate::footage::minute;
use crate::made::{camera, open};

fn link(before: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = *before;
    hash[0] ^= u8::try_from(entry.seq).unwrap();
    hash
}

fn square(left: f32) -> Polygon {
    let corners = [[left, 0.0], [left + 0.1, 0.0], [left + 0.1, 0.1], [left, 0.1]];
    Polygon::new(corners.map(Point::from).to_vec()).unwrap()
}

#[test]
fn every_change_of_masks_is_a_version_and_stands_in_the_audit_trail() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    let by = "watchpost".parse().unwrap();
    let put = |at: u64, first: &[f32], second: &[f32]| {
        let polygons = |lefts: &[f32]| lefts.iter().copied().map(square).collect::<Vec<_>>();
        let wanted = [(camera(1), polygons(first)), (camera(2), polygons(second))];
        index.custody().put_masks(&wanted, &by, minute(at), link).unwrap()
    };
    let counted = || AuditTrail::open(folder.path()).unwrap().counted().unwrap();
    // A camera that comes without masks changes nothing that anybody must know.
    assert_eq!((put(1, &[], &[0.1]), counted()), (2, 1));
    assert_eq!((put(2, &[], &[0.1]), counted()), (0, 1));
    assert_eq!((put(3, &[0.3], &[]), counted()), (2, 3));
    // One that has left the configuration keeps its masks.
    assert_eq!(index.custody().put_masks(&[], &by, minute(4), link).unwrap(), 0);

    let beside = Custody::open(folder.path()).unwrap().masks().unwrap();
    assert_eq!(beside, index.custody().masks().unwrap());
    let history = |number| beside.of(&camera(number)).unwrap();
    let current = |number| history(number).current().unwrap();
    assert_eq!((current(1).number, current(1).since), (2, minute(3)));
    assert_eq!(current(1).polygons, [square(0.3)]);
    assert_eq!(history(2).at(minute(2)), [square(0.1)]);
    assert!(history(2).at(minute(60)).is_empty());
    assert_eq!([1, 2, 3].map(|number| beside.revision(&camera(number))), [2, 2, 0]);
    assert!(beside.of(&camera(3)).is_none());
    assert!(MaskHistory::default().current().is_none());
}
