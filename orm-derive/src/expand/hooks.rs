//! The way from a record to the hooks of its model.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::ast::Model;

pub(super) fn expand(model: &Model) -> Option<TokenStream> {
    if model.impossible {
        return None;
    }
    let table = match model.hooks {
        // The place of the option is where a missing `impl Hooks` is reported.
        Some(span) => {
            let table = quote_spanned!(span=> <Self as __orm::Hooks>::TABLE);
            quote!(::core::option::Option::Some(const { &#table }))
        }
        // With type parameters the compiler cannot know which constant is meant.
        None if model.generics.type_params().next().is_some() => return None,
        // Hooks are found without the option, too: to ignore them would be a
        // bug that nobody sees.
        None => quote! {
            #[allow(unused_imports)]
            use __orm::NoHooks as _;
            <__orm::HooksOf<Self>>::TABLE
        },
    };
    Some(quote! {
        fn hooks() -> ::core::option::Option<&'static (dyn __orm::Any + ::core::marker::Send + ::core::marker::Sync)> {
            #table
        }
    })
}
