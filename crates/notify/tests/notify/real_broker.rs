//! Against a real broker: stopped and started again it ends with every event.

use std::time::Duration;

use notify::{Filter, Mqtt, OncePer, Target, TargetState, Way};
use rumqttc::QoS;

use crate::footing::{Log, eventually, impatient, notifier, site, status};
use crate::house::House;
use crate::mosquitto::Mosquitto;

fn target(broker: &Mosquitto) -> Target {
    Target {
        id: "broker".parse().unwrap(),
        way: Way::Mqtt(Mqtt {
            host: "127.0.0.1".to_owned(),
            port: broker.port,
            credentials: None,
            topic: Mqtt::TOPIC.to_owned(),
            tls: Some(broker.house.tls(true)),
        }),
        filter: Filter::default(),
        once_per: OncePer::Event,
        timeout: Duration::from_secs(5),
    }
}

#[tokio::test]
async fn a_broker_that_is_stopped_and_started_again_ends_with_every_event() {
    let Some(mut broker) = Mosquitto::new() else { return };
    broker.start().await;
    let partner = broker.subscribe("partner").await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    notifier.apply(site(), vec![target(&broker)]).await.unwrap();
    let store = |count: usize| {
        for number in 0..count {
            log.store(["a", "b", "c"][number % 3], 3);
        }
    };
    store(30);
    eventually("the first are settled", || (log.cursor_of("broker") == Some(30)).then_some(()))
        .await;

    // Some are on their way while it stops, some come while it is away.
    store(30);
    broker.stop();
    store(30);
    eventually("it is missed", || {
        (status(&notifier, "broker").state == TargetState::Retrying).then_some(())
    })
    .await;
    broker.start().await;
    eventually("all are settled", || (log.cursor_of("broker") == Some(90)).then_some(())).await;
    assert_eq!(log.dead_of("broker"), []);
    let all = eventually("the partner has all", || {
        let all = partner.sequences();
        (1..=90).all(|one| all.iter().any(|(_, sequence)| *sequence == one)).then_some(all)
    })
    .await;
    for camera in ["a", "b", "c"] {
        let of_camera = all.iter().filter(|(topic, _)| {
            let expected = format!("watchpost/test/{camera}/red_light");
            *topic == expected
        });
        let mut first_seen: Vec<u64> = Vec::new();
        for (_, sequence) in of_camera {
            // At least once: what came twice is known by its number.
            if !first_seen.contains(sequence) {
                first_seen.push(*sequence);
            }
        }
        assert!(first_seen.is_sorted(), "{camera}: {first_seen:?}");
        assert_eq!(first_seen.len(), 30);
    }
    let received = partner.received.lock().unwrap().clone();
    assert!(received.iter().all(|message| message.qos == QoS::AtLeastOnce));

    // Nothing is retained: who comes later begins with what is published from then on.
    let late = broker.subscribe("late").await;
    let newest = log.store("a", 3);
    let first = eventually("the late one is told", || late.sequences().first().cloned()).await;
    assert_eq!(first.1, newest);
    notifier.stop().await;
}

#[tokio::test]
async fn a_broker_lets_in_who_shows_a_certificate_and_nobody_else() {
    let Some(mut broker) = Mosquitto::new() else { return };
    broker.start().await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let strangers = House::new();
    for tls in [strangers.tls(true), broker.house.tls(false)] {
        let mut target = target(&broker);
        let Way::Mqtt(way) = &mut target.way else { panic!("{target:?}") };
        way.tls = Some(tls);
        notifier.apply(site(), vec![target]).await.unwrap();
        if log.events.lock().unwrap().is_empty() {
            log.store("a", 3);
        }
        eventually("it is told that nothing gets through", || {
            let status = status(&notifier, "broker");
            (status.state == TargetState::Retrying).then_some(status.last_error).flatten()
        })
        .await;
        assert_eq!(log.cursor_of("broker"), Some(0));
    }
    notifier.apply(site(), vec![target(&broker)]).await.unwrap();
    eventually("it is settled", || (log.cursor_of("broker") == Some(1)).then_some(())).await;
    notifier.stop().await;
}
