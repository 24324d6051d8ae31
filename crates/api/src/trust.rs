//! TLS from the other side: how a client of ours, such as our own commands, knows a service.

use std::io;
use std::net::Ipv6Addr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listener::{HTTP1, TlsError};

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora, openSUSE.
const OF_THE_SYSTEM: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];

/// A connection within TLS.
pub type TlsConnection = TlsStream<TcpStream>;

/// Connects to services that certain authorities vouch for; speaks HTTP/1.1 with them. Cheap to clone.
#[derive(Clone)]
pub struct TlsClient(TlsConnector);

impl std::fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsClient")
    }
}

impl TlsClient {
    /// Trusts the certificates in `authorities`, PEM, and nobody else; without them whomever this
    /// system trusts. A service's own certificate will do, too.
    ///
    /// # Errors
    /// There is none among them, one cannot be used, or it is not PEM.
    pub fn trusting(authorities: Option<&[u8]>) -> Result<Self, TlsError> {
        let of_the_system = || OF_THE_SYSTEM.iter().find_map(|path| std::fs::read(path).ok());
        let pem = authorities.map(<[u8]>::to_vec).or_else(of_the_system).unwrap_or_default();
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let added = roots.add(certificate.map_err(TlsError::Pem)?);
            // Of the hundreds of a system one may be of a kind that is not known.
            if authorities.is_some() {
                added.map_err(TlsError::Unfit)?;
            }
        }
        if roots.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unfit)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![HTTP1.to_vec()];
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Agrees on TLS over `stream` with the service that calls itself `host`: a name or an address.
    ///
    /// # Errors
    /// It is another, or nobody who is trusted vouches for it.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsConnection> {
        // As addresses write it: `[::1]`.
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.filter(|host| host.parse::<Ipv6Addr>().is_ok()).unwrap_or(host);
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.0.connect(name, stream).await
    }
}
