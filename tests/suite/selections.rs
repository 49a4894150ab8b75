//! Reading columns, expressions, groups.

use orm::Error;
use orm::prelude::*;
use rust_decimal::Decimal;

use crate::{Test, cases};

cases![
    columns_are_read_into_tuples,
    one_column_is_read_into_values,
    aggregates_make_one_row,
    aggregates_of_nothing_are_null,
    groups_make_a_row_each,
    groups_are_chosen_by_conditions,
    groups_of_expressions_may_have_values_in_them,
    distinct_rows_are_read_once,
    rows_and_groups_are_counted,
    what_is_not_grouped_is_not_read,
    a_selection_passes_the_chain,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Visit {
    #[orm(key)]
    id: i64,
    site: String,
    minutes: i32,
    cost: Decimal,
    score: Option<f64>,
    day: Option<chrono::NaiveDate>,
}

async fn five(t: &Test) {
    t.create_tables::<Visit>().await.unwrap();
    let day = |day| chrono::NaiveDate::from_ymd_opt(2024, 5, day);
    let visit =
        |id, site: &str, minutes, cost: i64, score, day| Visit { id, site: site.into(), minutes, cost: Decimal::new(cost, 2), score, day };
    let visits = [
        visit(1, "bern", 10, 1_050, Some(1.5), day(1)),
        visit(2, "bern", 20, 25, None, day(2)),
        visit(3, "basel", 30, -100, Some(2.5), None),
        visit(4, "basel", 30, 0, None, day(1)),
        visit(5, "zug", 5, 1, None, None),
    ];
    t.create_many(visits).await.unwrap();
}

async fn columns_are_read_into_tuples(t: Test) {
    five(&t).await;
    let read: Vec<(i64, String, Option<f64>)> = t
        .find()
        .where_(Visit::MINUTES.ge(20))
        .select((Visit::ID, Visit::SITE, Visit::SCORE))
        .order(Visit::ID.desc())
        .limit(2)
        .await
        .unwrap();
    assert_eq!(read, [(4, "basel".into(), None), (3, "basel".into(), Some(2.5))]);
    let read = t.find::<Visit>().order(Visit::ID.asc()).select((Visit::COST, Visit::DAY)).offset(3).await.unwrap();
    assert_eq!(read, [(Decimal::ZERO, chrono::NaiveDate::from_ymd_opt(2024, 5, 1)), (Decimal::new(1, 2), None)]);
    // Twice the same, and in any order.
    let read = t.find().where_(Visit::ID.eq(1)).select((Visit::MINUTES, Visit::ID, Visit::MINUTES)).await.unwrap();
    assert_eq!(read, [(10, 1, 10)]);
}

async fn one_column_is_read_into_values(t: Test) {
    five(&t).await;
    assert_eq!(t.find::<Visit>().select(Visit::SITE).order(Visit::ID.asc()).first().await.unwrap().as_deref(), Some("bern"));
    assert_eq!(t.find().where_(Visit::ID.gt(3)).select(Visit::MINUTES.plus(1)).order(Visit::ID.asc()).await.unwrap(), [31, 6]);
    assert_eq!(t.find().where_(Visit::ID.gt(9)).select(Visit::SITE).first().await.unwrap(), None);
}

async fn aggregates_make_one_row(t: Test) {
    five(&t).await;
    let read = t.find::<Visit>().select((
        orm::count(),
        Visit::SCORE.count(),
        Visit::SITE.count_distinct(),
        Visit::MINUTES.sum(),
        Visit::MINUTES.avg(),
        Visit::COST.sum(),
        Visit::COST.min(),
        Visit::SITE.max(),
        Visit::DAY.max(),
        Visit::SCORE.sum(),
    ));
    let day = chrono::NaiveDate::from_ymd_opt(2024, 5, 2);
    let (cost, least) = (Some(Decimal::new(976, 2)), Some(Decimal::new(-100, 2)));
    assert_eq!(read.await.unwrap(), [(5, 2, 3, Some(95), Some(19.0), cost, least, Some("zug".to_owned()), day, Some(4.0))]);
    assert_eq!(t.find::<Visit>().select(Visit::COST.avg()).await.unwrap(), [Some(1.952)]);
    assert_eq!(t.find::<Visit>().select(Visit::MINUTES.times(2).sum()).await.unwrap(), [Some(190)]);
    assert_eq!(t.find::<Visit>().select(Visit::MINUTES.sum().plus(5)).await.unwrap(), [Some(100)]);
    let busy = case_when(Visit::MINUTES.ge(20), 1_i64).otherwise(0);
    assert_eq!(t.find().select(busy.sum()).await.unwrap(), [Some(3)]);
}

async fn aggregates_of_nothing_are_null(t: Test) {
    five(&t).await;
    let none = || t.find().where_(Visit::ID.gt(9));
    let read = none().select((orm::count(), Visit::MINUTES.sum(), Visit::MINUTES.avg(), Visit::SITE.min(), Visit::COST.sum()));
    assert_eq!(read.await.unwrap(), [(0, None, None, None, None)]);
    assert_eq!(none().select(Visit::SCORE.max()).await.unwrap(), [None]);
}

async fn groups_make_a_row_each(t: Test) {
    five(&t).await;
    let read = t.find::<Visit>().select((Visit::SITE, orm::count(), Visit::COST.sum())).group_by(Visit::SITE).order(Visit::SITE.asc());
    let expected = [("basel", 2, -100), ("bern", 2, 1_075), ("zug", 1, 1)];
    assert_eq!(read.await.unwrap(), expected.map(|(a, b, c)| (a.to_owned(), b, Some(Decimal::new(c, 2)))));
    let read = t.find::<Visit>().select((Visit::SITE, Visit::MINUTES, orm::count())).group_by((Visit::SITE, Visit::MINUTES));
    let read = read.order(orm::count().desc()).order(Visit::MINUTES.asc()).limit(2).await.unwrap();
    assert_eq!(read, [("basel".into(), 30, 2), ("zug".into(), 5, 1)]);
}

async fn groups_are_chosen_by_conditions(t: Test) {
    five(&t).await;
    let sites = || t.find::<Visit>().select(Visit::SITE).group_by(Visit::SITE).order(Visit::SITE.asc());
    assert_eq!(sites().having(orm::count().gt(1)).await.unwrap(), ["basel", "bern"]);
    assert_eq!(sites().having(orm::count().gt(1)).having(Visit::MINUTES.sum().lt(40)).await.unwrap(), ["bern"]);
    assert_eq!(sites().having(Visit::COST.sum().gt(Decimal::new(5, 1))).await.unwrap(), ["bern"]);
    assert_eq!(sites().having(Visit::SITE.ne("zug").and(Visit::SCORE.count().eq(1))).await.unwrap(), ["basel", "bern"]);
    assert_eq!(sites().where_(Visit::ID.gt(2)).having(orm::count().eq(1)).await.unwrap(), ["zug"]);
}

async fn groups_of_expressions_may_have_values_in_them(t: Test) {
    five(&t).await;
    let long = || case_when(Visit::MINUTES.ge(20), "long").otherwise("short");
    let read = t.find().select((long(), orm::count())).group_by(long()).order(long().asc());
    assert_eq!(read.await.unwrap(), [("long".into(), 3), ("short".into(), 2)]);
    let tens = || Visit::MINUTES.divided_by(10);
    let read = t.find::<Visit>().select((tens(), Visit::ID.max())).group_by(tens()).order(tens().desc());
    assert_eq!(read.await.unwrap(), [(3, Some(4)), (2, Some(2)), (1, Some(1)), (0, Some(5))]);
}

async fn distinct_rows_are_read_once(t: Test) {
    five(&t).await;
    let sites = || t.find::<Visit>().select(Visit::SITE).distinct();
    assert_eq!(sites().order(Visit::SITE.desc()).await.unwrap(), ["zug", "bern", "basel"]);
    assert_eq!(t.find::<Visit>().select((Visit::SITE, Visit::MINUTES)).distinct().count().await.unwrap(), 4);
    let error = sites().order(Visit::ID.asc()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
}

async fn rows_and_groups_are_counted(t: Test) {
    five(&t).await;
    let sites = || t.find::<Visit>().select(Visit::SITE);
    assert_eq!(sites().count().await.unwrap(), 5);
    assert_eq!(sites().distinct().count().await.unwrap(), 3);
    assert_eq!(sites().group_by(Visit::SITE).count().await.unwrap(), 3);
    assert_eq!(sites().group_by(Visit::SITE).having(orm::count().gt(1)).count().await.unwrap(), 2);
    assert_eq!(sites().limit(2).count().await.unwrap(), 2);
    assert_eq!(t.find().where_(Visit::ID.gt(9)).select((Visit::ID, Visit::ID)).count().await.unwrap(), 0);
}

async fn what_is_not_grouped_is_not_read(t: Test) {
    five(&t).await;
    let failing = [
        t.find::<Visit>().select((Visit::SITE, Visit::MINUTES)).group_by(Visit::SITE).await.unwrap_err(),
        t.find::<Visit>().select((Visit::SITE, Visit::MINUTES.sum())).await.unwrap_err(),
        t.find::<Visit>().select((Visit::SITE, orm::count())).group_by(Visit::SITE).order(Visit::ID.asc()).await.unwrap_err(),
        t.find::<Visit>().select((Visit::SITE, orm::count())).group_by(Visit::SITE).having(Visit::ID.gt(1)).await.unwrap_err(),
    ];
    for error in failing {
        assert!(error.to_string().contains("group_by"), "{error}");
    }
}

async fn a_selection_passes_the_chain(t: Test) {
    async fn only_bern(cx: &mut Context) -> orm::Result<()> {
        cx.add_condition(Visit::SITE.eq("bern"));
        Ok(())
    }
    five(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.query().before("*").register("test:bern", only_bern);
        })
        .unwrap();
    assert_eq!(db.find::<Visit>().select(Visit::ID).order(Visit::ID.asc()).await.unwrap(), [1, 2]);
    assert_eq!(db.find::<Visit>().select(orm::count()).await.unwrap(), [2]);
}
