//! The configuration: one TOML file, read whole, checked whole, every mistake with its place.
//!
//! `configs/example.toml` shows every setting; `watchpost schema` prints the JSON schema made from
//! these types. Relative paths count from the folder of the configuration file.

mod address;
mod calls;
mod check;
mod desk;
mod export;
mod load;
mod map;
mod named_file;
mod notify;
mod pieces;
mod place;
mod privacy;
mod restream;
mod secret_files;
mod sources;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::notify::{Secret, Tls};
use domain::{
    CallService, CameraId, Location, Polygon, RuleKind, Severity, SourceId, StreamRole, TargetId,
    VolumeId,
};
use scene::{CameraScene, Condition, Signal, SignalSource};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

pub(crate) use calls::policy as call_policy;
pub(crate) use desk::{desk, escalations};
pub(crate) use load::{ConfigError, load, load_analysis};
pub(crate) use notify::{Notify, targets};
pub(crate) use place::Problem;
pub(crate) use restream::Restream;

/// Everything Watchpost is told.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The site this machine serves.
    pub(crate) site: Site,
    /// Where the index lies.
    pub(crate) index: IndexSettings,
    /// Disks given to recording; at least one.
    #[serde(rename = "volume")]
    pub(crate) volumes: Vec<Volume>,
    /// How long things are kept.
    #[serde(default)]
    pub(crate) retention: Retention,
    /// The query service.
    #[serde(default)]
    pub(crate) api: Api,
    /// Cameras for other systems.
    #[serde(default)]
    pub(crate) restream: restream::Restream,
    /// How long somebody stays signed in.
    #[serde(default)]
    pub(crate) access: Access,
    /// What nobody sees, and who may.
    #[serde(default)]
    pub(crate) privacy: privacy::Privacy,
    /// The map.
    #[serde(default)]
    pub(crate) map: map::Map,
    /// What is one happening.
    #[serde(default)]
    pub(crate) alerts: Alerts,
    /// Who is told when nobody acknowledges an alert in time.
    #[serde(rename = "escalation", default)]
    pub(crate) escalations: Vec<desk::Escalation>,
    /// What is to be done about alerts.
    #[serde(rename = "procedure", default)]
    pub(crate) procedures: Vec<desk::Procedure>,
    /// The trail of who did what, and the key that signs it.
    #[serde(default)]
    pub(crate) audit: Audit,
    /// Packages that leave.
    #[serde(default)]
    pub(crate) export: export::Export,
    /// Decoding and detection; without it cameras are recorded only.
    pub(crate) analysis: Option<Analysis>,
    /// Who is told of events.
    #[serde(default)]
    pub(crate) notify: Vec<Notify>,
    /// The cameras.
    #[serde(rename = "camera", default)]
    pub(crate) cameras: Vec<Camera>,
    /// What is gathered for a call to 113, 114 or 115.
    #[serde(default)]
    pub(crate) calls: calls::Calls,
    /// Partner systems that may tell what they found, and call-taking systems.
    #[serde(rename = "source", default)]
    pub(crate) sources: Vec<PartnerSource>,
}

/// The site this machine serves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    /// Names the site among all sites of a province: `hoan-kiem`.
    pub(crate) id: CameraId,
    /// The name people know it by.
    pub(crate) name: String,
}

/// Where the index lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndexSettings {
    /// A folder on a local disk, made if absent.
    pub(crate) path: PathBuf,
}

/// A disk given to recording.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Volume {
    /// Names the volume; segments remember it, so it must not change.
    pub(crate) id: VolumeId,
    /// A folder on that disk, made if absent.
    pub(crate) path: PathBuf,
    /// Free space to leave, in GiB; the oldest footage goes first to keep it.
    #[serde(default = "default_keep_free_gib")]
    pub(crate) keep_free_gib: f64,
    /// Whether footage is written past the page cache, where the file system takes it: half the work.
    /// `false` for a disk or a network share that does better when the kernel gathers its writes.
    #[serde(default = "default_direct_io")]
    pub(crate) direct_io: bool,
}

fn default_direct_io() -> bool {
    true
}

fn default_keep_free_gib() -> f64 {
    10.0
}

/// How long things are kept, in days.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Footage of main streams.
    pub(crate) main_days: f64,
    /// Footage of sub streams.
    pub(crate) sub_days: f64,
    /// Events and tracks; whole months go at once.
    pub(crate) events_days: f64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { main_days: 30.0, sub_days: 7.0, events_days: 365.0 }
    }
}

/// The query service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Api {
    /// Where it listens; only this machine can reach the default.
    #[schemars(with = "String")]
    pub(crate) listen: SocketAddr,
    /// A file with the service's certificate and those between it and one that clients know, as PEM:
    /// then it speaks TLS. A renewed one is taken over by itself, and at SIGHUP.
    pub(crate) certificate_file: Option<PathBuf>,
    /// A file with the certificate's key, as PEM, readable by the service only.
    pub(crate) key_file: Option<PathBuf>,
    /// Must be true to listen anywhere but on loopback without a certificate: passwords and pictures
    /// can then be read by whoever sits on the way.
    pub(crate) allow_plain_http: bool,
    /// A second address, on loopback and by plain HTTP, for programs on this machine where `listen`
    /// speaks TLS.
    #[schemars(with = "Option<String>")]
    pub(crate) local_listen: Option<SocketAddr>,
    /// Names by which it may be called besides `localhost` and any IP address: that of a proxy.
    pub(crate) hosts: Vec<String>,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            certificate_file: None,
            key_file: None,
            allow_plain_http: false,
            local_listen: None,
            hosts: Vec::new(),
        }
    }
}

/// How long somebody stays signed in.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Access {
    /// Hours after which one signs in again, whatever one does: a shift.
    pub(crate) session_hours: f64,
    /// Minutes without any request after which one signs in again.
    pub(crate) idle_minutes: f64,
    /// Nobody searches, or looks at what was recorded, without having said what for: a purpose, which
    /// the console asks for and services state by `POST /api/v1/purposes`. Searches and looks stand
    /// in the audit trail either way.
    pub(crate) purpose_required: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self { session_hours: 12.0, idle_minutes: 60.0, purpose_required: true }
    }
}

impl Access {
    /// Returns the same as the service wants it.
    pub(crate) fn sessions(&self) -> api::SessionLimits {
        let length = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        api::SessionLimits {
            whole: length(self.session_hours * 3600.0),
            idle: length(self.idle_minutes * 60.0),
        }
    }
}

/// What is one happening, one alert, and what is one row of the queue. How long a rule's events
/// fold into the same alert is the rule's `cool_down_s`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Alerts {
    /// Cameras so near to each other, in metres, see the same happening; 0 for none.
    pub(crate) nearby_m: f64,
    /// Within so many seconds, if kind and class are the same as well.
    pub(crate) nearby_s: f64,
    /// Alerts of the same rule at the same camera stand in one row of the queue while they follow
    /// each other within so many minutes; 0 for never. Each stays an alert of its own.
    pub(crate) group_min: f64,
    /// How many duty desks share the alerts: more than 10 in 10 minutes at one are a flood.
    pub(crate) desks: u32,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { nearby_m: 60.0, nearby_s: 10.0, group_min: 10.0, desks: 1 }
    }
}

/// The trail of who did what, and the key that signs it and every sealed package.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Audit {
    /// The site's signing key, made at the first start, readable by the service only; left out:
    /// `site.key` in the folder of the index.
    pub(crate) key_file: Option<PathBuf>,
    /// A file in a second place (another disk, another machine's share) to which every signed head
    /// of the trail is appended: what is there cannot be changed from here.
    pub(crate) copy_to: Option<PathBuf>,
}

/// Decoding and detection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Analysis {
    /// ONNX Runtime's shared library, as `scripts/setup` installs it.
    pub(crate) onnxruntime: PathBuf,
    /// The manifest of the detector's model.
    pub(crate) model: PathBuf,
    /// Threads that decode.
    #[serde(default = "default_threads")]
    pub(crate) decoder_threads: usize,
    /// Threads that run the detector, one model session each.
    #[serde(default = "default_threads")]
    pub(crate) detector_threads: usize,
    /// ONNX Runtime execution providers, the first that works is used.
    #[serde(default = "default_providers")]
    pub(crate) providers: Vec<String>,
}

impl Analysis {
    /// Makes relative paths count from `folder`.
    fn anchor(&mut self, folder: &Path) {
        self.onnxruntime = folder.join(&self.onnxruntime);
        self.model = folder.join(&self.model);
    }
}

fn default_threads() -> usize {
    1
}

fn default_providers() -> Vec<String> {
    vec!["cpu".to_owned()]
}

/// A partner system that may tell what it found, by `POST /api/v1/findings`, what traffic lights
/// show, by `PUT /api/v1/signals/{name}`, or calls to 113, 114 and 115, by `POST /api/v1/calls`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartnerSource {
    /// Names it in its events, as their rule and as their source.
    pub(crate) id: SourceId,
    /// A file that holds the token it proves itself with and nothing else, 16 characters or more,
    /// readable by the service only.
    pub(crate) token_file: PathBuf,
    /// The cameras it may speak of; at least one, unless it tells calls only.
    #[serde(default)]
    pub(crate) cameras: Vec<CameraId>,
    /// The kinds it may tell; at least one, unless it tells signals or calls.
    #[serde(default)]
    pub(crate) kinds: Vec<RuleKind>,
    /// The traffic lights whose state it may tell: the names that its cameras give to signals with
    /// `source = "feed"`.
    #[serde(default)]
    pub(crate) signals: Vec<String>,
    /// The services whose calls it may tell of: "113" police, "114" fire, "115" ambulance.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) calls: Vec<CallService>,
    /// How much its findings matter: 1 is the gravest, 4 the least.
    #[serde(default = "default_source_severity")]
    pub(crate) severity: Severity,
    /// Postings a minute that are taken; as many may come at once.
    #[serde(default = "default_per_minute")]
    pub(crate) per_minute: u32,
    /// What the file holds.
    #[serde(skip)]
    pub(crate) token: Option<api::Token>,
}

fn default_source_severity() -> Severity {
    Severity::NOTICE
}

fn default_per_minute() -> u32 {
    600
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Camera {
    /// Names it within the site; folders and rows remember it, so it must not change.
    pub(crate) id: CameraId,
    /// The name people know it by.
    pub(crate) name: String,
    /// Where it stands, in degrees of WGS 84.
    pub(crate) location: Option<Location>,
    /// Where it looks, in degrees clockwise from north.
    pub(crate) heading: Option<f32>,
    /// Named places it lies in: street, ward, province.
    #[serde(default)]
    pub(crate) places: Vec<String>,
    /// User name for both streams.
    pub(crate) username: Option<String>,
    /// A file that holds the password and nothing else, readable by the service only.
    pub(crate) password_file: Option<PathBuf>,
    /// The full-resolution stream.
    pub(crate) main: Stream,
    /// The small stream, for analysis.
    pub(crate) sub: Option<Stream>,
    /// Whether to take the ONVIF metadata that the camera's own analysis tells beside the pictures
    /// of its main stream, or of its sub stream where that alone is used.
    #[serde(default)]
    pub(crate) metadata: bool,
    /// Whether the objects that the camera itself follows are kept as tracks; needs `metadata`. They
    /// lie beside those of our own analysis, with the camera as their source.
    #[serde(default)]
    pub(crate) metadata_tracks: bool,
    /// How it is looked at; without it the camera is recorded only.
    pub(crate) analysis: Option<CameraAnalysis>,
    /// Privacy masks: polygons painted over before anything else looks, and over all that is shown;
    /// corners in shares of the view. What was recorded under a mask stays under it when the mask is
    /// taken away here, and one that is added covers what was recorded before.
    #[serde(default)]
    pub(crate) masks: Vec<Polygon>,
    /// How long its footage is kept, where not as long as the others'.
    #[serde(default)]
    pub(crate) retention: CameraRetention,
    /// Whether persons are softened where no purpose is stated; left out: as `[privacy]` says.
    pub(crate) soften_persons: Option<bool>,
    /// Zones, tripwires and rules.
    #[serde(default)]
    pub(crate) scene: CameraScene,
}

/// How long a camera's own footage is kept, in days; what is left out is as `[retention]` says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CameraRetention {
    /// Footage of its main stream.
    pub(crate) main_days: Option<f64>,
    /// Footage of its sub stream.
    pub(crate) sub_days: Option<f64>,
}

impl Config {
    /// Returns how long the footage of a camera is kept, in days: of its main and of its sub stream.
    /// That of a camera that is configured no more has the site's time.
    pub(crate) fn footage_days(&self, camera: &CameraId) -> [f64; 2] {
        let own = self.cameras.iter().find(|one| one.id == *camera).map(|one| &one.retention);
        let (main, sub) = own.map_or((None, None), |own| (own.main_days, own.sub_days));
        let site = &self.retention;
        [main.unwrap_or(site.main_days), sub.unwrap_or(site.sub_days)]
    }
}

/// One stream of a camera.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stream {
    /// `rtsp://host:port/path`, without user name and password.
    #[serde(deserialize_with = "address::read")]
    #[schemars(with = "String", extend("format" = "uri"))]
    pub(crate) url: Url,
    /// How RTP travels.
    #[serde(default)]
    pub(crate) transport: Transport,
    /// Whether it is recorded.
    #[serde(default = "default_record")]
    pub(crate) record: bool,
}

fn default_record() -> bool {
    true
}

/// How RTP travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    /// Interleaved in the RTSP connection: nothing is lost on the way.
    #[default]
    Tcp,
    /// For cameras that cannot do TCP.
    Udp,
}

/// How a camera is looked at.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CameraAnalysis {
    /// The stream that is decoded: the sub stream where there is one.
    pub(crate) stream: Option<AnalysedStream>,
    /// How much of it is decoded.
    #[serde(default)]
    pub(crate) mode: Mode,
    /// Sampled frames per second in mode `stream`.
    #[serde(default = "default_pictures_per_second")]
    pub(crate) pictures_per_second: f32,
    /// 1 keeps its rate longest under load, 3 gives way first. Left out: 1 where a rule watches a
    /// traffic light, as an act there is over in seconds, otherwise 2.
    #[schemars(range(min = 1, max = 3))]
    pub(crate) priority: Option<u8>,
}

fn default_pictures_per_second() -> f32 {
    5.0
}

/// The stream that is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AnalysedStream {
    /// The full-resolution stream.
    Main,
    /// The small stream.
    Sub,
}

/// How much of a stream is decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Every picture, sampled after decoding: for sub streams.
    #[default]
    Stream,
    /// One picture per GOP: for cameras without a sub stream, and under load.
    Keyframes,
}

impl Camera {
    /// Returns the settings of the stream with `role`, if the camera has it.
    pub(crate) fn stream(&self, role: StreamRole) -> Option<&Stream> {
        match role {
            StreamRole::Main => Some(&self.main),
            StreamRole::Sub => self.sub.as_ref(),
        }
    }

    /// Returns how long it keeps its rate under load: 1 the longest, 3 the least.
    pub(crate) fn priority(&self) -> u8 {
        let watches_a_light =
            self.scene.rules.iter().any(|rule| {
                matches!(rule.condition, Condition::RedLight(_) | Condition::StopLine(_))
            });
        let given = self.analysis.as_ref().and_then(|analysis| analysis.priority);
        given.unwrap_or(if watches_a_light { 1 } else { 2 })
    }

    /// Returns its signal of that name, if that is told from outside.
    pub(crate) fn fed_signal(&self, name: &str) -> Option<&Signal> {
        let is_fed = |signal: &&Signal| signal.source == SignalSource::Feed;
        self.scene.signals.iter().find(|signal| signal.name == name).filter(is_fed)
    }

    /// Returns which stream is analysed, if any.
    pub(crate) fn analysed_role(&self) -> Option<StreamRole> {
        let analysis = self.analysis.as_ref()?;
        Some(match (analysis.stream, &self.sub) {
            (Some(AnalysedStream::Sub), _) | (None, Some(_)) => StreamRole::Sub,
            (Some(AnalysedStream::Main), _) | (None, None) => StreamRole::Main,
        })
    }
}

impl Config {
    /// Returns what a file tells that tells nothing: no site, nothing to record, nowhere to.
    fn without_anything() -> Self {
        Self {
            site: Site { id: "site".parse().expect("it is a valid name"), name: String::new() },
            index: IndexSettings { path: PathBuf::new() },
            volumes: Vec::new(),
            retention: Retention::default(),
            api: Api::default(),
            restream: restream::Restream::default(),
            access: Access::default(),
            privacy: privacy::Privacy::default(),
            map: map::Map::default(),
            alerts: Alerts::default(),
            escalations: Vec::new(),
            procedures: Vec::new(),
            audit: Audit::default(),
            export: export::Export::default(),
            analysis: None,
            notify: Vec::new(),
            cameras: Vec::new(),
            calls: calls::Calls::default(),
            sources: Vec::new(),
        }
    }

    /// Returns where the site's signing key lies.
    pub(crate) fn key_file(&self) -> PathBuf {
        let beside_the_index = || self.index.path.join("site.key");
        self.audit.key_file.clone().unwrap_or_else(beside_the_index)
    }

    /// Makes relative paths count from `folder`.
    fn anchor(&mut self, folder: &Path) {
        let anchor = |path: &mut PathBuf| *path = folder.join(&*path);
        anchor(&mut self.index.path);
        self.api.certificate_file.iter_mut().for_each(anchor);
        self.api.key_file.iter_mut().for_each(anchor);
        self.volumes.iter_mut().for_each(|volume| anchor(&mut volume.path));
        self.map.files().for_each(anchor);
        self.audit.key_file.iter_mut().chain(&mut self.audit.copy_to).for_each(anchor);
        if let Some(analysis) = &mut self.analysis {
            analysis.anchor(folder);
        }
        self.cameras.iter_mut().filter_map(|camera| camera.password_file.as_mut()).for_each(anchor);
        self.sources.iter_mut().for_each(|source| anchor(&mut source.token_file));
        for notify in &mut self.notify {
            let files = [&mut notify.secret_file, &mut notify.ca_file];
            let own = [&mut notify.certificate_file, &mut notify.key_file];
            files.into_iter().chain(own).flatten().for_each(anchor);
        }
    }
}

/// Returns the JSON schema of the configuration file.
pub(crate) fn schema() -> schemars::Schema {
    schemars::schema_for!(Config)
}

/// What the files hold that the configuration names; what is secret of it is never printed.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    /// The passwords of the cameras.
    pub(crate) passwords: Passwords,
    /// What the targets of notifications know, too.
    pub(crate) targets: BTreeMap<TargetId, Secret>,
    /// Whom to believe of the targets that are reached over TLS.
    pub(crate) targets_tls: BTreeMap<TargetId, Tls>,
    /// How the service is reached, with its certificate.
    pub(crate) transport: api::Transport,
    /// The places that the site named.
    pub(crate) places: Vec<places::Place>,
    /// What the site draws on its map.
    pub(crate) map_layers: Vec<api::MapLayer>,
}

/// The passwords of the cameras.
pub(crate) type Passwords = BTreeMap<CameraId, ingest::Credentials>;
