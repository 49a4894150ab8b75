//! The type of the key.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::ast::{Field, Model};

/// A wrong model without a key gets the type of its first column: that it has
/// none may be what is wrong with it, and is not said again where it is used.
pub(super) fn expand(model: &Model, wrong: bool) -> TokenStream {
    let Some(key) = key(model, wrong) else { return TokenStream::new() };
    let self_type = &model.self_type;
    let (parameters, _, conditions) = model.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters __orm::Keyed for #self_type #conditions {
            type Key = #key;
        }
    }
}

/// The key that an embedded struct holds for its models.
pub(super) fn of_embedded(model: &Model) -> Option<TokenStream> {
    let (self_type, key) = (&model.self_type, key(model, false)?);
    let (parameters, _, conditions) = model.generics.split_for_impl();
    Some(quote! {
        #[automatically_derived]
        impl #parameters __orm::EmbeddedKey for #self_type #conditions {
            type Key = #key;
        }
    })
}

fn key(model: &Model, wrong: bool) -> Option<TokenStream> {
    let mut keys: Vec<_> = model.columns().filter(|it| it.options.key.is_some()).map(field_key).collect();
    if keys.is_empty() && wrong {
        keys.extend(model.columns().next().map(field_key));
    }
    match &*keys {
        [] => None,
        [one] => Some(quote!(#one)),
        several => Some(quote!((#(#several),*))),
    }
}

fn field_key(field: &Field) -> TokenStream {
    let ty = field.column_type();
    match (&field.options.embedded, field.options.key) {
        (Some(_), Some(_)) => quote_spanned!(ty.span()=> <#ty as __orm::EmbeddedKey>::Key),
        _ => quote!(#ty),
    }
}
