//! What can be wrong with a camera, as the health judge states it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What is wrong with a camera. The numbers are stored, never change meaning, and begin at 32 so
/// that they stay apart from those of [`RuleKind`](crate::RuleKind).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum HealthKind {
    /// The camera cannot be reached, or the connection broke.
    SignalLost = 32,
    /// The connection stands, but no advancing pictures arrive.
    NoPicture = 33,
    /// Pictures arrive and all are the same.
    Frozen = 34,
    /// Nothing can be seen for darkness.
    TooDark = 35,
    /// Most of the view is white.
    TooBright = 36,
    /// The view is out of focus, smeared or covered.
    Blurred = 37,
    /// The camera looks elsewhere than it did.
    Moved = 38,
    /// The camera's clock is wrong by more than a second.
    ClockSkew = 39,
    /// Pictures are not recorded.
    RecordingGap = 40,
    /// Too few of the sampled pictures are looked at.
    AnalysisStarved = 41,
}

impl HealthKind {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 10] = [
        Self::SignalLost,
        Self::NoPicture,
        Self::Frozen,
        Self::TooDark,
        Self::TooBright,
        Self::Blurred,
        Self::Moved,
        Self::ClockSkew,
        Self::RecordingGap,
        Self::AnalysisStarved,
    ];

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignalLost => "signal_lost",
            Self::NoPicture => "no_picture",
            Self::Frozen => "frozen",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Blurred => "blurred",
            Self::Moved => "moved",
            Self::ClockSkew => "clock_skew",
            Self::RecordingGap => "recording_gap",
            Self::AnalysisStarved => "analysis_starved",
        }
    }

    /// Returns the word for the end of such trouble.
    pub fn over(self) -> &'static str {
        match self {
            Self::SignalLost => "signal_lost_over",
            Self::NoPicture => "no_picture_over",
            Self::Frozen => "frozen_over",
            Self::TooDark => "too_dark_over",
            Self::TooBright => "too_bright_over",
            Self::Blurred => "blurred_over",
            Self::Moved => "moved_over",
            Self::ClockSkew => "clock_skew_over",
            Self::RecordingGap => "recording_gap_over",
            Self::AnalysisStarved => "analysis_starved_over",
        }
    }

    /// Returns the number stored for this kind.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the kind stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

impl fmt::Display for HealthKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something is wrong with a camera, or no longer is. Told twice: when it is found, and when it has
/// ended; both have the same kind and `since`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthFinding {
    /// What is wrong.
    pub kind: HealthKind,
    /// Since when it had been so, by our clock; earlier than when it was found.
    pub since: Timestamp,
    /// When it ended; `None` while it lasts.
    pub ended: Option<Timestamp>,
    /// The figure it was judged by, for a person.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use serde::de::value::StrDeserializer;

    use super::*;

    #[test]
    fn numbers_and_words_tell_the_kinds_apart() {
        for (index, kind) in HealthKind::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(kind.number()), 32 + index);
            assert_eq!(HealthKind::from_number(kind.number()), Some(kind));
            let word = StrDeserializer::<serde::de::value::Error>::new(kind.as_str());
            assert_eq!(HealthKind::deserialize(word), Ok(kind), "serde uses the same word");
        }
        assert_eq!(HealthKind::from_number(31), None);
        // Searches keep sets of kinds as the bits of one number.
        let highest = crate::EventKind::all().map(crate::EventKind::number).max();
        assert!(highest.is_some_and(|highest| highest < 63));
    }
}
