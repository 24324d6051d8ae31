//! The words of a report, in Vietnamese and English.

use domain::{EventKind, HandlingState, HealthKind, Outcome, RuleKind};

/// The language of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
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
            _ => Err(format!("\"{text}\" is no language of reports: vi or en")),
        }
    }
}

impl Language {
    pub(super) fn code(self) -> &'static str {
        self.pick("vi", "en")
    }

    /// Returns the one of two texts that is in this language.
    pub(super) fn pick<T>(self, vietnamese: T, english: T) -> T {
        match self {
            Self::Vietnamese => vietnamese,
            Self::English => english,
        }
    }

    pub(super) fn kind(self, kind: EventKind) -> &'static str {
        let (vietnamese, english) = match kind {
            EventKind::Rule(rule) => rule_words(rule),
            EventKind::Health(health) | EventKind::Over(health) => health_words(health),
        };
        self.pick(vietnamese, english)
    }

    pub(super) fn outcome(self, outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::True => self.pick("đúng", "true"),
            Outcome::False => self.pick("sai", "false alarm"),
            Outcome::Duplicate => self.pick("trùng", "duplicate"),
            Outcome::NoAction => self.pick("không xử lý", "no action"),
        }
    }

    pub(super) fn state(self, state: HandlingState) -> &'static str {
        match state {
            HandlingState::New => self.pick("chưa xác nhận", "not acknowledged"),
            HandlingState::Acknowledged => self.pick("đã xác nhận", "acknowledged"),
            HandlingState::InProgress => self.pick("đang xử lý", "in progress"),
            HandlingState::Closed => self.pick("đã đóng", "closed"),
        }
    }
}

fn rule_words(kind: RuleKind) -> (&'static str, &'static str) {
    match kind {
        RuleKind::LineCrossing => ("Vượt vạch", "Line crossing"),
        RuleKind::Intrusion => ("Xâm nhập", "Intrusion"),
        RuleKind::Loitering => ("Lảng vảng", "Loitering"),
        RuleKind::Count => ("Đếm lượt", "Count"),
        RuleKind::WrongWay => ("Nghi đi ngược chiều", "Suspected wrong way"),
        RuleKind::RedLight => ("Nghi vượt đèn đỏ", "Suspected red light"),
        RuleKind::StopLine => ("Nghi dừng quá vạch", "Suspected beyond stop line"),
        RuleKind::IllegalStop => ("Nghi dừng đỗ trái phép", "Suspected illegal stop"),
        RuleKind::ForbiddenClass => ("Nghi đối tượng bị cấm", "Suspected forbidden class"),
        RuleKind::IllegalTurn => ("Nghi rẽ sai quy định", "Suspected illegal turn"),
        RuleKind::BoxBlocking => ("Chắn giao lộ", "Box blocking"),
        RuleKind::Speeding => ("Nghi quá tốc độ", "Suspected speeding"),
        RuleKind::Crowd => ("Tụ tập đông người", "Crowd"),
        RuleKind::Congestion => ("Ùn tắc", "Congestion"),
    }
}

fn health_words(kind: HealthKind) -> (&'static str, &'static str) {
    match kind {
        HealthKind::SignalLost => ("Camera mất tín hiệu", "Camera signal lost"),
        HealthKind::NoPicture => ("Camera không có hình", "Camera without picture"),
        HealthKind::Frozen => ("Camera đứng hình", "Camera frozen"),
        HealthKind::TooDark => ("Hình quá tối", "Picture too dark"),
        HealthKind::TooBright => ("Hình quá sáng", "Picture too bright"),
        HealthKind::Blurred => ("Hình mờ", "Picture blurred"),
        HealthKind::Moved => ("Camera bị xê dịch", "Camera moved"),
        HealthKind::ClockSkew => ("Đồng hồ camera sai", "Camera clock wrong"),
        HealthKind::RecordingGap => ("Không ghi hình", "Not recorded"),
        HealthKind::AnalysisStarved => ("Không phân tích kịp", "Analysis starved"),
    }
}
