//! Runs the cases on one database.

use std::pin::Pin;
use std::process::exit;
use std::sync::Mutex;

use libtest_mimic::{Arguments, Failed, Trial};
use orm::Engine;

use crate::place::{Place, Test};
use crate::watch::Events;

/// One case: its name, and what it does with a database of its own.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(Test) -> Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Names the cases of a module. One that is forgotten here is unused code.
#[macro_export]
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(crate) const CASES: &[$crate::Case] = &[$($crate::Case {
            name: concat!(module_path!(), "::", stringify!($name)),
            run: |t| Box::pin($name(t)),
        }),*];
    };
}

/// The `main` of a test binary: every case on one database.
///
/// Where the database was not named, the last line says so, loudly; with
/// `ORM_TEST_REQUIRE` it is a failure.
pub fn main(engine: Engine) {
    let arguments = Arguments::from_args();
    let place = match Place::of(engine) {
        Ok(place) => place,
        Err(variable) => skip(engine, variable, &arguments),
    };
    all(arguments, &place, crate::suite::cases())
}

/// The `main` of the test binary that runs the cases of some suites behind a
/// pooler of transactions, without those of the given names.
pub fn behind_pgbouncer(suites: &[&str], without: &[&str]) {
    let arguments = Arguments::from_args();
    let place = match Place::of(Engine::Postgres) {
        Ok(Place::Postgres(server)) => Place::PgBouncer(server),
        Ok(_) => unreachable!("it is PostgreSQL"),
        Err(variable) => skip(Engine::Postgres, variable, &arguments),
    };
    let chosen = crate::suite::cases().filter(|case| {
        let mut path = case.name.trim_start_matches("orm_tests::").trim_start_matches("suite::").split("::");
        path.next().is_some_and(|it| suites.contains(&it)) && !path.any(|it| without.contains(&it))
    });
    all(arguments, &place, chosen)
}

fn all(mut arguments: Arguments, place: &Place, cases: impl Iterator<Item = Case>) {
    let trials = cases.map(|case| {
        let place = place.clone();
        let name = case.name.strip_prefix("orm_tests::suite::").unwrap_or(case.name);
        Trial::test(name, move || run(&place, case, false).inspect(|()| PASSED.lock().unwrap().push(name)))
    });
    if arguments.format.is_none() {
        arguments.quiet = true;
    }
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // In the form of other test programs, which tools read; meanwhile there were dots.
    let mut passed = PASSED.lock().unwrap().clone();
    passed.sort_unstable();
    passed.iter().for_each(|it| println!("test {it} ... ok"));
    conclusion.exit();
}

/// The cases that passed.
static PASSED: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn skip(engine: Engine, variable: &str, arguments: &Arguments) -> ! {
    let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
    let name = if engine == Engine::Postgres { "postgres" } else { "mysql" };
    let failed = required.split(',').any(|it| it.trim() == name);
    // Runners that list tests first read this output.
    if !arguments.list {
        let word = if failed { "MISSING" } else { "SKIPPED" };
        println!("\n*** {word}: nothing was tested on {}. Set {variable} to the URL of a server to test on. ***\n", engine.name());
    }
    exit(i32::from(failed && !arguments.list))
}

/// Runs one case on every database there is; says which there are not.
pub fn everywhere(case: Case) {
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MySql] {
        match Place::of(engine) {
            Ok(place) => run(&place, case, true).unwrap_or_else(|failed| panic!("{}: {failed:?}", engine.name())),
            Err(variable) => {
                let required = std::env::var("ORM_TEST_REQUIRE").unwrap_or_default();
                assert!(required.is_empty(), "nothing was tested on {}: set {variable}", engine.name());
                println!("\n*** SKIPPED: nothing was tested on {}. Set {variable} to the URL of a server to test on. ***\n", engine.name());
            }
        }
    }
}

/// Runs one case, with a runtime of its own whose events it hears, unless the
/// program has ears for all.
fn run(place: &Place, case: Case, all: bool) -> Result<(), Failed> {
    let events = Events::default();
    let runtime = if all { tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() } else { events.runtime() };
    runtime.map_err(|it| it.to_string())?.block_on(async {
        let test = Test::open(place, case.name).await.map_err(|error| format!("cannot open a database for the test: {error}"))?;
        let test = test.with_events(events);
        let cleaner = test.cleaner();
        // In a task, as in a service: what is not `Send` does not compile.
        let result = tokio::spawn((case.run)(test)).await;
        cleaner.clean().await;
        result.map_err(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => error.to_string().into(),
        })
    })
}
