//! How patient ingest is, in one place, so that tests can be less so.

use std::time::Duration;

use crate::ClockPolicy;

/// How long to wait for what, and when to try again.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The longest wait for connecting and for each RTSP answer.
    pub request_timeout: Duration,
    /// The longest wait for the camera to confirm the end of a session.
    pub teardown_timeout: Duration,
    /// Without an advancing picture for this long, the session is given up; a session that has
    /// just begun is shown as without picture, and goes on.
    pub no_picture_after: Duration,
    /// The same coded picture for this long is a frozen one. Two successive coded pictures never
    /// are the same bytes, however still the scene: H.264 counts `frame_num` or changes
    /// `idr_pic_id` (§7.4.3), H.265 counts `slice_pic_order_cnt_lsb`. So every picture of the
    /// span must equal the one before, and an encoder that breaks the rule for single pictures
    /// does no harm.
    pub frozen_after: Duration,
    /// A picture frozen for this long is worth a new session, in case that revives the camera.
    pub frozen_reconnect: Duration,
    /// A session without any picture for this long, or with none at which decoding can start, is
    /// given up. Many cameras begin with their next keyframe, and those may lie far apart.
    pub keyframe_within: Duration,
    /// A jump of the camera's clock takes effect at the next keyframe, so that no picture is
    /// lost; at the latest after this long.
    pub clock_jump_within: Duration,
    /// The wait before the second attempt; doubles with every failure.
    pub first_retry: Duration,
    /// The longest wait between attempts.
    pub longest_retry: Duration,
    /// The wait where a person must change something first: cameras lock users out who try wrong
    /// passwords too often.
    pub misconfigured_retry: Duration,
    /// Pictures for this long, and the next failure is met quickly again.
    pub stable_after: Duration,
    /// How often watchdogs look and the status board is refreshed.
    pub tick: Duration,
    /// When the camera's clock is believed.
    pub clock: ClockPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(10),
            teardown_timeout: Duration::from_secs(1),
            no_picture_after: Duration::from_secs(5),
            frozen_after: Duration::from_secs(5),
            frozen_reconnect: Duration::from_secs(60),
            keyframe_within: Duration::from_secs(30),
            clock_jump_within: Duration::from_secs(5),
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(30),
            misconfigured_retry: Duration::from_secs(60),
            stable_after: Duration::from_secs(10),
            tick: Duration::from_secs(1),
            clock: ClockPolicy::default(),
        }
    }
}
