//! Digest authentication (RFC 2617, RFC 7616) as RTSP has it: a client shows that it knows a password
//! without sending it.

use std::collections::HashMap;
use std::fmt;

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// No header of ours is longer.
const LONGEST: usize = 4096;

/// How a client hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The only one that many cameras and players know.
    Md5,
    /// RFC 7616.
    Sha256,
}

impl Algorithm {
    /// Returns its name in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// Returns the value of a `WWW-Authenticate` header. Of MD5 no `qop` is asked for: clients from before
/// RFC 2617 know none.
pub fn challenge(algorithm: Algorithm, realm: &str, nonce: &str) -> String {
    match algorithm {
        Algorithm::Md5 => format!("Digest realm=\"{realm}\", nonce=\"{nonce}\""),
        Algorithm::Sha256 => format!(
            "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=SHA-256, qop=\"auth\", \
             charset=UTF-8"
        ),
    }
}

/// What a client shows. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestShown {
    algorithm: Algorithm,
    method: String,
    parameters: HashMap<String, String>,
}

impl fmt::Debug for DigestShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl DigestShown {
    /// Reads the value of an `Authorization` header of a request by `method`; `None` if it is of
    /// another scheme, or asks for what is not known here.
    pub fn read(authorization: &str, method: &str) -> Option<Self> {
        let (scheme, value) = authorization.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Digest") || value.len() > LONGEST {
            return None;
        }
        let parameters = parameters(value);
        let algorithm = match parameters.get("algorithm").map(String::as_str) {
            None => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            Some(_) => return None,
        };
        let qop = parameters.get("qop").map_or("", String::as_str);
        let is_known = qop.is_empty() || qop.eq_ignore_ascii_case("auth");
        is_known.then(|| Self { algorithm, method: method.to_owned(), parameters })
    }

    /// Returns who it says that it is.
    pub fn user(&self) -> &str {
        self.parameter("username")
    }

    /// Returns what it was told it logs in to.
    pub fn realm(&self) -> &str {
        self.parameter("realm")
    }

    /// Returns the challenge that it answers.
    pub fn nonce(&self) -> &str {
        self.parameter("nonce")
    }

    /// Returns whether it is shown by somebody who knows `password`. That realm and nonce are ours is
    /// for the caller to look at.
    pub fn is_by(&self, password: &str) -> bool {
        let hash = |text: String| self.algorithm.hash(&text);
        let secret = hash(format!("{}:{}:{password}", self.user(), self.realm()));
        let action = hash(format!("{}:{}", self.method, self.parameter("uri")));
        let nonce = self.nonce();
        let wanted = match self.parameter("qop") {
            "" => hash(format!("{secret}:{nonce}:{action}")),
            qop => {
                let (nc, cnonce) = (self.parameter("nc"), self.parameter("cnonce"));
                hash(format!("{secret}:{nonce}:{nc}:{cnonce}:{qop}:{action}"))
            }
        };
        let given = self.parameter("response").to_ascii_lowercase();
        // As long whatever of it is right.
        given.len() == wanted.len()
            && given.bytes().zip(wanted.bytes()).fold(0, |off, (a, b)| off | (a ^ b)) == 0
    }

    fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_example_of_rfc_2617_is_by_who_knows_the_password() {
        // §3.5.
        let header = "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", \
             nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, \
             nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", \
             opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let shown = DigestShown::read(header, "GET").unwrap();
        assert!(shown.is_by("Circle Of Life"));
        assert!(!shown.is_by("Circle of Life"));
        assert_eq!((shown.user(), shown.realm()), ("Mufasa", "testrealm@host.com"));
        assert!(!DigestShown::read(header, "POST").unwrap().is_by("Circle Of Life"));
        assert_eq!(format!("{shown:?}"), "***");
    }

    #[test]
    fn the_example_of_rfc_7616_is_by_who_knows_the_password() {
        // §3.9.1.
        let header = "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
             uri=\"/dir/index.html\", algorithm=SHA-256, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
             cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, \
             response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        assert!(DigestShown::read(header, "GET").unwrap().is_by("Circle of Life"));
    }

    #[test]
    fn what_is_not_known_here_is_nobody() {
        for header in [
            "Basic YTpi",
            "Digest",
            "Digest algorithm=MD5-sess, username=\"a\"",
            "Digest qop=auth-int, username=\"a\"",
        ] {
            assert_eq!(DigestShown::read(header, "PLAY"), None, "{header}");
        }
        assert!(!DigestShown::read("Digest username=\"a\"", "PLAY").unwrap().is_by(""));
    }

    proptest! {
        #[test]
        fn hostile_headers_never_panic(text: String) {
            let shown = DigestShown::read(&format!("Digest {text}"), "PLAY");
            prop_assert!(shown.is_none_or(|shown| !shown.is_by("x")));
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
