//! Queries inside of conditions, selections and changes.

use orm::prelude::*;
use orm::{Error, exists, outer, subquery};
use rust_decimal::Decimal;

use crate::{Test, cases};

cases![
    values_are_among_those_that_a_query_reads,
    null_among_the_values_of_a_query_is_passed_over,
    a_query_may_be_limited_or_grouped,
    a_value_is_compared_with_that_of_a_query,
    decimals_of_different_scales_are_compared,
    rows_are_found_by_rows_that_belong_to_them,
    a_query_of_the_same_table_has_its_own_rows,
    queries_are_read_beside_columns,
    groups_are_compared_with_a_query,
    columns_are_set_to_what_a_query_reads,
    records_are_deleted_by_a_query,
    what_is_outside_must_be_there,
    conditions_of_callbacks_hold_in_queries_too,
    sensitive_values_are_hidden_beside_queries,
];

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Author {
    #[orm(key)]
    id: i64,
    name: String,
    age: u8,
    /// The author who taught this one.
    teacher: Option<i64>,
    #[orm(precision = 10, scale = 2)]
    least: Decimal,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Book {
    #[orm(key)]
    id: i64,
    author: Option<i64>,
    pages: i32,
    #[orm(precision = 10, scale = 4)]
    price: Decimal,
}

async fn library(t: &Test) {
    t.create_tables::<(Author, Book)>().await.unwrap();
    let author = |id, name: &str, age, teacher| Author { id, name: name.into(), age, teacher, least: Decimal::new(250 * id, 2) };
    let book = |id, author, pages| Book { id, author, pages, price: Decimal::new(i64::from(pages), 2) };
    t.create_many([author(1, "ann", 30, None), author(2, "bob", 40, Some(1)), author(3, "cleo", 50, Some(1))]).await.unwrap();
    t.create_many([book(1, Some(1), 100), book(2, Some(1), 300), book(3, Some(2), 500), book(4, None, 900)]).await.unwrap();
}

async fn names(t: &Test, condition: Predicate<Author>) -> Vec<String> {
    t.find().where_(condition).select(Author::NAME).order(Author::ID.asc()).await.unwrap()
}

async fn values_are_among_those_that_a_query_reads(t: Test) {
    library(&t).await;
    let long = || t.find().where_(Book::PAGES.ge(300)).where_(Book::AUTHOR.is_some());
    let author = || Book::AUTHOR.coalesce(0);
    assert_eq!(names(&t, Author::ID.is_in_query(long().select(author()))).await, ["ann", "bob"]);
    assert_eq!(names(&t, Author::ID.not_in_query(long().select(author()))).await, ["cleo"]);
    assert_eq!(names(&t, Author::ID.plus(1).is_in_query(long().select(author()))).await, ["ann"]);
    assert_eq!(names(&t, Author::TEACHER.is_in_query(t.find::<Author>().select(Author::ID))).await, ["bob", "cleo"]);
    assert_eq!(names(&t, Author::ID.is_in_query(t.find::<Book>().count())).await, [""; 0]);
}

async fn null_among_the_values_of_a_query_is_passed_over(t: Test) {
    library(&t).await;
    // In plain SQL, `NOT IN (1, NULL)` is true for nothing.
    let teachers = || t.find::<Author>().select(Author::TEACHER);
    let of_books = || t.find::<Book>().select(Book::AUTHOR);
    assert_eq!(names(&t, Author::TEACHER.is_in_query(of_books())).await, ["bob", "cleo"]);
    assert_eq!(t.find().where_(Book::AUTHOR.not_in_query(teachers())).select(Book::ID).await.unwrap(), [3]);
    let longest = t.find::<Book>().select(Book::AUTHOR.max()).group_by(Book::AUTHOR);
    assert_eq!(names(&t, Author::TEACHER.not_in_query(longest)).await, [""; 0]);
    let of_nobody = t.find().where_(Book::ID.ge(3)).select(Book::AUTHOR.max()).group_by(Book::AUTHOR);
    assert_eq!(names(&t, Author::TEACHER.not_in_query(of_nobody)).await, ["bob", "cleo"]);
}

async fn a_query_may_be_limited_or_grouped(t: Test) {
    library(&t).await;
    let longest = t.find().where_(Book::AUTHOR.is_some()).order(Book::PAGES.desc()).limit(1).select(Book::AUTHOR.coalesce(0));
    assert_eq!(names(&t, Author::ID.is_in_query(longest)).await, ["bob"]);
    let busy = t.find::<Book>().select(Book::AUTHOR.coalesce(0)).group_by(Book::AUTHOR).having(orm::count().gt(1));
    assert_eq!(names(&t, Author::ID.is_in_query(busy)).await, ["ann"]);
    let second = t.find::<Author>().order(Author::ID.asc()).limit(1).offset(1).select(Author::AGE);
    assert_eq!(names(&t, Author::AGE.eq(subquery(second))).await, ["bob"]);
}

async fn a_value_is_compared_with_that_of_a_query(t: Test) {
    library(&t).await;
    let mean = || subquery(t.find::<Author>().select(Author::AGE.avg())).coalesce(0.0);
    assert_eq!(names(&t, Author::AGE.cast::<f64>().ge(mean())).await, ["bob", "cleo"]);
    assert_eq!(names(&t, Author::ID.eq(subquery(t.find().where_(Book::PAGES.lt(600)).count()))).await, ["cleo"]);
    let nobody = t.find().where_(Author::ID.gt(9)).select(Author::AGE);
    assert_eq!(names(&t, Author::AGE.ge(subquery(nobody))).await, [""; 0]);
}

async fn decimals_of_different_scales_are_compared(t: Test) {
    library(&t).await;
    // 1.0000, 3.0000, 5.0000, 9.0000 beside 2.50, 5.00, 7.50.
    let prices = || t.find::<Book>().select(Book::PRICE);
    assert_eq!(names(&t, Author::LEAST.is_in_query(prices())).await, ["bob"]);
    assert_eq!(names(&t, Author::LEAST.lt(subquery(t.find().where_(Book::ID.eq(2)).select(Book::PRICE)))).await, ["ann"]);
    let sums = t.find::<Author>().select((Author::ID, subquery(t.find().where_(Book::ID.le(2)).select(Book::PRICE.sum()))));
    assert_eq!(sums.order(Author::ID.asc()).first().await.unwrap(), Some((1, Some(Decimal::new(4, 0)))));
}

async fn rows_are_found_by_rows_that_belong_to_them(t: Test) {
    library(&t).await;
    let books = || t.find().where_(Book::AUTHOR.eq(outer(Author::ID)));
    assert_eq!(names(&t, exists(books())).await, ["ann", "bob"]);
    assert_eq!(names(&t, !exists(books())).await, ["cleo"]);
    assert_eq!(names(&t, exists(books().where_(Book::PAGES.gt(300)))).await, ["bob"]);
    assert_eq!(names(&t, subquery(books().count()).gt(1)).await, ["ann"]);
    let older = || t.find().where_(Author::TEACHER.eq(outer(Book::AUTHOR))).where_(Author::AGE.gt(35));
    assert_eq!(t.find::<Book>().where_(exists(older())).select(Book::ID).order(Book::ID.asc()).await.unwrap(), [1, 2]);
}

async fn a_query_of_the_same_table_has_its_own_rows(t: Test) {
    library(&t).await;
    let pupils = || t.find().where_(Author::TEACHER.eq(outer(Author::ID)));
    assert_eq!(names(&t, exists(pupils())).await, ["ann"]);
    let oldest = t.find::<Author>().select(Author::AGE.max());
    assert_eq!(names(&t, Author::AGE.eq(subquery(oldest).coalesce(0))).await, ["cleo"]);
    // Who has a pupil that has none.
    let childless = pupils().where_(!exists(pupils()));
    assert_eq!(names(&t, exists(childless)).await, ["ann"]);
}

async fn queries_are_read_beside_columns(t: Test) {
    library(&t).await;
    let pages = || t.find().where_(Book::AUTHOR.eq(outer(Author::ID))).select(Book::PAGES.sum());
    let read = t.find::<Author>().select((Author::NAME, subquery(pages()))).order(Author::ID.asc());
    assert_eq!(read.await.unwrap(), [("ann".into(), Some(400)), ("bob".into(), Some(500)), ("cleo".into(), None)]);
    let by_pages = t.find::<Author>().order(subquery(pages()).desc()).order(Author::ID.asc()).select(Author::ID);
    assert_eq!(by_pages.await.unwrap(), [2, 1, 3]);
}

async fn groups_are_compared_with_a_query(t: Test) {
    library(&t).await;
    let mean = subquery(t.find::<Book>().select(Book::PAGES.avg()));
    let long = t.find::<Book>().select(Book::AUTHOR).group_by(Book::AUTHOR).having(Book::PAGES.avg().gt(mean)).order(Book::AUTHOR.asc());
    assert_eq!(long.await.unwrap(), [None, Some(2)]);
}

async fn columns_are_set_to_what_a_query_reads(t: Test) {
    library(&t).await;
    let longest = || t.find().where_(Book::AUTHOR.eq(outer(Author::ID))).select(Book::PAGES.max());
    let changed = t.update_all(exists(t.find().where_(Book::AUTHOR.eq(outer(Author::ID)))));
    assert_eq!(changed.set(Author::TEACHER, subquery(t.find::<Book>().count())).await.unwrap(), 2);
    assert_eq!(names(&t, Author::TEACHER.eq(4)).await, ["ann", "bob"]);
    let book = t.get::<Book>(4).await.unwrap();
    let book = t.update(book).set(Book::AUTHOR, subquery(t.find::<Author>().select(Author::ID.max()))).await.unwrap();
    assert_eq!(book.author, Some(3));
    let with_pages = t.find().where_(Author::ID.eq(3)).where_(subquery(longest()).eq(900));
    assert_eq!(with_pages.count().await.unwrap(), 1);
}

async fn records_are_deleted_by_a_query(t: Test) {
    library(&t).await;
    let by_ann = t.find().where_(Author::NAME.eq("ann")).select(Author::ID);
    assert_eq!(t.delete_all(Book::AUTHOR.is_in_query(by_ann)).await.unwrap(), 2);
    assert_eq!(t.delete_all(!exists::<Author, Book>(t.find().where_(Book::AUTHOR.eq(outer(Author::ID))))).await.unwrap(), 2);
    assert_eq!(t.find::<Book>().select(Book::ID).order(Book::ID.asc()).await.unwrap(), [3, 4]);
    assert_eq!(names(&t, every()).await, ["bob"]);
}

async fn what_is_outside_must_be_there(t: Test) {
    library(&t).await;
    let error = t.find::<Author>().where_(Author::ID.eq(outer(Author::ID))).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid(_)) && error.to_string().contains("outer(Author.id)"), "{error}");
    let of_books = t.find().where_(Author::ID.eq(outer(Author::ID)));
    let error = t.find::<Book>().where_(exists(of_books)).await.unwrap_err();
    assert!(error.to_string().contains("statement about Author"), "{error}");
}

async fn conditions_of_callbacks_hold_in_queries_too(t: Test) {
    async fn not_bob(cx: &mut Context) -> orm::Result<()> {
        cx.add_condition(Author::NAME.ne("bob"));
        Ok(())
    }
    library(&t).await;
    let db = t
        .with_callbacks(|on| {
            on.query().before("*").register("test:not_bob", not_bob);
            on.delete().before("*").register("test:not_bob", not_bob);
        })
        .unwrap();
    let authors = || db.find::<Author>().select(Author::ID);
    assert_eq!(db.find().where_(Book::AUTHOR.is_in_query(authors())).select(Book::ID).order(Book::ID.asc()).await.unwrap(), [1, 2]);
    assert_eq!(
        db.find::<Book>().select((orm::count(), subquery(authors().count()))).group_by(Book::AUTHOR).first().await.unwrap().map(|it| it.1),
        Some(2)
    );
    assert_eq!(db.delete_all(Book::AUTHOR.is_in_query(authors())).await.unwrap(), 2);
    assert_eq!(t.find::<Book>().select(Book::ID).order(Book::ID.asc()).await.unwrap(), [3, 4]);
}

#[derive(Debug, Model)]
struct Secret {
    #[orm(key)]
    id: i64,
    #[orm(sensitive)]
    word: String,
}

async fn sensitive_values_are_hidden_beside_queries(t: Test) {
    let word = || t.find::<Secret>().where_(Secret::ID.eq(1)).select(Secret::WORD);
    let shown = format!("{:?}", t.find::<Author>().where_(subquery(word()).eq("s3cret")).statement());
    assert!(shown.contains("Query") && !shown.contains("s3cret"), "{shown}");
    let inside = t.find().where_(Secret::WORD.eq("s3cret")).select(Secret::ID);
    let shown = format!("{:?}", t.find().where_(Author::ID.is_in_query(inside)).statement());
    assert!(!shown.contains("s3cret"), "{shown}");
}
