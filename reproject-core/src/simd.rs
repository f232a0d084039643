//! The instruction-set fence: plain loops in, the widest code path of this machine out, the same bits from each.
//!
//! Rust never contracts `a * b + c`, and `mul_add` is correctly rounded with or without the instruction, so the choice
//! of path cannot change a result. Columns are loaded into local arrays before the closure runs: behind a closure the
//! compiler no longer knows that they do not overlap, and would not vectorise.
#![allow(
    unsafe_code,
    reason = "functions compiled for an instruction set are unsafe to call until it was detected, and so are its instructions"
)]

use crate::Pixel;
use std::mem::MaybeUninit;

/// Lanes loaded, mapped and stored together.
const LANES: usize = 8;

/// Work that gains from being compiled for wider instruction sets. `run` must be `#[inline(always)]`.
pub trait Kernel {
    /// The result of the work.
    type Output;
    /// Does the work.
    fn run(self) -> Self::Output;
}

/// Runs `kernel` as compiled for the widest instruction set of this machine.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi2")]
        fn wide<K: Kernel>(kernel: K) -> K::Output {
            kernel.run()
        }
        #[target_feature(enable = "avx2,fma")]
        fn middle<K: Kernel>(kernel: K) -> K::Output {
            kernel.run()
        }
        if has_avx512() {
            // SAFETY: every feature named on `wide` was detected on the line above.
            return unsafe { wide(kernel) };
        }
        if has_avx2() {
            // SAFETY: both features named on `middle` were detected on the line above.
            return unsafe { middle(kernel) };
        }
    }
    kernel.run()
}

/// The instruction set that [`dispatch`] chooses on this machine, for benchmarks and reports.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if has_avx512() {
            return "avx512";
        }
        if has_avx2() {
            return "avx2+fma";
        }
    }
    "baseline"
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512vl")
        && std::is_x86_feature_detected!("avx512dq")
        && std::is_x86_feature_detected!("avx512bw")
        && std::is_x86_feature_detected!("bmi2")
        && has_avx2()
}

struct Each<'a, const N: usize, F> {
    axes: [&'a mut [f64]; N],
    f: F,
}

impl<const N: usize, F: Fn([f64; N]) -> [f64; N]> Kernel for Each<'_, N, F> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let Self { axes, f } = self;
        let n = axes[0].len();
        let whole = n - n % LANES;
        for start in (0..whole).step_by(LANES) {
            let mut lanes = [[0.0; LANES]; N];
            for k in 0..N {
                lanes[k].copy_from_slice(&axes[k][start..start + LANES]);
            }
            for l in 0..LANES {
                let q = f(std::array::from_fn(|k| lanes[k][l]));
                for k in 0..N {
                    lanes[k][l] = q[k];
                }
            }
            for k in 0..N {
                axes[k][start..start + LANES].copy_from_slice(&lanes[k]);
            }
        }
        for i in whole..n {
            let q = f(std::array::from_fn(|k| axes[k][i]));
            for k in 0..N {
                axes[k][i] = q[k];
            }
        }
    }
}

/// Replaces every point by `f(point)`.
#[inline]
pub(crate) fn each<const N: usize>(axes: [&mut [f64]; N], f: impl Fn([f64; N]) -> [f64; N]) {
    dispatch(Each { axes, f });
}

/// A whole number of at least 0 and below 2⁵² as an index: the bits of its sum with 2⁵², an addition that vectorises
/// where the conversion instruction does not.
#[inline(always)]
pub(crate) fn whole(value: f64) -> usize {
    const TWO52: f64 = (1u64 << 52) as f64;
    ((value + TWO52).to_bits() & ((1 << 52) - 1)) as usize
}

/// Asks for elements of `data` that are soon to be read; a hint that changes no result.
#[inline(always)]
pub(crate) fn prefetch<T>(data: &[T], at: &[usize]) {
    #[cfg(target_arch = "x86_64")]
    for &i in at {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(data.as_ptr().wrapping_add(i).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (data, at);
}

/// Prefetches all of `data`.
#[inline(always)]
pub(crate) fn prefetch_all<T>(data: &[T]) {
    const LINE: usize = 64;
    let step = (LINE / size_of::<T>().max(1)).max(1);
    (0..data.len()).step_by(step).for_each(|i| prefetch(data, &[i]));
}

/// `data[at[l] + steps[k]]` for every lane and step, with one bounds check for all of them.
///
/// # Panics
/// If one of them lies outside of `data`.
#[inline(always)]
pub(crate) fn gather<T: Copy + Default, const N: usize, const K: usize>(
    data: &[T],
    at: &[usize; N],
    steps: [usize; K],
) -> [[T; N]; K] {
    reach(data, at, &steps);
    let mut out = [[T::default(); N]; K];
    for l in 0..N {
        for k in 0..K {
            // SAFETY: `at[l] + steps[k]` was found to lie in `data` above.
            out[k][l] = unsafe { *data.get_unchecked(at[l] + steps[k]) };
        }
    }
    out
}

/// Gathers for steps that come in pairs, the second one element beyond the first: both are read at once.
///
/// # Panics
/// If an element lies outside of `data`, or the steps are no such pairs.
#[inline(always)]
pub(crate) fn gather_pairs<T: Copy + Default, const N: usize, const K: usize>(
    data: &[T],
    at: &[usize; N],
    steps: [usize; K],
) -> [[T; N]; K] {
    reach(data, at, &steps);
    let paired = steps.as_chunks::<2>().0.iter().all(|[a, b]| a.checked_add(1) == Some(*b));
    assert!(paired && K.is_multiple_of(2), "steps are pairs");
    // Not cleared first; both rows of a lane are read before the next lane, while what they share a cache line with is there.
    let mut pairs = [[const { MaybeUninit::<[T; 2]>::uninit() }; N]; K];
    for l in 0..N {
        let first = scalar(&at[l]);
        for k in 0..K / 2 {
            // SAFETY: `first` is `at[l]`, and `at[l] + steps[2 * k + 1]`, the second element, was found to lie in `data` above.
            pairs[k][l].write(unsafe { *data.as_ptr().add(first + steps[2 * k]).cast::<[T; 2]>() });
        }
    }
    let mut out = [[T::default(); N]; K];
    for k in 0..K / 2 {
        for l in 0..N {
            // SAFETY: written above.
            [out[2 * k][l], out[2 * k + 1][l]] = unsafe { pairs[k][l].assume_init() };
        }
    }
    out
}

/// Panics unless every lane and step lies in `data`.
#[inline(always)]
fn reach<T, const N: usize>(data: &[T], at: &[usize; N], steps: &[usize]) {
    let step = steps.iter().fold(0, |most, &step| most.max(step));
    assert!(largest(at) < data.len().saturating_sub(step), "gather beyond the window");
}

/// An index that the compiler cannot put together with its neighbours, to turn what is read there into one gather over lanes:
/// that takes twice the time.
#[inline(always)]
fn scalar(index: &usize) -> usize {
    // SAFETY: a reference may be read.
    unsafe { std::ptr::read_volatile(index) }
}

/// Gives `f`, for every lane, `K` rows of `K` elements side by side: from `data[at[l]]` on, `step` apart. One bounds check
/// for all of them.
///
/// # Panics
/// If one of them lies outside of `data`.
#[inline(always)]
pub(crate) fn squares<T, const N: usize, const K: usize>(
    data: &[T],
    at: &[usize; N],
    step: usize,
    mut f: impl FnMut(usize, [&[T; K]; K]),
) {
    let far = largest(at);
    let reach = (K - 1).saturating_mul(step).saturating_add(K);
    assert!(far.saturating_add(reach) <= data.len(), "taps beyond the window");
    for l in 0..N {
        let first = scalar(&at[l]);
        // SAFETY: `first` is `at[l] <= far`, so that the last of the K elements of row j ends at most at `far + reach`,
        // which was checked above.
        f(l, std::array::from_fn(|j| unsafe { &*data.as_ptr().add(first + j * step).cast::<[T; K]>() }));
    }
}

/// The largest of some indices, in lanes.
#[inline(always)]
fn largest<const N: usize>(at: &[usize; N]) -> usize {
    let larger = |a: usize, b: usize| if b > a { b } else { a };
    let (lanes, rest) = at.as_chunks::<LANES>();
    let mut far = [0; LANES];
    for lane in lanes {
        for l in 0..LANES {
            far[l] = larger(far[l], lane[l]);
        }
    }
    far.iter().chain(rest).fold(0, |far, &i| larger(far, i))
}

/// Copies rows past the caches, each as long as where it goes: memory that is written once, and read long after, need not be
/// fetched to be written.
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

    #[test]
    fn a_gather_within_the_data_is_right_and_beyond_it_panics() {
        assert_eq!(gather(&[1, 2, 3, 4], &[2, 0, 1], [1, 0]), [[4, 2, 3], [3, 1, 2]]);
        assert!(std::panic::catch_unwind(|| gather(&[1, 2, 3, 4], &[2, 3], [1])).is_err());
        assert!(std::panic::catch_unwind(|| gather(&[1u8; 0], &[0], [0])).is_err());
        assert!([0.0, 1.0, 77.0, 4503599627370495.0].iter().all(|&v| whole(v) as f64 == v));
    }

    #[test]
    fn squares_within_the_data_are_right_and_beyond_it_panic() {
        let data: Vec<usize> = (0..12).collect();
        let mut seen = Vec::new();
        squares(&data, &[6, 0], 4, |l, rows: [&[usize; 2]; 2]| seen.push((l, *rows[0], *rows[1])));
        assert_eq!(seen, [(0, [6, 7], [10, 11]), (1, [0, 1], [4, 5])]);
        for (at, step) in [(7, 4), (11, 0), (0, 11), (usize::MAX, 4), (0, usize::MAX)] {
            let beyond = || squares(&data, &[0, at], step, |_, _: [&[usize; 2]; 2]| ());
            assert!(std::panic::catch_unwind(beyond).is_err(), "{at} {step}");
        }
    }

    /// The same loop through the fence and without it: bit for bit equal.
    #[test]
    fn every_path_gives_the_same_bits() {
        let f = |[x, y]: [f64; 2]| {
            let w = 1.0 / (1.0 + x * x + y * y).sqrt();
            [x.mul_add(w, y), (y - x) * w]
        };
        let make = || {
            let x: Vec<f64> = (0..1003).map(|i| (i as f64 * 0.37).fract() - 0.5).collect();
            let y: Vec<f64> = (0..1003).map(|i| (i as f64 * 0.73).fract() * 3.0).collect();
            (x, y)
        };
        let (mut x, mut y) = make();
        each([&mut x, &mut y], f);
        let (mut u, mut v) = make();
        Each { axes: [&mut u, &mut v], f }.run();
        assert!(x.iter().zip(&u).chain(y.iter().zip(&v)).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(!instruction_set().is_empty());
    }
}
