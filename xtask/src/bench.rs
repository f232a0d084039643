//! `cargo xtask bench`: the speed of the kernels, and of the whole compared with its peer.

use crate::{Command, Outcome, python, shell, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "bench",
    summary: "measure speed: criterion benches, or with --peers the Python package and `reproject`",
    help: "
  cargo xtask bench [FILTER]              the criterion benches of all crates whose names contain FILTER
  cargo xtask bench --peers [OPTIONS]     `reproject` and this project in turns, in one process, as one table of
                                          CPU time per output pixel (--peers --help lists the options)
  cargo xtask bench --deviations [NAME]   the largest difference from `reproject` for every algorithm and option, on
                                          the workloads whose names contain NAME
  cargo xtask bench --clients [NAME...]   packages that call `reproject` (sunpy, ndcube, ...): the calls of their tests
                                          made by either side in turns, CPU time and warnings of both as one table
  cargo xtask bench --big [SIDE]          one image of 20000² pixels (or SIDE²) with bounded memory, and `reproject`
                                          with dask: time, CPU time, throughput, peak memory

The peers run in .venv; their inputs are made once, from a fixed seed, in bench-data/.",
    run,
};

fn run(args: &[String]) -> Outcome {
    match args {
        [first, options @ ..] if first == "--peers" => {
            let python = if options.iter().any(|o| o == "--help") {
                python::environment()
            } else {
                python::extension()
            };
            let script = ["xtask/bench/peers.py".to_owned()];
            python::run(&python?, script.iter().chain(options))
        }
        [first, names @ ..] if first == "--deviations" => {
            let script = ["xtask/bench/deviations.py".to_owned()];
            python::run(&python::extension()?, script.iter().chain(names))
        }
        [first, names @ ..] if first == "--clients" => {
            let python = python::extension()?;
            python::clients(&python)?;
            let script = ["reproject-py/tests/clients/running.py".to_owned()];
            python::run(&python, script.iter().chain(names))
        }
        [first, side @ ..] if first == "--big" => {
            let build = ["build", "--release", "--package", "reproject", "--bin", "reproject"];
            shell::run(shell::cargo(build))?;
            let script = ["xtask/bench/big.py".to_owned(), "target/release/reproject".to_owned()];
            python::run(&python::environment()?, script.iter().chain(side))
        }
        [] => criterion(None),
        [filter] if !filter.starts_with('-') => criterion(Some(filter)),
        _ => Err(format!("bench: unexpected arguments `{}`; see `cargo xtask bench --help`", args.join(" "))),
    }
}

fn criterion(filter: Option<&String>) -> Outcome {
    let crates = workspace::read(&shell::root())?;
    let root = shell::root();
    let mut with_benches = crates.iter().filter(|c| root.join(&c.folder).join("benches").is_dir()).peekable();
    if with_benches.peek().is_none() {
        return Err("bench: no crate has a folder `benches`".into());
    }
    for c in with_benches {
        // `--benches` would also start the library's test harness, which knows none of criterion's arguments.
        let mut bench = shell::cargo(["bench", "--package", c.name.as_str(), "--bench", "*"]);
        bench.args(workspace::features([c]));
        bench.args(filter.map(|filter| format!("-- {filter}")).iter().flat_map(|words| words.split(' ')));
        shell::run(bench)?;
    }
    Ok(())
}
