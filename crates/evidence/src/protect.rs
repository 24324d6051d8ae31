//! A package under a passphrase: one ZIP that holds the sealed one, encrypted by AES-256 (WinZip's
//! AE-2, which 7-Zip and others open).
//!
//! The format derives its key by 1000 rounds of PBKDF2, few enough that a short passphrase can be
//! found by trying: so none shorter than [`Passphrase::SHORTEST`] characters is taken, and it is best
//! made by chance. What is sealed inside is the same to the byte, and is checked once it is out.

use std::io::{self, Read, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipArchive, ZipWriter};

use crate::EvidenceError;

/// What opens a protected package. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(String);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

impl Passphrase {
    /// The fewest characters it may have.
    pub const SHORTEST: usize = 16;
    /// The most bytes it may have.
    const LONGEST: usize = 256;

    /// Takes a passphrase.
    ///
    /// # Errors
    /// [`EvidenceError::Passphrase`] if it is too short or too long, or holds what keyboards do not
    /// type alike: anything but visible ASCII.
    pub fn new(text: &str) -> Result<Self, EvidenceError> {
        let is_typed = text.bytes().all(|byte| byte.is_ascii_graphic());
        let is_long = (Self::SHORTEST..=Self::LONGEST).contains(&text.len());
        if is_typed && is_long { Ok(Self(text.to_owned())) } else { Err(EvidenceError::Passphrase) }
    }
}

/// Writes `package` under `name` into a ZIP at the start of `out` that only `passphrase` opens.
///
/// # Errors
/// The package cannot be read, or the ZIP not be written.
pub fn protect<W: Write + Seek>(
    package: &mut dyn Read,
    name: &str,
    passphrase: &Passphrase,
    out: W,
) -> Result<W, EvidenceError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .with_aes_encryption(AesMode::Aes256, &passphrase.0);
    let write = |error: zip::result::ZipError| EvidenceError::Write(error.into());
    let mut zip = ZipWriter::new(out);
    zip.start_file(name, options).map_err(write)?;
    io::copy(package, &mut zip).map_err(EvidenceError::Write)?;
    zip.finish().map_err(write)
}

/// Copies what `passphrase` opens in `file` into `out`: the sealed package, to be checked then.
///
/// # Errors
/// [`EvidenceError::Locked`] if the passphrase is another or `file` is no protected package;
/// otherwise it cannot be read or written, or was changed.
pub fn open_protected(
    file: impl Read + Seek,
    passphrase: &Passphrase,
    out: &mut dyn Write,
) -> Result<u64, EvidenceError> {
    let mut zip = ZipArchive::new(file).map_err(|_| EvidenceError::Locked)?;
    if zip.len() != 1 {
        return Err(EvidenceError::Locked);
    }
    let mut inside =
        zip.by_index_decrypt(0, passphrase.0.as_bytes()).map_err(|_| EvidenceError::Locked)?;
    // What is changed is found at the end of it, by its HMAC.
    io::copy(&mut inside, out).map_err(EvidenceError::Read)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_is_protected_opens_by_its_passphrase_alone_and_unchanged() {
        let passphrase = Passphrase::new("correct-horse-battery-7").unwrap();
        let package = vec![7_u8; 100_000];
        let made = protect(&mut &package[..], "a.zip", &passphrase, Cursor::new(Vec::new()));
        let bytes = made.unwrap().into_inner();
        assert!(!bytes.windows(64).any(|window| window == &package[..64]), "nothing shows");
        let mut out = Vec::new();
        open_protected(Cursor::new(&bytes), &passphrase, &mut out).unwrap();
        assert_eq!(out, package);
        let other = Passphrase::new("correct-horse-battery-8").unwrap();
        assert!(open_protected(Cursor::new(&bytes), &other, &mut Vec::new()).is_err());
        let mut changed = bytes.clone();
        changed[50_000] ^= 1;
        assert!(open_protected(Cursor::new(&changed), &passphrase, &mut Vec::new()).is_err());
        assert!(open_protected(Cursor::new(&bytes[..50]), &passphrase, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_passphrase_is_long_and_typed_alike_everywhere_and_never_printed() {
        for wrong in ["", "short", "mật-khẩu-dài-dài-dài", "with blanks is not taken"] {
            assert!(Passphrase::new(wrong).is_err(), "{wrong}");
        }
        let passphrase = Passphrase::new("k7wq-m2xd-9hfz-t4vn").unwrap();
        assert!(!format!("{passphrase:?}").contains("k7wq"));
    }
}
