//! `cargo xtask demo`: the sky of the bright stars, reprojected; FITS and PNG files in `demo/`.

use crate::{Command, Outcome, shell};

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    summary: "reproject an all-sky image of the bright stars; leaves FITS and PNG files in demo/",
    help: "
Renders the brightest stars as an all-sky image in equatorial coordinates (plate carree), reprojects it to a map of
the whole sky in Galactic coordinates (Hammer-Aitoff) and to an image of Orion (gnomonic), and says how fast it was.
Needs nothing but the repository: the star table is part of it.",
    run,
};

fn run(args: &[String]) -> Outcome {
    crate::no_arguments("demo", args)?;
    shell::run(shell::cargo(["run", "--release", "--package", "reproject", "--example", "demo"]))
}
