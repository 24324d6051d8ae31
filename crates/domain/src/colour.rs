//! The colour of a vehicle, as looks at it tell.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A colour that an officer would name. The numbers are stored and never change meaning.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum VehicleColour {
    /// White.
    White = 1,
    /// Black.
    Black = 2,
    /// Grey or silver.
    Grey = 3,
    /// Red.
    Red = 4,
    /// Yellow or orange.
    Yellow = 5,
    /// Green.
    Green = 6,
    /// Blue.
    Blue = 7,
    /// Brown.
    Brown = 8,
}

impl VehicleColour {
    /// Every colour, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::White,
        Self::Black,
        Self::Grey,
        Self::Red,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Brown,
    ];

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
            Self::Grey => "grey",
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Brown => "brown",
        }
    }

    /// Returns the number stored for this colour.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the colour stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.number() == number)
    }
}

impl fmt::Display for VehicleColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one look says of a vehicle's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColourVote {
    /// The colour of most of its body.
    pub colour: VehicleColour,
    /// How far that is ahead of the next colour, in percent of the body.
    pub lead: u8,
}

/// What all looks at a vehicle say of its colour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LikelyColour {
    /// The colour most of them agree on.
    #[serde(rename = "name")]
    pub colour: VehicleColour,
    /// Their share of the votes, 0..=1.
    pub confidence: f32,
}

/// The votes of many looks at one vehicle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ColourTally {
    leads: [u32; VehicleColour::ALL.len()],
}

/// Votes worth this much in all, in percent: about three clear looks.
const LEAST_TOTAL: u32 = 100;

impl ColourTally {
    /// Takes in what one look says.
    pub fn add(&mut self, vote: ColourVote) {
        let sum = &mut self.leads[usize::from(vote.colour.number()) - 1];
        *sum = sum.saturating_add(u32::from(vote.lead));
    }

    /// Returns the colour most looks agree on; `None` when there were too few or no colour has half
    /// of the votes.
    #[allow(clippy::cast_precision_loss, reason = "a share needs no more than 24 bits")]
    pub fn colour(&self) -> Option<LikelyColour> {
        let total = self.leads.iter().fold(0_u32, |total, lead| total.saturating_add(*lead));
        let most = VehicleColour::ALL.into_iter().zip(self.leads).max_by_key(|(_, lead)| *lead);
        let (colour, lead) = most?;
        let confidence = lead as f32 / total.max(1) as f32;
        let is_sure = total >= LEAST_TOTAL && confidence > 0.5;
        is_sure.then_some(LikelyColour { colour, confidence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(votes: &[(VehicleColour, u8)]) -> Option<LikelyColour> {
        let mut tally = ColourTally::default();
        votes.iter().for_each(|&(colour, lead)| tally.add(ColourVote { colour, lead }));
        tally.colour()
    }

    #[test]
    fn looks_outvote_a_shadow_and_too_few_say_nothing() {
        use VehicleColour::{Black, Red};
        let likely = tally(&[(Red, 60), (Black, 30), (Red, 50)]).unwrap();
        assert_eq!(likely.colour, Red);
        assert!((likely.confidence - 110.0 / 140.0).abs() < 1e-6);
        assert_eq!(tally(&[(Red, 60)]), None);
        assert_eq!(tally(&[(Red, 60), (Black, 60)]), None);
        assert_eq!(tally(&[]), None);
    }

    #[test]
    fn numbers_tell_the_colours_apart() {
        for (index, colour) in VehicleColour::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(colour.number()), index + 1);
            assert_eq!(VehicleColour::from_number(colour.number()), Some(colour));
        }
        assert_eq!(VehicleColour::from_number(0), None);
    }
}
