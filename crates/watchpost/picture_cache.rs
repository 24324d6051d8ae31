//! Small pictures that were made, kept in memory up to a bound; who wants one that is being made waits
//! for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Pictures by what names them; those that nobody asked for longest are the first to go. Shared.
#[derive(Debug)]
pub(crate) struct PictureCache<K> {
    most_bytes: usize,
    kept: Mutex<Kept<K>>,
}

#[derive(Debug)]
struct Kept<K> {
    places: HashMap<K, Place>,
    bytes: usize,
    /// Counts what was asked for.
    asked: u64,
}

#[derive(Debug)]
struct Place {
    /// Locked while it is made.
    picture: Arc<Mutex<Option<Bytes>>>,
    bytes: usize,
    asked: u64,
}

impl<K: Clone + Eq + Hash> PictureCache<K> {
    /// Makes one that holds at most `most_bytes` of pictures.
    pub(crate) fn new(most_bytes: usize) -> Self {
        let kept = Kept { places: HashMap::new(), bytes: 0, asked: 0 };
        Self { most_bytes, kept: Mutex::new(kept) }
    }

    /// Returns the picture called `key`; makes it if it is not there. Of several who ask at once one
    /// makes it. What could not be made is tried again by the next.
    pub(crate) fn get<E>(
        &self,
        key: &K,
        make: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        let place = self.place(key);
        let mut picture = lock(&place);
        if let Some(picture) = &*picture {
            return Ok(picture.clone());
        }
        match make() {
            Ok(made) => {
                *picture = Some(made.clone());
                drop(picture);
                self.weigh(key, &place, made.len());
                Ok(made)
            }
            Err(error) => {
                drop(picture);
                self.forget(key, &place);
                Err(error)
            }
        }
    }

    fn place(&self, key: &K) -> Arc<Mutex<Option<Bytes>>> {
        let mut kept = lock(&self.kept);
        kept.asked += 1;
        let asked = kept.asked;
        let new = || Place { picture: Arc::default(), bytes: 0, asked };
        let place = kept.places.entry(key.clone()).or_insert_with(new);
        place.asked = asked;
        Arc::clone(&place.picture)
    }

    /// Notes the size of a picture that was made, and lets go of others until all fit.
    fn weigh(&self, key: &K, made: &Arc<Mutex<Option<Bytes>>>, bytes: usize) {
        let mut kept = lock(&self.kept);
        let Some(place) = kept.places.get_mut(key) else { return };
        if !Arc::ptr_eq(&place.picture, made) {
            return;
        }
        place.bytes = bytes;
        kept.bytes += bytes;
        while kept.bytes > self.most_bytes {
            // Those being made weigh nothing yet and stay.
            let made = kept.places.iter().filter(|(_, place)| place.bytes > 0);
            let Some((oldest, _)) = made.min_by_key(|(_, place)| place.asked) else { break };
            let oldest = oldest.clone();
            if let Some(gone) = kept.places.remove(&oldest) {
                kept.bytes -= gone.bytes;
            }
        }
    }

    fn forget(&self, key: &K, failed: &Arc<Mutex<Option<Bytes>>>) {
        let mut kept = lock(&self.kept);
        if kept.places.get(key).is_some_and(|place| Arc::ptr_eq(&place.picture, failed)) {
            kept.places.remove(key);
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn of(bytes: usize) -> Result<Bytes, &'static str> {
        Ok(Bytes::from(vec![7; bytes]))
    }

    #[test]
    fn it_never_holds_more_than_it_may_and_lets_go_of_what_nobody_asks_for() {
        let cache = PictureCache::new(100);
        for key in 0..3 {
            cache.get(&key, || of(30)).unwrap();
        }
        // Asked for again, so it outlives the one after it.
        cache.get(&0, || Err("made twice")).unwrap();
        cache.get(&3, || of(30)).unwrap();
        assert_eq!(lock(&cache.kept).bytes, 90);
        cache.get(&0, || Err("made twice")).unwrap();
        assert_eq!(cache.get(&1, || Err("gone")), Err("gone"));
        // One that is larger than all the room is handed out and not kept.
        assert_eq!(cache.get(&9, || of(1000)).unwrap().len(), 1000);
        assert_eq!(lock(&cache.kept).bytes, 0);
        assert!(lock(&cache.kept).places.is_empty());
    }

    #[test]
    fn what_could_not_be_made_is_tried_again() {
        let cache = PictureCache::new(100);
        assert_eq!(cache.get(&1, || Err("no disk")), Err("no disk"));
        assert!(lock(&cache.kept).places.is_empty());
        assert_eq!(cache.get(&1, || of(5)).unwrap().len(), 5);
    }

    #[test]
    fn several_who_ask_at_once_have_it_made_once() {
        let cache = PictureCache::new(100);
        let (made, all_ask) = (AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    all_ask.wait();
                    let picture = cache.get(&1, || {
                        made.fetch_add(1, Ordering::Relaxed);
                        of(5)
                    });
                    assert_eq!(picture.unwrap().len(), 5);
                });
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
