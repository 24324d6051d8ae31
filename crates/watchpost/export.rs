//! Seals footage and events of a case: the archive lays out the clips, the index knows what there
//! is and keeps the audit trail, vision decodes the stills, evidence seals.

mod clips;
mod events;
pub(crate) mod jobs;
mod masked;
mod proof;
mod provenance;
mod stamp;

use std::collections::BTreeSet;
use std::io::{Seek, Write};

use anyhow::{Context as _, bail};
use api::Masking;
use domain::{
    AccountName, AuditAction, AuditDraft, CameraId, SiteMasks, StreamRole, TimeRange, Timestamp,
};
use evidence::{
    ApprovalCard, AuditExtract, CameraCard, Digest, EventsCard, FORMAT, Manifest, Purpose, Sealer,
    SiteCard, SiteKey, chain,
};
use index::{CameraRow, Custody, ReadOnlyIndex};

use crate::audit;
use crate::config::Config;

/// The most steps from the first entry of a case to the head that an extract shows.
const MOST_STEPS: u64 = 20_000;

/// What is to be exported, by whom and what for.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) cameras: Vec<CameraId>,
    pub(crate) role: StreamRole,
    pub(crate) range: TimeRange,
    pub(crate) purpose: Purpose,
    /// The number of the stated purpose, where one was stated.
    pub(crate) purpose_id: Option<u64>,
    pub(crate) operator: AccountName,
    /// The second person, where one was needed.
    pub(crate) approved: Option<ApprovalCard>,
    pub(crate) exported: Timestamp,
    pub(crate) with_stills: bool,
    /// Whether privacy masks lie over the clips; over stills they always do.
    pub(crate) masking: Masking,
    /// The name of the package, for the audit trail.
    pub(crate) package: String,
}

/// Where it comes from.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) config: &'a Config,
    pub(crate) index: &'a ReadOnlyIndex,
    pub(crate) key: &'a SiteKey,
}

/// What is wanted and what it is made of.
struct About<'a> {
    origin: &'a Origin<'a>,
    order: &'a Order,
    masks: &'a SiteMasks,
}

/// What was made, and what whoever made it should know.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) manifest: Manifest,
    /// Each in one sentence.
    pub(crate) warnings: Vec<String>,
}

/// Told the bytes of clips written so far and in all.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes the package into `out`. The audit entry is on disk before the package is whole; nothing
/// is to be handed out before this returns.
///
/// # Errors
/// Nothing was recorded, something cannot be read, or the package cannot be written.
pub(crate) fn seal<W: Write + Seek>(
    origin: &Origin<'_>,
    order: &Order,
    custody: &mut Custody,
    out: W,
    progress: Progress<'_>,
) -> anyhow::Result<(W, Sealed)> {
    let cameras = cameras(origin, order)?;
    let mut warnings = Vec::new();
    let mut sealer = Sealer::new(out);
    let masks = custody.masks().context("cannot read the privacy masks")?;
    let about = About { origin, order, masks: &masks };
    let clips = clips::add(&about, &cameras, &mut sealer, progress, &mut warnings)?;
    let found = events::add(&about, &mut sealer, &mut warnings)?;
    let signs = (origin.config.site.id.as_str(), origin.key);
    let (rules, models) =
        (provenance::rules(custody, &found)?, provenance::models(custody, &found)?);
    let proof = proof::of(&clips.days, origin.index, custody, signs, order.exported)?;
    sealer.add_footage(&proof)?;
    let card = |camera: &&CameraRow| CameraCard {
        id: camera.id.clone(),
        name: camera.name.clone(),
        location: camera.location,
    };
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        site: SiteCard {
            id: origin.config.site.id.to_string(),
            name: origin.config.site.name.clone(),
        },
        key: origin.key.public().fingerprint(),
        software: audit::software(),
        exported: order.exported,
        operator: order.operator.clone(),
        approved: order.approved.clone(),
        purpose: order.purpose.clone(),
        range: order.range,
        cameras: cameras.iter().map(card).collect(),
        clips: clips.cards,
        gaps: clips.gaps,
        clock_errors: found.clock_errors,
        events: EventsCard {
            file: events::FILE.to_owned(),
            count: found.count,
            stills: found.stills,
        },
        rules,
        models,
        files: Vec::new(),
    };
    let extract = note(origin, order, custody, &manifest, sealer.sha256())?;
    let mut refused = None;
    let mut stamp = |signature: &[u8; 64]| {
        let authority = origin.config.export.time_stamp_url.as_ref()?;
        let stamped = stamp::ask(authority, signature);
        stamped.inspect_err(|problem| refused = Some(format!("{problem:#}"))).ok()
    };
    let (out, manifest) = sealer.finish_stamped(manifest, &extract, origin.key, &mut stamp)?;
    if let Some(problem) = refused {
        if origin.config.export.time_stamp_required {
            bail!("the time-stamp authority gave no stamp: {problem}");
        }
        warnings.push(format!("it has no time stamp of a third party: {problem}"));
    }
    Ok((out, Sealed { manifest, warnings }))
}

fn cameras<'a>(origin: &Origin<'a>, order: &Order) -> anyhow::Result<Vec<&'a CameraRow>> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for id in order.cameras.iter().filter(|id| seen.insert((*id).clone())) {
        let row = origin.index.cameras().iter().find(|row| row.id == *id);
        rows.push(row.with_context(|| format!("there never was a camera {id} at this site"))?);
    }
    if rows.is_empty() {
        bail!("name at least one camera");
    }
    Ok(rows)
}

/// Writes the export into the audit trail, signs that, and takes the part of the case out of it.
fn note(
    origin: &Origin<'_>,
    order: &Order,
    custody: &mut Custody,
    manifest: &Manifest,
    contents: Digest,
) -> anyhow::Result<AuditExtract> {
    let case = &order.purpose.case;
    let detail = serde_json::json!({
        "reason": order.purpose.reason, "legal_basis": order.purpose.legal_basis,
        "cameras": order.cameras, "stream": order.role, "range": order.range,
        "clips": manifest.clips.len(), "masks": order.masking == Masking::On,
        "events": manifest.events.count, "contents": contents, "approved": order.approved,
        "via": if order.purpose_id.is_some() { "api" } else { "command" },
    });
    let draft = AuditDraft {
        time: order.exported,
        actor: order.operator.clone(),
        action: AuditAction::Exported,
        object: order.package.clone(),
        case: Some(case.clone()),
        purpose: order.purpose_id,
        detail: detail.to_string(),
    };
    custody.append_audit(&draft, chain::link).context("cannot write into the audit trail")?;
    let site = &manifest.site.id;
    let head = match audit::seal(custody, site, origin.key, order.exported)? {
        Some(head) => head,
        // The service has signed in between.
        None => custody.audit_head()?.context("the audit trail has no signed head")?,
    };
    let first = custody.first_audit_of(case)?.unwrap_or(head.seq);
    let from = first.max(head.seq.saturating_sub(MOST_STEPS)).max(1);
    // One more, whose hash the first one follows.
    let steps = usize::try_from(head.seq - from + 2).unwrap_or(usize::MAX);
    let mut entries = match from {
        1 => custody.audit_after(0, steps)?,
        _ => custody.audit_after(from - 2, steps)?,
    };
    entries.retain(|entry| entry.entry.seq <= head.seq);
    let before = if from == 1 { chain::START } else { entries.remove(0).hash };
    Ok(AuditExtract::new(site, case, (before, &entries), &head, from == first))
}
