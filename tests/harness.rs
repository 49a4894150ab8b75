//! Runs the cases on one database.

use std::pin::Pin;
use std::process::exit;

use libtest_mimic::{Arguments, Failed, Trial};
use orm::Engine;

use crate::place::{Place, Test};

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
    let trials = crate::suite::cases().map(|case| {
        let place = place.clone();
        let name = case.name.strip_prefix("orm_tests::suite::").unwrap_or(case.name);
        Trial::test(name, move || run(&place, case))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

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

fn run(place: &Place, case: Case) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|it| it.to_string())?;
    runtime.block_on(async {
        let test = Test::open(place, case.name).await.map_err(|error| format!("cannot open a database for the test: {error}"))?;
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
