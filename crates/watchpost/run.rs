//! `watchpost run`: builds the parts in order, keeps them going, takes them down in order.
//!
//! Start: configuration, listener, index, notifications, volumes, model, feeds. What can fail is
//! tried before anything is recorded. Stop: feeds end and hand over their last GOP, analysis
//! drains, scenes finish, events are committed and folded into alerts, notifications under way end, segments are closed
//! and hashed; all within 20 s.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::ApiState;
use archive::{Archive, ArchiveConfig, VolumeConfig};
use domain::{AuditAction, Clock, StatusBoard, StreamId, StreamRole, SystemClock};
use index::{CameraRow, Index, SiteSettings};
use notify::{Notifier, Patience};
use places::Places;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use vision::{Vision, VisionConfig};

use crate::alert_folding::AlertFolding;
use crate::analysis_health::AnalysisHealth;
use crate::audit::Trail;
use crate::camera_trial::CameraTrials;
use crate::camera_watch::{CameraWatch, Sources};
use crate::certificates::Certificates;
use crate::config::{self, Config, Secrets};
use crate::duty_desk::DutyDesk;
use crate::export::jobs::{ExportJobs, Exports};
use crate::feeds::{Feeds, Sinks};
use crate::frames::RecordedFrames;
use crate::keyframes::RecordedKeyframes;
use crate::ledger::IndexLedger;
use crate::listening;
use crate::masks::Masks;
use crate::notifications::{self, IndexOutbox};
use crate::persons::Persons;
use crate::policies;
use crate::provenance;
use crate::restreaming;
use crate::scenes::Scenes;
use crate::telemetry;
use crate::views::RecordedViews;

/// Time given to an orderly end.
const DRAIN: Duration = Duration::from_secs(20);
/// How often footage and events that are too old are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(30);
/// How often the audit trail is signed.
const SEAL_INTERVAL: Duration = Duration::from_secs(3600);
/// How often metrics that nobody asks for are condensed, and analysis is looked at.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);
/// How often it is looked whether the certificate's files are others.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(5);
/// Length of a recorded file.
const SEGMENT_DURATION: Duration = Duration::from_secs(60);
/// Pictures one stream may hold in memory while its disk is slow.
const STREAM_BUDGET_BYTES: usize = 16 << 20;
/// Pictures all streams may hold in memory while disks are slow.
const TOTAL_BUDGET_BYTES: usize = 1 << 30;

/// Records, analyses and serves until stopped.
///
/// # Errors
/// Says which part could not be started, and why.
pub(crate) fn run(config_path: &Path) -> anyhow::Result<()> {
    telemetry::start_logs();
    let (config, secrets) = config::load(config_path)?;
    warn_of_exposed_secrets(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("io")
        .enable_all()
        .build()
        .context("cannot start the I/O threads")?;
    let outcome = runtime.block_on(serve(config_path, config, secrets));
    // Blocking readers of slow disks must not hold up the end.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// Says once which files of secrets others on this machine may read; `watchpost check` does so, too.
fn warn_of_exposed_secrets(config: &Config) {
    let exposed: Vec<String> = config.exposed_secrets().iter().map(ToString::to_string).collect();
    if !exposed.is_empty() {
        warn!(files = exposed.join("; "), "others may read files of secrets");
    }
}

async fn serve(config_path: &Path, config: Config, secrets: Secrets) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let listener = listen(config.api.listen, "api.listen").await?;
    let local = match config.api.local_listen {
        Some(address) => Some(listen(address, "api.local_listen").await?),
        None => None,
    };
    let rtsp = restreaming::listeners(&config.restream, &secrets.transport)?;
    let listens = addresses(&listener, local.as_ref(), &rtsp);
    let mut service = Service::start(config_path, config, secrets).await?;
    if let Err(problem) = listening::note(&service.config.index.path, &listens) {
        warn!(%problem, "cannot note where the service listens: watchpost check takes it for another");
    }
    if !rtsp.is_empty() {
        service.restream(rtsp);
    }
    let pages =
        console::around(api::router(service.api.clone()), &console_settings(&service.config));
    let state = service.api.clone();
    let serving = tokio::spawn(async move {
        let Some(local) = local else { return api::serve(listener, state, pages).await };
        let beside = api::serve_locally(local, state.clone());
        tokio::try_join!(api::serve(listener, state, pages), beside).map(|_| ())
    });
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    let mut expiry = tokio::time::interval(EXPIRY_INTERVAL);
    let mut upkeep = tokio::time::interval(UPKEEP_INTERVAL);
    let mut seal = tokio::time::interval(SEAL_INTERVAL);
    let mut certificate = tokio::time::interval(CERTIFICATE_INTERVAL);
    loop {
        tokio::select! {
            request = signals.next() => match request {
                Request::Reload => service.reload().await,
                Request::Stop => break,
            },
            _ = expiry.tick() => service.expire(),
            _ = seal.tick() => service.seal(),
            _ = certificate.tick() => service.look_at_certificate(),
            _ = upkeep.tick() => service.keep_up(),
        }
    }
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    info!("stopping; a second signal ends at once");
    // A task of its own: whatever it waits for, deadline and second signal are heard.
    let stopping = tokio::spawn(service.stop(serving));
    tokio::select! {
        drained = tokio::time::timeout(DRAIN, stopping) => {
            drained.context("not everything was drained within 20 s")?.context("cannot stop")?
        }
        () = signals.stop_again() => bail!("ended by a second signal: recording was cut off"),
    }
}

fn console_settings(config: &Config) -> console::Settings {
    if !console::is_built() {
        warn!(
            "the console is not in this program: scripts/build-console builds it, then build again"
        );
    }
    console::Settings { site: config.site.name.clone(), basemap: config.map.basemap.clone() }
}

async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} ({setting})"))
}

/// Returns where `listener`, `local` and `rtsp` listen.
fn addresses(
    listener: &TcpListener,
    local: Option<&TcpListener>,
    rtsp: &[restream::Listener],
) -> Vec<SocketAddr> {
    let tcp = std::iter::once(listener).chain(local).map(TcpListener::local_addr);
    let rtsp = rtsp.iter().map(|listener| listener.tcp.local_addr());
    // One without an address listens nowhere.
    tcp.chain(rtsp).filter_map(Result::ok).collect()
}

enum Request {
    Reload,
    Stop,
}

struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Request {
        tokio::select! {
            _ = self.hangup.recv() => Request::Reload,
            _ = self.terminate.recv() => Request::Stop,
            _ = self.interrupt.recv() => Request::Stop,
        }
    }

    async fn stop_again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// All running parts. Owned by the program's main task.
struct Service {
    config_path: PathBuf,
    config: Config,
    clock: Arc<dyn Clock>,
    index: Index,
    trail: Arc<Trail>,
    exports: Arc<ExportJobs>,
    ledger: Arc<IndexLedger>,
    archive: Arc<Archive>,
    vision: Option<Arc<Vision>>,
    scenes: Arc<Scenes>,
    masks: Arc<Masks>,
    persons: Arc<Persons>,
    frames: Arc<RecordedFrames>,
    watch: CameraWatch,
    feeds: Feeds,
    notifier: Arc<Notifier>,
    alerts: AlertFolding,
    desk: DutyDesk,
    api: ApiState,
    certificates: Option<Certificates>,
    restream: Arc<restream::Tally>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
    health: Arc<AnalysisHealth>,
    expiring: Option<tokio::task::JoinHandle<()>>,
    stop: CancellationToken,
}

type Serving = tokio::task::JoinHandle<std::io::Result<()>>;

impl Service {
    async fn start(config_path: &Path, config: Config, secrets: Secrets) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let metrics = telemetry::start_metrics()?;
        let index = open_index(&config, &clock)?;
        index.put_cameras(&camera_rows(&config)).context("cannot store the cameras")?;
        let alerts =
            AlertFolding::start(index.clone(), &clock, &config).context("cannot start alerts")?;
        // Behind the folding, which says up to where events can be told.
        let notifier = start_notifier(&index, &clock, &config, &secrets).await?;
        let desk = DutyDesk::start(index.clone(), Arc::clone(&clock), &config);
        let trail = Trail::start(index.clone(), &clock, &config)?;
        policies::note(&index, &config, config.access.purpose_required, clock.now())?;
        let trail = Arc::new(trail);
        let ledger = Arc::new(IndexLedger::new(index.clone()));
        let rows = Arc::clone(&ledger) as Arc<dyn archive::Ledger>;
        let archive = Archive::open(archive_config(&config), rows, Arc::clone(&clock))
            .context("cannot open the archive")?;
        let archive = Arc::new(archive);
        let persons = Arc::new(Persons::default());
        persons.apply(&config);
        let scenes = Scenes::start(index.clone(), Arc::clone(&clock), Arc::clone(&persons));
        let scenes = Arc::new(scenes.context("cannot start the scenes")?);
        let vision = match &config.analysis {
            Some(analysis) => Some(Arc::new(start_vision(analysis, &clock, &scenes)?)),
            None => None,
        };
        if let Some(vision) = &vision {
            scenes.guide(vision);
        }
        let model = vision.as_ref().map(|vision| vision.model().as_ref());
        provenance::note(&index, &config, model, clock.now())?;
        let board = Arc::new(StatusBoard::default());
        let masks = Arc::new(Masks::default());
        masks.apply(&index, &config, clock.now())?;
        let covers = (Arc::clone(&masks), Arc::clone(&persons));
        let frames = RecordedFrames::new(index.clone(), Arc::clone(&archive), covers);
        let frames = Arc::new(frames);
        let views = Arc::new(RecordedViews::new(Arc::clone(&masks), Arc::clone(&persons)));
        let keyframes =
            RecordedKeyframes::new(index.clone(), Arc::clone(&archive), Arc::clone(&masks));
        let sinks = Sinks {
            archive: Arc::clone(&archive),
            vision: vision.clone(),
            scenes: Arc::clone(&scenes),
            live: Arc::default(),
            index: index.clone(),
            board: Arc::clone(&board),
            clock: Arc::clone(&clock),
        };
        let live = Arc::clone(&sinks.live);
        let exports = ExportJobs::start(&config, &index, &clock)?;
        let stop = CancellationToken::new();
        let health = Arc::new(AnalysisHealth::new(vision.clone(), Arc::clone(&scenes)));
        let told = Arc::clone(&health);
        let (rendered, analysed) = (metrics.clone(), vision.clone());
        let notified = Arc::clone(&notifier);
        let certificates = Certificates::of(&config.api, &secrets.transport);
        let certificate = certificates.as_ref().map(Certificates::trouble);
        let restream: Arc<restream::Tally> = Arc::default();
        let is_restreamed =
            config.restream.listen.is_some() || config.restream.tls_listen.is_some();
        let restreamed = is_restreamed.then(|| Arc::clone(&restream));
        let api = ApiState::new(api::Parts {
            index: index.clone(),
            archive: Arc::clone(&archive),
            board: Arc::clone(&board),
            clock: Arc::clone(&clock),
            cameras: served_cameras(&config),
            places: served_places(&secrets).context("cannot name places")?,
            keyframes: Arc::new(keyframes),
            frames: Arc::clone(&frames) as Arc<dyn api::FrameSource>,
            views: views as Arc<dyn api::ViewSource>,
            scenes: Arc::clone(&scenes) as Arc<dyn api::LiveScenes>,
            live,
            metrics: Arc::new(move || {
                telemetry::record_process();
                telemetry::record_analysis(analysed.as_deref());
                rendered.render()
            }),
            components: Arc::new(move || {
                let mut components = told.components();
                components.push(notifications::health(&notified));
                components.extend(certificate.as_ref().map(|trouble| trouble.component()));
                let figures = restreamed.as_ref().map(|tally| tally.figures());
                components.push(restreaming::health(figures));
                components
            }),
            notifications: Arc::new(notifications::Targets(Arc::clone(&notifier))),
            exports: Arc::new(Exports(Arc::clone(&exports))),
            tester: Arc::new(CameraTrials::new(Arc::clone(&clock))),
            restream_key: trail.restream_key(),
            key: trail.public_key(),
            hosts: config.api.hosts.clone(),
            transport: secrets.transport.clone(),
            sessions: config.access.sessions(),
            limits: api::Limits::default(),
            stop: stop.clone(),
        });
        api.set_intake(intake(&config));
        api.set_desk(config::desk(&config));
        api.set_kept_for(kept_for(&config));
        api.set_map_layers(secrets.map_layers);
        api.set_restream(api::RestreamListens {
            plain: config.restream.listen,
            tls: config.restream.tls_listen,
        });
        api.require_purpose(config.access.purpose_required);
        api.unmask_for(&config.privacy.unmasked_roles);
        let watched = Sources {
            board,
            index: index.clone(),
            vision: vision.as_ref().map(Arc::downgrade).unwrap_or_default(),
            scenes: Arc::clone(&scenes),
            clock: Arc::clone(&clock),
        };
        let watch =
            CameraWatch::start(watched, &config).context("cannot start to watch the cameras")?;
        let mut feeds = Feeds::new(sinks);
        feeds.apply(&config, &secrets.passwords).await;
        info!(site = %config.site.id, cameras = config.cameras.len(), "started");
        let config_path = config_path.to_owned();
        Ok(Self {
            config_path,
            config,
            clock,
            index,
            trail,
            exports,
            ledger,
            archive,
            vision,
            scenes,
            masks,
            persons,
            frames,
            watch,
            feeds,
            notifier,
            alerts,
            desk,
            api,
            certificates,
            restream,
            metrics,
            health,
            expiring: None,
            stop,
        })
    }

    /// Lets other systems watch on `listeners`.
    fn restream(&self, listeners: Vec<restream::Listener>) {
        let mut server = restreaming::server(self.api.clone(), Arc::clone(&self.restream));
        if self.config.restream.digest {
            server = server.offer_digest();
        }
        let stop = self.stop.clone();
        tokio::spawn(async move {
            if let Err(problem) = server.serve(listeners, stop).await {
                error!(%problem, "restream does not listen");
            }
        });
    }

    /// Takes over a changed configuration; the old one stays if the new one holds a mistake.
    async fn reload(&mut self) {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Reloading]);
        if let Some(certificates) = &mut self.certificates {
            tokio::task::block_in_place(|| certificates.look_now());
        }
        match config::load(&self.config_path) {
            Ok((config, secrets)) => self.take_over(config, secrets).await,
            Err(problem) => error!(%problem, "configuration not reloaded, the old one stays"),
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    }

    async fn take_over(&mut self, config: Config, secrets: Secrets) {
        let fixed = |config: &Config| {
            let Config {
                site, index, volumes, api, restream, map, access, audit, analysis, ..
            } = config.clone();
            (site, index, volumes, api, restream, map.basemap, access, audit, analysis)
        };
        if fixed(&config) != fixed(&self.config) {
            warn!(
                "site, index, volumes, api, restream, map.basemap, access, audit and analysis change at \
                 the next start only"
            );
        }
        if let Err(problem) = self.index.put_cameras(&camera_rows(&config)) {
            error!(%problem, "configuration not reloaded, the old one stays");
            return;
        }
        let now = self.clock.now();
        let model = self.vision.as_ref().map(|vision| vision.model().as_ref());
        if let Err(problem) = provenance::note(&self.index, &config, model, now) {
            error!(%problem, "configuration not reloaded, the old one stays");
            return;
        }
        // Last: what the trail says of policies is what was taken over.
        let purpose_required = self.config.access.purpose_required;
        if let Err(problem) = policies::note(&self.index, &config, purpose_required, now) {
            error!(%problem, "configuration not reloaded, the old one stays");
            return;
        }
        let targets = config::targets(&config, &secrets);
        match self.notifier.apply(notifications::site(&config), targets).await {
            Ok(changes) => info!(
                started = changes.started,
                stopped = changes.stopped,
                untouched = changes.untouched,
                "targets of notifications reloaded"
            ),
            Err(problem) => error!(%problem, "targets of notifications not all reloaded"),
        }
        warn_of_exposed_secrets(&config);
        // Before anything is shown of a camera that has just got one.
        if let Err(problem) = self.masks.apply(&self.index, &config, self.clock.now()) {
            error!(%problem, "privacy masks not reloaded, the old ones stay");
        }
        self.persons.apply(&config);
        self.frames.forget();
        let changes = self.feeds.apply(&config, &secrets.passwords).await;
        self.api.unmask_for(&config.privacy.unmasked_roles);
        self.api.set_cameras(served_cameras(&config));
        self.api.set_intake(intake(&config));
        self.api.set_desk(config::desk(&config));
        self.api.set_kept_for(kept_for(&config));
        match served_places(&secrets) {
            Ok(places) => self.api.set_places(places),
            Err(problem) => error!(%problem, "places not reloaded, the old ones stay"),
        }
        self.api.set_map_layers(secrets.map_layers);
        self.watch.apply(&config);
        self.alerts.apply(&config);
        self.desk.apply(&config);
        self.exports.apply(&config);
        self.config.alerts = config.alerts;
        self.config.calls = config.calls;
        self.config.escalations = config.escalations;
        self.config.procedures = config.procedures;
        self.config.notify = config.notify;
        self.config.cameras = config.cameras;
        self.config.privacy = config.privacy;
        self.config.sources = config.sources;
        self.config.retention = config.retention;
        self.config.export = config.export;
        info!(
            started = changes.started,
            stopped = changes.stopped,
            rejudged = changes.rejudged,
            untouched = changes.untouched,
            "configuration reloaded"
        );
    }

    /// Ends holds whose time has come and removes what is too old, on a thread of its own, one at a
    /// time.
    fn expire(&mut self) {
        if self.expiring.as_ref().is_some_and(|expiring| !expiring.is_finished()) {
            return;
        }
        let (archive, index) = (Arc::clone(&self.archive), self.index.clone());
        let (ledger, trail) = (Arc::clone(&self.ledger), Arc::clone(&self.trail));
        let exports = Arc::clone(&self.exports);
        let kept = retention(&self.config, &index.cameras());
        let kept_longest = longest(&self.config);
        let events_days = self.config.retention.events_days;
        let words_days = self.config.calls.words_days;
        let (now, api) = (self.clock.now(), self.api.clone());
        self.expiring = Some(tokio::task::spawn_blocking(move || {
            note_failed_sign_ins(&api);
            // Before anything goes: that they ended is on record first.
            trail.end_holds();
            // Cameras that are no longer configured, too: their footage has its time as well.
            if let Err(problem) = archive.expire(&kept) {
                error!(%problem, "footage not expired");
            }
            note_deleted(&ledger, &trail);
            exports.expire();
            // Gaps stay as long as footage they lie in, or spans and gaps would not tile the time.
            let footage_until = now.minus(kept_longest);
            let gaps = index.expire_gaps(footage_until);
            if let Err(problem) = index.custody().expire_footage_seals(footage_until) {
                error!(%problem, "seals of footage not expired");
            }
            let events_until = now.minus(days(events_days));
            let events = index.expire(events_until);
            if let Err(problem) = index.forget_calls(now.minus(days(words_days))) {
                error!(%problem, "what callers said is not forgotten");
            }
            let coverage = index.expire_coverage(events_until);
            if let Err(problem) = gaps.map(drop).and(events.map(drop)).and(coverage) {
                error!(%problem, "events, gaps and coverage not expired");
            }
        }));
    }

    /// Takes a renewed certificate over.
    fn look_at_certificate(&mut self) {
        if let Some(certificates) = &mut self.certificates {
            tokio::task::block_in_place(|| certificates.look());
        }
    }

    fn keep_up(&self) {
        self.metrics.run_upkeep();
        self.health.note();
    }

    /// Signs the audit trail, on a thread of its own.
    fn seal(&self) {
        let trail = Arc::clone(&self.trail);
        tokio::task::spawn_blocking(move || trail.seal());
    }

    async fn stop(mut self, serving: Serving) -> anyhow::Result<()> {
        // First: what is stopped from here on is no trouble.
        tokio::task::block_in_place(|| self.watch.stop());
        self.feeds.stop().await;
        let Self {
            index,
            trail,
            ledger,
            archive,
            vision,
            scenes,
            stop,
            feeds,
            frames,
            notifier,
            alerts,
            desk,
            api,
            ..
        } = self;
        drop(feeds);
        tokio::task::spawn_blocking(move || {
            if let Some(vision) = vision {
                vision.close();
            }
            scenes.finish();
        })
        .await
        .context("analysis did not end in good order")?;
        alerts.stop().await;
        desk.stop().await;
        // Clients of the feeds have had the last events and alerts; now they are let go.
        stop.cancel();
        // What targets have not had yet they get after the next start.
        let (_, ()) =
            tokio::join!(tokio::time::timeout(Duration::from_secs(5), serving), notifier.stop());
        drop((frames, notifier));
        tokio::task::spawn_blocking(move || {
            note_failed_sign_ins(&api);
            drop(api);
            let closed = archive.close(DRAIN);
            note_deleted(&ledger, &trail);
            trail.stop();
            closed?;
            index.close();
            anyhow::Ok(())
        })
        .await
        .context("storage did not end in good order")??;
        info!("stopped");
        Ok(())
    }
}

/// Tells the audit trail which log-ins failed since it was last told.
fn note_failed_sign_ins(api: &ApiState) {
    if let Err(problem) = api.note_failed_sign_ins() {
        error!(%problem, "log-ins that failed are not in the audit trail yet");
    }
}

/// Tells the audit trail what was deleted.
fn note_deleted(ledger: &IndexLedger, trail: &Trail) {
    let Some(detail) = ledger.take_deleted().detail() else { return };
    if let Err(problem) = trail.record(AuditAction::FootageDeleted, "footage", &detail) {
        error!(%problem, %detail, "a deletion is not in the audit trail");
    }
}

/// Opens the index of `config`; used by the commands that work on a site at rest, too.
pub(crate) fn open_index(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Index> {
    let site = SiteSettings::new(config.site.id.to_string());
    Index::open(&config.index.path, site, Arc::clone(clock)).context("cannot open the index")
}

/// Returns the volumes of `config` as the archive wants them.
pub(crate) fn volumes(config: &Config) -> Vec<VolumeConfig> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked: 0..1e6 GiB"
    )]
    let bytes = |gib: f64| (gib * f64::from(1 << 30)) as u64;
    let volume = |volume: &config::Volume| VolumeConfig {
        id: volume.id.clone(),
        path: volume.path.clone(),
        keep_free_bytes: bytes(volume.keep_free_gib),
        direct_io: volume.direct_io,
    };
    config.volumes.iter().map(volume).collect()
}

fn archive_config(config: &Config) -> ArchiveConfig {
    ArchiveConfig {
        volumes: volumes(config),
        segment_duration: SEGMENT_DURATION,
        stream_budget_bytes: STREAM_BUDGET_BYTES,
        total_budget_bytes: TOTAL_BUDGET_BYTES,
    }
}

fn start_vision(
    analysis: &config::Analysis,
    clock: &Arc<dyn Clock>,
    scenes: &Arc<Scenes>,
) -> anyhow::Result<Vision> {
    let settings = VisionConfig {
        onnxruntime: analysis.onnxruntime.clone(),
        model: analysis.model.clone(),
        decoder_threads: analysis.decoder_threads,
        detector_threads: analysis.detector_threads,
        providers: analysis.providers.clone(),
        is_loaded: false,
    };
    let scenes = Arc::clone(scenes);
    let deliver = Arc::new(move |observation, lamps| scenes.observe(observation, lamps));
    Vision::start(settings, Arc::clone(clock), deliver).context("cannot start analysis")
}

async fn start_notifier(
    index: &Index,
    clock: &Arc<dyn Clock>,
    config: &Config,
    secrets: &Secrets,
) -> anyhow::Result<Arc<Notifier>> {
    let outbox = Arc::new(IndexOutbox(index.clone()));
    let notifier = Notifier::new(outbox, Arc::clone(clock), Patience::default());
    let targets = config::targets(config, secrets);
    let applied = notifier.apply(notifications::site(config), targets).await;
    applied.map_err(|problem| anyhow::anyhow!("cannot start notifications: {problem}"))?;
    Ok(Arc::new(notifier))
}

fn camera_rows(config: &Config) -> Vec<CameraRow> {
    let row = |camera: &config::Camera| CameraRow {
        id: camera.id.clone(),
        name: camera.name.clone(),
        location: camera.location,
        heading: camera.heading,
        place: camera.places.clone(),
    };
    config.cameras.iter().map(row).collect()
}

fn retention(config: &Config, cameras: &[CameraRow]) -> Vec<(StreamId, Duration)> {
    let streams = |camera: &CameraRow| {
        let [main, sub] = config.footage_days(&camera.id).map(days);
        [(StreamId::main(camera.id.clone()), main), (StreamId::sub(camera.id.clone()), sub)]
    };
    cameras.iter().flat_map(streams).collect()
}

/// Returns how long the footage is kept that is kept longest.
fn longest(config: &Config) -> Duration {
    let site = &config.retention;
    let of_cameras = config.cameras.iter().flat_map(|camera| config.footage_days(&camera.id));
    days(of_cameras.fold(site.main_days.max(site.sub_days), f64::max))
}

fn kept_for(config: &Config) -> api::KeptFor {
    let site = &config.retention;
    let all: Vec<[f64; 2]> =
        config.cameras.iter().map(|camera| config.footage_days(&camera.id)).collect();
    let mean = |which: usize, otherwise: f64| match u32::try_from(all.len()) {
        Ok(count) if count > 0 => {
            days(all.iter().map(|of| of[which]).sum::<f64>() / f64::from(count))
        }
        _ => days(otherwise),
    };
    api::KeptFor {
        main: days(site.main_days),
        sub: days(site.sub_days),
        main_mean: mean(0, site.main_days),
        sub_mean: mean(1, site.sub_days),
    }
}

fn days(days: f64) -> Duration {
    Duration::from_secs_f64(days * 86_400.0)
}

/// Returns whose findings are taken; a source whose token was not read tells nothing.
fn intake(config: &Config) -> api::Intake {
    let source = |source: &config::PartnerSource| {
        Some(api::FindingSource {
            id: source.id.clone(),
            token: source.token.clone()?,
            cameras: source.cameras.clone(),
            kinds: source.kinds.clone(),
            signals: source.signals.iter().map(|name| fed_signal(config, source, name)).collect(),
            calls: source.calls.clone(),
            severity: source.severity,
            per_minute: source.per_minute,
        })
    };
    api::Intake {
        sources: config.sources.iter().filter_map(source).collect(),
        kept_for: days(config.retention.events_days),
        calls: config::call_policy(&config.calls),
    }
}

/// Returns where a signal that `source` tells is judged by.
fn fed_signal(config: &Config, source: &config::PartnerSource, name: &str) -> api::FedSignal {
    let spoken_of = config.cameras.iter().filter(|camera| source.cameras.contains(&camera.id));
    let judged = spoken_of.filter_map(|camera| {
        let signal = camera.fed_signal(name)?;
        let valid_for = Duration::try_from_secs_f64(signal.valid_for_s).unwrap_or_default();
        Some((camera.id.clone(), valid_for))
    });
    api::FedSignal { name: name.to_owned(), cameras: judged.collect() }
}

fn served_places(secrets: &Secrets) -> Result<Places, places::GazetteerError> {
    Places::new(secrets.places.clone())
}

fn served_cameras(config: &Config) -> Vec<api::Camera> {
    let camera = |camera: &config::Camera| {
        let used = |role: &StreamRole| {
            camera.stream(*role).is_some_and(|stream| stream.record)
                || camera.analysed_role() == Some(*role)
        };
        api::Camera {
            id: camera.id.clone(),
            name: camera.name.clone(),
            location: camera.location,
            heading: camera.heading,
            place: camera.places.clone(),
            streams: [StreamRole::Main, StreamRole::Sub].into_iter().filter(used).collect(),
            masks: camera.masks.clone(),
            softens_persons: config.softens(camera),
        }
    };
    config.cameras.iter().map(camera).collect()
}
