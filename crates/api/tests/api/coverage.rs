//! How much was seen, recorded and analysed, over HTTP.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    Absence, AnalysisMode, AnalysisRate, CoverageChange, CoverageNow, CoverageState, Timestamp,
};
use serde_json::{Value, json};

use crate::site::{BEGIN, Site, camera};

fn second(number: u64) -> Timestamp {
    BEGIN.plus(Duration::from_secs(number))
}

fn change(id: &str, at: u64, unseen: Option<Absence>, analysed: bool) -> CoverageChange {
    let rate = AnalysisRate { mode: AnalysisMode::Stream, pictures_per_10_s: 25 };
    let cause = unseen.unwrap_or(Absence::Off);
    let state = CoverageState {
        unseen,
        analysis: if analysed { Ok(rate) } else { Err(cause) },
        records_main: true,
        records_sub: false,
    };
    CoverageChange { camera: camera(id), at: second(at), state: Some(state) }
}

fn find<'a>(body: &'a Value, camera: &str) -> &'a Value {
    let cameras = body["cameras"].as_array().unwrap();
    cameras.iter().find(|one| one["camera"] == camera).unwrap()
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - expected).abs() < 0.2, "{value} is not {expected}");
}

/// The clock stands a minute after [`BEGIN`]; `cua-nam` is recorded for 12 s, then disconnected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shares_causes_and_sums() {
    let site = Site::open();
    let range = format!("start={}&end={}", second(0), second(3600));
    let empty = site.json(&format!("/api/v1/coverage?{range}")).await;
    assert_eq!((&empty["now"], &empty["known_from"]), (&Value::Null, &Value::Null));
    assert_eq!((&empty["total"]["seen"]["share"], &empty["cameras"]), (&Value::Null, &json!([])));

    site.record();
    site.index.resume_coverage(&[camera("cua-nam"), camera("my-dinh")], second(0)).unwrap();
    let changes = [
        change("cua-nam", 0, None, true),
        change("cua-nam", 12, Some(Absence::Disconnected), false),
        change("my-dinh", 30, None, false),
    ];
    site.index.cover(&changes, second(60)).unwrap();
    let now =
        CoverageNow { time: second(60), configured: 2, connected: 1, recording: 0, analysed: 0 };
    site.board.set_coverage(now);

    let body = site.json(&format!("/api/v1/coverage?{range}")).await;
    assert_eq!(body["end"], json!(second(60)), "no further than now");
    assert_eq!(body["known_from"], json!(second(0)));
    assert_eq!(
        body["now"],
        json!({"time": second(60), "configured": 2, "connected": 1, "recording": 0, "analysed": 0})
    );
    let cua_nam = find(&body, "cua-nam");
    near(&cua_nam["configured_s"], 60.0);
    for aspect in ["seen", "recorded", "analysed"] {
        near(&cua_nam[aspect]["covered_s"], 12.0);
        near(&cua_nam[aspect]["share"], 0.2);
        near(&cua_nam[aspect]["causes_s"]["disconnected"], 48.0);
        let gaps = cua_nam[aspect]["gaps"].as_array().unwrap();
        assert_eq!((gaps.len(), &gaps[0]["cause"]), (1, &json!("disconnected")), "{aspect}");
    }
    near(&cua_nam["recorded_main_s"], 12.0);
    let rates = json!([{"mode": "stream", "pictures_per_second": 2.5, "seconds": 12.0}]);
    assert_eq!(cua_nam["rates"], rates);
    let my_dinh = find(&body, "my-dinh");
    assert_eq!(my_dinh["seen"]["share"], json!(1.0));
    near(&my_dinh["seen"]["not_configured_s"], 30.0);
    assert_eq!(my_dinh["analysed"]["causes_s"], json!({"off": 30.0}));
    // It delivers pictures of which there is neither footage nor a gap: that is not known.
    near(&my_dinh["recorded"]["unknown_s"], 30.0);
    assert_eq!(my_dinh["recorded"]["share"], Value::Null);
    let total = &body["total"];
    assert_eq!(total["cameras"], 2);
    near(&total["configured_s"], 90.0);
    near(&total["seen"]["covered_s"], 42.0);
    near(&total["seen"]["share"], 42.0 / 90.0);
    near(&total["recorded"]["unknown_s"], 30.0);

    let one = site.json(&format!("/api/v1/coverage?{range}&cameras=my-dinh&gaps=0")).await;
    assert_eq!(one["total"]["cameras"], 1);
    let analysed = &find(&one, "my-dinh")["analysed"];
    assert_eq!((&analysed["gaps"], &analysed["gaps_left_out"]), (&json!([]), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_ahead_is_refused() {
    let site = Site::open();
    let uri = format!("/api/v1/coverage?start={}&end={}", second(61), second(70));
    let answer = site.get(&uri).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    assert_eq!(answer.json()["invalid-params"][0]["name"], "start");
}
