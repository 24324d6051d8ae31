//! The listener: starts, serves, stops in good order.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{Site, event};

#[tokio::test]
async fn a_stop_ends_the_feed_and_then_the_listener() {
    let site = Site::open();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served =
        tokio::spawn(api::serve(listener, site.state.clone(), api::router(site.state.clone())));
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /api/v1/events/stream HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
        site.token
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut received = String::new();
    let mut buffer = [0; 4096];
    while !received.contains("retry: 2000") {
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{received}");
        received.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    site.index.append_events(vec![event(1)]).unwrap();
    while !received.contains("\"sequence\":1") {
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{received}");
        received.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    site.stop.cancel();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), served).await;
    ended.expect("the listener ends").unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
