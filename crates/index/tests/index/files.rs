//! The files themselves: expiry, damage, other programs, other processes.

use std::path::Path;
use std::sync::Arc;

use domain::{ManualClock, TimeRange};
use index::{EventQuery, Index, IndexError, SiteSettings};

use crate::made::{cameras, event, open, time};

fn try_open(folder: &Path, site: SiteSettings) -> Result<Index, IndexError> {
    let clock = Arc::new(ManualClock::new(time("2026-03-01T00:00:00Z")));
    Index::open(folder, site, clock)
}

fn error_at_open(folder: &Path) -> IndexError {
    try_open(folder, SiteSettings::new("test")).unwrap_err()
}

/// An index with an event a month from January to March.
fn fill(folder: &Path) -> Index {
    let index = open(folder);
    index.put_cameras(&cameras(4)).unwrap();
    for (seed, at) in ["2026-01-10T00:00:00Z", "2026-02-10T00:00:00Z", "2026-03-10T00:00:00Z"]
        .into_iter()
        .enumerate()
    {
        index.append_events(vec![event(seed as u64, time(at), 1)]).unwrap();
    }
    index
}

#[test]
fn whole_months_expire_and_the_sequence_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let index = fill(folder.path());
    let all = EventQuery::new(TimeRange::ALL);
    assert_eq!(index.search_events(&all).unwrap().events.len(), 3);
    let expired = index.expire(time("2026-02-28T23:59:59Z")).unwrap();
    assert_eq!((expired.event_months, expired.track_months), (1, 0));
    assert!(!folder.path().join("ev_202601.db").exists());
    assert!(folder.path().join("ev_202602.db").exists());
    assert_eq!(index.search_events(&all).unwrap().events.len(), 2);
    let fed = index.events_after(0, 10).unwrap();
    assert_eq!(fed.iter().map(|stored| stored.sequence).collect::<Vec<_>>(), [2, 3]);
    // A late comer makes the month anew.
    let late = event(7, time("2026-01-10T00:00:00Z"), 1);
    assert_eq!(index.append_events(vec![late]).unwrap(), [4]);
    assert_eq!(index.search_events(&all).unwrap().events.len(), 3);

    let expired = index.expire(time("2027-01-01T00:00:00Z")).unwrap();
    assert_eq!(expired.event_months, 3);
    drop(index);
    let index = open(folder.path());
    let next = index.append_events(vec![event(9, time("2026-05-01T00:00:00Z"), 1)]);
    assert_eq!(next.unwrap(), [5]);
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    for name in ["core.db", "footage.db"] {
        let folder = tempfile::tempdir().unwrap();
        drop(fill(folder.path()));
        let path = folder.path().join(name);
        std::fs::write(&path, vec![0x41; 20_000]).unwrap();
        let message = error_at_open(folder.path()).to_string();
        assert!(message.contains(name) && message.contains("restore it"), "{message}");
    }
}

/// Writes over a file, and removes what could mend it.
fn damage(folder: &Path, name: &str) {
    std::fs::write(folder.join(name), vec![0x41; 20_000]).unwrap();
    for beside in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("{name}{beside}")));
    }
}

#[test]
fn a_damaged_month_is_set_aside_and_its_numbers_are_not_given_again() {
    let names = |index: &Index| -> Vec<String> {
        let files = index.set_aside().unwrap();
        files.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let sequences = |index: &Index| -> Vec<u64> {
        index.events_after(0, 100).unwrap().iter().map(|stored| stored.sequence).collect()
    };
    // The newest as well, whose numbers are the highest.
    for (name, month, left) in [("ev_202602.db", 2, [1, 3]), ("ev_202603.db", 3, [1, 2])] {
        let folder = tempfile::tempdir().unwrap();
        drop(fill(folder.path()));
        damage(folder.path(), name);
        let index = open(folder.path());
        assert_eq!(names(&index), [format!("{name}.damaged")]);
        assert_eq!(sequences(&index), left);
        assert_eq!(index.search_events(&EventQuery::new(TimeRange::ALL)).unwrap().events.len(), 2);
        // The month goes on in a new file, and whoever follows with a number of the old one hears of it.
        let late = event(7, time(&format!("2026-0{month}-11T00:00:00Z")), 1);
        let [given] = index.append_events(vec![late]).unwrap()[..] else { panic!("one number") };
        assert!(given > 3);
        let told = index.events_after(3, 10).unwrap();
        assert_eq!(told.iter().map(|stored| stored.sequence).collect::<Vec<_>>(), [given]);
        drop(index);

        // Damaged once more: the numbers given since are not given again either.
        damage(folder.path(), name);
        let index = open(folder.path());
        assert_eq!(names(&index), [format!("{name}.damaged"), format!("{name}.damaged2")]);
        let next = index.append_events(vec![event(8, time("2026-05-01T00:00:00Z"), 1)]).unwrap();
        assert!(next[0] > given);
        drop(index);
        let index = open(folder.path());
        let after = index.append_events(vec![event(9, time("2026-05-02T00:00:00Z"), 1)]).unwrap();
        assert_eq!(after, [next[0] + 1]);
    }
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    damage(folder.path(), "trk_202602.db");
    let index = open(folder.path());
    assert_eq!(names(&index), ["trk_202602.db.damaged"]);
    let next = index.append_events(vec![event(8, time("2026-05-01T00:00:00Z"), 1)]).unwrap();
    assert_eq!(next, [4], "tracks have no numbers");
}

#[test]
fn a_file_cut_short_or_scribbled_on_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let index = fill(folder.path());
    let march = (0..400).map(|seed| event(seed + 10, time("2026-03-11T00:00:00Z"), 1));
    index.append_events(march.collect()).unwrap();
    drop(index);
    let path = folder.path().join("ev_202603.db");
    let whole = std::fs::read(&path).unwrap();
    let pages = whole.len() / 4096;
    assert!(pages > 10);
    for page in 0..pages {
        let mut bytes = whole.clone();
        for byte in &mut bytes[page * 4096 + 8..page * 4096 + 600] {
            *byte = byte.wrapping_mul(31).wrapping_add(page as u8);
        }
        std::fs::write(&path, bytes).unwrap();
        // Either refused at once, or whatever is asked answers or names the file.
        if let Ok(index) = try_open(folder.path(), SiteSettings::new("test")) {
            let _ = index.search_events(&EventQuery::new(TimeRange::ALL));
            let _ = index.histogram(&EventQuery::new(TimeRange::ALL));
            let _ = index.events_after(0, 1000);
            let _ = index.append_events(vec![event(1, time("2026-03-12T00:00:00Z"), 1)]);
        }
        for beside in ["ev_202603.db-wal", "ev_202603.db-shm", "ev_202603.db.damaged"] {
            let _ = std::fs::remove_file(folder.path().join(beside));
        }
    }
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let aside = open(folder.path()).set_aside().unwrap();
    assert!(aside.last().unwrap().to_str().unwrap().contains("ev_202603.db.damaged"), "{aside:?}");
}

#[test]
fn what_can_never_be_stored_is_told_from_what_cannot_be_stored_now() {
    let folder = tempfile::tempdir().unwrap();
    let index = fill(folder.path());
    let before_time = index.append_events(vec![event(1, time("1969-01-01T00:00:00Z"), 1)]);
    assert!(before_time.unwrap_err().is_permanent());
    // More at one moment than there are numbers for it.
    let at = time("2026-04-10T00:00:00Z");
    let crowd = (0..4097).map(|seed| event(seed + 100, at, 1)).collect();
    assert!(index.append_events(crowd).unwrap_err().is_permanent());
    let late = |seed| vec![event(seed, time("2026-05-10T00:00:00Z"), 1)];
    // Something lies in the way of the month's file: somebody can move it.
    let path = folder.path().join("ev_202605.db");
    std::fs::create_dir(&path).unwrap();
    let refused = index.append_events(late(5)).unwrap_err();
    assert!(!refused.is_permanent(), "{refused}");
    std::fs::remove_dir(&path).unwrap();
    index.append_events(late(5)).unwrap();
    assert!(!error_at_open(folder.path()).is_permanent(), "in use by another process");
    index.close();
    assert!(!index.append_events(late(6)).unwrap_err().is_permanent());
}

#[test]
fn a_file_of_another_program_or_a_newer_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    let path = folder.path().join("ev_202602.db");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    let error = error_at_open(folder.path());
    assert!(matches!(error, IndexError::NewerSchema { found: 99, .. }), "{error}");
    file.pragma_update(None, "user_version", 1).unwrap();
    file.pragma_update(None, "application_id", 5).unwrap();
    drop(file);
    let error = error_at_open(folder.path());
    assert!(matches!(error, IndexError::Foreign { .. }), "{error}");
}

#[test]
fn a_folder_belongs_to_one_site_and_one_process() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!Index::is_open(&folder.path().join("none")).unwrap());
    let index = open(folder.path());
    assert!(Index::is_open(folder.path()).unwrap());
    assert!(matches!(error_at_open(folder.path()), IndexError::Locked { .. }));
    drop(index);
    assert!(!Index::is_open(folder.path()).unwrap());
    let error = try_open(folder.path(), SiteSettings::new("other")).unwrap_err();
    assert!(matches!(error, IndexError::OtherSite { .. }), "{error}");
}
