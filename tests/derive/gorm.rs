//! What is known of models at compile time, as GORM tests it.

#![allow(dead_code, reason = "only what is known of the models is looked at")]

use chrono::{DateTime, Local, NaiveDate, Utc};
use orm::prelude::*;
use orm::{Auto, Encoding, SqlType};

// gorm: schema/field:TestParseFieldWithPermission [once]
#[test]
fn fields_have_permissions() {
    #[derive(Model)]
    #[expect(dead_code, reason = "a field that is skipped is no column")]
    struct Permitted {
        #[orm(key)]
        id: i64,
        name: String,
        #[orm(skip)]
        ignored: String,
        #[orm(readonly)]
        read: String,
        #[orm(create_only)]
        create: String,
        #[orm(update_only)]
        update: String,
        #[orm(write_only)]
        write: String,
        #[orm(create_only, write_only)]
        create_unread: String,
        #[orm(update_only, write_only)]
        update_unread: String,
    }
    let access: Vec<_> = Permitted::META.fields.iter().map(|it| (it.name, it.access.create, it.access.update, it.access.read)).collect();
    let expected = [
        ("id", true, true, true),
        ("name", true, true, true),
        ("read", false, false, true),
        ("create", true, false, true),
        ("update", false, true, true),
        ("write", true, true, false),
        ("create_unread", true, false, false),
        ("update_unread", false, true, false),
    ];
    assert_eq!(access, expected);
}

// gorm: schema/schema:TestParseSchemaWithMap [once]
#[test]
fn a_type_of_another_database_is_taken_as_it_is() {
    #[derive(Model)]
    struct Click {
        #[orm(key)]
        id: i64,
        #[orm(json, type_ = "Map(String,String)")]
        labels: std::collections::BTreeMap<String, String>,
    }
    assert_eq!(Click::META.fields[1].column_type, Some("Map(String,String)"));
}

#[derive(Clone, Embedded)]
struct Address {
    street: String,
    #[orm(size = 8, index)]
    code: String,
    floor: i16,
}

// Optional relations are tested with relations, which are not there yet.
// gorm: schema/schema:TestParseSchemaWithPointerFields [once]
#[test]
fn optional_fields_are_those_of_the_type_in_them() {
    /// The same model with another type around its fields, or around those with a default.
    macro_rules! user {
        ($name:ident, $around:ident, $default:ident) => {
            #[derive(Model)]
            #[orm(table = "users", index(company, active), unique(name, born))]
            struct $name {
                #[orm(key, auto)]
                id: u32,
                name: $around<String>,
                #[orm(unique, size = 40)]
                email: $around<String>,
                age: $around<u32>,
                points: $around<i64>,
                #[orm(column = "company_id", index)]
                company: $around<usize>,
                active: $around<bool>,
                weight: $around<f64>,
                #[orm(precision = 10, scale = 2, check = "paid >= 0", comment = "in all")]
                paid: $around<rust_decimal::Decimal>,
                born: $around<DateTime<Utc>>,
                started: $around<DateTime<Local>>,
                day: $around<NaiveDate>,
                photo: $around<Vec<u8>>,
                #[orm(size = 16)]
                digest: $around<Vec<u8>>,
                #[orm(default = 18)]
                visits: $default<i32>,
                #[orm(default = "'new'", index)]
                state: $default<String>,
                #[orm(type_ = "text", sensitive)]
                note: $around<String>,
                #[orm(readonly)]
                rank: $around<i32>,
                #[orm(embedded(prefix = "home_"))]
                home: $around<Address>,
                #[orm(created_at)]
                created: $around<DateTime<Utc>>,
                #[orm(updated_at)]
                updated: $around<i64>,
                #[orm(index)]
                deleted: $around<DateTime<Utc>>,
            }
        };
    }
    type Plainly<T> = T;
    user!(Plain, Plainly, Auto);
    user!(Optional, Option, Option);

    let (plain, optional) = (Plain::META, Optional::META);
    assert_eq!((plain.fields.len(), optional.fields.len()), (24, 24));
    for (plain, optional) in plain.fields.iter().zip(optional.fields).skip(1) {
        assert_eq!((plain.nullable, optional.nullable), (false, true), "{}", plain.name);
        let mut expected = *plain;
        expected.nullable = true;
        assert_eq!(format!("{optional:?}"), format!("{expected:?}"));
        let stamped = |it: &orm::FieldMeta| it.stamp.map(|it| (it.value)(1_700_000_000_000_000));
        assert_eq!(stamped(optional), stamped(plain));
    }
    assert_eq!(format!("{:?}", plain.fields[0]), format!("{:?}", optional.fields[0]));
    assert_eq!((plain.key, plain.auto), (optional.key, optional.auto));
    assert_eq!(format!("{:?}", plain.indexes), format!("{:?}", optional.indexes));
}

/// Truth as a letter.
#[derive(Debug)]
enum Letter {}

impl Encoding<bool> for Letter {
    type Stored = String;

    fn encode(it: &bool) -> orm::Result<String> {
        Ok(if *it { "y" } else { "n" }.to_owned())
    }

    fn decode(stored: String) -> orm::Result<bool> {
        Ok(stored == "y")
    }
}

// gorm: schema/schema:TestParseSchemaWithAdvancedDataType [once]
#[test]
fn types_of_the_program_have_the_column_of_what_is_stored() {
    #[derive(Debug, Clone, Field)]
    struct Name(String);

    #[derive(Model)]
    struct Advanced {
        #[orm(key, auto)]
        id: Auto<i64>,
        name: Option<Name>,
        born: Option<chrono::NaiveDateTime>,
        #[orm(default = true)]
        active: Auto<bool>,
        #[orm(with = Letter)]
        admin: bool,
        #[orm(with = Letter)]
        guest: Option<bool>,
    }
    let types: Vec<_> = Advanced::META.fields.iter().map(|it| (it.name, it.ty, it.nullable)).collect();
    let expected = [
        ("id", SqlType::BigInt, false),
        ("name", SqlType::Text, true),
        ("born", SqlType::DateTime, true),
        ("active", SqlType::Boolean, false),
        ("admin", SqlType::Text, false),
        ("guest", SqlType::Text, true),
    ];
    assert_eq!(types, expected);
}

// gorm: schema/schema:TestCustomizeTableName [once]
#[test]
fn a_table_may_have_another_name() {
    #[derive(Model)]
    #[orm(table = "customize")]
    struct Customize {
        #[orm(key)]
        id: i64,
    }
    assert_eq!(Customize::META.table, "customize");
}

#[derive(Clone, Embedded)]
struct Base {
    #[orm(key, auto)]
    id: u32,
    #[orm(created_at)]
    created: i64,
    #[orm(index)]
    deleted: Option<i64>,
}

#[derive(Clone, Embedded)]
struct Corp {
    #[orm(embedded(prefix = "inner_"), key)]
    base: Base,
    name: String,
    #[orm(size = 20)]
    address: Option<String>,
}

// gorm: schema/schema:TestNestedModel [once]
#[test]
fn structs_are_embedded_in_embedded_structs() {
    #[derive(Model)]
    #[orm(table = "versions")]
    struct Versioned {
        #[orm(embedded, key)]
        corp: Corp,
        version: i32,
    }
    let columns: Vec<_> = Versioned::META.fields.iter().map(|it| it.column).collect();
    assert_eq!(columns, ["inner_id", "inner_created", "inner_deleted", "name", "address", "version"]);
    assert_eq!((Versioned::META.key, Versioned::META.auto), (&[0][..], Some(0)));
    assert_eq!(Versioned::META.indexes[0].name, "versions_inner_deleted_idx");
    assert_eq!(Versioned::VERSION.position(), 5);
}

// GORM lets one field hide another of the same column; here it does not compile.
// gorm: schema/schema:TestEmbeddedStruct [once]
#[test]
fn prefixes_add_up_and_options_go_with_their_fields() {
    #[derive(Model)]
    #[orm(table = "firms")]
    struct Firm {
        #[orm(embedded(prefix = "corp_"), key)]
        corp: Corp,
        #[orm(column = "owner_name")]
        name: String,
    }
    let columns: Vec<_> = Firm::META.fields.iter().map(|it| (it.name, it.column)).collect();
    let expected = [
        ("corp.base.id", "corp_inner_id"),
        ("corp.base.created", "corp_inner_created"),
        ("corp.base.deleted", "corp_inner_deleted"),
        ("corp.name", "corp_name"),
        ("corp.address", "corp_address"),
        ("name", "owner_name"),
    ];
    assert_eq!(columns, expected);
    assert_eq!(Firm::META.fields[4].ty, SqlType::VarChar(20));
    assert!(Firm::META.fields[1].stamp.is_some() && Firm::META.fields[0].auto);
    assert_eq!(Firm::CORP.base.id.name(), "corp_inner_id");
}

// A key is the fields that say so, and the database numbers the one with `auto`: nothing is guessed.
// gorm: schema/schema:TestCompositePrimaryKeyWithAutoIncrement [once]
#[test]
fn a_key_of_several_columns_says_which_of_them_is_numbered() {
    #[derive(Model)]
    struct Product {
        #[orm(key, auto)]
        product_id: u64,
        #[orm(key)]
        language: String,
    }
    #[derive(Model)]
    struct Unnumbered {
        #[orm(key)]
        id: u64,
        #[orm(key)]
        code: u64,
    }
    assert_eq!((Product::META.key, Product::META.auto), (&[0, 1][..], Some(0)));
    assert_eq!((Unnumbered::META.key, Unnumbered::META.auto), (&[0, 1][..], None));
}
