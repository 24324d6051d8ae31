//! What people call the kinds of events, and how alerts stand, in the two languages that reports,
//! notices to partners and the console speak. The console's `words/vi.ts` and `en.ts` say the same;
//! a test holds them to it.
//!
//! What a rule found is what a machine saw: acts that would be somebody's fault are suspicions.

use crate::{CallService, EventKind, HandlingState, HealthKind, Outcome, RuleKind};

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vietnamese,
    /// English.
    English,
}

impl std::str::FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "vi" => Ok(Self::Vietnamese),
            "en" => Ok(Self::English),
            _ => Err(format!("\"{text}\" is no language spoken here: vi or en")),
        }
    }
}

impl Language {
    /// Returns its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        self.pick("vi", "en")
    }

    /// Returns the one of two texts that is in this language.
    pub fn pick<T>(self, vietnamese: T, english: T) -> T {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }
}

impl EventKind {
    /// Returns what people call it; the end of trouble is named after the trouble.
    pub fn words(self, language: Language) -> String {
        match self {
            Self::Rule(rule) => rule.words(language).to_owned(),
            Self::Health(trouble) => trouble.words(language).to_owned(),
            Self::Over(trouble) => {
                let trouble = trouble.words(language);
                language.pick(format!("Hết: {trouble}"), format!("Over: {trouble}"))
            }
            Self::Call(service) => service.words(language).to_owned(),
        }
    }
}

impl RuleKind {
    /// Returns what people call what such a rule finds.
    pub fn words(self, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::LineCrossing => ("Nghi vượt vạch", "Suspected line crossing"),
            Self::Intrusion => ("Nghi xâm nhập", "Suspected intrusion"),
            Self::Loitering => ("Nghi lảng vảng", "Suspected loitering"),
            Self::Count => ("Đếm qua vạch", "Counted"),
            Self::WrongWay => ("Nghi đi ngược chiều", "Suspected wrong way"),
            Self::RedLight => ("Nghi vượt đèn đỏ", "Suspected red-light running"),
            Self::StopLine => ("Nghi dừng quá vạch", "Suspected stop beyond the line"),
            Self::IllegalStop => ("Nghi dừng đỗ trái phép", "Suspected illegal stop"),
            Self::ForbiddenClass => ("Nghi đi vào đường cấm", "Suspected forbidden vehicle"),
            Self::IllegalTurn => ("Nghi rẽ sai quy định", "Suspected illegal turn"),
            Self::BoxBlocking => ("Nghi chắn giao lộ", "Suspected box blocking"),
            Self::Speeding => ("Dấu hiệu quá tốc độ", "Indication of speeding"),
            Self::Crowd => ("Tụ tập đông người", "Crowd"),
            Self::Congestion => ("Ùn tắc", "Congestion"),
        };
        language.pick(vietnamese, english)
    }
}

impl HealthKind {
    /// Returns what people call such trouble of a camera.
    pub fn words(self, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::SignalLost => ("Mất tín hiệu máy quay", "Camera signal lost"),
            Self::NoPicture => ("Máy quay không có hình", "Camera without picture"),
            Self::Frozen => ("Hình máy quay đứng", "Camera picture frozen"),
            Self::TooDark => ("Hình quá tối", "Picture too dark"),
            Self::TooBright => ("Hình quá sáng", "Picture too bright"),
            Self::Blurred => ("Hình bị mờ", "Picture blurred"),
            Self::Moved => ("Máy quay bị xoay", "Camera moved"),
            Self::ClockSkew => ("Đồng hồ máy quay sai", "Camera clock wrong"),
            Self::RecordingGap => ("Không ghi được hình", "Not recorded"),
            Self::AnalysisStarved => ("Phân tích không kịp", "Analysis cannot keep up"),
        };
        language.pick(vietnamese, english)
    }
}

impl CallService {
    /// Returns what people call a call to it.
    pub fn words(self, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::Police => ("Tin báo 113 · công an", "Call to 113 · police"),
            Self::Fire => ("Tin báo 114 · cứu hoả", "Call to 114 · fire"),
            Self::Ambulance => ("Tin báo 115 · cấp cứu", "Call to 115 · ambulance"),
        };
        language.pick(vietnamese, english)
    }
}

impl Outcome {
    /// Returns what people call it.
    pub fn words(self, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::True => ("Đúng", "True"),
            Self::False => ("Sai", "False"),
            Self::Duplicate => ("Trùng", "Duplicate"),
            Self::NoAction => ("Không xử lý", "No action"),
        };
        language.pick(vietnamese, english)
    }
}

impl HandlingState {
    /// Returns what people call it.
    pub fn words(self, language: Language) -> &'static str {
        let (vietnamese, english) = match self {
            Self::New => ("Chưa xác nhận", "Not acknowledged"),
            Self::Acknowledged => ("Đã xác nhận", "Acknowledged"),
            Self::InProgress => ("Đang xử lý", "In progress"),
            Self::Closed => ("Đã đóng", "Closed"),
        };
        language.pick(vietnamese, english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_trouble_is_named_after_it() {
        let over = EventKind::Over(HealthKind::Frozen);
        assert_eq!(over.words(Language::Vietnamese), "Hết: Hình máy quay đứng");
        assert_eq!(over.words("en".parse().unwrap()), "Over: Camera picture frozen");
        assert!("fr".parse::<Language>().is_err());
    }

    #[test]
    fn the_console_says_the_same() {
        for (language, file) in [(Language::Vietnamese, "vi.ts"), (Language::English, "en.ts")] {
            let path = format!("{}/../console/ui/src/words/{file}", env!("CARGO_MANIFEST_DIR"));
            let console = std::fs::read_to_string(&path).unwrap();
            let rules = RuleKind::ALL.iter().map(|kind| (kind.as_str(), kind.words(language)));
            let troubles = HealthKind::ALL.iter().map(|kind| (kind.as_str(), kind.words(language)));
            let outcomes = Outcome::ALL.iter().map(|one| (one.as_str(), one.words(language)));
            let states = HandlingState::ALL.iter().map(|one| (one.as_str(), one.words(language)));
            let calls = CallService::ALL.iter().map(|one| (one.as_str(), one.words(language)));
            for (word, said) in rules.chain(troubles).chain(calls).chain(outcomes).chain(states) {
                assert!(console.contains(&format!("{word}: '{said}'")), "{file}: {word} is {said}");
            }
        }
    }
}
