//! Over TLS: HTTP/2 where both sides speak it, WebSockets beside it, a certificate that is renewed while
//! people work, clients that open requests only to reset them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::{Limits, TlsIdentity, Transport};
use axum::http::{Request, StatusCode, Version};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::site::{Site, event};
use crate::tls::certificate;

const PATIENCE: Duration = Duration::from_secs(60);

/// A site that is reached by TLS.
struct Reached {
    site: Site,
    identity: TlsIdentity,
    crt: Vec<u8>,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Reached {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (crt, key) = certificate(folder.path());
        let identity = TlsIdentity::from_pem(&crt, &key).unwrap();
        let site = Site::reached_by(Transport::Tls(identity.clone()), Limits::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(api::serve(listener, site.state.clone(), api::router(site.state.clone())));
        Self { site, identity, crt, address, _folder: folder }
    }

    async fn connect(&self, protocol: &[u8]) -> TlsStream<TcpStream> {
        connect(self.address, &self.crt, protocol).await.unwrap()
    }

    fn request(&self, path: &str) -> Request<Empty<Bytes>> {
        Request::get(format!("https://{}{path}", self.address))
            .header("authorization", format!("Bearer {}", self.site.token))
            .body(Empty::new())
            .unwrap()
    }
}

async fn connect(
    address: SocketAddr,
    crt: &[u8],
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(crt).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

type Sender = http2::SendRequest<Empty<Bytes>>;

async fn conversation(stream: TlsStream<TcpStream>) -> Sender {
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let made = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (sender, connection) = made.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_has_many_feeds_and_still_answers() {
    let reached = Reached::new().await;
    let mut sender = conversation(reached.connect(b"h2").await).await;
    let mut feeds = Vec::new();
    for _ in 0..20 {
        let asked = sender.send_request(reached.request("/api/v1/events/stream"));
        let feed = asked.await.unwrap();
        assert_eq!((feed.status(), feed.version()), (StatusCode::OK, Version::HTTP_2));
        feeds.push(feed.into_body());
    }
    let answer = sender.send_request(reached.request("/api/v1/cameras")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let cameras = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&cameras).contains("cua-nam"));
    reached.site.index.append_events(vec![event(1)]).unwrap();
    for feed in &mut feeds {
        let mut told = String::new();
        while !told.contains("\"sequence\":1") {
            let frame = tokio::time::timeout(PATIENCE, feed.frame()).await.unwrap();
            let data = frame.unwrap().unwrap().into_data().unwrap();
            told.push_str(std::str::from_utf8(&data).unwrap());
        }
    }
    // Asked as if it were HTTP/1.1: it says how a WebSocket is opened.
    let live = sender.send_request(reached.request("/api/v1/cameras/cua-nam/live")).await.unwrap();
    assert_eq!(live.status(), StatusCode::UPGRADE_REQUIRED);
    reached.site.stop.cancel();
    for feed in feeds {
        let rest = tokio::time::timeout(PATIENCE, feed.collect()).await;
        rest.expect("the feed ends with the service").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_view_is_opened_over_http_1_within_tls() {
    let reached = Reached::new().await;
    let stream = reached.connect(b"http/1.1").await;
    let uri = format!("wss://{}/api/v1/cameras/cua-nam/live", reached.address);
    let mut request = uri.into_client_request().unwrap();
    let bearer = format!("Bearer {}", reached.site.token);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut socket, answer) = client_async(request, stream).await.unwrap();
    assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
    use futures::StreamExt as _;
    let said = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    assert!(said.to_text().unwrap().contains("\"state\""), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_shown_to_who_comes_and_cuts_nobody_off() {
    let reached = Reached::new().await;
    let mut before = conversation(reached.connect(b"h2").await).await;
    let ask = || reached.request("/api/v1/health");
    assert_eq!(before.send_request(ask()).await.unwrap().status(), StatusCode::OK);
    let feed = before.send_request(reached.request("/api/v1/events/stream")).await.unwrap();
    let mut feed = feed.into_body();

    let folder = tempfile::tempdir().unwrap();
    let (renewed, key) = certificate(folder.path());
    reached.identity.take_over(&TlsIdentity::from_pem(&renewed, &key).unwrap());
    assert!(connect(reached.address, &reached.crt, b"h2").await.is_err(), "the old one is shown");
    let after = connect(reached.address, &renewed, b"h2").await.unwrap();
    let mut after = conversation(after).await;
    assert_eq!(after.send_request(ask()).await.unwrap().status(), StatusCode::OK);
    // Who was connected goes on, with what was open and with what is asked anew.
    assert_eq!(before.send_request(ask()).await.unwrap().status(), StatusCode::OK);
    reached.site.index.append_events(vec![event(1)]).unwrap();
    let mut told = String::new();
    while !told.contains("\"sequence\":1") {
        let frame = tokio::time::timeout(PATIENCE, feed.frame()).await.unwrap();
        let data = frame.unwrap().unwrap().into_data().unwrap();
        told.push_str(std::str::from_utf8(&data).unwrap());
    }
}

const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;

/// A frame of HTTP/2, RFC 9113 §4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Reads the next frame: its kind and what it holds; `None` at the end.
async fn read_frame(stream: &mut TlsStream<TcpStream>) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], payload))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_opens_requests_only_to_reset_them_is_cut_off() {
    let reached = Reached::new().await;
    let mut stream = reached.connect(b"h2").await;
    let mut flood = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    flood.extend(frame(SETTINGS, 0, 0, &[]));
    // GET, https, /, and a host: RFC 7541, appendix A.
    let request = [&[0x82, 0x87, 0x84, 0x01, 9][..], b"localhost"].concat();
    for number in 0..200 {
        flood.extend(frame(HEADERS, 0x5, 2 * number + 1, &request));
        flood.extend(frame(RST_STREAM, 0, 2 * number + 1, &8_u32.to_be_bytes()));
    }
    stream.write_all(&flood).await.unwrap();
    let mut settings = Vec::new();
    let goaway = loop {
        let read = tokio::time::timeout(PATIENCE, read_frame(&mut stream)).await.unwrap();
        match read {
            Some((GOAWAY, payload)) if payload[4..8] != [0; 4] => break payload,
            Some((SETTINGS, payload)) => settings.extend(payload),
            Some(_) => {}
            None => panic!("cut off without a word"),
        }
    };
    assert_eq!(goaway[4..8], 11_u32.to_be_bytes(), "ENHANCE_YOUR_CALM");
    let said: Vec<(u16, u32)> = settings
        .chunks_exact(6)
        .map(|one| {
            let value = one[2..].try_into().unwrap();
            (u16::from_be_bytes([one[0], one[1]]), u32::from_be_bytes(value))
        })
        .collect();
    assert!(said.contains(&(3, 256)), "so many requests at once: {said:?}");
    // Extended CONNECT (RFC 8441): browsers then open WebSockets over HTTP/1.1.
    assert!(!said.iter().any(|(name, value)| (*name, *value) == (8, 1)), "{said:?}");
    // Others are served as before.
    let mut other = conversation(reached.connect(b"h2").await).await;
    let answer = other.send_request(reached.request("/api/v1/health")).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
