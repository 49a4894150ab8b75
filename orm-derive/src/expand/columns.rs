//! A constant for each column.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::ast::{Field, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let self_type = &model.self_type;
    let (parameters, _, conditions) = model.generics.split_for_impl();
    let constants = model.columns().enumerate().map(|(at, field)| constant(at, field));
    quote! {
        #[automatically_derived]
        #[allow(dead_code, deprecated, unreachable_pub)]
        impl #parameters #self_type #conditions {
            #(#constants)*
        }
    }
}

fn constant(at: usize, field: &Field) -> TokenStream {
    let Field { visibility, attributes, ty, constant, .. } = field;
    // Programs that require documentation require it of the constants, too.
    let documented = attributes.iter().any(|it| it.path().is_ident("doc"));
    let documentation = (!documented).then(|| {
        let text = format!("The column `{}`.", field.column);
        quote!(#[doc = #text])
    });
    let at = Literal::usize_unsuffixed(at);
    quote! {
        #documentation
        #(#attributes)*
        #visibility const #constant: ::orm::__private::Column<Self, #ty> = ::orm::__private::Column::at(#at);
    }
}
