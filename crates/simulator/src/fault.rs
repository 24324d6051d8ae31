//! What can go wrong with a camera, on demand.

use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

/// What goes wrong with a mount. One fault stands at a time, for running and new sessions, until
/// it is cleared or another takes its place; [`Fault::Cut`] alone happens once and is over.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// Nothing is sent any more, neither pictures nor sender reports; requests are answered. Once
    /// cleared, pictures go on with the next keyframe.
    Stall,
    /// The keyframe shown last when it began is sent in place of every picture, with advancing RTP
    /// time.
    Freeze,
    /// Pictures go on, but all carry one RTP timestamp.
    FrozenTime,
    /// Each RTP packet is left out with this probability; its sequence number is used up.
    Drop {
        /// 0..=100.
        percent: f64,
    },
    /// All connections of the mount are closed, once. Clients may come back at once.
    Cut,
    /// The credentials have changed: connections are closed and requests are answered with 401,
    /// also on a mount that asked for none.
    WrongPassword,
    /// The mount is gone: connections are closed and requests are answered with 404.
    NotFound,
    /// The camera's clock goes wrong by this much, in sender reports and RTP timestamps alike.
    ClockJump {
        /// Seconds to the future, or to the past if negative.
        seconds: f64,
    },
    /// The camera's clock is set: sender reports jump, RTP timestamps go on undisturbed.
    ClockStep {
        /// Seconds to the future, or to the past if negative.
        seconds: f64,
    },
    /// Pictures come from another file of the same codec, from its next keyframe on, in the same
    /// sessions.
    ChangeResolution {
        /// An MP4 file, such as the same footage in another size.
        file: PathBuf,
    },
    /// Random bytes are sent in place of every picture: no interleaved frames, no RTP packets.
    Garbage,
    /// In place of documents of metadata, more and more of one message is sent that never ends.
    EndlessMetadata,
    /// Connections are closed, and so is every new one at its first request for the mount.
    Refuse,
    /// Connections stay open, but nothing is sent and no request for the mount is answered.
    BlackHole,
}

/// Words that name no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such fault.
    #[error("\"{0}\" is no fault: use one of {known}", known = Fault::USAGE.join(", "))]
    Unknown(String),
    /// The fault needs something behind its name.
    #[error("use it as \"{0}\"")]
    Usage(&'static str),
}

impl Fault {
    /// How each fault is written in commands.
    pub const USAGE: [&'static str; 14] = [
        "stall",
        "freeze",
        "frozen-time",
        "drop PERCENT",
        "cut",
        "wrong-password",
        "not-found",
        "clock-jump SECONDS",
        "clock-step SECONDS",
        "change-resolution FILE",
        "garbage",
        "endless-metadata",
        "refuse",
        "black-hole",
    ];

    /// Returns whether running connections are closed when it comes.
    pub(crate) fn closes_connections(&self) -> bool {
        matches!(self, Self::Cut | Self::WrongPassword | Self::NotFound | Self::Refuse)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads a fault as written in [`Fault::USAGE`].
    fn from_str(words: &str) -> Result<Self, FaultError> {
        let words = words.trim();
        let (name, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        let rest = rest.trim();
        let number = |usage: &'static str| -> Result<f64, FaultError> {
            let number: f64 = rest.parse().map_err(|_| FaultError::Usage(usage))?;
            // A century: what still fits every clock in use.
            let sane = number.is_finite() && number.abs() < 3.2e9;
            sane.then_some(number).ok_or(FaultError::Usage(usage))
        };
        let fault = match name {
            "drop" => {
                let usage = "drop PERCENT";
                let percent = number(usage)?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err(FaultError::Usage(usage));
                }
                return Ok(Self::Drop { percent });
            }
            "clock-jump" => {
                let seconds = number("clock-jump SECONDS")?;
                return Ok(Self::ClockJump { seconds });
            }
            "clock-step" => {
                let seconds = number("clock-step SECONDS")?;
                return Ok(Self::ClockStep { seconds });
            }
            "change-resolution" if rest.is_empty() => {
                return Err(FaultError::Usage("change-resolution FILE"));
            }
            "change-resolution" => {
                let file = PathBuf::from(rest);
                return Ok(Self::ChangeResolution { file });
            }
            "stall" => Self::Stall,
            "freeze" => Self::Freeze,
            "frozen-time" => Self::FrozenTime,
            "cut" => Self::Cut,
            "wrong-password" => Self::WrongPassword,
            "not-found" => Self::NotFound,
            "garbage" => Self::Garbage,
            "endless-metadata" => Self::EndlessMetadata,
            "refuse" => Self::Refuse,
            "black-hole" => Self::BlackHole,
            _ => return Err(FaultError::Unknown(name.to_owned())),
        };
        if rest.is_empty() { Ok(fault) } else { Err(FaultError::Unknown(words.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written() {
        assert_eq!("stall".parse(), Ok(Fault::Stall));
        assert_eq!("drop 12.5".parse(), Ok(Fault::Drop { percent: 12.5 }));
        let file = PathBuf::from("/tmp/a b.mp4");
        assert_eq!("change-resolution /tmp/a b.mp4".parse(), Ok(Fault::ChangeResolution { file }));
        assert_eq!("clock-jump -30".parse(), Ok(Fault::ClockJump { seconds: -30.0 }));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_what_would_be_one() {
        let unknown = "explode".parse::<Fault>().unwrap_err().to_string();
        assert!(unknown.contains("black-hole"), "{unknown}");
        assert_eq!("drop 130".parse::<Fault>(), Err(FaultError::Usage("drop PERCENT")));
        assert_eq!("clock-jump NaN".parse::<Fault>(), Err(FaultError::Usage("clock-jump SECONDS")));
        assert!("stall now".parse::<Fault>().is_err());
    }
}
