//! One RTSP connection: a task that answers requests and, while playing, sends pictures.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rtsp::{Message, Request, Response, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::NAME;
use crate::fault::Fault;
use crate::mount::{MountState, Standing};
use crate::player::Player;
use crate::sdp;
use crate::sender::{Destination, DocumentSender, Sender};
use crate::server::Shared;
use crate::track::{Track, mount_of};

/// How long a closed connection waits for the client to take what is under way.
const LINGER: Duration = Duration::from_secs(1);

/// The methods answered here.
const METHODS: &str =
    "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the client closed it")]
    ClosedByClient,
    #[error("a fault closes it")]
    Fault,
    #[error("nothing was heard for the session's timeout")]
    Silence,
    #[error("the client takes its packets too slowly")]
    Slow,
    #[error(transparent)]
    BadMessage(#[from] rtsp::BadMessage),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What SETUP made.
struct Session {
    id: String,
    mount: Arc<MountState>,
    standing: watch::Receiver<Standing>,
    /// [`Standing::cuts`] when it was made.
    cuts: u64,
    sender: Sender,
    metadata: Option<DocumentSender>,
    player: Option<Player>,
}

impl Session {
    /// Comes back when something else stands at the mount; never without a session.
    async fn changed(session: &mut Option<Self>) {
        if let Some(session) = session
            && session.standing.changed().await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }

    /// Follows what stands at the mount.
    fn follow(&mut self) -> Result<(), End> {
        let standing = self.standing.borrow_and_update().clone();
        if standing.cuts != self.cuts {
            return Err(End::Fault);
        }
        if let Some(player) = &mut self.player {
            player.follow(standing);
        }
        Ok(())
    }

    /// Sends the picture that is due; a client that does not take it in time is cut off.
    async fn send_due(&mut self, writer: &mut OwnedWriteHalf, limit: Duration) -> Result<(), End> {
        let Some(player) = &mut self.player else {
            return Ok(());
        };
        let is_behind = player.next_due().is_some_and(|due| due.elapsed() > limit);
        let sending = player.send_due(&mut self.sender, self.metadata.as_mut(), writer);
        match timeout(limit, sending).await {
            Ok(sent) if !is_behind => Ok(sent?),
            _ => {
                self.mount.note(|status| status.slow_clients += 1);
                Err(End::Slow)
            }
        }
    }
}

/// An RTSP connection.
struct Connection {
    shared: Arc<Shared>,
    client: SocketAddr,
    own: IpAddr,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    inbox: BytesMut,
    /// What this connection's Digest answers must be computed with.
    nonce: String,
    session: Option<Session>,
}

/// Serves a client until it goes, a fault closes the connection, or the simulator stops.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    client: SocketAddr,
    stop: CancellationToken,
) {
    let Ok(own) = stream.local_addr() else {
        return;
    };
    // Without it, the last packet of a picture waits for the acknowledgement of the first.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (reader, writer) = stream.into_split();
    let mut connection = Connection {
        shared,
        client,
        own: own.ip(),
        reader,
        writer,
        inbox: BytesMut::new(),
        nonce: format!("{:032x}", fastrand::u128(..)),
        session: None,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        end = connection.run() => {
            if matches!(end, End::Slow) {
                info!(%client, "client too slow, cut off");
            } else {
                debug!(%client, %end, "connection ended");
            }
            connection.session = None;
            connection.linger().await;
        }
    }
}

impl Connection {
    async fn run(&mut self) -> End {
        loop {
            if let Err(end) = self.step().await {
                return end;
            }
        }
    }

    /// Waits for whatever comes first, and does it.
    async fn step(&mut self) -> Result<(), End> {
        let silence = Instant::now() + self.shared.session_timeout;
        // Only what the client sends ends this loop, so that pictures sent do not count.
        loop {
            let due = self.session.as_ref().and_then(|session| session.player.as_ref()?.next_due());
            let wake = due.map_or(silence, |due| silence.min(due.into()));
            tokio::select! {
                // A change first: a fault holds for all that is answered or sent after it came.
                biased;
                () = Session::changed(&mut self.session) => {
                    if let Some(session) = &mut self.session {
                        session.follow()?;
                    }
                }
                read = self.reader.read_buf(&mut self.inbox) => {
                    if read? == 0 {
                        return Err(End::ClosedByClient);
                    }
                    return self.answer_all().await;
                }
                () = sleep_until(wake) => {
                    let now = Instant::now();
                    if now >= silence {
                        return Err(End::Silence);
                    }
                    if let Some(session) = &mut self.session
                        && due.is_some_and(|due| Instant::from_std(due) <= now)
                    {
                        session.send_due(&mut self.writer, self.shared.slow_client).await?;
                    }
                }
            }
        }
    }

    /// Says that no more will come, and waits for the client to close: closing at once would
    /// throw away what it has not taken yet.
    async fn linger(&mut self) {
        let drained = async {
            self.writer.shutdown().await?;
            loop {
                self.inbox.clear();
                if self.reader.read_buf(&mut self.inbox).await? == 0 {
                    return Ok::<_, io::Error>(());
                }
            }
        };
        // Whatever the outcome, the connection is closed.
        let _ = timeout(LINGER, drained).await;
    }

    async fn answer_all(&mut self) -> Result<(), End> {
        while let Some(message) = rtsp::take(&mut self.inbox)? {
            let Message::Request(request) = message else {
                continue;
            };
            let cseq = request.header("CSeq").unwrap_or("0").to_owned();
            let Some(response) = self.answer(&request).await? else {
                continue;
            };
            let bytes = response.render(&cseq, NAME);
            timeout(self.shared.slow_client, self.writer.write_all(&bytes))
                .await
                .map_err(|_| End::Slow)??;
        }
        Ok(())
    }

    /// Returns the answer, or `None` if there shall be none.
    async fn answer(&mut self, request: &Request) -> Result<Option<Response>, End> {
        let mount = self.shared.mount(mount_of(request));
        if let Some(mount) = &mount {
            if request.method == "DESCRIBE" {
                mount.note(|status| status.describes += 1);
            }
            match mount.fault() {
                Some(Fault::BlackHole) => {
                    mount.note(|status| status.unanswered += 1);
                    return Ok(None);
                }
                Some(Fault::Refuse) => {
                    mount.note(|status| status.unanswered += 1);
                    return Err(End::Fault);
                }
                _ => {}
            }
        }
        // Asked of the server as much as of a mount; cameras answer both to anyone.
        if request.method == "OPTIONS" {
            return Ok(Some(Response::ok().with("Public", METHODS)));
        }
        let Some(mount) = mount else {
            return Ok(Some(Response::new("404 Not Found")));
        };
        if mount.fault() == Some(Fault::NotFound) {
            mount.note(|status| status.not_found += 1);
            return Ok(Some(Response::new("404 Not Found")));
        }
        if let Some(gate) = mount.gate() {
            let authorization = request.header("Authorization");
            if !gate.admits(authorization, &request.method, &self.nonce) {
                mount.note(|status| status.unauthorized += 1);
                let challenge = gate.challenge(&self.nonce);
                let response = Response::new("401 Unauthorized");
                return Ok(Some(response.with("WWW-Authenticate", challenge)));
            }
        }
        let response = match request.method.as_str() {
            "DESCRIBE" => self.describe(request, &mount),
            "SETUP" => self.set_up(request, mount).await,
            "PLAY" | "PAUSE" | "TEARDOWN" | "GET_PARAMETER" | "SET_PARAMETER" => {
                self.in_session(request)
            }
            _ => Response::new("501 Not Implemented"),
        };
        Ok(Some(response))
    }

    fn describe(&self, request: &Request, mount: &MountState) -> Response {
        let base = request.uri.split('?').next().unwrap_or("");
        Response::ok()
            .with("Content-Base", format!("{}/", base.trim_end_matches('/')))
            .body("application/sdp", sdp::describe(mount, self.own))
    }

    async fn set_up(&mut self, request: &Request, mount: Arc<MountState>) -> Response {
        let offers = request.header("Transport").unwrap_or("");
        let Some(transport) = Transport::choose(offers) else {
            return Response::new("461 Unsupported Transport");
        };
        let destination = match transport {
            Transport::Interleaved { rtp, rtcp } => Ok(Destination::Interleaved { rtp, rtcp }),
            Transport::Udp { rtp, rtcp } => {
                Destination::udp(self.own, self.client.ip(), (rtp, rtcp))
            }
        };
        let destination = match destination {
            Ok(destination) => destination,
            Err(error) => {
                info!(%error, "no UDP ports for a session");
                return Response::new("503 Service Unavailable");
            }
        };
        let own_port = destination.own_port();
        let ssrc = match Track::of(request) {
            Track::Video => self.set_up_video(mount, destination),
            Track::Metadata => match self.set_up_metadata(request, &mount, destination) {
                Ok(ssrc) => ssrc,
                Err(refusal) => return refusal,
            },
        };
        let chosen = match transport {
            Transport::Interleaved { rtp, rtcp } => {
                format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}")
            }
            Transport::Udp { rtp, rtcp } => {
                let own_rtcp = own_port.saturating_add(1);
                format!(
                    "RTP/AVP;unicast;client_port={rtp}-{rtcp};server_port={own_port}-{own_rtcp}"
                )
            }
        };
        let chosen = format!("{chosen};ssrc={ssrc:08X}");
        self.with_session(Response::ok()).with("Transport", chosen)
    }

    /// Makes a new session, and returns the SSRC of its pictures.
    fn set_up_video(&mut self, mount: Arc<MountState>, destination: Destination) -> u32 {
        let sender = Sender::new(destination);
        let ssrc = sender.ssrc;
        let standing = mount.standing();
        let cuts = standing.borrow().cuts;
        let id = format!("{:016X}", fastrand::u64(..));
        let (metadata, player) = (None, None);
        self.session = Some(Session { id, mount, standing, cuts, sender, metadata, player });
        ssrc
    }

    /// Adds metadata to the session of the mount's pictures, or makes one for it alone, and returns
    /// its SSRC.
    fn set_up_metadata(
        &mut self,
        request: &Request,
        mount: &Arc<MountState>,
        destination: Destination,
    ) -> Result<u32, Response> {
        if mount.script.is_none() {
            return Err(Response::new("404 Not Found"));
        }
        let given = request.session();
        if given.is_none() && self.session.is_none() {
            self.set_up_video(Arc::clone(mount), Destination::Nowhere);
        }
        let session = self.session.as_mut().filter(|session| {
            let is_it = given.is_none_or(|given| given == session.id);
            let is_alone = matches!(session.sender.destination, Destination::Nowhere);
            is_it && (given.is_some() || is_alone) && Arc::ptr_eq(&session.mount, mount)
        });
        let Some(session) = session.filter(|session| session.player.is_none()) else {
            return Err(Response::new("455 Method Not Valid in This State"));
        };
        let sender = DocumentSender::new(destination, self.shared.payload_limit);
        Ok(session.metadata.insert(sender).ssrc())
    }

    fn in_session(&mut self, request: &Request) -> Response {
        let given = request.session();
        let is_parameter = request.method.ends_with("_PARAMETER");
        let known = self.session.as_ref().map(|session| session.id.as_str());
        if known.is_none() || given != known {
            // Without a session it is a mere sign of life (RFC 2326 §10.8).
            return if is_parameter && given.is_none() {
                Response::ok()
            } else {
                Response::new("454 Session Not Found")
            };
        }
        match request.method.as_str() {
            "PLAY" => self.start_playing(request),
            "PAUSE" => {
                if let Some(session) = &mut self.session {
                    session.player = None;
                }
                self.with_session(Response::ok())
            }
            "TEARDOWN" => {
                let response = self.with_session(Response::ok());
                self.session = None;
                response
            }
            _ => self.with_session(Response::ok()),
        }
    }

    fn start_playing(&mut self, request: &Request) -> Response {
        let Some(session) = &mut self.session else {
            return Response::new("454 Session Not Found");
        };
        let player = session.player.get_or_insert_with(|| {
            Player::start(
                Arc::clone(&session.mount),
                session.standing.borrow_and_update().clone(),
                self.shared.clock,
                self.shared.report_interval,
            )
        });
        if matches!(session.sender.destination, Destination::Nowhere) {
            return self.with_session(Response::ok()).with("Range", "npt=now-");
        }
        let base = request.uri.split('?').next().unwrap_or("");
        let base = base.trim_end_matches('/');
        let track = Track::Video.as_str();
        let base = base.strip_suffix(track).unwrap_or(base);
        let info = format!(
            "url={base}{track};seq={};rtptime={}",
            session.sender.sequence,
            player.next_rtp_timestamp()
        );
        self.with_session(Response::ok()).with("Range", "npt=now-").with("RTP-Info", info)
    }

    /// Adds the session's name and timeout.
    fn with_session(&self, response: Response) -> Response {
        match &self.session {
            Some(session) => {
                // Whole seconds, and at least one: 0 would ask for signs of life without pause.
                let timeout_s = self.shared.session_timeout.as_secs().max(1);
                response.with("Session", format!("{};timeout={timeout_s}", session.id))
            }
            None => response,
        }
    }
}
