//! The constants of a model.

use chrono::{DateTime, Utc};
use orm::{Model, SqlType, StampWhen, Value};
use rust_decimal::Decimal;

/// A visit of a patient at a site.
#[derive(Debug, Clone, PartialEq, Model)]
#[orm(schema = "trial", database = "studies", index(site, day), unique(patient, day, name = "one_visit_a_day"))]
pub(crate) struct SiteVisit {
    #[orm(key, auto)]
    pub(crate) id: i64,
    /// Who came.
    #[orm(column = "patient_id", index)]
    pub(crate) patient: i64,
    pub(crate) site: u16,
    pub(crate) day: String,
    #[orm(unique)]
    pub(crate) code: Option<String>,
    #[orm(precision = 10, scale = 2)]
    pub(crate) paid: Option<Decimal>,
    #[orm(created_at)]
    pub(crate) seen: DateTime<Utc>,
    #[orm(updated_at)]
    pub(crate) changed: Option<i64>,
    #[orm(skip)]
    pub(crate) notes: Vec<String>,
    #[orm(const = KIND)]
    pub(crate) r#type: bool,
}

#[derive(Model)]
struct Person {
    #[orm(key)]
    country: String,
    #[orm(key)]
    number: u32,
}

#[derive(Model)]
#[orm(table = "papers")]
#[orm(index(year))]
struct Article {
    #[orm(key)]
    #[orm(auto)]
    id: i32,
    year: i16,
}

#[test]
fn tables_have_the_plural_name_of_the_struct_unless_it_says_another() {
    assert_eq!(SiteVisit::META.table, "site_visits");
    assert_eq!(SiteVisit::META.schema, Some("trial"));
    assert_eq!(SiteVisit::META.database, Some("studies"));
    assert_eq!(Person::META.table, "people");
    assert_eq!(Article::META.table, "papers");
    assert_eq!(Article::META.schema, None);
    assert_eq!(Article::META.name, "Article");
}

#[test]
fn columns_have_the_name_of_their_field_unless_it_says_another() {
    let columns: Vec<_> = SiteVisit::META.fields.iter().map(|it| (it.name, it.column)).collect();
    let expected = [
        ("id", "id"),
        ("patient", "patient_id"),
        ("site", "site"),
        ("day", "day"),
        ("code", "code"),
        ("paid", "paid"),
        ("seen", "seen"),
        ("changed", "changed"),
        ("type", "type"),
    ];
    assert_eq!(columns, expected);
}

#[test]
fn every_column_has_a_constant() {
    assert_eq!((SiteVisit::PATIENT.name(), SiteVisit::PATIENT.position()), ("patient_id", 1));
    assert_eq!((SiteVisit::KIND.name(), SiteVisit::KIND.position()), ("type", 8));
    assert_eq!(Person::NUMBER.position(), 1);
    assert_eq!(Person::COUNTRY.position(), 0);
    assert_eq!(Article::YEAR.name(), Article::META.fields[1].column);
    assert_eq!(Article::ID.position(), 0);
}

#[test]
fn columns_hold_what_their_fields_hold() {
    let types: Vec<_> = SiteVisit::META.fields.iter().map(|it| it.ty).collect();
    let expected = [
        SqlType::BigInt,
        SqlType::BigInt,
        SqlType::Unsigned(65_535),
        SqlType::Text,
        SqlType::Text,
        SqlType::Decimal { precision: 10, scale: 2 },
        SqlType::Timestamp,
        SqlType::BigInt,
        SqlType::Boolean,
    ];
    assert_eq!(types, expected);
    let nullable: Vec<_> = SiteVisit::META.fields.iter().filter(|it| it.nullable).map(|it| it.name).collect();
    assert_eq!(nullable, ["code", "paid", "changed"]);
}

#[test]
fn keys_are_known_by_position() {
    assert_eq!(SiteVisit::META.key, [0]);
    assert_eq!(SiteVisit::META.auto, Some(0));
    assert!(SiteVisit::META.fields[0].auto && SiteVisit::META.fields[0].key);
    assert_eq!(Person::META.key, [0, 1]);
    assert_eq!(Person::META.auto, None);
    assert_eq!(Article::META.auto, Some(0));
}

#[test]
fn indexes_are_named_after_their_table_and_columns() {
    let indexes: Vec<_> = SiteVisit::META.indexes.iter().map(|it| (it.name, it.fields, it.unique)).collect();
    let expected: [(&str, &[usize], bool); 3] =
        [("site_visits_patient_id_idx", &[1], false), ("site_visits_site_day_idx", &[2, 3], false), ("one_visit_a_day", &[1, 3], true)];
    assert_eq!(indexes, expected);
    assert_eq!(Article::META.indexes[0].name, "papers_year_idx");
}

#[test]
fn columns_of_keys_and_indexes_are_marked() {
    let indexed: Vec<_> = SiteVisit::META.fields.iter().filter(|it| it.indexed).map(|it| it.name).collect();
    assert_eq!(indexed, ["id", "patient", "site", "day", "code"]);
    let unique: Vec<_> = SiteVisit::META.fields.iter().filter(|it| it.unique).map(|it| it.name).collect();
    assert_eq!(unique, ["code"]);
}

#[test]
fn columns_with_the_time_of_a_change_know_how_to_hold_it() {
    let [seen, changed] = [6, 7].map(|at| SiteVisit::META.fields[at].stamp.expect("the field has the option"));
    assert_eq!(seen.when, StampWhen::Created);
    assert_eq!((seen.value)(1_000_000), Value::DateTime(DateTime::from_timestamp(1, 0).expect("a second is a time")));
    assert_eq!(changed.when, StampWhen::Updated);
    assert_eq!((changed.value)(7_999_999), Value::I64(7));
    assert!(SiteVisit::META.fields[0].stamp.is_none());
}
