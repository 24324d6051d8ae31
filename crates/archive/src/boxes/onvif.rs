//! Boxes that the ONVIF Export File Format (26.06) adds to an MP4: who exported what (`suep`), when
//! it began (`cstb`), and where it was taken (`loci`, of ETSI TS 126 244 §8.13).

use domain::{Location, Timestamp};

use super::write::{MP4_TO_UNIX_S, TRACK, boxed, full_box, put16, put32, put64};

/// 100-nanosecond intervals from 1601 to 1970.
const UTC_TO_UNIX_100NS: i64 = 116_444_736_000_000_000;
/// Language `und`, three letters of 5 bits.
const UNDETERMINED: u16 = 0x55c4;
/// The location is a real one (ETSI TS 126 244 §8.13: role 1).
const REAL_LOCATION: u8 = 1;

/// Who exports what: the contents of `suep` and `loci`.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportLabel {
    /// The name of what exports: program and site.
    pub unit: String,
    /// Who exports.
    pub operator: String,
    /// When the export began.
    pub time: Timestamp,
    /// The name of the camera.
    pub source: String,
    /// Where the camera stands; the place it looks at is not known.
    pub location: Option<Location>,
}

/// Appends the file's `meta`: `suep` for the one track, and `cstb` with the `origin` of its media
/// timeline.
pub(crate) fn meta(out: &mut Vec<u8>, label: &ExportLabel, origin: Timestamp) {
    full_box(out, *b"meta", 0, 0, |out| {
        full_box(out, *b"hdlr", 0, 0, |out| {
            put32(out, 0);
            out.extend_from_slice(b"null");
            out.extend_from_slice(&[0; 12]);
            out.push(0);
        });
        full_box(out, *b"suep", 1, 0, |out| {
            text(out, &label.unit);
            text(out, ""); // its address
            text(out, ""); // its MAC
            let exported = label.time.as_micros().div_euclid(1_000_000);
            put64(out, exported.saturating_add(MP4_TO_UNIX_S).cast_unsigned());
            text(out, &label.operator);
            put32(out, 1);
            put16(out, u16::try_from(TRACK).unwrap_or(1));
            text(out, &label.source);
            // A camera's address is nobody's business who gets its pictures.
            text(out, "");
            text(out, "");
            text(out, "");
        });
        boxed(out, *b"cstb", |out| {
            put32(out, 1);
            put32(out, TRACK);
            put64(out, since_1601(origin));
        });
    });
}

/// Appends `udta` with `loci`, if the location is known.
pub(crate) fn location(out: &mut Vec<u8>, label: &ExportLabel) {
    let Some(location) = label.location else {
        return;
    };
    boxed(out, *b"udta", |out| {
        full_box(out, *b"loci", 0, 0, |out| {
            put16(out, UNDETERMINED);
            text(out, &label.source);
            out.push(REAL_LOCATION);
            put32(out, fixed(location.lon));
            put32(out, fixed(location.lat));
            put32(out, 0); // altitude: not known
            text(out, "earth");
            text(out, "");
        });
    });
}

/// Returns `time` in 100-nanosecond intervals since 1601, UTC.
fn since_1601(time: Timestamp) -> u64 {
    let intervals = time.as_micros().saturating_mul(10).saturating_add(UTC_TO_UNIX_100NS);
    u64::try_from(intervals).unwrap_or(0)
}

/// Returns degrees as 16.16 bits fixed point, two's complement.
#[allow(clippy::cast_possible_truncation, reason = "degrees are at most 180")]
fn fixed(degrees: f64) -> u32 {
    ((degrees * 65_536.0).round() as i32).cast_unsigned()
}

/// Appends a text with its end; a zero within it would end it early and is left out.
fn text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_utc_of_1601_and_fixed_points_are_as_specified() {
        assert_eq!(since_1601(Timestamp::from_micros(0)), 116_444_736_000_000_000);
        // 2026-03-01T00:00:00.123456Z.
        let time: Timestamp = "2026-03-01T00:00:00.123456Z".parse().unwrap();
        assert_eq!(since_1601(time), 116_444_736_000_000_000 + 17_723_232_001_234_560);
        assert_eq!(fixed(105.5), 0x0069_8000);
        assert_eq!(fixed(-0.5), 0xffff_8000);
    }
}
