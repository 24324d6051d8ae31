//! Time stamps by a third party (RFC 3161): the request for one, and what an answer says.
//!
//! What is stamped is the signature of the manifest: that it existed is said by somebody who has no
//! part in the case. The authority's own signature and certificate are for
//! `openssl ts -verify -in manifest.tsr -data manifest.sig -CAfile …`, which everybody has: here it is
//! looked at whether the stamp is one of this signature, and of when.

use domain::Timestamp;

use crate::{Digest, EvidenceError, key};

/// `SEQUENCE { OID 2.16.840.1.101.3.4.2.1 (SHA-256), NULL }`.
const SHA256: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
/// The same without parameters, as some authorities repeat it.
const SHA256_BARE: [u8; 13] =
    [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// 1.2.840.113549.1.7.2, signed data (RFC 5652 §5.1).
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4, what a stamp says (RFC 3161 §2.4.2).
const STAMP_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT_0: u8 = 0xa0;

/// A request for a stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampRequest {
    /// As it is posted, `application/timestamp-query` (RFC 3161 §3.4).
    pub der: Vec<u8>,
    imprint: Digest,
    nonce: [u8; 8],
}

/// What a stamp says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampInfo {
    /// The SHA-256 of what was stamped.
    pub imprint: Digest,
    /// When, by the authority's clock.
    pub time: Timestamp,
    nonce: Option<Vec<u8>>,
}

impl StampRequest {
    /// Asks for a stamp of `bytes`, of which the authority learns the SHA-256 alone.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, EvidenceError> {
        let mut nonce = [0; 8];
        key::fill_random(&mut nonce).map_err(EvidenceError::Random)?;
        // A whole positive number in its shortest form (X.690 §8.3).
        nonce[0] = nonce[0] & 0x7f | 0x40;
        let imprint = Digest::of(bytes);
        let message = [&SHA256[..], &element(OCTETS, &imprint.0)].concat();
        let body = [
            element(INTEGER, &[1]),
            element(SEQUENCE, &message),
            element(INTEGER, &nonce),
            vec![0x01, 0x01, 0xff], // with the authority's certificate
        ];
        Ok(Self { der: element(SEQUENCE, &body.concat()), imprint, nonce })
    }

    /// Reads the answer to this request.
    ///
    /// # Errors
    /// The authority refused, or its answer is to another request, or no answer at all.
    pub fn answered(&self, der: &[u8]) -> Result<StampInfo, EvidenceError> {
        let info = StampInfo::read(der)?;
        if info.imprint != self.imprint || info.nonce.as_deref() != Some(&self.nonce) {
            return Err(EvidenceError::Stamp("it is the answer to another request".to_owned()));
        }
        Ok(info)
    }
}

impl StampInfo {
    /// Reads a `TimeStampResp` (RFC 3161 §2.4.2).
    ///
    /// # Errors
    /// It is none, or says that no stamp was given.
    pub fn read(der: &[u8]) -> Result<Self, EvidenceError> {
        let broken = || EvidenceError::Stamp("it is no answer of RFC 3161".to_owned());
        let mut rest = der;
        let mut response = expect(&mut rest, SEQUENCE).ok_or_else(broken)?;
        if !rest.is_empty() {
            return Err(broken());
        }
        let mut status = expect(&mut response, SEQUENCE).ok_or_else(broken)?;
        let status = expect(&mut status, INTEGER).ok_or_else(broken)?;
        // Granted, or granted with changes.
        if !matches!(status, [0 | 1]) {
            return Err(EvidenceError::Stamp(format!("the authority refused, status {status:?}")));
        }
        info(response).ok_or_else(broken)
    }
}

/// Reads what the token that follows the status says.
fn info(mut response: &[u8]) -> Option<StampInfo> {
    let mut content = expect(&mut response, SEQUENCE)?;
    expect(&mut content, OBJECT).filter(|object| *object == SIGNED_DATA)?;
    let mut signed = expect(&mut content, EXPLICIT_0)?;
    let mut signed = expect(&mut signed, SEQUENCE)?;
    expect(&mut signed, INTEGER)?;
    expect(&mut signed, SET)?;
    let mut stamp = expect(&mut signed, SEQUENCE)?;
    expect(&mut stamp, OBJECT).filter(|object| *object == STAMP_INFO)?;
    let mut stamp = expect(&mut stamp, EXPLICIT_0)?;
    let mut stamp = expect(&mut stamp, OCTETS)?;
    let mut stamp = expect(&mut stamp, SEQUENCE)?;
    expect(&mut stamp, INTEGER).filter(|version| *version == [1])?;
    expect(&mut stamp, OBJECT)?;
    let message = expect(&mut stamp, SEQUENCE)?;
    let mut hash =
        message.strip_prefix(&SHA256[..]).or_else(|| message.strip_prefix(&SHA256_BARE[..]))?;
    let imprint = Digest(expect(&mut hash, OCTETS)?.try_into().ok()?);
    expect(&mut stamp, INTEGER)?;
    let time = time(expect(&mut stamp, GENERALIZED_TIME)?)?;
    // Accuracy and order may come before the nonce, names behind it.
    let mut nonce = None;
    while let Some((tag, bytes)) = take(&mut stamp) {
        if tag == INTEGER {
            nonce = Some(bytes.to_vec());
        }
    }
    Some(StampInfo { imprint, time, nonce })
}

/// Reads `20260301T003000.25Z` without its `T`, as X.690 §11.7 writes it.
fn time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (digits, fraction) = text.split_at_checked(14)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &digits[from..to];
    let text = format!(
        "{}-{}-{}T{}:{}:{}{fraction}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    );
    text.parse().ok()
}

/// Takes the next element if it has this tag.
fn expect<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    take(rest).filter(|(found, _)| *found == tag).map(|(_, bytes)| bytes)
}

/// Takes the next element: its tag and its content (X.690 §8.1, definite lengths alone).
fn take<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], mut after) = rest.split_first_chunk::<2>()?;
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            let (bytes, further) = after.split_at_checked(usize::from(first & 0x7f))?;
            after = further;
            bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((tag, content))
}

/// Returns an element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    // Requests are short: no length needs more than one byte.
    debug_assert!(content.len() < 0x80);
    let length = u8::try_from(content.len()).unwrap_or(0x7f);
    [&[tag, length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element of any length.
    fn long(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn answer(request: &StampRequest, status: u8, time: &str) -> Vec<u8> {
        let imprint = [&SHA256[..], &element(OCTETS, &request.imprint.0)].concat();
        let info = [
            element(INTEGER, &[1]),
            element(OBJECT, &[0x2a, 3]),
            element(SEQUENCE, &imprint),
            element(INTEGER, &[7]),
            element(GENERALIZED_TIME, time.as_bytes()),
            element(SEQUENCE, &[INTEGER, 1, 1]),
            element(INTEGER, &request.nonce),
        ];
        let stamp = [
            element(OBJECT, &STAMP_INFO),
            long(EXPLICIT_0, &long(OCTETS, &long(SEQUENCE, &info.concat()))),
        ];
        let signed =
            [element(INTEGER, &[3]), element(SET, &[]), long(SEQUENCE, &stamp.concat())].concat();
        let token = [element(OBJECT, &SIGNED_DATA), long(EXPLICIT_0, &long(SEQUENCE, &signed))];
        let status = element(SEQUENCE, &element(INTEGER, &[status]));
        long(SEQUENCE, &[status, long(SEQUENCE, &token.concat())].concat())
    }

    #[test]
    fn an_answer_to_this_request_says_when_and_no_other_does() {
        let request = StampRequest::new(b"signature").unwrap();
        let der = answer(&request, 0, "20260301003000.25Z");
        let info = request.answered(&der).unwrap();
        assert_eq!(info.imprint, Digest::of(b"signature"));
        assert_eq!(info.time.to_string(), "2026-03-01T00:30:00.250000Z");
        let another = StampRequest::new(b"signature").unwrap();
        assert!(another.answered(&der).is_err(), "another nonce");
        assert!(request.answered(&answer(&request, 2, "20260301003000Z")).is_err(), "refused");
        assert!(request.answered(&answer(&request, 0, "20261301003000Z")).is_err(), "no month");
    }

    #[test]
    fn what_is_cut_or_bent_is_refused_and_breaks_nothing() {
        let request = StampRequest::new(b"signature").unwrap();
        let der = answer(&request, 0, "20260301003000Z");
        for length in 0..der.len() {
            assert!(StampInfo::read(&der[..length]).is_err(), "{length}");
        }
        for at in 0..der.len() {
            for bit in [1, 0x80, 0xff] {
                let mut bent = der.clone();
                bent[at] ^= bit;
                // Whatever it says, it says it without a panic.
                let _ = request.answered(&bent);
            }
        }
    }
}
