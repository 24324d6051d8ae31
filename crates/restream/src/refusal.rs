//! Why somebody does not get what they ask for, and how that is answered.

use std::time::Duration;

use rtsp::Response;

/// How soon a client may ask again whose camera shows nothing for now.
const COME_BACK: Duration = Duration::from_secs(5);

/// Why somebody may not watch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody said who asks, or it is not true.
    #[error("say who asks: a user name with an API token or the account's password behind it")]
    NotSignedIn,
    /// Too many have tried and failed.
    #[error("too many log-ins have failed: wait {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// Who asks may watch no camera at all.
    #[error("this needs the permission live")]
    NotPermitted,
    /// There is no such camera or stream, as far as who asks may know.
    #[error("there is no such camera or stream: rtsp://host:port/live/CAMERA/main or …/sub")]
    NotFound,
    /// Its own pictures bear no masks, and show persons as they are.
    #[error(
        "this camera has privacy masks, or its persons are softened, which its own pictures do not \
         bear: ?masks=off lifts that for who holds unmask, once a second person has agreed"
    )]
    Masked,
    /// Too many watch at once.
    #[error("too many live pictures are watched at once: close some and try again")]
    TooMany,
    /// The camera shows nothing for now.
    #[error("the camera shows nothing for now")]
    NoPicture,
    /// The service stops.
    #[error("the service is stopping")]
    Stopping,
    /// It failed here; the log says why.
    #[error("it could not be done here: the service's log says why")]
    Failed,
}

impl Refusal {
    /// Returns how it is called in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::Wait(_) => "wait",
            Self::NotPermitted => "not_permitted",
            Self::NotFound => "not_found",
            Self::Masked => "masked",
            Self::TooMany => "too_many",
            Self::NoPicture => "no_picture",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }

    /// Returns the answer (RFC 2326 §11), with what to do in its body.
    pub(crate) fn response(&self) -> Response {
        let response = match self {
            // How one may sign in, the connection says.
            Self::NotSignedIn => Response::new("401 Unauthorized"),
            Self::Wait(wait) => Response::new("503 Service Unavailable")
                .with("Retry-After", (wait.as_secs() + 1).to_string()),
            Self::NotPermitted | Self::Masked => Response::new("403 Forbidden"),
            Self::NotFound => Response::new("404 Not Found"),
            Self::TooMany => Response::new("453 Not Enough Bandwidth"),
            Self::NoPicture | Self::Stopping => Response::new("503 Service Unavailable")
                .with("Retry-After", COME_BACK.as_secs().to_string()),
            Self::Failed => Response::new("500 Internal Server Error"),
        };
        response.body("text/plain; charset=utf-8", format!("{self}\n"))
    }
}
