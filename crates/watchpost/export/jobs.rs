//! Exports ordered over the API: made one after the other on a thread each, kept for a day.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use api::{ExportJob, ExportOrder, ExportSource, ExportState};
use domain::{Clock, Timestamp};
use evidence::{Purpose, SiteKey};
use index::{Custody, ReadOnlyIndex};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::{Order, Origin, Sealed};
use crate::config::Config;

/// Packages that are made at once: each reads as fast as the disks give.
const MOST_AT_ONCE: usize = 2;
/// How long a package lies there to be fetched.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// Makes packages in a folder of its own. Jobs are in memory; a restart forgets them, and removes what
/// they left.
#[derive(Debug)]
pub(crate) struct ExportJobs {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    config: Mutex<Arc<Config>>,
    jobs: Mutex<BTreeMap<Uuid, ExportJob>>,
}

impl ExportJobs {
    /// Begins with an empty folder `exports` in that of the index.
    pub(crate) fn start(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        let folder = config.index.path.join("exports");
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        for entry in std::fs::read_dir(&folder)? {
            let left = entry?.path();
            if let Err(problem) = std::fs::remove_file(&left) {
                warn!(path = %left.display(), %problem, "an old package cannot be removed");
            }
        }
        Ok(Arc::new(Self {
            folder,
            clock: Arc::clone(clock),
            config: Mutex::new(Arc::new(config.clone())),
            jobs: Mutex::default(),
        }))
    }

    /// Takes over a changed configuration, for exports that begin from now on.
    pub(crate) fn apply(&self, config: &Config) {
        *lock(&self.config) = Arc::new(config.clone());
    }

    /// Removes packages that were not fetched for a day.
    pub(crate) fn expire(&self) {
        let until = self.clock.now().minus(KEPT_FOR);
        lock(&self.jobs).retain(|id, job| {
            let is_running = matches!(job.state, ExportState::Running { .. });
            if is_running || job.ordered >= until {
                return true;
            }
            let path = self.path(*id);
            if let Err(problem) = std::fs::remove_file(&path)
                && path.exists()
            {
                warn!(path = %path.display(), %problem, "an old package cannot be removed");
                return true;
            }
            false
        });
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.zip"))
    }

    /// Makes the package, and notes what came of it.
    fn make(&self, id: Uuid, order: &Order) {
        let path = self.path(id);
        let state = match self.write(id, order, &path) {
            Ok(Sealed { manifest, warnings }) => {
                let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
                info!(export = %id, case = order.purpose.case, bytes, "package sealed");
                ExportState::Done { path, bytes, key: manifest.key, warnings }
            }
            Err(problem) => {
                let _ = std::fs::remove_file(&path);
                error!(export = %id, problem = format!("{problem:#}"), "package not made");
                ExportState::Failed(problem.to_string())
            }
        };
        self.note(id, state);
    }

    fn write(&self, id: Uuid, order: &Order, path: &Path) -> anyhow::Result<Sealed> {
        let config = Arc::clone(&lock(&self.config));
        let index = ReadOnlyIndex::open(&config.index.path).context("cannot open the index")?;
        let mut custody =
            Custody::open(&config.index.path).context("cannot open the audit trail")?;
        let key = SiteKey::open(&config.key_file())?;
        let origin = Origin { config: &config, index: &index, key: &key };
        let file = File::create_new(path).context("cannot write the package")?;
        let mut progress = |done, total| self.note(id, ExportState::Running { done, total });
        let (file, sealed) = super::seal(&origin, order, &mut custody, file, &mut progress)?;
        file.sync_all().context("cannot write the package")?;
        Ok(sealed)
    }

    fn note(&self, id: Uuid, state: ExportState) {
        if let Some(job) = lock(&self.jobs).get_mut(&id) {
            job.state = state;
        }
    }
}

/// What the program hands to the API.
#[derive(Debug, Clone)]
pub(crate) struct Exports(pub(crate) Arc<ExportJobs>);

impl ExportSource for Exports {
    fn begin(&self, ordered: ExportOrder) -> Option<ExportJob> {
        let jobs = &self.0;
        let now: Timestamp = jobs.clock.now();
        let mut all = lock(&jobs.jobs);
        let is_running = |job: &&ExportJob| matches!(job.state, ExportState::Running { .. });
        if all.values().filter(is_running).count() >= MOST_AT_ONCE {
            return None;
        }
        let id = Uuid::now_v7();
        let purpose = &ordered.purpose.purpose;
        let job = ExportJob {
            id,
            operator: ordered.operator.clone(),
            case: purpose.case.clone(),
            ordered: now,
            state: ExportState::Running { done: 0, total: 0 },
        };
        let order = Order {
            cameras: ordered.cameras,
            role: ordered.role,
            range: ordered.range,
            purpose: Purpose {
                case: purpose.case.clone(),
                reason: purpose.reason.clone(),
                legal_basis: purpose.legal_basis.clone(),
            },
            purpose_id: Some(ordered.purpose.id),
            operator: ordered.operator,
            exported: now,
            with_stills: ordered.with_stills,
            masking: ordered.masking,
            package: format!("{id}.zip"),
        };
        let shared = Arc::clone(jobs);
        let thread = std::thread::Builder::new().name("export".to_owned());
        if let Err(problem) = thread.spawn(move || shared.make(id, &order)) {
            error!(%problem, "no thread for an export");
            return None;
        }
        all.insert(id, job.clone());
        Some(job)
    }

    fn job(&self, id: Uuid) -> Option<ExportJob> {
        lock(&self.0.jobs).get(&id).cloned()
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
