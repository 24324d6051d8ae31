//! Two sites that differ in what lies outside of a place only: whoever has a role at that place is
//! answered alike by both, whatever they ask.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use domain::{
    AccountName, Alert, Event, Grant, Place, Role, Segment, SegmentId, SegmentState, TimeRange,
    Timestamp,
};
use index::{
    Case, CaseMark, FoldedEvents, HoldDraft, Marked, PurposeDraft, SavedSearchDraft, ShelvingDraft,
};

use crate::access::{INSIDE, Needs, OUTSIDE, Seeded, operations, walker, ward};
use crate::site::{BEGIN, Site, camera, event, export_job, give_token, main_stream};

/// How much of everything happens elsewhere.
const MANY: u32 = 23;

/// Does at the other camera, and for the site, what does not concern the place; `turn` tells one time
/// from another.
fn happen_elsewhere(site: &Site, turn: u32) {
    let by: AccountName = format!("elsewhere-{turn}").parse().unwrap();
    give_token(&site.index, by.as_str(), &[]);
    let index = &site.index;
    let events: Vec<Event> =
        (0..MANY).map(|number| event(1001 + 1000 * turn + 2 * number)).collect();
    assert!(events.iter().all(|event| event.draft.camera == camera(OUTSIDE)));
    let sequences = index.append_events(events.clone()).unwrap();
    let alerts: Vec<Alert> = events.iter().map(Alert::raised).collect();
    let folded = FoldedEvents {
        events: alerts.iter().map(|alert| alert.id).zip(sequences.iter().copied()).collect(),
        alerts: alerts.clone(),
        cursor: *sequences.last().unwrap(),
        ..FoldedEvents::default()
    };
    index.settle_alerts(&folded).unwrap();
    let tracks = (0..MANY).map(|number| walker(u64::from(1000 * (turn + 1) + number), OUTSIDE));
    index.append_tracks(tracks.collect()).unwrap();
    for number in 0..MANY {
        let at = BEGIN.plus(Duration::from_secs(u64::from(number)));
        happen_at(site, &by, turn * MANY + number, at, &alerts[number as usize]);
    }
    index.flush().unwrap();
}

fn happen_at(site: &Site, by: &AccountName, number: u32, at: Timestamp, alert: &Alert) {
    let index = &site.index;
    let range = TimeRange { start: at, end: at.plus(Duration::from_secs(1)) };
    let segment = index.open_segment(&Segment { range, ..closed_segment(number) }).unwrap();
    index.close_segment(&Segment { id: segment, range, ..closed_segment(number) }).unwrap();
    let number = number.to_string();
    let case =
        Case { id: 0, number: format!("x-{number}"), title: number.clone(), by: by.clone(), at };
    let case = index.open_case(&case, &[]).unwrap().unwrap();
    for marked in [Marked::Alert(alert.id), Marked::Footage(camera(OUTSIDE), range), Marked::Note] {
        let mark = CaseMark { marked, beside: Vec::new(), note: "x".into(), by: by.clone(), at };
        assert!(index.mark_case(case, &mark).unwrap());
    }
    let mut custody = index.custody();
    let purpose = PurposeDraft {
        owner: by.clone(),
        case: number.clone(),
        reason: "x".into(),
        legal_basis: None,
        stated: at,
        expires: at.plus(Duration::from_secs(8 * 3600)),
    };
    custody.state_purpose(&purpose, evidence::chain::link).unwrap();
    let hold = HoldDraft {
        case: number.clone(),
        reason: "x".into(),
        cameras: vec![camera(OUTSIDE)],
        start: at,
        end: None,
        until: None,
        by: by.clone(),
        at,
    };
    custody.place_hold(&hold, evidence::chain::link).unwrap();
    drop(custody);
    let shelving = ShelvingDraft {
        rule: format!("elsewhere-{number}").parse().unwrap(),
        camera: camera(OUTSIDE),
        until: domain::Clock::now(&*site.clock).plus(Duration::from_secs(3600)),
        reason: "x".into(),
        by: by.clone(),
        at,
    };
    index.begin_shelving(&shelving, |_| None, evidence::chain::link).unwrap();
    let search = SavedSearchDraft {
        owner: by.clone(),
        name: number,
        query: format!("cameras={OUTSIDE}"),
        is_shared: true,
        saved: at,
    };
    index.save_search(&search).unwrap();
    let asked = export_job(by, &[OUTSIDE], index::ExportStage::Asked);
    site.exports.jobs.lock().unwrap().push(asked);
    crate::calls::opened_as(site, &format!("{by}-{}", at.as_micros()), OUTSIDE, alert.location);
}

fn closed_segment(number: u32) -> Segment {
    let start = BEGIN;
    Segment {
        id: SegmentId(0),
        stream: main_stream(OUTSIDE),
        volume: "v1".parse().unwrap(),
        path: format!("elsewhere-{number}.mp4"),
        state: SegmentState::Closed,
        range: TimeRange { start, end: start },
        bytes: 1,
        header_bytes: 1,
        sha256: Some([7; 32]),
        codec: domain::Codec::H264,
        width: 64,
        height: 64,
        rfc6381: "avc1.64001f".into(),
        sample_entry: axum::body::Bytes::from_static(b"x"),
        fragments: Vec::new(),
    }
}

/// Puts `#` for what is drawn by lot: UUIDs, numbers of rows (15 digits and more), sealed places
/// (long and in letters of both kinds) and names of pictures.
fn without_lots(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut told = String::new();
    let mut rest = characters.as_slice();
    while let Some(&first) = rest.first() {
        let length = lot(rest);
        match length {
            0 => {
                told.push(first);
                rest = &rest[1..];
            }
            length => {
                told.push('#');
                rest = &rest[length..];
            }
        }
    }
    told
}

/// Returns how many characters at the beginning were drawn by lot.
fn lot(text: &[char]) -> usize {
    let run = |is_in: fn(&char) -> bool| text.iter().take_while(|one| is_in(one)).count();
    let is_uuid = |text: &[char]| {
        text.iter().enumerate().all(|(place, one)| match place {
            8 | 13 | 18 | 23 => *one == '-',
            _ => one.is_ascii_hexdigit(),
        })
    };
    if text.get(..36).is_some_and(is_uuid) {
        return 36;
    }
    // The case of a call has four letters behind its day.
    let day: Vec<char> = "114-20260301-".chars().collect();
    if text.starts_with(&day) {
        return day.len() + 4;
    }
    let digits = run(char::is_ascii_digit);
    if (15..=16).contains(&digits) {
        return digits;
    }
    let sealed = run(|one| one.is_ascii_alphanumeric() || "-_".contains(*one));
    let both = |text: &[char]| {
        text.iter().any(char::is_ascii_uppercase) && text.iter().any(char::is_ascii_lowercase)
    };
    if sealed >= 40 && both(&text[..sealed]) { sealed } else { 0 }
}

/// Takes out how long something took, which goes by how busy the machine is.
fn without_durations(body: &str) -> String {
    let mut parts = body.split("\"elapsed_ms\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|one: char| one.is_ascii_digit()))
}

/// Returns the headers that are no times, each with what it says.
fn told_by(headers: &HeaderMap) -> Vec<String> {
    let told = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        let value = value.to_str().unwrap();
        // The names of clips and sheets are hashes of the numbers of their files.
        let is_hash = name == "etag" && !value.contains('#') && value.len() > 20;
        let value = if is_hash { "#".to_owned() } else { without_lots(value) };
        format!("{name}: {value}")
    };
    headers.iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_answer_alike() {
    let quiet = Seeded::new();
    let busy = Site::open();
    happen_elsewhere(&busy, 0);
    let busy = Seeded::on(busy);
    happen_elsewhere(&busy.site, 1);
    let token = |seeded: &Seeded, role: Role| {
        let grant = Grant { role, place: ward() };
        give_token(&seeded.site.index, &format!("twin-{role}"), &[grant])
    };
    let roles = Role::ALL.map(|role| (role, token(&quiet, role), token(&busy, role)));
    let mut asked = 0;
    for (number, (role, of_quiet, of_busy)) in (2..).zip(&roles) {
        happen_elsewhere(&busy.site, number);
        for operation in operations() {
            if operation.needs == Needs::Source {
                continue;
            }
            let what = format!("{} as {role}", operation.id);
            let one = quiet.answer(&operation, INSIDE, Some(of_quiet)).await;
            let other = busy.answer(&operation, INSIDE, Some(of_busy)).await;
            let told = |(status, headers, body): (StatusCode, HeaderMap, String)| {
                (status, told_by(&headers), without_lots(&without_durations(&body)))
            };
            let (mut one, mut other) = (told(one), told(other));
            if operation.path.contains("/region-searches") {
                // How far a job has come by then is told, and goes by how busy the machine is.
                for told in [&mut one, &mut other] {
                    (told.1, told.2) = (Vec::new(), String::new());
                }
            }
            assert_eq!((one.0, &one.1), (other.0, &other.1), "{what}");
            assert!(one.2 == other.2, "{what}:\n{:.4000}\n\n{:.4000}", one.2, other.2);
            asked += usize::from(one.0.is_success());
        }
    }
    assert!(asked > 100, "{asked} were answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_told_to_who_opened_it_and_to_who_sees_something_in_it() {
    let site = Site::open();
    let by: AccountName = "elsewhere".parse().unwrap();
    let at = BEGIN;
    let case = Case { id: 0, number: "7".into(), title: "x".into(), by: by.clone(), at };
    let case = site.index.open_case(&case, &[]).unwrap().unwrap();
    let range = TimeRange { start: BEGIN, end: BEGIN.plus(Duration::from_secs(1)) };
    let put =
        |marked| CaseMark { marked, beside: Vec::new(), note: "x".into(), by: by.clone(), at };
    site.index.mark_case(case, &put(Marked::Footage(camera(OUTSIDE), range))).unwrap();
    site.index.mark_case(case, &put(Marked::Note)).unwrap();
    let grant = Grant { role: Role::Investigator, place: ward() };
    let token = give_token(&site.index, "lan", &[grant]);
    let everywhere = Grant { role: Role::Investigator, place: Place::Site };
    let whole = give_token(&site.index, "minh", &[everywhere]);
    let ask = async |token: &str, path: &str| {
        let uri = format!("/api/v1/cases{path}");
        let request =
            axum::http::Request::get(uri).header("authorization", format!("Bearer {token}"));
        site.send_bare(request, axum::body::Body::empty()).await
    };
    let one = format!("/{case}");
    let playlist = format!("/{case}/footage.m3u8");
    for path in [&one, &playlist] {
        assert_eq!(ask(&token, path).await.status, StatusCode::NOT_FOUND);
        let unknown = ask(&token, &path.replace(&case.to_string(), "999999999999999")).await;
        let told = ask(&token, path).await.text().replace(&case.to_string(), "999999999999999");
        assert_eq!(told, unknown.text());
    }
    assert_eq!(ask(&token, "").await.json()["cases"], serde_json::json!([]));
    assert_eq!(ask(&whole, "").await.json()["cases"][0]["number"], "7");
    let beside = vec![camera(OUTSIDE), camera(INSIDE)];
    let mark = CaseMark { beside, ..put(Marked::Footage(camera(INSIDE), range)) };
    site.index.mark_case(case, &mark).unwrap();
    let told = ask(&token, &one).await.json();
    assert_eq!(told["marks"].as_array().unwrap().len(), 2, "{told:#}");
    assert_eq!(told["marks"][1]["beside"], serde_json::json!([INSIDE]), "{told:#}");
    let told = ask(&whole, &one).await.json();
    assert_eq!(told["marks"][2]["beside"], serde_json::json!([OUTSIDE, INSIDE]), "{told:#}");
    assert_eq!(ask(&token, "").await.json()["cases"][0]["number"], "7");
}
