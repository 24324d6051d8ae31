//! The signature by which a receiver knows that a message is ours and whole.
//!
//! The scheme is that of the Standard Webhooks specification: HMAC-SHA256 over
//! `id.timestamp.body`, in Base64, as `v1,…` in `webhook-signature`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::target::Secret;

/// The shortest key that is worth its name, in bytes.
const SHORTEST: usize = 24;
/// What stands before a key that is written in Base64.
const PREFIX: &str = "whsec_";

impl Secret {
    /// Takes the content of a secret's file: one line, the key itself or `whsec_` and the key in
    /// Base64.
    ///
    /// # Errors
    /// Says what is wrong without repeating any of it.
    pub fn from_line(text: &str) -> Result<Self, &'static str> {
        let line = text.trim_end_matches(['\r', '\n']);
        if line.contains('\n') {
            return Err("must hold one line, the secret");
        }
        let key = match line.strip_prefix(PREFIX) {
            Some(coded) => {
                STANDARD.decode(coded).map_err(|_| "holds no Base64 after \"whsec_\"")?
            }
            None => line.as_bytes().to_vec(),
        };
        if key.len() < SHORTEST {
            return Err("is too short: a secret has at least 24 bytes \
                        (`head -c 32 /dev/urandom | base64` makes one)");
        }
        Ok(Self::new(key))
    }
}

/// Returns the value of `webhook-signature`.
pub(crate) fn sign(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_pythons_hmac_makes_of_the_same() {
        // base64(hmac.new(b"k" * 24, b'id-1.1772323200.{"a":1}', "sha256").digest())
        let signature = sign(&Secret::new([b'k'; 24]), "id-1", 1_772_323_200, br#"{"a":1}"#);
        assert_eq!(signature, "v1,BwTH5lBjieLg9FwwojhynfzGC1xqIVypvO74fglCWcM=");
    }

    #[test]
    fn a_key_in_base64_is_the_key_it_stands_for() {
        let coded = format!("whsec_{}\n", STANDARD.encode([7; 32]));
        assert_eq!(Secret::from_line(&coded), Ok(Secret::new([7; 32])));
    }

    #[test]
    fn bad_secrets_are_refused_and_none_is_printed() {
        for bad in ["", "short", "whsec_%%%", "first line of it all\nsecond line of it all\n"] {
            assert!(Secret::from_line(bad).is_err(), "{bad}");
        }
        let secret = Secret::from_line("hunter2-hunter2-hunter2-hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
