//! Runs the clinic on servers: the same program, which fails where an answer is wrong.

use std::path::PathBuf;
use std::process::Command;

#[test]
fn the_clinic_answers_as_it_should_on_postgres() {
    check("ORM_TEST_POSTGRES_URL");
}

#[test]
fn the_clinic_answers_as_it_should_on_mariadb() {
    check("ORM_TEST_MYSQL_URL");
}

fn check(variable: &str) {
    let Ok(url) = std::env::var(variable) else {
        eprintln!("!!! SKIPPED: {variable} is not set");
        return;
    };
    let output = Command::new(built()).args(["--check", &url]).output().expect("`cargo build --examples` makes it");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\nafter {printed}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("without a free connection") && printed.ends_with("stopped; connections in use: 0\n"), "{printed}");
}

/// Where cargo puts the example that it built together with this test.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    let profile = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps");
    profile.join("examples").join("clinic").with_extension(std::env::consts::EXE_EXTENSION)
}
