//! What the simulator reads: it stands on developers' machines and listens there, too.

use simulator::{Codec, mp4};

pub(crate) fn control(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    simulator::fuzzing::commands(text);
    simulator::fuzzing::script(text);
}

pub(crate) fn rtsp(bytes: &[u8]) {
    simulator::fuzzing::requests(bytes);
}

/// The `moov` of somebody's clip, of a file that is larger by far.
pub(crate) fn footage(bytes: &[u8]) {
    let file_bytes = 1 << 30;
    let Ok(track) = mp4::parse_moov(bytes, file_bytes) else { return };
    assert!(matches!(track.codec, Codec::H264 | Codec::H265));
    for sample in &track.samples {
        let end = sample.offset.checked_add(sample.size.into());
        assert!(end.is_some_and(|end| end <= file_bytes), "{sample:?}");
    }
}
