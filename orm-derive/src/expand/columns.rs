//! A constant for each column.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::ast::{Field, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let self_type = &model.self_type;
    let (parameters, _, conditions) = model.generics.split_for_impl();
    let constants = model.columns().enumerate().map(|(at, field)| constant(model, at, field));
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, unreachable_pub)]
        impl #parameters #self_type #conditions {
            #(#constants)*
        }
    }
}

fn constant(model: &Model, at: usize, field: &Field) -> TokenStream {
    let Field { visibility, attributes, constant, .. } = field;
    // Programs that require documentation require it of the constants, too.
    let documented = attributes.iter().any(|it| it.path().is_ident("doc"));
    let documentation = (!documented).then(|| {
        let text = if field.options.embedded.is_some() {
            format!("The columns of `{}`.", field.ident)
        } else {
            format!("The column `{}`.", field.column)
        };
        quote!(#[doc = #text])
    });
    let (ty, value) = column(model, at, field, &quote!(Self));
    quote! {
        #documentation
        #(#attributes)*
        #visibility const #constant: #ty = #value;
    }
}

/// The column of a field, or the columns of an embedded one: type and value.
fn column(model: &Model, at: usize, field: &Field, of: &TokenStream) -> (TokenStream, TokenStream) {
    let ty = &field.ty;
    if field.options.embedded.is_some() {
        let columns = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::Columns<#of>);
        let place = model.place(field);
        let value = quote_spanned!(ty.span()=> <#columns as __orm::ColumnsAt<__orm::Behind<(), {#place}>>>::COLUMNS);
        return (columns, value);
    }
    let ty = field.column_type();
    let value = if model.has_embedded() {
        let place = model.place(field);
        quote!(__orm::Column::nth(#place))
    } else {
        let at = Literal::usize_unsuffixed(at);
        quote!(__orm::Column::at(#at))
    };
    (quote!(__orm::Column<#of, #ty>), value)
}
