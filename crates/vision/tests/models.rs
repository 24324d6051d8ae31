//! Every mistake in a model's files is a plain error that names the file and what is wrong.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use std::path::Path;

use domain::Class;
use sha2::{Digest, Sha256};
use vision::detector::Detector;
use vision::manifest::Model;
use vision::{Runtime, VisionConfig};

/// A folder with the default manifest, changed, and a model file beside it.
fn folder_with(change: impl Fn(String) -> String) -> (tempfile::TempDir, VisionConfig) {
    let folder = tempfile::tempdir().unwrap();
    let models = support::root().join("models");
    let text = std::fs::read_to_string(models.join("nanodet-g-int8.toml")).unwrap();
    let file = "nanodet_g_416_int8_blocks.onnx";
    std::fs::copy(models.join(file), folder.path().join(file)).unwrap();
    let path = folder.path().join("model.toml");
    std::fs::write(&path, change(text)).unwrap();
    let config = VisionConfig { model: path, ..support::config() };
    (folder, config)
}

fn refusal(change: impl Fn(String) -> String) -> String {
    let (_folder, config) = folder_with(change);
    Detector::load(&config).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_default_model_loads_and_knows_its_hash() {
    let model = Model::load(&support::config().model).unwrap();
    assert_eq!(&*model.sha256, model.manifest.sha256);
    assert_eq!(model.manifest.labels[&Class::Motorcycle], [3]);
}

#[test]
fn mistakes_in_a_manifest_are_named() {
    let cases: [(&str, &str, &str); 12] = [
        ("family = \"nanodet\"", "family = \"yolo9000\"", "family \"yolo9000\" is unknown"),
        ("sha256 = \"05", "sha256 = \"15", "the manifest expects 15"),
        ("sha256 = \"05", "sha256 = \"xy", "not 64 hexadecimal digits"),
        ("nanodet_g_416_int8_blocks.onnx", "missing.onnx", "missing.onnx: it cannot be read"),
        ("nanodet_g_416_int8_blocks.onnx", "/dev/zero", "/dev/zero: it is not a file"),
        ("width = 416", "width = 320", "manifest says [1, 208, 160, 12]"),
        ("form = \"blocks\"", "form = \"planes\"", "its input is no tensor of f32"),
        ("rows_step = 32", "rows_step = 30", "input.rows_step is 30"),
        ("colour =", "std = [2, 2, 2]\ncolour =", "normalises by itself"),
        ("confidence = 0.2", "confidence = 2.0", "thresholds.confidence is 2"),
        ("person = [0]", "person = [0, 80]", "labels.person names label 80 of 80"),
        ("person = [0]", "cyclops = [0]", "cyclops"),
    ];
    for (from, to, expected) in cases {
        let message = refusal(|text| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        });
        assert!(message.contains(expected), "{to}: {message}");
        assert!(
            ["model.toml", ".onnx", "/dev/"].iter().any(|file| message.contains(file)),
            "{message}"
        );
    }
}

#[test]
fn a_family_whose_outputs_the_model_does_not_have_is_refused() {
    for family in ["yolox", "ssd"] {
        let named = format!("family = \"{family}\"");
        let message = refusal(|text| text.replace("family = \"nanodet\"", &named));
        assert!(message.contains("its outputs are"), "{message}");
    }
}

#[test]
fn a_file_that_is_no_model_is_refused_by_name() {
    let (folder, config) = folder_with(|text| {
        let hash: String =
            Sha256::digest(b"no model").iter().map(|byte| format!("{byte:02x}")).collect();
        let known = "054cbb1f93d4b2fe044dd80f28c7882739c5b1a72ace92e45cf64828ce4003b1";
        text.replace(known, &hash)
    });
    std::fs::write(folder.path().join("nanodet_g_416_int8_blocks.onnx"), b"no model").unwrap();
    let message = Detector::load(&config).map(|_| ()).unwrap_err().to_string();
    assert!(message.contains("ONNX Runtime refuses it"), "{message}");
}

#[test]
fn a_missing_or_wrong_library_is_a_plain_error() {
    let missing = Runtime::load(Path::new("/nowhere/libonnxruntime.so")).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/libonnxruntime.so"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(&path, b"not a library").unwrap();
    let wrong = Runtime::load(&path).unwrap_err().to_string();
    assert!(wrong.contains("libonnxruntime.so"), "{wrong}");
    Runtime::load(&support::onnxruntime()).unwrap();
}

#[test]
fn an_execution_provider_that_cannot_be_had_falls_back_to_the_cpu() {
    let providers = vec!["cuda".into(), "quantum".into()];
    Detector::load(&VisionConfig { providers, ..support::config() }).unwrap();
}

#[test]
fn a_yolox_model_is_read_as_well() {
    let path = support::root().join("../shared/models/yolox_nano_416.onnx");
    if !path.exists() {
        println!("absent, not tested: {}", path.display());
        return;
    }
    let clip = support::demo_footage("vtest-h264.mp4");
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("yolox.toml");
    let text = format!(
        "file = \"{}\"\nsha256 = \"{}\"\nlicence = \"Apache-2.0\"\nfamily = \"yolox\"\n\
         [input]\nwidth = 416\nheight = 416\ncolour = \"bgr\"\nmean = [0, 0, 0]\nstd = [1, 1, 1]\n\
         letterbox = \"top_left\"\npad = 114\n\
         [thresholds]\nconfidence = 0.3\nnms_iou = 0.6\n[labels]\nperson = [0]\ncar = [2]\n",
        path.display(),
        "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14"
    );
    std::fs::write(&manifest, text).unwrap();
    let config = VisionConfig { model: manifest, ..support::config() };
    let mut detector = Detector::load(&config).unwrap();
    let units = support::access_units(&clip, "cam-1", 1);
    let mut decoder =
        vision::decoder::Decoder::new(units[0].format.codec, vision::decoder::Feed::Keyframes)
            .unwrap();
    let mut decoded = Vec::new();
    decoder.decode(&units[0].format, &units[0].data, true, &mut decoded).unwrap();
    let found = detector.detect(&decoded.remove(0).picture().unwrap()).unwrap();
    let persons = found.iter().filter(|one| one.class == Class::Person && one.confidence > 0.5);
    assert!(persons.count() >= 3, "{found:?}");
}
