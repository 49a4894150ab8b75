//! What stands beside a column: values, references to them, and lists; and what
//! of a column is never read.

use orm::prelude::*;
use orm::{Error, list};

use crate::{Test, cases};

cases![
    values_are_compared_by_reference,
    the_smallest_and_largest_of_types_of_the_program,
    an_empty_list_of_rows_holds_nothing,
    a_column_that_is_never_read_cannot_be_selected,
];

#[derive(Debug, Clone, Copy, PartialEq, Field)]
struct Score(i32);

#[derive(Debug, Clone, Copy, PartialEq, Field)]
enum Level {
    Low,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Field)]
#[orm(integer)]
enum Rank {
    First = 1,
    Second = 2,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Player {
    #[orm(key, auto)]
    id: i64,
    name: String,
    email: Option<String>,
    score: Score,
    best: Option<Score>,
    level: Level,
    rank: Rank,
    #[orm(write_only)]
    secret: String,
}

fn player(name: &str, score: i32) -> Player {
    let (level, rank) = if score > 10 { (Level::High, Rank::First) } else { (Level::Low, Rank::Second) };
    Player { id: 0, name: name.into(), email: None, score: Score(score), best: None, level, rank, secret: "hidden".into() }
}

async fn players(t: &Test) {
    t.create_tables::<Player>().await.unwrap();
    let bob = Player { email: Some("b@x".into()), best: Some(Score(7)), ..player("bob", 20) };
    t.create_many([player("ann", 5), bob, player("cid", 30)]).await.unwrap();
}

async fn values_are_compared_by_reference(t: Test) {
    players(&t).await;
    let (name, email, score) = ("bob".to_owned(), "b@x".to_owned(), Score(20));
    let conditions = [
        Player::NAME.eq(&name),
        Player::NAME.eq(name.as_str()),
        Player::NAME.eq(name.clone()),
        Player::EMAIL.eq(&email),
        Player::EMAIL.eq(email.as_str()),
        Player::EMAIL.eq(Some(email.clone())),
        Player::EMAIL.eq(&Some(email.clone())),
        Player::SCORE.eq(&score),
        Player::BEST.eq(&Score(7)),
        Player::NAME.is_in([&name]),
        Player::EMAIL.is_in([&email]),
        Player::EMAIL.ne(None),
        Player::NAME.between(&name, &name),
        (Player::NAME, Player::EMAIL).eq((&name, &email)),
    ];
    for condition in conditions {
        let found = t.find().where_(condition.clone()).select(Player::ID).await.unwrap();
        assert_eq!(found, [2], "{condition:?}");
    }
    assert_eq!(t.update_all(Player::NAME.eq(&name)).set(Player::NAME, &email).set(Player::EMAIL, &name).await.unwrap(), 1);
    assert_eq!(t.find().order(Player::ID.asc()).select(Player::NAME).await.unwrap(), ["ann", "b@x", "cid"]);
}

async fn the_smallest_and_largest_of_types_of_the_program(t: Test) {
    players(&t).await;
    let figures = (Player::SCORE.min(), Player::SCORE.max(), Player::BEST.max(), Player::LEVEL.min(), Player::RANK.max());
    let found = t.find::<Player>().select(figures).first().await.unwrap().unwrap();
    assert_eq!(found, (Some(Score(5)), Some(Score(30)), Some(Score(7)), Some(Level::High), Some(Rank::Second)));
    let none = t.find().where_(Player::ID.lt(0)).select(Player::SCORE.min()).first().await.unwrap();
    assert_eq!(none, Some(None));
}

async fn an_empty_list_of_rows_holds_nothing(t: Test) {
    players(&t).await;
    let names = async |condition: Predicate<Player>| {
        t.find().where_(condition).order(Player::ID.asc()).select(Player::NAME).await.unwrap().join(" ")
    };
    let none: [(i64, &str); 0] = [];
    assert_eq!(names(sql("(id, name) IN ?", list([(1, "ann"), (2, "cid")]))).await, "ann");
    assert_eq!(names(sql("(id, name) IN ?", list(none))).await, "");
    assert_eq!(names(sql("id > ? AND (id, lower(name)) NOT IN ?", (1, list(none)))).await, "bob cid");
    assert_eq!(names(sql("coalesce(id, 7) IN ?", list(Vec::<i64>::new()))).await, "");
    assert_eq!(names(sql("(id) NOT IN ?", list(Vec::<i64>::new()))).await, "ann bob cid");
    let typed: [(i64, String); 0] = [];
    assert_eq!(names((Player::ID, Player::NAME).is_in(typed.clone())).await, "");
    assert_eq!(names((Player::ID, Player::NAME).not_in(typed)).await, "ann bob cid");
}

async fn a_column_that_is_never_read_cannot_be_selected(t: Test) {
    players(&t).await;
    let all = || t.find::<Player>();
    let refused = [
        all().select(Player::SECRET).await.map(drop),
        all().select((Player::ID, Player::SECRET)).await.map(drop),
        all().select(Player::SECRET.concat("x")).await.map(drop),
        all().select(Player::SECRET.max()).await.map(drop),
        all().select(Player::SECRET).distinct().count().await.map(drop),
    ];
    for error in refused {
        let error = error.unwrap_err();
        assert!(matches!(&error, Error::Invalid(it) if it.contains("`Player.secret` is `write_only`")), "{error}");
    }
    // It can be compared, and counted.
    assert_eq!(t.find().where_(Player::SECRET.eq("hidden")).count().await.unwrap(), 3);
    assert_eq!(all().select(Player::SECRET.count()).first().await.unwrap(), Some(3));
    assert!(t.find::<Player>().await.unwrap().iter().all(|it| it.secret.is_empty()));
}
