//! A report's figures as JSON, for a page that draws them.

use domain::{Scope, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Answers, Report};
use crate::alerts::AlertBody;
use crate::coverage::TotalBody;
use crate::handling_body::FloodBody;

/// What the report of a shift or a day says, as figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReportBody {
    /// First moment.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    /// First moment after.
    #[schema(value_type = String, format = DateTime)]
    end: Timestamp,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made: Timestamp,
    /// Whether there were more alerts than a report is made of.
    is_cut: bool,
    /// By kind: how many alerts, and what they came to.
    kinds: Vec<KindFigures>,
    /// By severity, from 1 to 4: how fast they were answered.
    answers: Vec<AnswerFigures>,
    /// How much was covered.
    coverage: TotalBody,
    /// Floods of alerts that lasted in it.
    floods: Vec<FloodBody>,
    /// Alerts of severity 1 and 2, in the order in which they were raised; 200 at most.
    grave: Vec<AlertBody>,
    /// How many more there were.
    grave_left_out: usize,
    /// The hand-over that was signed last.
    handover: Option<HandoverFigures>,
    /// Cases that were opened in it.
    cases: Vec<CaseFigures>,
}

/// Alerts of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct KindFigures {
    /// The kind.
    #[schema(example = "red_light")]
    kind: &'static str,
    /// How many of each severity, from 1 to 4.
    by_severity: [u32; 4],
    /// As the alert said.
    r#true: u32,
    /// False alarms.
    r#false: u32,
    /// Duplicates, and those about which nothing was to be done.
    other: u32,
    /// Not closed.
    open: u32,
}

/// How fast alerts of a severity were answered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct AnswerFigures {
    /// Which severity.
    severity: u8,
    /// How many alerts.
    alerts: u32,
    /// How many somebody took charge of.
    acknowledged: usize,
    /// Seconds that half of those waited at most; null of none.
    median_s: Option<f64>,
    /// Seconds that 95 % of those waited at most; null of none.
    most_s: Option<f64>,
    /// How many went higher.
    escalated: u32,
}

/// A hand-over of the shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct HandoverFigures {
    /// Who left.
    outgoing: String,
    /// Who took over.
    incoming: String,
    /// When they signed; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    signed: Option<Timestamp>,
    /// What the one said to the other.
    note: String,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
struct CaseFigures {
    /// Its number.
    number: String,
    /// What it is about.
    title: String,
    /// Who opened it.
    by: String,
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        let kind = |(kind, counts): (domain::EventKind, super::KindCounts)| KindFigures {
            kind: kind.as_str(),
            by_severity: counts.by_severity,
            r#true: counts.real,
            r#false: counts.false_alarms,
            other: counts.other,
            open: counts.open,
        };
        let answer = |(severity, answers): (u8, &Answers)| AnswerFigures {
            severity,
            alerts: answers.count,
            acknowledged: answers.waits_s.len(),
            median_s: answers.wait_s(0.5),
            most_s: answers.wait_s(0.95),
            escalated: answers.escalated,
        };
        Self {
            start: report.range.start,
            end: report.range.end,
            made: report.made,
            is_cut: report.is_cut,
            answers: (1..).zip(&report.answers).map(answer).collect(),
            kinds: report.kinds.into_iter().map(kind).collect(),
            coverage: report.coverage,
            floods: report.floods.into_iter().map(FloodBody::from).collect(),
            grave: {
                let told = |stored| AlertBody::told(stored, &Scope::Site);
                report.grave.into_iter().map(told).collect()
            },
            grave_left_out: report.grave_left_out,
            handover: report.handover.map(|handover| HandoverFigures {
                outgoing: handover.outgoing.to_string(),
                incoming: handover.incoming.to_string(),
                signed: handover.signed,
                note: handover.note,
            }),
            cases: report
                .cases
                .into_iter()
                .map(|case| CaseFigures {
                    number: case.number,
                    title: case.title,
                    by: case.by.to_string(),
                })
                .collect(),
        }
    }
}
