//! A partner's server is told of events; it refuses one, the service dies and comes back: the
//! partner ends with every event, and the operator sees what was refused and sends it again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{
    Attributes, Class, Event, EventDraft, EventId, Evidence, RuleKind, Severity, Source,
    SystemClock, Timestamp,
};
use index::{Index, SiteSettings};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use crate::harness::{Site, eventually};

pub(crate) const SECRET: &str = "hunter2-hunter2-hunter2-hunter2";

/// A partner's server: keeps what it took, refuses the sequences it is told to.
#[derive(Clone, Default)]
pub(crate) struct Partner {
    taken: Arc<Mutex<Vec<(String, u64)>>>,
    refuses: Arc<Mutex<Vec<u64>>>,
}

impl Partner {
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let partner = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = partner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.answer(stream).await });
            }
        });
        (partner, address)
    }

    /// Reads one request, as far as this story needs HTTP, and answers it.
    async fn answer(self, mut stream: TcpStream) -> Option<()> {
        let mut request = Vec::new();
        let body = loop {
            stream.read_buf(&mut request).await.ok().filter(|count| *count > 0)?;
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            assert!(head.to_lowercase().contains("webhook-signature: v1,"), "{head}");
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if Some(body.len()) == length {
                break body.to_owned();
            }
        };
        let event: Value = serde_json::from_str(&body).unwrap();
        let sequence = event["data"]["sequence"].as_u64().unwrap();
        let status = if self.refuses.lock().unwrap().contains(&sequence) {
            "400 Bad Request"
        } else {
            let camera = event["subject"].as_str().unwrap().to_owned();
            self.taken.lock().unwrap().push((camera, sequence));
            "204 No Content"
        };
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.ok()
    }

    pub(crate) fn taken_of(&self, camera: &str) -> Vec<u64> {
        let taken = self.taken.lock().unwrap();
        let mut sequences: Vec<_> =
            taken.iter().filter(|(of, _)| of == camera).map(|(_, sequence)| *sequence).collect();
        // At least once: what was taken before a crash may come again.
        sequences.dedup();
        sequences
    }
}

/// Stores events of two cameras by turns while the service is down.
pub(crate) fn store(site: &Site, count: usize) {
    let clock = Arc::new(SystemClock::default());
    let settings = SiteSettings::new("test");
    let index = Index::open(&site.folder().join("index"), settings, clock).unwrap();
    let event = |number: usize| Event {
        id: EventId(Uuid::now_v7()),
        location: None,
        draft: EventDraft {
            camera: ["gate", "yard"][number % 2].parse().unwrap(),
            time: Timestamp::from_millis(1_772_323_200_000),
            duration_ms: 0,
            kind: RuleKind::Intrusion.into(),
            rule: "anyone".parse().unwrap(),
            rule_version: 1,
            severity: Severity::try_from(2).unwrap(),
            class: Some(Class::Person),
            confidence: 0.9,
            attributes: Attributes::default(),
            track: None,
            bbox: None,
            crossing: None,
            count: 1,
            geometry: Arc::default(),
            evidence: Evidence::default(),
            clock_error_ms: 0,
            source: Source::Analysis { model: "".into() },
        },
    };
    index.append_events((0..count).map(event).collect()).unwrap();
    index.close();
}

async fn wait_until_settled(site: &Site, cursor: u64) -> Value {
    eventually("everything is settled", Duration::from_secs(30), async || {
        let body = site.get("/api/v1/notifications").await;
        let target = body["targets"][0].clone();
        (target["cursor"] == cursor && target["state"] == "idle").then_some(target)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_ends_with_every_event() {
    let (partner, address) = Partner::start().await;
    let (province, address_of_province) = Partner::start().await;
    let target = |id: &str, address: SocketAddr| {
        format!(
            "[[notify]]\nid = \"{id}\"\nkind = \"webhook\"\nurl = \"http://{address}/hook\"\n\
             secret_file = \"secret\"\n"
        )
    };
    let targets = target("partner", address)
        + &target("province", address_of_province)
        + "once_per = \"alert\"\n";
    let mut site = Site::new(false, &targets);
    std::fs::write(site.folder().join("secret"), SECRET).unwrap();
    // A target begins with what is stored once it is known.
    site.start();
    assert!(site.stop().0.success());

    partner.refuses.lock().unwrap().push(3);
    store(&site, 20);
    site.start();
    let told = wait_until_settled(&site, 20).await;
    assert_eq!(told["lag"], 0);
    assert_eq!(told["dead_letter_count"], 1);
    assert_eq!(told["dead_letters"][0]["sequence"], 3);
    assert_eq!(told["dead_letters"][0]["reason"], "answers 400 Bad Request");
    let health = site.get("/api/v1/health").await.to_string();
    assert!(health.contains("2 targets, 1 dead letters"), "{health}");
    assert!(!format!("{told}{health}").contains("hunter2"));
    site.kill();

    store(&site, 20);
    site.start();
    wait_until_settled(&site, 40).await;
    let even = |from: u64| (from..=40).step_by(2).collect::<Vec<_>>();
    assert_eq!(partner.taken_of("yard"), even(2));
    let without_the_refused: Vec<_> =
        even(1).into_iter().filter(|sequence| *sequence != 3).collect();
    assert_eq!(partner.taken_of("gate"), without_the_refused);

    // All that a camera saw is one happening, over the restart, too.
    eventually("the province is told", Duration::from_secs(30), async || {
        let body = site.get("/api/v1/notifications").await;
        (body["targets"][1]["cursor"] == 40).then_some(())
    })
    .await;
    assert_eq!((province.taken_of("gate"), province.taken_of("yard")), (vec![1], vec![2]));

    partner.refuses.lock().unwrap().clear();
    let retry = site.command(&["notifications", "retry", "--api", &site.api, "partner"]).output();
    let said = String::from_utf8(retry.unwrap().stdout).unwrap();
    assert!(said.starts_with("1 dead letters of partner are being sent again"), "{said}");
    eventually("there are no dead letters any more", Duration::from_secs(30), async || {
        let body = site.get("/api/v1/notifications").await;
        (body["targets"][0]["dead_letter_count"] == 0).then_some(())
    })
    .await;
    assert_eq!(partner.taken_of("gate").last(), Some(&3));
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    assert!(!log.concat().contains("hunter2"), "{log:#?}");
}
