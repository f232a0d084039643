//! Which crate may depend on which: core on none of the others, three arms on core only, Python on all.

use crate::workspace::Crate;

/// A dependency that a crate may have, and whether it has to be optional.
struct Allowed {
    from: &'static str,
    to: &'static str,
    only_optional: bool,
}

const fn free(from: &'static str, to: &'static str) -> Allowed {
    Allowed { from, to, only_optional: false }
}

const ALLOWED: &[Allowed] = &[
    free("reproject-wcs", "reproject-core"),
    free("reproject-chunk", "reproject-core"),
    free("reproject-exec", "reproject-core"),
    // The command is a binary of exec behind a feature; the library there knows neither headers nor files.
    Allowed { from: "reproject-exec", to: "reproject-wcs", only_optional: true },
    Allowed { from: "reproject-exec", to: "reproject-chunk", only_optional: true },
    free("reproject-py", "reproject-core"),
    free("reproject-py", "reproject-wcs"),
    free("reproject-py", "reproject-chunk"),
    free("reproject-py", "reproject-exec"),
];

/// Members besides these live under [`EXAMPLES`] and stand for somebody else's crate, so they see core alone.
const MEMBERS: [&str; 6] =
    ["reproject-core", "reproject-wcs", "reproject-chunk", "reproject-exec", "reproject-py", "xtask"];
const EXAMPLES: &str = "reproject-core/examples/";

pub(super) fn arrows(crates: &[Crate]) -> Vec<String> {
    let mut problems = Vec::new();
    for from in crates {
        let example = from.folder.starts_with(EXAMPLES);
        let member = MEMBERS.contains(&from.name.as_str()) && from.folder == from.name;
        if !(example || member) {
            problems.push(format!(
                "{}/Cargo.toml: crate `{}` is not on the crate map: members are {} in folders of their names, \
                 and examples of downstream crates under {EXAMPLES}",
                from.folder,
                from.name,
                MEMBERS.join(", ")
            ));
        }
        for arrow in &from.arrows {
            let rule = ALLOWED.iter().find(|a| a.from == from.name && a.to == arrow.to);
            let fault = match rule {
                None if example && arrow.to == "reproject-core" => continue,
                None => "this dependency is not on the crate map",
                Some(rule) if rule.only_optional && !arrow.optional => "this dependency has to be optional",
                Some(_) => continue,
            };
            problems.push(format!("{}/Cargo.toml: {} -> {}: {fault}", from.folder, from.name, arrow.to));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Arrow, crates};

    fn map(arrows: &[(&str, &str, bool)]) -> Vec<Crate> {
        let manifest = |name: &str| (name.to_owned(), format!("[package]\nname = \"{name}\""));
        let mut all = crates(&MEMBERS.map(manifest)).unwrap();
        for (from, to, optional) in arrows {
            let from = all.iter_mut().find(|c| c.name == *from).unwrap();
            from.arrows.push(Arrow { to: (*to).into(), optional: *optional });
        }
        all
    }

    #[test]
    fn the_crate_map_is_accepted() {
        let whole: Vec<_> = ALLOWED.iter().map(|a| (a.from, a.to, a.only_optional)).collect();
        assert_eq!(super::arrows(&map(&whole)), [""; 0]);
    }

    #[test]
    fn every_other_arrow_is_refused() {
        for from in MEMBERS {
            for to in MEMBERS {
                for optional in [false, true] {
                    let on_the_map = ALLOWED
                        .iter()
                        .any(|a| a.from == from && a.to == to && (optional || !a.only_optional));
                    let problems = super::arrows(&map(&[(from, to, optional)]));
                    assert_eq!(problems.is_empty(), on_the_map, "{from} -> {to}, optional {optional}");
                }
            }
        }
    }

    #[test]
    fn example_crates_see_core_alone_and_strangers_are_refused() {
        let mut all = map(&[]);
        let arrow = |to: &str| Arrow { to: to.into(), optional: false };
        all.push(Crate {
            name: "fisheye".into(),
            folder: format!("{EXAMPLES}fisheye"),
            features: Default::default(),
            arrows: vec![arrow("reproject-core")],
        });
        assert_eq!(super::arrows(&all), [""; 0]);
        all[6].arrows.push(arrow("reproject-wcs"));
        assert_eq!(super::arrows(&all).len(), 1);
        all[6].folder = "fisheye".into();
        assert_eq!(super::arrows(&all).len(), 3);
    }
}
