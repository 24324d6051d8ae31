//! The administrative units of Vietnam, built in: 34 provinces and 3,321 wards since 1 July 2025, and
//! the 696 districts and 10,040 wards before, from `data/units.tsv` (made by
//! `scripts/make-gazetteer`).
//!
//! The table has no borders: a ward is a circle as large as the ward, around its middle.

use std::collections::HashMap;

use domain::{Area, Location};

use crate::place::{Place, PlaceId, PlaceKind, plain};

const TABLE: &str = include_str!("../data/units.tsv");

/// Taken for a ward whose area the table does not tell.
const USUAL_WARD_KM2: f64 = 10.0;

/// A line of the table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the table of units cannot be read: {problem}")]
pub struct GazetteerError {
    line: usize,
    problem: String,
}

/// Returns all units.
///
/// # Errors
/// Fails only for a table that was damaged before the program was built.
pub fn units() -> Result<Vec<Place>, GazetteerError> {
    read(TABLE)
}

/// Reads a table of units.
fn read(table: &str) -> Result<Vec<Place>, GazetteerError> {
    let mut reader = Reader::default();
    for (number, line) in table.lines().enumerate() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        reader
            .line(line)
            .map_err(|problem| GazetteerError { line: number + 1, problem: problem.into() })?;
    }
    Ok(reader.places)
}

#[derive(Default)]
struct Reader {
    places: Vec<Place>,
    /// Where each ward of now is among the places, by its code.
    wards: HashMap<String, usize>,
    province: Option<usize>,
    former_province: String,
    former_district: Option<usize>,
    former_units: usize,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let fields: Vec<&str> = line.split('\t').collect();
        match *fields.as_slice() {
            ["p", code, name] => self.province(code, name),
            ["w", code, name, lat, lon, km2] => self.ward(code, name, [lat, lon, km2]),
            ["P", name] => {
                name.clone_into(&mut self.former_province);
                self.former_district = None;
                Ok(())
            }
            ["D", name] => self.former_district(name),
            ["o", name, wards] => self.former_ward(name, wards),
            _ => Err("not a line of it"),
        }
    }

    fn province(&mut self, code: &str, name: &str) -> Result<(), &'static str> {
        self.province = Some(self.places.len());
        let told_as = vec![(plain(name), None)];
        self.push(PlaceKind::Province, &format!("province-{code}"), name, Vec::new(), told_as)
    }

    fn ward(&mut self, code: &str, name: &str, figures: [&str; 3]) -> Result<(), &'static str> {
        let province = self.province.ok_or("a ward without a province")?;
        let in_province = self.places[province].name.clone();
        let area = match figures {
            ["-", "-", _] => None,
            figures => Some(circle(figures).ok_or("no figures")?),
        };
        self.wards.insert(code.to_owned(), self.places.len());
        let told_as = vec![(plain(name), Some(plain(&in_province)))];
        self.push(PlaceKind::Ward, &format!("ward-{code}"), name, vec![in_province], told_as)?;
        if let (Some(area), Some(ward)) = (area, self.places.last_mut()) {
            ward.areas.push(area.clone());
            self.places[province].areas.push(area);
        }
        Ok(())
    }

    fn former_district(&mut self, name: &str) -> Result<(), &'static str> {
        self.former_units += 1;
        self.former_district = Some(self.places.len());
        let (id, within) = (format!("former-{}", self.former_units), self.former_province.clone());
        self.push(PlaceKind::FormerDistrict, &id, name, vec![within], Vec::new())
    }

    fn former_ward(&mut self, name: &str, codes: &str) -> Result<(), &'static str> {
        let district = self.former_district.ok_or("a former ward without a district")?;
        if name != "-" {
            self.former_units += 1;
            let id = format!("former-{}", self.former_units);
            let within = vec![self.places[district].name.clone(), self.former_province.clone()];
            self.push(PlaceKind::FormerWard, &id, name, within, Vec::new())?;
        }
        let newest = self.places.len() - 1;
        for code in codes.split(',') {
            let ward = self.wards.get(code).ok_or("a ward that is not there")?;
            let ward = self.places[*ward].clone();
            let places = if newest == district { vec![district] } else { vec![district, newest] };
            for former in places {
                let former = &mut self.places[former];
                // Most wards of a district lie in the same few wards of now.
                if !former.told_as.contains(&ward.told_as[0]) {
                    former.now.push(ward.name.clone());
                    former.areas.extend(ward.areas.iter().cloned());
                    former.told_as.push(ward.told_as[0].clone());
                }
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        kind: PlaceKind,
        id: &str,
        name: &str,
        within: Vec<String>,
        told_as: Vec<(String, Option<String>)>,
    ) -> Result<(), &'static str> {
        let id: PlaceId = id.parse().map_err(|_| "no id")?;
        self.places.push(Place {
            id,
            kind,
            name: name.to_owned(),
            name_en: None,
            within,
            now: Vec::new(),
            areas: Vec::new(),
            is_rough: true,
            told_as,
        });
        Ok(())
    }
}

/// Returns the circle of so many square kilometres around a point.
fn circle([lat, lon, km2]: [&str; 3]) -> Option<Area> {
    let number = |text: &str| text.parse::<f64>().ok();
    let centre = Location::new(number(lat)?, number(lon)?).ok()?;
    let km2 = if km2 == "-" { USUAL_WARD_KM2 } else { number(km2)? };
    let square_metres = Some(km2).filter(|km2| *km2 > 0.0)? * 1e6;
    Some(Area::Circle { centre, radius_m: (square_metres / std::f64::consts::PI).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_now_and_before_is_there() {
        let units = units().unwrap();
        let count = |kind| units.iter().filter(|unit| unit.kind == kind).count();
        assert_eq!(count(PlaceKind::Province), 34);
        assert_eq!(count(PlaceKind::Ward), 3321);
        assert_eq!(count(PlaceKind::FormerDistrict), 696);
        // Five districts of islands had no wards.
        assert_eq!(count(PlaceKind::FormerWard), 10_035);
        assert!(
            units.iter().all(|unit| !unit.areas.is_empty() || unit.kind != PlaceKind::Province)
        );
        let mut ids: Vec<_> = units.iter().map(|unit| &unit.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), units.len());
    }

    #[test]
    fn a_district_of_before_leads_to_the_wards_of_now() {
        let units = units().unwrap();
        let district =
            |unit: &&Place| unit.kind == PlaceKind::FormerDistrict && unit.name == "Quận Hoàn Kiếm";
        let hoan_kiem = units.iter().find(district).unwrap();
        assert!(hoan_kiem.now.contains(&"Phường Hoàn Kiếm".to_owned()), "{:?}", hoan_kiem.now);
        assert!(hoan_kiem.now.contains(&"Phường Cửa Nam".to_owned()));
        let told = ["Phường Cửa Nam".to_owned(), "Hà Nội".to_owned()];
        assert!(hoan_kiem.holds(None, &told));
        let elsewhere = ["Phường Bến Thành".to_owned(), "Hồ Chí Minh".to_owned()];
        assert!(!hoan_kiem.holds(None, &elsewhere));
    }

    #[test]
    fn a_damaged_table_is_refused_with_its_line() {
        for (table, problem) in [
            ("w\t1\tA\t21\t105\t1\n", "a ward without a province"),
            ("p\t1\tA\nw\t1\tB\t21\t205\t1\n", "no figures"),
            ("P\tA\nD\tB\no\tC\t9\n", "a ward that is not there"),
            ("x\ty\n", "not a line of it"),
        ] {
            assert!(read(table).unwrap_err().to_string().ends_with(problem), "{table}");
        }
    }
}
