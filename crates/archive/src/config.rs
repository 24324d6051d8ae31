//! What the archive is told: where it may write, and how much it may hold in memory.

use std::path::PathBuf;
use std::time::Duration;

use domain::VolumeId;

/// A disk, or a folder on one, given to recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeConfig {
    /// Names it in the index.
    pub id: VolumeId,
    /// Its folder: the mount point, or a folder below it.
    pub path: PathBuf,
    /// Bytes to keep free: the oldest segments are deleted to hold it. Of more than half of the
    /// file system, half is kept.
    pub keep_free_bytes: u64,
    /// Whether large fragments are written past the page cache, where the file system takes it.
    pub direct_io: bool,
}

/// What the archive is told when it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveConfig {
    /// The volumes; streams are spread over them.
    pub volumes: Vec<VolumeConfig>,
    /// About how long a segment lasts; it ends at a keyframe.
    pub segment_duration: Duration,
    /// Bytes of pictures one stream may hold in memory, gathered or waiting for its disk.
    pub stream_budget_bytes: usize,
    /// Bytes of pictures all streams may hold in memory together, those of one volume an equal
    /// share of it.
    pub total_budget_bytes: usize,
}

impl ArchiveConfig {
    /// Takes the volumes, and for the rest what suits hundreds of cameras: a minute a segment,
    /// 16 MiB a stream, 512 MiB in all.
    pub fn new(volumes: Vec<VolumeConfig>) -> Self {
        Self {
            volumes,
            segment_duration: Duration::from_secs(60),
            stream_budget_bytes: 16 << 20,
            total_budget_bytes: 512 << 20,
        }
    }
}
