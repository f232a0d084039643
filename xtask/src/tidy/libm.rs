//! No libm function on the pixel path: its last bits differ from one machine to the next.
//!
//! The rule: in the Rust files below [`FOLDERS`] but for those below [`READERS`], above the tests at their foot, no floating-point
//! function that the standard library hands to libm is called or named, except on a line that says in a comment `libm:`
//! why it may (because it runs once per image, say, and never per pixel). `sqrt` and `mul_add` are exact and free to use.

use super::{File, words::code};

/// Everything between the header and the pixel, and the kernels.
const FOLDERS: [&str; 4] = [
    "reproject-wcs/src/",
    "reproject-core/src/math/",
    "reproject-core/src/resample/",
    "reproject-core/examples/",
];

/// Files that run once per header and never see a pixel.
const READERS: [&str; 1] = ["reproject-wcs/src/read/"];

const FUNCTIONS: [&str; 24] = [
    "sin", "cos", "tan", "sin_cos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh",
    "acosh", "atanh", "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "hypot",
];

pub(super) fn calls(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| on_pixel_path(file)) {
        let body = file.lines().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        for (i, line) in body.filter(|(_, line)| !line.contains("libm:")) {
            if let Some(name) = call(code(line)) {
                let way_out = "use `trig`, or say `// libm: why` on the line if it never runs per pixel";
                problems.push(file.problem(i, format!("`{name}` is a libm function: {way_out}")));
            }
        }
    }
    problems
}

/// Whether a file is Rust between the header and the pixel.
pub(super) fn on_pixel_path(file: &File) -> bool {
    let below = |folders: &[&str]| folders.iter().any(|folder| file.path.starts_with(folder));
    file.is(&[".rs"]) && below(&FOLDERS) && !below(&READERS)
}

/// The libm function that the code calls as a method, or names through its type.
fn call(code: &str) -> Option<&'static str> {
    FUNCTIONS.into_iter().find(|name| {
        let method = code.contains(&format!(".{name}("));
        method
            || ["f64::", "f32::", "Float::"].iter().any(|path| ends_as_word(code, &format!("{path}{name}")))
    })
}

fn ends_as_word(code: &str, pattern: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(pattern).any(|(at, _)| !code[at + pattern.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const PATH: &str = "reproject-wcs/src/native/zenithal/arc.rs";

    #[test]
    fn calls_and_names_of_libm_functions_are_found() {
        for bad in [
            "let s = x.sin();",
            "y.atan2(x)",
            "v.iter().map(f64::cos)",
            "f64::powf(x, 0.3)",
            "x.mul_add(2.0, y.ln())",
        ] {
            assert_eq!(calls(&sample(PATH, bad)).len(), 1, "{bad}");
            for elsewhere in [
                "reproject-exec/src/threads.rs",
                "reproject-wcs/src/read/units/mod.rs",
                "reproject-wcs/src/read/mod.rs",
            ] {
                assert_eq!(calls(&sample(elsewhere, bad)), [""; 0], "{bad}");
            }
        }
    }

    #[test]
    fn exact_functions_own_trigonometry_reasons_and_tests_are_free() {
        let good = "x.sqrt().mul_add(2.0, trig::sin(y));\n\
                    // x.sin() would be wrong here\n\
                    let s = theta.sin(); // libm: once per image\n\
                    f64::consts::PI; p.since(q); f64::cosine;\n\
                    #[cfg(test)]\nmod tests { fn a() { 1.0f64.sin(); } }\n";
        assert_eq!(calls(&sample(PATH, good)), [""; 0]);
    }
}
