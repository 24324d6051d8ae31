//! A receiver of webhooks that does as it is told: takes, refuses, fails, keeps silent, dies.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What to do with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Take the event and say so, or refuse it.
    Status(u16),
    /// Take the event and never answer.
    TakeInSilence,
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) reply: Reply,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn camera(&self) -> String {
        self.json()["subject"].as_str().unwrap().to_owned()
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.json()["data"]["sequence"].as_u64().unwrap()
    }

    pub(crate) fn was_taken(&self) -> bool {
        match self.reply {
            Reply::Status(status) => (200..300).contains(&status),
            Reply::TakeInSilence => true,
        }
    }
}

type Decide = Box<dyn Fn(&Value) -> Reply + Send + Sync>;

struct Shared {
    decide: Mutex<Decide>,
    received: Mutex<Vec<Received>>,
    never: Notify,
}

/// A receiver on loopback. Keeps what it got when it dies, and its address.
pub(crate) struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            decide: Mutex::new(Box::new(|_| Reply::Status(204))),
            received: Mutex::default(),
            never: Notify::new(),
        });
        let mut receiver =
            Self { shared, address: SocketAddr::from(([127, 0, 0, 1], 0)), task: None };
        receiver.rise().await;
        receiver
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook?token=hunter2", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Decides from now on what to do with a body.
    pub(crate) fn decide(&self, decide: impl Fn(&Value) -> Reply + Send + Sync + 'static) {
        *self.shared.decide.lock().unwrap() = Box::new(decide);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Returns the sequences that were taken, each as often as it was.
    pub(crate) fn taken(&self) -> Vec<u64> {
        let received = self.received();
        received.iter().filter(|one| one.was_taken()).map(Received::sequence).collect()
    }

    /// Returns the sequences of `camera` that were taken.
    pub(crate) fn taken_of(&self, camera: &str) -> Vec<u64> {
        let received = self.received();
        let of_camera = received.iter().filter(|one| one.was_taken() && one.camera() == camera);
        of_camera.map(Received::sequence).collect()
    }

    /// Listens, again at the same address after a death.
    pub(crate) async fn rise(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&self.shared));
        self.task = Some(tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        }));
    }

    /// Stops listening; connections that were kept open are refused what they ask.
    pub(crate) async fn die(&mut self) {
        self.decide(|_| Reply::Status(503));
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
    }
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let value = serde_json::from_slice(&body).unwrap_or_default();
    let reply = (shared.decide.lock().unwrap())(&value);
    shared.received.lock().unwrap().push(Received { headers, body, reply });
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap(),
        Reply::TakeInSilence => {
            shared.never.notified().await;
            StatusCode::NO_CONTENT
        }
    }
}
