//! FT-18: sessions that are opened and closed a hundred thousand times.
//!
//! They are in a process of their own, whose memory and files nobody else has.
//!
//! Seen failing with a task that never ends for each connection that comes home; and, at the
//! small size, with a session more in each round, which is forgotten (`mem::forget`): 920 to 1,040 KiB, where it is
//! 12 to 240 otherwise.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use orm::{Db, PoolOptions};

use crate::faults::ground::{Ground, memory};
use crate::faults::program;
use crate::faults::seen::Seen;

pub(crate) async fn run(ground: Ground) -> Seen {
    let rounds: u64 = ground.size(3_000, 100_000);
    let mut other = tokio::process::Command::new(program::child());
    other.args(["child", "sessions", ground.url(), &rounds.to_string()]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = other.output().await.expect("the other process starts");
    assert!(output.status.success(), "the other process failed");
    let said = String::from_utf8(output.stdout).unwrap();
    let [took, held, grown, files, tasks, opened] = *said.split_whitespace().map(|it| it.parse().unwrap()).collect::<Vec<u64>>() else {
        panic!("these are no figures: {said}")
    };
    Seen::new()
        .count("rounds", rounds)
        .count("ms", took)
        .within("held", held, rounds..=u64::MAX)
        .within("grown_kib", grown, ground.size(0..=600, 0..=4_096))
        .within("files", files, 0..=2)
        .zero("tasks", tasks)
        .within("opened", opened, 1..=5)
}

/// Opens and closes sessions, and prints what is left of them.
pub(super) async fn alone(url: &str, rounds: u64) {
    let options = PoolOptions::new().max_size(4).leak_after(Duration::from_secs(60)).slow_transaction(Duration::from_secs(60));
    let db = Db::builder(url).pool(options).open().await.unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let once = async |n: u64| {
        let session = db.session().tag("round", n);
        match n % 10 {
            0 => drop(session.begin().await.unwrap()),
            1 => session.transaction(async |_| Ok(())).await.unwrap(),
            _ => drop(session.raw("SELECT 1", ()).fetch::<i32>().await.unwrap()),
        }
    };
    let rest = async || {
        while db.stats().in_use > 0 {
            tokio::task::yield_now().await;
        }
    };
    for n in 0..(rounds / 10).max(1_000) {
        once(n).await;
    }
    rest().await;
    let (rss, fds, alive) = (memory(), files(), tasks());
    let start = Instant::now();
    for n in 0..rounds {
        once(n).await;
    }
    let took = start.elapsed().as_millis();
    rest().await;
    let settled = Instant::now() + Duration::from_secs(5);
    while tasks() > alive && Instant::now() < settled {
        tokio::task::yield_now().await;
    }
    let stats = db.stats();
    let (grown, files) = (memory().saturating_sub(rss), files().abs_diff(fds));
    println!("{took} {} {grown} {files} {} {}", stats.holds.count(), tasks().saturating_sub(alive), stats.opened);
}

/// How many files the program has open; 0 where that cannot be read.
fn files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
