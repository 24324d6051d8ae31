//! Puts RTP headers in front of shared payloads and sends a picture with one vectored write.

use std::io::{self, IoSlice};
use std::net::IpAddr;

use rtsp::SenderReport;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;

use crate::NAME;
use crate::footage::Footage;
use crate::sdp::{METADATA_PAYLOAD_TYPE, PAYLOAD_TYPE};

/// Interleaved prefix (RFC 2326 §10.12) and RTP header (RFC 3550 §5.1) of one packet, in bytes.
const HEADER_LEN: usize = 16;

/// Where a session's packets go.
#[derive(Debug)]
pub(crate) enum Destination {
    /// Onto the RTSP connection, on these channels.
    Interleaved { rtp: u8, rtcp: u8 },
    /// Nowhere: the client asked for metadata alone.
    Nowhere,
    /// To the client's ports, from connected sockets.
    Udp { rtp: UdpSocket, rtcp: UdpSocket },
}

impl Destination {
    /// Binds a pair of neighbouring ports, the first even, and connects them to the client's.
    pub(crate) fn udp(own: IpAddr, client: IpAddr, ports: (u16, u16)) -> io::Result<Self> {
        let (rtp, rtcp) = rtsp::udp_pair(own, client, ports)?;
        Ok(Self::Udp { rtp: UdpSocket::from_std(rtp)?, rtcp: UdpSocket::from_std(rtcp)? })
    }

    /// Returns the port RTP comes from; 0 without one.
    pub(crate) fn own_port(&self) -> u16 {
        match self {
            Self::Interleaved { .. } | Self::Nowhere => 0,
            Self::Udp { rtp, .. } => rtp.local_addr().map_or(0, |address| address.port()),
        }
    }
}

/// One picture to send, and what to put before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) footage: &'a Footage,
    pub(crate) index: usize,
    pub(crate) rtp_timestamp: u32,
    /// Probability of leaving a packet out, 0..=1.
    pub(crate) drop: f64,
    /// NTP and RTP time of a sender report to send before the picture.
    pub(crate) report: Option<(u64, u32)>,
}

/// A session's RTP stream. Owned by its connection's task.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) destination: Destination,
    pub(crate) ssrc: u32,
    /// Of the next packet.
    pub(crate) sequence: u16,
    packets: u32,
    octets: u32,
    headers: Vec<u8>,
}

impl Sender {
    /// Starts a stream with a random SSRC and sequence number.
    pub(crate) fn new(destination: Destination) -> Self {
        Self {
            destination,
            ssrc: fastrand::u32(..),
            sequence: fastrand::u16(..),
            packets: 0,
            octets: 0,
            headers: Vec::new(),
        }
    }

    /// Sends a picture; returns how many packets were left out.
    pub(crate) async fn send<W: AsyncWrite + Unpin>(
        &mut self,
        connection: &mut W,
        picture: Outgoing<'_>,
    ) -> io::Result<u32> {
        let report = picture.report.map(|(ntp, rtp_timestamp)| {
            let report = SenderReport {
                ssrc: self.ssrc,
                ntp,
                rtp_timestamp,
                packets: self.packets,
                octets: self.octets,
            };
            report.pack(NAME)
        });
        let dropped = self.write_headers(picture);
        match &self.destination {
            Destination::Nowhere => {}
            Destination::Interleaved { rtcp, .. } => {
                let report = report.map(|report| interleaved(*rtcp, &report));
                let payloads = picture.footage.payloads(picture.index);
                let mut slices = Vec::with_capacity(payloads.len() * 2 + 1);
                slices.extend(report.as_deref().map(IoSlice::new));
                for (header, payload) in self.headers.chunks_exact(HEADER_LEN).zip(payloads) {
                    if header[0] == b'$' {
                        slices.push(IoSlice::new(header));
                        slices.push(IoSlice::new(payload));
                    }
                }
                write_all_vectored(connection, &mut slices).await?;
            }
            Destination::Udp { rtp, rtcp } => {
                if let Some(report) = report {
                    tolerate_absence(rtcp.send(&report).await)?;
                }
                let mut datagram = Vec::new();
                let payloads = picture.footage.payloads(picture.index);
                for (header, payload) in self.headers.chunks_exact(HEADER_LEN).zip(payloads) {
                    if header[0] == b'$' {
                        datagram.clear();
                        datagram.extend_from_slice(&header[4..]);
                        datagram.extend_from_slice(payload);
                        tolerate_absence(rtp.send(&datagram).await)?;
                    }
                }
            }
        }
        Ok(dropped)
    }

    /// Writes a header for each packet of the picture; one that does not begin with `$` belongs
    /// to a packet that is left out. Returns how many are.
    fn write_headers(&mut self, picture: Outgoing<'_>) -> u32 {
        let channel = match self.destination {
            Destination::Interleaved { rtp, .. } => rtp,
            Destination::Udp { .. } | Destination::Nowhere => 0,
        };
        self.headers.clear();
        let payloads = picture.footage.payloads(picture.index);
        let last = payloads.len().saturating_sub(1);
        let mut dropped = 0;
        for (index, payload) in payloads.enumerate() {
            let is_dropped = picture.drop > 0.0 && fastrand::f64() < picture.drop;
            let len = u16::try_from(payload.len() + 12).expect("payloads are cut to 16 bits");
            let marker = if index == last { 0x80 } else { 0 };
            let mark = if is_dropped { 0 } else { b'$' };
            self.headers.extend_from_slice(&[mark, channel]);
            self.headers.extend_from_slice(&len.to_be_bytes());
            self.headers.extend_from_slice(&[0x80, marker | PAYLOAD_TYPE]);
            self.headers.extend_from_slice(&self.sequence.to_be_bytes());
            self.headers.extend_from_slice(&picture.rtp_timestamp.to_be_bytes());
            self.headers.extend_from_slice(&self.ssrc.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
            if is_dropped {
                dropped += 1;
            } else {
                self.packets = self.packets.wrapping_add(1);
                let octets = u32::from(len) - 12;
                self.octets = self.octets.wrapping_add(octets);
            }
        }
        dropped
    }

    /// Sends random bytes where a picture was due.
    pub(crate) async fn send_garbage<W: AsyncWrite + Unpin>(
        &mut self,
        connection: &mut W,
    ) -> io::Result<()> {
        let bytes: Vec<u8> =
            std::iter::repeat_with(|| fastrand::u8(..)).take(fastrand::usize(200..1400)).collect();
        match &self.destination {
            Destination::Nowhere => Ok(()),
            Destination::Interleaved { .. } => connection.write_all(&bytes).await,
            Destination::Udp { rtp, .. } => tolerate_absence(rtp.send(&bytes).await),
        }
    }
}

/// A session's RTP stream of metadata. Owned by its connection's task.
#[derive(Debug)]
pub(crate) struct DocumentSender {
    destination: Destination,
    ssrc: u32,
    sequence: u16,
    payload_limit: usize,
    /// RTP time of a message without an end, while one is being sent.
    endless: Option<u32>,
}

impl DocumentSender {
    /// Starts a stream with a random SSRC and sequence number.
    pub(crate) fn new(destination: Destination, payload_limit: usize) -> Self {
        Self {
            destination,
            ssrc: fastrand::u32(..),
            sequence: fastrand::u16(..),
            payload_limit,
            endless: None,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Sends a document, its last packet marked (ONVIF Streaming Specification §5.1.2.1.1).
    pub(crate) async fn send<W: AsyncWrite + Unpin>(
        &mut self,
        connection: &mut W,
        document: &str,
        rtp_timestamp: u32,
    ) -> io::Result<()> {
        self.endless = None;
        self.send_pieces(connection, document.as_bytes(), rtp_timestamp, 0x80).await
    }

    /// Sends more of a message that never ends.
    pub(crate) async fn send_endless<W: AsyncWrite + Unpin>(
        &mut self,
        connection: &mut W,
        rtp_timestamp: u32,
    ) -> io::Result<()> {
        const AT_ONCE: usize = 256 << 10;
        let timestamp = *self.endless.get_or_insert(rtp_timestamp);
        self.send_pieces(connection, &vec![b'<'; AT_ONCE], timestamp, 0).await
    }

    /// Sends `bytes`, the last packet with `marker`.
    async fn send_pieces<W: AsyncWrite + Unpin>(
        &mut self,
        connection: &mut W,
        bytes: &[u8],
        rtp_timestamp: u32,
        marker: u8,
    ) -> io::Result<()> {
        let pieces = bytes.chunks(self.payload_limit);
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.enumerate() {
            let marker = if index == last { marker } else { 0 };
            let mut packet = Vec::with_capacity(12 + piece.len());
            packet.extend_from_slice(&[0x80, marker | METADATA_PAYLOAD_TYPE]);
            packet.extend_from_slice(&self.sequence.to_be_bytes());
            packet.extend_from_slice(&rtp_timestamp.to_be_bytes());
            packet.extend_from_slice(&self.ssrc.to_be_bytes());
            packet.extend_from_slice(piece);
            self.sequence = self.sequence.wrapping_add(1);
            match &self.destination {
                Destination::Nowhere => {}
                Destination::Interleaved { rtp, .. } => {
                    connection.write_all(&interleaved(*rtp, &packet)).await?;
                }
                Destination::Udp { rtp, .. } => tolerate_absence(rtp.send(&packet).await)?,
            }
        }
        Ok(())
    }
}

/// Returns a packet as an interleaved frame.
fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let len = u16::try_from(packet.len()).expect("reports are short, payloads are cut to 16 bits");
    let mut frame = vec![b'$', channel];
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(packet);
    frame
}

async fn write_all_vectored<W: AsyncWrite + Unpin>(
    connection: &mut W,
    mut slices: &mut [IoSlice<'_>],
) -> io::Result<()> {
    while !slices.is_empty() {
        let written = connection.write_vectored(slices).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(())
}

/// A client that does not listen is no error: UDP sessions end by TEARDOWN or timeout.
fn tolerate_absence(sent: io::Result<usize>) -> io::Result<()> {
    match sent {
        Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => Err(error),
        _ => Ok(()),
    }
}
