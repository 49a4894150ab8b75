//! What is known of the model at compile time.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::ast::{Field, Index, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let name = model.ident.unraw().to_string();
    let schema = option(model.schema.as_ref().map(|it| quote!(#it)));
    let table = &model.table;
    // The types of what can be no model would be errors beside the one that counts.
    let columns: Vec<_> = if model.impossible { Vec::new() } else { model.columns().collect() };
    let fields = columns.iter().map(|it| field(model, it));
    let keys = columns.iter().enumerate().filter(|(_, it)| it.options.key.is_some()).map(|(at, _)| position(at));
    let auto = option(columns.iter().position(|it| it.options.auto.is_some()).map(position));
    let indexes = model.indexes.iter().map(|it| index(model, it));
    quote! {
        const META: &'static ::orm::__private::ModelMeta = &::orm::__private::ModelMeta::new(
            #name, #schema, #table, &[#(#fields),*], &[#(#keys),*], #auto, &[#(#indexes),*],
        );
    }
}

fn field(model: &Model, field: &Field) -> TokenStream {
    let (name, column, options) = (field.ident.unraw().to_string(), &field.column, &field.options);
    let (sql_type, nullable) = column_type(field);
    let key = options.key.map(|_| quote!(.key()));
    let auto = options.auto.map(|_| quote!(.auto()));
    let unique = options.unique.map(|_| quote!(.unique()));
    let in_index = model.indexes.iter().any(|it| it.fields.contains(&field.ident));
    let indexed = in_index.then(|| quote!(.indexed()));
    let stamp = stamp(field);
    let more = texts_and_access(field);
    quote! {
        ::orm::__private::FieldMeta::new(#name, #column, #sql_type, #nullable) #key #auto #unique #indexed #stamp #more
    }
}

/// What the column holds and whether it may be NULL.
///
/// The field's own type is named with its own span, and by the trait that the
/// options ask for, so that a type that does not fit is reported where it is
/// written.
fn column_type(field: &Field) -> (TokenStream, TokenStream) {
    let (ty, span) = (&field.ty, field.ty.span());
    let plain = quote_spanned!(span=> <#ty as ::orm::__private::Field>);
    if let Some((precision, scale)) = field.options.digits() {
        let sql_type = quote!(::orm::__private::SqlType::Decimal { precision: #precision, scale: #scale });
        return (sql_type, quote_spanned!(span=> <#ty as ::orm::__private::DecimalField>::OPTIONAL));
    }
    if let Some(size) = &field.options.size {
        let trait_ = quote_spanned!(span=> <#ty as ::orm::__private::SizedField>);
        return (quote!(#trait_::COLUMN.sized(#size)), quote!(#trait_::OPTIONAL));
    }
    let sql_type = match field.options.auto {
        Some(_) => quote_spanned!(span=> <#ty as ::orm::__private::AutoKey>::COLUMN),
        None => quote!(#plain::TYPE),
    };
    (sql_type, quote!(#plain::NULLABLE))
}

fn texts_and_access(field: &Field) -> TokenStream {
    let options = &field.options;
    let column_type = options.column_type.as_ref().map(|it| quote!(.column_type(#it)));
    let default = options.default.as_ref().map(|(sql, _)| {
        let ty = &field.ty;
        // Only a type that can be without a value leaves it to the database.
        let left_out = quote_spanned!(ty.span()=> <#ty as ::orm::__private::DefaultField>::LEFT_OUT);
        quote!(.default(#sql, #left_out))
    });
    let check = options.check.as_ref().map(|it| quote!(.check(#it)));
    let comment = options.comment.as_ref().map(|it| quote!(.comment(#it)));
    let sensitive = options.sensitive.map(|_| quote!(.sensitive()));
    let create = options.readonly.or(options.update_only).is_none();
    let update = options.readonly.or(options.create_only).is_none();
    let read = options.write_only.is_none();
    let access = (!(create && update && read)).then(|| quote!(.access(#create, #update, #read)));
    quote!(#column_type #default #check #comment #sensitive #access)
}

fn stamp(field: &Field) -> Option<TokenStream> {
    let when = match (field.options.created_at, field.options.updated_at) {
        (Some(_), _) => quote!(Created),
        (None, Some(_)) => quote!(Updated),
        (None, None) => return None,
    };
    let ty = &field.ty;
    let value = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Timestamp>::at);
    Some(quote!(.stamp(::orm::__private::StampWhen::#when, #value)))
}

fn index(model: &Model, index: &Index) -> TokenStream {
    let (name, unique) = (model.index_name(index), index.unique);
    let fields = index.fields.iter().filter_map(|it| model.position(it)).map(position);
    quote!(::orm::__private::IndexMeta::new(#name, &[#(#fields),*], #unique))
}

fn position(at: usize) -> TokenStream {
    let at = Literal::usize_unsuffixed(at);
    quote!(#at)
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(it) => quote!(::core::option::Option::Some(#it)),
        None => quote!(::core::option::Option::None),
    }
}
