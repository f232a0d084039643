//! Memory maps of files: the one unsafe file of this crate.
#![allow(
    unsafe_code,
    reason = "a file can change under its map; that is the caller's affair, as with every map"
)]

use reproject_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Something that owns bytes and keeps them where they are: a map, a vector, a Python object.
pub trait Bytes: Send + Sync {
    /// The bytes; always the same slice.
    fn bytes(&self) -> &[u8];
    /// Bytes of memory that they take; none where they are pages of the system's cache.
    fn held(&self) -> usize {
        0
    }
    /// Whether all of them are what the file held: not so where somebody has cut it short meanwhile.
    fn whole(&self) -> bool {
        true
    }
}

impl Bytes for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
    fn held(&self) -> usize {
        self.capacity()
    }
}

/// A whole file, read through the page cache; counts as no memory of ours.
///
/// Where the file is cut short while it is mapped, what has gone reads as zeros and [`Bytes::whole`] says so: the system's
/// signal (SIGBUS) is caught.
#[derive(Debug)]
pub struct Map(Option<(memmap2::Mmap, cut::Watched)>);

impl Bytes for Map {
    fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |(map, _)| map)
    }
    fn whole(&self) -> bool {
        self.0.as_ref().is_none_or(|(_, watched)| watched.whole())
    }
}

impl Map {
    /// Maps a file for reading.
    ///
    /// # Errors
    /// If the system refuses; an empty file is an empty slice.
    pub fn of(file: &File, path: &Path) -> Result<Self> {
        let length = file.metadata().map_err(|e| Error::io(path, "cannot be examined", e))?.len();
        if length == 0 {
            return Ok(Self(None));
        }
        // SAFETY: the map is read-only and private to us; a file that another process cuts short meanwhile is answered by
        // zeros, one that it rewrites by other pixel values, neither of which breaks a rule of the language for plain bytes
        // that are never assumed to hold anything. Handles compare a fingerprint before they map a file again.
        let map = unsafe { memmap2::Mmap::map(file) };
        let map = map.map_err(|e| Error::io(path, "cannot be mapped", e))?;
        let watched = cut::watch(&map);
        Ok(Self(Some((map, watched))))
    }
}

/// Lets a write beyond the limit on the size of files be an error where the system would end the program (SIGXFSZ); inherited by
/// programs that are started. For the first line of a `main`.
pub fn survive_signals() {
    #[cfg(unix)]
    // SAFETY: no handler is set, the signal is ignored; both arguments are constants that the system defines for this.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Maps whose files were cut short: pages that have gone are answered by SIGBUS, whose handler puts zeros in their place.
#[cfg(unix)]
mod cut {
    use std::ptr::null_mut;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::SeqCst};

    /// A map that is watched, if `start` is not 0. In a list that only grows, as a handler must not wait for a lock.
    #[derive(Debug)]
    struct Slot {
        start: AtomicUsize,
        end: AtomicUsize,
        hit: AtomicBool,
        next: *mut Slot,
    }

    static FIRST: AtomicPtr<Slot> = AtomicPtr::new(null_mut());
    static PAGE: AtomicUsize = AtomicUsize::new(0);
    /// The handler of the signal before ours.
    static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

    /// A slot in use, given back when this is dropped.
    #[derive(Debug)]
    pub(super) struct Watched(&'static AtomicUsize, &'static AtomicBool);

    impl Watched {
        pub(super) fn whole(&self) -> bool {
            !self.1.load(SeqCst)
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.0.store(0, SeqCst);
        }
    }

    fn slots() -> impl Iterator<Item = &'static Slot> {
        let mut next = FIRST.load(SeqCst);
        std::iter::from_fn(move || {
            // SAFETY: slots are made by `Box::leak` and never freed, and are linked before they are published.
            let slot = unsafe { next.as_ref() }?;
            next = slot.next;
            Some(slot)
        })
    }

    pub(super) fn watch(map: &[u8]) -> Watched {
        install();
        let (start, end) = (map.as_ptr() as usize, map.as_ptr() as usize + map.len());
        // 1 is no address of a page: taken, and not yet watched.
        let free = slots().find(|slot| slot.start.compare_exchange(0, 1, SeqCst, SeqCst).is_ok());
        let slot = free.unwrap_or_else(|| {
            let (start, end) = (AtomicUsize::new(1), AtomicUsize::new(0));
            let slot =
                Box::leak(Box::new(Slot { start, end, hit: AtomicBool::new(false), next: null_mut() }));
            let new: *mut Slot = slot;
            let mut first = FIRST.load(SeqCst);
            loop {
                // SAFETY: nobody else has this slot before it is published by the exchange below.
                unsafe { (*new).next = first };
                match FIRST.compare_exchange(first, new, SeqCst, SeqCst) {
                    // SAFETY: leaked above, and from now on only read.
                    Ok(_) => break unsafe { &*new },
                    Err(now) => first = now,
                }
            }
        });
        slot.hit.store(false, SeqCst);
        slot.end.store(end, SeqCst);
        slot.start.store(start, SeqCst);
        Watched(&slot.start, &slot.hit)
    }

    fn install() {
        BEFORE.get_or_init(|| {
            // SAFETY: the structures are plain numbers, for which zeros are valid; the handler has the signature that
            // SA_SIGINFO asks for, and calls nothing that a handler must not.
            unsafe {
                PAGE.store(libc::sysconf(libc::_SC_PAGESIZE).max(1) as usize, SeqCst);
                let (mut new, mut before): (libc::sigaction, libc::sigaction) = std::mem::zeroed();
                let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = handle;
                new.sa_sigaction = handler as usize;
                new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
                libc::sigemptyset(&mut new.sa_mask);
                libc::sigaction(libc::SIGBUS, &new, &mut before);
                before
            }
        });
    }

    extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: the system hands in a valid structure, which has an address for this signal.
        let at = unsafe { (*info).si_addr() } as usize;
        for slot in slots() {
            let (start, end) = (slot.start.load(SeqCst), slot.end.load(SeqCst));
            if start <= 1 || !(start..end).contains(&at) {
                continue;
            }
            let page = at / PAGE.load(SeqCst) * PAGE.load(SeqCst);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            // SAFETY: these pages are the rest of a map of ours whose file has gone from here on; they stay readable, and are
            // freed with the map.
            let mapped = unsafe { libc::mmap(page as *mut _, end - page, libc::PROT_READ, flags, -1, 0) };
            if mapped != libc::MAP_FAILED {
                slot.hit.store(true, SeqCst);
                return;
            }
        }
        // Not ours: it happens again, and goes where it went before.
        if let Some(before) = BEFORE.get() {
            // SAFETY: `before` is what the system gave.
            unsafe { libc::sigaction(signal, before, null_mut()) };
        }
    }
}

#[cfg(not(unix))]
mod cut {
    #[derive(Debug)]
    pub(super) struct Watched;

    impl Watched {
        pub(super) fn whole(&self) -> bool {
            true
        }
    }

    pub(super) fn watch(_: &[u8]) -> Watched {
        Watched
    }
}

/// Buffers of at least this length get pages of their own.
#[cfg(any(feature = "compressed", feature = "zarr"))]
const PAGES: usize = 256 << 10;

/// Pages without a file: the system has them back the moment they are dropped, where an allocator keeps the gaps that large
/// buffers leave.
#[cfg(any(feature = "compressed", feature = "zarr"))]
struct Pages(memmap2::MmapMut);

#[cfg(any(feature = "compressed", feature = "zarr"))]
impl Bytes for Pages {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
    fn held(&self) -> usize {
        self.0.len()
    }
}

/// So many bytes, filled by `fill`, which finds zeros, to be kept for some time as a decoded chunk in a cache is.
#[cfg(feature = "compressed")]
pub(crate) fn filled(
    length: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<std::sync::Arc<dyn Bytes>> {
    use std::sync::Arc;
    if length >= PAGES
        && let Ok(mut pages) = memmap2::MmapMut::map_anon(length)
    {
        fill(&mut pages)?;
        return Ok(Arc::new(Pages(pages)));
    }
    let mut bytes = Vec::new();
    let none = |_| Error::invalid("memory", format!("there are no {length} bytes for a decoded chunk"));
    bytes.try_reserve_exact(length).map_err(none)?;
    bytes.resize(length, 0);
    fill(&mut bytes)?;
    Ok(Arc::new(bytes))
}

/// Bytes that are kept for some time among others that come and go, such as a decoded chunk in a cache.
#[cfg(feature = "zarr")]
pub(crate) fn kept(bytes: Vec<u8>) -> std::sync::Arc<dyn Bytes> {
    use std::sync::Arc;
    if bytes.len() < PAGES {
        return Arc::new(bytes);
    }
    match memmap2::MmapMut::map_anon(bytes.len()) {
        Ok(mut pages) => {
            pages.copy_from_slice(&bytes);
            Arc::new(Pages(pages))
        }
        // A system has so many maps only.
        Err(_) => Arc::new(bytes),
    }
}

/// Length and time of a file when it was opened; a file that is opened again must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Its length in bytes.
    pub length: u64,
    /// When it was last written, in nanoseconds since 1970.
    pub modified: i128,
}

impl Fingerprint {
    /// The fingerprint of an open file.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn of(file: &File, path: &Path) -> Result<Self> {
        let data = file.metadata().map_err(|e| Error::io(path, "cannot be examined", e))?;
        let modified = match data.modified().map(|t| t.duration_since(UNIX_EPOCH)) {
            Ok(Ok(after)) => after.as_nanos() as i128,
            Ok(Err(before)) => -(before.duration().as_nanos() as i128),
            Err(_) => 0,
        };
        Ok(Self { length: data.len(), modified })
    }

    /// Refuses a file that is no longer the same.
    ///
    /// # Errors
    /// If length or time differ.
    pub fn check(&self, now: &Self, path: &Path) -> Result<()> {
        if self == now {
            return Ok(());
        }
        let why = format!(
            "has changed since it was opened ({} bytes, now {}; times {}); start again with the new file",
            self.length,
            now.length,
            if self.modified == now.modified { "equal" } else { "differ" }
        );
        Err(Error::file(path, why))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Bytes of a page that is still there stay, those behind the file's end are zeros, and the map says so.
    #[test]
    fn a_file_that_is_cut_short_reads_as_zeros() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, vec![7; 1 << 20]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let [map, other] = [(); 2].map(|()| Map::of(&file, &path).unwrap());
        assert!(map.whole() && map.bytes()[(1 << 20) - 1] == 7);
        file.set_len(1 << 17).unwrap();
        assert!(map.bytes()[..1 << 17].iter().all(|b| *b == 7) && map.whole());
        assert_eq!(map.bytes()[1 << 19..].iter().map(|b| u64::from(*b)).sum::<u64>(), 0);
        assert!(!map.whole() && other.whole());
        drop(map);
        // A slot that is free again forgets.
        std::fs::write(&path, [1]).unwrap();
        let again = Map::of(&File::open(&path).unwrap(), &path).unwrap();
        assert!(again.whole() && again.bytes() == [1]);
    }
}
