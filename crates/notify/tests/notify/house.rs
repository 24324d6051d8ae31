//! A house with an authority of its own: certificates for a receiver and for us, made by openssl.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use notify::Tls;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Files in a folder of their own: `ca`, `receiver` and `watchpost`, each as `.pem` and `.key`.
pub(crate) struct House {
    folder: tempfile::TempDir,
}

impl House {
    /// Makes the authority, a certificate for a receiver on loopback, and ours.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let openssl = |before: &[&str], after: &[&str]| {
            let mut command = Command::new("openssl");
            command.args(before).args(after).current_dir(folder.path());
            let made = command.output().expect("openssl is installed by scripts/setup");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        };
        let name = ["-subj", "/CN=House", "-days", "1", "-keyout", "ca.key", "-out", "ca.pem"];
        openssl(&[&["req", "-x509"][..], &key].concat(), &name);
        for who in ["receiver", "watchpost"] {
            let file = |end: &str| format!("{who}.{end}");
            let (asked, made, secret) = (file("csr"), file("pem"), file("key"));
            let subject = format!("/CN={who}");
            openssl(
                &[&["req"][..], &key].concat(),
                &["-subj", &subject, "-keyout", &secret, "-out", &asked],
            );
            std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1").unwrap();
            openssl(
                &["x509", "-req", "-in", &asked, "-CA", "ca.pem", "-CAkey", "ca.key"],
                &["-CAcreateserial", "-days", "1", "-extfile", "names", "-out", &made],
            );
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Believes this house; shows our certificate if `named`.
    pub(crate) fn tls(&self, named: bool) -> Tls {
        let (certificate, key) = (self.read("watchpost.pem"), self.read("watchpost.key"));
        let own = named.then_some((certificate.as_slice(), key.as_slice()));
        Tls::from_pem(&self.read("ca.pem"), own).unwrap()
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(&self.read(name)).unwrap()
    }

    fn key(&self, name: &str) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(&self.read(name)).unwrap()
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate("ca.pem")).unwrap();
        roots
    }

    /// Returns how somebody else of the house connects, with the certificate that is ours here.
    pub(crate) fn client(&self) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots())
            .with_client_auth_cert(
                vec![self.certificate("watchpost.pem")],
                self.key("watchpost.key"),
            )
            .unwrap()
    }

    /// Puts TLS in front of a receiver; lets in only who shows a certificate of the house.
    pub(crate) async fn front(&self, receiver: SocketAddr) -> SocketAddr {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = Arc::new(self.roots());
        let known = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(known.build().unwrap())
            .with_single_cert(vec![self.certificate("receiver.pem")], self.key("receiver.key"))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut outside = acceptor.accept(stream).await.ok()?;
                    let mut inside = TcpStream::connect(receiver).await.ok()?;
                    tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok()
                });
            }
        });
        address
    }
}
