//! The library and the command, from file to file: every suite in one program.

mod cli;
mod cli_bad;
mod cli_broken;
mod cli_errors;
mod cli_files;
mod cli_full;
mod cli_headers;
mod cli_integers;
mod cli_limits;
mod cli_mask;
mod cli_memory;
mod cli_names;
mod cli_plan;
mod cli_planes;
mod cli_processes;
mod cli_resume;
mod cli_run;
mod cli_sizes;
mod cli_stdio;
mod cli_syscalls;
mod library;
mod plan_pairs;
