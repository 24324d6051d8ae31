//! RTSP 1.0 and RTP as a server writes and reads them: what the restream that others pull from us and
//! the simulator's cameras have in common.
//!
//! Pure but for [`udp_pair`]: [`take`] reads requests out of the bytes that have come ([`message`]),
//! [`Transport`] reads how a client wants its packets, [`Payloads`] cuts NAL units into RTP payloads,
//! [`SenderReport`] tells the wall-clock time of a picture, [`units_of_record`] finds the parameter sets
//! that are to be announced, [`digest`] looks whether a client knows a password. Whatever a client sends, nothing here
//! grows beyond its limit: a head of 16 KiB, a body of 64 KiB.

mod datagrams;
pub mod digest;
pub mod message;
mod nal;
mod packetize;
mod record;
mod report;
mod transport;

pub use datagrams::udp_pair;
pub use message::{BadMessage, Message, Request, Response, take};
pub use nal::Codec;
pub use packetize::Payloads;
pub use record::units_of_record;
pub use report::{SenderReport, ntp};
pub use transport::Transport;
