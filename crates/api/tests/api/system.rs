//! Who administers the site: accounts, the trail's check, storage, scenes.

use std::collections::HashMap;

use api::{Desk, KeptFor};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::{Place, Role};
use serde_json::{Value, json};

use crate::people::add_person;
use crate::site::{Answer, BEGIN, Site, camera};

async fn post(site: &Site, path: &str, body: &Value) -> Answer {
    site.send_body(Request::post(format!("/api/v1/{path}")), Body::from(body.to_string())).await
}

#[tokio::test]
async fn an_account_is_made_granted_roles_and_closed() {
    let site = Site::open();
    let grants = json!([{"role": "duty", "node": ["Phường Cửa Nam", "Hà Nội"]}]);
    let new = json!({"name": "lan", "display_name": "Nguyễn Thị Lan", "grants": grants});
    let made = post(&site, "accounts", &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let password = made.json()["password"].as_str().unwrap().to_owned();
    let signs_in = json!({"name": "lan", "password": password});
    let request = || Request::post("/api/v1/session").header("content-type", "application/json");
    let signed = site.send_bare(request(), Body::from(signs_in.to_string())).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text());
    assert_eq!(post(&site, "accounts", &new).await.status, StatusCode::CONFLICT);

    let more = json!({"role": "investigator", "cameras": ["my-dinh"]});
    let changed = post(&site, "accounts/lan/grant", &more).await;
    assert_eq!(changed.json()["account"]["grants"].as_array().unwrap().len(), 2);
    let taken = post(&site, "accounts/lan/revoke", &more).await;
    assert_eq!(taken.json()["account"]["grants"][0]["role"], "duty", "{}", taken.text());
    assert_eq!(post(&site, "accounts/lan/revoke", &more).await.status, StatusCode::CONFLICT);
    for (slip, name) in [
        (json!({"role": "duty"}), "whole_site"),
        (json!({"role": "duty", "node": ["Phường Cửa nam"]}), "node"),
        (json!({"role": "duty", "cameras": ["nowhere"]}), "cameras"),
        (json!({"role": "duty", "whole_site": true, "node": ["Hà Nội"]}), "whole_site"),
    ] {
        let refused = post(&site, "accounts/lan/grant", &slip).await;
        assert_eq!(refused.json()["invalid-params"][0]["name"], name, "{}", refused.text());
    }

    let closed = post(&site, "accounts/lan/close", &json!({})).await;
    assert_eq!(closed.json()["account"]["closed"], true);
    let signed = site.send_bare(request(), Body::from(signs_in.to_string())).await;
    assert_eq!(signed.status, StatusCode::UNAUTHORIZED);
    let audit = site.json("/api/v1/audit?action=account_changed&object=lan").await;
    assert!(audit["entries"].as_array().unwrap().len() >= 4, "{audit:#}");
    assert!(!audit.to_string().contains(&password));
}

#[tokio::test]
async fn nobody_changes_their_own_account() {
    let site = Site::open();
    let own = site.json("/api/v1/me").await["name"].as_str().unwrap().to_owned();
    let more = json!({"role": "overseer", "whole_site": true});
    for change in ["grant", "revoke", "close", "open"] {
        let refused = post(&site, &format!("accounts/{own}/{change}"), &more).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{change}: {}", refused.text());
    }
    assert_eq!(post(&site, "accounts/no-one/close", &more).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_month_that_was_set_aside_is_told() {
    let site = Site::open();
    let aside = site.folder().join("index/ev_202601.db.damaged");
    std::fs::write(&aside, "damaged").unwrap();
    let health = site.json("/api/v1/health").await;
    assert_eq!(
        (&health["status"], &health["index"]["status"]),
        (&"degraded".into(), &"degraded".into())
    );
    let reasons = health["reasons"].as_array().unwrap();
    let is_told =
        |reason: &Value| reason.as_str().unwrap().contains("ev_202601.db.damaged is damaged");
    assert!(reasons.iter().any(is_told), "{reasons:?}");
}

#[tokio::test]
async fn officers_are_those_who_may_handle_alerts_where_one_may() {
    let site = Site::open();
    let health = site.json("/api/v1/health").await;
    assert_eq!(health["awaits_account"], true, "services alone sign nobody in");
    let ward = || Place::node("Phường Cửa Nam").unwrap();
    add_person(&site, "an", Role::Duty, Place::Site);
    add_person(&site, "binh", Role::Supervisor, ward());
    add_person(&site, "chi", Role::Investigator, Place::Site);
    add_person(&site, "dung", Role::Duty, Place::Cameras([camera("my-dinh")].into()));
    add_person(&site, "em", Role::Duty, Place::Site);
    site.index.accounts().set_disabled(&"em".parse().unwrap(), true).unwrap();
    let told = site.json("/api/v1/officers").await;
    let expected = json!([
        {"name": "an", "display_name": "AN", "whole_site": true},
        {"name": "binh", "display_name": "BINH", "whole_site": false},
        {"name": "dung", "display_name": "DUNG", "whole_site": false},
    ]);
    assert_eq!(told["officers"], expected);
    assert_eq!(site.json("/api/v1/health").await["awaits_account"], false);
}

#[tokio::test]
async fn the_trail_is_checked_from_its_first_entry() {
    let site = Site::open();
    site.json("/api/v1/audit").await;
    let told = site.json("/api/v1/audit/check").await;
    assert_eq!((&told["whole"], &told["problem"]), (&true.into(), &Value::Null), "{told:#}");
    assert_eq!((&told["entries"], &told["unsigned"]), (&2.into(), &2.into()), "its own too");
}

#[tokio::test]
async fn storage_says_how_far_back_footage_reaches_and_what_is_not_known() {
    let site = Site::open();
    let day = std::time::Duration::from_secs(86_400);
    let (main, sub) = (day * 30, day * 7);
    site.state.set_kept_for(KeptFor { main, sub, main_mean: main, sub_mean: sub });
    site.record();
    let told = site.json("/api/v1/storage").await;
    assert_eq!((&told["main_days"], &told["sub_days"]), (&json!(30.0), &json!(7.0)));
    let volume = &told["volumes"][0];
    assert_eq!(volume["oldest"], json!(BEGIN), "{told:#}");
    assert_eq!((&volume["bytes_per_day"], &volume["holds_days"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_scene_is_told_as_the_configuration_has_it() {
    let site = Site::open();
    let scene = json!({
        "zones": [{"name": "yard", "polygon": [[0.0, 0.5], [0.5, 0.5], [0.5, 1.0]]}],
        "tripwires": [],
        "rules": [{"kind": "intrusion", "id": "in-yard", "zone": "yard"}],
    });
    let mask = serde_json::from_value(json!([[0.0, 0.0], [0.25, 0.0], [0.25, 0.25]])).unwrap();
    site.state.set_desk(Desk {
        scenes: HashMap::from([(camera("cua-nam"), serde_json::from_value(scene).unwrap())]),
        masks: HashMap::from([(camera("cua-nam"), vec![mask])]),
        ..Desk::default()
    });
    let told = site.json("/api/v1/cameras/cua-nam/scene").await;
    assert_eq!(told["scene"]["zones"][0]["name"], "yard");
    assert_eq!(told["scene"]["rules"][0]["kind"], "intrusion");
    assert_eq!(told["masks"], json!([[[0.0, 0.0], [0.25, 0.0], [0.25, 0.25]]]));
    // Those who search are told the names; a camera without rules and speeds is left out.
    let rules = site.json("/api/v1/rules").await;
    let named = json!({"camera": "cua-nam", "is_calibrated": false, "rules": [{"id": "in-yard", "kind": "intrusion"}]});
    assert_eq!(rules["cameras"], json!([named]));
    let other = site.json("/api/v1/cameras/my-dinh/scene").await;
    assert_eq!((&other["scene"]["rules"], &other["masks"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_camera_is_tried_before_it_is_configured() {
    let site = Site::open();
    let trial = json!({"url": "rtsp://10.0.0.1/s", "username": "u", "password": "p"});
    let tried = post(&site, "connection-tests", &trial).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.text());
    assert_eq!((&tried.json()["state"], &tried.json()["codec"]), (&"down".into(), &Value::Null));
    for (slip, name) in [
        (json!({"url": "http://10.0.0.1/"}), "url"),
        (json!({"url": "rtsp://10.0.0.1/s", "username": "u"}), "password"),
        (json!({"url": "rtsp://10.0.0.1/s", "more": 1}), "body"),
    ] {
        let refused = post(&site, "connection-tests", &slip).await;
        assert_eq!(refused.json()["invalid-params"][0]["name"], name, "{}", refused.text());
    }
}
