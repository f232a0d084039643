//! Dependencies that the RustSec advisory database names: none may be in `Cargo.lock`, unless it is excused here with a reason.
//!
//! The list is kept by hand, so that the check needs no network. It holds crates that programs like this one get by way of others.

/// A crate, the first version without the fault (nothing if there is none), what the fault is, and why it is borne with.
struct Advisory {
    name: &'static str,
    mended: Option<[u64; 3]>,
    fault: &'static str,
    excuse: Option<&'static str>,
}

const fn advisory(name: &'static str, mended: Option<[u64; 3]>, fault: &'static str) -> Advisory {
    Advisory { name, mended, fault, excuse: None }
}

const ADVISORIES: &[Advisory] = &[
    Advisory {
        name: "lru",
        mended: Some([0, 17, 0]),
        fault: "unsound up to 0.16.4",
        excuse: Some(
            "zarrs 0.23.14, the newest, asks for 0.16 for caches of chunks and of open files; none of either is made here",
        ),
    },
    Advisory {
        name: "paste",
        mended: None,
        fault: "unmaintained (RUSTSEC-2024-0436)",
        excuse: Some("zarrs 0.23.14, the newest, uses it when it is built; nothing of it runs"),
    },
    advisory("adler", None, "unmaintained (RUSTSEC-2025-0056); adler2 follows it"),
    advisory("atty", None, "unsound (RUSTSEC-2021-0145)"),
    advisory("crossbeam-channel", Some([0, 5, 15]), "frees memory twice (RUSTSEC-2025-0024)"),
    advisory("fxhash", None, "unmaintained (RUSTSEC-2025-0057); rustc-hash follows it"),
    advisory("instant", None, "unmaintained (RUSTSEC-2024-0384); web-time follows it"),
    advisory("memmap", None, "unmaintained (RUSTSEC-2020-0077); memmap2 follows it"),
    advisory("proc-macro-error", None, "unmaintained (RUSTSEC-2024-0370)"),
    advisory("pyo3", Some([0, 24, 1]), "reads beyond a buffer (RUSTSEC-2025-0020)"),
    advisory("slab", Some([0, 4, 11]), "reads beyond its bounds (RUSTSEC-2025-0047)"),
    advisory("time", Some([0, 2, 23]), "may crash beside changes of the environment (RUSTSEC-2020-0071)"),
];

/// Advisories that are named and not excused; and excuses for what is no longer there.
pub(super) fn locked(lock: &str) -> Vec<String> {
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim_matches('"').to_owned());
    let mut packages = Vec::new();
    let mut lines = lock.lines().peekable();
    while let Some(line) = lines.next() {
        if let (Some(name), Some(next)) = (value(line, "name = "), lines.peek())
            && let Some(version) = value(next, "version = ")
        {
            packages.push((name, version));
        }
    }
    let faulty = |a: &Advisory, version: &str| a.mended.is_none_or(|mended| parts(version) < mended);
    let mut problems = Vec::new();
    for advisory in ADVISORIES {
        let found =
            packages.iter().find(|(name, version)| name == advisory.name && faulty(advisory, version));
        match (found, advisory.excuse) {
            (Some((name, version)), None) => {
                problems.push(format!("Cargo.lock: {name} {version}: {}", advisory.fault));
            }
            (None, Some(_)) => {
                let name = advisory.name;
                problems.push(format!("xtask/src/tidy/advisories.rs: {name} is excused and no longer there"));
            }
            _ => {}
        }
    }
    problems
}

/// The three numbers of a version.
fn parts(version: &str) -> [u64; 3] {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let mut parts = core.split('.').map(|n| n.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: &[(&str, &str)]) -> String {
        let package = |(name, version): &(&str, &str)| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        packages.iter().map(package).collect()
    }

    #[test]
    fn named_crates_are_found_by_version() {
        let excused = [("lru", "0.16.4"), ("paste", "1.0.15")];
        assert_eq!(locked(&lock(&excused)), [""; 0]);
        let bad = [&excused[..], &[("slab", "0.4.10"), ("slab", "0.4.12"), ("atty", "9.0.0")]].concat();
        let problems = locked(&lock(&bad));
        assert!(problems.len() == 2 && problems[1].contains("slab 0.4.10"), "{problems:?}");
        let fine =
            [("lru", "0.17.0"), ("paste", "1.0.15"), ("crossbeam-channel", "0.5.17"), ("time", "0.3.55+x")];
        let problems = locked(&lock(&fine));
        assert!(problems.len() == 1 && problems[0].contains("lru is excused"), "{problems:?}");
    }
}
