//! Nothing is lost, nothing out of order per camera, nothing twice but after a lost answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::{EventKind, HealthKind};
use notify::{CapStatus, Filter, Folded, OncePer, Patience, TargetState, Way};

use crate::footing::{Log, SECRET, eventually, impatient, notifier, site, status, webhook};
use crate::receiver::{Receiver, Reply};

#[tokio::test]
async fn an_event_arrives_signed_as_the_documentation_says() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    log.store("gate", 2);
    eventually("the event arrives", || receiver.received().pop()).await;
    eventually("the cursor moves", || (log.cursor_of("duty") == Some(1)).then_some(())).await;
    let received = &receiver.received()[0];
    let header = |name: &str| received.headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/cloudevents+json");
    assert_eq!(header("webhook-id"), received.json()["id"].as_str().unwrap());
    assert_eq!(header("webhook-timestamp"), "1772323200");
    let signed = format!("{}.{}.", header("webhook-id"), header("webhook-timestamp"));
    let signed = [signed.as_bytes(), &received.body].concat();
    assert_eq!(header("webhook-signature"), reference_signature(&signed));
}

#[tokio::test]
async fn grave_events_alone_become_cap_alerts() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let mut target = webhook("province", &receiver.url());
    let Way::Webhook(address) = target.way else { panic!("{target:?}") };
    target.way = Way::CapWebhook(address, CapStatus::Actual);
    notifier.apply(site(), vec![target]).await.unwrap();
    for severity in [1, 2, 3, 4] {
        log.store("gate", severity);
    }
    let all = || (status(&notifier, "province").cursor == 4).then_some(());
    eventually("all are passed or sent", all).await;
    let received = receiver.received();
    assert_eq!(received.len(), 2);
    for (alert, severity) in received.iter().zip(["Severe", "Moderate"]) {
        assert_eq!(alert.headers["content-type"], "application/cap+xml");
        assert!(alert.headers.contains_key("webhook-signature"));
        let text = String::from_utf8(alert.body.to_vec()).unwrap();
        assert!(text.contains(&format!("<severity>{severity}</severity>")), "{text}");
    }
}

#[tokio::test]
async fn what_is_folded_into_an_alert_is_told_once_and_its_end_as_an_update_of_it() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let mut target = webhook("province", &receiver.url());
    let Way::Webhook(address) = target.way else { panic!("{target:?}") };
    target.way = Way::CapWebhook(address, CapStatus::Actual);
    target.once_per = OncePer::Alert;
    notifier.apply(site(), vec![target]).await.unwrap();
    let mut first = None;
    log.store_as("gate", 2, |numbered| {
        numbered.event.draft.kind = EventKind::Health(HealthKind::SignalLost);
        first = Some(Folded { alert: numbered.event.id, severity: numbered.event.draft.severity });
        numbered.folded = first;
    });
    log.store_as("gate", 2, |numbered| numbered.folded = first);
    log.store_as("gate", 1, |_| {});
    log.store_as("gate", 4, |numbered| {
        numbered.event.draft.kind = EventKind::Over(HealthKind::SignalLost);
        numbered.folded = first;
    });
    let all = || (status(&notifier, "province").cursor == 4).then_some(());
    eventually("all are passed or sent", all).await;
    let told: Vec<_> = receiver
        .received()
        .iter()
        .map(|one| String::from_utf8(one.body.to_vec()).unwrap())
        .collect();
    let [began, ended] = &told[..] else { panic!("{told:#?}") };
    assert!(
        began.contains("<msgType>Alert</msgType>") && !began.contains("<references>"),
        "{began}"
    );
    let text = |name: &str| {
        let (_, rest) = began.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let references = ["sender", "identifier", "sent"].map(text).join(",");
    for part in [
        "<msgType>Update</msgType>".to_owned(),
        format!("<references>{references}</references>"),
        "<responseType>AllClear</responseType>".to_owned(),
        "<urgency>Past</urgency>".to_owned(),
        "<severity>Moderate</severity>".to_owned(),
    ] {
        assert!(ended.contains(&part), "{part} in {ended}");
    }
}

/// HMAC as RFC 2104 writes it, apart from the code under test.
fn reference_signature(message: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let mut key = [0_u8; 64];
    key[..SECRET.len()].copy_from_slice(SECRET.as_bytes());
    let inner = Sha256::digest([&key.map(|byte| byte ^ 0x36)[..], message].concat());
    let outer = Sha256::digest([&key.map(|byte| byte ^ 0x5c)[..], &inner].concat());
    format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(outer))
}

#[tokio::test]
async fn a_receiver_that_fails_dies_and_comes_back_loses_nothing() {
    let mut receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    let cameras = ["a", "b", "c"];
    let store = |count: usize| {
        for number in 0..count {
            log.store(cameras[number % 3], 3);
        }
    };
    let asked = AtomicUsize::new(0);
    receiver.decide(move |_| match asked.fetch_add(1, Ordering::Relaxed) % 4 {
        0 => Reply::Status(500),
        1 => Reply::Status(429),
        _ => Reply::Status(200),
    });
    store(30);
    eventually("half of them arrive", || (receiver.taken().len() >= 15).then_some(())).await;
    receiver.die().await;
    store(30);
    let retrying = || (status(&notifier, "duty").state == TargetState::Retrying).then_some(());
    eventually("the outage is seen", retrying).await;
    let last_error = status(&notifier, "duty").last_error.unwrap().text;
    assert!(!last_error.contains("hunter2"), "{last_error}");
    receiver.decide(|_| Reply::Status(200));
    receiver.rise().await;
    eventually("all are settled", || (log.cursor_of("duty") == Some(60)).then_some(())).await;
    for camera in cameras {
        let taken = receiver.taken_of(camera);
        assert!(taken.is_sorted_by(|a, b| a < b), "{camera}: {taken:?}");
        assert_eq!(taken.len(), 20, "{camera}: {taken:?}");
    }
    assert_eq!(log.dead_of("duty"), []);
    let status = status(&notifier, "duty");
    assert_eq!((status.state, status.delivered, status.dead_letters), (TargetState::Idle, 60, 0));
}

#[tokio::test]
async fn an_answer_that_is_lost_costs_a_duplicate_and_no_more() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let mut target = webhook("duty", &receiver.url());
    target.timeout = Duration::from_millis(100);
    notifier.apply(site(), vec![target]).await.unwrap();
    let silent = AtomicUsize::new(0);
    receiver.decide(move |body| {
        let second = body["data"]["sequence"] == 2;
        if second && silent.fetch_add(1, Ordering::Relaxed) == 0 {
            Reply::TakeInSilence
        } else {
            Reply::Status(204)
        }
    });
    for _ in 0..3 {
        log.store("gate", 3);
    }
    eventually("all are settled", || (log.cursor_of("duty") == Some(3)).then_some(())).await;
    assert_eq!(receiver.taken(), [1, 2, 2, 3]);
}

#[tokio::test]
async fn what_was_sent_before_a_crash_and_not_saved_is_sent_again() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let first = notifier(&log, impatient());
    first.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    log.store("gate", 3);
    eventually("the first is saved", || (log.cursor_of("duty") == Some(1)).then_some(())).await;
    *log.read_only.lock().unwrap() = true;
    log.store("gate", 3);
    eventually("the second is sent", || (receiver.taken() == [1, 2]).then_some(())).await;
    eventually("saving fails", || {
        (status(&first, "duty").state == TargetState::Stuck).then_some(())
    })
    .await;
    // As after a crash: what this one knows is gone, the log is what it was.
    first.stop().await;
    assert_eq!(log.cursor_of("duty"), Some(1));
    *log.read_only.lock().unwrap() = false;
    log.store("gate", 3);
    let second = notifier(&log, impatient());
    second.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    eventually("all are settled", || (log.cursor_of("duty") == Some(3)).then_some(())).await;
    assert_eq!(receiver.taken(), [1, 2, 2, 3]);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_for_a_while_is_tried_again() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    *log.read_only.lock().unwrap() = true;
    log.store("gate", 3);
    let stuck = || (status(&notifier, "duty").state == TargetState::Stuck).then_some(());
    eventually("saving fails", stuck).await;
    *log.read_only.lock().unwrap() = false;
    eventually("it is saved after all", || (log.cursor_of("duty") == Some(1)).then_some(())).await;
    assert_eq!(receiver.taken(), [1]);
}

#[tokio::test]
async fn a_slow_target_holds_up_neither_another_nor_its_own_other_cameras() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let targets = vec![webhook("slow", &slow.url()), webhook("quick", &quick.url())];
    notifier.apply(site(), targets).await.unwrap();
    // Camera a's answers never come; nothing but the end of the test waits for them.
    slow.decide(|body| match body["subject"].as_str() {
        Some("a") => Reply::TakeInSilence,
        _ => Reply::Status(204),
    });
    for number in 0..1000 {
        log.store(if number % 2 == 0 { "a" } else { "b" }, 3);
    }
    eventually("the quick one has all", || (log.cursor_of("quick") == Some(1000)).then_some(()))
        .await;
    eventually("b goes on", || (slow.taken_of("b").len() >= 100).then_some(())).await;
    assert_eq!(slow.taken_of("a"), [1]);
    assert_eq!(log.cursor_of("slow"), Some(0));
}

#[tokio::test]
async fn a_target_gets_what_it_asked_for_and_begins_when_it_is_new() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    log.store("a", 1);
    let notifier = notifier(&log, impatient());
    let mut target = webhook("duty", &receiver.url());
    target.filter = Filter {
        severities: vec![1_u8.try_into().unwrap(), 2_u8.try_into().unwrap()],
        kinds: Vec::new(),
        cameras: vec!["a".parse().unwrap(), "b".parse().unwrap()],
    };
    notifier.apply(site(), vec![target]).await.unwrap();
    for (camera, severity) in [("a", 3), ("b", 2), ("c", 1), ("a", 1), ("a", 4)] {
        log.store(camera, severity);
    }
    let all = || (status(&notifier, "duty").cursor == 6).then_some(());
    eventually("all are passed or sent", all).await;
    assert_eq!(receiver.taken().into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([3, 5]));
    notifier.stop().await;
    assert_eq!(log.cursor_of("duty"), Some(6));
}

#[tokio::test]
async fn a_changed_configuration_leaves_the_other_targets_alone() {
    let (stays, moves) = (Receiver::start().await, Receiver::start().await);
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let nowhere = "http://127.0.0.1:9/hook";
    let targets = vec![webhook("stays", &stays.url()), webhook("moves", nowhere)];
    notifier.apply(site(), targets).await.unwrap();
    log.store("a", 3);
    eventually("one has it", || (log.cursor_of("stays") == Some(1)).then_some(())).await;
    let targets = vec![webhook("stays", &stays.url()), webhook("moves", &moves.url())];
    let changes = notifier.apply(site(), targets).await.unwrap();
    assert_eq!((changes.started, changes.stopped, changes.untouched), (1, 1, 1));
    eventually("the other, too", || (log.cursor_of("moves") == Some(1)).then_some(())).await;
    assert_eq!((stays.taken(), moves.taken()), (vec![1], vec![1]));
    notifier.apply(site(), vec![webhook("moves", &moves.url())]).await.unwrap();
    assert_eq!(log.cursor_of("stays"), None);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_what_is_to_be_sent_later() {
    let log = Log::new();
    let patience = Patience { first_wait: Duration::from_secs(3600), ..Patience::default() };
    let notifier = notifier(&log, patience);
    notifier.apply(site(), vec![webhook("duty", "http://127.0.0.1:9/hook")]).await.unwrap();
    log.store("a", 1);
    let failed = || status(&notifier, "duty").last_error;
    eventually("it fails", failed).await;
    tokio::time::timeout(Duration::from_secs(4), notifier.stop()).await.unwrap();
    assert_eq!(log.cursor_of("duty"), Some(0));
    assert_eq!(Arc::strong_count(&log), 2, "only the notifier and the test hold the log");
}
