//! Where connections come from: TCP as it is, or TLS over it, whose certificate may be renewed meanwhile.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::Extensions;
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tracing::debug;

/// Milliseconds after which a client that takes nothing of what we send is cut off, in the
/// kernel. A player that was paused for longer asks again by byte range, a feed by its cursor.
const TAKEN_WITHIN_MS: u32 = 120_000;
/// Handshakes under way at once; further connections wait in the kernel.
const HANDSHAKES: usize = 256;
/// How long a handshake may take.
const SHAKEN_WITHIN: Duration = Duration::from_secs(10);

/// What HTTP/2 and HTTP/1.1 are called within TLS (RFC 9113 §3.2, RFC 7301 §6).
pub(crate) const HTTP2: &[u8] = b"h2";
pub(crate) const HTTP1: &[u8] = b"http/1.1";

/// How the service is reached.
#[derive(Debug, Clone, Default)]
pub enum Transport {
    /// Plain HTTP for this machine only, where a proxy in front may speak TLS.
    #[default]
    Loopback,
    /// Plain HTTP for others, too: passwords and pictures can be read on the way.
    PlainBeyondLoopback,
    /// TLS.
    Tls(TlsIdentity),
}

impl Transport {
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(crate) fn is_plain_beyond_loopback(&self) -> bool {
        matches!(self, Self::PlainBeyondLoopback)
    }
}

/// The service's certificate, with its key. Cloning shares it.
#[derive(Clone)]
pub struct TlsIdentity(Arc<RwLock<Arc<ServerConfig>>>);

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file holds no certificate.
    #[error(
        "it holds no certificate: PEM, from the service's own to the one that its clients know"
    )]
    NoCertificate,
    /// The text is not PEM.
    #[error("it cannot be read as PEM: {0}")]
    Pem(rustls::pki_types::pem::Error),
    /// The key does not fit the certificate, or is of a kind that is not known.
    #[error("certificate and key cannot be used together: {0}")]
    Unfit(rustls::Error),
}

impl TlsIdentity {
    /// Reads a chain of certificates and the key of the first, both as PEM.
    ///
    /// # Errors
    /// Says what cannot be used.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(TlsError::Pem)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Pem)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unfit)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(TlsError::Unfit)?;
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(Self(Arc::new(RwLock::new(Arc::new(config)))))
    }

    /// Takes over the certificate and key of `renewed`: whoever connects from now on is shown it.
    /// Connections that stand go on.
    pub fn take_over(&self, renewed: &Self) {
        let renewed = renewed.current();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    /// Returns the certificate as it is now for another protocol than HTTP, which no client need name
    /// (RFC 7301).
    pub fn for_another_protocol(&self) -> Arc<ServerConfig> {
        let mut config = ServerConfig::clone(&self.current());
        config.alpn_protocols.clear();
        Arc::new(config)
    }

    fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity")
    }
}

/// A connection that stands.
pub(crate) struct Accepted {
    pub(crate) stream: Either<TcpStream, TlsStream<TcpStream>>,
    pub(crate) address: SocketAddr,
    /// Whether both sides agreed on HTTP/2.
    pub(crate) is_http2: bool,
}

/// Accepts connections; of TLS only those whose handshake is done, many handshakes at once.
pub(crate) struct Connections {
    listener: TcpListener,
    tls: Option<TlsIdentity>,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Connections {
    pub(crate) fn new(listener: TcpListener, transport: &Transport) -> Self {
        let tls = match transport {
            Transport::Tls(identity) => Some(identity.clone()),
            Transport::Loopback | Transport::PlainBeyondLoopback => None,
        };
        Self { listener, tls, handshakes: JoinSet::new() }
    }

    /// Returns the next connection that stands.
    pub(crate) async fn accept(&mut self) -> Accepted {
        loop {
            let has_room = self.handshakes.len() < HANDSHAKES;
            tokio::select! {
                // Tells apart by itself what passes and what does not.
                (stream, address) = Listener::accept(&mut self.listener), if has_room => {
                    cut_off_stalled(&stream);
                    let Some(tls) = &self.tls else {
                        return Accepted { stream: Either::Left(stream), address, is_http2: false };
                    };
                    let tls = TlsAcceptor::from(tls.current());
                    self.handshakes.spawn(shake_hands(tls, stream, address));
                }
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some((stream, address))) = done {
                        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
                        return Accepted { stream: Either::Right(stream), address, is_http2 };
                    }
                }
            }
        }
    }
}

async fn shake_hands(
    tls: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
) -> Option<(TlsStream<TcpStream>, SocketAddr)> {
    match tokio::time::timeout(SHAKEN_WITHIN, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some((stream, address)),
        Ok(Err(error)) => {
            metrics::counter!("watchpost_api_handshakes_failed_total").increment(1);
            debug!(%error, %address, "no TLS with a client");
            None
        }
        Err(_) => {
            metrics::counter!("watchpost_api_handshakes_failed_total").increment(1);
            None
        }
    }
}

fn cut_off_stalled(stream: &TcpStream) {
    // Events are small and must not wait to be gathered into a larger packet.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot send small packets at once");
    }
    if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(stream, TAKEN_WITHIN_MS) {
        debug!(%error, "cannot limit how long a client may take nothing");
    }
}

/// Where a client's connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) SocketAddr);

/// Returns where a request comes from; a proxy's address, where there is one.
pub(crate) fn client_of(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|ClientAddress(address)| address.ip())
}
