//! The service speaks TLS: browsers and our own commands know it by its certificate, which is renewed while
//! it runs, by a signal or by itself; one that is broken is told of, and the old one goes on.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::harness::{Site, eventually, recorded_camera};
use crate::views::camera;

const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a certificate for this machine, and puts it and its key where the site has them.
pub(crate) fn certify(folder: &Path, name: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "1", "-keyout", "new.key", "-out", "new.crt"])
        .args(["-subj", &format!("/CN={name}")])
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(folder)
        .output()
        .expect("openssl is installed by scripts/setup");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for (from, to) in [("new.key", "site.key"), ("new.crt", "site.crt")] {
        std::fs::rename(folder.join(from), folder.join(to)).unwrap();
    }
}

pub(crate) fn configured(site: &Site) {
    let text = std::fs::read_to_string(site.config()).unwrap();
    let listen = "[api]\nlisten = \"127.0.0.1:0\"\n";
    let tls = "certificate_file = \"site.crt\"\nkey_file = \"site.key\"\n";
    assert!(text.contains(listen));
    std::fs::write(site.config(), text.replace(listen, &format!("{listen}{tls}"))).unwrap();
}

/// Returns whom the service says that it is, to somebody else's TLS client.
fn subject(address: &str) -> String {
    let shown = Command::new("openssl")
        .args(["s_client", "-connect", address, "-alpn", "h2,http/1.1"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&shown.stdout).into_owned()
}

/// Asks by a command of ours.
fn cameras(site: &Site, arguments: &[&str]) -> Output {
    let address = site.api.replace("http://", "https://");
    let mut command = site.command(&["cameras", "--json", "--api", &address]);
    command.args(arguments).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_by_a_signal_and_by_itself() {
    let mut site = Site::new(false, &recorded_camera("gate", "rtsp://127.0.0.1:9/gate"));
    certify(site.folder(), "first");
    configured(&site);
    site.start();
    let address = site.api.trim_start_matches("http://").to_owned();
    let first = subject(&address);
    assert!(first.contains("CN=first") || first.contains("CN = first"), "{first}");
    assert!(first.contains("ALPN protocol: h2"), "{first}");

    // Our own commands know it by the file, and whom they do not know they tell nothing.
    let known = cameras(&site, &["--ca-file", "site.crt"]);
    assert!(known.status.success(), "{}", String::from_utf8_lossy(&known.stderr));
    let listed: Value = serde_json::from_slice(&known.stdout).unwrap();
    assert_eq!(listed["features"][0]["id"], "gate", "{listed:#}");
    let unknown = cameras(&site, &[]);
    assert!(!unknown.status.success());
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("--ca-file"), "{said}");

    certify(site.folder(), "second");
    site.hang_up();
    site.wait_for_log("configuration reloaded", PATIENCE);
    let second = subject(&address);
    assert!(second.contains("CN=second") || second.contains("CN = second"), "{second}");

    // Half a renewal: told, and the one before goes on.
    let key = std::fs::read(site.folder().join("site.key")).unwrap();
    std::fs::write(site.folder().join("site.key"), "hunter2").unwrap();
    let told = site.wait_for_log("certificate not taken over", PATIENCE);
    assert!(told.contains("site.crt") && !told.contains("hunter2"), "{told}");
    let still = subject(&address);
    assert!(still.contains("CN=second") || still.contains("CN = second"), "{still}");
    std::fs::write(site.folder().join("site.key"), key).unwrap();

    // Without a signal.
    certify(site.folder(), "third");
    eventually("the third certificate is shown", PATIENCE, || async {
        let third = subject(&address);
        (third.contains("CN=third") || third.contains("CN = third")).then_some(())
    })
    .await;
    let known = cameras(&site, &["--ca-file", "site.crt"]);
    assert!(known.status.success(), "{}", String::from_utf8_lossy(&known.stderr));
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_followed_by_a_command_over_tls() {
    const TOKEN: &str = "0123456789abcdef0123456789abcdef";
    let mut site = Site::new(false, &camera("rtsp://127.0.0.1:9/gate", None));
    std::fs::write(site.folder().join("parking.token"), format!("{TOKEN}\n")).unwrap();
    certify(site.folder(), "site");
    configured(&site);
    let text = std::fs::read_to_string(site.config()).unwrap();
    let local = "[api]\nlocal_listen = \"127.0.0.1:0\"\n";
    std::fs::write(site.config(), text.replace("[api]\n", local)).unwrap();
    site.start();
    let address = |tls: bool| -> String {
        let line = site.wait_for_log(&format!("\"tls\":{tls}"), PATIENCE);
        let line: Value = serde_json::from_str(&line).unwrap();
        line["address"].as_str().unwrap().to_owned()
    };
    let (secure, local) = (format!("https://{}", address(true)), address(false));

    let mut command = site.command(&["events", "--follow", "--json", "--api", &secure]);
    let command = command.args(["--ca-file", "site.crt"]).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Arc<Mutex<Option<String>>> = Arc::default();
    let has_ended = Arc::new(AtomicBool::new(false));
    let (told, ended) = (Arc::clone(&first), Arc::clone(&has_ended));
    std::thread::spawn(move || {
        *told.lock().unwrap() = lines.map_while(Result::ok).next();
        ended.store(true, Ordering::Relaxed);
    });
    // It follows from now on, whenever that is: until it has begun, more happens.
    let client = reqwest::Client::new();
    let mut number = 0;
    while !has_ended.load(Ordering::Relaxed) {
        number += 1;
        assert!(number < 600, "nothing is told");
        let finding = json!({
            "id": format!("finding-{number}"), "camera": "gate", "kind": "illegal_stop",
            "class": "car", "time": SystemClock::default().now(),
        });
        let post = client.post(format!("http://{local}/api/v1/findings")).bearer_auth(TOKEN);
        let answer = post.json(&finding).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let line = first.lock().unwrap().clone().expect("an event is told");
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&event["camera"], &event["kind"]), (&json!("gate"), &json!("illegal_stop")));
}
