//! The duty desk: alerts are handled by one officer at a time, batches, shifts and cases.

use std::collections::HashMap;
use std::time::Duration;

use ::alerts::{Escalation, Escalations};
use api::{Desk, Procedure};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Alert, Clock, DueEscalation, Flood, Place, Role, RuleKind};
use index::FoldedEvents;
use serde_json::{Value, json};

use crate::feed::Client;
use crate::people::person;
use crate::site::{Answer, BEGIN, Site, camera, event};

/// A site with `count` alerts, of severities 1 and 3 by turns, newest last.
fn site_with(count: u32) -> (Site, Vec<Alert>) {
    let site = Site::open();
    let to = |name: &str| name.parse().unwrap();
    site.state.set_desk(Desk {
        escalations: Escalations::new(vec![Escalation {
            severity: 1.try_into().unwrap(),
            after: Duration::from_secs(30),
            to: to("shift-lead"),
        }]),
        procedures: vec![Procedure {
            kinds: vec![RuleKind::LineCrossing.into()],
            steps: vec!["Xem hình trực tiếp".into(), "Gọi tổ tuần tra".into()],
        }],
        scenes: HashMap::new(),
        masks: HashMap::new(),
        desks: 2,
    });
    let alerts: Vec<Alert> = (0..count).map(|number| Alert::raised(&event(number))).collect();
    let due = DueEscalation { at: BEGIN.plus(Duration::from_secs(90)), to: to("shift-lead") };
    let escalations = alerts.first().map(|alert| (alert.id, due)).into_iter().collect();
    let folded = FoldedEvents { alerts: alerts.clone(), escalations, ..FoldedEvents::default() };
    site.index.settle_alerts(&folded).unwrap();
    (site, alerts)
}

async fn post(site: &Site, path: &str, who: &str, body: &Value) -> Answer {
    let request = Request::post(format!("/api/v1/{path}"))
        .header("content-type", "application/json")
        .header("authorization", site.officer(who));
    site.send_body(request, Body::from(body.to_string())).await
}

async fn act(site: &Site, alert: &Alert, word: &str, who: &str, body: Value) -> Answer {
    post(site, &format!("alerts/{}/{word}", alert.id), who, &body).await
}

#[tokio::test]
async fn of_two_desks_one_takes_charge_and_the_other_is_told_whose_it_is() {
    let (site, alerts) = site_with(2);
    let mut client = Client::follow(&site, "/api/v1/alerts/stream", None).await;
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    assert_eq!(shown["handling"]["escalates_to"], "shift-lead");
    let page = site.json("/api/v1/alerts").await;
    assert_eq!(page["answer_within"], json!([{"severity": 1, "seconds": 30.0}]));
    let first = act(&site, &alerts[0], "ack", "truc-ban-01", json!({"version": 0})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(first.json()["handling"]["acknowledged"]["by"], "truc-ban-01");
    let second = act(&site, &alerts[0], "ack", "truc-ban-02", json!({"version": 0})).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    let problem = second.json();
    assert_eq!(problem["type"], "urn:watchpost:problem:not-first");
    assert_eq!(problem["current"]["acknowledged"]["by"], "truc-ban-01");
    assert_eq!(problem["current"]["escalates_at"], Value::Null);
    assert!(problem["detail"].as_str().unwrap().starts_with("truc-ban-01 was first"));
    let again = act(&site, &alerts[0], "ack", "truc-ban-01", json!({"version": 0})).await;
    assert_eq!(again.json(), first.json());
    let told = client.next().await.unwrap();
    assert_eq!(told.data["handling"]["state"], "acknowledged");

    let closed = json!({"version": 1, "outcome": "false", "reason": "bóng nắng"});
    let closed = act(&site, &alerts[0], "close", "truc-ban-01", closed).await;
    assert_eq!(closed.json()["handling"]["verdict"]["outcome"], "false", "{}", closed.text());
    let late =
        act(&site, &alerts[0], "assign", "truc-ban-02", json!({"version": 2, "to": "csgt-1"}));
    let late = late.await;
    assert_eq!(
        (late.status, &late.json()["type"]),
        (StatusCode::CONFLICT, &"urn:watchpost:problem:not-now".into())
    );
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    let words: Vec<_> = shown["log"].as_array().unwrap().iter().map(|one| &one["action"]).collect();
    assert_eq!(words, ["ack", "close"]);

    let verdicts = site.json("/api/v1/verdicts").await;
    let row = &verdicts["verdicts"][0];
    assert_eq!(
        (&row["camera"], &row["rule"], &row["false"]),
        (&"cua-nam".into(), &"lan-duong".into(), &1.into())
    );
    assert_eq!(row["precision"]["value"], 0.0);
    assert!(row["precision"]["high_95"].as_f64().unwrap() > 0.7, "one alert proves little");
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_and_changes_nothing() {
    let (site, alerts) = site_with(2);
    let unnamed = Request::post(format!("/api/v1/alerts/{}/ack", alerts[0].id))
        .header("content-type", "application/json");
    let unnamed = site.send_bare(unnamed, Body::from("{\"version\":0}")).await;
    assert_eq!(unnamed.status, StatusCode::UNAUTHORIZED);
    let soon = BEGIN.plus(Duration::from_secs(9 * 3600));
    for (word, body, member) in [
        ("ack", json!({}), "version"),
        ("assign", json!({"version": 0}), "to"),
        ("assign", json!({"version": 0, "to": "Tổ 1"}), "to"),
        ("shelve", json!({"version": 0, "until": soon, "reason": "ồn"}), "until"),
        ("shelve", json!({"version": 0, "reason": "ồn"}), "until"),
        ("close", json!({"version": 0, "outcome": "perhaps", "reason": "?"}), "outcome"),
        ("close", json!({"version": 0, "outcome": "true", "reason": "  "}), "reason"),
        ("step", json!({"version": 0, "number": 3}), "number"),
        ("note", json!({"version": 0, "text": "a", "colour": "red"}), "colour"),
        ("explode", json!({"version": 0}), "action"),
    ] {
        let answer = act(&site, &alerts[0], word, "an", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{word}: {}", answer.text());
        assert_eq!(answer.json()["invalid-params"][0]["name"], member, "{word}");
    }
    let unknown = Alert::raised(&event(9));
    let answer = act(&site, &unknown, "ack", "an", json!({"version": 0})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    assert_eq!((&shown["handling"]["version"], &shown["log"]), (&0.into(), &json!([])));
}

#[tokio::test]
async fn what_one_desk_silences_is_silent_at_all_and_says_by_whom() {
    let (site, alerts) = site_with(2);
    let mut other = Client::follow(&site, "/api/v1/alerts/stream", None).await;
    let done = act(&site, &alerts[0], "silence", "truc-ban-01", json!({"version": 0})).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text());
    let told = other.next().await.unwrap().data["handling"].clone();
    assert_eq!(told["silenced"]["by"], "truc-ban-01");
    assert_eq!(told["silenced"]["until"], Value::Null);
    // Nobody answers for it by that.
    assert_eq!((&told["state"], &told["acknowledged"]), (&json!("new"), &Value::Null));
    assert_eq!(told["escalates_to"], "shift-lead");
    let second = act(&site, &alerts[0], "silence", "truc-ban-02", json!({"version": 0})).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert_eq!(second.json()["current"]["silenced"]["by"], "truc-ban-01");
    let now = domain::Clock::now(&*site.clock);
    let until = |seconds| json!({"version": 0, "until": now.plus(Duration::from_secs(seconds))});
    let too_long = act(&site, &alerts[1], "silence", "truc-ban-01", until(9 * 3600)).await;
    assert_eq!(too_long.status, StatusCode::BAD_REQUEST, "{}", too_long.text());
    let bounded = act(&site, &alerts[1], "silence", "truc-ban-01", until(600)).await.json();
    let until = bounded["handling"]["silenced"]["until"].clone();
    assert!(until.is_string(), "{bounded:#}");
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[1].id)).await;
    let entry = &shown["log"][0];
    assert_eq!((&entry["action"], &entry["until"]), (&json!("silence"), &until));
    let taken = act(&site, &alerts[1], "ack", "truc-ban-02", json!({"version": 1})).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    let late = act(&site, &alerts[1], "silence", "truc-ban-01", json!({"version": 2})).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "somebody answers for it: it is silent");
}

#[tokio::test]
async fn a_request_lost_on_the_way_is_repeated_without_harm() {
    let (site, alerts) = site_with(2);
    let send = async |alert: &Alert, body: &str| {
        let request = Request::post(format!("/api/v1/alerts/{}/note", alert.id))
            .header("content-type", "application/json")
            .header("authorization", site.officer("an"))
            .header("idempotency-key", "b7c1");
        site.send_body(request, Body::from(body.to_owned())).await
    };
    let body = r#"{"version": 0, "text": "đã gọi 113"}"#;
    let first = send(&alerts[0], body).await;
    act(&site, &alerts[0], "ack", "binh", json!({"version": 1})).await;
    let again = send(&alerts[0], body).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, first.json()));
    for other in
        [send(&alerts[1], body).await, send(&alerts[0], r#"{"version": 2, "text": "khác"}"#).await]
    {
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    assert_eq!(shown["log"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_queue_puts_first_what_nobody_has_then_the_gravest() {
    let (site, alerts) = site_with(4);
    act(&site, &alerts[2], "ack", "an", json!({"version": 0})).await;
    let ids = |page: &Value| -> Vec<String> {
        let alerts = page["alerts"].as_array().unwrap();
        alerts.iter().map(|alert| alert["id"].as_str().unwrap().to_owned()).collect()
    };
    let id = |number: usize| alerts[number].id.to_string();
    let page = site.json("/api/v1/alerts?sort=queue&limit=3").await;
    assert_eq!(ids(&page), [id(0), id(3), id(1)]);
    let next = page["next"].as_str().unwrap();
    let rest = site.json(&format!("/api/v1/alerts?sort=queue&cursor={next}")).await;
    assert_eq!(ids(&rest), [id(2)]);
    let expected = json!([
        {"severity": 1, "handling": "new", "count": 1},
        {"severity": 1, "handling": "acknowledged", "count": 1},
        {"severity": 3, "handling": "new", "count": 2},
    ]);
    assert_eq!(page["totals"], expected);
    site.officer("csgt-1");
    act(&site, &alerts[1], "assign", "an", json!({"version": 0, "to": "csgt-1"})).await;
    let mine = site.json("/api/v1/alerts?assignee=csgt-1").await;
    assert_eq!(ids(&mine), [id(1)]);
    for (who, theirs) in [("csgt-1", vec![id(1)]), ("an", vec![])] {
        let request = Request::get("/api/v1/alerts?assignee=me");
        let told = site.send(request.header("authorization", site.officer(who))).await.json();
        assert_eq!(ids(&told), theirs, "{who}");
    }
    let until = BEGIN.plus(Duration::from_secs(3600));
    let shelve = json!({"version": 0, "until": until, "reason": "thi công"});
    act(&site, &alerts[3], "shelve", "an", shelve).await;
    let shelved = site.json("/api/v1/alerts?shelved=true").await;
    assert_eq!(ids(&shelved), [id(3)]);
    assert_eq!(
        site.json("/api/v1/alerts?sort=queue&grouped=true").await["alerts"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let grave = site.json("/api/v1/alerts?sort=queue&grouped=true&severity=2").await;
    let told = grave["alerts"].as_array().unwrap();
    assert!(told.iter().all(|alert| alert["severity"].as_u64().unwrap() <= 2), "{grave:#}");
    assert!(told.iter().all(|alert| alert["grouped"] == 1), "{grave:#}");
    let refused = site.get("/api/v1/alerts?grouped=true").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);

    let shift = site.json("/api/v1/shift").await;
    let listed = ["open", "assigned", "shelved"].map(|name| shift[name].as_array().unwrap().len());
    assert_eq!(listed, [2, 1, 1]);
}

#[tokio::test]
async fn a_batch_takes_the_slight_and_leaves_the_grave() {
    let (site, alerts) = site_with(4);
    act(&site, &alerts[3], "ack", "binh", json!({"version": 0})).await;
    let items: Vec<_> =
        alerts.iter().map(|alert| json!({"alert": alert.id.to_string(), "version": 0})).collect();
    let body =
        json!({"action": "close", "items": items, "outcome": "no_action", "reason": "diễn tập"});
    let answer = post(&site, "alerts/batch", "an", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let results = answer.json()["results"].clone();
    let status: Vec<_> =
        results.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(status, [403, 200, 403, 409]);
    assert_eq!(results[3]["problem"]["current"]["acknowledged"]["by"], "binh");
    let many: Vec<_> = (0..201).map(|_| items[0].clone()).collect();
    let answer = post(&site, "alerts/batch", "an", &json!({"action": "ack", "items": many})).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn steps_of_the_procedure_are_shown_with_who_did_them() {
    let (site, alerts) = site_with(1);
    act(&site, &alerts[0], "step", "an", json!({"version": 0, "number": 2})).await;
    let shown = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    assert_eq!(
        shown["procedure"][0],
        json!({"number": 1, "text": "Xem hình trực tiếp", "done": null})
    );
    assert_eq!(shown["procedure"][1]["done"]["by"], "an");
    assert_eq!(shown["handling"]["state"], "in_progress");
}

#[tokio::test]
async fn a_flood_is_told_by_the_feed_and_stands_beside_the_rate() {
    let (site, alerts) = site_with(1);
    let after = site.json("/api/v1/alerts").await["as_of"].as_str().unwrap().to_owned();
    let mut client =
        Client::follow(&site, &format!("/api/v1/alerts/stream?after={after}"), None).await;
    site.index.put_flood(&Flood { began: BEGIN, ended: None, alerts: 61, desks: 2 }).unwrap();
    let told = client.next().await.unwrap();
    assert_eq!((told.kind.as_str(), &told.data["alerts"]), ("flood", &61.into()));
    // Names of alerts tell when they were raised: now, and not when the site's clock stands.
    let raised = alerts[0].id.given().unwrap();
    let (from, to) = (raised.minus(Duration::from_secs(60)), raised.plus(Duration::from_secs(60)));
    let stats = site.json(&format!("/api/v1/stats/alerts?start={from}&end={to}&step=120")).await;
    assert_eq!(stats["spans"], json!([{"start": from, "by_severity": [1, 0, 0, 0]}]));
    assert_eq!((&stats["now"]["desks"], &stats["now"]["flood"]["alerts"]), (&2.into(), &61.into()));
    let refused = site.get(&format!("/api/v1/stats/alerts?start={to}&end={from}")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_shift_is_handed_over_by_two_accounts() {
    let (site, alerts) = site_with(2);
    act(&site, &alerts[0], "note", "an", json!({"version": 0, "text": "camera rung"})).await;
    let own = post(&site, "shift/handover", "an", &json!({"to": "an"})).await;
    assert_eq!(own.status, StatusCode::BAD_REQUEST);
    let body = json!({"to": "binh", "note": "cổng 2 đang sửa"});
    let unknown = post(&site, "shift/handover", "an", &body).await;
    assert_eq!(unknown.json()["invalid-params"][0]["name"], "to", "there is no such account yet");
    site.officer("binh");
    let started = post(&site, "shift/handover", "an", &body).await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.text());
    let started = started.json();
    assert_eq!(started["lists"]["open"].as_array().unwrap().len(), 2);
    let sign = format!("shift/handover/{}/sign", started["id"]);
    let by_the_same = post(&site, &sign, "an", &json!({})).await;
    assert_eq!(by_the_same.status, StatusCode::CONFLICT);
    let shift = site.json("/api/v1/shift").await;
    assert_eq!((&shift["waiting"]["incoming"], &shift["since"]), (&"binh".into(), &Value::Null));
    assert_eq!(shift["notes"][0]["text"], "camera rung");
    let signed = post(&site, &sign, "binh", &json!({})).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text());
    let shift = site.json("/api/v1/shift").await;
    assert_eq!((&shift["officer"], &shift["waiting"]), (&"binh".into(), &Value::Null));
    assert_eq!(
        post(&site, "shift/handover/99/sign", "binh", &json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_case_gathers_alerts_footage_and_words() {
    let (site, alerts) = site_with(1);
    let body = json!({"number": "VV-2026/0001", "title": "Va chạm tại Cửa Nam"});
    let opened = post(&site, "cases", "an", &body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    let id = opened.json()["id"].as_i64().unwrap();
    assert_eq!(opened.header("location"), format!("/api/v1/cases/{id}"));
    assert_eq!(post(&site, "cases", "an", &body).await.status, StatusCode::CONFLICT);
    let marks = format!("cases/{id}/marks");
    for (mark, status) in [
        (json!({"alert": alerts[0].id.to_string()}), 201),
        (
            json!({"camera": "cua-nam", "start": BEGIN, "end": BEGIN.plus(Duration::from_secs(9)),
                   "note": "trước va chạm", "beside": ["my-dinh"]}),
            201,
        ),
        (
            json!({"camera": "cua-nam", "start": BEGIN, "end": BEGIN.plus(Duration::from_secs(9)),
                   "beside": ["nowhere"]}),
            404,
        ),
        (
            json!({"camera": "cua-nam", "start": BEGIN, "end": BEGIN.plus(Duration::from_secs(9)),
                   "beside": "my-dinh"}),
            400,
        ),
        (json!({"note": "không có hình", "beside": ["my-dinh"]}), 400),
        (json!({"note": "nhân chứng để lại số điện thoại"}), 201),
        (json!({}), 400),
        (json!({"camera": "cua-nam", "start": BEGIN, "end": BEGIN}), 400),
        (
            json!({"camera": "nowhere", "start": BEGIN, "end": BEGIN.plus(Duration::from_secs(9))}),
            404,
        ),
        (json!({"alert": event(7).id.to_string()}), 404),
    ] {
        let answer = post(&site, &marks, "an", &mark).await;
        assert_eq!(answer.status.as_u16(), status, "{mark}: {}", answer.text());
    }
    let case = site.json(&format!("/api/v1/cases/{id}")).await;
    let kept = case["marks"].as_array().unwrap();
    assert_eq!(kept.len(), 3);
    assert_eq!(
        (&kept[0]["alert"], &kept[1]["camera"]),
        (&alerts[0].id.to_string().into(), &"cua-nam".into())
    );
    assert_eq!((&kept[0]["beside"], &kept[1]["beside"]), (&json!([]), &json!(["my-dinh"])));
    assert_eq!(site.json("/api/v1/cases").await["cases"][0]["number"], "VV-2026/0001");
    assert_eq!(site.get("/api/v1/cases/99").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_alert_that_is_held_keeps_the_footage_of_its_moment_and_holds_it_once() {
    let (site, alerts) = site_with(1);
    let alert = &alerts[0];
    let hold = json!({"version": 0, "reason": "tai nạn"});
    let held = act(&site, alert, "hold", "truc-ban-01", hold.clone()).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.text());
    let holds = site.json("/api/v1/holds").await;
    let placed = &holds[0];
    assert_eq!(placed["case"], format!("alert {}", alert.id));
    assert_eq!(
        (&placed["reason"], &placed["placed"]["by"]),
        (&json!("tai nạn"), &json!("truc-ban-01"))
    );
    assert_eq!(placed["cameras"], json!(alert.cameras));
    let around = Duration::from_secs(120);
    assert_eq!(placed["start"], json!(alert.first.minus(around)));
    assert_eq!(placed["end"], json!(alert.last.plus(around)));
    // Asked again as it was, or again at all.
    act(&site, alert, "hold", "truc-ban-01", hold).await;
    assert_eq!(site.json("/api/v1/holds").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_alert_whose_hold_two_people_lifted_is_held_no_more() {
    let (site, alerts) = site_with(1);
    let alert = &alerts[0];
    let hold = json!({"version": 0, "reason": "tai nạn"});
    act(&site, alert, "hold", "truc-ban-01", hold).await;
    let held = site.json(&format!("/api/v1/alerts/{}", alert.id)).await;
    assert_eq!(held["handling"]["held"]["by"], "truc-ban-01", "{held:#}");
    let id = site.json("/api/v1/holds").await[0]["id"].as_u64().unwrap();
    let ward = Place::Cameras(std::collections::BTreeSet::from([camera("cua-nam")]));
    let lan = person(&site, "lan", Role::Investigator, ward.clone());
    let minh = person(&site, "minh", Role::Supervisor, ward);
    let post = async |token: &str, path: &str, body: Value| {
        let request = Request::post(format!("/api/v1/holds/{id}/{path}"));
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        site.send_bare(request, Body::from(body.to_string())).await
    };
    let asked = post(&lan, "lift-request", json!({"reason": "xong"})).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text());
    let told = async || site.json(&format!("/api/v1/alerts/{}", alert.id)).await;
    assert!(told().await["handling"]["held"].is_object(), "one alone lifts nothing");
    let lifted = post(&minh, "lift", Value::Null).await;
    assert_eq!(lifted.status, StatusCode::OK, "{}", lifted.text());
    let told = told().await;
    assert_eq!(told["handling"]["held"], Value::Null, "{told:#}");
    let log = told["log"].as_array().unwrap();
    let last = log.iter().find(|entry| entry["version"] == 2).unwrap();
    assert_eq!((&last["action"], &last["by"]), (&json!("release"), &json!("minh")), "{told:#}");
    // It can be held again, and nobody releases it but by lifting the hold.
    let again = json!({"version": 2, "reason": "còn điều tra"});
    let held = act(&site, alert, "hold", "truc-ban-01", again).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.text());
    assert_eq!(site.json("/api/v1/holds").await.as_array().unwrap().len(), 1);
    let release = act(&site, alert, "release", "truc-ban-01", json!({"version": 3})).await;
    assert_eq!(release.status, StatusCode::BAD_REQUEST, "{}", release.text());
}

#[tokio::test]
async fn the_hold_of_an_alert_may_end_by_itself() {
    let (site, alerts) = site_with(1);
    let now = site.clock.now();
    let past = json!({"version": 0, "reason": "tai nạn", "until": now});
    let refused = act(&site, &alerts[0], "hold", "truc-ban-01", past).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
    assert!(refused.text().contains("\"until\""), "{}", refused.text());
    assert_eq!(site.json("/api/v1/holds").await, json!([]), "nothing is held then");

    let until = now.plus(Duration::from_secs(30 * 24 * 3600));
    let hold = json!({"version": 0, "reason": "tai nạn", "until": until});
    let held = act(&site, &alerts[0], "hold", "truc-ban-01", hold).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.text());
    assert_eq!(site.json("/api/v1/holds").await[0]["until"], json!(until));
    let detail = site.json(&format!("/api/v1/alerts/{}", alerts[0].id)).await;
    let entry = &detail["log"].as_array().unwrap()[0];
    assert_eq!((&entry["action"], &entry["until"]), (&json!("hold"), &json!(until)), "{detail}");
    assert_eq!(detail["handling"]["held_until"], json!(until));

    // When its time is over it may be held again, also before the service has noted the end.
    site.clock.advance(Duration::from_secs(30 * 24 * 3600));
    let again = json!({"version": 1, "reason": "còn điều tra"});
    let held = act(&site, &alerts[0], "hold", "truc-ban-01", again).await;
    assert_eq!(held.status, StatusCode::OK, "{}", held.text());
    let holds = site.json("/api/v1/holds").await;
    assert_eq!((&holds[0]["reason"], &holds[0]["until"]), (&json!("còn điều tra"), &Value::Null));
}

#[tokio::test]
async fn a_report_can_be_filed_in_both_languages() {
    let (site, _) = site_with(0);
    let begin_s = u64::try_from(BEGIN.as_micros() / 1_000_000).unwrap();
    let given = uuid::Timestamp::from_unix(uuid::NoContext, begin_s + 10, 0);
    let id = domain::EventId(uuid::Uuid::new_v7(given));
    let alert = Alert { id, last_event: id, ..Alert::raised(&event(0)) };
    let folded = FoldedEvents { alerts: vec![alert.clone()], ..FoldedEvents::default() };
    site.index.settle_alerts(&folded).unwrap();
    let close = json!({"version": 0, "outcome": "true", "reason": "<b>đã</b> xử phạt"});
    let closed = act(&site, &alert, "close", "truc-ban-01", close).await;
    assert_eq!(closed.status, StatusCode::OK, "{}", closed.text());
    for (lang, words) in [
        ("vi", ["Báo cáo ca trực", "Nghi vượt vạch", "Không có.", "2026-03-01 07:30:00"]),
        ("en", ["Duty report", "Suspected line crossing", "None.", "<td>50 s</td>"]),
    ] {
        let answer = site.get(&format!("/api/v1/reports/shift?lang={lang}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert!(answer.header("content-disposition").starts_with("attachment"));
        let page = answer.text();
        for word in words.into_iter().chain(["truc-ban-01", "&lt;b&gt;đã&lt;/b&gt; xử phạt"])
        {
            assert!(page.contains(word), "{word}: {page}");
        }
        assert!(!page.contains("<script") && !page.contains("http"), "{page}");
    }
    let at = |seconds| BEGIN.plus(Duration::from_secs(seconds));
    let flood = Flood { began: at(5), ended: Some(at(20)), alerts: 61, desks: 2 };
    site.index.put_flood(&flood).unwrap();
    let figures = site.json("/api/v1/reports/shift/figures").await;
    assert_eq!(figures["kinds"][0]["true"], 1, "{figures:#}");
    assert_eq!(figures["answers"][0]["median_s"], 50.0);
    assert_eq!(
        (&figures["floods"][0]["alerts"], &figures["grave"][0]["id"]),
        (&61.into(), &alert.id.to_string().into())
    );
    let refused = site.get("/api/v1/reports/shift?start=2026-01-01T00:00:00Z&lang=fr").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
