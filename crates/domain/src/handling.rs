//! What duty officers do about an alert: the axis beside its condition, never mixed with it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AccountName, Timestamp};

/// Words and stored numbers of an enumeration. The numbers never change meaning.
macro_rules! words {
    ($name:ident, $what:literal, { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every one, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word used in API, configuration and reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Returns the number stored for it.
            pub fn number(self) -> u8 {
                self as u8
            }

            /// Returns the one stored as `number`.
            pub fn from_number(number: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.number() == number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    format!("\"{text}\" is not {}: use one of {}", $what, known.join(", "))
                })
            }
        }
    };
}

/// How far an alert is handled.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum HandlingState {
    /// Nobody has taken charge of it.
    #[default]
    New = 0,
    /// One named person has seen it and answers for it.
    Acknowledged = 1,
    /// It was given to somebody, or a step of its procedure is done.
    InProgress = 2,
    /// It has an outcome.
    Closed = 3,
}

words!(HandlingState, "a state of handling", {
    New = "new",
    Acknowledged = "acknowledged",
    InProgress = "in_progress",
    Closed = "closed",
});

/// What an alert came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    /// It was as the alert says.
    True = 1,
    /// Nothing of the kind was there: a false alarm.
    False = 2,
    /// Another alert tells of the same.
    Duplicate = 3,
    /// Seen, and nothing was to be done; says nothing of whether it was true.
    NoAction = 4,
}

words!(Outcome, "an outcome", {
    True = "true",
    False = "false",
    Duplicate = "duplicate",
    NoAction = "no_action",
});

/// Who acts: a named account, or the program by itself. In JSON the name, or null for the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Option<AccountName>", into = "Option<AccountName>")]
pub enum Actor {
    /// An account.
    Account(AccountName),
    /// The program: a time was up.
    Automatic,
}

impl Actor {
    /// Returns the account's name; `None` for the program.
    pub fn account(&self) -> Option<&AccountName> {
        match self {
            Self::Account(name) => Some(name),
            Self::Automatic => None,
        }
    }
}

impl From<Option<AccountName>> for Actor {
    fn from(name: Option<AccountName>) -> Self {
        name.map_or(Self::Automatic, Self::Account)
    }
}

impl From<Actor> for Option<AccountName> {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Account(name) => Some(name),
            Actor::Automatic => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.account().map_or("automatic", AccountName::as_str))
    }
}

/// What can be done about an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// "I have seen it and answer for it"; never closes.
    Ack,
    /// Gives it to an account.
    Assign {
        /// Who is to deal with it.
        to: AccountName,
    },
    /// Puts it before somebody higher.
    Escalate {
        /// Who.
        to: AccountName,
        /// Why.
        reason: String,
    },
    /// Makes it silent at every desk; nobody answers for it by that.
    Silence {
        /// When it sounds again, where that is said; otherwise when it is put before somebody higher.
        until: Option<Timestamp>,
    },
    /// Takes it out of the queue for a while; it comes back by itself.
    Shelve {
        /// When it comes back.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// Puts it back into the queue.
    Unshelve,
    /// Writes something down.
    Note {
        /// What.
        text: String,
    },
    /// Says that a step of the procedure is done.
    Step {
        /// Which, from 1.
        number: u16,
    },
    /// Ends it.
    Close {
        /// What it came to.
        outcome: Outcome,
        /// Why.
        reason: String,
    },
    /// Takes it up again.
    Reopen {
        /// Why.
        reason: String,
    },
    /// Asks that what speaks for it be kept: alert and log outlive retention, its footage is held.
    Hold {
        /// Why.
        reason: String,
        /// When the hold of its footage ends by itself, where that is said; otherwise when two people
        /// lift it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Says that its footage is held no more: two people lifted the hold, or its end has come. Nobody
    /// asks for it here.
    Release,
}

impl Action {
    /// Every word that may be asked for, in the order in which they are told of.
    pub const WORDS: [&'static str; 11] = [
        "ack", "assign", "escalate", "silence", "shelve", "unshelve", "note", "step", "close",
        "reopen", "hold",
    ];

    /// Returns the word used in addresses and logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Assign { .. } => "assign",
            Self::Escalate { .. } => "escalate",
            Self::Silence { .. } => "silence",
            Self::Shelve { .. } => "shelve",
            Self::Unshelve => "unshelve",
            Self::Note { .. } => "note",
            Self::Step { .. } => "step",
            Self::Close { .. } => "close",
            Self::Reopen { .. } => "reopen",
            Self::Hold { .. } => "hold",
            Self::Release => "release",
        }
    }
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// An escalation that is due unless somebody acknowledges the alert first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueEscalation {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: AccountName,
}

/// That an alert was put before somebody higher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Who.
    pub to: AccountName,
    /// Why.
    pub reason: String,
    /// Who did it, and when.
    pub signed: Signature,
}

/// That an alert is silent at every desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silenced {
    /// When it sounds again, where that was said.
    pub until: Option<Timestamp>,
    /// Who silenced it, and when.
    pub signed: Signature,
}

/// That an alert is out of the queue for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelved {
    /// When it comes back.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Who did it, and when.
    pub signed: Signature,
}

/// What an alert came to, in somebody's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it came to.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Who said so, and when.
    pub signed: Signature,
}

/// A step of the procedure that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDone {
    /// Which, from 1.
    pub number: u16,
    /// Who did it, and when.
    pub signed: Signature,
}

/// How an alert is handled: what its log of actions comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// How far it is.
    pub state: HandlingState,
    /// Grows by one with every action; 0 before the first.
    pub version: u32,
    /// Who took charge of it.
    pub acknowledged: Option<Signature>,
    /// Who is to deal with it.
    pub assignee: Option<AccountName>,
    /// Before whom it was put last.
    pub escalated: Option<Escalated>,
    /// How many escalations the program did by itself.
    pub rungs: u8,
    /// The next one. Kept beside the rest, because it is there before the first action.
    #[serde(skip)]
    pub escalates: Option<DueEscalation>,
    /// Whether it is silent at every desk, though nobody answers for it.
    pub silenced: Option<Silenced>,
    /// Until when it is out of the queue.
    pub shelved: Option<Shelved>,
    /// What it came to.
    pub verdict: Option<Verdict>,
    /// Steps of its procedure that are done, in the order in which they were.
    pub steps: Vec<StepDone>,
    /// Who asked that what speaks for it be kept.
    pub held: Option<Signature>,
    /// When the hold of its footage ends by itself, where that was said: from then on it may be held
    /// again.
    #[serde(default)]
    pub held_until: Option<Timestamp>,
    /// The latest action's word, and whose it was.
    pub latest: Option<(String, Signature)>,
}

/// One action as it stands in the log. The log of an alert comes to its [`Handling`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The version of the handling that it made.
    pub version: u32,
    /// Who acted, and when.
    pub signed: Signature,
    /// What was done.
    pub action: Action,
    /// The next escalation from then on: as the policy was.
    pub escalates: Option<DueEscalation>,
}

/// An action that was taken: what is written down, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// What is written down.
    pub entry: LogEntry,
    /// How the alert is handled now.
    pub handling: Handling,
}

/// More alerts than people can look at, from when to when (EEMUA 191, ISA-18.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flood {
    /// When it began.
    pub began: Timestamp,
    /// When it was over; `None` while it lasts.
    pub ended: Option<Timestamp>,
    /// How many alerts there were in the ten minutes before this was last told.
    pub alerts: u32,
    /// How many desks shared them.
    pub desks: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_and_word_is_read_back() {
        for state in HandlingState::ALL.iter().copied() {
            assert_eq!(HandlingState::from_number(state.number()), Some(state));
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for outcome in Outcome::ALL.iter().copied() {
            assert_eq!(Outcome::from_number(outcome.number()), Some(outcome));
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        assert!("perhaps".parse::<Outcome>().is_err());
    }

    #[test]
    fn the_program_is_no_account_of_that_name() {
        let automatic: Actor = serde_json::from_str("null").unwrap();
        let named: Actor = serde_json::from_str("\"automatic\"").unwrap();
        assert_eq!(automatic, Actor::Automatic);
        assert_ne!(automatic, named);
        assert_eq!(serde_json::to_string(&named).unwrap(), "\"automatic\"");
    }
}
