//! `cargo xtask soak`: the long checks that do not fit into `ci`, by name.

use crate::{Command, Outcome, shell};

pub(crate) const COMMAND: Command = Command {
    name: "soak",
    summary: "run the long checks that do not fit into ci",
    help: "
  cargo xtask soak            list the long checks
  cargo xtask soak all        run them all, one after the other
  cargo xtask soak NAME...    run those named",
    run,
};

/// One long check: a program that exits with 0 when it finds nothing wrong.
struct Soak {
    name: &'static str,
    what: &'static str,
    /// Arguments of cargo, none of which holds a blank.
    cargo: &'static str,
    /// Environment variables and their values.
    env: &'static [(&'static str, &'static str)],
}

const SOAKS: &[Soak] = &[
    Soak {
        name: "peers",
        what: "speed compared with `reproject`, all workloads and methods (half an hour)",
        cargo: "xtask bench --peers --all",
        env: &[],
    },
    Soak {
        name: "headers",
        what: "a million mutated headers: none panics, takes 10 ms or allocates 1 MB",
        cargo: "run --release --package reproject-wcs --example soak_headers -- 1000000",
        env: &[],
    },
    Soak {
        name: "mutants",
        what: "mutated headers compared with astropy.wcs: accepted, refused and placed alike (a minute)",
        cargo: "xtask golden --mutants 12000",
        env: &[],
    },
    Soak {
        name: "oldest",
        what: "the whole workspace with the oldest Rust that it is for (`rustup toolchain install` it first; five minutes)",
        cargo: "check --workspace --all-features --target-dir target/oldest",
        env: &[("RUSTUP_TOOLCHAIN", env!("CARGO_PKG_RUST_VERSION"))],
    },
    Soak {
        name: "matrix",
        what: "every executor with every source, Zarr among them, every resampler and shape of block",
        cargo: "test --package reproject-exec --test it -- matrix",
        env: &[],
    },
    Soak {
        name: "matrix-large",
        what: "every source, Zarr among them, and resampler on 4096² pixels, by threads, workers and lazily (ten minutes)",
        cargo: "test --release --package reproject-exec --test it -- --nocapture the_same_bits_from_large",
        env: &[("REPROJECT_MATRIX_SIDE", "4096")],
    },
    Soak {
        name: "faults",
        what: "200 runs whose workers are killed, stopped, abort or leave early (five minutes)",
        cargo: "test --package reproject-exec --test faults -- --nocapture",
        env: &[("REPROJECT_FAULT_RUNS", "200"), ("RUST_BACKTRACE", "0")],
    },
    Soak {
        name: "plans",
        what: "2000 random pairs of coordinate systems: a plan misses no pixel and names few others (two minutes)",
        cargo: "test --package reproject --test it -- --nocapture plan_pairs",
        env: &[("REPROJECT_PLAN_PAIRS", "2000")],
    },
    Soak {
        name: "files",
        what: "a million mutants of FITS, packed, .npy and Zarr files: none panics, takes a second or 64 MB (half an hour)",
        cargo: "test --release --package reproject-chunk --test damaged -- --nocapture mutants",
        env: &[("REPROJECT_MUTANTS", "1000000")],
    },
    Soak {
        name: "resume",
        what: "runs to FITS and Zarr killed at 20 random moments each, taken up, and compared (two minutes)",
        cargo: "test --package reproject --test it -- --nocapture cli_resume",
        env: &[("REPROJECT_KILLS", "20")],
    },
    Soak {
        name: "syscalls",
        what: "200 system calls of runs to FITS, npy and Zarr that fail or are killed, each kind (half an hour; needs strace)",
        cargo: "test --package reproject --test it -- --nocapture cli_syscalls",
        env: &[("REPROJECT_SYSCALLS", "200")],
    },
    Soak {
        name: "memory",
        what: "400 million pixels, FITS and Zarr, in 512 MB as the system counts them (four minutes, 7 GB of disk)",
        cargo: "test --package reproject --test it -- --nocapture cli_memory",
        env: &[("REPROJECT_MEMORY_SIDE", "20000")],
    },
];

fn run(args: &[String]) -> Outcome {
    if args.is_empty() {
        for soak in SOAKS {
            println!("{:<12} {}", soak.name, soak.what);
        }
        return Ok(());
    }
    for soak in chosen(args)? {
        let mut check = shell::cargo(soak.cargo.split(' '));
        check.envs(soak.env.iter().copied());
        shell::run(check)?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Soak>, String> {
    if names == ["all"] {
        return Ok(SOAKS.iter().collect());
    }
    let find = |name: &String| SOAKS.iter().find(|soak| soak.name == name);
    let unknown = |name: &String| {
        let known: Vec<_> = SOAKS.iter().map(|soak| soak.name).collect();
        format!("soak: there is no long check `{name}` (there are: {})", known.join(", "))
    };
    names.iter().map(|name| find(name).ok_or_else(|| unknown(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_found_by_name_or_all_together() {
        assert_eq!(chosen(&["all".into()]).unwrap().len(), SOAKS.len());
        assert_eq!(chosen(&["peers".into()]).unwrap()[0].name, "peers");
        assert!(chosen(&["pears".into()]).is_err_and(|e| e.contains("pears") && e.contains("peers")));
    }
}
