//! Sealed packages: when a second person must agree, how long they lie there, who stamps the time.

use api::Masking;
use domain::{CameraId, SiteMasks, TimeRange};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::{Config, address};

/// Packages that leave.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Export {
    /// When a second person, of a supervisor's role, must agree before a package is made.
    pub(crate) second_person: SecondPerson,
    /// Hours that a package lies there to be fetched.
    pub(crate) keep_hours: f64,
    /// The address of a time-stamp authority (RFC 3161), by `http`: it learns a hash and nothing
    /// else, and its stamp goes into every package.
    #[serde(deserialize_with = "address::read_some")]
    #[schemars(with = "Option<String>", extend("format" = "uri"))]
    pub(crate) time_stamp_url: Option<Url>,
    /// Whether a package without a time stamp is not made; otherwise it says that it has none.
    pub(crate) time_stamp_required: bool,
}

impl Default for Export {
    fn default() -> Self {
        Self {
            second_person: SecondPerson::Masked,
            keep_hours: 24.0,
            time_stamp_url: None,
            time_stamp_required: false,
        }
    }
}

/// When a second person must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecondPerson {
    /// Where what privacy masks hide leaves: masks lie over the footage, or nobody knows any more
    /// whether they do, and are removed.
    Masked,
    /// For every package.
    Always,
}

impl SecondPerson {
    /// Returns the word used in the configuration.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Masked => "masked",
            Self::Always => "always",
        }
    }
}

impl Config {
    /// Returns whether a second person must agree before footage of `cameras` taken in `range` leaves.
    /// Masks that were taken away since still lie over what was recorded under them.
    pub(crate) fn needs_second(
        &self,
        cameras: &[CameraId],
        range: TimeRange,
        masking: Masking,
        masks: &SiteMasks,
    ) -> bool {
        let is_masked = |id: &CameraId| masks.of(id).is_none_or(|history| history.covers(range));
        match self.export.second_person {
            SecondPerson::Masked => masking == Masking::Off && cameras.iter().any(is_masked),
            SecondPerson::Always => true,
        }
    }
}

/// Returns every mistake, as the path of the setting and what is wrong.
pub(super) fn check(export: &Export) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if !(export.keep_hours > 0.0 && export.keep_hours <= 24.0 * 31.0) {
        let message = "it is more than 0 and at most 744".to_owned();
        found.push(("export.keep_hours".to_owned(), message));
    }
    match &export.time_stamp_url {
        Some(url) if url.scheme() != "http" || !url.has_host() => {
            let message = "an address by http, as http://tsa.example/tsr: a stamp is signed by \
                           itself, and what is asked is a hash";
            found.push(("export.time_stamp_url".to_owned(), message.to_owned()));
        }
        // What cannot be reached is logged with its address.
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            let message = "credentials do not belong in the address: no authority asks for any";
            found.push(("export.time_stamp_url".to_owned(), message.to_owned()));
        }
        None if export.time_stamp_required => {
            let message = "name the authority by time_stamp_url".to_owned();
            found.push(("export.time_stamp_required".to_owned(), message));
        }
        _ => {}
    }
    found
}
