//! The `Transport` header of SETUP (RFC 2326 §12.39): how a client wants its packets.

/// How packets go to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Between the answers on the RTSP connection, on these channels.
    Interleaved {
        /// For RTP.
        rtp: u8,
        /// For RTCP.
        rtcp: u8,
    },
    /// As datagrams to these ports of the client.
    Udp {
        /// For RTP.
        rtp: u16,
        /// For RTCP.
        rtcp: u16,
    },
}

impl Transport {
    /// Returns the first of the client's offers that can be met.
    pub fn choose(header: &str) -> Option<Self> {
        header.split(',').find_map(|offer| Self::parse(offer.trim()))
    }

    /// Returns the first of them that stays on the RTSP connection.
    pub fn choose_interleaved(header: &str) -> Option<Self> {
        let met = header.split(',').filter_map(|offer| Self::parse(offer.trim()));
        met.into_iter().find(|offer| matches!(offer, Self::Interleaved { .. }))
    }

    fn parse(offer: &str) -> Option<Self> {
        let mut parts = offer.split(';').map(str::trim);
        let profile = parts.next()?.to_ascii_uppercase();
        let mut ports = None;
        let mut channels = None;
        for part in parts {
            if part.eq_ignore_ascii_case("multicast") {
                return None;
            }
            match part.split_once('=') {
                Some(("client_port", value)) => ports = Some(pair(value)?),
                Some(("interleaved", value)) => channels = Some(pair(value)?),
                _ => {}
            }
        }
        match profile.as_str() {
            "RTP/AVP/TCP" => {
                let (rtp, rtcp) = channels.unwrap_or((0, 1));
                Some(Self::Interleaved {
                    rtp: u8::try_from(rtp).ok()?,
                    rtcp: u8::try_from(rtcp).ok()?,
                })
            }
            "RTP/AVP" | "RTP/AVP/UDP" => {
                let (rtp, rtcp) = ports?;
                (rtp != 0 && rtcp != 0).then_some(Self::Udp { rtp, rtcp })
            }
            _ => None,
        }
    }
}

/// Reads `4-5`, or `4` for the same.
fn pair(text: &str) -> Option<(u16, u16)> {
    match text.split_once('-') {
        Some((first, second)) => Some((first.parse().ok()?, second.parse().ok()?)),
        None => {
            let first: u16 = text.parse().ok()?;
            Some((first, first.checked_add(1)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offer_that_can_be_met_is_chosen() {
        let tcp = "RTP/AVP;multicast;client_port=1-2, RTP/AVP/TCP;unicast;interleaved=2-3";
        let chosen = Transport::choose(tcp);
        assert_eq!(chosen, Some(Transport::Interleaved { rtp: 2, rtcp: 3 }));
        let udp = "RTP/AVP;unicast;client_port=5000";
        let chosen = Transport::choose(udp);
        assert_eq!(chosen, Some(Transport::Udp { rtp: 5000, rtcp: 5001 }));
        let both = format!("{udp},RTP/AVP/TCP");
        let chosen = Transport::choose_interleaved(&both);
        assert_eq!(chosen, Some(Transport::Interleaved { rtp: 0, rtcp: 1 }));
        assert_eq!(Transport::choose_interleaved(udp), None);
        for bad in ["", "RTP/SAVP", "RTP/AVP;unicast", "RTP/AVP/TCP;interleaved=300-301"] {
            assert_eq!(Transport::choose(bad), None, "{bad}");
        }
    }
}
