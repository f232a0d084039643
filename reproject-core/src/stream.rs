//! Copies past the caches: memory that is written once, and read long after, need not be fetched to be written.
#![allow(unsafe_code, reason = "there is no other way to say that a store is to pass the caches by")]

use crate::Pixel;

/// Copies rows; each is as long as where it goes.
///
/// # Panics
/// If one is not.
pub(crate) fn stream<'a, T: Pixel>(rows: impl Iterator<Item = (&'a [T], &'a mut [T])>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::any::TypeId;
        // Their bytes are all defined, and a line holds a whole number of them.
        if [TypeId::of::<f32>(), TypeId::of::<f64>()].contains(&TypeId::of::<T>()) {
            rows.for_each(|(from, to)| lines(from, to));
            // SAFETY: a fence may stand anywhere. Without it, stores past the caches may be seen after a lock is given back.
            unsafe { std::arch::x86_64::_mm_sfence() };
            return;
        }
    }
    rows.for_each(|(from, to)| to.copy_from_slice(from));
}

/// Copies floats: whole cache lines past the caches, the rest as always. The caller sets the fence.
#[cfg(target_arch = "x86_64")]
fn lines<T: Pixel>(from: &[T], to: &mut [T]) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    const LINE: usize = 64;
    const STORES: usize = LINE / size_of::<__m128i>();
    assert_eq!(from.len(), to.len(), "a row is as long as where it goes");
    let head = to.as_ptr().align_offset(LINE).min(to.len());
    let count = LINE / size_of::<T>();
    let (first, to) = to.split_at_mut(head);
    let (before, from) = from.split_at(head);
    first.copy_from_slice(before);
    let mut to = to.chunks_exact_mut(count);
    let mut from = from.chunks_exact(count);
    for (to, from) in to.by_ref().zip(from.by_ref()) {
        let (to, from) = (to.as_mut_ptr().cast::<__m128i>(), from.as_ptr().cast::<__m128i>());
        for k in 0..STORES {
            // SAFETY: both chunks hold `LINE` bytes, `to` starts at a multiple of `LINE`, and bytes of floats are defined.
            unsafe { _mm_stream_si128(to.add(k), _mm_loadu_si128(from.add(k))) };
        }
    }
    to.into_remainder().copy_from_slice(from.remainder());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied<T: Pixel>(offset: usize, len: usize) {
        let numbers: Vec<T> = (0..len).map(|i| T::from_f64(i as f64 % 100.0 + 1.0)).collect();
        let mut to = vec![T::default(); offset + len + 1];
        stream(std::iter::once((&numbers[..], &mut to[offset..offset + len])));
        assert_eq!(to[offset..offset + len], numbers);
        assert!(to[..offset].iter().chain(to.last()).all(|v| *v == T::default()), "{offset} {len}");
    }

    #[test]
    fn copies_are_whole_wherever_they_begin_and_end() {
        for offset in 0..17 {
            for len in [0, 1, 7, 8, 9, 15, 16, 31, 33, 64, 127, 1000] {
                copied::<f64>(offset, len);
                copied::<f32>(offset, len);
                copied::<i16>(offset, len);
            }
        }
    }

    #[test]
    #[should_panic(expected = "as long as")]
    fn rows_of_another_length_are_refused() {
        stream(std::iter::once((&[1.0; 3][..], &mut [0.0; 4][..])));
    }
}
