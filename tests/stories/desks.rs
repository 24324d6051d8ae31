//! Two desks race on a thousand alerts: none is lost, none has two owners, and whoever comes second is
//! told who was first. The service dies in the middle of every action that there is: afterwards each
//! alert is as it was before or as it is after, and whatever was answered is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Action, Clock as _, SystemClock};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::harness::{Site, eventually, from_env};

const PATIENCE: Duration = Duration::from_secs(120);
const DESKS: [&str; 2] = ["truc-ban-01", "truc-ban-02"];
/// Alerts that an action is taken on while the service dies.
const AT_ONCE: usize = 6;
/// So far apart, events of one source are not one happening.
const APART: Duration = Duration::from_secs(40);

/// A site with a camera that is off, and systems that tell of it; alerts of a severity go higher after
/// so many seconds.
fn desk(rungs: &[(u8, u32)]) -> Site {
    let source = |id: &str, severity: u8| {
        format!(
            "[[source]]\nid = \"{id}\"\ntoken_file = \"{id}.token\"\ncameras = [\"gate\"]\n\
             kinds = [\"illegal_stop\"]\nseverity = {severity}\nper_minute = 60000\n"
        )
    };
    let rung = |(severity, after_s): &(u8, u32)| {
        format!("[[escalation]]\nseverity = {severity}\nafter_s = {after_s}\nto = \"shift-lead\"\n")
    };
    let rungs: String = rungs.iter().map(rung).collect();
    let config = [
        "[[camera]]\nid = \"gate\"\nname = \"gate\"\nmain = { url = \"rtsp://127.0.0.1:1/gate\" }\n",
        "[[procedure]]\nkinds = [\"illegal_stop\"]\nsteps = [\"Xem hình\"]\n",
        &source("grave", 1),
        &source("parking", 2),
        &rungs,
    ];
    let site = Site::new(false, &config.concat());
    for id in ["grave", "parking"] {
        std::fs::write(site.folder().join(format!("{id}.token")), token(id)).unwrap();
    }
    site
}

fn token(source: &str) -> String {
    format!("token-of-the-system-{source}")
}

/// Posts until the service says more than that it is busy: what was asked under one key is done once.
async fn post(
    (client, api): (&reqwest::Client, &str),
    path: &str,
    (token, key): (&str, &str),
    body: &Value,
) -> Option<(u16, Value)> {
    loop {
        let request = client.post(format!("{api}/api/v1/{path}")).bearer_auth(token).json(body);
        let answer = request.header("idempotency-key", key).send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.json().await.ok()?;
        if status != 503 {
            return Some((status, body));
        }
        tokio::task::yield_now().await;
    }
}

fn at(site: &Site) -> (&reqwest::Client, &str) {
    (&site.client, &site.api)
}

/// Has a system tell of `count` happenings, and returns the alerts that they are.
async fn raised(site: &Site, source: &str, name: &str, count: usize) -> Vec<String> {
    let now = SystemClock::default().now();
    let told = move |number: usize| async move {
        let back = APART * u32::try_from(number).unwrap();
        let id = format!("{name}/{number}");
        let time = now.minus(back);
        let finding = json!({"id": id, "camera": "gate", "time": time, "kind": "illegal_stop"});
        let posted = post(at(site), "findings", (&token(source), "none"), &finding).await;
        let (status, body) = posted.unwrap();
        assert_eq!(status, 201, "{body:#}");
        body["event"].as_str().unwrap().to_owned()
    };
    let told = futures::stream::iter(0..count).map(told).buffer_unordered(16);
    let ids: Vec<String> = told.collect().await;
    for id in &ids {
        eventually("what was told is an alert", PATIENCE, async || {
            let (status, alert) = site.ask(&format!("/api/v1/events/{id}/alert")).await;
            (status == 200 && alert["id"] == id.as_str()).then_some(())
        })
        .await;
    }
    ids
}

/// Returns what is said with the action called `word`.
fn asked(word: &str, version: &Value) -> Value {
    let soon = SystemClock::default().now().plus(Duration::from_secs(3600));
    let mut body = match word {
        "ack" | "unshelve" | "silence" => json!({}),
        "assign" => json!({"to": DESKS[1]}),
        "escalate" => json!({"to": DESKS[1], "reason": "cần hỗ trợ"}),
        "shelve" => json!({"until": soon, "reason": "đang sửa đường"}),
        "note" => json!({"text": "đã gọi"}),
        "step" => json!({"number": 1}),
        "close" => json!({"outcome": "true", "reason": "đã nhắc nhở"}),
        "reopen" | "hold" => json!({"reason": "xem lại"}),
        other => panic!("{other} is new: say here what is asked with it"),
    };
    body["version"] = version.clone();
    body
}

/// Has the first desk do something to an alert that is sure to be done.
async fn done(site: &Site, alert: &str, word: &str) {
    let version = site.get(&format!("/api/v1/alerts/{alert}")).await["handling"]["version"].clone();
    let (path, key) = (format!("alerts/{alert}/{word}"), format!("before-{alert}"));
    let token = site.officer(DESKS[0]);
    let answer = post(at(site), &path, (&token, &key), &asked(word, &version)).await;
    let (status, body) = answer.unwrap();
    assert_eq!(status, 200, "{word}: {body:#}");
}

/// What each of two desks was answered of an alert.
async fn race(site: &Site, number: usize, alert: &str) -> (usize, &'static str) {
    let words = ["ack", "assign", "close"];
    let wanted = [words[number % 3], words[number / 3 % 3]];
    let tokens = DESKS.map(|name| site.officer(name));
    let path = |desk: usize| format!("alerts/{alert}/{}", wanted[desk]);
    let (paths, keys) = ([path(0), path(1)], [0, 1].map(|desk| format!("{alert}-{desk}")));
    let bodies = wanted.map(|word| asked(word, &json!(0)));
    let (one, other) = tokio::join!(
        post(at(site), &paths[0], (&tokens[0], &keys[0]), &bodies[0]),
        post(at(site), &paths[1], (&tokens[1], &keys[1]), &bodies[1]),
    );
    let (one, other) = (one.unwrap(), other.unwrap());
    let (winner, won, lost) = match (one.0, other.0) {
        (200, 409) => (0, one.1, other.1),
        (409, 200) => (1, other.1, one.1),
        _ => panic!("{wanted:?}: {one:#?} {other:#?}"),
    };
    let name = DESKS[winner];
    assert_eq!(won["handling"]["version"], 1);
    assert_eq!(won["handling"]["latest"]["by"], name);
    assert!(lost["detail"].as_str().unwrap().starts_with(name), "{lost:#}");
    assert_eq!(lost["current"], won["handling"], "who comes second sees what is");
    (winner, wanted[winner])
}

/// `WATCHPOST_RACE_ALERTS` says how many.
#[tokio::test(flavor = "multi_thread")]
async fn two_desks_race_on_a_thousand_alerts_and_none_is_lost_or_owned_twice() {
    let count = usize::try_from(from_env("WATCHPOST_RACE_ALERTS", 1000)).unwrap();
    let mut site = desk(&[]);
    site.start();
    let alerts = raised(&site, "parking", "race", count).await;
    let site = &site;
    let races = alerts.iter().enumerate().map(|(number, alert)| async move {
        let (winner, word) = race(site, number, alert).await;
        (alert.clone(), winner, word)
    });
    let races: Vec<_> = futures::stream::iter(races).buffer_unordered(8).collect().await;
    let mut wins = [0; 2];
    for (alert, winner, word) in &races {
        wins[*winner] += 1;
        let now = site.get(&format!("/api/v1/alerts/{alert}")).await;
        let log = now["log"].as_array().unwrap();
        assert_eq!(log.len(), 1, "{now:#}");
        let entry = (&log[0]["action"], &log[0]["by"]);
        assert_eq!(entry, (&json!(word), &json!(DESKS[*winner])), "{now:#}");
        assert_eq!(now["handling"]["acknowledged"]["by"], DESKS[*winner]);
    }
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = site.get(&format!("/api/v1/alerts?kind=illegal_stop&limit=500{cursor}")).await;
        for alert in page["alerts"].as_array().unwrap() {
            let state = alert["handling"]["state"].as_str().unwrap().to_owned();
            found.insert(alert["id"].as_str().unwrap().to_owned(), state);
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found.len(), count, "an alert is lost");
    for (alert, _, word) in &races {
        let states = [("ack", "acknowledged"), ("assign", "in_progress"), ("close", "closed")];
        let expected = states.iter().find(|(known, _)| known == word).unwrap().1;
        assert_eq!(found[alert], expected);
    }
    println!("{count} alerts: {} taken by one desk, {} by the other", wins[0], wins[1]);
}

/// Has the first desk do `word`, as `bodies` say it, to each alert at once, and ends the program as a power cut would
/// once `answered` answers have come; returns what was answered.
async fn cut_off(
    site: &mut Site,
    word: &'static str,
    bodies: &BTreeMap<String, Value>,
    answered: usize,
) -> BTreeMap<String, Value> {
    let (sender, mut answers) = tokio::sync::mpsc::channel(AT_ONCE);
    for (alert, body) in bodies {
        let (client, api, sender) = (site.client.clone(), site.api.clone(), sender.clone());
        let (token, alert, body) = (site.officer(DESKS[0]), alert.clone(), body.clone());
        tokio::spawn(async move {
            let (path, key) = (format!("alerts/{alert}/{word}"), format!("{word}-{alert}"));
            let answer = post((&client, &api), &path, (&token, &key), &body).await;
            // The test has gone on only if it has failed.
            let _ = sender.send((alert, answer)).await;
        });
    }
    drop(sender);
    let mut kept = BTreeMap::new();
    let mut take = |alert: String, answer: Option<(u16, Value)>| {
        if let Some((status, body)) = answer {
            assert_eq!(status, 200, "{word}: {body:#}");
            kept.insert(alert, body["handling"].clone());
        }
    };
    for _ in 0..answered {
        let (alert, answer) = answers.recv().await.unwrap();
        take(alert, answer);
    }
    site.kill();
    while let Some((alert, answer)) = answers.recv().await {
        take(alert, answer);
    }
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_dies_in_the_middle_of_every_action_and_each_alert_is_whole() {
    let mut site = desk(&[(1, 2), (2, 8 * 3600)]);
    site.start();
    for name in DESKS {
        site.officer(name);
    }
    let mut all = raised(&site, "parking", "crash", AT_ONCE * Action::WORDS.len()).await;
    let (mut before_them, mut after_them) = (0, 0);
    for (turn, word) in Action::WORDS.into_iter().enumerate() {
        let chosen = all.split_off(all.len() - AT_ONCE);
        let mut before = BTreeMap::new();
        for alert in chosen {
            match word {
                "unshelve" => done(&site, &alert, "shelve").await,
                "reopen" => done(&site, &alert, "close").await,
                _ => {}
            }
            let handling = site.get(&format!("/api/v1/alerts/{alert}")).await["handling"].clone();
            before.insert(alert, handling);
        }
        let body_of = |(alert, handling): (&String, &Value)| {
            (alert.clone(), asked(word, &handling["version"]))
        };
        let bodies: BTreeMap<String, Value> = before.iter().map(body_of).collect();
        let answers = cut_off(&mut site, word, &bodies, turn % AT_ONCE).await;
        site.start();
        let holds = site.get("/api/v1/holds").await;
        for (alert, handling) in &before {
            let now = site.get(&format!("/api/v1/alerts/{alert}")).await;
            let log = now["log"].as_array().unwrap();
            assert_eq!(now["handling"]["version"], log.len(), "{word}: {now:#}");
            let is_held = holds.as_array().unwrap().iter().any(|hold| {
                hold["case"].as_str().is_some_and(|case| case.ends_with(alert.as_str()))
            });
            assert_eq!(is_held, now["handling"]["held"].is_object(), "{word}: {now:#}");
            if now["handling"] == *handling {
                before_them += 1;
                assert!(!answers.contains_key(alert), "{word} was answered, and is gone");
                continue;
            }
            after_them += 1;
            let version = handling["version"].as_u64().unwrap() + 1;
            assert_eq!(now["handling"]["version"], version, "{word}: {now:#}");
            let last = log.last().unwrap();
            assert_eq!((&last["action"], &last["by"]), (&json!(word), &json!(DESKS[0])));
            if let Some(answer) = answers.get(alert) {
                assert_eq!(now["handling"], *answer, "{word}");
            }
        }
        // Whoever heard nothing asks again, and it is done once.
        for (alert, handling) in &before {
            let (path, key) = (format!("alerts/{alert}/{word}"), format!("{word}-{alert}"));
            let token = site.officer(DESKS[0]);
            let again = post(at(&site), &path, (&token, &key), &bodies[alert]).await;
            let (status, body) = again.unwrap();
            assert_eq!(status, 200, "{word}: {body:#}");
            let version = handling["version"].as_u64().unwrap() + 1;
            assert_eq!(body["handling"]["version"], version, "{word} was done twice");
        }
    }
    // What nobody answers for goes on going higher.
    let waiting = raised(&site, "grave", "waiting", 1).await.remove(0);
    site.kill();
    site.start();
    let escalated = eventually("it goes higher", PATIENCE, async || {
        let alert = site.get(&format!("/api/v1/alerts/{waiting}")).await;
        (alert["handling"]["assignee"] == "shift-lead").then_some(alert)
    })
    .await;
    assert_eq!(escalated["log"].as_array().unwrap().len(), 1, "{escalated:#}");
    assert_eq!(escalated["log"][0]["by"], Value::Null, "by itself");
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
    let config = site.config();
    let verify = ["audit", "verify", "--config", config.to_str().unwrap()];
    let verified = site.command(&verify).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    println!("cut off: {before_them} alerts as before, {after_them} as after the action");
}
