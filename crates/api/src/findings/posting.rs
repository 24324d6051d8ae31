//! How another system posts something: as our own JSON, or as a CloudEvent that carries it.

use axum::http::HeaderMap;
use domain::Timestamp;

use super::fields::Fields;
use super::media_type;
use crate::problem::ApiError;

/// Characters that an id may have; CloudEvents sets no limit.
const ID_LIMIT: usize = 200;

/// What stands around the data: of a CloudEvent all of it (CloudEvents 1.0.2 §3), of our own JSON the
/// id alone.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    /// Names the posting at its source.
    pub(crate) id: Option<String>,
    /// Within what the id is its own.
    pub(crate) source: Option<String>,
    /// The type of the CloudEvent.
    pub(crate) kind: Option<String>,
    /// When it happened.
    pub(crate) time: Option<Timestamp>,
    /// What it is about.
    pub(crate) subject: Option<String>,
}

/// Reads a posting: `read` takes the members of its data.
///
/// # Errors
/// Names every member that is missing, unknown or not understood.
pub(crate) fn read_posting<T>(
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&mut Fields, Attributes) -> Option<T>,
) -> Result<T, ApiError> {
    match media_type(headers).as_str() {
        "application/cloudevents+json" => read_structured(body, read),
        "application/json" if headers.contains_key("ce-specversion") => {
            read_binary(headers, body, read)
        }
        "application/json" => {
            let mut fields = Fields::read(body, "")?;
            let id = fields.text("id");
            require(&mut fields, "id", id.as_deref());
            let found = read(&mut fields, Attributes { id, ..Attributes::default() });
            fields.finish(found)
        }
        _ => Err(ApiError::MediaType),
    }
}

/// Reads a CloudEvent in structured mode (JSON Event Format 1.0.2 §3). Attributes that are not ours
/// are left unread, as extensions may be.
fn read_structured<T>(
    body: &[u8],
    read: impl FnOnce(&mut Fields, Attributes) -> Option<T>,
) -> Result<T, ApiError> {
    let mut event = Fields::read(body, "")?;
    let attributes = read_attributes(&mut event);
    if event.take("data_base64").is_some() {
        event.refuse("data_base64", "is not taken: put what is told into data, as JSON");
    }
    require_context(&mut event, &attributes);
    let data = event.object("data");
    event.forget_unknown();
    let mut fields = data.unwrap_or_else(|| Fields::new(serde_json::Map::new(), "data."));
    let found = read(&mut fields, attributes);
    event.take_over(fields);
    event.finish(found)
}

/// Reads a CloudEvent in binary mode (HTTP Protocol Binding 1.0.2 §3.1): attributes in headers, as
/// they stand there, what is told as the body.
fn read_binary<T>(
    headers: &HeaderMap,
    body: &[u8],
    read: impl FnOnce(&mut Fields, Attributes) -> Option<T>,
) -> Result<T, ApiError> {
    let mut attributes = serde_json::Map::new();
    for name in ["specversion", "id", "source", "type", "time", "subject"] {
        let value = headers.get(format!("ce-{name}"));
        if let Some(text) = value.and_then(|value| value.to_str().ok()) {
            attributes.insert(name.to_owned(), text.into());
        }
    }
    let mut event = Fields::new(attributes, "ce-");
    let attributes = read_attributes(&mut event);
    require_context(&mut event, &attributes);
    let mut fields = Fields::read(body, "")?;
    let found = read(&mut fields, attributes);
    event.take_over(fields);
    event.finish(found)
}

fn read_attributes(event: &mut Fields) -> Attributes {
    if event.text("specversion").as_deref() != Some("1.0") {
        event.refuse("specversion", "is not \"1.0\"");
    }
    Attributes {
        id: event.text("id"),
        source: event.text("source"),
        kind: event.text("type"),
        time: event.parse("time"),
        subject: event.text("subject"),
    }
}

/// Refuses a CloudEvent without what every one must have.
fn require_context(event: &mut Fields, attributes: &Attributes) {
    for (name, value) in
        [("id", &attributes.id), ("source", &attributes.source), ("type", &attributes.kind)]
    {
        require(event, name, value.as_deref());
    }
}

/// Refuses a name that is missing, too long or not to be read.
fn require(fields: &mut Fields, name: &str, text: Option<&str>) {
    let is_fine = |text: &str| {
        (1..=ID_LIMIT).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    if !text.is_some_and(is_fine) {
        fields.refuse(name, format!("is needed: 1 to {ID_LIMIT} characters"));
    }
}
