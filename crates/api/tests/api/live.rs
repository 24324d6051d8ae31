//! Live pictures over a WebSocket: who may watch, what is said of it, and when it ends.

use std::net::SocketAddr;
use std::time::Duration;

use api::{Limits, LiveTap};
use archive::Recorder;
use axum::http::StatusCode;
use domain::{
    AccessUnit, AccountName, Grant, Place, Role, StreamId, StreamRole, StreamState, Timestamp,
};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::footing::{GOP, access_units};
use crate::site::{BEGIN, Site, give_token, main_stream};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How long a story waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn serve(site: &Site) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(api::serve(listener, site.state.clone(), api::router(site.state.clone())));
    address
}

pub(crate) async fn open(
    address: SocketAddr,
    camera: &str,
    headers: &[(&'static str, String)],
) -> Result<Socket, tungstenite::Error> {
    open_at(address, &format!("{camera}/live"), headers).await
}

async fn open_at(
    address: SocketAddr,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Socket, tungstenite::Error> {
    let uri = format!("ws://{address}/api/v1/cameras/{path}");
    let mut request = uri.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

pub(crate) fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}

/// Returns the status that a socket was refused with.
fn refusal(opened: Result<Socket, tungstenite::Error>) -> u16 {
    let Err(tungstenite::Error::Http(answer)) = opened else { panic!("{opened:?}") };
    answer.status().as_u16()
}

pub(crate) async fn next(socket: &mut Socket) -> Option<Message> {
    loop {
        let next = tokio::time::timeout(PATIENCE, socket.next()).await.expect("something comes");
        match next?.ok()? {
            Message::Ping(_) | Message::Pong(_) => {}
            message => return Some(message),
        }
    }
}

/// Returns the next thing said in words.
pub(crate) async fn told(socket: &mut Socket) -> Value {
    loop {
        match next(socket).await {
            Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
            Some(Message::Binary(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the pictures of a fragment, one behind the other.
pub(crate) fn payload(fragment: &[u8]) -> &[u8] {
    let at = fragment.windows(4).position(|four| four == b"mdat").expect("a fragment");
    &fragment[at + 4..]
}

pub(crate) async fn media(socket: &mut Socket) -> Vec<u8> {
    match next(socket).await {
        Some(Message::Binary(bytes)) => bytes.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// A camera that sends when told to.
pub(crate) struct Feed {
    pub(crate) tap: LiveTap,
    recorder: Recorder,
    units: std::vec::IntoIter<AccessUnit>,
}

impl Feed {
    pub(crate) fn of(site: &Site) -> Self {
        let stream = main_stream("cua-nam");
        let units = access_units(&stream, BEGIN, 6).into_iter();
        let recorder = site.archive.recorder(stream.clone());
        let up = |status: &mut domain::StreamStatus| status.state = StreamState::Up;
        site.board.update(&stream, BEGIN, up);
        Self { tap: site.taps.open(stream), recorder, units }
    }

    pub(crate) fn send(&mut self, count: usize) -> Vec<AccessUnit> {
        let sent: Vec<_> = self.units.by_ref().take(count).collect();
        for unit in &sent {
            let shown = self.tap.take(unit);
            self.recorder.write(unit.clone());
            self.tap.show(shown);
        }
        sent
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_begins_with_the_keyframe_before_and_goes_on_picture_by_picture() {
    let site = Site::open();
    let address = serve(&site).await;
    let mut feed = Feed::of(&site);
    let before = feed.send(GOP as usize + 3);
    let gop = &before[GOP as usize..];
    let mut socket = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
    let start = told(&mut socket).await;
    assert_eq!(start["kind"], "start");
    assert_eq!(start["stream"], "main");
    let codecs = format!("video/mp4; codecs=\"{}\"", gop[0].format.rfc6381);
    assert_eq!(start["mime"], codecs);
    let time: Timestamp = start["time"].as_str().unwrap().parse().unwrap();
    assert_eq!(time, gop[0].time);
    assert_eq!(&media(&mut socket).await[4..8], b"ftyp");
    let so_far = media(&mut socket).await;
    let expected = [gop[0].data.clone(), gop[1].data.clone()].concat();
    assert_eq!(payload(&so_far), expected);
    // Each is sent when the one after it tells how long it lasted.
    let mut held = gop[2].clone();
    for _ in 0..GOP {
        let [unit] = feed.send(1).try_into().unwrap();
        assert_eq!(payload(&media(&mut socket).await), held.data);
        held = unit;
    }
    feed.tap.interrupted();
    assert_eq!(payload(&media(&mut socket).await), held.data);
    let stream = main_stream("cua-nam");
    site.board.update(&stream, BEGIN, |status| {
        (status.state, status.detail) = (StreamState::Down, Some("connection refused".into()));
    });
    let lost = told(&mut socket).await;
    assert_eq!((&lost["kind"], &lost["state"]), (&"state".into(), &"down".into()));
    assert_eq!(lost["detail"], "connection refused");

    // It stands once in the audit trail, by whom and of what.
    let trail = site.json("/api/v1/audit?limit=100").await;
    let entries = trail["entries"].as_array().unwrap();
    let looks: Vec<_> = entries.iter().filter(|entry| entry["action"] == "viewed").collect();
    assert_eq!(looks.len(), 1, "{trail:#}");
    assert_eq!(looks[0]["object"], "/api/v1/cameras/cua-nam/live");
    assert_eq!(looks[0]["actor"], "every");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_recorded_begins_with_its_next_keyframe() {
    let site = Site::open();
    let address = serve(&site).await;
    let stream = StreamId { role: StreamRole::Sub, ..main_stream("cua-nam") };
    let mut units = access_units(&stream, BEGIN, 3).into_iter();
    let tap = site.taps.open(stream);
    let path = "cua-nam/live?stream=sub";
    let mut socket = open_at(address, path, &bearer(&site.token)).await.unwrap();
    let state = told(&mut socket).await;
    assert_eq!((&state["kind"], &state["state"]), (&"state".into(), &"stopped".into()));
    let sent: Vec<_> = units.by_ref().skip(4).collect();
    for unit in &sent {
        tap.show(tap.take(unit));
    }
    let start = told(&mut socket).await;
    let keyframe = sent.iter().find(|unit| unit.is_keyframe).unwrap();
    assert_eq!(start["time"].as_str().unwrap().parse(), Ok(keyframe.time));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_watch_is_told_no_more_than_anywhere_else() {
    let site = Site::open();
    let address = serve(&site).await;
    let grant = |role, place| [Grant { role, place }];
    let ward = Place::Node(vec!["Phường Cửa Nam".into(), "Hà Nội".into()]);
    let lan = give_token(&site.index, "lan", &grant(Role::Duty, ward));
    let search = give_token(&site.index, "binh", &grant(Role::Investigator, Place::Site));
    assert_eq!(refusal(open(address, "my-dinh", &bearer(&lan)).await), 404);
    assert_eq!(refusal(open(address, "nowhere", &bearer(&lan)).await), 404);
    assert_eq!(refusal(open(address, "cua-nam", &bearer(&search)).await), 403);
    assert_eq!(refusal(open(address, "cua-nam", &[]).await), 401);
    // A page from elsewhere: browsers let it open a socket, with the cookies of the one it visits.
    let [(name, value)] = bearer(&lan);
    let foreign = [(name, value), ("origin", "https://elsewhere.example".to_owned())];
    assert_eq!(refusal(open(address, "cua-nam", &foreign).await), 403);
    assert!(open(address, "cua-nam", &bearer(&lan)).await.is_ok());
    let plain = site.get("/api/v1/cameras/cua-nam/live").await;
    assert_eq!(plain.status, StatusCode::UPGRADE_REQUIRED, "{}", plain.text());
    assert_eq!(plain.header("upgrade"), "websocket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_watches_so_many_at_once() {
    let site = Site::with(Limits { viewers_each: 1, ..Limits::default() });
    let address = serve(&site).await;
    let mut first = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
    told(&mut first).await;
    let mut second = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
    assert_eq!(told(&mut second).await["why"], "too_many");
    first.close(None).await.unwrap();
    while next(&mut first).await.is_some() {}
    // The seat is free as soon as the service has seen it.
    let freed = async {
        loop {
            let mut third = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
            if told(&mut third).await["kind"] == "state" {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, freed).await.expect("the seat is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_ends_with_the_access_and_with_the_service() {
    let site = Site::open();
    let address = serve(&site).await;
    let name: AccountName = "lan".parse().unwrap();
    let duty = [Grant { role: Role::Duty, place: Place::Site }];
    let lan = give_token(&site.index, name.as_str(), &duty);
    let mut hers = open(address, "cua-nam", &bearer(&lan)).await.unwrap();
    let mut other = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
    assert_eq!(told(&mut hers).await["kind"], "state");
    assert_eq!(told(&mut other).await["kind"], "state");
    site.index.accounts().set_disabled(&name, true).unwrap();
    let ended = told(&mut hers).await;
    assert_eq!((&ended["kind"], &ended["why"]), (&"ended".into(), &"no_access".into()));
    other.send(Message::text("what is said to it is not heard")).await.unwrap();
    site.stop.cancel();
    let ended = told(&mut other).await;
    assert_eq!((&ended["kind"], &ended["why"]), (&"ended".into(), &"stopping".into()));
    let Some(Message::Close(Some(close))) = next(&mut other).await else { panic!("it closes") };
    assert_eq!(u16::from(close.code), 1012);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_too_slowly_loses_pictures_and_holds_up_nobody() {
    let site = Site::open();
    let address = serve(&site).await;
    let mut feed = Feed::of(&site);
    let template = feed.send(1).remove(0);
    let mut socket = open(address, "cua-nam", &bearer(&site.token)).await.unwrap();
    assert_eq!(told(&mut socket).await["kind"], "start");
    // More than the sockets of both sides hold; nobody waits for them to be taken.
    for number in 1..400_u64 {
        let unit = AccessUnit {
            sequence: number,
            time: template.time.plus(Duration::from_millis(40 * number)),
            is_keyframe: number.is_multiple_of(10),
            data: vec![7; 200_000].into(),
            ..template.clone()
        };
        feed.tap.show(feed.tap.take(&unit));
        tokio::task::yield_now().await;
    }
    let behind = loop {
        let told = told(&mut socket).await;
        if told["kind"] == "behind" {
            break told;
        }
    };
    assert!(behind["pictures"].as_u64().unwrap() > 0);
    // It goes on with a keyframe, as if it began.
    assert_eq!(told(&mut socket).await["kind"], "start");
}
