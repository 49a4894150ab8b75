//! The rules that need more than one option to judge.
//!
//! What breaks a rule is reported and removed, so that what remains is a model
//! that can be expanded.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::Ident;
use syn::spanned::Spanned as _;

use crate::ast::{Field, FieldOptions, Index, Model, option_of};
use crate::errors::Errors;
use crate::name;

/// Reports what is wrong with a model, and removes it.
pub(crate) fn model(model: &mut Model, errors: &mut Errors) {
    if model.impossible {
        return impossible(model);
    }
    for field in &mut model.fields {
        skip(&mut field.options, errors);
        embedded(&mut field.options, errors);
        encoding(&mut field.options, errors);
        key(field, errors);
        stamps(&mut field.options, errors);
        digits(&field.options, errors);
        access(&mut field.options, errors);
    }
    embedded_key(model, errors);
    once(model, "auto", |it| &mut it.auto, "the database numbers at most one column", errors);
    once(model, "created_at", |it| &mut it.created_at, "one column holds the time of creation", errors);
    once(model, "updated_at", |it| &mut it.updated_at, "one column holds the time of the last change", errors);
    columns(model, errors);
    constants(model, errors);
    parameters(model, errors);
    indexes(model, errors);
    // What it would be flattened to has the same mistakes again.
    if model.impossible || model.has_embedded() && !errors.is_empty() {
        impossible(model);
    }
}

/// What can never be a model is one in name only.
fn impossible(model: &mut Model) {
    model.impossible = true;
    model.indexes.clear();
}

/// A skipped field is no column, and can be nothing that a column can be.
fn skip(options: &mut FieldOptions, errors: &mut Errors) {
    if options.skip.is_none() {
        return;
    }
    let key = options.key.take();
    let constant = options.constant.take().map(|it| it.span());
    let embedded = options.embedded.take().map(|it| it.span);
    refuse(options, &[("key", key), ("const", constant), ("embedded", embedded)], "a field with `skip` is no column", errors);
}

/// An embedded field is several columns, which have the options of the fields of its struct.
fn embedded(options: &mut FieldOptions, errors: &mut Errors) {
    if options.embedded.is_some() {
        refuse(options, &[], "an embedded field is several columns, with the options of the fields of its struct,", errors);
    }
}

/// The key is in one struct, or in fields of the model.
fn embedded_key(model: &mut Model, errors: &mut Errors) {
    let holds = |it: &Field| it.options.embedded.is_some() && it.options.key.is_some();
    let Some(holder) = model.columns().find(|it| holds(it)).map(|it| it.ident.clone()) else { return };
    for it in model.fields.iter_mut().filter(|it| it.ident != holder) {
        if let Some(span) = it.options.key.take() {
            it.options.auto = None;
            errors.at(span, format_args!("`{holder}` holds the key: a model has its key in one struct, or in fields of its own"));
        }
    }
}

/// Reports and removes what only a field that is one column can have.
fn refuse(options: &mut FieldOptions, more: &[(&str, Option<Span>)], what: &str, errors: &mut Errors) {
    let given = [
        ("auto", options.auto.take()),
        ("unique", options.unique.take()),
        ("index", options.index.take()),
        ("created_at", options.created_at.take()),
        ("updated_at", options.updated_at.take()),
        ("column", options.column.take().map(|it| it.span())),
        ("precision", options.precision.take().map(|it| it.span)),
        ("scale", options.scale.take().map(|it| it.span)),
        ("size", options.size.take().map(|it| it.span())),
        ("type_", options.column_type.take().map(|it| it.span())),
        ("default", options.default.take().map(|it| it.1)),
        ("check", options.check.take().map(|it| it.span())),
        ("comment", options.comment.take().map(|it| it.span())),
        ("to_sql", options.to_sql.take().map(|it| it.span())),
        ("from_sql", options.from_sql.take().map(|it| it.span())),
        ("readonly", options.readonly.take()),
        ("create_only", options.create_only.take()),
        ("update_only", options.update_only.take()),
        ("write_only", options.write_only.take()),
        ("sensitive", options.sensitive.take()),
        ("json", options.json.take()),
        ("with", options.with.take().map(|it| it.span())),
    ];
    for (name, span) in given.iter().chain(more) {
        if let Some(span) = span {
            errors.at(*span, format_args!("{what} and cannot have `{name}`"));
        }
    }
}

fn key(field: &mut Field, errors: &mut Errors) {
    let options = &mut field.options;
    if let Some(span) = options.auto.take_if(|_| options.key.is_none()) {
        errors.at(span, "the database numbers only keys: write `key, auto`");
    }
    if options.key.is_some() && option_of(&field.ty).is_some() {
        errors.push(syn::Error::new_spanned(&field.ty, "every record has a key, so a field with `key` cannot be an `Option`"));
        options.key = None;
        options.auto = None;
    }
}

fn stamps(options: &mut FieldOptions, errors: &mut Errors) {
    if options.created_at.is_some()
        && let Some(span) = options.updated_at.take()
    {
        errors.at(span, "a field is either `created_at` or `updated_at`; a column with `updated_at` is written on creation, too");
    }
}

/// A field is stored in one way.
fn encoding(options: &mut FieldOptions, errors: &mut Errors) {
    if let (Some(with), Some(span)) = (&options.with, options.json) {
        errors.at(span, "a field is stored either as `json` or `with` an encoding");
        let _ = with;
        options.json = None;
    }
}

/// When a field is written is said once.
fn access(options: &mut FieldOptions, errors: &mut Errors) {
    let mut first: Option<&str> = None;
    for (name, slot) in
        [("readonly", &mut options.readonly), ("create_only", &mut options.create_only), ("update_only", &mut options.update_only)]
    {
        match (first, slot.is_some()) {
            (None, true) => first = Some(name),
            (Some(first), true) => {
                if let Some(span) = slot.take() {
                    errors.at(span, format_args!("a field is either `{first}` or `{name}`"));
                }
            }
            (_, false) => {}
        }
    }
    if let (Some(_), Some(span)) = (options.readonly, options.write_only) {
        errors.at(span, "a field that is neither written nor read is no column: use `skip`");
    }
    if let (Some(_), Some(span)) = (options.key, options.write_only.or(options.update_only)) {
        errors.at(span, "a key is written with each new record, and read");
        options.write_only = None;
        options.update_only = None;
    }
    if let (Some(size), Some(digits)) = (&options.size, options.precision) {
        errors.at(size.span(), "`size` is for text and bytes, `precision` for decimals");
        let _ = digits;
        options.size = None;
    }
}

fn digits(options: &FieldOptions, errors: &mut Errors) {
    match (options.precision, options.scale) {
        (Some(it), None) => errors.at(it.span, "`precision` needs `scale` beside it, the digits behind the point"),
        (None, Some(it)) => errors.at(it.span, "`scale` needs `precision` beside it, the digits in all"),
        (Some(_), Some(at)) => match options.digits() {
            Some((precision, scale)) if scale > precision => {
                errors.at(at.span, format_args!("`scale` is {scale}, but `precision` leaves only {precision} digits in all"));
            }
            _ => {}
        },
        (None, None) => {}
    }
}

/// Keeps an option on the first field that has it.
fn once(model: &mut Model, option: &str, slot: fn(&mut FieldOptions) -> &mut Option<Span>, rule: &str, errors: &mut Errors) {
    let mut first: Option<Ident> = None;
    for field in &mut model.fields {
        match (&first, slot(&mut field.options)) {
            (_, None) => {}
            (None, Some(_)) => first = Some(field.ident.clone()),
            (Some(first), again) => {
                let span = again.take().unwrap_or_else(|| field.ident.span());
                errors.at(span, format_args!("`{first}` has `{option}` already: {rule}"));
            }
        }
    }
}

fn columns(model: &Model, errors: &mut Errors) {
    // Two of the three databases do not tell `Name` from `name`.
    let mut taken: HashMap<String, &Ident> = HashMap::new();
    for field in model.columns().filter(|it| it.options.embedded.is_none()) {
        if let Some(first) = taken.insert(field.column.to_lowercase(), &field.ident) {
            let span = field.options.column.as_ref().map_or(field.ident.span(), syn::LitStr::span);
            errors.at(span, format_args!("`{first}` and `{}` are both stored in the column `{}`", field.ident, field.column));
        }
    }
    if model.columns().next().is_none() {
        let message = format_args!("a model has at least one field that is a column; `{}` has none", model.ident);
        errors.at(model.ident.span(), message);
    }
}

fn constants(model: &mut Model, errors: &mut Errors) {
    let mut taken: HashMap<String, Ident> = HashMap::new();
    for field in model.fields.iter_mut().filter(|it| it.options.skip.is_none()) {
        let name = field.constant.to_string();
        let Some(first) = taken.insert(name.clone(), field.ident.clone()) else {
            continue;
        };
        let rename = "give one of them another with `const = NAME`";
        errors.at(field.constant.span(), format_args!("`{first}` and `{}` both get the constant `{name}`: {rename}", field.ident));
        // Two constants of one name would be a second error.
        field.constant = Ident::new(&format!("{name}_{}", taken.len()), field.constant.span());
    }
}

/// How many columns there are has to be known before the parameters are.
fn parameters(model: &mut Model, errors: &mut Errors) {
    if model.generics.type_params().next().is_none() && model.generics.const_params().next().is_none() {
        return;
    }
    for field in &mut model.fields {
        if let Some(it) = field.options.embedded.take() {
            errors.at(it.span, "a model with parameters cannot embed: write the fields of the struct into it");
            field.options.skip = Some(it.span);
            model.impossible = true;
        }
    }
}

fn indexes(model: &mut Model, errors: &mut Errors) {
    let mut taken: HashMap<String, Span> = HashMap::new();
    let mut indexes = std::mem::take(&mut model.indexes);
    indexes.retain_mut(|index| {
        if !index_fields(model, index, errors) {
            return false;
        }
        let name = model.index_name(index);
        let fresh = taken.insert(name.clone(), index.span).is_none();
        if !fresh {
            let span = index.name.as_ref().map_or(index.span, syn::LitStr::span);
            errors.at(span, format_args!("there is an index `{name}` already: give this one another name with `name = \"…\"`"));
        }
        fresh
    });
    model.indexes = indexes;
}

/// Whether all fields of an index are columns.
fn index_fields(model: &Model, index: &Index, errors: &mut Errors) -> bool {
    let mut good = !index.fields.is_empty();
    if !good {
        errors.at(index.span, "an index needs at least one field");
    }
    for (at, field) in index.fields.iter().enumerate() {
        if model.columns().any(|it| it.ident == *field && it.options.embedded.is_some()) {
            errors.at(field.span(), format_args!("`{field}` is embedded: say at its struct which of its fields have an index"));
            good = false;
        } else if model.position(field).is_none() {
            errors.at(field.span(), no_such_column(model, field));
            good = false;
        } else if index.fields[..at].contains(field) {
            errors.at(field.span(), format_args!("`{field}` is in this index already"));
            good = false;
        }
    }
    good
}

fn no_such_column(model: &Model, field: &Ident) -> String {
    if model.fields.iter().any(|it| it.ident == *field) {
        return format!("`{field}` is no column: it has `skip`");
    }
    let known: Vec<_> = model.columns().map(|it| it.ident.to_string()).collect();
    let list = known.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    match name::similar(&field.to_string(), known.iter().map(String::as_str)) {
        Some(similar) => format!("`{}` has no field `{field}`, did you mean `{similar}`? It has {list}", model.ident),
        None => format!("`{}` has no field `{field}`; it has {list}", model.ident),
    }
}
