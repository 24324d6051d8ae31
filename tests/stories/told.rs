//! A camera and the parking system tell what they found: both become events beside our own, once
//! each; what the camera follows becomes tracks; a face is refused and counted.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn document(inside: &str) -> String {
    format!(
        r#"<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"
             xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"
             xmlns:tns1="http://www.onvif.org/ver10/topics">{inside}</tt:MetadataStream>"#
    )
}

/// A script in which, every five seconds, an object comes into a zone, is told to be there again,
/// and goes; and a face is recognised.
fn script() -> String {
    let notification = |topic: &str, data: &str| {
        document(&format!(
            r#"<tt:Event><wsnt:NotificationMessage><wsnt:Topic>tns1:{topic}</wsnt:Topic>
               <wsnt:Message><tt:Message UtcTime="{{time}}" PropertyOperation="Changed">
               <tt:Source><tt:SimpleItem Name="Rule" Value="Gate"/></tt:Source>
               <tt:Key><tt:SimpleItem Name="ObjectId" Value="7"/></tt:Key>
               <tt:Data>{data}</tt:Data></tt:Message></wsnt:Message>
               </wsnt:NotificationMessage></tt:Event>"#
        ))
    };
    let inside = |state: &str| {
        let data = format!(r#"<tt:SimpleItem Name="IsInside" Value="{state}"/>"#);
        notification("RuleEngine/FieldDetector/ObjectsInside", &data)
    };
    let frame = document(
        r#"<tt:VideoAnalytics><tt:Frame UtcTime="{time}"><tt:Object ObjectId="7"><tt:Appearance>
           <tt:Shape><tt:BoundingBox left="-0.5" top="0.5" right="0" bottom="-0.5"/></tt:Shape>
           <tt:Class><tt:Type Likelihood="0.75">Car</tt:Type></tt:Class>
           </tt:Appearance></tt:Object></tt:Frame></tt:VideoAnalytics>"#,
    );
    let face = notification(
        "RuleEngine/Recognition/Face",
        r#"<tt:SimpleItem Name="Likelihood" Value="0.9"/>"#,
    );
    let (is, is_not) = (inside("true"), inside("false"));
    let documents = [frame, is.clone(), is, face, is_not];
    let at = |round: usize| {
        let documents = documents.iter().enumerate();
        documents.map(move |(number, document)| format!("@{}.{number}\n{document}\n", round * 5))
    };
    (0..12).flat_map(at).collect()
}

/// A script in which, every ten seconds, a car drives to the right for two and a half, with a face
/// beside it.
fn drive() -> String {
    let object = |id: u32, left: f64, class: &str| {
        let right = left + 0.25;
        format!(
            r#"<tt:Object ObjectId="{id}"><tt:Appearance><tt:Shape>
                 <tt:BoundingBox left="{left}" top="0.5" right="{right}" bottom="-0.5"/></tt:Shape>
               <tt:Class><tt:Type Likelihood="0.75">{class}</tt:Type></tt:Class>
               </tt:Appearance></tt:Object>"#
        )
    };
    let frame = |round: u32, step: u32| {
        let left = -0.9 + 0.25 * f64::from(step);
        let (car, face) = (object(7, left, "Car"), object(8, left, "HumanFace"));
        let frame = document(&format!(
            r#"<tt:VideoAnalytics><tt:Frame UtcTime="{{time}}">{car}{face}</tt:Frame>
               </tt:VideoAnalytics>"#
        ));
        format!("@{}.{}\n{frame}\n", round * 10 + step / 2, step % 2 * 5)
    };
    (0..6).flat_map(|round| (0..6).map(move |step| frame(round, step))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_camera_follows_becomes_tracks() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told.xml");
    std::fs::write(&told, drive()).unwrap();
    let mounts = ["/asked/main", "/not-asked/main"]
        .map(|path| Mount::new(path, footage("vtest-h265.mp4")).metadata(&told));
    let simulator = Simulator::start(SimulatorConfig::new(mounts.to_vec())).unwrap();
    let camera = |id: &str, asked: bool| {
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nmetadata = true\n\
             metadata_tracks = {asked}\nmain = {{ url = \"{}\" }}\n",
            simulator.url(&format!("/{id}/main"))
        )
    };
    let mut site = Site::new(false, &[camera("asked", true), camera("not-asked", false)].concat());
    site.start();
    let query = "start=2000-01-01T00:00:00Z&end=2100-01-01T00:00:00Z";
    let tracks = async |more: &str| {
        let page = site.get(&format!("/api/v1/tracks?{query}{more}")).await;
        page["tracks"].as_array().unwrap().clone()
    };
    let track = eventually("the camera's object is a track", Duration::from_secs(90), async || {
        // Once whole: the loop may have been joined in the middle of the drive.
        let all = tracks("&source=camera").await;
        all.into_iter().find(|track| track["path"][0]["left"].as_f64().unwrap() < 0.1)
    })
    .await;
    for (name, value) in [
        ("camera", json!("asked")),
        ("source", json!("camera")),
        ("class", json!("car")),
        ("confidence", json!(0.75)),
    ] {
        assert_eq!(track[name], value, "{name}: {track:#}");
    }
    let path = track["path"].as_array().unwrap();
    let last = path.last().unwrap();
    assert!(last["left"].as_f64().unwrap() > 0.5, "it went to the right: {track:#}");
    let time = |name: &str| track[name].as_str().unwrap().parse::<domain::Timestamp>().unwrap();
    let seconds = time("end").seconds_since(time("start"));
    assert!((2.0..4.0).contains(&seconds), "{track:#}");
    assert!(is_counted(&site, "reason=\"identity\",source=\"asked\"").await);
    assert!(tracks("&source=analysis").await.is_empty());
    assert!(tracks("&cameras=not-asked").await.is_empty(), "nobody asked for them");

    // A rule that nobody had thought of finds the drive afterwards, where it is asked of such tracks.
    let rule = site.folder().join("stop.toml");
    let scene = "tripwires = [{ name = \"stop\", line = [[0.5, 0.9], [0.5, 0.1]] }]\n\
                 rules = [{ id = \"crossed\", kind = \"line_crossing\", tripwire = \"stop\" }]\n";
    std::fs::write(&rule, scene).unwrap();
    let moments = ["start", "end"].map(|name| track[name].as_str().unwrap());
    let found = |source: &str| {
        let mut command = site.command(&["replay", "--rule", rule.to_str().unwrap()]);
        command.args(["--from", moments[0], "--to", moments[1], "--cameras", "asked"]);
        let output = command.args(["--source", source, "--api", &site.api]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let crossing = found("camera");
    for word in ["asked", "line_crossing", "car", "[crossed]"] {
        assert!(crossing.contains(word), "{word}: {crossing}");
    }
    assert_eq!(found("analysis"), "");
}

async fn post(site: &Site, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/api/v1/findings", site.api));
    let answer = request.bearer_auth(TOKEN).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn is_counted(site: &Site, labels: &str) -> bool {
    let metrics = String::from_utf8(site.bytes("/metrics").await).unwrap();
    metrics.contains(&format!("watchpost_edge_refused_total{{{labels}}}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_find_becomes_events_once_and_faces_none() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told.xml");
    std::fs::write(&told, script()).unwrap();
    let mount = Mount::new("/gate/main", footage("vtest-h265.mp4")).metadata(&told);
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let cameras = format!(
        "[[camera]]\nid = \"gate\"\nname = \"Cổng\"\nlocation = {{ lat = 21.02, lon = 105.85 }}\n\
         metadata = true\nmain = {{ url = \"{}\" }}\n\
         [[source]]\nid = \"parking\"\ntoken_file = \"parking.token\"\ncameras = [\"gate\"]\n\
         kinds = [\"illegal_stop\"]\n",
        simulator.url("/gate/main")
    );
    let mut site = Site::new(false, &cameras);
    std::fs::write(site.folder().join("parking.token"), format!("{TOKEN}\n")).unwrap();
    site.start();

    let page =
        eventually("the camera's finding is an event", Duration::from_secs(90), async || {
            let page = site.get("/api/v1/events?order=oldest").await;
            (!page["events"].as_array().unwrap().is_empty()).then_some(page)
        })
        .await;
    let event = &page["events"][0];
    for (name, value) in [
        ("kind", json!("intrusion")),
        ("camera", json!("gate")),
        ("rule", json!("camera-gate")),
        ("class", json!("car")),
        ("confidence", json!(0.75)),
        ("bbox", json!({"left": 0.25, "top": 0.25, "width": 0.25, "height": 0.5})),
        ("location", json!({"lat": 21.02, "lon": 105.85})),
    ] {
        assert_eq!(event[name], value, "{name}: {event:#}");
    }
    let topic = "RuleEngine/FieldDetector/ObjectsInside";
    let source = json!({"kind": "camera", "model": null, "name": "gate", "topic": topic});
    assert_eq!(event["source"], source);

    eventually("the face is counted", Duration::from_secs(60), async || {
        is_counted(&site, "reason=\"topic\",source=\"gate\"").await.then_some(())
    })
    .await;

    // The camera's time as the parking system's: surely neither ahead nor too old.
    let finding = json!({
        "id": "bay-7/1", "camera": "gate", "time": event["time"], "kind": "illegal_stop"
    });
    let mut face = finding.clone();
    face["kind"] = json!("face_recognition");
    let (status, problem) = post(&site, &face).await;
    assert_eq!((status, &problem["invalid-params"][0]["name"]), (400, &json!("kind")));
    assert!(is_counted(&site, "reason=\"topic\",source=\"parking\"").await);
    let (status, first) = post(&site, &finding).await;
    assert_eq!(status, 201, "{first:#}");
    let (status, again) = post(&site, &finding).await;
    assert_eq!((status, again), (200, first.clone()));
    site.stop();
    site.start();
    let (status, after_restart) = post(&site, &finding).await;
    assert_eq!((status, &after_restart), (200, &first));

    // One event each time the object came in, though it was told to be there twice: they lie
    // seconds apart.
    let page = site.get("/api/v1/events?kind=intrusion&order=oldest").await;
    let times: Vec<domain::Timestamp> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["time"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.windows(2).all(|pair| pair[1].seconds_since(pair[0]) > 1.0), "{times:?}");
}
