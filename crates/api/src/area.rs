//! Where and at which hours, as a query says it.

use domain::{Area, Location};
use index::DailyHours;

/// Corners that a polygon may have.
const CORNERS: std::ops::RangeInclusive<usize> = 3..=1000;
/// Farther than half around the Earth, in metres.
const MOST_RADIUS_M: f64 = 21_000_000.0;

/// The same hours of every day, in minutes of the local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hours {
    from_minute: u16,
    to_minute: u16,
}

impl Hours {
    /// Returns them as hours of `zone`.
    pub(crate) fn within(self, zone: Zone) -> DailyHours {
        DailyHours {
            from_minute: self.from_minute,
            to_minute: self.to_minute,
            utc_offset_minutes: zone.0,
        }
    }
}

/// Minutes that local time is ahead of UTC; Vietnam's unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone(i16);

impl Default for Zone {
    fn default() -> Self {
        Self(7 * 60)
    }
}

/// Reads `07:00-09:00`.
pub(crate) fn read_hours(text: &str) -> Result<Hours, String> {
    let wrong = || format!("\"{text}\" is not a span of the day: write 07:00-09:00");
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    let from_minute = minute_of_day(from).filter(|minute| *minute < 1440);
    let to_minute = minute_of_day(to).filter(|minute| *minute > 0);
    Ok(Hours {
        from_minute: from_minute.ok_or_else(wrong)?,
        to_minute: to_minute.ok_or_else(wrong)?,
    })
}

/// Reads `+07:00`, or `Z`.
pub(crate) fn read_zone(text: &str) -> Result<Zone, String> {
    let wrong = || format!("\"{text}\" is not a zone: write +07:00, or Z");
    if text == "Z" {
        return Ok(Zone(0));
    }
    // A '+' arrives as a space unless the client has escaped it.
    let (sign, clock) = match text.split_at_checked(1) {
        Some(("+" | " ", clock)) => (1, clock),
        Some(("-", clock)) => (-1, clock),
        _ => return Err(wrong()),
    };
    let minutes = minute_of_day(clock).filter(|minutes| *minutes <= 14 * 60);
    let minutes = minutes.and_then(|minutes| i16::try_from(minutes).ok());
    minutes.map(|minutes| Zone(sign * minutes)).ok_or_else(wrong)
}

/// Reads `07:30` as 450; up to `24:00`.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| {
        let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| two)
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 1440).then_some(total)
}

/// Reads `south,west,north,east`.
pub(crate) fn read_box(text: &str) -> Result<Area, String> {
    let [south, west, north, east] = numbers(text, "south,west,north,east")?;
    location(south, west)?;
    location(north, east)?;
    if south > north {
        return Err(format!("south, {south}, lies north of north, {north}"));
    }
    Ok(Area::Box { south, west, north, east })
}

/// Reads `lat,lon`.
pub(crate) fn read_location(text: &str) -> Result<Location, String> {
    let [lat, lon] = numbers(text, "lat,lon")?;
    location(lat, lon)
}

/// Reads `lat,lon,radius`.
pub(crate) fn read_circle(text: &str) -> Result<Area, String> {
    let [lat, lon, radius_m] = numbers(text, "lat,lon,radius")?;
    let centre = location(lat, lon)?;
    if !(0.0..=MOST_RADIUS_M).contains(&radius_m) {
        return Err(format!("{radius_m} is not a radius in metres"));
    }
    Ok(Area::Circle { centre, radius_m })
}

/// Reads `lat,lon;lat,lon;…`.
pub(crate) fn read_polygon(text: &str) -> Result<Area, String> {
    let mut corners = Vec::new();
    for corner in text.split(';') {
        let [lat, lon] = numbers(corner, "lat,lon;lat,lon;lat,lon")?;
        corners.push(location(lat, lon)?);
        if corners.len() > *CORNERS.end() {
            break;
        }
    }
    if CORNERS.contains(&corners.len()) {
        Ok(Area::Polygon(corners))
    } else {
        Err("a polygon has 3 to 1000 corners".to_owned())
    }
}

/// Reads `lat,lon;lat,lon;…;reach`.
pub(crate) fn read_corridor(text: &str) -> Result<Area, String> {
    const FORM: &str = "lat,lon;lat,lon;reach";
    let (corners, reach) = text.rsplit_once(';').ok_or(format!("\"{text}\" is not {FORM}"))?;
    let [reach_m] = numbers(reach, FORM)?;
    let mut line = Vec::new();
    for corner in corners.split(';').take(*CORNERS.end() + 1) {
        let [lat, lon] = numbers(corner, FORM)?;
        line.push(location(lat, lon)?);
    }
    let corridor = Area::Corridor { line, reach_m };
    corridor.problem().map_or(Ok(corridor), Err)
}

/// Reads the name of a place.
pub(crate) fn read_name(text: &str) -> Result<Area, String> {
    const MOST_CHARACTERS: usize = 200;
    let name = text.trim();
    if !name.chars().any(char::is_alphanumeric) {
        return Err("a place has a name".to_owned());
    }
    if name.chars().count() > MOST_CHARACTERS {
        return Err(format!("a name has at most {MOST_CHARACTERS} characters"));
    }
    Ok(Area::Named(name.to_owned()))
}

fn numbers<const N: usize>(text: &str, form: &str) -> Result<[f64; N], String> {
    let wrong = || format!("\"{text}\" is not {form}");
    let mut numbers = [0.0; N];
    let mut entries = text.split(',');
    for number in &mut numbers {
        let entry = entries.next().ok_or_else(wrong)?;
        *number =
            entry.trim().parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(wrong)?;
    }
    match entries.next() {
        None => Ok(numbers),
        Some(_) => Err(wrong()),
    }
}

fn location(lat: f64, lon: f64) -> Result<Location, String> {
    Location::new(lat, lon).map_err(|error| format!("{error}; latitude comes first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_latitude_first() {
        let circle = read_circle("21.03,105.85,500").unwrap();
        let centre = Location::new(21.03, 105.85).unwrap();
        assert_eq!(circle, Area::Circle { centre, radius_m: 500.0 });
        let swapped = read_circle("105.85,21.03,500").unwrap_err();
        assert!(swapped.contains("latitude comes first"), "{swapped}");
        assert!(read_box("21,105,22,106").is_ok());
        assert!(read_polygon("21,105;22,105;22,106").is_ok());
        let line = vec![location(21.0, 105.0).unwrap(), location(22.0, 105.0).unwrap()];
        let corridor = Area::Corridor { line, reach_m: 80.0 };
        assert_eq!(read_corridor("21,105;22,105;80"), Ok(corridor));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "1,2", "1,2,3,4,5", "nan,1,2,3", "inf,1,2,3", "22,105,21,106"] {
            assert!(read_box(text).is_err(), "{text}");
        }
        assert!(read_circle("21,105,-1").is_err());
        assert!(read_polygon("21,105;22,105").is_err());
        for text in
            ["", "80", "21,105;80", "21,105;22,105", "21,105;22,105;-1", "21,105;22,105;1e9"]
        {
            assert!(read_corridor(text).is_err(), "{text}");
        }
        assert!(read_corridor(&format!("{}80", "21,105;".repeat(2000))).is_err());
        assert!(read_polygon(&"21,105;".repeat(2000)).is_err());
        assert!(read_name(" . ").is_err());
    }

    #[test]
    fn hours_of_the_day_and_zones_are_read() {
        assert_eq!(minute_of_day("07:30"), Some(450));
        assert_eq!(minute_of_day("24:00"), Some(1440));
        assert_eq!(minute_of_day("24:01"), None);
        assert_eq!(minute_of_day("7:30"), None);
        assert_eq!(read_zone("+07:00"), Ok(Zone(420)));
        assert_eq!(read_zone(" 07:00"), Ok(Zone(420)));
        assert_eq!(read_zone("-03:30"), Ok(Zone(-210)));
        assert!(read_zone("Asia/Ho_Chi_Minh").is_err());
        assert!(read_zone("ế").is_err());
    }
}
