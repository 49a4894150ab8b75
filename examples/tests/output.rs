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
    let mut clinic = Running::start("stops");
    let mut stream = clinic.half_a_request();
    clinic.tell_to_stop();
    stream.write_all(Running::BODY.as_bytes()).expect("it still listens to this request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(clinic.printed.next().as_deref(), Some("stopped"));
    clinic.end();
}

/// What the environment says goes before the file; what the pool tells is on the standard error.
#[cfg(unix)]
#[test]
fn the_clinic_takes_settings_from_its_environment_too() {
    let mut clinic =
        Running::start_with("environment", &[("CLINIC_DB__URL", "sqlite://other.db"), ("CLINIC_DB__POOL__STATS_EVERY", "20ms")]);
    let told = clinic.told.by_ref().find(|it| it.contains("the figures of the pool"));
    assert!(told.is_some_and(|it| it.contains("other.db")));
    assert!(clinic.folder.join("other.db").exists() && !clinic.folder.join("clinic.db").exists());
    clinic.tell_to_stop();
    clinic.end();
}

/// Seen running on for as long as the client kept its connection.
#[cfg(unix)]
#[test]
fn the_clinic_stops_also_where_a_client_stops_in_the_middle() {
    let mut clinic = Running::start("half");
    let stream = clinic.half_a_request();
    clinic.tell_to_stop();
    // It goes by its own clock; the client only holds on.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while clinic.process.try_wait().expect("it can be asked").is_none() {
        if std::time::Instant::now() > end {
            clinic.process.kill().expect("it runs");
            panic!("it does not stop");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(clinic.printed.next().as_deref(), Some("stopped"));
    drop(stream);
    clinic.end();
}

/// The clinic with a file of settings, in a folder of its own.
#[cfg(unix)]
struct Running {
    folder: PathBuf,
    process: std::process::Child,
    printed: Box<dyn Iterator<Item = String>>,
    /// What it says beside that.
    told: Box<dyn Iterator<Item = String>>,
    address: String,
}

#[cfg(unix)]
impl Running {
    const BODY: &str = r#"{ "number": "P-00", "name": "Ann" }"#;

    fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    fn start_with(name: &str, environment: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("orm-clinic-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for its databases");
        std::fs::write(folder.join("clinic.toml"), include_str!("../clinic/clinic.toml")).expect("it can be written");
        let mut command = Command::new(built("clinic"));
        command.args(["0", "clinic.toml"]).envs(environment.iter().copied()).current_dir(&folder);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the clinic starts");
        let mut printed = lines(process.stdout.take().expect("it is piped"));
        let told = lines(process.stderr.take().expect("it is piped"));
        let listening = printed.next().expect("it says where it listens");
        let address = listening.strip_prefix("listening on http://").expect("an address").to_owned();
        Self { folder, process, printed, told, address }
    }

    /// A request whose body it waits for.
    fn half_a_request(&self) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let head = "POST /patients HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/json";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n", Self::BODY.len()).expect("it takes a request");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("it waits for the body");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }

    fn tell_to_stop(&self) {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().expect("there is `kill`");
        assert!(told.success());
    }

    fn end(mut self) {
        assert!(self.process.wait().expect("it ends").success());
        std::fs::remove_dir_all(&self.folder).expect("nobody has its databases open");
    }
}

#[cfg(unix)]
fn lines(of: impl Read + 'static) -> Box<dyn Iterator<Item = String>> {
    Box::new(BufReader::new(of).lines().map(|it| it.expect("text")))
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
