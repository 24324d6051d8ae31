//! Writes a package: file after file as it is read, then what describes and signs them.

use std::io::{Read, Seek, SeekFrom, Write};

use crate::digest::Hasher;
use crate::zip::{self, Entry};
use crate::{AuditExtract, Digest, EvidenceError, FileCard, FootageProof, Manifest, SiteKey};

/// The names of the files that every package holds.
pub(crate) const NOTE: &str = "READ-ME.txt";
pub(crate) const AUDIT: &str = "audit.json";
pub(crate) const PUBLIC_KEY: &str = "public-key.pem";
pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const TIME_STAMP: &str = "manifest.tsr";
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The file with the proof that what is in it is what was recorded.
pub(crate) const FOOTAGE: &str = "footage-chain.json";

/// Bytes copied at once.
const CHUNK_BYTES: usize = 1 << 18;

/// Asked for a time stamp (RFC 3161) of the manifest's signature; `None` if there is none to be had.
pub type Stamp<'a> = &'a mut dyn FnMut(&[u8; 64]) -> Option<Vec<u8>>;

/// A package that is being written. Its file is worth nothing before [`Sealer::finish`]: write it
/// under another name, sync it, then rename it.
#[derive(Debug)]
pub struct Sealer<W> {
    out: W,
    entries: Vec<Entry>,
    files: Vec<FileCard>,
}

impl<W: Write + Seek> Sealer<W> {
    /// Begins a package at the start of `out`, which must be empty.
    pub fn new(out: W) -> Self {
        Self { out, entries: Vec::new(), files: Vec::new() }
    }

    /// Adds a file of exactly `bytes` from `source`. Reads and writes in pieces.
    ///
    /// # Errors
    /// The name may not be, or is there already; the source cannot be read or has another length;
    /// the package cannot be written. Then the package is to be thrown away.
    pub fn add(
        &mut self,
        name: &str,
        bytes: u64,
        source: &mut dyn Read,
    ) -> Result<&FileCard, EvidenceError> {
        if !zip::is_name(name) {
            return Err(EvidenceError::Name(name.to_owned()));
        }
        if self.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name)) {
            return Err(EvidenceError::Duplicate(name.to_owned()));
        }
        let mut entry = Entry { name: name.to_owned(), bytes, crc: 0 };
        let start = self.out.stream_position().map_err(EvidenceError::Write)?;
        self.out.write_all(&zip::local_header(&entry)).map_err(EvidenceError::Write)?;
        let (crc, sha256) = self.copy(name, bytes, source)?;
        entry.crc = crc;
        self.out
            .seek(SeekFrom::Start(start + zip::CRC_AT))
            .and_then(|_| self.out.write_all(&crc.to_le_bytes()))
            .and_then(|()| self.out.seek(SeekFrom::End(0)))
            .map_err(EvidenceError::Write)?;
        self.entries.push(entry);
        self.files.push(FileCard { name: name.to_owned(), bytes, sha256 });
        Ok(&self.files[self.files.len() - 1])
    }

    /// Adds audit extract, note, key and the signed manifest, whose `key` and `files` are filled in
    /// here, and ends the package.
    ///
    /// # Errors
    /// The package cannot be written.
    pub fn finish(
        self,
        manifest: Manifest,
        audit: &AuditExtract,
        key: &SiteKey,
    ) -> Result<(W, Manifest), EvidenceError> {
        self.finish_stamped(manifest, audit, key, &mut |_| None)
    }

    /// Does the same with a time stamp of the signature.
    ///
    /// # Errors
    /// The package cannot be written.
    pub fn finish_stamped(
        mut self,
        mut manifest: Manifest,
        audit: &AuditExtract,
        key: &SiteKey,
        stamp: Stamp<'_>,
    ) -> Result<(W, Manifest), EvidenceError> {
        let public = key.public();
        manifest.key = public.fingerprint();
        self.add_bytes(AUDIT, &describe(audit)?)?;
        self.add_bytes(PUBLIC_KEY, public.to_pem().as_bytes())?;
        self.add_bytes(NOTE, crate::note::note(&manifest, &manifest.key).as_bytes())?;
        manifest.files.clone_from(&self.files);
        let text = describe(&manifest)?;
        self.add_bytes(MANIFEST, &text)?;
        let signature = key.sign(&text);
        self.add_bytes(SIGNATURE, &signature)?;
        if let Some(stamp) = stamp(&signature) {
            self.add_bytes(TIME_STAMP, &stamp)?;
        }
        let sums = sums(self.files.iter().map(|file| (file.name.as_str(), &file.sha256)));
        self.add_bytes(SUMS, sums.as_bytes())?;
        Ok((self.into_container()?, manifest))
    }

    /// Adds the proof of where the clips' files stand in the chains of what was recorded.
    ///
    /// # Errors
    /// As [`Sealer::add`].
    pub fn add_footage(&mut self, proof: &FootageProof) -> Result<&FileCard, EvidenceError> {
        let text = describe(proof)?;
        self.add_bytes(FOOTAGE, &text)
    }

    /// Ends the container as it is, with nothing signed: what a forger would do.
    ///
    /// # Errors
    /// The container cannot be written.
    pub fn into_container(mut self) -> Result<W, EvidenceError> {
        self.out
            .write_all(&zip::directory(&self.entries))
            .and_then(|()| self.out.flush())
            .map_err(EvidenceError::Write)?;
        Ok(self.out)
    }

    /// Returns one hash over names and hashes of all files so far: that of the lines which
    /// `sha256sum` writes of them.
    pub fn sha256(&self) -> Digest {
        let files = self.files.iter().map(|file| (file.name.as_str(), &file.sha256));
        Digest::of(sums(files).as_bytes())
    }

    /// Adds a file from memory.
    ///
    /// # Errors
    /// As [`Sealer::add`].
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<&FileCard, EvidenceError> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.add(name, length, &mut { bytes })
    }

    fn copy(
        &mut self,
        name: &str,
        bytes: u64,
        source: &mut dyn Read,
    ) -> Result<(u32, Digest), EvidenceError> {
        let mut crc = crc32fast::Hasher::new();
        let mut hasher = Hasher::default();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut given = 0_u64;
        loop {
            let count = match source.read(&mut chunk) {
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    return Err(EvidenceError::Source { name: name.to_owned(), source });
                }
            };
            given = given.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if given > bytes || (count == 0 && given < bytes) {
                return Err(EvidenceError::Length { name: name.to_owned(), said: bytes, given });
            }
            if count == 0 {
                return Ok((crc.finalize(), hasher.finish()));
            }
            let piece = &chunk[..count];
            crc.update(piece);
            hasher.update(piece);
            self.out.write_all(piece).map_err(EvidenceError::Write)?;
        }
    }
}

/// Returns what `sha256sum` writes, and checks, of these files.
pub(crate) fn sums<'a>(files: impl Iterator<Item = (&'a str, &'a Digest)>) -> String {
    files.map(|(name, sha256)| format!("{sha256}  {name}\n")).collect()
}

/// Returns `value` as JSON that people can read.
fn describe(value: &impl serde::Serialize) -> Result<Vec<u8>, EvidenceError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(EvidenceError::Describe)?;
    text.push(b'\n');
    Ok(text)
}
