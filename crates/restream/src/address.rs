//! What an address names: `/live/{camera}[/main|/sub]`, and its only track.

use domain::{CameraId, StreamRole};
use rtsp::Request;

/// The only track of a session.
pub(crate) const TRACK: &str = "trackID=0";

/// A stream, as an address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) camera: CameraId,
    pub(crate) role: Option<StreamRole>,
}

impl Address {
    /// Reads what a request is about; `None` if it names no stream.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let mut names = path_of(request).strip_prefix("/live/")?.split('/');
        let camera = names.next()?.parse().ok()?;
        let role = match names.next() {
            None => None,
            Some("main") => Some(StreamRole::Main),
            Some("sub") => Some(StreamRole::Sub),
            Some(_) => return None,
        };
        names.next().is_none().then_some(Self { camera, role })
    }
}

/// Returns the path without the track that clients hang on it.
fn path_of(request: &Request) -> &str {
    let path = request.path();
    path.strip_suffix(TRACK).and_then(|path| path.strip_suffix('/')).unwrap_or(path)
}

/// Returns whether privacy masks are to be lifted.
pub(crate) fn lifts_masks(request: &Request) -> bool {
    request.query().split('&').any(|part| part == "masks=off")
}

/// Returns the address that the track's is relative to.
pub(crate) fn base_of(request: &Request) -> String {
    let address = request.uri.split('?').next().unwrap_or("").trim_end_matches('/');
    let address = address.strip_suffix(TRACK).map_or(address, |base| base.trim_end_matches('/'));
    format!("{address}/")
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use rtsp::Message;

    use super::*;

    fn request(uri: &str) -> Request {
        let text = format!("SETUP {uri} RTSP/1.0\r\n\r\n");
        match rtsp::take(&mut BytesMut::from(text.as_str())) {
            Ok(Some(Message::Request(request))) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stream_is_named_with_or_without_its_role_and_track() {
        let gate = |role| Some(Address { camera: "gate-01".parse().unwrap(), role });
        for (uri, expected) in [
            ("rtsp://h:8554/live/gate-01", gate(None)),
            ("rtsp://lan:x@h/live/gate-01/", gate(None)),
            ("rtsp://h/live/gate-01/main", gate(Some(StreamRole::Main))),
            ("rtsp://h/live/gate-01/sub/trackID=0", gate(Some(StreamRole::Sub))),
            ("rtsp://h/live/gate-01/trackID=0?masks=off", gate(None)),
            ("rtsp://h/live", None),
            ("rtsp://h/live/", None),
            ("rtsp://h/live/gate-01/other", None),
            ("rtsp://h/live/gate-01/main/more", None),
            ("rtsp://h/live/..%2f", None),
            ("rtsp://h/other/gate-01", None),
            ("*", None),
        ] {
            assert_eq!(Address::of(&request(uri)), expected, "{uri}");
        }
        assert!(lifts_masks(&request("rtsp://h/live/gate-01?masks=off")));
        assert!(!lifts_masks(&request("rtsp://h/live/gate-01?masks=offset")));
    }

    #[test]
    fn the_track_hangs_on_the_base() {
        for uri in ["rtsp://h/live/gate", "rtsp://h/live/gate/", "rtsp://h/live/gate/trackID=0"] {
            assert_eq!(base_of(&request(uri)), "rtsp://h/live/gate/");
        }
    }
}
