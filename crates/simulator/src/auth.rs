//! Basic and Digest authentication (RFC 2617), as cameras ask for it.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

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
            Auth::Digest | Auth::None => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\""),
        }
    }

    /// Returns whether the `Authorization` header's value opens the gate.
    pub(crate) fn admits(&self, authorization: Option<&str>, method: &str, nonce: &str) -> bool {
        let Some((scheme, value)) = authorization.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        match self.auth {
            Auth::Basic => scheme.eq_ignore_ascii_case("Basic") && self.admits_basic(value.trim()),
            Auth::Digest | Auth::None => {
                scheme.eq_ignore_ascii_case("Digest") && self.admits_digest(value, method, nonce)
            }
        }
    }

    fn admits_basic(&self, value: &str) -> bool {
        let wanted = format!("{}:{}", self.user, self.password);
        STANDARD.decode(value).is_ok_and(|given| given == wanted.as_bytes())
    }

    fn admits_digest(&self, value: &str, method: &str, nonce: &str) -> bool {
        let given = parameters(value);
        let parameter = |name: &str| given.get(name).map_or("", String::as_str);
        if parameter("username") != self.user
            || parameter("realm") != REALM
            || parameter("nonce") != nonce
        {
            return false;
        }
        let secret = md5_hex(&format!("{}:{REALM}:{}", self.user, self.password));
        let action = md5_hex(&format!("{method}:{}", parameter("uri")));
        let wanted = if parameter("qop").is_empty() {
            md5_hex(&format!("{secret}:{nonce}:{action}"))
        } else {
            let (nc, cnonce, qop) = (parameter("nc"), parameter("cnonce"), parameter("qop"));
            md5_hex(&format!("{secret}:{nonce}:{nc}:{cnonce}:{qop}:{action}"))
        };
        parameter("response").eq_ignore_ascii_case(&wanted)
    }
}

/// Reads `name="value", name=value`; names in lower case.
fn parameters(text: &str) -> HashMap<String, String> {
    let mut parameters = HashMap::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let mut value = String::new();
        rest = if let Some(quoted) = behind.strip_prefix('"') {
            let mut end = quoted.len();
            let mut escaped = false;
            for (at, character) in quoted.char_indices() {
                match character {
                    '\\' if !escaped => escaped = true,
                    '"' if !escaped => {
                        end = at + 1;
                        break;
                    }
                    _ => {
                        escaped = false;
                        value.push(character);
                    }
                }
            }
            &quoted[end..]
        } else {
            let end = behind.find(',').unwrap_or(behind.len());
            value.push_str(behind[..end].trim());
            &behind[end..]
        };
        let name = name.trim_matches([',', ' ', '\t']).to_ascii_lowercase();
        parameters.insert(name, value);
    }
    parameters
}

fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

/// Returns bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_rfc_2617_opens_the_gate() {
        // §3.5, which computes with its own realm: only the parts are checked here.
        let secret = md5_hex("Mufasa:testrealm@host.com:Circle Of Life");
        let action = md5_hex("GET:/dir/index.html");
        let nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
        let response = md5_hex(&format!("{secret}:{nonce}:00000001:0a4f113b:auth:{action}"));
        assert_eq!(response, "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn only_the_right_password_for_this_nonce_is_let_in() {
        let gate = Gate { auth: Auth::Digest, user: "admin", password: "se\"cret" };
        let secret = md5_hex(&format!("admin:{REALM}:se\"cret"));
        let action = md5_hex("PLAY:rtsp://h/a");
        let response = md5_hex(&format!("{secret}:n1:{action}"));
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

    proptest! {
        #[test]
        fn hostile_headers_never_panic(text: String) {
            drop(parameters(&text));
        }

        #[test]
        fn quoted_values_may_hold_anything(value in "[ -~]{0,20}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            let read = parameters(&format!("a=\"{escaped}\", b=c"));
            prop_assert_eq!(&read["a"], &value);
            prop_assert_eq!(&read["b"], "c");
        }
    }
}
