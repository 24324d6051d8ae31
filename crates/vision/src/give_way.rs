//! Threads that give way: what the operating system runs first when there is more to do than cores.
//!
//! A detector that is late costs a picture, a decoder the rest of its GOP, and recording a gap. So
//! detectors give way to decoders, and both to what receives and records.

use rustix::process::{getpriority_process, setpriority_process};
use tracing::debug;

/// How much further than what receives and records (in steps of nice(2)) decoders stand back.
pub(crate) const DECODING: i32 = 2;
/// The same, of detectors: while decoders want a core, they get about a sixth of it.
pub(crate) const DETECTING: i32 = 10;
/// The last there is.
const LAST: i32 = 19;

/// Has the calling thread stand back by so many steps. Where that is refused, all compete as equals,
/// as threads do that never asked.
pub(crate) fn give_way(steps: i32) {
    // On Linux, process 0 is the calling thread alone.
    let done = getpriority_process(None)
        .and_then(|now| setpriority_process(None, now.saturating_add(steps).min(LAST)));
    if let Err(error) = done {
        debug!(%error, steps, "a thread does not give way");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_gives_way() {
        let before = getpriority_process(None).unwrap();
        let inside = std::thread::spawn(|| {
            give_way(DETECTING);
            getpriority_process(None).unwrap()
        });
        assert_eq!(inside.join().unwrap(), (before + DETECTING).min(LAST));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
