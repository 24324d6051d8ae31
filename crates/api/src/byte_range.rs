//! Which bytes of a representation a client asks for (RFC 9110 §13 and §14).

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// What a request asks of a representation of known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it.
    Whole,
    /// These bytes; never empty, always within.
    Part(Range<u64>),
    /// Bytes beyond the end only.
    Nothing,
    /// The client holds it already.
    Unchanged,
}

/// Returns what `headers` ask of a representation called `etag` that has `length` bytes.
///
/// Several ranges at once, other units and what is not understood are answered whole, as
/// RFC 9110 §14.2 allows.
pub(crate) fn asked(headers: &HeaderMap, etag: &str, length: u64) -> Asked {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|known| lists(known, etag)) {
        return Asked::Unchanged;
    }
    let still_the_same = text(header::IF_RANGE).is_none_or(|known| known == etag);
    match text(header::RANGE) {
        Some(range) if still_the_same => part(range, length),
        _ => Asked::Whole,
    }
}

fn lists(known: &str, etag: &str) -> bool {
    known
        .split(',')
        .map(str::trim)
        .any(|entry| entry == "*" || entry.trim_start_matches("W/") == etag)
}

fn part(text: &str, length: u64) -> Asked {
    let Some((unit, spans)) = text.split_once('=') else {
        return Asked::Whole;
    };
    let Some((first, last)) = spans.trim().split_once('-') else {
        return Asked::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") || spans.contains(',') {
        return Asked::Whole;
    }
    match (number(first), number(last)) {
        (Number::Absent, Number::Is(suffix)) => {
            let start = length.saturating_sub(suffix);
            within(start, length, length)
        }
        (Number::Is(start), Number::Absent) => within(start, length, length),
        (Number::Is(start), Number::Is(last)) if start <= last => {
            within(start, last.saturating_add(1), length)
        }
        _ => Asked::Whole,
    }
}

fn within(start: u64, end: u64, length: u64) -> Asked {
    let end = end.min(length);
    if start < end { Asked::Part(start..end) } else { Asked::Nothing }
}

enum Number {
    Absent,
    Is(u64),
    Wrong,
}

fn number(text: &str) -> Number {
    if text.is_empty() {
        return Number::Absent;
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Wrong;
    }
    // Digits only, so it can only be too large.
    Number::Is(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn ask(pairs: &[(HeaderName, &str)]) -> Asked {
        let headers =
            pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        asked(&headers, "\"a\"", 1000)
    }

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        let range = |text| ask(&[(header::RANGE, text)]);
        assert_eq!(range("bytes=0-0"), Asked::Part(0..1));
        assert_eq!(range("bytes=990-"), Asked::Part(990..1000));
        assert_eq!(range("bytes=-10"), Asked::Part(990..1000));
        assert_eq!(range("bytes=-5000"), Asked::Part(0..1000));
        assert_eq!(range("bytes=500-99999999999999999999999"), Asked::Part(500..1000));
        assert_eq!(range("bytes=1000-"), Asked::Nothing);
        assert_eq!(range("bytes=-0"), Asked::Nothing);
        for whole in [
            "bytes=5-2",
            "bytes=0-1,5-6",
            "bytes=",
            "bytes=-",
            "lines=0-1",
            "bytes=+1-2",
            "0-1",
            "bytes=0x1-2",
        ] {
            assert_eq!(range(whole), Asked::Whole, "{whole}");
        }
    }

    #[test]
    fn a_changed_representation_is_sent_whole() {
        let part = [(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"a\"")];
        assert_eq!(ask(&part), Asked::Part(0..10));
        let changed = [(header::RANGE, "bytes=0-9"), (header::IF_RANGE, "\"b\"")];
        assert_eq!(ask(&changed), Asked::Whole);
        assert_eq!(ask(&[(header::IF_NONE_MATCH, "\"b\", W/\"a\"")]), Asked::Unchanged);
    }
}
