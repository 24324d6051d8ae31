//! Exports ordered over the API: stored before they are begun, made a few at a time on a thread each,
//! kept for a while. What a restart cuts off is made anew.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::{ExportDecision, ExportJob, ExportOrder, ExportSource, Masking};
use domain::Clock;
use evidence::{ApprovalCard, Passphrase, Purpose, SiteKey, chain, protect};
use index::{
    Custody, ExportDraft, ExportOptions, ExportStage, HoldAct, Index, IndexError, ReadOnlyIndex,
    StoredExport,
};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{Order, Origin, Sealed};
use crate::config::Config;

/// Packages that are made at once: each reads as fast as the disks give.
const MOST_AT_ONCE: usize = 2;
/// Orders that may wait to be made; more are refused.
const MOST_WAITING: usize = 32;
/// Orders that are told of.
const MOST_TOLD: usize = 200;
/// How long an order waits for the second person.
const ASKED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Makes packages in a folder of its own. Orders are in the index; here is what goes with the
/// process.
#[derive(Debug)]
pub(crate) struct ExportJobs {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    index: Index,
    config: Mutex<Arc<Config>>,
    /// Bytes of clips written so far and in all, of what is being made.
    under_way: Mutex<BTreeMap<Uuid, (u64, u64)>>,
    passphrases: Mutex<BTreeMap<Uuid, Passphrase>>,
}

impl ExportJobs {
    /// Begins with the folder `exports` in that of the index: what was being made is made anew.
    pub(crate) fn start(
        config: &Config,
        index: &Index,
        clock: &Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<Self>> {
        let folder = config.index.path.join("exports");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let jobs = Arc::new(Self {
            folder,
            clock: Arc::clone(clock),
            index: index.clone(),
            config: Mutex::new(Arc::new(config.clone())),
            under_way: Mutex::default(),
            passphrases: Mutex::default(),
        });
        jobs.resume().context("cannot go on with exports")?;
        Ok(jobs)
    }

    /// Takes over a changed configuration, for exports that begin from now on.
    pub(crate) fn apply(&self, config: &Config) {
        *lock(&self.config) = Arc::new(config.clone());
    }

    fn resume(self: &Arc<Self>) -> anyhow::Result<()> {
        let orders = self.index.custody().exports(usize::MAX, |_| true)?;
        let mut kept = Vec::new();
        for StoredExport { export, stage, .. } in orders {
            match stage {
                ExportStage::Asked | ExportStage::Due if export.options.protected => {
                    let lost = "the service was started anew meanwhile, and a passphrase is kept \
                                nowhere: order it again";
                    self.note(export.id, &ExportStage::Failed(lost.to_owned()));
                }
                ExportStage::Done { .. } if self.path(export.id).is_file() => {
                    kept.push(self.path(export.id));
                }
                ExportStage::Done { .. } => self.note(export.id, &ExportStage::Removed),
                ExportStage::Due => info!(export = %export.id, "an export is made anew"),
                _ => {}
            }
        }
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if !kept.contains(&path) {
                remove(&path);
            }
        }
        self.begin_due();
        Ok(())
    }

    /// Removes packages whose time is over, and orders that nobody agreed to.
    pub(crate) fn expire(&self) {
        let now = self.clock.now();
        let hours = lock(&self.config).export.keep_hours;
        let kept_since = now.minus(Duration::from_secs_f64(hours * 3600.0));
        let orders = match self.index.custody().exports(usize::MAX, |_| true) {
            Ok(orders) => orders,
            Err(problem) => return error!(%problem, "old packages not removed"),
        };
        for StoredExport { export, stage, changed, .. } in orders {
            match stage {
                ExportStage::Done { .. }
                    if changed < kept_since && remove(&self.path(export.id)) =>
                {
                    self.note(export.id, &ExportStage::Removed);
                }
                ExportStage::Asked if export.ordered < now.minus(ASKED_FOR) => {
                    lock(&self.passphrases).remove(&export.id);
                    let why = "nobody agreed within seven days".to_owned();
                    self.note(export.id, &ExportStage::Failed(why));
                }
                _ => {}
            }
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    /// Begins orders that are due, as many as may be made at once.
    fn begin_due(self: &Arc<Self>) {
        let due = match self.index.custody().due_exports() {
            Ok(due) => due,
            Err(problem) => return error!(%problem, "exports not begun"),
        };
        for stored in due {
            let id = stored.export.id;
            let mut under_way = lock(&self.under_way);
            if under_way.len() >= MOST_AT_ONCE {
                return;
            }
            if under_way.contains_key(&id) {
                continue;
            }
            under_way.insert(id, (0, 0));
            drop(under_way);
            let shared = Arc::clone(self);
            let thread = std::thread::Builder::new().name("export".to_owned());
            if let Err(problem) = thread.spawn(move || shared.make(&stored)) {
                error!(%problem, "no thread for an export");
                lock(&self.under_way).remove(&id);
                return;
            }
        }
    }

    /// Makes the package, and notes what came of it.
    fn make(self: &Arc<Self>, stored: &StoredExport) {
        let id = stored.export.id;
        let case = &stored.export.purpose.purpose.case;
        let stage = match self.write(stored) {
            Ok((bytes, Sealed { manifest, warnings })) => {
                info!(export = %id, case, bytes, "package sealed");
                ExportStage::Done { bytes, key: manifest.key.0, warnings }
            }
            Err(problem) => {
                error!(export = %id, problem = format!("{problem:#}"), "package not made");
                ExportStage::Failed(problem.to_string())
            }
        };
        self.note(id, &stage);
        lock(&self.passphrases).remove(&id);
        lock(&self.under_way).remove(&id);
        self.begin_due();
    }

    fn write(&self, stored: &StoredExport) -> anyhow::Result<(u64, Sealed)> {
        let id = stored.export.id;
        let config = Arc::clone(&lock(&self.config));
        let index = ReadOnlyIndex::open(&config.index.path).context("cannot open the index")?;
        let mut custody =
            Custody::open(&config.index.path).context("cannot open the audit trail")?;
        let key = SiteKey::open(&config.key_file())?;
        let origin = Origin { config: &config, index: &index, key: &key };
        let passphrase = lock(&self.passphrases).get(&id).cloned();
        if stored.export.options.protected && passphrase.is_none() {
            bail!("its passphrase is not known any more: order it again");
        }
        let sealed_at = self.folder.join(format!("{id}.sealed"));
        let protected_at = self.folder.join(format!("{id}.protected"));
        let mut progress = |done, total| {
            if let Some(known) = lock(&self.under_way).get_mut(&id) {
                *known = (done, total);
            }
        };
        let mut make = || -> anyhow::Result<(PathBuf, Sealed)> {
            let file = create(&sealed_at)?;
            let order = order(stored, self.clock.now());
            let (file, sealed) = super::seal(&origin, &order, &mut custody, file, &mut progress)?;
            let Some(passphrase) = &passphrase else {
                file.sync_all().context("cannot write the package")?;
                return Ok((sealed_at.clone(), sealed));
            };
            drop(file);
            let mut package = BufReader::new(File::open(&sealed_at)?);
            let name = format!("watchpost-{id}.zip");
            let out = protect(&mut package, &name, passphrase, create(&protected_at)?)?;
            out.sync_all().context("cannot write the package")?;
            Ok((protected_at.clone(), sealed))
        };
        let made = make().and_then(|(at, sealed)| {
            let path = self.path(id);
            std::fs::rename(&at, &path).context("cannot write the package")?;
            Ok((std::fs::metadata(&path)?.len(), sealed))
        });
        for left in [&sealed_at, &protected_at] {
            remove(left);
        }
        made
    }

    fn note(&self, id: Uuid, stage: &ExportStage) {
        let now = self.clock.now();
        if let Err(problem) = self.index.custody().note_export(id, stage, now) {
            error!(export = %id, %problem, "what came of an export is not stored");
        }
    }

    fn told(&self, stored: StoredExport) -> ExportJob {
        let progress = lock(&self.under_way).get(&stored.export.id).copied();
        let path = self.path(stored.export.id);
        ExportJob { stored, progress, path }
    }
}

/// Returns what is to be made of an order at `now`.
fn order(stored: &StoredExport, now: domain::Timestamp) -> Order {
    let export = &stored.export;
    let purpose = &export.purpose.purpose;
    let approved = stored.second.as_ref();
    Order {
        cameras: export.cameras.clone(),
        role: export.role,
        range: export.range,
        purpose: Purpose {
            case: purpose.case.clone(),
            reason: purpose.reason.clone(),
            legal_basis: purpose.legal_basis.clone(),
        },
        purpose_id: Some(export.purpose.id),
        operator: export.operator.clone(),
        approved: approved.map(|act| ApprovalCard { by: act.by.clone(), at: act.at }),
        exported: now,
        with_stills: export.options.stills,
        masking: if export.options.masks_removed { Masking::Off } else { Masking::On },
        package: format!("{}.zip", export.id),
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path);
    file.with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a file, and returns whether there is none any more.
fn remove(path: &Path) -> bool {
    match std::fs::remove_file(path) {
        Err(problem) if path.exists() => {
            warn!(path = %path.display(), %problem, "an old package cannot be removed");
            false
        }
        _ => true,
    }
}

/// What the program hands to the API.
#[derive(Debug, Clone)]
pub(crate) struct Exports(pub(crate) Arc<ExportJobs>);

impl ExportSource for Exports {
    fn order(&self, ordered: ExportOrder) -> Result<Option<ExportJob>, IndexError> {
        let jobs = &self.0;
        if jobs.index.custody().due_exports()?.len() >= MOST_WAITING {
            return Ok(None);
        }
        let masks = jobs.index.custody().masks()?;
        let second_needed = lock(&jobs.config).needs_second(
            &ordered.cameras,
            ordered.range,
            ordered.masking,
            &masks,
        );
        let draft = ExportDraft {
            id: Uuid::now_v7(),
            operator: ordered.operator,
            ordered: jobs.clock.now(),
            purpose: ordered.purpose,
            second_needed,
            cameras: ordered.cameras,
            role: ordered.role,
            range: ordered.range,
            options: ExportOptions {
                stills: ordered.with_stills,
                masks_removed: ordered.masking == Masking::Off,
                protected: ordered.passphrase.is_some(),
            },
        };
        if let Some(passphrase) = ordered.passphrase {
            lock(&jobs.passphrases).insert(draft.id, passphrase);
        }
        let stored = jobs.index.custody().order_export(&draft, chain::link);
        let stored = stored.inspect_err(|_| {
            lock(&jobs.passphrases).remove(&draft.id);
        })?;
        jobs.begin_due();
        Ok(Some(jobs.told(stored)))
    }

    fn decide(&self, id: Uuid, decision: ExportDecision) -> Result<ExportJob, IndexError> {
        let jobs = &self.0;
        let act = HoldAct { by: decision.by, at: jobs.clock.now() };
        let is_refused = decision.verdict.is_err();
        let stored = jobs.index.custody().decide_export(id, &act, decision.verdict, chain::link)?;
        if is_refused {
            lock(&jobs.passphrases).remove(&id);
        }
        jobs.begin_due();
        Ok(jobs.told(stored))
    }

    fn job(&self, id: Uuid) -> Result<Option<ExportJob>, IndexError> {
        let stored = self.0.index.custody().export(id)?;
        Ok(stored.map(|stored| self.0.told(stored)))
    }

    fn jobs(&self, is_seen: &dyn Fn(&StoredExport) -> bool) -> Result<Vec<ExportJob>, IndexError> {
        let stored = self.0.index.custody().exports(MOST_TOLD, is_seen)?;
        Ok(stored.into_iter().map(|stored| self.0.told(stored)).collect())
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
