//! What DESCRIBE tells of a stream (RFC 4566, with the parameters of RFC 6184 §8 and RFC 7798 §7).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::VideoFormat;
use rtsp::Codec;

use crate::address::TRACK;

/// The RTP payload type of the pictures: the first dynamic one.
pub(crate) const PAYLOAD_TYPE: u8 = 96;

/// Returns how RTP calls the codec of `format`.
pub(crate) fn codec_of(format: &VideoFormat) -> Codec {
    match format.codec {
        domain::Codec::H264 => Codec::H264,
        domain::Codec::H265 => Codec::H265,
    }
}

/// Returns the parameter sets of `format`.
pub(crate) fn parameter_sets(format: &VideoFormat) -> Vec<&[u8]> {
    let codec = codec_of(format);
    let mut sets = rtsp::units_of_record(codec, &format.codec_data);
    sets.retain(|nal| codec.is_parameter_set(nal));
    sets
}

/// Returns the description of a stream called `name` that comes from `server`.
pub(crate) fn describe(name: &str, format: &VideoFormat, server: IpAddr) -> String {
    let (family, any) = match server {
        IpAddr::V4(_) => ("IP4", "0.0.0.0"),
        IpAddr::V6(_) => ("IP6", "::"),
    };
    let codec = codec_of(format);
    let (encoding, parameters) = match codec {
        Codec::H264 => ("H264", h264_parameters(format)),
        Codec::H265 => ("H265", h265_parameters(format)),
    };
    let VideoFormat { width, height, .. } = format;
    format!(
        "v=0\r\n\
         o=- 1 1 IN {family} {server}\r\n\
         s={name}\r\n\
         c=IN {family} {any}\r\n\
         t=0 0\r\n\
         a=tool:Watchpost\r\n\
         a=control:*\r\n\
         a=range:npt=now-\r\n\
         m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\n\
         a=rtpmap:{PAYLOAD_TYPE} {encoding}/90000\r\n\
         a=fmtp:{PAYLOAD_TYPE} {parameters}\r\n\
         a=framesize:{PAYLOAD_TYPE} {width}-{height}\r\n\
         a=recvonly\r\n\
         a=control:{TRACK}\r\n"
    )
}

fn h264_parameters(format: &VideoFormat) -> String {
    let sets = parameter_sets(format);
    let sps = sets.iter().find(|nal| Codec::H264.is_sequence_parameter_set(nal));
    // profile_idc, constraint flags, level_idc.
    let profile = match sps {
        Some([_, profile, constraints, level, ..]) => {
            format!(";profile-level-id={profile:02X}{constraints:02X}{level:02X}")
        }
        _ => String::new(),
    };
    let encoded = encoded(&sets, |_| true);
    format!("packetization-mode=1{profile};sprop-parameter-sets={encoded}")
}

fn h265_parameters(format: &VideoFormat) -> String {
    let sets = parameter_sets(format);
    let of_type = |wanted: u8| encoded(&sets, |nal| Codec::H265.nal_type(nal) == wanted);
    format!("sprop-vps={};sprop-sps={};sprop-pps={}", of_type(32), of_type(33), of_type(34))
}

fn encoded(sets: &[&[u8]], is_wanted: impl Fn(&[u8]) -> bool) -> String {
    let wanted = sets.iter().filter(|nal| is_wanted(nal));
    wanted.map(|nal| STANDARD.encode(nal)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_learns_its_parameter_sets() {
        let record =
            [1, 0x4d, 0x40, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x4d, 0x40, 0x1f, 1, 0, 2, 0x68, 1];
        let mut format = VideoFormat {
            codec: domain::Codec::H264,
            width: 640,
            height: 480,
            sample_entry: bytes::Bytes::new(),
            codec_data: bytes::Bytes::copy_from_slice(&record),
            rfc6381: String::new(),
        };
        let text = describe("gate", &format, IpAddr::from([127, 0, 0, 1]));
        let parameters = "a=fmtp:96 packetization-mode=1;profile-level-id=4D401F;\
                          sprop-parameter-sets=Z01AHw==,aAE=\r\n";
        assert!(text.contains(parameters), "{text}");
        let mut record = vec![1; 22];
        record.push(1);
        record.extend([33, 0, 1, 0, 3, 0x42, 1, 7]);
        format.codec = domain::Codec::H265;
        format.codec_data = record.into();
        let text = describe("gate", &format, IpAddr::from([127, 0, 0, 1]));
        assert!(text.contains("a=fmtp:96 sprop-vps=;sprop-sps=QgEH;sprop-pps=\r\n"), "{text}");
    }
}
