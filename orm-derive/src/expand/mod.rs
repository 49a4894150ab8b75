//! Writes the code of a model: data and calls, no logic.

mod columns;
mod embedded;
mod field;
mod hooks;
mod key;
mod meta;
mod record;

pub(crate) use self::embedded::embedded;
pub(crate) use self::field::field;

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::Model;

/// The implementations for a model, also for one with mistakes.
pub(crate) fn model(model: &Model, wrong: bool) -> TokenStream {
    let self_type = &model.self_type;
    let (parameters, _, conditions) = model.generics.split_for_impl();
    let columns = columns::expand(model);
    let meta = meta::expand(model);
    let record = record::expand(model);
    let hooks = hooks::expand(model);
    let key = key::expand(model, wrong);
    quote! {
        #columns
        #key

        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #parameters ::orm::__private::Model for #self_type #conditions {
            #meta
            #record
            #hooks
        }

        #[automatically_derived]
        impl #parameters ::orm::__private::FromRow for #self_type #conditions {
            fn positions(cells: &dyn ::orm::__private::Cells) -> ::orm::__private::Result<::std::vec::Vec<usize>> {
                <Self as ::orm::__private::Model>::META.positions_in(cells)
            }

            fn from_row(row: &::orm::__private::RowRef<'_>) -> ::orm::__private::Result<Self> {
                <Self as ::orm::__private::Model>::decode(row)
            }
        }
    }
}
