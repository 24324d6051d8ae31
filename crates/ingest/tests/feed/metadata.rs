//! What a camera tells beside its pictures: it arrives in step with them, and no nonsense in it
//! costs a picture.

use ingest::Transport;
use ingest::onvif::Operation;
use simulator::{Fault, Mount, Simulator, SimulatorConfig};

use crate::footage;
use crate::stage::{Stage, impatient, settings};

const PATH: &str = "/gate/main";

const CROSSED: &str = r#"
<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"
  xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tns1="http://www.onvif.org/ver10/topics">
<tt:Event><wsnt:NotificationMessage><wsnt:Topic>tns1:RuleEngine/LineDetector/Crossed</wsnt:Topic>
<wsnt:Message><tt:Message UtcTime="{time}" PropertyOperation="Changed">
<tt:Data><tt:SimpleItem Name="ObjectId" Value="7"/></tt:Data></tt:Message></wsnt:Message>
</wsnt:NotificationMessage></tt:Event></tt:MetadataStream>
"#;

/// A camera that tells `script` beside a loop of two seconds.
fn camera(folder: &std::path::Path, script: &str) -> Simulator {
    let file = folder.join("script.xml");
    std::fs::write(&file, script).unwrap();
    let footage = footage::make(domain::Codec::H264, "320x240", 2);
    Simulator::start(SimulatorConfig::new(vec![Mount::new(PATH, footage).metadata(file)])).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_arrives_beside_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    // Long enough for several packets.
    let long = CROSSED.replace("<tt:Event>", &format!("<!--{}--><tt:Event>", "x".repeat(5000)));
    let camera = camera(folder.path(), &format!("@0.2{CROSSED}@1.2{long}"));
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut settings = settings(&camera.url(PATH));
        settings.metadata = true;
        settings.transport = transport;
        let stage = Stage::take(settings, impatient());
        stage.until("three documents", |log, _| log.metadata.len() >= 3).await;
        let log = stage.stop().await;
        let found = &log.metadata[0].notifications[0];
        assert_eq!(found.topic, "RuleEngine/LineDetector/Crossed");
        assert_eq!(found.operation, Some(Operation::Changed));
        assert_eq!(found.value("ObjectId"), Some("7"));
        let told = found.time.unwrap();
        let nearest = log.units.iter().map(|unit| unit.time.micros_since(told).abs()).min();
        assert!(nearest.unwrap() < 100_000, "{told} {nearest:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_ask_gets_none() {
    let folder = tempfile::tempdir().unwrap();
    let camera = camera(folder.path(), &format!("@0{CROSSED}"));
    let stage = Stage::take(settings(&camera.url(PATH)), impatient());
    stage.until_more_units(100).await;
    assert!(stage.stop().await.metadata.is_empty());
    assert_eq!(camera.status(PATH).unwrap().documents, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_in_metadata_costs_no_picture() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = r#"<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><b>&b;</b>"#;
    let deep = "<a>".repeat(100_000);
    let script = format!("@0\n{bomb}\n@0.4\nGET / HTTP/1.1\n@0.8\n{deep}\n@1.2{CROSSED}");
    let camera = camera(folder.path(), &script);
    let mut settings = settings(&camera.url(PATH));
    settings.metadata = true;
    let stage = Stage::take(settings, impatient());
    let what = "a readable document after all the others, twice";
    stage.until(what, |log, _| log.metadata.len() >= 2).await;
    let sessions = camera.status(PATH).unwrap().sessions_started;
    assert_eq!(sessions, 2, "one of the pictures, one of metadata");
    let log = stage.stop().await;
    assert_eq!(log.causes(), [domain::GapCause::Stopped]);
    assert!(log.units.iter().all(|unit| unit.lost_packets == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_end_costs_its_own_session_alone() {
    let folder = tempfile::tempdir().unwrap();
    let camera = camera(folder.path(), &format!("@0.2{CROSSED}"));
    let mut settings = settings(&camera.url(PATH));
    settings.metadata = true;
    let stage = Stage::take(settings, impatient());
    stage.until("a document", |log, _| !log.metadata.is_empty()).await;
    camera.fault(PATH, Fault::EndlessMetadata).unwrap();
    // Cut off, and begun anew: both see the endless message.
    let sessions = || camera.status(PATH).unwrap().sessions_started;
    stage.until("the session of metadata begins anew", |_, _| sessions() >= 3).await;
    stage.until_more_units(30).await;
    camera.clear(PATH).unwrap();
    let told = stage.log().metadata.len();
    stage.until("documents again", |log, _| log.metadata.len() > told + 1).await;
    let log = stage.stop().await;
    assert_eq!(log.causes(), [domain::GapCause::Stopped], "no picture was missed");
    assert!(log.units.iter().all(|unit| unit.lost_packets == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_without_metadata_gives_its_pictures() {
    let footage = footage::make(domain::Codec::H264, "320x240", 2);
    let camera = Simulator::start(SimulatorConfig::new(vec![Mount::new(PATH, footage)])).unwrap();
    let mut settings = settings(&camera.url(PATH));
    settings.metadata = true;
    let stage = Stage::take(settings, impatient());
    stage.until_more_units(30).await;
    assert!(stage.stop().await.metadata.is_empty());
}
