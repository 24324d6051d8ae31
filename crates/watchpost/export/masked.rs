//! Masked copies of a package: where privacy masks lie over a clip, what leaves is a viewing copy with
//! them, and the manifest says which masks, and which recorded files it was made of.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use api::{CopySink, Part};
use archive::pictures::Pictures;
use domain::{MaskHistory, Segment, TimeRange};
use evidence::MaskedCard;
use vision::rendition::RenditionSettings;

use crate::views::{self, Made};

/// Greatest width of a masked copy, in pixels: what leaves the site is as sharp as it may be.
const WIDTH: u32 = 1920;

/// A masked copy that was made and not yet added.
#[derive(Debug)]
pub(super) struct MaskedCopy {
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) card: MaskedCard,
    /// How many parts of the footage could not be decoded.
    pub(super) left_out: u64,
}

/// Makes the copy of `range` in a file of `folder` that has no name any more.
pub(super) fn make(
    segments: &[(PathBuf, Segment)],
    range: TimeRange,
    history: &MaskHistory,
    folder: &Path,
) -> anyhow::Result<MaskedCopy> {
    let mut out = Scratch { file: unnamed(folder)?, failed: None };
    let settings = RenditionSettings { range, max_width: WIDTH, masks: history.clone() };
    let footage = Pictures::new(segments.to_vec(), range);
    let made = views::copy(footage, settings, Part::Whole, &mut out)?;
    let Scratch { mut file, failed } = out;
    if let Some(problem) = failed {
        return Err(problem).context("cannot write a masked copy");
    }
    let left_out = match made {
        Made::Whole => 0,
        Made::Without(fragments) => fragments,
        Made::BrokenOff => bail!("the masked copy ended before its end"),
    };
    let bytes = file.seek(SeekFrom::End(0)).context("cannot write a masked copy")?;
    file.seek(SeekFrom::Start(0)).context("cannot read a masked copy")?;
    let card = MaskedCard {
        codec: "h264".to_owned(),
        versions: history.versions_over(range).map(|version| version.number).collect(),
        polygons: history.over(range),
    };
    Ok(MaskedCopy { file, bytes, card, left_out })
}

/// Opens a file that goes when it is closed, however this ends.
fn unnamed(folder: &Path) -> anyhow::Result<File> {
    let making = || format!("cannot make a file in {}", folder.display());
    std::fs::create_dir_all(folder).with_context(making)?;
    let path = folder.join(format!("{}.part", uuid::Uuid::now_v7()));
    let file = File::options().read(true).write(true).create_new(true).open(&path);
    let file = file.with_context(making)?;
    std::fs::remove_file(&path).with_context(making)?;
    Ok(file)
}

struct Scratch {
    file: File,
    failed: Option<std::io::Error>,
}

impl CopySink for Scratch {
    fn is_wanted(&self) -> bool {
        self.failed.is_none()
    }

    fn take(&mut self, piece: Vec<u8>) -> ControlFlow<()> {
        match self.file.write_all(&piece) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                self.failed = Some(problem);
                ControlFlow::Break(())
            }
        }
    }
}
