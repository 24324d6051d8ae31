//! Commands while it runs: one line in, one line of JSON out, over loopback TCP or a Unix socket.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::error::SimulatorError;
use crate::fault::Fault;
use crate::server::Shared;

/// The longest command, in bytes.
const LINE_LIMIT: u64 = 8 << 10;

/// Where commands are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlAddress {
    /// A TCP port; there is no password, so let it be on loopback.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for ControlAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for ControlAddress {
    type Err = String;

    /// Reads `127.0.0.1:9554` or `unix:/run/simulator.sock`.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        text.parse()
            .map(Self::Tcp)
            .map_err(|_| format!("\"{text}\" is neither ADDRESS:PORT nor unix:PATH"))
    }
}

/// A control socket that is bound, but not served yet. A Unix socket's file goes with it.
#[derive(Debug)]
pub(crate) enum ControlListener {
    Tcp(std::net::TcpListener, SocketAddr),
    Unix(std::os::unix::net::UnixListener, PathBuf),
}

impl ControlListener {
    pub(crate) fn bind(address: &ControlAddress) -> Result<Self, SimulatorError> {
        let bound = match address {
            ControlAddress::Tcp(address) => bind_tcp(*address),
            ControlAddress::Unix(path) => bind_unix(path.clone()),
        };
        bound.map_err(|source| SimulatorError::ListenControl {
            address: address.to_string(),
            source,
        })
    }

    /// Returns where it listens, with the port that was free.
    pub(crate) fn address(&self) -> ControlAddress {
        match self {
            Self::Tcp(_, address) => ControlAddress::Tcp(*address),
            Self::Unix(_, path) => ControlAddress::Unix(path.clone()),
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<ControlListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok(ControlListener::Tcp(listener, address))
}

fn bind_unix(path: PathBuf) -> io::Result<ControlListener> {
    // Left behind by one that was killed; nothing but a socket is ever removed.
    let is_stale_socket = std::fs::symlink_metadata(&path)
        .is_ok_and(|metadata| metadata.file_type().is_socket())
        && std::os::unix::net::UnixStream::connect(&path).is_err();
    if is_stale_socket {
        std::fs::remove_file(&path)?;
    }
    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    listener.set_nonblocking(true)?;
    Ok(ControlListener::Unix(listener, path))
}

/// Removes a Unix socket's file when its listener goes, however that comes about.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            debug!(%error, "cannot remove the control socket");
        }
    }
}

/// Takes commands until the simulator stops.
pub(crate) async fn serve(listener: ControlListener, shared: Arc<Shared>, stop: CancellationToken) {
    let served = match listener {
        ControlListener::Tcp(listener, _) => serve_tcp(listener, shared, stop).await,
        ControlListener::Unix(listener, path) => {
            let _file = SocketFile(path);
            serve_unix(listener, shared, stop).await
        }
    };
    if let Err(error) = served {
        warn!(%error, "no commands can be taken any more");
    }
}

async fn serve_tcp(
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                tokio::spawn(converse(stream, Arc::clone(&shared), stop.clone()));
            }
        }
    }
}

async fn serve_unix(
    listener: std::os::unix::net::UnixListener,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> io::Result<()> {
    let listener = tokio::net::UnixListener::from_std(listener)?;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                tokio::spawn(converse(stream, Arc::clone(&shared), stop.clone()));
            }
        }
    }
}

async fn converse<S>(stream: S, shared: Arc<Shared>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let conversation = async {
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            let len = (&mut stream).take(LINE_LIMIT).read_line(&mut line).await?;
            if len == 0 {
                return Ok::<_, io::Error>(());
            }
            let mut answer = answer(&shared, line.trim()).await;
            answer.push('\n');
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        ended = conversation => if let Err(error) = ended {
            debug!(%error, "control connection ended");
        }
    }
}

/// Returns what to answer to a line.
async fn answer(shared: &Arc<Shared>, line: &str) -> String {
    if line == "help" {
        return help();
    }
    let (shared, line) = (Arc::clone(shared), line.to_owned());
    // A fault may have to read a file.
    let done = tokio::task::spawn_blocking(move || obey(&shared, &line)).await;
    let answer = match done {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => json!({ "ok": false, "error": error }),
        Err(error) => json!({ "ok": false, "error": error.to_string() }),
    };
    answer.to_string()
}

/// Returns how to talk to the simulator, for people.
fn help() -> String {
    format!(
        "One command a line, one line of JSON as the answer; MOUNT is a path such as /cam1/main.\n\
         list                  all mounts: file, codec, fault, sessions, pictures sent\n\
         fault MOUNT FAULT     let something go wrong; FAULT is one of: {}\n\
         clear MOUNT           end its fault\n\
         status MOUNT          what has happened at it so far\n\
         sent MOUNT            the newest pictures sent (needs --sent-log)\n\
         now                   the simulator's clock, in microseconds since 1970\n\
         help                  this",
        Fault::USAGE.join(" | ")
    )
}

pub(crate) fn obey(shared: &Shared, line: &str) -> Result<Value, String> {
    let mut words = line.splitn(3, char::is_whitespace);
    let command = words.next().unwrap_or("");
    let path = words.next().unwrap_or("");
    let rest = words.next().unwrap_or("");
    let told = |error: SimulatorError| with_causes(&error);
    match command {
        "list" => Ok(json!({ "ok": true, "mounts": shared.infos() })),
        "now" => Ok(json!({ "ok": true, "now_us": shared.clock.now_unix_us() })),
        "fault" => {
            let fault: Fault = rest.parse().map_err(|error| format!("{error}"))?;
            shared.fault(path, fault).map_err(told)?;
            Ok(json!({ "ok": true }))
        }
        "clear" => {
            shared.clear(path).map_err(told)?;
            Ok(json!({ "ok": true }))
        }
        "status" => {
            let info = shared.existing(path).map_err(told)?.info();
            Ok(json!({ "ok": true, "mount": info }))
        }
        "sent" => {
            let sent = shared.existing(path).map_err(told)?.sent();
            Ok(json!({ "ok": true, "pictures": sent }))
        }
        _ => Err(format!("no command \"{command}\": say help")),
    }
}

/// Returns an error and what caused it in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
