//! Reads.

use orm::prelude::*;

use crate::{User, Visit, db, renders};

#[tokio::test]
async fn columns_are_named_one_by_one() {
    let db = db().await;
    renders!(db.find::<User>().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users`
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users"
    "#);
    renders!(db.find::<Visit>().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `site`, `number`, `cost`, `fee` FROM `trial`.`site"``visits`
        PostgreSQL:
          SELECT "site", "number", "cost", "fee" FROM "trial"."site""`visits"
    "#);
}

#[tokio::test]
async fn conditions_orders_and_limits_follow_each_other() {
    let db = db().await;
    let find = db.find().where_(User::AGE.gt(18)).where_(User::ACTIVE.eq(true)).order(User::NAME.asc()).order(User::EMAIL.desc());
    renders!(find.limit(10).offset(20).statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users` WHERE (`age` > ?) AND (`is_active` = ?) ORDER BY `name`, `email` DESC LIMIT ? OFFSET ?
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users" WHERE ("age" > $1) AND ("is_active" = $2) ORDER BY "name", "email" DESC NULLS LAST LIMIT $3 OFFSET $4
    "#);
    renders!(db.find::<User>().offset(20).statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users` LIMIT ? OFFSET ?
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users" OFFSET $1
    "#);
    renders!(db.find().order(sql("length(name) - ? DESC", 3)).order(User::ID.desc()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users` ORDER BY length(name) - ? DESC, `id` DESC
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users" ORDER BY length(name) - $1 DESC, "id" DESC
    "#);
}

#[tokio::test]
async fn nulls_are_sorted_only_where_they_can_be() {
    let db = db().await;
    renders!(db.find().order(User::EMAIL.asc()).order(User::AGE.asc()).order(User::AGE.desc()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users` ORDER BY `email`, `age`, `age` DESC
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users" ORDER BY "email" NULLS FIRST, "age", "age" DESC
    "#);
}

#[tokio::test]
async fn first_is_in_the_order_of_the_key() {
    let db = db().await;
    renders!(db.find::<Visit>().first().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `site`, `number`, `cost`, `fee` FROM `trial`.`site"``visits` ORDER BY `site`, `number` LIMIT ?
        PostgreSQL:
          SELECT "site", "number", "cost", "fee" FROM "trial"."site""`visits" ORDER BY "site", "number" LIMIT $1
    "#);
    renders!(db.find().order(User::AGE.desc()).first().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT `id`, `name`, `age`, `email`, `is_active` FROM `users` ORDER BY `age` DESC LIMIT ?
        PostgreSQL:
          SELECT "id", "name", "age", "email", "is_active" FROM "users" ORDER BY "age" DESC LIMIT $1
    "#);
}

#[tokio::test]
async fn figures_are_read_instead_of_columns() {
    let db = db().await;
    renders!(db.find().where_(User::AGE.gt(18)).order(User::AGE.asc()).count().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM `users` WHERE (`age` > ?)
        PostgreSQL:
          SELECT count(*) FROM "users" WHERE ("age" > $1)
    "#);
    renders!(db.find().where_(User::AGE.gt(18)).limit(5).count().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT count(*) FROM (SELECT 1 FROM `users` WHERE (`age` > ?) LIMIT ?) AS counted
        PostgreSQL:
          SELECT count(*) FROM (SELECT 1 FROM "users" WHERE ("age" > $1) LIMIT $2) AS counted
    "#);
    renders!(db.find().where_(User::AGE.gt(18)).exists().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT 1 FROM `users` WHERE (`age` > ?) LIMIT ?
        PostgreSQL:
          SELECT 1 FROM "users" WHERE ("age" > $1) LIMIT $2
    "#);
    renders!(db.find::<User>().limit(0).exists().statement(), @r#"
        SQLite, MariaDB, MySQL:
          SELECT 1 FROM `users` LIMIT ?
        PostgreSQL:
          SELECT 1 FROM "users" LIMIT $1
    "#);
}
