//! The site's audit trail: entries chained and signed by `evidence`, kept by `index`, heads copied
//! to a second place.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use domain::{AccountName, AuditAction, AuditDraft, Clock, SignedHead, Timestamp};
use evidence::footage::{self, SealDetail};
use evidence::{Digest, PublicKey, SiteKey, chain, head};
use index::{Custody, FootageHead, FootageSeal, Index, IndexError, StoredHold};
use tracing::{error, info};

use crate::config::Config;

/// A longer line of the second place is none of ours.
const LONGEST_LINE: usize = 4096;

/// The site's audit trail. Shared; methods block for the disk.
#[derive(Debug)]
pub(crate) struct Trail {
    index: Index,
    clock: Arc<dyn Clock>,
    site: String,
    key: SiteKey,
    copy_to: Option<PathBuf>,
}

impl Trail {
    /// Opens the site's key, or makes it at the first start, and notes that the service began.
    pub(crate) fn start(
        index: Index,
        clock: &Arc<dyn Clock>,
        config: &Config,
    ) -> anyhow::Result<Self> {
        let path = config.key_file();
        let (key, is_new) = SiteKey::open_or_create(&path)?;
        let fingerprint = key.public().fingerprint();
        if is_new {
            info!(path = %path.display(), %fingerprint, "signing key made: keep a copy of it in a safe");
        } else {
            info!(%fingerprint, "signing key");
        }
        let trail = Self {
            index,
            clock: Arc::clone(clock),
            site: config.site.id.to_string(),
            key,
            copy_to: config.audit.copy_to.clone(),
        };
        let detail = serde_json::json!({
            "software": software(), "key": fingerprint, "key_made": is_new,
        });
        trail.record(AuditAction::Started, "service", &detail)?;
        Ok(trail)
    }

    /// Returns the key that heads are checked with.
    pub(crate) fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Returns the secret that restream passwords are made with.
    pub(crate) fn restream_key(&self) -> api::RestreamKey {
        restream_key(&self.key)
    }

    /// Adds an entry about what the program itself did.
    pub(crate) fn record(
        &self,
        action: AuditAction,
        object: &str,
        detail: &serde_json::Value,
    ) -> anyhow::Result<()> {
        let draft = AuditDraft {
            time: self.clock.now(),
            actor: AccountName::program(),
            action,
            object: object.to_owned(),
            case: None,
            purpose: None,
            detail: detail.to_string(),
        };
        self.index
            .custody()
            .append_audit(&draft, chain::link)
            .context("cannot write into the audit trail")?;
        Ok(())
    }

    /// Seals the chains of recorded files, signs the trail as it is, if anything came since, and
    /// copies heads to the second place. A second place that is out of reach gets them the next
    /// time.
    pub(crate) fn seal(&self) {
        let now = self.clock.now();
        let mut custody = self.index.custody();
        let grown = |after| self.index.grown_chains(after);
        if let Err(problem) = chain_footage(&mut custody, grown, now) {
            error!(%problem, "chains of recorded files not sealed");
        }
        if let Err(problem) = seal(&mut custody, &self.site, &self.key, now) {
            error!(%problem, "audit trail not signed");
        }
        drop(custody);
        let Some(copy_to) = &self.copy_to else { return };
        if let Err(problem) =
            copy_heads(copy_to, |after| Ok(self.index.custody().audit_heads_after(after)?))
        {
            metrics::counter!("watchpost_audit_copy_failures_total").increment(1);
            error!(path = %copy_to.display(), %problem, "audit heads not copied to the second place");
        }
    }

    /// Ends the legal holds whose time has come, each with its entry. Where that fails they hold on,
    /// until it is tried again.
    pub(crate) fn end_holds(&self) {
        let ended =
            self.index.custody().end_holds(&AccountName::program(), self.clock.now(), chain::link);
        match ended {
            Ok(ended) => {
                for StoredHold { id, hold, .. } in ended {
                    info!(hold = id, case = %hold.case, "hold ended: its time had come");
                }
            }
            Err(problem) => error!(%problem, "holds whose time has come not ended"),
        }
    }

    /// Notes that the service ended, and signs.
    pub(crate) fn stop(&self) {
        let detail = serde_json::json!({});
        if let Err(problem) = self.record(AuditAction::Stopped, "service", &detail) {
            error!(%problem, "the end is not in the audit trail");
        }
        self.seal();
    }
}

/// What the site's key signs for its hash to be the secret of restream passwords: neither a head nor a
/// manifest begins so.
const RESTREAM_SECRET: &[u8] = b"watchpost-restream-1";

/// Returns the secret that restream passwords are made with: of the site's key, which does not lie in the
/// index. Ed25519 signs the same words the same way each time (RFC 8032), and nobody else can.
pub(crate) fn restream_key(key: &SiteKey) -> api::RestreamKey {
    api::RestreamKey::new(&Digest::of(&key.sign(RESTREAM_SECRET)).0)
}

/// Returns program and version.
pub(crate) fn software() -> String {
    format!("watchpost {}", env!("CARGO_PKG_VERSION"))
}

/// Seals the chains of recorded files that grew since they were sealed last, of which `grown` tells.
pub(crate) fn chain_footage(
    custody: &mut Custody,
    grown: impl FnOnce(u64) -> Result<(Vec<FootageHead>, u64), IndexError>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let cannot = "cannot seal the chains of recorded files";
    let (heads, change) = grown(custody.sealed_change().context(cannot)?).context(cannot)?;
    if heads.is_empty() {
        return Ok(());
    }
    let leaves: Vec<Digest> = heads.iter().map(leaf).collect();
    let chains = u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    let detail = SealDetail { chains, sha256: footage::root(&leaves) };
    let draft = AuditDraft {
        time: now,
        actor: AccountName::program(),
        action: AuditAction::FootageChained,
        object: "footage".to_owned(),
        case: None,
        purpose: None,
        detail: serde_json::to_string(&detail)?,
    };
    let leaves = leaves.into_iter().map(|leaf| leaf.0).collect();
    let sealed = FootageSeal { time: now, change, leaves };
    custody.seal_footage(&sealed, &draft, chain::link).context(cannot)?;
    Ok(())
}

/// Returns the leaf of a chain as it is.
pub(crate) fn leaf(head: &FootageHead) -> Digest {
    let stream = &head.day.stream;
    footage::leaf((&stream.camera, stream.role), head.day.day, head.links, &head.chain)
}

/// Signs the trail as it is, if anything came since the last head.
pub(crate) fn seal(
    custody: &mut Custody,
    site: &str,
    key: &SiteKey,
    now: Timestamp,
) -> anyhow::Result<Option<SignedHead>> {
    let signed = custody.sign_audit(&|number, last| head::sign(site, key, number, last, now));
    signed.context("cannot sign the audit trail")
}

/// Appends to the file at `path` the heads that it does not hold yet.
fn copy_heads(
    path: &Path,
    heads_after: impl FnOnce(u64) -> anyhow::Result<Vec<SignedHead>>,
) -> anyhow::Result<()> {
    let known = if path.exists() { read_heads(path)? } else { Vec::new() };
    let newest = known.iter().map(|head| head.number).max().unwrap_or(0);
    let lines: String = heads_after(newest)?.iter().map(head::to_line).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

/// Reads the heads of a second place.
///
/// # Errors
/// The file cannot be read, or holds a line that is no head: it was damaged, or is another file. A
/// last line without an end was cut off by a crash and is left out.
pub(crate) fn read_heads(path: &Path) -> anyhow::Result<Vec<SignedHead>> {
    let reading = || format!("cannot read the heads in {}", path.display());
    let mut reader = BufReader::new(File::open(path).with_context(reading)?);
    let mut heads = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).with_context(reading)? == 0 {
            return Ok(heads);
        }
        let Some(text) = line.strip_suffix(b"\n") else { return Ok(heads) };
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST_LINE);
        let found = text.and_then(head::from_line);
        heads.push(found.with_context(|| {
            format!("line {} of {} is no signed head", heads.len() + 1, path.display())
        })?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_place_gets_what_it_missed_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.jsonl");
        let key = SiteKey::from_secret(&[1; 32]);
        let head =
            |number| head::sign("test", &key, number, (number, [0; 32]), Timestamp::from_micros(0));
        let all: Vec<SignedHead> = (1..=5).map(head).collect();
        let after = |number: u64, until: usize| {
            let from = usize::try_from(number).unwrap();
            Ok(all[from..until].to_vec())
        };
        copy_heads(&path, |number| after(number, 2)).unwrap();
        assert_eq!(read_heads(&path).unwrap(), all[..2]);
        copy_heads(&path, |number| after(number, 2)).unwrap();
        copy_heads(&path, |number| after(number, 5)).unwrap();
        assert_eq!(read_heads(&path).unwrap(), all);
        std::fs::write(&path, "something else\n").unwrap();
        assert!(copy_heads(&path, |number| after(number, 5)).is_err());
    }
}
