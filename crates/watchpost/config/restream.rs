//! Cameras for other systems over RTSP.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Deserialize;

/// Cameras for other systems over RTSP, untranscoded: `rtsp://host:port/live/{camera}/main`. Off
/// without `listen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Restream {
    /// Where it listens: `127.0.0.1:8554`.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// Must be true to listen anywhere but on loopback: RTSP is not encrypted, so tokens, passwords
    /// and pictures can be read by whoever sits on the way.
    pub(crate) allow_plain_rtsp: bool,
}

/// Returns every mistake, as the path of the setting and what is wrong.
pub(super) fn check(restream: &Restream, api: SocketAddr) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let Some(listen) = restream.listen else {
        if restream.allow_plain_rtsp {
            let message = "it says how [restream] listens: listen is missing beside it".to_owned();
            found.push(("restream.allow_plain_rtsp".to_owned(), message));
        }
        return found;
    };
    let mut wrong = |message: String| found.push(("restream.listen".to_owned(), message));
    if !listen.ip().is_loopback() && !restream.allow_plain_rtsp {
        wrong(format!(
            "{listen} can be reached from other machines, and RTSP is not encrypted: tokens, \
             passwords and pictures can be read on the way. Listen on 127.0.0.1 or on the address \
             of a VPN, and set allow_plain_rtsp = true for the latter"
        ));
    }
    if listen.port() != 0 && listen == api {
        wrong(format!("{listen} is where [api] listens already"));
    }
    found
}
