//! How tables, columns and indexes are called, as GORM tests it. Names are made
//! when the program is compiled; what is put before those of tables is said when
//! a database is opened.

use orm::prelude::*;
use orm::{Engine, Error, TableName};

use crate::{Test, cases};

cases![
    types_are_tables_in_snake_case_and_in_the_plural,
    a_prefix_and_the_singular_make_names_of_tables_and_indexes,
    words_are_replaced_by_saying_the_name,
    capitals_are_kept_where_they_are_said,
    a_name_of_more_than_sixty_three_bytes_is_cut_and_numbered,
    a_name_of_more_than_sixty_four_bytes_is_cut_and_numbered,
    a_name_is_never_empty,
    a_name_said_by_the_model_gets_the_prefix_too,
    names_of_an_embedded_struct_are_put_behind_the_prefix,
];

macro_rules! models {
    ($($model:ident $table:literal)*) => {
        $(
            #[derive(Debug, Clone, Default, PartialEq, Model)]
            #[expect(clippy::upper_case_acronyms, reason = "how they become words is what is tested")]
            #[allow(unfulfilled_lint_expectations, reason = "not all have them")]
            struct $model {
                #[orm(key)]
                id: i64,
            }
        )*

        /// Two initialisms side by side are one word here (`http_urlids`), where
        /// GORM knows a list of them; a name of its own helps.
        // gorm: schema/naming:TestToDBName
        async fn types_are_tables_in_snake_case_and_in_the_plural(t: Test) {
            $(
                assert_eq!($model::META.table, $table);
                t.create_tables::<$model>().await.unwrap();
                t.create($model { id: 1 }).await.unwrap();
            )*
            let mut plain = t.plain().await;
            for table in [$($table),*] {
                assert_eq!(plain.one(&format!("SELECT count(*) FROM {table}")).await, "1", "{table}");
            }
        }
    };
}

models! {
    X "xes"
    PFAndESI "pf_and_esis"
    AbcAndJkl "abc_and_jkls"
    EmployeeID "employee_ids"
    FieldX "field_xes"
    HTTPAndSMTP "http_and_smtps"
    HTTPServerHandlerForURLID "http_server_handler_for_urlids"
    UUID "uuids"
    HTTPURL "httpurls"
    SHA256Hash "sha256_hashes"
    ThisIsActuallyATest "this_is_actually_a_tests"
    Person "people"
    Company "companies"
    UserRestrictionCategory "user_restriction_categories"
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(singular, index(public_id), unique(public_id, kind))]
struct UserEntry {
    #[orm(key)]
    id: i64,
    public_id: i64,
    #[orm(check = "kind < 100")]
    kind: i32,
}

// gorm: schema/naming:TestNamingStrategy
async fn a_prefix_and_the_singular_make_names_of_tables_and_indexes(t: Test) {
    let db = t.builder().table_prefix("public_").open().await.unwrap();
    db.create_tables::<UserEntry>().await.unwrap();
    let names: Vec<_> = UserEntry::META.indexes.iter().map(|it| it.name).collect();
    assert_eq!(names, ["user_entry_public_id_idx", "user_entry_public_id_kind_key"]);
    db.create(UserEntry { id: 1, public_id: 1, kind: 1 }).await.unwrap();
    let mut plain = t.plain().await;
    assert_eq!(plain.one("SELECT count(*) FROM public_user_entry").await, "1");
    let mut indexes = index_names(&t).await;
    indexes.retain(|it| it.contains("user_entry_public"));
    assert_eq!(indexes, ["public_user_entry_public_id_idx", "public_user_entry_public_id_kind_key"]);
    let error = db.create(UserEntry { id: 2, public_id: 2, kind: 100 }).await.unwrap_err();
    assert!(matches!(error, Error::CheckViolation { .. }), "{error:?}");
}

/// The names of all indexes, sorted.
async fn index_names(t: &Test) -> Vec<String> {
    let listed = match t.engine() {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index'",
        Engine::Postgres => "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema()",
        _ => "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = database()",
    };
    let mut names: Vec<String> = t.plain().await.rows(listed).await.concat();
    names.sort();
    names
}

/// GORM's replacer changes words in all names (`CID` to `_Cid`); here a name
/// that is not made of the words of the program is written where it is used.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "replaced_accounts")]
struct CidAccount {
    #[orm(key, column = "_cid")]
    cid: i64,
    #[orm(column = "name_of_it")]
    name: String,
}

// gorm: schema/naming:TestCustomReplacer
async fn words_are_replaced_by_saying_the_name(t: Test) {
    t.create_tables::<CidAccount>().await.unwrap();
    let made = t.create(CidAccount { cid: 7, name: "ann".into() }).await.unwrap();
    assert_eq!(t.find().where_(CidAccount::NAME.eq("ann")).first().await.unwrap(), Some(made));
    assert_eq!(t.plain().await.rows("SELECT _cid, name_of_it FROM replaced_accounts").await, [["7", "ann"]]);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "CamelAccounts", rename_all = "PascalCase", index(owner_name))]
struct CamelAccount {
    #[orm(key)]
    id: i64,
    owner_name: String,
}

// gorm: schema/naming:TestCustomReplacerWithNoLowerCase
async fn capitals_are_kept_where_they_are_said(t: Test) {
    t.create_tables::<CamelAccount>().await.unwrap();
    let made = t.create(CamelAccount { id: 7, owner_name: "ann".into() }).await.unwrap();
    assert_eq!(t.find().where_(CamelAccount::OWNER_NAME.eq("ann")).first().await.unwrap(), Some(made));
    let text = match t.engine() {
        Engine::Postgres => r#"SELECT "Id", "OwnerName" FROM "CamelAccounts""#,
        _ => "SELECT Id, OwnerName FROM CamelAccounts",
    };
    assert_eq!(t.plain().await.rows(text).await, [["7", "ann"]]);
    assert!(index_names(&t).await.contains(&"CamelAccounts_OwnerName_idx".to_owned()));
}

macro_rules! long {
    ($model:ident $table:literal $letters:literal) => {
        #[derive(Debug, Clone, Default, PartialEq, Model)]
        #[orm(table = $table, unique(this_is_a_very_long_column), unique(this_is_a_very_long_number))]
        struct $model {
            #[orm(key)]
            id: i64,
            this_is_a_very_long_column: i32,
            this_is_a_very_long_number: i32,
        }

        impl $model {
            async fn check(t: &Test) {
                let names: Vec<_> = Self::META.indexes.iter().map(|it| it.name).collect();
                // What the name would be were there no bound.
                assert_eq!(format!("{}_this_is_a_very_long_column_key", $table).len(), $letters);
                let cut = if $letters > 63 { 63 } else { $letters };
                assert!(names.iter().all(|it| it.len() == cut), "{names:?}");
                t.create_tables::<Self>().await.unwrap();
                let there = index_names(t).await;
                assert!(names.iter().all(|it| there.contains(&(*it).to_owned())), "{names:?} {there:?}");
                let record =
                    |id: i64, column: i32, number: i32| Self { id, this_is_a_very_long_column: column, this_is_a_very_long_number: number };
                t.create(record(1, 1, 1)).await.unwrap();
                assert!(t.create(record(2, 1, 2)).await.unwrap_err().is_unique_violation());
                assert!(t.create(record(3, 2, 1)).await.unwrap_err().is_unique_violation());
                t.create(record(4, 2, 2)).await.unwrap();
            }
        }
    };
}

long!(Fits "accounts_of_the_northern_branch1" 63);
long!(OneMore "accounts_of_the_northern_branch12" 64);
long!(TwoMore "accounts_of_the_northern_branch123" 65);

/// PostgreSQL, whose names have 63 bytes, cuts one more itself, without a word.
// gorm: schema/naming:TestFormatNameWithStringLongerThan63Characters
async fn a_name_of_more_than_sixty_three_bytes_is_cut_and_numbered(t: Test) {
    Fits::check(&t).await;
    OneMore::check(&t).await;
}

/// The bound is that of PostgreSQL on all databases, so that a table has the
/// same indexes on each; GORM's is an option.
// gorm: schema/naming:TestFormatNameWithStringLongerThan64Characters
async fn a_name_of_more_than_sixty_four_bytes_is_cut_and_numbered(t: Test) {
    OneMore::check(&t).await;
    TwoMore::check(&t).await;
    assert_ne!(OneMore::META.indexes[0].name, TwoMore::META.indexes[0].name);
    assert_ne!(TwoMore::META.indexes[0].name, TwoMore::META.indexes[1].name);
}

/// A replacer of GORM may leave nothing of a name, which then stays as it was;
/// here an empty name does not compile, and is an error where it is made.
// gorm: schema/naming:TestReplaceEmptyTableName
async fn a_name_is_never_empty(t: Test) {
    assert!(TableName::new("").is_err());
    assert!(t.find::<UserEntry>().table("").await.is_err());
    // No prefix leaves the name as it is.
    let db = t.builder().table_prefix("").open().await.unwrap();
    db.create_tables::<UserEntry>().await.unwrap();
    assert_eq!(t.find::<UserEntry>().count().await.unwrap(), 0);
}

#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "user")]
struct UserWithTableNamer {
    #[orm(key)]
    id: i64,
}

// gorm: table:TestTableWithNamer
async fn a_name_said_by_the_model_gets_the_prefix_too(t: Test) {
    let db = t.builder().table_prefix("t_").open().await.unwrap();
    db.create_tables::<UserWithTableNamer>().await.unwrap();
    db.create(UserWithTableNamer { id: 1 }).await.unwrap();
    assert_eq!(t.plain().await.one("SELECT count(*) FROM t_user").await, "1");
}

/// What is in it is called as it says itself; what embeds it says what is put before.
#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct CorpBase {
    #[orm(key, auto)]
    id: i64,
    #[orm(column = "ownerId")]
    owner_id: String,
}

#[derive(Debug, Clone, Default, PartialEq, Embedded)]
struct CorpCompany {
    id: i64,
    owner_id: i64,
    name: String,
    #[orm(skip)]
    ignored: String,
}

/// The strategy of GORM's test puts the first letters of the table before each column.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "corps")]
struct Corp {
    #[orm(embedded(prefix = "cor_"), key)]
    corp_base: CorpBase,
    #[orm(embedded(prefix = "company_cor_"))]
    base: CorpCompany,
}

// gorm: schema/schema:TestEmbeddedStructForCustomizedNamingStrategy
async fn names_of_an_embedded_struct_are_put_behind_the_prefix(t: Test) {
    let columns: Vec<_> = Corp::META.fields.iter().map(|it| (it.name, it.column, it.key, it.auto)).collect();
    let expected = [
        ("corp_base.id", "cor_id", true, true),
        ("corp_base.owner_id", "cor_ownerId", false, false),
        ("base.id", "company_cor_id", false, false),
        ("base.owner_id", "company_cor_owner_id", false, false),
        ("base.name", "company_cor_name", false, false),
    ];
    assert_eq!(columns, expected);
    t.create_tables::<Corp>().await.unwrap();
    let base = CorpCompany { id: 7, owner_id: 8, name: "acme".into(), ignored: String::new() };
    let made = t.create(Corp { corp_base: CorpBase { id: 0, owner_id: "ann".into() }, base }).await.unwrap();
    assert!(made.corp_base.id > 0);
    let found = t.find().where_(Corp::BASE.owner_id.eq(8)).where_(Corp::CORP_BASE.owner_id.eq("ann")).first().await.unwrap();
    assert_eq!(found, Some(made));
    let text = match t.engine() {
        Engine::Postgres => r#"SELECT "cor_ownerId", company_cor_owner_id FROM corps"#,
        _ => "SELECT cor_ownerId, company_cor_owner_id FROM corps",
    };
    assert_eq!(t.plain().await.rows(text).await, [["ann", "8"]]);
}
