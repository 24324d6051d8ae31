//! Partners across the network are told over TLS: one by webhook, one by a real broker, Debian's
//! mosquitto. The service dies, the broker is stopped and started again: both end with every event.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Site, eventually};
use crate::house::House;
use crate::mosquitto::Mosquitto;
use crate::notifications::{Partner, SECRET, store};

/// Returns a target's settings that name the files of `house`.
fn secure(house: &House, settings: &str) -> String {
    let file = |name: &str| house.path(name).display().to_string();
    format!(
        "[[notify]]\n{settings}ca_file = \"{}\"\ncertificate_file = \"{}\"\nkey_file = \"{}\"\n",
        file("ca.pem"),
        file("watchpost.pem"),
        file("watchpost.key"),
    )
}

async fn target(site: &Site, id: &str) -> Value {
    // The program answers before it has read its targets.
    eventually("the target is listed", Duration::from_secs(60), async || {
        let body = site.get("/api/v1/notifications").await;
        let targets = body["targets"].as_array().cloned().unwrap_or_default();
        targets.into_iter().find(|target| target["id"] == id)
    })
    .await
}

async fn wait_until_settled(site: &Site, id: &str, cursor: u64) {
    let what = format!("{id} has everything up to {cursor}");
    eventually(&what, Duration::from_secs(60), async || {
        (target(site, id).await["cursor"] == cursor).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_behind_tls_ends_with_every_event() {
    let house = House::new();
    let (partner, address) = Partner::start().await;
    let address = house.front(address).await;
    let webhook = format!(
        "id = \"partner\"\nkind = \"webhook\"\nurl = \"https://{address}/hook\"\n\
         secret_file = \"secret\"\n"
    );
    let mut site = Site::new(false, &secure(&house, &webhook));
    std::fs::write(site.folder().join("secret"), SECRET).unwrap();
    site.start();
    assert!(site.stop().0.success());
    store(&site, 20);
    site.start();
    wait_until_settled(&site, "partner", 20).await;
    assert_eq!(partner.taken_of("yard").len(), 10);

    // Somebody else's authority: the operator is told why nothing gets through; once it is mended
    // and the configuration read again, everything does.
    let stranger = House::new();
    site.configure(false, &secure(&stranger, &webhook));
    site.kill();
    store(&site, 20);
    site.start();
    eventually("the reason is told", Duration::from_secs(60), async || {
        let target = target(&site, "partner").await;
        let told = target["last_error"].as_str().unwrap_or_default();
        (target["state"] == "retrying" && told.contains("invalid peer certificate")).then_some(())
    })
    .await;
    assert_eq!(partner.taken_of("yard").len(), 10);
    site.configure(false, &secure(&house, &webhook));
    site.hang_up();
    wait_until_settled(&site, "partner", 40).await;
    assert_eq!(partner.taken_of("yard").len() + partner.taken_of("gate").len(), 40);
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_broker_ends_with_every_event_though_it_was_away() {
    let Some(mut broker) = Mosquitto::new() else { return };
    broker.start().await;
    let partner = broker.subscribe("partner").await;
    let settings =
        format!("id = \"broker\"\nkind = \"mqtt\"\nurl = \"mqtts://127.0.0.1:{}\"\n", broker.port);
    let mut site = Site::new(false, &secure(&broker.house, &settings));
    site.start();
    assert!(site.stop().0.success());
    store(&site, 20);
    site.start();
    wait_until_settled(&site, "broker", 20).await;

    site.kill();
    broker.stop();
    store(&site, 20);
    site.start();
    eventually("it is missed", Duration::from_secs(60), async || {
        (target(&site, "broker").await["state"] == "retrying").then_some(())
    })
    .await;
    broker.start().await;
    wait_until_settled(&site, "broker", 40).await;
    eventually("the partner has all", Duration::from_secs(60), async || {
        let all = partner.sequences();
        let has = |sequence: u64| all.iter().any(|(_, one)| *one == sequence);
        (1..=40).all(has).then_some(())
    })
    .await;
    let topics = partner.sequences();
    let is_documented = |(topic, _): &(String, u64)| {
        ["watchpost/test/gate/intrusion", "watchpost/test/yard/intrusion"].contains(&topic.as_str())
    };
    assert!(topics.iter().all(is_documented), "{topics:?}");
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}
