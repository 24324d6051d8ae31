//! A neighbour's window lies under a privacy mask: no way out of the service shows it to anybody whom
//! the site's policy does not name, and what they see instead has its right times and says what it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use domain::{TimeRange, Timestamp};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, probe};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The mask: left, top, right, bottom, in shares of the view.
pub(crate) const MASK: [f64; 4] = [0.125, 0.25, 0.625, 0.75];
/// Grey that a mask is painted in, as decoders show it in luma, and how far codecs blur it.
const GREY: (i32, i32) = (128, 14);

/// Every operation that answers with pictures, and how this story asks it. One that is new fails it.
const WAYS: [&str; 12] = [
    "clip",
    "playlist",
    "case_playlist",
    "live_playlist",
    "live_piece",
    "segment",
    "frame",
    "event_clip",
    "event_still",
    "thumbnail",
    "sprite_sheet",
    "export_package",
];

pub(crate) fn camera(url: &str, mask: Option<[f64; 4]>) -> String {
    let polygon = |[left, top, right, bottom]: [f64; 4]| {
        format!(
            "masks = [[[{left}, {top}], [{right}, {top}], [{right}, {bottom}], [{left}, {bottom}]]]\n"
        )
    };
    let masks = mask.map_or(String::new(), polygon);
    format!(
        "[[camera]]\nid = \"gate\"\nname = \"Cổng\"\n{masks}main = {{ url = \"{url}\" }}\n\
         [[source]]\nid = \"parking\"\ntoken_file = \"parking.token\"\ncameras = [\"gate\"]\n\
         kinds = [\"illegal_stop\"]\n"
    )
}

/// Returns the luma of every picture in a file, as ffmpeg decodes it, `width` × `height` each.
pub(crate) fn luma(file: &Path) -> (usize, usize, Vec<Vec<u8>>) {
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0"])
        .args(["-show_entries", "stream=width,height"])
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(probe.stdout).unwrap();
    let sides: Vec<usize> =
        text.trim().split(',').map(|side| side.trim().parse().unwrap()).collect();
    let raw = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(file)
        .args(["-vf", "extractplanes=y", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    assert!(raw.status.success(), "{}", String::from_utf8_lossy(&raw.stderr));
    let pictures = raw.stdout.chunks_exact(sides[0] * sides[1]).map(<[u8]>::to_vec);
    (sides[0], sides[1], pictures.collect())
}

/// Returns how many pixels of the part `mask` of the view are something else than grey, in a picture
/// that lies at `tile` (left, top, width, height) of a larger one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels of a picture"
)]
pub(crate) fn shown(luma: &[u8], line: usize, tile: [usize; 4], mask: [f64; 4]) -> usize {
    let [left, top, width, height] = tile;
    let at = |share: f64, side: usize| (share * side as f64) as usize;
    // A block of the codec at the rim may hold what lies beside it.
    let rim = (width / 40).max(2);
    let columns = at(mask[0], width) + rim..at(mask[2], width) - rim;
    let rows = at(mask[1], height) + rim..at(mask[3], height) - rim;
    assert!(columns.len() > 3 && rows.len() > 3, "{tile:?}");
    let places = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
    let is_other = |(x, y): &(usize, usize)| {
        let sample = i32::from(luma[(top + y) * line + left + x]);
        (sample - GREY.0).abs() > GREY.1
    };
    places.filter(is_other).count()
}

pub(crate) struct Gate {
    pub(crate) site: Site,
    pub(crate) simulator: Simulator,
    pub(crate) folder: tempfile::TempDir,
}

impl Gate {
    /// Saves an answer, and returns its headers and where it is.
    async fn save(&self, path: &str, name: &str) -> (HeaderMap, PathBuf) {
        let answer = self.site.client.get(format!("{}{path}", self.site.api)).send().await.unwrap();
        let status = answer.status();
        let headers = answer.headers().clone();
        let bytes = answer.bytes().await.unwrap();
        assert!(status.is_success(), "{path}: {}", String::from_utf8_lossy(&bytes));
        let file = self.folder.path().join(name);
        std::fs::write(&file, &bytes).unwrap();
        (headers, file)
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let address = format!("{}{path}", self.site.api);
        let answer = self.site.client.post(address).json(body).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Puts a playlist together as an outside player does, and asserts that the mask lies over it.
    async fn is_playlist_covered(&self, path: &str) {
        let (_, list) = self.save(path, "list.m3u8").await;
        let list = std::fs::read_to_string(list).unwrap();
        assert!(!list.contains("BYTERANGE"), "{path}: {list}");
        let address = |line: &str| line.strip_prefix("/api").map(|rest| format!("/api{rest}"));
        let (_, head) = list.split_once("#EXT-X-MAP:URI=\"").unwrap();
        let (_, head) = self.save(head.split_once('"').unwrap().0, "head.mp4").await;
        let (_, body) = self.save(&list.lines().find_map(address).unwrap(), "body.mp4").await;
        let joined = self.folder.path().join("joined.mp4");
        let whole = [std::fs::read(head).unwrap(), std::fs::read(body).unwrap()].concat();
        std::fs::write(&joined, whole).unwrap();
        Self::is_covered(&joined, MASK, path);
    }

    /// Asserts that nothing under `mask` is to be seen in any picture of a file, and something beside
    /// it; returns how many pictures there are.
    pub(crate) fn is_covered(file: &Path, mask: [f64; 4], what: &str) -> usize {
        let (width, height, pictures) = luma(file);
        assert!(!pictures.is_empty(), "{what}: no picture");
        for (number, picture) in pictures.iter().enumerate() {
            let whole = [0, 0, width, height];
            let seen = shown(picture, width, whole, mask);
            assert_eq!(seen, 0, "{what}, picture {number} of {width}x{height}");
            let beside = [mask[2], mask[1], 1.0, mask[3]];
            assert!(shown(picture, width, whole, beside) > 100, "{what}: nothing is to be seen");
        }
        pictures.len()
    }

    async fn recorded(&self) -> TimeRange {
        let all = "start=2000-01-01T00:00:00Z&end=2100-01-01T00:00:00Z";
        let found = self.site.get(&format!("/api/v1/cameras/gate/recordings?{all}")).await;
        let spans = found["spans"].as_array().unwrap();
        let time = |span: &Value, name: &str| span[name].as_str().unwrap().parse().unwrap();
        TimeRange { start: time(&spans[0], "start"), end: time(spans.last().unwrap(), "end") }
    }
}

pub(crate) async fn opened(codec: &str, mask: Option<[f64; 4]>) -> Gate {
    let mount = Mount::new("/gate/main", footage(&format!("vtest-{codec}.mp4")));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let mut site = Site::new(false, &camera(&simulator.url("/gate/main"), mask));
    std::fs::write(site.folder().join("parking.token"), format!("{TOKEN}\n")).unwrap();
    site.start();
    site.wait_for_state("gate", "up", Duration::from_secs(30)).await;
    let gate = Gate { site, simulator, folder: tempfile::tempdir().unwrap() };
    eventually("eight seconds are recorded", Duration::from_secs(60), async || {
        let all = "start=2000-01-01T00:00:00Z&end=2100-01-01T00:00:00Z";
        let found = gate.site.get(&format!("/api/v1/cameras/gate/recordings?{all}")).await;
        (found["recorded_s"].as_f64().unwrap() >= 8.0).then_some(())
    })
    .await;
    gate
}

/// Returns every operation of the document that answers with pictures or with files of them.
async fn pictured(site: &Site) -> BTreeSet<String> {
    let document = site.get("/api/v1/openapi.json").await;
    let mut found = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let answers = operation["responses"].as_object().unwrap().values();
            let kinds = answers.filter_map(|answer| answer["content"].as_object());
            let is_pictured = |kind: &String| {
                ["image/", "video/", "application/vnd.apple", "application/zip"]
                    .iter()
                    .any(|begin| kind.starts_with(begin))
            };
            if kinds.flat_map(|kinds| kinds.keys()).any(is_pictured) {
                found.insert(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_under_a_mask_leaves_by_any_way() {
    let mut gate = opened("h265", Some(MASK)).await;
    let ways: BTreeSet<String> = WAYS.iter().map(ToString::to_string).collect();
    assert_eq!(pictured(&gate.site).await, ways, "a way out that this story does not walk");
    let recorded = gate.recorded().await;
    let (start, end) = (recorded.start.plus(Duration::from_secs(1)), recorded.end);
    let span = format!("start={start}&end={end}");
    let at = recorded.start.plus(Duration::from_millis(3_333));
    let (_, clip) =
        gate.save(&format!("/api/v1/cameras/gate/footage.mp4?{span}"), "clip.mp4").await;
    let pictures = Gate::is_covered(&clip, MASK, "clip");
    assert!(pictures > 60, "{pictures}");

    let found = gate.site.get(&format!("/api/v1/cameras/gate/recordings?{span}")).await;
    assert_eq!(found["masked"], true);
    for file in found["spans"][0]["segments"].as_array().unwrap() {
        let (headers, saved) = gate.save(file["href"].as_str().unwrap(), "segment.mp4").await;
        assert!(headers.contains_key("watchpost-viewing-copy"));
        Gate::is_covered(&saved, MASK, "segment");
    }
    gate.is_playlist_covered(&format!("/api/v1/cameras/gate/footage.m3u8?{span}")).await;
    let case = gate.post("/api/v1/cases", &json!({"number": "1", "title": "x"})).await;
    let case = format!("/api/v1/cases/{}", case["id"]);
    let mark = json!({"camera": "gate", "start": start, "end": end});
    gate.post(&format!("{case}/marks"), &mark).await;
    gate.is_playlist_covered(&format!("{case}/footage.m3u8")).await;
    // What is live as HLS lies there as the camera sent it.
    let segment = found["spans"][0]["segments"][0]["id"].to_string();
    for path in ["live.m3u8".to_owned(), format!("live/{segment}-head.mp4")] {
        let (status, refusal) = gate.site.ask(&format!("/api/v1/cameras/gate/{path}")).await;
        assert_eq!(status, 403, "{path}: {refusal}");
    }

    for (path, what) in [
        (format!("/api/v1/cameras/gate/frame.jpg?time={at}"), "frame"),
        ("/api/v1/cameras/gate/frame.jpg".to_owned(), "frame of now"),
        (format!("/api/v1/cameras/gate/frame.jpg?time={at}&width=200"), "small frame"),
        (format!("/api/v1/cameras/gate/thumbnail.jpg?time={at}"), "thumbnail"),
        (format!("/api/v1/cameras/gate/thumbnail.jpg?time={at}&width=160"), "small thumbnail"),
    ] {
        let (_, saved) = gate.save(&path, "still.jpg").await;
        assert_eq!(Gate::is_covered(&saved, MASK, what), 1);
    }
    let sprite = gate.site.get(&format!("/api/v1/cameras/gate/sprite?{span}&count=12")).await;
    assert_eq!(sprite["masked"], true);
    let (_, sheet) = gate.save(sprite["href"].as_str().unwrap(), "sheet.jpg").await;
    let (line, _, sheets) = luma(&sheet);
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let (wide, high) = (number(&sprite["tile_width"]), number(&sprite["tile_height"]));
    let tiles = sprite["pictures"].as_array().unwrap();
    assert_eq!(tiles.len(), 12);
    for tile in tiles {
        let place = [number(&tile["column"]) * wide, number(&tile["row"]) * high, wide, high];
        assert_eq!(shown(&sheets[0], line, place, MASK), 0, "sprite: {tile}");
        assert!(shown(&sheets[0], line, place, [MASK[2], MASK[1], 1.0, MASK[3]]) > 20);
    }

    // A partner's event, its object in the middle of the mask.
    let bbox = json!({"left": 0.25, "top": 0.375, "width": 0.25, "height": 0.25});
    let finding = json!({
        "id": "bay-7", "camera": "gate", "time": at.to_string(), "kind": "illegal_stop", "bbox": bbox,
    });
    let request = reqwest::Client::new().post(format!("{}/api/v1/findings", gate.site.api));
    let told = request.bearer_auth(TOKEN).json(&finding).send().await.unwrap();
    assert_eq!(told.status().as_u16(), 201, "{}", told.text().await.unwrap());
    let page = gate.site.get("/api/v1/events").await;
    // Whoever decides on the event plays its footage, original or copy as asked.
    let event = page["events"][0]["id"].as_str().unwrap();
    for form in ["", "?rendition=h264&width=320"] {
        let path = format!("/api/v1/events/{event}/footage.mp4{form}");
        let (headers, saved) = gate.save(&path, "event.mp4").await;
        assert!(headers.contains_key("watchpost-viewing-copy"), "{path}");
        assert!(Gate::is_covered(&saved, MASK, &path) > 20);
    }
    let stills = &page["events"][0]["stills"]["at"];
    let (_, still) = gate.save(stills["href"].as_str().unwrap(), "still.jpg").await;
    Gate::is_covered(&still, MASK, "event still");
    let (_, crop) = gate.save(stills["crop"].as_str().unwrap(), "crop.jpg").await;
    let (width, height, crops) = luma(&crop);
    assert_eq!(shown(&crops[0], width, [0, 0, width, height], [0.0, 0.0, 1.0, 1.0]), 0, "crop");

    sealed_copy_is_covered(&mut gate, &span);
    gate.simulator.status("/gate/main").unwrap();
}

/// The package of a case holds masked copies, and says so.
fn sealed_copy_is_covered(gate: &mut Gate, span: &str) {
    let moment = |name: &str| {
        let (_, rest) = span.split_once(&format!("{name}=")).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let (from, to) = (moment("start"), moment("end"));
    // Only what is closed leaves.
    let (status, log) = gate.site.stop();
    assert!(status.success(), "{log:#?}");
    let run = |arguments: &[&str]| gate.site.command(arguments).output().unwrap();
    let mut order = vec!["export", "--config", "watchpost.toml", "--camera", "gate"];
    order.extend(["--from", &from, "--to", &to, "--case", "01/2026", "--reason", "x"]);
    order.extend(["--operator", "lan"]);
    let exported = run(&[order.clone(), vec!["--out", "case.zip"]].concat());
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let lifted = run(&[order, vec!["--masks", "remove", "--out", "bare.zip"]].concat());
    assert!(!lifted.status.success(), "the site's policy lets nobody");
    assert!(String::from_utf8_lossy(&lifted.stderr).contains("unmasked_roles"));
    let verified = run(&["verify", "case.zip"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    let unzip = Command::new("unzip")
        .args(["-q", "case.zip", "-d", "opened"])
        .current_dir(gate.site.folder())
        .status()
        .unwrap();
    assert!(unzip.success());
    let opened = gate.site.folder().join("opened");
    let manifest = std::fs::read_to_string(opened.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let clip = &manifest["clips"][0];
    assert_eq!(clip["masked"]["versions"], json!([1]));
    assert_eq!(clip["masked"]["codec"], "h264");
    assert!(clip["segments"][0]["sha256"].is_string(), "the originals are named by their hashes");
    let file = clip["file"].as_str().unwrap();
    assert!(file.ends_with("-masked.mp4"), "{file}");
    assert!(Gate::is_covered(&opened.join(file), MASK, "package") > 40);
    for still in manifest["events"]["stills"].as_array().unwrap() {
        Gate::is_covered(&opened.join(still["file"].as_str().unwrap()), MASK, "still of a package");
    }
    let note = std::fs::read_to_string(opened.join("READ-ME.txt")).unwrap();
    assert!(note.contains("bản xem, không phải bản gốc") && note.contains("1 of the 1 clips"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_covers_what_was_before_it_and_what_was_under_it_stays_covered() {
    let mut gate = opened("h264", None).await;
    let recorded = gate.recorded().await;
    let span =
        format!("start={}&end={}", recorded.start, recorded.start.plus(Duration::from_secs(4)));
    let footage = format!("/api/v1/cameras/gate/footage.mp4?{span}");
    let (headers, _) = gate.save(&footage, "original.mp4").await;
    assert!(!headers.contains_key("watchpost-viewing-copy"));
    let reload = async |gate: &Gate, mask| {
        gate.site.configure(false, &camera(&gate.simulator.url("/gate/main"), mask));
        gate.site.hang_up();
        let revision = mask.is_some();
        eventually("the masks are taken over", Duration::from_secs(30), async || {
            let trail = gate.site.get("/api/v1/audit?action=masks_changed").await;
            let changes = trail["entries"].as_array().unwrap().len();
            (changes == if revision { 1 } else { 2 }).then_some(())
        })
        .await;
    };
    reload(&gate, Some(MASK)).await;
    let (headers, copy) = gate.save(&footage, "copy.mp4").await;
    assert!(headers.contains_key("watchpost-viewing-copy"));
    Gate::is_covered(&copy, MASK, "footage from before the mask");
    reload(&gate, None).await;
    // Taken under the mask, or within what the camera's clock may be off.
    let (headers, copy) = gate.save(&footage, "copy.mp4").await;
    assert!(headers.contains_key("watchpost-viewing-copy"));
    Gate::is_covered(&copy, MASK, "footage from under the mask");
    gate.site.stop();
    gate.site.start();
    let (_, copy) = gate.save(&footage, "copy.mp4").await;
    Gate::is_covered(&copy, MASK, "after a restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewing_copy_of_h265_has_every_picture_at_its_time() {
    let gate = opened("h265", None).await;
    let recorded = gate.recorded().await;
    let start = recorded.start.plus(Duration::from_millis(1_750));
    let end = start.plus(Duration::from_secs(4));
    let footage = format!("/api/v1/cameras/gate/footage.mp4?start={start}&end={end}");
    let (_, original) = gate.save(&footage, "original.mp4").await;
    let (headers, copy) =
        gate.save(&format!("{footage}&rendition=h264&width=384"), "copy.mp4").await;
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("watchpost-viewing-copy"), "h264; not the original");
    assert_eq!(header("watchpost-start").parse::<Timestamp>().unwrap(), start);
    assert!(header("content-disposition").contains("viewing-copy"));
    let (_, _, shown) = luma(&original);
    let (wide, high, copied) = luma(&copy);
    assert_eq!((wide, high), (384, 288));
    // The camera sends ten pictures a second: forty begin in four. One is on view at the start, with
    // which the copy begins; ffmpeg leaves it out of the original, which says by an edit list where it
    // begins.
    assert_eq!((copied.len(), shown.len()), (41, 40));
    let pictures = probe(&copy);
    assert!(pictures[0].at_s.abs() < 1e-6, "{:?}", pictures[0]);
    // Against the recorded files as they lie: ffmpeg moves a clip that begins between two pictures.
    let mut taken = Vec::new();
    let found =
        gate.site.get(&format!("/api/v1/cameras/gate/recordings?start={start}&end={end}")).await;
    for segment in found["spans"][0]["segments"].as_array().unwrap() {
        let (_, file) = gate.save(segment["href"].as_str().unwrap(), "segment.mp4").await;
        let begins: Timestamp = segment["start"].as_str().unwrap().parse().unwrap();
        let since = begins.seconds_since(start);
        taken.extend(probe(&file).iter().map(|picture| since + picture.at_s));
    }
    let within = taken.iter().copied().filter(|at_s| (0.0005..3.9995).contains(at_s));
    let within: Vec<f64> = within.collect();
    assert_eq!(within.len(), 40, "{within:?}");
    for (copied, taken) in pictures[1..].iter().zip(&within) {
        assert!((copied.at_s - taken).abs() < 0.001, "{copied:?} {taken}");
    }
    let title = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "format_tags=title:stream=codec_name,profile"])
        .args(["-of", "default=nw=1"])
        .arg(&copy)
        .output()
        .unwrap();
    let title = String::from_utf8(title.stdout).unwrap();
    assert!(title.contains("codec_name=h264"), "{title}");
    assert!(title.contains("Bản xem, không phải bản gốc"), "{title}");
    eventually("recording has gone on", Duration::from_secs(30), async || {
        (gate.recorded().await.end > recorded.end).then_some(())
    })
    .await;
}
