//! Sender reports: how a receiver learns the wall-clock time of a picture (RFC 3550 §6.4.1).

/// What a sender report says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderReport {
    pub(crate) ssrc: u32,
    /// Wall-clock time of the report, as an NTP timestamp.
    pub(crate) ntp: u64,
    /// The same moment in RTP time.
    pub(crate) rtp_timestamp: u32,
    /// RTP packets sent so far.
    pub(crate) packets: u32,
    /// Bytes of RTP payload sent so far.
    pub(crate) octets: u32,
}

/// The canonical name of the source; its length and the end mark fill whole words.
const CNAME: &[u8; 19] = b"watchpost-simulator";

impl SenderReport {
    /// Returns the report as a compound packet with the source's name, as RFC 3550 §6.1 wants.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(60);
        // Version 2, no padding, no reception reports; type 200; 7 words follow the first.
        bytes.extend_from_slice(&[0x80, 200, 0, 6]);
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(&self.ntp.to_be_bytes());
        bytes.extend_from_slice(&self.rtp_timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.packets.to_be_bytes());
        bytes.extend_from_slice(&self.octets.to_be_bytes());
        // One source; type 202; SSRC, then item CNAME (1), its length, its text and end marks.
        bytes.extend_from_slice(&[0x81, 202, 0, 7]);
        bytes.extend_from_slice(&self.ssrc.to_be_bytes());
        bytes.extend_from_slice(&[1, 19]);
        bytes.extend_from_slice(CNAME);
        bytes.extend_from_slice(&[0; 3]);
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
        let bytes = report.pack();
        let first = (usize::from(bytes[3]) + 1) * 4;
        assert_eq!(first, 28);
        let second = (usize::from(bytes[first + 3]) + 1) * 4;
        assert_eq!(first + second, bytes.len());
        assert_eq!(bytes[16..20], 90_000_u32.to_be_bytes());
    }
}
