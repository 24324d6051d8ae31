//! What DESCRIBE tells of a mount (RFC 4566, with the parameters of RFC 6184 §8 and RFC 7798 §7).

use std::fmt::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rtsp::Codec;

use crate::mount::MountState;

/// The RTP payload type of all video here: the first dynamic one.
pub(crate) const PAYLOAD_TYPE: u8 = 96;

/// The RTP payload type of metadata.
pub(crate) const METADATA_PAYLOAD_TYPE: u8 = 107;

/// Returns the session description, with a track of metadata (ONVIF Streaming Specification
/// §5.2.1.1) where the mount tells some.
pub(crate) fn describe(mount: &MountState, server: IpAddr) -> String {
    let footage = &*mount.footage();

    let (family, any) = match server {
        IpAddr::V4(_) => ("IP4", "0.0.0.0"),
        IpAddr::V6(_) => ("IP6", "::"),
    };
    let encoding = match footage.codec {
        Codec::H264 => "H264",
        Codec::H265 => "H265",
    };
    let mut sdp = format!(
        "v=0\r\n\
         o=- 1 1 IN {family} {server}\r\n\
         s=watchpost-simulator\r\n\
         c=IN {family} {any}\r\n\
         t=0 0\r\n\
         a=control:*\r\n\
         a=range:npt=now-\r\n\
         m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\n\
         a=rtpmap:{PAYLOAD_TYPE} {encoding}/90000\r\n"
    );
    let parameters = match footage.codec {
        Codec::H264 => h264_parameters(&footage.parameter_sets),
        Codec::H265 => h265_parameters(&footage.parameter_sets),
    };
    // Writing to a string cannot fail.
    let _ = write!(
        sdp,
        "a=fmtp:{PAYLOAD_TYPE} {parameters}\r\na=framerate:{:.3}\r\na=control:trackID=0\r\n",
        footage.pictures_per_second()
    );
    if mount.script.is_some() {
        let _ = write!(
            sdp,
            "m=application 0 RTP/AVP {METADATA_PAYLOAD_TYPE}\r\n\
             a=rtpmap:{METADATA_PAYLOAD_TYPE} vnd.onvif.metadata/90000\r\n\
             a=control:trackID=1\r\n"
        );
    }
    sdp
}

fn h264_parameters(parameter_sets: &[Vec<u8>]) -> String {
    let mut parameters = "packetization-mode=1".to_owned();
    let sps = parameter_sets.iter().find(|nal| Codec::H264.nal_type(nal) == 7);
    // profile_idc, constraint flags, level_idc.
    if let Some([_, profile, constraints, level, ..]) = sps.map(Vec::as_slice) {
        let _ = write!(parameters, ";profile-level-id={profile:02X}{constraints:02X}{level:02X}");
    }
    let sets: Vec<String> = parameter_sets
        .iter()
        .filter(|nal| Codec::H264.is_parameter_set(nal))
        .map(|nal| STANDARD.encode(nal))
        .collect();
    let _ = write!(parameters, ";sprop-parameter-sets={}", sets.join(","));
    parameters
}

fn h265_parameters(parameter_sets: &[Vec<u8>]) -> String {
    let of_type = |wanted: u8| {
        let sets: Vec<String> = parameter_sets
            .iter()
            .filter(|nal| Codec::H265.nal_type(nal) == wanted)
            .map(|nal| STANDARD.encode(nal))
            .collect();
        sets.join(",")
    };
    let (vps, sps, pps) = (of_type(32), of_type(33), of_type(34));
    format!("sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}")
}
