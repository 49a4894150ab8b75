//! From the tokens of an item to a [`Model`].
//!
//! Makes a model of everything, also of what can be none, so that the rest of
//! the program does not fail for want of it.

use proc_macro2::{Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Generics, parse_quote};

use crate::ast::{Field, Index, Model};
use crate::errors::Errors;
use crate::name::Case;
use crate::{attr, name};

/// Reads an item with `#[derive(Model)]`.
pub(crate) fn model(input: DeriveInput, errors: &mut Errors) -> Model {
    let options = attr::model_options(&input.attrs, errors);
    if let (Some(_), Some(span)) = (&options.table, options.singular) {
        errors.at(span, "`table` says the whole name of the table: leave out `singular`");
    }
    let borrows = input.generics.lifetimes().next().is_some();
    let named = fields(&input, "a model is a struct with", errors);
    let mut fields: Vec<_> = named.iter().flatten().map(|it| field(it, options.rename_all, errors)).collect();
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
        database: options.database.map(|it| it.value()),
        table: options.table.map_or_else(|| name::table(ident, options.singular.is_some()), |it| it.value()),
        hooks: options.hooks,
        impossible: borrows || named.is_none(),
        generics: if borrows { without_lifetimes(&input.generics) } else { input.generics },
        ident: input.ident,
        visibility: input.vis,
        fields,
        indexes,
    }
}

/// Reads an item with `#[derive(Embedded)]`.
pub(crate) fn embedded(input: DeriveInput, errors: &mut Errors) -> Model {
    let options = attr::embedded_options(&input.attrs, errors);
    if let Some(it) = input.generics.params.first() {
        errors.push(syn::Error::new_spanned(it, "an embedded struct has no parameters: its columns have to be known"));
    }
    let named = fields(&input, "an embedded struct has", errors);
    let fields: Vec<_> = named.iter().flatten().map(|it| field(it, None, errors)).collect();
    let mut indexes: Vec<_> = fields.iter().filter_map(field_index).collect();
    indexes.extend(options.indexes);
    let impossible = named.is_none() || !input.generics.params.is_empty();
    let (_, arguments, _) = input.generics.split_for_impl();
    let (ident, arguments) = (&input.ident, arguments.to_token_stream());
    let self_type = quote!(#ident #arguments);
    let mut generics = input.generics;
    if !generics.params.is_empty() {
        let condition = parse_quote!(#self_type: 'static);
        generics.make_where_clause().predicates.push(condition);
    }
    Model {
        self_type,
        schema: None,
        database: None,
        table: String::new(),
        hooks: None,
        impossible,
        generics,
        ident: input.ident,
        visibility: input.vis,
        fields,
        indexes,
    }
}

/// The fields of a struct that has names for them.
fn fields<'i>(input: &'i DeriveInput, what: &str, errors: &mut Errors) -> Option<Vec<&'i syn::Field>> {
    let shape = match &input.data {
        Data::Struct(it) => match &it.fields {
            Fields::Named(it) => return Some(it.named.iter().collect()),
            Fields::Unit => return Some(Vec::new()),
            Fields::Unnamed(_) => "a struct without field names",
        },
        Data::Enum(_) => "an enum",
        Data::Union(_) => "a union",
    };
    let message = format_args!("{what} named fields, one for each column; `{}` is {shape}", input.ident);
    errors.at(input.ident.span(), message);
    None
}

fn field(field: &syn::Field, case: Option<Case>, errors: &mut Errors) -> Field {
    let options = attr::field_options(&field.attrs, errors);
    let ident = field.ident.clone().expect("only structs with named fields come here");
    let passed_on = |it: &&Attribute| it.path().is_ident("doc") || it.path().is_ident("deprecated");
    Field {
        visibility: field.vis.clone(),
        attributes: field.attrs.iter().filter(passed_on).cloned().collect(),
        ty: field.ty.clone(),
        column: options.column.as_ref().map_or_else(|| name::column(&ident, case), syn::LitStr::value),
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
