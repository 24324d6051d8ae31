//! One pass over a document: a stack of where we are, and what is being gathered there.

use domain::{Bbox, Class, Timestamp};
use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, NamespaceResolver, QName, ResolveResult};

use super::{
    Item, Metadata, MetadataError, Notification, Operation, SceneFrame, SceneObject, limits,
};

/// ONVIF's schema (`tt`).
const SCHEMA: &[u8] = b"http://www.onvif.org/ver10/schema";
/// ONVIF's topic tree (`tns1`).
const TOPICS: &[u8] = b"http://www.onvif.org/ver10/topics";
/// WS-BaseNotification 1.3 (`wsnt`).
const NOTIFICATION: &[u8] = b"http://docs.oasis-open.org/wsn/b-2";

/// Where in a document we are. What is unknown is passed over with all that lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    Stream,
    VideoAnalytics,
    Frame,
    FrameTransformation,
    FrameTranslate,
    FrameScale,
    Object,
    Appearance,
    ObjectTransformation,
    ObjectTranslate,
    ObjectScale,
    Shape,
    BoundingBox,
    /// What a face, a body or a plate looks like: passed over, and counted.
    Identity,
    ClassDescriptor,
    ClassCandidate,
    CandidateType,
    Likelihood,
    ClassType,
    EventStream,
    NotificationMessage,
    Topic,
    MessageHolder,
    Message,
    Source,
    Key,
    Data,
    SourceItem,
    KeyItem,
    DataItem,
}

impl Place {
    /// Returns where an element called `local` of the namespace `of` leads from here.
    fn enter(self, of: &[u8], local: &[u8]) -> Self {
        if of == NOTIFICATION {
            return match (self, local) {
                (Self::EventStream, b"NotificationMessage") => Self::NotificationMessage,
                (Self::NotificationMessage, b"Topic") => Self::Topic,
                (Self::NotificationMessage, b"Message") => Self::MessageHolder,
                _ => Self::Unknown,
            };
        }
        if of != SCHEMA {
            return Self::Unknown;
        }
        match (self, local) {
            (Self::Stream, b"VideoAnalytics") => Self::VideoAnalytics,
            (Self::Stream, b"Event") => Self::EventStream,
            (Self::VideoAnalytics, b"Frame") => Self::Frame,
            (Self::Frame, b"Transformation") => Self::FrameTransformation,
            (Self::FrameTransformation, b"Translate") => Self::FrameTranslate,
            (Self::FrameTransformation, b"Scale") => Self::FrameScale,
            (Self::Frame, b"Object") => Self::Object,
            (Self::Object, b"Appearance") => Self::Appearance,
            (Self::Appearance, b"Transformation") => Self::ObjectTransformation,
            (Self::ObjectTransformation, b"Translate") => Self::ObjectTranslate,
            (Self::ObjectTransformation, b"Scale") => Self::ObjectScale,
            (Self::Appearance, b"Shape") => Self::Shape,
            (Self::Shape, b"BoundingBox") => Self::BoundingBox,
            (Self::Appearance, b"HumanFace" | b"HumanBody" | b"LicensePlateInfo") => Self::Identity,
            (Self::Appearance, b"Class") => Self::ClassDescriptor,
            (Self::ClassDescriptor, b"ClassCandidate") => Self::ClassCandidate,
            (Self::ClassCandidate, b"Type") => Self::CandidateType,
            (Self::ClassCandidate, b"Likelihood") => Self::Likelihood,
            (Self::ClassDescriptor, b"Type") => Self::ClassType,
            (Self::MessageHolder, b"Message") => Self::Message,
            (Self::Message, b"Source") => Self::Source,
            (Self::Message, b"Key") => Self::Key,
            (Self::Message, b"Data") => Self::Data,
            (Self::Source, b"SimpleItem") => Self::SourceItem,
            (Self::Key, b"SimpleItem") => Self::KeyItem,
            (Self::Data, b"SimpleItem") => Self::DataItem,
            _ => Self::Unknown,
        }
    }

    fn has_text(self) -> bool {
        matches!(self, Self::Topic | Self::CandidateType | Self::Likelihood | Self::ClassType)
    }
}

/// Reads a document.
pub(super) fn read(document: &[u8]) -> Result<Metadata, MetadataError> {
    if document.len() > limits::BYTES {
        return Err(MetadataError::TooLarge("bytes"));
    }
    let text = std::str::from_utf8(document).map_err(|_| MetadataError::Malformed)?;
    // Some cameras fill their packets with zeros.
    let text = text.trim_end_matches('\0').trim();
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.resolver_mut().set_max_declarations_per_element(limits::ATTRIBUTES);
    let mut gathering = Gathering::default();
    let mut elements = 0;
    loop {
        match reader.read_event().map_err(|_| MetadataError::Malformed)? {
            Event::Start(start) => {
                elements += 1;
                if elements > limits::ELEMENTS {
                    return Err(MetadataError::TooLarge("elements"));
                }
                if gathering.places.len() >= limits::DEPTH {
                    return Err(MetadataError::TooLarge("depth"));
                }
                gathering.start(&start, reader.resolver())?;
            }
            Event::End(_) => gathering.end(reader.resolver())?,
            Event::Text(piece) => gathering.text(piece.as_ref())?,
            Event::CData(piece) => gathering.text(piece.as_ref())?,
            Event::GeneralRef(reference) => {
                let name = reference.decode().map_err(|_| MetadataError::Malformed)?;
                match reference.resolve_char_ref().map_err(|_| MetadataError::Malformed)? {
                    Some(character) => {
                        gathering.text(character.encode_utf8(&mut [0; 4]).as_bytes())?;
                    }
                    None => {
                        let text = resolve_predefined_entity(&name).ok_or(MetadataError::Entity)?;
                        gathering.text(text.as_bytes())?;
                    }
                }
            }
            Event::DocType(_) => return Err(MetadataError::DocumentType),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    // The reader does not mind a document that breaks off.
    if !gathering.places.is_empty() || !gathering.seen_root {
        return Err(MetadataError::Malformed);
    }
    Ok(gathering.metadata)
}

/// `p' = scale * p + translate` (Analytics Service Specification §5.2.2).
#[derive(Debug, Clone, Copy)]
struct Transformation {
    translate: [f32; 2],
    scale: [f32; 2],
}

impl Default for Transformation {
    fn default() -> Self {
        Self { translate: [0.0; 2], scale: [1.0; 2] }
    }
}

impl Transformation {
    fn apply(self, point: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|axis| self.scale[axis] * point[axis] + self.translate[axis])
    }
}

/// An object of which not all has been read.
#[derive(Debug, Default)]
struct OpenObject {
    id: String,
    transformation: Transformation,
    /// Left, top, right, bottom, as they stand.
    sides: Option<[f32; 4]>,
    has_candidates: bool,
    /// A candidate says that it is somebody's face or plate.
    is_identity: bool,
    best: Option<(Class, f32)>,
}

#[derive(Debug, Default)]
struct Gathering {
    places: Vec<Place>,
    seen_root: bool,
    metadata: Metadata,
    frame: SceneFrame,
    transformation: Transformation,
    object: OpenObject,
    candidate: Option<Class>,
    likelihood: f32,
    notification: Notification,
    text: Vec<u8>,
}

impl Gathering {
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        resolver: &NamespaceResolver,
    ) -> Result<(), MetadataError> {
        let attributes = Attributes::read(start)?;
        let (of, local) = resolver.resolve_element(start.name());
        let of = match of {
            ResolveResult::Bound(Namespace(of)) => of,
            ResolveResult::Unbound | ResolveResult::Unknown(_) => b"",
        };
        let place = match self.places.last() {
            Some(place) => place.enter(of, local.as_ref()),
            None if self.seen_root => return Err(MetadataError::Malformed),
            None if of == SCHEMA && local.as_ref() == b"MetadataStream" => Place::Stream,
            None => return Err(MetadataError::OtherDocument),
        };
        self.seen_root = true;
        self.places.push(place);
        self.text.clear();
        self.open(place, &attributes)
    }

    fn open(&mut self, place: Place, attributes: &Attributes) -> Result<(), MetadataError> {
        let item = || {
            let text = |name| attributes.text(name).unwrap_or_default().to_owned();
            Item { name: text("Name"), value: text("Value") }
        };
        match place {
            Place::Frame => {
                self.frame =
                    SceneFrame { time: attributes.time("UtcTime"), ..SceneFrame::default() };
                self.transformation = Transformation::default();
            }
            Place::FrameTranslate => self.transformation.translate = attributes.pair(0.0),
            Place::FrameScale => self.transformation.scale = attributes.pair(1.0),
            Place::Object => {
                let id = attributes.text("ObjectId").unwrap_or_default().to_owned();
                self.object = OpenObject { id, ..OpenObject::default() };
            }
            Place::ObjectTranslate => self.object.transformation.translate = attributes.pair(0.0),
            Place::ObjectScale => self.object.transformation.scale = attributes.pair(1.0),
            Place::BoundingBox => {
                let side = |name| attributes.number(name);
                let sides = (side("left"), side("top"), side("right"), side("bottom"));
                if let (Some(left), Some(top), Some(right), Some(bottom)) = sides {
                    self.object.sides = Some([left, top, right, bottom]);
                }
            }
            Place::Identity => self.frame.refused = self.frame.refused.saturating_add(1),
            Place::ClassCandidate => {
                self.candidate = None;
                self.likelihood = 0.0;
            }
            Place::ClassType => self.likelihood = attributes.number("Likelihood").unwrap_or(1.0),
            Place::NotificationMessage => self.notification = Notification::default(),
            Place::Message => {
                self.notification.time = attributes.time("UtcTime");
                self.notification.operation = match attributes.text("PropertyOperation") {
                    Some("Initialized") => Some(Operation::Initialized),
                    Some("Changed") => Some(Operation::Changed),
                    Some("Deleted") => Some(Operation::Deleted),
                    _ => None,
                };
            }
            Place::SourceItem => push_item(&mut self.notification.source, item())?,
            Place::KeyItem => push_item(&mut self.notification.key, item())?,
            Place::DataItem => push_item(&mut self.notification.data, item())?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, piece: &[u8]) -> Result<(), MetadataError> {
        if !self.places.last().is_some_and(|place| place.has_text()) {
            return Ok(());
        }
        if self.text.len() + piece.len() > limits::TEXT {
            return Err(MetadataError::TooLarge("text"));
        }
        self.text.extend_from_slice(piece);
        Ok(())
    }

    fn end(&mut self, resolver: &NamespaceResolver) -> Result<(), MetadataError> {
        let Some(place) = self.places.pop() else {
            return Err(MetadataError::Malformed);
        };
        let text = String::from_utf8_lossy(&self.text).trim().to_owned();
        match place {
            Place::Topic => self.notification.topic = topic(&text, resolver),
            Place::CandidateType => self.candidate(&text),
            Place::Likelihood => self.likelihood = text.parse().unwrap_or(0.0),
            Place::ClassType => {
                self.candidate(&text);
                self.weigh();
            }
            Place::ClassCandidate => self.weigh(),
            Place::Object => {
                let object = self.object();
                if self.frame.objects.len() >= limits::OBJECTS {
                    return Err(MetadataError::TooLarge("objects"));
                }
                self.frame.objects.extend(object);
            }
            Place::Frame => {
                if self.metadata.frames.len() >= limits::FRAMES {
                    return Err(MetadataError::TooLarge("frames"));
                }
                self.metadata.frames.push(std::mem::take(&mut self.frame));
            }
            Place::NotificationMessage => {
                if self.metadata.notifications.len() >= limits::FRAMES {
                    return Err(MetadataError::TooLarge("notifications"));
                }
                let notification = std::mem::take(&mut self.notification);
                self.metadata.notifications.push(notification);
            }
            _ => {}
        }
        self.text.clear();
        Ok(())
    }

    fn candidate(&mut self, text: &str) {
        self.candidate = class(text);
        self.object.is_identity |= is_identity(text);
    }

    /// Takes the class candidate just read, if it is one of ours and the likeliest.
    fn weigh(&mut self) {
        self.object.has_candidates = true;
        let likelihood = if self.likelihood.is_finite() { self.likelihood } else { 0.0 };
        let likelihood = likelihood.clamp(0.0, 1.0);
        if let Some(class) = self.candidate.take()
            && self.object.best.is_none_or(|(_, best)| likelihood > best)
        {
            self.object.best = Some((class, likelihood));
        }
    }

    /// Returns the object just read, if it is one to keep.
    fn object(&mut self) -> Option<SceneObject> {
        let object = std::mem::take(&mut self.object);
        if object.is_identity {
            self.frame.refused = self.frame.refused.saturating_add(1);
            return None;
        }
        if object.has_candidates && object.best.is_none() {
            return None;
        }
        let [left, top, right, bottom] = object.sides?;
        let place = |point| self.transformation.apply(object.transformation.apply(point));
        let ([left, top], [right, bottom]) = (place([left, top]), place([right, bottom]));
        // From -1..1, upwards, to 0..1, downwards; a scale may turn an axis round.
        let bbox = Bbox {
            left: (left.min(right) + 1.0) / 2.0,
            top: (1.0 - top.max(bottom)) / 2.0,
            width: (left - right).abs() / 2.0,
            height: (top - bottom).abs() / 2.0,
        };
        let sides = [bbox.left, bbox.top, bbox.width, bbox.height];
        let is_near = sides.iter().all(|side| side.is_finite() && side.abs() <= 10.0);
        is_near.then_some(SceneObject { id: object.id, bbox, class: object.best })
    }
}

fn push_item(items: &mut Vec<Item>, item: Item) -> Result<(), MetadataError> {
    if items.len() >= limits::ITEMS {
        return Err(MetadataError::TooLarge("items"));
    }
    items.push(item);
    Ok(())
}

/// Returns the class of ours that an object type of ONVIF is (Analytics Service Specification
/// §5.3.1.4). A vehicle of no kind is none: it could be any.
fn class(text: &str) -> Option<Class> {
    Some(match text {
        "Human" | "Person" => Class::Person,
        "Bicycle" | "Bike" => Class::Bicycle,
        "Motorcycle" | "Motorbike" => Class::Motorcycle,
        "Car" => Class::Car,
        "Bus" => Class::Bus,
        "Truck" => Class::Truck,
        "Train" => Class::Train,
        "Boat" => Class::Boat,
        "Animal" => Class::Animal,
        "Bag" => Class::Bag,
        _ => return None,
    })
}

/// Returns whether an object type is about who somebody is.
fn is_identity(text: &str) -> bool {
    matches!(text, "Face" | "HumanFace" | "LicensePlate" | "NumberPlate")
}

/// Returns a topic expression (WS-Topics 1.3 §8.2, concrete) without prefixes, foreign parts with
/// their namespaces.
fn topic(text: &str, resolver: &NamespaceResolver) -> String {
    let mut path = String::new();
    for (number, part) in text.split('/').enumerate() {
        if number > 0 {
            path.push('/');
        }
        let name = QName(part.as_bytes());
        let (local, prefix) = name.decompose();
        let local = String::from_utf8_lossy(local.as_ref()).into_owned();
        let bound = match resolver.resolve_prefix(prefix, false) {
            ResolveResult::Bound(Namespace(of)) => Some(of),
            _ => None,
        };
        match (bound, prefix) {
            (Some(TOPICS), _) => {}
            // A part without prefix belongs where the part before it does.
            (None, None) if number > 0 => {}
            (of, _) => {
                let of = String::from_utf8_lossy(of.unwrap_or_default()).into_owned();
                path.push_str(&format!("{{{of}}}"));
            }
        }
        path.push_str(&local);
    }
    path
}

/// The attributes of an element, by their local names.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    fn read(start: &BytesStart<'_>) -> Result<Self, MetadataError> {
        let mut read = Vec::new();
        for (number, attribute) in start.attributes().enumerate() {
            if number >= limits::ATTRIBUTES {
                return Err(MetadataError::TooLarge("attributes"));
            }
            let attribute = attribute.map_err(|_| MetadataError::Malformed)?;
            if attribute.value.len() > limits::TEXT {
                return Err(MetadataError::TooLarge("attribute"));
            }
            // Those of ONVIF have no namespace; declarations are the resolver's.
            if attribute.key.prefix().is_some() {
                continue;
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| MetadataError::Entity)?;
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            read.push((name, value.into_owned()));
        }
        Ok(Self(read))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.trim().parse().ok()
    }

    fn number(&self, name: &str) -> Option<f32> {
        self.text(name)?.trim().parse().ok().filter(|number: &f32| number.is_finite())
    }

    fn pair(&self, otherwise: f32) -> [f32; 2] {
        [self.number("x").unwrap_or(otherwise), self.number("y").unwrap_or(otherwise)]
    }
}
