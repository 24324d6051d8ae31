//! What the clock map promises, with a clock that stands still until it is moved.

use domain::ManualClock;
use proptest::prelude::*;

use super::*;

const NOW_US: i64 = 1_780_000_000_000_000;
const SECOND_US: i64 = 1_000_000;

/// A camera with a clock and an RTP clock of its own, and the way from it to us.
struct Camera {
    ours: ManualClock,
    map: ClockMap,
    rtp_90k: i64,
    /// Its wall clock minus ours.
    error_us: i64,
}

impl Camera {
    fn new(error_us: i64) -> Self {
        Self {
            ours: ManualClock::new(Timestamp::from_micros(NOW_US)),
            map: ClockMap::new(&ClockPolicy::default()),
            rtp_90k: 3_000_000_000,
            error_us,
        }
    }

    fn wall_us(&self) -> i64 {
        self.ours.now().as_micros() + self.error_us
    }

    fn pass(&mut self, millis: i64) {
        self.ours.advance(Duration::from_millis(millis.unsigned_abs()));
        self.rtp_90k += millis * 90;
    }

    fn report(&mut self) {
        self.map.report(self.rtp_90k, to_ntp(self.wall_us()));
    }

    /// A picture taken now that arrives `delay_us` later.
    fn picture(&mut self, delay_us: i64) -> Stamp {
        let mut arrival = Arrival::now(&self.ours);
        let delay = Duration::from_micros(delay_us.unsigned_abs());
        arrival.wall = arrival.wall.plus(delay);
        arrival.monotonic += delay;
        self.map.stamp(self.rtp_90k, arrival)
    }

    /// Plays `seconds` at 25 pictures a second, a report every five seconds.
    fn play(&mut self, seconds: i64, delay_us: i64) -> Vec<Stamp> {
        let mut stamps = Vec::new();
        for picture in 0..seconds * 25 {
            if picture % 125 == 0 {
                self.report();
            }
            stamps.push(self.picture(delay_us));
            self.pass(40);
        }
        stamps
    }
}

fn to_ntp(unix_us: i64) -> u64 {
    let us = u64::try_from(unix_us + 2_208_988_800 * SECOND_US).unwrap();
    let (seconds, fraction) = (us / 1_000_000, us % 1_000_000);
    (seconds << 32) | ((fraction << 32).div_ceil(1_000_000))
}

#[test]
fn a_reported_time_is_the_cameras_whatever_the_delay() {
    let mut camera = Camera::new(3 * SECOND_US);
    let stamps = camera.play(20, 180_000);
    for (picture, stamp) in (0..).zip(&stamps) {
        let taken = NOW_US + 3 * SECOND_US + picture * 40_000;
        let off = stamp.time.as_micros() - taken;
        assert!(off.abs() <= 2, "picture {picture} is off by {off} us");
        assert_eq!(stamp.source, ClockSource::SenderReport);
        assert_eq!(stamp.line, Line::Continues);
        assert!((stamp.error_us - 2_820_000).abs() <= 2, "error {}", stamp.error_us);
    }
    assert!(camera.map.drift_ppm().unwrap().abs() < 1.0);
}

#[test]
fn without_reports_the_quickest_arrivals_count() {
    let mut camera = Camera::new(0);
    let mut last = None;
    for picture in 0..500 {
        let taken = camera.ours.now();
        let stamp = camera.picture([10_000, 90_000, 40_000][picture % 3]);
        assert_eq!(stamp.source, ClockSource::Arrival);
        assert!(last.is_none_or(|last| last < stamp.time));
        let off = stamp.time.micros_since(taken);
        assert!((9_990..=100_000).contains(&off), "off by {off}");
        if picture > 10 {
            assert!((9_990..=10_010).contains(&off), "off by {off}");
        }
        last = Some(stamp.time);
        camera.pass(40);
    }
}

#[test]
fn the_first_report_moves_time_without_turning_it_back() {
    let mut camera = Camera::new(-400_000);
    let mut last = Timestamp::MIN;
    for picture in 0..200 {
        if picture == 50 {
            camera.report();
        }
        let stamp = camera.picture(5_000);
        assert!(stamp.time > last);
        assert_eq!(stamp.line, Line::Continues);
        last = stamp.time;
        if picture > 100 {
            assert_eq!(stamp.time.as_micros(), camera.wall_us());
        }
        camera.pass(40);
    }
}

#[test]
fn the_error_known_from_before_saves_the_next_session_a_jump() {
    let mut camera = Camera::new(-20 * SECOND_US);
    camera.play(6, 5_000);
    camera.map.start_session();
    camera.rtp_90k = 77;
    let before_report = camera.picture(5_000);
    let off = before_report.time.as_micros() - camera.wall_us();
    assert!(off.abs() < 10_000, "off by {off}");
    camera.pass(40);
    camera.report();
    assert_eq!(camera.picture(5_000).line, Line::Continues);
}

#[test]
fn a_clock_set_anew_ends_the_line_and_begins_another() {
    let mut camera = Camera::new(0);
    camera.play(6, 5_000);
    camera.error_us = -30 * SECOND_US;
    camera.report();
    let old_line = camera.picture(5_000);
    assert_eq!(old_line.line, Line::JumpPending);
    assert!(old_line.time.as_micros() > NOW_US + 5 * SECOND_US, "still on the old line");
    camera.map.start_run();
    camera.pass(40);
    let new_line = camera.picture(5_000);
    assert_eq!(new_line.line, Line::Continues);
    assert!((new_line.time.as_micros() - camera.wall_us()).abs() <= 1);
}

#[test]
fn an_unbelievable_clock_gives_way_to_arrival_and_its_error_is_told() {
    for error_us in [-NOW_US + 86_400 * SECOND_US, 7 * 3600 * SECOND_US, -3600 * SECOND_US] {
        let mut camera = Camera::new(error_us);
        for stamp in camera.play(12, 20_000) {
            assert_eq!(stamp.source, ClockSource::Arrival);
            assert_eq!(stamp.line, Line::Continues);
            assert!((stamp.error_us - error_us).abs() < 100_000);
        }
        let stamp = camera.picture(20_000);
        let off = stamp.time.micros_since(camera.ours.now());
        assert!((0..100_000).contains(&off), "off by {off}");
    }
}

#[test]
fn rtp_time_that_jumps_breaks_the_line_at_once() {
    for jump_s in [-3600, -5, 3, 86_400] {
        let mut camera = Camera::new(0);
        camera.play(7, 5_000);
        camera.rtp_90k += jump_s * 90_000;
        let stamp = camera.picture(5_000);
        assert_eq!(stamp.line, Line::Broken, "{jump_s} s");
        let off = stamp.time.micros_since(camera.ours.now());
        assert!(off.abs() < 100_000, "{jump_s} s: off by {off}");
    }
}

#[test]
fn a_stall_and_the_backlog_after_it_are_no_jump() {
    let mut camera = Camera::new(0);
    camera.play(7, 5_000);
    for picture in 0..50 {
        let stamp = camera.picture(2_000_000 - picture * 40_000);
        assert_eq!(stamp.line, Line::Continues);
        camera.pass(40);
    }
}

#[test]
fn a_burst_of_old_pictures_at_the_start_is_no_jump() {
    let mut camera = Camera::new(0);
    for picture in 0..50 {
        let stamp = camera.picture((50 - picture) * 40_000);
        assert_eq!(stamp.line, Line::Continues, "picture {picture}");
        camera.pass(40);
    }
}

#[test]
fn drift_is_measured() {
    let mut camera = Camera::new(0);
    for _ in 0..30 {
        camera.report();
        camera.picture(1000);
        camera.pass(1000);
        camera.error_us += 100;
    }
    let drift = camera.map.drift_ppm().unwrap();
    assert!((drift - 100.0).abs() < 2.0, "{drift}");
}

#[test]
fn ntp_time_goes_on_after_2036() {
    assert_eq!(ntp_micros(2_208_988_800 << 32), 0);
    assert_eq!(ntp_micros(to_ntp(NOW_US)), NOW_US);
    assert_eq!(
        Timestamp::from_micros(ntp_micros(0x0000_0001_8000_0000)).to_string(),
        "2036-02-07T06:28:17.500000Z"
    );
}

proptest! {
    /// Whatever a camera sends, within a run time goes forward.
    #[test]
    fn time_never_goes_back(
        steps in prop::collection::vec((any::<u8>(), any::<i64>(), 0i64..5_000, any::<u64>()), 1..200),
    ) {
        let mut camera = Camera::new(0);
        let mut last = None;
        for (kind, wild, delay_ms, ntp) in steps {
            match kind % 8 {
                0 => camera.map.report(wild, ntp),
                1 => camera.map.report(camera.rtp_90k, ntp),
                2 => {
                    camera.error_us += wild % (3 * SECOND_US);
                    camera.report();
                }
                3 => camera.rtp_90k = wild,
                4 => {
                    camera.map.start_run();
                    last = None;
                }
                _ => camera.rtp_90k = camera.rtp_90k.saturating_add(wild % 9_000),
            }
            let stamp = camera.picture(delay_ms * 1000);
            if stamp.line == Line::Broken {
                last = None;
            }
            if let Some(last) = last {
                // At the end of time itself, far beyond any calendar, it may stand still.
                prop_assert!(stamp.time > last || stamp.time == Timestamp::MAX);
            }
            last = Some(stamp.time);
            camera.ours.advance(Duration::from_millis(40));
        }
    }

    /// Under jitter, delay and drift as networks and cameras have them, times are the camera's.
    #[test]
    fn times_hold_to_a_hundred_milliseconds(
        delays in prop::collection::vec(0i64..300_000, 100..400),
        error_ms in -5_000i64..5_000,
        drift_us_per_picture in -4i64..4,
    ) {
        let mut camera = Camera::new(error_ms * 1000);
        for (picture, delay_us) in delays.into_iter().enumerate() {
            if picture % 100 == 0 {
                camera.report();
            }
            let stamp = camera.picture(delay_us);
            let off = stamp.time.as_micros() - camera.wall_us();
            prop_assert!(off.abs() < 100_000, "off by {} us", off);
            prop_assert_eq!(stamp.line, Line::Continues);
            camera.pass(40);
            camera.error_us += drift_us_per_picture;
        }
    }
}
