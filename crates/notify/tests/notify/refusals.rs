//! Dead letters: when an event becomes one, and how it is tried again.

use std::time::Duration;

use notify::{Patience, TargetState};

use crate::footing::{Log, eventually, impatient, notifier, site, status, webhook};
use crate::receiver::{Receiver, Reply};

#[tokio::test]
async fn a_refused_event_is_a_dead_letter_at_once_and_the_others_go_on() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    receiver.decide(|body| match body["data"]["sequence"].as_u64() {
        Some(2) => Reply::Status(400),
        _ => Reply::Status(204),
    });
    for _ in 0..3 {
        log.store("gate", 3);
    }
    eventually("all are settled", || (log.cursor_of("duty") == Some(3)).then_some(())).await;
    assert_eq!(receiver.taken(), [1, 3]);
    let dead = log.dead_of("duty");
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].sequence, dead[0].attempts), (2, 1));
    assert_eq!(dead[0].reason, "answers 400 Bad Request");
    let told = status(&notifier, "duty");
    assert_eq!((told.dead_letters, told.delivered), (1, 2));
    assert_eq!(notifier.dead_letters(&told.id, 0, 10).unwrap(), dead);

    // Once more: refused again, it stays; taken, it is one no more.
    assert_eq!(notifier.retry(&told.id), Some(1));
    eventually("it is sent again", || (receiver.received().len() == 4).then_some(())).await;
    receiver.decide(|_| Reply::Status(204));
    eventually("it is none any more", || {
        notifier.retry(&told.id);
        log.dead_of("duty").is_empty().then_some(())
    })
    .await;
    assert_eq!(receiver.taken(), [1, 3, 2]);
    assert_eq!(log.cursor_of("duty"), Some(3));
    eventually("the status says so", || {
        (status(&notifier, "duty").dead_letters == 0).then_some(())
    })
    .await;
    assert_eq!(notifier.retry(&"nobody".parse().unwrap()), None);
}

#[tokio::test]
async fn an_event_that_fails_while_others_pass_is_given_up() {
    let receiver = Receiver::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![webhook("duty", &receiver.url())]).await.unwrap();
    receiver.decide(|body| match body["data"]["sequence"].as_u64() {
        Some(1) => Reply::Status(500),
        _ => Reply::Status(204),
    });
    log.store("poison", 3);
    eventually("it fails", || status(&notifier, "duty").failing_since).await;
    log.store("gate", 3);
    log.store("poison", 3);
    eventually("all are settled", || (log.cursor_of("duty") == Some(3)).then_some(())).await;
    let dead = log.dead_of("duty");
    assert_eq!(dead.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), [1]);
    assert!(dead[0].attempts >= impatient().tries, "{dead:?}");
    assert_eq!(receiver.taken_of("poison"), [3]);
    // What was settled is in the log before the sender comes to rest.
    eventually("it is idle", || {
        (status(&notifier, "duty").state == TargetState::Idle).then_some(())
    })
    .await;
}

/// On a clock that runs by itself: nothing listens, so no answer is waited for.
#[tokio::test(start_paused = true)]
async fn an_outage_gives_nothing_up_for_a_day_and_then_the_first_only() {
    let log = Log::new();
    let notifier = notifier(&log, Patience::default());
    notifier.apply(site(), vec![webhook("duty", "http://127.0.0.1:9/hook")]).await.unwrap();
    let began = tokio::time::Instant::now();
    log.store("gate", 3);
    log.store("gate", 3);
    while log.dead_of("duty").is_empty() {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let hours = began.elapsed().as_secs_f64() / 3600.0;
    assert!((24.0..24.3).contains(&hours), "{hours}");
    let dead = log.dead_of("duty");
    assert_eq!((dead.len(), dead[0].sequence), (1, 1));
    assert!((290..400).contains(&dead[0].attempts), "{dead:?}");
    assert_eq!(status(&notifier, "duty").state, TargetState::Retrying);
}
