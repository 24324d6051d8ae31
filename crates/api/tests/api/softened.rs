//! Of a camera whose persons are softened nobody is given its own pictures without a purpose, by any way.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use api::{LiveAsked, LivePassword, LiveRefusal, Masking, PersonsShown};
use axum::http::StatusCode;
use domain::{Permission, Role};

use crate::footing::access_units;
use crate::live::{PATIENCE, payload, serve};
use crate::masked_live::{media, show, small, start, watch};
use crate::people::unmask;
use crate::site::{BEGIN, MASKED, Site, camera, cameras};

/// Has the persons of `cua-nam` be softened.
fn soften(site: &Site) {
    let mut cameras = cameras();
    for one in cameras.iter_mut().filter(|one| one.id == camera("cua-nam")) {
        one.softens_persons = true;
    }
    site.state.set_cameras(cameras);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_over_a_websocket_is_a_copy_that_says_so() {
    let site = Site::open();
    soften(&site);
    let address = serve(&site).await;
    let tap = site.taps.open(small());
    let mut socket = watch(&site, address).await;
    let units = access_units(&small(), BEGIN, 6);
    let watched = async {
        let said = start(&mut socket).await;
        assert_eq!(said["viewing_copy"], true, "{said}");
        assert_eq!(said["persons_softened"], true, "{said}");
        assert_eq!(&media(&mut socket).await[4..8], b"ftyp");
        let shown = media(&mut socket).await;
        assert!(payload(&shown).starts_with(MASKED), "its own picture was shown");
    };
    tokio::select! {
        seen = tokio::time::timeout(PATIENCE, watched) => seen.expect("it is shown"),
        () = show(&tap, &units) => unreachable!(),
    }
    let cameras = site.json("/api/v1/cameras").await;
    let told = |at: usize| cameras["features"][at]["properties"]["persons_softened"].clone();
    assert_eq!((told(0), told(1)), (true.into(), false.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_own_pictures_leave_neither_as_hls_nor_for_another_protocol_but_for_who_may_unmask() {
    let site = Site::open();
    site.record();
    let playlist = "/api/v1/cameras/cua-nam/live.m3u8";
    let before = site.get(playlist).await.text();
    let piece = before.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    let piece = piece.unwrap().to_owned();
    assert_eq!(site.get(&piece).await.status, StatusCode::OK);
    soften(&site);
    let asked = |masking| LiveAsked {
        name: String::new(),
        password: LivePassword::new(&*site.token),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        camera: camera("cua-nam"),
        role: None,
        masking,
        protocol: "rtsp",
    };
    for address in [playlist.to_owned(), piece, format!("{playlist}?masks=off")] {
        let refused = site.get(&address).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{address}");
    }
    for masking in [Masking::On, Masking::Off] {
        let refused = site.state.admit_live(asked(masking)).await.map(drop).unwrap_err();
        assert_eq!(refused, LiveRefusal::Masked);
    }
    site.state.unmask_for(&[Role::Investigator]);
    let alone = site.get(&format!("{playlist}?masks=off")).await;
    assert_eq!(alone.json()["type"], "urn:watchpost:problem:second-person-needed");
    unmask(&site, "every", "cua-nam", Duration::from_secs(3600));
    assert_eq!(site.get(&format!("{playlist}?masks=off")).await.status, StatusCode::OK);
    assert!(site.state.admit_live(asked(Masking::Off)).await.is_ok());
    let refused = site.state.admit_live(asked(Masking::On)).await.map(drop).unwrap_err();
    assert_eq!(refused, LiveRefusal::Masked, "lifted only by who asks for it");
    assert!(Role::Investigator.may(Permission::Play));
}

#[tokio::test]
async fn stills_of_now_and_of_events_are_softened_and_those_for_a_purpose_are_not() {
    let site = Site::open();
    site.record();
    soften(&site);
    let shown = async |address: &str| {
        site.persons.lock().unwrap().clear();
        let answer = site.get(address).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text());
        site.persons.lock().unwrap().clone()
    };
    let frame = "/api/v1/cameras/cua-nam/frame.jpg";
    assert_eq!(shown(frame).await, [PersonsShown::ByPolicy]);
    let at = "?time=2026-03-01T00:30:05Z";
    let softened = [PersonsShown::ByPolicy];
    assert_eq!(shown(&format!("{frame}{at}")).await, softened, "a moment ago");
    site.clock.advance(Duration::from_secs(120));
    assert_eq!(shown(&format!("{frame}{at}")).await, [PersonsShown::All], "footage, for a purpose");
}
