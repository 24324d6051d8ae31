//! What an object looks like and where it was going.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LikelyColour, VehicleColour};

/// How large an object is on the ground. The numbers are stored and never change meaning.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum SizeClass {
    /// A person, a bicycle, a motorcycle with its rider.
    Small = 1,
    /// A car or a small van.
    Medium = 2,
    /// A bus or a truck.
    Large = 3,
}

impl SizeClass {
    /// Every size, in the order of its number.
    pub const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// Returns the class of an object whose box is `extent_m` metres: the geometric mean of width
    /// and height, both at the scale of the ground it stands on. A rider is about 1.3 m, a car 1.7
    /// from the front and 2.7 from the side, a bus 2.8 and 6.
    pub fn of_extent(extent_m: f64) -> Self {
        match extent_m {
            small if small < 1.55 => Self::Small,
            medium if medium < 2.75 => Self::Medium,
            _ => Self::Large,
        }
    }

    /// Returns the word used in API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// Returns the number stored for this size.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the size stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.number() == number)
    }
}

impl fmt::Display for SizeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SizeClass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|size| size.as_str() == text).ok_or_else(|| {
            format!("\"{text}\" is not a size: use one of {}", words(Self::ALL.map(Self::as_str)))
        })
    }
}

/// One of the eight points of the compass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CompassPoint {
    /// 0°.
    North,
    /// 45°.
    Northeast,
    /// 90°.
    East,
    /// 135°.
    Southeast,
    /// 180°.
    South,
    /// 225°.
    Southwest,
    /// 270°.
    West,
    /// 315°.
    Northwest,
}

impl CompassPoint {
    /// Every point, clockwise from north.
    pub const ALL: [Self; 8] = [
        Self::North,
        Self::Northeast,
        Self::East,
        Self::Southeast,
        Self::South,
        Self::Southwest,
        Self::West,
        Self::Northwest,
    ];

    /// Returns the point nearest to a heading in degrees clockwise from north.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 8 after the remainder; a heading that is no number is north"
    )]
    pub fn of(heading_deg: f32) -> Self {
        let eighth = (heading_deg.rem_euclid(360.0) / 45.0).round() as usize;
        Self::ALL[eighth % Self::ALL.len()]
    }

    /// Returns the letters used in API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::North => "n",
            Self::Northeast => "ne",
            Self::East => "e",
            Self::Southeast => "se",
            Self::South => "s",
            Self::Southwest => "sw",
            Self::West => "w",
            Self::Northwest => "nw",
        }
    }
}

impl FromStr for CompassPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|point| point.as_str() == text).ok_or_else(|| {
            let known = words(Self::ALL.map(Self::as_str));
            format!("\"{text}\" is not a point of the compass: use one of {known}")
        })
    }
}

impl FromStr for VehicleColour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|colour| colour.as_str() == text).ok_or_else(|| {
            format!("\"{text}\" is not a colour: use one of {}", words(Self::ALL.map(Self::as_str)))
        })
    }
}

fn words<const N: usize>(words: [&'static str; N]) -> String {
    words.join(", ")
}

/// What an object looks like and where it was going; each part only where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Its colour, of a vehicle in light that lets it be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<LikelyColour>,
    /// How large it is, where the camera is calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<SizeClass>,
    /// Where it was going, in degrees clockwise from north, where the camera is calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f32>,
}

impl Attributes {
    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_has_the_nearest_point_of_the_compass() {
        for (heading_deg, point) in [
            (0.0, CompassPoint::North),
            (22.4, CompassPoint::North),
            (22.6, CompassPoint::Northeast),
            (180.0, CompassPoint::South),
            (337.4, CompassPoint::Northwest),
            (359.9, CompassPoint::North),
            (-45.0, CompassPoint::Northwest),
            (f32::NAN, CompassPoint::North),
        ] {
            assert_eq!(CompassPoint::of(heading_deg), point, "{heading_deg}");
        }
        for point in CompassPoint::ALL {
            assert_eq!(point.as_str().parse(), Ok(point));
        }
    }

    #[test]
    fn what_stands_on_the_ground_has_the_size_of_its_kind() {
        let size = |width: f64, height: f64| SizeClass::of_extent((width * height).sqrt());
        assert_eq!(size(0.6, 1.7), SizeClass::Small, "a person");
        assert_eq!(size(0.8, 1.7), SizeClass::Small, "a rider from the front");
        assert_eq!(size(1.9, 1.7), SizeClass::Medium, "a van from the front");
        assert_eq!(size(4.6, 1.5), SizeClass::Medium, "a car from the side");
        assert_eq!(size(2.5, 3.2), SizeClass::Large, "a bus from the front");
        assert_eq!(size(12.0, 3.2), SizeClass::Large, "a bus from the side");
    }
}
