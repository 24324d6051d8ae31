//! A report for the terminal.

use domain::Timestamp;

use crate::report::{ClipReport, Finding, Report};
use crate::tables::{Cell, Table, tables, way};

impl Report {
    /// Returns the report as plain text, for a terminal; foreign control characters are left out.
    pub fn to_text(&self) -> String {
        let mut lines = vec![plain(&self.title)];
        for table in tables(self).iter().filter(|table| !table.rows.is_empty()) {
            lines.push(format!("\n{}", table.heading));
            lines.extend(table_lines(table));
        }
        let findings: Vec<String> = self.clips.iter().flat_map(finding_lines).collect();
        if !findings.is_empty() {
            lines.push("\nMisses and false alarms".into());
            lines.extend(findings);
        }
        if self.clips.iter().any(|clip| !clip.not_covered.is_empty()) {
            lines.push("\nNot covered".into());
        }
        for clip in &self.clips {
            for note in &clip.not_covered {
                lines.push(format!("{}: {}", plain(clip.name()), plain(note)));
            }
        }
        let made = &self.made;
        lines.push(format!("\nMade by {}, {}", plain(&made.version), minute(made.time)));
        for model in &made.models {
            lines.push(format!("model {} {}", plain(&model.name), plain(&model.sha256)));
        }
        lines.join("\n") + "\n"
    }
}

fn table_lines(table: &Table) -> Vec<String> {
    let mut rows: Vec<Vec<String>> = vec![table.columns.iter().map(|&name| name.into()).collect()];
    rows.extend(table.rows.iter().map(|row| row.iter().map(cell_text).collect()));
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> =
        (0..table.columns.len()).map(|column| width(column).unwrap_or(0)).collect();
    let is_text = |column: usize| {
        table.rows.first().is_some_and(|row| matches!(row.get(column), Some(Cell::Text(_))))
    };
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - cell.chars().count());
            let is_left = is_text(column);
            line += if is_left { cell } else { &padding };
            line += if is_left { &padding } else { cell };
            line += "  ";
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Number(text) => plain(text),
        Cell::Share(share) => share.to_string(),
    }
}

fn finding_lines(clip: &ClipReport) -> Vec<String> {
    let mut lines = Vec::new();
    for rule in &clip.rules {
        let misses = rule.misses.iter().map(|finding| ("miss", finding));
        let alarms = rule.false_alarms.iter().map(|finding| ("false alarm", finding));
        for (what, finding) in misses.chain(alarms) {
            let name = plain(clip.name());
            lines.push(format!("{what}  {name}  {}  {}", rule.rule, finding_text(finding)));
        }
    }
    lines
}

fn finding_text(finding: &Finding) -> String {
    let mut parts = vec![when(finding)];
    parts.extend(finding.class.map(|class| class.to_string()));
    parts.extend(finding.direction.map(|direction| way(direction).to_owned()));
    parts.extend((!finding.note.is_empty()).then(|| plain(&finding.note)));
    parts.join("  ")
}

/// Returns when a finding was, as minutes and seconds of the clip.
pub(crate) fn when(finding: &Finding) -> String {
    let (from, until) = (clock(finding.at_s), clock(finding.until_s));
    if from == until { from } else { format!("{from} to {until}") }
}

/// Returns `seconds` of a clip as `1:07.4`.
pub(crate) fn clock(seconds: f64) -> String {
    let tenths = (seconds * 10.0).round();
    let minutes = (tenths / 600.0).floor();
    format!("{minutes:.0}:{:04.1}", (tenths - minutes * 600.0) / 10.0)
}

/// Returns a time to the minute, UTC.
pub(crate) fn minute(time: Timestamp) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => text,
    }
}

/// Returns foreign text without what would move a terminal's cursor.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_minute() {
        assert_eq!(minute(Timestamp::from_millis(1_772_323_259_999)), "2026-03-01 00:00 UTC");
        assert!(!minute(Timestamp::MAX).is_empty());
    }

    #[test]
    fn a_minute_has_sixty_seconds() {
        assert_eq!([0.0, 7.04, 59.96, 61.5].map(clock), ["0:00.0", "0:07.0", "1:00.0", "1:01.5"]);
    }
}
