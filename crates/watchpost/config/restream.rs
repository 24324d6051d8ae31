//! Cameras for other systems over RTSP.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Api;

/// Cameras for other systems over RTSP, untranscoded: `rtsp://host:port/live/{camera}/main`, and
/// `rtsps://` on `tls_listen`. Off without either.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Restream {
    /// Where it listens: `127.0.0.1:8554`.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where it listens with TLS (RTSPS), by the certificate of `[api]`: `0.0.0.0:322`. Pictures leave on
    /// that connection alone, never as datagrams.
    #[schemars(with = "Option<String>")]
    pub(crate) tls_listen: Option<SocketAddr>,
    /// Whether Digest is offered beside Basic, for clients that know no other: they sign in with a
    /// service's name and its restream password (`watchpost token restream-password`). Clients that know
    /// both then choose it, and can no longer show a token or a person's password.
    pub(crate) digest: bool,
    /// Must be true for `listen` to be anywhere but on loopback: there RTSP is not encrypted, so
    /// tokens, passwords and pictures can be read by whoever sits on the way.
    pub(crate) allow_plain_rtsp: bool,
}

/// Returns every mistake, as the path of the setting and what is wrong.
pub(super) fn check(restream: &Restream, api: &Api) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(listen) = restream.tls_listen {
        let mut wrong = |message: String| found.push(("restream.tls_listen".to_owned(), message));
        if api.certificate_file.is_none() {
            wrong(
                "it shows the certificate of [api]: set certificate_file and key_file there".into(),
            );
        }
        if listen.port() != 0 && (listen == api.listen || Some(listen) == restream.listen) {
            wrong(format!("{listen} is where another part listens already"));
        }
    }
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
            "{listen} can be reached from other machines, and RTSP is not encrypted there: tokens, \
             passwords and pictures can be read on the way. Use tls_listen instead, or listen on \
             127.0.0.1 or on the address of a VPN, and set allow_plain_rtsp = true for the latter"
        ));
    }
    if listen.port() != 0 && listen == api.listen {
        wrong(format!("{listen} is where [api] listens already"));
    }
    found
}
