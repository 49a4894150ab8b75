//! Values around which SQL stands, as those of a geometry.

use orm::prelude::*;
use orm::{Cells, SqlType, Value};

use crate::{Test, cases};

cases![
    values_are_written_and_compared_inside_of_sql,
    values_inside_of_sql_go_in_lists_and_parts,
    sql_around_values_goes_with_embedded_structs
];

/// A point that the program knows as `POINT(1 2)`, and the database as `point 1 2!`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Point {
    x: i32,
    y: i32,
}

impl Field for Point {
    const TYPE: SqlType = SqlType::Text;

    fn read(cells: &dyn Cells, at: usize) -> orm::Result<Self> {
        Self::from_value(Value::Text(String::read(cells, at)?))
    }

    fn bind(&self, to: &mut dyn orm::Binder) -> orm::Result<()> {
        to.text(&format!("POINT({} {})", self.x, self.y))
    }

    fn to_value(&self) -> Value {
        format!("POINT({} {})", self.x, self.y).into()
    }

    fn from_value(value: Value) -> orm::Result<Self> {
        let text = String::from_value(value)?;
        let numbers = text.strip_prefix("POINT(").and_then(|it| it.strip_suffix(')')).and_then(|it| it.split_once(' '));
        let numbers = numbers.and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
        let (x, y) = numbers.ok_or_else(|| orm::Error::Invalid("not a point".into()))?;
        Ok(Self { x, y })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "users_with_point")]
struct UserWithPoint {
    #[orm(key, auto)]
    id: i64,
    name: String,
    #[orm(to_sql = "replace(replace(?, 'POINT(', 'point '), ')', '!')", from_sql = "replace(replace(?, 'point ', 'POINT('), '!', ')')")]
    point: Point,
    #[orm(to_sql = "upper(?)", from_sql = "lower(?)")]
    label: Option<String>,
}

fn placed(name: &str, x: i32) -> UserWithPoint {
    UserWithPoint { id: 0, name: name.into(), point: Point { x, y: 1 }, label: Some("home".into()) }
}

/// What is stored, without this library.
async fn stored(t: &Test) -> Vec<Vec<String>> {
    t.plain().await.rows("SELECT point, coalesce(label, '-') FROM users_with_point ORDER BY id").await
}

// gorm: scanner_valuer:TestGORMValuer
async fn values_are_written_and_compared_inside_of_sql(t: Test) {
    t.create_tables::<UserWithPoint>().await.unwrap();
    let plan = t.session().dry_run();
    plan.create(placed("ann", 100)).await.unwrap();
    let text = plan.statements()[0].sql().to_owned();
    assert!(text.contains("replace(replace(") && text.contains("upper("), "{text}");
    assert!(plan.statements()[0].values().contains(&"POINT(100 1)".into()));

    let bystander = t.create(UserWithPoint { label: None, ..placed("bystander", 7) }).await.unwrap();
    let ann = t.create(placed("ann", 100)).await.unwrap();
    assert_eq!(stored(&t).await, [["point 7 1!", "-"], ["point 100 1!", "HOME"]]);
    assert_eq!(t.get::<UserWithPoint>(ann.id).await.unwrap(), ann);

    // Updates of a record, of several, and of all its columns; what comes back is read the same way.
    let ann = t.update(ann).set(UserWithPoint::POINT, Point { x: 2, y: 2 }).await.unwrap();
    let upper = sql::<orm::Computed<UserWithPoint, Option<String>>>("upper('work')", ());
    let ann = t.update(ann).set(UserWithPoint::LABEL, upper).await.unwrap();
    assert_eq!((ann.point, ann.label.as_deref()), (Point { x: 2, y: 2 }, Some("work")));
    assert_eq!(
        t.update_all(UserWithPoint::POINT.eq(Point { x: 2, y: 2 })).set(UserWithPoint::POINT, Point { x: 3, y: 3 }).await.unwrap(),
        1
    );
    let saved = t.save(UserWithPoint { label: Some("sea".into()), ..ann }).await.unwrap();
    assert_eq!(stored(&t).await, [["point 7 1!", "-"], ["point 2 2!", "SEA"]]);

    // Conditions, single columns, and what is counted.
    let by = t.find().where_(UserWithPoint::POINT.eq(Point { x: 2, y: 2 })).where_(UserWithPoint::LABEL.eq("sea".to_owned()));
    assert_eq!(by.clone().await.unwrap(), [saved.clone()]);
    assert_eq!(by.clone().select((UserWithPoint::POINT, UserWithPoint::LABEL)).await.unwrap(), [(saved.point, saved.label)]);
    assert_eq!(t.find().where_(UserWithPoint::LABEL.is_none()).count().await.unwrap(), 1);
    let same = t.find().where_(UserWithPoint::POINT.is_in_query(by.select(UserWithPoint::POINT)));
    assert_eq!(same.count().await.unwrap(), 1);
    t.delete_all(UserWithPoint::POINT.ne(Point { x: 7, y: 1 })).await.unwrap();
    assert_eq!(t.find::<UserWithPoint>().await.unwrap(), [bystander]);
}

async fn values_inside_of_sql_go_in_lists_and_parts(t: Test) {
    t.create_tables::<UserWithPoint>().await.unwrap();
    let made = t.create_many((0..4).map(|x| placed("many", x))).await.unwrap();
    assert_eq!(t.find::<UserWithPoint>().order(UserWithPoint::ID.asc()).await.unwrap(), made);
    assert_eq!(t.insert_many((4..1_504).map(|x| placed("copied", x))).copy().await.unwrap(), 1_500);
    assert_eq!(stored(&t).await[1_000], ["point 1000 1!", "HOME"]);
    for len in [2, 1_400] {
        let list: Vec<Point> = (0..len).map(|x| Point { x, y: 1 }).collect();
        assert_eq!(t.find().where_(UserWithPoint::POINT.is_in(list)).count().await.unwrap(), u64::from(len.unsigned_abs()));
    }
    let mut stream = t.find().where_(UserWithPoint::NAME.eq("many")).order(UserWithPoint::POINT.desc()).stream();
    let mut xs = Vec::new();
    while let Some(it) = stream.next().await {
        xs.push(it.unwrap().point.x);
    }
    assert_eq!(xs, [3, 2, 1, 0]);
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct Place {
    #[orm(to_sql = "upper(?)", from_sql = "lower(?)")]
    town: String,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "trips")]
struct Trip {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded(prefix = "from_"))]
    from: Place,
    #[orm(embedded(prefix = "to_"))]
    to: Option<Place>,
}

async fn sql_around_values_goes_with_embedded_structs(t: Test) {
    t.create_tables::<Trip>().await.unwrap();
    let trip = t.create(Trip { id: 0, from: Place { town: "bonn".into() }, to: Some(Place { town: "köln".into() }) }).await.unwrap();
    let bystander = t.create(Trip { id: 0, from: Place { town: "ulm".into() }, to: None }).await.unwrap();
    assert_eq!(t.plain().await.one("SELECT from_town FROM trips WHERE id = 1").await, "BONN");
    assert_eq!(t.find().where_(Trip::FROM.town.eq("bonn")).await.unwrap()[0].from, trip.from);
    assert_eq!(t.get::<Trip>(bystander.id).await.unwrap(), bystander);
}
