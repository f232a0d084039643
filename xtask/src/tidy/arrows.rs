//! Which crate may depend on which: core on none of the others, three arms on core only, the front door on all of them, Python on
//! all.

use crate::workspace::Crate;

/// Dependencies that crates may have.
const ALLOWED: &[(&str, &str)] = &[
    ("reproject-wcs", "reproject-core"),
    ("reproject-chunk", "reproject-core"),
    ("reproject-exec", "reproject-core"),
    ("reproject", "reproject-core"),
    ("reproject", "reproject-wcs"),
    ("reproject", "reproject-chunk"),
    ("reproject", "reproject-exec"),
    ("reproject-py", "reproject-core"),
    ("reproject-py", "reproject-wcs"),
    ("reproject-py", "reproject-chunk"),
    ("reproject-py", "reproject-exec"),
    ("reproject-py", "reproject"),
];

/// Members by name and folder. Others live under [`EXAMPLES`] and stand for somebody else's crate, so they see core alone.
const MEMBERS: [(&str, &str); 7] = [
    ("reproject-core", "reproject-core"),
    ("reproject-wcs", "reproject-wcs"),
    ("reproject-chunk", "reproject-chunk"),
    ("reproject-exec", "reproject-exec"),
    ("reproject", "reproject-exec/reproject"),
    ("reproject-py", "reproject-py"),
    ("xtask", "xtask"),
];
const EXAMPLES: &str = "reproject-core/examples/";

pub(super) fn arrows(crates: &[Crate]) -> Vec<String> {
    let mut problems = Vec::new();
    for from in crates {
        let example = from.folder.starts_with(EXAMPLES);
        let member = MEMBERS.contains(&(&from.name, &from.folder));
        if !(example || member) {
            problems.push(format!(
                "{}/Cargo.toml: crate `{}` is not on the crate map: members are {}, and examples of downstream crates under \
                 {EXAMPLES}",
                from.folder,
                from.name,
                MEMBERS.map(|(_, folder)| folder).join(", ")
            ));
        }
        for arrow in &from.arrows {
            let fine = ALLOWED.contains(&(&from.name, arrow)) || example && arrow == "reproject-core";
            if !fine {
                problems.push(format!(
                    "{}/Cargo.toml: {} -> {arrow}: this dependency is not on the crate map",
                    from.folder, from.name
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::crates;

    fn map(arrows: &[(&str, &str)]) -> Vec<Crate> {
        let manifest =
            |(name, folder): (&str, &str)| (folder.to_owned(), format!("[package]\nname = \"{name}\""));
        let mut all = crates(&MEMBERS.map(manifest)).unwrap();
        for (from, to) in arrows {
            all.iter_mut().find(|c| c.name == *from).unwrap().arrows.push((*to).into());
        }
        all
    }

    #[test]
    fn the_crate_map_is_accepted() {
        assert_eq!(super::arrows(&map(ALLOWED)), [""; 0]);
    }

    #[test]
    fn every_other_arrow_is_refused() {
        for (from, _) in MEMBERS {
            for (to, _) in MEMBERS {
                let problems = super::arrows(&map(&[(from, to)]));
                assert_eq!(problems.is_empty(), ALLOWED.contains(&(from, to)), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn example_crates_see_core_alone_and_strangers_are_refused() {
        let mut all = map(&[]);
        all.push(Crate {
            name: "fisheye".into(),
            folder: format!("{EXAMPLES}fisheye"),
            features: Default::default(),
            arrows: vec!["reproject-core".into()],
        });
        assert_eq!(super::arrows(&all), [""; 0]);
        all[7].arrows.push("reproject-wcs".into());
        assert_eq!(super::arrows(&all).len(), 1);
        all[7].folder = "fisheye".into();
        assert_eq!(super::arrows(&all).len(), 3);
    }
}
