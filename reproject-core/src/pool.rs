//! Columns of numbers used again by the same thread: fresh memory costs more than the arithmetic done in it.

use std::cell::RefCell;

/// Buffers kept by a thread, and the longest that is kept.
const KEPT: usize = 8;
const LONGEST: usize = 1 << 19;

thread_local! {
    static POOL: RefCell<Vec<Vec<f64>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer of `len` numbers of unspecified value.
pub(crate) fn take(len: usize) -> Vec<f64> {
    let mut buffer = POOL.with(|pool| pool.borrow_mut().pop()).unwrap_or_default();
    if buffer.len() >= len {
        buffer.truncate(len);
    } else {
        buffer.resize(len, 0.0);
    }
    // Results that rest on what was there before would differ between threads and runs: tests see them blank.
    if cfg!(debug_assertions) {
        buffer.fill(f64::NAN);
    }
    buffer
}

/// Gives a buffer back for later.
pub(crate) fn give(buffer: Vec<f64>) {
    if buffer.capacity() <= LONGEST {
        // A thread that is ending has no pool any more; the buffer is then simply freed.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(buffer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_with_the_length_asked_for() {
        give(vec![7.0; 100]);
        assert_eq!(take(30).len(), 30);
        give(vec![7.0; 10]);
        let longer = take(1000);
        assert_eq!(longer.len(), 1000);
        give(longer);
        assert!(take(LONGEST + 1).len() > LONGEST);
    }
}
