//! Embedded structs that may be missing: all their columns are NULL then.

use orm::Error;
use orm::prelude::*;

use crate::{Test, cases};

cases![
    what_is_none_is_null_in_every_column,
    a_struct_becomes_some_and_none,
    columns_of_what_may_be_missing_are_optional,
    columns_that_are_set_together_make_a_struct,
    a_struct_is_there_as_a_whole_or_not_at_all,
    a_row_with_a_part_of_a_struct_is_an_error,
    structs_may_be_missing_within_others,
    callbacks_see_what_is_missing,
];

#[derive(Debug, Clone, PartialEq, Embedded)]
struct Point {
    lat: f64,
    long: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Embedded)]
struct Address {
    city: String,
    zip: Option<String>,
    floor: i32,
    #[orm(embedded(prefix = "at_"))]
    point: Option<Point>,
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
struct Shop {
    #[orm(key, auto)]
    id: i64,
    #[orm(embedded(prefix = "main_"))]
    main: Option<Address>,
    name: String,
}

fn address(city: &str) -> Address {
    Address { city: city.into(), zip: None, floor: 2, point: None }
}

fn shop(main: Option<Address>) -> Shop {
    Shop { main, name: "shop".into(), ..Shop::default() }
}

async fn what_is_none_is_null_in_every_column(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    let none = t.create(shop(None)).await.unwrap();
    let some = t.create(shop(Some(address("oslo")))).await.unwrap();
    assert_eq!(none.main, None);
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), [none.clone(), some.clone()]);
    type Columns = (Option<String>, Option<String>, Option<i32>, Option<f64>);
    let sql = "SELECT main_city, main_zip, main_floor, main_at_lat FROM shops WHERE id = ?";
    assert_eq!(t.raw(sql, none.id).fetch_one::<Columns>().await.unwrap(), (None, None, None, None));
    assert_eq!(t.raw(sql, some.id).fetch_one::<Columns>().await.unwrap(), (Some("oslo".into()), None, Some(2), None));
    let mixed = t.create_many((0..6).map(|n| shop((n % 2 == 0).then(|| address("rome"))))).await.unwrap();
    assert_eq!(t.find().where_(Shop::ID.gt(2)).order(Shop::ID.asc()).await.unwrap(), mixed);
}

async fn a_struct_becomes_some_and_none(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    let bystander = t.create(shop(Some(address("rome")))).await.unwrap();
    let it = t.create(shop(None)).await.unwrap();
    let it = t.save(Shop { main: Some(address("oslo")), ..it }).await.unwrap();
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), [bystander.clone(), it.clone()]);
    let it = t.save(Shop { main: None, ..it }).await.unwrap();
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), [bystander, it]);
}

async fn columns_of_what_may_be_missing_are_optional(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    t.create_many([shop(None), shop(Some(address("oslo")))]).await.unwrap();
    assert_eq!(t.find().where_(Shop::MAIN.city.is_none()).first().await.unwrap().unwrap().main, None);
    assert_eq!(t.find().where_(Shop::MAIN.city.eq("oslo")).first().await.unwrap().unwrap().id, 2);
    assert_eq!(t.find().where_(Shop::MAIN.zip.is_some()).count().await.unwrap(), 0);
    let cities: Vec<Option<String>> = t.find().order(Shop::ID.asc()).select(Shop::MAIN.city).await.unwrap();
    assert_eq!(cities, [None, Some("oslo".into())]);
    assert_eq!(t.find().where_(Shop::MAIN.point.lat.is_none()).count().await.unwrap(), 2);
}

async fn columns_that_are_set_together_make_a_struct(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    t.create(shop(None)).await.unwrap();
    let it = t.create(shop(None)).await.unwrap();
    let it = t.update(it).set(Shop::MAIN.city, "oslo").set(Shop::MAIN.floor, 2).await.unwrap();
    assert_eq!(it, Shop { id: 2, ..shop(Some(address("oslo"))) });
    assert_eq!(t.get::<Shop>(2).await.unwrap(), it);
    let it = t.update(it).set(Shop::MAIN.zip, "0150".to_owned()).await.unwrap();
    assert_eq!(it.main.as_ref().unwrap().zip.as_deref(), Some("0150"));
    let it = t.update(it).set(Shop::MAIN.city, None).set(Shop::MAIN.floor, None).set(Shop::MAIN.zip, None).await.unwrap();
    assert_eq!(it.main, None);
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), [Shop { id: 1, ..shop(None) }, it]);
}

async fn a_struct_is_there_as_a_whole_or_not_at_all(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    let none = t.create(shop(None)).await.unwrap();
    let some = t.create(shop(Some(address("oslo")))).await.unwrap();
    // Nothing is sent where the record could not hold what would be stored.
    let error = t.update(none.clone()).set(Shop::MAIN.city, "rome").await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Shop.main.floor"), "{error}");
    let error = t.update(some.clone()).set(Shop::MAIN.floor, None).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Shop.main.floor"), "{error}");
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), [none, some]);
}

async fn a_row_with_a_part_of_a_struct_is_an_error(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    t.create(shop(None)).await.unwrap();
    t.update_all(Shop::ID.eq(1)).set(Shop::MAIN.floor, 7).await.unwrap();
    let error = t.get::<Shop>(1).await.unwrap_err();
    assert!(matches!(&error, Error::Decode { column, .. } if column == "Shop.main.city"), "{error}");
}

async fn structs_may_be_missing_within_others(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    let with = |point| shop(Some(Address { point, ..address("oslo") }));
    let shops = [with(None), with(Some(Point { lat: 0.0, long: None })), with(Some(Point { lat: 1.0, long: Some(2.0) })), shop(None)];
    let stored = t.create_many(shops).await.unwrap();
    assert_eq!(t.find().order(Shop::ID.asc()).await.unwrap(), stored);
    assert_eq!(t.find().where_(Shop::MAIN.point.lat.ge(0.0)).count().await.unwrap(), 2);
}

async fn callbacks_see_what_is_missing(t: Test) {
    t.create_tables::<Shop>().await.unwrap();
    async fn look(cx: &mut Context) -> orm::Result<()> {
        for record in cx.records_mut() {
            assert_eq!(record.value_of(Shop::MAIN.city), Some(None));
            assert!(record.get_by_name("main_city")?.is_null());
            // A part of it is no struct.
            assert!(!record.set(Shop::MAIN.city, Some("oslo".into())));
            assert!(record.set(Shop::MAIN.zip, None));
        }
        Ok(())
    }
    let db = t
        .with_callbacks(|on| {
            on.create().before("orm:create").register("app:look", look);
        })
        .unwrap();
    assert_eq!(db.create(shop(None)).await.unwrap().main, None);
}
