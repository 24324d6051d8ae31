//! A file that another took the place of is found, whatever that is: of the same length, a recording
//! itself, or the same one with other pictures.

use std::fs;
use std::time::Duration;

use archive::fsck::{Problem, check};
use domain::Segment;

use crate::support::{Camera, Site, close, folder};

/// Records some minutes of two cameras, the second an hour later: files of the same lengths.
fn recorded(site: &Site) {
    let archive = site.open();
    let mut gate = Camera::new("gate");
    let mut yard = Camera::new("yard");
    yard.time = yard.time.plus(Duration::from_secs(3600));
    for camera in [&mut gate, &mut yard] {
        camera.gop = 25;
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(25 * 200).into_iter().for_each(|unit| recorder.write(unit));
    }
    close(archive);
}

#[test]
fn what_took_the_place_of_a_file_is_found() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    recorded(&site);
    let rows = site.ledger.closed();
    let of = |camera: &str| -> Vec<&Segment> {
        rows.iter().filter(|row| row.stream.camera.as_str() == camera).collect()
    };
    let (own, other) = (of("gate"), of("yard"));
    let bytes_of = |row: &Segment| fs::read(site.file(row)).unwrap();
    let (row, whole) = (own[1], bytes_of(own[1]));
    let twin = other.iter().find(|twin| twin.bytes == row.bytes).expect("one of the same length");
    let payload =
        usize::try_from(row.fragments[0].offset + u64::from(row.fragments[0].bytes)).unwrap();
    let mut pictures = whole.clone();
    pictures[payload - 20..payload].fill(0x5a);
    let mut name = whole.clone();
    let at = name.windows(4).position(|kind| kind == b"hdlr").unwrap();
    name[at + 8] ^= 1;

    // What took its place, and what a look at the boxes alone says of it.
    let table: [(&str, Vec<u8>, Option<Problem>); 6] = [
        ("other bytes of the same length", vec![0x5a; whole.len()], Some(Problem::Damaged)),
        ("nothing but zeros", vec![0; whole.len()], Some(Problem::Damaged)),
        ("the other camera's file of the same length", bytes_of(twin), Some(Problem::Damaged)),
        ("an earlier file of its own", bytes_of(own[0]), Some(Problem::Damaged)),
        ("its own with other pictures", pictures, None),
        ("its own with a header that nobody reads changed", name, None),
    ];
    for (what, bytes, shallow) in table {
        fs::write(site.file(row), bytes).unwrap();
        let found = |deep: bool| {
            let report = check(&site.config.volumes, &rows, deep, &mut |_, _| {});
            assert!(
                report.findings.iter().all(|finding| finding.segment == Some(row.id)),
                "{what}"
            );
            report.findings
        };
        let deep = found(true);
        let hash = deep.iter().find(|finding| finding.problem == Problem::WrongHash);
        let hash = hash.unwrap_or_else(|| panic!("{what}: {deep:?}"));
        assert_eq!(hash.path.to_str(), Some(row.path.as_str()), "{what} is named");
        let looked = found(false);
        assert_eq!(
            looked.iter().any(|finding| Some(finding.problem) == shallow),
            shallow.is_some(),
            "{what}: {looked:?}"
        );
        fs::write(site.file(row), &whole).unwrap();
    }
    // The two exchanged: both are found.
    fs::write(site.file(row), bytes_of(twin)).unwrap();
    fs::write(site.file(twin), &whole).unwrap();
    let report = check(&site.config.volumes, &rows, true, &mut |_, _| {});
    for row in [row, *twin] {
        let is_it = |finding: &archive::fsck::Finding| {
            finding.segment == Some(row.id) && finding.problem == Problem::WrongHash
        };
        assert!(report.findings.iter().any(is_it), "{report:?}");
    }
}
