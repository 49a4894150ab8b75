//! Reads `#[orm(…)]`.
//!
//! A mistake is noted at its token and reading goes on behind the next comma,
//! so that all mistakes are reported at once.

use proc_macro2::{Span, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::{Attribute, Ident, Lit, LitInt, LitStr, Meta, Result, Token, parenthesized};

use crate::ast::{Digits, Embedded, FieldOptions, Index, ModelOptions};
use crate::errors::Errors;
use crate::name::{self, Case};

const MODEL_OPTIONS: [&str; 8] = ["table", "singular", "schema", "database", "rename_all", "hooks", "index", "unique"];

const FIELD_OPTIONS: [&str; 26] = [
    "key",
    "auto",
    "unique",
    "index",
    "skip",
    "created_at",
    "updated_at",
    "column",
    "const",
    "precision",
    "scale",
    "size",
    "type_",
    "default",
    "check",
    "comment",
    "to_sql",
    "from_sql",
    "readonly",
    "create_only",
    "update_only",
    "write_only",
    "sensitive",
    "embedded",
    "json",
    "with",
];

/// The most digits that every database keeps exactly.
const MOST_DIGITS: u8 = 18;

/// The most that every database compares and checks without effort.
const MOST_CHARACTERS: u32 = 10_000_000;

/// Reads the options of a struct.
pub(crate) fn model_options(attributes: &[Attribute], errors: &mut Errors) -> ModelOptions {
    let mut options = ModelOptions::default();
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "table" => once(&mut options.table, option, text(option, input)?),
        "singular" => once(&mut options.singular, option, flag(option, input)?),
        "rename_all" => once(&mut options.rename_all, option, case(option, input)?),
        "schema" => once(&mut options.schema, option, text(option, input)?),
        "database" => once(&mut options.database, option, text(option, input)?),
        "hooks" => once(&mut options.hooks, option, flag(option, input)?),
        "index" | "unique" => {
            options.indexes.push(index(option, input)?);
            Ok(())
        }
        _ => Err(unknown(option, &MODEL_OPTIONS, &FIELD_OPTIONS, "of a field")),
    });
    options
}

/// `rename_all = "camelCase"`.
fn case(option: &Ident, input: ParseStream<'_>) -> Result<Case> {
    let text = text(option, input)?;
    Case::parse(&text.value()).ok_or_else(|| {
        let known = Case::ALL.map(|it| format!("`{}`", it.0)).join(", ");
        syn::Error::new(text.span(), format_args!("`rename_all` is one of {known}"))
    })
}

/// Reads the options of a struct that is embedded.
pub(crate) fn embedded_options(attributes: &[Attribute], errors: &mut Errors) -> ModelOptions {
    let mut options = ModelOptions::default();
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "index" | "unique" => {
            options.indexes.push(index(option, input)?);
            Ok(())
        }
        _ => Err(unknown(option, &["index", "unique"], &MODEL_OPTIONS, "of a model, and not of an embedded struct")),
    });
    options
}

/// Reads the options of a field.
pub(crate) fn field_options(attributes: &[Attribute], errors: &mut Errors) -> FieldOptions {
    let mut options = FieldOptions::default();
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "key" => once(&mut options.key, option, flag(option, input)?),
        "auto" => once(&mut options.auto, option, flag(option, input)?),
        "unique" => once(&mut options.unique, option, flag(option, input)?),
        "index" => once(&mut options.index, option, flag(option, input)?),
        "skip" => once(&mut options.skip, option, flag(option, input)?),
        "created_at" => once(&mut options.created_at, option, flag(option, input)?),
        "updated_at" => once(&mut options.updated_at, option, flag(option, input)?),
        "column" => once(&mut options.column, option, text(option, input)?),
        "const" => once(&mut options.constant, option, constant(option, input)?),
        "precision" => digits(&mut options.precision, option, input, 1),
        "scale" => digits(&mut options.scale, option, input, 0),
        "size" => once(&mut options.size, option, size(option, input)?),
        "type_" => once(&mut options.column_type, option, text(option, input)?),
        "default" => once(&mut options.default, option, default(option, input)?),
        "check" => once(&mut options.check, option, text(option, input)?),
        "comment" => once(&mut options.comment, option, text(option, input)?),
        "to_sql" => once(&mut options.to_sql, option, around(option, input)?),
        "from_sql" => once(&mut options.from_sql, option, around(option, input)?),
        "readonly" => once(&mut options.readonly, option, flag(option, input)?),
        "create_only" => once(&mut options.create_only, option, flag(option, input)?),
        "update_only" => once(&mut options.update_only, option, flag(option, input)?),
        "write_only" => once(&mut options.write_only, option, flag(option, input)?),
        "sensitive" => once(&mut options.sensitive, option, flag(option, input)?),
        "embedded" => embedded(&mut options.embedded, option, input),
        "json" => once(&mut options.json, option, flag(option, input)?),
        "with" => once(&mut options.with, option, with(option, input)?),
        _ => Err(unknown(option, &FIELD_OPTIONS, &MODEL_OPTIONS, "of the struct")),
    });
    options
}

/// The options of a field of a row.
#[derive(Default)]
pub(crate) struct RowOptions {
    pub(crate) column: Option<LitStr>,
    pub(crate) default: Option<Span>,
    pub(crate) embedded: Option<Embedded>,
    pub(crate) json: Option<Span>,
    pub(crate) with: Option<syn::Type>,
}

/// Reads the options of a field of a row.
pub(crate) fn row_options(attributes: &[Attribute], errors: &mut Errors) -> RowOptions {
    let mut options = RowOptions::default();
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "column" => once(&mut options.column, option, text(option, input)?),
        "default" => once(&mut options.default, option, flag(option, input)?),
        "embedded" => embedded(&mut options.embedded, option, input),
        "json" => once(&mut options.json, option, flag(option, input)?),
        "with" => once(&mut options.with, option, with(option, input)?),
        _ => Err(unknown(option, &["column", "default", "embedded", "json", "with"], &FIELD_OPTIONS, "of a field of a model")),
    });
    options
}

/// The options of a type with `#[derive(Field)]`.
#[derive(Default)]
pub(crate) struct TypeOptions {
    /// Whether an enum is stored as its discriminants.
    pub(crate) integer: Option<Span>,
}

/// Reads the options of a type that a column can hold.
pub(crate) fn type_options(attributes: &[Attribute], errors: &mut Errors) -> TypeOptions {
    let mut options = TypeOptions::default();
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "integer" => once(&mut options.integer, option, flag(option, input)?),
        _ => Err(unknown(option, &["integer"], &["rename"], "of a variant")),
    });
    options
}

/// Reads the options of a variant: the text it is stored as.
pub(crate) fn variant_rename(attributes: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut rename = None;
    each_option(attributes, errors, |option, input| match option.to_string().as_str() {
        "rename" => once(&mut rename, option, text(option, input)?),
        _ => Err(unknown(option, &["rename"], &["integer"], "of the enum")),
    });
    rename
}

/// Calls `read` behind the name of each option in each `#[orm(…)]`.
fn each_option(attributes: &[Attribute], errors: &mut Errors, mut read: impl FnMut(&Ident, ParseStream<'_>) -> Result<()>) {
    for attribute in attributes.iter().filter(|it| it.path().is_ident("orm")) {
        let Meta::List(list) = &attribute.meta else {
            errors.push(syn::Error::new_spanned(&attribute.meta, "expected `#[orm(…)]`"));
            continue;
        };
        let parsed = list.parse_args_with(|input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = one_option(input, &mut read) {
                    errors.push(error);
                }
                skip_to_comma(input)?;
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.push(error);
        }
    }
}

fn one_option(input: ParseStream<'_>, read: &mut impl FnMut(&Ident, ParseStream<'_>) -> Result<()>) -> Result<()> {
    if !input.peek(Ident::peek_any) {
        return Err(syn::Error::new(input.span(), "expected the name of an option"));
    }
    read(&input.call(Ident::parse_any)?, input)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(syn::Error::new(input.span(), "expected `,` between options"))
}

fn skip_to_comma(input: ParseStream<'_>) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    input.parse::<Option<Token![,]>>().map(drop)
}

fn once<T>(slot: &mut Option<T>, option: &Ident, value: T) -> Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(option.span(), format_args!("`{option}` is given twice")));
    }
    *slot = Some(value);
    Ok(())
}

fn flag(option: &Ident, input: ParseStream<'_>) -> Result<Span> {
    if input.peek(Token![=]) || input.peek(syn::token::Paren) {
        return Err(syn::Error::new(input.span(), format_args!("`{option}` takes no value here")));
    }
    Ok(option.span())
}

/// `option = "…"`, a name that a database accepts.
fn text(option: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let expected = format!("expected `{option} = \"…\"`");
    equals(option, input, &expected)?;
    string(option, input, &expected)
}

fn string(option: &Ident, input: ParseStream<'_>, expected: &str) -> Result<LitStr> {
    let at = input.span();
    let text: LitStr = input.parse().map_err(|_| syn::Error::new(at, expected))?;
    let value = text.value();
    if value.is_empty() {
        return Err(syn::Error::new(at, format_args!("`{option}` is empty: it has at least one character")));
    }
    if value.contains('\0') {
        return Err(syn::Error::new(at, format_args!("`{option}` has a NUL in it, which no database accepts")));
    }
    Ok(text)
}

/// SQL with one place for a value.
fn around(option: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    let sql = text(option, input)?;
    if sql.value().matches('?').count() != 1 {
        return Err(syn::Error::new(sql.span(), format_args!("`{option}` has one `?`, where the value is: `{option} = \"lower(?)\"`")));
    }
    Ok(sql)
}

/// `const = NAME` or `const = "NAME"`.
fn constant(option: &Ident, input: ParseStream<'_>) -> Result<Ident> {
    let expected = "expected `const = NAME`, a name for the constant of this field";
    equals(option, input, expected)?;
    let at = input.span();
    if input.peek(LitStr) {
        return input.parse::<LitStr>()?.parse().map_err(|_| syn::Error::new(at, expected));
    }
    input.parse().map_err(|_| syn::Error::new(at, expected))
}

/// `embedded` or `embedded(prefix = "…")`.
///
/// A field with a mistake in it is embedded, too: as one column, its type would
/// be a second mistake.
fn embedded(slot: &mut Option<Embedded>, option: &Ident, input: ParseStream<'_>) -> Result<()> {
    once(slot, option, Embedded { span: option.span(), prefix: None })?;
    let mut prefix = None;
    if input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in input);
        while !content.is_empty() {
            let at = content.span();
            let word = content.call(Ident::parse_any).map_err(|_| syn::Error::new(at, "expected `prefix = \"…\"`"))?;
            if word != "prefix" {
                let message = format_args!("unknown option `{word}` of `embedded`, expected `prefix = \"…\"`");
                content.parse::<proc_macro2::TokenStream>()?;
                return Err(syn::Error::new(word.span(), message));
            }
            once(&mut prefix, &word, text(&word, &content)?)?;
            content.parse::<Option<Token![,]>>()?;
        }
    } else if input.peek(Token![=]) {
        return Err(syn::Error::new(input.span(), "expected `embedded` or `embedded(prefix = \"…\")`"));
    }
    if let Some(it) = slot {
        it.prefix = prefix;
    }
    Ok(())
}

/// `with = Encoding`, a type.
fn with(option: &Ident, input: ParseStream<'_>) -> Result<syn::Type> {
    let expected = "expected `with = …`, a type that is an `Encoding` of the field";
    equals(option, input, expected)?;
    let at = input.span();
    input.parse().map_err(|_| syn::Error::new(at, expected))
}

/// `option = 12`, a number of decimal digits.
fn digits(slot: &mut Option<Digits>, option: &Ident, input: ParseStream<'_>, least: u8) -> Result<()> {
    let expected = format!("expected `{option} = …`, a number of digits from {least} to {MOST_DIGITS}");
    equals(option, input, &expected)?;
    let span = input.span();
    let count = input.parse::<LitInt>().and_then(|it| it.base10_parse::<u8>());
    let count = count.ok().filter(|it| (least..=MOST_DIGITS).contains(it));
    once(slot, option, Digits { count, span })?;
    count.map(drop).ok_or_else(|| syn::Error::new(span, expected))
}

/// `size = 40`, characters or bytes.
fn size(option: &Ident, input: ParseStream<'_>) -> Result<LitInt> {
    let expected = "expected `size = …`, the most characters or bytes, from 1 to 10000000";
    equals(option, input, expected)?;
    let at = input.span();
    let size = input.parse::<LitInt>().ok().filter(|it| it.base10_parse::<u32>().is_ok_and(|it| (1..=MOST_CHARACTERS).contains(&it)));
    size.ok_or_else(|| syn::Error::new(at, expected))
}

/// `default = 7`, `-7`, `1.5`, `true`, or `default = "…"`, which is SQL.
fn default(option: &Ident, input: ParseStream<'_>) -> Result<(String, Span)> {
    let expected = "expected `default = …`: a number, `true`, `false`, or SQL as a string, such as \"'new'\" or \"CURRENT_DATE\"";
    equals(option, input, expected)?;
    if input.peek(LitStr) {
        return string(option, input, expected).map(|it| (it.value(), option.span()));
    }
    let at = input.span();
    let minus = if input.parse::<Option<Token![-]>>()?.is_some() { "-" } else { "" };
    match input.parse::<Lit>() {
        Ok(Lit::Int(it)) => Ok((format!("{minus}{}", it.base10_digits()), option.span())),
        Ok(Lit::Float(it)) => Ok((format!("{minus}{}", it.base10_digits()), option.span())),
        Ok(Lit::Bool(it)) if minus.is_empty() => Ok((it.value.to_string(), option.span())),
        _ => Err(syn::Error::new(at, expected)),
    }
}

fn equals(option: &Ident, input: ParseStream<'_>, expected: &str) -> Result<()> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(syn::Error::new(option.span(), expected));
    }
    Ok(())
}

/// `index(a, b)` or `index(a, b, name = "…")`.
fn index(option: &Ident, input: ParseStream<'_>) -> Result<Index> {
    let mut index = Index { span: option.span(), unique: option == "unique", fields: Vec::new(), name: None };
    if !input.peek(syn::token::Paren) {
        let hint = format_args!("expected `{option}(field, …)`, or `{option}` on a field");
        return Err(syn::Error::new(option.span(), hint));
    }
    let content;
    parenthesized!(content in input);
    while !content.is_empty() {
        let at = content.span();
        let word = content.call(Ident::parse_any).map_err(|_| syn::Error::new(at, "expected the name of a field"))?;
        if word == "name" && content.peek(Token![=]) {
            once(&mut index.name, &word, text(&word, &content)?)?;
        } else {
            index.fields.push(word);
        }
        if !content.is_empty() {
            let at = content.span();
            content.parse::<Token![,]>().map_err(|_| syn::Error::new(at, "expected `,` between fields"))?;
        }
    }
    Ok(index)
}

fn unknown(option: &Ident, known: &[&'static str], elsewhere: &[&'static str], place: &str) -> syn::Error {
    let found = option.to_string();
    let list = known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let similar = name::elsewhere(&found).filter(|it| known.contains(it)).or_else(|| name::similar(&found, known.iter().copied()));
    let message = if elsewhere.contains(&&*found) {
        format!("`{found}` is an option {place}; expected one of {list}")
    } else if let Some(similar) = similar {
        format!("unknown option `{found}`, did you mean `{similar}`?")
    } else {
        format!("unknown option `{found}`, expected one of {list}")
    };
    syn::Error::new(option.span(), message)
}
