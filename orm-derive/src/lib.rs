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
#[doc = include_str!("model.md")]
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
