//! What a package says of itself: `manifest.json`, signed as it lies there, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    AccountName, CameraId, CameraSigning, GapCause, Location, Polygon, RuleId, StreamRole,
    TimeRange, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::Digest;

/// Which form the manifest has. A program that knows another one says so instead of guessing.
pub const FORMAT: &str = "watchpost-evidence-1";

/// All that a package holds and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Whose package it is.
    pub site: SiteCard,
    /// The fingerprint of the key that signed it.
    pub key: Digest,
    /// Program and version that made it.
    pub software: String,
    /// When, by the site's clock.
    pub exported: Timestamp,
    /// Who.
    pub operator: AccountName,
    /// Who agreed as the second person; left out where nobody had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<ApprovalCard>,
    /// Why.
    pub purpose: Purpose,
    /// What was asked for.
    pub range: TimeRange,
    /// The cameras that were asked for.
    pub cameras: Vec<CameraCard>,
    /// The clips in it.
    pub clips: Vec<ClipCard>,
    /// What was not recorded in the range.
    pub gaps: Vec<GapCard>,
    /// How far the cameras' clocks were off, where it is known.
    pub clock_errors: Vec<ClockCard>,
    /// The events in it.
    pub events: EventsCard,
    /// The rules that found them.
    pub rules: Vec<RuleCard>,
    /// The models that saw for these rules.
    pub models: Vec<ModelCard>,
    /// Every file of the package but this one, its signature and `SHA256SUMS`.
    pub files: Vec<FileCard>,
}

impl Manifest {
    /// Returns the recorded files that were read again for this export and were no longer as they
    /// were when they had been closed, each once. The seal holds what came of them; it does not make
    /// them what was recorded.
    pub fn altered(&self) -> BTreeSet<&str> {
        let segments = self.clips.iter().flat_map(|clip| &clip.segments);
        segments
            .filter(|segment| segment.is_altered())
            .map(|segment| segment.path.as_str())
            .collect()
    }

    /// Returns how many clips bear signatures of the camera itself, by their kind.
    pub fn signed_by_cameras(&self) -> BTreeMap<CameraSigning, usize> {
        let mut clips = BTreeMap::new();
        for card in self.clips.iter().flat_map(|clip| &clip.camera_signatures) {
            *clips.entry(card.signing).or_default() += 1;
        }
        clips
    }
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteCard {
    /// Its name among all sites.
    pub id: String,
    /// The name people know it by.
    pub name: String,
}

/// The word of a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalCard {
    /// Who: never the one who exported.
    pub by: AccountName,
    /// When.
    pub at: Timestamp,
}

/// What an export, a search or a look at recorded footage is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// The number of the case.
    pub case: String,
    /// The reason, in words.
    pub reason: String,
    /// The law it rests on, if it was said.
    pub legal_basis: Option<String>,
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraCard {
    /// Names it within its site.
    pub id: CameraId,
    /// The name people know it by.
    pub name: String,
    /// Where it stands, in degrees of WGS 84.
    pub location: Option<Location>,
}

/// A clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipCard {
    /// The file.
    pub file: String,
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub stream: StreamRole,
    /// From the first picture in it to the end of the last: whole GOPs.
    pub pictures: TimeRange,
    /// What players show of it.
    pub shown: TimeRange,
    /// That it is not the original but a copy with privacy masks, and which; left out of an original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked: Option<MaskedCard>,
    /// The signatures that the camera itself put into it; left out where there are none. They were
    /// counted, not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub camera_signatures: Vec<CameraSignatureCard>,
    /// The recorded files it comes from, in order of time.
    pub segments: Vec<SegmentCard>,
}

/// A clip that is a viewing copy: decoded, masked, encoded again. `segments` says what it was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedCard {
    /// How it is coded.
    pub codec: String,
    /// The versions of the camera's masks that lie over it.
    pub versions: Vec<u32>,
    /// What they cover, corners in shares of the view.
    pub polygons: Vec<Polygon>,
}

/// The signatures of one kind that a camera put into a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraSignatureCard {
    /// The kind.
    pub signing: CameraSigning,
    /// How many.
    pub count: u64,
}

/// A recorded file that a clip comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentCard {
    /// Its path on its volume.
    pub path: String,
    /// What it holds.
    pub range: TimeRange,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, taken when it was closed; `null` if it was still being written.
    pub sha256: Option<Digest>,
    /// Whether the file on disk was read again for this export and had that SHA-256.
    pub rehashed: bool,
    /// The hash that chains it to the recorded files of its camera's stream and day (UTC) that were
    /// closed before it, made when it was closed: see [`crate::footage`]. `null` for files from
    /// before there were chains.
    pub chain: Option<Digest>,
}

impl SegmentCard {
    /// Returns whether the file was no longer as it was when it was closed.
    pub fn is_altered(&self) -> bool {
        self.sha256.is_some() && !self.rehashed
    }
}

/// A span without recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapCard {
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub stream: StreamRole,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; `null` if it lasts.
    pub end: Option<Timestamp>,
    /// Why.
    pub cause: GapCause,
}

/// How far a camera's clock was off: the camera's time minus ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockCard {
    /// The camera.
    pub camera: CameraId,
    /// The least that was measured, in milliseconds.
    pub least_ms: i32,
    /// The most that was measured, in milliseconds.
    pub most_ms: i32,
    /// At how many events it was measured.
    pub measured: u64,
}

/// The events of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsCard {
    /// The file they are in.
    pub file: String,
    /// How many.
    pub count: u64,
    /// Pictures of them.
    pub stills: Vec<StillCard>,
}

/// A picture of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StillCard {
    /// The file.
    pub file: String,
    /// The event.
    pub event: String,
    /// The moment it shows.
    pub time: Timestamp,
}

/// A rule as it was when it found an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCard {
    /// Its name.
    pub rule: RuleId,
    /// Its version.
    pub version: u32,
    /// What kind of rule.
    pub kind: String,
    /// SHA-256 of `settings`. Left out where nobody knows these: what cameras and partner systems
    /// tell, and what was found before settings were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// All that it was judged by, as one line of JSON: condition, classes, schedule, shapes, the
    /// signal or calibration that it leans on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

impl RuleCard {
    /// Adds what the rule was judged by.
    #[must_use]
    pub fn judged_by(self, settings: Option<String>) -> Self {
        let sha256 = settings.as_ref().map(|settings| Digest::of(settings.as_bytes()));
        Self { sha256, settings, ..self }
    }
}

/// A model that found objects. Earlier packages have its SHA-256 alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenModel")]
pub struct ModelCard {
    /// SHA-256 of its file, in hex.
    pub sha256: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version, as whoever made it states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The forms in which a model stands in manifests.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenModel {
    Hash(String),
    Card(KnownModel),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownModel {
    sha256: String,
    name: Option<String>,
    version: Option<String>,
}

impl From<WrittenModel> for ModelCard {
    fn from(written: WrittenModel) -> Self {
        match written {
            WrittenModel::Hash(sha256) => Self { sha256, name: None, version: None },
            WrittenModel::Card(KnownModel { sha256, name, version }) => {
                Self { sha256, name, version }
            }
        }
    }
}

/// A file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCard {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_read_as_earlier_packages_have_it_and_as_it_is_written() {
        let earlier: ModelCard = serde_json::from_str(r#""054c""#).unwrap();
        assert_eq!(earlier, ModelCard { sha256: "054c".to_owned(), name: None, version: None });
        let known = ModelCard { name: Some("nanodet-g-int8".to_owned()), ..earlier };
        let written = serde_json::to_string(&known).unwrap();
        assert_eq!(written, r#"{"sha256":"054c","name":"nanodet-g-int8"}"#);
        assert_eq!(serde_json::from_str::<ModelCard>(&written).unwrap(), known);
        let other = r#"{"sha256": "054c", "weights": "elsewhere"}"#;
        assert!(serde_json::from_str::<ModelCard>(other).is_err(), "what nobody knows is refused");
    }

    #[test]
    fn a_rule_is_read_as_earlier_packages_have_it() {
        let earlier = r#"{"rule":"lawn","version":7,"kind":"intrusion"}"#;
        let card: RuleCard = serde_json::from_str(earlier).unwrap();
        assert_eq!(serde_json::to_string(&card).unwrap(), earlier);
        let stated = card.judged_by(Some("abc".to_owned()));
        // The one of FIPS 180-4.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(serde_json::to_value(&stated).unwrap()["sha256"], hash);
    }
}
