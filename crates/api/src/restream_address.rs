//! Where other systems get a camera over RTSP, as whoever asks can reach it.

use std::net::{IpAddr, SocketAddr};
use std::sync::PoisonError;

use domain::{CameraId, StreamRole};

use crate::state::ApiState;

/// Where the restream listens; `None` where it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestreamListens {
    /// RTSP.
    pub plain: Option<SocketAddr>,
    /// RTSP within TLS.
    pub tls: Option<SocketAddr>,
}

impl ApiState {
    /// Sets where the restream listens, to be told beside other addresses of a camera.
    pub fn set_restream(&self, listens: RestreamListens) {
        *self.restream_slot().lock().unwrap_or_else(PoisonError::into_inner) = listens;
    }

    /// Returns the addresses of a stream over RTSP for who calls this service `host`, encrypted ones
    /// first: none where it is off, or listens on another machine's loopback only.
    pub(crate) fn rtsp_addresses(
        &self,
        host: &str,
        camera: &CameraId,
        role: StreamRole,
    ) -> Vec<String> {
        let listens = *self.restream_slot().lock().unwrap_or_else(PoisonError::into_inner);
        let ways = [("rtsps", listens.tls, 322), ("rtsp", listens.plain, 554)];
        let address = |(scheme, listen, usual): (&str, Option<SocketAddr>, u16)| {
            let listen = listen?;
            let host = reached(listen.ip(), host)?;
            let port = match listen.port() {
                port if port == usual => String::new(),
                port => format!(":{port}"),
            };
            Some(format!("{scheme}://{host}{port}/live/{camera}/{}", role.as_str()))
        };
        ways.into_iter().filter_map(address).collect()
    }
}

/// Returns by which name what listens on `ip` is reached by who calls this machine `host`.
fn reached(ip: IpAddr, host: &str) -> Option<String> {
    let is_here = host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if ip.is_loopback() && !is_here {
        return None;
    }
    let name =
        if ip.is_unspecified() || ip.is_loopback() { host.to_owned() } else { ip.to_string() };
    Some(if name.contains(':') { format!("[{name}]") } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_whoever_asks_can_reach() {
        for (ip, host, expected) in [
            ("0.0.0.0", "watchpost.example", Some("watchpost.example")),
            ("10.0.0.5", "watchpost.example", Some("10.0.0.5")),
            ("127.0.0.1", "localhost", Some("localhost")),
            ("127.0.0.1", "watchpost.example", None),
            ("::", "2001:db8::1", Some("[2001:db8::1]")),
            ("fd00::1", "watchpost.example", Some("[fd00::1]")),
        ] {
            let told = reached(ip.parse().unwrap(), host);
            assert_eq!(told.as_deref(), expected, "{ip} as {host}");
        }
    }
}
