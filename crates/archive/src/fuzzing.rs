//! A file on a volume, put through the readers of this crate: for `fuzz/` alone, which finds what
//! they cannot bear, and for the test that runs its seeds. Nothing of it is part of the interface.

use std::fs::{self, File};
use std::path::Path;

use bytes::Bytes;
use domain::{
    CameraId, Codec, Segment, SegmentId, SegmentState, StreamId, TimeRange, Timestamp, VolumeId,
};

use crate::boxes::sample_entry;
use crate::clip::Clip;
use crate::recovery::{recover_file, scan};
use crate::{VolumeConfig, fsck, gop, keyframe};

/// Where the file lies below the volume: as a recording does.
const PATH: &str = "gate/main/2026-03-01/00-00-00.mp4";

/// Takes `bytes` for a file that was being written when the power went: looks through it, recovers
/// it, compares it with its row and reads it as clip, GOP and keyframe. `volume` is an empty folder,
/// and is left with one file at most.
///
/// Panics where what was recovered is not whole.
pub fn segment(volume: &Path, bytes: &[u8]) {
    let path = volume.join(PATH);
    let folder = path.parent().expect("it has folders");
    fs::create_dir_all(folder).expect("the volume can be written");
    fs::write(&path, bytes).expect("the volume can be written");
    let Ok(Some(segment)) = recover_file(&path, row()) else { return };
    let file = File::open(&path).expect("what was recovered is there");
    let size = file.metadata().expect("it is a file").len();
    assert_eq!(size, segment.bytes, "a row says how long its file is");
    let found = scan(&file, size).expect("what was recovered can be read");
    assert!(found.damage.is_none() && found.end == size, "what was recovered is whole");
    assert_eq!(found.fragments, segment.fragments);
    let _ = sample_entry::codec_data(&segment.sample_entry);
    let config = VolumeConfig {
        id: segment.volume.clone(),
        path: volume.to_owned(),
        keep_free_bytes: 0,
        direct_io: false,
    };
    let report = fsck::check(&[config], std::slice::from_ref(&segment), true, &mut |_, _| {});
    assert!(report.is_clean(), "{report:?}");
    read(&path, &segment);
    // A row that says more than its file holds.
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("the volume can be written");
    read(&path, &segment);
}

/// Reads all that can be read of a file with this row.
fn read(path: &Path, segment: &Segment) {
    if let Ok(clip) = Clip::new(vec![(path.to_owned(), segment.clone())], TimeRange::ALL) {
        let mut buffer = vec![0; 1 << 16];
        let mut offset = 0;
        while let Ok(count @ 1..) = clip.read(offset, &mut buffer) {
            offset += u64::try_from(count).unwrap_or(u64::MAX);
        }
        assert!(offset <= clip.len(), "a clip is as long as it says");
    }
    let _ = gop::read(path, segment, segment.range.start);
    let _ = keyframe::read(path, segment, segment.range.start);
    for fragment in &segment.fragments {
        let _ = gop::keyframe(path, fragment);
    }
}

fn row() -> Segment {
    let camera: CameraId = "gate".parse().expect("a camera's name");
    let volume: VolumeId = "disk".parse().expect("a volume's name");
    let start = Timestamp::from_micros(0);
    Segment {
        id: SegmentId(1),
        stream: StreamId::main(camera),
        volume,
        path: PATH.to_owned(),
        range: TimeRange { start, end: start },
        codec: Codec::H264,
        width: 640,
        height: 480,
        rfc6381: String::new(),
        sample_entry: Bytes::new(),
        bytes: 0,
        header_bytes: 0,
        fragments: Vec::new(),
        sha256: None,
        state: SegmentState::Open,
    }
}
