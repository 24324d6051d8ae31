//! Who may ask what, and of which cameras: every operation of the document, asked by nobody and by
//! every role inside and outside of its place. An operation that is not in the table below fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use domain::{
    AccountName, Alert, Attributes, Bbox, Class, Event, EventId, Grant, Place, Role, TimeRange,
    Track, TrackId, TrackPoint, TrackSource,
};
use index::{
    Case, CaseMark, ExportStage, FoldedEvents, HoldAct, HoldDraft, Marked, PurposeDraft,
    SavedSearchDraft, ShelvingDraft, UnmaskingDraft,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use crate::site::{BEGIN, Site, camera, event, export_job, give_token, main_stream};

/// What an operation is expected to need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Needs {
    Nothing,
    SignedIn,
    Source,
    /// One of these roles; it then speaks of the cameras of their places.
    Place(&'static [Role]),
    /// One of these roles over the whole site.
    Site(&'static [Role]),
}

use Role::{Administrator, Duty, Investigator, Overseer, Supervisor};

const FOLLOW: Needs = Needs::Place(&[Duty, Supervisor]);
const SEARCH: Needs = Needs::Place(&[Investigator]);
const EVENT: Needs = Needs::Place(&[Duty, Supervisor, Investigator]);
const CAMERA: Needs = Needs::Place(&[Duty, Supervisor, Investigator, Administrator]);

/// Every operation there is, by its id.
const EXPECTED: [(&str, Needs); 96] = [
    ("sign_in", Needs::Nothing),
    ("sign_out", Needs::SignedIn),
    ("me", Needs::SignedIn),
    ("change_own_password", Needs::SignedIn),
    ("accounts", Needs::Site(&[Administrator])),
    ("add_account", Needs::Site(&[Administrator])),
    ("change_account", Needs::Site(&[Administrator])),
    ("event_feed", FOLLOW),
    ("search_events", SEARCH),
    ("event_histogram", SEARCH),
    ("event", EVENT),
    ("event_still", EVENT),
    ("event_clip", FOLLOW),
    ("alerts", FOLLOW),
    ("alert_feed", FOLLOW),
    ("stream", FOLLOW),
    ("alert", EVENT),
    ("alert_events", EVENT),
    ("event_alert", EVENT),
    ("act_on_alert", FOLLOW),
    ("act_on_alerts", FOLLOW),
    ("shelvings", FOLLOW),
    ("shelve_rule", FOLLOW),
    ("end_shelving", FOLLOW),
    ("officers", FOLLOW),
    ("alert_stats", Needs::Site(&[Duty, Supervisor])),
    ("verdicts", Needs::Site(&[Duty, Supervisor])),
    ("shift", Needs::Site(&[Duty, Supervisor])),
    ("hand_over_shift", Needs::Site(&[Duty, Supervisor])),
    ("sign_handover", Needs::Site(&[Duty, Supervisor])),
    ("shift_report", Needs::Site(&[Duty, Supervisor])),
    ("shift_figures", Needs::Site(&[Duty, Supervisor])),
    ("open_case", EVENT),
    ("cases", EVENT),
    ("case", EVENT),
    ("mark_case", EVENT),
    ("case_playlist", SEARCH),
    ("purposes", SEARCH),
    ("state_purpose", SEARCH),
    ("take_up_purpose", SEARCH),
    ("current_purpose", SEARCH),
    ("holds", Needs::Place(&[Investigator, Supervisor])),
    ("place_hold", SEARCH),
    ("ask_to_lift_hold", SEARCH),
    ("lift_hold", Needs::Place(&[Investigator, Supervisor])),
    ("order_export", SEARCH),
    ("exports", Needs::Place(&[Investigator, Supervisor])),
    ("export", Needs::Place(&[Investigator, Supervisor])),
    ("decide_export", Needs::Place(&[Supervisor])),
    ("export_package", SEARCH),
    ("ask_to_unmask", SEARCH),
    ("unmaskings", Needs::Place(&[Investigator, Supervisor])),
    ("decide_unmasking", Needs::Place(&[Supervisor])),
    ("audit", Needs::Site(&[Supervisor, Overseer])),
    ("audit_head", Needs::Site(&[Supervisor, Overseer])),
    ("audit_check", Needs::Site(&[Supervisor, Overseer])),
    ("post_finding", Needs::Source),
    ("put_signal", Needs::Source),
    ("post_call", Needs::Source),
    ("call_state", Needs::Source),
    ("incident", EVENT),
    ("cameras", CAMERA),
    ("camera", CAMERA),
    ("camera_scene", Needs::Place(&[Investigator, Administrator])),
    ("rules", Needs::Place(&[Investigator, Administrator])),
    ("test_connection", Needs::Site(&[Administrator])),
    ("places", CAMERA),
    ("place", CAMERA),
    ("map_layers", CAMERA),
    ("map_layer", CAMERA),
    ("coverage", CAMERA),
    ("recordings", SEARCH),
    ("clip", SEARCH),
    ("playlist", SEARCH),
    ("segment", SEARCH),
    // Of a moment that has passed; see below for now.
    ("frame", SEARCH),
    ("live", FOLLOW),
    ("live_playlist", FOLLOW),
    ("live_piece", FOLLOW),
    ("thumbnail", SEARCH),
    ("sprite", SEARCH),
    ("sprite_sheet", SEARCH),
    ("tracks", SEARCH),
    ("timeline", SEARCH),
    ("replay", SEARCH),
    ("search_region", SEARCH),
    ("region_search", SEARCH),
    ("cancel_region_search", SEARCH),
    ("saved_searches", SEARCH),
    ("save_search", SEARCH),
    ("forget_search", SEARCH),
    ("notifications", Needs::Site(&[Administrator, Supervisor])),
    ("retry_notifications", Needs::Site(&[Administrator])),
    ("storage", Needs::Site(&[Administrator, Supervisor])),
    ("health", Needs::Nothing),
    ("openapi", Needs::Nothing),
];

/// Where the callers' places are, and what lies outside of them.
pub(crate) const INSIDE: &str = "cua-nam";
pub(crate) const OUTSIDE: &str = "my-dinh";
const SPAN: &str = "start=2026-03-01T00:30:00Z&end=2026-03-01T00:30:10Z";

/// A site with the same at both cameras, a while ago.
pub(crate) struct Seeded {
    pub(crate) site: Site,
    events: Vec<Event>,
    /// Numbers what must be new each time.
    numbers: AtomicU64,
    /// A case with something of both cameras in it.
    case: i64,
}

impl Seeded {
    pub(crate) fn new() -> Self {
        Self::on(Site::open())
    }

    /// The same on a site on which something may have happened before.
    pub(crate) fn on(site: Site) -> Self {
        site.record_at(INSIDE);
        site.record_at(OUTSIDE);
        let events: Vec<Event> = (1..=6).map(event).collect();
        let sequences = site.index.append_events(events.clone()).unwrap();
        let of = |id: &str| events.iter().find(|event| event.draft.camera == camera(id)).unwrap();
        let alone = [INSIDE, OUTSIDE].map(|id| Alert::raised(of(id)));
        // Raised outside, then seen inside too.
        let mut shared = Alert::raised(&events[2]);
        shared.cameras = vec![camera(OUTSIDE), camera(INSIDE)];
        (shared.count, shared.last_event) = (2, events[3].id);
        assert_eq!(events[2].draft.camera, camera(OUTSIDE));
        let [inside, outside] = &alone;
        let folded = FoldedEvents {
            events: vec![
                (outside.id, sequences[0]),
                (inside.id, sequences[1]),
                (shared.id, sequences[2]),
                (shared.id, sequences[3]),
            ],
            alerts: vec![outside.clone(), inside.clone(), shared],
            cursor: sequences[5],
            ..FoldedEvents::default()
        };
        site.index.settle_alerts(&folded).unwrap();
        site.index.append_tracks(vec![walker(1, INSIDE), walker(2, OUTSIDE)]).unwrap();
        let by: AccountName = "seed".parse().unwrap();
        let case = Case { id: 0, number: "0".into(), title: "x".into(), by: by.clone(), at: BEGIN };
        let case = site.index.open_case(&case, &[]).unwrap().unwrap();
        let range = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
        let put = |marked| CaseMark {
            marked,
            beside: Vec::new(),
            note: String::new(),
            by: by.clone(),
            at: BEGIN,
        };
        for (id, alert) in [(INSIDE, inside.id), (OUTSIDE, outside.id)] {
            let footage = put(Marked::Footage(camera(id), range));
            assert!(site.index.mark_case(case, &footage).unwrap());
            assert!(site.index.mark_case(case, &put(Marked::Alert(alert))).unwrap());
        }
        site.index.flush().unwrap();
        site.state.unmask_for(&[Investigator]);
        site.clock.advance(Duration::from_secs(3600));
        Self { site, events, numbers: AtomicU64::new(1), case }
    }

    fn event_of(&self, id: &str) -> String {
        let found = self.events.iter().find(|event| event.draft.camera.as_str() == id);
        found
            .map_or("0190b6d0-0000-7000-8000-000000000000".to_owned(), |event| event.id.to_string())
    }

    /// Returns the incident near a camera, opened when first asked for.
    fn incident_of(&self, id: &str) -> String {
        let cameras = crate::site::cameras();
        let Some(near) = cameras.iter().find(|camera| camera.id.as_str() == id) else {
            return uuid::Uuid::nil().to_string();
        };
        crate::calls::opened(&self.site, id, near.location).to_string()
    }

    fn segment_of(&self, id: &str) -> i64 {
        let all = domain::TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(60)) };
        let segments = self.site.index.segments(&main_stream(id), all).unwrap();
        segments.first().map_or(999_999, |segment| segment.id.0)
    }

    fn token(&self, role: Role, place: Place) -> String {
        let number = self.site.index.accounts().list().unwrap().len();
        let grant = Grant { role, place };
        give_token(&self.site.index, &format!("{role}-{number}"), &[grant])
    }

    /// Returns whose token it is.
    fn name_of(&self, token: Option<&str>) -> Option<AccountName> {
        let hash = Sha256::digest(token?).into();
        let found = self.site.index.accounts().token(&hash, BEGIN).unwrap();
        found.map(|identity| identity.name)
    }

    /// States a purpose as the one who asks; 0 if they may not.
    fn purpose_of(&self, token: Option<&str>) -> u64 {
        let Some(owner) = self.name_of(token) else { return 0 };
        let now = domain::Clock::now(&*self.site.clock);
        let draft = PurposeDraft {
            owner,
            case: "1".into(),
            reason: "x".into(),
            legal_basis: None,
            stated: now,
            expires: now.plus(Duration::from_secs(60)),
        };
        self.site.index.custody().state_purpose(&draft, evidence::chain::link).unwrap().id
    }

    /// Makes an export of the one who asks in which a second person was needed, and returns its id.
    fn export_of(&self, id: &str, token: Option<&str>) -> String {
        let path = self.site.folder().join("package.zip");
        std::fs::write(&path, b"PK").unwrap();
        let stage = ExportStage::Done { bytes: 2, key: [7; 32], warnings: Vec::new() };
        let operator = self.name_of(token).unwrap_or_else(|| "seed".parse().unwrap());
        let mut job = export_job(&operator, &[id], stage);
        (job.path, job.stored.export.second_needed) = (path, true);
        self.push(job)
    }

    /// Makes an export of somebody else that waits for a second person, and returns its id.
    fn asked_export_of(&self, id: &str) -> String {
        self.push(export_job(&"seed".parse().unwrap(), &[id], ExportStage::Asked))
    }

    fn push(&self, job: api::ExportJob) -> String {
        let id = job.stored.export.id.to_string();
        self.site.exports.jobs.lock().unwrap().push(job);
        id
    }

    /// Saves a search as the one who asks, and returns its number; 0 if there is none.
    fn search_of(&self, id: &str, token: Option<&str>) -> u64 {
        let Some(owner) = self.name_of(token) else { return 0 };
        let draft = SavedSearchDraft {
            owner,
            name: "to be forgotten".into(),
            query: format!("cameras={id}"),
            is_shared: false,
            saved: BEGIN,
        };
        self.site.index.save_search(&draft).unwrap().id
    }

    /// Begins a region search as the one who asks, waits for its end and returns its id; another if
    /// they may not.
    async fn region_of(&self, id: &str, token: Option<&str>) -> String {
        let nothing = uuid::Uuid::nil().to_string();
        let Some(token) = token else { return nothing };
        let body = json!({
            "camera": id, "region": [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0]],
            "start": BEGIN, "end": BEGIN.plus(Duration::from_secs(60)),
        });
        let bearer = format!("Bearer {token}");
        let request = Request::post("/api/v1/region-searches").header("authorization", &bearer);
        let begun = self.site.send_bare(request, Body::from(body.to_string())).await;
        if begun.status != StatusCode::ACCEPTED {
            return nothing;
        }
        self.ended(begun.header("location"), token).await
    }

    /// Waits for the end of the region search at `location`, and returns its id.
    async fn ended(&self, location: &str, token: &str) -> String {
        loop {
            let request = Request::get(location).header("authorization", format!("Bearer {token}"));
            let told = self.site.send_bare(request, Body::empty()).await.json();
            if told["ended"].is_string() {
                return told["id"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Has somebody else ask to look under the masks of a camera that there is; returns its number.
    fn unmasking_of(&self, id: &str) -> u64 {
        if ![INSIDE, OUTSIDE].contains(&id) {
            return 999_999;
        }
        let owner: AccountName = "seed".parse().unwrap();
        let now = domain::Clock::now(&*self.site.clock);
        let purpose = PurposeDraft {
            owner: owner.clone(),
            case: "1".into(),
            reason: "x".into(),
            legal_basis: None,
            stated: now,
            expires: now.plus(Duration::from_secs(3600)),
        };
        let mut custody = self.site.index.custody();
        let purpose = custody.state_purpose(&purpose, evidence::chain::link).unwrap();
        let lasts = Duration::from_secs(60);
        let draft = UnmaskingDraft { owner, purpose, cameras: vec![camera(id)], lasts, asked: now };
        custody.ask_to_unmask(&draft, evidence::chain::link).unwrap().id
    }

    /// Shelves a rule at a camera that there is, and returns the shelving's number.
    fn shelving_of(&self, id: &str) -> u64 {
        if ![INSIDE, OUTSIDE].contains(&id) {
            return 999_999;
        }
        let now = domain::Clock::now(&*self.site.clock);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let draft = ShelvingDraft {
            rule: format!("s-{number}").parse().unwrap(),
            camera: camera(id),
            until: now.plus(Duration::from_secs(60)),
            reason: "x".into(),
            by: "seed".parse().unwrap(),
            at: now,
        };
        self.site.index.begin_shelving(&draft, |_| None, evidence::chain::link).unwrap().id
    }

    /// Places a hold on a camera that there is, asks that it be lifted if `lifting`, and returns
    /// its number.
    fn hold_of(&self, id: &str, lifting: bool) -> u64 {
        if ![INSIDE, OUTSIDE].contains(&id) {
            return 999_999;
        }
        let by: AccountName = "seed".parse().unwrap();
        let draft = HoldDraft {
            case: "1".into(),
            reason: "x".into(),
            cameras: vec![camera(id)],
            start: BEGIN,
            end: None,
            until: None,
            by: by.clone(),
            at: BEGIN,
        };
        let mut custody = self.site.index.custody();
        let hold = custody.place_hold(&draft, evidence::chain::link).unwrap().id;
        if lifting {
            let act = HoldAct { by, at: BEGIN };
            custody.ask_to_lift_hold(hold, &act, "x", evidence::chain::link).unwrap();
        }
        hold
    }

    /// Returns what is sent along with an operation.
    fn body_of(&self, operation: &Operation, id: &str, token: Option<&str>) -> Value {
        let end = BEGIN.plus(Duration::from_secs(3600));
        let alert: EventId = self.event_of(id).parse().unwrap();
        let stored = self.site.index.alert(alert).unwrap();
        let version = stored.map_or(0, |stored| stored.handling.version);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        match operation.id.as_str() {
            "replay" => json!({
                "scene": {
                    "tripwires": [{"name": "middle", "line": [[0.5, 1.0], [0.5, 0.0]]}],
                    "rules": [{"kind": "line_crossing", "id": "late", "tripwire": "middle"}],
                },
                "cameras": [id], "start": BEGIN, "end": end,
            }),
            "sign_in" => json!({"name": "nobody", "password": "nothing"}),
            "act_on_alert" => json!({"version": version, "text": "x"}),
            "act_on_alerts" => {
                json!({"action": "ack", "items": [{"alert": alert.to_string(), "version": version}]})
            }
            "open_case" => json!({"number": format!("n-{number}"), "title": "x"}),
            "mark_case" => json!({"camera": id, "start": BEGIN, "end": end}),
            "search_region" => json!({
                "camera": id, "region": [[0.5, 0.5], [1.0, 0.5], [1.0, 1.0]],
                "start": BEGIN, "end": end,
            }),
            "save_search" => json!({"name": "x", "query": format!("cameras={id}"), "shared": true}),
            "state_purpose" => json!({"case": "1", "reason": "x"}),
            "place_hold" => {
                json!({"case": "1", "reason": "x", "cameras": [id], "start": BEGIN, "end": end})
            }
            "ask_to_lift_hold" => json!({"reason": "x"}),
            "shelve_rule" => {
                let now = domain::Clock::now(&*self.site.clock);
                let until = now.plus(Duration::from_secs(60));
                json!({"rule": format!("r-{number}"), "camera": id, "until": until, "reason": "x"})
            }
            "test_connection" => json!({"url": "rtsp://10.0.0.1/stream1"}),
            "add_account" => {
                let grants = json!([{"role": "duty", "whole_site": true}]);
                json!({"name": format!("new-{number}"), "grants": grants})
            }
            "decide_export" | "decide_unmasking" => json!({"agree": true}),
            "ask_to_unmask" => {
                json!({"purpose": self.purpose_of(token), "cameras": [id], "minutes": 1})
            }
            "order_export" => {
                self.site.exports.jobs.lock().unwrap().clear();
                let purpose = self.purpose_of(token);
                json!({"purpose": purpose, "cameras": [id], "start": BEGIN, "end": end})
            }
            _ => Value::Null,
        }
    }

    /// Asks an operation of what lies at the camera `id`.
    async fn ask(
        &self,
        operation: &Operation,
        id: &str,
        token: Option<&str>,
    ) -> (StatusCode, String) {
        let (status, _, body) = self.answer(operation, id, token).await;
        (status, body)
    }

    /// The same with the headers of the answer.
    pub(crate) async fn answer(
        &self,
        operation: &Operation,
        id: &str,
        token: Option<&str>,
    ) -> (StatusCode, HeaderMap, String) {
        let path = operation
            .path
            .replace("{camera}", id)
            .replace("{event}", &self.event_of(id))
            .replace("{alert}", &self.event_of(id))
            .replace("{file}", &format!("{}.mp4", self.segment_of(id)))
            .replace("{which}", "at")
            .replace("{signal}", "north")
            .replace("{target}", "duty-desk")
            .replace("{action}", "note")
            .replace("{incident}", &self.incident_of(id))
            .replace("{piece}", &format!("{}-head.mp4", self.segment_of(id)))
            .replace("{case}", &self.case.to_string())
            .replace("{place}", "ward-00082")
            .replace("{layer}", "closed-roads")
            .replace("{handover}", "1")
            .replace("{account}", "nobody")
            .replace("{change}", "close");
        let path = match operation.id.as_str() {
            "ask_to_lift_hold" => path.replace("{hold}", &self.hold_of(id, false).to_string()),
            "lift_hold" => path.replace("{hold}", &self.hold_of(id, true).to_string()),
            "take_up_purpose" => path.replace("{purpose}", &self.purpose_of(token).to_string()),
            "region_search" | "cancel_region_search" => {
                path.replace("{region}", &self.region_of(id, token).await)
            }
            "forget_search" => path.replace("{search}", &self.search_of(id, token).to_string()),
            "export" | "export_package" => path.replace("{export}", &self.export_of(id, token)),
            "decide_export" => path.replace("{export}", &self.asked_export_of(id)),
            "decide_unmasking" => path.replace("{unmasking}", &self.unmasking_of(id).to_string()),
            "end_shelving" => path.replace("{shelving}", &self.shelving_of(id).to_string()),
            _ => path,
        };
        assert!(!path.contains('{'), "say in this test what stands in {path}");
        let mut query: Vec<&str> = Vec::new();
        if operation.is_spanned {
            query.push(SPAN);
        }
        match operation.id.as_str() {
            "frame" | "thumbnail" => query.push("time=2026-03-01T00:30:04Z"),
            "places" => query.push("q=hoan%20kiem"),
            _ => {}
        }
        let body = self.body_of(operation, id, token);
        let uri = format!("{path}?{}", query.join("&"));
        let mut request = Request::builder().method(operation.method.clone()).uri(uri);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.site.bare.clone().oneshot(request).await.unwrap();
        let status = response.status();
        if response.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream") {
            return (status, response.headers().clone(), String::new());
        }
        if let (StatusCode::ACCEPTED, "search_region") = (status, operation.id.as_str()) {
            // One account has one search under way: the next thing asked of it may be another.
            let location = response.headers()["location"].to_str().unwrap().to_owned();
            self.ended(&location, token.unwrap()).await;
        }
        let headers = response.headers().clone();
        let body = axum::body::to_bytes(response.into_body(), 1 << 30).await.unwrap();
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }
}

pub(crate) fn walker(number: u64, id: &str) -> Track {
    let point = |step: u16| TrackPoint {
        time: BEGIN.plus(Duration::from_secs(u64::from(step))),
        bbox: Bbox { left: 0.05 + 0.08 * f32::from(step), top: 0.4, width: 0.05, height: 0.2 },
    };
    Track {
        id: TrackId(number),
        camera: camera(id),
        source: TrackSource::Analysis,
        class: Class::Person,
        confidence: 0.8,
        attributes: Attributes::default(),
        path: (0..=10).map(point).collect(),
    }
}

pub(crate) fn ward() -> Place {
    Place::node("Phường Cửa Nam/Hà Nội").unwrap()
}

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    is_spanned: bool,
    pub(crate) needs: Needs,
}

impl Operation {
    /// Returns whether it is about one thing, which lies somewhere.
    fn is_about_one(&self) -> bool {
        let parts = [
            "{camera}",
            "{event}",
            "{alert}",
            "{incident}",
            "{file}",
            "{hold}",
            "{export}",
            "{shelving}",
        ];
        let by_its_body =
            ["replay", "mark_case", "place_hold", "order_export", "search_region", "shelve_rule"];
        by_its_body.contains(&self.id.as_str()) || parts.iter().any(|part| self.path.contains(part))
    }
}

/// Returns every operation of the document, as the table expects it.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&api::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let expected = EXPECTED.iter().find(|(known, _)| *known == id);
            let Some((_, needs)) = expected else {
                panic!("{id} is new: say in the table who may ask it, and prove it here")
            };
            let parameters = operation["parameters"].as_array();
            let mut parameters = parameters.into_iter().flatten();
            let is_needed = |one: &Value| one["name"] == "start" && one["required"] == true;
            found.push(Operation {
                id,
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                is_spanned: parameters.any(is_needed),
                needs: *needs,
            });
        }
    }
    assert_eq!(found.len(), EXPECTED.len(), "the table names an operation that is gone");
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_anything() {
    let seeded = Seeded::new();
    let forged = format!("wpt_{}", "A".repeat(43));
    for operation in operations() {
        for token in [None, Some(forged.as_str()), Some(""), Some(&"x".repeat(5000))] {
            let (status, body) = seeded.ask(&operation, INSIDE, token).await;
            match operation.needs {
                Needs::Nothing => assert_ne!(status, StatusCode::FORBIDDEN, "{}", operation.id),
                // None is configured.
                Needs::Source => assert_eq!(status, StatusCode::NOT_FOUND, "{}", operation.id),
                _ => assert_eq!(status, StatusCode::UNAUTHORIZED, "{}: {body}", operation.id),
            }
            assert!(
                !body.contains(INSIDE) && !body.contains("Cửa Nam"),
                "{}: {body}",
                operation.id
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_what_the_table_says_and_only_at_its_place() {
    let seeded = Seeded::new();
    for role in Role::ALL {
        let token = seeded.token(role, ward());
        let everywhere = seeded.token(role, Place::Site);
        for operation in operations() {
            let what = format!("{} as {role}", operation.id);
            let at = |id| seeded.ask(&operation, id, Some(&token));
            let (status, body) = at(INSIDE).await;
            let is_let_in = match operation.needs {
                Needs::Nothing | Needs::SignedIn | Needs::Source => continue,
                Needs::Place(roles) => roles.contains(&role),
                Needs::Site(roles) => {
                    assert_eq!(status, StatusCode::FORBIDDEN, "{what} over a part");
                    let (status, _) = seeded.ask(&operation, INSIDE, Some(&everywhere)).await;
                    let may = status != StatusCode::FORBIDDEN;
                    assert_eq!(may, roles.contains(&role), "{what} over the site: {status}");
                    continue;
                }
            };
            if !is_let_in && operation.id == "frame" && role != Administrator && role != Overseer {
                // Let in for what is shown now, not for what was.
                assert_eq!(status, StatusCode::FORBIDDEN, "{what}: {body}");
                continue;
            }
            if !is_let_in {
                // Not even whether there is such a thing.
                let others = [at(OUTSIDE).await, at("nowhere").await];
                assert_eq!(status, StatusCode::FORBIDDEN, "{what}: {body}");
                assert_eq!(others[0], (status, body.clone()), "{what}");
                assert_eq!(others[1], (status, body), "{what}");
                continue;
            }
            assert!(is_answer(&operation, status), "{what}: {status} {body}");
            assert!(!body.contains(OUTSIDE) && !body.contains("Mỹ Đình"), "{what}: {body}");
            assert!(!body.contains(&seeded.event_of(OUTSIDE)), "{what}: {body}");
            if !operation.is_about_one() {
                continue;
            }
            let (status, refusal) = at(OUTSIDE).await;
            let (unknown, nothing) = at("nowhere").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{what}: {refusal}");
            let same = |body: &str, id: &str| {
                let segment = seeded.segment_of(id).to_string();
                let body = body.replace(&seeded.event_of(id), "…").replace(id, "…");
                let body = body.replace(&seeded.incident_of(id), "…");
                let body = body.replace(&format!("segment {segment}"), "segment …");
                let body = match body.split_once("no export ") {
                    Some((before, after)) => format!("{before}{}", &after[36..]),
                    None => body,
                };
                let body = match body.split_once("no shelving ") {
                    Some((before, after)) => {
                        let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
                        format!("{before}{after}")
                    }
                    None => body,
                };
                let (before, after) = body.split_once("no hold ").unwrap_or((&body, ""));
                format!("{before}{}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
            };
            assert_eq!(unknown, status, "{what}: {nothing}");
            assert_eq!(same(&refusal, OUTSIDE), same(&nothing, "nowhere"), "{what}");
            let (status, body) = seeded.ask(&operation, OUTSIDE, Some(&everywhere)).await;
            assert!(is_answer(&operation, status), "{what} over the site: {status} {body}");
        }
    }
}

/// Returns whether the caller was let in: of a WebSocket it is said that it is one, and of what was
/// recorded an hour ago that it is not live.
fn is_answer(operation: &Operation, status: StatusCode) -> bool {
    match operation.id.as_str() {
        "live" => status == StatusCode::UPGRADE_REQUIRED,
        "live_playlist" | "live_piece" => status == StatusCode::NOT_FOUND,
        _ => status.is_success(),
    }
}

async fn json_as(seeded: &Seeded, token: &str, uri: &str) -> Value {
    let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
    let answer = seeded.site.send_bare(request, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "{uri}: {}", answer.text());
    answer.json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_may_not_see_is_neither_counted_nor_found_by_its_name() {
    let seeded = Seeded::new();
    let token = seeded.token(Investigator, ward());
    let ask = |uri: &'static str| json_as(&seeded, &token, uri);
    let found = ask("/api/v1/events").await;
    assert_eq!(found["events"].as_array().unwrap().len(), 3);
    assert_eq!(ask("/api/v1/events/histogram").await["total"], 3);
    for uri in
        ["/api/v1/events?cameras=", "/api/v1/events/histogram?cameras=", "/api/v1/events?place="]
    {
        let named = json_as(&seeded, &token, &format!("{uri}my-dinh")).await.to_string();
        let nowhere = json_as(&seeded, &token, &format!("{uri}nowhere")).await.to_string();
        assert_eq!(without_places(&named, uri), without_places(&nowhere, uri), "{uri}");
    }
    let around = ask("/api/v1/events?circle=21.0204,105.7638,500").await;
    assert_eq!(around["events"], json!([]));
    let tracks = json_as(&seeded, &token, &format!("/api/v1/tracks?{SPAN}")).await;
    assert_eq!(tracks["tracks"].as_array().unwrap().len(), 1);
    let lanes = json_as(&seeded, &token, &format!("/api/v1/timeline?{SPAN}")).await;
    assert_eq!(lanes["cameras"].as_array().unwrap().len(), 1, "{lanes}");
    let outside =
        json_as(&seeded, &token, &format!("/api/v1/timeline?{SPAN}&cameras=my-dinh")).await;
    assert_eq!(outside["cameras"], json!([]));
    let covered = json_as(&seeded, &token, &format!("/api/v1/coverage?{SPAN}")).await;
    assert_eq!((&covered["total"]["cameras"], &covered["now"]), (&json!(1), &Value::Null));
    let outside =
        json_as(&seeded, &token, &format!("/api/v1/coverage?{SPAN}&cameras=my-dinh")).await;
    assert_eq!(outside["cameras"], json!([]));
    let health = ask("/api/v1/health").await;
    assert_eq!(health["streams"]["total"], 2, "both streams of one camera");
    assert_eq!((&health["volumes"], &health["components"]), (&Value::Null, &Value::Null));
    assert_eq!(ask("/api/v1/cameras").await["features"].as_array().unwrap().len(), 1);
}

/// Takes out of an answer what says a place in a log: it is another text each time.
fn without_places(body: &str, what: &str) -> Value {
    fn strip(value: &mut Value, what: &str) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let is_place = name == "as_of" || name == "next";
                    if let (true, Some(place)) = (is_place, field.as_str()) {
                        assert!(
                            place.parse::<u64>().is_err(),
                            "{what}: {name} is a number: {place}"
                        );
                        *field = Value::Null;
                    }
                    strip(field, what);
                }
            }
            Value::Array(entries) => entries.iter_mut().for_each(|entry| strip(entry, what)),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
    strip(&mut value, what);
    value
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_elsewhere_changes_no_answer() {
    /// What this test itself would change by asking for it.
    const OWN: [&str; 5] = ["{hold}", "{export}", "{region}", "{search}", "{purpose}"];
    let seeded = Seeded::new();
    let tokens = Role::ALL.map(|role| (role, seeded.token(role, ward())));
    let looks: Vec<Operation> = operations()
        .into_iter()
        .filter(|one| one.method == Method::GET && !OWN.iter().any(|part| one.path.contains(part)))
        .collect();
    assert!(looks.len() > 25, "{}", looks.len());
    let all = async || {
        let mut answers = Vec::new();
        for (role, token) in &tokens {
            for operation in &looks {
                let what = format!("{} as {role}", operation.id);
                let (status, body) = seeded.ask(operation, INSIDE, Some(token)).await;
                let body = without_places(&body, &what);
                answers.push((what, status, body));
            }
        }
        answers
    };
    let before = all().await;
    // Further events and an alert of the other camera.
    let further: Vec<Event> = (0..40).map(|number| event(101 + 2 * number)).collect();
    assert!(further.iter().all(|event| event.draft.camera == camera(OUTSIDE)));
    let sequences = seeded.site.index.append_events(further.clone()).unwrap();
    let raised = Alert::raised(&further[0]);
    let folded = FoldedEvents {
        events: vec![(raised.id, sequences[0])],
        alerts: vec![raised],
        cursor: sequences[39],
        ..FoldedEvents::default()
    };
    seeded.site.index.settle_alerts(&folded).unwrap();
    seeded.site.index.append_tracks(vec![walker(3, OUTSIDE)]).unwrap();
    seeded.site.index.flush().unwrap();
    for (before, after) in before.into_iter().zip(all().await) {
        assert_eq!(before, after);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_of_several_cameras_is_shown_as_far_as_ones_own_saw_it() {
    let seeded = Seeded::new();
    let token = seeded.token(Duty, ward());
    let page = json_as(&seeded, &token, "/api/v1/alerts").await;
    let alerts = page["alerts"].as_array().unwrap();
    assert_eq!(alerts.len(), 2, "{page:#}");
    let shared = alerts.iter().find(|alert| alert["id"] == seeded.events[2].id.to_string());
    let shared = shared.unwrap();
    assert_eq!((&shared["cameras"], &shared["count"]), (&json!([INSIDE]), &json!(1)));
    let own = &seeded.events[3];
    assert_eq!(shared["first"], json!(own.draft.time));
    assert_eq!(shared["rule"], own.draft.rule.as_str());
    let events = json_as(&seeded, &token, shared["events"].as_str().unwrap()).await;
    assert_eq!(events["events"].as_array().unwrap().len(), 1);
    assert_eq!(events["events"][0]["id"], own.id.to_string());
    let whole = json_as(&seeded, &seeded.token(Duty, Place::Site), "/api/v1/alerts").await;
    let whole = whole["alerts"].as_array().unwrap();
    assert_eq!(whole.len(), 3);
    assert!(whole.iter().any(|alert| alert["count"] == 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_look_now_may_not_look_back() {
    let seeded = Seeded::new();
    let status_of = async |role: Role, time: &str| {
        let token = seeded.token(role, ward());
        let uri = format!("/api/v1/cameras/cua-nam/frame.jpg{time}");
        let request = Request::get(uri).header("authorization", format!("Bearer {token}"));
        seeded.site.send_bare(request, Body::empty()).await.status
    };
    let past = "?time=2026-03-01T00:30:04Z";
    assert_eq!(status_of(Duty, "").await, StatusCode::OK);
    assert_eq!(status_of(Duty, past).await, StatusCode::FORBIDDEN);
    assert_eq!(status_of(Investigator, past).await, StatusCode::OK);
    assert_eq!(status_of(Administrator, "").await, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_that_change_their_place_change_hands_at_once() {
    let seeded = Seeded::new();
    let token = seeded.token(Duty, ward());
    let count = async || {
        let cameras = json_as(&seeded, &token, "/api/v1/cameras").await;
        cameras["features"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    let mut cameras = crate::site::cameras();
    for camera in &mut cameras {
        camera.place = vec!["Phường Cửa Nam".into(), "Hà Nội".into()];
    }
    seeded.site.state.set_cameras(cameras);
    assert_eq!(count().await, 2);
}
