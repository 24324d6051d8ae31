//! HLS playlists (RFC 8216) over segment files as they lie on disk: byte ranges, one fragment
//! each.

use std::cmp::Reverse;
use std::fmt::Write as _;

use domain::{Segment, TimeRange, Timestamp};

use crate::recovery::fragment_end;

/// How a playlist names the file of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// As it lies on disk: byte ranges, one fragment each.
    AsItLies {
        /// Where a client finds it.
        uri: String,
    },
    /// A copy that is made of it, as one piece.
    Copy {
        /// Where a client finds what stands before the first picture.
        head: String,
        /// Where it finds the rest.
        body: String,
    },
}

/// Returns a media playlist of the fragments that overlap `range`, in the order of time. `listed`
/// says where a client finds the file of a segment, and what it finds there.
///
/// Every file starts a discontinuity, because its media time starts at zero; a gap within a file
/// too, so that players go on with the wall-clock time (`EXT-X-PROGRAM-DATE-TIME`).
pub fn hls(segments: &[Segment], range: TimeRange, listed: &dyn Fn(&Segment) -> Listed) -> String {
    let mut spans = Spans::default();
    spans.add(segments, range, listed);
    spans.playlist()
}

/// A media playlist of several spans, of several streams perhaps, one after the other.
#[derive(Debug, Default)]
pub struct Spans {
    body: String,
    /// How long the longest piece plays, in microseconds.
    longest_us: u32,
}

impl Spans {
    /// Adds the fragments of `segments` that overlap `range`, as [`hls`] lists them.
    pub fn add(
        &mut self,
        segments: &[Segment],
        range: TimeRange,
        listed: &dyn Fn(&Segment) -> Listed,
    ) {
        let mut segments: Vec<_> = segments.iter().collect();
        // A segment that is just being closed may come twice: the longer one is the newer.
        segments.sort_by_key(|segment| {
            (segment.range.start, segment.id, Reverse(segment.fragments.len()))
        });
        segments.dedup_by_key(|segment| segment.id);
        for segment in segments {
            let longest_us = match listed(segment) {
                Listed::AsItLies { uri } => put_fragments(&mut self.body, segment, range, &uri),
                Listed::Copy { head, body } => {
                    put_copy(&mut self.body, segment, range, (&head, &body))
                }
            };
            self.longest_us = self.longest_us.max(longest_us);
        }
    }

    /// Returns whether nothing was found to be played.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// Returns the playlist.
    pub fn playlist(&self) -> String {
        // RFC 8216 §4.3.3.1: no segment, rounded to whole seconds, is longer than this.
        let target = self.longest_us.max(1_000_000).div_ceil(1_000_000);
        let body = &self.body;
        format!(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-PLAYLIST-TYPE:VOD\n{body}#EXT-X-ENDLIST\n"
        )
    }
}

/// Lists the fragments of a file that overlap `range` by their byte ranges; returns how long the
/// longest plays, in microseconds.
fn put_fragments(body: &mut String, segment: &Segment, range: TimeRange, uri: &str) -> u32 {
    let mut longest_us = 0;
    let mut covered_until: Option<Timestamp> = None;
    for fragment in &segment.fragments {
        let end = fragment_end(fragment);
        if fragment.start >= range.end || range.start >= end {
            continue;
        }
        if covered_until.is_none() {
            if !body.is_empty() {
                body.push_str("#EXT-X-DISCONTINUITY\n");
            }
            let header = segment.header_bytes;
            put(body, format_args!("#EXT-X-MAP:URI=\"{uri}\",BYTERANGE=\"{header}@0\"\n"));
        } else if covered_until != Some(fragment.start) {
            body.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if covered_until != Some(fragment.start) {
            put(body, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}\n", milliseconds(fragment.start)));
        }
        let (seconds, micros) =
            (fragment.duration_us / 1_000_000, fragment.duration_us % 1_000_000);
        put(
            body,
            format_args!(
                "#EXTINF:{seconds}.{micros:06},\n#EXT-X-BYTERANGE:{}@{}\n{uri}\n",
                fragment.bytes, fragment.offset
            ),
        );
        longest_us = longest_us.max(fragment.duration_us);
        covered_until = Some(end);
    }
    longest_us
}

/// Lists a copy of the whole segment, if it has pictures in `range`; returns how long it plays, in
/// microseconds.
fn put_copy(
    body: &mut String,
    segment: &Segment,
    range: TimeRange,
    (head, rest): (&str, &str),
) -> u32 {
    if segment.fragments.is_empty() || !segment.range.overlaps(range) {
        return 0;
    }
    if !body.is_empty() {
        body.push_str("#EXT-X-DISCONTINUITY\n");
    }
    let lasts = segment.range.duration();
    put(
        body,
        format_args!(
            "#EXT-X-MAP:URI=\"{head}\"\n#EXT-X-PROGRAM-DATE-TIME:{}\n#EXTINF:{}.{:06},\n{rest}\n",
            milliseconds(segment.range.start),
            lasts.as_secs(),
            lasts.subsec_micros(),
        ),
    );
    u32::try_from(lasts.as_micros()).unwrap_or(u32::MAX)
}

fn put(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string cannot fail");
}

/// Returns RFC 3339 with milliseconds: some players read no more digits.
pub fn milliseconds(time: Timestamp) -> String {
    let text = Timestamp::from_millis(time.as_millis()).to_string();
    text.strip_suffix("000Z").map_or(text.clone(), |short| format!("{short}Z"))
}
