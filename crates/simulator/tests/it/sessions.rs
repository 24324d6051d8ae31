//! Who is let in, how long a session lasts, and how commands are given.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{Client, H264, LIMIT, clip};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use simulator::{Auth, ControlAddress, Mount, Simulator, SimulatorConfig};
use tempfile::TempDir;

fn md5_hex(text: &str) -> String {
    let hash = Md5::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_password_is_asked_for_and_checked() {
    let file = clip("64x64", H264);
    let simulator = Simulator::start(SimulatorConfig::new(vec![
        Mount::new("/digest", &file).credentials(Auth::Digest, "admin", "secret"),
        Mount::new("/basic", &file).credentials(Auth::Basic, "admin", "secret"),
    ]))
    .unwrap();
    let mut client = Client::connect(simulator.address(), "/basic");
    let refused = client.ask("DESCRIBE", "", &[]);
    assert_eq!(refused.status, 401);
    assert!(refused.headers["www-authenticate"].starts_with("Basic realm="));
    for (password, status) in [("wrong", 401), ("secret", 200)] {
        let word = STANDARD.encode(format!("admin:{password}"));
        client.authorize = Some(Box::new(move |_, _| format!("Basic {word}")));
        assert_eq!(client.ask("DESCRIBE", "", &[]).status, status);
    }
    let mut client = Client::connect(simulator.address(), "/digest");
    let refused = client.ask("DESCRIBE", "", &[]);
    assert_eq!(refused.status, 401);
    let challenge: Vec<String> =
        refused.headers["www-authenticate"].split('"').map(str::to_owned).collect();
    let (realm, nonce) = (challenge[1].clone(), challenge[3].clone());
    for (password, status) in [("wrong", 401), ("secret", 200)] {
        let (realm, nonce) = (realm.clone(), nonce.clone());
        client.authorize = Some(Box::new(move |method, uri| {
            let secret = md5_hex(&format!("admin:{realm}:{password}"));
            let action = md5_hex(&format!("{method}:{uri}"));
            let response = md5_hex(&format!("{secret}:{nonce}:{action}"));
            format!(
                "Digest username=\"admin\", realm=\"{realm}\", nonce=\"{nonce}\", \
                 uri=\"{uri}\", response=\"{response}\""
            )
        }));
        assert_eq!(client.ask("DESCRIBE", "", &[]).status, status);
    }
    client.play();
    client.picture();
    assert_eq!(simulator.status("/digest").unwrap().unauthorized, 2);
}

#[test]
fn a_silent_client_is_let_go_and_an_unknown_session_is_not_found() {
    let file = clip("64x64", H264);
    let mut config = SimulatorConfig::new(vec![Mount::new("/a", &file)]);
    config.session_timeout = Duration::from_secs(1);
    let simulator = Simulator::start(config).unwrap();
    let mut client = Client::connect(simulator.address(), "/a");
    assert_eq!(client.ask("PLAY", "", &[]).status, 454);
    assert_eq!(client.ask("SETUP", "", &["Transport: RAW/RAW/UDP"]).status, 461);
    assert!(client.ask("OPTIONS", "", &[]).headers["public"].contains("PLAY"));
    client.play();
    assert_eq!(client.ask("GET_PARAMETER", "/", &[]).status, 200);
    while client.try_picture().is_some() {}
    let limit = LIMIT;
    simulator.wait_for_blocking("/a", limit, |status| status.sessions == 0).unwrap();
    let mut stranger = Client::connect(simulator.address(), "/nowhere");
    assert_eq!(stranger.ask("DESCRIBE", "", &[]).status, 404);
}

#[test]
fn a_client_that_takes_nothing_is_cut_off_and_disturbs_no_other() {
    let file = clip("1280x720", "libx264 -bf 0 -g 1 -qp 0");
    let mut config = SimulatorConfig::new(vec![Mount::new("/a", &file)]);
    config.slow_client = Duration::from_millis(500);
    let simulator = Simulator::start(config).unwrap();
    let mut slow = Client::connect(simulator.address(), "/a");
    let mut quick = Client::connect(simulator.address(), "/a");
    slow.play();
    quick.play();
    let mut watch = simulator.watch("/a").unwrap();
    while watch.borrow_and_update().slow_clients == 0 {
        assert!(quick.picture().is_whole);
    }
    assert!(quick.picture().is_whole);
}

#[test]
fn commands_are_answered_in_json() {
    let file = clip("64x64", H264);
    let mut config = SimulatorConfig::new(vec![Mount::new("/a", &file)]);
    config.control = Some(ControlAddress::Tcp("127.0.0.1:0".parse().unwrap()));
    let simulator = Simulator::start(config).unwrap();
    let Some(ControlAddress::Tcp(address)) = simulator.control_address() else {
        panic!("no control socket");
    };
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut tell = |command: &str| -> serde_json::Value {
        stream.write_all(format!("{command}\n").as_bytes()).unwrap();
        serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap()
    };
    assert_eq!(tell("fault /a drop 20")["ok"], true);
    let listed = tell("list");
    assert_eq!(listed["mounts"][0]["fault"]["fault"], "drop");
    assert_eq!(listed["mounts"][0]["codec"], "h264");
    assert_eq!(tell("clear /a")["ok"], true);
    assert!(tell("status /a")["mount"]["fault"].is_null());
    assert_eq!(tell("sent /a")["pictures"], serde_json::json!([]));
    let unknown = tell("fault /b stall");
    assert_eq!(unknown["error"], "there is no mount /b");
    assert!(tell("fault /a explode")["error"].as_str().unwrap().contains("black-hole"));
    assert!(tell("dance")["error"].as_str().unwrap().contains("help"));
}

#[test]
fn a_unix_socket_takes_commands_and_goes_when_it_stops() {
    let dir = TempDir::new().unwrap();
    let file = clip("64x64", H264);
    let socket = dir.path().join("control");
    let mut config = SimulatorConfig::new(vec![Mount::new("/a", &file)]);
    config.control = Some(ControlAddress::Unix(socket.clone()));
    let simulator = Simulator::start(config.clone()).unwrap();
    let mut stream = std::os::unix::net::UnixStream::connect(&socket).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(b"now\n").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.contains("now_us"), "{answer}");
    simulator.stop();
    assert!(!socket.exists());
    Simulator::start(config).unwrap().stop();
}

#[test]
fn a_port_that_is_taken_is_named() {
    let file = clip("64x64", H264);
    let config = SimulatorConfig::new(vec![Mount::new("/a", &file)]);
    let first = Simulator::start(config.clone()).unwrap();
    let listen = first.address();
    let again = SimulatorConfig { listen, ..config };
    let error = Simulator::start(again.clone()).unwrap_err().to_string();
    assert!(error.contains(&listen.to_string()), "{error}");
    first.stop();
    Simulator::start(again).unwrap();
}
