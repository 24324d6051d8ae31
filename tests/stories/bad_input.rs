//! The operator makes a mistake, or the machine fails: the message says what and where.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, probe, recorded_camera, root};

fn run(site: &Site, command: &str) -> Output {
    let config = site.config();
    site.command(&[command, "--config", config.to_str().unwrap()]).output().unwrap()
}

/// Changes the site's configuration file.
fn edit(site: &Site, from: &str, to: &str) {
    let text = std::fs::read_to_string(site.config()).unwrap();
    assert!(text.contains(from), "{from} is in the configuration");
    std::fs::write(site.config(), text.replace(from, to)).unwrap();
}

/// `run` and `check` both end with an error that holds all of `words`, and do not panic.
fn refused(site: &Site, words: &[&str]) {
    for command in ["run", "check"] {
        let output = run(site, command);
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(!said.contains("panicked"), "{command}: {said}");
        for word in words {
            assert!(said.contains(word), "{command} does not say {word}: {said}");
        }
    }
}

#[test]
fn a_broken_configuration() {
    let site = Site::new(
        false,
        "[[camera]]\nid = \"gate\"\nname = \"Gate\"\nmain = { url = \"ftp://x\" }\n",
    );
    refused(&site, &["watchpost.toml:", "camera[0].main.url", "only rtsp://"]);
    edit(&site, "[site]", "[site");
    refused(&site, &["watchpost.toml:1:"]);
}

#[test]
fn a_configuration_that_is_not_there() {
    let site = Site::new(false, "");
    std::fs::remove_file(site.config()).unwrap();
    refused(&site, &["cannot read configuration", "watchpost.toml", "No such file"]);
}

#[test]
fn folders_to_be_made_where_the_program_stands_are_no_mistake() {
    let site = Site::new(false, "");
    for folder in ["footage", "index"] {
        let _ = std::fs::remove_dir_all(site.folder().join(folder));
    }
    let name = site.config().file_name().unwrap().to_str().unwrap().to_owned();
    let mut check = site.command(&["check", "--config", &name]);
    let checked = check.current_dir(site.folder()).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn a_password_that_everybody_may_read_is_warned_of_and_refuses_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let camera = "[[camera]]\nid = \"gate\"\nname = \"Gate\"\nusername = \"duty\"\n\
                  password_file = \"gate.password\"\nmain = { url = \"rtsp://127.0.0.1:1/x\" }\n";
    let site = Site::new(false, camera);
    let file = site.folder().join("gate.password");
    std::fs::write(&file, "hunter2\n").unwrap();
    let check = |mode: u32| {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = run(&site, "check");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = check(0o644);
    let setting = "warning: camera[0].password_file: others may read";
    assert!(told.contains(setting) && told.contains("(mode 644): chmod "), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    assert!(!check(0o600).contains("warning"));
}

#[test]
fn a_missing_library() {
    let site = Site::new(true, "");
    edit(&site, "libonnxruntime.so.1.31.1", "libonnxruntime.so.0");
    refused(&site, &["analysis.onnxruntime", "libonnxruntime.so.0", "scripts/setup"]);
}

#[test]
fn a_file_that_is_no_library() {
    let site = Site::new(true, "");
    let library = root().join("var/lib/onnxruntime/libonnxruntime.so.1.31.1");
    std::fs::write(site.folder().join("fake.so"), "not a library").unwrap();
    edit(&site, library.to_str().unwrap(), "fake.so");
    refused(&site, &["fake.so"]);
}

#[test]
fn a_model_that_was_changed_or_is_of_an_unknown_kind() {
    let site = Site::new(true, "");
    let manifest = std::fs::read_to_string(root().join("models/nanodet-g-int8.toml")).unwrap();
    let model = std::fs::read(root().join("models/nanodet_g_416_int8_blocks.onnx")).unwrap();
    edit(&site, root().join("models/nanodet-g-int8.toml").to_str().unwrap(), "model.toml");
    std::fs::write(site.folder().join("model.toml"), &manifest).unwrap();
    refused(&site, &["nanodet_g_416_int8_blocks.onnx", "No such file"]);
    let mut changed = model.clone();
    *changed.last_mut().unwrap() ^= 1;
    std::fs::write(site.folder().join("nanodet_g_416_int8_blocks.onnx"), changed).unwrap();
    refused(&site, &["nanodet_g_416_int8_blocks.onnx", "sha256"]);
    std::fs::write(site.folder().join("nanodet_g_416_int8_blocks.onnx"), model).unwrap();
    let unknown = manifest.replace("family = \"nanodet\"", "family = \"oracle\"");
    assert_ne!(unknown, manifest);
    std::fs::write(site.folder().join("model.toml"), unknown).unwrap();
    refused(&site, &["model.toml", "oracle"]);
}

#[test]
fn an_index_that_is_no_index() {
    let site = Site::new(false, "");
    std::fs::create_dir(site.folder().join("index")).unwrap();
    std::fs::write(site.folder().join("index/core.db"), vec![7; 100_000]).unwrap();
    let output = run(&site, "run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("core.db") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let site = Site::new(false, "");
    edit(&site, "127.0.0.1:0", &address);
    refused(&site, &["cannot listen on", &address]);
}

/// A small file system of its own, if this machine lets us mount one.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(folder: std::path::PathBuf, size: &str) -> Option<Self> {
        std::fs::create_dir_all(&folder).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&folder)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            _ => {
                println!("left out: mounting a small disk needs root");
                None
            }
        }
    }

    fn remount(&self, option: &str) {
        let options = format!("remount,{option}");
        assert!(
            Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success()
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn street() -> Simulator {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    Simulator::start(SimulatorConfig::new(vec![mount])).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_read_only_and_becomes_writable() {
    let simulator = street();
    let mut site = Site::new(false, &recorded_camera("gate", &simulator.url("/gate/main")));
    let Some(disk) = SmallDisk::mount(site.folder().join("footage"), "256m") else { return };
    edit(&site, "keep_free_gib = 0.1", "keep_free_gib = 0.001");
    // A file system that is written to cannot be made read-only, so it is from the start.
    disk.remount("ro");
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(10)).await;
    let read_only = async || {
        let (_, health) = site.ask("/api/v1/health").await;
        let is_told = health["volumes"][0]["state"] == "read_only" && health["status"] != "ok";
        is_told.then_some(())
    };
    eventually("the volume is read only", Duration::from_secs(30), read_only).await;
    assert_eq!(site.state("gate", "main").await, "up", "the camera is not to blame");
    disk.remount("rw");
    let recorded = || async {
        let (_, health) = site.ask("/api/v1/health").await;
        let camera = site.get("/api/v1/cameras/gate").await;
        let until = camera["properties"]["streams"][0]["recorded_until"].as_str()?;
        (health["status"] == "ok").then_some(until.to_owned())
    };
    eventually("recording begins by itself", Duration::from_secs(60), recorded).await;
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}

/// Writes to the disk until there is no room left.
fn fill(disk: &SmallDisk) -> std::path::PathBuf {
    let ballast = disk.0.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
    ballast
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_and_gets_room_again() {
    let simulator = street();
    let mut site = Site::new(false, &recorded_camera("gate", &simulator.url("/gate/main")));
    let Some(disk) = SmallDisk::mount(site.folder().join("footage"), "32m") else { return };
    edit(&site, "keep_free_gib = 0.1", "keep_free_gib = 0.001");
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(10)).await;
    let start = domain::Timestamp::from_micros(simulator.now_us());
    let end = start.plus(Duration::from_secs(3600));
    let recordings = format!("/api/v1/cameras/gate/recordings?start={start}&end={end}");
    let some = async || (site.get(&recordings).await["recorded_s"].as_f64()? > 3.0).then_some(());
    eventually("some footage", Duration::from_secs(20), some).await;
    // Or room would be made by deleting it.
    let held = site
        .command(&["hold", "place", "--config", "watchpost.toml", "--case", "01/2026"])
        .args(["--operator", "lan", "--reason", "a disk is full", "--from", &start.to_string()])
        .output()
        .unwrap();
    assert!(held.status.success(), "{}", String::from_utf8_lossy(&held.stderr));
    let earlier = async |name: &str| {
        let from = site.get(&recordings).await["spans"][0]["start"].as_str().unwrap().to_owned();
        let to = from.parse::<domain::Timestamp>().unwrap().plus(Duration::from_secs(2));
        let clip = format!("/api/v1/cameras/gate/footage.mp4?start={from}&end={to}");
        let file = site.folder().join(name);
        std::fs::write(&file, site.bytes(&clip).await).unwrap();
        probe(&file)
    };
    let before = earlier("before.mp4").await;

    let ballast = fill(&disk);
    let volume = async |state: &str| {
        let (_, health) = site.ask("/api/v1/health").await;
        (health["volumes"][0]["state"] == state).then_some(health)
    };
    let health =
        eventually("the volume is full", Duration::from_secs(30), async || volume("full").await)
            .await;
    assert_ne!(health["status"], "ok", "{health:#}");
    assert_eq!(site.state("gate", "main").await, "up", "the camera is not to blame");

    std::fs::remove_file(ballast).unwrap();
    eventually("there is room again", Duration::from_secs(60), async || volume("ok").await).await;
    let gap = async || {
        let recordings = site.get(&recordings).await;
        let gaps = recordings["gaps"].as_array()?;
        let full = gaps.iter().find(|gap| gap["cause"] == "disk_full")?;
        let last = recordings["spans"].as_array()?.last()?["start"].as_str()?.to_owned();
        (full["end"].as_str()? <= last.as_str()).then_some(())
    };
    eventually("a gap for the full disk, and footage after it", Duration::from_secs(60), gap).await;
    assert_eq!(earlier("after.mp4").await, before, "earlier footage is whole");
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    let deep = site.command(&["fsck", "--deep", "--config", "watchpost.toml"]).output().unwrap();
    assert!(deep.status.success(), "{}", String::from_utf8_lossy(&deep.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn footage_that_was_cut_short_or_altered() {
    let simulator = street();
    let mut site = Site::new(false, &recorded_camera("gate", &simulator.url("/gate/main")));
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(10)).await;
    let start = domain::Timestamp::from_micros(simulator.now_us());
    let end = start.plus(Duration::from_secs(3600));
    let recordings = format!("/api/v1/cameras/gate/recordings?start={start}&end={end}");
    let some =
        || async { (site.get(&recordings).await["recorded_s"].as_f64()? > 3.0).then_some(()) };
    eventually("some footage", Duration::from_secs(20), some).await;
    simulator.fault("/gate/main", Fault::Refuse).unwrap();
    site.wait_for_state("gate", "down", Duration::from_secs(10)).await;
    site.stop();
    let find =
        Command::new("find").arg(site.folder().join("footage")).args(["-name", "*.mp4"]).output();
    let files = String::from_utf8(find.unwrap().stdout).unwrap();
    let file = std::path::PathBuf::from(files.lines().next().expect("a file is recorded"));
    let whole = std::fs::read(&file).unwrap();

    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    site.start();
    let spans = site.get(&recordings).await["spans"].clone();
    let (from, to) = (spans[0]["start"].as_str().unwrap(), spans[0]["end"].as_str().unwrap());
    let clip = format!("{}/api/v1/cameras/gate/footage.mp4?start={from}&end={to}", site.api);
    let answer = site.client.get(clip).send().await.unwrap();
    let status = answer.status();
    let cut_off = status.is_server_error() || answer.bytes().await.is_err();
    assert!(cut_off, "half a file was served as a whole: {status}");
    assert_eq!(site.ask("/api/v1/health").await.0 / 100, 2, "the service goes on");
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    let fsck = run(&site, "fsck");
    assert_eq!(fsck.status.code(), Some(1));
    let said = String::from_utf8_lossy(&fsck.stdout);
    assert!(said.contains(file.file_name().unwrap().to_str().unwrap()), "{said}");

    let mut altered = whole.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    std::fs::write(&file, altered).unwrap();
    let config = site.config();
    let deep = site.command(&["fsck", "--deep", "--config", config.to_str().unwrap()]).output();
    assert_eq!(deep.unwrap().status.code(), Some(1), "one flipped bit is found");
    std::fs::write(&file, whole).unwrap();
    assert!(run(&site, "fsck").status.success());
}

#[test]
fn a_password_file_that_cannot_be_read() {
    let camera = "[[camera]]\nid = \"gate\"\nname = \"Gate\"\nusername = \"duty\"\n\
                  password_file = \"secret\"\nmain = { url = \"rtsp://127.0.0.1:1/gate\" }\n";
    let site = Site::new(false, camera);
    refused(&site, &["camera[0].password_file", "secret", "No such file"]);
    std::fs::write(site.folder().join("secret"), "").unwrap();
    std::fs::set_permissions(site.folder().join("secret"), PermissionsExt::from_mode(0o600))
        .unwrap();
    refused(&site, &["must hold one line"]);
}
