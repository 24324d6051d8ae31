//! What others call the things that our rules find.

use crate::RuleKind;

/// A topic of ONVIF under which a camera or a partner system may tell us what it found.
///
/// The list is one of what is let in. Whatever is not on it is refused: above all what is about
/// who somebody is (faces, persons known by name, emotion, origin), which this system neither
/// takes nor keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    path: &'static str,
    kind: RuleKind,
}

impl Topic {
    /// Every topic that is let in (ONVIF Analytics Service Specification, Annex A).
    pub const ALL: [Self; 5] = [
        Self { path: "RuleEngine/LineDetector/Crossed", kind: RuleKind::LineCrossing },
        Self { path: "RuleEngine/FieldDetector/ObjectsInside", kind: RuleKind::Intrusion },
        Self { path: "RuleEngine/LoiteringDetector/ObjectIsLoitering", kind: RuleKind::Loitering },
        Self { path: "RuleEngine/CountAggregation/Counter", kind: RuleKind::Count },
        Self { path: "RuleEngine/CountAggregation/OccupancyCounter", kind: RuleKind::Crowd },
    ];

    /// Returns the topic written `text`: its path in ONVIF's topic tree, with or without the
    /// customary prefix `tns1:`. `None` for all that is not let in.
    pub fn find(text: &str) -> Option<Self> {
        let path = text.strip_prefix("tns1:").unwrap_or(text);
        Self::ALL.into_iter().find(|topic| topic.path == path)
    }

    /// Returns its path in ONVIF's topic tree, without prefix.
    pub fn path(self) -> &'static str {
        self.path
    }

    /// Returns the kind of ours that says the same.
    pub fn kind(self) -> RuleKind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_list_is_let_in() {
        let crossed = Topic::find("tns1:RuleEngine/LineDetector/Crossed").unwrap();
        assert_eq!(crossed.kind(), RuleKind::LineCrossing);
        assert_eq!(Topic::find(crossed.path()), Some(crossed));
        for refused in [
            "",
            "tns1:",
            "tns1:RuleEngine/Recognition/Face",
            "RuleEngine/FaceRecognition/Match",
            "RuleEngine/Recognition/LicensePlate",
            "RuleEngine/LineDetector/Crossed/Face",
            "ruleengine/linedetector/crossed",
            "axis:RuleEngine/LineDetector/Crossed",
            "tns1:tns1:RuleEngine/LineDetector/Crossed",
            "VideoSource/MotionAlarm",
        ] {
            assert_eq!(Topic::find(refused), None, "{refused}");
        }
    }
}
