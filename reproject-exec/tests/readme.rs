//! The README shows the example that runs.

use std::{fs, path::Path};

#[test]
fn the_readme_shows_the_first_example() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(here.join("examples/first.rs")).unwrap();
    let readme = fs::read_to_string(here.join("../README.md")).unwrap();
    let start = example.find("use ndarray").unwrap();
    let end = example.find("\n/// Header cards as the keywords").unwrap();
    assert!(readme.contains(example[start..end].trim_end()), "README.md and examples/first.rs differ");
}
