//! One RTSP connection: a task that answers requests and, while playing, sends pictures.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::BytesMut;
use rtsp::digest::{self, Algorithm};
use rtsp::{BadMessage, Message, Request, Response, Transport};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::address::{Address, TRACK, base_of, lifts_masks};
use crate::credentials::Credentials;
use crate::destination::Destination;
use crate::encryption::{Encryption, Reader, Writer, stand};
use crate::refusal::Refusal;
use crate::sdp;
use crate::server::{Client, Restream};
use crate::source::{Asked, Seen, Ticket, View};
use crate::track::Track;

/// How we call ourselves.
const SERVER: &str = "Watchpost";
/// The methods answered here.
const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN";
/// What clients are told they sign in to.
const REALM: &str = "Watchpost";
/// Requests that may be refused on one connection, one after the other.
const MOST_REFUSED: u32 = 10;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the client closed it")]
    ClosedByClient,
    #[error("nobody said who they are")]
    Stranger,
    #[error("nothing was heard for the session's time-out")]
    Silence,
    #[error("the client takes its packets too slowly")]
    Slow,
    #[error("the client has done with it")]
    TornDown,
    #[error("too many requests were refused")]
    Refused,
    #[error("the pictures are coded otherwise than was told")]
    OtherCodec,
    #[error("{0}")]
    Over(&'static str),
    #[error(transparent)]
    BadMessage(#[from] BadMessage),
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::Slow } else { Self::Io(error) }
    }
}

/// One who has connected.
pub(crate) struct Arrived {
    pub(crate) stream: TcpStream,
    pub(crate) client: SocketAddr,
    /// What encrypts what they say, if anything.
    pub(crate) encryption: Option<Encryption>,
    /// Their place among those who do not watch yet.
    pub(crate) place: OwnedSemaphorePermit,
}

/// An RTSP connection.
struct Connection {
    server: Arc<Restream>,
    client: SocketAddr,
    own: IpAddr,
    /// Whether nobody on the way can read it: then pictures leave on it alone, not as datagrams.
    is_encrypted: bool,
    reader: Reader,
    writer: Writer,
    inbox: BytesMut,
    /// Its place among those who do not watch: who does has a seat with the source.
    waiting: Option<OwnedSemaphorePermit>,
    opened: Instant,
    /// When the client last said or took something.
    heard: Instant,
    refused: u32,
    /// What Digest is answered for; good on this connection only.
    nonce: String,
    admitted: Option<Admitted>,
    session: Option<Session>,
}

/// Who was let in, with what they showed.
struct Admitted {
    authorization: String,
    address: Address,
    lifts_masks: bool,
    ticket: Arc<dyn Ticket>,
}

/// What SETUP made.
struct Session {
    id: String,
    ticket: Arc<dyn Ticket>,
    destination: Destination,
    track: Track,
    buffer: Vec<u8>,
    playing: Option<Playing>,
}

struct Playing {
    view: Box<dyn View>,
    _client: Client,
}

/// Serves a client until it goes, or `stop` falls.
pub(crate) async fn serve(server: Arc<Restream>, arrived: Arrived, stop: CancellationToken) {
    let Arrived { stream, client, encryption, place } = arrived;
    let Ok(own) = stream.local_addr() else { return };
    // Without it, the last packet of a picture waits for the acknowledgement of the first.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let now = Instant::now();
    let shaken = timeout(server.patience.stranger, stand(stream, encryption.as_ref()));
    let shaken = tokio::select! {
        () = stop.cancelled() => return,
        shaken = shaken => shaken,
    };
    let Ok(Ok((reader, writer))) = shaken else {
        server.refused("handshake");
        debug!(%client, "restream: no TLS handshake");
        return;
    };
    let mut connection = Connection {
        server,
        client,
        own: own.ip(),
        is_encrypted: encryption.is_some(),
        reader,
        writer,
        inbox: BytesMut::new(),
        waiting: Some(place),
        opened: now,
        heard: now,
        refused: 0,
        nonce: format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)),
        admitted: None,
        session: None,
    };
    let end = tokio::select! {
        () = stop.cancelled() => return,
        end = connection.run() => end,
    };
    match &end {
        End::Slow => {
            connection.server.client_cut_off();
            info!(%client, "restream: client too slow, cut off");
        }
        End::BadMessage(_) => {
            connection.server.bad_request();
            debug!(%client, %end, "restream: connection ended");
            connection.say(&Response::new("400 Bad Request"), "0").await.unwrap_or_default();
        }
        _ => debug!(%client, %end, "restream: connection ended"),
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
        let patience = &self.server.patience;
        let (limit, end) = match &self.admitted {
            None => (self.opened + patience.stranger, End::Stranger),
            Some(_) => (self.heard + patience.silence, End::Silence),
        };
        tokio::select! {
            read = self.reader.read_buf(&mut self.inbox) => {
                if read? == 0 {
                    return Err(End::ClosedByClient);
                }
                self.heard = Instant::now();
                self.answer_all().await
            }
            seen = seen(&mut self.session) => self.show(seen).await,
            () = sleep_until(limit) => Err(end),
        }
    }

    async fn show(&mut self, seen: Option<Seen>) -> Result<(), End> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let picture = match seen {
            Some(Seen::Picture(picture)) => picture,
            Some(Seen::LeftOut(pictures)) => {
                metrics::counter!("watchpost_restream_left_out_pictures_total").increment(pictures);
                return Ok(());
            }
            Some(Seen::Ended(why)) => return Err(End::Over(why)),
            // A report of the client's.
            None => {
                self.heard = Instant::now();
                return Ok(());
            }
        };
        if !session.track.takes(&picture.format) {
            return Err(End::OtherCodec);
        }
        let packets = session.track.packets(&picture);
        let (writer, buffer) = (&mut self.writer, &mut session.buffer);
        let slow = self.server.patience.slow;
        let sent = session.destination.send(writer, buffer, packets, slow).await?;
        if matches!(session.destination, Destination::Interleaved { .. }) {
            self.heard = Instant::now();
        }
        let sent = u64::try_from(sent).unwrap_or(u64::MAX);
        metrics::counter!("watchpost_restream_bytes_total").increment(sent);
        Ok(())
    }

    async fn answer_all(&mut self) -> Result<(), End> {
        while let Some(message) = rtsp::take(&mut self.inbox)? {
            let Message::Request(request) = message else { continue };
            let cseq = request.header("CSeq").unwrap_or("0").to_owned();
            let response = match self.answer(&request).await {
                Ok(response) => {
                    self.refused = 0;
                    response
                }
                Err(refusal) => {
                    self.server.refused(refusal.name());
                    self.refused += 1;
                    match refusal {
                        Refusal::NotSignedIn => self.challenged(refusal.response()),
                        refusal => refusal.response(),
                    }
                }
            };
            self.say(&response, &cseq).await?;
            if self.waiting.is_none() && self.session.is_none() {
                return Err(End::TornDown);
            }
            if self.refused >= MOST_REFUSED {
                return Err(End::Refused);
            }
        }
        Ok(())
    }

    /// Adds how one may sign in, the strongest first.
    fn challenged(&self, response: Response) -> Response {
        let mut response = response;
        if self.server.has_digest {
            // Clients that know one algorithm alone take the last that they are told of: MD5.
            for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
                let challenge = digest::challenge(algorithm, REALM, &self.nonce);
                response = response.with("WWW-Authenticate", challenge);
            }
        }
        let basic = format!("Basic realm=\"{REALM}\", charset=\"UTF-8\"");
        response.with("WWW-Authenticate", basic)
    }

    async fn say(&mut self, response: &Response, cseq: &str) -> Result<(), End> {
        let bytes = response.render(cseq, SERVER);
        let saying = async {
            self.writer.write_all(&bytes).await?;
            self.writer.flush().await
        };
        Ok(timeout(self.server.patience.slow, saying).await.map_err(|_| End::Slow)??)
    }

    async fn answer(&mut self, request: &Request) -> Result<Response, Refusal> {
        match request.method.as_str() {
            // Asked of the server as much as of a stream.
            "OPTIONS" => Ok(self.with_session(Response::ok().with("Public", METHODS))),
            "DESCRIBE" => self.describe(request).await,
            "SETUP" => self.set_up(request).await,
            "PLAY" => self.play(request).await,
            "GET_PARAMETER" | "SET_PARAMETER" => Ok(match request.session() {
                // Without a session it is a mere sign of life (RFC 2326 §10.8).
                None => Response::ok(),
                Some(_) if self.names_session(request) => self.with_session(Response::ok()),
                Some(_) => Response::new("454 Session Not Found"),
            }),
            "TEARDOWN" if self.names_session(request) => {
                let response = self.with_session(Response::ok());
                self.session = None;
                Ok(response)
            }
            "TEARDOWN" => Ok(Response::new("454 Session Not Found")),
            _ => Ok(Response::new("501 Not Implemented").with("Public", METHODS)),
        }
    }

    async fn describe(&mut self, request: &Request) -> Result<Response, Refusal> {
        let ticket = self.admit(request).await?;
        let format = ticket.format().await?;
        let name = Address::of(request).map(|address| address.camera.to_string());
        let description = sdp::describe(&name.unwrap_or_default(), &format, self.own);
        let response = Response::ok().with("Content-Base", base_of(request));
        Ok(response.body("application/sdp", description))
    }

    async fn set_up(&mut self, request: &Request) -> Result<Response, Refusal> {
        let ticket = self.admit(request).await?;
        let is_playing = self.session.as_ref().is_some_and(|session| session.playing.is_some());
        if is_playing {
            return Ok(Response::new("455 Method Not Valid in This State"));
        }
        let offers = request.header("Transport").unwrap_or("");
        let chosen = match self.is_encrypted {
            true => Transport::choose_interleaved(offers),
            false => Transport::choose(offers),
        };
        let Some(transport) = chosen else {
            return Ok(Response::new("461 Unsupported Transport"));
        };
        let format = ticket.format().await?;
        let destination = Destination::new(transport, self.own, self.client.ip());
        let destination = destination.map_err(|error| {
            info!(%error, client = %self.client, "restream: no ports for a session");
            Refusal::Failed
        })?;
        let track = Track::new(&format);
        let chosen = destination.described(track.ssrc());
        // Good on this connection only, so nobody gains by guessing it.
        let id = format!("{:016X}", fastrand::u64(..));
        let (buffer, playing) = (Vec::new(), None);
        self.session = Some(Session { id, ticket, destination, track, buffer, playing });
        Ok(self.with_session(Response::ok()).with("Transport", chosen))
    }

    async fn play(&mut self, request: &Request) -> Result<Response, Refusal> {
        if !self.names_session(request) {
            return Ok(Response::new("454 Session Not Found"));
        }
        let client = self.server.client();
        let Some(session) = &mut self.session else { return Err(Refusal::Failed) };
        let (sequence, time) = session.track.first();
        let mut response = Response::ok().with("Range", "npt=now-");
        if session.playing.is_none() {
            let view = session.ticket.open().await?;
            session.playing = Some(Playing { view, _client: client });
            self.waiting = None;
            let base = base_of(request);
            let info = format!("url={base}{TRACK};seq={sequence};rtptime={time}");
            response = response.with("RTP-Info", info);
        }
        Ok(self.with_session(response))
    }

    /// Finds out who asks; what was found holds on this connection for the same stream.
    async fn admit(&mut self, request: &Request) -> Result<Arc<dyn Ticket>, Refusal> {
        let authorization = request.header("Authorization").ok_or(Refusal::NotSignedIn)?;
        let address = Address::of(request);
        let lifts_masks = lifts_masks(request);
        // Clients leave the query out of the track's address.
        if let (Some(known), Some(address)) = (&self.admitted, &address)
            && known.authorization == authorization
            && known.address == *address
            && (known.lifts_masks || !lifts_masks)
        {
            return Ok(Arc::clone(&known.ticket));
        }
        let mut credentials = Credentials::read_basic(authorization);
        if self.server.has_digest {
            let ours = (REALM, self.nonce.as_str());
            let digest = || Credentials::read_digest(authorization, &request.method, ours);
            credentials = credentials.or_else(digest);
        }
        if credentials.is_none() {
            return Err(Refusal::NotSignedIn);
        }
        let address = address.ok_or(Refusal::NotFound)?;
        let asked = Asked {
            client: self.client,
            credentials,
            camera: address.camera.clone(),
            role: address.role,
            lifts_masks,
        };
        let ticket = self.server.source.admit(asked).await?;
        let (authorization, known) = (authorization.to_owned(), Arc::clone(&ticket));
        self.admitted = Some(Admitted { authorization, address, lifts_masks, ticket: known });
        Ok(ticket)
    }

    fn names_session(&self, request: &Request) -> bool {
        let known = self.session.as_ref().map(|session| session.id.as_str());
        known.is_some() && request.session() == known
    }

    /// Adds the session's name and time-out.
    fn with_session(&self, response: Response) -> Response {
        let Some(session) = &self.session else { return response };
        let timeout_s = self.server.patience.silence.as_secs().max(1);
        response.with("Session", format!("{};timeout={timeout_s}", session.id))
    }
}

/// Waits for what is to be seen next; `None` when the client has sent a report.
async fn seen(session: &mut Option<Session>) -> Option<Seen> {
    let Some(Session { destination, playing: Some(playing), .. }) = session else {
        return std::future::pending().await;
    };
    tokio::select! {
        seen = playing.view.next() => Some(seen),
        () = destination.heard() => None,
    }
}
