//! TLS: who is not believed gets nothing, and who asks learns who speaks.

use std::net::SocketAddr;

use notify::{Target, TargetState, Tls, Way};

use crate::footing::{Log, eventually, impatient, notifier, site, status, webhook};
use crate::house::House;
use crate::receiver::Receiver;

fn target(address: SocketAddr, tls: Tls) -> Target {
    let mut target = webhook("partner", &format!("https://{address}/hook?token=hunter2"));
    let Way::Webhook(way) = &mut target.way else { panic!("{target:?}") };
    way.tls = Some(tls);
    target
}

#[tokio::test]
async fn a_receiver_gets_events_over_tls_once_each_side_believes_the_other() {
    let (house, strangers) = (House::new(), House::new());
    let receiver = Receiver::start().await;
    let address = house.front(receiver.address()).await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let refused = [
        (strangers.tls(true), "invalid peer certificate"),
        // It does not know us; whether its word for that is read before it hangs up is chance.
        (house.tls(false), ""),
    ];
    for (tls, reason) in refused {
        notifier.apply(site(), vec![target(address, tls)]).await.unwrap();
        if log.events.lock().unwrap().is_empty() {
            log.store("gate", 3);
        }
        let told = eventually("the reason is told", || {
            let status = status(&notifier, "partner");
            let is_told = status.state == TargetState::Retrying;
            is_told.then_some(status.last_error).flatten().filter(|told| told.text.contains(reason))
        })
        .await;
        assert!(!told.text.contains("hunter2"), "{told:?}");
        assert_eq!(receiver.received().len(), 0);
        assert_eq!(log.cursor_of("partner"), Some(0));
    }
    notifier.apply(site(), vec![target(address, house.tls(true))]).await.unwrap();
    eventually("it is settled", || (log.cursor_of("partner") == Some(1)).then_some(())).await;
    assert_eq!(receiver.taken(), [1]);

    // The same files once more are the same way, another certificate is another one.
    let same = notifier.apply(site(), vec![target(address, house.tls(true))]).await.unwrap();
    assert_eq!((same.untouched, same.started), (1, 0));
    let other = notifier.apply(site(), vec![target(address, house.tls(false))]).await.unwrap();
    assert_eq!((other.untouched, other.started), (0, 1));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_believed() {
    let house = House::new();
    let receiver = Receiver::start().await;
    let address = house.front(receiver.address()).await;
    let log = Log::new();
    let notifier = notifier(&log, impatient());
    let mut target = target(address, house.tls(true));
    let Way::Webhook(way) = &mut target.way else { panic!("{target:?}") };
    // The certificate names the address, not the name.
    way.url = format!("https://localhost:{}/hook", address.port()).parse().unwrap();
    notifier.apply(site(), vec![target]).await.unwrap();
    log.store("gate", 3);
    let told = eventually("the reason is told", || status(&notifier, "partner").last_error).await;
    assert!(told.text.contains("not valid for name"), "{told:?}");
    assert_eq!(receiver.received().len(), 0);
}
