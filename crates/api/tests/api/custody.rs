//! Purposes, holds, exports and the trail in which they stand.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Place, Role};
use index::{ExportStage, RequestKey};
use serde_json::{Value, json};

use crate::people::person;
use crate::site::{Answer, BEGIN, Site, export_job, main_stream};

async fn post(site: &Site, path: &str, body: &Value) -> Answer {
    site.send_body(Request::post(path), Body::from(body.to_string())).await
}

async fn purpose(site: &Site) -> u64 {
    let body = json!({ "case": "01/2026", "reason": "accident", "legal_basis": "BLTTHS 88" });
    let stated = post(site, "/api/v1/purposes", &body).await;
    assert_eq!(stated.status, StatusCode::CREATED, "{}", stated.text());
    stated.json()["id"].as_u64().unwrap()
}

#[tokio::test]
async fn a_purpose_is_in_force_for_a_shift_and_needs_a_case_and_a_reason() {
    let site = Site::open();
    assert_eq!(site.json("/api/v1/purposes/current").await, Value::Null);
    let id = purpose(&site).await;
    let current = site.json("/api/v1/purposes/current").await;
    assert_eq!((current["id"].as_u64(), &current["case"]), (Some(id), &json!("01/2026")));
    let (stated, expires) = (&current["stated"], &current["expires"]);
    assert_eq!(
        (stated, expires),
        (&json!("2026-03-01T00:31:00.000000Z"), &json!("2026-03-01T08:31:00.000000Z"))
    );
    for wrong in [
        json!({ "case": " ", "reason": "x" }),
        json!({ "case": "1" }),
        json!({ "case": "1", "reason": "x", "more": 1 }),
    ] {
        let refused = post(&site, "/api/v1/purposes", &wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
    }
}

#[tokio::test]
async fn a_hold_is_placed_and_is_not_lifted_by_one_alone() {
    let site = Site::open();
    site.record();
    let body =
        json!({ "case": "01/2026", "reason": "accident", "cameras": ["cua-nam"], "start": BEGIN });
    let placed = post(&site, "/api/v1/holds", &body).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    assert_eq!(placed.json()["end"], Value::Null);
    let hold = format!("/api/v1/holds/{}", placed.json()["id"]);
    let stream = main_stream("cua-nam");
    let later = BEGIN.plus(Duration::from_secs(3600));
    assert_eq!(site.index.segments_before(&stream, later, 10).unwrap(), []);
    assert_eq!(site.json("/api/v1/holds").await.as_array().unwrap().len(), 1);
    let lift = format!("{hold}/lift");
    assert_eq!(post(&site, &lift, &Value::Null).await.status, StatusCode::CONFLICT);
    let ask = format!("{hold}/lift-request");
    let asked = post(&site, &ask, &json!({ "reason": "closed" })).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text());
    let refused = post(&site, &lift, &Value::Null).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("a second person must agree"), "{}", refused.text());
    let unknown = json!({ "case": "1", "reason": "x", "cameras": ["nowhere"], "start": BEGIN });
    assert_eq!(post(&site, "/api/v1/holds", &unknown).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_asked_twice_with_one_key_is_made_once_and_answered_alike() {
    let site = Site::open();
    let again = async |path: &str, key: &str, body: &Value| {
        let request = Request::post(path).header("idempotency-key", key);
        let request = request.header("content-type", "application/json");
        site.send_body(request, Body::from(body.to_string())).await
    };
    let id = purpose(&site).await;
    let end = BEGIN.plus(Duration::from_secs(60));
    let case = json!({ "number": "VV-1", "title": "tai nạn" });
    let hold = json!({ "case": "1", "reason": "x", "cameras": ["cua-nam"], "start": BEGIN });
    let export = json!({ "purpose": id, "cameras": ["cua-nam"], "start": BEGIN, "end": end });
    let mark = json!({ "camera": "cua-nam", "start": BEGIN, "end": end });
    for (path, body) in [("cases", &case), ("holds", &hold), ("exports", &export)] {
        let path = format!("/api/v1/{path}");
        let first = again(&path, "k-1", body).await;
        // One key names one request.
        if path.ends_with("cases") {
            assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
        } else {
            assert_eq!(first.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", first.text());
        }
        let first = again(&path, &path, body).await;
        if path.ends_with("cases") {
            assert_eq!(first.status, StatusCode::CONFLICT, "another key is another request");
            continue;
        }
        assert!(first.status.is_success(), "{path}: {}", first.text());
        let second = again(&path, &path, body).await;
        assert_eq!((second.status, second.json()), (first.status, first.json()), "{path}");
    }
    let repeated = again("/api/v1/cases", "k-1", &case).await;
    assert_eq!(repeated.status, StatusCode::CREATED, "{}", repeated.text());
    assert_eq!(repeated.json()["number"], "VV-1");
    let location = repeated.header("location").to_owned();
    for _ in 0..2 {
        let marked = again(&format!("{location}/marks"), "m-1", &mark).await;
        assert!(marked.status.is_success(), "{}", marked.text());
    }
    assert_eq!(site.json(&location).await["marks"].as_array().unwrap().len(), 1);
    assert_eq!(site.json("/api/v1/holds").await.as_array().unwrap().len(), 1);
    assert_eq!(site.exports.ordered.lock().unwrap().len(), 1);
    // What was refused did nothing: the key is free again.
    let unknown = json!({ "case": "1", "reason": "x", "cameras": ["nowhere"], "start": BEGIN });
    assert_eq!(again("/api/v1/holds", "k-2", &unknown).await.status, StatusCode::NOT_FOUND);
    let other = again("/api/v1/holds", "k-2", &hold).await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.text());
    // A key is one's own, and good for a day.
    let lan = person(&site, "lan", Role::Investigator, Place::Site);
    let hers = Request::post("/api/v1/holds").header("idempotency-key", "k-2");
    let hers = hers.header("authorization", format!("Bearer {lan}"));
    let hers = site.send_bare(hers, Body::from(hold.to_string())).await;
    assert_eq!(hers.status, StatusCode::CREATED, "{}", hers.text());
    assert_ne!(hers.json()["id"], other.json()["id"]);
    site.clock.advance(Duration::from_secs(25 * 3600));
    let late = again("/api/v1/holds", "k-2", &hold).await;
    assert_ne!(late.json()["id"], other.json()["id"]);
    let nonsense = again("/api/v1/holds", "hai chữ", &hold).await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST, "{}", nonsense.text());
}

#[tokio::test]
async fn of_a_request_that_was_cut_off_it_is_said_that_its_end_is_not_known() {
    let site = Site::open();
    let hold = json!({ "case": "1", "reason": "x", "cameras": ["cua-nam"], "start": BEGIN });
    let body = hold.to_string();
    let asked = format!("POST\n/api/v1/holds\n{body}");
    let key = RequestKey {
        by: "every".parse().unwrap(),
        key: "k-1".to_owned(),
        request: evidence::Digest::of(asked.as_bytes()).0,
        at: BEGIN,
    };
    // As the service left it when it died.
    site.index.custody().take_request_key(&key).unwrap();
    let request = Request::post("/api/v1/holds").header("idempotency-key", "k-1");
    let told = site.send_body(request, Body::from(body)).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text());
    assert_eq!(told.json()["type"], "urn:watchpost:problem:unfinished");
    assert_eq!(site.json("/api/v1/holds").await, json!([]));
}

#[tokio::test]
async fn whoever_hangs_up_and_asks_again_gets_the_answer_of_what_was_made() {
    let site = Site::open();
    let hold = json!({ "case": "1", "reason": "x", "cameras": ["cua-nam"], "start": BEGIN });
    let mut made = Vec::new();
    for moment in (0..14).map(|power| 1_u32 << power) {
        let ask = || {
            let request = Request::post("/api/v1/holds").header("idempotency-key", moment);
            let request = request.header("content-type", "application/json");
            site.send_body(request, Body::from(hold.to_string()))
        };
        {
            let mut asking = std::pin::pin!(ask());
            for _ in 0..moment {
                if futures::poll!(asking.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let answered = async || {
            let told = ask().await;
            (told.status != StatusCode::CONFLICT).then_some(told)
        };
        let mut told = None;
        for _ in 0..100_000 {
            told = answered().await;
            if told.is_some() {
                break;
            }
        }
        let told = told.expect("its end becomes known");
        assert_eq!(told.status, StatusCode::CREATED, "{moment}: {}", told.text());
        made.push(told.json()["id"].clone());
        assert_eq!(site.json("/api/v1/holds").await.as_array().unwrap().len(), made.len());
    }
}

#[tokio::test]
async fn a_hold_says_when_it_ends_by_itself_and_is_told_as_over_then() {
    let site = Site::open();
    let until = BEGIN.plus(Duration::from_secs(90 * 86_400));
    let body = json!({
        "case": "01/2026", "reason": "accident", "cameras": ["cua-nam"], "start": BEGIN,
        "until": until,
    });
    let placed = post(&site, "/api/v1/holds", &body).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text());
    assert_eq!(placed.json()["until"], json!(until));
    assert_eq!(site.json("/api/v1/holds").await[0]["until"], json!(until));
    let past = json!({
        "case": "01/2026", "reason": "accident", "cameras": ["cua-nam"], "start": BEGIN,
        "until": BEGIN,
    });
    let refused = post(&site, "/api/v1/holds", &past).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("ends by itself after now"), "{}", refused.text());
    let program = "watchpost".parse().unwrap();
    let link = evidence::chain::link;
    let ended = site.index.custody().end_holds(&program, until, link).unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(site.json("/api/v1/holds").await, json!([]));
    let over = site.json("/api/v1/holds?lifted=true").await;
    assert_eq!((&over[0]["ended"], &over[0]["lifted"]), (&json!(until), &Value::Null));
}

#[tokio::test]
async fn an_export_needs_a_purpose_and_is_fetched_by_range_when_it_is_done() {
    let site = Site::open();
    let order = |purpose: u64| {
        json!({
            "purpose": purpose, "cameras": ["cua-nam"], "start": BEGIN,
            "end": BEGIN.plus(Duration::from_secs(60)),
        })
    };
    let refused = post(&site, "/api/v1/exports", &order(1)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    let id = purpose(&site).await;
    let begun = post(&site, "/api/v1/exports", &order(id)).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text());
    let location = begun.header("location").to_owned();
    let running = site.json(&location).await;
    assert_eq!((&running["state"], &running["total_bytes"]), (&json!("running"), &json!(4)));
    let package = format!("{location}/package.zip");
    assert_eq!(site.get(&package).await.status, StatusCode::NOT_FOUND, "not done yet");
    let ordered = site.exports.ordered.lock().unwrap()[0].clone();
    assert_eq!(ordered.purpose.purpose.case, "01/2026");
    assert!(ordered.with_stills);
    assert_eq!(
        post(&site, "/api/v1/exports", &order(id)).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );

    let path = site.folder().join("package.zip");
    std::fs::write(&path, b"0123456789").unwrap();
    let (key, warnings) = ([1; 32], vec!["a warning".to_owned()]);
    let done = ExportStage::Done { bytes: 10, key, warnings };
    {
        let job = &mut site.exports.jobs.lock().unwrap()[0];
        (job.stored.stage, job.progress, job.path) = (done, None, path);
    }
    let told = site.json(&location).await;
    assert_eq!((&told["state"], &told["package"]), (&json!("done"), &json!(package)));
    let part = site.send(Request::get(&package).header("range", "bytes=2-4")).await;
    assert_eq!((part.status, part.text()), (StatusCode::PARTIAL_CONTENT, "234".to_owned()));
    assert_eq!(part.header("content-type"), "application/zip");
    let fetched = site.json("/api/v1/audit?action=package_fetched").await;
    assert_eq!(fetched["entries"], json!([]), "a part in the middle is no fetching");
    assert_eq!(site.get(&package).await.text(), "0123456789");
    let fetched = site.json("/api/v1/audit?action=package_fetched").await;
    assert_eq!(fetched["entries"][0]["case"], "01/2026");
    // Of somebody else it does not exist.
    site.exports.jobs.lock().unwrap()[0].stored.export.operator = "minh".parse().unwrap();
    assert_eq!(site.get(&location).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&package).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_second_person_sees_what_is_asked_of_them_and_never_speaks_for_themselves() {
    let site = Site::open();
    for operator in ["every", "minh"] {
        let operator = operator.parse().unwrap();
        let asked = export_job(&operator, &["cua-nam"], ExportStage::Asked);
        site.exports.jobs.lock().unwrap().push(asked);
    }
    // Where nobody else is needed, it is nobody else's business.
    let of_another = export_job(&"minh".parse().unwrap(), &["cua-nam"], ExportStage::Due);
    site.exports.jobs.lock().unwrap().push(of_another);
    let told = site.json("/api/v1/exports").await["exports"].clone();
    assert_eq!(told.as_array().unwrap().len(), 2);
    let decide = |number: usize| {
        let id = told[number]["id"].as_str().unwrap();
        format!("/api/v1/exports/{id}/decision")
    };
    let own = post(&site, &decide(0), &json!({ "agree": true })).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.text());
    let silent = post(&site, &decide(1), &json!({ "agree": false })).await;
    assert_eq!(silent.status, StatusCode::BAD_REQUEST, "a refusal says why");
    let agreed = post(&site, &decide(1), &json!({ "agree": true })).await;
    assert_eq!(agreed.status, StatusCode::OK, "{}", agreed.text());
    let agreed = agreed.json();
    assert_eq!((&agreed["state"], &agreed["second"]["by"]), (&json!("waiting"), &json!("every")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_sent_is_cut_off_when_access_ends() {
    use futures::StreamExt as _;
    let site = Site::open();
    let path = site.folder().join("package.zip");
    std::fs::write(&path, vec![7; 4 << 20]).unwrap();
    let stage = ExportStage::Done { bytes: 4 << 20, key: [1; 32], warnings: Vec::new() };
    let mut job = export_job(&"every".parse().unwrap(), &["cua-nam"], stage);
    job.path = path;
    let package = format!("/api/v1/exports/{}/package.zip", job.stored.export.id);
    site.exports.jobs.lock().unwrap().push(job);
    let response = site.open_body(Request::get(package)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut chunks = response.into_body().into_data_stream();
    let mut got = chunks.next().await.unwrap().unwrap().len();
    site.clock.advance(Duration::from_secs(6));
    // Whoever still may gets on.
    got += chunks.next().await.unwrap().unwrap().len();
    site.index.accounts().set_disabled(&"every".parse().unwrap(), true).unwrap();
    site.clock.advance(Duration::from_secs(6));
    let cut = loop {
        match chunks.next().await {
            Some(Ok(chunk)) => got += chunk.len(),
            Some(Err(error)) => break error.to_string(),
            None => panic!("all {got} bytes were sent"),
        }
    };
    assert!(got < 4 << 20, "{got} bytes were sent; {cut}");
}

#[tokio::test]
async fn a_passphrase_is_long_enough_and_is_told_to_nobody() {
    let site = Site::open();
    let id = purpose(&site).await;
    let order = |passphrase: &str| {
        json!({
            "purpose": id, "cameras": ["cua-nam"], "start": BEGIN,
            "end": BEGIN.plus(Duration::from_secs(60)), "passphrase": passphrase,
        })
    };
    let refused = post(&site, "/api/v1/exports", &order("short")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let text = refused.text();
    assert!(text.contains("16 to 256") && !text.contains("short\""), "{text}");
    let taken = post(&site, "/api/v1/exports", &order("k7wq-m2xd-9hfz-t4vn")).await;
    assert_eq!(taken.status, StatusCode::ACCEPTED, "{}", taken.text());
    assert!(!taken.text().contains("k7wq"));
    assert!(site.exports.ordered.lock().unwrap()[0].passphrase.is_some());
}

#[tokio::test]
async fn searches_and_looks_stand_in_the_trail_and_can_be_bound_to_a_purpose() {
    let site = Site::open();
    site.record();
    let clip =
        "/api/v1/cameras/cua-nam/footage.mp4?start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:02Z";
    let events = "/api/v1/events?place=hang%20bai";
    assert_eq!(site.get(events).await.status, StatusCode::OK);
    let id = purpose(&site).await;
    assert_eq!(site.get(clip).await.status, StatusCode::OK);
    let entries = site.json("/api/v1/audit").await["entries"].clone();
    let (viewed, searched) = (&entries[0], &entries[2]);
    assert_eq!((&viewed["action"], &viewed["purpose"]), (&json!("viewed"), &json!(id)));
    assert_eq!(viewed["object"], "/api/v1/cameras/cua-nam/footage.mp4");
    assert_eq!((&searched["action"], &searched["purpose"]), (&json!("searched"), &Value::Null));
    assert!(searched["detail"].as_str().unwrap().contains("place=hang%20bai"), "{searched}");
    // What is followed as it comes is no search.
    assert_eq!(site.get("/api/v1/alerts").await.status, StatusCode::OK);
    assert_eq!(site.json("/api/v1/audit?action=searched").await["entries"][1], Value::Null);

    site.state.require_purpose(true);
    assert_eq!(site.get(clip).await.status, StatusCode::OK);
    let shift = Duration::from_secs(9 * 3600);
    site.clock.advance(shift);
    for asked in [clip, events] {
        let refused = site.get(asked).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
        assert!(refused.text().contains("state a purpose first"), "{}", refused.text());
    }
    purpose(&site).await;
    assert_eq!(site.get(events).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_trail_is_read_in_pages_and_every_reading_is_in_it() {
    let site = Site::open();
    for _ in 0..3 {
        purpose(&site).await;
    }
    let page = site.json("/api/v1/audit?limit=2").await;
    let entries = page["entries"].as_array().unwrap();
    assert_eq!(
        entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect::<Vec<_>>(),
        [3, 2]
    );
    assert_eq!(
        (&entries[0]["action"], &entries[0]["actor"]),
        (&json!("purpose_stated"), &json!("every"))
    );
    let next = page["next"].as_u64().unwrap();
    let rest = site.json(&format!("/api/v1/audit?limit=2&before={next}")).await;
    assert_eq!((rest["entries"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let readings = site.json("/api/v1/audit?action=audit_read").await;
    assert_eq!(readings["entries"].as_array().unwrap().len(), 2);
    assert_eq!(site.json("/api/v1/audit/head").await, Value::Null, "nobody has signed yet");
    assert_eq!(site.get("/api/v1/audit/check").await.status, StatusCode::OK);
    let readings = site.json("/api/v1/audit?action=audit_read&limit=2").await;
    let objects = [&readings["entries"][0]["object"], &readings["entries"][1]["object"]];
    assert_eq!(objects, ["audit check", "audit head"], "{readings:#}");
    assert_eq!(site.get("/api/v1/audit?seq=1").await.status, StatusCode::BAD_REQUEST);
}
