//! Blanks at the ends of lines and files.

use super::File;

const TEXT: &[&str] = &[".rs", ".py", ".pyi", ".md", ".toml", ".sh", ".yml", ".csv", ".ci/run", ".gitignore"];

/// No line ends in a blank or a carriage return.
pub(super) fn blanks(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is(TEXT)) {
        let lines = file.text.split('\n').enumerate();
        let bad = lines.filter(|(_, line)| line.ends_with([' ', '\t', '\r']));
        problems.extend(bad.map(|(i, _)| file.problem(i + 1, "blanks at the end of the line")));
    }
    problems
}

/// A text file ends with one newline.
pub(super) fn last_newline(files: &[File]) -> Vec<String> {
    let text = files.iter().filter(|file| file.is(TEXT) && !file.text.is_empty());
    let bad = text.filter(|file| !file.text.ends_with('\n') || file.text.ends_with("\n\n"));
    bad.map(|file| file.problem(file.text.lines().count(), "the file has to end with one newline")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn blanks_at_the_end_are_found_in_text_files_only() {
        assert_eq!(blanks(&sample("a.rs", "fn a() {\n    b()\n}\n")), [""; 0]);
        assert_eq!(blanks(&sample("a.rs", "a \nb\t\nc\r\n  ")).len(), 4);
        assert_eq!(blanks(&sample("header.hdr", "END   \n")), [""; 0]);
    }

    #[test]
    fn a_missing_or_doubled_last_newline_is_found() {
        assert_eq!(last_newline(&sample("a.py", "x = 1\n")), [""; 0]);
        assert_eq!(last_newline(&sample("a.py", "x = 1")).len(), 1);
        assert_eq!(last_newline(&sample("a.py", "x = 1\n\n")).len(), 1);
    }
}
