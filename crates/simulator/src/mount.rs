//! A mount: one stream of one camera, what is wrong with it now, and what it has sent.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rtsp::Codec;
use serde::{Serialize, Serializer};
use tokio::sync::watch;

use crate::auth::{Gate, hex};
use crate::clock::ticks;
use crate::fault::Fault;
use crate::footage::Footage;
use crate::script::Script;

/// How clients prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Digest with MD5 (RFC 2617 §3).
    #[default]
    Digest,
    /// Basic (RFC 2617 §2).
    Basic,
    /// They need not.
    None,
}

/// One stream to be served. `Debug` leaves the password out.
#[derive(Clone)]
pub struct Mount {
    /// Its place in the URL, such as `/cam1/main`.
    pub path: String,
    /// An MP4 file with H.264 or H.265, without B-frames.
    pub file: PathBuf,
    /// How far into the loop the mount is when the simulator starts.
    pub offset: Duration,
    /// User and password; without them everyone may come in.
    pub credentials: Option<(String, String)>,
    /// How they are asked for.
    pub auth: Auth,
    /// A script of ONVIF metadata to tell beside the pictures; see [`Mount::metadata`].
    pub metadata: Option<PathBuf>,
}

impl Mount {
    /// Takes a path and a file; from the start of the loop, for everyone.
    pub fn new(path: impl Into<String>, file: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            file: file.into(),
            offset: Duration::ZERO,
            credentials: None,
            auth: Auth::default(),
            metadata: None,
        }
    }

    /// Offers a second track of ONVIF metadata (`vnd.onvif.metadata`), told from a script: in it, a
    /// line `@2.5` says that the XML up to the next such line goes out 2.5 s into every loop, with
    /// `{time}` replaced by the time it is.
    pub fn metadata(mut self, script: impl Into<PathBuf>) -> Self {
        self.metadata = Some(script.into());
        self
    }

    /// Sets how far into the loop the mount is when the simulator starts.
    pub fn offset(mut self, offset: Duration) -> Self {
        self.offset = offset;
        self
    }

    /// Asks for a user and a password.
    pub fn credentials(mut self, auth: Auth, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self.auth = auth;
        self
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.credentials.as_ref().map(|(user, _)| user);
        f.debug_struct("Mount")
            .field("path", &self.path)
            .field("file", &self.file)
            .field("offset", &self.offset)
            .field("user", &user)
            .field("auth", &self.auth)
            .field("metadata", &self.metadata)
            .finish()
    }
}

/// What a mount serves, for people.
#[derive(Debug, Clone, Serialize)]
pub struct MountInfo {
    /// Its place in the URL.
    pub path: String,
    /// The file it shows now.
    pub file: PathBuf,
    /// How it is coded.
    pub codec: Codec,
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Mean rate over the loop.
    pub pictures_per_second: f64,
    /// Length of the loop, in seconds.
    pub loop_s: f64,
    /// How far into the loop it was at the start, in seconds.
    pub offset_s: f64,
    /// How clients prove who they are.
    pub auth: Auth,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// What has happened so far.
    pub status: MountStatus,
}

/// What has happened at a mount so far; a condition to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MountStatus {
    /// Sessions that play now.
    pub sessions: usize,
    /// Sessions that have ever played.
    pub sessions_started: u64,
    /// Sessions cut off because the client took its packets too slowly.
    pub slow_clients: u64,
    /// Pictures sent, over all sessions.
    pub pictures: u64,
    /// Pictures sent since the last fault was set or cleared, over all sessions.
    pub pictures_since_change: u64,
    /// RTP packets left out by [`Fault::Drop`].
    pub packets_dropped: u64,
    /// Bursts of random bytes sent in place of pictures.
    pub garbage: u64,
    /// Documents of metadata sent, over all sessions.
    pub documents: u64,
    /// Sender reports sent.
    pub sender_reports: u64,
    /// DESCRIBE requests, however they were answered.
    pub describes: u64,
    /// Requests answered with 401.
    pub unauthorized: u64,
    /// Requests answered with 404.
    pub not_found: u64,
    /// Requests that were left without an answer.
    pub unanswered: u64,
}

/// One picture as it was sent to one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentPicture {
    /// Counts the mount's sessions, from 1.
    pub session: u64,
    /// As in the RTP packets.
    pub rtp_timestamp: u32,
    /// The same without wrapping, in ticks of 1/90000 s from the session's random start.
    pub rtp_timestamp_unwrapped: i64,
    /// When the picture was taken by the simulator's clock, as sender reports tell it, in
    /// microseconds since 1970.
    pub wall_time_us: i64,
    /// SHA-256 of all NAL units of the access unit in the order sent, each behind its length in 4
    /// bytes big-endian: the file's NAL units (delimiters, SEI and slices alike, less zero bytes
    /// at their end) and, before the first that is no delimiter of a keyframe without a sequence
    /// parameter set of its own, the parameter sets of the sample entry.
    #[serde(serialize_with = "as_hex")]
    pub sha256: [u8; 32],
    /// The same without parameter sets (H.264 types 7 and 8, H.265 types 32 to 34): what remains
    /// for a receiver that keeps those in a sample entry.
    #[serde(serialize_with = "as_hex")]
    pub sha256_without_parameter_sets: [u8; 32],
    /// How many times the loop had begun anew.
    pub loop_number: i64,
    /// Which picture of the loop, from 0.
    pub index_in_loop: usize,
    /// Whether decoding can start here.
    pub is_keyframe: bool,
    /// Packets of it that [`Fault::Drop`] left out.
    pub dropped_packets: u32,
}

fn as_hex<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(hash))
}

/// What stands at a mount now. Every connection that has set it up watches this.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) fault: Option<Fault>,
    /// The file shown now: the mount's own, or that of [`Fault::ChangeResolution`].
    pub(crate) footage: Arc<Footage>,
    /// Counts how often all connections had to be closed.
    pub(crate) cuts: u64,
}

/// A mount at work; shared by all its connections.
pub(crate) struct MountState {
    mount: Mount,
    pub(crate) offset_ticks: i64,
    own_footage: Arc<Footage>,
    /// What is told beside the pictures, if that is offered.
    pub(crate) script: Option<Script>,
    /// Stands in for the password while [`Fault::WrongPassword`] does.
    other_password: String,
    standing: watch::Sender<Standing>,
    status: watch::Sender<MountStatus>,
    sent: Mutex<VecDeque<SentPicture>>,
    sent_limit: usize,
}

impl fmt::Debug for MountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mount.fmt(f)
    }
}

impl MountState {
    pub(crate) fn new(
        mount: Mount,
        footage: Arc<Footage>,
        script: Option<Script>,
        sent_limit: usize,
    ) -> Self {
        let standing = Standing { fault: None, footage: Arc::clone(&footage), cuts: 0 };
        Self {
            offset_ticks: ticks(mount.offset),
            mount,
            own_footage: footage,
            script,
            other_password: format!("{:016x}", fastrand::u64(..)),
            standing: watch::Sender::new(standing),
            status: watch::Sender::new(MountStatus::default()),
            sent: Mutex::new(VecDeque::new()),
            sent_limit,
        }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.own_footage.codec
    }

    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    pub(crate) fn fault(&self) -> Option<Fault> {
        self.standing.borrow().fault.clone()
    }

    pub(crate) fn footage(&self) -> Arc<Footage> {
        Arc::clone(&self.standing.borrow().footage)
    }

    /// Lets a fault stand; `other` is the footage of [`Fault::ChangeResolution`].
    pub(crate) fn set(&self, fault: Fault, other: Option<Arc<Footage>>) {
        self.forget_pictures_since_change();
        self.standing.send_modify(|standing| {
            standing.footage = other.unwrap_or_else(|| Arc::clone(&self.own_footage));
            standing.cuts += u64::from(fault.closes_connections());
            standing.fault = (fault != Fault::Cut).then_some(fault);
        });
    }

    pub(crate) fn clear(&self) {
        self.forget_pictures_since_change();
        self.standing.send_modify(|standing| {
            standing.fault = None;
            standing.footage = Arc::clone(&self.own_footage);
        });
    }

    fn forget_pictures_since_change(&self) {
        self.note(|status| status.pictures_since_change = 0);
    }

    pub(crate) fn status(&self) -> watch::Receiver<MountStatus> {
        self.status.subscribe()
    }

    /// Counts something.
    pub(crate) fn note(&self, change: impl FnOnce(&mut MountStatus)) {
        self.status.send_modify(change);
    }

    /// Counts a session that plays, and returns its number.
    pub(crate) fn note_session(&self) -> u64 {
        let mut number = 0;
        self.note(|status| {
            status.sessions += 1;
            status.sessions_started += 1;
            number = status.sessions_started;
        });
        number
    }

    pub(crate) fn keeps_log(&self) -> bool {
        self.sent_limit > 0
    }

    pub(crate) fn log(&self, picture: SentPicture) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= self.sent_limit {
            sent.pop_front();
        }
        sent.push_back(picture);
    }

    pub(crate) fn sent(&self) -> Vec<SentPicture> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().cloned().collect()
    }

    /// Returns who must prove who they are, with what.
    pub(crate) fn gate(&self) -> Option<Gate<'_>> {
        let wrong = self.standing.borrow().fault == Some(Fault::WrongPassword);
        match &self.mount.credentials {
            Some((user, password)) if self.mount.auth != Auth::None => Some(Gate {
                auth: self.mount.auth,
                user,
                password: if wrong { &self.other_password } else { password },
            }),
            _ if wrong => {
                Some(Gate { auth: Auth::Digest, user: "admin", password: &self.other_password })
            }
            _ => None,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a length to show, from a number far below 2^52")]
    pub(crate) fn info(&self) -> MountInfo {
        let standing = self.standing.borrow().clone();
        let footage = &standing.footage;
        MountInfo {
            path: self.mount.path.clone(),
            file: footage.file.clone(),
            codec: footage.codec,
            width: footage.width,
            height: footage.height,
            pictures_per_second: footage.pictures_per_second(),
            loop_s: footage.period as f64 / 90_000.0,
            offset_s: self.mount.offset.as_secs_f64(),
            auth: match self.mount.credentials {
                Some(_) => self.mount.auth,
                None => Auth::None,
            },
            fault: standing.fault.clone(),
            status: *self.status.borrow(),
        }
    }
}
