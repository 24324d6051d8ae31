//! How fast what is searched for went.

use index::SpeedRange;

use crate::params::{Parameters, Query};

/// Nothing goes faster.
const MOST_KMH: f32 = 300.0;

/// How fast it went. What tells no speed (its camera is not calibrated, or its rule measures none) is
/// not found by it.
#[derive(Debug, Clone, Copy, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpeedParams {
    /// Only what went so fast or faster, in km/h, as the picture tells: an indication.
    #[param(value_type = Option<f32>, minimum = 0, maximum = 300, example = 60)]
    speed_from: Option<f32>,
    /// Only what went so fast or slower, in km/h.
    #[param(value_type = Option<f32>, minimum = 0, maximum = 300, example = 90)]
    speed_to: Option<f32>,
}

impl Parameters for SpeedParams {
    fn read(query: &mut Query) -> Option<Self> {
        let speed_from = query.parse_with("speed_from", read_kmh);
        let speed_to = query.parse_with("speed_to", read_kmh);
        if let (Some(from), Some(to)) = (speed_from, speed_to)
            && from > to
        {
            query.refuse("speed_to", "is below `speed_from`");
        }
        Some(Self { speed_from, speed_to })
    }
}

impl SpeedParams {
    pub(crate) fn range(self) -> SpeedRange {
        SpeedRange { from_kmh: self.speed_from, to_kmh: self.speed_to }
    }
}

fn read_kmh(text: &str) -> Result<f32, String> {
    let kmh = text.parse().ok().filter(|kmh| (0.0..=MOST_KMH).contains(kmh));
    kmh.ok_or_else(|| format!("\"{text}\" is not a speed: 0 to {MOST_KMH} km/h"))
}
