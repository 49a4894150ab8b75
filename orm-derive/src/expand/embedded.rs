//! A struct whose fields are columns of other models.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::ast::{Field, Model};
use crate::expand::{key, meta, record};

/// The implementation for a struct, and the two structs of its columns.
pub(crate) fn embedded(model: &Model) -> TokenStream {
    let name = model.ident.unraw();
    let (plain, optional) = (format_ident!("{name}Columns"), format_ident!("{name}OptionalColumns"));
    // With parameters, which is reported, the fields have types that their structs do not know.
    let some = model.generics.params.is_empty();
    let columns = some.then(|| columns(model, &plain, &|field| column(field)));
    let optionals = some.then(|| self::columns(model, &optional, &|field| optional_column(field)));
    let type_of = |name| if some { quote!(#name<Model_>) } else { quote!(()) };
    let (plain, optional) = (type_of(plain), type_of(optional));
    let key = key::of_embedded(model);
    let (self_type, (parameters, _, conditions)) = (&model.self_type, model.generics.split_for_impl());
    let ((fields, indexes), methods) = (meta::of_embedded(model), record::of_embedded(model));
    quote! {
        #[allow(unused_qualifications)]
        const _: () = {
            use ::orm::__private as __orm;

            #columns
            #optionals

            #[automatically_derived]
            #[allow(deprecated, unused_variables, unreachable_code)]
            impl #parameters __orm::Embedded for #self_type #conditions {
                const FIELDS: &'static [__orm::FieldMeta] = #fields;
                const INDEXES: &'static [__orm::IndexMeta] = #indexes;
                type Columns<Model_> = #plain;
                type OptionalColumns<Model_> = #optional;
                #methods
            }

            #key
        };
    }
}

/// A struct with a column in each field.
fn columns(model: &Model, name: &Ident, column: &dyn Fn(&Field) -> TokenStream) -> TokenStream {
    let visibility = &model.visibility;
    let documentation = format!("The columns of `{}`.", model.ident.unraw());
    // The type of a nested struct may be none, which is then reported wherever
    // it decides whether this struct has a size: that is where it comes last.
    let (nested, plain): (Vec<_>, Vec<_>) = model.columns().partition(|it| it.options.embedded.is_some());
    let copy = nested.first().map_or_else(|| quote!(Self), |it| quote_spanned!(it.ty.span()=> Self));
    let last = plain.is_empty().then(|| quote!(__model: ::core::marker::PhantomData<fn() -> Model_>));
    let last_value = last.is_some().then(|| quote!(__model: ::core::marker::PhantomData));
    let declared = nested.into_iter().chain(plain).map(|field| {
        let (visibility, ident, attributes, ty) = (&field.visibility, &field.ident, &field.attributes, column(field));
        let documented = attributes.iter().any(|it| it.path().is_ident("doc"));
        let text = format!("The column of `{}`.", field.ident);
        let documentation = (!documented).then(|| quote!(#[doc = #text]));
        quote!(#documentation #(#attributes)* #visibility #ident: #ty)
    });
    let values = model.columns().map(|field| {
        let (ident, ty, place) = (&field.ident, column(field), model.place(field));
        if field.options.embedded.is_some() {
            let place = quote!(__orm::Behind<Place_, {#place}>);
            let mut ident = ident.clone();
            ident.set_span(field.ty.span());
            quote_spanned!(field.ty.span()=> #ident: <#ty as __orm::ColumnsAt<#place>>::COLUMNS)
        } else {
            quote!(#ident: <#ty>::nth(Place_::AT + #place))
        }
    });
    quote! {
        #[doc = #documentation]
        #[allow(dead_code, deprecated, unreachable_pub, missing_debug_implementations)]
        #visibility struct #name<Model_> { #(#declared,)* #last }

        #[automatically_derived]
        #[allow(deprecated)]
        impl<Model_, Place_: __orm::Place> __orm::ColumnsAt<Place_> for #name<Model_> {
            const COLUMNS: Self = Self { #(#values,)* #last_value };
        }

        #[automatically_derived]
        impl<Model_> ::core::clone::Clone for #name<Model_> {
            fn clone(&self) -> #copy {
                *self
            }
        }

        #[automatically_derived]
        impl<Model_> ::core::marker::Copy for #name<Model_> {}
    }
}

fn column(field: &Field) -> TokenStream {
    let ty = field.column_type();
    match field.options.embedded {
        Some(_) => quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::Columns<Model_>),
        None => quote!(__orm::Column<Model_, #ty>),
    }
}

/// What is embedded as an `Option` may be NULL everywhere.
fn optional_column(field: &Field) -> TokenStream {
    let ty = field.column_type();
    match field.options.embedded {
        Some(_) => quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::OptionalColumns<Model_>),
        None if field.inner().is_some() => quote!(__orm::Column<Model_, #ty>),
        None => quote!(__orm::Column<Model_, ::core::option::Option<#ty>>),
    }
}
