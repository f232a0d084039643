//! Mutants one after the other, with what each of them takes.

use super::{Random, busy, measured};
use reproject_core::Result;
use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Calls `mutant(seed)`, which makes a file and gives its length, and `read`, and checks what the rules say.
pub(crate) fn soak(
    share: usize,
    path: &Path,
    mut mutant: impl FnMut(&mut Random) -> usize,
    read: impl Fn() -> Result<()>,
) {
    let all = std::env::var("REPROJECT_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let count = all / share;
    let panics = counted_panics();
    let (mut refused, mut memory, mut slowest) = (0, 0, Duration::ZERO);
    let started = Instant::now();
    for seed in 0..count {
        let length = mutant(&mut Random(seed as u64));
        RUNNING.store(seed, Ordering::Relaxed);
        let before = (panics.get(), busy());
        let (outcome, taken) = measured(&read);
        let time = busy().saturating_sub(before.1);
        assert_eq!(panics.get(), before.0, "seed {seed} panicked");
        assert!(taken <= (64 << 20) + 8 * length, "seed {seed}: {taken} bytes for {length}");
        assert!(time < Duration::from_secs(1), "seed {seed}: {time:?} for {length} bytes");
        if let Err(e) = outcome {
            let (name, e) = (path.file_name().unwrap().to_string_lossy(), e.to_string());
            assert!(e.contains(&*name), "seed {seed}: {e}");
            refused += 1;
        }
        (memory, slowest) = (memory.max(taken), slowest.max(time));
    }
    println!(
        "{}: {refused} of {count} mutants were refused in {:.1} s; at most {memory} bytes and {slowest:?}",
        path.display(),
        started.elapsed().as_secs_f64()
    );
    assert!(refused > count / 20);
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Panics of this thread, those that are caught included; a mutant that never ends is named.
fn counted_panics() -> &'static std::thread::LocalKey<Cell<usize>> {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            usual(info);
        }));
        std::thread::spawn(|| {
            let mut last = (usize::MAX, Instant::now());
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let seed = RUNNING.load(Ordering::Relaxed);
                if last.0 != seed {
                    last = (seed, Instant::now());
                } else if last.1.elapsed() > Duration::from_secs(50) {
                    println!("if a mutant is being read, seed {seed} takes longer than 50 s");
                    last.1 = Instant::now();
                }
            }
        });
    });
    &PANICS
}
