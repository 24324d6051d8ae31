//! What a traffic light shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What a traffic light shows. The numbers are stored and never change meaning.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SignalState {
    /// Nobody knows: no rule may fire.
    #[default]
    Unknown = 0,
    /// Stop.
    Red = 1,
    /// Stop if that can be done safely.
    Amber = 2,
    /// Go.
    Green = 3,
}

impl SignalState {
    /// Every state, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Red, Self::Amber, Self::Green];

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
        }
    }

    /// Returns the number stored for this state.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the state stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// From when on a traffic light showed what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalChange {
    /// From when on.
    pub time: Timestamp,
    /// What it showed.
    pub state: SignalState,
}
