//! An officer watches a camera with a privacy mask live: what lies under it is in no picture that comes,
//! and a mask that is drawn while they watch holds for the pictures that follow.

use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::Site;
use crate::views::{Gate, MASK, camera, luma, opened, shown};

const PATIENCE: Duration = Duration::from_secs(60);
/// A mask that is drawn later: left, top, right, bottom, beside the first.
const DRAWN: [f64; 4] = [0.7, 0.3, 0.95, 0.7];

/// One who watches, and all that was shown since the last `start`.
pub(crate) struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) start: Value,
    pub(crate) shown: Vec<u8>,
    pub(crate) fragments: usize,
}

impl Viewer {
    pub(crate) async fn of(site: &Site, camera: &str) -> Self {
        let address = site.api.replace("http://", "ws://");
        let uri = format!("{address}/api/v1/cameras/{camera}/live");
        let mut request = uri.into_client_request().unwrap();
        let bearer = format!("Bearer {}", site.token).parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let (socket, _) = connect_async(request).await.unwrap();
        Self { socket, start: Value::Null, shown: Vec::new(), fragments: 0 }
    }

    /// Takes the next message.
    pub(crate) async fn take(&mut self) {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("it goes on");
        match next.expect("it goes on").unwrap() {
            Message::Binary(bytes) => {
                self.shown.extend_from_slice(&bytes);
                self.fragments += 1;
            }
            Message::Text(text) => {
                let said: Value = serde_json::from_str(&text).unwrap();
                if said["kind"] == "start" {
                    (self.start, self.fragments) = (said, 0);
                    self.shown.clear();
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn file(&self, gate: &Gate) -> PathBuf {
        let file = gate.folder.path().join("live.mp4");
        std::fs::write(&file, &self.shown).unwrap();
        file
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_under_a_mask_is_shown_live() {
    for codec in ["h264", "h265"] {
        let gate = opened(codec, Some(MASK)).await;
        let mut viewer = Viewer::of(&gate.site, "gate").await;
        while viewer.fragments < 30 {
            viewer.take().await;
        }
        assert_eq!(viewer.start["viewing_copy"], true, "{codec}");
        assert!(viewer.start["mime"].as_str().unwrap().contains("avc1."), "{codec}");
        let pictures = Gate::is_covered(&viewer.file(&gate), MASK, codec);
        assert!(pictures >= 20, "{pictures} of {codec}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_drawn_while_somebody_watches_holds_for_what_follows() {
    let gate = opened("h264", Some(MASK)).await;
    let mut viewer = Viewer::of(&gate.site, "gate").await;
    while viewer.fragments < 10 {
        viewer.take().await;
    }
    let whole = |luma: &[u8], (width, height): (usize, usize), mask| {
        shown(luma, width, [0, 0, width, height], mask)
    };
    let (width, height, pictures) = luma(&viewer.file(&gate));
    let seen = pictures.iter().all(|one| whole(one, (width, height), DRAWN) > 100);
    assert!(seen, "it is not drawn yet");

    let polygon = |[left, top, right, bottom]: [f64; 4]| {
        format!("[[{left}, {top}], [{right}, {top}], [{right}, {bottom}], [{left}, {bottom}]]")
    };
    let url = gate.simulator.url("/gate/main");
    let both = format!("masks = [{}, {}]\n", polygon(MASK), polygon(DRAWN));
    let text = camera(&url, None).replace("main = {", &format!("{both}main = {{"));
    gate.site.configure(false, &text);
    gate.site.hang_up();
    gate.site.wait_for_log("configuration reloaded", PATIENCE);
    // A camera with other masks is received anew: a row begins, or goes on.
    let covered = async {
        loop {
            let enough = viewer.fragments + 10;
            while viewer.fragments < enough && viewer.fragments < 10_000 {
                viewer.take().await;
            }
            let (width, height, pictures) = luma(&viewer.file(&gate));
            let is_covered = |one: &Vec<u8>| whole(one, (width, height), DRAWN) == 0;
            if pictures.iter().rev().take(5).all(is_covered) {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, covered).await.expect("the new mask holds");
    Gate::is_covered(&viewer.file(&gate), MASK, "the first mask still holds");
}
