//! The derive macros of `orm`.

mod ast;
mod attr;
mod check;
mod errors;
mod expand;
mod name;
mod parse;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a model.
#[proc_macro_derive(Model, attributes(orm))]
pub fn model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let mut errors = errors::Errors::default();
    let mut model = parse::model(input, &mut errors);
    check::model(&mut model, &mut errors);
    // A wrong model is expanded, too: without its traits and constants, every
    // use of it would be an error of its own.
    let mut tokens = expand::model(&model);
    tokens.extend(errors.into_tokens());
    tokens.into()
}
