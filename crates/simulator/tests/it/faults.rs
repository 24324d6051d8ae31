//! Each fault does what it says, to sessions that run and to new ones, and ends when cleared.

use crate::client::{Client, H264, LIMIT, Picture, clip, simulate};
use simulator::{Fault, Simulator};

const PATH: &str = "/cam1/main";

/// Starts a client that has its first picture.
fn playing(simulator: &Simulator) -> Client {
    let mut client = Client::connect(simulator.address(), PATH);
    client.play();
    client.picture();
    client
}

/// Takes pictures until one fits.
fn picture_where(client: &mut Client, mut fits: impl FnMut(&Picture) -> bool) -> Picture {
    for _ in 0..500 {
        let picture = client.picture();
        if fits(&picture) {
            return picture;
        }
    }
    panic!("no such picture came");
}

fn is_keyframe(picture: &Picture) -> bool {
    picture.nals.iter().any(|nal| nal[0] & 0x1f == 5)
}

#[test]
fn a_stalled_mount_sends_nothing_but_answers() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Stall).unwrap();
    assert_eq!(client.ask("GET_PARAMETER", "/", &[]).status, 200);
    let mut newcomer = Client::connect(simulator.address(), PATH);
    newcomer.play();
    // Nothing can be seen of pictures that do not come but that none has been counted since.
    assert_eq!(client.ask("GET_PARAMETER", "/", &[]).status, 200);
    let before = simulator.status(PATH).unwrap();
    assert_eq!(newcomer.ask("GET_PARAMETER", "/", &[]).status, 200);
    assert_eq!(simulator.status(PATH).unwrap().pictures, before.pictures);
    simulator.clear(PATH).unwrap();
    assert!(is_keyframe(&newcomer.picture()));
}

#[test]
fn a_frozen_mount_repeats_a_keyframe_with_advancing_time() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Freeze).unwrap();
    let mut last = client.picture();
    let frozen = picture_where(&mut client, |picture| {
        let same = picture.nals == last.nals;
        last = picture.clone();
        same
    });
    let next = client.picture();
    assert!(is_keyframe(&frozen));
    assert_eq!(next.rtp_timestamp.wrapping_sub(frozen.rtp_timestamp), 3600);
    simulator.clear(PATH).unwrap();
    picture_where(&mut client, |picture| !is_keyframe(picture));
}

#[test]
fn time_can_stand_still_while_pictures_go_on() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::FrozenTime).unwrap();
    let mut last = client.picture();
    picture_where(&mut client, |picture| {
        let same = picture.rtp_timestamp == last.rtp_timestamp && picture.nals != last.nals;
        last = picture.clone();
        same
    });
}

#[test]
fn dropped_packets_leave_holes_in_the_sequence() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Drop { percent: 40.0 }).unwrap();
    picture_where(&mut client, |picture| !picture.is_whole);
    client.picture();
    let status = simulator.status(PATH).unwrap();
    assert!(status.packets_dropped > 0);
    let sent = simulator.sent(PATH).unwrap();
    assert!(sent.iter().any(|picture| picture.dropped_packets > 0));
}

#[test]
fn a_cut_connection_ends_after_whole_pictures_and_may_come_back() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Cut).unwrap();
    let mut received = 1;
    while client.try_picture().is_some() {
        received += 1;
    }
    // Let go before the count: the server waits for that.
    drop(client);
    assert_eq!(simulator.sent(PATH).unwrap().len(), received);
    playing(&simulator);
}

#[test]
fn a_changed_password_and_a_lost_mount_end_sessions_and_refuse_new_ones() {
    for (fault, status) in [(Fault::WrongPassword, 401), (Fault::NotFound, 404)] {
        let simulator = simulate(H264);
        let mut client = playing(&simulator);
        simulator.fault(PATH, fault).unwrap();
        while client.try_picture().is_some() {}
        let mut client = Client::connect(simulator.address(), PATH);
        assert_eq!(client.ask("DESCRIBE", "", &[]).status, status);
        simulator.clear(PATH).unwrap();
        playing(&simulator);
    }
}

#[test]
fn a_clock_jumps_in_rtp_time_or_in_sender_reports_alone() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    let mut last = client.picture().rtp_timestamp;
    simulator.fault(PATH, Fault::ClockJump { seconds: 30.0 }).unwrap();
    picture_where(&mut client, |picture| {
        let step = picture.rtp_timestamp.wrapping_sub(last);
        last = picture.rtp_timestamp;
        step == 30 * 90_000 + 3600
    });
    // A picture is in the log once the next one has come.
    client.picture();
    let sent = simulator.sent(PATH).unwrap();
    let jumped = |pair: &[simulator::SentPicture]| {
        (pair[1].wall_time_us - pair[0].wall_time_us - 30_040_000).abs() < 2
    };
    assert!(sent.windows(2).any(jumped));

    simulator.fault(PATH, Fault::ClockStep { seconds: 60.0 }).unwrap();
    let told = client.reports.len();
    let offset = |(ntp, rtp): &(u64, u32)| {
        let seconds = i64::try_from(ntp >> 32).unwrap();
        seconds - i64::from(*rtp) / 90_000
    };
    while client.reports.len() < told + 3 {
        client.picture();
    }
    let first = client.reports.first().map(offset).unwrap();
    let last = client.reports.last().map(offset).unwrap();
    // RTP time may have wrapped in between.
    let wrap = (1_i64 << 32) / 90_000;
    assert!(((last - first - 60).rem_euclid(wrap) + 2) % wrap <= 4);
}

#[test]
fn another_resolution_comes_in_mid_stream() {
    let simulator = simulate(H264);
    let other = clip("320x240", H264);
    let mut client = Client::connect(simulator.address(), PATH);
    client.play();
    let sets = |picture: &Picture| {
        let first = picture.nals.first();
        first.filter(|nal| nal[0] & 0x1f == 7).cloned()
    };
    let old_sets = sets(&client.picture()).unwrap();
    let before = client.ask("DESCRIBE", "", &[]).body;
    let fault = Fault::ChangeResolution { file: other };
    simulator.fault(PATH, fault).unwrap();
    let changed =
        picture_where(&mut client, |picture| sets(picture).is_some_and(|sets| sets != old_sets));
    assert!(is_keyframe(&changed));
    assert_eq!(simulator.mounts()[0].width, 320);
    assert_ne!(client.ask("DESCRIBE", "", &[]).body, before);
    simulator.clear(PATH).unwrap();
    assert_eq!(simulator.mounts()[0].width, 192);
}

#[test]
fn garbage_is_no_rtsp() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Garbage).unwrap();
    simulator.wait_for_blocking(PATH, LIMIT, |status| status.garbage > 0).unwrap();
    let mut received = 0;
    while client.try_picture().is_some() {
        received += 1;
        assert!(received < 500);
    }
}

#[test]
fn a_refusing_mount_closes_and_a_black_hole_swallows() {
    let simulator = simulate(H264);
    let mut client = playing(&simulator);
    simulator.fault(PATH, Fault::Refuse).unwrap();
    while client.try_picture().is_some() {}
    let mut client = Client::connect(simulator.address(), PATH);
    assert!(client.try_ask("DESCRIBE", "", &[]).is_none());
    simulator.fault(PATH, Fault::BlackHole).unwrap();
    let before = simulator.status(PATH).unwrap().unanswered;
    let address = simulator.address();
    let swallowed = std::thread::spawn(move || {
        let mut client = Client::connect(address, PATH);
        client.try_ask("OPTIONS", "", &[]).is_none()
    });
    simulator.wait_for_blocking(PATH, LIMIT, |status| status.unanswered > before).unwrap();
    simulator.stop();
    assert!(swallowed.join().unwrap());
}
