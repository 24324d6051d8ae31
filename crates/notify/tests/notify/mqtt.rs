//! MQTT: nothing counts until the broker has acknowledged it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use notify::{Filter, Mqtt, OncePer, Secret, Target, TargetState, Way};

use crate::broker::{Broker, Treatment};
use crate::footing::{Log, eventually, impatient, notifier, site, status};

fn target(broker: &Broker, timeout: Duration) -> Target {
    Target {
        id: "broker".parse().unwrap(),
        way: Way::Mqtt(Mqtt {
            host: broker.address.ip().to_string(),
            port: broker.address.port(),
            credentials: Some(("watchpost".to_owned(), Secret::new("hunter2"))),
            topic: Mqtt::TOPIC.to_owned(),
            tls: None,
        }),
        filter: Filter::default(),
        once_per: OncePer::Event,
        timeout,
    }
}

#[tokio::test]
async fn an_event_is_published_under_its_topic_and_counts_once_acknowledged() {
    let broker = Broker::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![target(&broker, Duration::from_secs(10))]).await.unwrap();
    broker.decide(|sequence| match sequence {
        3 => Treatment::Silence,
        _ => Treatment::Acknowledge,
    });
    for camera in ["a", "b", "b", "a"] {
        log.store(camera, 3);
    }
    eventually("the third is there", || (broker.messages().len() == 4).then_some(())).await;
    eventually("the cursor stands before the third", || {
        (log.cursor_of("broker") == Some(2) && status(&notifier, "broker").delivered == 3)
            .then_some(())
    })
    .await;
    let topics: Vec<_> = broker.messages().into_iter().map(|message| message.topic).collect();
    assert!(topics.contains(&"watchpost/test/a/red_light".to_owned()), "{topics:?}");
    let log_in = String::from_utf8_lossy(&broker.log_ins()[0]).into_owned();
    assert!(log_in.contains("watchpost-test-broker") && log_in.contains("hunter2"), "{log_in}");
}

#[tokio::test]
async fn a_connection_that_breaks_loses_nothing_and_keeps_the_order() {
    let broker = Broker::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![target(&broker, Duration::from_secs(10))]).await.unwrap();
    let asked = AtomicUsize::new(0);
    broker.decide(move |_| match asked.fetch_add(1, Ordering::Relaxed) % 7 {
        6 => Treatment::HangUp,
        _ => Treatment::Acknowledge,
    });
    for number in 0..60 {
        log.store(["a", "b", "c"][number % 3], 3);
    }
    eventually("all are settled", || (log.cursor_of("broker") == Some(60)).then_some(())).await;
    for camera in 0..3 {
        let mut sequences: Vec<_> = broker
            .messages()
            .iter()
            .map(super::broker::Message::sequence)
            .filter(|sequence| (sequence - 1) % 3 == camera)
            .collect();
        assert!(sequences.is_sorted(), "{sequences:?}");
        sequences.dedup();
        assert_eq!(sequences.len(), 20, "{sequences:?}");
    }
    assert_eq!(log.dead_of("broker"), []);
}

#[tokio::test]
async fn a_broker_that_does_not_acknowledge_gets_it_again_over_another_connection() {
    let broker = Broker::start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![target(&broker, Duration::from_millis(100))]).await.unwrap();
    let asked = AtomicUsize::new(0);
    broker.decide(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Treatment::Silence,
        _ => Treatment::Acknowledge,
    });
    log.store("a", 3);
    eventually("it is settled", || (log.cursor_of("broker") == Some(1)).then_some(())).await;
    assert_eq!(broker.messages().len(), 2);
    assert_eq!(broker.log_ins().len(), 2);
}

#[tokio::test]
async fn a_broker_that_lets_nobody_in_is_told_of_and_tried_again() {
    let broker = Broker::start().await;
    broker.welcome(5);
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![target(&broker, Duration::from_secs(10))]).await.unwrap();
    log.store("a", 3);
    let told = eventually("it is told", || {
        let status = status(&notifier, "broker");
        (status.state == TargetState::Retrying).then_some(status.last_error).flatten()
    })
    .await;
    assert!(told.text.contains("NotAuthorized"), "{told:?}");
    assert!(!told.text.contains("hunter2"), "{told:?}");
    broker.welcome(0);
    eventually("it is settled", || (log.cursor_of("broker") == Some(1)).then_some(())).await;
    notifier.stop().await;
}
