//! Somebody calls 114: the duty officer has an incident with the camera nearby, whose footage of the
//! minute is marked and grows; the service dies while calls come in, and each is whole and there once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{Clock as _, SystemClock};
use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, from_env};

const TOKEN: &str = "token-of-the-fire-brigade";
const PATIENCE: Duration = Duration::from_secs(60);
/// Calls that are under way while the service dies.
const AT_ONCE: usize = 12;

async fn post(client: &reqwest::Client, api: &str, call: &Value) -> Option<(u16, Value)> {
    let request = client.post(format!("{api}/api/v1/calls")).bearer_auth(TOKEN).json(call);
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.json().await.ok()?))
}

fn call(number: usize, text: &str) -> Value {
    let now = SystemClock::default().now();
    json!({
        "id": format!("114/{number}"), "service": "114", "kind": "cháy nhà", "time": now,
        "text": text, "location": {"lat": 21.0202, "lon": 105.85},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_finds_its_camera_and_no_call_is_lost_or_halved_by_a_crash() {
    let mount = Mount::new("/gate/main", footage("vtest-h264.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let config = format!(
        "[[camera]]\nid = \"gate\"\nname = \"Cổng\"\nlocation = {{ lat = 21.02, lon = 105.85 }}\n\
         heading = 0\nmain = {{ url = \"{}\" }}\n\
         [[source]]\nid = \"tong-dai-114\"\ntoken_file = \"calls.token\"\ncalls = [\"114\"]\n\
         [[escalation]]\nseverity = 2\nafter_s = 3\nto = \"shift-lead\"\n",
        simulator.url("/gate/main")
    );
    let mut site = Site::new(false, &config);
    std::fs::write(site.folder().join("calls.token"), TOKEN).unwrap();
    site.start();

    let (status, told) = post(&site.client, &site.api, &call(0, "có khói")).await.unwrap();
    assert_eq!(status, 201, "{told:#}");
    let uri = format!("/api/v1/incidents/{}", told["incident"].as_str().unwrap());
    let incident = site.get(&uri).await;
    assert_eq!(incident["cameras"][0]["camera"], "gate");
    assert_eq!(incident["cameras"][0]["looks_at"], true);
    let mark = &incident["footage"][0];
    assert_eq!(mark["is_growing"], true);
    let (start, end) = (mark["start"].as_str().unwrap(), mark["end"].as_str().unwrap());
    let recordings = format!("/api/v1/cameras/gate/recordings?start={start}&end={end}");
    eventually("what is marked is recorded", PATIENCE, async || {
        let recorded = site.get(&recordings).await;
        (!recorded["spans"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    // Nobody takes it, and it goes higher as every alert does.
    eventually("it goes higher", PATIENCE, async || {
        let alert = site.get(&format!("/api/v1/alerts/{}", told["incident"].as_str()?)).await;
        (alert["handling"]["assignee"] == "shift-lead").then_some(())
    })
    .await;

    let mut kept: BTreeMap<usize, Value> = BTreeMap::new();
    let mut calls: Vec<Value> = vec![Value::Null];
    for turn in 0..usize::try_from(from_env("WATCHPOST_CRASHES", 3)).unwrap() {
        let first = calls.len();
        calls.extend((first..first + AT_ONCE).map(|number| call(number, "có khói")));
        let (sender, mut answers) = tokio::sync::mpsc::channel(AT_ONCE);
        for (number, call) in calls.iter().enumerate().skip(first) {
            let (client, api, sender) = (site.client.clone(), site.api.clone(), sender.clone());
            let call = call.clone();
            tokio::spawn(async move {
                let answer = post(&client, &api, &call).await;
                // The test has gone on only if it has failed.
                let _ = sender.send((number, answer)).await;
            });
        }
        drop(sender);
        let mut heard = 0;
        while let Some((number, answer)) = answers.recv().await {
            if let Some((status, told)) = answer {
                assert_eq!(status, 201, "{told:#}");
                kept.insert(number, told["incident"].clone());
            }
            heard += 1;
            if heard == 1 + 3 * turn % AT_ONCE {
                site.kill();
            }
        }
        site.start();
    }
    let mut cases = BTreeSet::new();
    for (number, call) in calls.iter().enumerate().skip(1) {
        let (_, told) = post(&site.client, &site.api, call).await.unwrap();
        if let Some(incident) = kept.get(&number) {
            assert_eq!(told["incident"], *incident, "what was answered is kept");
        }
        assert_eq!(told["revision"], 1, "{told:#}");
        let incident = told["incident"].as_str().unwrap();
        let whole = site.get(&format!("/api/v1/incidents/{incident}")).await;
        assert_eq!(whole["footage"].as_array().unwrap().len(), 1, "{whole:#}");
        let case = site.get(&format!("/api/v1/cases/{}", whole["case"])).await;
        assert_eq!(case["marks"][0]["alert"], incident);
        assert!(cases.insert(whole["case"].as_i64().unwrap()), "two calls in one case");
    }
    let alerts = site.get("/api/v1/alerts?kind=call_114&limit=500").await;
    assert_eq!(alerts["alerts"].as_array().unwrap().len(), calls.len());
    println!("{} calls, {} answered before a crash, all whole and once", calls.len(), kept.len());
}
