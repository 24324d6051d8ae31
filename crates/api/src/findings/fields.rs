//! The members of a JSON object, read strictly: every one that is unknown or not understood is
//! named in the answer, all of them at once.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::params::shortened;
use crate::problem::{ApiError, InvalidParam};

/// An object being read. What is never taken is refused at the end.
#[derive(Debug)]
pub(crate) struct Fields {
    given: Map<String, Value>,
    known: Vec<&'static str>,
    invalid: Vec<InvalidParam>,
    /// Stands before every name in the answer: `data.`.
    within: String,
}

impl Fields {
    /// Reads `bytes` as one object; `within` stands before the names of its members.
    pub(crate) fn read(bytes: &[u8], within: &str) -> Result<Self, ApiError> {
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(given)) => Ok(Self::new(given, within)),
            Ok(_) => Err(ApiError::NotJson("it is no object".to_owned())),
            Err(error) => Err(ApiError::NotJson(shortened(&error.to_string()))),
        }
    }

    pub(crate) fn new(given: Map<String, Value>, within: &str) -> Self {
        Self { given, known: Vec::new(), invalid: Vec::new(), within: within.to_owned() }
    }

    /// Refuses the member `name`.
    pub(crate) fn refuse(&mut self, name: &str, reason: impl AsRef<str>) {
        self.refuse_around(&format!("{}{name}", self.within), reason);
    }

    /// Refuses what stands around the object: `name` as it is.
    pub(crate) fn refuse_around(&mut self, name: &str, reason: impl AsRef<str>) {
        let (name, reason) = (shortened(name), shortened(reason.as_ref()));
        self.invalid.push(InvalidParam { name, reason });
    }

    /// Returns how much was refused so far.
    pub(crate) fn refused(&self) -> usize {
        self.invalid.len()
    }

    /// Returns whether `name` is given.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|value| !value.is_null())
    }

    /// Takes `name` as it is; null counts as not given.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.given.remove(name).filter(|value| !value.is_null())
    }

    /// Takes `name` as a text, if given.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(name, "is not a text");
                None
            }
        }
    }

    /// Takes `name` as `read` understands its text, if given.
    pub(crate) fn parse_with<T, E: Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        read(&text).map_err(|error| self.refuse(name, error.to_string())).ok()
    }

    /// Takes `name`, if given.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.parse_with(name, T::from_str)
    }

    /// Takes `name` as a number between `least` and `most`, if given.
    #[allow(clippy::cast_possible_truncation, reason = "shares of a view and of certainty")]
    pub(crate) fn number(&mut self, name: &'static str, least: f32, most: f32) -> Option<f32> {
        let value = self.take(name)?;
        match value.as_f64() {
            Some(number) if (f64::from(least)..=f64::from(most)).contains(&number) => {
                Some(number as f32)
            }
            _ => {
                self.refuse(name, format!("is not a number from {least} to {most}"));
                None
            }
        }
    }

    /// Takes `name` as degrees, `most` to each side of 0; refuses what is missing.
    pub(crate) fn degrees(&mut self, name: &'static str, most: f64) -> Option<f64> {
        let degrees = self.take(name).and_then(|value| value.as_f64());
        let found = degrees.filter(|degrees| (-most..=most).contains(degrees));
        if found.is_none() {
            self.refuse(name, format!("is needed: degrees from -{most} to {most}"));
        }
        found
    }

    /// Takes `name` as a whole number between `least` and `most`, if given.
    pub(crate) fn whole(&mut self, name: &'static str, least: u32, most: u32) -> Option<u32> {
        let value = self.take(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number {
            Some(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.refuse(name, format!("is not a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// Takes `name` as an object, if given; what is refused in it belongs to [`Self::take_over`].
    pub(crate) fn object(&mut self, name: &'static str) -> Option<Self> {
        match self.take(name)? {
            Value::Object(object) => {
                let within = format!("{}{name}.", self.within);
                Some(Self::new(object, &within))
            }
            _ => {
                self.refuse(name, "is not an object");
                None
            }
        }
    }

    /// Takes over what was refused in an object within.
    pub(crate) fn take_over(&mut self, inner: Fields) {
        self.invalid.extend(inner.refused_unknown());
    }

    /// Leaves unread what is left over.
    pub(crate) fn forget_unknown(&mut self) {
        self.given.clear();
    }

    /// Returns what was read, unless something was refused or is left over.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, ApiError> {
        let invalid = self.refused_unknown();
        match read {
            Some(value) if invalid.is_empty() => Ok(value),
            _ => Err(ApiError::Invalid(invalid)),
        }
    }

    fn refused_unknown(mut self) -> Vec<InvalidParam> {
        let known = self.known.join(", ");
        let left: Vec<String> =
            std::mem::take(&mut self.given).into_iter().map(|(name, _)| name).take(8).collect();
        for name in left {
            self.refuse(&name, format!("is not known here; known: {known}"));
        }
        self.invalid
    }
}
