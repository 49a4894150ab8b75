//! The same program means the same on every database.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use orm::prelude::*;
use orm::{Engine, Error, Order};
use rust_decimal::Decimal;

use crate::{Test, cases};

cases![
    texts_are_equal_only_code_point_by_code_point,
    unique_texts_may_differ_in_case_accents_and_spaces,
    like_and_its_kind_tell_cases_apart,
    text_is_sorted_by_code_point,
    null_is_before_everything_in_ascending_order,
    a_sum_in_a_condition_is_counted_in_64_bits,
    a_sum_beyond_64_bits_is_an_error_in_a_condition,
    a_sum_of_floating_point_numbers_is_finite_or_an_error,
    decimals_are_exact_and_sorted_as_numbers,
    decimals_of_different_digits_go_together,
    a_decimal_is_never_rounded_into_a_column,
    times_are_sorted_and_compared_as_times,
    the_day_of_a_time_does_not_depend_on_the_server,
    affected_rows_are_those_that_matched,
    booleans_are_true_or_false,
    keys_of_text_and_of_several_columns_are_told_apart,
    a_key_that_a_record_brought_is_kept,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Word {
    #[orm(key)]
    id: i64,
    text: String,
    #[orm(unique)]
    code: Option<String>,
    rank: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Price {
    #[orm(key)]
    id: i64,
    amount: Decimal,
    #[orm(precision = 10, scale = 2)]
    net: Decimal,
    #[orm(precision = 18, scale = 0)]
    whole: Option<Decimal>,
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Event {
    #[orm(key)]
    id: i64,
    at: DateTime<Utc>,
    local: NaiveDateTime,
    day: NaiveDate,
    done: bool,
    count: i64,
    level: u8,
    small: i16,
    real: f64,
}

async fn words(t: &Test, texts: &[&str]) {
    t.create_tables::<Word>().await.unwrap();
    let words = (1..).zip(texts).map(|(id, text)| Word { id, text: (*text).into(), ..Word::default() });
    t.create_many(words).await.unwrap();
}

async fn found(t: &Test, condition: Predicate<Word>) -> Vec<String> {
    t.find().where_(condition).order(Word::ID.asc()).await.unwrap().into_iter().map(|it| it.text).collect()
}

fn price(id: i64, amount: &str) -> Price {
    let amount: Decimal = amount.parse().unwrap();
    Price { id, amount, net: amount.round_dp(2), whole: None }
}

fn event(id: i64, at: &str) -> Event {
    let local: NaiveDateTime = at.parse().unwrap();
    Event { id, at: local.and_utc(), local, day: local.date(), done: false, count: 0, level: 0, small: 0, real: 0.0 }
}

async fn texts_are_equal_only_code_point_by_code_point(t: Test) {
    let texts = ["a", "A", "á", "a ", " a", "a\u{301}", "ä", "ae", "æ", "", " "];
    words(&t, &texts).await;
    for text in texts {
        assert_eq!(found(&t, Word::TEXT.eq(text)).await, [text]);
        assert_eq!(found(&t, Word::TEXT.is_in([text])).await, [text]);
        assert_eq!(found(&t, Word::TEXT.ne(text)).await.len(), texts.len() - 1);
        assert_eq!(found(&t, sql("text = ?", text)).await, [text]);
    }
    // Also where no column is in it.
    for (left, right) in [("a", "A"), ("a", "a "), ("a", "á")] {
        assert_eq!(found(&t, sql("? = ?", (left, right))).await, [""; 0], "{left:?} {right:?}");
    }
}

async fn unique_texts_may_differ_in_case_accents_and_spaces(t: Test) {
    words(&t, &[]).await;
    let word = |id, code: Option<&str>| Word { id, code: code.map(str::to_owned), ..Word::default() };
    let codes = [Some("a"), Some("A"), Some("á"), Some("a "), Some("a\u{301}"), Some(""), Some(" "), None, None];
    t.create_many((1..).zip(codes).map(|(id, code)| word(id, code))).await.unwrap();
    for code in codes.into_iter().flatten() {
        let again = t.create(word(99, Some(code))).await.unwrap_err();
        assert!(matches!(&again, Error::UniqueViolation { model, .. } if model == "Word"), "{code:?}: {again:?}");
    }
    assert_eq!(t.find::<Word>().count().await.unwrap(), 9);
}

async fn like_and_its_kind_tell_cases_apart(t: Test) {
    words(&t, &["Anna", "anna", "ANNA", "Änna", "änna"]).await;
    assert_eq!(found(&t, Word::TEXT.like("a%")).await, ["anna"]);
    assert_eq!(found(&t, Word::TEXT.contains("NN")).await, ["ANNA"]);
    assert_eq!(found(&t, Word::TEXT.starts_with("A")).await, ["Anna", "ANNA"]);
    assert_eq!(found(&t, Word::TEXT.starts_with("ä")).await, ["änna"]);
    assert_eq!(found(&t, Word::TEXT.ends_with("na")).await, ["Anna", "anna", "Änna", "änna"]);
    assert_eq!(found(&t, Word::TEXT.like("_nna")).await, ["Anna", "anna", "Änna", "änna"]);
    assert_eq!(found(&t, sql("text LIKE ?", "a%")).await, ["anna"]);
}

async fn text_is_sorted_by_code_point(t: Test) {
    let sorted = ["", " ", "0", "10", "9", "A", "Z", "_", "a", "a ", "aa", "b", "z", "ä", "\u{FFFD}", "\u{10000}", "\u{1F3E5}"];
    let mut mixed = sorted;
    mixed.reverse();
    mixed.swap(3, 8);
    words(&t, &mixed).await;
    let texts: Vec<String> = t.find().order(Word::TEXT.asc()).await.unwrap().into_iter().map(|it| it.text).collect();
    assert_eq!(texts, sorted);
    for pair in sorted.windows(2) {
        assert_eq!(found(&t, Word::TEXT.gt(pair[0]).and(Word::TEXT.le(pair[1]))).await, [pair[1]]);
    }
}

async fn null_is_before_everything_in_ascending_order(t: Test) {
    words(&t, &["a", "b", "c"]).await;
    t.update_all(Word::ID.eq(2)).set(Word::RANK, i32::MIN).set(Word::CODE, "").await.unwrap();
    t.update_all(Word::ID.eq(3)).set(Word::RANK, i32::MAX).set(Word::CODE, "z").await.unwrap();
    let sorted = async |by: Order<Word>| t.find().order(by).await.unwrap().into_iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(sorted(Word::RANK.asc()).await, [1, 2, 3]);
    assert_eq!(sorted(Word::RANK.desc()).await, [3, 2, 1]);
    assert_eq!(sorted(Word::CODE.asc()).await, [1, 2, 3]);
    assert_eq!(sorted(Word::CODE.desc()).await, [3, 2, 1]);
}

/// Two events, the second with the largest numbers.
async fn two(t: &Test) {
    t.create_tables::<Event>().await.unwrap();
    let largest = Event { count: i64::MAX, level: u8::MAX, small: i16::MAX, real: f64::MAX, done: true, ..event(2, "2024-01-02T00:00:00") };
    t.create_many([event(1, "2024-01-01T00:00:00"), largest]).await.unwrap();
}

async fn ids(t: &Test, condition: Predicate<Event>) -> Vec<i64> {
    t.find().where_(condition).order(Event::ID.asc()).await.unwrap().into_iter().map(|it| it.id).collect()
}

async fn a_sum_in_a_condition_is_counted_in_64_bits(t: Test) {
    two(&t).await;
    assert_eq!(ids(&t, Event::SMALL.plus(1).gt(i16::MAX)).await, [2]);
    assert_eq!(ids(&t, Event::SMALL.plus(Event::SMALL).gt(i16::MAX)).await, [2]);
    assert_eq!(ids(&t, Event::LEVEL.plus(1).gt(u8::MAX)).await, [2]);
    assert_eq!(ids(&t, Event::LEVEL.minus(1).lt(0)).await, [1]);
    assert_eq!(ids(&t, Event::LEVEL.minus(1).plus(1).eq(0)).await, [1]);
    assert_eq!(ids(&t, Event::COUNT.minus(1).lt(0)).await, [1]);
}

async fn a_sum_beyond_64_bits_is_an_error_in_a_condition(t: Test) {
    two(&t).await;
    for condition in [
        Event::COUNT.plus(1).gt(0),
        Event::COUNT.plus(Event::COUNT).gt(0),
        Event::COUNT.plus(1).minus(1).gt(0),
        Event::COUNT.minus(-1).between_zero(),
    ] {
        let what = format!("{condition:?}");
        let read = t.find().where_(condition.clone()).await.expect_err(&what);
        assert!(matches!(read, Error::Database { .. }), "{what}: {read:?}");
        t.delete_all(condition).await.expect_err(&what);
        assert_eq!(t.find::<Event>().count().await.unwrap(), 2);
    }
    assert_eq!(ids(&t, Event::ID.eq(1).and(Event::COUNT.plus(1).gt(0))).await, [1]);
}

/// Any comparison will do.
trait BetweenZero {
    fn between_zero(self) -> Predicate<Event>;
}

impl BetweenZero for orm::Computed<Event, i64> {
    fn between_zero(self) -> Predicate<Event> {
        self.clone().ge(0).and(self.le(0))
    }
}

async fn a_sum_of_floating_point_numbers_is_finite_or_an_error(t: Test) {
    two(&t).await;
    assert_eq!(ids(&t, Event::REAL.plus(1.5).eq(1.5)).await, [1]);
    t.find().where_(Event::REAL.plus(f64::MAX).gt(0.0)).await.unwrap_err();
    t.find().where_(Event::REAL.eq(f64::NAN)).await.unwrap_err();
}

async fn decimals_are_exact_and_sorted_as_numbers(t: Test) {
    t.create_tables::<Price>().await.unwrap();
    t.create_many([price(1, "2"), price(2, "10"), price(3, "1.5"), price(4, "-1"), price(5, "0.1"), price(6, "0.3")]).await.unwrap();
    let sorted = t.find().order(Price::AMOUNT.asc()).await.unwrap();
    assert_eq!(sorted.iter().map(|it| it.id).collect::<Vec<_>>(), [4, 5, 6, 3, 1, 2]);
    let found =
        async |condition| t.find().where_(condition).order(Price::ID.asc()).await.unwrap().iter().map(|it| it.id).collect::<Vec<_>>();
    let of = |text: &str| text.parse::<Decimal>().unwrap();
    assert_eq!(found(Price::AMOUNT.gt(of("1.5"))).await, [1, 2]);
    assert_eq!(found(Price::AMOUNT.eq(of("1.50"))).await, [3]);
    assert_eq!(found(Price::AMOUNT.is_in([of("2.0"), of("-1")])).await, [1, 4]);
    assert_eq!(found(Price::AMOUNT.between(of("0.1"), of("1.5"))).await, [3, 5, 6]);
    assert_eq!(found(Price::AMOUNT.plus(of("0.2")).eq(of("0.3"))).await, [5]);
    let third = t.get::<Price>(3).await.unwrap();
    assert_eq!(t.update(third).set(Price::AMOUNT, Price::AMOUNT.minus(of("1.499999"))).await.unwrap().amount, of("0.000001"));
    if t.engine() != Engine::Sqlite {
        let sum = t.raw("SELECT sum(amount) FROM prices", ()).fetch_one::<Decimal>().await.unwrap();
        assert_eq!(sum, of("11.400001"));
        return;
    }
    // A scaled integer without a column that says so is no number to guess at.
    let sum = t.raw("SELECT sum(amount) FROM prices", ()).fetch_one::<Decimal>().await.unwrap_err();
    assert!(matches!(sum, Error::Decode { .. }), "{sum:?}");
}

async fn decimals_of_different_digits_go_together(t: Test) {
    t.create_tables::<Price>().await.unwrap();
    let one = Price { whole: Some(1.into()), ..price(1, "1") };
    let more = Price { net: 2.into(), whole: Some(3.into()), ..price(2, "2.5") };
    t.create_many([one.clone(), more.clone(), price(3, "7")]).await.unwrap();
    let found =
        async |condition| t.find().where_(condition).order(Price::ID.asc()).await.unwrap().iter().map(|it| it.id).collect::<Vec<_>>();
    let half: Decimal = "0.5".parse().unwrap();
    assert_eq!(found(Price::AMOUNT.eq(Price::NET)).await, [1, 3]);
    assert_eq!(found(Price::NET.lt(Price::AMOUNT)).await, [2]);
    assert_eq!(found(Price::NET.plus(half).eq(Price::AMOUNT)).await, [2]);
    assert_eq!(found(Price::WHOLE.minus(Price::NET).minus(Decimal::ONE).eq(Decimal::ZERO)).await, [2]);
    assert_eq!(found(Price::WHOLE.minus(Price::NET).eq(Decimal::ONE)).await, [2]);
    // A value has the digits of the column that it stands beside.
    let finer = t.find().where_(Price::WHOLE.gt(half)).await.unwrap_err();
    assert!(matches!(&finer, Error::Unstorable { column, .. } if column == "Price.whole"), "{finer:?}");
    assert_eq!(found(Price::WHOLE.eq(Price::NET)).await, [1]);
    assert_eq!(found(Price::AMOUNT.between(Price::NET, Price::NET.plus(half))).await, [1, 2, 3]);
    assert_eq!(found(Price::AMOUNT.minus(Price::NET).gt(Decimal::ZERO)).await, [2]);
    // A whole number is not multiplied into something else on its way to another column.
    let set = t.update(more.clone()).set(Price::AMOUNT, Price::NET).await.unwrap();
    assert_eq!((set.amount, set.net), (2.into(), 2.into()));
    let set = t.update(more).set(Price::AMOUNT, Price::NET.plus(half)).await.unwrap();
    assert_eq!(t.get::<Price>(2).await.unwrap(), set);
    assert_eq!(set.amount, "2.5".parse().unwrap());
    assert_eq!(t.get::<Price>(1).await.unwrap(), one);
}

async fn a_decimal_is_never_rounded_into_a_column(t: Test) {
    t.create_tables::<Price>().await.unwrap();
    t.create_many([price(1, "1.25"), price(2, "0.125")]).await.unwrap();
    let before = t.find().order(Price::ID.asc()).await.unwrap();
    let error = t.update_all(every()).set(Price::NET, Price::AMOUNT).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(it) if it.contains("Price.net")), "{error:?}");
    t.update_all(every()).set(Price::NET, Price::NET.plus(Price::AMOUNT)).await.unwrap_err();
    t.update_all(every()).set(Price::NET, Price::NET.plus(Decimal::new(1, 3))).await.unwrap_err();
    assert_eq!(t.find().order(Price::ID.asc()).await.unwrap(), before);
}

async fn times_are_sorted_and_compared_as_times(t: Test) {
    t.create_tables::<Event>().await.unwrap();
    let times =
        ["2024-02-29T12:00:00.000001", "0999-12-31T23:59:59", "2024-02-29T12:00:00", "1969-12-31T23:59:59.999999", "9999-01-01T00:00:00"];
    t.create_many((1..).zip(times).map(|(id, at)| event(id, at))).await.unwrap();
    for by in [Event::AT.asc(), Event::LOCAL.asc()] {
        let sorted = t.find().order(by).await.unwrap();
        assert_eq!(sorted.into_iter().map(|it| it.id).collect::<Vec<_>>(), [2, 4, 3, 1, 5]);
    }
    let noon = event(0, times[2]);
    assert_eq!(ids(&t, Event::AT.eq(noon.at)).await, [3]);
    assert_eq!(ids(&t, Event::LOCAL.eq(noon.local)).await, [3]);
    assert_eq!(ids(&t, Event::DAY.eq(noon.day)).await, [1, 3]);
    assert_eq!(ids(&t, Event::AT.gt(noon.at)).await, [1, 5]);
    assert_eq!(ids(&t, Event::LOCAL.le(noon.local)).await, [2, 3, 4]);
    assert_eq!(ids(&t, Event::DAY.lt(noon.day)).await, [2, 4]);
    assert_eq!(ids(&t, Event::AT.between(noon.at, noon.at + TimeDelta::microseconds(1))).await, [1, 3]);
    assert_eq!(ids(&t, Event::AT.is_in([noon.at])).await, [3]);
    // The same instant, said in another zone.
    let elsewhere = DateTime::parse_from_rfc3339("2024-02-29T14:00:00+02:00").unwrap().to_utc();
    assert_eq!(ids(&t, Event::AT.eq(elsewhere)).await, [3]);
}

async fn the_day_of_a_time_does_not_depend_on_the_server(t: Test) {
    let now = t.raw("SELECT CURRENT_TIMESTAMP", ()).fetch_one::<DateTime<Utc>>().await.unwrap();
    assert!((Utc::now() - now).abs() < TimeDelta::minutes(5), "{now}");
    let zone = match t.engine() {
        Engine::Sqlite => return,
        Engine::Postgres => t.raw("SELECT current_setting('TimeZone')", ()),
        _ => t.raw("SELECT @@session.time_zone", ()),
    };
    let zone = zone.fetch_one::<String>().await.unwrap();
    assert!(["UTC", "+00:00"].contains(&zone.as_str()), "{zone}");
    t.create_tables::<Event>().await.unwrap();
    t.create(event(1, "2024-03-31T23:30:00")).await.unwrap();
    assert_eq!(ids(&t, sql("CAST(at AS DATE) = day AND CAST(local AS DATE) = day", ())).await, [1]);
}

async fn affected_rows_are_those_that_matched(t: Test) {
    words(&t, &["a", "b", "c"]).await;
    assert_eq!(t.update_all(Word::ID.le(2)).set(Word::TEXT, "a").await.unwrap(), 2);
    assert_eq!(t.update_all(Word::ID.le(2)).set(Word::TEXT, "a").await.unwrap(), 2);
    assert_eq!(t.raw("UPDATE words SET text = ? WHERE id <= ?", ("a", 2)).execute().await.unwrap(), 2);
    assert_eq!(t.raw("UPDATE words SET text = text", ()).execute().await.unwrap(), 3);
    assert_eq!(t.raw("DELETE FROM words WHERE id > ?", 9).execute().await.unwrap(), 0);
    let one = t.get::<Word>(1).await.unwrap();
    assert_eq!(t.save(one.clone()).await.unwrap(), one);
    assert_eq!(t.update(one.clone()).set(Word::TEXT, "a").await.unwrap(), one);
    assert_eq!(found(&t, every()).await, ["a", "a", "c"]);
}

async fn booleans_are_true_or_false(t: Test) {
    two(&t).await;
    assert_eq!(ids(&t, Event::DONE.eq(true)).await, [2]);
    assert_eq!(ids(&t, Event::DONE.eq(false)).await, [1]);
    assert_eq!(ids(&t, Event::DONE.ne(true)).await, [1]);
    assert_eq!(ids(&t, Event::DONE.is_in([true, false])).await, [1, 2]);
    assert_eq!(ids(&t, sql("done", ())).await, [2]);
    assert_eq!(ids(&t, sql("NOT done", ())).await, [1]);
    assert_eq!(ids(&t, sql("done = ?", true)).await, [2]);
    let sorted = t.find().order(Event::DONE.desc()).await.unwrap();
    assert_eq!(sorted.into_iter().map(|it| it.done).collect::<Vec<_>>(), [true, false]);
    assert_eq!(t.raw("SELECT done FROM events ORDER BY id", ()).fetch::<bool>().await.unwrap(), [false, true]);
}

#[derive(Debug, Clone, PartialEq, Model)]
struct Label {
    #[orm(key)]
    language: String,
    #[orm(key)]
    name: String,
    text: String,
}

async fn keys_of_text_and_of_several_columns_are_told_apart(t: Test) {
    t.create_tables::<Label>().await.unwrap();
    let label = |language: &str, name: &str| Label { language: language.into(), name: name.into(), text: format!("{language}{name}") };
    let labels = [label("de", "a"), label("de", "A"), label("DE", "a"), label("de", "a "), label("", "")];
    t.create_many(labels.clone()).await.unwrap();
    for it in labels {
        assert_eq!(t.get::<Label>((it.language.as_str(), it.name.as_str())).await.unwrap(), it);
        let twin = t.create(it.clone()).await.unwrap_err();
        assert!(twin.is_unique_violation(), "{twin:?}");
        let changed = t.update(it.clone()).set(Label::TEXT, "changed").await.unwrap();
        assert_eq!(t.find().where_(Label::TEXT.eq("changed")).await.unwrap(), [changed]);
        t.save(it).await.unwrap();
    }
    t.delete(label("de", "a")).await.unwrap();
    assert_eq!(t.find::<Label>().count().await.unwrap(), 4);
}

async fn a_key_that_a_record_brought_is_kept(t: Test) {
    t.create_tables::<crate::models::User>().await.unwrap();
    let user = |id| crate::models::User { id, ..crate::models::user("u", 1) };
    t.create_many([user(-5), user(i64::MAX - 1)]).await.unwrap();
    assert_eq!(t.get::<crate::models::User>(-5).await.unwrap(), user(-5));
    assert_eq!(t.get::<crate::models::User>(i64::MAX - 1).await.unwrap(), user(i64::MAX - 1));
}
