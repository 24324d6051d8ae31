//! Secrets that stand for an account: made at random, told once, kept as their SHA-256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use index::SecretHash;
use sha2::{Digest as _, Sha256};

/// Random bytes of a secret: nobody guesses 256 bits.
const BYTES: usize = 32;
/// What a service's token begins with, so that scanners of source code find one that leaked.
pub(crate) const TOKEN_PREFIX: &str = "wpt_";

/// A secret that is to be told once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes the token of a service.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn token() -> std::io::Result<Self> {
        Ok(Self(format!("{TOKEN_PREFIX}{}", random::<BYTES>()?)))
    }

    /// Makes a password for a person to change.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn password() -> std::io::Result<Self> {
        Ok(Self(random::<15>()?))
    }

    /// Makes what a session's cookie holds.
    pub(crate) fn session() -> std::io::Result<Self> {
        Ok(Self(random::<BYTES>()?))
    }

    /// Returns the secret itself, to be told.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Returns what is stored of a token.
pub fn token_hash(token: &Secret) -> SecretHash {
    hash_of(token.reveal())
}

/// Returns what is stored of a secret. It is random and long: a slow hash would add nothing.
pub(crate) fn hash_of(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// Returns `N` random bytes as letters, digits, `-` and `_`.
fn random<const N: usize>() -> std::io::Result<String> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_new_each_time_long_enough_and_never_printed() {
        let (one, two) = (Secret::token().unwrap(), Secret::token().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), TOKEN_PREFIX.len() + 43);
        assert_eq!(Secret::password().unwrap().reveal().len(), 20);
        assert_eq!(format!("{one:?}"), "***");
        assert_ne!(token_hash(&one), token_hash(&two));
    }
}
