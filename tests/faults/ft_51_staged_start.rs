//! FT-51: the start of five databases (two mandatory, two optional, and one that
//! depends on another), each failing in turn.
//!
//! How long the whole start takes is measured over a network, where each answer takes
//! so long that the machine counts for little; the figure is the one that nine of ten rounds
//! keep to, and the small size has too few to leave one out. Files of SQLite are there at once, so there is nothing to measure.
//!
//! Seen failing with `DatabasesBuilder::open` that awaits one after the other
//! (percent 158 on PostgreSQL, 149 on MariaDB), and without the wait in
//! `Entry::after` (early 2, unsaid 2 on each database).

use std::path::Path;
use std::time::{Duration, Instant};

use orm::{Databases, DatabasesError, Db, DbBuilder, Error};

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::proxy::Proxy;

/// Their names, and whether the program cannot do without them; `audit` depends on `main`.
const ALL: [(&str, bool); 5] = [("main", true), ("ledger", true), ("reports", false), ("search", false), ("audit", true)];

#[derive(Debug, Default)]
struct Sum {
    starts: u64,
    /// Opened before what it depends on.
    early: u64,
    /// A start that went on without a mandatory database, or not without an optional one.
    wrong: u64,
    /// A cause that was not said.
    unsaid: u64,
    /// An optional database that did not come when it could.
    missing: u64,
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let mut sum = Sum::default();
    let mut percents = Vec::new();
    for _ in 0..ground.size(2, 20) {
        for failing in 0..ALL.len() {
            start(&ground, failing, &mut sum).await;
        }
        percents.extend(whole(&ground).await);
    }
    percents.sort_unstable();
    let seen = Seen::new()
        .count("starts", sum.starts)
        .zero("early", sum.early)
        .zero("wrong", sum.wrong)
        .zero("unsaid", sum.unsaid)
        .zero("missing", sum.missing);
    // One after the other took 149.
    match percents.get((percents.len() * 9).div_ceil(10).saturating_sub(1)) {
        Some(percent) => seen.within("p90_percent", *percent, ground.size(0..=140, 0..=120)),
        None => seen,
    }
}

/// Where one of them is: behind a network, or in a folder.
struct Place {
    proxy: Option<Proxy>,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new(ground: &Ground) -> (Self, DbBuilder) {
        let folder = tempfile::tempdir().unwrap();
        let (proxy, builder) = ground.behind_network().await;
        let builder = match &proxy {
            Some(_) => builder,
            None => Db::builder(&format!("sqlite://{}/files/file.db", folder.path().display())),
        };
        let place = Self { proxy, folder };
        place.mend();
        (place, builder)
    }

    fn files(&self) -> std::path::PathBuf {
        Path::join(self.folder.path(), "files")
    }

    fn fail(&self) {
        match &self.proxy {
            Some(it) => it.cut_after(0),
            None => std::fs::remove_dir(self.files()).unwrap(),
        }
    }

    fn mend(&self) {
        match &self.proxy {
            Some(it) => it.heal(),
            None => std::fs::create_dir(self.files()).unwrap(),
        }
    }

    /// Whether anybody was here.
    fn was_opened(&self) -> bool {
        match &self.proxy {
            Some(it) => it.take_round_trips() > 0,
            None => self.files().join("file.db").exists(),
        }
    }
}

async fn places(ground: &Ground) -> (Vec<Place>, Vec<DbBuilder>) {
    let (mut places, mut builders) = (Vec::new(), Vec::new());
    for _ in ALL {
        let (place, builder) = Place::new(ground).await;
        places.push(place);
        builders.push(builder);
    }
    (places, builders)
}

async fn open(builders: Vec<DbBuilder>) -> orm::Result<Databases> {
    let mut all = Databases::builder();
    for ((name, mandatory), builder) in ALL.into_iter().zip(builders) {
        all = if mandatory { all.mandatory(name, builder) } else { all.optional(name, builder) };
    }
    all.depends("audit", "main").open().await
}

async fn start(ground: &Ground, failing: usize, sum: &mut Sum) {
    let (name, mandatory) = ALL[failing];
    let (places, builders) = places(ground).await;
    places[failing].fail();
    sum.starts += 1;
    match (open(builders).await, mandatory) {
        (Err(Error::Databases(DatabasesError::Start { causes })), true) => {
            // Who depends on one that failed has that for a cause.
            let expected = if name == "main" { vec!["main", "audit"] } else { vec![name] };
            let said: Vec<_> = causes.iter().map(|it| &*it.0).collect();
            sum.unsaid += u64::from(said != expected);
            sum.early += u64::from(name == "main" && places[4].was_opened());
        }
        (Ok(databases), false) => {
            let others = ALL.iter().filter(|it| it.0 != name);
            for (other, _) in others {
                sum.missing += u64::from(databases.ready(other).await.is_err());
            }
            sum.wrong += u64::from(!matches!(databases.get(name), Err(Error::Databases(DatabasesError::NotOpen { .. }))));
            places[failing].mend();
            let came = tokio::time::timeout(Duration::from_secs(30), databases.ready(name)).await;
            sum.missing += u64::from(!matches!(came, Ok(Ok(_))));
        }
        (other, _) => {
            println!("with `{name}` failing: {other:?}");
            sum.wrong += 1;
        }
    }
}

/// How long the whole start takes, in hundredths of its slowest way: that of
/// `main` and then `audit`. Each took its time alone, over the same network.
async fn whole(ground: &Ground) -> Option<u64> {
    let (places, builders) = places(ground).await;
    if places.iter().any(|it| it.proxy.is_none()) {
        open(builders).await.unwrap();
        return None;
    }
    for place in &places {
        place.proxy.as_ref().unwrap().delay(ground.size(Duration::from_millis(20), Duration::from_millis(100)));
    }
    let mut alone = Vec::new();
    for place in &places {
        let url = place.proxy.as_ref().unwrap().url(ground.url());
        let begun = Instant::now();
        Db::open(&url).await.unwrap();
        alone.push(begun.elapsed());
    }
    let slowest = (alone[0] + alone[4]).max(alone[1]);
    let begun = Instant::now();
    let databases = open(builders).await.unwrap();
    let all = begun.elapsed();
    println!("slowest way {slowest:?}, whole start {all:?}");
    databases.close();
    Some(u64::try_from(all.as_micros() * 100 / slowest.as_micros()).unwrap())
}
