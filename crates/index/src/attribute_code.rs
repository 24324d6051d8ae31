//! What is known of an object as one number: searched without reading more of the row.
//!
//! From the lowest bit: colour (4 bits), size (2), heading in whole degrees and one (9), the
//! colour's confidence in percent (7); of a track, whether the camera told it (1). Zero stands for
//! what is not known.

use domain::{Attributes, CompassPoint, LikelyColour, SizeClass, VehicleColour};

const COLOUR_BITS: u32 = 4;
const SIZE_BITS: u32 = 2;
const HEADING_BITS: u32 = 9;
const CONFIDENCE_BITS: u32 = 7;

const SIZE_AT: u32 = COLOUR_BITS;
const HEADING_AT: u32 = SIZE_AT + SIZE_BITS;
const CONFIDENCE_AT: u32 = HEADING_AT + HEADING_BITS;
/// Set in the number of a track that the camera itself told.
pub(crate) const TOLD_BY_CAMERA: u32 = 1 << (CONFIDENCE_AT + CONFIDENCE_BITS);

/// Returns the number that stands for `attributes`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held to 0..360 and 0..=100; a heading that is no number is north"
)]
pub(crate) fn encode(attributes: &Attributes) -> u32 {
    let mut code = 0;
    if let Some(LikelyColour { colour, confidence }) = attributes.colour {
        let percent = (confidence * 100.0).round().clamp(0.0, 100.0) as u32;
        code |= u32::from(colour.number()) | percent << CONFIDENCE_AT;
    }
    if let Some(size) = attributes.size {
        code |= u32::from(size.number()) << SIZE_AT;
    }
    if let Some(heading_deg) = attributes.heading_deg {
        let degrees = heading_deg.rem_euclid(360.0).round() as u32 % 360;
        code |= (degrees + 1) << HEADING_AT;
    }
    code
}

/// Reads what [`encode`] wrote; `None` when it never wrote that.
#[allow(clippy::cast_precision_loss, reason = "9 bits at most")]
pub(crate) fn decode(code: u32) -> Option<Attributes> {
    let part = |at: u32, bits: u32| code >> at & ((1 << bits) - 1);
    let colour = match part(0, COLOUR_BITS) {
        0 => None,
        number => Some(LikelyColour {
            colour: VehicleColour::from_number(u8::try_from(number).ok()?)?,
            confidence: part(CONFIDENCE_AT, CONFIDENCE_BITS) as f32 / 100.0,
        }),
    };
    let size = match part(SIZE_AT, SIZE_BITS) {
        0 => None,
        number => Some(SizeClass::from_number(u8::try_from(number).ok()?)?),
    };
    let heading_deg = part(HEADING_AT, HEADING_BITS).checked_sub(1).map(|degrees| degrees as f32);
    Some(Attributes { colour, size, heading_deg })
}

/// What an object must look like and where it must go; empty lists ask for nothing. What is not
/// known does not match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looks {
    /// Only vehicles of these colours.
    pub colours: Vec<VehicleColour>,
    /// Only objects of these sizes.
    pub sizes: Vec<SizeClass>,
    /// Only objects that went to these points of the compass, each an eighth of the circle.
    pub headings: Vec<CompassPoint>,
}

impl Looks {
    /// Returns whether nothing is asked.
    pub fn is_any(&self) -> bool {
        self.colours.is_empty() && self.sizes.is_empty() && self.headings.is_empty()
    }

    /// Returns whether an object with this number looks like it.
    pub(crate) fn matches(&self, code: u32) -> bool {
        let Some(Attributes { colour, size, heading_deg }) = decode(code) else {
            return false;
        };
        let is_one_of = |colour: LikelyColour| self.colours.contains(&colour.colour);
        let goes_there = |heading| self.headings.contains(&CompassPoint::of(heading));
        (self.colours.is_empty() || colour.is_some_and(is_one_of))
            && (self.sizes.is_empty() || size.is_some_and(|size| self.sizes.contains(&size)))
            && (self.headings.is_empty() || heading_deg.is_some_and(goes_there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_all_that_is_known() {
        for attributes in [
            Attributes::default(),
            Attributes { size: Some(SizeClass::Large), ..Attributes::default() },
            Attributes { heading_deg: Some(0.0), ..Attributes::default() },
            Attributes {
                colour: Some(LikelyColour { colour: VehicleColour::Brown, confidence: 1.0 }),
                size: Some(SizeClass::Small),
                heading_deg: Some(359.0),
            },
        ] {
            assert_eq!(decode(encode(&attributes)), Some(attributes));
        }
        let nearly_north = Attributes { heading_deg: Some(359.7), ..Attributes::default() };
        assert_eq!(decode(encode(&nearly_north)).unwrap().heading_deg, Some(0.0));
        assert_eq!(decode(0b1111), None, "there is no such colour");
    }

    #[test]
    fn what_is_not_known_does_not_match() {
        let red = Looks { colours: vec![VehicleColour::Red], ..Looks::default() };
        let code = encode(&Attributes {
            colour: Some(LikelyColour { colour: VehicleColour::Red, confidence: 0.75 }),
            ..Attributes::default()
        });
        assert!(Looks::default().matches(0) && red.matches(code) && !red.matches(0));
        let red_and_large = Looks { sizes: vec![SizeClass::Large], ..red };
        assert!(!red_and_large.matches(code));
    }
}
