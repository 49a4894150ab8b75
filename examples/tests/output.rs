//! Runs the examples and compares what they print.

use std::path::PathBuf;
use std::process::Command;
#[cfg(unix)]
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
};

#[test]
fn the_quickstart_prints_its_report() {
    assert_prints("quickstart", &[], include_str!("quickstart.txt"));
}

#[test]
fn settings_that_come_over_the_network_fail_no_request() {
    assert_prints("remote_settings", &[], include_str!("remote_settings.txt"));
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

#[cfg(unix)]
#[test]
fn the_clinic_answers_what_it_has_begun_with_before_it_stops() {
    let folder = std::env::temp_dir().join(format!("orm-clinic-stops-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for its database");
    let mut clinic = Command::new(built("clinic")).arg("0").current_dir(&folder).stdout(Stdio::piped()).spawn().expect("the clinic starts");
    let mut printed = BufReader::new(clinic.stdout.take().expect("it is piped")).lines().map(|it| it.expect("text"));
    let listening = printed.next().expect("it says where it listens");
    let address = listening.strip_prefix("listening on http://").expect("an address");

    let body = r#"{ "number": "P-00", "name": "Ann" }"#;
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = "POST /patients HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n", body.len()).expect("it takes a request");
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).expect("it waits for the body");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    let told = Command::new("kill").args(["-TERM", &clinic.id().to_string()]).status().expect("there is `kill`");
    assert!(told.success());
    stream.write_all(body.as_bytes()).expect("it still listens to this request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(printed.next().as_deref(), Some("stopped"));
    assert!(clinic.wait().expect("it ends").success());
    std::fs::remove_dir_all(&folder).expect("nobody has its database open");
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
