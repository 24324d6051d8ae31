//! An alert is raised; two desks take it at once and one of them gets it; another that nobody takes
//! goes to the shift lead, over a restart; it was a false alarm, and the figures say so.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage, recorded_camera};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const PATIENCE: Duration = Duration::from_secs(60);

async fn post(site: &Site, path: &str, who: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/api/v1/{path}", site.api));
    let token = if who == "parking" { TOKEN.to_owned() } else { site.officer(who) };
    let answer = request.bearer_auth(token).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The parking system tells of a car; returns the alert that it raises.
async fn raised(site: &Site, id: &str) -> Value {
    let now = domain::Clock::now(&domain::SystemClock::default());
    let finding = json!({"id": id, "camera": "gate", "time": now, "kind": "illegal_stop"});
    let (status, stored) = post(site, "findings", "parking", &finding).await;
    assert_eq!(status, 201, "{stored:#}");
    let event = stored["event"].as_str().unwrap().to_owned();
    eventually("the finding is an alert", PATIENCE, async || {
        let (status, alert) = site.ask(&format!("/api/v1/events/{event}/alert")).await;
        (status == 200).then_some(alert)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_taken_by_one_desk_goes_higher_over_a_restart_and_is_found_false() {
    let mount = Mount::new("/gate/main", footage("vtest-h265.mp4"));
    let simulator = Simulator::start(SimulatorConfig::new(vec![mount])).unwrap();
    let camera = recorded_camera("gate", &simulator.url("/gate/main"));
    let desk = format!(
        "{camera}[[source]]\nid = \"parking\"\ntoken_file = \"parking.token\"\n\
         cameras = [\"gate\"]\nkinds = [\"illegal_stop\"]\nseverity = 1\n\
         [[escalation]]\nseverity = 1\nafter_s = 3\nto = \"shift-lead\"\n\
         [[procedure]]\nkinds = [\"illegal_stop\"]\nsteps = [\"Xem hình\", \"Gọi tổ tuần tra\"]\n"
    );
    let mut site = Site::new(false, &desk);
    std::fs::write(site.folder().join("parking.token"), format!("{TOKEN}\n")).unwrap();
    site.start();

    // Both desks press at once: one has it, the other is told whose it is.
    let alert = raised(&site, "bay-7/1").await;
    let id = alert["id"].as_str().unwrap().to_owned();
    let version = alert["handling"]["version"].clone();
    let ack = json!({"version": version});
    let path = format!("alerts/{id}/ack");
    let (one, other) = tokio::join!(
        post(&site, &path, "truc-ban-01", &ack),
        post(&site, &path, "truc-ban-02", &ack)
    );
    let (winner, won, lost) = match (one.0, other.0) {
        (200, 409) => ("truc-ban-01", one.1, other.1),
        (409, 200) => ("truc-ban-02", other.1, one.1),
        _ => panic!("{one:#?} {other:#?}"),
    };
    assert_eq!(won["handling"]["acknowledged"]["by"], winner);
    assert!(lost["detail"].as_str().unwrap().starts_with(winner), "{lost:#}");
    assert_eq!(lost["current"]["acknowledged"], won["handling"]["acknowledged"]);

    // What somebody closed takes no more events: the next one is another alert. Nobody takes it,
    // and the service is gone when its time is up.
    let closed = json!({"version": 1, "outcome": "true", "reason": "đã nhắc nhở"});
    let (status, body) = post(&site, &format!("alerts/{id}/close"), winner, &closed).await;
    assert_eq!(status, 200, "{body:#}");
    let alert = raised(&site, "bay-7/2").await;
    assert_ne!(alert["id"], id.as_str());
    let id = alert["id"].as_str().unwrap().to_owned();
    assert_eq!(alert["handling"]["state"], "new");
    site.kill();
    site.start();
    let path = format!("/api/v1/alerts/{id}");
    let alert = eventually("the shift lead has it", PATIENCE, async || {
        let alert = site.get(&path).await;
        (alert["handling"]["assignee"] == "shift-lead").then_some(alert)
    })
    .await;
    assert_eq!(alert["handling"]["state"], "new", "nobody has seen it yet");
    assert_eq!(alert["handling"]["escalated"]["by"], Value::Null, "by itself");
    assert_eq!(alert["log"][0]["action"], "escalate");
    assert_eq!(alert["procedure"][1]["text"], "Gọi tổ tuần tra");
    let mine = site.get("/api/v1/alerts?sort=queue&assignee=shift-lead").await;
    assert_eq!(mine["alerts"][0]["id"], id.as_str());

    let version = alert["handling"]["version"].clone();
    let closed = json!({"version": version, "outcome": "false", "reason": "xe cứu thương"});
    let (status, body) = post(&site, &format!("alerts/{id}/close"), "shift-lead", &closed).await;
    assert_eq!(status, 200, "{body:#}");
    let verdicts = site.get("/api/v1/verdicts").await;
    let row = &verdicts["verdicts"][0];
    assert_eq!((&row["camera"], &row["rule"]), (&"gate".into(), &"parking".into()));
    assert_eq!((&row["true"], &row["false"]), (&1.into(), &1.into()));
    assert_eq!(row["precision"]["value"], 0.5);
    let api = site.api.clone();
    let output = site.command(&["verdicts", "--api", &api]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("50.0 % (9–91)"), "{said}");
    let report = site.folder().join("ca.html");
    let arguments = ["report", "--api", &api, "--lang", "vi", "--out", report.to_str().unwrap()];
    assert!(site.command(&arguments).status().unwrap().success());
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("Nghi dừng đỗ trái phép") && page.contains("xe cứu thương"), "{page}");
}
