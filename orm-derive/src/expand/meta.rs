//! What is known of the model at compile time.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::ast::{Field, Index, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let name = model.ident.unraw().to_string();
    let schema = option(model.schema.as_ref().map(|it| quote!(#it)));
    let database = database(model);
    let table = &model.table;
    if model.has_embedded() && !model.impossible {
        return flattened(model, &name, &schema);
    }
    // The types of what can be no model would be errors beside the one that counts.
    let columns: Vec<_> = if model.impossible { Vec::new() } else { model.columns().collect() };
    let fields = columns.iter().map(|it| field(model, it));
    let keys = columns.iter().enumerate().filter(|(_, it)| it.options.key.is_some()).map(|(at, _)| position(at));
    let auto = option(columns.iter().position(|it| it.options.auto.is_some()).map(position));
    let indexes = model.indexes.iter().map(|it| index(model, it));
    quote! {
        const META: &'static __orm::ModelMeta = &__orm::ModelMeta::new(
            #name, #schema, #table, &[#(#fields),*], &[#(#keys),*], #auto, &[#(#indexes),*],
        )#database;
    }
}

/// The constant of a model with embedded structs, put together by the compiler.
fn flattened(model: &Model, name: &str, schema: &TokenStream) -> TokenStream {
    let (table, database) = (&model.table, database(model));
    let (fields, indexes) = (fields(model), indexes(model, table));
    quote! {
        const META: &'static __orm::ModelMeta = {
            #fields
            #indexes
            const KEY: [usize; flatten::key_len(&FIELDS)] = flatten::key(&FIELDS);
            &__orm::ModelMeta::new(#name, #schema, #table, &FIELDS, &KEY, flatten::auto(&FIELDS), &INDEXES)#database
        };
    }
}

/// Where it lives, if it says so.
fn database(model: &Model) -> Option<TokenStream> {
    model.database.as_ref().map(|it| quote!(.in_database(#it)))
}

/// The columns and the indexes of an embedded struct.
pub(super) fn of_embedded(model: &Model) -> (TokenStream, TokenStream) {
    if model.impossible {
        return (quote!(&[]), quote!(&[]));
    }
    let (fields, indexes) = (fields(model), indexes(model, ""));
    (quote!({ #fields &FIELDS }), quote!({ #fields #indexes &INDEXES }))
}

/// The constant `FIELDS`, with the columns of embedded structs.
fn fields(model: &Model) -> TokenStream {
    let pieces = model.columns().map(|it| piece(model, it));
    let flat = quote_spanned!(blamed(model)=> flatten::fields(PIECES, &NAMES));
    quote! {
        use __orm::flatten;
        const PIECES: &[__orm::Piece] = &[#(#pieces),*];
        const NAMES: [u8; flatten::names_len(PIECES)] = flatten::names(PIECES);
        const FIELDS: [__orm::FieldMeta; flatten::count(PIECES)] = #flat;
    }
}

/// The constant `INDEXES`, with those of embedded structs; without a table
/// they get their names later.
fn indexes(model: &Model, table: &str) -> TokenStream {
    let own = model.indexes.iter().map(|it| {
        let given = || it.name.as_ref().map(syn::LitStr::value).unwrap_or_default();
        let name = if table.is_empty() { given() } else { model.index_name(it) };
        let places = it.fields.iter().filter_map(|name| model.columns().find(|field| field.ident == *name)).map(|it| model.place(it));
        let unique = it.unique;
        quote!(__orm::IndexMeta::new(#name, &[#(#places),*], #unique))
    });
    let flat = quote_spanned!(blamed(model)=> flatten::indexes(PIECES, OWN, &POSITIONS, &INDEX_NAMES, &FIELDS, #table));
    quote! {
        const OWN: &[__orm::IndexMeta] = &[#(#own),*];
        const SIZES: (usize, usize, usize) = flatten::index_sizes(PIECES, OWN, &FIELDS, #table);
        const POSITIONS: [usize; SIZES.1] = flatten::index_fields(PIECES);
        const INDEX_NAMES: [u8; SIZES.2] = flatten::index_names(PIECES, &FIELDS, #table);
        const INDEXES: [__orm::IndexMeta; SIZES.0] = #flat;
    }
}

/// Where a mistake is shown that only the compiler can find: the last embedded
/// field, without which there would be none.
fn blamed(model: &Model) -> Span {
    model.columns().filter(|it| it.options.embedded.is_some()).last().map_or(model.ident.span(), |it| it.ident.span())
}

fn piece(model: &Model, it: &Field) -> TokenStream {
    let Some(embedded) = &it.options.embedded else {
        let field = field(model, it);
        return quote!(__orm::Piece::Field(#field));
    };
    let (ty, name) = (&it.ty, it.ident.unraw().to_string());
    let keyed = it.options.key.is_some();
    let prefix = embedded.prefix.as_ref().map(syn::LitStr::value).unwrap_or_default();
    // The constants are named by their trait alone, here as elsewhere: the same
    // mistake is then reported once.
    let embedded = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>);
    quote! {
        __orm::Piece::Embedded {
            name: #name,
            prefix: #prefix,
            optional: #embedded::OPTIONAL,
            keyed: #keyed,
            fields: #embedded::FIELDS,
            indexes: #embedded::INDEXES,
        }
    }
}

fn field(model: &Model, field: &Field) -> TokenStream {
    let (name, column, options) = (field.ident.unraw().to_string(), &field.column, &field.options);
    let column_type = column_type(field);
    let key = options.key.map(|_| quote!(.key()));
    let auto = options.auto.map(|_| {
        let ty = field.column_type();
        let zero = quote_spanned!(ty.span()=> <#ty as __orm::AutoKey>::ZERO_IS_UNSET);
        quote!(.auto(#zero))
    });
    let unique = options.unique.map(|_| quote!(.unique()));
    let in_index = model.indexes.iter().any(|it| it.fields.contains(&field.ident));
    let indexed = in_index.then(|| quote!(.indexed()));
    let stamp = stamp(field);
    let more = texts_and_access(field);
    quote! {
        __orm::FieldMeta::of(#name, #column, #column_type) #key #auto #unique #indexed #stamp #more
    }
}

/// What the column holds and whether it may be NULL, as a pair.
///
/// The field's own type is named with its own span, and by the trait that the
/// options ask for, so that a type that does not fit is reported where it is
/// written.
fn column_type(field: &Field) -> TokenStream {
    let (ty, span) = (&field.column_type(), field.ty.span());
    let plain = quote_spanned!(span=> <#ty as __orm::Field>);
    if let Some((precision, scale)) = field.options.digits() {
        let sql_type = quote!(__orm::SqlType::Decimal { precision: #precision, scale: #scale });
        let optional = quote_spanned!(span=> <#ty as __orm::DecimalField>::OPTIONAL);
        return quote!((#sql_type, #optional));
    }
    if let Some(size) = &field.options.size {
        let trait_ = quote_spanned!(span=> <#ty as __orm::SizedField>);
        return quote!((#trait_::COLUMN.sized(#size), #trait_::OPTIONAL));
    }
    if let (Some(encoded), None) = (field.encoded("encode"), &field.options.auto) {
        let (module, encode) = encoded;
        return quote_spanned!(span=> (#module::sql_type(#encode), #module::nullable(#encode)));
    }
    match field.options.auto {
        Some(_) => {
            let sql_type = quote_spanned!(span=> <#ty as __orm::AutoKey>::COLUMN);
            quote!((#sql_type, #plain::NULLABLE))
        }
        None => quote!(#plain::STORED),
    }
}

fn texts_and_access(field: &Field) -> TokenStream {
    let options = &field.options;
    let column_type = options.column_type.as_ref().map(|it| quote!(.column_type(#it)));
    let default = options.default.as_ref().map(|(sql, _)| {
        let ty = field.column_type();
        // Only a type that can be without a value leaves it to the database.
        let left_out = quote_spanned!(ty.span()=> <#ty as __orm::DefaultField>::LEFT_OUT);
        quote!(.default(#sql, #left_out))
    });
    let check = options.check.as_ref().map(|it| quote!(.check(#it)));
    let comment = options.comment.as_ref().map(|it| quote!(.comment(#it)));
    let to_sql = options.to_sql.as_ref().map(|it| quote!(.to_sql(#it)));
    let from_sql = options.from_sql.as_ref().map(|it| quote!(.from_sql(#it)));
    let sensitive = options.sensitive.map(|_| quote!(.sensitive()));
    let create = options.readonly.or(options.update_only).is_none();
    let update = options.readonly.or(options.create_only).is_none();
    let read = options.write_only.is_none();
    let access = (!(create && update && read)).then(|| quote!(.access(#create, #update, #read)));
    quote!(#column_type #default #check #comment #to_sql #from_sql #sensitive #access)
}

fn stamp(field: &Field) -> Option<TokenStream> {
    let when = match (field.options.created_at, field.options.updated_at) {
        (Some(_), _) => quote!(Created),
        (None, Some(_)) => quote!(Updated),
        (None, None) => return None,
    };
    let ty = field.column_type();
    let value = quote_spanned!(ty.span()=> <#ty as __orm::Timestamp>::at);
    Some(quote!(.stamp(__orm::StampWhen::#when, #value)))
}

fn index(model: &Model, index: &Index) -> TokenStream {
    let (name, unique) = (model.index_name(index), index.unique);
    let fields = index.fields.iter().filter_map(|it| model.position(it)).map(position);
    quote!(__orm::IndexMeta::new(#name, &[#(#fields),*], #unique))
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
