//! The Cargo.toml files of the workspace: the member crates, their features and their arrows to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// One member crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Folder below the repository root, with `/` between its parts.
    pub(crate) folder: String,
    pub(crate) features: BTreeSet<String>,
    /// Its dependencies on other members, tests' and build scripts' left out.
    pub(crate) arrows: Vec<String>,
}

/// Reads the workspace at `root`.
pub(crate) fn read(root: &Path) -> Result<Vec<Crate>, String> {
    let manifest = |folder: &str| {
        let path = root.join(folder).join("Cargo.toml");
        std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let top = parse("Cargo.toml", &manifest("")?)?;
    let members = top.get("workspace").and_then(|w| w.get("members")).and_then(Value::as_array);
    let members = members.ok_or("Cargo.toml: no [workspace] members")?;
    let mut texts = Vec::new();
    for member in members {
        let folder = member.as_str().ok_or("Cargo.toml: a workspace member that is not a string")?;
        if folder.contains('*') {
            return Err(format!("Cargo.toml: workspace member `{folder}`: list the crates one by one"));
        }
        texts.push((folder.to_owned(), manifest(folder)?));
    }
    crates(&texts)
}

/// Features whose dependencies take minutes to build: everyday checks leave them out.
const HEAVY: [&str; 1] = ["zarr"];

/// `--features` with every feature of the crates that is quick to build, `default` apart.
pub(crate) fn features<'a>(crates: impl IntoIterator<Item = &'a Crate>) -> Vec<String> {
    let mut list = Vec::new();
    for c in crates {
        let light = c.features.iter().filter(|f| *f != "default" && !HEAVY.contains(&f.as_str()));
        list.extend(light.map(|feature| format!("{}/{feature}", c.name)));
    }
    if list.is_empty() { Vec::new() } else { vec!["--features".into(), list.join(",")] }
}

/// The crates of `(folder, text of its Cargo.toml)` pairs.
pub(crate) fn crates(manifests: &[(String, String)]) -> Result<Vec<Crate>, String> {
    let mut tables = BTreeMap::new();
    for (folder, text) in manifests {
        let table = parse(&format!("{folder}/Cargo.toml"), text)?;
        let name = table.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
        let name = name.ok_or_else(|| format!("{folder}/Cargo.toml: no package name"))?.to_owned();
        tables.insert(name, (folder, table));
    }
    let names: BTreeSet<String> = tables.keys().cloned().collect();
    let describe = |(name, (folder, table)): (&String, &(&String, Table))| Crate {
        name: name.clone(),
        folder: (*folder).clone(),
        features: table
            .get("features")
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::keys)
            .cloned()
            .collect(),
        arrows: arrows(table, &names),
    };
    Ok(tables.iter().map(describe).collect())
}

fn parse(path: &str, text: &str) -> Result<Table, String> {
    text.parse().map_err(|e| format!("{path}: {e}"))
}

/// `[dependencies]` and `[target.*.dependencies]` that name a member, by key or by `package`.
fn arrows(manifest: &Table, members: &BTreeSet<String>) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let sections = targets.filter_map(|t| t.get("dependencies")).chain(manifest.get("dependencies"));
    let mut found = Vec::new();
    for (key, value) in sections.filter_map(Value::as_table).flatten() {
        let to = value.get("package").and_then(Value::as_str).unwrap_or(key);
        if members.contains(to) {
            found.push(to.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(folder: &str, text: &str) -> (String, String) {
        (folder.into(), format!("[package]\nname = \"{folder}\"\n{text}"))
    }

    #[test]
    fn arrows_are_found_in_every_spelling_but_not_in_tests() {
        let crates = crates(&[
            manifest("a", ""),
            manifest("b", "[features]\nx = []\n[dependencies]\na.workspace = true\nserde = \"1\"\n"),
            manifest("c", "[target.'cfg(unix)'.dependencies]\nother = { package = \"b\", path = \"../b\", optional = true }\n"),
            manifest("d", "[dev-dependencies]\na = { path = \"../a\" }\n[build-dependencies]\nb.workspace = true\n"),
        ])
        .unwrap();
        let arrows = |i: usize| &crates[i].arrows[..];
        assert_eq!(arrows(1), ["a"]);
        assert_eq!(arrows(2), ["b"]);
        assert_eq!((arrows(0), arrows(3)), (&[][..], &[][..]));
        assert_eq!(features(&crates), ["--features", "b/x"]);
        assert_eq!(features(&crates[2..]), [""; 0]);
    }

    #[test]
    fn this_workspace_is_readable_and_a_broken_manifest_is_named() {
        let crates_here = read(&crate::shell::root()).unwrap();
        assert!(crates_here.iter().any(|c| c.name == "xtask" && c.folder == "xtask"));
        let broken = [("x".to_owned(), "[package".to_owned())];
        assert!(crates(&broken).unwrap_err().starts_with("x/Cargo.toml"));
    }
}
