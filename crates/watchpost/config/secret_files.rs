//! Files of secrets that others on this machine may read.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Config;

/// Whose files the service reads as one of their group.
const ROOT: u32 = 0;
/// What the group or everybody may do with a file.
const OF_OTHERS: u32 = 0o077;
const OF_EVERYBODY: u32 = 0o007;

/// A file of secrets that others may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exposed {
    /// The setting that names it.
    setting: String,
    path: PathBuf,
    mode: u32,
    owner: u32,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { setting, path, mode, owner } = self;
        let path = path.display();
        let narrow = if *owner == ROOT { "o=" } else { "go=" };
        write!(f, "{setting}: others may read {path} (mode {mode:03o}): chmod {narrow} '{path}'")
    }
}

impl Config {
    /// Returns the files of secrets that others than who runs the service may read. One that belongs to
    /// root may be read by its group: the service, which then cannot change it.
    pub(crate) fn exposed_secrets(&self) -> Vec<Exposed> {
        let found = self.secret_files().into_iter();
        found.filter_map(|(setting, path)| exposed(setting, path)).collect()
    }

    /// Returns every file of secrets, with the setting that names it.
    fn secret_files(&self) -> Vec<(String, PathBuf)> {
        let mut files = Vec::new();
        let mut put = |setting: String, path: Option<&Path>| {
            files.extend(path.map(|path| (setting, path.to_owned())));
        };
        put("api.key_file".to_owned(), self.api.key_file.as_deref());
        put("audit.key_file".to_owned(), Some(&self.key_file()));
        for (position, camera) in self.cameras.iter().enumerate() {
            put(format!("camera[{position}].password_file"), camera.password_file.as_deref());
        }
        for (position, source) in self.sources.iter().enumerate() {
            put(format!("source[{position}].token_file"), Some(&source.token_file));
        }
        for (position, notify) in self.notify.iter().enumerate() {
            put(format!("notify[{position}].secret_file"), notify.secret_file.as_deref());
            put(format!("notify[{position}].key_file"), notify.key_file.as_deref());
        }
        files
    }
}

fn exposed(setting: String, path: PathBuf) -> Option<Exposed> {
    // One that cannot be looked at is told of by who reads it; a key that is not there yet is made.
    let found = std::fs::metadata(&path).ok()?;
    let (mode, owner) = (found.mode() & 0o777, found.uid());
    is_exposed(mode, owner).then_some(Exposed { setting, path, mode, owner })
}

fn is_exposed(mode: u32, owner: u32) -> bool {
    let of_whom = if owner == ROOT { OF_EVERYBODY } else { OF_OTHERS };
    mode & of_whom != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_group_reads_is_exposed_unless_root_gave_it_to_the_service() {
        for (mode, owner, expected) in [
            (0o600, 1000, false),
            (0o400, 0, false),
            (0o640, 0, false),
            (0o640, 1000, true),
            (0o604, 0, true),
            (0o660, 1000, true),
        ] {
            assert_eq!(is_exposed(mode, owner), expected, "{mode:o} of {owner}");
        }
    }

    #[test]
    fn it_is_told_with_what_to_do() {
        let told = |owner| {
            let setting = "camera[0].password_file".to_owned();
            Exposed { setting, path: "/etc/watchpost/gate".into(), mode: 0o644, owner }.to_string()
        };
        let said = "camera[0].password_file: others may read /etc/watchpost/gate (mode 644): ";
        assert_eq!(told(1000), format!("{said}chmod go= '/etc/watchpost/gate'"));
        assert_eq!(told(ROOT), format!("{said}chmod o= '/etc/watchpost/gate'"));
    }
}
