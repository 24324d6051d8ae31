//! How the outputs of each family of models are read.

mod nanodet;
mod ssd;
mod yolox;

/// One output of a model: numbers and their shape.
#[derive(Debug, Clone, Copy)]
pub struct Tensor<'a> {
    /// Sizes, outermost first.
    pub shape: &'a [i64],
    /// The numbers, row by row.
    pub data: &'a [f32],
}

/// A box that a model proposes, in pixels of its input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Left side.
    pub left: f32,
    /// Top side.
    pub top: f32,
    /// Right side.
    pub right: f32,
    /// Bottom side.
    pub bottom: f32,
    /// Its label, counted from 0.
    pub label: usize,
    /// How sure, 0..=1.
    pub confidence: f32,
}

/// How the outputs of a model are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// NanoDet: per stride class scores and distances as distributions.
    NanoDet,
    /// YOLOX: one table of centre, size, objectness and class scores.
    YoloX,
    /// SSD as TensorFlow exports it: boxes coded against anchors, and class scores.
    Ssd,
}

impl Family {
    /// Returns the family of that name.
    pub(crate) fn from_name(name: &str) -> Result<Self, String> {
        match name {
            "nanodet" => Ok(Self::NanoDet),
            "yolox" => Ok(Self::YoloX),
            "ssd" => Ok(Self::Ssd),
            unknown => Err(format!("family \"{unknown}\" is unknown: use nanodet, yolox or ssd")),
        }
    }

    /// Checks the shapes of the outputs of a model whose input is `width` × `height`.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn layout(
        self,
        width: usize,
        height: usize,
        outputs: &[Vec<i64>],
    ) -> Result<Layout, String> {
        let layout = match self {
            Self::NanoDet => nanodet::Layout::new(width, height, outputs).map(Layout::NanoDet),
            Self::YoloX => yolox::Layout::new(width, height, outputs).map(Layout::YoloX),
            Self::Ssd => ssd::Layout::new(width, height, outputs).map(Layout::Ssd),
        };
        layout.map_err(|expected| format!("its outputs are {outputs:?}, expected {expected}"))
    }
}

/// The outputs of one model, checked against its family.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layout {
    NanoDet(nanodet::Layout),
    YoloX(yolox::Layout),
    Ssd(ssd::Layout),
}

impl Layout {
    /// Returns how many labels the model knows.
    pub(crate) fn labels(&self) -> usize {
        match self {
            Self::NanoDet(layout) => layout.labels(),
            Self::YoloX(layout) => layout.labels(),
            Self::Ssd(layout) => layout.labels(),
        }
    }

    /// Appends the boxes of wanted labels that reach the confidence; `None` when an output is not
    /// as long as its shape was.
    pub(crate) fn read(
        &self,
        outputs: &[Tensor<'_>],
        wanted: &dyn Fn(usize) -> bool,
        confidence: f32,
        found: &mut Vec<Candidate>,
    ) -> Option<()> {
        match self {
            Self::NanoDet(layout) => layout.read(outputs, wanted, confidence, found),
            Self::YoloX(layout) => layout.read(outputs, wanted, confidence, found),
            Self::Ssd(layout) => layout.read(outputs, wanted, confidence, found),
        }
    }
}

/// Returns the best wanted label of `scores` that is above `least`.
fn best(scores: &[f32], wanted: &dyn Fn(usize) -> bool, least: f32) -> Option<(usize, f32)> {
    let mut best = None;
    let mut highest = least;
    for (label, &score) in scores.iter().enumerate() {
        // NaN is never above.
        if score > highest && wanted(label) {
            highest = score;
            best = Some((label, score));
        }
    }
    best
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
