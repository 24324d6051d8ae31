//! TLS: who knows the certificate is served, whoever stalls keeps nobody waiting.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use api::{Limits, TlsError, TlsIdentity, Transport};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

use crate::site::Site;

/// Returns a certificate for this machine, with its key.
pub(crate) fn certificate(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout", "key", "-out", "crt"])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed by scripts/setup");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    (read("crt"), read("key"))
}

async fn ask(address: SocketAddr, certificate: &[u8], request: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Whoever closes without saying so has still sent all that the length promised.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_knows_the_certificate_is_served_and_a_silent_client_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let (crt, key) = certificate(folder.path());
    let identity = TlsIdentity::from_pem(&crt, &key).unwrap();
    let site = Site::reached_by(Transport::Tls(identity), Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served =
        tokio::spawn(api::serve(listener, site.state.clone(), api::router(site.state.clone())));
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let request =
        format!("GET /api/v1/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let answer = tokio::time::timeout(Duration::from_secs(60), ask(address, &crt, &request)).await;
    let answer = answer.expect("nobody waits for the silent one");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let lines: Vec<&str> = answer.lines().collect();
    assert!(lines.contains(&"strict-transport-security: max-age=15552000"), "{answer}");
    let mut told = Vec::new();
    let _ = plain.read_to_end(&mut told).await;
    assert!(!told.starts_with(b"HTTP"), "plain HTTP was answered");
    let body = r#"{"name": "nobody", "password": "nothing"}"#;
    let log_in = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert!(ask(address, &crt, &log_in).await.starts_with("HTTP/1.1 401"));
    site.stop.cancel();
    let ended = tokio::time::timeout(Duration::from_secs(60), served).await;
    ended.expect("the listener ends").unwrap().unwrap();
}

#[test]
fn what_is_no_certificate_or_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (crt, key) = certificate(folder.path());
    let other = tempfile::tempdir().unwrap();
    let (_, other_key) = certificate(other.path());
    let refused = |crt: &[u8], key: &[u8]| TlsIdentity::from_pem(crt, key).unwrap_err();
    assert!(matches!(refused(b"", &key), TlsError::NoCertificate));
    assert!(matches!(refused(&key, &key), TlsError::NoCertificate));
    assert!(matches!(refused(&crt, b"hunter2"), TlsError::Pem(_)));
    assert!(matches!(refused(&crt, &other_key), TlsError::Unfit(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_by_plain_http_binds_no_browser_to_tls() {
    let site = Site::open();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(api::serve_locally(listener, site.state.clone()));
    let mut plain = TcpStream::connect(address).await.unwrap();
    let request = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    plain.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.contains("strict-transport-security"), "{answer}");
    site.stop.cancel();
    served.await.unwrap().unwrap();
}
