//! What the query service answers from, and how much of it at once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use archive::Archive;
use domain::{
    AccountName, CameraId, Clock, Location, Polygon, Role, Scope, StatusBoard, StreamId, StreamRole,
};
use evidence::PublicKey;
use index::{Index, IndexError, SessionLimits};
use places::Places;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::access::{FailedSignIns, Looks, RestreamKey, SiteCameras};
use crate::alerts::told::ToldAlerts;
use crate::connection_test::ConnectionTester;
use crate::cursor::Cursors;
use crate::desk::Desk;
use crate::exports::ExportSource;
use crate::findings::Gate;
use crate::frames::FrameSource;
use crate::health::ComponentHealth;
use crate::listener::Transport;
use crate::live::LiveScenes;
use crate::live_hls::Windows;
use crate::live_view::{LiveCopies, LiveTaps, Seat, Seats};
use crate::map_layers::MapLayer;
use crate::notifications::NotificationSource;
use crate::presence::Presence;
use crate::problem::ApiError;
use crate::rate::Logins;
use crate::regions::{KeyframeSource, RegionJobs};
use crate::restream_address::RestreamListens;
use crate::storage::{KeptFor, StorageForecast};
use crate::views::ViewSource;

/// How long a request waits for its turn before it is told to come back.
const TURN_WITHIN: Duration = Duration::from_secs(2);

/// A camera as the service shows it. Holds no address and no credential.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Its name in the configuration.
    pub id: CameraId,
    /// Its name for people.
    pub name: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Where it looks, in degrees clockwise from north.
    pub heading: Option<f32>,
    /// The named places it lies in, smallest first: street, ward, province.
    pub place: Vec<String>,
    /// The streams that are recorded or analysed.
    pub streams: Vec<StreamRole>,
    /// Privacy masks on its view: nothing behind them is analysed, searched or shown.
    pub masks: Vec<Polygon>,
    /// Whether persons are softened for whoever states no purpose.
    pub softens_persons: bool,
}

/// How much the service does at once. What goes beyond is refused with 503 and `Retry-After`,
/// disk reads excepted, which wait for their turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Questions to the index at once.
    pub queries: usize,
    /// Pictures decoded at once.
    pub frames: usize,
    /// Sheets of small pictures made at once.
    pub sprites: usize,
    /// Viewing copies made at once; each takes a core.
    pub copies: usize,
    /// Viewing copies made at once of what cameras show now; each takes up to a core.
    pub live_copies: usize,
    /// Longest span of one viewing copy.
    pub copy_span: Duration,
    /// Clients of the event feed at once.
    pub feeds: usize,
    /// Clips and segments being sent at once.
    pub clips: usize,
    /// Live pictures being watched at once, in all.
    pub viewers: usize,
    /// The same by one account: a few walls of sixteen.
    pub viewers_each: usize,
    /// Replays of rules over stored tracks at once; each takes all cores.
    pub replays: usize,
    /// Region searches at once; each decodes keyframes on a thread of its own.
    pub region_searches: usize,
    /// Reads of footage from disk at once.
    pub disk_reads: usize,
    /// Callers looked up at once.
    pub admissions: usize,
    /// Log-ins tried at once: each takes 19 MiB and a core for tens of milliseconds.
    pub log_ins: usize,
    /// Longest span of one clip.
    pub clip_span: Duration,
    /// How long an answer may take to begin.
    pub answer_within: Duration,
    /// How long, once stopping, answers that have begun may go on.
    pub drain_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queries: 16,
            frames: 4,
            sprites: 2,
            copies: 4,
            live_copies: 4,
            copy_span: Duration::from_secs(600),
            feeds: 256,
            clips: 128,
            viewers: 512,
            viewers_each: 64,
            replays: 1,
            region_searches: 2,
            disk_reads: 16,
            admissions: 8,
            log_ins: 2,
            clip_span: Duration::from_secs(24 * 3600),
            answer_within: Duration::from_secs(30),
            drain_within: Duration::from_secs(5),
        }
    }
}

/// Gives the metrics as Prometheus reads them.
pub type MetricsSource = Arc<dyn Fn() -> String + Send + Sync>;

/// Gives the state of the parts that the service does not look into itself.
pub type ComponentsSource = Arc<dyn Fn() -> Vec<ComponentHealth> + Send + Sync>;

/// The parts that the service answers from.
#[derive(Clone)]
pub struct Parts {
    /// Events, tracks, segments, gaps.
    pub index: Index,
    /// Footage.
    pub archive: Arc<Archive>,
    /// How every stream is doing.
    pub board: Arc<StatusBoard>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The cameras there are; [`ApiState::set_cameras`] replaces them.
    pub cameras: Vec<Camera>,
    /// The named places; [`ApiState::set_places`] replaces them.
    pub places: Places,
    /// Makes pictures from footage.
    pub frames: Arc<dyn FrameSource>,
    /// Makes what is looked at instead of the original.
    pub views: Arc<dyn ViewSource>,
    /// Looks through the keyframes of footage.
    pub keyframes: Arc<dyn KeyframeSource>,
    /// The scenes being judged now.
    pub scenes: Arc<dyn LiveScenes>,
    /// Where pictures are tapped as they come.
    pub live: Arc<LiveTaps>,
    /// Gives the metrics.
    pub metrics: MetricsSource,
    /// Gives the state of the program's other parts: analysis, the storing of events.
    pub components: ComponentsSource,
    /// Tells who is told of events, and how that is going.
    pub notifications: Arc<dyn NotificationSource>,
    /// Makes sealed packages.
    pub exports: Arc<dyn ExportSource>,
    /// Tries whether a camera can be reached.
    pub tester: Arc<dyn ConnectionTester>,
    /// The secret that restream passwords are made with.
    pub restream_key: RestreamKey,
    /// The site's key, which signs the heads of the audit trail.
    pub key: PublicKey,
    /// Names by which clients may call the service besides `localhost` and any IP address.
    pub hosts: Vec<String>,
    /// How the service is reached.
    pub transport: Transport,
    /// How long sessions live.
    pub sessions: SessionLimits,
    /// How much at once.
    pub limits: Limits,
    /// Ends feeds and listener.
    pub stop: CancellationToken,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("cameras", &self.cameras.len())
            .field("hosts", &self.hosts)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

struct Shared {
    parts: Parts,
    cameras: Mutex<Arc<SiteCameras>>,
    logins: Logins,
    failed_sign_ins: FailedSignIns,
    cursors: Cursors,
    regions: RegionJobs,
    presence: Arc<Presence>,
    gate: Mutex<Arc<Gate>>,
    desk: Mutex<Arc<Desk>>,
    kept_for: Mutex<KeptFor>,
    restream: Mutex<RestreamListens>,
    /// How long the room on the volumes lasts, as it was last reckoned.
    storage_forecast: Mutex<Option<StorageForecast>>,
    places: Mutex<Arc<Places>>,
    map_layers: Mutex<Arc<[MapLayer]>>,
    purpose_required: AtomicBool,
    queries: Arc<Semaphore>,
    frames: Arc<Semaphore>,
    sprites: Arc<Semaphore>,
    copies: Arc<Semaphore>,
    unmasked: Mutex<Arc<[Role]>>,
    feeds: Arc<Semaphore>,
    clips: Arc<Semaphore>,
    seats: Arc<Seats>,
    live_copies: Arc<LiveCopies>,
    windows: Windows,
    live_looks: Looks,
    event_looks: Looks,
    told_alerts: Arc<ToldAlerts>,
    replays: Arc<Semaphore>,
    connection_tests: Arc<Semaphore>,
    disk_reads: Arc<Semaphore>,
    admissions: Arc<Semaphore>,
    log_ins: Arc<Semaphore>,
    cut: CancellationToken,
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.parts.fmt(f)
    }
}

impl ApiState {
    /// Joins the parts.
    pub fn new(mut parts: Parts) -> Self {
        let cameras = std::mem::take(&mut parts.cameras);
        let cameras = SiteCameras::new(cameras, parts.index.cameras(), Arc::default());
        let places = std::mem::take(&mut parts.places);
        let limits = parts.limits.clone();
        let cursors = Cursors::new(parts.index.cursor_key());
        Self(Arc::new(Shared {
            parts,
            cameras: Mutex::new(Arc::new(cameras)),
            logins: Logins::default(),
            failed_sign_ins: FailedSignIns::default(),
            cursors,
            regions: RegionJobs::default(),
            presence: Arc::default(),
            gate: Mutex::default(),
            desk: Mutex::default(),
            kept_for: Mutex::default(),
            restream: Mutex::default(),
            storage_forecast: Mutex::default(),
            places: Mutex::new(Arc::new(places)),
            map_layers: Mutex::default(),
            purpose_required: AtomicBool::new(false),
            queries: Arc::new(Semaphore::new(limits.queries)),
            frames: Arc::new(Semaphore::new(limits.frames)),
            sprites: Arc::new(Semaphore::new(limits.sprites)),
            copies: Arc::new(Semaphore::new(limits.copies)),
            unmasked: Mutex::default(),
            feeds: Arc::new(Semaphore::new(limits.feeds)),
            clips: Arc::new(Semaphore::new(limits.clips)),
            seats: Arc::default(),
            live_copies: Arc::new(LiveCopies::new(limits.live_copies)),
            windows: Windows::default(),
            live_looks: Looks::of_now(),
            event_looks: Looks::of_events(),
            told_alerts: Arc::default(),
            replays: Arc::new(Semaphore::new(limits.replays)),
            connection_tests: Arc::new(Semaphore::new(1)),
            disk_reads: Arc::new(Semaphore::new(limits.disk_reads)),
            admissions: Arc::new(Semaphore::new(limits.admissions)),
            log_ins: Arc::new(Semaphore::new(limits.log_ins)),
            cut: CancellationToken::new(),
        }))
    }

    /// Replaces the cameras there are, after a reload of the configuration; the index knows them
    /// already.
    pub fn set_cameras(&self, cameras: Vec<Camera>) {
        let unmasked = Arc::clone(&self.0.unmasked.lock().unwrap_or_else(PoisonError::into_inner));
        let cameras = SiteCameras::new(cameras, self.parts().index.cameras(), unmasked);
        let cameras = Arc::new(cameras);
        *self.0.cameras.lock().unwrap_or_else(PoisonError::into_inner) = cameras;
    }

    /// Sets which roles may see what lies under privacy masks, where they hold them.
    pub fn unmask_for(&self, roles: &[Role]) {
        *self.0.unmasked.lock().unwrap_or_else(PoisonError::into_inner) = roles.into();
        let shown = self.site_cameras().shown.to_vec();
        self.set_cameras(shown);
    }

    /// Replaces the named places, after a reload of the configuration.
    pub fn set_places(&self, places: Places) {
        *self.0.places.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(places);
    }

    /// Replaces what the site draws on its map; nothing until then.
    pub fn set_map_layers(&self, layers: Vec<MapLayer>) {
        *self.0.map_layers.lock().unwrap_or_else(PoisonError::into_inner) = layers.into();
    }

    /// Returns what the site draws on its map.
    pub(crate) fn map_layers(&self) -> Arc<[MapLayer]> {
        Arc::clone(&self.0.map_layers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets whether nobody searches, or looks at what was recorded, without a purpose in force.
    pub fn require_purpose(&self, is_required: bool) {
        self.0.purpose_required.store(is_required, Ordering::Relaxed);
    }

    pub(crate) fn is_purpose_required(&self) -> bool {
        self.0.purpose_required.load(Ordering::Relaxed)
    }

    /// Returns the named places.
    pub(crate) fn places(&self) -> Arc<Places> {
        Arc::clone(&self.0.places.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the cameras there are, and how far grants reach over them.
    pub(crate) fn site_cameras(&self) -> Arc<SiteCameras> {
        let current = self.0.cameras.lock();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the cameras of `scope` that there are, in the order of the configuration.
    pub(crate) fn cameras_in(&self, scope: &Scope) -> Vec<Camera> {
        let cameras = self.site_cameras();
        let in_scope = cameras.shown.iter().filter(|camera| scope.contains(&camera.id));
        in_scope.cloned().collect()
    }

    /// Returns the region searches that run, and those that ended lately.
    pub(crate) fn regions(&self) -> &RegionJobs {
        &self.0.regions
    }

    /// Returns who is at the desk.
    pub(crate) fn presence(&self) -> &Arc<Presence> {
        &self.0.presence
    }

    /// Returns how places in the logs are told.
    pub(crate) fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// Returns the live playlists.
    pub(crate) fn windows(&self) -> &Windows {
        &self.0.windows
    }

    pub(crate) fn told_alerts(&self) -> Arc<ToldAlerts> {
        Arc::clone(&self.0.told_alerts)
    }

    /// Returns who looks at what cameras show now, by playlists and single pictures.
    pub(crate) fn live_looks(&self) -> &Looks {
        &self.0.live_looks
    }

    /// Returns who has looked at pictures of which events.
    pub(crate) fn event_looks(&self) -> &Looks {
        &self.0.event_looks
    }

    /// Returns how often who has tried to sign in.
    pub(crate) fn logins(&self) -> &Logins {
        &self.0.logins
    }

    /// Returns the log-ins that failed and are not in the audit trail yet.
    pub(crate) fn failed_sign_ins(&self) -> &FailedSignIns {
        &self.0.failed_sign_ins
    }

    pub(crate) fn set_gate(&self, gate: Arc<Gate>) {
        *self.0.gate.lock().unwrap_or_else(PoisonError::into_inner) = gate;
    }

    /// Returns whose findings are taken.
    pub(crate) fn gate(&self) -> Arc<Gate> {
        let current = self.0.gate.lock();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns where lies what the duty desk is told.
    pub(crate) fn desk_slot(&self) -> &Mutex<Arc<Desk>> {
        &self.0.desk
    }

    /// Returns where lies how long footage is to be kept.
    pub(crate) fn kept_for_slot(&self) -> &Mutex<KeptFor> {
        &self.0.kept_for
    }

    /// Returns where lies where the restream listens.
    pub(crate) fn restream_slot(&self) -> &Mutex<RestreamListens> {
        &self.0.restream
    }

    pub(crate) fn storage_forecast_slot(&self) -> &Mutex<Option<StorageForecast>> {
        &self.0.storage_forecast
    }

    /// Returns the token that ends feeds and listener.
    pub fn stop(&self) -> &CancellationToken {
        &self.0.parts.stop
    }

    /// Returns the token that cuts off answers still under way when draining is over.
    pub(crate) fn cut(&self) -> &CancellationToken {
        &self.0.cut
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.parts.limits
    }

    /// Returns the camera of `scope` called `id`; one outside of it is as one that is not there.
    pub(crate) fn camera(&self, scope: &Scope, id: &CameraId) -> Result<Camera, ApiError> {
        let cameras = self.site_cameras();
        let found = cameras.shown.iter().find(|camera| camera.id == *id && scope.contains(id));
        found.cloned().ok_or_else(|| ApiError::NoSuchCamera(id.clone()))
    }

    /// Returns the stream of a camera of `scope` that has `role`, or its main or only one.
    pub(crate) fn stream(
        &self,
        scope: &Scope,
        camera: &CameraId,
        role: Option<StreamRole>,
    ) -> Result<StreamId, ApiError> {
        let known = self.camera(scope, camera)?.streams;
        let wanted =
            role.unwrap_or_else(|| known.iter().copied().min().unwrap_or(StreamRole::Main));
        let stream = StreamId { camera: camera.clone(), role: wanted };
        if known.contains(&wanted) { Ok(stream) } else { Err(ApiError::NoSuchStream(stream)) }
    }

    /// Asks the index, on a thread that may block, in its turn.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Index) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.ask(move |state| work(&state.parts().index).map_err(ApiError::from)).await
    }

    /// Does what reads the index and footage tables, on a thread that may block, in its turn.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.in_turn(&self.0.queries, "searches", work).await
    }

    /// Does what decodes a picture, on a thread that may block, in its turn.
    pub(crate) async fn picture<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.in_turn(&self.0.frames, "pictures", work).await
    }

    /// Makes a sheet of small pictures, on a thread that may block, in its turn.
    pub(crate) async fn sprite<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.in_turn(&self.0.sprites, "sheets of pictures", work).await
    }

    /// Looks up who asks, on a thread that may block, in its turn.
    pub(crate) async fn admission<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.in_turn(&self.0.admissions, "callers", work).await
    }

    /// Tries a log-in, on a thread that may block, in its turn.
    pub(crate) async fn log_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.in_turn(&self.0.log_ins, "log-ins", work).await
    }

    /// Takes a place among the clients of the feed, held as long as the permit.
    pub(crate) fn feed_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.0.feeds).try_acquire_owned();
        permit.map_err(|_| ApiError::Busy("clients of the event feed"))
    }

    /// Takes a place among the clips being sent, held as long as the permit.
    pub(crate) fn clip_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.0.clips).try_acquire_owned();
        permit.map_err(|_| ApiError::Busy("clips being sent"))
    }

    /// Takes a place among those who watch, held as long as the seat.
    pub(crate) fn live_seat(&self, account: &AccountName) -> Option<Seat> {
        let Limits { viewers, viewers_each, .. } = *self.limits();
        self.0.seats.take(account, viewers_each, viewers)
    }

    /// Returns the copies that are made of what cameras with privacy masks show now.
    pub(crate) fn live_copies(&self) -> &Arc<LiveCopies> {
        &self.0.live_copies
    }

    /// Takes a place among the viewing copies being made, held as long as the permit.
    pub(crate) fn copy_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.0.copies).try_acquire_owned();
        permit.map_err(|_| ApiError::Busy("viewing copies being made"))
    }

    /// Takes a place among the replays, held as long as the permit.
    pub(crate) fn replay_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.0.replays).try_acquire_owned();
        permit.map_err(|_| ApiError::Busy("replays"))
    }

    /// Takes the one place of those that try a camera, held as long as the permit.
    pub(crate) fn connection_test_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.0.connection_tests).try_acquire_owned();
        permit.map_err(|_| ApiError::Busy("cameras being tried"))
    }

    /// Reads footage from disk on a thread that may block; waits for its turn.
    pub(crate) async fn disk_read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.0.disk_reads).acquire_owned().await;
        let permit = permit.map_err(|_| ApiError::Stopping)?;
        let done = spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| ApiError::Panicked)?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        turns: &Arc<Semaphore>,
        what: &'static str,
        work: impl FnOnce(&Self) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(TURN_WITHIN, Arc::clone(turns).acquire_owned()).await;
        let Ok(Ok(permit)) = turn else {
            return Err(ApiError::Busy(what));
        };
        let state = self.clone();
        // The permit goes with the work, which goes on when its client has left.
        let done = spawn_blocking(move || {
            let _permit = permit;
            work(&state)
        });
        done.await.map_err(|_| ApiError::Panicked)?
    }
}
