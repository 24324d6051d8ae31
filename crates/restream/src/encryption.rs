//! Connections as they are reached: TCP as it is, or TLS over it (RTSPS), whose certificate may be renewed.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Where clients come from.
#[derive(Debug)]
pub struct Listener {
    /// Where they connect.
    pub tcp: TcpListener,
    /// What encrypts their connections, if anything.
    pub encryption: Option<Encryption>,
}

/// What encrypts connections. Cloning shares it.
#[derive(Clone)]
pub struct Encryption(Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>);

impl Encryption {
    /// Asks `current` for the certificate at each handshake: one that was renewed holds from then on.
    pub fn new(current: impl Fn() -> Arc<ServerConfig> + Send + Sync + 'static) -> Self {
        Self(Arc::new(current))
    }
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encryption").finish_non_exhaustive()
    }
}

/// What a client says.
pub(crate) type Reader = Box<dyn AsyncRead + Send + Unpin>;
/// What it is told.
pub(crate) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

/// Returns both ways of a connection, once it stands.
///
/// # Errors
/// The client speaks no TLS where it is to, or leaves.
pub(crate) async fn stand(
    stream: TcpStream,
    encryption: Option<&Encryption>,
) -> io::Result<(Reader, Writer)> {
    let Some(Encryption(current)) = encryption else {
        let (reader, writer) = stream.into_split();
        return Ok((Box::new(reader), Box::new(writer)));
    };
    let stream = TlsAcceptor::from(current()).accept(stream).await?;
    let (reader, writer) = tokio::io::split(stream);
    Ok((Box::new(reader), Box::new(writer)))
}
