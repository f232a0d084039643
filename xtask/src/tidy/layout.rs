//! Where files lie, how long they are and how they begin.

use super::File;
use std::collections::BTreeSet;

const MOST_LINES: usize = 400;
const TOP_LEVEL: [&str; 11] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "reproject-chunk",
    "reproject-core",
    "reproject-exec",
    "reproject-py",
    "reproject-wcs",
    "xtask",
];

/// The top level holds the agreed entries, all of them, and dotfiles.
pub(super) fn top_level(tracked: &[&str]) -> Vec<String> {
    let first = |path: &&str| path.split('/').next().unwrap_or_default().to_owned();
    let found: BTreeSet<String> = tracked.iter().map(first).collect();
    let strange = found.iter().filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    let missing = TOP_LEVEL.iter().filter(|name| !found.contains(**name));
    let strange = strange.map(|name| format!("{name}: not one of the agreed entries of the top level"));
    strange.chain(missing.map(|name| format!("{name}: missing from the top level"))).collect()
}

/// One idea, one file: no Rust file is longer than 400 lines.
pub(super) fn sizes(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.is(&[".rs"]));
    let long = rust.filter(|file| file.text.lines().count() > MOST_LINES);
    long.map(|file| file.problem(MOST_LINES + 1, format!("more than {MOST_LINES} lines: split it"))).collect()
}

/// Every Rust file opens with what it is.
pub(super) fn module_docs(files: &[File]) -> Vec<String> {
    let rust = files.iter().filter(|file| file.is(&[".rs"]));
    let mute = rust.filter(|file| file.text.lines().next().is_none_or(|line| !line.starts_with("//! ")));
    mute.map(|file| file.problem(1, "the first line has to be `//!` and say what the file is")).collect()
}

/// Crates that others get carry the licence with them, word for word that of the root.
pub(super) fn licences(files: &[File]) -> Vec<String> {
    const NAME: &str = "LICENSE";
    let Some(root) = files.iter().find(|file| file.path == NAME) else { return Vec::new() };
    let crates = files.iter().filter_map(|file| Some((file, file.path.strip_suffix("/Cargo.toml")?)));
    let published = crates.filter(|(file, _)| !file.lines().any(|(_, line)| line == "publish = false"));
    let mut problems = Vec::new();
    for (manifest, folder) in published {
        let path = format!("{folder}/{NAME}");
        if !files.iter().any(|file| file.path == path) {
            problems.push(
                manifest
                    .problem(1, format!("a crate that is published needs its {NAME}: copy it from the root")),
            );
        }
    }
    let copies = files.iter().filter(|file| file.path.ends_with(&format!("/{NAME}")));
    let other = copies.filter(|file| file.text != root.text);
    problems.extend(other.map(|file| file.problem(1, format!("differs from the {NAME} of the root"))));
    problems
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_top_level_is_exact() {
        let whole: Vec<String> = TOP_LEVEL.iter().map(|name| format!("{name}/inside")).collect();
        let mut tracked: Vec<&str> = whole.iter().map(String::as_str).chain([".ci/run"]).collect();
        assert_eq!(top_level(&tracked), [""; 0]);
        tracked.push("notes.md");
        assert_eq!(top_level(&tracked).len(), 1);
        tracked.remove(0);
        assert_eq!(top_level(&tracked).len(), 2);
    }

    #[test]
    fn a_line_more_than_the_limit_is_too_long() {
        let text = |lines: usize| "x\n".repeat(lines);
        assert_eq!(sizes(&sample("a.rs", &text(MOST_LINES))), [""; 0]);
        assert_eq!(sizes(&sample("a.rs", &text(MOST_LINES + 1))).len(), 1);
        assert_eq!(sizes(&sample("a.csv", &text(MOST_LINES + 1))), [""; 0]);
    }

    #[test]
    fn a_licence_that_is_absent_or_another_is_found() {
        let tree = |copy: &str, published: &str| {
            let text = |path: &str, text: &str| sample(path, text).remove(0);
            vec![
                text("LICENSE", "BSD\n"),
                text("a/Cargo.toml", published),
                text(copy, "BSD\n"),
                text("b/LICENSE", "MIT\n"),
            ]
        };
        assert_eq!(
            licences(&tree("a/LICENSE", "[package]\n")),
            ["b/LICENSE:1: differs from the LICENSE of the root"]
        );
        assert_eq!(licences(&tree("c/LICENSE", "[package]\n")).len(), 2);
        assert_eq!(licences(&tree("c/LICENSE", "[package]\npublish = false\n")).len(), 1);
    }

    #[test]
    fn a_file_without_a_first_sentence_is_found() {
        assert_eq!(module_docs(&sample("a.rs", "//! What it is.\n")), [""; 0]);
        for bad in ["", "use std::fmt;\n", "//!\n", "// An ordinary comment.\n", "\n//! Late.\n"] {
            assert_eq!(module_docs(&sample("a.rs", bad)).len(), 1, "{bad:?}");
        }
    }
}
