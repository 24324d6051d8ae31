//! The operator changes the configuration of a running site: what did not change goes on.

use std::net::TcpListener;
use std::time::Duration;

use simulator::{Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, footage, recorded_camera};

#[tokio::test(flavor = "multi_thread")]
async fn cameras_come_and_go_without_disturbing_the_others() {
    let mount = |name: &str| Mount::new(format!("/{name}/main"), footage("vtest-h264.mp4"));
    let mounts = ["stays", "goes", "comes"].map(mount).to_vec();
    let simulator = Simulator::start(SimulatorConfig::new(mounts)).unwrap();
    let camera = |name: &str| recorded_camera(name, &simulator.url(&format!("/{name}/main")));
    let mut site = Site::new(false, &[camera("stays"), camera("goes")].concat());
    site.start();
    for name in ["stays", "goes"] {
        site.wait_for_state(name, "up", Duration::from_secs(10)).await;
    }

    site.configure(
        false,
        &[camera("stays"), "[[camera]]\nid = \"Not A Name\"\n".to_owned()].concat(),
    );
    site.hang_up();
    let refusal = site.wait_for_log("not reloaded", Duration::from_secs(10));
    assert!(refusal.contains("is not a valid name"), "{refusal}");
    assert_eq!(site.state("goes", "main").await, "up");

    site.configure(false, &[camera("stays"), camera("comes")].concat());
    site.hang_up();
    site.wait_for_log("configuration reloaded", Duration::from_secs(10));
    site.wait_for_state("comes", "up", Duration::from_secs(10)).await;
    assert_eq!(site.ask("/api/v1/cameras/goes").await.0, 404);
    assert_eq!(simulator.status("/goes/main").unwrap().sessions, 0);
    assert_eq!(simulator.status("/stays/main").unwrap().sessions_started, 1);
    let (status, log) = site.stop();
    assert!(status.success(), "{log:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_checked_beside_the_running_service() {
    let mut site = Site::new(false, &recorded_camera("gate", "rtsp://127.0.0.1:1/gate"));
    site.keep_address();
    site.start();
    let check = || {
        let config = site.config();
        let checked = site.command(&["check", "--config", config.to_str().unwrap()]).output();
        let checked = checked.unwrap();
        (checked.status.success(), String::from_utf8(checked.stdout).unwrap())
    };
    let (is_good, said) = check();
    let address = site.api.trim_start_matches("http://");
    let note = format!("api.listen: not tried, as the running service holds {address}");
    assert!(is_good && said.contains(&note), "{said}");

    let foreign = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = foreign.local_addr().unwrap();
    let text = std::fs::read_to_string(site.config()).unwrap();
    let restream = format!("{text}[restream]\nlisten = \"{taken}\"\n");
    std::fs::write(site.config(), restream).unwrap();
    let (is_good, said) = check();
    let mistake = format!("restream.listen: cannot listen on {taken}");
    assert!(!is_good && said.contains(&mistake) && said.contains(&note), "{said}");

    // At rest nobody of ours holds it: whoever does is another.
    std::fs::write(site.config(), &text).unwrap();
    let at = address.to_owned();
    site.stop();
    let foreign = TcpListener::bind(&at).unwrap();
    let checked = site.command(&["check", "--config", site.config().to_str().unwrap()]).output();
    let said = String::from_utf8(checked.unwrap().stdout).unwrap();
    assert!(said.contains(&format!("api.listen: cannot listen on {at}")), "{said}");
    drop(foreign);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_how_long_does_not_change_unseen() {
    let camera = |id: &str| recorded_camera(id, "rtsp://127.0.0.1:1/gate");
    let both = [camera("gate"), camera("yard")].concat();
    let mut site = Site::new(false, &both);
    site.start();
    let changes = async |site: &Site| {
        let trail = site.get("/api/v1/audit?action=policy_changed").await;
        let entries = trail["entries"].as_array().unwrap().clone();
        let told = |entry: &serde_json::Value| {
            let detail = entry["detail"].as_str().unwrap();
            let detail: serde_json::Value = serde_json::from_str(detail).unwrap();
            let change = [&detail["setting"], &detail["from"], &detail["to"]];
            (entry["object"].as_str().unwrap().to_owned(), change.map(ToString::to_string))
        };
        entries.iter().rev().map(told).collect::<Vec<_>>()
    };
    assert!(changes(&site).await.is_empty(), "nothing was otherwise before");
    let days = |from: &str, to: &str| ["\"retention.main_days\"", from, to].map(str::to_owned);
    site.configure(false, &format!("{both}[retention]\nmain_days = 10\n"));
    site.hang_up();
    site.wait_for_log("configuration reloaded", Duration::from_secs(10));
    let shorter = ("gate, yard".to_owned(), days("30.0", "10.0"));
    assert_eq!(changes(&site).await, std::slice::from_ref(&shorter));
    // Nobody changes it behind the service's back, either.
    site.stop();
    let own = format!("{}retention = {{ main_days = 5 }}\n{}", camera("gate"), camera("yard"));
    let roles = "[privacy]\nunmasked_roles = [\"investigator\"]\n";
    site.configure(false, &format!("{own}[retention]\nmain_days = 10\n{roles}"));
    site.start();
    let unmasked = ["\"privacy.unmasked_roles\"", "[]", "[\"investigator\"]"].map(str::to_owned);
    let expected =
        [shorter, ("site".to_owned(), unmasked), ("gate".to_owned(), days("10.0", "5.0"))];
    assert_eq!(changes(&site).await, expected);
}
