//! Rounds, medians, ratios and goals.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::rng::Rng;

/// One turn of a contestant: it works for about `slice` and says what one
/// operation took, in nanoseconds.
type Turn = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = f64> + Send>> + Send>;

pub struct Contestant {
    pub name: &'static str,
    turn: Turn,
}

/// What a work is to reach.
pub enum Goal {
    /// The first takes at most so many times what the second takes.
    AtMost(&'static str, &'static str, f64),
    /// The first takes at least so many times what the second takes.
    AtLeast(&'static str, &'static str, f64),
    /// The first takes at most so many nanoseconds more than the second.
    More(&'static str, &'static str, f64),
    /// What the first takes more than the second is at most so many times what the third takes
    /// more than the fourth.
    Part([&'static str; 4], f64),
    /// It takes at most so many nanoseconds.
    Within(&'static str, f64),
    /// What it measures is memory: at most so many KiB.
    Kib(&'static str, f64),
    /// What it measures is a share: at least so many percent.
    Percent(&'static str, f64),
}

/// How the rounds of a work are.
#[derive(Clone, Copy)]
pub enum Pace {
    Usual,
    /// One operation is a statement of many rows, so a turn may be longer.
    Slow,
    /// Many rounds of a few operations each: how a machine places threads stays
    /// for longer than a slice, and would be all that is compared.
    Fine,
    /// A single round, of what takes long and hardly differs.
    Once,
}

pub struct Work {
    pub name: &'static str,
    pub engine: &'static str,
    /// What the others are compared with.
    pub base: &'static str,
    pub pace: Pace,
    pub contestants: Vec<Contestant>,
    pub goals: Vec<Goal>,
}

impl Work {
    pub fn new(name: &'static str, engine: &'static str, base: &'static str) -> Self {
        Self { name, engine, base, pace: Pace::Usual, contestants: Vec::new(), goals: Vec::new() }
    }

    pub fn slow(mut self) -> Self {
        self.pace = Pace::Slow;
        self
    }

    pub fn fine(mut self) -> Self {
        self.pace = Pace::Fine;
        self
    }

    pub fn once(mut self) -> Self {
        self.pace = Pace::Once;
        self
    }

    pub fn goal(mut self, goal: Goal) -> Self {
        self.goals.push(goal);
        self
    }

    pub fn contestant<F, Fut>(&mut self, name: &'static str, turn: F)
    where
        F: Fn(Duration) -> Fut + Send + 'static,
        Fut: Future<Output = f64> + Send + 'static,
    {
        self.contestants.push(Contestant { name, turn: Box::new(move |slice| Box::pin(turn(slice))) });
    }

    /// Whether what this contestant gives are KiB, and no time.
    pub fn is_memory(&self, name: &str) -> bool {
        self.goals.iter().any(|it| matches!(it, Goal::Kib(of, _) if *of == name))
    }

    /// Runs the rounds, with the contestants in another order each time.
    pub async fn run(&self, rounds: usize, slice: Duration, rng: &mut Rng) -> Table {
        let (rounds, slice) = match self.pace {
            Pace::Usual => (rounds, slice),
            Pace::Slow => (rounds, slice * 2),
            Pace::Fine => (rounds * 100, Duration::from_millis(2)),
            Pace::Once => (1, slice),
        };
        let mut values = vec![Vec::with_capacity(rounds); self.contestants.len()];
        let mut order: Vec<usize> = (0..self.contestants.len()).collect();
        // Caches, prepared statements and connections come before the first round.
        for it in &self.contestants {
            tokio::spawn((it.turn)(if matches!(self.pace, Pace::Once) { Duration::ZERO } else { slice / 4 }))
                .await
                .expect("a contestant failed");
        }
        for _ in 0..rounds {
            rng.shuffle(&mut order);
            for &at in &order {
                values[at].push(tokio::spawn((self.contestants[at].turn)(slice)).await.expect("a contestant failed"));
            }
        }
        Table { names: self.contestants.iter().map(|it| it.name).collect(), values }
    }
}

/// The value of each contestant in each round.
pub struct Table {
    pub names: Vec<&'static str>,
    values: Vec<Vec<f64>>,
}

impl Table {
    fn of(&self, name: &str) -> Option<&[f64]> {
        self.names.iter().position(|it| *it == name).map(|at| &*self.values[at])
    }

    pub fn rounds(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    pub fn median(&self, name: &str) -> Option<f64> {
        self.of(name).map(|it| median(it.to_vec()))
    }

    /// The median of what one gives for the values of the same round.
    fn paired(&self, one: &str, other: &str, each: impl Fn(f64, f64) -> f64) -> Option<f64> {
        let pairs = self.of(one)?.iter().zip(self.of(other)?);
        Some(median(pairs.map(|(one, other)| each(*one, *other)).collect()))
    }

    pub fn ratio(&self, one: &str, other: &str) -> Option<f64> {
        self.paired(one, other, |one, other| one / other)
    }

    /// What was wanted, what came, and whether it is enough; `None` where a
    /// contestant is missing.
    pub fn judge(&self, goal: &Goal) -> Option<(String, String, bool)> {
        Some(match *goal {
            Goal::AtMost(one, other, limit) => {
                let it = self.ratio(one, other)?;
                (format!("{one} ÷ {other} ≤ {limit}"), format!("{it:.2}"), it <= limit)
            }
            Goal::AtLeast(one, other, limit) => {
                let it = self.ratio(one, other)?;
                (format!("{one} ÷ {other} ≥ {limit}"), format!("{it:.2}"), it >= limit)
            }
            Goal::More(one, other, limit) => {
                let it = self.paired(one, other, |one, other| one - other)?;
                (format!("{one} − {other} ≤ {limit} ns"), format!("{it:.0} ns"), it <= limit)
            }
            Goal::Part([one, without, other, without_other], limit) => {
                let more = self.paired(one, without, |one, without| one - without)?;
                let it = more / self.paired(other, without_other, |other, without| other - without)?;
                (format!("({one} − {without}) ÷ ({other} − {without_other}) ≤ {limit}"), format!("{it:.2}"), it <= limit)
            }
            Goal::Kib(one, limit) => {
                let it = self.median(one)?;
                (format!("{one} ≤ {limit} KiB"), format!("{it:.0} KiB"), it <= limit)
            }
            Goal::Percent(one, limit) => {
                let it = self.median(one)?;
                (format!("{one} ≥ {limit} %"), format!("{it:.0} %"), it >= limit)
            }
            Goal::Within(one, limit) => {
                let it = self.median(one)?;
                (format!("{one} ≤ {limit} ns"), format!("{it:.0} ns"), it <= limit)
            }
        })
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Times operations in batches until the slice is over.
pub struct Timer {
    end: Instant,
    batch: u64,
    done: u64,
    samples: Vec<f64>,
    started: Instant,
}

impl Timer {
    pub fn new(slice: Duration, batch: u64) -> Self {
        let now = Instant::now();
        Self { end: now + slice, batch, done: 0, samples: Vec::new(), started: now }
    }

    /// The numbers of the operations of the next batch; the first comes always.
    pub fn batch(&mut self) -> Option<std::ops::Range<u64>> {
        let now = Instant::now();
        if self.done > 0 {
            self.samples.push((now - self.started).as_nanos() as f64 / self.batch as f64);
            if now >= self.end {
                return None;
            }
        }
        let first = self.done;
        self.done += self.batch;
        self.started = Instant::now();
        Some(first..self.done)
    }

    pub fn median(self) -> f64 {
        median(self.samples)
    }
}

/// Runs an operation until the slice is over: the median time of one.
#[macro_export]
macro_rules! timed {
    ($slice:expr, $batch:expr, $n:ident => $operation:expr) => {{
        let mut timer = $crate::harness::Timer::new($slice, $batch);
        while let Some(batch) = timer.batch() {
            for $n in batch {
                $operation;
            }
        }
        timer.median()
    }};
}
