//! What clients of the simulator send, put through its readers: for `fuzz/` alone, which finds what
//! they cannot bear, and for the test that runs its seeds. Nothing of it is part of the interface.

use std::sync::LazyLock;

use bytes::BytesMut;
use rtsp::{Message, Transport};

use crate::auth::Gate;
use crate::script::Script;
use crate::{Auth, Fault, Simulator, SimulatorConfig, control};

/// Takes `bytes` for what a client sends over RTSP.
pub fn requests(bytes: &[u8]) {
    let mut inbox = BytesMut::from(bytes);
    let mut before = inbox.len() + 1;
    while inbox.len() < before {
        before = inbox.len();
        let Ok(Some(message)) = rtsp::take(&mut inbox) else { return };
        let Message::Request(request) = message else { continue };
        let _ = (request.path(), request.query(), request.session());
        let _ = request.header("Transport").and_then(Transport::choose);
        for auth in [Auth::Basic, Auth::Digest] {
            let gate = Gate { auth, user: "demo", password: "hunter2" };
            let shown = request.header("Authorization");
            let _ = gate.admits(shown, &request.method, "0123456789abcdef");
        }
    }
    unreachable!("a message that is taken leaves fewer bytes behind");
}

/// Takes `text` for lines on the control socket of a simulator that serves nothing.
///
/// Panics where a fault does not come back as it is written.
pub fn commands(text: &str) {
    static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| {
        Simulator::start(SimulatorConfig::new(Vec::new())).expect("loopback has a free port")
    });
    for line in text.lines() {
        let _ = control::obey(&SIMULATOR.shared, line.trim());
        if let Ok(fault) = line.parse::<Fault>() {
            assert!(serde_json::to_string(&fault).is_ok(), "{fault:?}");
        }
    }
}

/// Takes `text` for a script of metadata.
pub fn script(text: &str) {
    let _ = Script::read(text);
}
