//! Files that were altered to harm: an answer or an error, never a panic, never memory without
//! end.

use std::fs;

use archive::clip::Clip;
use archive::{fsck, gop};
use domain::{SegmentState, TimeRange};
use proptest::prelude::*;

use crate::support::{Camera, Site, close, folder};

/// Records two GOPs.
fn recorded(site: &Site) {
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
}

/// How a file is altered.
#[derive(Debug, Clone)]
enum Harm {
    Byte { at: usize, value: u8 },
    Word { at: usize, value: u32 },
    Cut { at: usize },
    Insert { at: usize, bytes: Vec<u8> },
}

fn harm() -> impl Strategy<Value = Harm> {
    let words = prop_oneof![
        Just(0),
        Just(1),
        Just(7),
        Just(8),
        Just(u32::MAX),
        Just(0x7fff_ffff),
        any::<u32>()
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, value)| Harm::Byte { at, value }),
        (any::<usize>(), words).prop_map(|(at, value)| Harm::Word { at, value }),
        any::<usize>().prop_map(|at| Harm::Cut { at }),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(at, bytes)| Harm::Insert { at, bytes }),
    ]
}

fn apply(bytes: &mut Vec<u8>, harm: &Harm) {
    let place = |at: usize, len: usize| at % (len + 1);
    match harm {
        Harm::Byte { at, value } => {
            let at = place(*at, bytes.len());
            bytes.splice(at..(at + 1).min(bytes.len()), [*value]);
        }
        Harm::Word { at, value } => {
            let at = place(*at, bytes.len());
            bytes.splice(at..(at + 4).min(bytes.len()), value.to_be_bytes());
        }
        Harm::Cut { at } => bytes.truncate(place(*at, bytes.len())),
        Harm::Insert { at, bytes: inserted } => {
            let at = place(*at, bytes.len());
            bytes.splice(at..at, inserted.iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_a_reader_panic(
        harms in prop::collection::vec(harm(), 1..4),
        lie in any::<(u64, u32, u32)>(),
        lies in any::<bool>(),
    ) {
        let folder = folder();
        let site = Site::new(&[folder.path()]);
        recorded(&site);
        let (path, mut segment) = site.footage().remove(0);
        let mut bytes = fs::read(&path).unwrap();
        harms.iter().for_each(|harm| apply(&mut bytes, harm));
        fs::write(&path, &bytes).unwrap();
        if lies {
            segment.fragments[1].offset = lie.0;
            segment.fragments[1].bytes = lie.1;
            segment.fragments[1].duration_us = lie.2;
        }

        if let Ok(clip) = Clip::new(vec![(path.clone(), segment.clone())], TimeRange::ALL) {
            let mut buffer = [0; 4096];
            let mut offset = 0;
            while let Ok(count @ 1..) = clip.read(offset, &mut buffer) {
                offset += u64::try_from(count).unwrap();
            }
        }
        let _ = gop::read(&path, &segment, segment.range.start);
        for fragment in &segment.fragments {
            let _ = gop::keyframe(&path, fragment);
        }
        let _ = fsck::check(&site.config.volumes, std::slice::from_ref(&segment), true, &mut |_, _| {});

        site.ledger.change(|rows| {
            rows.segments.get_mut(&segment.id).unwrap().state = SegmentState::Open;
        });
        close(site.open());
        let rows = site.ledger.closed();
        let report = fsck::check(&site.config.volumes, &rows, true, &mut |_, _| {});
        prop_assert!(report.is_clean(), "{:?}", report);
    }
}
