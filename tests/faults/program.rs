//! The program `faults`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use orm::Engine;

use crate::faults::ground::Ground;
use crate::faults::seen::name;
use crate::faults::{ALL, EXPERIMENTS, Experiment, ft_18_sessions, ft_30_disk_full, ft_31_busy};
use crate::place::{Place, Test};
use crate::watch::Events;

const USAGE: &str = "faults FT-02 [--engine sqlite|postgres|mysql|mariadb] [--seed 7] [--seeds 1] [--full]
    runs an experiment, on every database it makes sense on unless one is named;
    --seeds runs it so many times, with the seeds that follow; --full at full size.
    `faults all` runs all of them, `faults list` says which there are.";

/// What was asked for.
struct Asked {
    id: String,
    engine: Option<Engine>,
    seed: u64,
    seeds: u64,
    full: bool,
}

/// Runs what the arguments ask for; fails if a figure is not what it must be.
#[must_use]
pub fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("child") {
        return as_child(&std::env::args().skip(2).collect::<Vec<_>>());
    }
    let Some(asked) = asked(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if asked.id == "list" {
        for it in EXPERIMENTS {
            let engines: Vec<&str> = it.engines.iter().map(|it| name(*it)).collect();
            println!("{} [{}] {}", it.id, engines.join(" "), it.what);
        }
        return ExitCode::SUCCESS;
    }
    let chosen: Vec<&Experiment> = EXPERIMENTS.iter().filter(|it| asked.id == "all" || it.id == asked.id).collect();
    if chosen.is_empty() {
        eprintln!("there is no experiment {}; `faults list` says which there are", asked.id);
        return ExitCode::from(2);
    }
    let mut good = true;
    for experiment in chosen {
        for engine in ALL.iter().filter(|it| asked.engine.is_none_or(|asked| asked == **it)) {
            if experiment.engines.contains(engine) {
                good &= (asked.seed..asked.seed + asked.seeds).all(|seed| one(experiment, *engine, seed, asked.full));
            } else if asked.engine.is_some() {
                println!("{} {}: this database cannot meet that fault", experiment.id, name(*engine));
            }
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked { id: arguments.next()?, engine: None, seed: 7, seeds: 1, full: false };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--engine" => {
                let given = arguments.next()?;
                // MariaDB is asked for by the name that the others of its family bear, or by its own.
                let given = if given == "mariadb" { "mysql" } else { &given };
                asked.engine = Some(*ALL.iter().find(|it| name(**it) == given)?);
            }
            "--seed" => asked.seed = arguments.next()?.parse().ok()?,
            "--seeds" => asked.seeds = arguments.next()?.parse().ok()?,
            "--full" => asked.full = true,
            _ => return None,
        }
    }
    Some(asked)
}

/// Runs an experiment once, with a runtime and a database of its own.
fn one(experiment: &Experiment, engine: Engine, seed: u64, full: bool) -> bool {
    let place = match Place::of(engine) {
        Ok(place) => place,
        Err(variable) => {
            println!("{} {}: NOT RUN, set {variable} to the URL of a server", experiment.id, name(engine));
            return false;
        }
    };
    println!("{} on {}, seed {seed}: {}", experiment.id, engine.name(), experiment.what);
    let events = Events::default();
    let runtime = events.runtime().expect("a runtime");
    let seen = runtime.block_on(async {
        let test = Test::open(&place, experiment.id).await.expect("a database for the experiment").with_events(events);
        let cleaner = test.cleaner();
        let seen = tokio::spawn((experiment.run)(Ground::new(test, seed, full))).await;
        cleaner.clean().await;
        seen
    });
    match seen {
        Ok(seen) => {
            let missed = seen.missed();
            for it in &missed {
                println!("MISSED: {it}");
            }
            if let Some(besides) = seen.besides() {
                println!("{besides}");
            }
            println!("{}", seen.line(experiment.id, engine));
            missed.is_empty()
        }
        Err(error) => {
            println!("{} {}: FAILED, {error}", experiment.id, name(engine));
            false
        }
    }
}

/// The program itself, also for the suites, beside whose binaries it is built.
pub(super) fn child() -> PathBuf {
    let this = std::env::current_exe().expect("a program knows where it is");
    if this.file_stem().is_some_and(|it| it == "faults") {
        return this;
    }
    let built = this.parent().and_then(Path::parent).map(|it| it.join("faults")).filter(|it| it.exists());
    built.expect("the program `faults` is built with the suites")
}

/// Another process of an experiment.
fn as_child(arguments: &[String]) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let good = runtime.block_on(async {
        match *arguments {
            ["full", url] => {
                ft_30_disk_full::limited(url).await;
                true
            }
            ["sessions", url, rounds] => {
                ft_18_sessions::alone(url, rounds.parse().expect("a number")).await;
                true
            }
            ["busy", url, each] => ft_31_busy::other(url, each.parse().expect("a number")).await,
            _ => false,
        }
    });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
