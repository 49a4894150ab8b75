//! Reading and writing the fields by the positions of their columns.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::ast::{Field, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let (decode, refill) = if model.impossible { (never(), never()) } else { (decode(model), refill(model)) };
    let bind = by_position(model, |name, ty| quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::bind(&self.#name, to)));
    let value = by_position(model, |name, ty| quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::to_value(&self.#name)));
    let set_value = by_position(model, |name, ty| {
        let read = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::from_value(value)?);
        quote!({ self.#name = #read; ::core::result::Result::Ok(()) })
    });
    let field = by_position(model, |name, _| quote!(&self.#name));
    let field_mut = by_position(model, |name, _| quote!(&mut self.#name));
    quote! {
        fn decode(row: &::orm::__private::RowRef<'_>) -> ::orm::__private::Result<Self> { #decode }
        fn refill(&mut self, row: &::orm::__private::RowRef<'_>) -> ::orm::__private::Result<()> { #refill }
        fn bind(&self, at: usize, to: &mut dyn ::orm::__private::Binder) -> ::orm::__private::Result<()> { #bind }
        fn value(&self, at: usize) -> ::orm::__private::Value { #value }
        fn set_value(&mut self, at: usize, value: ::orm::__private::Value) -> ::orm::__private::Result<()> { #set_value }
        fn field(&self, at: usize) -> &dyn ::orm::__private::Any { #field }
        fn field_mut(&mut self, at: usize) -> &mut dyn ::orm::__private::Any { #field_mut }
    }
}

fn decode(model: &Model) -> TokenStream {
    let columns = model.columns().enumerate().map(|(at, field)| {
        let name = &field.ident;
        let read = if field.options.write_only.is_some() { made_up(field) } else { read(model, at, field) };
        quote!(#name: #read)
    });
    let skipped = model.fields.iter().filter(|it| it.options.skip.is_some()).map(|field| {
        let (name, default) = (&field.ident, made_up(field));
        quote!(#name: #default)
    });
    let fields = columns.chain(skipped);
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

/// The value of a field that is not read.
fn made_up(field: &Field) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default())
}

/// Reads everything before anything is changed: a row that does not fit leaves
/// the record as it was.
fn refill(model: &Model) -> TokenStream {
    let (mut reads, mut writes) = (TokenStream::new(), TokenStream::new());
    for (at, field) in model.columns().enumerate().filter(|(_, it)| it.options.write_only.is_none()) {
        let (name, column, read) = (&field.ident, format_ident!("column_{at}"), read(model, at, field));
        reads.extend(quote!(let #column = #read;));
        writes.extend(quote!(self.#name = #column;));
    }
    quote!(#reads #writes ::core::result::Result::Ok(()))
}

fn read(model: &Model, at: usize, field: &Field) -> TokenStream {
    let (ty, at) = (&field.ty, Literal::usize_unsuffixed(at));
    let (model, name) = (model.ident.unraw().to_string(), field.ident.unraw().to_string());
    let cell = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>::read(row.cells(), row.place(#at)));
    quote!(::orm::__private::named(#model, #name, #cell)?)
}

/// A match over the positions, with an arm for each column.
fn by_position(model: &Model, arm: impl Fn(&syn::Ident, &syn::Type) -> TokenStream) -> TokenStream {
    if model.impossible {
        return never();
    }
    let arms = model.columns().enumerate().map(|(at, field)| {
        let (at, body) = (Literal::usize_unsuffixed(at), arm(&field.ident, &field.ty));
        quote!(#at => #body,)
    });
    quote! {
        match at {
            #(#arms)*
            _ => <Self as ::orm::__private::Model>::META.no_column_at(at),
        }
    }
}

/// The body of what is never called, because the program does not compile.
fn never() -> TokenStream {
    quote!(::core::unreachable!())
}
