//! Where a session's packets go: into the RTSP connection, or out as datagrams.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use rtsp::Transport;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::track::Packets;

/// Datagrams that go out at once, in bytes: a whole GOP would overrun the client's buffer.
const BURST_BYTES: usize = 32 << 10;
/// The pause after as many: 128 Mbit/s at most for one client.
const BREATH: Duration = Duration::from_millis(2);
/// Bytes of a report of a client's that are looked at: that it came says enough.
const REPORT_BYTES: usize = 64;

/// Where a session's packets go.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Into the RTSP connection, on these channels.
    Interleaved { rtp: u8, rtcp: u8 },
    /// To the client's ports, from connected sockets.
    Datagrams { rtp: UdpSocket, rtcp: UdpSocket, to: (u16, u16) },
}

impl Destination {
    /// Makes what a client asks for: datagrams go to where it asks from, and nowhere else.
    ///
    /// # Errors
    /// There are no ports left.
    pub(crate) fn new(transport: Transport, own: IpAddr, client: IpAddr) -> io::Result<Self> {
        match transport {
            Transport::Interleaved { rtp, rtcp } => Ok(Self::Interleaved { rtp, rtcp }),
            Transport::Udp { rtp, rtcp } => {
                let to = (rtp, rtcp);
                let (rtp, rtcp) = rtsp::udp_pair(own, client, to)?;
                let (rtp, rtcp) = (UdpSocket::from_std(rtp)?, UdpSocket::from_std(rtcp)?);
                Ok(Self::Datagrams { rtp, rtcp, to })
            }
        }
    }

    /// Returns it as the answer to SETUP says it (RFC 2326 §12.39).
    pub(crate) fn described(&self, ssrc: u32) -> String {
        match self {
            Self::Interleaved { rtp, rtcp } => {
                format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp};ssrc={ssrc:08X}")
            }
            Self::Datagrams { rtp, rtcp, to } => {
                let port = |socket: &UdpSocket| socket.local_addr().map_or(0, |own| own.port());
                let (own, own_rtcp) = (port(rtp), port(rtcp));
                let (first, second) = to;
                format!(
                    "RTP/AVP;unicast;client_port={first}-{second};server_port={own}-{own_rtcp};\
                     ssrc={ssrc:08X}"
                )
            }
        }
    }

    /// Sends the packets of a picture, its report first; returns how many bytes.
    ///
    /// # Errors
    /// The connection is gone; or nothing was taken for as long as `slow` ([`io::ErrorKind::TimedOut`]).
    pub(crate) async fn send<W: AsyncWrite + Unpin>(
        &self,
        connection: &mut W,
        buffer: &mut Vec<u8>,
        packets: &Packets,
        slow: Duration,
    ) -> io::Result<usize> {
        match self {
            Self::Interleaved { rtp, rtcp } => {
                buffer.clear();
                if let Some(report) = &packets.report {
                    frame(buffer, *rtcp, report);
                }
                packets.iter().for_each(|packet| frame(buffer, *rtp, packet));
                write_while_taken(connection, buffer, slow).await?;
                Ok(buffer.len())
            }
            Self::Datagrams { rtp, rtcp, .. } => {
                let mut sent = 0;
                if let Some(report) = &packets.report {
                    sent += tolerated(rtcp.send(report).await)?;
                }
                let mut burst = 0;
                for packet in packets.iter() {
                    if burst >= BURST_BYTES {
                        tokio::time::sleep(BREATH).await;
                        burst = 0;
                    }
                    burst += packet.len();
                    sent += tolerated(rtp.send(packet).await)?;
                }
                Ok(sent)
            }
        }
    }

    /// Returns when the client has sent a report: a sign of life. Never where they come on the
    /// connection.
    pub(crate) async fn heard(&self) {
        let Self::Datagrams { rtcp, .. } = self else { return std::future::pending().await };
        let mut report = [0; REPORT_BYTES];
        while rtcp.recv(&mut report).await.is_err() {
            // Its port is closed; looked at again later, so that this is no busy loop.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Writes `bytes` as long as the other side takes some within `slow`, and all within six times that:
/// who takes a little now and then must not keep a seat for ever.
async fn write_while_taken<W: AsyncWrite + Unpin>(
    connection: &mut W,
    bytes: &[u8],
    slow: Duration,
) -> io::Result<()> {
    let whole_within = Instant::now() + slow * 6;
    let mut rest = bytes;
    while !rest.is_empty() {
        let limit = whole_within.min(Instant::now() + slow);
        let taken = timeout_at(limit, connection.write(rest)).await;
        let taken = taken.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if taken == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    // What encrypts may hold some of it still.
    let limit = whole_within.min(Instant::now() + slow);
    let flushed = timeout_at(limit, connection.flush()).await;
    flushed.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Adds a packet as interleaved data (RFC 2326 §10.12); one that is too long for it is none of ours.
fn frame(buffer: &mut Vec<u8>, channel: u8, packet: &[u8]) {
    let Ok(length) = u16::try_from(packet.len()) else { return };
    buffer.extend_from_slice(&[b'$', channel]);
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(packet);
}

/// A datagram that did not leave is lost as any other may be: a client that does not listen ends by
/// its silence.
fn tolerated(sent: io::Result<usize>) -> io::Result<usize> {
    use io::ErrorKind as Kind;
    match sent {
        Err(error) if matches!(error.kind(), Kind::ConnectionRefused | Kind::OutOfMemory) => Ok(0),
        sent => sent,
    }
}
