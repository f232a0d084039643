//! What a run tells about itself: bytes of input from every executor alike.

use super::support::{Any, How, IN, OUT, Pixels, any, count, image, processes, run};
use reproject_core::Executor;
use reproject_exec::{Progress, Serial, Threads, share};

#[test]
fn every_executor_counts_the_same_bytes_of_input() {
    let job = any(How::Bilinear, Pixels::Memory(share(&image(&IN)).unwrap()));
    let read = |by: &dyn Executor<Any>| {
        let watch = Progress::new(24, |_| {});
        run(by, &job, &[7, 16], &watch).unwrap();
        assert_eq!((watch.status().blocks, watch.status().pixels), (24, OUT[0] * OUT[1]));
        watch.status().read
    };
    let bytes = read(&Serial);
    // Most of the input is seen, and windows overlap.
    assert!(bytes > (2 * IN[0] * IN[1]) as u64 && bytes < (100 * IN[0] * IN[1]) as u64, "{bytes}");
    assert_eq!(bytes, read(&Threads::new(count(3)).unwrap()));
    assert_eq!(bytes, read(&processes(2, &crate::jobs())));
}
