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
    let (record, from_row) = (record::expand(model), record::from_row(model));
    let hooks = hooks::expand(model);
    let key = key::expand(model, wrong);
    quote! {
        #[allow(unused_qualifications)]
        const _: () = {
            // Each path is written for each field, and costs the compiler by its length.
            use ::orm::__private as __orm;

            #columns
            #key

            #[automatically_derived]
            #[allow(deprecated, unused_variables)]
            impl #parameters __orm::Model for #self_type #conditions {
                #meta
                #record
                #hooks
            }

            #[automatically_derived]
            #[allow(deprecated, unused_variables)]
            impl #parameters __orm::FromRow for #self_type #conditions {
                fn positions(cells: &dyn __orm::Cells) -> __orm::Result<::std::vec::Vec<usize>> {
                    <Self as __orm::Model>::META.positions_in(cells)
                }
                #from_row
            }
        };
    }
}
