//! An event's pictures: plain, drawn on, the object alone; there, not there, not there yet.

use std::time::Duration;

use api::{Overlay, Rendition};
use axum::http::StatusCode;
use domain::{
    Bbox, Class, Crossing, Event, GapCause, HealthKind, Point, RuleKind, Source, StreamState,
    Track, TrackId, TrackPoint,
};

use crate::site::{BEGIN, Site, camera, event, main_stream};

/// The object goes from the left to the right, one seventh of the view each second.
fn path(seconds: std::ops::Range<u16>) -> Vec<TrackPoint> {
    let point = |second: u16| TrackPoint {
        time: BEGIN.plus(Duration::from_secs(second.into())),
        bbox: Bbox { left: f32::from(second) * 0.125, top: 0.5, width: 0.125, height: 0.25 },
    };
    seconds.map(point).collect()
}

/// Stores an event, and returns the addresses of its pictures.
async fn stored(site: &Site, event: Event) -> (String, serde_json::Value) {
    let id = event.id;
    site.index.append_events(vec![event]).unwrap();
    let shown = site.json(&format!("/api/v1/events/{id}")).await;
    (format!("/api/v1/events/{id}/stills"), shown["stills"].clone())
}

fn last_wanted(site: &Site) -> Rendition {
    site.renditions.lock().unwrap().last().cloned().unwrap()
}

#[tokio::test]
async fn a_picture_is_shown_plain_drawn_on_and_cut_out() {
    let site = Site::open();
    site.record();
    let happened = event(4);
    let (track, bbox) = (happened.draft.track.unwrap(), happened.draft.bbox.unwrap());
    site.live.paths.lock().unwrap().push((track, path(2..6)));
    let (stills, shown) = stored(&site, happened).await;
    for which in ["before", "at", "after"] {
        assert_eq!(shown[which]["href"], format!("{stills}/{which}"));
        assert_eq!(shown[which]["drawn"], format!("{stills}/{which}?view=drawn"));
        assert_eq!(shown[which]["crop"], format!("{stills}/{which}?view=crop"));
        for view in ["href", "drawn", "crop"] {
            let answer = site.get(shown[which][view].as_str().unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK, "{which} {view}: {}", answer.text());
        }
    }
    site.get(&format!("{stills}/at?view=plain")).await;
    assert_eq!(last_wanted(&site), Rendition::Plain);
    site.get(&format!("{stills}/at?view=crop")).await;
    assert_eq!(last_wanted(&site), Rendition::Crop(bbox));
    // Where it was a second before and after is known from its path.
    site.get(&format!("{stills}/before?view=crop")).await;
    assert_eq!(last_wanted(&site), Rendition::Crop(path(3..4)[0].bbox));
    site.get(&format!("{stills}/after?view=drawn")).await;
    let Rendition::Drawn(drawn) = last_wanted(&site) else { panic!("not drawn on") };
    let line = [Point::new(0.0, 0.5), Point::new(1.0, 0.5)];
    let ground = |point: TrackPoint| point.bbox.ground_point();
    let expected = Overlay {
        shapes: vec![line.to_vec()],
        ways: Vec::new(),
        crossed: Some((line, Crossing::LeftToRight)),
        path: path(2..6).into_iter().map(ground).collect(),
        bbox: Some(path(5..6)[0].bbox),
    };
    assert_eq!(drawn, expected);
    let refused = site.get(&format!("{stills}/at?view=sideways")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["invalid-params"][0]["name"], "view");
}

#[tokio::test]
async fn a_path_that_has_ended_is_drawn_from_the_index() {
    let site = Site::open();
    site.record();
    let mut against = event(4);
    let way = vec![Point::new(0.25, 0.25), Point::new(0.25, 0.75)];
    against.draft.kind = RuleKind::WrongWay.into();
    against.draft.crossing = None;
    against.draft.evidence.further_geometry = [way.clone()].into();
    let id: TrackId = against.draft.track.unwrap();
    let track = Track {
        id,
        camera: camera("cua-nam"),
        class: Class::Car,
        confidence: 0.5,
        attributes: domain::Attributes::default(),
        source: domain::TrackSource::default(),
        path: path(0..7),
    };
    site.index.append_tracks(vec![track]).unwrap();
    site.index.flush().unwrap();
    let (stills, _) = stored(&site, against).await;
    site.get(&format!("{stills}/before?view=drawn")).await;
    let Rendition::Drawn(drawn) = last_wanted(&site) else { panic!("not drawn on") };
    assert_eq!((drawn.ways, drawn.crossed), (vec![way], None));
    assert_eq!(drawn.path.last(), Some(&path(3..4)[0].bbox.ground_point()));
}

#[tokio::test]
async fn who_looks_at_pictures_of_an_event_stands_in_the_trail_once() {
    let site = Site::open();
    site.record();
    let mut told = event(6);
    told.draft.track = None;
    let (stills, _) = stored(&site, told).await;
    for picture in ["at?width=192", "before", "at?view=crop", "at?width=192"] {
        let shown = site.get(&format!("{stills}/{picture}")).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    }
    let looks = async |object: &str| {
        let told = site.json(&format!("/api/v1/audit?action=viewed&object={object}")).await;
        told["entries"].as_array().unwrap().clone()
    };
    let seen = looks(&stills).await;
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert!(seen[0]["detail"].as_str().unwrap().contains("camera=cua-nam"), "{seen:#?}");
    // What nobody may see nobody saw.
    let (other, _) = stored(&site, event(8)).await;
    let unknown = other.replace(char::is_numeric, "0");
    assert_eq!(site.get(&format!("{unknown}/at")).await.status, StatusCode::NOT_FOUND);
    assert!(looks(&unknown).await.is_empty(), "{unknown}");
    // A picture of the last minute, asked for again and again, is one look as long as it goes on.
    let frame = "/api/v1/cameras/cua-nam/frame.jpg";
    for _ in 0..3 {
        assert_eq!(site.get(frame).await.status, StatusCode::OK);
        site.clock.advance(std::time::Duration::from_secs(20));
    }
    assert_eq!(looks(frame).await.len(), 1);
    site.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(site.get(frame).await.status, StatusCode::OK);
    assert_eq!(looks(frame).await.len(), 2);
}

#[tokio::test]
async fn what_has_no_object_is_not_cut_out() {
    let site = Site::open();
    site.record();
    let mut dark = event(4);
    dark.draft.kind = HealthKind::TooDark.into();
    dark.draft.source = Source::Watch;
    (dark.draft.track, dark.draft.bbox, dark.draft.crossing) = (None, None, None);
    dark.draft.geometry = std::sync::Arc::default();
    let (stills, shown) = stored(&site, dark).await;
    assert_eq!(shown["at"]["crop"], serde_json::Value::Null);
    let refused = site.get(&format!("{stills}/at?view=crop")).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert_eq!(refused.json()["type"], "urn:watchpost:problem:no-object");
    assert_eq!(site.get(&format!("{stills}/at?view=drawn")).await.status, StatusCode::OK);

    // A partner's finding has a place but no path; one that was followed may be seen too late.
    let mut told = event(6);
    told.draft.track = None;
    let (stills, shown) = stored(&site, told).await;
    assert!(shown["at"]["crop"].is_string() && shown["before"]["crop"].is_null());
    assert_eq!(site.get(&format!("{stills}/at?view=crop")).await.status, StatusCode::OK);
    let followed = event(8);
    site.live.paths.lock().unwrap().push((followed.draft.track.unwrap(), path(8..9)));
    let (stills, _) = stored(&site, followed).await;
    let refused = site.get(&format!("{stills}/before?view=crop")).await;
    assert_eq!(refused.json()["type"], "urn:watchpost:problem:no-object");
}

#[tokio::test]
async fn a_picture_to_come_is_asked_for_again_and_one_that_is_lost_is_not() {
    let site = Site::open();
    let stream = main_stream("cua-nam");
    let up_to = |seconds: u64| {
        let last = BEGIN.plus(Duration::from_secs(seconds));
        site.board.update(&stream, last, |status| {
            status.state = StreamState::Up;
            status.last_picture = Some(last);
        });
    };
    up_to(4);
    let (stills, _) = stored(&site, event(4)).await;
    let early = site.get(&format!("{stills}/after")).await;
    assert_eq!(early.status, StatusCode::SERVICE_UNAVAILABLE, "{}", early.text());
    assert_eq!(early.json()["type"], "urn:watchpost:problem:not-yet");
    assert_eq!(early.header("retry-after"), "2");
    // A gap of before is open until what came after it is on disk.
    site.index.open_gap(&stream, BEGIN, GapCause::NoPicture).unwrap();
    let early = site.get(&format!("{stills}/after")).await;
    assert_eq!(early.status, StatusCode::SERVICE_UNAVAILABLE, "{}", early.text());
    up_to(60);
    let lost = site.get(&format!("{stills}/after")).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
    assert_eq!(lost.header("retry-after"), "");
    // A camera that is not seen sends no picture either.
    up_to(4);
    site.board.update(&stream, BEGIN, |status| status.state = StreamState::Down);
    assert_eq!(site.get(&format!("{stills}/after")).await.status, StatusCode::NOT_FOUND);
}
