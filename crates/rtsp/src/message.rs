//! RTSP 1.0 messages (RFC 2326): requests in, responses out, interleaved frames in between.

use bytes::{Buf, BytesMut};

/// The longest head of a request, in bytes.
const HEAD_LIMIT: usize = 16 << 10;
/// The longest body of a request, in bytes.
const BODY_LIMIT: usize = 64 << 10;

/// What a client sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// It wants an answer.
    Request(Request),
    /// Binary data between requests: the client's RTCP (RFC 2326 §10.12). Not looked at.
    Interleaved,
}

/// A request, without its body, which no method here needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be done: `DESCRIBE`.
    pub method: String,
    /// With what: an address, or `*`.
    pub uri: String,
    headers: Vec<(String, String)>,
}

/// Bytes that are no RTSP.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not RTSP: {0}")]
pub struct BadMessage(&'static str);

impl Request {
    /// Returns a header's value; names are compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the path that is asked for: without scheme, host, query and final slash.
    pub fn path(&self) -> &str {
        self.address().split('?').next().unwrap_or("").trim_end_matches('/')
    }

    /// Returns the query behind the path; empty without one.
    pub fn query(&self) -> &str {
        self.address().split_once('?').map_or("", |(_, query)| query)
    }

    /// Returns the session that is named, without its time-out.
    pub fn session(&self) -> Option<&str> {
        let header = self.header("Session")?;
        Some(header.split(';').next().unwrap_or("").trim())
    }

    fn address(&self) -> &str {
        self.uri.split_once("://").map_or(self.uri.as_str(), |(_, rest)| {
            rest.find('/').map_or("", |slash| &rest[slash..])
        })
    }
}

/// Takes the first message out of what has arrived; `None` if it is not all there.
pub fn take(inbox: &mut BytesMut) -> Result<Option<Message>, BadMessage> {
    // Some clients put line ends between requests.
    while matches!(inbox.first(), Some(b'\r' | b'\n')) {
        inbox.advance(1);
    }
    if inbox.first() == Some(&b'$') {
        let Some([_, _, high, low]) = inbox.first_chunk::<4>() else {
            return Ok(None);
        };
        let len = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        if inbox.len() < len {
            return Ok(None);
        }
        inbox.advance(len);
        return Ok(Some(Message::Interleaved));
    }
    let Some(head_len) = inbox.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
        return if inbox.len() > HEAD_LIMIT {
            Err(BadMessage("a head longer than 16 KiB"))
        } else {
            Ok(None)
        };
    };
    if head_len > HEAD_LIMIT {
        return Err(BadMessage("a head longer than 16 KiB"));
    }
    let head = std::str::from_utf8(&inbox[..head_len]).map_err(|_| BadMessage("not UTF-8"))?;
    let request = parse_head(head)?;
    let body_len = match request.header("Content-Length") {
        None => 0,
        Some(len) => len
            .parse()
            .ok()
            .filter(|len| *len <= BODY_LIMIT)
            .ok_or(BadMessage("a body without sane length"))?,
    };
    let whole = head_len + 4 + body_len;
    if inbox.len() < whole {
        return Ok(None);
    }
    inbox.advance(whole);
    Ok(Some(Message::Request(request)))
}

fn parse_head(head: &str) -> Result<Request, BadMessage> {
    // A line end alone would break up the answer that repeats a header.
    let is_clean = |line: &str| line.bytes().all(|byte| byte == b'\t' || !byte.is_ascii_control());
    if !head.split("\r\n").all(is_clean) {
        return Err(BadMessage("control characters in the head"));
    }
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or("").split(' ');
    let (Some(method), Some(uri), Some(version), None) =
        (first.next(), first.next(), first.next(), first.next())
    else {
        return Err(BadMessage("no request line"));
    };
    let is_method =
        !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if !is_method || !version.starts_with("RTSP/1.") {
        return Err(BadMessage("no request line"));
    }
    let mut headers = Vec::new();
    for line in lines {
        let (key, value) = line.split_once(':').ok_or(BadMessage("no header line"))?;
        headers.push((key.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(Request { method: method.to_owned(), uri: uri.to_owned(), headers })
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Response {
    /// Answers with a status line's code and words.
    pub fn new(status: &'static str) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// Answers that all is well.
    pub fn ok() -> Self {
        Self::new("200 OK")
    }

    /// Adds a header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a body.
    pub fn body(mut self, content_type: &'static str, body: String) -> Self {
        self.body = body;
        self.with("Content-Type", content_type)
    }

    /// Returns the status line's code and words.
    pub fn status(&self) -> &'static str {
        self.status
    }

    /// Returns the bytes to send, in answer to a request with this `CSeq`, as a server of that name.
    pub fn render(&self, cseq: &str, server: &str) -> Vec<u8> {
        let mut text = format!("RTSP/1.0 {}\r\nCSeq: {cseq}\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Server: {server}\r\n"));
        if !self.body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(text: &str) -> Request {
        let mut inbox = BytesMut::from(text);
        match take(&mut inbox) {
            Ok(Some(Message::Request(request))) => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_path_is_found_whatever_stands_around_it() {
        for uri in [
            "rtsp://127.0.0.1:8554/cam1/main",
            "rtsp://user@[::1]:8554/cam1/main/",
            "rtsp://host/cam1/main?transportmode=unicast",
            "/cam1/main",
        ] {
            let request = request(&format!("DESCRIBE {uri} RTSP/1.0\r\nCSeq: 1\r\n\r\n"));
            assert_eq!(request.path(), "/cam1/main", "{uri}");
        }
    }

    #[test]
    fn interleaved_frames_lie_between_requests() {
        let mut inbox =
            BytesMut::from(&b"$\x01\x00\x02ab\r\nOPTIONS * RTSP/1.0\r\ncseq: 3\r\n\r\n"[..]);
        assert_eq!(take(&mut inbox), Ok(Some(Message::Interleaved)));
        let Ok(Some(Message::Request(request))) = take(&mut inbox) else {
            panic!("no request");
        };
        assert_eq!(request.header("CSeq"), Some("3"));
        assert_eq!(take(&mut inbox), Ok(None));
    }

    #[test]
    fn what_no_client_sends_is_refused() {
        let long = format!("OPTIONS * RTSP/1.0\r\nX: {}\r\n\r\n", "x".repeat(HEAD_LIMIT));
        for text in [
            "GARBAGE\r\n\r\n",
            "OPTIONS * HTTP/1.1\r\n\r\n",
            "options * RTSP/1.0\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nno header\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nCSeq: 1\nX: y\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "OPTIONS * RTSP/1.0\r\nContent-Length: 65537\r\n\r\n",
            &long,
            &long[..HEAD_LIMIT + 10],
        ] {
            assert!(take(&mut BytesMut::from(text)).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            let mut inbox = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut inbox) {}
        }

        #[test]
        fn a_request_is_read_whatever_way_it_arrives(
            method in "[A-Z]{3,12}",
            path in "(/[a-z0-9]{1,8}){1,3}",
            headers in prop::collection::vec(("[A-Z][a-z]{1,8}", "[!-9;-~]{1,20}"), 0..5),
            body in "[ -~]{0,50}",
            cut in 0_usize..60,
        ) {
            let mut text = format!("{method} rtsp://host{path} RTSP/1.0\r\nContent-Length: {}\r\n", body.len());
            for (name, value) in &headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str("\r\n");
            text.push_str(&body);
            let mut inbox = BytesMut::from(&text.as_bytes()[..cut.min(text.len() - 1)]);
            prop_assert_eq!(take(&mut inbox), Ok(None));
            inbox.clear();
            inbox.extend_from_slice(text.as_bytes());
            let Ok(Some(Message::Request(request))) = take(&mut inbox) else {
                panic!("{text}");
            };
            prop_assert!(inbox.is_empty());
            prop_assert_eq!(&request.method, &method);
            prop_assert_eq!(request.path(), path);
            prop_assert_eq!(request.headers.len(), headers.len() + 1);
        }
    }
}
