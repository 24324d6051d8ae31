//! Finding places by what a person types.

use domain::{Area, Location, folded};

use crate::gazetteer::{self, GazetteerError};
use crate::place::{Place, PlaceId, PlaceKind, plain};

/// Words of a question that are looked at.
const MOST_WORDS: usize = 12;

/// All named places of a site.
#[derive(Debug, Clone, Default)]
pub struct Places {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    place: Place,
    /// The name folded, between spaces: ` phuong hong ha `.
    name: String,
    /// The name without the word for its kind: `hong ha`.
    bare: String,
    /// The name in English, folded, and what it lies in.
    rest: String,
}

/// How well a place fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is called exactly so.
    Exact,
    /// Its name begins so.
    Begins,
    /// The words begin words of its name.
    Name,
    /// They begin words of its name or of what it lies in.
    Within,
}

impl Places {
    /// Takes what the site named, and adds the units of Vietnam.
    ///
    /// # Errors
    /// Fails only where the built-in table is damaged.
    pub fn new(site: Vec<Place>) -> Result<Self, GazetteerError> {
        let all = site.into_iter().chain(gazetteer::units()?);
        Ok(Self { entries: all.map(Entry::new).collect() })
    }

    /// Returns the place of this id.
    pub fn get(&self, id: &PlaceId) -> Option<&Place> {
        self.entries.iter().map(|entry| &entry.place).find(|place| place.id == *id)
    }

    /// Returns at most `limit` places that fit `text`, the best first: whatever the case and the
    /// diacritics, every word of it begins a word of the name or of what the place lies in. Of
    /// those that fit equally well, what the site named comes first and former units last, then the
    /// nearest to `near`. A text without letters finds nothing.
    pub fn find(&self, text: &str, near: Option<Location>, limit: usize) -> Vec<&Place> {
        let text = folded(text);
        let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let text = words.join(" ");
        let mut found: Vec<(Fit, &Place, f64)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let fit = entry.fit(&text, &words)?;
                Some((fit, &entry.place, near.map_or(0.0, |near| entry.distance_m(near))))
            })
            .collect();
        found.sort_by(|(fit, place, distance), (other_fit, other, other_distance)| {
            (fit, place.kind)
                .cmp(&(other_fit, other.kind))
                .then(distance.total_cmp(other_distance))
                .then_with(|| place.name.len().cmp(&other.name.len()))
                .then_with(|| place.id.cmp(&other.id))
        });
        found.into_iter().take(limit).map(|(_, place, _)| place).collect()
    }
}

impl Entry {
    fn new(place: Place) -> Self {
        let name = folded(&place.name);
        let more = place.name_en.iter().chain(&place.within);
        let rest = more.map(|text| folded(text)).collect();
        Self { bare: plain(&place.name), name, rest, place }
    }

    fn fit(&self, text: &str, words: &[&str]) -> Option<Fit> {
        if self.bare == text || self.name.trim() == text {
            return Some(Fit::Exact);
        }
        if self.bare.starts_with(text) || self.name.trim_start().starts_with(text) {
            return Some(Fit::Begins);
        }
        let begins_a_word = |text: &str, word: &str| {
            text.match_indices(word).any(|(at, _)| text[..at].ends_with(' '))
        };
        if words.iter().all(|word| begins_a_word(&self.name, word)) {
            // What the site named itself is meant more often than a ward elsewhere.
            return Some(if self.place.kind <= PlaceKind::Site { Fit::Exact } else { Fit::Name });
        }
        let fits = |word: &&str| begins_a_word(&self.name, word) || begins_a_word(&self.rest, word);
        words.iter().all(fits).then_some(Fit::Within)
    }

    /// Returns about how far its middle is, in metres; far where it has none.
    fn distance_m(&self, near: Location) -> f64 {
        let middle = |area: &Area| {
            let bounds = area.bounds()?;
            let lat = f64::midpoint(bounds.south, bounds.north);
            Location::new(lat, f64::midpoint(bounds.west, bounds.east)).ok()
        };
        let distances = self.place.areas.iter().filter_map(middle).map(|at| near.distance_m(at));
        distances.fold(f64::INFINITY, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer;

    fn places() -> Places {
        let layer = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
            "properties":{"id":"cau-chuong-duong","name":"Cầu Chương Dương","kind":"bridge",
            "name_en":"Chuong Duong bridge"},"geometry":{"type":"LineString",
            "coordinates":[[105.8565,21.0325],[105.8690,21.0385]]}}]}"#;
        Places::new(layer::read(layer).unwrap()).unwrap()
    }

    fn names(places: &Places, text: &str) -> Vec<String> {
        places.find(text, None, 8).into_iter().map(|place| place.name.clone()).collect()
    }

    #[test]
    fn a_bridge_is_found_without_diacritics_and_before_all_else() {
        let places = places();
        for text in ["cau chuong duong", "CẦU CHƯƠNG DƯƠNG", "cau ch", "chuong duong", "bridge"]
        {
            assert_eq!(names(&places, text)[0], "Cầu Chương Dương", "{text}");
        }
        let found = places.find("chuong duong", None, 8);
        let former = found.iter().find(|place| place.name == "Phường Chương Dương").unwrap();
        assert_eq!(former.kind, PlaceKind::FormerWard);
        assert_eq!(former.now, ["Phường Hồng Hà"]);
    }

    #[test]
    fn a_ward_is_told_apart_by_its_province_or_by_what_is_near() {
        let places = places();
        let in_hue = places.find("thuan hoa hue", None, 8);
        assert_eq!(
            (in_hue[0].name.as_str(), in_hue[0].kind),
            ("Phường Thuận Hóa", PlaceKind::Ward)
        );
        let saigon = Location::new(10.78, 106.70).unwrap();
        let near = places.find("tan binh", Some(saigon), 1);
        assert_eq!(near[0].within, ["Thành phố Hồ Chí Minh"]);
        assert_eq!(names(&places, "ha noi")[0], "Thành phố Hà Nội");
        assert_eq!(names(&places, "quan 1")[0], "Quận 1");
    }

    #[test]
    fn what_is_no_name_finds_nothing() {
        let places = places();
        for text in ["", " ., ", "zzzz", "\u{0}"] {
            assert!(places.find(text, None, 8).is_empty(), "{text:?}");
        }
        assert!(places.find(&"a ".repeat(100_000), None, 8).len() <= 8);
        assert!(places.get(&"ward-00097".parse().unwrap()).is_some());
        assert!("Ward 97".parse::<PlaceId>().is_err());
    }
}
