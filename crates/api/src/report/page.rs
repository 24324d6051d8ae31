//! A report as HTML. Foreign text enters through [`escaped`] only; there is no script.

use std::time::Duration;

use domain::{CameraId, Language, Timestamp};
use index::StoredAlert;

use super::{Answers, Report};

const STYLE: &str = include_str!("page.css");

/// Vietnam's clock is ahead of UTC by so much, all year round since 1975.
const VIETNAM: Duration = Duration::from_secs(7 * 3600);

/// Returns the whole page.
pub(super) fn html(report: &Report, lang: Language) -> String {
    let title = lang.pick("Báo cáo ca trực", "Duty report");
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{} – {}</p>\n",
        lang.code(),
        local(report.range.start),
        local(report.range.end),
    );
    if report.is_cut {
        let text = lang.pick(
            "Quá nhiều cảnh báo: báo cáo chỉ gồm những cảnh báo đầu tiên.",
            "Too many alerts: the report holds the first ones only.",
        );
        page += &format!("<p class=\"warning\">{text}</p>\n");
    }
    kinds(&mut page, report, lang);
    answers(&mut page, report, lang);
    coverage(&mut page, report, lang);
    floods(&mut page, report, lang);
    grave(&mut page, report, lang);
    cases(&mut page, report, lang);
    signatures(&mut page, report, lang);
    page += "</body>\n</html>\n";
    page
}

fn kinds(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Cảnh báo theo loại", "Alerts by kind"));
    let heads = lang.pick(
        ["Loại", "Mức 1", "Mức 2", "Mức 3", "Mức 4", "Đúng", "Sai", "Khác", "Chưa đóng"],
        ["Kind", "Severity 1", "2", "3", "4", "True", "False", "Other", "Open"],
    );
    let rows = report.kinds.iter().map(|(kind, counts)| {
        let mut row = vec![kind.words(lang)];
        row.extend(counts.by_severity.iter().map(u32::to_string));
        let rest = [counts.real, counts.false_alarms, counts.other, counts.open];
        row.extend(rest.iter().map(u32::to_string));
        row
    });
    table(page, &heads, rows, lang);
}

fn answers(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Thời gian xác nhận", "Time to acknowledgement"));
    let heads = lang.pick(
        ["Mức", "Cảnh báo", "Đã xác nhận", "Trung vị", "95 %", "Đã báo cấp trên"],
        ["Severity", "Alerts", "Acknowledged", "Median", "95 %", "Escalated"],
    );
    let rows = (1..).zip(&report.answers).map(|(severity, answers): (u8, &Answers)| {
        let wait = |share| answers.wait_s(share).map_or("–".to_owned(), length);
        vec![
            severity.to_string(),
            answers.count.to_string(),
            answers.waits_s.len().to_string(),
            wait(0.5),
            wait(0.95),
            answers.escalated.to_string(),
        ]
    });
    table(page, &heads, rows, lang);
}

fn coverage(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Độ phủ", "Coverage"));
    let heads = lang.pick(
        ["Camera", "Thấy hình", "Ghi hình", "Phân tích"],
        ["Cameras", "Seen", "Recorded", "Analysed"],
    );
    let shares = report.coverage.shares().map(|share| {
        let unknown = lang.pick("không rõ", "not known");
        // Rounded down: what is not whole must not look whole.
        share.map_or(unknown.to_owned(), |share| {
            format!("{:.2} %", (share * 10_000.0).floor() / 100.0)
        })
    });
    let mut row = vec![report.coverage.cameras().to_string()];
    row.extend(shares);
    table(page, &heads, std::iter::once(row), lang);
}

fn floods(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Dồn dập cảnh báo", "Floods of alerts"));
    let heads = lang.pick(
        ["Từ", "Đến", "Cảnh báo trong 10 phút", "Bàn trực"],
        ["From", "Until", "Alerts in 10 minutes", "Desks"],
    );
    let rows = report.floods.iter().map(|flood| {
        let lasts = lang.pick("còn tiếp", "still lasts");
        vec![
            local(flood.began),
            flood.ended.map_or(lasts.to_owned(), local),
            flood.alerts.to_string(),
            flood.desks.to_string(),
        ]
    });
    table(page, &heads, rows, lang);
}

fn grave(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Cảnh báo mức 1 và 2", "Alerts of severity 1 and 2"));
    let heads = lang.pick(
        ["Lúc", "Mức", "Loại", "Camera", "Lần", "Xử lý", "Người", "Lý do"],
        ["At", "Severity", "Kind", "Cameras", "Times", "Handling", "By", "Reason"],
    );
    let rows = report.grave.iter().map(|stored| grave_row(stored, lang));
    table(page, &heads, rows, lang);
    if report.grave_left_out > 0 {
        let more = lang.pick("và thêm", "and more:");
        page.push_str(&format!("<p>{more} {}</p>\n", report.grave_left_out));
    }
}

fn grave_row(stored: &StoredAlert, lang: Language) -> Vec<String> {
    let (alert, handling) = (&stored.alert, &stored.handling);
    let cameras: Vec<&str> = alert.cameras.iter().map(CameraId::as_str).collect();
    let verdict = handling.verdict.as_ref();
    let state = match verdict {
        Some(verdict) => verdict.outcome.words(lang),
        None => handling.state.words(lang),
    };
    let by = handling.acknowledged.as_ref().map(|signed| signed.by.to_string());
    vec![
        local(alert.first),
        alert.severity.number().to_string(),
        alert.kind.words(lang),
        cameras.join(", "),
        alert.count.to_string(),
        state.to_owned(),
        by.unwrap_or_else(|| "–".to_owned()),
        verdict.map(|verdict| verdict.reason.clone()).unwrap_or_default(),
    ]
}

fn cases(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Vụ việc", "Cases"));
    let heads = lang.pick(["Số", "Nội dung", "Người mở"], ["Number", "Title", "Opened by"]);
    let rows = report
        .cases
        .iter()
        .map(|case| vec![case.number.clone(), case.title.clone(), case.by.to_string()]);
    table(page, &heads, rows, lang);
}

fn signatures(page: &mut String, report: &Report, lang: Language) {
    heading(page, lang.pick("Bàn giao", "Hand-over"));
    if let Some(handover) = &report.handover {
        let (from, to) = (&handover.outgoing, &handover.incoming);
        let signed = handover.signed.map(local).unwrap_or_default();
        let note = escaped(&handover.note);
        page.push_str(&format!("<p>{from} → {to}, {signed}</p>\n<p>{note}</p>\n"));
    }
    let (left, right) = lang.pick(("Người giao", "Người nhận"), ("Handed over", "Taken over"));
    page.push_str(&format!(
        "<div class=\"signatures\"><p>{left}</p><p>{right}</p></div>\n<p class=\"made\">{} {}</p>\n",
        lang.pick("Watchpost lập lúc", "Made by Watchpost at"),
        local(report.made),
    ));
}

fn heading(page: &mut String, text: &str) {
    page.push_str(&format!("<h2>{text}</h2>\n"));
}

fn table(
    page: &mut String,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    lang: Language,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        page.push_str(lang.pick("<p>Không có.</p>\n", "<p>None.</p>\n"));
        return;
    }
    page.push_str("<table>\n<tr>");
    heads.iter().for_each(|head| page.push_str(&format!("<th>{head}</th>")));
    page.push_str("</tr>\n");
    for row in rows {
        page.push_str("<tr>");
        row.iter().for_each(|cell| page.push_str(&format!("<td>{}</td>", escaped(cell))));
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// Returns a moment as the clocks of Vietnam show it, to the second.
fn local(time: Timestamp) -> String {
    let text = time.plus(VIETNAM).to_string();
    text.split_once('.').map_or(text.as_str(), |(seconds, _)| seconds).replace('T', " ")
}

fn length(seconds: f64) -> String {
    match seconds {
        short if short < 90.0 => format!("{short:.0} s"),
        middling if middling < 5400.0 => format!("{:.1} min", middling / 60.0),
        long => format!("{:.1} h", long / 3600.0),
    }
}

/// Returns foreign text so that it is only text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text_and_times_are_local() {
        assert_eq!(escaped("<script>'&\""), "&lt;script&gt;&#39;&amp;&quot;");
        assert_eq!(local("2026-03-01T18:30:05.123Z".parse().unwrap()), "2026-03-02 01:30:05");
        assert_eq!(length(89.0), "89 s");
        assert_eq!(length(600.0), "10.0 min");
    }
}
