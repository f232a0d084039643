//! Top-level modules of a crate import each other in one direction: there is no circle among them.
//!
//! An import is `crate::x` (or `super::x` one floor below the root) above the tests at the foot of a file, be `x` a module or
//! a name that the root takes from one.

use super::{File, words::code};
use std::collections::{BTreeMap, BTreeSet};

/// Circles that are still there: folder of the root and the modules in the circle. The list may only shrink.
const KNOWN: &[(&str, &[&str])] = &[("reproject-core/src", &["job", "resample"])];

pub(super) fn modules(files: &[File]) -> Vec<String> {
    check(files, KNOWN)
}

/// Circles that are not known, and known ones that are no more.
fn check(files: &[File], known: &[(&str, &[&str])]) -> Vec<String> {
    let mut problems = Vec::new();
    for (root, folder) in roots(files) {
        let found = circles(&Modules::of(root, folder, files).imports);
        let mut known: Vec<_> =
            known.iter().filter(|(at, _)| *at == folder).map(|(_, names)| *names).collect();
        for circle in &found {
            match known.iter().position(|names| names.iter().eq(circle)) {
                Some(at) => drop(known.remove(at)),
                None => problems.push(
                    root.problem(1, format!("modules import each other in a circle: {}", circle.join(", "))),
                ),
            }
        }
        for names in known {
            let what = "no circle any more, or another one: correct the list in circles.rs";
            problems.push(root.problem(1, format!("{}: {what}", names.join(", "))));
        }
    }
    problems
}

/// The root files of crates, libraries and programs, and their folders.
fn roots(files: &[File]) -> Vec<(&File, &str)> {
    let split = files.iter().filter_map(|file| Some((file, file.path.rsplit_once('/')?)));
    let sources = |folder: &str| ["/src", "/src/main"].iter().any(|end| folder.ends_with(end));
    let root = |name: &str| matches!(name, "lib.rs" | "main.rs");
    split
        .filter(|(_, (folder, name))| root(name) && sources(folder))
        .map(|(file, (folder, _))| (file, folder))
        .collect()
}

/// The top-level modules of one crate.
struct Modules<'a> {
    /// The names at the root: modules, and the names that it takes from them, by module.
    names: BTreeMap<String, String>,
    /// For every module those that it imports.
    imports: BTreeMap<&'a str, BTreeSet<String>>,
}

impl<'a> Modules<'a> {
    fn of(root: &File, folder: &str, files: &'a [File]) -> Modules<'a> {
        let text = own(root);
        let modules = text.lines().filter_map(|line| {
            let line = line.trim_start();
            let (_, rest) = line
                .split_once("mod ")
                .filter(|(before, _)| before.is_empty() || before.starts_with("pub"))?;
            Some(word(rest)).filter(|name| rest[name.len()..].trim_start().starts_with([';', '{']))
        });
        let mut all = Modules {
            names: modules.map(|name| (name.to_owned(), name.to_owned())).collect(),
            imports: BTreeMap::new(),
        };
        for (path, tree) in text.split("use ").skip(1).filter_map(|t| t.split(';').next()?.split_once("::")) {
            if all.names.contains_key(path) {
                let names = items(tree).into_iter().filter_map(|item| item.rsplit([' ', ':']).next());
                all.names.extend(names.map(|name| (name.to_owned(), path.to_owned())).collect::<Vec<_>>());
            }
        }
        let inside = |file: &'a File| file.path.strip_prefix(folder)?.strip_prefix('/');
        for (file, path) in files.iter().filter_map(|file| Some((file, inside(file)?))) {
            let module = path.split(['/', '.']).next().unwrap_or_default();
            if all.names.get(module).is_some_and(|name| name == module) {
                let below = !path.contains('/') || path == format!("{module}/mod.rs");
                let imports = all.imported(&own(file), below);
                let others = imports.into_iter().filter(|name| name != module);
                all.imports.entry(module).or_default().extend(others.collect::<Vec<_>>());
            }
        }
        all
    }

    /// The modules that a text names. `below` says that `super` is the root.
    fn imported(&self, text: &str, below: bool) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for prefix in ["crate::", "super::"].into_iter().take(if below { 2 } else { 1 }) {
            for (at, _) in text.match_indices(prefix) {
                let firsts = items(&text[at + prefix.len()..]).into_iter().map(word);
                found.extend(firsts.filter_map(|first| self.names.get(first).cloned()));
            }
        }
        found
    }
}

/// The code of a file above its tests.
fn own(file: &File) -> String {
    let body = file.lines().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    body.map(|(_, line)| code(line).to_owned() + "\n").collect()
}

/// `a::b` of `a::b;`, or every item of `{a::b, c::{d, e}}`, whatever follows.
fn items(tree: &str) -> Vec<&str> {
    let Some(inside) = tree.strip_prefix('{') else {
        let end = tree.find(|c: char| !(c.is_alphanumeric() || "_: ".contains(c))).unwrap_or(tree.len());
        return vec![tree[..end].trim()];
    };
    let (mut items, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                items.push(inside[start..at].trim());
                start = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && c == '}' && start == at + 1 {
            break;
        }
    }
    items
}

/// The name that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// Groups of modules that can all be reached from each other, sorted.
fn circles<'a>(imports: &BTreeMap<&'a str, BTreeSet<String>>) -> BTreeSet<Vec<&'a str>> {
    let reached = |from: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(module) = next.pop() {
            let new = imports.get(module).into_iter().flatten().filter(|to| seen.insert(to.as_str()));
            next.extend(new.map(String::as_str).collect::<Vec<_>>());
        }
        seen
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|&name| (name, reached(name))).collect();
    let meet = |a: &str, b: &str| all[a].contains(b) && all[b].contains(a);
    let circle = |a: &str| imports.keys().copied().filter(|b| meet(a, b)).collect::<Vec<_>>();
    imports.keys().map(|name| circle(name)).filter(|circle| !circle.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> Vec<File> {
        texts
            .iter()
            .map(|(path, text)| File { path: format!("a/src/{path}"), text: (*text).into() })
            .collect()
    }

    #[test]
    fn a_circle_is_found_through_every_spelling() {
        let root = (
            "lib.rs",
            "mod x;\npub mod y;\npub(crate) mod z { }\npub use y::{self as u, deep::{Two, Three}, One};\n",
        );
        for back in [
            "use crate::y;",
            "use crate::{\n    other,\n    y::One,\n};",
            "fn f() { crate::y::g() }",
            "use crate::One;",
            "use super::y::g;",
        ] {
            let tree =
                files(&[root, ("x.rs", back), ("y/mod.rs", "mod deep;"), ("y/deep.rs", "use crate::x::h;")]);
            let problems = check(&tree, &[]);
            assert_eq!(problems.len(), 1, "{back}");
            assert!(problems[0].ends_with("in a circle: x, y"), "{problems:?}");
            assert_eq!(check(&tree, &[("a/src", &["x", "y"])]), [""; 0]);
        }
    }

    #[test]
    fn tests_comments_and_one_way_are_no_circle() {
        let root = ("lib.rs", "mod x;\nmod y;\n");
        for harmless in [
            "// use crate::y;",
            "#[cfg(test)]\nmod tests { use crate::y; }",
            "use crate::x::a;",
            "use other::y;",
        ] {
            let tree = files(&[root, ("x.rs", harmless), ("y.rs", "use crate::{x, z};")]);
            assert_eq!(check(&tree, &[]), [""; 0], "{harmless}");
        }
    }

    #[test]
    fn a_known_circle_that_is_gone_leaves_the_list() {
        let tree = files(&[("lib.rs", "mod x;\nmod y;\n"), ("x.rs", ""), ("y.rs", "use crate::x;")]);
        assert_eq!(check(&tree, &[("a/src", &["x", "y"])]).len(), 1);
    }
}
