//! Side by side: `orm` and its peers. See `README.md`.

mod check;
mod harness;
mod lend;
mod memory;
mod models;
mod peers;
mod place;
mod pool;
mod rng;
mod streams;
mod works;

use std::fmt::Write as _;
use std::time::Duration;

use crate::harness::{Table, Work};
use crate::place::Place;
use crate::rng::Rng;

/// What was asked for.
struct Args {
    rounds: usize,
    slice: Duration,
    engine: Option<String>,
    work: Option<String>,
    jsonl: Option<String>,
    /// The only contestant, for profiling.
    only: Option<String>,
    check: bool,
}

const USAGE: &str = "[--short] [--check] [--engine sqlite|postgres|mysql] [--work NAME] [--rounds N] [--only CONTESTANT] [--jsonl FILE]";

impl Args {
    fn parse() -> Result<Self, String> {
        let mut it =
            Self { rounds: 21, slice: Duration::from_millis(200), engine: None, work: None, jsonl: None, only: None, check: false };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg} needs a value"));
            match &*arg {
                "--short" => (it.rounds, it.slice) = (7, Duration::from_millis(50)),
                "--check" => it.check = true,
                "--engine" => it.engine = Some(value()?).map(|it| if it == "mariadb" { "mysql".to_owned() } else { it }),
                "--work" => it.work = Some(value()?),
                "--rounds" => it.rounds = value()?.parse().map_err(|_| "--rounds needs a number".to_owned())?,
                "--only" => it.only = Some(value()?),
                "--jsonl" => it.jsonl = Some(value()?),
                _ => return Err(format!("unknown argument {arg}\n{USAGE}")),
            }
        }
        Ok(it)
    }

    fn wants(&self, work: &Work) -> bool {
        self.work.as_ref().is_none_or(|it| it == work.name)
    }
}

fn main() {
    let args = Args::parse().unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(2);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let missed = runtime.block_on(run(&args));
    if args.check && missed > 0 {
        std::process::exit(1);
    }
}

/// Runs what was asked for, and says how many goals were missed.
async fn run(args: &Args) -> usize {
    let mut results = Results::default();
    println!("{:<18} {:<9} {:<15} {:>13} {:>7}", "work", "engine", "contestant", "median_ns", "rounds");
    for engine in ["sqlite", "postgres", "mysql"] {
        if args.engine.as_ref().is_some_and(|it| it != engine) || args.work.as_deref() == Some(check::NAME) {
            continue;
        }
        let Some(place) = Place::make(engine).await else { continue };
        let db = place.open().await;
        let mut works = works::plain(engine);
        works.retain(|it| args.wants(it));
        let sea = place.enter(engine, &db, &mut works).await;
        let durable = place.durable().await;
        place::special(engine, &place, &db, &durable, &sea, &mut works).await;
        works.retain(|it| args.wants(it));
        if let Some(only) = &args.only {
            works.iter_mut().for_each(|work| work.contestants.retain(|it| it.name == only));
        }
        for work in &works {
            results.add(work, args).await;
        }
        drop((works, sea));
        db.close();
        place.clean().await;
    }
    // The first time it compiles `orm` and all below it, so it is run by name.
    if args.work.as_deref() == Some(check::NAME) {
        results.add(&check::check(), args).await;
    }
    let Results { lines, tables, goals, missed, .. } = results;
    println!("\nRatios: the median over the rounds of contestant ÷ base within the same round\n{tables}\nGoals\n{goals}");
    if let Some(file) = &args.jsonl {
        std::fs::write(file, lines).unwrap();
    }
    missed
}

/// What came of the works so far.
struct Results {
    rng: Rng,
    lines: String,
    tables: String,
    goals: String,
    missed: usize,
}

impl Default for Results {
    fn default() -> Self {
        Self { rng: Rng::new(), lines: String::new(), tables: String::new(), goals: String::new(), missed: 0 }
    }
}

impl Results {
    async fn add(&mut self, work: &Work, args: &Args) {
        let table = work.run(args.rounds, args.slice, &mut self.rng).await;
        report(work, &table, &mut self.lines, &mut self.tables);
        for goal in &work.goals {
            let Some((what, came, ok)) = table.judge(goal) else { continue };
            self.missed += usize::from(!ok);
            let verdict = if ok { "ok" } else { "MISSED" };
            let _ = writeln!(self.goals, "{:<18} {:<9} {what:<36} {came:>9}  {verdict}", work.name, work.engine);
        }
    }
}

fn report(work: &Work, table: &Table, lines: &mut String, tables: &mut String) {
    let rounds = table.rounds();
    let mut ratios = String::new();
    for name in &table.names {
        let median = table.median(name).unwrap_or(f64::NAN);
        println!("{:<18} {:<9} {name:<15} {median:>13.0} {rounds:>7}", work.name, work.engine);
        let _ = writeln!(
            lines,
            r#"{{"work":"{}","engine":"{}","contestant":"{name}","median_ns":{median:.0},"rounds":{rounds}}}"#,
            work.name, work.engine
        );
        // Memory is no part of a time, and none of it is a part of nothing.
        if let Some(ratio) = table.ratio(name, work.base).filter(|it| it.is_finite() && !work.is_memory(name)) {
            let _ = write!(ratios, "  {name} {ratio:.2}");
        }
    }
    if !ratios.is_empty() {
        let _ = writeln!(tables, "{:<18} {:<9}{ratios}  (base: {})", work.name, work.engine, work.base);
    }
}
