//! What objects look like: how it is asked for, and how it is answered.

use domain::LikelyColour;
use index::Looks;
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::Query;

/// What objects look like and where they go. What is not known does not match.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `read` reads")]
pub(crate) struct LooksParams {
    /// Only vehicles of these colours: `white`, `black`, `grey`, `red`, `yellow`, `green`, `blue`,
    /// `brown`, between commas.
    #[param(value_type = Option<String>, example = "red,brown")]
    colour: (),
    /// Only objects of these sizes: `small` (a person, a motorcycle), `medium` (a car), `large` (a
    /// bus, a truck), between commas. Known where a camera is calibrated.
    #[param(value_type = Option<String>, example = "large")]
    size: (),
    /// Only objects that went to these points of the compass: `n`, `ne`, `e`, `se`, `s`, `sw`, `w`,
    /// `nw`, between commas. Known where a camera is calibrated.
    #[param(value_type = Option<String>, example = "n,ne")]
    heading: (),
}

/// Takes what is asked of looks.
pub(crate) fn read(query: &mut Query) -> Looks {
    Looks {
        colours: query.list("colour", str::parse).unwrap_or_default(),
        sizes: query.list("size", str::parse).unwrap_or_default(),
        headings: query.list("heading", str::parse).unwrap_or_default(),
    }
}

/// The colour that most looks at a vehicle agree on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct ColourBody {
    /// Its name.
    #[schema(example = "red")]
    name: &'static str,
    /// The share of the votes that it has, 0 to 1.
    confidence: f32,
}

impl From<LikelyColour> for ColourBody {
    fn from(LikelyColour { colour, confidence }: LikelyColour) -> Self {
        Self { name: colour.as_str(), confidence }
    }
}
