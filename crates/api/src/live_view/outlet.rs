//! Live views for other protocols than HTTP, which the program speaks elsewhere: who may watch is
//! settled here, by the same rights, seats and trail as over a WebSocket.

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    AccessUnit, AccountName, AuditAction, CameraId, Permission, RunId, StreamId, StreamRole,
    Timestamp, VideoFormat,
};
use index::Identity;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::tap::{Next, Tapped, Viewing};
use super::{BEAT, Covered, LARGEST_GOP_BYTES, Seat, access_ends, is_covered, is_lifted, next};
use crate::access::session::{Credentials, sign_in_as};
use crate::access::{Caller, Proof, RESTREAM_PREFIX, TOKEN_PREFIX, hash_of, note_live};
use crate::problem::{ApiError, chain};
use crate::state::ApiState;
use crate::views::{LivePicture, Masking};

/// How long a picture is waited for where none is in memory.
const PICTURE_WITHIN: Duration = Duration::from_secs(5);
/// No secret of ours is longer.
const LONGEST_SECRET: usize = 256;

/// Who asks to watch, and what.
#[derive(Debug, Clone)]
pub struct LiveAsked {
    /// The account's name; of a token that is shown as it is it is not looked at.
    pub name: String,
    /// A token, a restream password, or the password of a person's account.
    pub password: LivePassword,
    /// Where it is asked from.
    pub client: IpAddr,
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams; the main or only one if left out.
    pub role: Option<StreamRole>,
    /// Whether privacy masks are to be lifted.
    pub masking: Masking,
    /// By which protocol: `rtsp`. It stands in the trail.
    pub protocol: &'static str,
}

/// What proves who asks; never printed.
#[derive(Clone)]
pub struct LivePassword(Shown);

#[derive(Clone)]
enum Shown {
    /// As it is.
    Plain(String),
    /// That they know it.
    Known(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl LivePassword {
    /// Keeps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Shown::Plain(text.into()))
    }

    /// Stands for a password that was not sent: `is_it` says of one whether it is that. Only restream
    /// passwords can be told so.
    pub fn known(is_it: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Shown::Known(Arc::new(is_it)))
    }
}

impl fmt::Debug for LivePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why somebody may not watch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveRefusal {
    /// The token, or the name or the password, is wrong.
    #[error("the token, or the name or the password, is wrong")]
    WrongLogin,
    /// Too many have tried.
    #[error("too many log-ins: wait {} s", .0.as_secs() + 1)]
    Wait(Duration),
    /// They hold `live` nowhere.
    #[error("this needs the permission live")]
    NotPermitted,
    /// There is no such camera or stream, as far as they may know.
    #[error("there is no such camera or stream")]
    NotFound,
    /// Privacy masks lie over its pictures, or its persons are softened.
    #[error("the camera has privacy masks, or its persons are softened")]
    Masked,
    /// Too many watch at once.
    #[error("too many live pictures are watched at once")]
    TooMany,
    /// The camera shows nothing for now.
    #[error("the camera shows nothing for now")]
    NoPicture,
    /// The service stops.
    #[error("the service is stopping")]
    Stopping,
    /// It failed here; the log says why.
    #[error("it could not be done")]
    Failed,
}

impl From<ApiError> for LiveRefusal {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::WrongLogin | ApiError::NotSignedIn => Self::WrongLogin,
            ApiError::Locked(wait) | ApiError::TooManyLogins(wait) => Self::Wait(wait),
            ApiError::Busy(_) => Self::Wait(Duration::ZERO),
            ApiError::NotPermitted(_) => Self::NotPermitted,
            ApiError::NoSuchCamera(_) | ApiError::NoSuchStream(_) => Self::NotFound,
            ApiError::Stopping => Self::Stopping,
            other => {
                warn!(error = %chain(&other), "somebody cannot watch");
                Self::Failed
            }
        }
    }
}

/// That somebody may watch a stream. Who signed in by password is signed out when it is dropped.
#[derive(Debug)]
pub struct LiveTicket {
    state: ApiState,
    caller: Caller,
    stream: StreamId,
    masking: Masking,
    protocol: &'static str,
    _login: Option<Login>,
}

impl ApiState {
    /// Finds out who asks, and whether they may watch what they ask for.
    ///
    /// # Errors
    /// They may not; what they may not know of is not found.
    pub async fn admit_live(&self, asked: LiveAsked) -> Result<LiveTicket, LiveRefusal> {
        let (identity, proof, login) = self.identify_live(&asked).await?;
        let reach = self.site_cameras().reach(&identity);
        let needs = &[Permission::Live];
        let scope = reach.scope(needs).ok_or(LiveRefusal::NotPermitted)?;
        let caller = Caller::new(identity, proof, (reach, scope), None);
        let stream = self.stream(caller.scope(), &asked.camera, asked.role)?;
        let (masking, protocol) = (asked.masking, asked.protocol);
        let ticket =
            LiveTicket { state: self.clone(), caller, stream, masking, protocol, _login: login };
        ticket.may_see().await?;
        Ok(ticket)
    }

    async fn identify_live(
        &self,
        asked: &LiveAsked,
    ) -> Result<(Identity, Proof, Option<Login>), LiveRefusal> {
        let try_again = || {
            let now = self.parts().clock.monotonic();
            self.logins().take(Some(asked.client), now)
        };
        let unknown = || {
            self.failed_sign_ins().count_token(asked.protocol, Some(asked.client));
            try_again().err().map_or(LiveRefusal::WrongLogin, LiveRefusal::from)
        };
        let password = match &asked.password.0 {
            Shown::Plain(password) if password.starts_with(RESTREAM_PREFIX) => {
                let shown = password.clone();
                let is_it = move |known: &str| is_same(known, &shown);
                let found = self.by_restream_password(&asked.name, Arc::new(is_it)).await?;
                return found.ok_or_else(unknown);
            }
            Shown::Known(is_it) => {
                let found = self.by_restream_password(&asked.name, Arc::clone(is_it)).await?;
                return found.ok_or_else(unknown);
            }
            Shown::Plain(password) => password.as_str(),
        };
        if password.len() > LONGEST_SECRET {
            return Err(unknown());
        }
        if password.starts_with(TOKEN_PREFIX) {
            let proof = Proof::Token(hash_of(password));
            let known = self.admission(move |state| state.identity(proof)).await?;
            // Only guesses cost something: a wall of sixty-four opens at once.
            let identity = known.ok_or_else(unknown)?;
            return Ok((identity, proof, None));
        }
        try_again()?;
        let credentials = Credentials::new(&asked.name, password);
        let from = (Some(asked.client), asked.protocol);
        let signed_in = self.log_in(move |state| sign_in_as(state, &credentials, from)).await?;
        let (identity, proof) = signed_in;
        Ok((identity, proof, Some(Login { state: self.clone(), proof })))
    }
}

/// Returns whether both are the same; it takes as long whatever of them is.
fn is_same(one: &str, other: &str) -> bool {
    let off = one.bytes().zip(other.bytes()).fold(0, |off, (a, b)| off | (a ^ b));
    one.len() == other.len() && off == 0
}

impl ApiState {
    /// Returns who of the service `name`'s tokens has the restream password that `is_it` knows.
    async fn by_restream_password(
        &self,
        name: &str,
        is_it: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    ) -> Result<Option<(Identity, Proof, Option<Login>)>, LiveRefusal> {
        let Ok(name) = name.parse::<AccountName>() else { return Ok(None) };
        let found = move |state: &ApiState| {
            let now = state.parts().clock.now();
            for token in state.parts().index.accounts().tokens_of(&name, now)? {
                if is_it(&state.parts().restream_key.password_of(&token)) {
                    let proof = Proof::Token(token);
                    return Ok(state.identity(proof)?.map(|identity| (identity, proof, None)));
                }
            }
            Ok(None)
        };
        Ok(self.admission(found).await?)
    }
}

/// Somebody's log-in by password, for as long as they watch.
#[derive(Debug)]
struct Login {
    state: ApiState,
    proof: Proof,
}

impl Drop for Login {
    fn drop(&mut self) {
        let Proof::Session(secret) = self.proof else { return };
        let (state, Ok(runtime)) = (self.state.clone(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        runtime.spawn(async move {
            let ended = move |state: &ApiState| {
                Ok(state.parts().index.accounts().close_session(&secret)?)
            };
            if let Err(error) = state.admission(ended).await {
                // It ends by itself when it has been idle.
                warn!(error = %chain(&error), "cannot sign somebody out who watched");
            }
        });
    }
}

impl LiveTicket {
    /// Returns what a decoder must know of the stream.
    ///
    /// # Errors
    /// No picture comes, within five seconds.
    pub async fn format(&self) -> Result<Arc<VideoFormat>, LiveRefusal> {
        let until = Instant::now() + PICTURE_WITHIN;
        let taps = &self.state.parts().live;
        let mut watch = taps.watch(&self.stream).ok_or(LiveRefusal::NoPicture)?;
        if let Some(gop) = open_gop(&self.state, &self.stream).await {
            return Ok(gop.format);
        }
        loop {
            let next = timeout_at(until, watch.next()).await;
            match next.map_err(|_| LiveRefusal::NoPicture)? {
                Next::Tapped(Tapped::Picture(unit)) => return Ok(unit.format),
                Next::Tapped(Tapped::Missed | Tapped::Interrupted) | Next::Behind(_) => {}
            }
        }
    }

    /// Begins to watch: takes a seat, and notes it in the audit trail as a look.
    ///
    /// # Errors
    /// They may not any more, too many watch, or it cannot be noted.
    pub async fn open(&self) -> Result<LiveFeed, LiveRefusal> {
        if self.state.stop().is_cancelled() {
            return Err(LiveRefusal::Stopping);
        }
        let asked = self.caller.clone();
        if !self.state.admission(move |state| state.is_still(&asked)).await? {
            return Err(LiveRefusal::WrongLogin);
        }
        self.may_see().await?;
        let seat = self.state.live_seat(self.caller.name()).ok_or(LiveRefusal::TooMany)?;
        let camera = &self.stream.camera;
        let object = format!("/api/v1/cameras/{camera}/live");
        let masks = if self.masking == Masking::Off { "&masks=off" } else { "" };
        let role = self.stream.role.as_str();
        let query = format!("stream={role}&protocol={}{masks}", self.protocol);
        note_live(&self.state, &self.caller, AuditAction::Viewed, &object, &query).await?;
        Ok(LiveFeed::new(self, seat))
    }

    /// Refuses pictures that masks lie over, or in which persons are to be softened, unless that was
    /// lifted by who may see them.
    async fn may_see(&self) -> Result<(), LiveRefusal> {
        if !is_covered(&self.state, &self.stream.camera)
            || self.masking == Masking::Off
                && is_lifted(&self.state, &self.caller, &self.stream).await
        {
            return Ok(());
        }
        Err(LiveRefusal::Masked)
    }
}

/// What is to be seen.
#[derive(Debug, Clone)]
pub enum LiveSeen {
    /// A picture.
    Picture(LivePicture),
    /// So many pictures were left out, as they were taken too slowly; a keyframe follows.
    LeftOut(u64),
    /// Nothing more: why.
    Ended(&'static str),
}

/// The pictures of one who watches: the GOP that goes on, then each as it comes.
#[derive(Debug)]
pub struct LiveFeed {
    state: ApiState,
    stream: StreamId,
    watch: Option<Viewing>,
    /// Whether the GOP that goes on is to be looked for.
    begins: bool,
    /// Pictures of it that were not taken yet.
    begun: VecDeque<LivePicture>,
    row: Row,
    beat: Interval,
    no_access: CancellationToken,
    _guard: AbortOnDropHandle<()>,
    _seat: Seat,
}

impl LiveFeed {
    fn new(ticket: &LiveTicket, seat: Seat) -> Self {
        let (state, stream) = (ticket.state.clone(), ticket.stream.clone());
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let no_access = CancellationToken::new();
        let guard = {
            let (state, stream) = (state.clone(), stream.clone());
            let caller = ticket.caller.clone();
            let covered = match ticket.masking {
                Masking::On => Covered::MayNotBe,
                Masking::Off => Covered::IsLifted,
            };
            let ended = no_access.clone();
            tokio::spawn(async move {
                access_ends(&state, &caller, &stream, covered).await;
                ended.cancel();
            })
        };
        Self {
            state,
            stream,
            watch: None,
            begins: false,
            begun: VecDeque::new(),
            row: Row::default(),
            beat,
            no_access,
            _guard: AbortOnDropHandle::new(guard),
            _seat: seat,
        }
    }

    /// Waits for what is to be seen next. Nothing is lost when this is given up before it returns.
    pub async fn next(&mut self) -> LiveSeen {
        loop {
            if self.no_access.is_cancelled() {
                return LiveSeen::Ended("they may not watch it any more");
            }
            if self.state.stop().is_cancelled() {
                return LiveSeen::Ended("the service stops");
            }
            if self.begins {
                self.begin().await;
            }
            if let Some(picture) = self.begun.pop_front() {
                return LiveSeen::Picture(picture);
            }
            let stop = self.state.stop().clone();
            let next = tokio::select! {
                () = self.no_access.cancelled() => continue,
                () = stop.cancelled() => continue,
                _ = self.beat.tick() => None,
                next = next(&mut self.watch) => Some(next),
            };
            match next {
                None => self.look(),
                Some(Next::Tapped(Tapped::Picture(unit))) => {
                    if let Some(picture) = self.row.take(unit) {
                        return LiveSeen::Picture(picture);
                    }
                }
                Some(Next::Tapped(Tapped::Interrupted)) => self.look(),
                Some(Next::Tapped(Tapped::Missed)) => self.begins = true,
                Some(Next::Behind(pictures)) => {
                    self.row = Row::default();
                    return LiveSeen::LeftOut(pictures);
                }
            }
        }
    }

    /// Looks whether the stream is received, by another feed perhaps.
    fn look(&mut self) {
        let taps = Arc::clone(&self.state.parts().live);
        if self.watch.as_ref().is_none_or(|watch| watch.is_over(&taps, &self.stream)) {
            self.watch = taps.watch(&self.stream);
            self.begins |= self.watch.is_some();
        }
    }

    /// Begins with the GOP that goes on, or else waits for the next keyframe.
    async fn begin(&mut self) {
        let gop = open_gop(&self.state, &self.stream).await;
        self.begins = false;
        let Some(gop) = gop else { return };
        for (index, (time, data)) in gop.pictures.into_iter().enumerate() {
            let (format, is_keyframe) = (Arc::clone(&gop.format), index == 0);
            if self.row.goes_on(gop.run, time, is_keyframe) {
                self.begun.push_back(LivePicture { time, is_keyframe, format, data });
            }
        }
    }
}

/// Which picture was the newest: each is shown once, from a keyframe on.
#[derive(Debug, Default)]
struct Row(Option<(RunId, Timestamp)>);

impl Row {
    fn take(&mut self, unit: AccessUnit) -> Option<LivePicture> {
        let AccessUnit { run, time, is_keyframe, format, data, .. } = unit;
        let picture = LivePicture { time, is_keyframe, format, data };
        self.goes_on(run, time, is_keyframe).then_some(picture)
    }

    fn goes_on(&mut self, run: RunId, time: Timestamp, is_keyframe: bool) -> bool {
        let goes_on = match self.0 {
            Some((known, newest)) if run == known => time > newest,
            Some((known, _)) => run > known && is_keyframe,
            None => is_keyframe,
        };
        if goes_on {
            self.0 = Some((run, time));
        }
        goes_on
    }
}

/// Returns the GOP that goes on, if the recorder has it.
async fn open_gop(state: &ApiState, stream: &StreamId) -> Option<archive::live::OpenGop> {
    let read = {
        let (state, stream) = (state.clone(), stream.clone());
        move || state.parts().archive.open_gop(&stream).map_err(ApiError::Clip)
    };
    match state.disk_read(read).await {
        Ok(gop) => gop.filter(|gop| {
            let bytes: usize = gop.pictures.iter().map(|(_, data)| data.len()).sum();
            bytes <= LARGEST_GOP_BYTES
        }),
        Err(error) => {
            warn!(%stream, error = %chain(&error), "cannot begin with the open GOP");
            None
        }
    }
}
