//! Experiments: what must hold when requests are dropped, servers die and disks are full.
//!
//! `cargo run --release -p orm-tests --bin faults -- FT-02 --engine postgres --seed 7 [--full]`
//! runs one and prints what it saw; its last line has the figures, and it ends
//! with an error if one is not what it must be. The small size of each is a case
//! of the suites.

mod ft_01_sweep;
mod ft_02_storm;
mod ft_03_ways_to_drop;
mod ft_04_panics;
mod ft_05_shutdown;
mod ft_06_restart;
mod ft_07_lost_backend;
mod ft_08_black_hole;
mod ft_09_half_open;
mod ft_10_slow_network;
mod ft_13_exhaustion;
mod ft_14_self_deadlock;
mod ft_15_churn;
mod ft_16_changes;
mod ft_17_leak;
mod ft_18_sessions;
mod ft_19_deadline;
mod ft_20_reloads;
mod ft_21_model;
mod ft_22_caught_error;
mod ft_23_deadlock;
mod ft_24_serializable;
mod ft_25_order_of_ends;
mod ft_26_implicit_commit;
mod ft_28_session_state;
mod ft_30_disk_full;
mod ft_31_busy;
mod ft_32_endless_query;
mod ft_36_slow_consumer;
mod ft_46_pooled_transactions;
mod ft_49_health;
mod ft_50_breaker;
mod ft_51_staged_start;
mod ft_52_group;
mod ft_53_resize;
mod ft_54_warm_up;
mod ft_55_same_age;
mod ft_56_lull;
mod ft_57_times;
pub(crate) mod ground;
mod operations;
mod program;
mod seen;
pub(crate) mod servers;
mod storm;
mod times;

pub use self::program::main;

use std::pin::Pin;

use orm::Engine;

use crate::faults::ground::Ground;
use crate::faults::seen::{Seen, name};
use crate::{Test, cases};

/// An experiment.
pub(crate) struct Experiment {
    /// `FT-02`.
    pub(crate) id: &'static str,
    /// What must hold, in one sentence.
    pub(crate) what: &'static str,
    /// The databases it makes sense on.
    pub(crate) engines: &'static [Engine],
    pub(crate) run: fn(Ground) -> Pin<Box<dyn Future<Output = Seen> + Send>>,
}

pub(crate) const ALL: &[Engine] = &[Engine::Sqlite, Engine::Postgres, Engine::MySql];
const SQLITE: &[Engine] = &[Engine::Sqlite];
const POSTGRES: &[Engine] = &[Engine::Postgres];
const MYSQL: &[Engine] = &[Engine::MySql];
const SERVERS: &[Engine] = &[Engine::Postgres, Engine::MySql];

/// Takes a minute on a server, unless it is stopped.
const fn minute(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "SELECT CAST(pg_sleep(60) AS text)",
        _ => "SELECT SLEEP(60)",
    }
}

/// Names the experiments: the program's list, and a case of the suites for each.
macro_rules! experiments {
    ($($module:ident $id:literal $engines:expr, $what:literal;)*) => {
        pub(crate) const EXPERIMENTS: &[Experiment] = &[
            $(Experiment { id: $id, what: $what, engines: $engines, run: |ground| Box::pin($module::run(ground)) }),*
        ];

        $(async fn $module(t: Test) {
            small($id, t).await;
        })*

        cases![$($module),*];
    };
}

experiments! {
    ft_01_sweep "FT-01" ALL, "Whatever public operation is dropped at whatever point where it waits, the next session finds all in order.";
    ft_02_storm "FT-02" ALL, "Among futures that are dropped at any moment, nothing acknowledged is lost and nothing undone stays.";
    ft_03_ways_to_drop "FT-03" ALL, "Time-outs, select!, aborted tasks and clients that hang up lose nothing and tear nothing.";
    ft_04_panics "FT-04" ALL, "A panic of the program's code is an error that names it, undoes its write and touches nobody else.";
    ft_05_shutdown "FT-05" ALL, "A runtime that is shut down at once leaves no transaction and no lock on the server.";
    ft_06_restart "FT-06" SERVERS, "A server that is started again under load loses nothing that was acknowledged, and nothing is stored twice.";
    ft_07_lost_backend "FT-07" SERVERS, "A transaction whose connection the server ends fails, and nothing of it stays.";
    ft_08_black_hole "FT-08" SERVERS, "A network that falls silent takes connections, but no place in the pool: once it speaks, all are there again.";
    ft_09_half_open "FT-09" SERVERS, "Connections that were forgotten at rest cost who comes next one time to answer, and not one each.";
    ft_10_slow_network "FT-10" SERVERS, "Over a slow network the server, too, stops at the deadline of the request.";
    ft_13_exhaustion "FT-13" ALL, "Who waits for a connection gets it in the order of coming, and more work than can be done costs no work.";
    ft_14_self_deadlock "FT-14" ALL, "A task that waits for the connection that it has itself is told so, with both places.";
    ft_15_churn "FT-15" ALL, "However many wait and give up, no more connections are opened than there are places.";
    ft_16_changes "FT-16" ALL, "A pool that is changed while it is used fails nobody, and never has more connections than it may.";
    ft_17_leak "FT-17" ALL, "A connection that is kept for long is reported once, with its place, and again when it comes back.";
    ft_18_sessions "FT-18" ALL, "Sessions that are opened and closed leave no memory, no file and no task behind.";
    ft_19_deadline "FT-19" ALL, "A shutdown returns after its deadline, also where somebody never lets go, and says who.";
    ft_20_reloads "FT-20" ALL, "Size, credentials and host are changed while requests are served, and none fails.";
    ft_21_model "FT-21" ALL, "Random programs of nested transactions leave what a model in memory says.";
    ft_22_caught_error "FT-22" POSTGRES, "After an error that was caught, PostgreSQL's transaction takes no statement and is not committed.";
    ft_23_deadlock "FT-23" SERVERS, "Whoever gives way in a deadlock is run again, once and wholly, and does nothing outside of its transaction.";
    ft_24_serializable "FT-24" POSTGRES, "Serializable transactions that are run again lose no transfer, and let no two of them overlook each other.";
    ft_25_order_of_ends "FT-25" ALL, "Levels that are used out of order are refused, and the state stays right.";
    ft_26_implicit_commit "FT-26" MYSQL, "Nothing commits a transaction but its end.";
    ft_28_session_state "FT-28" ALL, "What SQL text changes on a connection, the next one who has it does not find.";
    ft_30_disk_full "FT-30" SQLITE, "A full disk undoes the whole transaction, and the next session works once there is room.";
    ft_31_busy "FT-31" SQLITE, "Many writers of one file, also of two processes, get their turn; readers do not wait.";
    ft_32_endless_query "FT-32" SQLITE, "A query that never ends frees its connection at its deadline.";
    ft_36_slow_consumer "FT-36" ALL, "A stream that is left alone holds nothing, and one that is dropped reads no further.";
    ft_46_pooled_transactions "FT-46" POSTGRES, "Behind a pooler of transactions, every answer is that of its own statement.";
    ft_49_health "FT-49" ALL, "A busy database is ready and degraded, one that is away is not ready, and the program is live with both.";
    ft_50_breaker "FT-50" ALL, "A circuit breaker leaves an ill database alone, asks it once in a while, and trusts it when it answers.";
    ft_51_staged_start "FT-51" ALL, "Five databases are opened in their order and at the same time; what fails stops the start or comes later.";
    ft_52_group "FT-52" ALL, "When one of several queries of a request fails, the others are stopped on the server.";
    ft_53_resize "FT-53" ALL, "Who waits has a connection as soon as the pool may have one more, and what is one too many goes with its hold.";
    ft_54_warm_up "FT-54" ALL, "Connections that are kept ready are opened at the same time.";
    ft_55_same_age "FT-55" ALL, "Of connections that are equally old no more than a tenth are closed in the same second.";
    ft_56_lull "FT-56" ALL, "A pool that is hardly used any more becomes as small as it is to be.";
    ft_57_times "FT-57" ALL, "Each time that can be set is kept, in whatever phase it runs out.";
}

/// The small size, in the suites.
async fn small(id: &'static str, t: Test) {
    let experiment = EXPERIMENTS.iter().find(|it| it.id == id).unwrap();
    let engine = t.engine();
    if !experiment.engines.iter().any(|it| name(*it) == name(engine)) {
        return;
    }
    let seen = (experiment.run)(Ground::new(t, 7, false)).await;
    println!("{}", seen.line(id, engine));
    assert_eq!(seen.missed(), Vec::<String>::new(), "{id} on {}", engine.name());
}
