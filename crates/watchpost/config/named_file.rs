//! Files that the configuration names: read whole, but a file without end (a device, a pipe that goes
//! on) is refused once it is longer than what it should hold.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// More than any password, token, key or chain of certificates has, in bytes.
pub(super) const MOST_SECRET: usize = 1 << 20;

/// Reads a file of `most` bytes at most.
pub(super) fn bytes(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("it is longer than {most} bytes")));
    }
    Ok(bytes)
}

/// Reads a text of `most` bytes at most.
pub(super) fn text(path: &Path, most: usize) -> io::Result<String> {
    String::from_utf8(bytes(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_refused() {
        let endless = Path::new("/dev/zero");
        assert_eq!(bytes(endless, 10).unwrap_err().to_string(), "it is longer than 10 bytes");
        assert!(text(endless, MOST_SECRET).is_err());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "hunter2\n").unwrap();
        assert_eq!(text(&file, 8).unwrap(), "hunter2\n");
        assert!(text(&file, 7).is_err());
        std::fs::write(&file, [0xff]).unwrap();
        assert_eq!(text(&file, 8).unwrap_err().to_string(), "it is not text in UTF-8");
    }
}
