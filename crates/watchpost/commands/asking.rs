//! One request to a service, over a connection of its own: plain, or within TLS.

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http_body_util::{BodyDataStream, BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio_util::either::Either;
use url::Url;

/// Asks one service. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    base: Url,
    tls: Option<api::TlsClient>,
}

impl Asking {
    /// Asks the service at `base`; by TLS where it is told how.
    pub(super) fn new(base: Url, tls: Option<api::TlsClient>) -> Self {
        Self { base, tls }
    }

    /// Returns the answer to `request`, whose address is below that of the service.
    pub(super) async fn ask(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        let host = self.base.host_str().context("the address names no host")?;
        let authority = match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let authority = HeaderValue::from_str(&authority).context("the address names no host")?;
        request.headers_mut().insert(HOST, authority);
        let stream = self.connected(host).await?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(told)?;
        // Ends when the answer has been read, or is dropped.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(told)?;
        Ok(Answer(answer))
    }

    async fn connected(&self, host: &str) -> anyhow::Result<Either<TcpStream, api::TlsConnection>> {
        let addresses = self.base.socket_addrs(|| None).map_err(told)?;
        let stream = TcpStream::connect(&addresses[..]).await.map_err(told)?;
        let Some(tls) = &self.tls else { return Ok(Either::Left(stream)) };
        let within = tls.connect(host, stream).await;
        let within = within.map_err(|error| {
            anyhow!(
                "{error}: is it the certificate of another (see --ca-file), or no https:// at all?"
            )
        })?;
        Ok(Either::Right(within))
    }
}

/// Keeps what went wrong in words alone: an error of the network is none of standard output.
fn told(error: impl std::error::Error) -> anyhow::Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    anyhow!("{text}")
}

/// What a service answered, whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Answer(hyper::Response<Incoming>);

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// Returns how many bytes the body has, if that was said.
    pub(crate) fn content_length(&self) -> Option<u64> {
        self.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Returns the body as it comes.
    pub(crate) fn bytes_stream(self) -> impl Stream<Item = anyhow::Result<Bytes>> + Unpin + Send {
        BodyDataStream::new(self.0.into_body()).map(|chunk| chunk.map_err(told))
    }

    /// Returns the whole body.
    pub(crate) async fn bytes(self) -> anyhow::Result<Bytes> {
        Ok(self.0.into_body().collect().await.map_err(told)?.to_bytes())
    }

    /// Returns the whole body as text.
    pub(crate) async fn text(self) -> anyhow::Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }

    /// Returns the whole body, read as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.bytes().await?)?)
    }
}
