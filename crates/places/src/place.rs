//! A named place.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use domain::{Area, Location, folded};

/// An id that no place can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no id of a place: ask /places for one")]
pub struct InvalidPlaceId(String);

/// Names a place within its site: `ward-00097`, `site-cau-chuong-duong`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(Arc<str>);

impl PlaceId {
    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlaceId {
    type Err = InvalidPlaceId;

    fn from_str(text: &str) -> Result<Self, InvalidPlaceId> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let valid = (1..=80).contains(&text.len()) && text.bytes().all(allowed);
        if valid { Ok(Self(text.into())) } else { Err(InvalidPlaceId(shortened(text))) }
    }
}

impl fmt::Display for PlaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

/// What sort of place. In the order in which equally good matches are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    /// A bridge.
    Bridge,
    /// Where roads meet.
    Junction,
    /// Along a road.
    Corridor,
    /// Anything else that the site named.
    Site,
    /// A ward or commune since 1 July 2025.
    Ward,
    /// A province or city since then.
    Province,
    /// A district before.
    FormerDistrict,
    /// A ward or commune before.
    FormerWard,
}

impl PlaceKind {
    /// Returns it as one word, as the query service writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bridge => "bridge",
            Self::Junction => "junction",
            Self::Corridor => "corridor",
            Self::Site => "site",
            Self::Ward => "ward",
            Self::Province => "province",
            Self::FormerDistrict => "former_district",
            Self::FormerWard => "former_ward",
        }
    }
}

/// A named place.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Names it within the site.
    pub id: PlaceId,
    /// What sort of place.
    pub kind: PlaceKind,
    /// Its name.
    pub name: String,
    /// Its name in English, where the site told one.
    pub name_en: Option<String>,
    /// What it lies in, the smallest first: ward (before: district), province.
    pub within: Vec<String>,
    /// Of a place that is no more: the wards it lies in now.
    pub now: Vec<String>,
    /// Where it is; several for a place that lies in several wards.
    pub areas: Vec<Area>,
    /// The areas are rough: a circle as large as the ward, around its middle.
    pub is_rough: bool,
    /// Names that a camera's own places may hold, folded, with the province they must lie in.
    pub(crate) told_as: Vec<(String, Option<String>)>,
}

impl Place {
    /// Returns whether a camera is in it: by the names of the places it was told to lie in, where
    /// these say which ward, else by where it stands.
    ///
    /// `told` are the camera's places, smallest first: `Phường Hồng Hà`, `Hà Nội`.
    pub fn holds(&self, location: Option<Location>, told: &[String]) -> bool {
        let plain: Vec<String> = told.iter().map(|name| plain(name)).collect();
        let is_told = |name: &String| plain.contains(name);
        let by_name = self
            .told_as
            .iter()
            .any(|(name, province)| is_told(name) && province.as_ref().is_none_or(is_told));
        // A name says more than a circle that overlaps with those around it.
        if by_name || (self.is_rough && told.iter().any(|name| is_ward(name))) {
            return by_name;
        }
        location.is_some_and(|at| self.areas.iter().any(|area| area.contains(at)))
    }
}

/// Returns whether a camera's place is a ward by its name.
fn is_ward(name: &str) -> bool {
    let folded = folded(name);
    ["phuong ", "xa ", "dac khu "].iter().any(|word| folded.trim_start().starts_with(word))
}

/// What kind of unit stands before its name: `phuong hong ha` is also told as `hong ha`.
const UNIT_WORDS: [&str; 10] = [
    "phuong ",
    "xa ",
    "thi tran ",
    "dac khu ",
    "quan ",
    "huyen ",
    "thi xa ",
    "thanh pho ",
    "tinh ",
    "tp ",
];

/// Returns a unit's name folded and without the word for its kind.
pub(crate) fn plain(name: &str) -> String {
    let folded = folded(name);
    let name = folded.trim();
    let bare = UNIT_WORDS.iter().find_map(|word| name.strip_prefix(word));
    // `Quận 1` is not told as `1`.
    let is_number = |bare: &&str| bare.bytes().all(|byte| byte.is_ascii_digit());
    bare.filter(|bare| !is_number(bare)).unwrap_or(name).to_owned()
}
