//! How long the pictures of a fragment last, in ticks.

use domain::Timestamp;

use super::write::media_time;

/// Returns duration in ticks and size in bytes of every picture, and where the last one ends.
///
/// `start` is the moment that ticks count from, `decode_time` where the first picture begins;
/// `pictures` are times and sizes, in order, and the last one ends at `end`.
pub(crate) fn samples(
    start: Timestamp,
    decode_time: u64,
    pictures: impl Iterator<Item = (Timestamp, usize)> + Clone,
    end: Timestamp,
) -> (Vec<(u32, u32)>, u64) {
    let mut at = decode_time;
    let mut samples = Vec::with_capacity(pictures.size_hint().0);
    let ends = pictures.clone().skip(1).map(|(time, _)| time);
    for ((_, size), end) in pictures.zip(ends.chain([end])) {
        // Two pictures within a tick still follow each other.
        let end = media_time(start, end).max(at + 1);
        let duration = u32::try_from(end - at).unwrap_or(u32::MAX);
        samples.push((duration, u32::try_from(size).unwrap_or(u32::MAX)));
        at = end;
    }
    (samples, at)
}
