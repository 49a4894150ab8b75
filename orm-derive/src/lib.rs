//! The derive macros of `orm`.
//!
//! A small compiler: `parse` and `attr` read an item into the model of
//! `ast`, `check` judges it as a whole, `expand` writes code. All mistakes
//! are reported at once, each at its token, and a wrong model is expanded
//! without what is wrong in it. Knows nothing of databases.

#![deny(missing_docs)]

mod ast;
mod attr;
mod check;
mod errors;
mod expand;
mod field;
mod name;
mod parse;
mod row;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a model: its values are rows of a table, its fields columns.
///
/// ```
/// use orm::prelude::*;
///
/// /// A person who can sign in.
/// #[derive(Debug, Clone, Default, Model)]
/// pub struct User {
///     #[orm(key, auto)]
///     pub id: i64,
///     /// Shown in the header.
///     pub name: String,
///     #[orm(unique)]
///     pub email: Option<String>,
///     #[orm(column = "is_active")]
///     pub active: bool,
/// }
///
/// // Every column is a constant, with the visibility and documentation of its field.
/// let reachable = User::ACTIVE.eq(true).and(User::EMAIL.is_some());
/// assert_eq!(User::ACTIVE.name(), "is_active");
/// # let _ = reachable;
/// ```
///
/// A model is a struct with named fields that owns its data. It may have type
/// parameters, if its fields can be columns with them. Models may be private,
/// and may be declared in functions.
///
/// # Names
///
/// | what         | is called                                | unless                     |
/// |--------------|------------------------------------------|----------------------------|
/// | the table    | as the struct, in snake case and plural: `TrialSite` is stored in `trial_sites`, `Person` in `people` | `table = "…"` |
/// | a column     | as its field: `r#type` is stored in `type` | `column = "…"`           |
/// | a constant   | as its field, in capitals: `created_at` is `CREATED_AT` | `const = NAME` |
/// | an index     | `<table>_<columns>_idx`, or `…_key` if it is unique | `name = "…"`    |
///
/// Columns whose names differ in case only are one column to some databases,
/// and so an error here.
///
/// # Options of the struct
///
/// | option                           | meaning                                                |
/// |----------------------------------|--------------------------------------------------------|
/// | `table = "…"`                    | the name of the table                                  |
/// | `singular`                       | the table is called as the struct, not in the plural   |
/// | `rename_all = "…"`               | the columns are the fields in `camelCase`, `PascalCase`, `SCREAMING_SNAKE_CASE` or `snake_case`, unless they have `column` |
/// | `schema = "…"`                   | the schema that the table is in                        |
/// | `database = "…"`                 | which of several named databases it lives in; see `orm::databases` |
/// | `hooks`                          | the model has hooks; to forget `impl Hooks` is an error |
/// | `index(a, b)`                    | an index over these fields, in this order              |
/// | `unique(a, b)`                   | the same, and no two records have the same values      |
/// | `index(a, b, name = "…")`        | an index (or `unique`) with a name of its own          |
///
/// Without `hooks`, an `impl Hooks` is found all the same, unless the model has
/// type parameters.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Model)]
/// #[orm(table = "visits", schema = "trial")]
/// #[orm(index(site, day), unique(patient, day, name = "one_visit_a_day"))]
/// struct SiteVisit {
///     #[orm(key, auto)]
///     id: i64,
///     patient: i64,
///     site: u16,
///     day: String,
/// }
///
/// let indexes: Vec<_> = SiteVisit::META.indexes.iter().map(|it| it.name).collect();
/// assert_eq!(indexes, ["visits_site_day_idx", "one_visit_a_day"]);
/// ```
///
/// # Options of a field
///
/// | option                         | meaning                                                  |
/// |--------------------------------|----------------------------------------------------------|
/// | `key`                          | the field is the key, or one of the fields that are; without a key, `get`, `update`, `save`, `delete` and `stream` do not compile. Its type is as public as the struct |
/// | `auto`                         | the database numbers the key; only on one integer `key`  |
/// | `unique`                       | no two records have the same value                       |
/// | `index`                        | the column has an index                                  |
/// | `column = "…"`                 | the name of the column                                   |
/// | `const = NAME`                 | the name of the constant, where the usual one is taken   |
/// | `precision = 10, scale = 2`    | the digits of a `Decimal`: in all (at most 18), and behind the point |
/// | `size = 40`                    | the most characters of text, or bytes; what is longer is `Error::Unstorable` |
/// | `type_ = "…"`                  | the type of the column, as `create_tables` writes it, without rules of ours |
/// | `default = 7`, `true`, `"…"`   | what the database gives a new record where an `Auto` is unset or an `Option` is `None`, which is not sent then and comes back; a string is SQL: `"'new'"`, `"CURRENT_DATE"` |
/// | `check = "…"`                  | a condition in SQL that every row fulfils; `{column}` is the column's own name |
/// | `comment = "…"`                | what the column is for, in the catalogue of the database (SQLite has no place for it) |
/// | `to_sql = "ST_GeomFromText(?)"`, `from_sql = "ST_AsText(?)"` | SQL around a value that is written or compared, and around the column where it is read; not in calculations, nor in texts of `sql` and `raw` |
/// | `readonly`                     | is never written; what the database has comes back from `create` |
/// | `create_only`                  | is written with new records only                         |
/// | `update_only`                  | is not written with new records                          |
/// | `write_only`                   | is never read: `Default::default()` in records that are read |
/// | `sensitive`                    | says in the metadata that no callback may show its values; this crate prints none of any column |
/// | `created_at`                   | holds the time when the record was created               |
/// | `updated_at`                   | holds the time when the record was created or last changed |
/// | `json`                         | is stored as a JSON document; any type of serde (feature `json`) |
/// | `with = Encoding`              | is stored as another type, as the `Encoding` says; where the field is an `Option`, it is that of what is in it |
/// | `embedded`                     | the columns are the fields of a struct with `#[derive(Embedded)]`, or of an `Option` of one |
/// | `embedded, key`                | the same, and the struct holds the key of the model      |
/// | `embedded(prefix = "home_")`   | the same, with names that begin so                       |
/// | `skip`                         | is no column; `Default::default()` in records that are read |
///
/// ```
/// use chrono::{DateTime, Utc};
/// use orm::prelude::*;
/// use rust_decimal::Decimal;
///
/// #[derive(Model)]
/// struct Payment {
///     #[orm(key)]
///     country: String,
///     #[orm(key)]
///     number: u32,
///     #[orm(precision = 12, scale = 2)]
///     amount: Decimal,
///     #[orm(const = CURRENCY, index)]
///     r#type: String,
///     #[orm(created_at)]
///     made: DateTime<Utc>,
///     #[orm(skip)]
///     checked: bool,
/// }
///
/// assert_eq!(Payment::META.key, [0, 1]);
/// assert_eq!(Payment::CURRENCY.name(), "type");
/// assert_eq!(Payment::META.fields.len(), 5);
/// ```
///
/// `default`, `check` and `type_` are for `create_tables`, and written into the
/// table as they are: they are SQL of the program, for every database it uses.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Default, Model)]
/// struct Account {
///     #[orm(key, auto)]
///     id: i64,
///     #[orm(size = 40, unique, create_only)]
///     login: String,
///     #[orm(write_only, sensitive)]
///     password_hash: String,
///     #[orm(default = 3, check = "attempts >= 0", comment = "how many are left")]
///     attempts: Option<i32>,
/// }
///
/// assert_eq!(Account::META.fields[3].default, Some("3"));
/// let login = Account::PASSWORD_HASH.eq("$argon2id$…");
/// assert!(!format!("{login:?}").contains("argon2id"));
/// ```
///
/// A field whose value may be left to the database is an `Auto`, one that is
/// stored as something else has an encoding:
///
/// ```
/// use chrono::{DateTime, Utc};
/// use orm::{Auto, UnixSeconds, prelude::*};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, Default, Serialize, Deserialize)]
/// struct Settings {
///     dark: bool,
/// }
///
/// #[derive(Debug, Default, Model)]
/// struct Device {
///     #[orm(key, auto)]
///     id: Auto<i64>,
///     #[orm(default = "'new'")]
///     state: Auto<String>,
///     #[orm(json)]
///     settings: Settings,
///     #[orm(with = UnixSeconds)]
///     seen: Option<DateTime<Utc>>,
/// }
///
/// // Columns are compared with plain values.
/// let lost = Device::STATE.eq("lost").or(Device::SEEN.lt(DateTime::UNIX_EPOCH));
/// # let _ = lost;
/// ```
///
/// # Mistakes
///
/// All are reported at once, at the word that is wrong:
///
/// ```compile_fail
/// use orm::prelude::*;
///
/// #[derive(Model)]
/// struct User {
///     #[orm(key, auto)]
///     id: String,          // the database cannot number a key of type `String`
///     #[orm(uniqe)]
///     name: String,        // unknown option `uniqe`, did you mean `unique`?
///     color: [u8; 3],      // `[u8; 3]` cannot be a field of a model
/// }
/// ```
#[proc_macro_derive(Model, attributes(orm))]
pub fn model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut model = parse::model(input, &mut errors);
    check::model(&mut model, &mut errors);
    // A wrong model is expanded, too: without its traits and constants, every
    // use of it would be an error of its own.
    let mut tokens = expand::model(&model, !errors.is_empty());
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes a struct one whose fields are columns of the models it is embedded in.
///
/// Its fields have the options of a model's fields, also `key`, `auto`,
/// `created_at` and `embedded`; it may have `index(…)` and `unique(…)` itself.
/// The constant of the field that embeds it has a column in each of its fields.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Clone, Default, Embedded)]
/// struct Base {
///     #[orm(key, auto)]
///     id: i64,
///     #[orm(created_at)]
///     created: i64,
/// }
///
/// #[derive(Debug, Clone, Default, Embedded)]
/// struct Address {
///     #[orm(index)]
///     city: String,
///     zip: Option<String>,
/// }
///
/// #[derive(Debug, Default, Model)]
/// struct User {
///     #[orm(embedded, key)]
///     base: Base,
///     #[orm(embedded(prefix = "home_"))]
///     home: Address,
///     #[orm(embedded(prefix = "work_"))]
///     work: Option<Address>,
/// }
///
/// let near = User::HOME.city.eq("Bern").and(User::WORK.city.is_none());
/// assert_eq!(User::WORK.city.name(), "work_city");
/// assert_eq!(User::META.indexes[0].name, "users_home_city_idx");
/// # let _ = near;
/// ```
///
/// # Options
///
/// An `Option` of a struct is `None` where all of its columns are NULL. So it
/// needs a field that is never NULL itself, and has no key, `default` or time
/// of a change; otherwise it does not compile. It is there as a whole or not at
/// all: setting only some of its columns in a record that has none is
/// `Error::Decode` before anything is sent, and so is reading such a row.
///
/// # Limits
///
/// Neither the struct nor a model with one in it has type parameters. A
/// `check` has `{column}` for the name of its column, which depends on the
/// model.
#[proc_macro_derive(Embedded, attributes(orm))]
pub fn embedded(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut model = parse::embedded(input, &mut errors);
    check::model(&mut model, &mut errors);
    let mut tokens = expand::embedded(&model);
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes an enum, or a struct around one field, a type that columns can hold.
///
/// An enum is stored as text: the name of the variant in snake case, or the one
/// given by `rename`. With `#[orm(integer)]` it is stored as the discriminant.
/// Its order in the database is that of what is stored. `create_tables` lets
/// only the variants in; what was stored otherwise and stands for none of them
/// is `Error::Decode` when it is read.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Field)]
/// enum Role {
///     Admin,
///     #[orm(rename = "guest")]
///     PassingBy,
/// }
///
/// #[derive(Debug, Clone, Copy, PartialEq, Field)]
/// #[orm(integer)]
/// enum Priority {
///     Low = 10,
///     High = 20,
/// }
///
/// #[derive(Model)]
/// struct Visitor {
///     #[orm(key, auto)]
///     id: i64,
///     role: Role,
///     priority: Option<Priority>,
/// }
///
/// let important = Visitor::ROLE.eq(Role::Admin).or(Visitor::PRIORITY.ge(Priority::High));
/// let few = Visitor::ROLE.is_in([Role::Admin, Role::PassingBy]);
/// # let _ = (important, few);
/// ```
///
/// A struct around one field is stored as that field, and can do what that
/// field can: be numbered by the database, hold the time of a change, be
/// compared with a pattern.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Field)]
/// struct PatientId(i64);
///
/// #[derive(Debug, Clone, PartialEq, Field)]
/// struct Email(String);
///
/// #[derive(Model)]
/// struct Patient {
///     #[orm(key, auto)]
///     id: PatientId,
///     #[orm(unique)]
///     email: Email,
/// }
///
/// let ann = Patient::EMAIL.eq(Email("ann@example.org".into()));
/// let here = Patient::EMAIL.ends_with("@example.org");
/// # let _ = (ann, here);
/// ```
#[proc_macro_derive(Field, attributes(orm))]
pub fn field(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let input = field::read(input, &mut errors);
    let mut tokens = expand::field(&input);
    tokens.extend(errors.into_tokens());
    tokens.into()
}

/// Makes a struct one that rows of SQL text can be read into.
///
/// Each field is read from the column of its name. It is no model: it has no
/// table, and nothing is written from it.
///
/// ```
/// use orm::prelude::*;
///
/// #[derive(Debug, Row)]
/// struct SiteSize {
///     site: String,
///     #[orm(column = "count")]
///     visits: i64,
///     // Not every query has this column.
///     #[orm(default)]
///     note: Option<String>,
/// }
///
/// # async fn f(db: &Session) -> orm::Result<()> {
/// let sizes: Vec<SiteSize> = db.raw("SELECT site, count(*) AS count FROM visits GROUP BY site", ()).fetch().await?;
/// # Ok(()) }
/// ```
///
/// # Options of a field
///
/// | option         | meaning                                                           |
/// |----------------|-------------------------------------------------------------------|
/// | `column = "…"` | the name of the column                                            |
/// | `default`      | `Default::default()` where the result has no such column          |
/// | `json`, `with = Encoding` | is stored as something else, as in a model             |
/// | `embedded`, `embedded(prefix = "…")` | the columns of a struct with `#[derive(Embedded)]`, or of an `Option` of one |
///
/// Columns that no field has are not read. A column that is missing is
/// `Error::MissingColumn`, one that holds something else `Error::Decode`.
#[proc_macro_derive(Row, attributes(orm))]
pub fn row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut tokens = row::expand(&input, &mut errors);
    tokens.extend(errors.into_tokens());
    tokens.into()
}
