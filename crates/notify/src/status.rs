//! How a target is doing, for people.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{TargetId, Timestamp};

/// What a target is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// It has everything.
    Idle,
    /// Events are on their way.
    Sending,
    /// It does not take events; they are sent again and again.
    Retrying,
    /// Our own log cannot be read or written.
    Stuck,
}

impl TargetState {
    /// Returns the word used in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Sending => "sending",
            Self::Retrying => "retrying",
            Self::Stuck => "stuck",
        }
    }
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub time: Timestamp,
    /// What, for a person; holds no secret and no address.
    pub text: String,
}

/// How a target is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetStatus {
    /// Which.
    pub id: TargetId,
    /// How it is reached: as the configuration calls it.
    pub way: &'static str,
    /// What it is at.
    pub state: TargetState,
    /// Since when it has taken nothing although something was sent.
    pub failing_since: Option<Timestamp>,
    /// The sequence up to which everything is settled.
    pub cursor: u64,
    /// The newest sequence there is.
    pub newest: u64,
    /// How many events it took since the program started.
    pub delivered: u64,
    /// When it last took one.
    pub last_delivery: Option<Timestamp>,
    /// What last went wrong.
    pub last_error: Option<LastError>,
    /// How many events it would not take.
    pub dead_letters: u64,
}

/// What a courier and its deliveries write down, and others read.
#[derive(Debug)]
pub(crate) struct Board(Mutex<Noted>);

#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) cursor: u64,
    pub(crate) on_their_way: usize,
    pub(crate) delivered: u64,
    pub(crate) last_delivery: Option<Timestamp>,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) last_error: Option<LastError>,
    pub(crate) dead_letters: u64,
    pub(crate) stuck: bool,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(crate) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self, id: &TargetId, way: &'static str, newest: u64) -> TargetStatus {
        let noted = self.noted();
        let state = if noted.stuck {
            TargetState::Stuck
        } else if noted.failing_since.is_some() {
            TargetState::Retrying
        } else if noted.on_their_way > 0 {
            TargetState::Sending
        } else {
            TargetState::Idle
        };
        TargetStatus {
            id: id.clone(),
            way,
            state,
            failing_since: noted.failing_since,
            cursor: noted.cursor,
            newest: newest.max(noted.cursor),
            delivered: noted.delivered,
            last_delivery: noted.last_delivery,
            last_error: noted.last_error.clone(),
            dead_letters: noted.dead_letters,
        }
    }
}
