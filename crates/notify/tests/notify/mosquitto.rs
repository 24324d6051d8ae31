//! A real broker, Debian's mosquitto, over TLS on loopback, and partners who subscribe to it. The
//! program's stories use it, too.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS, SubscribeReasonCode,
    TlsConfiguration, Transport,
};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::house::House;

/// Ports that no system hands out by itself (Linux: from 32768 on): a broker that was stopped finds its
/// own free again.
const PORTS: std::ops::Range<u16> = 21_000..31_000;

/// How long a broker may take for what takes it a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many brokers this process has made.
static MADE: AtomicU16 = AtomicU16::new(0);

/// A broker that asks for certificates of the house and keeps what it took on disk; ends with this.
pub(crate) struct Mosquitto {
    pub(crate) house: House,
    pub(crate) port: u16,
    process: Option<Child>,
}

impl Mosquitto {
    /// Returns a broker, not yet started; `None` where the program is not installed.
    pub(crate) fn new() -> Option<Self> {
        let places = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"];
        if !places.iter().any(|place| Path::new(place).is_file()) {
            eprintln!("not tested: mosquitto is not installed (scripts/setup installs it)");
            return None;
        }
        // Brokers that are made at the same time, here or by another test's process, look elsewhere.
        let of_process = u16::try_from(std::process::id() % 5_000).unwrap() * 2;
        let ours = of_process + MADE.fetch_add(1, Ordering::Relaxed) % 2;
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        let port = (PORTS.start + ours..PORTS.end).chain(PORTS).find(is_free).unwrap();
        let house = House::new();
        let file = |name: &str| house.path(name).display().to_string();
        let settings = format!(
            "listener {port} 127.0.0.1\nuser root\nallow_anonymous false\n\
             cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n\
             use_identity_as_username true\n\
             persistence true\npersistence_location {}/\nlog_dest stderr\n",
            file("ca.pem"),
            file("receiver.pem"),
            file("receiver.key"),
            house.folder().display(),
        );
        std::fs::write(house.path("mosquitto.conf"), settings).unwrap();
        Some(Self { house, port, process: None })
    }

    pub(crate) async fn start(&mut self) {
        let path = self.house.path("log");
        let log = std::fs::File::options().create(true).append(true).open(path).unwrap();
        let mut command = Command::new("mosquitto");
        command.env("PATH", "/usr/sbin:/usr/bin:/bin").arg("-c");
        command.arg(self.house.path("mosquitto.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.process = Some(command.spawn().unwrap());
        let began = tokio::time::Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            let log = std::fs::read_to_string(self.house.path("log")).unwrap();
            let has_ended = self.process.as_mut().unwrap().try_wait().unwrap().is_some();
            assert!(!has_ended && began.elapsed() < PATIENCE, "{log}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops it in good order: it writes what it keeps.
    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        let ended = Command::new("kill").arg(process.id().to_string()).status().unwrap();
        assert!(ended.success());
        process.wait().unwrap();
    }

    /// Subscribes as a partner who comes back to its session.
    pub(crate) async fn subscribe(&self, name: &str) -> Partner {
        let mut options = MqttOptions::new(name, "127.0.0.1", self.port);
        options.set_clean_session(false);
        let tls = TlsConfiguration::Rustls(Arc::new(self.house.client()));
        options.set_transport(Transport::tls_with_config(tls));
        let (client, events) = AsyncClient::new(options, 10);
        let received = Arc::new(Mutex::new(Vec::new()));
        let (subscribed, mut is_subscribed) = watch::channel(false);
        let task = tokio::spawn(listen(events, Arc::clone(&received), subscribed));
        client.subscribe("watchpost/#", QoS::AtLeastOnce).await.unwrap();
        let waiting = is_subscribed.wait_for(|is_subscribed| *is_subscribed);
        tokio::time::timeout(PATIENCE, waiting).await.expect("the broker answers").unwrap();
        Partner { received, _client: client, task }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// One who is told by the broker.
pub(crate) struct Partner {
    pub(crate) received: Arc<Mutex<Vec<Publish>>>,
    _client: AsyncClient,
    task: JoinHandle<()>,
}

impl Partner {
    /// Returns topic and sequence of what came, in order.
    pub(crate) fn sequences(&self) -> Vec<(String, u64)> {
        let received = self.received.lock().unwrap();
        let sequence = |message: &Publish| {
            let body: Value = serde_json::from_slice(&message.payload).unwrap();
            (message.topic.clone(), body["data"]["sequence"].as_u64().unwrap())
        };
        received.iter().map(sequence).collect()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Keeps what comes, over as many connections as it takes.
async fn listen(
    mut events: EventLoop,
    received: Arc<Mutex<Vec<Publish>>>,
    subscribed: watch::Sender<bool>,
) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(message))) => received.lock().unwrap().push(message),
            Ok(Event::Incoming(Packet::SubAck(answer))) => {
                assert!(!answer.return_codes.contains(&SubscribeReasonCode::Failure));
                subscribed.send_replace(true);
            }
            Ok(_) => {}
            // The broker is away: the next poll connects again.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}
