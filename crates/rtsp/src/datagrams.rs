//! The sockets of a session whose packets travel as datagrams.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Pairs that are tried before it is given up.
const ATTEMPTS: u32 = 64;

/// Binds a pair of neighbouring ports of `own`, the first even (RFC 3550 §11), and connects them to
/// those of the client: for RTP, and for RTCP. Neither blocks.
///
/// # Errors
/// There is no such pair, or the client cannot be reached.
pub fn udp_pair(
    own: IpAddr,
    client: IpAddr,
    ports: (u16, u16),
) -> io::Result<(UdpSocket, UdpSocket)> {
    let mut last_error = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..ATTEMPTS {
        let rtp = UdpSocket::bind(SocketAddr::new(own, 0))?;
        let port = rtp.local_addr()?.port();
        let Some(next) = port.checked_add(1).filter(|_| port % 2 == 0) else { continue };
        match UdpSocket::bind(SocketAddr::new(own, next)) {
            Ok(rtcp) => {
                rtp.connect(SocketAddr::new(client, ports.0))?;
                rtcp.connect(SocketAddr::new(client, ports.1))?;
                rtp.set_nonblocking(true)?;
                rtcp.set_nonblocking(true)?;
                return Ok((rtp, rtcp));
            }
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}
