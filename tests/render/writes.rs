//! Writes.

use orm::prelude::*;
use rust_decimal::Decimal;

use crate::{User, Visit, db, renders};

#[tokio::test]
async fn a_created_record_brings_its_key_back() {
    let db = db().await;
    renders!(db.create(User::default()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          INSERT INTO `users` (`name`, `age`, `email`, `is_active`) VALUES (?, ?, ?, ?)
        PostgreSQL:
          INSERT INTO "users" ("name", "age", "email", "is_active") VALUES ($1, $2, $3, $4) RETURNING "id"
    "#);
    renders!(db.create(User::default()).with_keys().statement(), @r#"
        SQLite, MariaDB, MySQL:
          INSERT INTO `users` (`id`, `name`, `age`, `email`, `is_active`) VALUES (?, ?, ?, ?, ?)
        PostgreSQL:
          INSERT INTO "users" ("id", "name", "age", "email", "is_active") VALUES ($1, $2, $3, $4, $5)
    "#);
    renders!(db.create(Visit::default()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          INSERT INTO `trial`.`site"``visits` (`site`, `number`, `cost`, `fee`) VALUES (?, ?, ?, ?)
        PostgreSQL:
          INSERT INTO "trial"."site""`visits" ("site", "number", "cost", "fee") VALUES ($1, $2, $3, $4)
    "#);
}

#[tokio::test]
async fn many_records_are_one_statement() {
    let db = db().await;
    renders!(db.create_many([User::default(), User::default()]).statement(), @r#"
        SQLite, MariaDB:
          INSERT INTO `users` (`name`, `age`, `email`, `is_active`) VALUES (?, ?, ?, ?), (?, ?, ?, ?) RETURNING `id`
        PostgreSQL:
          INSERT INTO "users" ("name", "age", "email", "is_active") SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[], $4::boolean[]) RETURNING "id"
        MySQL:
          INSERT INTO `users` (`name`, `age`, `email`, `is_active`) VALUES (?, ?, ?, ?), (?, ?, ?, ?)
    "#);
    renders!(db.create_many([Visit::default(), Visit::default()]).statement(), @r#"
        SQLite, MariaDB, MySQL:
          INSERT INTO `trial`.`site"``visits` (`site`, `number`, `cost`, `fee`) VALUES (?, ?, ?, ?), (?, ?, ?, ?)
        PostgreSQL:
          INSERT INTO "trial"."site""`visits" ("site", "number", "cost", "fee") SELECT * FROM unnest($1::integer[], $2::smallint[], $3::numeric[], $4::numeric[])
    "#);
}

#[tokio::test]
async fn an_update_names_what_is_set_and_the_key() {
    let db = db().await;
    renders!(db.update(User::default()).set(User::NAME, "ann").set(User::AGE, 30).statement(), @r#"
        SQLite, MariaDB, MySQL:
          UPDATE `users` SET `name` = ?, `age` = ? WHERE `id` = ?
        PostgreSQL:
          UPDATE "users" SET "name" = $1, "age" = $2 WHERE "id" = $3
    "#);
    renders!(db.update(User::default()).set(User::AGE, User::AGE.plus(1)).statement(), @r#"
        SQLite:
          UPDATE `users` SET `age` = CASE typeof(`age` + ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `age` + ? END WHERE `id` = ? RETURNING `id`, `name`, `age`, `email`, `is_active`
        PostgreSQL:
          UPDATE "users" SET "age" = "age"::bigint + $1 WHERE "id" = $2 RETURNING "id", "name", "age", "email", "is_active"
        MariaDB, MySQL:
          UPDATE `users` SET `age` = CAST(`age` AS SIGNED) + ? WHERE `id` = ?
    "#);
    renders!(db.update(Visit::default()).set(Visit::FEE, Visit::COST).statement(), @r#"
        SQLite:
          UPDATE `trial`.`site"``visits` SET `fee` = (CASE typeof(`cost` * 10000) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `cost` * 10000 END) WHERE `site` = ? AND `number` = ? RETURNING `site`, `number`, `cost`, `fee`
        PostgreSQL:
          UPDATE "trial"."site""`visits" SET "fee" = "cost" WHERE "site" = $1 AND "number" = $2 RETURNING "site", "number", "cost", "fee"
        MariaDB, MySQL:
          UPDATE `trial`.`site"``visits` SET `fee` = `cost` WHERE `site` = ? AND `number` = ?
    "#);
    renders!(db.update_all(every()).set(User::NAME, "x").set(User::EMAIL, User::NAME).statement(), @r#"
        SQLite, MariaDB:
          UPDATE `users` SET `name` = ?, `email` = `name`
        PostgreSQL:
          UPDATE "users" SET "name" = $1, "email" = "name"
        MySQL:
          error: MySQL cannot do this: set a column to what User.name was before it is set, too; set that one later
    "#);
    renders!(db.save(Visit::default()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          UPDATE `trial`.`site"``visits` SET `cost` = ?, `fee` = ? WHERE `site` = ? AND `number` = ?
        PostgreSQL:
          UPDATE "trial"."site""`visits" SET "cost" = $1, "fee" = $2 WHERE "site" = $3 AND "number" = $4
    "#);
    renders!(db.update(Visit::default()).set(Visit::COST, Visit::COST.plus(Decimal::ONE)).statement(), @r#"
        SQLite:
          UPDATE `trial`.`site"``visits` SET `cost` = (CASE typeof(`cost` + ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE `cost` + ? END) WHERE `site` = ? AND `number` = ? RETURNING `site`, `number`, `cost`, `fee`
        PostgreSQL:
          UPDATE "trial"."site""`visits" SET "cost" = "cost" + $1 WHERE "site" = $2 AND "number" = $3 RETURNING "site", "number", "cost", "fee"
        MariaDB, MySQL:
          UPDATE `trial`.`site"``visits` SET `cost` = `cost` + ? WHERE `site` = ? AND `number` = ?
    "#);
}

#[tokio::test]
async fn sets_of_records_are_changed_by_condition() {
    let db = db().await;
    renders!(db.update_all(User::ACTIVE.eq(false)).set(User::NAME, "gone").statement(), @r#"
        SQLite, MariaDB, MySQL:
          UPDATE `users` SET `name` = ? WHERE (`is_active` = ?)
        PostgreSQL:
          UPDATE "users" SET "name" = $1 WHERE ("is_active" = $2)
    "#);
    renders!(db.update_all(every()).set(User::EMAIL, None).statement(), @r#"
        SQLite, MariaDB, MySQL:
          UPDATE `users` SET `email` = ?
        PostgreSQL:
          UPDATE "users" SET "email" = $1
    "#);
    renders!(db.delete_all(User::AGE.lt(18)).statement(), @r#"
        SQLite, MariaDB, MySQL:
          DELETE FROM `users` WHERE (`age` < ?)
        PostgreSQL:
          DELETE FROM "users" WHERE ("age" < $1)
    "#);
    renders!(db.delete_all(every::<User>()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          DELETE FROM `users`
        PostgreSQL:
          DELETE FROM "users"
    "#);
    renders!(db.delete(Visit::default()).statement(), @r#"
        SQLite, MariaDB, MySQL:
          DELETE FROM `trial`.`site"``visits` WHERE `site` = ? AND `number` = ?
        PostgreSQL:
          DELETE FROM "trial"."site""`visits" WHERE "site" = $1 AND "number" = $2
    "#);
}
