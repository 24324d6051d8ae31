//! The simulator as its user sees it: start, faults, what was sent, stop.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::clock::SimulatorClock;
use crate::connection;
use crate::control::{self, ControlAddress, ControlListener};
use crate::error::SimulatorError;
use crate::fault::Fault;
use crate::footage::{Footage, Hashing};
use crate::mount::{Mount, MountInfo, MountState, MountStatus, SentPicture};
use crate::script::Script;

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Where to listen for RTSP; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// What to serve.
    pub mounts: Vec<Mount>,
    /// Where to listen for commands, if at all.
    pub control: Option<ControlAddress>,
    /// How many of the newest pictures sent to remember per mount; 0: none.
    pub sent_log: usize,
    /// Time between sender reports; the first goes out with the first picture.
    pub report_interval: Duration,
    /// How long a client may be silent.
    pub session_timeout: Duration,
    /// How far behind a client may fall before it is cut off.
    pub slow_client: Duration,
    /// The largest RTP payload, in bytes.
    pub payload_limit: usize,
    /// How many threads serve; one is enough for hundreds of mounts.
    pub threads: usize,
}

impl SimulatorConfig {
    /// Serves the mounts on a free port of loopback, without control socket or log.
    pub fn new(mounts: Vec<Mount>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            mounts,
            control: None,
            sent_log: 0,
            report_interval: Duration::from_secs(5),
            session_timeout: Duration::from_secs(60),
            slow_client: Duration::from_secs(5),
            payload_limit: 1400,
            threads: 1,
        }
    }
}

/// What connections and the control socket share.
pub(crate) struct Shared {
    pub(crate) clock: SimulatorClock,
    pub(crate) session_timeout: Duration,
    pub(crate) slow_client: Duration,
    pub(crate) report_interval: Duration,
    /// The largest RTP payload of metadata, in bytes.
    pub(crate) payload_limit: usize,
    mounts: BTreeMap<String, Arc<MountState>>,
    library: Library,
}

impl Shared {
    pub(crate) fn mount(&self, path: &str) -> Option<Arc<MountState>> {
        self.mounts.get(path).cloned()
    }

    pub(crate) fn existing(&self, path: &str) -> Result<Arc<MountState>, SimulatorError> {
        self.mount(path).ok_or_else(|| SimulatorError::UnknownMount(path.to_owned()))
    }

    pub(crate) fn infos(&self) -> Vec<MountInfo> {
        self.mounts.values().map(|mount| mount.info()).collect()
    }

    /// Lets a fault stand; reads a file if the fault wants one, and so may block.
    pub(crate) fn fault(&self, path: &str, fault: Fault) -> Result<(), SimulatorError> {
        let mount = self.existing(path)?;
        let other = match &fault {
            Fault::ChangeResolution { file } => {
                let footage = self.library.footage(file)?;
                if footage.codec != mount.codec() {
                    return Err(SimulatorError::OtherCodec {
                        path: path.to_owned(),
                        file: file.clone(),
                        found: footage.codec.as_str(),
                        announced: mount.codec().as_str(),
                    });
                }
                Some(footage)
            }
            _ => None,
        };
        info!(mount = path, ?fault, "fault");
        mount.set(fault, other);
        Ok(())
    }

    pub(crate) fn clear(&self, path: &str) -> Result<(), SimulatorError> {
        self.existing(path)?.clear();
        info!(mount = path, "fault cleared");
        Ok(())
    }
}

/// Footage that has been loaded, by file.
struct Library {
    payload_limit: usize,
    hashing: Hashing,
    loaded: Mutex<HashMap<PathBuf, Arc<Footage>>>,
}

impl Library {
    fn footage(&self, file: &Path) -> Result<Arc<Footage>, SimulatorError> {
        let loaded = || self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(footage) = loaded().get(file) {
            return Ok(Arc::clone(footage));
        }
        let footage = Footage::load(file, self.payload_limit, self.hashing)?;
        loaded().insert(file.to_owned(), Arc::clone(&footage));
        Ok(footage)
    }
}

/// Cameras that are not there. Runs on threads of its own, so it may be used from plain and from
/// async code; dropping it stops it.
pub struct Simulator {
    address: SocketAddr,
    control: Option<ControlAddress>,
    pub(crate) shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("address", &self.address)
            .field("mounts", &self.shared.mounts.len())
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// Loads the footage, listens, and serves on threads of its own. Clients may connect as soon
    /// as it returns.
    ///
    /// # Errors
    /// Fails when footage cannot be used, a path is wrong or given twice, or an address is taken.
    pub fn start(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let library = Library {
            // Room for an aggregate's or fragment's headers, and for a 16-bit length.
            payload_limit: config.payload_limit.clamp(64, 65_000),
            hashing: if config.sent_log > 0 { Hashing::On } else { Hashing::Off },
            loaded: Mutex::new(HashMap::new()),
        };
        let mut mounts = BTreeMap::new();
        for mount in config.mounts {
            let path = mount.path.clone();
            if !is_path(&path) {
                return Err(SimulatorError::BadPath(path));
            }
            let footage = library.footage(&mount.file)?;
            let script = mount.metadata.as_deref().map(Script::load).transpose()?;
            let state = Arc::new(MountState::new(mount, footage, script, config.sent_log));
            if mounts.insert(path.clone(), state).is_some() {
                return Err(SimulatorError::DuplicateMount(path));
            }
        }
        let cannot_listen = |source| SimulatorError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).map_err(cannot_listen)?;
        listener.set_nonblocking(true).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let control = match &config.control {
            Some(address) => Some(ControlListener::bind(address)?),
            None => None,
        };
        let control_address = control.as_ref().map(ControlListener::address);
        let runtime = runtime(config.threads).map_err(SimulatorError::Runtime)?;
        let shared = Arc::new(Shared {
            clock: SimulatorClock::start(),
            session_timeout: config.session_timeout,
            slow_client: config.slow_client,
            report_interval: config.report_interval,
            payload_limit: library.payload_limit,
            mounts,
            library,
        });
        let stop = CancellationToken::new();
        let serving = serve(Arc::clone(&shared), listener, control, stop.clone());
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || runtime.block_on(serving))
            .map_err(SimulatorError::Runtime)?;
        Ok(Self { address, control: control_address, shared, stop, thread: Some(thread) })
    }

    /// Returns where it listens for RTSP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns where it listens for commands, if it does.
    pub fn control_address(&self) -> Option<&ControlAddress> {
        self.control.as_ref()
    }

    /// Returns a mount's URL, without credentials.
    pub fn url(&self, path: &str) -> String {
        format!("rtsp://{}{path}", self.address)
    }

    /// Returns all mounts, by path.
    pub fn mounts(&self) -> Vec<MountInfo> {
        self.shared.infos()
    }

    /// Returns the simulator's wall clock, in microseconds since 1970.
    pub fn now_us(&self) -> i64 {
        self.shared.clock.now_unix_us()
    }

    /// Lets a fault stand at a mount, in place of any other. Blocks while
    /// [`Fault::ChangeResolution`] reads a file it has not read before.
    ///
    /// # Errors
    /// Fails when there is no such mount, or the other footage cannot be used.
    pub fn fault(&self, path: &str, fault: Fault) -> Result<(), SimulatorError> {
        self.shared.fault(path, fault)
    }

    /// Ends a mount's fault. A clock that had jumped jumps back.
    ///
    /// # Errors
    /// Fails when there is no such mount.
    pub fn clear(&self, path: &str) -> Result<(), SimulatorError> {
        self.shared.clear(path)
    }

    /// Returns the newest pictures sent, over all sessions of the mount, oldest first; empty
    /// unless [`SimulatorConfig::sent_log`] asks for them. A picture counts as sent when its
    /// bytes have been handed to the network.
    ///
    /// # Errors
    /// Fails when there is no such mount.
    pub fn sent(&self, path: &str) -> Result<Vec<SentPicture>, SimulatorError> {
        Ok(self.shared.existing(path)?.sent())
    }

    /// Returns what has happened at a mount so far.
    ///
    /// # Errors
    /// Fails when there is no such mount.
    pub fn status(&self, path: &str) -> Result<MountStatus, SimulatorError> {
        Ok(*self.watch(path)?.borrow())
    }

    /// Returns what has happened at a mount, to be watched.
    ///
    /// # Errors
    /// Fails when there is no such mount.
    pub fn watch(&self, path: &str) -> Result<watch::Receiver<MountStatus>, SimulatorError> {
        Ok(self.shared.existing(path)?.status())
    }

    /// Waits until a mount is in a state, and returns it.
    ///
    /// # Errors
    /// Fails when there is no such mount, or the state has not come within `limit`.
    pub async fn wait_for(
        &self,
        path: &str,
        limit: Duration,
        condition: impl FnMut(&MountStatus) -> bool,
    ) -> Result<MountStatus, SimulatorError> {
        let mut status = self.watch(path)?;
        let met = tokio::time::timeout(limit, status.wait_for(condition)).await;
        match met {
            Ok(Ok(met)) => Ok(*met),
            Ok(Err(_)) => Err(SimulatorError::Stopped),
            Err(_) => Err(SimulatorError::NotMet {
                path: path.to_owned(),
                waited: limit,
                status: format!("{:?}", self.status(path)?),
            }),
        }
    }

    /// The same for plain code; panics if called from async code.
    ///
    /// # Errors
    /// As [`Simulator::wait_for`].
    pub fn wait_for_blocking(
        &self,
        path: &str,
        limit: Duration,
        condition: impl FnMut(&MountStatus) -> bool,
    ) -> Result<MountStatus, SimulatorError> {
        let runtime =
            Builder::new_current_thread().enable_time().build().map_err(SimulatorError::Runtime)?;
        runtime.block_on(self.wait_for(path, limit, condition))
    }

    /// Stops: connections are closed and ports are free when it returns.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            warn!("the simulator's thread has panicked");
        }
    }
}

/// Returns whether an RTSP URL can name it, and a request for it will find it.
fn is_path(path: &str) -> bool {
    let clean = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?' && byte != b'#');
    path.starts_with('/') && !path.ends_with('/') && clean
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder =
        if threads > 1 { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.worker_threads(threads.max(1)).thread_name("simulator").enable_all().build()
}

async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    control: Option<ControlListener>,
    stop: CancellationToken,
) {
    if let Some(control) = control {
        tokio::spawn(control::serve(control, Arc::clone(&shared), stop.clone()));
    }
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            warn!(%error, "cannot serve");
            return;
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    let serving =
                        connection::serve(Arc::clone(&shared), stream, client, stop.clone());
                    tokio::spawn(serving);
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    // Out of file handles, say: without a pause this would be a busy loop.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}
