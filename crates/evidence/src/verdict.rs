//! What the check of a package found, and how it is told.

use std::fmt::{self, Write};

use domain::Timestamp;

use crate::{Digest, Manifest, Proven};

/// Mismatches that are told one by one.
const MOST_TOLD: usize = 5;

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mismatch {
    /// The container is not as it was written.
    Container {
        /// From which byte on.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// A file's bytes are not those that were sealed.
    Changed(String),
    /// A file that is not in the package.
    Missing(String),
    /// A file that was not sealed.
    Added(String),
    /// The manifest was not signed by the key in the package.
    Signature,
    /// The package was signed by another key than the one expected.
    OtherKey {
        /// The fingerprint of the key in the package.
        found: Digest,
    },
    /// The key in the package is not the one that the manifest names, or none at all.
    Key,
    /// The manifest cannot be understood.
    Manifest(String),
    /// The audit extract does not lead to the signed head.
    Audit(String),
    /// The chains of recorded files do not lead to their seals.
    Footage(String),
    /// A recorded file was no longer as it was recorded when the package was made of it.
    Altered(String),
    /// The time stamp is not one of this signature.
    Stamp(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(&mut OneLine(f))
    }
}

impl Mismatch {
    fn tell(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Container { at, what } => write!(out, "the container at byte {at}: {what}"),
            Self::Changed(name) => write!(out, "{name} was changed"),
            Self::Missing(name) => write!(out, "{name} is missing"),
            Self::Added(name) => write!(out, "{name} was added"),
            Self::Signature => out.write_str("the signature is not that of the manifest"),
            Self::OtherKey { found } => write!(out, "signed by another key: {found}"),
            Self::Key => out.write_str("the key in the package is not the one that sealed it"),
            Self::Manifest(why) => write!(out, "the manifest cannot be understood: {why}"),
            Self::Audit(why) => write!(out, "the audit extract: {why}"),
            Self::Footage(why) => write!(out, "the chain of recorded files: {why}"),
            Self::Altered(path) => {
                write!(out, "{path} was altered between recording and export")
            }
            Self::Stamp(why) => write!(out, "the time stamp: {why}"),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What the package says of itself; `None` if it cannot be read. Worth no more than the
    /// mismatches allow.
    pub manifest: Option<Manifest>,
    /// How many of its files are as they were sealed.
    pub whole: usize,
    /// How many files it holds.
    pub files: usize,
    /// Whether the key in the package has signed the manifest.
    pub signed: bool,
    /// Whether it was compared with a key known from elsewhere.
    pub key_expected: bool,
    /// Which recorded files stand in chains that were sealed; `None` in packages that do not say.
    pub footage: Option<Proven>,
    /// When a third party stamped the signature. Its own signature is not looked at.
    pub stamped: Option<Timestamp>,
    /// All that does not hold; empty if everything does.
    pub mismatches: Vec<Mismatch>,
}

impl Verdict {
    /// Returns whether everything holds.
    pub fn holds(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// Says what is shown beyond the seal itself.
    fn proven(&self) -> String {
        let mut text = String::new();
        if let Some(Proven { files, chained, sealed: Some(sealed) }) = &self.footage {
            text += &format!(
                ", {chained} of {files} recorded files are as they were chained by {sealed}"
            );
        }
        for (signing, clips) in self.manifest.iter().flat_map(Manifest::signed_by_cameras) {
            text += &format!(
                ", {clips} clips bear the camera's own signatures ({signing}), not checked here"
            );
        }
        if let Some(stamped) = self.stamped {
            text +=
                &format!(", a time stamp of {stamped} is in it (openssl ts checks who gave it)");
        }
        text
    }

    pub(crate) fn broken(mismatch: Mismatch, key_expected: bool) -> Self {
        Self {
            manifest: None,
            whole: 0,
            files: 0,
            signed: false,
            key_expected,
            footage: None,
            stamped: None,
            mismatches: vec![mismatch],
        }
    }
}

impl fmt::Display for Verdict {
    /// Writes one line, whatever the package says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(&mut OneLine(f))
    }
}

impl Verdict {
    fn tell(&self, out: &mut impl Write) -> fmt::Result {
        let seal = if self.signed { "its signature holds" } else { "its signature does not hold" };
        if let (true, Some(manifest)) = (self.holds(), &self.manifest) {
            write!(
                out,
                "HOLDS: all {} files are as {} sealed them for case {} at {}, {seal}, the audit \
                 extract fits{}; key {}",
                self.files,
                manifest.site.id,
                manifest.purpose.case,
                manifest.exported,
                self.proven(),
                manifest.key
            )?;
            return if self.key_expected {
                out.write_str(" is the one expected")
            } else {
                out.write_str(": compare it with the one that the site gives you by another way")
            };
        }
        out.write_str("DOES NOT HOLD: ")?;
        for (position, mismatch) in self.mismatches.iter().take(MOST_TOLD).enumerate() {
            write!(out, "{}{mismatch}", if position > 0 { "; " } else { "" })?;
        }
        if self.mismatches.len() > MOST_TOLD {
            write!(out, "; and {} more", self.mismatches.len() - MOST_TOLD)?;
        }
        if self.files > 0 {
            write!(out, " ({} of {} files hold, {seal})", self.whole, self.files)?;
        }
        Ok(())
    }
}

/// Writes what a package says of itself so that it stays within its line: who made it may be the one
/// whom the verdict is about, and a terminal obeys what it is sent.
struct OneLine<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if moves_others(letter) {
                write!(self.0, "{}", letter.escape_unicode())?;
            } else {
                self.0.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// Returns whether a character does something to those around it: ends lines, moves the cursor, turns
/// the direction of writing (Unicode Standard Annex 9 §2).
fn moves_others(letter: char) -> bool {
    let turns = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || ('\u{2066}'..='\u{2069}').contains(&letter);
    letter.is_control() || turns || matches!(letter, '\u{2028}' | '\u{2029}')
}
