//! The few MP4 boxes of a recording: written here, and read back as hostile bytes.
//!
//! ISO/IEC 14496-12 names them: `ftyp` and `moov` once, then for each fragment `prft` (the
//! wall-clock time of its first picture), `moof` (sizes and durations) and `mdat` (the pictures).

pub(crate) mod onvif;
pub(crate) mod read;
pub(crate) mod sample_entry;
pub(crate) mod samples;
pub(crate) mod write;

use domain::Timestamp;

/// Ticks per second of every track we write.
pub(crate) const TIMESCALE: u32 = 90_000;

/// Seconds from 1900 (NTP) to 1970 (Unix), RFC 5905 §6.
const NTP_TO_UNIX_S: i64 = 2_208_988_800;

/// Returns how many whole ticks fit in `micros`.
pub(crate) fn ticks(micros: u64) -> u64 {
    let ticks = u128::from(micros) * 9 / 100;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Returns `ticks` in microseconds, rounded down; saturates.
pub(crate) fn micros(ticks: u64) -> u64 {
    let micros = u128::from(ticks) * 100 / 9;
    u64::try_from(micros).unwrap_or(u64::MAX)
}

/// Returns `time` as a 64-bit NTP timestamp, rounded so that [`from_ntp`] gives it back.
pub(crate) fn to_ntp(time: Timestamp) -> u64 {
    let micros = time.as_micros();
    let seconds = micros.div_euclid(1_000_000).wrapping_add(NTP_TO_UNIX_S);
    // The seconds wrap into the era that `from_ntp` guesses (RFC 5905 §6).
    let seconds = u64::try_from(seconds.rem_euclid(1 << 32)).unwrap_or(0);
    let fraction = u64::try_from(micros.rem_euclid(1_000_000)).unwrap_or(0);
    (seconds << 32) | ((fraction << 32).div_ceil(1_000_000))
}

/// Returns the moment an NTP timestamp stands for, taken to lie from 1968 to 2104.
pub(crate) fn from_ntp(ntp: u64) -> Timestamp {
    let seconds = i64::try_from(ntp >> 32).unwrap_or(0);
    let era = if seconds < 1 << 31 { 1 << 32 } else { 0 };
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    let fraction = i64::try_from(fraction).unwrap_or(0);
    Timestamp::from_micros((seconds + era - NTP_TO_UNIX_S) * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_ntp_to_the_microsecond() {
        let moments = [
            0,
            1,
            999_999,
            1_772_323_200_123_457,
            2_085_978_495_999_999, // the last microsecond of NTP era 0, in February 2036
            2_085_978_496_000_000,
            4_000_000_000_000_001,
        ];
        for micros in moments {
            let time = Timestamp::from_micros(micros);
            assert_eq!(from_ntp(to_ntp(time)), time);
        }
    }

    #[test]
    fn ticks_and_microseconds_agree_within_a_tick() {
        for micros_in in [0, 1, 11, 12, 40_000, 33_366, 59_999_999] {
            let back = micros(ticks(micros_in));
            assert!(back <= micros_in && micros_in - back <= 12, "{micros_in}");
        }
        assert_eq!(ticks(u64::MAX), u64::MAX / 100 * 9 + 1);
    }
}
