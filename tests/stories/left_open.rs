//! The program ends while cameras are lost. When it begins again one of them is no longer configured:
//! its alert does not stay open for ever, and that of the other one does.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Site, eventually};

const PATIENCE: Duration = Duration::from_secs(60);

/// A camera where nobody answers.
fn camera(id: &str) -> String {
    format!(
        "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nmain = {{ url = \"rtsp://127.0.0.1:9/a\" }}\n"
    )
}

/// Returns the alert that a camera's signal is lost, if there is one.
async fn lost(site: &Site, camera: &str) -> Option<Value> {
    let page = site.get("/api/v1/alerts?kind=signal_lost").await;
    let alerts = page["alerts"].as_array().unwrap().clone();
    let of_camera: Vec<Value> =
        alerts.into_iter().filter(|alert| alert["cameras"][0] == camera).collect();
    assert!(of_camera.len() <= 1, "one trouble, one alert: {of_camera:#?}");
    of_camera.into_iter().next()
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_of_a_camera_that_is_gone_when_the_program_begins_again_is_over() {
    let mut site = Site::new(false, &[camera("gate"), camera("yard")].concat());
    site.start();
    for id in ["gate", "yard"] {
        let what = format!("{id} is lost");
        let alert = eventually(&what, PATIENCE, async || lost(&site, id).await).await;
        assert_eq!(alert["condition"], "active");
    }
    assert!(site.stop().0.success());

    site.configure(false, &camera("yard"));
    site.start();
    let cleared = eventually("the one that is gone has no trouble", PATIENCE, async || {
        lost(&site, "gate").await.filter(|alert| alert["condition"] == "cleared")
    })
    .await;
    assert!(cleared["cleared"].is_string(), "{cleared:#}");
    let page = site.get("/api/v1/events?kind=signal_lost_over").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1, "{page:#}");
    assert_eq!(lost(&site, "yard").await.unwrap()["condition"], "active");
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}
