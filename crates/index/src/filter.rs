//! A query's conditions, resolved to numbers: once for the site, then for each monthly file.

use std::sync::Arc;
use std::time::Duration;

use domain::{Area, Bounds, RuleId, TimeRange, Timestamp};
use rusqlite::Row;

use crate::camera::{Cameras, numbers_in, numbers_of};
use crate::event_row::{
    ATTRIBUTES, DETAIL, Dictionaries, confidence_and_duration, location_of, speed_kmh,
};
use crate::grid::{cell, cells};
use crate::month::{Month, RowId};
use crate::query::{AtLeast, DailyHours, SpeedRange};
use crate::schema::EVERYDAY_CLASSES;
use crate::{EventQuery, IndexError, Looks, Order};

/// Above this many grid cells, all mobile events between the lowest and the highest are looked at.
const MOST_CELLS: i64 = 64;
/// Microseconds in a minute and in a day.
const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 1440 * MINUTE_US;

/// A query with its cameras and words resolved: the same for all monthly files.
#[derive(Debug)]
pub(crate) struct Conditions {
    /// Ascending numbers; `None` for any camera.
    pub(crate) cameras: Option<Vec<u16>>,
    /// A drawn place.
    pub(crate) area: Option<Area>,
    /// Bit `n` for class `n`, bit 0 for none; `None` for any.
    pub(crate) classes: Option<u32>,
    /// Bit `n` for kind `n`; `None` for any.
    pub(crate) kinds: Option<i64>,
    /// The least grave number let through; `None` for any.
    pub(crate) least_grave: Option<u8>,
    rules: Option<Vec<RuleId>>,
    looks: Looks,
    at_least: AtLeast,
    speed: SpeedRange,
    range: TimeRange,
    daily: Option<DailyHours>,
    pub(crate) order: Order,
    cursor: Option<RowId>,
    pub(crate) limit: usize,
    /// All cameras there are, for reading rows and for guessing how dense a scan will be.
    pub(crate) all: Arc<Cameras>,
}

/// The conditions in the numbers of one monthly file.
#[derive(Debug)]
pub(crate) struct Filter<'a> {
    pub(crate) conditions: &'a Conditions,
    /// The cameras whose events may match by the camera's place; `None` for any.
    pub(crate) cameras: Option<Vec<u16>>,
    /// By camera number: whether it is asked for; empty for any. A drawn place is no part of it.
    wanted_cameras: Vec<bool>,
    /// By rule number: whether it is asked for; empty for any.
    wanted_rules: Vec<bool>,
    /// The rules asked for by name.
    pub(crate) rules: Option<Vec<i64>>,
    /// Where events with a place of their own may lie; `None` when no place is drawn.
    pub(crate) cells: Option<Cells>,
}

/// Cells of the grid that a drawn place touches.
#[derive(Debug)]
pub(crate) enum Cells {
    Few(Vec<i64>),
    Between(i64, i64),
}

/// Row numbers from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Rows {
    pub(crate) fn of(range: TimeRange) -> Self {
        Self { start: RowId::first_at(range.start).0, end: RowId::first_at(range.end).0 }
    }

    pub(crate) fn shared(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

impl Conditions {
    pub(crate) fn new(query: &EventQuery, all: Arc<Cameras>) -> Result<Self, IndexError> {
        if let Some(problem) = query.place.as_ref().and_then(Area::problem) {
            return Err(IndexError::Query(problem));
        }
        if query.range.start > query.range.end {
            return Err(IndexError::Query("the range ends before it begins".into()));
        }
        if let Some(daily) = query.daily
            && (daily.from_minute >= 1440
                || !(1..=1440).contains(&daily.to_minute)
                || daily.utc_offset_minutes.unsigned_abs() > 1440)
        {
            return Err(IndexError::Query("the daily hours do not exist".into()));
        }
        let listed = query.cameras.as_ref().map(|ids| numbers_of(&all, ids));
        let named = query.place.as_ref().and_then(|area| numbers_in(&all, area));
        let cameras = match (listed, named) {
            (Some(listed), Some(named)) => Some(
                listed.into_iter().filter(|number| named.binary_search(number).is_ok()).collect(),
            ),
            (listed, named) => listed.or(named),
        };
        let area = match &query.place {
            Some(Area::Named(_)) | None => None,
            Some(drawn) => Some(drawn.clone()),
        };
        Ok(Self {
            cameras,
            area,
            classes: (!query.classes.is_empty())
                .then(|| query.classes.iter().fold(0, |all, class| all | 1 << class.number())),
            kinds: (!query.kinds.is_empty())
                .then(|| query.kinds.iter().fold(0, |all, kind| all | 1 << kind.number())),
            least_grave: query.min_severity.map(domain::Severity::number),
            rules: (!query.rules.is_empty()).then(|| query.rules.clone()),
            looks: query.looks.clone(),
            at_least: query.at_least,
            speed: query.speed,
            range: query.range,
            daily: query.daily,
            order: query.order,
            cursor: query.cursor.map(|cursor| cursor.0),
            limit: query.limit.clamp(1, 10_000),
            all,
        })
    }

    /// Returns whether rows of `month` may match.
    pub(crate) fn touches(&self, month: Month) -> bool {
        !self.span(month).is_empty()
    }

    /// Returns whether more than a row's key decides: a drawn place, what the object looks like, how
    /// sure it is, how long it lasted or how fast it went.
    pub(crate) fn needs_whole_rows(&self) -> bool {
        self.area.is_some()
            || !self.looks.is_any()
            || !self.at_least.is_any()
            || !self.speed.is_any()
    }

    /// Returns whether every event of a wanted camera matches.
    pub(crate) fn is_about_cameras_only(&self) -> bool {
        !self.needs_whole_rows() && self.classes.is_none() && !self.asks_for_rules()
    }

    /// Returns whether every event of a wanted camera in the range matches.
    pub(crate) fn is_about_cameras_and_time_only(&self) -> bool {
        self.is_about_cameras_only() && self.daily.is_none()
    }

    /// Returns whether a condition on kind, severity or name of the rule is set.
    pub(crate) fn asks_for_rules(&self) -> bool {
        self.kinds.is_some() || self.least_grave.is_some() || self.rules.is_some()
    }

    /// Returns the numbers of the classes asked for, if the index of rare classes has them all.
    pub(crate) fn rare_classes(&self) -> Option<Vec<u32>> {
        let classes = self.classes.filter(|classes| classes & EVERYDAY_CLASSES == 0)?;
        Some((0..u32::BITS).filter(|class| classes & (1 << class) != 0).collect())
    }

    /// Returns whether the roll-up by class, kind and severity knows all conditions.
    pub(crate) fn is_about_classes_only(&self) -> bool {
        self.cameras.is_none() && !self.needs_whole_rows() && self.rules.is_none()
    }

    /// Returns the spans of `month` to look at, in the order asked for.
    pub(crate) fn spans(&self, month: Month) -> Vec<Rows> {
        let span = self.span(month);
        if span.is_empty() {
            return Vec::new();
        }
        let Some(daily) = self.daily else {
            return vec![span];
        };
        let mut spans: Vec<Rows> = daily_ranges(daily, month.range())
            .map(|range| Rows::of(range).shared(span))
            .filter(|rows| !rows.is_empty())
            .collect();
        if self.order == Order::NewestFirst {
            spans.reverse();
        }
        spans
    }

    fn span(&self, month: Month) -> Rows {
        self.rows().shared(Rows::of(month.range()))
    }

    /// Returns the rows of all months that may match: by range and cursor.
    pub(crate) fn rows(&self) -> Rows {
        let span = Rows::of(self.range);
        match (self.cursor, self.order) {
            (None, _) => span,
            (Some(cursor), Order::NewestFirst) => Rows { end: span.end.min(cursor.0), ..span },
            (Some(cursor), Order::OldestFirst) => {
                Rows { start: span.start.max(cursor.0.saturating_add(1)), ..span }
            }
        }
    }
}

/// Returns the daily hours that touch `month`, in order and never overlapping.
fn daily_ranges(daily: DailyHours, month: TimeRange) -> impl Iterator<Item = TimeRange> {
    let offset = i64::from(daily.utc_offset_minutes) * MINUTE_US;
    let from = i64::from(daily.from_minute) * MINUTE_US;
    let mut length = i64::from(daily.to_minute) * MINUTE_US - from;
    if length <= 0 {
        length += DAY_US;
    }
    let first_day = (month.start.as_micros() + offset).div_euclid(DAY_US) - 1;
    let last_day = (month.end.as_micros() + offset).div_euclid(DAY_US);
    (first_day..=last_day).map(move |day| {
        let start = day * DAY_US + from - offset;
        TimeRange {
            start: Timestamp::from_micros(start),
            end: Timestamp::from_micros(start + length),
        }
    })
}

impl<'a> Filter<'a> {
    pub(crate) fn new(conditions: &'a Conditions, dictionaries: &Dictionaries) -> Self {
        let mut wanted_cameras = Vec::new();
        if let Some(cameras) = &conditions.cameras {
            wanted_cameras = vec![false; conditions.all.rows().len() + 1];
            for &camera in cameras {
                wanted_cameras[usize::from(camera)] = true;
            }
        }
        let mut wanted_rules = Vec::new();
        let mut rules = None;
        if conditions.asks_for_rules() {
            wanted_rules.push(false);
            for rule in &dictionaries.rules {
                let kind =
                    conditions.kinds.is_none_or(|kinds| kinds & (1 << rule.kind.number()) != 0);
                let grave =
                    conditions.least_grave.is_none_or(|least| rule.severity.number() <= least);
                let named =
                    conditions.rules.as_ref().is_none_or(|names| names.contains(&rule.name));
                wanted_rules.push(kind && grave && named);
            }
            if conditions.rules.is_some() {
                rules =
                    Some((0..).zip(&wanted_rules).filter(|&(_, &w)| w).map(|(n, _)| n).collect());
            }
        }
        let mut filter = Self {
            conditions,
            cameras: conditions.cameras.clone(),
            wanted_cameras,
            wanted_rules,
            rules,
            cells: None,
        };
        if let Some(area) = &conditions.area {
            let mut near: Vec<u16> = dictionaries
                .places
                .iter()
                .filter(|(camera, location)| {
                    filter.wants_camera(i64::from(*camera)) && area.contains(*location)
                })
                .map(|&(camera, _)| camera)
                .collect();
            near.sort_unstable();
            near.dedup();
            filter.cameras = Some(near);
            filter.cells = area.bounds().map(cells_of);
        }
        filter
    }

    /// Returns whether nothing in the file can match.
    pub(crate) fn is_void(&self) -> bool {
        let no_rule = !self.wanted_rules.is_empty() && !self.wanted_rules.contains(&true);
        let no_camera = self.cameras.as_ref().is_some_and(Vec::is_empty) && self.cells.is_none();
        no_rule || no_camera
    }

    /// Returns whether a row `(id, cam, class, rule, ...)` may match: all that its key decides.
    /// Reads only the columns that are asked about, as each costs more than its comparison.
    pub(crate) fn wants(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        if !self.wanted_cameras.is_empty() && !self.wants_camera(row.get(1)?) {
            return Ok(false);
        }
        if let Some(classes) = self.conditions.classes {
            let class: i64 = row.get(2)?;
            if !(0..32).contains(&class) || classes & (1 << class) == 0 {
                return Ok(false);
            }
        }
        if self.wanted_rules.is_empty() {
            return Ok(true);
        }
        let rule = usize::try_from(row.get::<_, i64>(3)?);
        Ok(rule.is_ok_and(|rule| self.wanted_rules.get(rule) == Some(&true)))
    }

    /// Returns whether a whole row of [`COLUMNS`](crate::event_row::COLUMNS) that may match by its
    /// key does match: by its place, its looks, its speed and what it must reach.
    pub(crate) fn wants_whole(
        &self,
        row: &Row<'_>,
        dictionaries: &Dictionaries,
    ) -> rusqlite::Result<bool> {
        let conditions = self.conditions;
        if !conditions.looks.is_any() && !conditions.looks.matches(row.get(ATTRIBUTES)?) {
            return Ok(false);
        }
        if !conditions.at_least.is_any() {
            let detail = row.get_ref(DETAIL)?.as_blob().ok();
            // What cannot be read is not passed over: reading the row says that it is damaged.
            if let Some((confidence, duration_ms)) = detail.and_then(confidence_and_duration) {
                let lasted = Duration::from_millis(duration_ms.into());
                if !conditions.at_least.is_reached(confidence, lasted) {
                    return Ok(false);
                }
            }
        }
        if !conditions.speed.is_any() {
            let detail = row.get_ref(DETAIL)?.as_blob().ok();
            // As above: what is damaged is told of by whoever reads the row.
            if let Some(kmh) = detail.and_then(speed_kmh)
                && !conditions.speed.holds(kmh)
            {
                return Ok(false);
            }
        }
        let Some(area) = &conditions.area else {
            return Ok(true);
        };
        Ok(location_of(row, dictionaries)?.is_some_and(|location| area.contains(location)))
    }

    /// Returns the cells of the drawn place as ranges, first and last included.
    pub(crate) fn cell_ranges(&self) -> Vec<(i64, i64)> {
        match &self.cells {
            None => Vec::new(),
            Some(Cells::Few(cells)) => cells.iter().map(|&cell| (cell, cell)).collect(),
            Some(Cells::Between(lowest, highest)) => vec![(*lowest, *highest)],
        }
    }

    fn wants_camera(&self, camera: i64) -> bool {
        self.wanted_cameras.is_empty()
            || usize::try_from(camera)
                .is_ok_and(|camera| self.wanted_cameras.get(camera) == Some(&true))
    }
}

fn cells_of(bounds: Bounds) -> Cells {
    match cells(bounds, MOST_CELLS) {
        Some(few) => Cells::Few(few),
        None => {
            let corner = |lat, lon| cell(domain::Location { lat, lon });
            Cells::Between(corner(bounds.south, bounds.west), corner(bounds.north, bounds.east))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rush_hours_of_a_month_are_in_local_time() {
        let month = TimeRange {
            start: "2026-03-01T00:00:00Z".parse().unwrap(),
            end: "2026-04-01T00:00:00Z".parse().unwrap(),
        };
        let daily = DailyHours { from_minute: 420, to_minute: 540, utc_offset_minutes: 420 };
        let ranges: Vec<_> =
            daily_ranges(daily, month).filter(|range| range.overlaps(month)).collect();
        assert_eq!(ranges.len(), 31);
        assert_eq!(ranges[0].start, "2026-03-01T07:00:00+07:00".parse().unwrap());
        assert_eq!(ranges[30].end, "2026-03-31T09:00:00+07:00".parse().unwrap());
        let night = DailyHours { from_minute: 1320, to_minute: 300, ..daily };
        let ranges: Vec<_> = daily_ranges(night, month).collect();
        assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }
}
