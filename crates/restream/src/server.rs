//! The listeners, and what all connections share.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::connection::{self, Arrived};
use crate::encryption::Listener;
use crate::source::Source;

/// A pause after a connection that could not be accepted: out of file handles, say.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// How long connections may take to end.
const ENDED_WITHIN: Duration = Duration::from_secs(2);

/// Bytes that may wait in the kernel for one client: what it takes too slowly is to be seen here, and
/// not to lie there, ever later.
const SEND_BUFFER_BYTES: u32 = 512 << 10;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 256;

/// Listens on `address` as the server wants it.
///
/// # Errors
/// It cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Those that are accepted inherit it.
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// How long clients are waited for.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Connections on which nobody watches yet; further ones are closed at once.
    pub waiting: usize,
    /// How long nobody need say who they are.
    pub stranger: Duration,
    /// How long a client may say nothing and take nothing.
    pub silence: Duration,
    /// How long a client may take nothing of what is sent.
    pub slow: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            waiting: 128,
            stranger: Duration::from_secs(15),
            silence: Duration::from_secs(60),
            slow: Duration::from_secs(5),
        }
    }
}

/// How the server is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Whether it listens.
    pub listens: bool,
    /// How many watch.
    pub clients: usize,
    /// How many were cut off since the start, as they took nothing.
    pub cut_off: u64,
}

/// What a server counts. Shared with whoever wants to know how it does.
#[derive(Debug, Default)]
pub struct Tally {
    listens: AtomicBool,
    clients: AtomicUsize,
    cut_off: AtomicU64,
}

impl Tally {
    /// Returns how the server does.
    pub fn figures(&self) -> Figures {
        Figures {
            listens: self.listens.load(Ordering::Relaxed),
            clients: self.clients.load(Ordering::Relaxed),
            cut_off: self.cut_off.load(Ordering::Relaxed),
        }
    }
}

/// An RTSP server for cameras. Shared by its connections.
#[derive(Debug)]
pub struct Restream {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) patience: Patience,
    /// Whether Digest is offered beside Basic.
    pub(crate) has_digest: bool,
    waiting: Arc<Semaphore>,
    tally: Arc<Tally>,
}

impl Restream {
    /// Joins a server to what it shows, and to what it counts with.
    pub fn new(source: Arc<dyn Source>, tally: Arc<Tally>, patience: Patience) -> Self {
        let waiting = Arc::new(Semaphore::new(patience.waiting));
        Self { source, patience, has_digest: false, waiting, tally }
    }

    /// Offers Digest beside Basic: many clients then choose it, so whoever signs in must have a password
    /// that the source can tell from what they show.
    #[must_use]
    pub fn offer_digest(self) -> Self {
        Self { has_digest: true, ..self }
    }

    /// Serves on `listeners` until `stop` falls; then connections have a moment to end.
    ///
    /// # Errors
    /// A listener has no address.
    pub async fn serve(self, listeners: Vec<Listener>, stop: CancellationToken) -> io::Result<()> {
        let server = Arc::new(self);
        let (accepting, connections) = (TaskTracker::new(), TaskTracker::new());
        for listener in listeners {
            let is_encrypted = listener.encryption.is_some();
            info!(address = %listener.tcp.local_addr()?, is_encrypted, "restream listens");
            let accept = accept(Arc::clone(&server), listener, connections.clone(), stop.clone());
            accepting.spawn(accept);
        }
        server.tally.listens.store(true, Ordering::Relaxed);
        accepting.close();
        accepting.wait().await;
        server.tally.listens.store(false, Ordering::Relaxed);
        connections.close();
        // Those that do not end are dropped with the runtime.
        let _ = tokio::time::timeout(ENDED_WITHIN, connections.wait()).await;
        Ok(())
    }

    /// Counts what was refused.
    pub(crate) fn refused(&self, why: &'static str) {
        metrics::counter!("watchpost_restream_refused_total", "why" => why).increment(1);
    }

    pub(crate) fn bad_request(&self) {
        metrics::counter!("watchpost_restream_bad_requests_total").increment(1);
    }

    pub(crate) fn client_cut_off(&self) {
        metrics::counter!("watchpost_restream_cut_off_total").increment(1);
        self.tally.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one who watches, until what is returned is dropped.
    pub(crate) fn client(&self) -> Client {
        metrics::gauge!("watchpost_restream_clients").increment(1.0);
        self.tally.clients.fetch_add(1, Ordering::Relaxed);
        Client(Arc::clone(&self.tally))
    }
}

/// Has whoever connects be served, until `stop` falls.
async fn accept(
    server: Arc<Restream>,
    Listener { tcp, encryption }: Listener,
    connections: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = tcp.accept() => accepted,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "restream: cannot accept a connection");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&server.waiting).try_acquire_owned() else {
            server.refused("waiting");
            continue;
        };
        let (shared, stop) = (Arc::clone(&server), stop.clone());
        let arrived = Arrived { stream, client, encryption: encryption.clone(), place };
        connections.spawn(connection::serve(shared, arrived, stop));
    }
}

/// One who watches.
#[derive(Debug)]
pub(crate) struct Client(Arc<Tally>);

impl Drop for Client {
    fn drop(&mut self) {
        metrics::gauge!("watchpost_restream_clients").decrement(1.0);
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
