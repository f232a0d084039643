//! Closures on the pixel path are inlined into the loops of every instruction set: `each!` sees to it.

use super::{File, libm::on_pixel_path, words::code};

/// Above the tests of a file on the pixel path, `Points::each` is called through the macro.
pub(super) fn closures(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| on_pixel_path(file)) {
        let body = file.lines().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        let plain = |line: &str| [".each(|", ".each(move |"].iter().any(|call| code(line).contains(call));
        for (i, _) in body.filter(|(_, line)| plain(line)) {
            problems.push(
                file.problem(
                    i,
                    "`points.each(|p| ..)` here has to be `each!(points, |p| ..)`, or it may crawl",
                ),
            );
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn plain_closures_are_found_on_the_pixel_path() {
        let path = "reproject-wcs/src/native/zenithal/arc.rs";
        assert_eq!(closures(&sample(path, "points.each(|[x, y]| [y, x]);\np.each(move |v| v);")).len(), 2);
        let good =
            "reproject_core::each!(points, |p| p);\nself.each(columns, |p| p);\n#[cfg(test)]\np.each(|v| v);";
        assert_eq!(closures(&sample(path, good)), [""; 0]);
        assert_eq!(closures(&sample("reproject-core/src/laws/maps.rs", "p.each(|v| v)")), [""; 0]);
    }
}
