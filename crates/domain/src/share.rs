//! How many of how many, and how much that proves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 97.5 % quantile of the normal distribution: 95 % lie between plus and minus it.
const Z: f64 = 1.959_963_985;

/// A part of a whole, such as 31 of 33. In JSON it carries its value and interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ShareRow", from = "ShareRow")]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

impl Share {
    /// Returns the part of the whole, 0..=1; `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| real(self.part) / real(self.whole))
    }

    /// Returns where the true share lies with a confidence of 95 %: what a sample of this size
    /// proves (Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*,
    /// J. Am. Stat. Assoc. 22, 1927).
    pub fn interval(self) -> Option<(f64, f64)> {
        let value = self.value()?;
        let whole = real(self.whole);
        let spread = Z * Z / whole;
        let centre = (value + spread / 2.0) / (1.0 + spread);
        let deviation = (value * (1.0 - value) / whole + spread / (4.0 * whole)).sqrt();
        let half = Z * deviation / (1.0 + spread);
        Some(((centre - half).max(0.0), (centre + half).min(1.0)))
    }
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }
}

/// Percent and interval: `93.9 % (80–98)`; `–` of nothing.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.value(), self.interval()) {
            (Some(value), Some((low, high))) => {
                write!(f, "{:.1} % ({:.0}–{:.0})", value * 100.0, low * 100.0, high * 100.0)
            }
            _ => f.write_str("–"),
        }
    }
}

/// A share as JSON shows it.
#[derive(Serialize, Deserialize)]
struct ShareRow {
    part: u64,
    whole: u64,
    #[serde(default, skip_deserializing)]
    value: Option<f64>,
    #[serde(default, skip_deserializing)]
    low_95: Option<f64>,
    #[serde(default, skip_deserializing)]
    high_95: Option<f64>,
}

impl From<Share> for ShareRow {
    fn from(share: Share) -> Self {
        let (part, whole) = (share.part, share.whole);
        let (low_95, high_95) = share.interval().unzip();
        Self { part, whole, value: share.value(), low_95, high_95 }
    }
}

impl From<ShareRow> for Share {
    fn from(row: ShareRow) -> Self {
        Self { part: row.part, whole: row.whole }
    }
}

/// Returns a count as real number.
#[allow(clippy::cast_precision_loss, reason = "counts of what was judged are far below 2^53")]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_sample_proves_little() {
        assert_eq!(Share { part: 31, whole: 33 }.to_string(), "93.9 % (80–98)");
        assert_eq!(Share { part: 2, whole: 2 }.to_string(), "100.0 % (34–100)");
        assert_eq!(Share { part: 0, whole: 10 }.to_string(), "0.0 % (0–28)");
        assert_eq!(Share::default().to_string(), "–");
    }

    #[test]
    fn json_carries_the_value_and_keeps_the_counts() {
        let share = Share { part: 1, whole: 2 };
        let text = serde_json::to_string(&share).unwrap();
        assert!(text.starts_with(r#"{"part":1,"whole":2,"value":0.5,"low_95":0.0"#), "{text}");
        assert_eq!(serde_json::from_str::<Share>(&text).unwrap(), share);
    }
}
