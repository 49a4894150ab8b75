//! The derive macros of `orm`.

/// Makes a struct a model.
#[proc_macro_derive(Model, attributes(orm))]
pub fn model(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}
