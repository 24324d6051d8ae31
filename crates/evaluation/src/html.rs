//! A report as one page that can be read, printed, signed and filed.
//!
//! Everything is in it: style, pictures (as data URIs, RFC 2397) and no script. Foreign text only
//! enters through [`escaped`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::report::{ClipReport, Finding, Report, RuleReport};
use crate::share::Share;
use crate::tables::{Cell, NONE, Table, tables, way};
use crate::text::{minute, plain, when};

const STYLE: &str = include_str!("page.css");

/// How many misses, and how many false alarms, of one rule and clip are shown.
const MOST_SHOWN: usize = 500;

impl Report {
    /// Returns the report as a whole HTML page of its own.
    pub fn to_html(&self) -> String {
        let tables = tables(self);
        let (events, rest) = tables.split_at(3);
        let mut page = head(&self.title);
        page += &header(self);
        page += &figures(self);
        for table in events {
            page += &section(table);
        }
        page += &findings(self);
        for table in rest {
            page += &section(table);
        }
        page += &not_covered(self);
        page += &made(self);
        page += DECISION;
        page += "</main>\n</body>\n</html>\n";
        page
    }
}

/// Returns foreign text so that it is only text, also within an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(title)
    )
}

fn header(report: &Report) -> String {
    let made = &report.made;
    let footage_s: f64 = report.clips.iter().map(|clip| clip.clip.duration().as_secs_f64()).sum();
    format!(
        "<header>\n<p class=\"over\">Evaluation against truth</p>\n<h1>{}</h1>\n\
         <p>{} {}, {:.1} minutes of footage · {} · {}</p>\n</header>\n",
        escaped(&report.title),
        report.clips.len(),
        if report.clips.len() == 1 { "clip" } else { "clips" },
        footage_s / 60.0,
        escaped(&made.version),
        minute(made.time),
    )
}

/// Returns the four figures that a reader in a hurry looks for.
fn figures(report: &Report) -> String {
    let (mut precision, mut recall) = (Share::default(), Share::default());
    let (mut false_alarms, mut hours) = (0, 0.0);
    for sum in report.by_kind() {
        precision += sum.scores.precision;
        recall += sum.scores.recall;
        false_alarms += sum.scores.false_alarms();
        hours += sum.hours;
    }
    let per_hour = if hours > 0.0 {
        format!("{:.1}", crate::share::real(false_alarms) / hours)
    } else {
        NONE.into()
    };
    let cost = report.cost().and_then(|cost| cost.cpu_s_per_camera_hour());
    let cost = cost.map_or(NONE.into(), |cost| format!("{cost:.0}"));
    let figure = |value: &str, name: &str, note: &str| {
        format!("<li><b>{value}</b><span>{name}</span><small>{note}</small></li>\n")
    };
    let share = |share: Share, name: &str, of: &str| {
        let value = share.value().map_or(NONE.into(), |value| format!("{:.1} %", value * 100.0));
        figure(&value, name, &format!("{} of {} {of}", share.part, share.whole))
    };
    format!(
        "<ul class=\"figures\">\n{}{}{}{}</ul>\n",
        share(precision, "precision", "found events are true"),
        share(recall, "recall", "true events were found"),
        figure(&per_hour, "false alarms per hour", &format!("of one rule; {false_alarms} in all")),
        figure(&cost, "CPU-seconds", "per hour of one camera"),
    )
}

fn section(table: &Table) -> String {
    let heading = table.heading;
    if table.rows.is_empty() {
        return format!(
            "<section>\n<h2>{heading}</h2>\n<p class=\"none\">Not measured.</p>\n</section>\n"
        );
    }
    let mut html = format!("<section>\n<h2>{heading}</h2>\n<p>{}</p>\n", table.lead);
    html += "<div class=\"wide\"><table>\n<thead><tr>";
    let first = table.rows.first();
    for (index, column) in table.columns.iter().enumerate() {
        let is_text = first.is_some_and(|row| matches!(row.get(index), Some(Cell::Text(_))));
        let class = if is_text { "" } else { " class=\"number\"" };
        html += &format!("<th scope=\"col\"{class}>{column}</th>");
    }
    html += "</tr></thead>\n<tbody>\n";
    for row in &table.rows {
        let cells: String = row.iter().map(cell).collect();
        html += &format!("<tr>{cells}</tr>\n");
    }
    html + "</tbody>\n</table></div>\n</section>\n"
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => format!("<td>{}</td>", escaped(text)),
        Cell::Number(text) => format!("<td class=\"number\">{}</td>", escaped(text)),
        Cell::Share(share) => share_cell(*share),
    }
}

/// Returns a share with a bar: filled to its value, a tick at each end of its interval.
fn share_cell(share: Share) -> String {
    let (Some(value), Some((low, high))) = (share.value(), share.interval()) else {
        return format!("<td class=\"number\">{NONE}</td>");
    };
    let [value, low, high] = [value, low, high].map(|share| share * 100.0);
    format!(
        "<td class=\"number share\">{value:.1} % <small>({low:.0}–{high:.0})</small>\
         <span class=\"bar\"><i style=\"width:{value:.1}%\"></i>\
         <u style=\"left:{low:.1}%;width:{:.1}%\"></u></span></td>",
        high - low
    )
}

fn findings(report: &Report) -> String {
    let mut html = String::from("<section>\n<h2>Misses and false alarms</h2>\n");
    let mut is_clean = true;
    for clip in &report.clips {
        for rule in &clip.rules {
            if !rule.misses.is_empty() || !rule.false_alarms.is_empty() {
                is_clean = false;
                html += &rule_findings(clip, rule);
            }
        }
    }
    if is_clean {
        html += "<p class=\"none\">None.</p>\n";
    }
    html + "</section>\n"
}

fn rule_findings(clip: &ClipReport, rule: &RuleReport) -> String {
    let (name, id) = (escaped(clip.name()), escaped(rule.rule.as_str()));
    let mut html = format!("<h3>{name} · {id}</h3>\n<div class=\"pictures\">\n");
    let mut more = 0;
    for (what, class, all) in
        [("miss", "miss", &rule.misses), ("false alarm", "alarm", &rule.false_alarms)]
    {
        for finding in all.iter().take(MOST_SHOWN) {
            html += &picture(what, class, finding);
        }
        more += all.len().saturating_sub(MOST_SHOWN);
    }
    html += "</div>\n";
    if more > 0 {
        html += &format!("<p>{more} more are not shown.</p>\n");
    }
    html
}

fn picture(what: &str, class: &str, finding: &Finding) -> String {
    let image = match &finding.picture_jpeg {
        Some(jpeg) => format!(
            "<img alt=\"{what} at {}\" src=\"data:image/jpeg;base64,{}\">",
            when(finding),
            STANDARD.encode(jpeg)
        ),
        None => "<div class=\"blank\">no picture</div>".into(),
    };
    let mut words = vec![when(finding)];
    words.extend(finding.class.map(|class| class.to_string()));
    words.extend(finding.direction.map(|direction| way(direction).to_owned()));
    words.extend((!finding.note.is_empty()).then(|| escaped(&finding.note)));
    format!(
        "<figure class=\"{class}\">{image}<figcaption><b>{what}</b> {}</figcaption></figure>\n",
        words.join(" · ")
    )
}

fn not_covered(report: &Report) -> String {
    let mut html = String::from(
        "<section>\n<h2>What was not covered</h2>\n\
         <p>The figures say nothing of what follows.</p>\n<ul class=\"notes\">\n",
    );
    for clip in &report.clips {
        for note in &clip.not_covered {
            html += &format!("<li><b>{}</b> {}</li>\n", escaped(clip.name()), escaped(note));
        }
    }
    html + "</ul>\n</section>\n"
}

fn made(report: &Report) -> String {
    let made = &report.made;
    let mut html = String::from("<section>\n<h2>How it was made</h2>\n<dl>\n");
    let mut entry = |name: &str, value: &str| {
        html += &format!("<dt>{name}</dt><dd>{value}</dd>\n");
    };
    entry("program", &escaped(&made.version));
    entry("command", &format!("<code>{}</code>", escaped(&made.command)));
    entry("time", &made.time.to_string());
    entry("machine", &escaped(&made.machine));
    for model in &made.models {
        let (name, sha256) = (escaped(&model.name), escaped(&model.sha256));
        entry("model", &format!("{name}<br><code>sha256 {sha256}</code>"));
    }
    for clip in &report.clips {
        let (file, sha256) = (escaped(&clip.clip.file), escaped(&clip.clip.sha256));
        let (frames, fps) = (clip.clip.frames, clip.clip.fps);
        let truth = escaped(&clip.truth_made_by);
        entry(
            "clip",
            &format!(
                "{file}, {frames} pictures at {fps} per second<br><code>sha256 {sha256}</code>\
                 <br>truth: {truth}"
            ),
        );
    }
    html + "</dl>\n</section>\n"
}

/// Where the reader decides.
const DECISION: &str = "<section class=\"decision\">\n<h2>Decision</h2>\n\
    <p class=\"choices\"><span>☐ accepted</span> <span>☐ accepted with conditions</span> \
    <span>☐ refused</span></p>\n\
    <p class=\"line\"><span>conditions</span></p>\n\
    <p class=\"lines\"><span>name and rank</span><span>date</span><span>signature</span></p>\n\
    </section>\n";
