//! Logs and metrics of the program itself.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::warn;
use tracing_subscriber::EnvFilter;
use vision::Vision;

/// Sets up structured logs on standard error: text on a terminal, JSON lines otherwise.
///
/// `WATCHPOST_LOG` filters as `tracing-subscriber` directives do (`debug`, `info,ingest=debug`);
/// `WATCHPOST_LOG_FORMAT` chooses `text` or `json`. What cannot be read of them is said in the log.
pub(crate) fn start_logs() {
    use std::io::IsTerminal;
    let (filter, mistake) = filter(std::env::var("WATCHPOST_LOG").ok().as_deref());
    // retina repeats a camera's own words, and a camera may echo our password.
    let filter = filter
        .add_directive("rusqlite_migration=warn".parse().expect("it is a valid directive"))
        .add_directive("retina=off".parse().expect("it is a valid directive"));
    let terminal = std::io::stderr().is_terminal();
    let format = std::env::var("WATCHPOST_LOG_FORMAT").unwrap_or_default();
    let json = match format.as_str() {
        "json" => true,
        "text" => false,
        _ => !terminal,
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal);
    // A second call (in tests) keeps the first.
    let _ = if json { logs.json().flatten_event(true).try_init() } else { logs.try_init() };
    if let Some(mistake) = mistake {
        warn!(mistake, "WATCHPOST_LOG cannot be read, it is taken for info");
    }
    if !matches!(format.as_str(), "" | "json" | "text") {
        warn!(format, "WATCHPOST_LOG_FORMAT is json or text");
    }
}

/// Returns what is logged where `wanted` is asked for, and why that is not what was meant.
fn filter(wanted: Option<&str>) -> (EnvFilter, Option<String>) {
    let usual = || EnvFilter::new("info");
    match wanted.filter(|text| !text.is_empty()).map(EnvFilter::try_new) {
        None => (usual(), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(mistake)) => (usual(), Some(mistake.to_string())),
    }
}

/// Installs the metrics recorder; the handle renders `/metrics`.
pub(crate) fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new().install_recorder()?;
    describe_counter!("watchpost_events_total", "Events found, by camera and rule");
    for (name, what) in [
        ("watchpost_pictures_offered_total", "Pictures that a camera sent for analysis"),
        ("watchpost_pictures_decoded_total", "Pictures decoded"),
        ("watchpost_pictures_unfiltered_total", "Pictures decoded without loop filter, under load"),
        ("watchpost_pictures_sampled_total", "Decoded pictures taken at the analysis rate"),
        ("watchpost_pictures_analysed_total", "Sampled pictures that came to an end in the scene"),
        ("watchpost_pictures_passed_total", "Of those, pictures in which nothing moved"),
        ("watchpost_pictures_left_out_total", "Pictures left out, by cause"),
        ("watchpost_inferences_total", "Runs of the detector"),
    ] {
        describe_counter!(name, what);
    }
    describe_gauge!("process_cpu_seconds_total", "CPU time used by this process");
    describe_gauge!("process_resident_memory_bytes", "Memory held by this process");
    Ok(handle)
}

/// Records what the process itself costs; called before metrics are rendered.
pub(crate) fn record_process() {
    #[allow(clippy::cast_precision_loss, reason = "seconds and bytes fit 2^53")]
    let seconds = |time: &rustix::time::Timespec| time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    gauge!("process_cpu_seconds_total").set(seconds(&cpu));
    let resident_pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split_whitespace().nth(1)?.parse::<u32>().ok());
    if let Some(pages) = resident_pages {
        let page_bytes = u32::try_from(rustix::param::page_size()).unwrap_or(4096);
        gauge!("process_resident_memory_bytes").set(f64::from(pages) * f64::from(page_bytes));
    }
}

/// Records what analysis did and left out, by camera, and the time spent in each stage.
pub(crate) fn record_analysis(vision: Option<&Vision>) {
    let Some(vision) = vision else { return };
    let counters = vision.counters();
    for (camera, counts) in &counters.cameras {
        let camera = camera.to_string();
        for (name, count) in [
            ("watchpost_pictures_offered_total", counts.offered),
            ("watchpost_pictures_decoded_total", counts.decoded),
            ("watchpost_pictures_unfiltered_total", counts.unfiltered),
            ("watchpost_pictures_sampled_total", counts.sampled),
            ("watchpost_pictures_analysed_total", counts.analysed),
            ("watchpost_pictures_passed_total", counts.passed),
            ("watchpost_inferences_total", counts.inferences),
        ] {
            counter!(name, "camera" => camera.clone()).absolute(count);
        }
        for (cause, dropped) in [
            ("decoder_busy", counts.dropped_decoder_busy),
            ("no_keyframe", counts.dropped_no_keyframe),
            ("undecodable", counts.dropped_undecodable),
            ("thinned", counts.dropped_thinned),
            ("replaced", counts.dropped_replaced),
            ("detector_failed", counts.dropped_detector_failed),
        ] {
            counter!("watchpost_pictures_left_out_total", "camera" => camera.clone(), "cause" => cause)
                .absolute(dropped);
        }
    }
    for (stage, timing) in [
        ("decode", counters.stages.decode),
        ("motion", counters.stages.motion),
        ("condition", counters.stages.condition),
        ("prepare", counters.stages.prepare),
        ("infer", counters.stages.infer),
        ("postprocess", counters.stages.postprocess),
    ] {
        counter!("watchpost_analysis_stage_microseconds_total", "stage" => stage)
            .absolute(timing.total_us);
        counter!("watchpost_analysis_stage_runs_total", "stage" => stage).absolute(timing.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_is_said() {
        let said = |wanted| filter(wanted).1;
        assert_eq!(
            (said(None), said(Some("")), said(Some("info,ingest=debug"))),
            (None, None, None)
        );
        let mistake = said(Some("ingest=loudly")).expect("there is no such level");
        assert!(!mistake.is_empty());
        assert_eq!(filter(Some("ingest=loudly")).0.to_string(), "info");
    }
}
