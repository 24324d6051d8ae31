//! A running Watchpost, asked over its own API.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::{Host, Url};

use super::asking::{Answer, Asking};

/// Where the running service is.
#[derive(clap::Args, Debug)]
pub(crate) struct ServiceArgument {
    /// Address of the running service; with https:// on another machine, too.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) api: Url,
    /// A file that holds the token to show, as `watchpost token add` gives it. Without it, the token
    /// is taken from the environment variable WATCHPOST_TOKEN.
    #[arg(long, value_name = "FILE", env = "WATCHPOST_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file with the certificates, PEM, that an https:// service is known by: its authority's, or its
    /// own. Without it, those that this system trusts.
    #[arg(long, value_name = "FILE", env = "WATCHPOST_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

impl ServiceArgument {
    /// Returns the token to show, if there is one.
    fn token(&self) -> anyhow::Result<Option<String>> {
        let text = match &self.token_file {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read the token in {}", file.display()))?,
            ),
            None => std::env::var("WATCHPOST_TOKEN").ok(),
        };
        Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }
}

impl ServiceArgument {
    /// Returns whom an https:// service must be vouched for by.
    fn trusted(&self) -> anyhow::Result<api::TlsClient> {
        let Some(file) = &self.ca_file else {
            return api::TlsClient::trusting(None).context(
                "this system trusts nobody: name the certificate that the service is known by with \
                 --ca-file",
            );
        };
        let reading = || format!("cannot use the certificates in {}", file.display());
        let pem = std::fs::read(file).with_context(reading)?;
        api::TlsClient::trusting(Some(&pem)).with_context(reading)
    }
}

/// What for recorded footage and events are looked through. Where the site asks for a purpose, one is
/// good for a shift: state it once, and leave it out afterwards.
#[derive(clap::Args, Debug)]
pub(crate) struct PurposeArgument {
    /// The number of the case: states a purpose, under which this and all else is done for a shift.
    #[arg(long, value_name = "NUMBER", requires = "reason")]
    case: Option<String>,
    /// Why, in words.
    #[arg(long, value_name = "TEXT", requires = "case")]
    reason: Option<String>,
}

impl PurposeArgument {
    /// States the purpose, if one is given.
    pub(crate) async fn state(&self, service: &Service) -> anyhow::Result<()> {
        let (Some(case), Some(reason)) = (&self.case, &self.reason) else { return Ok(()) };
        let purpose = serde_json::json!({ "case": case, "reason": reason });
        service.send("/api/v1/purposes", &purpose).await?;
        Ok(())
    }
}

/// A running Watchpost.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    base: Url,
    asking: Asking,
    bearer: Option<HeaderValue>,
}

/// One message of an event stream (WHATWG HTML, server-sent events). One without data says by its id
/// where its reader stands, and nothing else.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) data: String,
}

impl Service {
    pub(crate) fn new(argument: &ServiceArgument) -> anyhow::Result<Self> {
        let mut bearer = None;
        if let Some(token) = argument.token()? {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .context("the token is not one line of letters, digits and signs")?;
            value.set_sensitive(true);
            bearer = Some(value);
        }
        let base = argument.api.clone();
        let tls = match base.scheme() {
            "https" => Some(argument.trusted()?),
            "http" => None,
            other => bail!("{other}: is no address of a service: http:// or https://"),
        };
        if tls.is_none() && bearer.is_some() && !is_of_this_machine(&base) {
            eprintln!("the token can be read on the way to {base}: https:// would keep it");
        }
        Ok(Self { asking: Asking::new(base.clone(), tls), base, bearer })
    }

    /// Returns the answer to `GET path?query`, or the problem the service states.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, String)],
        headers: &[(&str, String)],
    ) -> anyhow::Result<Answer> {
        let mut url = self.base.join(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = request(Method::GET, &url, Bytes::new())?;
        for (name, value) in headers {
            let name: HeaderName = name.parse()?;
            request.headers_mut().insert(name, HeaderValue::from_str(value)?);
        }
        self.answer(request).await
    }

    /// Returns the answer to `POST path` with a JSON body, or the problem the service states.
    pub(crate) async fn send(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> anyhow::Result<Answer> {
        let body = serde_json::to_vec(body)?;
        let mut request = request(Method::POST, &self.base.join(path)?, body.into())?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        self.answer(request).await
    }

    /// Returns the JSON answer to `POST path`, or the problem the service states.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let request = request(Method::POST, &self.base.join(path)?, Bytes::new())?;
        let response = self.answer(request).await?;
        response.json().await.with_context(|| format!("{path} answered what cannot be read"))
    }

    async fn answer(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        if let Some(bearer) = &self.bearer {
            request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        }
        let response = self.asking.ask(request).await.with_context(|| {
            format!("no Watchpost answers at {} (is it running? see --api)", self.base)
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            bail!(
                "the service wants to know who asks: make a token with `watchpost token add`, and \
                 name its file with --token-file or put it into WATCHPOST_TOKEN"
            );
        }
        let problem: serde_json::Value = response.json().await.unwrap_or_default();
        if problem["type"] == "urn:watchpost:problem:no-purpose" {
            bail!(
                "this site wants to know what for recorded footage is looked through: add --case \
                 NUMBER --reason TEXT once; it is good for a shift"
            );
        }
        let text = |name: &str| problem[name].as_str().map(str::to_owned);
        bail!("{}", text("detail").or(text("title")).unwrap_or_else(|| status.to_string()))
    }

    /// Returns the JSON answer to `GET path?query`.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> anyhow::Result<T> {
        let response = self.get(path, query, &[]).await?;
        response.json().await.with_context(|| format!("{path} answered what cannot be read"))
    }

    /// Follows an event stream; `each` says whether to go on. Returns when the stream ends.
    pub(crate) async fn follow(
        &self,
        path: &str,
        query: &[(&str, String)],
        last_event_id: Option<&str>,
        mut each: impl FnMut(Message) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let headers: Vec<_> =
            last_event_id.map(|id| ("Last-Event-ID", id.to_owned())).into_iter().collect();
        let mut chunks = self.get(path, query, &headers).await?.bytes_stream();
        let mut reader = MessageReader::default();
        while let Some(chunk) = chunks.next().await {
            for message in reader.push(&chunk.context("the event stream broke")?)? {
                if !each(message)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn request(method: Method, url: &Url, body: Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    Ok(Request::builder().method(method).uri(path).body(Full::new(body))?)
}

/// Returns whether whoever `url` names is this machine.
fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// How soon a broken stream is asked for again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

impl Service {
    /// Follows an event stream through restarts of the service, and gives each message's JSON to
    /// `each`, none missing and none twice. Returns only with an error: the first answer's, or one
    /// of writing.
    pub(crate) async fn follow_on(
        &self,
        path: &str,
        query: &[(&str, String)],
        mut each: impl FnMut(&Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut last_id: Option<String> = None;
        let mut told = false;
        loop {
            let resume = last_id.clone();
            let take = |message: Message| {
                if message.event.as_deref() == Some("reset") {
                    eprintln!("what is followed is not what it was: going on from now");
                } else if let Ok(body) = serde_json::from_str(&message.data) {
                    each(&body)?;
                }
                last_id = message.id.or(last_id.take());
                told = false;
                Ok(true)
            };
            let ended = self.follow(path, query, resume.as_deref(), take).await;
            match ended {
                // Standard output is gone: nobody reads any more.
                Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {
                    return Err(error);
                }
                // Never answered: more likely a wrong address than a restart.
                Err(error) if last_id.is_none() && !told => return Err(error),
                ended if !told => {
                    let why = ended
                        .err()
                        .map_or("the service stopped".to_owned(), |error| format!("{error:#}"));
                    eprintln!("{why}; waiting for it to come back");
                    told = true;
                }
                _ => {}
            }
            tokio::time::sleep(RECONNECT_AFTER).await;
        }
    }
}

/// Cuts the bytes of an event stream into messages.
#[derive(Debug, Default)]
struct MessageReader {
    pending: Vec<u8>,
    message: Message,
}

/// A longer line is not one of ours.
const MAX_LINE_BYTES: usize = 1 << 20;

impl MessageReader {
    fn push(&mut self, chunk: &[u8]) -> anyhow::Result<Vec<Message>> {
        self.pending.extend_from_slice(chunk);
        let mut messages = Vec::new();
        while let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            messages.extend(self.line(line.trim_end_matches(['\r', '\n'])));
        }
        if self.pending.len() > MAX_LINE_BYTES {
            return Err(anyhow!("the event stream holds a line without end"));
        }
        Ok(messages)
    }

    fn line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            let message = std::mem::take(&mut self.message);
            return (!message.data.is_empty() || message.id.is_some()).then_some(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.message.id = Some(value.to_owned()),
            "event" => self.message.event = Some(value.to_owned()),
            "data" => {
                if !self.message.data.is_empty() {
                    self.message.data.push('\n');
                }
                self.message.data.push_str(value);
            }
            _ => {}
        }
        None
    }
}

/// Runs one command's requests.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_any_cutting_of_the_stream() {
        let stream = b": keep-alive\n\nid: 7\nevent: event\ndata: {\"a\":\r\ndata: 1}\n\nid: 8\n\n";
        for size in 1..stream.len() {
            let mut reader = MessageReader::default();
            let messages: Vec<_> =
                stream.chunks(size).flat_map(|chunk| reader.push(chunk).unwrap()).collect();
            let told: Vec<_> =
                messages.iter().map(|one| (one.id.as_deref(), one.data.as_str())).collect();
            // The place is kept that the service tells before there is anything to tell of.
            assert_eq!(told, [(Some("7"), "{\"a\":\n1}"), (Some("8"), "")]);
        }
    }
}
