//! Live pictures for another protocol than HTTP: who is let in, what they see, and when it ends.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use api::{
    Limits, LiveAsked, LiveFeed, LivePassword, LivePicture, LiveRefusal, LiveSeen, LiveTicket,
    Masking,
};
use domain::{AccountName, Grant, Place, Role, StreamRole, TimeRange};
use index::{AccountKind, NewAccount};
use serde_json::{Value, json};

use crate::footing::GOP;
use crate::live::Feed;
use crate::people::unmask;
use crate::site::{BEGIN, Site, camera, give_token};

const PASSWORD: &str = "bốn con mèo trên mái nhà";
/// How long a story waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

fn asked(password: &str, id: &str) -> LiveAsked {
    LiveAsked {
        name: "lan".to_owned(),
        password: LivePassword::new(password),
        client: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)),
        camera: camera(id),
        role: None,
        masking: Masking::On,
        protocol: "rtsp",
    }
}

async fn admit(site: &Site, password: &str, id: &str) -> Result<LiveTicket, LiveRefusal> {
    site.state.admit_live(asked(password, id)).await
}

async fn next(feed: &mut LiveFeed) -> LiveSeen {
    tokio::time::timeout(PATIENCE, feed.next()).await.expect("something comes")
}

async fn picture(feed: &mut LiveFeed) -> LivePicture {
    match next(feed).await {
        LiveSeen::Picture(picture) => picture,
        other => panic!("{other:?}"),
    }
}

fn add_person(site: &Site) -> AccountName {
    let name: AccountName = "lan".parse().unwrap();
    let account = NewAccount {
        name: name.clone(),
        kind: AccountKind::Person,
        display_name: "Lan".to_owned(),
        password: Some(api::hash_password(PASSWORD).unwrap()),
        only: None,
        grants: vec![Grant { role: Role::Duty, place: Place::Site }],
    };
    site.index.accounts().add(&account, BEGIN).unwrap();
    name
}

#[tokio::test]
async fn a_service_signs_in_by_its_restream_password_for_as_long_as_its_token_is_good() {
    let site = Site::open();
    let grants = [Grant { role: Role::Duty, place: Place::Site }];
    give_token(&site.index, "wall", &grants);
    let tokens = site.index.accounts().tokens_of(&"wall".parse().unwrap(), BEGIN).unwrap();
    let right = api::RestreamKey::new(&[9; 32]).password_of(&tokens[0]);
    let as_whom = async |name: &str, password: LivePassword| {
        let asked = LiveAsked { name: name.to_owned(), password, ..asked("", "cua-nam") };
        site.state.admit_live(asked).await.map(drop)
    };
    // As a client by Digest shows that it knows a password.
    let knows = |password: &str| {
        let password = password.to_owned();
        LivePassword::known(move |known| known == password)
    };
    assert_eq!(as_whom("wall", LivePassword::new(&*right)).await, Ok(()));
    assert_eq!(as_whom("wall", knows(&right)).await, Ok(()));
    let wrong = Err(LiveRefusal::WrongLogin);
    assert_eq!(as_whom("every", knows(&right)).await, wrong, "of another");
    assert_eq!(as_whom("nobody", knows(&right)).await, wrong);
    assert_eq!(as_whom("wall", LivePassword::new("wpr_AAAA")).await, wrong);
    assert_eq!(as_whom("wall", LivePassword::known(|_| false)).await, wrong);
    let bearer = axum::http::Request::get("/api/v1/cameras")
        .header("authorization", format!("Bearer {right}"));
    let refused = site.send_bare(bearer, axum::body::Body::empty()).await;
    assert_eq!(refused.status, axum::http::StatusCode::UNAUTHORIZED, "good for nothing else");
    site.index.accounts().set_disabled(&"wall".parse().unwrap(), true).unwrap();
    assert_eq!(as_whom("wall", knows(&right)).await, wrong, "its token has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_begins_with_the_keyframe_before_and_goes_on_picture_by_picture() {
    let site = Site::open();
    let mut camera = Feed::of(&site);
    let before = camera.send(GOP as usize + 3);
    let ticket = admit(&site, &site.token, "cua-nam").await.unwrap();
    assert_eq!(ticket.format().await.unwrap(), before[0].format);
    let mut feed = ticket.open().await.unwrap();
    let mut expected = before[GOP as usize..].to_vec();
    let mut shown = Vec::new();
    for _ in 0..3 {
        shown.push(picture(&mut feed).await);
    }
    expected.extend(camera.send(GOP as usize));
    while shown.len() < expected.len() {
        shown.push(picture(&mut feed).await);
    }
    for (shown, sent) in shown.iter().zip(&expected) {
        assert_eq!((shown.time, &shown.data), (sent.time, &sent.data));
        assert_eq!(shown.is_keyframe, sent.is_keyframe);
    }
    assert!(shown[0].is_keyframe);
    let trail = site.json("/api/v1/audit?limit=100").await;
    let entries = trail["entries"].as_array().unwrap();
    let looks: Vec<_> = entries.iter().filter(|entry| entry["action"] == "viewed").collect();
    assert_eq!(looks.len(), 1, "{trail:#}");
    assert_eq!(looks[0]["object"], "/api/v1/cameras/cua-nam/live");
    assert!(looks[0].to_string().contains("protocol=rtsp"), "{trail:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_shows_nothing_is_said_to() {
    let site = Site::open();
    let ticket = admit(&site, &site.token, "cua-nam").await.unwrap();
    assert_eq!(ticket.format().await.unwrap_err(), LiveRefusal::NoPicture);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_watch_is_told_no_more_than_anywhere_else() {
    let site = Site::open();
    let ward = Place::Node(vec!["Phường Cửa Nam".into(), "Hà Nội".into()]);
    let duty = give_token(&site.index, "ward", &[Grant { role: Role::Duty, place: ward }]);
    let search = [Grant { role: Role::Investigator, place: Place::Site }];
    let search = give_token(&site.index, "binh", &search);
    let of = async |token: &str, id: &str| admit(&site, token, id).await.err();
    assert_eq!(of(&duty, "cua-nam").await, None);
    assert_eq!(of(&duty, "my-dinh").await, Some(LiveRefusal::NotFound));
    assert_eq!(of(&duty, "nowhere").await, Some(LiveRefusal::NotFound));
    assert_eq!(of(&search, "cua-nam").await, Some(LiveRefusal::NotPermitted));
    let no_stream = LiveAsked { role: Some(StreamRole::Sub), ..asked(&site.token, "my-dinh") };
    assert_eq!(site.state.admit_live(no_stream).await.err(), Some(LiveRefusal::NotFound));
    for forged in ["", "wpt_", &format!("wpt_{}", "A".repeat(43)), &"x".repeat(5000)] {
        assert_eq!(of(forged, "cua-nam").await, Some(LiveRefusal::WrongLogin), "{forged}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_stands_in_the_trail_with_their_address() {
    let site = Site::open();
    add_person(&site);
    for password in ["wpt_guessed", "wpr_guessed", &"long".repeat(100), "sai"] {
        let refused = admit(&site, password, "cua-nam").await.err();
        assert_eq!(refused, Some(LiveRefusal::WrongLogin), "{password}");
    }
    // By Digest a password is not sent.
    let known = LivePassword::known(|_| false);
    let digest = LiveAsked { password: known, ..asked("", "cua-nam") };
    assert!(site.state.admit_live(digest).await.is_err());
    let told = site.json("/api/v1/audit?action=sign_in_failed").await;
    let [entry] = &told["entries"].as_array().unwrap()[..] else { panic!("{told:#}") };
    assert_eq!(entry["object"], "account lan, unknown token");
    let detail: Value = serde_json::from_str(entry["detail"].as_str().unwrap()).unwrap();
    assert_eq!((&detail["tokens"], &detail["accounts"]), (&json!({"rtsp": 4}), &json!({"lan": 1})));
    assert_eq!(detail["from"], json!(["10.0.0.7"]));
    assert!(!told.to_string().contains("guessed"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_shows_their_password_and_is_signed_in_while_they_watch() {
    let site = Site::open();
    let name = add_person(&site);
    let ticket = admit(&site, PASSWORD, "cua-nam").await.unwrap();
    let feed = ticket.open().await.unwrap();
    drop((feed, ticket));
    // Guesses lock the name, and the right password with it.
    for _ in 0..5 {
        assert_eq!(admit(&site, "sai", "cua-nam").await.err(), Some(LiveRefusal::WrongLogin));
    }
    let locked = loop {
        match admit(&site, "sai", "cua-nam").await.err() {
            Some(LiveRefusal::WrongLogin) => {}
            other => break other,
        }
    };
    assert!(matches!(locked, Some(LiveRefusal::Wait(_))), "{locked:?}");
    let right = admit(&site, PASSWORD, "cua-nam").await.err();
    assert!(matches!(right, Some(LiveRefusal::Wait(_))), "{right:?}");
    site.index.accounts().forget_attempts("lan").unwrap();
    let ticket = admit(&site, PASSWORD, "cua-nam").await.unwrap();
    site.index.accounts().set_disabled(&name, true).unwrap();
    assert_eq!(ticket.open().await.err(), Some(LiveRefusal::WrongLogin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masks_are_lifted_only_for_who_may_see_under_them_and_asks_for_it() {
    let site = Site::open();
    let mut camera_feed = Feed::of(&site);
    camera_feed.send(3);
    site.views.masked.lock().unwrap().push((camera("cua-nam"), TimeRange::ALL));
    let lifted = || LiveAsked { masking: Masking::Off, ..asked(&site.token, "cua-nam") };
    assert_eq!(admit(&site, &site.token, "cua-nam").await.err(), Some(LiveRefusal::Masked));
    assert_eq!(site.state.admit_live(lifted()).await.err(), Some(LiveRefusal::Masked));
    site.state.unmask_for(&[Role::Duty]);
    assert_eq!(admit(&site, &site.token, "cua-nam").await.err(), Some(LiveRefusal::Masked));
    assert_eq!(site.state.admit_live(lifted()).await.err(), Some(LiveRefusal::Masked), "alone");
    unmask(&site, "every", "cua-nam", Duration::from_secs(3600));
    let ticket = site.state.admit_live(lifted()).await.unwrap();
    let mut feed = ticket.open().await.unwrap();
    assert!(picture(&mut feed).await.is_keyframe);
    let trail = site.json("/api/v1/audit?limit=100").await;
    assert!(trail.to_string().contains("masks=off"), "{trail:#}");
    // When the time is over, it ends.
    site.clock.advance(Duration::from_secs(3600));
    let ended = loop {
        if let LiveSeen::Ended(why) = next(&mut feed).await {
            break why;
        }
    };
    assert!(ended.contains("may not watch"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_its_seats_and_all_end_with_the_service() {
    let site = Site::with(Limits { viewers_each: 1, ..Limits::default() });
    let ticket = admit(&site, &site.token, "cua-nam").await.unwrap();
    let first = ticket.open().await.unwrap();
    assert_eq!(ticket.open().await.err(), Some(LiveRefusal::TooMany));
    drop(first);
    let mut second = ticket.open().await.unwrap();
    site.stop.cancel();
    assert!(matches!(next(&mut second).await, LiveSeen::Ended("the service stops")));
    assert_eq!(ticket.open().await.err(), Some(LiveRefusal::Stopping));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_too_slowly_goes_on_with_a_keyframe() {
    let site = Site::open();
    let mut camera = Feed::of(&site);
    camera.send(3);
    let ticket = admit(&site, &site.token, "cua-nam").await.unwrap();
    let mut feed = ticket.open().await.unwrap();
    for _ in 0..3 {
        picture(&mut feed).await;
    }
    // More than the tap keeps for the slowest: at the end of the clip none has been taken.
    let template = camera.send(1).remove(0);
    for number in 1..=100_u64 {
        let unit = domain::AccessUnit {
            sequence: template.sequence + number,
            time: template.time.plus(Duration::from_millis(40 * number)),
            is_keyframe: number.is_multiple_of(10),
            ..template.clone()
        };
        camera.tap.show(camera.tap.take(&unit));
    }
    let left_out = match next(&mut feed).await {
        LiveSeen::LeftOut(pictures) => pictures,
        other => panic!("{other:?}"),
    };
    assert!(left_out > 0);
    assert!(picture(&mut feed).await.is_keyframe);
}
