//! The figures of a report as tables: the same ones on the terminal and on the page.

use domain::{Class, Crossing};

use crate::report::{ClipReport, Cost, EventScores, Report};
use crate::share::Share;

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) heading: &'static str,
    /// How to read it.
    pub(crate) lead: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One field of a table.
#[derive(Debug)]
pub(crate) enum Cell {
    /// Names and words; may be foreign.
    Text(String),
    /// A figure.
    Number(String),
    /// A share of 1.
    Share(Share),
}

/// What stands where there is no figure.
pub(crate) const NONE: &str = "–";

/// Returns all tables, in reading order; one that has no rows was not measured.
pub(crate) fn tables(report: &Report) -> Vec<Table> {
    vec![
        summary(report),
        rules(report),
        counts(report),
        detection(report),
        tracking(report),
        cost(report),
    ]
}

const EVENT_COLUMNS: [&str; 7] = [
    "hits",
    "misses",
    "false alarms",
    "precision",
    "recall",
    "time error, mean",
    "time error, max",
];

fn event_cells(scores: &EventScores) -> Vec<Cell> {
    vec![
        number(scores.hits()),
        number(scores.misses()),
        number(scores.false_alarms()),
        Cell::Share(scores.precision),
        Cell::Share(scores.recall),
        seconds(scores.mean_time_error_s),
        seconds(scores.max_time_error_s),
    ]
}

fn summary(report: &Report) -> Table {
    let rows = report.by_kind().into_iter().map(|sum| {
        let mut cells = vec![text(sum.kind.as_str())];
        cells.extend(event_cells(&sum.scores));
        cells.push(real(sum.false_alarms_per_hour(), 1));
        cells
    });
    let mut columns = vec!["kind of rule"];
    columns.extend(EVENT_COLUMNS);
    columns.push("false alarms/h");
    Table {
        heading: "Summary",
        lead: "All cameras together. The bracket behind a share is its 95 % interval: what a \
               sample of this size proves.",
        columns,
        rows: rows.collect(),
    }
}

fn rules(report: &Report) -> Table {
    let mut rows = Vec::new();
    for clip in &report.clips {
        for rule in &clip.rules {
            let Some(scores) = rule.scores else { continue };
            let mut cells =
                vec![text(clip.name()), text(rule.rule.as_str()), text(rule.kind.as_str())];
            cells.extend(event_cells(&scores));
            rows.push(cells);
        }
    }
    let mut columns = vec!["camera", "rule", "kind"];
    columns.extend(EVENT_COLUMNS);
    Table {
        heading: "Events by camera and rule",
        lead: "Found events matched one to one with true ones, by rule, direction, class and time.",
        columns,
        rows,
    }
}

fn counts(report: &Report) -> Table {
    let mut rows = Vec::new();
    for clip in &report.clips {
        for rule in &clip.rules {
            for count in &rule.counts {
                let truth = match count.plus_minus {
                    0 => count.truth.to_string(),
                    plus_minus => format!("{} ± {plus_minus}", count.truth),
                };
                rows.push(vec![
                    text(clip.name()),
                    text(rule.rule.as_str()),
                    text(count.direction.map_or("both ways", way)),
                    text(count.class.map_or("all", Class::as_str)),
                    Cell::Number(truth),
                    number(count.found),
                    Cell::Number(if count.error() == 0 {
                        "0".into()
                    } else {
                        format!("{:+}", count.error())
                    }),
                    text(if count.is_right() { "right" } else { "wrong" }),
                ]);
            }
        }
    }
    Table {
        heading: "Counts",
        lead: "Over whole clips. Misses and false alarms may cancel out.",
        columns: vec!["camera", "rule", "way", "class", "truth", "found", "error", ""],
        rows,
    }
}

fn detection(report: &Report) -> Table {
    let rows = scored(report, |clip| &clip.detection).map(|(clip, scores)| {
        vec![
            text(clip.name()),
            text(scores.class.as_str()),
            number(scores.recall.whole),
            number(scores.precision.whole),
            Cell::Share(scores.precision),
            Cell::Share(scores.recall),
            real(scores.mean_iou, 3),
        ]
    });
    Table {
        heading: "Detection",
        lead: "Boxes matched one to one at an intersection over union of 0.5.",
        columns: vec![
            "camera",
            "class",
            "true boxes",
            "found boxes",
            "precision",
            "recall",
            "mean overlap",
        ],
        rows: rows.collect(),
    }
}

fn tracking(report: &Report) -> Table {
    let rows = scored(report, |clip| &clip.tracking).map(|(clip, tracking)| {
        let (clear, identity, hota) =
            (&tracking.scores.clear, &tracking.scores.identity, &tracking.scores.hota);
        let mut cells = vec![text(clip.name()), text(tracking.class.as_str())];
        cells.extend(
            [
                hota.hota,
                hota.det_a,
                hota.ass_a,
                hota.loc_a,
                clear.mota,
                clear.motp,
                identity.idf1,
                identity.idp,
                identity.idr,
            ]
            .map(|score| real(Some(score), 3)),
        );
        cells.extend([clear.misses, clear.false_positives, clear.identity_switches].map(number));
        cells
    });
    Table {
        heading: "Tracking",
        lead: "HOTA and its parts over overlaps of 0.05 to 0.95 (Luiten et al. 2021), MOTA and MOTP \
               (Bernardin, Stiefelhagen 2008) and identity scores (Ristani et al. 2016) at 0.5; 1 is \
               perfect.",
        columns: vec![
            "camera", "class", "HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDP",
            "IDR", "misses", "false", "switches",
        ],
        rows: rows.collect(),
    }
}

fn cost(report: &Report) -> Table {
    let row = |name: &str, cost: Cost| {
        vec![
            text(name),
            real(Some(cost.footage_s), 1),
            real(Some(cost.cpu_s), 1),
            real(cost.cpu_s_per_camera_hour(), 1),
        ]
    };
    let mut rows: Vec<_> = report
        .clips
        .iter()
        .filter_map(|clip| clip.cost.map(|cost| row(clip.name(), cost)))
        .collect();
    if let Some(sum) = report.cost().filter(|_| rows.len() > 1) {
        rows.push(row("all", sum));
    }
    Table {
        heading: "Cost",
        lead: "Processor time of all threads.",
        columns: vec!["camera", "footage, s", "CPU, s", "CPU-seconds per camera-hour"],
        rows,
    }
}

/// Returns the entries that `of` gives for each clip, with the clip.
fn scored<'a, T: 'a>(
    report: &'a Report,
    of: impl Fn(&'a ClipReport) -> &'a Vec<T> + 'a,
) -> impl Iterator<Item = (&'a ClipReport, &'a T)> {
    report.clips.iter().flat_map(move |clip| of(clip).iter().map(move |scores| (clip, scores)))
}

/// Returns a way over a tripwire in words.
pub(crate) fn way(crossing: Crossing) -> &'static str {
    match crossing {
        Crossing::LeftToRight => "left to right",
        Crossing::RightToLeft => "right to left",
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(count: u64) -> Cell {
    Cell::Number(count.to_string())
}

fn real(value: Option<f64>, decimals: usize) -> Cell {
    Cell::Number(value.map_or(NONE.to_owned(), |value| format!("{value:.decimals$}")))
}

fn seconds(value: Option<f64>) -> Cell {
    Cell::Number(value.map_or(NONE.to_owned(), |value| format!("{value:.2} s")))
}
