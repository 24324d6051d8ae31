//! An honest camera with faults on demand: what it sends arrives bit for bit and in its time, and
//! every fault is called by its name and got over.

use std::collections::HashMap;
use std::time::Duration;

use domain::{AccessUnit, ClockSource, Codec, GapCause, StreamState};
use ingest::{Credentials, Policy, Secret, Transport};
use sha2::{Digest, Sha256};
use simulator::{Auth, Fault, Mount, SentPicture, Simulator, SimulatorConfig};

use crate::footage;
use crate::stage::{Log, Stage, impatient, settings};

const PATH: &str = "/gate/main";

/// A camera.
struct Scene {
    simulator: Simulator,
}

impl Scene {
    fn with(mount: Mount) -> Self {
        let mut config = SimulatorConfig::new(vec![mount]);
        config.sent_log = 100_000;
        config.report_interval = Duration::from_secs(1);
        let simulator = Simulator::start(config).unwrap();
        Self { simulator }
    }

    fn open(codec: Codec) -> Self {
        Self::with(Mount::new(PATH, footage::make(codec, "320x240", 20)))
    }

    fn take(&self, policy: Policy) -> Stage {
        Stage::take(settings(&self.simulator.url(PATH)), policy)
    }

    fn sent(&self) -> Vec<SentPicture> {
        self.simulator.sent(PATH).unwrap()
    }

    fn fault(&self, fault: Fault) {
        self.simulator.fault(PATH, fault).unwrap();
    }

    fn clear(&self) {
        self.simulator.clear(PATH).unwrap();
    }

    /// Lets a fault stand until the stream shows it, and checks that pictures come back without
    /// help once it is over. Returns everything that happened.
    async fn endure(&self, fault: Fault, state: StreamState, cause: GapCause, policy: Policy) {
        let stage = self.take(policy);
        stage.until_more_units(10).await;
        self.fault(fault);
        let what = format!("state {} because of {cause}", state.as_str());
        stage
            .until(&what, |log, status| status.state == state && log.last_cause() == Some(cause))
            .await;
        self.clear();
        stage.until_state(StreamState::Up).await;
        stage.until_more_units(10).await;
        let log = stage.stop().await;
        self.check_bytes(&log);
    }

    /// Checks that every unit is a picture as it was sent, in the order sent. One that is marked
    /// with a loss may lack NAL units before its first slice.
    fn check_bytes(&self, log: &Log) {
        let sent = self.sent();
        let mut rest = sent.iter();
        for (number, unit) in log.units.iter().enumerate() {
            if unit.lost_packets > 0 {
                continue;
            }
            let hash = sha256(unit);
            assert!(
                rest.any(|picture| picture.sha256_without_parameter_sets == hash),
                "unit {number} was never sent, or not after the one before"
            );
        }
    }

    /// Returns the simulator's time of each picture sent, by its hash; of the first, where the
    /// footage looped.
    fn times(&self) -> HashMap<[u8; 32], i64> {
        let sent = self.sent();
        sent.iter()
            .rev()
            .map(|picture| (picture.sha256_without_parameter_sets, picture.wall_time_us))
            .collect()
    }
}

fn sha256(unit: &AccessUnit) -> [u8; 32] {
    Sha256::digest(&unit.data).into()
}

async fn arrives_whole(codec: Codec, transport: Transport) {
    let scene = Scene::open(codec);
    let mut settings = settings(&scene.simulator.url(PATH));
    settings.transport = transport;
    let stage = Stage::take(settings, Policy::default());
    stage.until_more_units(120).await;
    let (_, status) = stage.until("figures", |_, status| status.clock_error_ms.is_some()).await;
    assert_eq!(status.state, StreamState::Up);
    assert_eq!(status.codec, Some(codec));
    assert_eq!(status.size, Some((320, 240)));
    let log = stage.stop().await;
    assert_eq!(log.causes(), [GapCause::Stopped]);

    let sent = scene.sent();
    for (number, unit) in log.units.iter().enumerate() {
        let picture = &sent[number];
        assert_eq!(sha256(unit), picture.sha256_without_parameter_sets);
        assert_eq!(unit.is_keyframe, picture.is_keyframe);
        assert_eq!(unit.lost_packets, 0);
        assert_eq!(
            unit.timestamp_90k,
            picture.rtp_timestamp_unwrapped - sent[0].rtp_timestamp_unwrapped
        );
        let off_us = unit.time.as_micros() - picture.wall_time_us;
        assert!(off_us.abs() < 100_000, "picture {number} is off by {off_us} us");
        assert!(!footage::nal_units(&unit.data).is_empty());
    }
    let reported = log.units.iter().skip(1);
    assert!(
        reported.map(|unit| unit.clock_source).all(|source| source == ClockSource::SenderReport)
    );
    let format = &log.units[0].format;
    assert_eq!(format.codec, codec);
    let entry = match codec {
        Codec::H264 => b"avc1",
        Codec::H265 => b"hvc1",
    };
    assert_eq!(&format.sample_entry[4..8], entry);
    assert!(
        format
            .sample_entry
            .windows(format.codec_data.len())
            .any(|window| window == format.codec_data)
    );
}

#[tokio::test]
async fn h264_arrives_bit_for_bit_and_in_its_time() {
    arrives_whole(Codec::H264, Transport::Tcp).await;
}

#[tokio::test]
async fn h265_arrives_bit_for_bit_and_in_its_time() {
    arrives_whole(Codec::H265, Transport::Tcp).await;
}

#[tokio::test]
async fn h264_arrives_by_udp() {
    arrives_whole(Codec::H264, Transport::Udp).await;
}

#[tokio::test]
async fn h265_arrives_by_udp() {
    arrives_whole(Codec::H265, Transport::Udp).await;
}

#[tokio::test]
async fn a_password_that_changes_is_misconfigured_until_it_is_right_again() {
    for auth in [Auth::Digest, Auth::Basic] {
        let mount = Mount::new(PATH, footage::make(Codec::H264, "320x240", 5));
        let scene = Scene::with(mount.credentials(auth, "officer-7", "correct-horse"));
        let mut settings = settings(&scene.simulator.url(PATH));
        settings.credentials = Some(Credentials {
            username: "officer-7".to_owned(),
            password: Secret::new("correct-horse"),
        });
        let policy = Policy { misconfigured_retry: Duration::from_millis(500), ..impatient() };
        let stage = Stage::take(settings, policy);
        stage.until_more_units(10).await;
        scene.fault(Fault::WrongPassword);
        let status = stage.until_state(StreamState::Misconfigured).await;
        let detail = status.detail.unwrap();
        assert_eq!(detail, "the camera refuses the user name or password (401)");
        scene.clear();
        stage.until_state(StreamState::Up).await;
        let log = stage.stop().await;
        let causes = log.causes();
        assert!(causes.contains(&GapCause::Misconfigured), "{causes:?}");
        assert_eq!(causes[0], GapCause::Disconnected, "then the door was shut");
    }
}

#[tokio::test]
async fn a_missing_mount_is_misconfigured() {
    let policy = Policy { misconfigured_retry: Duration::from_millis(500), ..impatient() };
    Scene::open(Codec::H264)
        .endure(Fault::NotFound, StreamState::Misconfigured, GapCause::Misconfigured, policy)
        .await;
}

#[tokio::test]
async fn a_stall_is_no_picture() {
    Scene::open(Codec::H264)
        .endure(Fault::Stall, StreamState::NoPicture, GapCause::NoPicture, impatient())
        .await;
}

#[tokio::test]
async fn rtp_time_that_stands_still_is_no_picture() {
    Scene::open(Codec::H264)
        .endure(Fault::FrozenTime, StreamState::NoPicture, GapCause::NoPicture, impatient())
        .await;
}

#[tokio::test]
async fn a_frozen_picture_is_no_picture_and_is_watched_until_it_moves() {
    let scene = Scene::open(Codec::H265);
    let policy = Policy {
        frozen_after: Duration::from_millis(500),
        no_picture_after: Duration::from_secs(5),
        ..impatient()
    };
    let stage = scene.take(policy);
    stage.until_more_units(10).await;
    scene.fault(Fault::Freeze);
    let status = stage.until_state(StreamState::NoPicture).await;
    assert!(status.detail.unwrap().starts_with("frozen"));
    scene.clear();
    stage.until_state(StreamState::Up).await;
    stage.until_more_units(10).await;
    let status = stage.status().unwrap();
    assert_eq!(status.reconnects, 0, "a freeze is watched, not fled from");
    let log = stage.stop().await;
    assert_eq!(log.causes()[0], GapCause::NoPicture);
    let started = scene.simulator.status(PATH).unwrap().sessions_started;
    assert_eq!(started, 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_again() {
    let scene = Scene::open(Codec::H264);
    let stage = scene.take(impatient());
    for cuts in 1..=3 {
        stage.until_more_units(30).await;
        scene.fault(Fault::Cut);
        let what = format!("{cuts} reconnections");
        stage
            .until(&what, |log, status| {
                status.reconnects == cuts
                    && status.state == StreamState::Up
                    && log.units.len() > *log.units_before.last().unwrap()
            })
            .await;
    }
    let log = stage.stop().await;
    scene.check_bytes(&log);
    let disconnected = GapCause::Disconnected;
    assert_eq!(log.causes(), [disconnected, disconnected, disconnected, GapCause::Stopped]);
    let times = scene.times();
    for (interruption, &units) in log.interruptions.iter().zip(&log.units_before) {
        let last = &log.units[units - 1];
        let picture_us = interruption.0.as_micros() - times[&sha256(last)];
        assert!((0..200_000).contains(&picture_us), "{picture_us} us");
    }
}

#[tokio::test]
async fn garbage_is_called_so() {
    Scene::open(Codec::H264)
        .endure(Fault::Garbage, StreamState::Down, GapCause::Garbage, impatient())
        .await;
}

#[tokio::test]
async fn a_camera_that_hangs_up_is_down() {
    Scene::open(Codec::H264)
        .endure(Fault::Refuse, StreamState::Down, GapCause::Disconnected, impatient())
        .await;
}

#[tokio::test]
async fn a_camera_that_falls_silent_is_down() {
    Scene::open(Codec::H264)
        .endure(Fault::BlackHole, StreamState::Down, GapCause::Disconnected, impatient())
        .await;
}

#[tokio::test]
async fn lost_packets_leave_pictures_out_and_are_told() {
    let scene = Scene::open(Codec::H264);
    let stage = scene.take(impatient());
    stage.until_more_units(10).await;
    scene.fault(Fault::Drop { percent: 5.0 });
    stage.until("losses", |_, status| status.lost_packets >= 5).await;
    scene.clear();
    let log = stage.until_more_units(30).await;
    let told: u64 = log.units.iter().map(|unit| u64::from(unit.lost_packets)).sum();
    assert_eq!(told, stage.status().unwrap().lost_packets);
    let log = stage.stop().await;
    assert_eq!(log.causes(), [GapCause::Stopped]);
    scene.check_bytes(&log);
    let received: Vec<_> = log.units.iter().map(sha256).collect();
    let mut sent = scene.sent();
    let last = sent
        .iter()
        .position(|picture| Some(&picture.sha256_without_parameter_sets) == received.last());
    sent.truncate(last.unwrap());
    for picture in sent.iter().filter(|picture| picture.dropped_packets == 0) {
        let hash = picture.sha256_without_parameter_sets;
        assert!(received.contains(&hash), "a whole picture was left out");
    }
}

async fn clock_goes_wrong(fault: Fault, seconds: f64) {
    let scene = Scene::open(Codec::H264);
    let stage = scene.take(Policy::default());
    stage.until_more_units(30).await;
    let error_before = stage.log().units.last().unwrap().clock_error_us;
    scene.fault(fault);
    let expected_us = seconds * 1e6;
    let (log, _) = stage
        .until("the new time", |log, status| {
            let error = f64::from(status.clock_error_ms.unwrap_or(0)) * 1000.0;
            let unit = log.units.last().unwrap();
            let taken_over = (unit.clock_error_us - error_before) as f64;
            (error - expected_us).abs() < 100_000.0
                && (taken_over - expected_us).abs() < 100_000.0
                && log.last_cause() == Some(GapCause::ClockJump)
                && unit.sequence > 10
        })
        .await;
    let times = scene.times();
    for unit in [&log.units[20], log.units.last().unwrap()] {
        let off_us = unit.time.as_micros() - times[&sha256(unit)];
        assert!(off_us.abs() < 100_000, "off by {off_us} us");
    }
    assert_ne!(log.units[20].run, log.units.last().unwrap().run);
    let log = stage.stop().await;
    scene.check_bytes(&log);
    let started = scene.simulator.status(PATH).unwrap().sessions_started;
    assert_eq!(started, 1, "a wrong clock is no reason to reconnect");
}

#[tokio::test]
async fn a_clock_that_is_set_ends_the_run_and_begins_another() {
    clock_goes_wrong(Fault::ClockStep { seconds: -20.0 }, -20.0).await;
}

#[tokio::test]
async fn a_clock_that_jumps_with_rtp_time_ends_the_run_and_begins_another() {
    clock_goes_wrong(Fault::ClockJump { seconds: 30.0 }, 30.0).await;
}

#[tokio::test]
async fn another_resolution_begins_a_run_with_its_format() {
    for codec in [Codec::H264, Codec::H265] {
        let scene = Scene::open(codec);
        let other = footage::make(codec, "480x360", 20);
        let stage = scene.take(impatient());
        stage.until_more_units(30).await;
        scene.fault(Fault::ChangeResolution { file: other });
        stage
            .until("the new size", |log, status| {
                status.size == Some((480, 360)) && log.units.last().unwrap().format.width == 480
            })
            .await;
        scene.clear();
        stage.until("the old size", |_, status| status.size == Some((320, 240))).await;
        stage.until_more_units(10).await;
        let log = stage.stop().await;
        scene.check_bytes(&log);
        let first = &log.units[0].format;
        let last = &log.units.last().unwrap().format;
        assert_eq!(first, last);
        let started = scene.simulator.status(PATH).unwrap().sessions_started;
        assert_eq!(started, 1);
        assert_eq!(log.causes(), [GapCause::Stopped]);
    }
}
