//! Names of things: cheap to clone, checked once where they enter.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// A name that may not be used: it would not survive as a path, a URL segment and a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a valid name: use 1 to 64 of a-z, 0-9 and '-', not starting with '-'")]
pub struct InvalidId(pub String);

/// Checks that `text` may stand as a folder name, a URL path segment and a metric label.
fn checked_slug(text: &str) -> Result<Arc<str>, InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let valid =
        (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
    if valid { Ok(text.into()) } else { Err(InvalidId(text.to_owned())) }
}

/// A name as people write it in the configuration: `cau-giay-01`.
macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                checked_slug(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"})
            }
        }
    };
}

slug! {
    /// Names a camera within its site.
    CameraId
}
slug! {
    /// Names a rule within its site.
    RuleId
}
slug! {
    /// Names a partner system that tells us its findings.
    SourceId
}
slug! {
    /// Names a volume: a disk given to recording.
    VolumeId
}
slug! {
    /// Names a target of notifications.
    TargetId
}
slug! {
    /// Names a layer that the site draws on its map.
    MapLayerId
}
slug! {
    /// Names the account of a person, or the token of a service, that acts.
    AccountName
}

/// What the name of whoever acts as a user of the operating system begins with.
const SYSTEM: &str = "system:";

impl AccountName {
    /// Returns the name under which the user `user` of the operating system acts: `system:root`. No
    /// account is ever called so. What cannot stand in a name is told as `_`.
    pub fn of_system_user(user: &str) -> Self {
        let kept = |character: char| if may_name_user(character) { character } else { '_' };
        let user: String = user.chars().take(56).map(kept).collect();
        let user = if user.is_empty() { "_" } else { &user };
        Self(format!("{SYSTEM}{user}").into())
    }

    /// Returns the name under which the program itself acts.
    pub fn program() -> Self {
        Self("watchpost".into())
    }

    /// Reads who acted, as the audit trail has it: an account, or a user of the operating system.
    ///
    /// # Errors
    /// It is neither.
    pub fn of_actor(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix(SYSTEM) {
            Some(user) if (1..=56).contains(&user.len()) && user.chars().all(may_name_user) => {
                Ok(Self(text.into()))
            }
            _ => text.parse(),
        }
    }
}

fn may_name_user(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-".contains(character)
}

/// Which of a camera's two encodings of its one view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamRole {
    /// Full resolution: recorded, and decoded for stills.
    Main,
    /// Small: decoded for analysis.
    Sub,
}

impl StreamRole {
    /// Returns `main` or `sub`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

/// One stream of one camera; written `camera/main`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// The camera whose view it is.
    pub camera: CameraId,
    /// Which of its encodings.
    pub role: StreamRole,
}

impl StreamId {
    /// Returns the main stream of `camera`.
    pub fn main(camera: CameraId) -> Self {
        Self { camera, role: StreamRole::Main }
    }

    /// Returns the sub stream of `camera`.
    pub fn sub(camera: CameraId) -> Self {
        Self { camera, role: StreamRole::Sub }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.camera, self.role.as_str())
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Numbers the runs (unbroken pictures of one RTSP session) of one process, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// Names a track; unique within a site and ordered by the time of its first picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrackId(pub u64);

/// Names a segment: its row in the index, unique within a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SegmentId(pub i64);

/// Names an event everywhere, at this site and at the tiers above: a UUID v7 (RFC 9562 §5.7), or
/// one made from its name elsewhere (v8, §5.8) where a partner system found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

impl EventId {
    /// Returns when we gave it; `None` where it was made from another's name.
    pub fn given(self) -> Option<Timestamp> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
        Some(Timestamp::from_millis(millis.checked_add(i64::from(nanoseconds / 1_000_000))?))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::from_str(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_leave_its_folder_is_refused() {
        for hostile in ["", "..", "a/b", "-rf", "A", "cầu", &"x".repeat(65)] {
            assert!(hostile.parse::<CameraId>().is_err(), "{hostile}");
        }
        assert_eq!("cau-giay-01".parse::<CameraId>().unwrap().as_str(), "cau-giay-01");
    }

    #[test]
    fn a_user_of_the_system_is_never_taken_for_an_account() {
        let root = AccountName::of_system_user("root");
        assert_eq!(root.as_str(), "system:root");
        assert!(root.as_str().parse::<AccountName>().is_err());
        assert_eq!(AccountName::of_actor("system:root"), Ok(root));
        assert_eq!(AccountName::of_system_user("nguyễn văn\n").as_str(), "system:nguy_n_v_n_");
        assert_eq!(AccountName::of_system_user("").as_str(), "system:_");
        assert_eq!(AccountName::of_actor("lan"), "lan".parse());
        for hostile in ["system:", "system:a b", "other:root", "Root"] {
            assert!(AccountName::of_actor(hostile).is_err(), "{hostile}");
        }
    }
}
