//! Questions to the Chinook data, a shop for music, asked through `orm` and in
//! plain SQL: eleven tables, fifteen thousand rows, many accents.
//!
//! `ORM_TEST_CHINOOK` names the folder with its scripts `sqlite.sql`,
//! `postgres.sql` and `mysql.sql`
//! (<https://github.com/lerocha/chinook-database>), which are no part of this
//! repository. A script runs as it is, for plain SQL; what its `INSERT`s say is
//! stored through our models as well, beside it. The answers on PostgreSQL and
//! MariaDB must also be those of plain SQL on SQLite.

/// SQL text with a sum of integers that is one itself: MariaDB's is a decimal.
macro_rules! whole {
    ($q:expr, $before:literal, $sum:literal, $after:literal) => {
        if $q.engine().is_mysql_family() {
            concat!($before, " CAST(", $sum, " AS SIGNED) ", $after)
        } else {
            concat!($before, " CAST(", $sum, " AS bigint) ", $after)
        }
    };
}

/// SQL text with a sum of decimals of two digits, as an integer of cents.
///
/// SQLite stores them so, and cannot say of a sum how many digits it has: to
/// read it as a `Decimal` is refused.
macro_rules! cents {
    ($q:expr, $before:literal, $sum:literal, $after:literal) => {
        match $q.engine() {
            orm::Engine::Sqlite => concat!($before, " ", $sum, " ", $after),
            orm::Engine::Postgres => concat!($before, " CAST(100 * ", $sum, " AS bigint) ", $after),
            _ => concat!($before, " CAST(100 * ", $sum, " AS SIGNED) ", $after),
        }
    };
}

mod load;
mod models;
pub(super) mod questions_music;
pub(super) mod questions_playlists;
pub(super) mod questions_sales;
pub(super) mod questions_text;
mod text;
pub(super) mod writes;

use std::ops::Deref;

use orm::Engine;

use self::load::Script;
use self::models::Original;
use self::text::{Cells, localized};
use crate::{Plain, Test};

/// A database with tables of ours, and, for questions, those of the script.
struct Chinook {
    test: Test,
    script: Script,
}

impl Chinook {
    /// A database to load tables into, unless there are no scripts.
    fn open(test: Test) -> Option<Self> {
        let script = Script::read(test.engine())?;
        Some(Self { test, script })
    }

    /// Stores the rows of a table through its model, and returns them.
    async fn load<M: Original>(&self) -> Vec<M> {
        self.test.create_tables::<M>().await.unwrap();
        let rows = self.script.rows::<M>();
        let stored = self.test.create_many(rows.clone()).with_keys().await.unwrap();
        assert_eq!(stored, rows);
        rows
    }

    /// Runs the script, too, to compare with.
    async fn questions(self) -> Questions {
        let mut plain = self.test.plain().await;
        self.script.run(&mut plain).await;
        let engine = self.test.engine();
        let sqlite = if engine == Engine::Sqlite {
            None
        } else {
            let mut sqlite = Plain::open("sqlite::memory:").await;
            Script::read(Engine::Sqlite).expect("the folder is named").run(&mut sqlite).await;
            Some(sqlite)
        };
        Questions { test: self.test, plain, sqlite }
    }
}

impl Deref for Chinook {
    type Target = Test;

    fn deref(&self) -> &Test {
        &self.test
    }
}

/// Both kinds of tables; it is an [`orm::Db`] on ours.
struct Questions {
    test: Test,
    plain: Plain,
    /// Plain SQL on SQLite, where `test` is another database.
    sqlite: Option<Plain>,
}

impl Questions {
    /// Plain SQL on the script's tables has this answer, too, and it is not empty.
    async fn same<C: Cells>(&mut self, ours: impl IntoIterator<Item = C>, sql: &str) {
        let ours: Vec<_> = ours.into_iter().map(|it| it.cells()).collect();
        assert!(!ours.is_empty(), "the answer is empty, which proves little: {sql}");
        let theirs = self.plain.rows(&localized(sql, self.test.engine())).await;
        compare("orm", &ours, "plain SQL", &theirs, sql);
        if let Some(sqlite) = &mut self.sqlite {
            let reference = sqlite.rows(&localized(sql, Engine::Sqlite)).await;
            compare("here", &ours, "on SQLite", &reference, sql);
        }
    }

    /// The same of one figure.
    async fn same_count(&mut self, ours: u64, sql: &str) {
        assert_ne!(ours, 0, "the answer is zero, which proves little: {sql}");
        self.same([ours], sql).await;
    }
}

impl Deref for Questions {
    type Target = Test;

    fn deref(&self) -> &Test {
        &self.test
    }
}

fn compare(name: &str, ours: &[Vec<String>], their_name: &str, theirs: &[Vec<String>], sql: &str) {
    let different = ours.iter().zip(theirs).position(|(our, their)| our != their);
    if let Some(at) = different {
        panic!("{sql}\nrow {at} {name}: {:?}\n{their_name}: {:?}", ours[at], theirs[at]);
    }
    assert_eq!(ours.len(), theirs.len(), "rows {name} and {their_name}: {sql}");
}
