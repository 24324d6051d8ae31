//! Footage that leaves can be traced to the moment it was recorded; a third party says when it was
//! sealed; a passphrase keeps it from others; what a restart cuts off is made all the same.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, recorded_camera};

/// A time-stamp authority made of `openssl ts`, on loopback.
struct Authority {
    folder: tempfile::TempDir,
    address: String,
}

impl Authority {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=TSA",
            ])
            .args(["-addext", "extendedKeyUsage=critical,timeStamping"])
            .args(["-keyout", "tsa.key", "-out", "tsa.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", said(&made));
        std::fs::write(folder.path().join("serial"), "01\n").unwrap();
        let settings = "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\n\
                        default_policy = 1.2.3.4.1\ndigests = sha256\nsigner_digest = sha256\n";
        std::fs::write(folder.path().join("tsa.cnf"), settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let place = folder.path().to_owned();
        // Ends with the process: it waits for the next connection.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answer(&place, stream);
            }
        });
        Self { folder, address }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("tsa.pem")
    }
}

fn answer(place: &Path, mut stream: std::net::TcpStream) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    let body = loop {
        let count = stream.read(&mut piece).unwrap_or(0);
        if count == 0 {
            return;
        }
        request.extend_from_slice(&piece[..count]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().trim().parse().unwrap();
        if request.len() >= end + 4 + length {
            assert!(head.contains("application/timestamp-query"), "{head}");
            break request[end + 4..].to_vec();
        }
    };
    std::fs::write(place.join("query.tsq"), body).unwrap();
    let made = Command::new("openssl")
        .args(["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq"])
        .args(["-signer", "tsa.pem", "-inkey", "tsa.key", "-out", "reply.tsr"])
        .current_dir(place)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let reply = std::fs::read(place.join("reply.tsr")).unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        reply.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&reply));
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn run(site: &Site, arguments: &[&str]) -> Output {
    site.command(arguments).output().unwrap()
}

/// Records for some seconds and stops, so that all of it is closed; returns the recorded span.
async fn recorded(site: &mut Site, simulator: &Simulator) -> (String, String) {
    let from = Timestamp::from_micros(simulator.now_us());
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(30)).await;
    let until = from.plus(Duration::from_secs(6)).as_micros();
    let over = || async { (simulator.now_us() >= until).then_some(()) };
    eventually("enough is recorded", Duration::from_secs(30), over).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    (from.to_string(), from.plus(Duration::from_secs(3600)).to_string())
}

fn gate() -> Simulator {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    Simulator::start(SimulatorConfig::new(vec![mount])).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_says_when_it_was_recorded_who_stamped_it_and_opens_by_its_passphrase_alone() {
    let (simulator, authority) = (gate(), Authority::start());
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let policy = format!(
        "[export]\nsecond_person = \"always\"\ntime_stamp_url = \"http://{}/tsr\"\n\
         time_stamp_required = true\n",
        authority.address
    );
    let mut site = Site::new(false, &(policy + &camera));
    let (from, to) = recorded(&mut site, &simulator).await;
    let words = site.folder().join("words.txt");
    std::fs::write(&words, "k7wq-m2xd-9hfz-t4vn-p8sa\n").unwrap();
    let export = |more: &[&str]| {
        let base = ["export", "--config", "watchpost.toml", "--camera", "gate", "--from", &from];
        let what = ["--to", &to, "--case", "01/2026", "--reason", "accident", "--operator", "lan"];
        run(&site, &[&base[..], &what[..], more].concat())
    };
    let alone = export(&["--out", "case.zip"]);
    assert!(said(&alone).contains("wants a second person"), "{}", said(&alone));
    let oneself = export(&["--out", "case.zip", "--second", "lan"]);
    assert!(said(&oneself).contains("a second person must agree"), "{}", said(&oneself));
    let made = export(&["--out", "case.zip", "--second", "minh", "--passphrase-file", "words.txt"]);
    assert!(made.status.success(), "{}", said(&made));

    // Nobody reads it without the passphrase.
    let locked = run(&site, &["verify", "case.zip"]);
    assert_eq!(locked.status.code(), Some(1), "{}", said(&locked));
    let unlock = |words: &str, out: &str| {
        run(&site, &["unlock", "case.zip", "--passphrase-file", words, "--out", out])
    };
    std::fs::write(site.folder().join("wrong.txt"), "k7wq-m2xd-9hfz-t4vn-p8sb\n").unwrap();
    let wrong = unlock("wrong.txt", "open.zip");
    assert!(said(&wrong).contains("does not open it"), "{}", said(&wrong));
    assert!(!site.folder().join("open.zip").exists());
    let opened = unlock("words.txt", "open.zip");
    assert!(opened.status.success(), "{}", said(&opened));
    let verified = run(&site, &["verify", "open.zip", "--json"]);
    let verdict: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(verdict["holds"], true, "{verdict:#}");
    assert_eq!(verdict["manifest"]["approved"]["by"], "minh");
    assert_eq!(verdict["recorded_files"], verdict["chained_files"], "{verdict:#}");
    assert!(verdict["recorded_files"].as_u64().unwrap() > 0);
    assert!(verdict["stamped"].is_string(), "{verdict:#}");

    // Whoever has the authority's certificate checks who stamped it.
    let stranger = |line: &str| {
        Command::new("sh").args(["-c", line]).current_dir(site.folder()).output().unwrap()
    };
    let unpacked = stranger("unzip -q open.zip -d opened");
    assert!(unpacked.status.success(), "{}", said(&unpacked));
    let stamped = stranger(&format!(
        "openssl ts -verify -in opened/manifest.tsr -data opened/manifest.sig -CAfile {}",
        authority.certificate().display()
    ));
    assert!(said(&stamped).contains("Verification: OK"), "{}", said(&stamped));

    // A byte of the stamp, and one of the chain of what was recorded.
    let bytes = std::fs::read(site.folder().join("open.zip")).unwrap();
    for (file, at) in [("manifest.tsr", 40), ("footage-chain.json", 200)] {
        let content = std::fs::read(site.folder().join("opened").join(file)).unwrap();
        let mut windows = bytes.windows(content.len());
        let place = windows.position(|window| window == content.as_slice()).unwrap();
        let mut bent = bytes.clone();
        bent[place + at] ^= 1;
        std::fs::write(site.folder().join("bent.zip"), bent).unwrap();
        let found = run(&site, &["verify", "bent.zip"]);
        assert_eq!(found.status.code(), Some(1), "{file}");
        assert!(said(&found).contains(&format!("{file} was changed")), "{}", said(&found));
    }
}

/// Waits until an export is no longer being made, and returns what is told of it.
async fn over(site: &Site, id: &Value) -> Value {
    let path = format!("/api/v1/exports/{}", id.as_str().unwrap());
    eventually("it is over", Duration::from_secs(60), async || {
        let told = site.get(&path).await;
        let is_over = told["state"] != "running" && told["state"] != "waiting";
        is_over.then_some(told)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_restart_cuts_off_is_made_all_the_same() {
    let simulator = gate();
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let mut site = Site::new(false, &camera);
    let (from, to) = recorded(&mut site, &simulator).await;
    site.start();
    let post = async |site: &Site, path: &str, body: Value| -> Value {
        let request = site.client.post(format!("{}{path}", site.api)).json(&body);
        let response = request.send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body:#}");
        body
    };
    let purpose = post(&site, "/api/v1/purposes", json!({"case": "7", "reason": "accident"})).await;
    let mut order =
        json!({"purpose": purpose["id"], "cameras": ["gate"], "start": from, "end": to});
    let first = post(&site, "/api/v1/exports", order.clone()).await;
    order["passphrase"] = json!("k7wq-m2xd-9hfz-t4vn");
    let locked = post(&site, "/api/v1/exports", order).await;
    // As a power cut would: whatever was under way is cut off.
    site.kill();
    site.start();
    let made = over(&site, &first["id"]).await;
    assert_eq!(made["state"], "done", "{made:#}");
    let package = site.bytes(made["package"].as_str().unwrap()).await;
    std::fs::write(site.folder().join("made.zip"), package).unwrap();
    let verified = run(&site, &["verify", "made.zip"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let lost = over(&site, &locked["id"]).await;
    if lost["state"] != "done" {
        // It was not sealed before the cut: what opens it is known to nobody any more.
        let why = lost["failed"].as_str().unwrap();
        assert!(why.contains("a passphrase is kept nowhere"), "{why}");
    }
    // What was sealed lies there after an orderly restart, too.
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    site.start();
    assert_eq!(over(&site, &first["id"]).await["state"], "done");
}
