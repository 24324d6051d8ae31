//! Basic and Digest authentication (RFC 2617), as cameras ask for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rtsp::digest::{Algorithm, DigestShown, challenge};

use crate::mount::Auth;

/// What clients are told they log in to.
const REALM: &str = "watchpost-simulator";

/// Asks for one user's password.
#[derive(Clone, Copy)]
pub(crate) struct Gate<'a> {
    pub(crate) auth: Auth,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
}

impl Gate<'_> {
    /// Returns the `WWW-Authenticate` header's value.
    pub(crate) fn challenge(&self, nonce: &str) -> String {
        match self.auth {
            Auth::Basic => format!("Basic realm=\"{REALM}\""),
            Auth::Digest | Auth::None => challenge(Algorithm::Md5, REALM, nonce),
        }
    }

    /// Returns whether the `Authorization` header's value opens the gate.
    pub(crate) fn admits(&self, authorization: Option<&str>, method: &str, nonce: &str) -> bool {
        let Some(authorization) = authorization else { return false };
        match self.auth {
            Auth::Basic => self.admits_basic(authorization),
            Auth::Digest | Auth::None => self.admits_digest(authorization, method, nonce),
        }
    }

    fn admits_basic(&self, authorization: &str) -> bool {
        let Some((scheme, value)) = authorization.split_once(' ') else { return false };
        if !scheme.eq_ignore_ascii_case("Basic") {
            return false;
        }
        let wanted = format!("{}:{}", self.user, self.password);
        STANDARD.decode(value.trim()).is_ok_and(|given| given == wanted.as_bytes())
    }

    fn admits_digest(&self, authorization: &str, method: &str, nonce: &str) -> bool {
        DigestShown::read(authorization, method).is_some_and(|shown| {
            (shown.user(), shown.realm(), shown.nonce()) == (self.user, REALM, nonce)
                && shown.is_by(self.password)
        })
    }
}

/// Returns bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_for_this_nonce_is_let_in() {
        let gate = Gate { auth: Auth::Digest, user: "admin", password: "se\"cret" };
        // MD5 of `SECRET:n1:ACTION`, these being MD5 of `admin:watchpost-simulator:se"cret` and of
        // `PLAY:rtsp://h/a`, each by md5sum.
        let response = "76c4b760c608d289b70cb7a8f99867de";
        let header = format!(
            "Digest username=\"admin\", realm=\"{REALM}\",nonce=\"n1\", uri=\"rtsp://h/a\", response={response}"
        );
        assert!(gate.admits(Some(&header), "PLAY", "n1"));
        assert!(!gate.admits(Some(&header), "PLAY", "n2"));
        assert!(!gate.admits(Some(&header), "SETUP", "n1"));
        assert!(!gate.admits(None, "PLAY", "n1"));
        let basic = Gate { auth: Auth::Basic, ..gate };
        let header = format!("Basic {}", STANDARD.encode("admin:se\"cret"));
        assert!(basic.admits(Some(&header), "PLAY", "n1"));
        assert!(!gate.admits(Some(&header), "PLAY", "n1"));
    }
}
