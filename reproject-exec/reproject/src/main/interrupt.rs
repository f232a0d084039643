//! Ctrl-C: the run stops at its next poll; what cannot be polled (a slow disk) is not waited for.

use crate::tell;
use reproject_chunk::suffixed;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a run may take to wind up.
const GRACE: Duration = Duration::from_millis(700);

/// Calls `stop` on Ctrl-C. `output` is what the run writes.
pub(crate) fn on(output: PathBuf, stop: impl Fn() + Send + 'static) {
    // Where no handler can be set, Ctrl-C ends the process as it always does: the output has no name yet.
    let _ = ctrlc::set_handler(move || {
        stop();
        std::thread::sleep(GRACE);
        say(&output);
        std::process::exit(i32::from(crate::INTERRUPTED));
    });
}

/// Says that the run was interrupted and what is left of it.
pub(crate) fn say(output: &Path) {
    // What passes through to standard output cannot be taken up.
    crate::stdio::clean();
    let part = suffixed(output, ".part");
    match (part.exists(), suffixed(&part, ".journal").exists()) {
        (true, true) => tell(format_args!(
            "reproject: interrupted; {} is incomplete, and --resume goes on with it",
            part.display()
        )),
        (true, false) => tell(format_args!("reproject: interrupted; {} is incomplete", part.display())),
        _ => tell(format_args!("reproject: interrupted")),
    }
}
