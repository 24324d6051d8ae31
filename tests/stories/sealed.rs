//! The investigator takes footage of a case to the prosecutor, who can check it without us; what was
//! done stands in a trail that nobody edits unseen; what is held is not deleted.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use domain::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, probe, recorded_camera};

fn run(site: &Site, arguments: &[&str]) -> Output {
    site.command(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    text.concat()
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

/// Two seconds of footage with an SEI message like those of a camera that signs its video, by ONVIF.
fn signed_footage() -> PathBuf {
    let vtest = footage("vtest-h264.mp4");
    let message = "h264_metadata=sei_user_data=005bc93f-2d71-5e95-ada4-796f90877a6f+signature";
    let cut = ["-t", "2", "-c", "copy", "-bsf:v", message];
    fixtures::clip("mp4", &[&["-i", vtest.to_str().unwrap()], &cut[..]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn footage_of_a_case_leaves_sealed_and_anybody_can_check_it() {
    let mount = Mount::new("/gate/main", signed_footage());
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let mut site = Site::new(false, &format!("[audit]\ncopy_to = \"heads.jsonl\"\n{camera}"));
    let (from, to) = recorded(&mut site, &simulator).await;
    // Beside the running service.
    site.start();
    let export = |out: &str| {
        run(
            &site,
            &[
                "export",
                "--config",
                "watchpost.toml",
                "--camera",
                "gate",
                "--from",
                &from,
                "--to",
                &to,
                "--case",
                "01/2026",
                "--reason",
                "accident",
                "--operator",
                "lan",
                "--out",
                out,
            ],
        )
    };
    let output = export("case.zip");
    assert!(output.status.success(), "{}", said(&output));
    let confirmation = said(&output);
    assert!(confirmation.contains("1 clips") && confirmation.contains("for case 01/2026, by lan"));
    assert!(confirmation.contains("as they were when they were closed"), "{confirmation}");
    assert!(!export("case.zip").status.success(), "never overwritten");
    let key = confirmation.rsplit("--key ").next().unwrap().trim().to_owned();

    let output = run(&site, &["verify", "case.zip", "--key", &key]);
    assert!(output.status.success(), "{}", said(&output));
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(
        line.starts_with("case.zip: HOLDS: ") && line.ends_with("is the one expected\n"),
        "{line}"
    );
    assert!(
        line.contains("1 clips bear the camera's own signatures (ONVIF Media Signing)"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
    let other = "0".repeat(64);
    assert_eq!(run(&site, &["verify", "case.zip", "--key", &other]).status.code(), Some(1));

    // The prosecutor's own tools.
    let folder = site.folder().join("opened");
    let unzip = std::process::Command::new("unzip")
        .args(["-q", "case.zip", "-d", "opened"])
        .current_dir(site.folder())
        .output()
        .unwrap();
    assert!(unzip.status.success(), "{}", said(&unzip));
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let clip = &manifest["clips"][0];
    let pictures = probe(&folder.join(clip["file"].as_str().unwrap()));
    assert!(pictures.len() > 20, "{} pictures", pictures.len());
    let segments = clip["segments"].as_array().unwrap();
    assert!(segments.iter().all(|segment| segment["rehashed"] == true), "{segments:#?}");
    assert!(segments.iter().all(|segment| segment["chain"].is_string()), "{segments:#?}");
    let signatures = &clip["camera_signatures"][0];
    assert_eq!(signatures["signing"], "onvif");
    assert!(signatures["count"].as_u64() >= Some(2), "one in each loop: {signatures}");
    assert_eq!(manifest["purpose"]["case"], "01/2026");
    assert!(!manifest["gaps"].as_array().unwrap().is_empty(), "the stop is a gap with its cause");

    // One byte of the clip, somewhere in the middle.
    let mut bytes = std::fs::read(site.folder().join("case.zip")).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(site.folder().join("changed.zip"), bytes).unwrap();
    let output = run(&site, &["verify", "changed.zip"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("DOES NOT HOLD: clips/001-gate-main-"), "{}", said(&output));

    // What was done is in the trail; the service signs it when it stops.
    let list = ["audit", "list", "--config", "watchpost.toml", "--operator", "lan", "--json"];
    let output = run(&site, &list);
    let words: Vec<Value> =
        said(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(words.iter().any(|entry| entry["action"] == "exported" && entry["case"] == "01/2026"));
    site.stop();
    let verify = ["audit", "verify", "--config", "watchpost.toml"];
    let output = run(&site, &verify);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("whole: ") && said(&output).contains("in the second place"));
    tampered_trails_are_found(&site, &verify);
}

/// Edits the trail as somebody would who knows the database and takes the triggers away.
fn tampered_trails_are_found(site: &Site, verify: &[&str]) {
    let core = site.folder().join("index/core.db");
    let kept = site.folder().join("kept.db");
    // What lies beside it goes into it first.
    tool(&core, "PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::copy(&core, &kept).unwrap();
    let triggers = "DROP TRIGGER audit_kept; DROP TRIGGER audit_unchanged;
                    DROP TRIGGER audit_head_kept; DROP TRIGGER audit_head_unchanged;";
    for (change, what) in [
        ("UPDATE audit SET actor = 'minh' WHERE action = 'exported'", "is not as it was written"),
        ("DELETE FROM audit WHERE action = 'exported'", "is missing"),
        (
            "UPDATE audit SET seq = -1 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;
             UPDATE audit SET seq = 3 WHERE seq = -1",
            "is not as it was written",
        ),
        ("UPDATE audit SET seq = seq + 1000 WHERE seq = 2", "is missing"),
        ("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", "but entry"),
        (
            "DELETE FROM audit_head WHERE seq = (SELECT max(seq) FROM audit);
             DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit);
             UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit'",
            "but entry",
        ),
    ] {
        tool(&core, &format!("{triggers} {change}; PRAGMA wal_checkpoint(TRUNCATE)"));
        let output = run(site, verify);
        assert_eq!(output.status.code(), Some(1), "{change}: {}", said(&output));
        assert!(said(&output).contains(what), "{change}: {}", said(&output));
        assert_eq!(said(&output).lines().count(), 1);
        std::fs::copy(&kept, &core).unwrap();
    }
    assert!(run(site, verify).status.success());
}

fn tool(database: &Path, sql: &str) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_outlives_its_retention_until_two_persons_lift_it() {
    let mount = |name: &str| Mount::new(format!("/{name}/main"), footage("vtest-h264.mp4"));
    let mounts = vec![mount("gate"), mount("yard")];
    let simulator = Simulator::start(SimulatorConfig::new(mounts)).unwrap();
    let camera = |name: &str| recorded_camera(name, &simulator.url(&format!("/{name}/main")));
    let cameras = camera("gate") + &camera("yard");
    let mut site = Site::new(false, &cameras);
    let (from, _) = recorded(&mut site, &simulator).await;
    let hold = |site: &Site, arguments: &[&str]| {
        let output = run(site, &[&["hold"], arguments, &["--config", "watchpost.toml"]].concat());
        (output.status.success(), said(&output))
    };
    let place = [
        "place",
        "--case",
        "01/2026",
        "--reason",
        "accident",
        "--camera",
        "gate",
        "--from",
        &from,
        "--operator",
        "lan",
    ];
    let (done, text) = hold(&site, &place);
    assert!(done && text.contains("until two people lift it"), "{text}");
    // All of it is past its time at once.
    site.configure(false, &format!("[retention]\nmain_days = 0.00001\n{cameras}"));
    let files = |site: &Site, camera: &str| {
        let volume = site.folder().join("footage").join(camera).join("main");
        let days = std::fs::read_dir(volume).into_iter().flatten();
        days.map(|day| std::fs::read_dir(day.unwrap().path()).unwrap().count()).sum::<usize>()
    };
    for name in ["gate", "yard"] {
        assert!(files(&site, name) > 0, "{name}");
        simulator.fault(&format!("/{name}/main"), Fault::Refuse).unwrap();
    }
    let held = files(&site, "gate");
    site.start();
    let gone = || async { (files(&site, "yard") == 0).then_some(()) };
    eventually("what is not held is deleted", Duration::from_secs(60), gone).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    assert_eq!(files(&site, "gate"), held);

    let (_, listed) = hold(&site, &["list", "--json"]);
    let number = serde_json::from_str::<Value>(&listed).unwrap()["id"].to_string();
    let ask = ["ask-lift", &number, "--reason", "closed", "--operator", "lan"];
    assert!(hold(&site, &ask).0);
    let (done, text) = hold(&site, &["lift", &number, "--operator", "lan"]);
    assert!(!done && text.contains("a second person must agree"), "{text}");
    assert!(hold(&site, &["lift", &number, "--operator", "minh"]).0);
    site.start();
    let gone = || async { (files(&site, "gate") == 0).then_some(()) };
    eventually("it is deleted", Duration::from_secs(60), gone).await;
    site.stop();
    let list = ["audit", "list", "--config", "watchpost.toml", "--operator", "lan"];
    let text = said(&run(&site, &[&list[..], &["--action", "footage_deleted"]].concat()));
    assert!(text.contains("\"of\":[\"yard\"]") && text.contains("\"of\":[\"gate\"]"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_ends_when_it_was_to_and_what_it_held_goes_after_that_is_on_record() {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let mut site = Site::new(false, &camera);
    let (from, _) = recorded(&mut site, &simulator).await;
    simulator.fault("/gate/main", Fault::Refuse).unwrap();
    let until = SystemClock::default().now().plus(Duration::from_secs(2)).to_string();
    let place = ["hold", "place", "--config", "watchpost.toml", "--operator", "lan"];
    let what = ["--case", "01/2026", "--reason", "x", "--camera", "gate", "--from", &from];
    let placed = run(&site, &[&place[..], &what, &["--until", &until]].concat());
    assert!(placed.status.success() && said(&placed).contains(" at the latest"), "{placed:?}");
    site.configure(false, &format!("[retention]\nmain_days = 0.00001\n{camera}"));
    site.start();
    let audit = ["audit", "list", "--config", "watchpost.toml", "--operator", "lan", "--json"];
    let gone = || async {
        let text = said(&run(&site, &[&audit[..], &["--action", "footage_deleted"]].concat()));
        text.contains("footage_deleted").then_some(())
    };
    eventually("it is deleted", Duration::from_secs(90), gone).await;
    site.stop();
    let number = |action: &str| {
        let text = said(&run(&site, &[&audit[..], &["--action", action]].concat()));
        let entry: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        entry["seq"].as_u64().unwrap()
    };
    assert!(number("hold_ended") < number("footage_deleted"));
    let over = run(&site, &["hold", "list", "--all", "--config", "watchpost.toml"]);
    assert!(said(&over).contains("ended by itself at "), "{}", said(&over));
}
