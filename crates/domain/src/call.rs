//! What people told a call-taking system of: police 113, fire 114, ambulance 115.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Location, Severity, Timestamp};

/// The service that was called. The numbers are stored and never change meaning; they stay apart from
/// those of rules, of trouble and of its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum CallService {
    /// Police.
    #[serde(rename = "113")]
    Police = 53,
    /// Fire brigade and rescue.
    #[serde(rename = "114")]
    Fire = 54,
    /// Ambulance.
    #[serde(rename = "115")]
    Ambulance = 55,
}

impl CallService {
    /// Every service, in the order of its number.
    pub const ALL: [Self; 3] = [Self::Police, Self::Fire, Self::Ambulance];

    /// Returns the word of the alert that such a call raises.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Police => "call_113",
            Self::Fire => "call_114",
            Self::Ambulance => "call_115",
        }
    }

    /// Returns what people dial.
    pub fn telephone(self) -> &'static str {
        match self {
            Self::Police => "113",
            Self::Fire => "114",
            Self::Ambulance => "115",
        }
    }

    /// Returns the service that is dialled so.
    pub fn from_telephone(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.telephone() == text)
    }

    /// Returns the number stored for it.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// Returns the one stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.number() == number)
    }
}

impl fmt::Display for CallService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.telephone())
    }
}

/// What a call-taking system says of a call, as it is now. Never who called: numbers of telephones and
/// papers are taken out of its words before it comes to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The service that was called.
    pub service: CallService,
    /// What it is about, in the sender's words: `cháy nhà`.
    pub what: String,
    /// How much it matters.
    pub severity: Severity,
    /// When the call came in.
    pub time: Timestamp,
    /// What was said, in the sender's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Where it is, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Where it is, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The ward it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// Whether the call-taking system has closed it.
    #[serde(default)]
    pub is_over: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_told_apart_from_all_that_events_are_of() {
        for service in CallService::ALL {
            assert_eq!(CallService::from_number(service.number()), Some(service));
            assert_eq!(CallService::from_telephone(service.telephone()), Some(service));
            assert_eq!(crate::RuleKind::from_number(service.number()), None);
            assert!(
                crate::HealthKind::ALL.iter().all(|kind| kind.number() + 10 < service.number())
            );
        }
        assert_eq!(serde_json::to_string(&CallService::Fire).unwrap(), "\"114\"");
    }
}
