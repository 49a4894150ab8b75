//! The SQL text of expressions and reads.

use super::render::{Out, Walk};
use super::{Engine, Texts, render};
use crate::expr::{Binary, ColumnRef, Expr, Function, OrderBy};
use crate::schema::{FieldMeta, ModelMeta};
use crate::statement::{Insert, InsertMode, Project, Rows, Select, Statement};
use crate::value::{Collect, SqlType, Value};

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

/// Insert statements of 10 records with three columns, of which the key is numbered.
fn insert(auto: bool, left_out: &[usize], mode: InsertMode) -> Insert {
    Insert { model: &NUMBERED, rows: 0..10, auto, left_out: left_out.to_vec(), mode, table: None, clauses: Vec::new() }
}

static NUMBERED: ModelMeta = ModelMeta::new(
    "Part",
    None,
    "parts",
    &[
        FieldMeta::new("id", "id", SqlType::BigInt, false).key().auto(true),
        FieldMeta::new("name", "name", SqlType::Text, true),
        FieldMeta::new("price", "price", SqlType::Double, false),
    ],
    &[0],
    Some(0),
    &[],
);

#[test]
fn keys_come_back_from_the_database_and_are_never_computed() {
    let rows = |engine: Engine, auto, left_out: &[usize], mode| engine.rows_per_insert(&insert(auto, left_out, mode));
    // MySQL says the key of one row only; those of others need not be next to it.
    assert_eq!(rows(Engine::MySql, true, &[], InsertMode::Returning), 1);
    assert_eq!(rows(Engine::MySql, false, &[1], InsertMode::Returning), 1);
    assert_eq!(rows(Engine::MySql, false, &[], InsertMode::Returning), 500);
    assert_eq!(rows(Engine::MySql, true, &[], InsertMode::Counting), 500);
    assert_eq!(rows(Engine::MySql, true, &[1], InsertMode::Copying), 500);
    assert_eq!(rows(Engine::MariaDb, true, &[], InsertMode::Returning), 500);
    assert_eq!(rows(Engine::Sqlite, true, &[], InsertMode::Returning), 500);
    assert_eq!(rows(Engine::Postgres, true, &[], InsertMode::Returning), 10_000);
    // Where nothing is sent, a row is a statement.
    assert_eq!(rows(Engine::Postgres, true, &[1, 2], InsertMode::Copying), 1);
}

#[test]
fn what_nobody_asks_for_is_not_returned() {
    let text = |engine, mode| {
        let statement = Statement::Insert(Insert { rows: 0..2, ..insert(true, &[], mode) });
        let rendered = render(engine, &Texts::default(), &statement, &Rows::<i64>(Vec::new())).map(|it| it.text.replace(['`', '"'], ""));
        rendered.unwrap_or_else(|error| error.to_string())
    };
    let unnest = "INSERT INTO parts (name, price) SELECT * FROM unnest($1::text[], $2::double precision[])";
    assert_eq!(text(Engine::Postgres, InsertMode::Returning), format!("{unnest} RETURNING id"));
    assert_eq!(text(Engine::Postgres, InsertMode::Counting), unnest);
    assert_eq!(text(Engine::Postgres, InsertMode::Copying), "COPY parts (name, price) FROM STDIN");
    let values = "INSERT INTO parts (name, price) VALUES (?, ?), (?, ?)";
    assert_eq!(text(Engine::MariaDb, InsertMode::Returning), format!("{values} RETURNING id"));
    for engine in [Engine::Sqlite, Engine::MariaDb, Engine::MySql] {
        assert_eq!(text(engine, InsertMode::Counting), values);
        assert_eq!(text(engine, InsertMode::Copying), values);
    }
}

#[test]
fn long_lists_are_one_argument() {
    let list = |len: usize| {
        let values = (0..len).map(|it| Value::Text(it.to_string())).collect();
        Expr::In(Box::new(column(NAME)), values, Some(ColumnRef { model: &META, at: NAME }))
    };
    assert_eq!(read(Engine::Postgres, &list(2)), "name = ANY($1)");
    assert_eq!(read(Engine::Sqlite, &list(2)), "name IN (?, ?)");
    assert_eq!(read(Engine::Sqlite, &list(1_001)), "name IN rarray(?)");
    let json = "name IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v VARCHAR(255) CHARACTER SET utf8mb4 \
                COLLATE utf8mb4_nopad_bin PATH '$' ERROR ON ERROR)) AS j)";
    assert_eq!(read(Engine::MariaDb, &list(30_001)), json);
    assert!(read(Engine::MariaDb, &list(1_001)).starts_with("name IN (?, ?, "));
}

/// Texts that are known by their model are those that are written otherwise, with any values.
#[test]
fn a_read_by_a_key_says_what_it_says_when_it_is_walked_over() {
    let mut values = [1, 2, -1, 0, i64::MAX, i64::MIN].map(Value::I64).to_vec();
    values.extend([Value::I16(3), Value::Text("4".into()), Value::Text(String::new()), Value::Null, Value::U64(1), Value::U64(u64::MAX)]);
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MariaDb, Engine::MySql] {
        let texts = Texts::default();
        for value in values.iter().chain(&values) {
            let of = ColumnRef { model: &META, at: ID };
            let is = binary(column(ID), Binary::Eq, Expr::Value(value.clone(), Some(of)));
            let by_key = Select { filter: vec![is], limit: Some(1), ..Select::of(&META) };
            assert_eq!(by_key.plain_key().is_some(), *value != Value::Null);
            let others = [
                Select { limit: None, ..by_key.clone() },
                Select { offset: Some(1), ..by_key.clone() },
                Select { distinct: true, ..by_key.clone() },
                Select { project: Project::Count, ..by_key.clone() },
                Select { table: Some("others".into()), ..by_key.clone() },
            ];
            assert!(others.iter().all(|it| it.plain_key().is_none()));
            for select in others.into_iter().chain([by_key]) {
                let statement = Statement::Select(select);
                let rendered = render(engine, &texts, &statement, &Rows::<i64>(Vec::new())).unwrap();
                assert_eq!(*rendered.text, *engine.to_sql(&statement).unwrap(), "{value:?}");
                let (mut bound, mut walked) = (Collect::default(), Collect::default());
                super::binder(engine)(&statement, &Rows::<i64>(Vec::new()), &mut bound).unwrap();
                Walk::new(engine, &Rows::<i64>(Vec::new()), Out::Bind(&mut walked)).statement(&statement).unwrap();
                assert_eq!(format!("{bound:?}"), format!("{walked:?}"));
            }
        }
    }
}
