//! Names: accents, case, wildcards, and names that are missing.

use super::models::{Artist, Customer, Track};
use super::{Chinook, Questions};
use crate::{Test, cases};

cases![questions_about_names_have_the_answers_of_plain_sql];

async fn questions_about_names_have_the_answers_of_plain_sql(t: Test) {
    let Some(c) = Chinook::open(t) else { return };
    c.load::<Artist>().await;
    c.load::<Customer>().await;
    c.load::<Track>().await;
    let q = &mut c.questions().await;
    an_accent_makes_another_letter(q).await;
    a_capital_makes_another_letter(q).await;
    names_are_in_the_order_of_their_letters(q).await;
    the_wildcards_of_a_searched_name_are_letters(q).await;
    quotes_and_backslashes_are_letters(q).await;
    patterns_count_characters(q).await;
    the_ends_of_names_are_compared(q).await;
    a_list_of_names_finds_them_as_they_are(q).await;
    a_missing_composer_is_no_other_composer(q).await;
    missing_names_come_first(q).await;
    a_list_with_none_finds_what_is_missing(q).await;
    customers_without_company_or_fax_are_found(q).await;
}

async fn an_accent_makes_another_letter(q: &mut Questions) {
    let ours = q.find().where_(Artist::NAME.contains("Antônio")).order(Artist::ARTIST_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM artist WHERE instr(name BYTEWISE, 'Antônio') > 0 ORDER BY artist_id").await;
    assert!(!q.find().where_(Artist::NAME.starts_with("Antonio Carlos")).exists().await.unwrap());
    let ours = q.find().where_(Customer::CITY.eq("São Paulo")).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE city BYTEWISE = 'São Paulo' ORDER BY customer_id").await;
    assert_eq!(q.find().where_(Customer::CITY.eq("Sao Paulo")).count().await.unwrap(), 0);
    let ours = q.find().where_(Customer::ADDRESS.contains("ß")).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE instr(address BYTEWISE, 'ß') > 0 ORDER BY customer_id").await;
}

async fn a_capital_makes_another_letter(q: &mut Questions) {
    q.same(q.find().where_(Artist::NAME.eq("AC/DC")).await.unwrap(), "SELECT * FROM artist WHERE name BYTEWISE = 'AC/DC'").await;
    assert!(!q.find().where_(Artist::NAME.eq("ac/dc")).exists().await.unwrap());
    for (part, theirs) in [
        ("Love", "SELECT count(*) FROM track WHERE instr(name BYTEWISE, 'Love') > 0"),
        ("love", "SELECT count(*) FROM track WHERE instr(name BYTEWISE, 'love') > 0"),
        ("LOVE", "SELECT count(*) FROM track WHERE instr(name BYTEWISE, 'LOVE') > 0"),
    ] {
        let ours = q.find().where_(Track::NAME.contains(part)).count().await.unwrap();
        assert_eq!(q.find().where_(Track::NAME.like(format!("%{part}%"))).count().await.unwrap(), ours);
        q.same([ours], theirs).await;
    }
}

async fn names_are_in_the_order_of_their_letters(q: &mut Questions) {
    let ours = q.find().order(Artist::NAME.asc()).order(Artist::ARTIST_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM artist ORDER BY name BYTEWISE, artist_id").await;
    let ours = q.find().order(Customer::LAST_NAME.desc()).order(Customer::FIRST_NAME.asc()).limit(30).await.unwrap();
    q.same(ours, "SELECT * FROM customer ORDER BY last_name BYTEWISE DESC, first_name BYTEWISE LIMIT 30").await;
    let ours = q.find().where_(Track::NAME.gt("Z")).where_(Track::NAME.lt("a")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE name BYTEWISE > 'Z' AND name BYTEWISE < 'a' ORDER BY track_id").await;
}

async fn the_wildcards_of_a_searched_name_are_letters(q: &mut Questions) {
    let ours = q.find().where_(Track::NAME.contains("%").or(Track::NAME.contains("_"))).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '%') > 0 OR instr(name, '_') > 0 ORDER BY track_id").await;
    let ours = q.find().where_(Track::NAME.like(r"%\%%")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '%') > 0 ORDER BY track_id").await;
    let ours = q.find().where_(Track::NAME.contains("!")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '!') > 0 ORDER BY track_id").await;
}

async fn quotes_and_backslashes_are_letters(q: &mut Questions) {
    let ours = q.find().where_(Track::NAME.contains("\\")).order(Track::TRACK_ID.asc()).await.unwrap();
    // The script's session reads backslashes as PostgreSQL and SQLite do.
    q.same(ours, r"SELECT * FROM track WHERE instr(name, '\') > 0 ORDER BY track_id").await;
    let ours = q.find().where_(Track::NAME.contains("'")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '''') > 0 ORDER BY track_id").await;
    let ours = q.find().where_(Track::NAME.contains("\"")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '\"') > 0 ORDER BY track_id").await;
    let ours = q.find().where_(Track::NAME.contains("?")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE instr(name, '?') > 0 ORDER BY track_id").await;
}

async fn patterns_count_characters(q: &mut Questions) {
    // Accents are one character each, of several bytes.
    let ours = q.find().where_(Customer::FIRST_NAME.like("____")).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours.clone(), "SELECT * FROM customer WHERE length(first_name) = 4 ORDER BY customer_id").await;
    assert!(ours.iter().any(|it| !it.first_name.is_ascii()));
    let ours = q.find().where_(Customer::FIRST_NAME.like("_a%")).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE substr(first_name BYTEWISE, 2, 1) = 'a' ORDER BY customer_id").await;
    let ours = q.find().where_(!Customer::FIRST_NAME.like("%a%")).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE instr(first_name BYTEWISE, 'a') = 0 ORDER BY customer_id").await;
}

async fn the_ends_of_names_are_compared(q: &mut Questions) {
    let ours = q.find().where_(Customer::EMAIL.ends_with(".br")).order(Customer::EMAIL.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE substr(email, length(email) - 2) = '.br' ORDER BY email BYTEWISE").await;
    let ours = q.find().where_(Track::NAME.starts_with("Á")).order(Track::TRACK_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM track WHERE substr(name BYTEWISE, 1, 1) = 'Á' ORDER BY track_id").await;
    let ours = q.find().where_(Track::COMPOSER.starts_with("The ").and(!Track::COMPOSER.ends_with("s"))).count().await.unwrap();
    let theirs = "SELECT count(*) FROM track WHERE substr(composer BYTEWISE, 1, 4) = 'The ' \
                  AND substr(composer BYTEWISE, length(composer)) <> 's'";
    q.same([ours], theirs).await;
}

async fn a_list_of_names_finds_them_as_they_are(q: &mut Questions) {
    let names = ["Brazil", "germany", "Canada", "Österreich", "Norway "];
    let ours = q.find().where_(Customer::COUNTRY.is_in(names)).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE country BYTEWISE IN ('Brazil', 'Canada') ORDER BY customer_id").await;
    let ours = q.find().where_(!Customer::COUNTRY.is_in(["USA", "usa"])).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM customer WHERE country <> 'USA'").await;
}

async fn a_missing_composer_is_no_other_composer(q: &mut Questions) {
    let ours = q.find().where_(Track::COMPOSER.is_none()).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE composer IS NULL").await;
    assert_eq!(q.find().where_(Track::COMPOSER.eq(None)).count().await.unwrap(), ours);
    let ours = q.find().where_(Track::COMPOSER.ne("AC/DC")).count().await.unwrap();
    q.same_count(ours, "SELECT count(*) FROM track WHERE composer <> 'AC/DC'").await;
    let ours = q.find().where_(Track::COMPOSER.ne(None)).count().await.unwrap();
    q.same_count(ours, "SELECT count(composer) FROM track").await;
}

async fn missing_names_come_first(q: &mut Questions) {
    let ours = q.find().order(Customer::COMPANY.asc()).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM customer ORDER BY CASE WHEN company IS NULL THEN 0 ELSE 1 END, company BYTEWISE, customer_id";
    q.same(ours, theirs).await;
    let ours = q.find().order(Customer::COMPANY.desc()).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    let theirs = "SELECT * FROM customer ORDER BY CASE WHEN company IS NULL THEN 1 ELSE 0 END, company BYTEWISE DESC, customer_id";
    q.same(ours, theirs).await;
}

async fn a_list_with_none_finds_what_is_missing(q: &mut Questions) {
    let states = [Some("SP".to_owned()), None, Some("CA".to_owned())];
    let found = Customer::STATE.is_in(states);
    let ours = q.find().where_(found.clone()).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE state IS NULL OR state IN ('SP', 'CA') ORDER BY customer_id").await;
    let ours = q.find().where_(!found).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE state NOT IN ('SP', 'CA') ORDER BY customer_id").await;
}

async fn customers_without_company_or_fax_are_found(q: &mut Questions) {
    let ours = q.find().where_(Customer::COMPANY.is_none().and(Customer::FAX.is_some())).order(Customer::CUSTOMER_ID.asc()).await.unwrap();
    q.same(ours, "SELECT * FROM customer WHERE company IS NULL AND fax IS NOT NULL ORDER BY customer_id").await;
    let text = "SELECT count(*), count(company), count(fax), count(state) FROM customers";
    let ours: (i64, i64, i64, i64) = q.raw(text, ()).fetch_one().await.unwrap();
    q.same([ours], "SELECT count(*), count(company), count(fax), count(state) FROM customer").await;
}
