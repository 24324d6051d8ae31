//! What a client receives is what was sent, in time, over and over.

use std::net::UdpSocket;
use std::process::Command;

use crate::client::{Client, H264, H265, LIMIT, clip, simulate, unpack};
use simulator::{Mount, SentPicture, Simulator, SimulatorConfig};
use tempfile::TempDir;

/// Pictures of the loop's 2 s at 25 per second.
const LOOP: usize = 50;

fn what_is_received_is_what_was_sent(encoder: &str) {
    let simulator = simulate(encoder);
    let mut client = Client::connect(simulator.address(), "/cam1/main");
    let playing = client.play();
    let received: Vec<_> = (0..LOOP + 15).map(|_| client.picture()).collect();
    simulator
        .wait_for_blocking("/cam1/main", LIMIT, |status| status.pictures >= received.len() as u64)
        .unwrap();
    let sent = simulator.sent("/cam1/main").unwrap();
    assert!(sent[0].is_keyframe);
    for (received, sent) in received.iter().zip(&sent) {
        assert!(received.is_whole);
        assert_eq!(received.rtp_timestamp, sent.rtp_timestamp);
        assert_eq!(received.sha256(), sent.sha256);
    }
    // The loop begins anew without a step in RTP time.
    for pair in sent.windows(2) {
        let step = pair[1].rtp_timestamp_unwrapped - pair[0].rtp_timestamp_unwrapped;
        assert_eq!(step, 3600);
    }
    assert!(sent.iter().any(|picture| picture.loop_number > sent[0].loop_number));
    let first = &received[0];
    let info = &playing.headers["rtp-info"];
    let told = format!("seq={};rtptime={}", first.first_sequence, first.rtp_timestamp);
    assert!(info.ends_with(&told), "{info}");
    check_reports(&client, &sent);
}

/// Sender reports place every picture at the time that the log says.
fn check_reports(client: &Client, sent: &[SentPicture]) {
    assert!(client.reports.len() >= 2);
    for (ntp, rtp) in &client.reports {
        let seconds = i64::try_from((ntp >> 32) - 2_208_988_800).unwrap();
        let micros = i64::try_from(((ntp & 0xffff_ffff) * 1_000_000) >> 32).unwrap();
        let ahead_ticks = i64::from(sent[0].rtp_timestamp.wrapping_sub(*rtp).cast_signed());
        let placed = seconds * 1_000_000 + micros + ahead_ticks * 100 / 9;
        let error = placed - sent[0].wall_time_us;
        assert!(error.abs() < 50, "{error} us");
    }
}

#[test]
fn h264_is_received_as_it_was_sent() {
    what_is_received_is_what_was_sent(H264);
}

#[test]
fn h265_is_received_as_it_was_sent() {
    what_is_received_is_what_was_sent(H265);
}

#[test]
fn a_keyframe_brings_its_parameter_sets() {
    let simulator = simulate(H264);
    let mut client = Client::connect(simulator.address(), "/cam1/main");
    client.play();
    let types: Vec<_> = client.picture().nals.iter().map(|nal| nal[0] & 0x1f).collect();
    assert_eq!(types[..2], [7, 8]);
    assert!(types.contains(&5));
}

#[test]
fn two_clients_of_one_mount_are_in_step() {
    let simulator = simulate(H264);
    let mut first = Client::connect(simulator.address(), "/cam1/main");
    let mut second = Client::connect(simulator.address(), "/cam1/main");
    first.play();
    second.play();
    for _ in 0..30 {
        first.picture();
        second.picture();
    }
    let sent = simulator.sent("/cam1/main").unwrap();
    let of = |session: u64| sent.iter().filter(move |picture| picture.session == session);
    let mut compared = 0;
    for picture in of(1) {
        let same = |other: &&SentPicture| other.wall_time_us == picture.wall_time_us;
        if let Some(other) = of(2).find(same) {
            assert_eq!(other.sha256, picture.sha256);
            assert_ne!(other.rtp_timestamp, picture.rtp_timestamp);
            compared += 1;
        }
    }
    assert!(compared > 5);
}

#[test]
fn datagrams_bring_the_same_pictures_and_reports() {
    let simulator = simulate(H264);
    let rtp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let rtcp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for socket in [&rtp, &rtcp] {
        socket.set_read_timeout(Some(LIMIT)).unwrap();
    }
    let ports = [&rtp, &rtcp].map(|socket| socket.local_addr().unwrap().port());
    let mut client = Client::connect(simulator.address(), "/cam1/main");
    let transport = format!("Transport: RTP/AVP;unicast;client_port={}-{}", ports[0], ports[1]);
    let (set_up, _) = client.play_over(&transport);
    assert!(set_up.headers["transport"].contains("server_port="));
    let mut bytes = [0; 2000];
    let mut nals = Vec::new();
    let timestamp = loop {
        let len = rtp.recv(&mut bytes).unwrap();
        unpack(false, &bytes[12..len], &mut nals);
        if bytes[1] & 0x80 != 0 {
            break u32::from_be_bytes(bytes[4..8].try_into().unwrap());
        }
    };
    let len = rtcp.recv(&mut bytes).unwrap();
    assert_eq!((len, bytes[1]), (60, 200));
    simulator.wait_for_blocking("/cam1/main", LIMIT, |status| status.pictures >= 1).unwrap();
    let sent = simulator.sent("/cam1/main").unwrap();
    assert_eq!(sent[0].rtp_timestamp, timestamp);
    assert_eq!(client.ask("TEARDOWN", "/", &[]).status, 200);
    simulator.wait_for_blocking("/cam1/main", LIMIT, |status| status.sessions == 0).unwrap();
}

#[test]
fn a_foreign_client_plays_both_codecs() {
    for encoder in [H264, H265] {
        let simulator = simulate(encoder);
        let played = Command::new("ffmpeg")
            .args(["-v", "error", "-rtsp_transport", "tcp", "-i"])
            .arg(simulator.url("/cam1/main"))
            .args(["-frames:v", "50", "-f", "null", "-"])
            .output()
            .expect("ffmpeg is installed by scripts/setup");
        let complaint = String::from_utf8_lossy(&played.stderr);
        assert!(played.status.success() && complaint.is_empty(), "{complaint}");
    }
}

#[test]
fn footage_that_no_camera_would_send_is_refused_with_a_reason() {
    let dir = TempDir::new().unwrap();
    let with_b_frames = clip("64x64", "libx264 -preset fast -bf 2");
    let config = SimulatorConfig::new(vec![Mount::new("/a", with_b_frames)]);
    let error = Simulator::start(config).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("B-frames"), "{cause}");
    let whole = std::fs::read(clip("64x64", H264)).unwrap();
    let torn = dir.path().join("torn.mp4");
    std::fs::write(&torn, &whole[..whole.len() / 2]).unwrap();
    let config = SimulatorConfig::new(vec![Mount::new("/a", &torn)]);
    let error = Simulator::start(config).unwrap_err().to_string();
    assert!(error.contains("torn.mp4"), "{error}");
}
