//! A cache of decoded chunks: least recently used first out, counted in bytes; a chunk is decoded by one thread at a time, and
//! nobody holds a lock meanwhile.

use reproject_core::Result;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Chunks by number.
pub(crate) struct Cache<C> {
    limit: usize,
    state: Mutex<State<C>>,
    decoded: Condvar,
}

/// What a cache has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Chunks decoded.
    pub decoded: u64,
    /// Chunks found in the cache, or waited for while another thread decoded them.
    pub found: u64,
    /// Bytes held now.
    pub bytes: usize,
    /// The most bytes ever held at once.
    pub peak: usize,
}

struct State<C> {
    slots: HashMap<usize, Slot<C>>,
    /// Chunk numbers by the time of their last use.
    order: BTreeMap<u64, usize>,
    clock: u64,
    counts: CacheCounts,
}

enum Slot<C> {
    Busy,
    Ready { chunk: Arc<C>, bytes: usize, used: u64 },
}

/// Frees the slot of a decoder that failed or panicked, so that others may try.
struct Claim<'a, C> {
    cache: &'a Cache<C>,
    key: usize,
    done: bool,
}

impl<C> Drop for Claim<'_, C> {
    fn drop(&mut self) {
        if !self.done {
            self.cache.lock().slots.remove(&self.key);
        }
        self.cache.decoded.notify_all();
    }
}

impl<C> Cache<C> {
    /// A cache that keeps at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let state =
            State { slots: HashMap::new(), order: BTreeMap::new(), clock: 0, counts: CacheCounts::default() };
        Self { limit, state: Mutex::new(state), decoded: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn counts(&self) -> CacheCounts {
        self.lock().counts
    }

    /// Chunk `key`, of `bytes` bytes, from the cache or from `decode`.
    pub(crate) fn get(&self, key: usize, bytes: usize, decode: impl FnOnce() -> Result<C>) -> Result<Arc<C>> {
        let mut state = self.lock();
        loop {
            if let Some(Slot::Busy) = state.slots.get(&key) {
                state = self.decoded.wait(state).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            match state.touch(key) {
                Some(chunk) => return Ok(chunk),
                None => break,
            }
        }
        state.slots.insert(key, Slot::Busy);
        // Room is made before the chunk is decoded, so that the limit holds while it is.
        state.make_room(self.limit.saturating_sub(bytes));
        state.counts.decoded += 1;
        drop(state);
        let mut claim = Claim { cache: self, key, done: false };
        let chunk = Arc::new(decode()?);
        let mut state = self.lock();
        if bytes <= self.limit {
            state.make_room(self.limit - bytes);
            state.keep(key, chunk.clone(), bytes);
        } else {
            state.slots.remove(&key);
        }
        claim.done = true;
        drop(state);
        Ok(chunk)
    }
}

impl<C> State<C> {
    /// A decoded chunk, from now on the one used last.
    fn touch(&mut self, key: usize) -> Option<Arc<C>> {
        let Some(Slot::Ready { chunk, used, .. }) = self.slots.get_mut(&key) else { return None };
        self.clock += 1;
        self.counts.found += 1;
        self.order.remove(used);
        self.order.insert(self.clock, key);
        *used = self.clock;
        Some(chunk.clone())
    }

    fn keep(&mut self, key: usize, chunk: Arc<C>, bytes: usize) {
        self.clock += 1;
        self.order.insert(self.clock, key);
        self.slots.insert(key, Slot::Ready { chunk, bytes, used: self.clock });
        self.counts.bytes += bytes;
        self.counts.peak = self.counts.peak.max(self.counts.bytes);
    }

    fn make_room(&mut self, limit: usize) {
        while self.counts.bytes > limit {
            let Some((_, key)) = self.order.pop_first() else { break };
            if let Some(Slot::Ready { bytes, .. }) = self.slots.remove(&key) {
                self.counts.bytes -= bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reproject_core::Error;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_least_recently_used_goes_first() {
        let cache = Cache::new(30);
        let get = |k: usize| *cache.get(k, 10, || Ok(k)).unwrap();
        for k in [1, 2, 3, 1, 4, 1, 3, 2] {
            assert_eq!(get(k), k);
        }
        // 1 2 3 decoded, 1 found, 4 decoded (2 goes), 1 3 found, 2 decoded (4 goes).
        let c = cache.counts();
        assert_eq!((c.decoded, c.found, c.bytes, c.peak), (5, 3, 30, 30));
        cache.get(9, 31, || Ok(9)).unwrap();
        assert_eq!(cache.counts().bytes, 0, "what is larger than the cache passes through it");
    }

    #[test]
    fn many_threads_decode_a_chunk_once() {
        let (cache, decodes, start) = (Cache::new(1 << 20), AtomicUsize::new(0), Barrier::new(8));
        std::thread::scope(|s| {
            for _ in 0..8 {
                s.spawn(|| {
                    start.wait();
                    for k in 0..100 {
                        let chunk = cache.get(k, 8, || {
                            decodes.fetch_add(1, Ordering::Relaxed);
                            std::thread::yield_now();
                            Ok(k)
                        });
                        assert_eq!(*chunk.unwrap(), k);
                    }
                });
            }
        });
        assert_eq!(decodes.into_inner(), 100);
    }

    #[test]
    fn failures_and_panics_leave_no_one_waiting() {
        let cache = Cache::<u8>::new(100);
        assert!(cache.get(1, 1, || Err(Error::invalid("chunk", "bad"))).is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = cache.get(1, 1, || std::panic::resume_unwind(Box::new(())));
        }));
        assert!(panicked.is_err());
        assert_eq!(*cache.get(1, 1, || Ok(7)).unwrap(), 7);
    }
}
