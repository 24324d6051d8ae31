//! Monthly files that are damaged: they are set aside under another name when the index opens, so that a
//! month that nobody can read keeps nobody from recording.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::IndexError;
use crate::schema::sync_folder_of;

/// What their names end with, and a number where there is one already.
const DAMAGED: &str = ".db.damaged";

/// Gives the file at `path`, and what SQLite keeps beside it, another name, and tells of it.
pub(crate) fn set_aside(path: &Path, why: &IndexError) -> Result<(), IndexError> {
    let stem = path.with_extension("");
    let named = |number: u32| {
        let suffix = if number == 1 { String::new() } else { number.to_string() };
        with_suffix(&stem, &format!("{DAMAGED}{suffix}"))
    };
    let failed = |error| IndexError::folder(path, error);
    let target = (1..=u32::MAX).map(named).find(|target| !target.exists());
    let target = target.ok_or_else(|| failed(ErrorKind::AlreadyExists.into()))?;
    // The main file last: until then the next start finds it again.
    for beside in ["-wal", "-shm", ""] {
        match fs::rename(with_suffix(path, beside), with_suffix(&target, beside)) {
            Err(error) if beside.is_empty() || error.kind() != ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    sync_folder_of(path)?;
    tracing::error!(file = %target.display(), %why, "a damaged month is set aside, what it held cannot be found");
    Ok(())
}

/// Lists what was set aside in `folder` and is still there.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_main = name
            .rsplit_once(DAMAGED)
            .is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
        if is_main {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
