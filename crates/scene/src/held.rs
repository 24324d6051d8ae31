//! Whether a condition of a whole picture has held for long enough.

use domain::Timestamp;

/// Pictures that must show it, and which part of all since it began.
const LEAST_PICTURES: u32 = 3;
const LEAST_SHARE: f64 = 0.8;

/// How long it must be unmet for it to end, in seconds, and in how many pictures.
const ENDED: (f64, u32) = (2.0, 2);

/// How long it must be unmet before it is a new happening, in seconds.
const NEW_HAPPENING_S: f64 = 30.0;

/// Watches one condition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    since: Option<Timestamp>,
    met: u32,
    unmet: u32,
    unmet_since: Option<(Timestamp, u32)>,
    has_told: bool,
}

impl Held {
    /// Returns whether it holds now, told or not: to end, it must fail more clearly than it began.
    pub(crate) fn holds(&self) -> bool {
        self.since.is_some()
    }

    /// Takes whether a picture shows it; tells once since when, as soon as it has held for `for_s`.
    pub(crate) fn observe(
        &mut self,
        now: Timestamp,
        is_met: bool,
        for_s: f64,
    ) -> Option<Timestamp> {
        if !is_met {
            self.fail(now);
            return None;
        }
        self.unmet_since = None;
        let since = *self.since.get_or_insert(now);
        self.met = self.met.saturating_add(1);
        let share = f64::from(self.met) / f64::from(self.met.saturating_add(self.unmet));
        let has_held =
            now.seconds_since(since) >= for_s && self.met >= LEAST_PICTURES && share >= LEAST_SHARE;
        if self.has_told || !has_held {
            return None;
        }
        self.has_told = true;
        Some(since)
    }

    fn fail(&mut self, now: Timestamp) {
        let (since, pictures) = self.unmet_since.unwrap_or((now, 0));
        let pictures = pictures.saturating_add(1);
        self.unmet_since = Some((since, pictures));
        self.unmet = self.unmet.saturating_add(1);
        let unmet_s = now.seconds_since(since);
        if unmet_s >= ENDED.0 && pictures >= ENDED.1 {
            (self.since, self.met, self.unmet) = (None, 0, 0);
        }
        if unmet_s >= NEW_HAPPENING_S {
            self.has_told = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(met: impl IntoIterator<Item = bool>) -> Vec<i64> {
        let mut held = Held::default();
        let times = (0..).map(|step| Timestamp::from_millis(step * 500));
        let observed = times.zip(met);
        observed
            .filter_map(|(time, met)| held.observe(time, met, 5.0).map(|_| time.as_millis()))
            .collect()
    }

    #[test]
    fn it_is_told_once_when_it_has_held_and_a_gap_does_not_end_it() {
        assert_eq!(told([true; 40]), [5000]);
        assert!(told([true; 10]).is_empty());
        assert_eq!(told((0..40).map(|step| step % 7 != 3)), [5500]);
        assert!(told((0..40).map(|step| step % 2 == 0)).is_empty());
    }

    #[test]
    fn much_later_it_is_a_new_happening() {
        let met = |step: i32| !(20..30).contains(&step) && !(50..120).contains(&step);
        assert_eq!(told((0..150).map(met)), [5000, 65_000]);
    }
}
