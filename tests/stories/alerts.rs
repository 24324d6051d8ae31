//! People walk through a yard that two cameras see: the duty officer is shown one alert with a
//! count, over a crash too, and every event of it can still be found.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the only alert once it tells of `count` events that two cameras saw.
async fn told(site: &Site, count: u64) -> Option<Value> {
    let page = site.get("/api/v1/alerts?kind=intrusion").await;
    let alerts = page["alerts"].as_array().unwrap();
    assert!(alerts.len() <= 1, "one happening, one alert: {page:#}");
    let alert = alerts.first()?;
    let is_seen_twice = alert["cameras"].as_array().unwrap().len() == 2;
    (is_seen_twice && alert["count"].as_u64().unwrap() >= count).then(|| alert.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_happening_is_one_alert_and_every_event_of_it_is_found() {
    let mounts =
        ["/yard/main", "/gate/main"].map(|path| Mount::new(path, footage("vtest-h264.mp4")));
    let simulator = Simulator::start(SimulatorConfig::new(mounts.to_vec())).unwrap();
    let camera = |id: &str, lat: f64| {
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nlocation = {{ lat = {lat}, lon = 105.85 }}\n\
             main = {{ url = \"{}\" }}\nanalysis = {{ stream = \"main\" }}\n\
             scene.zones = [{{ name = \"all\", polygon = [[0,0], [1,0], [1,1], [0,1]] }}]\n\
             scene.rules = [{{ id = \"{id}-anyone\", kind = \"intrusion\", zone = \"all\", for_s = 0.3, \
             classes = [\"person\"], cool_down_s = 600 }}]\n",
            simulator.url(&format!("/{id}/main"))
        )
    };
    // Thirty metres apart.
    let cameras = format!("{}{}", camera("yard", 21.02), camera("gate", 21.02027));
    let mut site = Site::new(true, &cameras);
    site.start();
    let before = eventually("one alert of two cameras", PATIENCE, || told(&site, 3)).await;
    assert_eq!((&before["condition"], &before["class"]), (&"momentary".into(), &"person".into()));
    site.kill();
    site.start();
    let more = before["count"].as_u64().unwrap() + 2;
    let after = eventually("it goes on after the crash", PATIENCE, || told(&site, more)).await;
    assert_eq!(after["id"], before["id"]);
    site.stop();
    site.start();

    // Whatever was stored last is in it: its events are those that a search finds, none twice.
    let alert = site.get(&format!("/api/v1/alerts/{}", before["id"].as_str().unwrap())).await;
    let mut of_alert = Vec::new();
    let mut last = 0;
    loop {
        let events = alert["events"].as_str().unwrap();
        let page = site.get(&format!("{events}?after={last}&limit=500")).await;
        let Some(newest) = page["events"].as_array().unwrap().last() else { break };
        last = newest["sequence"].as_u64().unwrap();
        of_alert.extend(page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()));
    }
    let first = of_alert[0].as_str().unwrap();
    assert_eq!(site.get(&format!("/api/v1/events/{first}/alert")).await["id"], alert["id"]);
    let ids = |ids: &[Value]| -> BTreeSet<String> {
        ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let in_alert = ids(&of_alert);
    assert_eq!(in_alert.len(), of_alert.len());
    let end = alert["last"].as_str().unwrap().parse::<domain::Timestamp>().unwrap();
    let end = end.plus(Duration::from_micros(1));
    let page = site.get(&format!("/api/v1/events?kind=intrusion&end={end}&limit=500")).await;
    let found: Vec<Value> =
        page["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
    assert!(ids(&found).is_subset(&in_alert) || of_alert.len() > 500, "every raw event is in it");
    assert!(in_alert.is_subset(&ids(&found)) || found.len() == 500);
}
