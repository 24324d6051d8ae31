//! Passwords for clients that sign in by Digest, which needs a password that both sides know.
//!
//! Of a token only the SHA-256 is stored. A restream password is made of that and of a secret of the site
//! that lies elsewhere, whenever it is asked for: nothing more is stored, who takes the index alone
//! cannot make one, and it ends with its token. It is good for live views over RTSP, and nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use index::SecretHash;
use ring::hmac;

/// What every restream password begins with.
pub(crate) const RESTREAM_PREFIX: &str = "wpr_";
/// Bytes of it that are kept: as good as a token, and short enough for the fields of walls.
const KEPT: usize = 24;

/// The secret of the site that restream passwords are made with. Never printed.
#[derive(Clone)]
pub struct RestreamKey(hmac::Key);

impl RestreamKey {
    /// Takes 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Returns the password of the token whose SHA-256 is `token`.
    pub fn password_of(&self, token: &SecretHash) -> String {
        let made = hmac::sign(&self.0, token);
        format!("{RESTREAM_PREFIX}{}", URL_SAFE_NO_PAD.encode(&made.as_ref()[..KEPT]))
    }
}

impl fmt::Debug for RestreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_its_own_at_each_site() {
        let [here, there] = [[1; 32], [2; 32]].map(|secret| RestreamKey::new(&secret));
        let made = here.password_of(&[7; 32]);
        assert_eq!(made, here.password_of(&[7; 32]));
        assert!(made.starts_with(RESTREAM_PREFIX) && made.len() == 36, "{made}");
        assert_ne!(made, there.password_of(&[7; 32]));
        assert_ne!(made, here.password_of(&[8; 32]));
        assert_eq!(format!("{here:?}"), "***");
    }
}
