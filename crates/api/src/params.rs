//! Query parameters, read strictly: every one that is unknown, twice given or not understood is
//! named in the answer, all of them at once.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::{TimeRange, Timestamp};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::problem::{ApiError, InvalidParam};

/// Entries that a list may have: `cameras=a,b,c`.
const LIST_LIMIT: usize = 1000;

/// A query that has been read whole and found in order.
pub(crate) struct Params<T>(pub(crate) T);

/// What can be read from a query.
pub(crate) trait Parameters: Sized {
    /// Reads itself; `None` once it has refused something.
    fn read(query: &mut Query) -> Option<Self>;
}

/// The query of an address that takes none.
pub(crate) struct NoParams;

impl Parameters for NoParams {
    fn read(_: &mut Query) -> Option<Self> {
        Some(Self)
    }
}

impl<S: Sync, T: Parameters> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut query = Query::new(parts.uri.query().unwrap_or_default());
        let read = T::read(&mut query);
        query.finish(read).map(Self)
    }
}

/// Reads a query that came in another way than in an address.
pub(crate) fn read_text<T: Parameters>(text: &str) -> Result<T, ApiError> {
    let mut query = Query::new(text);
    let read = T::read(&mut query);
    query.finish(read)
}

/// The parts of the address that stand for something, by name.
pub(crate) struct Names(Vec<(String, String)>);

impl Names {
    /// Reads the part called `name`.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, ApiError> {
        let found = self.0.iter().find(|(key, _)| key == name);
        let Some((_, text)) = found else {
            return Err(ApiError::NoSuchPage);
        };
        text.parse().map_err(|error: T::Err| ApiError::refuse(name, shortened(&error.to_string())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Names {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::NoSuchPage)?;
        let owned = params.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        Ok(Self(owned))
    }
}

/// A longer body is none of those that [`read_json`] reads.
const MOST_JSON_BYTES: usize = 64 << 10;

/// Reads a small body of JSON.
pub(crate) async fn read_json<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    let bytes = axum::body::to_bytes(body, MOST_JSON_BYTES).await.map_err(|_| {
        ApiError::refuse("body", format!("it is longer than {MOST_JSON_BYTES} bytes"))
    })?;
    serde_json::from_slice(&bytes).map_err(|error| ApiError::refuse("body", error.to_string()))
}

/// A query being read.
#[derive(Debug)]
pub(crate) struct Query {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    invalid: Vec<InvalidParam>,
}

impl Query {
    fn new(text: &str) -> Self {
        let given = form_urlencoded::parse(text.as_bytes())
            .map(|(name, text)| (name.into_owned(), text.into_owned()))
            .collect();
        Self { given, known: Vec::new(), invalid: Vec::new() }
    }

    /// Refuses the parameter `name`.
    pub(crate) fn refuse(&mut self, name: &str, reason: impl AsRef<str>) {
        self.invalid
            .push(InvalidParam { name: shortened(name), reason: shortened(reason.as_ref()) });
    }

    /// Takes the text of `name`, if given.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let (found, rest) = std::mem::take(&mut self.given)
            .into_iter()
            .partition::<Vec<_>, _>(|(key, _)| key == name);
        self.given = rest;
        if found.len() > 1 {
            self.refuse(name, "given more than once");
        }
        found.into_iter().next().map(|(_, text)| text)
    }

    /// Takes `name` as `read` understands it, if given.
    pub(crate) fn parse_with<T, E: Display>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, error.to_string());
                None
            }
        }
    }

    /// Takes `name`, if given.
    pub(crate) fn parse<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.parse_with(name, T::from_str)
    }

    /// Takes `name` as a time, if given.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        // A '+' before the zone arrives as a space unless the client has escaped it.
        self.parse_with(name, |text| text.replace(' ', "+").parse::<Timestamp>())
    }

    /// Takes `name` as a number between `least` and `most`, or `otherwise` when not given.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        (least, most): (u32, u32),
        otherwise: u32,
    ) -> u32 {
        let read = |text: &str| match text.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(format!("\"{text}\" is not a whole number from {least} to {most}")),
        };
        self.parse_with(name, read).unwrap_or(otherwise)
    }

    /// Takes `name` as entries between commas, if given.
    pub(crate) fn list<T, E: Display>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let text = self.text(name)?;
        let mut entries = Vec::new();
        for entry in text.split(',') {
            if entries.len() == LIST_LIMIT {
                self.refuse(name, format!("more than {LIST_LIMIT} entries"));
                return None;
            }
            match read(entry.trim()) {
                Ok(value) => entries.push(value),
                Err(error) => {
                    self.refuse(name, error.to_string());
                    return None;
                }
            }
        }
        Some(entries)
    }

    /// Takes `start` and `end`; what is not given is open.
    pub(crate) fn open_range(&mut self) -> Option<TimeRange> {
        let refused = self.invalid.len();
        let start = self.time("start").unwrap_or(Timestamp::MIN);
        let end = self.time("end").unwrap_or(Timestamp::MAX);
        if self.invalid.len() > refused {
            return None;
        }
        self.ordered(start, end)
    }

    /// Takes `start` and `end`, which must both be given.
    pub(crate) fn range(&mut self) -> Option<TimeRange> {
        let refused = self.invalid.len();
        let start = self.time("start");
        let end = self.time("end");
        if self.invalid.len() == refused {
            for (name, time) in [("start", start), ("end", end)] {
                if time.is_none() {
                    self.refuse(name, "is needed: an RFC 3339 time");
                }
            }
        }
        self.ordered(start?, end?)
    }

    fn ordered(&mut self, start: Timestamp, end: Timestamp) -> Option<TimeRange> {
        if end <= start {
            self.refuse("end", format!("{end} is not after start, {start}"));
            return None;
        }
        Some(TimeRange { start, end })
    }

    fn finish<T>(mut self, read: Option<T>) -> Result<T, ApiError> {
        let left: Vec<_> = std::mem::take(&mut self.given);
        let known = match self.known.as_slice() {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        for (name, _) in left.into_iter().take(8) {
            self.refuse(&name, format!("is not known here; known: {known}"));
        }
        match read {
            Some(value) if self.invalid.is_empty() => Ok(value),
            _ => Err(ApiError::Invalid(self.invalid)),
        }
    }
}

/// Returns `text` cut to a length that may stand in an answer.
pub(crate) fn shortened(text: &str) -> String {
    const MOST_CHARACTERS: usize = 300;
    text.chars().take(MOST_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sample(TimeRange, u32);

    impl Parameters for Sample {
        fn read(query: &mut Query) -> Option<Self> {
            let range = query.range();
            let limit = query.number("limit", (1, 500), 100);
            Some(Self(range?, limit))
        }
    }

    fn read(text: &str) -> Result<Sample, Vec<String>> {
        let mut query = Query::new(text);
        let sample = Sample::read(&mut query);
        match query.finish(sample) {
            Ok(sample) => Ok(sample),
            Err(ApiError::Invalid(params)) => {
                Err(params.into_iter().map(|param| param.name).collect())
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let refused = |text| read(text).err().unwrap();
        assert_eq!(refused(""), ["start", "end"]);
        assert_eq!(
            refused("start=yesterday&end=2026-03-01T00:00:00Z&limit=0&speed=3"),
            ["start", "limit", "speed"]
        );
        assert_eq!(refused("start=2026-03-01T00:00:00Z&end=2026-03-01T00:00:00Z"), ["end"]);
        assert_eq!(
            refused(
                "start=2026-03-01T00:00:00Z&start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z"
            ),
            ["start"]
        );
    }

    #[test]
    fn a_zone_written_with_a_bare_plus_is_understood() {
        let Sample(range, limit) =
            read("start=2026-03-01T07:00:00+07:00&end=2026-03-01T00:00:01Z").unwrap();
        assert_eq!(range.start, "2026-03-01T00:00:00Z".parse().unwrap());
        assert_eq!(limit, 100);
    }
}
