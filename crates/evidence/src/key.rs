//! The site's signing key: Ed25519 (RFC 8032), made once, in a file that the service alone reads.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use rustix::rand::{GetRandomFlags, getrandom};

use crate::digest::{from_hex, to_hex};
use crate::{Digest, EvidenceError};

/// What stands before the 32 bytes of the key in a `SubjectPublicKeyInfo` (RFC 8410 §4), DER.
const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PEM_END: &str = "\n-----END PUBLIC KEY-----\n";

/// The secret key of a site. Never printed; forgotten in memory when dropped.
pub struct SiteKey(SigningKey);

impl std::fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SiteKey").field(&self.public().fingerprint()).finish()
    }
}

/// The public key of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl SiteKey {
    /// Opens the key in `path`, or makes one there if there is none; says which.
    ///
    /// The file holds the 32 secret bytes as 64 hexadecimal digits, is readable by its owner only,
    /// and is on disk when this returns. Keep a copy of it where nobody signs.
    ///
    /// # Errors
    /// The file cannot be read or made, can be read by others, or holds no key.
    pub fn open_or_create(path: &Path) -> Result<(Self, bool), EvidenceError> {
        match Self::open(path) {
            Err(EvidenceError::KeyFile { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            opened => return opened.map(|key| (key, false)),
        }
        let failed =
            |source| EvidenceError::KeyFile { doing: "make", path: path.to_owned(), source };
        let mut secret = [0; 32];
        fill_random(&mut secret).map_err(failed)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let written = file
            .write_all(format!("{}\n", to_hex(&secret)).as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all());
        if let Err(error) = written {
            // Half a key would be taken for a damaged one next time.
            let _ = std::fs::remove_file(path);
            return Err(failed(error));
        }
        Ok((Self(SigningKey::from_bytes(&secret)), true))
    }

    /// Opens the key in `path`.
    ///
    /// # Errors
    /// The file cannot be read, can be read by others, or holds no key.
    pub fn open(path: &Path) -> Result<Self, EvidenceError> {
        let failed =
            |source| EvidenceError::KeyFile { doing: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(EvidenceError::KeyExposed { path: path.to_owned(), mode });
        }
        let mut text = String::new();
        file.take(1024).read_to_string(&mut text).map_err(failed)?;
        let secret = from_hex(text.trim_end())
            .ok_or_else(|| EvidenceError::KeyDamaged { path: path.to_owned() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// Makes a key from 32 secret bytes: for tests, where keys must be the same again.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// Returns the public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs `message` (RFC 8032, pure Ed25519).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// Returns whether `signature` is that of `message` by this key. Strict: a signature has one
    /// form (RFC 8032 §5.1.7), so that a changed one is never taken for the same.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }

    /// Returns the SHA-256 of the key as DER: what
    /// `openssl pkey -pubin -in public-key.pem -outform DER | sha256sum` says.
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&self.der())
    }

    /// Returns the key as PEM (RFC 8410).
    pub fn to_pem(&self) -> String {
        format!("{PEM_BEGIN}{}{PEM_END}", STANDARD.encode(self.der()))
    }

    /// Reads a key from PEM, exactly as [`PublicKey::to_pem`] writes it.
    ///
    /// # Errors
    /// The text is anything else.
    pub fn from_pem(text: &str) -> Result<Self, EvidenceError> {
        let body = text.strip_prefix(PEM_BEGIN).and_then(|rest| rest.strip_suffix(PEM_END));
        let der = body.and_then(|body| STANDARD.decode(body).ok());
        let raw = der.as_deref().and_then(|der| der.strip_prefix(&SPKI_PREFIX));
        let raw: Option<[u8; 32]> = raw.and_then(|raw| raw.try_into().ok());
        raw.and_then(|raw| VerifyingKey::from_bytes(&raw).ok())
            .map(Self)
            .ok_or(EvidenceError::PublicKey)
    }

    fn der(&self) -> Vec<u8> {
        [SPKI_PREFIX.as_slice(), self.0.as_bytes()].concat()
    }
}

/// Fills `bytes` from the system's generator; waits until that has been seeded.
pub(crate) fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.key");
        let (made, is_new) = SiteKey::open_or_create(&path).unwrap();
        assert!(is_new);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let (again, is_new) = SiteKey::open_or_create(&path).unwrap();
        assert!(!is_new);
        assert_eq!(made.public(), again.public());
        assert!(again.public().verify(b"said", &made.sign(b"said")));
        assert!(!again.public().verify(b"sayd", &made.sign(b"said")));
        let shown = format!("{made:?}");
        let secret = std::fs::read_to_string(&path).unwrap();
        assert!(!shown.contains(secret.trim()), "a key is never printed");

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = SiteKey::open_or_create(&path).unwrap_err();
        assert!(refused.to_string().contains("mode 640"), "{refused}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        let refused = SiteKey::open_or_create(&path).unwrap_err();
        assert!(matches!(refused, EvidenceError::KeyDamaged { .. }), "{refused}");
    }

    #[test]
    fn the_test_vector_of_rfc_8032_holds() {
        let secret =
            from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7").unwrap();
        let key = SiteKey::from_secret(&secret);
        let signature = to_hex(&key.sign(&[0xaf, 0x82]));
        assert!(signature.starts_with("6291d657deec24024827e69c3abe01a3"), "{signature}");
    }

    #[test]
    fn a_public_key_survives_pem_and_one_key_has_one_text() {
        let key = SiteKey::from_secret(&[7; 32]).public();
        let pem = key.to_pem();
        assert_eq!(PublicKey::from_pem(&pem).unwrap(), key);
        for wrong in [format!("{pem}\n"), pem.replace("BEGIN", "begin"), String::new()] {
            assert!(PublicKey::from_pem(&wrong).is_err(), "{wrong}");
        }
    }
}
