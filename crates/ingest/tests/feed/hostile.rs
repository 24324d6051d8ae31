//! Cameras that refuse, break rules or send nonsense: each ends in a state that says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{AccessUnit, ClockSource, GapCause, StreamState, Timestamp};
use ingest::{Policy, Receiver};

use crate::scripted::{Camera, Describe, h264_sdp, picture, rtp, sdp, sender_report, slice};
use crate::stage::{Log, Stage, impatient, settings};

fn nothing(_: u32) -> Vec<u8> {
    Vec::new()
}

#[tokio::test]
async fn a_camera_that_is_not_there_is_down_and_tried_again() {
    let camera = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = camera.local_addr().unwrap();
    drop(camera);
    let stage = Stage::take(settings(&format!("rtsp://{address}/live")), impatient());
    let status = stage.until_state(StreamState::Down).await;
    let detail = status.detail.unwrap();
    assert!(detail.starts_with("cannot connect: "), "{detail}");
    let log = stage.stop().await;
    assert_eq!(
        log.causes(),
        [GapCause::Disconnected, GapCause::Stopped],
        "told once, however often it is tried"
    );
}

#[tokio::test]
async fn what_a_person_must_change_is_not_hammered() {
    for (describe, detail) in [
        (Describe::Status("403 Forbidden"), "the camera refuses the user name or password (403)"),
        (
            Describe::Status("401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\""),
            "the camera refuses the user name or password (401)",
        ),
        (Describe::Status("404 Not Found"), "the camera has no such stream (404)"),
        (
            Describe::Sdp(sdp("JPEG", "")),
            "no H.264 or H.265 video in this stream (it offers video/jpeg)",
        ),
    ] {
        let camera = Camera::start(describe, nothing).await;
        let stage = Stage::take(settings(&camera.url()), impatient());
        let status = stage.until_state(StreamState::Misconfigured).await;
        assert_eq!(status.detail.as_deref(), Some(detail));
        let log = stage.stop().await;
        assert_eq!(log.causes(), [GapCause::Misconfigured, GapCause::Stopped]);
        assert_eq!(camera.connections(), 1);
    }
}

#[tokio::test]
async fn what_a_person_has_changed_is_found_out() {
    let camera = Camera::start(Describe::Status("404 Not Found"), nothing).await;
    let policy = Policy { misconfigured_retry: Duration::from_millis(200), ..impatient() };
    let stage = Stage::take(settings(&camera.url()), policy);
    stage.until("a third attempt", |_, _| camera.connections() >= 3).await;
    stage.stop().await;
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_garbage() {
    for describe in [
        Describe::Bytes(b"\x00\x01garbage\r\n\r\n".to_vec()),
        Describe::Bytes(vec![0xff; 100_000]),
        Describe::Sdp("this is no session description".to_owned()),
    ] {
        let camera = Camera::start(describe, nothing).await;
        let stage = Stage::take(settings(&camera.url()), impatient());
        let (log, status) = stage
            .until("an interruption", |log, status| {
                log.last_cause().is_some() && status.state == StreamState::Down
            })
            .await;
        assert_eq!(log.causes(), [GapCause::Garbage]);
        let detail = status.detail.unwrap();
        assert!(detail.starts_with("the camera sends what cannot be read"));
        assert!(detail.len() < 250 && !detail.contains(char::is_control));
        stage.stop().await;
    }
}

#[tokio::test]
async fn a_camera_that_never_answers_is_given_up() {
    for (describe, detail) in [
        (Describe::Silence, "no answer to DESCRIBE within 2 s"),
        (Describe::Close, "the connection broke: EOF"),
    ] {
        let camera = Camera::start(describe, nothing).await;
        let stage = Stage::take(settings(&camera.url()), impatient());
        let status = stage.until_state(StreamState::Down).await;
        assert!(status.detail.unwrap().starts_with(detail));
        stage.stop().await;
    }
}

#[tokio::test]
async fn pictures_come_with_their_bytes_and_the_cameras_time() {
    // 2026-05-28, and no further from the machine's clock than is believed in this test.
    let unix_s = 1_780_000_000;
    let camera = Camera::start(Describe::Sdp(h264_sdp()), move |step| match step {
        0 => sender_report(unix_s, 0),
        step => picture(step - 1),
    })
    .await;
    let mut policy = impatient();
    policy.clock.believable_error = Duration::from_hours(24 * 365 * 100);
    let stage = Stage::take(settings(&camera.url()), policy);
    stage.until_more_units(60).await;
    let (_, status) = stage
        .until("a clock error", |_, status| {
            status.clock_error_ms.is_some() && status.kbit_per_second > 0.0
        })
        .await;
    assert_eq!(status.state, StreamState::Up);
    assert_eq!(status.size, Some((640, 360)));
    let log = stage.stop().await;
    for (number, unit) in (0u32..).zip(&log.units) {
        let nal = slice(number, number % 25 == 0);
        assert_eq!(unit.data[..4], u32::try_from(nal.len()).unwrap().to_be_bytes());
        assert_eq!(unit.data[4..], nal);
        let time_us = i64::try_from(unix_s).unwrap() * 1_000_000 + i64::from(number) * 10_000;
        assert_eq!(unit.time, Timestamp::from_micros(time_us));
        assert_eq!(unit.clock_source, ClockSource::SenderReport);
        assert_eq!(unit.timestamp_90k, i64::from(number) * 900);
        assert_eq!(unit.is_keyframe, number % 25 == 0);
    }
    let (end, _) = log.interruptions[0];
    let last = log.units.last().unwrap();
    assert_eq!(end, last.time.plus(Duration::from_millis(10)));
}

#[tokio::test]
async fn a_clock_that_cannot_be_believed_gives_way_to_arrival_and_shows() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| match step {
        0 => sender_report(86_400, 0),
        step => picture(step - 1),
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let (log, status) = stage
        .until("a clock error", |log, status| {
            status.clock_error_ms.is_some() && !log.units.is_empty()
        })
        .await;
    assert_eq!(status.clock_error_ms, Some(i32::MIN));
    assert!(status.detail.unwrap().contains("clock cannot be believed"));
    let unit = &log.units[0];
    assert_eq!(unit.clock_source, ClockSource::Arrival);
    assert!(unit.clock_error_us < -1_000_000_000_000_000);
    assert!(unit.time > Timestamp::from_millis(1_700_000_000_000));
    stage.stop().await;
}

#[tokio::test]
async fn a_stream_with_b_frames_is_refused() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| {
        // I0 P3 B1 B2 P6 B4 B5 ...
        let shown = match step {
            0 => 0,
            step if step % 3 == 1 => step + 2,
            step => step - 1,
        };
        rtp(step as u16, shown * 900, true, &slice(step, step == 0))
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let status = stage.until_state(StreamState::Misconfigured).await;
    assert!(status.detail.unwrap().contains("B-frames"));
    stage.stop().await;
}

#[tokio::test]
async fn rtp_time_that_stands_still_is_no_picture() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| {
        rtp(step as u16, 900, true, &slice(step, step == 0))
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let status = stage.until_state(StreamState::NoPicture).await;
    assert!(status.detail.unwrap().contains("RTP time has stood still"));
    let log = stage.stop().await;
    assert_eq!(log.causes()[0], GapCause::NoPicture);
}

#[tokio::test]
async fn a_session_that_begins_with_silence_is_no_picture_and_goes_on() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| match step {
        0..150 => Vec::new(),
        step => picture(step),
    })
    .await;
    let policy = Policy {
        no_picture_after: Duration::from_secs(1),
        keyframe_within: Duration::from_secs(30),
        ..impatient()
    };
    let stage = Stage::take(settings(&camera.url()), policy);
    let status = stage.until_state(StreamState::NoPicture).await;
    assert!(status.detail.unwrap().contains("none yet"));
    stage.until_state(StreamState::Up).await;
    let log = stage.stop().await;
    assert_eq!(log.causes(), [GapCause::NoPicture, GapCause::Stopped]);
    assert_eq!(camera.connections(), 1);
}

#[tokio::test]
async fn without_a_keyframe_there_is_no_picture() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| {
        rtp(step as u16, step * 900, true, &slice(step, false))
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let status = stage.until_state(StreamState::NoPicture).await;
    assert!(status.detail.unwrap().contains("no keyframe"));
    assert!(stage.stop().await.units.is_empty());
}

#[tokio::test]
async fn packets_that_are_no_video_are_garbage_and_the_way_back_is_found() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| match step {
        // 0x9f: a NAL header with its forbidden bit set (H.264 §7.4.1).
        40..140 => rtp(step as u16, step * 900, true, &[0x9f; 20]),
        step => picture(step),
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let (log, _) = stage
        .until("garbage, then pictures", |log, status| {
            log.last_cause() == Some(GapCause::Garbage)
                && log.units.len() > log.units_before[0]
                && status.reconnects > 0
        })
        .await;
    assert_eq!(log.causes(), [GapCause::Garbage]);
    stage.stop().await;
}

#[tokio::test]
async fn a_lost_packet_is_told_with_the_next_picture() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), |step| match step {
        30..33 => Vec::new(),
        step => picture(step),
    })
    .await;
    let stage = Stage::take(settings(&camera.url()), impatient());
    let (log, status) =
        stage.until("a loss on the board", |_, status| status.lost_packets > 0).await;
    assert_eq!(status.lost_packets, 3);
    assert_eq!(log.units[30].lost_packets, 3);
    assert_eq!(log.units[30].data[4..], slice(33, false));
    assert_eq!(log.units[31..].iter().map(|unit| unit.lost_packets).sum::<u32>(), 0);
    let log = stage.stop().await;
    assert_eq!(log.causes(), [GapCause::Stopped]);
}

#[tokio::test]
async fn more_losses_than_can_be_counted_disturb_nobody_else() {
    // Within one picture, each of nearly half the sequence numbers there are.
    let hostile = Camera::start(Describe::Sdp(h264_sdp()), |step| {
        let sequence = [0, 30_001, 60_002, 24_467, 54_468][step.min(4) as usize];
        match step {
            0..5 => rtp(sequence, 900, false, &slice(step, true)),
            _ => Vec::new(),
        }
    })
    .await;
    let honest = Camera::start(Describe::Sdp(h264_sdp()), picture).await;
    let other = Stage::take(settings(&honest.url()), impatient());
    other.until_more_units(10).await;
    let stage = Stage::take(settings(&hostile.url()), impatient());
    stage.until("three attempts", |_, _| hostile.connections() >= 3).await;
    let log = stage.stop().await;
    assert!(log.units.is_empty());
    assert_eq!(log.causes()[0], GapCause::NoPicture);
    other.until_more_units(10).await;
    assert_eq!(other.stop().await.causes(), [GapCause::Stopped]);
}

#[tokio::test]
async fn whatever_bytes_come_the_feed_goes_on() {
    // Random bytes behind honest headers, honest payloads cut short, reports of any time, and
    // noise between the frames; other bytes for each connection.
    let seeds = Arc::new(Mutex::new(fastrand::Rng::with_seed(20_260_101)));
    let camera = Camera::start(Describe::Sdp(h264_sdp()), move |step| {
        let mut random = seeds.lock().unwrap();
        let noise: Vec<u8> = (0..random.usize(0..400)).map(|_| random.u8(..)).collect();
        let sequence = step as u16;
        let timestamp = step * 900;
        match random.u8(..) {
            0..4 => noise,
            4..40 => rtp(sequence, timestamp, random.bool(), &noise),
            40..60 => rtp(random.u16(..), random.u32(..), random.bool(), &noise),
            60..80 => sender_report(random.u64(..1 << 31), random.u32(..)),
            _ => picture(step),
        }
    })
    .await;
    let policy = Policy {
        first_retry: Duration::from_millis(20),
        longest_retry: Duration::from_millis(20),
        ..impatient()
    };
    let stage = Stage::take(settings(&camera.url()), policy);
    stage
        .until("twenty sessions and pictures in between", |log, _| {
            camera.connections() >= 20 && log.units.len() > 50
        })
        .await;
    stage.stop().await;
}

/// A receiver with a mistake in it.
struct Faulty(Arc<Mutex<Log>>);

impl Receiver for Faulty {
    fn access_unit(&mut self, unit: AccessUnit) {
        let mut log = self.0.lock().unwrap();
        log.units.push(unit);
        let count = log.units.len();
        drop(log);
        assert!(count != 5, "a mistake");
    }

    fn interrupted(&mut self, at: Timestamp, cause: GapCause) {
        let mut log = self.0.lock().unwrap();
        let units = log.units.len();
        log.units_before.push(units);
        log.interruptions.push((at, cause));
    }
}

#[tokio::test]
async fn a_receiver_that_panics_is_served_again() {
    let camera = Camera::start(Describe::Sdp(h264_sdp()), picture).await;
    let log = Arc::new(Mutex::new(Log::default()));
    let stage = Stage::take_into(
        settings(&camera.url()),
        impatient(),
        Box::new(Faulty(Arc::clone(&log))),
        log,
    );
    stage.until_more_units(30).await;
    let log = stage.stop().await;
    assert_eq!(log.causes(), [GapCause::Garbage, GapCause::Stopped]);
}
