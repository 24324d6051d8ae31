//! How many of how many, and how much that proves: the field's own word for it, and its arithmetic.

pub use domain::Share;

/// Returns `part / whole`, with a whole of at least 1, as the public tools divide.
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    real(part) / real(whole.max(1))
}

/// Returns a count as real number.
#[allow(clippy::cast_precision_loss, reason = "counts of boxes are far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}
