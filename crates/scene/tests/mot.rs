//! MOTChallenge text in and out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::BufReader;

use domain::Class;
use scene::mot::{MotError, track_detections};

fn tracked(text: &str, fps: f64) -> Result<String, MotError> {
    tracked_as(Class::Person, text, fps)
}

fn tracked_as(class: Class, text: &str, fps: f64) -> Result<String, MotError> {
    let mut output = Vec::new();
    track_detections(text.as_bytes(), &mut output, fps, class)?;
    Ok(String::from_utf8(output).unwrap())
}

#[test]
fn two_walkers_become_two_tracks_from_their_first_frame_on() {
    let mut text = String::new();
    for frame in 1..=20 {
        let (first, second) = (100 + 4 * frame, 500 - 4 * frame);
        text += &format!("{frame},-1,{first},200,40,100,0.9,-1,-1,-1\n");
        if frame > 5 {
            text += &format!("{frame},-1,{second}.5,400,40,100,0.8,-1,-1,-1\r\n");
        }
    }
    let rows = tracked(&text, 25.0).unwrap();
    let ids = |id: &str| rows.lines().filter(|row| row.split(',').nth(1) == Some(id)).count();
    assert_eq!((ids("1"), ids("2"), rows.lines().count()), (20, 15, 35));
    let frames: Vec<u32> =
        rows.lines().map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(frames.is_sorted());
    assert!(rows.starts_with("1,1,104.00,200.00,40.00,100.00,"), "{rows}");
    assert!(rows.lines().all(|row| row.split(',').count() == 10));
}

#[test]
fn a_real_clip_is_tracked_into_about_as_many_people_as_there_are() {
    let text = include_bytes!("fixtures/vtest-nanodet-g-int8.txt");
    let mut output = Vec::new();
    let summary =
        track_detections(BufReader::new(text.as_slice()), &mut output, 10.0, Class::Person)
            .unwrap();
    assert_eq!(summary.frames, 795);
    assert!((4000..6500).contains(&summary.boxes), "{summary:?}");
    assert!((19..=40).contains(&summary.tracks), "{summary:?}");
}

#[test]
fn frames_come_in_any_order() {
    let line = |frame: i32| format!("{frame},-1,{},200,40,100,-1,-1,-1,-1\n", 100 + 4 * frame);
    let sorted: String = (1..=20).map(line).collect();
    let unsorted: String = (1..=20).rev().map(line).collect();
    assert_eq!(tracked(&unsorted, 25.0).unwrap(), tracked(&sorted, 25.0).unwrap());
    assert_eq!(tracked(&sorted, 25.0).unwrap().lines().count(), 20, "-1 is: not known");
}

#[test]
fn who_is_missed_for_a_while_is_on_a_straight_way_meanwhile() {
    let mut text = String::new();
    for frame in 1..=40 {
        text += &format!("{frame},-1,900,200,40,100,0.9,-1,-1,-1\n");
        if !(20..30).contains(&frame) {
            text += &format!("{frame},-1,{},200,40,100,0.9,-1,-1,-1\n", 100 + 4 * frame);
        }
    }
    let rows = tracked(&text, 25.0).unwrap();
    let left = |row: &str| row.split(',').nth(2).unwrap().parse::<f32>().unwrap();
    let lefts: Vec<f32> = rows.lines().map(left).filter(|&left| left < 800.0).collect();
    assert_eq!(lefts.len(), 40, "{rows}");
    for (frame, left) in (1_u8..).zip(lefts) {
        assert!((left - f32::from(frame) * 4.0 - 100.0).abs() < 2.0, "frame {frame}: {left}");
    }
}

#[test]
fn a_person_whom_nothing_sure_has_shown_for_long_is_followed_no_more_and_a_vehicle_is() {
    let text: String = (1..=150)
        .map(|frame| {
            let confidence = if frame <= 5 { 0.9 } else { 0.25 };
            format!("{frame},-1,100,200,40,100,{confidence},-1,-1,-1\n")
        })
        .collect();
    let last = |class| {
        let rows = tracked_as(class, &text, 5.0).unwrap();
        let last = rows.lines().last().unwrap().split(',').next().unwrap();
        last.parse::<u32>().unwrap()
    };
    assert!((20..=30).contains(&last(Class::Person)), "{}", last(Class::Person));
    assert_eq!(last(Class::Car), 150);
}

#[test]
fn who_left_over_the_edge_is_not_the_next_who_comes_in_there() {
    let mut text = String::new();
    for frame in 1..=60 {
        text += &format!("{frame},-1,10,400,40,100,0.9,-1,-1,-1\n");
        // One goes out on the right, another comes in.
        if frame <= 20 {
            text += &format!("{frame},-1,{},200,40,100,0.9,-1,-1,-1\n", 860 + 5 * frame);
        }
        if frame > 28 {
            text += &format!("{frame},-1,{},205,40,100,0.9,-1,-1,-1\n", 960 - 5 * (frame - 28));
        }
    }
    let rows = tracked(&text, 10.0).unwrap();
    let ids: std::collections::BTreeSet<_> =
        rows.lines().map(|row| row.split(',').nth(1).unwrap()).collect();
    assert_eq!(ids.len(), 3, "{rows}");
}

#[test]
fn hostile_text_is_refused_with_its_line() {
    let good = "1,-1,10,10,20,40,0.9,-1,-1,-1\n";
    for (bad, complaint) in [
        ("1,-1,10\n", "3 fields"),
        ("0,-1,10,10,20,40,0.9,-1,-1,-1\n", "frame \"0\""),
        ("x,-1,10,10,20,40,0.9,-1,-1,-1\n", "frame \"x\""),
        ("99999999999,-1,10,10,20,40,0.9\n", "frame \"99999999999\""),
        ("1,1.5,10,10,20,40,0.9\n", "id \"1.5\""),
        ("1,-1,NaN,10,20,40,0.9\n", "left \"NaN\""),
        ("1,-1,10,10,20,1e99,0.9\n", "height \"1e99\""),
        ("1,-1,10,10,20,40,sure\n", "conf \"sure\""),
        ("1,-1,10,10,20,40,0.9,-1,-1,-1,-1\n", "11 fields"),
        ("\u{1f6f5}\n", "1 fields"),
    ] {
        let error = tracked(&format!("{good}\n{bad}"), 25.0).unwrap_err().to_string();
        assert!(error.starts_with("line 3: ") && error.contains(complaint), "{error}");
    }
    let endless = tracked(&"7".repeat(100_000), 25.0).unwrap_err();
    assert_eq!(endless.to_string(), "line 1: it is longer than 1024 bytes");
    let crowd = tracked(&good.repeat(10_001), 25.0).unwrap_err();
    assert!(crowd.to_string().starts_with("line 10001: more than"));
    let binary = track_detections(&[0xff, 0xfe, b'\n'][..], Vec::new(), 25.0, Class::Person);
    assert_eq!(binary.unwrap_err().to_string(), "line 1: it is not text");
}

#[test]
fn a_rate_that_is_none_is_refused() {
    let last_frame = format!("{},-1,1,1,5,9,0.9\n", u32::MAX);
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 0.000_9] {
        assert!(matches!(tracked(&last_frame, rate), Err(MotError::Rate(_))), "{rate}");
    }
    assert_eq!(tracked("", 25.0).unwrap(), "");
    assert_eq!(tracked(&last_frame, 0.001).unwrap(), "");
}
