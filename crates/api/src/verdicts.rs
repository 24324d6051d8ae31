//! How good the alerts are, in the officers' own word: what they came to when they were closed.

use axum::Json;
use axum::extract::State;
use domain::{Share, TimeRange, Timestamp};
use index::Verdicts;
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::{Parameters, Params, Query};
use crate::problem::{ApiError, Problem};
use crate::state::ApiState;

/// Which alerts.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct VerdictParams {
    /// First moment, RFC 3339, of the alert's first event; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    start: Timestamp,
    /// First moment after, RFC 3339; open if left out.
    #[param(value_type = Option<String>, format = DateTime)]
    end: Timestamp,
}

impl Parameters for VerdictParams {
    fn read(query: &mut Query) -> Option<Self> {
        let range = query.open_range()?;
        Some(Self { start: range.start, end: range.end })
    }
}

/// What closed alerts came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct VerdictsBody {
    /// By camera and rule, in their order.
    verdicts: Vec<RuleVerdictsBody>,
    /// All of them together.
    total: CountsBody,
}

/// What the closed alerts of a rule at a camera came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RuleVerdictsBody {
    /// The camera that saw them first.
    camera: String,
    /// The rule that raised them.
    rule: String,
    /// What kind of event it was.
    #[schema(example = "red_light")]
    kind: &'static str,
    #[serde(flatten)]
    counts: CountsBody,
}

/// How many alerts came to what.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CountsBody {
    /// As the alert says.
    r#true: u64,
    /// False alarms.
    r#false: u64,
    /// Told of by another alert, too.
    duplicate: u64,
    /// Nothing was to be done.
    no_action: u64,
    /// The share that was true, of those judged true or false.
    precision: PrecisionBody,
}

/// A share with what a sample of this size proves: the 95 % interval of Wilson (1927).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PrecisionBody {
    /// The share, 0 to 1; null of nothing.
    value: Option<f64>,
    /// The true share lies above with 97.5 %.
    low_95: Option<f64>,
    /// The true share lies below with 97.5 %.
    high_95: Option<f64>,
}

impl From<Share> for PrecisionBody {
    fn from(share: Share) -> Self {
        let (low_95, high_95) = share.interval().unzip();
        Self { value: share.value(), low_95, high_95 }
    }
}

impl CountsBody {
    fn of<'a>(verdicts: impl Iterator<Item = &'a Verdicts> + Clone) -> Self {
        let sum = |of: fn(&Verdicts) -> u64| verdicts.clone().map(of).sum::<u64>();
        let mut precision = Share::default();
        verdicts.clone().for_each(|one| precision += one.precision());
        Self {
            r#true: sum(|one| one.real),
            r#false: sum(|one| one.false_alarms),
            duplicate: sum(|one| one.duplicates),
            no_action: sum(|one| one.no_action),
            precision: precision.into(),
        }
    }
}

/// What closed alerts came to, by camera and rule
///
/// Alerts that are open, or were reopened, count nowhere; those that have expired, neither.
#[utoipa::path(
    get,
    path = "/verdicts",
    tag = "alerts",
    operation_id = "verdicts",
    params(VerdictParams),
    responses(
        (status = 200, description = "Counts and precision", body = VerdictsBody),
        (status = 400, description = "A parameter was refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many searches at once", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn verdicts(
    State(state): State<ApiState>,
    Params(VerdictParams { start, end }): Params<VerdictParams>,
) -> Result<Json<VerdictsBody>, ApiError> {
    let found = state.query(move |index| index.verdicts(TimeRange { start, end })).await?;
    let rule = |one: &Verdicts| RuleVerdictsBody {
        camera: one.camera.to_string(),
        rule: one.rule.to_string(),
        kind: one.kind.as_str(),
        counts: CountsBody::of(std::iter::once(one)),
    };
    Ok(Json(VerdictsBody {
        verdicts: found.iter().map(rule).collect(),
        total: CountsBody::of(found.iter()),
    }))
}
