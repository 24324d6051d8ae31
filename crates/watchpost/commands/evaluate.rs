//! `watchpost evaluate`: clips with truth through the real analysis; how good is it?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use domain::{Bbox, CameraId, Class, Clock as _, Looked, Observation, SystemClock, Timestamp};
use evaluation::{
    Boxes, ClassTracking, ClipReport, Cost, FoundEvent, Made, ModelUsed, Report, Truth,
    detection_scores, judge, tracking_scores,
};
use indicatif::{ProgressBar, ProgressStyle};
use scene::{Bridge, CameraScene};
use vision::drawing::{self, Drawing};
use vision::still::{self, Rendition};
use vision::{CameraAnalysis, Clip, Mode, VisionConfig};

use crate::clip_file;
use crate::config;
use crate::lamps::lamps_of;
use crate::offline::{Findings, Offline, START};

/// Width of the pictures in the report, in pixels.
const PICTURE_WIDTH: u32 = 800;
/// Pictures of one rule's misses, and of its false alarms, at most: a file is to be opened.
const MOST_PICTURES: usize = 500;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  watchpost evaluate truth/ --footage clips/ --html report.html
  watchpost evaluate nga-tu-so.truth.json --config /etc/watchpost/watchpost.toml --json

How to write a truth file, and what the figures mean: docs/evaluation.md. Clips that are not H.264
or H.265 as cameras send it are encoded once by ffmpeg.")]
pub(crate) struct Arguments {
    /// Truth files, or folders of files that end in .truth.json.
    #[arg(required = true, value_name = "TRUTH")]
    truths: Vec<PathBuf>,
    /// Where the clips lie; beside their truth files if left out.
    #[arg(long, value_name = "DIR")]
    footage: Option<PathBuf>,
    /// Take model and library from the analysis table of this configuration.
    #[arg(long, short, value_name = "FILE", default_value = "configs/demo.toml")]
    config: PathBuf,
    /// How often a second a picture is looked at.
    #[arg(long, default_value_t = 5.0, value_name = "RATE")]
    pictures_per_second: f32,
    /// Look at keyframes alone, as at cameras without a sub stream.
    #[arg(long)]
    keyframes: bool,
    /// Look as when other cameras wait for a detector: at what moves, alone and reduced, and at the whole
    /// view now and then.
    #[arg(long)]
    under_load: bool,
    /// Also write a page with a picture of each miss and each false alarm.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Where clips encoded for this are kept.
    #[arg(long, value_name = "DIR", default_value = "var/evaluate")]
    cache: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let truths = truth_files(&arguments.truths)?;
    let offline = Offline::start(vision_config(&arguments.config, arguments.under_load)?)?;
    let mut clips = Vec::new();
    let mut failures = 0;
    for path in &truths {
        match evaluate(arguments, &offline, path) {
            Ok(report) => clips.push(report),
            Err(error) => {
                failures += 1;
                eprintln!("watchpost: cannot judge {}: {error:#}", path.display());
            }
        }
    }
    if clips.is_empty() {
        bail!("none of {} could be judged", counted(truths.len(), "truth file"));
    }
    let report = Report {
        title: format!("Watchpost on {}", counted(clips.len(), "clip")),
        made: made(&offline),
        clips,
    };
    if let Some(page) = &arguments.html {
        std::fs::write(page, report.to_html())
            .with_context(|| format!("cannot write {}", page.display()))?;
    }
    super::print_text(&if arguments.json { report.to_json() } else { report.to_text() })?;
    if failures > 0 {
        bail!("{} of {} could not be judged", failures, counted(truths.len(), "truth file"));
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Returns the files named, and those in the folders named, in order.
fn truth_files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let listed = path
            .read_dir()
            .with_context(|| format!("cannot list the folder {}", path.display()))?;
        let listed = listed.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path());
        let mut found: Vec<PathBuf> =
            listed.filter(|file| file.to_string_lossy().ends_with(".truth.json")).collect();
        if found.is_empty() {
            bail!("{} holds no file that ends in .truth.json", path.display());
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

fn vision_config(path: &Path, is_loaded: bool) -> anyhow::Result<VisionConfig> {
    let analysis = config::load_analysis(path)?;
    Ok(VisionConfig {
        onnxruntime: analysis.onnxruntime,
        model: analysis.model,
        decoder_threads: 1,
        detector_threads: 1,
        providers: analysis.providers,
        is_loaded,
    })
}

fn evaluate(arguments: &Arguments, offline: &Offline, path: &Path) -> anyhow::Result<ClipReport> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let truth = Truth::parse(&read(path)?)?;
    let beside = path.parent().unwrap_or(Path::new("."));
    let folder = arguments.footage.as_deref().unwrap_or(beside);
    let clip = clip_file::look_at(&folder.join(&truth.clip.file))?;
    truth.check_clip(&clip.clip)?;
    let mut true_boxes = Vec::new();
    for file in &truth.boxes {
        let boxes = Boxes::parse_truth(&read(&beside.join(&file.file))?)
            .with_context(|| file.file.clone())?;
        truth.check_boxes(file, &boxes)?;
        true_boxes.push((file.class, boxes));
    }
    let scene: CameraScene = serde_json::from_value(truth.scene.clone()).context("scene")?;
    let camera = truth.camera.clone().map_or_else(|| "clip".parse(), Ok);
    let camera: CameraId = camera.map_err(|problem| anyhow::anyhow!("{problem}"))?;

    let as_sent = clip.as_sent(&arguments.cache)?;
    let bar = progress_bar(&truth);
    let analysis = CameraAnalysis {
        camera,
        mode: if arguments.keyframes { Mode::Keyframes } else { Mode::Stream },
        pictures_per_second: arguments.pictures_per_second,
        priority: 1,
        masks: Vec::new(),
        signals: lamps_of(&scene),
    };
    let findings =
        offline.run(&as_sent, scene.clone(), analysis, &|pictures| bar.set_position(pictures))?;
    bar.finish_and_clear();

    let found: Vec<FoundEvent> =
        findings.events.iter().map(|event| FoundEvent::new(event, START)).collect();
    let mut report = judge(&truth, &found);
    for (class, boxes) in &true_boxes {
        judge_boxes(*class, boxes, &findings, truth.clip.fps, &mut report);
    }
    let footage_s = truth.clip.duration().as_secs_f64();
    report.cost = Some(Cost { cpu_s: findings.cpu.as_secs_f64(), footage_s });
    if findings.failed > 0 {
        let failed = findings.failed;
        report.not_covered.push(format!("{failed} pictures could not be decoded or looked at"));
    }
    if arguments.html.is_some() {
        illustrate(&as_sent, &scene, &findings, &mut report)?;
    }
    Ok(report)
}

fn progress_bar(truth: &Truth) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} pictures");
    ProgressBar::new(truth.clip.frames.into())
        .with_message(truth.clip.file.clone())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Judges detections and tracks of one class by true boxes, in the pictures looked at whole.
fn judge_boxes(
    class: Class,
    truth: &Boxes,
    findings: &Findings,
    fps: f64,
    report: &mut ClipReport,
) {
    let frame_of = |time: Timestamp| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a picture's number; clips of years are refused with their truth"
        )]
        let number = (time.since(START).as_secs_f64() * fps).round() as u32;
        number + 1
    };
    let is_whole = |observation: &&Observation| observation.looked == Looked::Whole;
    let whole: Vec<&Observation> = findings.observations.iter().filter(is_whole).collect();
    let looked: BTreeSet<u32> = whole.iter().map(|one| frame_of(one.time)).collect();
    let truth = truth.in_frames(&looked);

    let mut detected = Boxes::default();
    let mut number = 0;
    for observation in &whole {
        let frame = frame_of(observation.time);
        for detection in observation.detections.iter().filter(|one| one.class == class) {
            detected.put(frame, number, pixels(&detection.bbox, findings.size));
            number += 1;
        }
    }
    let aspect = whole.first().map_or(1.0, |one| one.aspect);
    let mut tracked = Boxes::default();
    for (id, track) in (0..).zip(findings.tracks.iter().filter(|track| track.class == class)) {
        for point in &track.path {
            tracked.put(frame_of(point.time), id, pixels(&point.bbox, findings.size));
        }
        // A path has few points where its object stood, and none where it was missed.
        for ends in track.path.windows(2) {
            let bridge = Bridge::new(&ends[0], &ends[1], class, aspect);
            let from = whole.partition_point(|one| one.time <= ends[0].time);
            for one in whole[from..].iter().take_while(|one| one.time < ends[1].time) {
                if let Some(bbox) = bridge.place_at(one.time) {
                    tracked.put(frame_of(one.time), id, pixels(&bbox, findings.size));
                }
            }
        }
    }
    report.detection.push(detection_scores(class, &truth, &detected));
    let scores = tracking_scores(&truth, &tracked.in_frames(&looked));
    report.tracking.push(ClassTracking { class, scores });
}

/// Returns left, top, width and height in pixels.
fn pixels(bbox: &Bbox, (width, height): (u32, u32)) -> [f64; 4] {
    let (width, height) = (f64::from(width), f64::from(height));
    [
        f64::from(bbox.left) * width,
        f64::from(bbox.top) * height,
        f64::from(bbox.width) * width,
        f64::from(bbox.height) * height,
    ]
}

/// Puts a picture to each miss and each false alarm: the scene's zones and tripwires drawn over
/// it, and the object where one was found.
fn illustrate(
    clip: &Path,
    scene: &CameraScene,
    findings: &Findings,
    report: &mut ClipReport,
) -> anyhow::Result<()> {
    let mut wanted = Vec::new();
    for rule in &mut report.rules {
        let false_alarms = rule.false_alarms.iter_mut().take(MOST_PICTURES);
        for finding in rule.misses.iter_mut().take(MOST_PICTURES).chain(false_alarms) {
            let at = START.plus(Duration::from_secs_f64(finding.at_s.max(0.0)));
            wanted.push((at, rule.rule.clone(), finding));
        }
    }
    wanted.sort_by_key(|(at, _, _)| *at);
    let mut wanted = wanted.into_iter().peekable();
    let mut gop: Vec<(Timestamp, Bytes)> = Vec::new();
    let mut format = None;
    let mut units = Clip::open(clip, "clip".parse().context("camera")?, START)?;
    while wanted.peek().is_some() {
        let next = units.next().transpose()?;
        let reached = next.as_ref().map_or(Timestamp::MAX, |unit| unit.time);
        while let Some((at, rule, finding)) = wanted.next_if(|(at, _, _)| *at < reached) {
            let Some(format): Option<&std::sync::Arc<domain::VideoFormat>> = format.as_ref() else {
                continue;
            };
            let mut drawing = Drawing::default();
            for zone in &scene.zones {
                drawing.shape(zone.polygon.corners(), drawing::GEOMETRY);
            }
            for tripwire in &scene.tripwires {
                drawing.line([tripwire.line.from, tripwire.line.to], drawing::GEOMETRY);
            }
            let mut own = findings.events.iter().filter(|event| event.rule == rule);
            let bbox = own.find(|event| event.time == at).and_then(|event| event.bbox);
            if let Some(bbox) = bbox {
                drawing.bbox(&bbox, drawing::OBJECT);
            }
            let picture = still::picture(format.codec, &format.codec_data, &gop, at, &[])?;
            let jpeg = still::jpeg(&picture, Some(PICTURE_WIDTH), &Rendition::Drawn(drawing))?;
            finding.picture_jpeg = Some(jpeg);
        }
        let Some(unit) = next else { break };
        if unit.is_keyframe {
            gop.clear();
        }
        format = Some(unit.format);
        gop.push((unit.time, unit.data));
    }
    Ok(())
}

fn made(offline: &Offline) -> Made {
    let model = offline.vision().model();
    let name = model.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    Made {
        version: format!("watchpost {}", env!("CARGO_PKG_VERSION")),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        time: SystemClock::default().now(),
        machine: format!("{cores} cores, {}", cpu.trim_start_matches([' ', '\t', ':'])),
        models: vec![ModelUsed { name, sha256: model.sha256.to_string() }],
    }
}
