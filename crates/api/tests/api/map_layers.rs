//! What the site draws on its map: listed, fetched when it is shown, taken over by a reload.

use api::MapLayer;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::site::Site;

/// A layer that every site of these tests has: a road along a parallel.
pub(crate) fn closed_roads(lat: f64) -> MapLayer {
    let road = json!({"type": "FeatureCollection", "features": [{
        "type": "Feature",
        "properties": {"name": "Phố Hàng Bài", "since": "2026-01-01"},
        "geometry": {"type": "LineString", "coordinates": [[105.853, lat], [105.854, lat]]},
    }]});
    let drawing = places::map_layer::read(&road.to_string()).unwrap();
    let id = "closed-roads".parse().unwrap();
    MapLayer::new(id, "Đường cấm".to_owned(), Some("Closed roads".to_owned()), drawing)
}

async fn listed(site: &Site) -> Value {
    site.json("/api/v1/map/layers").await["layers"].clone()
}

#[tokio::test]
async fn a_layer_is_listed_with_its_names_and_fetched_as_geojson() {
    let site = Site::open();
    let layers = listed(&site).await;
    assert_eq!(
        (&layers[0]["id"], &layers[0]["name"], &layers[0]["name_en"], &layers[0]["features"]),
        (&json!("closed-roads"), &json!("Đường cấm"), &json!("Closed roads"), &json!(1))
    );
    let fetched = site.send(Request::get("/api/v1/map/layers/closed-roads")).await;
    assert_eq!(fetched.header("content-type"), "application/geo+json");
    let drawn = fetched.json();
    assert_eq!(drawn["features"][0]["properties"], json!({"name": "Phố Hàng Bài"}));
    let missing = site.send(Request::get("/api/v1/map/layers/posts")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn its_revision_changes_with_what_it_draws_alone() {
    let site = Site::open();
    let before = listed(&site).await[0]["revision"].clone();
    site.state.set_map_layers(vec![closed_roads(21.0252)]);
    assert_eq!(listed(&site).await[0]["revision"], before);
    site.state.set_map_layers(vec![closed_roads(21.0281)]);
    assert_ne!(listed(&site).await[0]["revision"], before);
    site.state.set_map_layers(Vec::new());
    assert_eq!(listed(&site).await, json!([]));
}
