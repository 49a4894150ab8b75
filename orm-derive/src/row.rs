//! `#[derive(Row)]`: a struct that is read from the columns of a result, and is
//! no table.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, Ident, Type, parse_quote_spanned};

use crate::ast::encoded;
use crate::attr;
use crate::errors::Errors;

/// A field of a row.
struct Column {
    ident: Ident,
    ty: Type,
    name: String,
    default: bool,
    /// What the columns begin with, where there are several.
    embedded: Option<String>,
    encoding: Option<Type>,
}

/// The implementation for a struct.
pub(crate) fn expand(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let columns = columns(input, errors);
    let owned = lifetimes(input, errors);
    let (ident, (parameters, arguments, conditions)) = (&input.ident, input.generics.split_for_impl());
    if !owned {
        return TokenStream::new();
    }
    let model = ident.unraw().to_string();
    // Embedded structs come behind the columns that are fields.
    let (embedded, plain): (Vec<_>, Vec<_>) = columns.iter().partition(|it| it.embedded.is_some());
    let wanted = plain.iter().map(|it| {
        let (name, default) = (&it.name, it.default);
        quote!((#name, #default))
    });
    let more = embedded.iter().map(|it| {
        let (ty, prefix) = (&it.ty, &it.embedded);
        let fields = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Embedded>::FIELDS);
        quote!(all.extend(::orm::__private::positions_of_part(cells, #model, #prefix, #fields)?);)
    });
    let count = plain.len();
    let places = embedded.iter().scan(quote!(#count), |place, it| {
        let ty = &it.ty;
        let field = part(&model, it, place);
        let count = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Embedded>::COUNT);
        *place = quote!(#place + #count);
        Some(field)
    });
    let fields = plain.iter().enumerate().map(|(at, it)| field(&model, at, it)).chain(places);
    // What is no row is one in name only, so that its uses are not errors, too.
    let read = if columns.is_empty() { quote!(::core::unreachable!()) } else { quote!(::core::result::Result::Ok(Self { #(#fields),* })) };
    quote! {
        #[automatically_derived]
        impl #parameters ::orm::__private::FromRow for #ident #arguments #conditions {
            fn positions(cells: &dyn ::orm::__private::Cells) -> ::orm::__private::Result<::std::vec::Vec<usize>> {
                #[allow(unused_mut)]
                let mut all = ::orm::__private::positions_of(cells, #model, &[#(#wanted),*])?;
                #(#more)*
                ::core::result::Result::Ok(all)
            }

            fn from_row(row: &::orm::__private::RowRef<'_>) -> ::orm::__private::Result<Self> { #read }
        }
    }
}

fn part(model: &str, column: &Column, place: &TokenStream) -> TokenStream {
    let (ident, ty, name) = (&column.ident, &column.ty, column.ident.unraw().to_string());
    let embedded = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Embedded>);
    quote!(#ident: #embedded::read(row, ::orm::__private::Part::of_row(#model, #name, #embedded::FIELDS, #place))?)
}

fn field(model: &str, at: usize, column: &Column) -> TokenStream {
    let (ident, ty, at) = (&column.ident, &column.ty, Literal::usize_unsuffixed(at));
    let name = ident.unraw().to_string();
    let cell = match encoded(ty, column.encoding.as_ref(), "decode") {
        None => quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::read(row.cells(), row.place(#at))),
        Some((module, decode)) => quote_spanned!(ty.span()=> #module::read(row.cells(), row.place(#at), #decode)),
    };
    let read = quote!(::orm::__private::named(#model, #name, #cell)?);
    if !column.default {
        return quote!(#ident: #read);
    }
    let default = quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default());
    quote!(#ident: if row.place(#at) == ::core::primitive::usize::MAX { #default } else { #read })
}

fn columns(input: &DeriveInput, errors: &mut Errors) -> Vec<Column> {
    let shape = match &input.data {
        Data::Struct(it) => match &it.fields {
            Fields::Named(it) if !it.named.is_empty() => return it.named.iter().filter_map(|it| column(it, errors)).collect(),
            Fields::Named(_) | Fields::Unit => "has no fields",
            Fields::Unnamed(_) => "has fields without names; tuples can be read without a derive",
        },
        Data::Enum(_) => "is an enum",
        Data::Union(_) => "is a union",
    };
    let message = format_args!("a row is a struct with named fields, one for each column; `{}` {shape}", input.ident);
    errors.at(input.ident.span(), message);
    Vec::new()
}

fn column(field: &syn::Field, errors: &mut Errors) -> Option<Column> {
    let options = attr::row_options(&field.attrs, errors);
    let ident = field.ident.clone()?;
    Some(Column {
        name: options.column.map_or_else(|| ident.unraw().to_string(), |it| it.value()),
        default: options.default.is_some(),
        embedded: options.embedded.map(|it| it.prefix.map(|it| it.value()).unwrap_or_default()),
        encoding: options.with.or_else(|| options.json.map(|_| parse_quote_spanned!(field.ty.span()=> ::orm::__private::AsJson))),
        ty: field.ty.clone(),
        ident,
    })
}

/// Whether the struct owns its data.
fn lifetimes(input: &DeriveInput, errors: &mut Errors) -> bool {
    for it in input.generics.lifetimes() {
        let lifetime = &it.lifetime;
        errors.at(lifetime.span(), format_args!("a row owns its data and cannot borrow for `{lifetime}`: use `String` for `&str`"));
    }
    input.generics.lifetimes().next().is_none()
}
