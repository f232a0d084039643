//! The project's own commands: one file each, dispatched by name.
//!
//! A command is a row of [`COMMANDS`]; it gets the arguments after its name and returns what went wrong.

mod bench;
mod ci;
mod demo;
mod golden;
mod lint;
mod python;
mod shell;
mod soak;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

/// The result of a command; the error is one or more lines for the terminal.
type Outcome = Result<(), String>;

struct Command {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    demo::COMMAND,
    test::COMMAND,
    lint::COMMAND,
    tidy::COMMAND,
    ci::COMMAND,
    bench::COMMAND,
    golden::COMMAND,
    soak::COMMAND,
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
        Err(Failure::Command(message)) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

enum Failure {
    Usage(String),
    Command(String),
}

fn dispatch(args: &[String]) -> Result<(), Failure> {
    let asks_help = |arg: &String| matches!(arg.as_str(), "-h" | "--help" | "help");
    let Some((name, rest)) = args.split_first() else {
        return Err(Failure::Usage(overview()));
    };
    if asks_help(name) {
        println!("{}", overview());
        return Ok(());
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Err(Failure::Usage(format!("xtask: there is no command `{name}`\n\n{}", overview())));
    };
    // Further on, `--help` belongs to a program that the command starts.
    if rest.first().is_some_and(asks_help) {
        println!("cargo xtask {}: {}\n\n{}", command.name, command.summary, text(command.help));
        return Ok(());
    }
    (command.run)(rest).map_err(Failure::Command)
}

/// A help text without the line ends around it; the blanks before its first line count.
fn text(help: &str) -> &str {
    help.trim_start_matches('\n').trim_end()
}

fn overview() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND [ARGUMENTS]     (COMMAND --help says more)\n");
    for command in COMMANDS {
        text += &format!("\n  {:<8} {}", command.name, command.summary);
    }
    text
}

/// For commands that take no arguments.
fn no_arguments(command: &str, args: &[String]) -> Outcome {
    match args.first() {
        None => Ok(()),
        Some(arg) => {
            Err(format!("{command}: unexpected argument `{arg}`; see `cargo xtask {command} --help`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn names_are_unique_and_every_command_explains_itself() {
        for (i, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..i].iter().all(|other| other.name != command.name), "{} twice", command.name);
            assert!(!command.summary.is_empty() && !command.help.trim().is_empty(), "{}", command.name);
            assert!(overview().contains(command.summary));
        }
    }

    #[test]
    fn unknown_and_missing_commands_are_usage_errors() {
        for line in ["", "tiddy"] {
            assert!(matches!(dispatch(&words(line)), Err(Failure::Usage(_))), "`{line}`");
        }
    }

    #[test]
    fn lines_of_help_keep_their_columns() {
        assert_eq!(text("\n  one\n  two\n"), "  one\n  two");
    }

    #[test]
    fn help_runs_nothing_and_stray_arguments_are_refused() {
        assert!(dispatch(&words("soak --help")).is_ok());
        assert!(dispatch(&words("--help")).is_ok());
        assert!(matches!(dispatch(&words("ci now")), Err(Failure::Command(m)) if m.contains("`now`")));
    }
}
