//! Words that must not stand in the tree, or only in certain files.
//!
//! Words looked for are put together from two halves here, so that this file is clean by its own rules.

use super::File;

const PROSE_AND_CODE: &[&str] = &[".rs", ".py", ".pyi", ".md", ".toml", ".sh", ".yml", ".ci/run"];

/// Nothing is left for later: no stub macros, no notes to come back.
pub(super) fn unfinished(files: &[File]) -> Vec<String> {
    const WORDS: [&str; 4] =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!"), concat!("unimplemented", "!")];
    let hit = |line: &str| WORDS.into_iter().find(|word| has_word(line, word));
    find(files, PROSE_AND_CODE, |line| {
        hit(line).map(|word| format!("`{word}`: finish it, or say elsewhere what is missing"))
    })
}

/// The files in which `unsafe` may stand; each use there has its own SAFETY sentence (a clippy lint sees to that).
const UNSAFE_FILES: [&str; 4] = [
    "reproject-core/src/simd.rs",
    "reproject-chunk/src/mmap.rs",
    "reproject-exec/src/processes/shared.rs",
    "reproject-py/src/buffer.rs",
];

/// Four files hold all the unsafe code, and all permissions for it.
pub(super) fn unsafe_code(files: &[File]) -> Vec<String> {
    const WORD: &str = concat!("un", "safe");
    const PERMISSIONS: [&str; 2] = [concat!("allow(un", "safe_code"), concat!("expect(un", "safe_code")];
    // What may follow the word where it is the keyword, be it on the next line.
    let opens = |rest: &str| {
        rest.is_empty() || ["{", "(", "fn", "impl", "trait", "extern"].iter().any(|s| rest.starts_with(s))
    };
    let keyword =
        |line: &str| line.match_indices(WORD).any(|(at, _)| opens(line[at + WORD.len()..].trim_start()));
    let permission = |line: &str| PERMISSIONS.iter().any(|permission| line.contains(permission));
    let outside = files.iter().filter(|file| !UNSAFE_FILES.contains(&file.path.as_str()));
    find(outside, &[".rs"], |line| {
        let found = keyword(code(line)) || permission(code(line));
        found.then(|| format!("`{WORD}` stands only in {}", UNSAFE_FILES.join(", ")))
    })
}

/// No test is switched off.
pub(super) fn skipped_tests(files: &[File]) -> Vec<String> {
    const MARKS: [&str; 5] = [
        concat!("#[", "ignore"),
        concat!("pytest.mark.", "skip"),
        concat!("pytest.mark.", "xfail"),
        concat!("pytest.", "xfail("),
        concat!("unittest.", "skip"),
    ];
    let hit = |line: &str| MARKS.into_iter().find(|mark| line.contains(mark));
    find(files, &[".rs", ".py", ".toml"], |line| {
        hit(line).map(|mark| format!("`{mark}`: a test runs, or it goes"))
    })
}

/// No path that exists on one machine only.
pub(super) fn machine_paths(files: &[File]) -> Vec<String> {
    const FOLDERS: [&str; 6] = ["/work/", "/root/", "/home/", "/tmp/", "/opt/", "/Users/"];
    let found = |line: &str, folder: &str| {
        let after = |at: usize| line[at + folder.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        line.match_indices(folder).any(|(at, _)| after(at))
    };
    let hit = |line: &str| FOLDERS.into_iter().find(|folder| found(line, folder));
    find(files, PROSE_AND_CODE, |line| {
        hit(line).map(|folder| format!("a path below {folder} is one machine's own"))
    })
}

fn find<'a, F: FnMut(&str) -> Option<String>>(
    files: impl IntoIterator<Item = &'a File>,
    extensions: &[&str],
    mut fault: F,
) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.into_iter().filter(|file| file.is(extensions)) {
        problems.extend(file.lines().filter_map(|(i, line)| Some(file.problem(i, fault(line)?))));
    }
    problems
}

/// A line without its `//` comment. (A `//` inside a string cuts too early: it hides the rest of one line.)
pub(super) fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Whether `word` stands in the line with no letter, digit or underscore on either side of it.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(part) && (word.ends_with('!') || !line[at + word.len()..].starts_with(part))
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn unfinished_work_is_found_as_whole_words() {
        let bad = [["// TO", "DO: later"], ["FIX", "ME"], ["    todo", "!()"], ["unimplemented", "!(\"x\")"]];
        for parts in bad {
            assert_eq!(unfinished(&sample("a.rs", &parts.concat())).len(), 1, "{parts:?}");
        }
        assert_eq!(unfinished(&sample("a.rs", "let todos = MASTODON; todo_list();")), [""; 0]);
    }

    #[test]
    fn unsafe_code_is_found_outside_its_files_and_in_code_only() {
        let block = ["un", "safe { f() }"].concat();
        let function = ["    pub(crate) un", "safe fn f() {"].concat();
        let permission = ["#![allow(un", "safe_code, reason = \"fence\")]"].concat();
        for text in [&block, &function, &permission] {
            assert_eq!(unsafe_code(&sample("reproject-core/src/job.rs", text)).len(), 1, "{text}");
            assert_eq!(unsafe_code(&sample("reproject-wcs/src/simd.rs", text)).len(), 1, "{text}");
            for file in UNSAFE_FILES {
                assert_eq!(unsafe_code(&sample(file, text)), [""; 0]);
            }
        }
        let harmless =
            ["// nothing un", "safe { } here\nlet unsafety = 1; #![deny(un", "safe_code)]"].concat();
        assert_eq!(unsafe_code(&sample("a.rs", &harmless)), [""; 0]);
    }

    #[test]
    fn skipped_tests_are_found() {
        let bad =
            [["#[", "ignore = \"slow\"]"], ["@pytest.mark.", "skipif(True)"], ["@pytest.mark.", "xfail"]];
        for parts in bad {
            assert_eq!(skipped_tests(&sample("test_a.py", &parts.concat())).len(), 1, "{parts:?}");
        }
        assert_eq!(skipped_tests(&sample("a.rs", "#[test]\nfn ignores_blanks() {}")), [""; 0]);
    }

    #[test]
    fn machine_paths_are_found_and_placeholders_are_not() {
        for folder in ["work", "root", "home", "tmp", "opt", "Users"] {
            let path = ["see ", "/", folder, "/", "me/a.fits"].concat();
            assert_eq!(machine_paths(&sample("a.md", &path)).len(), 1, "{path}");
        }
        assert_eq!(
            machine_paths(&sample("a.md", "in the root/ or work of art, /usr/include, https://a.org/x")),
            [""; 0]
        );
    }
}
