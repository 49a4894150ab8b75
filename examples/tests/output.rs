//! Runs the examples and compares what they print.

use std::path::PathBuf;
use std::process::Command;

#[test]
fn the_quickstart_prints_its_report() {
    assert_prints("quickstart", &[], include_str!("quickstart.txt"));
}

#[test]
fn the_clinic_answers_as_it_should() {
    assert_prints("clinic", &["--check"], include_str!("clinic.txt"));
}

#[test]
fn the_clinic_says_what_it_wants_as_argument() {
    let output = run("clinic", &["three"]);
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: \"expected a port, or --check\"\n");
}

#[track_caller]
fn assert_prints(example: &str, arguments: &[&str], expected: &str) {
    let output = run(example, arguments);
    let printed = without_times(&String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{example} failed: {}\nafter {printed}", String::from_utf8_lossy(&output.stderr));
    assert!(printed == expected, "{example} printed\n{printed}\nwhere this was expected\n{expected}");
}

fn run(example: &str, arguments: &[&str]) -> std::process::Output {
    let program = built(example);
    Command::new(&program).args(arguments).output().unwrap_or_else(|error| {
        panic!("cannot run {}: {error}; `cargo build --examples` makes it", program.display());
    })
}

/// Where cargo puts the example that it built together with this test.
fn built(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let profile = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
    profile.join("examples").join(example).with_extension(std::env::consts::EXE_EXTENSION)
}

/// Puts `#` for the digits of every time, which differ from run to run.
fn without_times(printed: &str) -> String {
    let mask = |line: &str| match line.split_once(" ms  ") {
        Some((time, rest)) if time.trim().parse::<f64>().is_ok() => format!("{:>11} ms  {rest}\n", "#"),
        _ => format!("{line}\n"),
    };
    printed.lines().map(mask).collect()
}
