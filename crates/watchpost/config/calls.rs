//! Calls to 113, 114 and 115: what is gathered for one.

use std::time::Duration;

use domain::Severity;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is gathered for a call that a call-taking system tells of: which of them may is said by `calls`
/// of a `[[source]]`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Calls {
    /// How much a call matters whose sender does not say: 1 is the gravest, 4 the least.
    pub(crate) severity: Severity,
    /// How far a camera may stand from the place, in metres.
    pub(crate) radius_m: f64,
    /// How many cameras are gathered at most: the nearest, those that look at the place first.
    pub(crate) most_cameras: usize,
    /// How many seconds of footage before the call are marked.
    pub(crate) before_s: f64,
    /// How many seconds after it are marked; they are recorded as they come.
    pub(crate) after_s: f64,
    /// For how many days what was said and where is kept after the last word of it; that there was a
    /// call, of which kind, stays with its case.
    pub(crate) words_days: f64,
}

impl Default for Calls {
    fn default() -> Self {
        let policy = api::CallPolicy::default();
        Self {
            severity: policy.severity,
            radius_m: policy.radius_m,
            most_cameras: policy.most_cameras,
            before_s: policy.before.as_secs_f64(),
            after_s: policy.after.as_secs_f64(),
            words_days: 90.0,
        }
    }
}

/// Returns the same as the query service wants it, of a configuration that was checked.
pub(crate) fn policy(calls: &Calls) -> api::CallPolicy {
    let span = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    api::CallPolicy {
        severity: calls.severity,
        radius_m: calls.radius_m,
        most_cameras: calls.most_cameras,
        before: span(calls.before_s),
        after: span(calls.after_s),
    }
}

/// Returns every mistake, with the path of the setting.
pub(super) fn check(calls: &Calls) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut must = |holds: bool, setting: &str, message: &str| {
        if !holds {
            found.push((format!("calls.{setting}"), message.to_owned()));
        }
    };
    must((10.0..=5000.0).contains(&calls.radius_m), "radius_m", "it is 10 to 5000 metres");
    must((1..=16).contains(&calls.most_cameras), "most_cameras", "cameras are 1 to 16");
    must((0.0..=3600.0).contains(&calls.before_s), "before_s", "it is 0 to 3600 seconds");
    must((1.0..=3600.0).contains(&calls.after_s), "after_s", "it is 1 to 3600 seconds");
    must((1.0..=3650.0).contains(&calls.words_days), "words_days", "it is 1 to 3650 days");
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named() {
        assert!(check(&Calls::default()).is_empty());
        let wrong = Calls {
            radius_m: f64::NAN,
            most_cameras: 0,
            before_s: -1.0,
            after_s: 0.0,
            words_days: 0.0,
            ..Calls::default()
        };
        let paths: Vec<_> = check(&wrong).into_iter().map(|(path, _)| path).collect();
        let settings = ["radius_m", "most_cameras", "before_s", "after_s", "words_days"];
        assert_eq!(paths, settings.map(|setting| format!("calls.{setting}")));
    }
}
