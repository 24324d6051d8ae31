//! Whom to believe over TLS, and as whom to speak.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};

/// The authorities whose receivers are believed, and our own certificate for those that ask for one.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    /// The hash of what it was read from: a renewed certificate is another way to a target.
    read_from: [u8; 32],
}

/// Certificates or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The text of the authorities holds no certificate that can be one.
    #[error("it holds no certificate of an authority: PEM, one or more")]
    NoAuthority,
    /// Our own certificate's text holds none.
    #[error("it holds no certificate: PEM, from our own to the one that the receiver knows")]
    NoCertificate,
    /// The text is not PEM.
    #[error("it cannot be read as PEM: {0}")]
    Pem(pem::Error),
    /// The key does not fit the certificate, or is of a kind that is not known.
    #[error("certificate and key cannot be used together: {0}")]
    Unfit(rustls::Error),
}

impl Tls {
    /// Takes the certificates of authorities, and our own chain of certificates with the key of its
    /// first, all as PEM.
    ///
    /// # Errors
    /// Says what cannot be used.
    pub fn from_pem(authorities: &[u8], own: Option<(&[u8], &[u8])>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let listed = CertificateDer::pem_slice_iter(authorities).collect::<Result<Vec<_>, _>>();
        // Systems list some that no one can read; of those that are left, one is needed.
        roots.add_parsable_certificates(listed.map_err(TlsError::Pem)?);
        if roots.is_empty() {
            return Err(TlsError::NoAuthority);
        }
        let config = trusting(roots);
        let config = match own {
            None => config.with_no_client_auth(),
            Some((certificates, key)) => {
                let chain = CertificateDer::pem_slice_iter(certificates);
                let chain = chain.collect::<Result<Vec<_>, _>>().map_err(TlsError::Pem)?;
                if chain.is_empty() {
                    return Err(TlsError::NoCertificate);
                }
                let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Pem)?;
                config.with_client_auth_cert(chain, key).map_err(TlsError::Unfit)?
            }
        };
        let (certificates, key) = own.unwrap_or_default();
        let mut hash = Sha256::new();
        for text in [authorities, certificates, key] {
            hash.update(text.len().to_le_bytes());
            hash.update(text);
        }
        Ok(Self { config: Arc::new(config), read_from: hash.finalize().into() })
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }
}

/// Returns what is used where nobody is to be believed, as nothing goes over TLS there.
pub(crate) fn trusting_nobody() -> ClientConfig {
    trusting(RootCertStore::empty()).with_no_client_auth()
}

fn trusting(
    roots: RootCertStore,
) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
}

impl PartialEq for Tls {
    fn eq(&self, other: &Self) -> bool {
        self.read_from == other.read_from
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        let nothing = Tls::from_pem(b"", None).unwrap_err();
        assert!(nothing.to_string().contains("no certificate of an authority"), "{nothing}");
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(Tls::from_pem(broken, None), Err(TlsError::Pem(_))));
        let foreign = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Tls::from_pem(foreign, None), Err(TlsError::NoAuthority)));
    }
}
