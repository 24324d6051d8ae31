//! What a camera sends, put through the readers of this crate: for `fuzz/` alone, which finds what
//! they cannot bear, and for the test that runs its seeds. Nothing of it is part of the interface.

use crate::unfiltered::Unfiltered;

/// Takes `bytes` for NAL units of H.264, each behind its length in two bytes, and has their slices say
/// that they want no loop filter.
///
/// Panics where a slice that says so does not, by what the decoder is given, say so.
pub fn unfiltered(bytes: &[u8]) {
    let (mut given, mut taken) = (Unfiltered::default(), Unfiltered::default());
    let mut rest = bytes;
    while let Some((&length, after)) = rest.split_first_chunk() {
        let (nal, after) = after.split_at(usize::from(u16::from_be_bytes(length)).min(after.len()));
        rest = after;
        let rewritten = given.rewrite(nal);
        let again = taken.rewrite(rewritten.as_deref().unwrap_or(nal));
        assert!(rewritten.is_none() || again.is_none(), "what says so is as it is to be");
    }
}
