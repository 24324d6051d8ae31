//! What is not recorded is a gap, with its cause, from the end of the last picture to the next.

use std::time::Duration;

use domain::{Gap, GapCause};

use crate::support::{
    Camera, Site, assert_tiled, at_ms, close, folder, format, pictures, stream, until,
};

fn causes(gaps: &[Gap]) -> Vec<GapCause> {
    gaps.iter().map(|gap| gap.cause).collect()
}

#[test]
fn a_lost_connection_is_a_gap_from_the_end_of_the_last_picture() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(12).into_iter().for_each(|unit| recorder.write(unit));
    recorder.interrupted(camera.time.plus(Duration::from_secs(3)), GapCause::Disconnected);
    camera.reconnect(Duration::from_secs(9));
    // The camera goes on in the middle of a GOP: nothing can be decoded until the next one.
    camera.sequence = 3;
    camera.takes(9).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::Disconnected, GapCause::Stopped]);
    assert_eq!(gaps[0].start, at_ms(12 * 40));
    assert_eq!(gaps[0].end, Some(at_ms(12 * 40 + 9000 + 2 * 40)));
    assert_eq!(gaps[1].end, None);
    assert_eq!(site.ledger.closed().len(), 2);
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn a_camera_that_never_answered_is_a_gap_from_the_first_try() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut recorder = archive.recorder(stream("cam"));
    recorder.interrupted(at_ms(500), GapCause::Misconfigured);
    recorder.interrupted(at_ms(900), GapCause::Misconfigured);
    site.clock.advance(Duration::from_secs(2));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::Misconfigured, GapCause::Stopped]);
    assert_eq!((gaps[0].start, gaps[0].end), (at_ms(500), Some(at_ms(2000))));
    assert_eq!((gaps[1].start, gaps[1].end), (at_ms(2000), None));

    // Someone has set the password right.
    let archive = site.open();
    let mut camera = Camera::new("cam");
    camera.time = at_ms(5000);
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(gaps[1].end, Some(at_ms(5000)));
    assert_eq!((gaps[2].start, gaps[2].end), (at_ms(5400), None));
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn each_cause_in_a_row_has_a_gap_of_its_own() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let mut camera = Camera::new("cam");
    let archive = site.open();
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    close(archive);

    // The camera was away when we came back, and then it had another password.
    let archive = site.open();
    let mut recorder = archive.recorder(camera.stream.clone());
    recorder.interrupted(at_ms(5000), GapCause::Disconnected);
    recorder.interrupted(at_ms(6000), GapCause::Disconnected);
    recorder.interrupted(at_ms(7000), GapCause::Misconfigured);
    site.clock.advance(Duration::from_secs(8));
    drop(recorder);
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.run = 2;
    camera.sequence = 0;
    camera.time = at_ms(9000);
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    let told: Vec<_> = gaps.iter().map(|gap| (gap.cause, gap.start, gap.end)).collect();
    let expected = [
        (GapCause::Stopped, at_ms(400), Some(at_ms(5000))),
        (GapCause::Disconnected, at_ms(5000), Some(at_ms(7000))),
        (GapCause::Misconfigured, at_ms(7000), Some(at_ms(8000))),
        (GapCause::Stopped, at_ms(8000), Some(at_ms(9000))),
        (GapCause::Stopped, at_ms(9400), None),
    ];
    assert_eq!(told, expected);
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn a_stall_within_a_run_is_a_gap_and_loses_no_picture() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(8).into_iter().for_each(|unit| recorder.write(unit));
    recorder.interrupted(at_ms(4000), GapCause::NoPicture);
    camera.time = at_ms(5000);
    camera.takes(8).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::NoPicture, GapCause::Stopped]);
    assert_eq!((gaps[0].start, gaps[0].end), (at_ms(320), Some(at_ms(5000))));
    assert_eq!(pictures(&site.footage()).len(), 16);
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn pictures_that_stay_away_without_a_word_are_a_gap_too() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    site.config.segment_duration = Duration::from_secs(86_400);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(5).into_iter().for_each(|unit| recorder.write(unit));
    camera.time = at_ms(60_000);
    camera.takes(5).into_iter().for_each(|unit| recorder.write(unit));
    // The clock is set back within the run, and forward with the next one.
    camera.time = at_ms(30_000);
    camera.takes(5).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::NoPicture, GapCause::Stopped]);
    assert_eq!((gaps[0].start, gaps[0].end), (at_ms(200), Some(at_ms(60_000))));
    assert_eq!(pictures(&site.footage()[..1]).len(), 10);
    assert_eq!(site.ledger.closed().len(), 2, "times that go back begin a new file");
}

#[test]
fn lost_packets_mark_the_span_and_everything_that_came_is_recorded() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    let mut units = camera.takes(40);
    for number in [7, 9, 38] {
        units[number].lost_packets = 2;
    }
    units.into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::PacketLoss, GapCause::PacketLoss, GapCause::Stopped]);
    assert_eq!((gaps[0].start, gaps[0].end), (at_ms(6 * 40), Some(at_ms(9 * 40))));
    assert_eq!((gaps[1].start, gaps[1].end), (at_ms(37 * 40), Some(at_ms(38 * 40))));
    assert_eq!(pictures(&site.footage()).len(), 40);
}

#[test]
fn a_new_format_begins_a_new_file() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    camera.format = format(320);
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let widths: Vec<_> = site.ledger.closed().iter().map(|segment| segment.width).collect();
    assert_eq!(widths, [640, 320]);
    assert_eq!(causes(&site.ledger.gaps()), [GapCause::Stopped]);
}

#[test]
fn a_format_that_changes_with_the_run_costs_nothing_unless_there_is_a_pause() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    for (width, pause_ms) in [(320, 17), (640, 2000)] {
        camera.reconnect(Duration::from_millis(pause_ms));
        camera.format = format(width);
        camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
    }
    drop(recorder);
    close(archive);
    let closed = site.ledger.closed();
    assert_eq!(closed[0].range.end, closed[1].range.start);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::Disconnected, GapCause::Stopped]);
    assert_eq!(gaps[0].start, closed[1].range.end);
    assert_eq!(pictures(&site.footage()).len(), 30);
    assert_tiled(&closed, &gaps);
}

#[test]
fn a_hanging_disk_costs_whole_gops_and_never_holds_up_the_camera() {
    let folder = folder();
    let mut site = Site::new(&[folder.path()]);
    site.config.stream_budget_bytes = 100_000;
    let archive = site.open();
    site.ledger.change(|rows| rows.is_hanging = true);
    let mut camera = Camera::new("cam");
    camera.bytes = 1000;
    let mut recorder = archive.recorder(camera.stream.clone());
    // None of these calls returns before the disk does, if one of them waits for it.
    camera.takes(400).into_iter().for_each(|unit| recorder.write(unit));
    assert!(archive.held_bytes() <= 100_000);
    site.ledger.change(|rows| rows.is_hanging = false);
    until("the disk has caught up", || archive.held_bytes() < 10_000);
    camera.takes(20).into_iter().for_each(|unit| recorder.write(unit));
    drop(recorder);
    close(archive);
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::DiskSlow, GapCause::Stopped]);
    let found = pictures(&site.footage());
    assert!(found.len() > 80 && found.len().is_multiple_of(5), "{}", found.len());
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn a_ledger_that_fails_delays_recording_but_loses_nothing() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    site.ledger.change(|rows| rows.is_failing = true);
    let mut camera = Camera::new("cam");
    let mut recorder = archive.recorder(camera.stream.clone());
    camera.takes(50).into_iter().for_each(|unit| recorder.write(unit));
    site.ledger.change(|rows| rows.is_failing = false);
    until("what waited is on disk", || {
        let open = archive.open_segments(&camera.stream);
        open.first().is_some_and(|segment| segment.fragments.len() == 9)
    });
    drop(recorder);
    close(archive);
    assert_eq!(pictures(&site.footage()).len(), 50);
    assert_eq!(causes(&site.ledger.gaps()), [GapCause::Stopped]);
}

#[test]
fn a_restart_in_good_order_is_a_gap_until_the_first_picture() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let mut camera = Camera::new("cam");
    for _ in 0..3 {
        let archive = site.open();
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
        // The recorder is still there when the archive closes: its GOP is not lost.
        close(archive);
        recorder.write(camera.take());
        camera.reconnect(Duration::from_secs(5));
    }
    let gaps = site.ledger.gaps();
    assert_eq!(causes(&gaps), [GapCause::Stopped; 3]);
    assert_eq!(pictures(&site.footage()).len(), 30);
    assert_tiled(&site.ledger.closed(), &gaps);
}

#[test]
fn a_stream_can_be_stopped_and_recorded_again() {
    let folder = folder();
    let site = Site::new(&[folder.path()]);
    let archive = site.open();
    let mut camera = Camera::new("cam");
    for _ in 0..3 {
        let mut recorder = archive.recorder(camera.stream.clone());
        camera.takes(10).into_iter().for_each(|unit| recorder.write(unit));
        drop(recorder);
        camera.reconnect(Duration::from_secs(5));
    }
    until("the last stop is noted", || site.ledger.gaps().len() == 3);
    assert_eq!(archive.volumes()[0].streams, 0);
    close(archive);
    assert_eq!(pictures(&site.footage()).len(), 30);
    assert_tiled(&site.ledger.closed(), &site.ledger.gaps());
}
