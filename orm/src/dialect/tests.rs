//! The SQL text of expressions and reads.

use super::{Engine, Texts, render};
use crate::expr::{Binary, ColumnRef, Expr, Function, OrderBy};
use crate::schema::{FieldMeta, ModelMeta};
use crate::statement::{Project, Rows, Select, Statement};
use crate::value::{SqlType, Value};

static META: ModelMeta = ModelMeta::new(
    "Part",
    None,
    "parts",
    &[
        FieldMeta::new("id", "id", SqlType::BigInt, false).key(),
        FieldMeta::new("small", "small", SqlType::SmallInt, false),
        FieldMeta::new("name", "name", SqlType::Text, true),
        FieldMeta::new("price", "price", SqlType::Decimal { precision: 10, scale: 2 }, false),
        FieldMeta::new("tax", "tax", SqlType::Decimal { precision: 10, scale: 4 }, false),
    ],
    &[0],
    None,
    &[],
);

const ID: usize = 0;
const SMALL: usize = 1;
const NAME: usize = 2;
const PRICE: usize = 3;
const TAX: usize = 4;

fn column(at: usize) -> Expr {
    Expr::Column(ColumnRef { model: &META, at })
}

fn one(it: i32) -> Expr {
    Expr::Value(Value::I32(it), None)
}

fn binary(left: Expr, operator: Binary, right: Expr) -> Expr {
    Expr::Binary(Box::new(left), operator, Box::new(right))
}

fn text(engine: Engine, select: Select) -> String {
    let rendered = render(engine, &Texts::default(), &Statement::Select(select), &Rows::<i64>(Vec::new()));
    rendered.map_or_else(|error| error.to_string(), |it| it.text.replace(['`', '"'], ""))
}

/// The text of an expression that is read.
fn read(engine: Engine, expr: &Expr) -> String {
    let text = text(engine, Select { project: Project::Exprs(vec![expr.clone()]), ..Select::of(&META) });
    text.trim_start_matches("SELECT ").trim_end_matches(" FROM parts").to_owned()
}

/// The text of an expression on SQLite, PostgreSQL and MariaDB.
fn all(expr: &Expr) -> [String; 3] {
    [Engine::Sqlite, Engine::Postgres, Engine::MariaDb].map(|it| read(it, expr))
}

#[test]
fn integers_are_divided_towards_zero_and_never_by_zero() {
    let by_two = binary(column(SMALL), Binary::DividedBy, one(2));
    assert_eq!(
        all(&by_two),
        ["CASE typeof(small / ?) WHEN 'real' THEN abs(-9223372036854775807 - 1) ELSE small / ? END", "small::bigint / $1", "small DIV ?"]
    );
    let by_column = binary(column(ID), Binary::Modulo, column(SMALL));
    assert_eq!(read(Engine::Postgres, &by_column), "id % small::bigint");
    assert_eq!(read(Engine::MariaDb, &by_column), "id % CASE small WHEN 0 THEN 9223372036854775807 + (0 = small) ELSE small END");
}

#[test]
fn decimals_of_sqlite_are_brought_to_one_scale() {
    let sum = binary(column(PRICE), Binary::Eq, column(TAX));
    assert_eq!(read(Engine::Sqlite, &sum).matches("price * 100").count(), 2);
    assert_eq!(read(Engine::Postgres, &sum), "price = tax");
    let product = binary(column(PRICE), Binary::Times, column(TAX));
    assert!(read(Engine::Sqlite, &product).contains("% 1000000)"), "{}", read(Engine::Sqlite, &product));
}

#[test]
fn letters_are_folded_in_the_same_way() {
    let lower = Expr::Call(Function::Lower, vec![column(NAME)]);
    assert_eq!(
        all(&lower),
        [
            "lower(name)",
            "lower(name COLLATE C)",
            "CONVERT(CAST(lower(CONVERT(CAST(CONVERT(name USING utf8mb4) AS BINARY) USING tis620)) AS BINARY) USING utf8mb4) COLLATE utf8mb4_nopad_bin"
        ]
    );
}

#[test]
fn sums_of_integers_have_64_bits() {
    let sum = Expr::Call(Function::Sum, vec![column(SMALL)]);
    assert_eq!(all(&sum), ["sum(small)", "sum(small)::bigint", "sum(small) DIV 1"]);
}

#[test]
fn rows_are_looked_up_in_lists_of_rows() {
    let rows = Expr::InRows(vec![column(ID), column(SMALL)], vec![vec![one(1), one(2)], vec![one(3), one(4)]]);
    assert_eq!(
        all(&rows),
        ["(id, small) IN (VALUES (?, ?), (?, ?))", "(id, small) IN (($1, $2), ($3, $4))", "(id, small) IN ((?, ?), (?, ?))"]
    );
    assert_eq!(read(Engine::Postgres, &Expr::InRows(vec![column(ID), column(SMALL)], Vec::new())), "1 = 0");
}

#[test]
fn nulls_stand_where_they_are_wanted() {
    let sorted = |engine, descending, nulls_first| {
        let by = OrderBy { expr: column(NAME), descending: Some(descending), nulls_first };
        text(engine, Select { order: vec![by], ..Select::of(&META) }).split(" ORDER BY ").nth(1).map(str::to_owned)
    };
    let all = |descending, nulls_first| {
        [Engine::Sqlite, Engine::Postgres, Engine::MariaDb].map(|it| sorted(it, descending, nulls_first).unwrap_or_default())
    };
    assert_eq!(all(false, None), ["name", "name NULLS FIRST", "name"]);
    assert_eq!(all(true, None), ["name DESC", "name DESC NULLS LAST", "name DESC"]);
    assert_eq!(all(false, Some(false)), ["name NULLS LAST", "name NULLS LAST", "name IS NULL, name"]);
    assert_eq!(all(true, Some(true)), ["name DESC NULLS FIRST", "name DESC NULLS FIRST", "name IS NOT NULL, name DESC"]);
    assert_eq!(all(false, Some(true)), all(false, None));
}

#[test]
fn what_is_read_is_grouped_by_its_place() {
    let tens = binary(column(SMALL), Binary::DividedBy, one(10));
    let select = Select {
        project: Project::Exprs(vec![tens.clone(), Expr::Call(Function::Count, Vec::new())]),
        group: vec![tens.clone()],
        order: vec![OrderBy { expr: tens, descending: Some(true), nulls_first: None }],
        ..Select::of(&META)
    };
    assert_eq!(
        text(Engine::Postgres, select.clone()),
        "SELECT small::bigint / $1, count(*) FROM parts GROUP BY 1 ORDER BY 1 DESC NULLS LAST"
    );
    let wrong = Select { group: vec![column(NAME)], order: Vec::new(), ..select };
    assert!(text(Engine::Sqlite, wrong).contains("group_by"));
}
