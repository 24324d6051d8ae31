//! Cuts NAL units into RTP payloads: RFC 6184 for H.264, RFC 7798 for H.265.

use crate::nal::Codec;

/// H.264 STAP-A and FU-A (RFC 6184 §5.7.1, §5.8).
const H264_STAP_A: u8 = 24;
const H264_FU_A: u8 = 28;
/// H.265 aggregation packet and fragmentation unit (RFC 7798 §4.4.2, §4.4.3).
const H265_AP: u8 = 48;
const H265_FU: u8 = 49;

/// RTP payloads one after the other in one buffer.
#[derive(Debug, Default)]
pub struct Payloads {
    /// All payloads' bytes.
    pub bytes: Vec<u8>,
    /// Where each payload ends.
    pub ends: Vec<usize>,
}

impl Payloads {
    /// Adds one picture's NAL units as payloads of at most `limit` bytes. Neighbouring parameter
    /// sets share a payload when they fit; NAL units larger than the limit are fragmented. NAL units
    /// that are not longer than their header hold nothing, and are left out.
    pub fn push_access_unit(&mut self, codec: Codec, nals: &[&[u8]], limit: usize) {
        let mut rest = nals;
        while let Some(nal) = rest.first() {
            if nal.len() <= codec.header_len() {
                rest = &rest[1..];
                continue;
            }
            let sets = rest.iter().take_while(|nal| is_full_set(codec, nal)).count();
            let aggregate_len: usize = rest[..sets].iter().map(|nal| nal.len() + 2).sum();
            if sets > 1 && codec.header_len() + aggregate_len <= limit {
                self.push_aggregate(codec, &rest[..sets]);
                rest = &rest[sets..];
                continue;
            }
            if nal.len() <= limit {
                self.bytes.extend_from_slice(nal);
                self.end();
            } else {
                self.push_fragments(codec, nal, limit);
            }
            rest = &rest[1..];
        }
    }

    /// Forgets all payloads, and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Returns the payloads in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ends.iter().enumerate().map(|(index, &end)| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..end]
        })
    }

    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn push_aggregate(&mut self, codec: Codec, nals: &[&[u8]]) {
        match codec {
            Codec::H264 => {
                // The highest nal_ref_idc of those inside.
                let importance = nals.iter().map(|nal| nal[0] & 0x60).max().unwrap_or(0);
                self.bytes.push(importance | H264_STAP_A);
            }
            // Layer 0, temporal layer 1: the lowest there are.
            Codec::H265 => self.bytes.extend_from_slice(&[H265_AP << 1, 1]),
        }
        for nal in nals {
            let len = u16::try_from(nal.len()).expect("an aggregate is smaller than a packet");
            self.bytes.extend_from_slice(&len.to_be_bytes());
            self.bytes.extend_from_slice(nal);
        }
        self.end();
    }

    fn push_fragments(&mut self, codec: Codec, nal: &[u8], limit: usize) {
        let header_len = codec.header_len();
        let (header, body) = nal.split_at(header_len);
        let nal_type = codec.nal_type(nal);
        let pieces = body.chunks(limit - header_len - 1);
        let last = pieces.len() - 1;
        for (index, piece) in pieces.enumerate() {
            match codec {
                Codec::H264 => self.bytes.push(header[0] & 0xe0 | H264_FU_A),
                Codec::H265 => {
                    let first = header[0] & 0x81 | H265_FU << 1;
                    self.bytes.extend_from_slice(&[first, header[1]]);
                }
            }
            let start = if index == 0 { 0x80 } else { 0 };
            let end = if index == last { 0x40 } else { 0 };
            self.bytes.push(start | end | nal_type);
            self.bytes.extend_from_slice(piece);
            self.end();
        }
    }
}

fn is_full_set(codec: Codec, nal: &[u8]) -> bool {
    codec.is_parameter_set(nal) && nal.len() > codec.header_len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Puts payloads together again, as a receiver does.
    fn unpack(codec: Codec, payloads: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut nals: Vec<Vec<u8>> = Vec::new();
        for payload in payloads {
            let header_len = codec.header_len();
            let kind = codec.nal_type(payload);
            let (aggregate, fragment) = match codec {
                Codec::H264 => (H264_STAP_A, H264_FU_A),
                Codec::H265 => (H265_AP, H265_FU),
            };
            if kind == aggregate {
                let mut rest = &payload[header_len..];
                while !rest.is_empty() {
                    let len = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
                    nals.push(rest[2..2 + len].to_vec());
                    rest = &rest[2 + len..];
                }
            } else if kind == fragment {
                let unit = payload[header_len];
                if unit & 0x80 != 0 {
                    let mut header = payload[..header_len].to_vec();
                    header[0] = match codec {
                        Codec::H264 => payload[0] & 0xe0 | unit & 0x1f,
                        Codec::H265 => payload[0] & 0x81 | (unit & 0x3f) << 1,
                    };
                    nals.push(header);
                }
                let body = &payload[header_len + 1..];
                nals.last_mut().unwrap().extend_from_slice(body);
            } else {
                nals.push(payload.to_vec());
            }
        }
        nals
    }

    fn codec() -> impl Strategy<Value = Codec> {
        prop_oneof![Just(Codec::H264), Just(Codec::H265)]
    }

    #[test]
    fn what_holds_nothing_is_left_out() {
        for (codec, nal) in [(Codec::H264, &[0x65_u8, 1][..]), (Codec::H265, &[38, 1, 2])] {
            let header = &nal[..codec.header_len()];
            let mut payloads = Payloads::default();
            payloads.push_access_unit(codec, &[&[], header, nal], 100);
            assert_eq!(payloads.iter().collect::<Vec<_>>(), [nal]);
        }
    }

    proptest! {
        #[test]
        fn what_is_cut_can_be_put_together(
            codec in codec(),
            bodies in prop::collection::vec((0_u8..24, prop::collection::vec(any::<u8>(), 1..900)), 1..8),
            limit in 64_usize..300,
        ) {
            let nals: Vec<Vec<u8>> = bodies
                .into_iter()
                .map(|(kind, body)| {
                    let mut nal = match codec {
                        Codec::H264 => vec![0x60 | kind.max(1)],
                        Codec::H265 => vec![(kind + 12) << 1, 1],
                    };
                    nal.extend(body);
                    nal
                })
                .collect();
            let slices: Vec<&[u8]> = nals.iter().map(Vec::as_slice).collect();
            let mut payloads = Payloads::default();
            payloads.push_access_unit(codec, &slices, limit);
            let cut: Vec<&[u8]> = payloads.iter().collect();
            prop_assert!(cut.iter().all(|payload| payload.len() <= limit));
            prop_assert_eq!(unpack(codec, &cut), nals);
        }
    }
}
