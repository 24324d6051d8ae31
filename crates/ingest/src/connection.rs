//! From a URL to a playing RTSP session.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::{Codec, VideoFormat};
use futures::StreamExt as _;
use futures::stream::ReadyChunks;
use retina::client::{
    Described, InitialTimestampPolicy, PlayOptions, Playing, Session, SessionGroup, SessionOptions,
    SetupOptions, Stream, TcpTransportOptions, UdpTransportOptions, UnknownRtcpSsrcPolicy,
};
use tokio::time::timeout;

use crate::depacketizer::Depacketizer;
use crate::error::SessionError;
use crate::format::video_format;
use crate::parameter_sets::ParameterSets;
use crate::{StreamSettings, Transport};

/// What one reading of the socket yields, about: handing packets on one by one cost 6 % of all CPU
/// time (256 streams).
const PACKETS_AT_ONCE: usize = 32;

/// A session that plays, which of its streams holds the pictures, and what puts them together.
pub(crate) struct Connection {
    pub(crate) packets: ReadyChunks<Session<Playing>>,
    pub(crate) video: usize,
    pub(crate) depacketizer: Depacketizer,
}

/// A session that plays metadata alone, packet by packet.
pub(crate) type MetadataSession = Session<Playing>;

/// Connects and starts the video stream, waiting at most `patience` for each step.
///
/// `group` learns of sessions that end, so that their end can be awaited.
pub(crate) async fn open(
    settings: &StreamSettings,
    group: &Arc<SessionGroup>,
    patience: Duration,
) -> Result<Connection, SessionError> {
    let mut session = describe(settings, group, patience).await?;
    let (video, codec) = choose_video(session.streams())?;
    let format = described_format(&session, video, codec);
    let options = SetupOptions::default().transport(transport(settings.transport));
    step("SETUP", patience, session.setup(video, options)).await?;
    let session = play(session, patience).await?;
    let depacketizer = Depacketizer::new(codec, format);
    Ok(Connection { packets: session.ready_chunks(PACKETS_AT_ONCE), video, depacketizer })
}

/// Connects and starts the metadata stream alone; `None` if the camera offers none.
pub(crate) async fn open_metadata(
    settings: &StreamSettings,
    group: &Arc<SessionGroup>,
    patience: Duration,
) -> Result<Option<MetadataSession>, SessionError> {
    let mut session = describe(settings, group, patience).await?;
    // Compressed kinds (`vnd.onvif.metadata.gzip`, `.exi.…`) are not read.
    let is_metadata = |stream: &Stream| {
        stream.media() == "application" && stream.encoding_name() == "vnd.onvif.metadata"
    };
    let Some(index) = session.streams().iter().position(is_metadata) else {
        return Ok(None);
    };
    let options = SetupOptions::default().transport(transport(settings.transport));
    step("SETUP", patience, session.setup(index, options)).await?;
    play(session, patience).await.map(Some)
}

async fn describe(
    settings: &StreamSettings,
    group: &Arc<SessionGroup>,
    patience: Duration,
) -> Result<Session<Described>, SessionError> {
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

    step("DESCRIBE", patience, Session::describe(url, options)).await
}

async fn play(
    session: Session<Described>,
    patience: Duration,
) -> Result<Session<Playing>, SessionError> {
    let play = session.play(
        PlayOptions::default()
            .initial_timestamp(InitialTimestampPolicy::Ignore)
            // Each stream has its own channels or ports, so there is no doubt whose report it is,
            // and some cameras report under another SSRC than they send under.
            .unknown_rtcp_ssrc(UnknownRtcpSsrcPolicy::ProcessPackets),
    );
    step("PLAY", patience, play).await
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

/// Returns the format that the session's description tells of a stream, if it does; retina leaves it
/// out where there are several parameter sets of a kind.
fn described_format(
    session: &Session<Described>,
    video: usize,
    codec: Codec,
) -> Option<VideoFormat> {
    let stream = session.streams().get(video)?;
    if let Some(parameters) = stream.parameters() {
        return video_format(codec, Some(parameters));
    }
    let sets = ParameterSets::described(codec, session.sdp(), stream.rtp_payload_type());
    // What makes no sense may still come with the pictures.
    sets.format(sets.sequence_of(None)).ok().flatten()
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
