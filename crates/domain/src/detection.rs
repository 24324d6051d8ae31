//! What a detector saw in one sampled frame.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bbox, CameraId, ColourVote, Timestamp};

/// What kind of object. The numbers are stored and never change meaning.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Class {
    /// A person on foot.
    Person = 1,
    /// A bicycle, its rider included.
    Bicycle = 2,
    /// A motorcycle or moped, its riders included.
    Motorcycle = 3,
    /// A car.
    Car = 4,
    /// A bus.
    Bus = 5,
    /// A truck.
    Truck = 6,
    /// A train or tram.
    Train = 7,
    /// A boat.
    Boat = 8,
    /// An animal.
    Animal = 9,
    /// A bag or case left or carried.
    Bag = 10,
}

impl Class {
    /// Every class, in the order of its number.
    pub const ALL: [Self; 10] = [
        Self::Person,
        Self::Bicycle,
        Self::Motorcycle,
        Self::Car,
        Self::Bus,
        Self::Truck,
        Self::Train,
        Self::Boat,
        Self::Animal,
        Self::Bag,
    ];

    /// Returns the word used in configuration, API and search.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bicycle => "bicycle",
            Self::Motorcycle => "motorcycle",
            Self::Car => "car",
            Self::Bus => "bus",
            Self::Truck => "truck",
            Self::Train => "train",
            Self::Boat => "boat",
            Self::Animal => "animal",
            Self::Bag => "bag",
        }
    }

    /// Returns the number stored for this class.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the class stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.number() == number)
    }

    /// Returns whether it moves on wheels along a road.
    pub fn is_vehicle(self) -> bool {
        matches!(self, Self::Bicycle | Self::Motorcycle | Self::Car | Self::Bus | Self::Truck)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Class {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|class| class.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|class| class.as_str()).collect();
            format!("\"{text}\" is not a class: use one of {}", known.join(", "))
        })
    }
}

/// One object in one sampled frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Where, on the whole view.
    pub bbox: Bbox,
    /// What the detector takes it for.
    pub class: Class,
    /// How sure the detector is, 0..=1.
    pub confidence: f32,
    /// What this look says of its colour, for vehicles in light that lets it be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<ColourVote>,
}

/// How much of the view the detector was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Looked {
    /// The whole view: what was not found was not seen.
    Whole,
    /// Only these parts: an object outside them is not missing, it was not looked for.
    Regions(Vec<Bbox>),
}

impl Looked {
    /// Returns whether an object at `bbox` would have been seen: its centre was looked at.
    pub fn covers(&self, bbox: &Bbox) -> bool {
        match self {
            Self::Whole => true,
            Self::Regions(regions) => {
                regions.iter().any(|region| region.contains(bbox.clamped().centre()))
            }
        }
    }
}

/// Everything analysis learnt from one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The camera whose view it is.
    pub camera: CameraId,
    /// When the camera took the picture; increasing per camera.
    pub time: Timestamp,
    /// The camera's clock error then, in milliseconds.
    pub clock_error_ms: i32,
    /// Width over height of the picture, in pixels: makes distances on the view comparable.
    pub aspect: f32,
    /// How much of the view the detector was shown.
    pub looked: Looked,
    /// What it found, overlaps already resolved.
    pub detections: Vec<Detection>,
    /// SHA-256 of the model that found it, in hex; shared by all observations of a detector.
    pub model: std::sync::Arc<str>,
}
