//! Where this site's program listens: noted by the running program beside its index, so that `watchpost
//! check` can tell an address that the program itself holds from one that somebody else does.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use index::{Index, IndexError};

/// One address a line, in the folder of the index.
const FILE: &str = "listening";

/// Notes where the program that has the index in `folder` open listens.
pub(crate) fn note(folder: &Path, addresses: &[SocketAddr]) -> io::Result<()> {
    let lines: String = addresses.iter().map(|address| format!("{address}\n")).collect();
    let partial = folder.join(format!("{FILE}.part"));
    fs::write(&partial, lines)?;
    fs::rename(&partial, folder.join(FILE))
}

/// Returns where the program listens that has the index in `folder` open; nowhere if none has.
pub(crate) fn of_running(folder: &Path) -> Result<Vec<SocketAddr>, IndexError> {
    if !Index::is_open(folder)? {
        return Ok(Vec::new());
    }
    let noted = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    Ok(noted.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Returns whether whoever listens at one of `held` cannot be told from one who listens at `wanted`.
pub(crate) fn holds(held: &[SocketAddr], wanted: SocketAddr) -> bool {
    let meets = |one: &SocketAddr| {
        let is_any = one.ip().is_unspecified() || wanted.ip().is_unspecified();
        one.port() == wanted.port() && (is_any || one.ip() == wanted.ip())
    };
    held.iter().any(meets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_held_by_itself_and_by_all_addresses() {
        let held = |at: &str, wanted: &str| holds(&[at.parse().unwrap()], wanted.parse().unwrap());
        assert!(held("127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(held("0.0.0.0:8080", "127.0.0.1:8080"));
        assert!(held("10.0.0.1:8080", "0.0.0.0:8080"));
        assert!(!held("127.0.0.1:8080", "127.0.0.1:8081"));
        assert!(!held("127.0.0.1:8080", "10.0.0.1:8080"));
    }

    #[test]
    fn what_an_earlier_program_noted_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        note(folder.path(), &["127.0.0.1:8080".parse().unwrap()]).unwrap();
        assert_eq!(of_running(folder.path()).unwrap(), []);
    }
}
