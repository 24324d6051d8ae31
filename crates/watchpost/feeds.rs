//! One camera's pictures, from the network to recording and analysis.
//!
//! A feed is a task per stream. What its loop does with a picture never waits: analysis takes what it
//! has room for, recording gathers a GOP in memory, and those who watch are shown it if there are any.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use api::{LiveTap, LiveTaps};
use archive::{Archive, Recorder};
use domain::{
    AccessUnit, CameraId, Clock, GapCause, StatusBoard, StreamId, StreamRole, StreamState,
    Timestamp,
};
use index::Index;
use ingest::onvif::Metadata;
use ingest::{MetadataArrival, Receiver, StreamSettings, Transport};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use vision::{Sampler, Vision};

use crate::config;
use crate::config::{Camera, CameraAnalysis, Config, Mode, Passwords};
use crate::edge::CameraFindings;
use crate::edge_tracks::EdgeTracks;
use crate::lamps::lamps_of;
use crate::scenes::Scenes;

/// Time between the first connections of two streams: a site's cameras must not all answer at once.
const START_INTERVAL: Duration = Duration::from_millis(50);

/// The parts a feed writes to.
#[derive(Clone)]
pub(crate) struct Sinks {
    pub(crate) archive: Arc<Archive>,
    pub(crate) vision: Option<Arc<Vision>>,
    pub(crate) scenes: Arc<Scenes>,
    pub(crate) live: Arc<LiveTaps>,
    pub(crate) index: Index,
    pub(crate) board: Arc<StatusBoard>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Every running feed, by camera. Owned by the program's main task.
pub(crate) struct Feeds {
    sinks: Sinks,
    running: BTreeMap<CameraId, RunningCamera>,
}

struct RunningCamera {
    camera: Camera,
    credentials: Option<ingest::Credentials>,
    stop: CancellationToken,
    streams: Vec<(StreamId, JoinHandle<()>)>,
}

/// What a reload did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) started: usize,
    pub(crate) stopped: usize,
    pub(crate) rejudged: usize,
    pub(crate) untouched: usize,
}

impl Feeds {
    pub(crate) fn new(sinks: Sinks) -> Self {
        Self { sinks, running: BTreeMap::new() }
    }

    /// Makes the running feeds those of `config`. A camera whose settings are the same is not
    /// touched; one whose zones and rules alone differ goes on recording.
    pub(crate) async fn apply(&mut self, config: &Config, passwords: &Passwords) -> Changes {
        let mut changes = Changes::default();
        let wanted: BTreeMap<_, _> =
            config.cameras.iter().map(|camera| (camera.id.clone(), camera)).collect();
        let gone: Vec<_> = self
            .running
            .iter()
            .filter(|(id, running)| {
                !wanted.get(id).is_some_and(|camera| {
                    same_feed(&running.camera, camera)
                        && running.credentials.as_ref() == passwords.get(id)
                })
            })
            .map(|(id, _)| id.clone())
            .collect();
        // All at once: the farewells of a hundred cameras must not add up.
        gone.iter().filter_map(|id| self.running.get(id)).for_each(|running| running.stop.cancel());
        for id in gone {
            changes.stopped += 1;
            self.stop_camera(&id).await;
            // Waits if the judge is behind, as when the index hangs.
            tokio::task::block_in_place(|| self.sinks.scenes.remove(&id));
        }
        let mut starts = Starts::default();
        for (id, camera) in wanted {
            match self.running.get_mut(&id) {
                Some(running) if running.camera == *camera => changes.untouched += 1,
                Some(running) => {
                    tokio::task::block_in_place(|| self.sinks.scenes.put(camera));
                    running.camera = camera.clone();
                    changes.rejudged += 1;
                }
                None => {
                    self.start_camera(camera, passwords.get(&id), &mut starts);
                    changes.started += 1;
                }
            }
        }
        changes
    }

    /// Ends every feed: the last GOPs are handed to the archive. Scenes are finished by others.
    pub(crate) async fn stop(&mut self) {
        for running in self.running.values() {
            running.stop.cancel();
        }
        let ids: Vec<_> = self.running.keys().cloned().collect();
        for id in ids {
            self.stop_camera(&id).await;
        }
    }

    async fn stop_camera(&mut self, id: &CameraId) {
        let Some(running) = self.running.remove(id) else { return };
        running.stop.cancel();
        for (stream, task) in running.streams {
            // `ingest::run` bounds its own farewell; a task that panicked is over all the same.
            let _ = task.await;
            self.sinks.board.remove(&stream);
        }
        if let Some(vision) = &self.sinks.vision {
            vision.detach(id);
        }
        info!(camera = %id, "camera stopped");
    }

    fn start_camera(
        &mut self,
        camera: &Camera,
        credentials: Option<&ingest::Credentials>,
        starts: &mut Starts,
    ) {
        let stop = CancellationToken::new();
        tokio::task::block_in_place(|| self.sinks.scenes.put(camera));
        let mut streams = Vec::new();
        for role in [StreamRole::Main, StreamRole::Sub] {
            let Some(settings) = camera.stream(role) else { continue };
            let analysed = camera.analysed_role() == Some(role);
            if !settings.record && !analysed {
                continue;
            }
            let stream = StreamId { camera: camera.id.clone(), role };
            let sampler = analysed.then(|| self.sampler(camera)).flatten();
            let receiver = Feed {
                tap: self.sinks.live.open(stream.clone()),
                recorder: settings.record.then(|| self.sinks.archive.recorder(stream.clone())),
                sampler,
                // One of the streams is enough: each would tell the same.
                findings: (camera.metadata && streams.is_empty()).then(|| self.findings(camera)),
            };
            let stream_settings = StreamSettings {
                stream: stream.clone(),
                url: settings.url.clone(),
                credentials: credentials.cloned(),
                transport: match settings.transport {
                    config::Transport::Tcp => Transport::Tcp,
                    config::Transport::Udp => Transport::Udp,
                },
                start_delay: starts.next(),
                metadata: receiver.findings.is_some(),
            };
            let now = self.sinks.clock.now();
            self.sinks.board.update(&stream, now, |status| status.state = StreamState::Connecting);
            let task = tokio::spawn(ingest::run(
                stream_settings,
                Box::new(receiver),
                Arc::clone(&self.sinks.board),
                Arc::clone(&self.sinks.clock),
                stop.clone(),
            ));
            streams.push((stream, task));
        }
        let running = RunningCamera {
            camera: camera.clone(),
            credentials: credentials.cloned(),
            stop,
            streams,
        };
        self.running.insert(camera.id.clone(), running);
    }

    fn findings(&self, camera: &Camera) -> CameraFindings {
        let id = &camera.id;
        let tracks = camera.metadata_tracks.then(|| {
            let number = self.sinks.index.camera_number(id).unwrap_or_default();
            EdgeTracks::new(id.clone(), number)
        });
        let (scenes, clock) = (Arc::clone(&self.sinks.scenes), Arc::clone(&self.sinks.clock));
        CameraFindings::new(id.clone(), scenes, clock, tracks)
    }

    fn sampler(&self, camera: &Camera) -> Option<Sampler> {
        let analysis: &CameraAnalysis = camera.analysis.as_ref()?;
        let vision = self.sinks.vision.as_ref()?;
        let attached = vision.attach(vision::CameraAnalysis {
            camera: camera.id.clone(),
            mode: match analysis.mode {
                Mode::Stream => vision::Mode::Stream,
                Mode::Keyframes => vision::Mode::Keyframes,
            },
            pictures_per_second: analysis.pictures_per_second,
            priority: camera.priority(),
            masks: camera.masks.clone(),
            signals: lamps_of(&camera.scene),
        });
        match attached {
            Ok(sampler) => Some(sampler),
            // Rate and priority were checked with the configuration.
            Err(problem) => {
                error!(camera = %camera.id, %problem, "camera is not analysed");
                None
            }
        }
    }
}

/// When the streams that are started together begin, one after the other.
#[derive(Debug, Default)]
struct Starts(u32);

impl Starts {
    /// Returns how long the next stream waits.
    fn next(&mut self) -> Duration {
        let before = self.0;
        self.0 = before.saturating_add(1);
        START_INTERVAL * before
    }
}

/// Returns whether a running feed can go on as it is: all that differs is how its pictures are
/// judged and what the camera is called.
fn same_feed(running: &Camera, wanted: &Camera) -> bool {
    let Camera { name, location, heading, places, scene, .. } = wanted.clone();
    let rejudged = Camera { name, location, heading, places, scene, ..running.clone() };
    // Lamps are read with the pictures, and a rule may keep a camera's rate.
    rejudged == *wanted
        && lamps_of(&running.scene) == lamps_of(&wanted.scene)
        && running.priority() == wanted.priority()
}

/// Where one stream's pictures go. Owned by the stream's task.
struct Feed {
    tap: LiveTap,
    recorder: Option<Recorder>,
    sampler: Option<Sampler>,
    findings: Option<CameraFindings>,
}

impl Receiver for Feed {
    fn access_unit(&mut self, unit: AccessUnit) {
        if let Some(sampler) = &mut self.sampler {
            sampler.offer(&unit);
        }
        let shown = self.tap.take(&unit);
        if let Some(recorder) = &mut self.recorder {
            recorder.write(unit);
        }
        self.tap.show(shown);
        if let Some(findings) = &mut self.findings {
            findings.expire();
        }
    }

    fn interrupted(&mut self, at: Timestamp, cause: GapCause) {
        if let Some(recorder) = &mut self.recorder {
            recorder.interrupted(at, cause);
        }
        self.tap.interrupted();
        if let Some(findings) = &mut self.findings {
            findings.interrupted();
        }
    }

    fn metadata(&mut self, metadata: Metadata, arrival: MetadataArrival) {
        if let Some(findings) = &mut self.findings {
            findings.take(metadata, arrival);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_begin_one_after_the_other() {
        let mut starts = Starts::default();
        let delays: Vec<_> = (0..512).map(|_| starts.next()).collect();
        assert_eq!(delays[0], Duration::ZERO, "the first does not wait");
        assert!(delays.windows(2).all(|pair| pair[1] - pair[0] == START_INTERVAL));
        let last = delays[511];
        assert!(
            last < Duration::from_secs(30),
            "256 cameras with two streams are asked within {last:?}"
        );
    }
}
