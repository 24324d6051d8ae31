//! A camera's metadata in a session of its own, beside that of its pictures.
//!
//! retina gathers a message until the camera marks its last packet, however long that takes, and
//! says nothing meanwhile. So the packets are taken as they come and gathered here, where there is
//! a limit; and whatever goes wrong in this session, that of the pictures does not notice.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::{FutureExt as _, StreamExt as _};
use retina::client::{PacketItem, SessionGroup};
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use crate::back_off::BackOff;
use crate::connection::{self, MetadataSession};
use crate::error::{Retry, SessionError, is_one_bad_packet};
use crate::onvif::limits;
use crate::{Policy, StreamSettings};

/// What waits for the stream's task at most; more is left out.
pub(crate) const WAITING: usize = 8;
/// A message of so many bytes that is still not at its end has none.
const ENDLESS: usize = 16 * limits::BYTES;

/// What a session of metadata yields.
#[derive(Debug)]
pub(crate) enum Told {
    /// A document, as long as may be at most.
    Document(Vec<u8>),
    /// Something was left out, with the word of its cause.
    Refused(&'static str),
    /// Why no metadata comes for now, for a person.
    Trouble(String),
}

/// Takes metadata for as long as it is polled, with sessions that come back by themselves.
pub(crate) async fn run(
    settings: &StreamSettings,
    policy: &Policy,
    group: &Arc<SessionGroup>,
    told: Sender<Told>,
) -> Infallible {
    let mut back_off = BackOff::new(policy.first_retry, policy.longest_retry);
    loop {
        let mut has_told = false;
        let session = session(settings, policy, group, &told, &mut has_told);
        // What retina cannot bear must not cost a picture.
        let ended = AssertUnwindSafe(session).catch_unwind().await;
        let error = match ended {
            Ok(Ended::NoneOffered) => {
                let _ = told.try_send(Told::Trouble("the camera offers none".to_owned()));
                // Until the session of the pictures begins anew.
                return std::future::pending().await;
            }
            Ok(Ended::Failed(error)) => error,
            Err(_) => SessionError::Panicked("the metadata".to_owned()),
        };
        if has_told {
            back_off.reset();
        }
        let what = settings.without_credentials(&error.to_string());
        let _ = told.try_send(Told::Trouble(what));
        let is_endless = matches!(error, SessionError::EndlessMessage(_));
        sleep(match error.retry() {
            Retry::Soon if is_endless => policy.longest_retry,
            Retry::Soon => back_off.wait(),
            Retry::Rarely => policy.misconfigured_retry,
        })
        .await;
    }
}

enum Ended {
    NoneOffered,
    Failed(SessionError),
}

async fn session(
    settings: &StreamSettings,
    policy: &Policy,
    group: &Arc<SessionGroup>,
    told: &Sender<Told>,
    has_told: &mut bool,
) -> Ended {
    let opened = connection::open_metadata(settings, group, policy.request_timeout).await;
    let mut session: MetadataSession = match opened {
        Ok(Some(session)) => session,
        Ok(None) => return Ended::NoneOffered,
        Err(error) => return Ended::Failed(error),
    };
    let mut gathering = Gathering::default();
    while let Some(item) = session.next().await {
        let gathered = match item {
            Ok(PacketItem::Rtp(packet)) => gathering.take(&Piece {
                payload: packet.payload(),
                timestamp: packet.timestamp().timestamp(),
                is_last: packet.mark(),
                is_after_loss: packet.loss() > 0,
            }),
            Ok(_) => continue,
            Err(error) if is_one_bad_packet(&error) => Gathered::Refused("packet"),
            Err(error) => return Ended::Failed(SessionError::from_stream(&error)),
        };
        let item = match gathered {
            Gathered::Nothing => continue,
            Gathered::Document(document) => {
                *has_told = true;
                Told::Document(document)
            }
            Gathered::Refused(cause) => Told::Refused(cause),
            Gathered::Endless => return Ended::Failed(SessionError::EndlessMessage(ENDLESS)),
        };
        if let Err(refused) = told.try_send(item)
            && matches!(refused.into_inner(), Told::Document(_))
        {
            let _ = told.try_send(Told::Refused("busy"));
        }
    }
    Ended::Failed(SessionError::Closed)
}

/// One RTP packet of metadata.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    payload: &'a [u8],
    timestamp: i64,
    is_last: bool,
    is_after_loss: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Gathered {
    Nothing,
    Document(Vec<u8>),
    Refused(&'static str),
    Endless,
}

/// A message of which not all has come (ONVIF Streaming Specification §5.1.2.1.1). Holds
/// [`limits::BYTES`] at most.
#[derive(Debug, Default)]
struct Gathering {
    data: Vec<u8>,
    /// RTP time of the message, and how long it is so far, what is held no longer too.
    message: Option<(i64, usize)>,
}

impl Gathering {
    fn take(&mut self, piece: &Piece<'_>) -> Gathered {
        let mut broken = None;
        if let Some((timestamp, _)) = self.message
            && (piece.is_after_loss || timestamp != piece.timestamp)
        {
            broken = Some(if piece.is_after_loss { "loss" } else { "packet" });
            self.forget();
        }
        let (_, length) = self.message.get_or_insert((piece.timestamp, 0));
        *length = length.saturating_add(piece.payload.len());
        let length = *length;
        if length <= limits::BYTES {
            self.data.extend_from_slice(piece.payload);
        } else {
            // What has come of it is of no use, and is not kept.
            self.data = Vec::new();
        }
        if piece.is_last {
            let data = std::mem::take(&mut self.data);
            self.forget();
            if length > limits::BYTES {
                return Gathered::Refused("too_large");
            }
            return Gathered::Document(data);
        }
        if length > ENDLESS {
            return Gathered::Endless;
        }
        broken.map_or(Gathered::Nothing, Gathered::Refused)
    }

    fn forget(&mut self) {
        self.data.clear();
        self.message = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(payload: &[u8], timestamp: i64, is_last: bool) -> Piece<'_> {
        Piece { payload, timestamp, is_last, is_after_loss: false }
    }

    #[test]
    fn a_message_is_gathered_to_its_mark() {
        let mut gathering = Gathering::default();
        assert_eq!(gathering.take(&piece(b"<a", 1, false)), Gathered::Nothing);
        assert_eq!(gathering.take(&piece(b"/>", 1, true)), Gathered::Document(b"<a/>".to_vec()));
        assert_eq!(gathering.take(&piece(b"<b/>", 1, true)), Gathered::Document(b"<b/>".to_vec()));
        // Broken off, and begun anew.
        gathering.take(&piece(b"<c", 2, false));
        assert_eq!(gathering.take(&piece(b"<d", 3, false)), Gathered::Refused("packet"));
        let lost = Piece { is_after_loss: true, ..piece(b"<e", 3, false) };
        assert_eq!(gathering.take(&lost), Gathered::Refused("loss"));
        assert_eq!(gathering.take(&piece(b"/>", 3, true)), Gathered::Document(b"<e/>".to_vec()));
    }

    #[test]
    fn what_is_held_is_bounded_and_a_message_without_end_ends_the_session() {
        let mut gathering = Gathering::default();
        let chunk = [b'x'; 1400];
        let mut taken = 0;
        while gathering.take(&piece(&chunk, 1, false)) == Gathered::Nothing {
            taken += chunk.len();
            assert!(gathering.data.len() <= limits::BYTES, "{}", gathering.data.len());
            assert!(gathering.data.capacity() <= 2 * limits::BYTES);
        }
        assert!((ENDLESS - 1400..=ENDLESS).contains(&taken), "{taken}");

        // A long one that does end costs itself alone.
        let mut gathering = Gathering::default();
        for _ in 0..=limits::BYTES / chunk.len() {
            assert_eq!(gathering.take(&piece(&chunk, 1, false)), Gathered::Nothing);
        }
        assert_eq!(gathering.take(&piece(b"", 1, true)), Gathered::Refused("too_large"));
        assert_eq!(gathering.take(&piece(b"<a/>", 2, true)), Gathered::Document(b"<a/>".to_vec()));
    }
}
