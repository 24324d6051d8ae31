//! Cameras for other systems: the live views of the query service, behind the RTSP server.

use std::sync::Arc;

use anyhow::Context as _;
use api::{
    ApiState, LiveAsked, LiveFeed, LivePassword, LiveRefusal, LiveSeen, LiveTicket, Masking,
};
use api::{ComponentHealth, Health, Transport};
use domain::VideoFormat;
use restream::{
    Answer, Asked, Encryption, Figures, Listener, Patience, Picture, Proof, Refusal, Restream,
    Seen, Source, Tally, Ticket,
};

use crate::config;

/// Listens where the restream is to, as the configuration says; nowhere where it says nothing of it.
///
/// # Errors
/// An address cannot be listened on.
pub(crate) fn listeners(
    wanted: &config::Restream,
    transport: &Transport,
) -> anyhow::Result<Vec<Listener>> {
    let listen = |address, setting: &str| {
        let cannot = || format!("cannot listen on {address} (restream.{setting})");
        restream::listen(address).with_context(cannot)
    };
    let mut listeners = Vec::new();
    if let Some(address) = wanted.listen {
        listeners.push(Listener { tcp: listen(address, "listen")?, encryption: None });
    }
    // Without a certificate the configuration was refused.
    if let (Some(address), Transport::Tls(identity)) = (wanted.tls_listen, transport) {
        let identity = identity.clone();
        let encryption = Some(Encryption::new(move || identity.for_another_protocol()));
        listeners.push(Listener { tcp: listen(address, "tls_listen")?, encryption });
    }
    Ok(listeners)
}

/// How the restream calls itself in the audit trail.
const PROTOCOL: &str = "rtsp";

/// Returns an RTSP server of what `state` shows.
pub(crate) fn server(state: ApiState, tally: Arc<Tally>) -> Restream {
    Restream::new(Arc::new(LiveViews(state)), tally, Patience::default())
}

/// Returns how the server does; `None` where none is configured.
pub(crate) fn health(figures: Option<Figures>) -> ComponentHealth {
    let (status, detail) = match figures {
        None => (Health::Ok, "not configured".to_owned()),
        Some(Figures { listens: false, .. }) => {
            (Health::Degraded, "does not listen: see the log".to_owned())
        }
        Some(Figures { clients, cut_off, .. }) => {
            (Health::Ok, format!("{clients} watch; {cut_off} were cut off, as they took nothing"))
        }
    };
    ComponentHealth { name: "restream", status, detail: Some(detail) }
}

/// The live views of the query service.
#[derive(Debug)]
struct LiveViews(ApiState);

impl Source for LiveViews {
    fn admit(&self, asked: Asked) -> Answer<'_, Result<Arc<dyn Ticket>, Refusal>> {
        Box::pin(async move {
            let credentials = asked.credentials.ok_or(Refusal::NotSignedIn)?;
            let asked = LiveAsked {
                name: credentials.name,
                password: match credentials.proof {
                    Proof::Password(password) => LivePassword::new(password),
                    Proof::Digest(shown) => LivePassword::known(move |known| shown.is_by(known)),
                },
                client: asked.client.ip(),
                camera: asked.camera,
                role: asked.role,
                masking: if asked.lifts_masks { Masking::Off } else { Masking::On },
                protocol: PROTOCOL,
            };
            let ticket = self.0.admit_live(asked).await.map_err(refusal)?;
            Ok(Arc::new(Admitted(ticket)) as Arc<dyn Ticket>)
        })
    }
}

#[derive(Debug)]
struct Admitted(LiveTicket);

impl Ticket for Admitted {
    fn format(&self) -> Answer<'_, Result<Arc<VideoFormat>, Refusal>> {
        Box::pin(async { self.0.format().await.map_err(refusal) })
    }

    fn open(&self) -> Answer<'_, Result<Box<dyn restream::View>, Refusal>> {
        Box::pin(async {
            let feed = self.0.open().await.map_err(refusal)?;
            Ok(Box::new(Watched(feed)) as Box<dyn restream::View>)
        })
    }
}

struct Watched(LiveFeed);

impl restream::View for Watched {
    fn next(&mut self) -> Answer<'_, Seen> {
        Box::pin(async {
            match self.0.next().await {
                LiveSeen::Picture(picture) => Seen::Picture(Picture {
                    time: picture.time,
                    is_keyframe: picture.is_keyframe,
                    format: picture.format,
                    data: picture.data,
                }),
                LiveSeen::LeftOut(pictures) => Seen::LeftOut(pictures),
                LiveSeen::Ended(why) => Seen::Ended(why),
            }
        })
    }
}

fn refusal(refusal: LiveRefusal) -> Refusal {
    match refusal {
        LiveRefusal::WrongLogin => Refusal::NotSignedIn,
        LiveRefusal::Wait(wait) => Refusal::Wait(wait),
        LiveRefusal::NotPermitted => Refusal::NotPermitted,
        LiveRefusal::NotFound => Refusal::NotFound,
        LiveRefusal::Masked => Refusal::Masked,
        LiveRefusal::TooMany => Refusal::TooMany,
        LiveRefusal::NoPicture => Refusal::NoPicture,
        LiveRefusal::Stopping => Refusal::Stopping,
        LiveRefusal::Failed => Refusal::Failed,
    }
}
