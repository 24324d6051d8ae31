//! The service's certificate, taken over when its files change: it is renewed every few weeks, and nobody
//! is to restart the service for that.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use api::{ComponentHealth, Health, TlsIdentity, Transport};
use sha2::{Digest as _, Sha256};
use tracing::{error, info};

use crate::config::Api;

/// Looks at the files of the certificate and its key. Owned by the program's main task.
#[derive(Debug)]
pub(crate) struct Certificates {
    identity: TlsIdentity,
    certificate_file: PathBuf,
    key_file: PathBuf,
    in_use: Found,
    /// What was found by the last look: whoever renews writes one file after the other.
    last: Found,
    /// What was found and could not be used.
    refused: Option<Found>,
    trouble: Trouble,
}

/// What the files held: a hash of both, or why they could not be read.
type Found = Result<[u8; 32], String>;

/// Why the newest certificate is not in use; shared with who tells how the service does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    fn put(&self, trouble: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Returns how the certificate is, where there is one.
    pub(crate) fn component(&self) -> ComponentHealth {
        let detail = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let status = if detail.is_some() { Health::Degraded } else { Health::Ok };
        ComponentHealth { name: "certificate", status, detail }
    }
}

impl Certificates {
    /// Looks after the certificate that `transport` shows, which was read from the files of `api`; `None`
    /// where there is none.
    pub(crate) fn of(api: &Api, transport: &Transport) -> Option<Self> {
        let Transport::Tls(identity) = transport else { return None };
        let (certificate_file, key_file) = (api.certificate_file.clone()?, api.key_file.clone()?);
        let mut new = Self {
            identity: identity.clone(),
            certificate_file,
            key_file,
            in_use: Err(String::new()),
            last: Err(String::new()),
            refused: None,
            trouble: Trouble::default(),
        };
        new.in_use = new.read().map(|files| hash(&files));
        new.last = new.in_use.clone();
        Some(new)
    }

    pub(crate) fn trouble(&self) -> Trouble {
        self.trouble.clone()
    }

    /// Looks whether the files are others, and takes them over once they have been the same for two
    /// looks.
    pub(crate) fn look(&mut self) {
        let files = self.read();
        let found = files.as_ref().map(hash).map_err(Clone::clone);
        let is_settled = std::mem::replace(&mut self.last, found.clone()) == found;
        if is_settled && self.refused.as_ref() != Some(&found) {
            self.try_out(files, found);
        }
    }

    /// Takes the files over as they are now, as somebody asks for it.
    pub(crate) fn look_now(&mut self) {
        let files = self.read();
        let found = files.as_ref().map(hash).map_err(Clone::clone);
        self.last = found.clone();
        self.try_out(files, found);
    }

    fn try_out(&mut self, files: Result<[Vec<u8>; 2], String>, found: Found) {
        if found == self.in_use {
            self.refused = None;
            self.trouble.put(None);
            return;
        }
        let read = files.and_then(|[certificate, key]| {
            TlsIdentity::from_pem(&certificate, &key)
                .map_err(|problem| format!("{}: {problem}", self.certificate_file.display()))
        });
        match read {
            Ok(renewed) => {
                self.identity.take_over(&renewed);
                self.in_use = found;
                self.refused = None;
                self.trouble.put(None);
                info!(path = %self.certificate_file.display(), "certificate taken over");
            }
            Err(problem) => {
                self.refused = Some(found);
                error!(%problem, "certificate not taken over, the old one goes on");
                self.trouble.put(Some(format!("not taken over, the old one goes on: {problem}")));
            }
        }
    }

    /// Reads the certificate and its key. Blocks for a moment.
    fn read(&self) -> Result<[Vec<u8>; 2], String> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        Ok([read(&self.certificate_file)?, read(&self.key_file)?])
    }
}

fn hash([certificate, key]: &[Vec<u8>; 2]) -> [u8; 32] {
    let length = u64::try_from(certificate.len()).unwrap_or(u64::MAX).to_be_bytes();
    Sha256::new().chain_update(length).chain_update(certificate).chain_update(key).finalize().into()
}
