//! What a camera tells beside its pictures: the ONVIF metadata stream, read from hostile bytes.
//!
//! A document of the stream (ONVIF Streaming Specification §5.1.2.1.1; elements: Analytics Service
//! Specification §5) holds scene descriptions, where objects are, and notifications, what rules
//! of the camera found. [`Metadata::parse`] reads both in one pass, without recursion, and takes
//! nothing that it does not know. Elements are known by namespace and name, never by prefix.
//!
//! A document is refused whole when it declares a document type or uses an entity of its own (so
//! there is nothing to expand), when it is not UTF-8 or not well-formed, and when it is longer,
//! deeper or fuller than [`limits`] allow.

mod reader;
#[cfg(test)]
mod tests;

use domain::{Bbox, Class, Timestamp};

/// What a document may hold. A camera's own stay far below.
pub mod limits {
    /// Bytes of a document.
    pub const BYTES: usize = 256 << 10;
    /// Elements around one another.
    pub const DEPTH: usize = 32;
    /// Elements in all.
    pub const ELEMENTS: usize = 10_000;
    /// Attributes of an element.
    pub const ATTRIBUTES: usize = 32;
    /// Bytes of an attribute, or of a text that is read.
    pub const TEXT: usize = 1024;
    /// Frames, and notifications, in a document.
    pub const FRAMES: usize = 64;
    /// Objects in a frame.
    pub const OBJECTS: usize = 256;
    /// Items of a notification's source, key or data.
    pub const ITEMS: usize = 32;
}

/// Why a document was refused whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It is longer, deeper or fuller than the limits allow.
    #[error("the metadata holds too much: {0}")]
    TooLarge(&'static str),
    /// It declares a document type.
    #[error("the metadata declares a document type")]
    DocumentType,
    /// It uses an entity that XML itself does not define.
    #[error("the metadata uses an entity of its own")]
    Entity,
    /// It is not UTF-8, or not well-formed.
    #[error("the metadata is not well-formed XML in UTF-8")]
    Malformed,
    /// It is XML, but no `tt:MetadataStream`.
    #[error("the metadata is no ONVIF metadata stream")]
    OtherDocument,
}

impl MetadataError {
    /// Returns the word used in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::DocumentType => "document_type",
            Self::Entity => "entity",
            Self::Malformed => "malformed",
            Self::OtherDocument => "other_document",
        }
    }
}

/// One document of a metadata stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// Where objects were, in the order of the document.
    pub frames: Vec<SceneFrame>,
    /// What rules of the camera found, in the order of the document.
    pub notifications: Vec<Notification>,
}

impl Metadata {
    /// Reads one document.
    ///
    /// # Errors
    /// Says why the document was refused; nothing of it is to be used then.
    pub fn parse(document: &[u8]) -> Result<Self, MetadataError> {
        reader::read(document)
    }
}

/// Where objects were at one moment: `tt:Frame` (Analytics Service Specification §5.2).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SceneFrame {
    /// When, by the camera's clock.
    pub time: Option<Timestamp>,
    /// The objects whose place is known.
    pub objects: Vec<SceneObject>,
    /// How much of it was about who somebody is: objects that are faces or plates, and what else was
    /// told of faces and plates. None of it is read.
    pub refused: u32,
}

/// One object: `tt:Object` (§5.3.1). Faces and plates are left out; so is whatever else is only
/// classed as what has no class of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneObject {
    /// Names it over frames and in notifications.
    pub id: String,
    /// Where, on the whole view: ONVIF's coordinates, -1 to 1 and upwards, after all
    /// transformations (§5.2.2), turned into ours.
    pub bbox: Bbox,
    /// What kind, by the likeliest class candidate that is one of ours (§5.3.1.4), with its
    /// likelihood, 0..=1.
    pub class: Option<(Class, f32)>,
}

/// What happened to the property that a notification tells of (Core Specification §9.5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is so since before we asked.
    Initialized,
    /// It has become so.
    Changed,
    /// It is no more.
    Deleted,
}

/// What a rule of the camera found: `wsnt:NotificationMessage` with its `tt:Message` (Core
/// Specification §9.5).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Notification {
    /// Its path in ONVIF's topic tree, without prefixes, such as
    /// `RuleEngine/LineDetector/Crossed`. Where a part belongs to another tree, the part has its
    /// namespace before it in braces.
    pub topic: String,
    /// When, by the camera's clock.
    pub time: Option<Timestamp>,
    /// What happened to the property; `None` for what has no lasting state.
    pub operation: Option<Operation>,
    /// Where it comes from: tokens, the rule's name.
    pub source: Vec<Item>,
    /// What it is about, where the source has several.
    pub key: Vec<Item>,
    /// What it says.
    pub data: Vec<Item>,
}

impl Notification {
    /// Returns the value of the item called `name`, of source, key or data.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut items = self.source.iter().chain(&self.key).chain(&self.data);
        items.find(|item| item.name == name).map(|item| item.value.as_str())
    }
}

/// `tt:SimpleItem`: a name and a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
}
