//! The OpenAPI document: kept beside the code, true to it, and proof against hostile queries.

use std::path::Path;

use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::site::{Site, event};

fn document() -> Value {
    serde_json::from_str(&api::openapi()).unwrap()
}

struct Operation {
    path: String,
    parameters: Vec<String>,
}

/// Returns what can be asked by GET.
fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let to_get = paths.iter().filter(|(_, item)| item["get"].is_object());
    to_get
        .map(|(path, item)| {
            let parameters = item["get"]["parameters"].as_array();
            let in_query =
                parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
            Operation {
                path: path.clone(),
                parameters: in_query
                    .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
                    .collect(),
            }
        })
        .collect()
}

#[test]
fn the_document_is_the_one_kept_with_the_code() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ref/openapi.json");
    let now = api::openapi();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
        std::fs::write(&golden, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        kept == now,
        "docs/ref/openapi.json differs from the code: run the test with UPDATE_GOLDEN=1 and look \
         at the change"
    );
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let known = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let (name, _) = reference.split_once('"').unwrap();
        assert!(known.contains_key(name), "{name} is not described");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let operations = item.as_object().unwrap();
        assert!(!operations.is_empty(), "{path}");
        for (method, operation) in operations {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(operation["operationId"].is_string(), "{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let described = parameter["description"].as_str().unwrap_or_default();
                assert!(!described.is_empty(), "{method} {path}: {parameter}");
            }
        }
    }
}

async fn ask(site: &Site, uri: &str) -> (StatusCode, Value) {
    let response = site.open_body(Request::get(uri)).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind == "application/problem+json");
    if !is_problem {
        // The feed does not end, so no body is read.
        return (status, Value::Null);
    }
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

/// An export that is done.
const EXPORT: uuid::Uuid = uuid::Uuid::from_u128(0x019c_9f2e_6d5a_7c3b_9f10_2a8a_5c6b_7d8e);

fn address(
    path: &str,
    (segment, case): (i64, i64),
    event: &str,
    (region, incident): (&str, &str),
) -> String {
    path.replace("{camera}", "cua-nam")
        .replace("{event}", event)
        .replace("{alert}", event)
        .replace("{case}", &case.to_string())
        .replace("{place}", "ward-00082")
        .replace("{layer}", "closed-roads")
        .replace("{which}", "at")
        .replace("{export}", &EXPORT.to_string())
        .replace("{region}", region)
        .replace("{incident}", incident)
        .replace("{piece}", &format!("{segment}-head.mp4"))
        .replace("{file}", &format!("{segment}.mp4"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_is_there_and_no_query_breaks_it() {
    const SPAN: &str = "start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:05Z";
    let long = format!("{}1", "9".repeat(5000));
    let hostile = [
        "",
        "0",
        "-1",
        "99999999999999999999999",
        "NaN",
        "1e308,1e308,1e308",
        "inf,-inf,0,0",
        "%00",
        "%ff%fe",
        "%27%20OR%201=1--",
        "../../etc/passwd",
        "cua-nam,,",
        "true",
        "%F0%9F%90%8D",
        "2026-02-30T00:00:00Z",
        "-9999-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
        "1969-12-31T23:59:59Z",
        "e0000000000000000",
        "effffffffffffffff",
        "%25%5F%22*%20NEAR",
        "(",
        "t00000000000000000000000000000000",
        "tffffffffffffffffffffffffffffffff",
        "00:00-00:00",
        "24:00-24:00",
        "tế,ế",
        &long,
    ];
    let site = Site::open();
    site.record();
    let events: Vec<_> = (1..=20).map(event).collect();
    let alert = domain::Alert::raised(&events[19]);
    site.index.append_events(events).unwrap();
    let found = site.json("/api/v1/events").await;
    let folded = index::FoldedEvents {
        events: vec![(alert.id, 20)],
        alerts: vec![alert],
        cursor: 20,
        ..index::FoldedEvents::default()
    };
    site.index.settle_alerts(&folded).unwrap();
    let case = index::Case {
        id: 0,
        number: "VV-1".into(),
        title: "Gây rối".into(),
        by: "an".parse().unwrap(),
        at: crate::site::BEGIN,
    };
    let case = site.index.open_case(&case, &[]).unwrap().unwrap();
    let begin = crate::site::BEGIN;
    let range =
        domain::TimeRange { start: begin, end: begin.plus(std::time::Duration::from_secs(5)) };
    let footage = index::CaseMark {
        marked: index::Marked::Footage(crate::site::camera("cua-nam"), range),
        beside: Vec::new(),
        note: String::new(),
        by: "an".parse().unwrap(),
        at: begin,
    };
    assert!(site.index.mark_case(case, &footage).unwrap());
    let id = found["events"][0]["id"].as_str().unwrap();
    let path = site.folder().join("package.zip");
    std::fs::write(&path, b"package").unwrap();
    let stage = index::ExportStage::Done { bytes: 7, key: [1; 32], warnings: Vec::new() };
    let mut job = crate::site::export_job(&"every".parse().unwrap(), &["cua-nam"], stage);
    (job.stored.export.id, job.path) = (EXPORT, path);
    site.exports.jobs.lock().unwrap().push(job);
    let files = site.json(&format!("/api/v1/cameras/cua-nam/recordings?{SPAN}")).await;
    let segment = files["spans"][0]["segments"][0]["id"].as_i64().unwrap();
    let region = r#"{"camera": "cua-nam", "region": [[0.5, 0.5], [1, 0.5], [1, 1]],
        "start": "2026-03-01T00:30:00Z", "end": "2026-03-01T00:30:05Z"}"#;
    let begun = site.send_body(Request::post("/api/v1/region-searches"), region.into()).await;
    let region = begun.json()["id"].as_str().unwrap().to_owned();
    // The source shows what the caller of everything else shows.
    let near = crate::site::cameras()[0].location;
    crate::calls::let_in(&site, &site.token);
    let incident = crate::calls::opened(&site, "cua-nam", near).to_string();
    for operation in operations() {
        let plain = address(&operation.path, (segment, case), id, (&region, &incident));
        let spanned = operation.parameters.iter().any(|name| name == "start");
        let base = match operation.path.as_str() {
            "/api/v1/places" => format!("{plain}?q=hoan"),
            path if path.ends_with("/thumbnail.jpg") => {
                format!("{plain}?time=2026-03-01T00:30:04Z")
            }
            _ if spanned => format!("{plain}?{SPAN}"),
            _ => plain.clone(),
        };
        let (status, problem) = ask(&site, &base).await;
        let is_socket = operation.path.ends_with("/live");
        let works = status.is_success()
            || operation.path.ends_with("/{which}")
            || is_socket && status == StatusCode::UPGRADE_REQUIRED;
        assert!(works, "{base}: {status} {problem:#}");
        for name in &operation.parameters {
            for value in hostile {
                let uri = format!("{plain}?{name}={}", value.replace('ế', "%E1%BA%BF"));
                let spanned = spanned && name != "start" && name != "end";
                let uri = if spanned { format!("{uri}&{SPAN}") } else { uri };
                let (status, problem) = ask(&site, &uri).await;
                assert!(!status.is_server_error(), "{uri}: {problem:#}");
                let unknown = problem.to_string().contains("is not known here");
                assert!(!unknown, "{uri}: documented, but not read: {problem:#}");
            }
        }
        let (status, _) = ask(&site, &format!("{plain}?unheard-of=1")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{plain}");
    }
}
