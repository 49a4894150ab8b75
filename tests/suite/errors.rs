//! What went wrong, said in the same way by every database.

use orm::prelude::*;
use orm::{Engine, Error};

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_unique_violation_names_its_columns,
    a_unique_violation_of_others_tables_names_its_columns,
    a_unique_violation_in_sql_text_names_its_columns,
    a_foreign_key_violation_names_the_columns_of_the_table_that_was_written,
    one_foreign_key_of_several_is_told_where_the_database_tells,
    a_check_violation_names_its_column,
    a_not_null_violation_names_its_column,
    a_rule_of_another_table_is_not_blamed_on_the_model,
    a_table_that_lacks_a_column_of_the_model_is_named,
    an_unknown_column_in_sql_text_is_a_mistake_in_the_text,
    a_rolled_back_transaction_names_the_model_of_its_cause,
    a_record_that_is_not_there_is_told_with_what_was_done,
    a_record_that_does_not_decode_is_told_with_model_and_field,
    clients_are_told_what_they_can_do,
    sources_are_kept_and_hold_no_values,
    strings_in_sql_text_are_not_repeated,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(unique(site, day), unique(room, bed, name = "one a bed"))]
struct Booking {
    #[orm(key, auto)]
    id: i64,
    #[orm(unique)]
    code: String,
    #[orm(unique, column = "Second, code")]
    second: Option<i32>,
    site: i64,
    day: i32,
    room: Option<String>,
    bed: i32,
    #[orm(check = "places < 100")]
    places: u8,
}

/// A booking that breaks no rule with one of another number.
fn booking(n: i32) -> Booking {
    Booking { code: format!("c{n}"), second: Some(n), site: n.into(), day: n, room: Some(n.to_string()), bed: n, ..Booking::default() }
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Seat {
    #[orm(key)]
    row: i32,
    #[orm(key)]
    number: i32,
    guest: Option<i64>,
}

fn unique(error: &Error, model: &str, columns: &[&str]) {
    assert!(matches!(error, Error::UniqueViolation { model: it, .. } if it == model), "{error:?}");
    assert_eq!(error.columns(), columns, "{error:?}");
    assert!(error.is_constraint_violation() && error.to_string().contains(&columns.join(", ")), "{error}");
}

async fn a_unique_violation_names_its_columns(t: Test) {
    t.create_tables::<(Booking, Seat)>().await.unwrap();
    let [one, two] = <[Booking; 2]>::try_from(t.create_many([booking(1), booking(2)]).await.unwrap()).unwrap();

    let twice = async |twin: Booking| t.create(twin).await.unwrap_err();
    unique(&twice(Booking { code: "c1".into(), ..booking(3) }).await, "Booking", &["code"]);
    unique(&twice(Booking { second: Some(1), ..booking(3) }).await, "Booking", &["Second, code"]);
    unique(&twice(Booking { site: 1, day: 1, ..booking(3) }).await, "Booking", &["site", "day"]);
    unique(&twice(Booking { id: one.id, ..booking(3) }).await, "Booking", &["id"]);
    let named = twice(Booking { bed: 2, room: Some("2".into()), ..booking(3) }).await;
    unique(&named, "Booking", &["room", "bed"]);
    assert_eq!(named.constraint(), Some("one a bed"));

    unique(&t.create_many([booking(3), Booking { code: "c2".into(), ..booking(4) }]).await.unwrap_err(), "Booking", &["code"]);
    unique(&t.create_many([booking(3), Booking { code: "c3".into(), ..booking(4) }]).await.unwrap_err(), "Booking", &["code"]);
    unique(&t.update(two.clone()).set(Booking::CODE, "c1").await.unwrap_err(), "Booking", &["code"]);
    unique(&t.save(Booking { site: 1, day: 1, ..two.clone() }).await.unwrap_err(), "Booking", &["site", "day"]);
    unique(&t.update_all(Booking::ID.eq(two.id)).set(Booking::SECOND, 1).await.unwrap_err(), "Booking", &["Second, code"]);
    let nested = t.transaction(async |tx| tx.update(two.clone()).set(Booking::CODE, "c1").await).await.unwrap_err();
    unique(&nested, "Booking", &["code"]);
    assert_eq!(t.find().order(Booking::ID.asc()).await.unwrap(), [one, two]);

    let seat = |row, number| Seat { row, number, guest: None };
    t.create_many([seat(1, 1), seat(1, 2)]).await.unwrap();
    unique(&t.create(seat(1, 2)).await.unwrap_err(), "Seat", &["row", "number"]);
}

#[derive(Debug, Clone, Default, Model)]
#[orm(table = "members")]
struct Member {
    #[orm(key)]
    id: i64,
    name: String,
    email: String,
}

async fn a_unique_violation_of_others_tables_names_its_columns(t: Test) {
    t.plain().await.execute(
        "CREATE TABLE members (id BIGINT NOT NULL, name VARCHAR(20) NOT NULL, email VARCHAR(20) NOT NULL, CONSTRAINT pk_m PRIMARY KEY (id), \
         CONSTRAINT uq_1 UNIQUE (email, name)); CREATE UNIQUE INDEX ix_2 ON members (name)",
    ).await;
    let member = |id, name: &str, email: &str| Member { id, name: name.into(), email: email.into() };
    t.create(member(1, "ann", "a@x")).await.unwrap();
    unique(&t.create(member(1, "bob", "b@x")).await.unwrap_err(), "Member", &["id"]);
    unique(&t.create(member(2, "ann", "b@x")).await.unwrap_err(), "Member", &["name"]);
    t.plain().await.execute(if t.engine() == Engine::MariaDb { "DROP INDEX ix_2 ON members" } else { "DROP INDEX ix_2" }).await;
    unique(&t.create(member(2, "ann", "a@x")).await.unwrap_err(), "Member", &["email", "name"]);
}

async fn a_unique_violation_in_sql_text_names_its_columns(t: Test) {
    t.create_tables::<(Booking, Seat)>().await.unwrap();
    t.create_many([booking(1), booking(2)]).await.unwrap();
    t.create(Seat { row: 1, number: 1, guest: None }).await.unwrap();
    let run = async |sql: &'static str| t.raw(sql, ()).execute().await.unwrap_err();
    unique(&run("INSERT INTO bookings (code, site, day, bed, places) VALUES ('c1', 9, 9, 9, 9)").await, "bookings", &["code"]);
    unique(&run("INSERT INTO bookings (code, site, day, bed, places) VALUES ('c9', 1, 1, 9, 9)").await, "bookings", &["site", "day"]);
    unique(&run("UPDATE bookings SET bed = 1, room = '1' WHERE day = 2").await, "bookings", &["room", "bed"]);
    let seat = run(if t.engine() == Engine::MariaDb {
        "INSERT INTO seats (`row`, number) VALUES (1, 1)"
    } else {
        "INSERT INTO seats (row, number) VALUES (1, 1)"
    });
    unique(&seat.await, "seats", &["row", "number"]);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Pet {
    #[orm(key)]
    id: i64,
    owner: Option<i64>,
    seat_row: Option<i32>,
    seat_number: Option<i32>,
}

const PETS: &str = "CREATE TABLE pets (id BIGINT NOT NULL PRIMARY KEY, owner BIGINT, seat_row INT, seat_number INT, \
                    CONSTRAINT pets_owner FOREIGN KEY (owner) REFERENCES users (id))";

fn pet(id: i64, owner: Option<i64>) -> Pet {
    Pet { id, owner, seat_row: None, seat_number: None }
}

fn foreign(error: &Error, model: &str, columns: &[&str]) {
    assert!(matches!(error, Error::ForeignKeyViolation { model: it, .. } if it == model), "{error:?}");
    assert!(error.is_foreign_key_violation() && error.is_constraint_violation());
    assert_eq!(error.columns(), columns, "{error:?}");
}

async fn a_foreign_key_violation_names_the_columns_of_the_table_that_was_written(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.plain().await.execute(PETS).await;
    let ann = t.create(user("ann", 1)).await.unwrap();
    let bob = t.create(user("bob", 1)).await.unwrap();
    let rex = t.create(pet(1, Some(ann.id))).await.unwrap();

    foreign(&t.create(pet(2, Some(99))).await.unwrap_err(), "Pet", &["owner"]);
    foreign(&t.create_many([pet(2, None), pet(3, Some(99))]).await.unwrap_err(), "Pet", &["owner"]);
    foreign(&t.update(rex.clone()).set(Pet::OWNER, 99).await.unwrap_err(), "Pet", &["owner"]);
    foreign(&t.delete(ann.clone()).await.unwrap_err(), "User", &["id"]);
    foreign(&t.delete_all(User::NAME.eq("ann")).await.unwrap_err(), "User", &["id"]);
    foreign(&t.update_all(User::NAME.eq("ann")).set(User::ID, 50).await.unwrap_err(), "User", &["id"]);
    foreign(&t.raw("INSERT INTO pets (id, owner) VALUES (4, ?)", 99).execute().await.unwrap_err(), "pets", &["owner"]);
    foreign(&t.raw("DELETE FROM users WHERE name = ?", "ann").execute().await.unwrap_err(), "users", &["id"]);
    assert_eq!(t.find::<Pet>().await.unwrap(), [rex]);
    assert_eq!(t.find().order(User::ID.asc()).await.unwrap(), [ann, bob]);
}

async fn one_foreign_key_of_several_is_told_where_the_database_tells(t: Test) {
    t.create_tables::<(User, Seat)>().await.unwrap();
    let more = if t.engine() == Engine::MariaDb { "`row`" } else { "row" };
    let sql = PETS.replace("(id))", &format!("(id), FOREIGN KEY (seat_row, seat_number) REFERENCES seats ({more}, number))"));
    t.plain().await.execute(&sql).await;
    let seat = t.create(Seat { row: 1, number: 1, guest: None }).await.unwrap();
    let failed = t.create(Pet { seat_row: Some(1), seat_number: Some(2), ..pet(1, None) }).await.unwrap_err();
    foreign(&failed, "Pet", if t.engine() == Engine::Sqlite { &[] } else { &["seat_row", "seat_number"] });
    t.create(Pet { seat_row: Some(1), seat_number: Some(1), ..pet(1, None) }).await.unwrap();
    // Only one points to seats.
    foreign(&t.delete(seat).await.unwrap_err(), "Seat", &["row", "number"]);
}

async fn a_check_violation_names_its_column(t: Test) {
    t.create_tables::<Booking>().await.unwrap();
    let one = t.create(booking(1)).await.unwrap();
    for places in [100, 255] {
        let failed = t.create(Booking { places, ..booking(2) }).await.unwrap_err();
        assert!(matches!(&failed, Error::CheckViolation { model, .. } if model == "Booking"), "{failed:?}");
        assert!(failed.is_check_violation() && failed.constraint().is_some(), "{failed:?}");
        assert_eq!(failed.columns(), ["places"], "{failed:?}");
        let failed = t.update(one.clone()).set(Booking::PLACES, places).await.unwrap_err();
        assert_eq!(failed.columns(), ["places"], "{failed:?}");
    }
    // The check of the type, beside that of the model; MariaDB has such a type.
    let failed = t.update_all(Booking::ID.eq(one.id)).set(Booking::PLACES, Booking::PLACES.minus(1)).await.unwrap_err();
    assert!(failed.columns() == ["places"] || t.engine() == Engine::MariaDb, "{failed:?}");
    assert_eq!(t.find::<Booking>().await.unwrap(), [one]);
}

#[derive(Debug, Clone, Model)]
#[orm(table = "users")]
struct Loose {
    #[orm(key, auto)]
    id: i64,
    name: Option<String>,
    age: u8,
    active: bool,
}

async fn a_not_null_violation_names_its_column(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    let nameless = Loose { id: 0, name: None, age: 1, active: true };
    for failed in [
        t.create(nameless.clone()).await.unwrap_err(),
        t.create_many([nameless.clone(), nameless]).await.unwrap_err(),
        t.update_all(Loose::AGE.eq(1)).set(Loose::NAME, None).await.unwrap_err(),
    ] {
        assert!(matches!(&failed, Error::NotNullViolation { model, .. } if model == "Loose"), "{failed:?}");
        assert!(failed.is_not_null_violation() && failed.columns() == ["name"], "{failed:?}");
        assert_eq!(failed.to_string(), "Loose needs a value for name");
    }
    let raw = t.raw("INSERT INTO users (name, age, active) VALUES (NULL, 1, ?)", true).execute().await.unwrap_err();
    assert!(matches!(&raw, Error::NotNullViolation { model, .. } if model == "users"), "{raw:?}");
    assert_eq!(raw.columns(), ["name"]);
    assert_eq!(t.find::<User>().count().await.unwrap(), 1);
}

async fn a_rule_of_another_table_is_not_blamed_on_the_model(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let body = match t.engine() {
        Engine::Sqlite => "CREATE TRIGGER copy AFTER INSERT ON users BEGIN INSERT INTO log VALUES (1); END",
        Engine::Postgres => {
            "CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (1); RETURN NEW; END'; \
             CREATE TRIGGER copy AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION copy()"
        }
        // It names the index only, so that nothing is told of the table.
        _ => return,
    };
    let mut plain = t.plain().await;
    plain.execute("CREATE TABLE log (line BIGINT NOT NULL PRIMARY KEY)").await;
    plain.execute(body).await;
    t.create(user("ann", 1)).await.unwrap();
    unique(&t.create(user("bob", 1)).await.unwrap_err(), "log", &["line"]);
}

mod now {
    use super::*;

    #[derive(Debug, Clone, Default, Model)]
    #[orm(table = "users")]
    pub(super) struct Person {
        #[orm(key, auto)]
        pub(super) id: i64,
        pub(super) name: String,
        pub(super) nick: Option<String>,
    }
}
use now::Person;

async fn a_table_that_lacks_a_column_of_the_model_is_named(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 1)).await.unwrap();
    let person = || Person { id: ann.id, name: "ann".into(), nick: Some("a".into()) };
    for failed in [
        t.find::<Person>().await.unwrap_err(),
        t.find().where_(Person::NICK.eq("a")).count().await.unwrap_err(),
        t.find().order(Person::NICK.asc()).first().await.unwrap_err(),
        t.create(person()).await.unwrap_err(),
        t.create_many([person(), person()]).await.unwrap_err(),
        t.update(person()).set(Person::NICK, "b").await.unwrap_err(),
        t.save(person()).await.unwrap_err(),
        t.delete_all(Person::NICK.eq("a")).await.unwrap_err(),
    ] {
        let Error::MissingTableColumn { model: "Person", table: "users", column: "nick", .. } = &failed else { panic!("{failed:?}") };
        assert!(failed.to_string().contains("the table users has no column nick, which Person needs"), "{failed}");
    }
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
}

async fn an_unknown_column_in_sql_text_is_a_mistake_in_the_text(t: Test) {
    t.create_tables::<User>().await.unwrap();
    for failed in [
        t.raw("SELECT ghost FROM users", ()).fetch::<i32>().await.unwrap_err(),
        t.find::<User>().where_(sql("ghost = ?", 1)).await.unwrap_err(),
    ] {
        assert!(matches!(&failed, Error::Database { statement, .. } if statement.contains("ghost")), "{failed:?}");
        assert!(failed.to_string().matches("ghost").count() > 1, "{failed}");
    }
}

async fn a_rolled_back_transaction_names_the_model_of_its_cause(t: Test) {
    t.create_tables::<Booking>().await.unwrap();
    t.create(booking(1)).await.unwrap();
    let ended = t
        .transaction(async |tx| {
            unique(&tx.create(Booking { code: "c1".into(), ..booking(2) }).await.unwrap_err(), "Booking", &["code"]);
            let next = tx.create(booking(3)).await;
            if t.engine() == Engine::Postgres {
                let next = next.unwrap_err();
                let Error::TransactionAborted { cause } = &next else { panic!("{next:?}") };
                assert!(next.is_rolled_back() && cause.contains("Booking breaks the unique rule"), "{cause}");
            }
            Ok(())
        })
        .await;
    if t.engine() == Engine::Postgres {
        let ended = ended.unwrap_err();
        let Error::RolledBack { cause } = &ended else { panic!("{ended:?}") };
        assert!(
            ended.is_rolled_back() && cause.contains("Booking") && cause.contains("code") && !cause.contains("bookings breaks"),
            "{cause}"
        );
    }
}

async fn a_record_that_is_not_there_is_told_with_what_was_done(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("bystander", 1)).await.unwrap();
    let gone = User { id: 99, ..user("gone", 1) };
    for (failed, operation, text) in [
        (t.get::<User>(99).await.unwrap_err(), "get", "no User with this key"),
        (
            t.update(gone.clone()).set(User::AGE, 2).await.unwrap_err(),
            "update",
            "`update` found no User with this key: it does not exist, or was deleted meanwhile",
        ),
        (
            t.save(gone.clone()).await.unwrap_err(),
            "save",
            "`save` found no User with this key: it does not exist, or was deleted meanwhile",
        ),
        (t.delete(gone).await.unwrap_err(), "delete", "`delete` found no User with this key: it does not exist, or was deleted meanwhile"),
        (t.raw("SELECT id FROM users WHERE id = 99", ()).fetch_one::<i64>().await.unwrap_err(), "fetch_one", "`fetch_one` found no row"),
    ] {
        assert!(failed.is_not_found() && matches!(&failed, Error::NotFound { operation: it, .. } if *it == operation), "{failed:?}");
        assert_eq!(failed.to_string(), text);
    }
}

#[derive(Debug, Model)]
#[orm(table = "users")]
struct Wrong {
    #[orm(key, auto)]
    id: i64,
    email: String,
}

async fn a_record_that_does_not_decode_is_told_with_model_and_field(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create(user("ann", 1)).await.unwrap();
    let failed = t.find::<Wrong>().await.unwrap_err();
    assert_eq!(failed.to_string(), "cannot read Wrong.email as text: the database holds NULL");
    assert!(matches!(&failed, Error::Decode { column, .. } if column == "Wrong.email"));
}

async fn clients_are_told_what_they_can_do(t: Test) {
    t.create_tables::<Booking>().await.unwrap();
    t.create(booking(1)).await.unwrap();
    let said = |error: Error| error.public_message().into_owned();
    assert_eq!(said(t.get::<Booking>(99).await.unwrap_err()), "there is no such Booking");
    assert_eq!(said(t.create(Booking { code: "c1".into(), ..booking(2) }).await.unwrap_err()), "this code exists already");
    let twice = t.create(Booking { site: 1, day: 1, ..booking(2) }).await.unwrap_err();
    assert_eq!(said(twice), "this combination of site and day exists already");
    assert_eq!(said(t.create(Booking { places: 100, ..booking(2) }).await.unwrap_err()), "this value of places is not permitted");
    assert_eq!(said(t.raw("SELECT ghost FROM bookings", ()).fetch::<i32>().await.unwrap_err()), "something went wrong");
}

async fn sources_are_kept_and_hold_no_values(t: Test) {
    t.create_tables::<Booking>().await.unwrap();
    t.create(Booking { code: "s3cret".into(), ..booking(1) }).await.unwrap();
    let failed = t.create(Booking { code: "s3cret".into(), ..booking(2) }).await.unwrap_err();
    let source = std::error::Error::source(&failed).expect("what the database said");
    let code = match t.engine() {
        Engine::Sqlite => "2067",
        Engine::Postgres => "23505",
        _ => "1062",
    };
    assert!(source.to_string().contains(code), "{source}");
    assert!(!format!("{failed} {failed:?} {source} {source:?}").contains("s3cret"));
}

async fn strings_in_sql_text_are_not_repeated(t: Test) {
    let failed = t.raw("SELECT ghost, 's3cret' FROM nowhere_at_all WHERE a = 's3cret'", ()).fetch::<i32>().await.unwrap_err();
    assert!(matches!(failed, Error::MissingTable { .. }), "{failed:?}");
    for text in ["SELECT 's3cret' 's3cret' FROM WHERE", "SELECT ghost('s3cret')", "SELECT 1 's3cret"] {
        let failed = t.raw(text, ()).fetch::<i32>().await.unwrap_err();
        assert!(!format!("{failed} {failed:?}").contains("s3cret"), "{failed:?}");
        assert!(failed.to_string().contains("SELECT"), "{failed}");
    }
    let failed = t.raw("SELECT 's3cret', ?, ?", 1).fetch::<i32>().await.unwrap_err();
    assert!(matches!(&failed, Error::BindCount { text, .. } if text == "SELECT '…', ?, ?"), "{failed:?}");
}
