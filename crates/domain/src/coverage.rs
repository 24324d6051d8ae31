//! Whether a camera is seen, recorded and analysed: the words for now and for spans of the past.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CameraId, StreamRole, Timestamp};

/// Why a camera is not seen, or not analysed. The numbers are stored, never change meaning, and
/// stay clear of 0, which stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Absence {
    /// The configuration does not ask for it.
    Off = 1,
    /// Waiting for its turn to connect, or connecting.
    Connecting = 2,
    /// The camera could not be reached, or the connection broke.
    Disconnected = 3,
    /// The camera refuses our password, or has no such stream.
    Misconfigured = 4,
    /// Connected, but no advancing pictures.
    NoPicture = 5,
    /// The same picture again and again.
    Frozen = 6,
    /// Nothing can be seen for darkness.
    TooDark = 7,
    /// Most of the view is white.
    TooBright = 8,
    /// The view is out of focus, smeared or covered.
    Blurred = 9,
    /// Too few of the sampled pictures were looked at, or none.
    Starved = 10,
    /// Watchpost was stopped in good order.
    Stopped = 11,
    /// Watchpost or the machine ended without warning.
    Crashed = 12,
}

impl Absence {
    /// Every cause, in the order of its number.
    pub const ALL: [Self; 12] = [
        Self::Off,
        Self::Connecting,
        Self::Disconnected,
        Self::Misconfigured,
        Self::NoPicture,
        Self::Frozen,
        Self::TooDark,
        Self::TooBright,
        Self::Blurred,
        Self::Starved,
        Self::Stopped,
        Self::Crashed,
    ];

    /// Returns the word used in API and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Connecting => "connecting",
            Self::Disconnected => "disconnected",
            Self::Misconfigured => "misconfigured",
            Self::NoPicture => "no_picture",
            Self::Frozen => "frozen",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Blurred => "blurred",
            Self::Starved => "starved",
            Self::Stopped => "stopped",
            Self::Crashed => "crashed",
        }
    }

    /// Returns the number stored for this cause.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the cause stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.number() == number)
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of a stream is decoded for analysis. The numbers are stored and never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AnalysisMode {
    /// Every picture, sampled after decoding.
    Stream = 1,
    /// One picture per GOP.
    Keyframes = 2,
}

impl AnalysisMode {
    /// Every mode, in the order of its number.
    pub const ALL: [Self; 2] = [Self::Stream, Self::Keyframes];

    /// Returns the word used in configuration and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Keyframes => "keyframes",
        }
    }

    /// Returns the number stored for this mode.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the mode stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.number() == number)
    }
}

/// How hard a camera is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AnalysisRate {
    /// How much of the stream is decoded.
    pub mode: AnalysisMode,
    /// Pictures wanted in ten seconds; in mode `keyframes` the camera's GOP decides.
    pub pictures_per_10_s: u16,
}

/// What one camera is doing, as long as nothing of it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CoverageState {
    /// Why the camera delivers no pictures; `None` when it does.
    pub unseen: Option<Absence>,
    /// How hard it is looked at, or why it is not.
    pub analysis: Result<AnalysisRate, Absence>,
    /// Whether its main stream is to be recorded.
    pub records_main: bool,
    /// Whether its sub stream is to be recorded.
    pub records_sub: bool,
}

impl CoverageState {
    /// Returns the same with nothing seen or analysed for `cause`: what an ended program leaves.
    pub fn ended(self, cause: Absence) -> Self {
        Self { unseen: Some(cause), analysis: Err(cause), ..self }
    }

    /// Returns whether the stream with `role` is to be recorded.
    pub fn records(self, role: StreamRole) -> bool {
        match role {
            StreamRole::Main => self.records_main,
            StreamRole::Sub => self.records_sub,
        }
    }
}

/// A camera changes its state, or is no longer configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageChange {
    /// The camera.
    pub camera: CameraId,
    /// When, by our clock: the last moment at which the earlier state is known to have held.
    pub at: Timestamp,
    /// What it does from then on; `None` when it is not configured any more.
    pub state: Option<CoverageState>,
}

/// How many cameras do what at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageNow {
    /// The moment.
    pub time: Timestamp,
    /// How many are configured.
    pub configured: usize,
    /// How many deliver pictures.
    pub connected: usize,
    /// How many deliver pictures and have every stream recorded that is to be.
    pub recording: usize,
    /// How many are analysed.
    pub analysed: usize,
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn numbers_and_words_tell_the_causes_apart() {
        for (index, cause) in Absence::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(cause.number()), index + 1);
            assert_eq!(Absence::from_number(cause.number()), Some(cause));
            let word = StrDeserializer::<Error>::new(cause.as_str());
            assert_eq!(Absence::deserialize(word), Ok(cause), "serde uses the same word");
        }
        assert_eq!(Absence::from_number(0), None);
        for mode in AnalysisMode::ALL {
            assert_eq!(AnalysisMode::from_number(mode.number()), Some(mode));
            let word = StrDeserializer::<Error>::new(mode.as_str());
            assert_eq!(AnalysisMode::deserialize(word), Ok(mode), "serde uses the same word");
        }
    }
}
