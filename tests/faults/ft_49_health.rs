//! FT-49: a database whose pool is exhausted, which is away, and which hangs,
//! asked how it is in equal periods. A replica that is away is one of two
//! databases here, which the program can do without.
//!
//! The server is behind a network that gets too slow. At full size it is one of its own,
//! which is stopped; in the suites the network is cut. SQLite's file is moved away.
//!
//! Seen failing with a `Health::ready` that takes its connection from the pool:
//! unready 1 (it waits for all of the phase), and blind 10 for a file that is gone.

use std::time::{Duration, Instant};

use orm::{DatabaseHealth, Databases, Db, DbBuilder, Degraded, Engine, Health, PoolOptions};
use tokio::sync::Semaphore;

use crate::faults::ground::Ground;
use crate::faults::seen::Seen;
use crate::faults::servers::Server;
use crate::faults::storm::Drop;
use crate::proxy::Proxy;
use crate::suite::Away;

const CONNECTIONS: usize = 2;

/// Within this it is said whether the program lives: nobody is asked for it.
const AT_ONCE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Sum {
    probes: u64,
    /// Liveness was denied, or waited for the database, while the handle was open.
    dead: u64,
    /// Readiness was denied where there was a database.
    unready: u64,
    /// An exhausted pool that was not said to be so.
    unsaid: u64,
    /// The most probes in one outage that said ready though there was none.
    blind: u64,
    /// How long the longest probe took, in milliseconds.
    longest: u128,
}

/// How the database is taken away.
enum Place {
    Away(Away),
    Server(Server, Proxy),
}

impl Place {
    async fn of(ground: &Ground) -> (Self, DbBuilder) {
        let options = PoolOptions::new().max_size(CONNECTIONS);
        if ground.engine() == Engine::Sqlite || ground.size(true, false) {
            let (away, builder) = Away::of(ground, options).await;
            return (Self::Away(away), builder);
        }
        let server = Server::start(ground.engine()).await;
        let proxy = Proxy::to(&server.url(), 0).await;
        let builder = Db::builder(&proxy.url(&server.url())).pool(options);
        (Self::Server(server, proxy), builder)
    }

    fn go(&self) {
        match self {
            Self::Away(it) => it.go(),
            Self::Server(it, _) => it.stop(),
        }
    }

    async fn come(&self) {
        match self {
            Self::Away(it) => it.come(),
            Self::Server(it, _) => {
                it.launch();
                it.ready().await;
            }
        }
    }

    /// What lets it hang: connections are taken, and nothing is answered in time.
    fn network(&self) -> Option<&Proxy> {
        match self {
            Self::Away(Away::Network(proxy)) | Self::Server(_, proxy) => Some(proxy),
            _ => None,
        }
    }
}

pub(crate) async fn run(ground: Ground) -> Seen {
    let (place, builder) = Place::of(&ground).await;
    let db = builder.open().await.unwrap();
    db.create_tables::<Drop>().await.unwrap();
    let period = ground.size(Duration::from_millis(20), Duration::from_secs(1));
    let phase = period * ground.size(10, 60);
    let mut sum = Sum::default();
    exhausted(&db, period, phase, &mut sum).await;
    place.go();
    away(&db, period, phase, &mut sum).await;
    place.come().await;
    sum.unready += u64::from(!Health::of(&db).ready().await);
    if let Some(network) = place.network() {
        network.delay(Duration::from_secs(5));
        away(&db, period, phase, &mut sum).await;
        network.delay(Duration::ZERO);
        // Whoever asks while the last question is still under way gets the answer to that.
        sum.unready += u64::from(!Health::of(&db).ready().await && !Health::of(&db).ready().await);
    }
    replica(&ground, period, phase, &mut sum).await;
    // One that is closed never works again, which only liveness says.
    let health = Health::of(&db);
    db.close();
    let undead = u64::from(health.live()) + u64::from(health.ready().await);
    Seen::new()
        .count("probes", sum.probes)
        .zero("dead", sum.dead)
        .zero("undead", undead)
        .zero("unready", sum.unready)
        .zero("unsaid", sum.unsaid)
        .within("blind", sum.blind, 0..=1)
        .within("longest_ms", sum.longest, ground.size(0..=10_000, 0..=1_000))
}

impl Sum {
    /// Asks once; says whether it is ready.
    async fn ask(&mut self, health: &Health, period: Duration) -> bool {
        let begun = Instant::now();
        let ready = health.ready().await;
        let asked = Instant::now();
        self.dead += u64::from(!health.live() || asked.elapsed() > AT_ONCE);
        self.asked(begun, period).await;
        ready
    }

    /// Waits for the end of a period in which was asked.
    async fn asked(&mut self, begun: Instant, period: Duration) {
        self.longest = self.longest.max(begun.elapsed().as_millis());
        self.probes += 1;
        tokio::time::sleep(period.saturating_sub(begun.elapsed())).await;
    }
}

/// All connections are lent for the whole phase.
async fn exhausted(db: &Db, period: Duration, phase: Duration, sum: &mut Sum) {
    let (held, over) = (Semaphore::new(0), Semaphore::new(0));
    let reading = db.session().read_only();
    let hold = || {
        reading.transaction(async |tx| {
            tx.find::<Drop>().count().await?;
            held.add_permits(1);
            over.acquire().await.unwrap().forget();
            Ok(())
        })
    };
    let asked = async {
        drop(held.acquire_many(2).await.unwrap());
        let (health, begun) = (Health::of(db), Instant::now());
        while begun.elapsed() < phase {
            sum.unready += u64::from(!sum.ask(&health, period).await);
            let said = health.degraded().contains(&Degraded::Exhausted { in_use: CONNECTIONS, max: CONNECTIONS });
            sum.unsaid += u64::from(!said);
        }
        over.add_permits(CONNECTIONS);
    };
    let (one, two, ()) = tokio::join!(hold(), hold(), asked);
    one.and(two).unwrap();
}

/// The database is away for the whole phase.
async fn away(db: &Db, period: Duration, phase: Duration, sum: &mut Sum) {
    let (health, begun) = (Health::of(db), Instant::now());
    let mut blind = 0;
    while begun.elapsed() < phase {
        blind += u64::from(sum.ask(&health, period).await);
    }
    sum.blind = sum.blind.max(blind);
}

/// One that the program can do without is away for the whole phase.
async fn replica(ground: &Ground, period: Duration, phase: Duration, sum: &mut Sum) {
    let (place, builder) = Place::of(ground).await;
    let main = match ground.engine() {
        Engine::Sqlite => Db::builder(&format!("{}-main", ground.url())),
        _ => ground.builder(),
    };
    let databases = Databases::builder().mandatory("main", main).optional("replica", builder).open().await.unwrap();
    databases.ready("replica").await.unwrap();
    place.go();
    let (mut blind, begun) = (0, Instant::now());
    while begun.elapsed() < phase {
        let asked = Instant::now();
        let health = databases.health(Duration::from_secs(1)).await;
        sum.unready += u64::from(!health.iter().all(|it| it.is_well() || !it.mandatory));
        blind += u64::from(health.iter().all(DatabaseHealth::is_well));
        let dead = databases.names().filter(|it| !Health::of(databases.get(it).unwrap()).live());
        sum.dead += dead.count() as u64;
        sum.asked(asked, period).await;
    }
    sum.blind = sum.blind.max(blind);
    place.come().await;
    let health = databases.health(Duration::from_secs(1)).await;
    sum.unready += u64::from(!health.iter().all(DatabaseHealth::is_well));
}
