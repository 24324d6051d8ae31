//! What goes wrong with one camera is named within ten seconds, disturbs no other, and heals.

use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;
use simulator::{Auth, Fault, Mount, Simulator, SimulatorConfig};

use crate::harness::{Site, eventually, footage};

/// How soon a fault must be named.
const NAMED_WITHIN: Duration = Duration::from_secs(10);
/// How soon a camera must be back: what a person has to mend is tried once a minute.
const HEALED_WITHIN: Duration = Duration::from_secs(75);

struct Street {
    simulator: Simulator,
    site: Site,
    from: Timestamp,
}

impl Street {
    /// Two cameras, `ill` and `well`, both up and recorded for some seconds.
    async fn open() -> Self {
        let mount = |name: &str| {
            Mount::new(format!("/{name}/main"), footage("vtest-h264.mp4")).credentials(
                Auth::Digest,
                "duty",
                "a-good-password",
            )
        };
        let config = SimulatorConfig::new(vec![mount("ill"), mount("well")]);
        let simulator = Simulator::start(config).unwrap();
        let camera = |name: &str| {
            format!(
                "[[camera]]\nid = \"{name}\"\nname = \"{name}\"\nusername = \"duty\"\n\
                 password_file = \"password\"\nmain = {{ url = \"{}\" }}\n",
                simulator.url(&format!("/{name}/main"))
            )
        };
        let mut site = Site::new(false, &[camera("ill"), camera("well")].concat());
        std::fs::write(site.folder().join("password"), "a-good-password\n").unwrap();
        let from = Timestamp::from_micros(simulator.now_us());
        site.start();
        for name in ["ill", "well"] {
            site.wait_for_state(name, "up", NAMED_WITHIN).await;
            let what = format!("{name} is recorded");
            let recorded = || async { (recorded_s(&site, name, from).await > 2.0).then_some(()) };
            eventually(&what, Duration::from_secs(15), recorded).await;
        }
        Self { simulator, site, from }
    }

    fn fault(&self, fault: Fault) {
        self.simulator.fault("/ill/main", fault).unwrap();
    }

    async fn named(&self, state: &str) {
        self.site.wait_for_state("ill", state, NAMED_WITHIN).await;
    }

    async fn gap(&self, cause: &str) {
        let what = format!("a gap says {cause}");
        let told =
            || async { self.causes("ill").await.iter().any(|told| told == cause).then_some(()) };
        eventually(&what, NAMED_WITHIN, told).await;
    }

    async fn causes(&self, camera: &str) -> Vec<String> {
        let body = recordings(&self.site, camera, self.from).await;
        let gaps = body["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["cause"].as_str().unwrap().to_owned()).collect()
    }

    /// Ends the fault: the camera comes back by itself and is recorded again; the other one never
    /// noticed; no secret was told.
    async fn heals(mut self) {
        let before = recorded_s(&self.site, "ill", self.from).await;
        self.simulator.clear("/ill/main").unwrap();
        self.site.wait_for_state("ill", "up", HEALED_WITHIN).await;
        let grows = || async {
            (recorded_s(&self.site, "ill", self.from).await > before + 1.0).then_some(())
        };
        eventually("ill is recorded again", Duration::from_secs(20), grows).await;
        let well = self.site.get("/api/v1/cameras/well").await;
        let stream = &well["properties"]["streams"][0];
        assert_eq!(stream["state"], "up");
        assert_eq!(stream["reconnects"], 0);
        // A stream's time begins with its first picture; nothing may be missing after it.
        assert_eq!(self.causes("well").await, Vec::<String>::new());
        let (status, log) = self.site.stop();
        assert!(status.success(), "{log:#?}");
        assert!(!log.join("\n").contains("a-good-password"), "the log tells the password");
    }
}

async fn recordings(site: &Site, camera: &str, from: Timestamp) -> Value {
    let end = from.plus(Duration::from_secs(3600 * 20));
    site.get(&format!("/api/v1/cameras/{camera}/recordings?start={from}&end={end}")).await
}

async fn recorded_s(site: &Site, camera: &str, from: Timestamp) -> f64 {
    recordings(site, camera, from).await["recorded_s"].as_f64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_an_event_and_stands_on_the_camera_until_it_is_over() {
    let street = Street::open().await;
    let troubles = || async {
        let camera = street.site.get("/api/v1/cameras/ill").await;
        camera["properties"]["troubles"].as_array().unwrap().clone()
    };
    street.fault(Fault::Stall);
    let shown = || async { troubles().await.into_iter().find(|one| one["kind"] == "no_picture") };
    let trouble = eventually("the trouble stands on the camera", 2 * NAMED_WITHIN, shown).await;
    let stored = || async {
        let page = street.site.get("/api/v1/events?kind=no_picture,signal_lost").await;
        page["events"].as_array().unwrap().first().cloned()
    };
    let event = eventually("the trouble is an event", NAMED_WITHIN, stored).await;
    assert_eq!((&event["camera"], &event["kind"]), (&"ill".into(), &"no_picture".into()));
    assert_eq!((&event["source"]["kind"], &event["severity"]), (&"watch".into(), &2.into()));
    assert_eq!(event["time"], trouble["since"]);
    let alert_path = format!("/api/v1/events/{}/alert", event["id"].as_str().unwrap());
    let alert = || async {
        let (status, alert) = street.site.ask(&alert_path).await;
        (status == 200).then_some(alert)
    };
    let alert_of_it = eventually("the trouble is an alert", NAMED_WITHIN, alert).await;
    assert_eq!((&alert_of_it["condition"], &alert_of_it["count"]), (&"active".into(), &1.into()));
    street.simulator.clear("/ill/main").unwrap();
    let over = || async { troubles().await.is_empty().then_some(()) };
    eventually("the camera is well again", HEALED_WITHIN, over).await;
    let cleared = || async { alert().await.filter(|alert| alert["condition"] == "cleared") };
    let cleared = eventually("the alert is cleared", NAMED_WITHIN, cleared).await;
    let page = street.site.get("/api/v1/events?kind=no_picture_over").await;
    assert_eq!(page["events"][0]["time"], cleared["cleared"]);
    assert_eq!(page["events"][0]["id"], cleared["last_event"]);
    // Once, and of this camera alone.
    let page = street.site.get("/api/v1/events?kind=no_picture,signal_lost,frozen").await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1, "{page:#}");
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_stops_sending() {
    let street = Street::open().await;
    street.fault(Fault::Stall);
    street.named("no_picture").await;
    street.gap("no_picture").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_sends_the_same_picture_again_and_again() {
    let street = Street::open().await;
    street.fault(Fault::Freeze);
    street.named("no_picture").await;
    street.gap("no_picture").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_whose_pictures_do_not_advance() {
    let street = Street::open().await;
    street.fault(Fault::FrozenTime);
    street.gap("no_picture").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_lost_on_the_way() {
    let street = Street::open().await;
    street.fault(Fault::Drop { percent: 10.0 });
    street.gap("packet_loss").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut() {
    let street = Street::open().await;
    street.fault(Fault::Cut);
    street.gap("disconnected").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_refuses_connections() {
    let street = Street::open().await;
    street.fault(Fault::Refuse);
    street.named("down").await;
    street.gap("disconnected").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_never_answers() {
    let street = Street::open().await;
    street.fault(Fault::BlackHole);
    street.named("no_picture").await;
    street.gap("no_picture").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_changed() {
    let street = Street::open().await;
    street.fault(Fault::WrongPassword);
    street.named("misconfigured").await;
    street.gap("misconfigured").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_gone() {
    let street = Street::open().await;
    street.fault(Fault::NotFound);
    street.named("misconfigured").await;
    street.gap("misconfigured").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_whose_clock_jumps() {
    let street = Street::open().await;
    street.fault(Fault::ClockJump { seconds: 30.0 });
    street.gap("clock_jump").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_whose_clock_is_set() {
    let street = Street::open().await;
    street.fault(Fault::ClockStep { seconds: 30.0 });
    street.gap("clock_jump").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_sends_garbage() {
    let street = Street::open().await;
    street.fault(Fault::Garbage);
    street.gap("garbage").await;
    street.heals().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_changes_its_resolution() {
    let street = Street::open().await;
    street.fault(Fault::ChangeResolution { file: footage("vtest-h264-sub.mp4") });
    let sizes = || async {
        let camera = street.site.get("/api/v1/cameras/ill").await;
        (camera["properties"]["streams"][0]["width"] == 512).then_some(())
    };
    eventually("the new size is seen", NAMED_WITHIN, sizes).await;
    street.heals().await;
}
