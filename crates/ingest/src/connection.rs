//! From a URL to a playing RTSP session.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::Codec;
use retina::client::{
    Demuxed, Described, InitialTimestampPolicy, PlayOptions, Session, SessionGroup, SessionOptions,
    SetupOptions, Stream, TcpTransportOptions, UdpTransportOptions, UnknownRtcpSsrcPolicy,
};
use retina::codec::FrameFormat;
use tokio::time::timeout;

use crate::error::{SessionError, is_one_bad_packet};
use crate::{StreamSettings, Transport};

/// A session that plays, and which of its streams were asked for.
pub(crate) struct Connection {
    pub(crate) demuxed: Demuxed,
    pub(crate) video: usize,
    pub(crate) codec: Codec,
    pub(crate) metadata: Option<MetadataStream>,
}

/// The stream of a session in which metadata comes.
pub(crate) struct MetadataStream {
    /// How retina's errors name it.
    named: String,
}

impl MetadataStream {
    /// Returns whether `error` is about this stream: its text says so in a line of its own.
    fn is_meant(&self, error: &retina::Error) -> bool {
        error.to_string().lines().any(|line| line == self.named)
    }
}

impl Connection {
    /// Returns whether `error` is of a packet of metadata, and nothing more than that.
    pub(crate) fn is_of_metadata(&self, error: &retina::Error) -> bool {
        let metadata = self.metadata.as_ref();
        is_one_bad_packet(error) && metadata.is_some_and(|metadata| metadata.is_meant(error))
    }
}

/// Whether metadata is asked for, and what became of it.
#[derive(Debug, Default)]
pub(crate) struct MetadataWish {
    pub(crate) wanted: bool,
    /// The camera was asked for it: should the session come to nothing, this may be why.
    pub(crate) tried: bool,
    /// Why there is none, although it was wanted.
    pub(crate) missing: Option<String>,
}

/// Connects and starts the video stream, waiting at most `patience` for each step.
///
/// `group` learns of sessions that end, so that their end can be awaited.
pub(crate) async fn open(
    settings: &StreamSettings,
    group: &Arc<SessionGroup>,
    patience: Duration,
    wish: &mut MetadataWish,
) -> Result<Connection, SessionError> {
    let url = settings.bare_url();
    if url.scheme() != "rtsp" {
        return Err(SessionError::BadUrl("only rtsp:// is understood"));
    }
    if url.host().is_none() {
        return Err(SessionError::BadUrl("it names no host"));
    }
    let options = SessionOptions::default()
        .creds(credentials(settings))
        .user_agent("Watchpost".to_owned())
        .session_group(Arc::clone(group));

    let describe = Session::describe(url, options);
    let mut session = step("DESCRIBE", patience, describe).await?;
    let (video, codec) = choose_video(session.streams())?;
    let setup = session.setup(
        video,
        SetupOptions::default()
            .transport(transport(settings.transport))
            .frame_format(FrameFormat::MP4),
    );
    step("SETUP", patience, setup).await?;
    let metadata = if wish.wanted {
        set_up_metadata(settings, &mut session, patience, wish).await?
    } else {
        None
    };
    let play = session.play(
        PlayOptions::default()
            .initial_timestamp(InitialTimestampPolicy::Ignore)
            // Each stream has its own channels or ports, so there is no doubt whose report it is,
            // and some cameras report under another SSRC than they send under.
            .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::ProcessPackets),
    );
    let playing = step("PLAY", patience, play).await?;
    let demuxed = playing.demuxed().map_err(|error| SessionError::from_request(&error, "PLAY"))?;
    Ok(Connection { demuxed, video, codec, metadata })
}

/// Sets up the camera's metadata beside its pictures; a camera that has or gives none does without.
async fn set_up_metadata(
    settings: &StreamSettings,
    session: &mut Session<Described>,
    patience: Duration,
    wish: &mut MetadataWish,
) -> Result<Option<MetadataStream>, SessionError> {
    // Compressed kinds (`vnd.onvif.metadata.gzip`, `.exi.…`) are not read.
    let is_metadata = |stream: &Stream| {
        stream.media() == "application" && stream.encoding_name() == "vnd.onvif.metadata"
    };
    let Some(index) = session.streams().iter().position(is_metadata) else {
        wish.missing = Some("the camera offers none".to_owned());
        return Ok(None);
    };
    wish.tried = true;
    let options = SetupOptions::default().transport(transport(settings.transport));
    match timeout(patience, session.setup(index, options)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = SessionError::from_request(&error, "SETUP");
            wish.missing = Some(settings.without_credentials(&error.to_string()));
            return Ok(None);
        }
        // An answer may still come, in the place of another.
        Err(_) => {
            return Err(SessionError::NoAnswer { step: "SETUP", seconds: patience.as_secs() });
        }
    }
    let context = session.streams().get(index).and_then(Stream::ctx);
    let named = context.map(|context| format!("stream: {context}")).unwrap_or_default();
    Ok(Some(MetadataStream { named }))
}

async fn step<T>(
    name: &'static str,
    patience: Duration,
    request: impl Future<Output = Result<T, retina::Error>>,
) -> Result<T, SessionError> {
    match timeout(patience, request).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(SessionError::from_request(&error, name)),
        Err(_) => Err(SessionError::NoAnswer { step: name, seconds: patience.as_secs() }),
    }
}

/// Chooses the first video stream that can be recorded.
fn choose_video(streams: &[Stream]) -> Result<(usize, Codec), SessionError> {
    for (index, stream) in streams.iter().enumerate() {
        let codec = match (stream.media(), stream.encoding_name()) {
            ("video", "h264") => Codec::H264,
            ("video", "h265") => Codec::H265,
            _ => continue,
        };
        return Ok((index, codec));
    }
    let offered: Vec<String> = streams
        .iter()
        .take(8)
        .map(|stream| format!("{}/{}", stream.media(), stream.encoding_name()))
        .map(|name| name.chars().filter(|c| !c.is_control()).take(32).collect())
        .collect();
    Err(SessionError::NoVideo(match offered.as_slice() {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    }))
}

fn transport(transport: Transport) -> retina::client::Transport {
    match transport {
        Transport::Tcp => retina::client::Transport::Tcp(TcpTransportOptions::default()),
        Transport::Udp => retina::client::Transport::Udp(UdpTransportOptions::default()),
    }
}

/// Returns the credentials configured, or those someone left in the URL after all.
fn credentials(settings: &StreamSettings) -> Option<retina::client::Credentials> {
    if let Some(credentials) = &settings.credentials {
        return Some(retina::client::Credentials {
            username: credentials.username.clone(),
            password: credentials.password.expose().to_owned(),
        });
    }
    let username = settings.url.username();
    (!username.is_empty()).then(|| retina::client::Credentials {
        username: username.to_owned(),
        password: settings.url.password().unwrap_or_default().to_owned(),
    })
}
