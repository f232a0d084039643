//! A cache of values that take long to make: the least recently used go first, counted in bytes; a value is made by one thread
//! at a time, and nobody holds a lock meanwhile.

use crate::Result;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// A cache of values by number, such as decoded chunks or computed blocks.
#[derive(Debug)]
pub struct Cache<V> {
    limit: usize,
    state: Mutex<State<V>>,
    made: Condvar,
}

/// Counts of what a cache has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Values made.
    pub made: u64,
    /// Values found in the cache, or waited for while another thread made them.
    pub found: u64,
    /// Bytes held now.
    pub bytes: usize,
    /// The most bytes ever held at once.
    pub peak: usize,
}

#[derive(Debug)]
struct State<V> {
    /// Numbers of the values that are being made.
    busy: HashSet<usize>,
    kept: Recent<Arc<V>>,
    counts: CacheCounts,
}

/// Ends a claim on a number, whether the value was made, failed or panicked, and wakes those who wait.
struct Claim<'a, V> {
    cache: &'a Cache<V>,
    key: usize,
}

impl<V> Drop for Claim<'_, V> {
    fn drop(&mut self) {
        self.cache.lock().busy.remove(&self.key);
        self.cache.made.notify_all();
    }
}

impl<V> Cache<V> {
    /// A cache that keeps at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        let state = State { busy: HashSet::new(), kept: Recent::default(), counts: CacheCounts::default() };
        Self { limit, state: Mutex::new(state), made: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Counts of what the cache has done so far.
    pub fn counts(&self) -> CacheCounts {
        let state = self.lock();
        CacheCounts { bytes: state.kept.bytes, ..state.counts }
    }

    /// Gets value `key`, of `bytes` bytes, from the cache or from `make`. A thread for which `may_wait` is false does not wait
    /// while another makes the value: it makes one for itself.
    ///
    /// # Errors
    /// Those of `make`; others may then try.
    pub fn get(
        &self,
        key: usize,
        bytes: usize,
        may_wait: impl Fn() -> bool,
        make: impl FnOnce() -> Result<V>,
    ) -> Result<Arc<V>> {
        let mut state = self.lock();
        loop {
            if let Some(value) = state.kept.touch(key).cloned() {
                state.counts.found += 1;
                return Ok(value);
            }
            if !state.busy.contains(&key) {
                break;
            }
            if !may_wait() {
                drop(state);
                let value = make()?;
                self.lock().counts.made += 1;
                return Ok(Arc::new(value));
            }
            state = self.made.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state.busy.insert(key);
        // Room is made before the value is, so that the limit holds meanwhile.
        state.kept.make_room(self.limit.saturating_sub(bytes));
        drop(state);
        let _claim = Claim { cache: self, key };
        let value = Arc::new(make()?);
        let mut state = self.lock();
        state.counts.made += 1;
        if bytes <= self.limit {
            state.kept.make_room(self.limit - bytes);
            state.kept.keep(key, value.clone(), bytes);
            state.counts.peak = state.counts.peak.max(state.kept.bytes);
        }
        Ok(value)
    }
}

/// Values that are kept, in the order in which they were used.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    kept: HashMap<usize, Entry<V>>,
    /// Numbers by the time of their last use.
    order: BTreeMap<u64, usize>,
    clock: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    bytes: usize,
    used: u64,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { kept: HashMap::new(), order: BTreeMap::new(), clock: 0, bytes: 0 }
    }
}

impl<V> Recent<V> {
    /// The value that is kept under a number, from now on the one used last.
    pub(crate) fn touch(&mut self, key: usize) -> Option<&V> {
        let entry = self.kept.get_mut(&key)?;
        self.clock += 1;
        self.order.remove(&entry.used);
        self.order.insert(self.clock, key);
        entry.used = self.clock;
        Some(&entry.value)
    }

    /// Keeps a value under a number that has none.
    pub(crate) fn keep(&mut self, key: usize, value: V, bytes: usize) {
        self.clock += 1;
        self.order.insert(self.clock, key);
        self.kept.insert(key, Entry { value, bytes, used: self.clock });
        self.bytes += bytes;
    }

    /// Lets those go that were used least recently, until no more than `limit` bytes are kept.
    pub(crate) fn make_room(&mut self, limit: usize) {
        while self.bytes > limit {
            let Some((_, key)) = self.order.pop_first() else { break };
            self.bytes -= self.kept.remove(&key).map_or(0, |entry| entry.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = Cache::new(30);
        let get = |k: usize| *cache.get(k, 10, || true, || Ok(k)).unwrap();
        for k in [1, 2, 3, 1, 4, 1, 3, 2] {
            assert_eq!(get(k), k);
        }
        // 1 2 3 made, 1 found, 4 made (2 goes), 1 3 found, 2 made (4 goes).
        let c = cache.counts();
        assert_eq!((c.made, c.found, c.bytes, c.peak), (5, 3, 30, 30));
        cache.get(9, 31, || true, || Ok(9)).unwrap();
        assert_eq!(cache.counts().bytes, 0, "what is larger than the cache passes through it");
    }

    #[test]
    fn many_threads_make_a_value_once() {
        let (cache, makes, start) = (Cache::new(1 << 20), AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    start.wait();
                    for k in 0..100 {
                        let value = cache.get(
                            k,
                            8,
                            || true,
                            || {
                                makes.fetch_add(1, Ordering::Relaxed);
                                std::thread::yield_now();
                                Ok(k)
                            },
                        );
                        assert_eq!(*value.unwrap(), k);
                    }
                });
            }
        });
        assert_eq!(makes.into_inner(), 100);
    }

    #[test]
    fn failures_and_panics_leave_no_one_waiting() {
        let cache = Cache::<u8>::new(100);
        let get = |make: fn() -> Result<u8>| cache.get(1, 1, || true, make);
        assert!(get(|| Err(Error::invalid("chunk", "bad"))).is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = get(|| std::panic::resume_unwind(Box::new(())));
        }));
        assert!(panicked.is_err());
        assert_eq!(*get(|| Ok(7)).unwrap(), 7);
    }

    #[test]
    fn who_may_not_wait_makes_its_own() {
        let cache = Cache::new(100);
        let inner = || cache.get(1, 1, || false, || Ok(2)).map(|own| *own);
        assert_eq!(*cache.get(1, 1, || true, inner).unwrap(), 2);
        assert_eq!((cache.counts().made, cache.counts().found), (2, 0));
    }
}
