//! `#[derive(Row)]`: a struct that is read from the columns of a result, and is
//! no table.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::attr;
use crate::errors::Errors;

/// A field of a row.
struct Column {
    ident: Ident,
    ty: Type,
    name: String,
    default: bool,
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
    let wanted = columns.iter().map(|it| {
        let (name, default) = (&it.name, it.default);
        quote!((#name, #default))
    });
    let fields = columns.iter().enumerate().map(|(at, it)| field(&model, at, it));
    quote! {
        #[automatically_derived]
        impl #parameters ::orm::__private::FromRow for #ident #arguments #conditions {
            fn positions(cells: &dyn ::orm::__private::Cells) -> ::orm::__private::Result<::std::vec::Vec<usize>> {
                ::orm::__private::positions_of(cells, #model, &[#(#wanted),*])
            }

            fn from_row(row: &::orm::__private::RowRef<'_>) -> ::orm::__private::Result<Self> {
                ::core::result::Result::Ok(Self { #(#fields),* })
            }
        }
    }
}

fn field(model: &str, at: usize, column: &Column) -> TokenStream {
    let (ident, ty, at) = (&column.ident, &column.ty, Literal::usize_unsuffixed(at));
    let name = ident.unraw().to_string();
    let cell = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::read(row.cells(), row.place(#at)));
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
