//! From the tokens of an item to a [`Model`].
//!
//! Makes a model of everything, also of what can be none, so that the rest of
//! the program does not fail for want of it.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Generics, parse_quote};

use crate::ast::{Field, Index, Model};
use crate::errors::Errors;
use crate::{attr, name};

/// Reads an item with `#[derive(Model)]`.
pub(crate) fn model(input: DeriveInput, errors: &mut Errors) -> Model {
    let options = attr::model_options(&input.attrs, errors);
    let borrows = input.generics.lifetimes().next().is_some();
    let named = fields(&input, errors);
    let mut fields: Vec<_> = named.iter().flatten().map(|it| field(it, errors)).collect();
    if borrows {
        report_lifetimes(&input.generics, errors);
        for it in &mut fields {
            let ty = owned(it.ty.to_token_stream());
            it.ty = parse_quote!(#ty);
        }
    }
    let mut indexes: Vec<_> = fields.iter().filter_map(field_index).collect();
    indexes.extend(options.indexes);
    let (_, arguments, _) = input.generics.split_for_impl();
    let (ident, arguments) = (&input.ident, owned(arguments.to_token_stream()));
    Model {
        self_type: quote!(#ident #arguments),
        schema: options.schema.map(|it| it.value()),
        table: options.table.map_or_else(|| name::table(ident), |it| it.value()),
        hooks: options.hooks,
        impossible: borrows || named.is_none(),
        generics: if borrows { without_lifetimes(&input.generics) } else { input.generics },
        ident: input.ident,
        fields,
        indexes,
    }
}

/// The fields of a struct that has names for them.
fn fields<'i>(input: &'i DeriveInput, errors: &mut Errors) -> Option<Vec<&'i syn::Field>> {
    let shape = match &input.data {
        Data::Struct(it) => match &it.fields {
            Fields::Named(it) => return Some(it.named.iter().collect()),
            Fields::Unit => return Some(Vec::new()),
            Fields::Unnamed(_) => "a struct without field names",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    let message = format_args!("a model is a struct with named fields, one for each column; `{}` is {shape}", input.ident);
    errors.at(input.ident.span(), message);
    None
}

fn field(field: &syn::Field, errors: &mut Errors) -> Field {
    let options = attr::field_options(&field.attrs, errors);
    let ident = field.ident.clone().expect("only structs with named fields come here");
    let passed_on = |it: &&Attribute| it.path().is_ident("doc") || it.path().is_ident("deprecated");
    Field {
        visibility: field.vis.clone(),
        attributes: field.attrs.iter().filter(passed_on).cloned().collect(),
        ty: field.ty.clone(),
        column: options.column.as_ref().map_or_else(|| ident.unraw().to_string(), syn::LitStr::value),
        constant: options.constant.clone().unwrap_or_else(|| name::constant(&ident)),
        options,
        ident,
    }
}

/// The index that a field asks for itself.
fn field_index(field: &Field) -> Option<Index> {
    let span = field.options.index?;
    Some(Index { span, unique: false, fields: vec![field.ident.clone()], name: None })
}

fn report_lifetimes(generics: &Generics, errors: &mut Errors) {
    for it in generics.lifetimes() {
        let lifetime = &it.lifetime;
        let message =
            format_args!("a model owns its data and cannot borrow for `{lifetime}`: use `String` for `&str`, `Vec<u8>` for `&[u8]`");
        errors.at(lifetime.span(), message);
    }
}

/// The other parameters, for a type whose lifetimes are all `'static`.
fn without_lifetimes(generics: &Generics) -> Generics {
    let others = generics.params.iter().filter(|it| !matches!(it, GenericParam::Lifetime(_))).cloned();
    let params = others.map(|it| owned(it.to_token_stream()));
    let mut kept: Generics = parse_quote!(<#(#params),*>);
    let conditions = generics.where_clause.as_ref().map(|it| owned(it.to_token_stream()));
    kept.where_clause = conditions.map(|it| parse_quote!(#it));
    kept
}

/// The same tokens with `'static` for every lifetime.
fn owned(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    tokens.into_iter().map(|token| replace_lifetime(token, &mut after_quote)).collect()
}

fn replace_lifetime(token: TokenTree, after_quote: &mut bool) -> TokenTree {
    if std::mem::take(after_quote) {
        return Ident::new("static", token.span()).into();
    }
    match token {
        TokenTree::Punct(it) if it.as_char() == '\'' => {
            *after_quote = true;
            let mut quote = Punct::new('\'', Spacing::Joint);
            quote.set_span(it.span());
            quote.into()
        }
        TokenTree::Group(it) => {
            let mut group = Group::new(it.delimiter(), owned(it.stream()));
            group.set_span(it.span());
            group.into()
        }
        other => other,
    }
}
