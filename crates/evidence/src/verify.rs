//! Checks a package: no network, no database, nothing unpacked, memory for its descriptions only.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

use domain::Timestamp;

use crate::digest::Hasher;
use crate::seal::{AUDIT, FOOTAGE, MANIFEST, PUBLIC_KEY, SIGNATURE, SUMS, TIME_STAMP, sums};
use crate::time_stamp::StampInfo;
use crate::zip::{self, ContainerError, Entry};
use crate::{
    AuditExtract, Digest, EvidenceError, FORMAT, FootageProof, Manifest, Mismatch, Proven,
    PublicKey, Verdict,
};

/// The largest description that is read into memory.
const MOST_TEXT_BYTES: u64 = 64 << 20;
/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 18;

/// Checks the package in `file`; `key` is the fingerprint of the site's key, if it is known from
/// elsewhere. `progress` is told the bytes read so far and in all.
///
/// # Errors
/// The package cannot be read. Whatever is wrong with it is in the verdict.
pub fn verify(
    file: &mut (impl Read + Seek),
    key: Option<&Digest>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verdict, EvidenceError> {
    let entries = match zip::read_directory(file) {
        Ok(entries) => entries,
        Err(ContainerError::Io(error)) => return Err(EvidenceError::Read(error)),
        Err(ContainerError::Wrong(at, what)) => {
            return Ok(Verdict::broken(Mismatch::Container { at, what }, key.is_some()));
        }
    };
    let mut mismatches = Vec::new();
    let contents =
        read_all(file, &entries, &mut mismatches, progress).map_err(EvidenceError::Read)?;
    Ok(judge(&entries, &contents, key, mismatches))
}

/// What was read of a package.
#[derive(Debug, Default)]
struct Contents {
    /// The SHA-256 of every file.
    hashes: Vec<Digest>,
    /// The files that are read as text.
    texts: BTreeMap<&'static str, Vec<u8>>,
}

/// Reads every file with the header before it.
fn read_all(
    file: &mut (impl Read + Seek),
    entries: &[Entry],
    mismatches: &mut Vec<Mismatch>,
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<Contents> {
    const TEXTS: [&str; 7] = [MANIFEST, SIGNATURE, PUBLIC_KEY, AUDIT, SUMS, FOOTAGE, TIME_STAMP];
    let (starts, total) = zip::offsets(entries);
    let mut contents = Contents::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    for (entry, start) in entries.iter().zip(starts) {
        let due = zip::local_header(entry);
        let header_at = start - u64::try_from(due.len()).unwrap_or(0);
        file.seek(SeekFrom::Start(header_at))?;
        let mut header = vec![0; due.len()];
        file.read_exact(&mut header)?;
        if header != due {
            let what = format!("the header of {} is not as it was written", entry.name);
            mismatches.push(Mismatch::Container { at: header_at, what });
        }
        let text_name = TEXTS.into_iter().find(|name| *name == entry.name);
        let mut text = text_name.filter(|_| entry.bytes <= MOST_TEXT_BYTES).map(|_| Vec::new());
        let mut hasher = Hasher::default();
        let mut crc = crc32fast::Hasher::new();
        let mut left = entry.bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            file.read_exact(&mut chunk[..most])?;
            let piece = &chunk[..most];
            hasher.update(piece);
            crc.update(piece);
            if let Some(text) = &mut text {
                text.extend_from_slice(piece);
            }
            left -= u64::try_from(most).unwrap_or(left);
            progress(start + entry.bytes - left, total);
        }
        if crc.finalize() != entry.crc {
            // Its SHA-256 says more where the manifest has one; the CRC alone guards the others.
            mismatches.push(Mismatch::Changed(entry.name.clone()));
        }
        contents.hashes.push(hasher.finish());
        if let (Some(name), Some(text)) = (text_name, text) {
            contents.texts.insert(name, text);
        }
    }
    Ok(contents)
}

fn judge(
    entries: &[Entry],
    contents: &Contents,
    expected: Option<&Digest>,
    mut mismatches: Vec<Mismatch>,
) -> Verdict {
    let text = |name: &str| contents.texts.get(name).map_or(&[][..], Vec::as_slice);
    let manifest_text = text(MANIFEST);
    let key =
        std::str::from_utf8(text(PUBLIC_KEY)).ok().and_then(|pem| PublicKey::from_pem(pem).ok());
    let signature: Option<[u8; 64]> = text(SIGNATURE).try_into().ok();
    let signed = match (&key, signature) {
        (Some(key), Some(signature)) => key.verify(manifest_text, &signature),
        _ => false,
    };
    if !signed {
        mismatches.push(Mismatch::Signature);
    }
    if let (Some(expected), Some(key)) = (expected, &key)
        && key.fingerprint() != *expected
    {
        mismatches.push(Mismatch::OtherKey { found: key.fingerprint() });
    }
    let manifest = match parse(manifest_text) {
        Ok(manifest) => Some(manifest),
        Err(why) => {
            mismatches.push(Mismatch::Manifest(why));
            None
        }
    };
    if let Some(manifest) = &manifest {
        if key.as_ref().is_none_or(|key| key.fingerprint() != manifest.key) {
            mismatches.push(Mismatch::Key);
        }
        compare(manifest, entries, contents, &mut mismatches);
        let altered = manifest.altered().into_iter().map(str::to_owned);
        mismatches.extend(altered.map(Mismatch::Altered));
    }
    if let Some(key) = &key
        && let Err(why) = check_audit(text(AUDIT), manifest.as_ref(), key)
    {
        mismatches.push(Mismatch::Audit(why));
    }
    let proof = contents.texts.get(FOOTAGE);
    let footage = match (proof, &manifest, &key) {
        (Some(text), Some(manifest), Some(key)) => match check_footage(text, manifest, key) {
            Ok(proven) => Some(proven),
            Err(why) => {
                mismatches.push(Mismatch::Footage(why));
                None
            }
        },
        _ => None,
    };
    let stamped =
        match contents.texts.get(TIME_STAMP).map(|stamp| check_stamp(stamp, text(SIGNATURE))) {
            Some(Ok(time)) => Some(time),
            Some(Err(why)) => {
                mismatches.push(Mismatch::Stamp(why));
                None
            }
            None => None,
        };
    let mut told = BTreeSet::new();
    mismatches.retain(|mismatch| told.insert(mismatch.clone()));
    let bad: BTreeSet<&str> = mismatches
        .iter()
        .filter_map(|mismatch| match mismatch {
            Mismatch::Changed(name) | Mismatch::Added(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let whole = entries.iter().filter(|entry| !bad.contains(entry.name.as_str())).count();
    Verdict {
        manifest,
        whole,
        files: entries.len(),
        signed,
        key_expected: expected.is_some(),
        footage,
        stamped,
        mismatches,
    }
}

fn parse(text: &[u8]) -> Result<Manifest, String> {
    #[derive(serde::Deserialize)]
    struct FormatAlone {
        format: String,
    }
    let cannot = |error: serde_json::Error| error.to_string();
    let FormatAlone { format } = serde_json::from_slice(text).map_err(cannot)?;
    if format != FORMAT {
        return Err(format!("it is of the form \"{format}\", this program knows {FORMAT}"));
    }
    serde_json::from_slice(text).map_err(cannot)
}

/// Compares the files there are with those that were sealed.
fn compare(
    manifest: &Manifest,
    entries: &[Entry],
    contents: &Contents,
    mismatches: &mut Vec<Mismatch>,
) {
    let found: BTreeMap<&str, (&Entry, &Digest)> = entries
        .iter()
        .zip(&contents.hashes)
        .map(|(entry, hash)| (entry.name.as_str(), (entry, hash)))
        .collect();
    for file in &manifest.files {
        match found.get(file.name.as_str()) {
            None => mismatches.push(Mismatch::Missing(file.name.clone())),
            Some((entry, hash)) if entry.bytes != file.bytes || **hash != file.sha256 => {
                mismatches.push(Mismatch::Changed(file.name.clone()));
            }
            Some(_) => {}
        }
    }
    for name in [MANIFEST, SIGNATURE, SUMS, AUDIT, PUBLIC_KEY] {
        if !found.contains_key(name) {
            mismatches.push(Mismatch::Missing(name.to_owned()));
        }
    }
    let sealed: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    for name in found.keys() {
        if !sealed.contains(name) && ![MANIFEST, SIGNATURE, TIME_STAMP, SUMS].contains(name) {
            mismatches.push(Mismatch::Added((*name).to_owned()));
        }
    }
    let sealed = manifest.files.iter().map(|file| (file.name.as_str(), &file.sha256));
    // The manifest cannot list what is made of it: the stamp is held by the sums and by itself.
    let ours = [MANIFEST, SIGNATURE, TIME_STAMP].into_iter();
    let ours = ours.filter_map(|name| Some((name, found.get(name)?.1)));
    let due = sums(sealed.chain(ours));
    if contents.texts.get(SUMS).is_none_or(|text| text.as_slice() != due.as_bytes()) {
        mismatches.push(Mismatch::Changed(SUMS.to_owned()));
    }
    // Files in another order, or one moved, are no package of ours.
    let order = manifest.files.iter().map(|file| file.name.as_str());
    let stamp = found.contains_key(TIME_STAMP).then_some(TIME_STAMP);
    let order: Vec<&str> = order.chain([MANIFEST, SIGNATURE]).chain(stamp).chain([SUMS]).collect();
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    if order != names && mismatches.is_empty() {
        let what = "the files are not in the order in which they were sealed".to_owned();
        mismatches.push(Mismatch::Container { at: 0, what });
    }
}

fn check_audit(text: &[u8], manifest: Option<&Manifest>, key: &PublicKey) -> Result<(), String> {
    let extract: AuditExtract = serde_json::from_slice(text)
        .map_err(|error| format!("it cannot be understood: {error}"))?;
    if manifest.is_some_and(|manifest| manifest.site.id != extract.site) {
        return Err(format!("it is that of another site, {}", extract.site));
    }
    extract.check(key).map_err(|broken| broken.to_string())
}

fn check_footage(text: &[u8], manifest: &Manifest, key: &PublicKey) -> Result<Proven, String> {
    let proof: FootageProof = serde_json::from_slice(text)
        .map_err(|error| format!("it cannot be understood: {error}"))?;
    proof.check(manifest, key)
}

fn check_stamp(stamp: &[u8], signature: &[u8]) -> Result<Timestamp, String> {
    let info = StampInfo::read(stamp).map_err(|error| error.to_string())?;
    if info.imprint == Digest::of(signature) {
        Ok(info.time)
    } else {
        Err("it is one of another signature".to_owned())
    }
}
