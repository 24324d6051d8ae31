//! Live views of a camera with privacy masks: a copy shared by all who watch, made while anybody does,
//! and nothing of the camera's own pictures.

use std::sync::atomic::Ordering;
use std::time::Duration;

use api::{Limits, LiveTap};
use domain::{AccessUnit, StreamId, StreamRole, TimeRange};
use tokio_tungstenite::tungstenite::Message;

use crate::footing::access_units;
use crate::live::{Feed, PATIENCE, Socket, bearer, next, open, payload, serve, told};
use crate::site::{BEGIN, MASKED, Site, camera, main_stream};

/// The small stream of `cua-nam`, of which the copy is made.
pub(crate) fn small() -> StreamId {
    StreamId { role: StreamRole::Sub, ..main_stream("cua-nam") }
}

fn cover(site: &Site, id: &str) {
    site.views.masked.lock().unwrap().push((camera(id), TimeRange::ALL));
}

pub(crate) async fn watch(site: &Site, address: std::net::SocketAddr) -> Socket {
    open(address, "cua-nam", &bearer(&site.token)).await.unwrap()
}

/// Returns what is said first of pictures.
pub(crate) async fn start(socket: &mut Socket) -> serde_json::Value {
    loop {
        let said = told(socket).await;
        if said["kind"] == "start" {
            return said;
        }
    }
}

/// Returns the next segment or fragment.
pub(crate) async fn media(socket: &mut Socket) -> Vec<u8> {
    loop {
        match next(socket).await {
            Some(Message::Binary(bytes)) => return bytes.to_vec(),
            Some(Message::Text(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Shows pictures at a camera's pace, hurried, again and again as if time went on.
pub(crate) async fn show(tap: &LiveTap, units: &[AccessUnit]) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    for round in 0.. {
        for unit in units {
            pace.tick().await;
            let time = unit.time.plus(Duration::from_secs(60 * round));
            tap.show(tap.take(&AccessUnit { time, ..unit.clone() }));
        }
    }
}

async fn refused(socket: &mut Socket) {
    loop {
        let said = told(socket).await;
        if said["kind"] == "refused" {
            assert_eq!(said["why"], "masked");
            break;
        }
    }
    let Some(Message::Close(Some(close))) = next(socket).await else { panic!("it closes") };
    assert_eq!(u16::from(close.code), 1008);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_copy_serves_all_who_watch_and_says_what_it_is() {
    let site = Site::open();
    cover(&site, "cua-nam");
    let address = serve(&site).await;
    let tap = site.taps.open(small());
    let [mut one, mut two] = [watch(&site, address).await, watch(&site, address).await];
    let units = access_units(&small(), BEGIN, 6);
    let watched = async |socket: &mut Socket| {
        let said = start(socket).await;
        assert_eq!(said["viewing_copy"], true, "{said}");
        assert_eq!(&media(socket).await[4..8], b"ftyp");
        assert!(payload(&media(socket).await).starts_with(MASKED), "its own picture was shown");
    };
    let both = async { tokio::join!(watched(&mut one), watched(&mut two)) };
    tokio::select! {
        seen = tokio::time::timeout(PATIENCE, both) => drop(seen.expect("both see it")),
        () = show(&tap, &units) => unreachable!(),
    }
    assert_eq!(site.views.live_copies.load(Ordering::Relaxed), 1, "made once");
    let trail = site.json("/api/v1/audit?action=viewed").await;
    assert_eq!(trail["entries"].as_array().unwrap().len(), 2, "each looked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_copies_as_may_be_and_the_next_is_told_of_pictures() {
    let site = Site::with(Limits { live_copies: 1, ..Limits::default() });
    cover(&site, "cua-nam");
    cover(&site, "my-dinh");
    let address = serve(&site).await;
    let first = watch(&site, address).await;
    let mut other = open(address, "my-dinh", &bearer(&site.token)).await.unwrap();
    refused(&mut other).await;
    let trail = site.json("/api/v1/audit?action=viewed&object=my-dinh").await;
    assert_eq!(trail["entries"], serde_json::json!([]), "nothing was seen");
    // Its place is free again as soon as nobody watches the first.
    drop(first);
    let freed = async {
        loop {
            let mut third = open(address, "my-dinh", &bearer(&site.token)).await.unwrap();
            if told(&mut third).await["kind"] == "state" {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.expect("the copy ends when nobody looks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mask_that_comes_while_somebody_watches_ends_the_cameras_own_pictures_at_once() {
    let site = Site::open();
    let address = serve(&site).await;
    let mut feed = Feed::of(&site);
    let small = site.taps.open(small());
    let of_copy = access_units(&self::small(), BEGIN, 6);
    feed.send(3);
    let mut socket = watch(&site, address).await;
    assert_eq!(start(&mut socket).await["viewing_copy"], false);
    cover(&site, "cua-nam");
    feed.send(20);
    let turned = async {
        // What was under way before is the camera's own; after that nothing is.
        let said = start(&mut socket).await;
        assert_eq!(said["viewing_copy"], true, "{said}");
        assert_eq!(&media(&mut socket).await[4..8], b"ftyp");
        assert!(payload(&media(&mut socket).await).starts_with(MASKED));
    };
    tokio::select! {
        turned = tokio::time::timeout(PATIENCE, turned) => turned.expect("a copy is shown"),
        () = show(&small, &of_copy) => unreachable!(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_copy_can_be_made_pictures_are_named_instead() {
    let site = Site::open();
    cover(&site, "cua-nam");
    site.views.is_broken.store(true, Ordering::Relaxed);
    let address = serve(&site).await;
    let tap = site.taps.open(small());
    let mut socket = watch(&site, address).await;
    let units = access_units(&small(), BEGIN, 6);
    tokio::select! {
        told = tokio::time::timeout(PATIENCE, refused(&mut socket)) => told.expect("it is said"),
        () = show(&tap, &units) => unreachable!(),
    }
}
