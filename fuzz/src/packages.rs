//! Packages that somebody brings to be checked.

use std::io::Cursor;

use evidence::time_stamp::StampInfo;
use evidence::{AuditExtract, FootageProof, Manifest, Passphrase, PublicKey, SiteKey, head};

/// A whole package. One that holds is one of the seeds: nobody makes another without the key.
pub(crate) fn package(bytes: &[u8]) {
    let verdict = evidence::verify(&mut Cursor::new(bytes), None, &mut |_, _| {});
    let Ok(verdict) = verdict else { return };
    assert!(verdict.whole <= verdict.files);
    assert!(!verdict.to_string().contains('\n'), "a verdict is one line");
}

/// The texts in a package and beside it. The first byte says which.
pub(crate) fn texts(bytes: &[u8]) {
    let Some((which, rest)) = bytes.split_first() else { return };
    let key = SiteKey::from_secret(&[3; 32]).public();
    match which % 4 {
        0 => {
            let Ok(extract) = serde_json::from_slice::<AuditExtract>(rest) else { return };
            let _ = extract.check(&key);
        }
        1 => {
            // The proof, a line's end, and the manifest that it is of.
            let mut lines = rest.splitn(2, |byte| *byte == b'\n');
            let (proof, manifest) = (lines.next(), lines.next());
            let proof = proof.and_then(|text| serde_json::from_slice::<FootageProof>(text).ok());
            let manifest = manifest.and_then(|text| serde_json::from_slice::<Manifest>(text).ok());
            if let (Some(proof), Some(manifest)) = (proof, manifest) {
                let _ = proof.check(&manifest, &key);
            }
        }
        2 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let Some(head) = head::from_line(text) else { return };
            assert_eq!(head::from_line(head::to_line(&head).trim()), Some(head));
        }
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let Ok(key) = PublicKey::from_pem(text) else { return };
            let again = PublicKey::from_pem(&key.to_pem()).expect("it was just written");
            assert_eq!(again.fingerprint(), key.fingerprint());
        }
    }
}

/// A package under a passphrase.
pub(crate) fn locked(bytes: &[u8]) {
    let passphrase = Passphrase::new("correct-horse-battery-7").expect("it is long enough");
    let mut opened = Vec::new();
    let _ = evidence::open_protected(Cursor::new(bytes), &passphrase, &mut opened);
    assert!(opened.len() <= 64 << 20, "{} bytes came out of {}", opened.len(), bytes.len());
}

/// What a time-stamp authority answers.
pub(crate) fn time_stamp(bytes: &[u8]) {
    let _ = StampInfo::read(bytes);
}
