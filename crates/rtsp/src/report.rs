//! Sender reports: how a receiver learns the wall-clock time of a picture (RFC 3550 §6.4.1).

/// What a sender report says.
#[derive(Debug, Clone, Copy)]
pub struct SenderReport {
    /// The source of the packets.
    pub ssrc: u32,
    /// Wall-clock time of the report, as an NTP timestamp.
    pub ntp: u64,
    /// The same moment in RTP time.
    pub rtp_timestamp: u32,
    /// RTP packets sent so far.
    pub packets: u32,
    /// Bytes of RTP payload sent so far.
    pub octets: u32,
}

/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_TO_UNIX_S: u64 = 2_208_988_800;
/// Bytes of a source's name that are told.
const LONGEST_NAME: usize = 64;

/// Returns a wall-clock time as a 64-bit NTP timestamp: seconds since 1900 and their fraction
/// (RFC 3550 §4). Times before 1970 count as 1970.
pub fn ntp(unix_us: i64) -> u64 {
    let micros = u64::try_from(unix_us).unwrap_or(0);
    let seconds = (micros / 1_000_000).wrapping_add(NTP_TO_UNIX_S) & 0xffff_ffff;
    let fraction = ((micros % 1_000_000) << 32) / 1_000_000;
    (seconds << 32) | fraction
}

impl SenderReport {
    /// Returns the report as a compound packet with the source's canonical name, as RFC 3550 §6.1
    /// wants; of a long name what it begins with.
    pub fn pack(&self, name: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        // Version 2, no padding, no reception reports; type 200; 7 words, less one.
        bytes.extend_from_slice(&[0x80, 200, 0, 6]);
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(&self.ntp.to_be_bytes());
        bytes.extend_from_slice(&self.rtp_timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.packets.to_be_bytes());
        bytes.extend_from_slice(&self.octets.to_be_bytes());
        let name = name.as_bytes();
        let name = &name[..name.len().min(LONGEST_NAME)];
        // SSRC, then item CNAME (1), its length, its text, and end marks up to a whole word.
        let mut chunk = self.ssrc.to_be_bytes().to_vec();
        chunk.extend_from_slice(&[1, u8::try_from(name.len()).unwrap_or(0)]);
        chunk.extend_from_slice(name);
        chunk.resize((chunk.len() / 4 + 1) * 4, 0);
        // One source; type 202; words, less one.
        let words = u8::try_from(chunk.len() / 4).unwrap_or(0);
        bytes.extend_from_slice(&[0x81, 202, 0, words]);
        bytes.extend_from_slice(&chunk);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_whole_words() {
        let report =
            SenderReport { ssrc: 7, ntp: 1 << 32, rtp_timestamp: 90_000, packets: 3, octets: 4 };
        for name in ["", "a", "watchpost", "watchpost-simulator", &"x".repeat(300)] {
            let bytes = report.pack(name);
            let first = (usize::from(bytes[3]) + 1) * 4;
            assert_eq!(first, 28);
            let second = (usize::from(bytes[first + 3]) + 1) * 4;
            assert_eq!(first + second, bytes.len());
            assert_eq!(bytes.last(), Some(&0), "the list of items has its end mark");
            assert_eq!(bytes[16..20], 90_000_u32.to_be_bytes());
        }
    }

    #[test]
    fn ntp_counts_from_1900() {
        assert_eq!(ntp(0), NTP_TO_UNIX_S << 32);
        assert_eq!(ntp(500_000), (NTP_TO_UNIX_S << 32) | 0x8000_0000);
    }
}
