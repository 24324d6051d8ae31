//! The program's own counts, as `/metrics` tells them.

use std::collections::BTreeMap;

use crate::harness::Site;

/// Every line of `/metrics`: the name with its labels, and the value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// Asks the program.
    pub(crate) async fn of(site: &Site) -> Self {
        let text = String::from_utf8(site.bytes("/metrics").await).unwrap();
        let line = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect())
    }

    /// Returns the sum over all lines of this name that carry all of `labels`, each as in
    /// `camera="c1"`.
    pub(crate) fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let fits = |line: &str| {
            let (own, own_labels) = line.split_once('{').unwrap_or((line, ""));
            own == name && labels.iter().all(|label| own_labels.contains(label))
        };
        self.0.iter().filter(|(line, _)| fits(line)).map(|(_, value)| value).sum()
    }
}
