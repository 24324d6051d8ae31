//! Which mount a request is about, and which of its tracks.

use rtsp::Request;

/// A track of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Track {
    Video,
    Metadata,
}

impl Track {
    const ALL: [Self; 2] = [Self::Video, Self::Metadata];

    /// Returns how it is named, behind the mount's path.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Video => "/trackID=0",
            Self::Metadata => "/trackID=1",
        }
    }

    /// Returns which track of the mount `request` is about; the video where it names none.
    pub(crate) fn of(request: &Request) -> Self {
        let named = |track: &Self| request.path().ends_with(track.as_str());
        Self::ALL.into_iter().find(named).unwrap_or(Self::Video)
    }
}

/// Returns the path of the mount: without host, query, final slash and track.
pub(crate) fn mount_of(request: &Request) -> &str {
    let path = request.path();
    Track::ALL.into_iter().find_map(|track| path.strip_suffix(track.as_str())).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use rtsp::Message;

    use super::*;

    #[test]
    fn a_mount_is_found_whatever_hangs_on_its_path() {
        for (uri, track) in [
            ("rtsp://127.0.0.1:8554/cam1/main", Track::Video),
            ("rtsp://user@[::1]:8554/cam1/main/", Track::Video),
            ("rtsp://host/cam1/main/trackID=0", Track::Video),
            ("rtsp://host/cam1/main/trackID=1/", Track::Metadata),
            ("rtsp://host/cam1/main?transportmode=unicast", Track::Video),
            ("/cam1/main", Track::Video),
        ] {
            let text = format!("DESCRIBE {uri} RTSP/1.0\r\nCSeq: 1\r\n\r\n");
            let taken = rtsp::take(&mut BytesMut::from(text.as_str()));
            let Ok(Some(Message::Request(request))) = taken else { panic!("{uri}") };
            assert_eq!(mount_of(&request), "/cam1/main", "{uri}");
            assert_eq!(Track::of(&request), track, "{uri}");
        }
    }
}
