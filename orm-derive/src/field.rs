//! A type with `#[derive(Field)]`, as it was written.
//!
//! What is wrong is reported; what remains of it can be expanded.

use std::collections::HashMap;

use heck::ToSnakeCase as _;
use syn::ext::IdentExt as _;
use syn::{Data, DataEnum, DeriveInput, Fields, Generics, Ident, Index, LitStr, Member, Type};

use crate::attr;
use crate::errors::Errors;

/// A type that a column can hold.
pub(crate) struct FieldType {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) shape: Shape,
}

/// How it is stored.
pub(crate) enum Shape {
    /// As the texts of its variants.
    Texts(Vec<Variant>),
    /// As the discriminants of its variants.
    Integers(Vec<Variant>),
    /// As the one field it has.
    Newtype(Member, Box<Type>),
    /// Not at all: this is reported already.
    Impossible,
}

/// A variant of an enum.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    /// The text it is stored as.
    pub(crate) text: String,
}

/// Reads a type.
pub(crate) fn read(input: DeriveInput, errors: &mut Errors) -> FieldType {
    let options = attr::type_options(&input.attrs, errors);
    let shape = match &input.data {
        Data::Enum(it) => variants(&input.ident, it, options.integer.is_some(), errors),
        Data::Struct(it) => {
            if let Some(span) = options.integer {
                errors.at(span, "`integer` is for enums: a struct is stored as its one field");
            }
            newtype(&input.ident, &it.fields, errors)
        }
        Data::Union(_) => {
            errors.at(input.ident.span(), format_args!("a union cannot be stored: make `{}` an enum or a struct", input.ident));
            Shape::Impossible
        }
    };
    FieldType { ident: input.ident, generics: input.generics, shape }
}

fn newtype(ident: &Ident, fields: &Fields, errors: &mut Errors) -> Shape {
    let mut all = fields.iter();
    match (all.next(), all.next()) {
        (Some(one), None) => {
            let member = one.ident.clone().map_or(Member::Unnamed(Index::from(0)), Member::Named);
            Shape::Newtype(member, Box::new(one.ty.clone()))
        }
        _ => {
            let count = fields.len();
            let message = format_args!(
                "a struct that is stored in one column has exactly one field; `{ident}` has {count}: store it as `Json`, or implement `Field`"
            );
            errors.at(ident.span(), message);
            Shape::Impossible
        }
    }
}

fn variants(ident: &Ident, input: &DataEnum, integer: bool, errors: &mut Errors) -> Shape {
    let mut taken: HashMap<String, Ident> = HashMap::new();
    let mut all = Vec::new();
    let mut possible = true;
    for it in &input.variants {
        let rename = attr::variant_rename(&it.attrs, errors);
        if !matches!(it.fields, Fields::Unit) {
            errors.at(
                it.ident.span(),
                format_args!("a variant that is stored in one column has no fields; `{}` has: store it as `Json`", it.ident),
            );
            possible = false;
            continue;
        }
        if let (true, Some(rename)) = (integer, &rename) {
            errors.at(rename.span(), "`rename` has no meaning here: with `integer`, the discriminant is stored");
        }
        let text = rename.as_ref().map_or_else(|| it.ident.unraw().to_string().to_snake_case(), LitStr::value);
        if let (false, Some(first)) = (integer, taken.insert(text.clone(), it.ident.clone())) {
            let span = rename.as_ref().map_or(it.ident.span(), LitStr::span);
            errors.at(
                span,
                format_args!("`{first}` and `{}` are both stored as `{text}`: give one of them another with `rename = \"…\"`", it.ident),
            );
            // Without it, its values would be a second error.
            all.push(Variant { text: it.ident.to_string(), ident: it.ident.clone() });
            continue;
        }
        all.push(Variant { ident: it.ident.clone(), text });
    }
    if input.variants.is_empty() {
        errors.at(ident.span(), format_args!("an enum that is stored has at least one variant; `{ident}` has none"));
        possible = false;
    }
    match (possible, integer) {
        (false, _) => Shape::Impossible,
        (true, true) => Shape::Integers(all),
        (true, false) => Shape::Texts(all),
    }
}
