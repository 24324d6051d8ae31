//! A broker that speaks as much MQTT 3.1.1 as a publisher needs, and does as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    /// Take it and acknowledge.
    Acknowledge,
    /// Take it and say nothing.
    Silence,
    /// Take it and end the connection before the acknowledgement.
    HangUp,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) body: Value,
}

impl Message {
    pub(crate) fn sequence(&self) -> u64 {
        self.body["data"]["sequence"].as_u64().unwrap()
    }
}

type Decide = Box<dyn Fn(u64) -> Treatment + Send + Sync>;

struct Shared {
    decide: Mutex<Decide>,
    messages: Mutex<Vec<Message>>,
    /// User name and password of each connection, as they came.
    log_ins: Mutex<Vec<Vec<u8>>>,
    /// What connections are answered: 0 lets them in, 5 does not.
    welcome: Mutex<u8>,
}

pub(crate) struct Broker {
    shared: Arc<Shared>,
    pub(crate) address: SocketAddr,
}

impl Broker {
    pub(crate) async fn start() -> Self {
        let shared = Arc::new(Shared {
            decide: Mutex::new(Box::new(|_| Treatment::Acknowledge)),
            messages: Mutex::default(),
            log_ins: Mutex::default(),
            welcome: Mutex::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { shared, address }
    }

    /// Decides from now on what to do with the message of a sequence.
    pub(crate) fn decide(&self, decide: impl Fn(u64) -> Treatment + Send + Sync + 'static) {
        *self.shared.decide.lock().unwrap() = Box::new(decide);
    }

    pub(crate) fn welcome(&self, code: u8) {
        *self.shared.welcome.lock().unwrap() = code;
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.shared.messages.lock().unwrap().clone()
    }

    pub(crate) fn log_ins(&self) -> Vec<Vec<u8>> {
        self.shared.log_ins.lock().unwrap().clone()
    }
}

/// Serves one connection; `None` ends it.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> Option<()> {
    loop {
        let (first, content) = packet(&mut stream).await?;
        match first >> 4 {
            // CONNECT
            1 => {
                shared.log_ins.lock().unwrap().push(content);
                let code = *shared.welcome.lock().unwrap();
                stream.write_all(&[0x20, 2, 0, code]).await.ok()?;
            }
            // PUBLISH
            3 => {
                assert_eq!(first & 0b0110, 0b0010, "QoS 1");
                let length = usize::from(u16::from_be_bytes([content[0], content[1]]));
                let topic = String::from_utf8(content[2..2 + length].to_vec()).unwrap();
                let number = [content[2 + length], content[3 + length]];
                let body = serde_json::from_slice(&content[4 + length..]).unwrap();
                let message = Message { topic, body };
                let treatment = (shared.decide.lock().unwrap())(message.sequence());
                shared.messages.lock().unwrap().push(message);
                match treatment {
                    Treatment::Acknowledge => {
                        stream.write_all(&[0x40, 2, number[0], number[1]]).await.ok()?;
                    }
                    Treatment::Silence => {}
                    Treatment::HangUp => return None,
                }
            }
            // PINGREQ
            12 => stream.write_all(&[0xd0, 0]).await.ok()?,
            _ => return None,
        }
    }
}

/// Reads one packet: its first byte and what follows its length (MQTT 3.1.1 §2.2).
async fn packet(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let first = stream.read_u8().await.ok()?;
    let mut length = 0_usize;
    for shift in (0..28).step_by(7) {
        let byte = stream.read_u8().await.ok()?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.ok()?;
    Some((first, content))
}
