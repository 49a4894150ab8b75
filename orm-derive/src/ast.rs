//! A model as it was written, with every default filled in.
//!
//! Knows nothing of tokens to come: the parser fills it, the checks remove what
//! is wrong, the expansion reads it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Attribute, GenericArgument, Generics, Ident, LitInt, LitStr, PathArguments, Type, Visibility, parse_quote_spanned};

use crate::name::{self, Case};

/// A struct with `#[derive(Model)]`.
pub(crate) struct Model {
    /// The name of the struct.
    pub(crate) ident: Ident,
    /// Who may use it.
    pub(crate) visibility: Visibility,
    /// Its parameters, without lifetimes.
    pub(crate) generics: Generics,
    /// The type that implements the traits; lifetimes are `'static` in it.
    pub(crate) self_type: TokenStream,
    /// The schema the table is in.
    pub(crate) schema: Option<String>,
    /// The named database that it lives in.
    pub(crate) database: Option<String>,
    /// The table.
    pub(crate) table: String,
    /// Where `hooks` was said.
    pub(crate) hooks: Option<Span>,
    /// The fields, in their order.
    pub(crate) fields: Vec<Field>,
    /// The indexes of fields and of the struct.
    pub(crate) indexes: Vec<Index>,
    /// Whether it can never be a model, as an enum, or has mistakes that its
    /// constants would repeat; its traits are then implemented in name only, so
    /// that its uses are not errors, too.
    pub(crate) impossible: bool,
}

/// A field of a model.
pub(crate) struct Field {
    /// Its name.
    pub(crate) ident: Ident,
    /// Who may use it, and its column.
    pub(crate) visibility: Visibility,
    /// Its documentation and deprecation, which its constant gets, too.
    pub(crate) attributes: Vec<Attribute>,
    /// Its type.
    pub(crate) ty: Type,
    /// The name of the column.
    pub(crate) column: String,
    /// The name of the constant.
    pub(crate) constant: Ident,
    /// What was said about it.
    pub(crate) options: FieldOptions,
}

/// The options of a field; a flag is the place where it was set.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) key: Option<Span>,
    pub(crate) auto: Option<Span>,
    pub(crate) unique: Option<Span>,
    pub(crate) index: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) created_at: Option<Span>,
    pub(crate) updated_at: Option<Span>,
    pub(crate) column: Option<LitStr>,
    pub(crate) constant: Option<Ident>,
    pub(crate) precision: Option<Digits>,
    pub(crate) scale: Option<Digits>,
    pub(crate) size: Option<LitInt>,
    pub(crate) column_type: Option<LitStr>,
    pub(crate) default: Option<(String, Span)>,
    pub(crate) check: Option<LitStr>,
    pub(crate) comment: Option<LitStr>,
    pub(crate) to_sql: Option<LitStr>,
    pub(crate) from_sql: Option<LitStr>,
    pub(crate) readonly: Option<Span>,
    pub(crate) create_only: Option<Span>,
    pub(crate) update_only: Option<Span>,
    pub(crate) write_only: Option<Span>,
    pub(crate) sensitive: Option<Span>,
    pub(crate) embedded: Option<Embedded>,
    pub(crate) json: Option<Span>,
    pub(crate) with: Option<Type>,
}

/// That a field is the columns of a struct.
pub(crate) struct Embedded {
    pub(crate) span: Span,
    /// What the names of the columns begin with.
    pub(crate) prefix: Option<LitStr>,
}

/// A number of digits, and where it was written.
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    /// `None` where it was no such number, which is reported already.
    pub(crate) count: Option<u8>,
    pub(crate) span: Span,
}

/// The options of a struct.
#[derive(Default)]
pub(crate) struct ModelOptions {
    pub(crate) table: Option<LitStr>,
    pub(crate) schema: Option<LitStr>,
    pub(crate) database: Option<LitStr>,
    pub(crate) singular: Option<Span>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) hooks: Option<Span>,
    pub(crate) indexes: Vec<Index>,
}

/// An index over one or more fields.
pub(crate) struct Index {
    /// Where it was asked for.
    pub(crate) span: Span,
    /// Whether no two records may have the same values.
    pub(crate) unique: bool,
    /// The fields, by name.
    pub(crate) fields: Vec<Ident>,
    /// Its name, where one was given.
    pub(crate) name: Option<LitStr>,
}

impl Field {
    /// How many columns an embedded struct has.
    pub(crate) fn count(&self) -> TokenStream {
        let ty = &self.ty;
        quote_spanned!(ty.span()=> <#ty as ::orm::__private::Embedded>::COUNT)
    }

    /// The type of the column: that of the field, unless it is stored as another.
    pub(crate) fn column_type(&self) -> Type {
        let Some(encoding) = self.encoding() else { return self.ty.clone() };
        match self.inner() {
            Some(inner) => parse_quote_spanned!(self.ty.span()=> ::core::option::Option<::orm::__private::With<#inner, #encoding>>),
            None => {
                let ty = &self.ty;
                parse_quote_spanned!(ty.span()=> ::orm::__private::With<#ty, #encoding>)
            }
        }
    }

    /// How the field becomes another type, where it does.
    pub(crate) fn encoding(&self) -> Option<Type> {
        let json = self.options.json.map(|_| parse_quote_spanned!(self.ty.span()=> ::orm::__private::AsJson));
        self.options.with.clone().or(json)
    }

    /// The functions for fields that are stored as something else, and what
    /// they are given: how to `encode`, or to `decode`.
    pub(crate) fn encoded(&self, what: &str) -> Option<(TokenStream, TokenStream)> {
        encoded(&self.ty, self.encoding().as_ref(), what)
    }

    /// The `T` of an `Option<T>`; an alias for one is not seen.
    pub(crate) fn inner(&self) -> Option<&Type> {
        option_of(&self.ty)
    }
}

/// The functions for a type that is stored with an encoding.
pub(crate) fn encoded(ty: &Type, encoding: Option<&Type>, what: &str) -> Option<(TokenStream, TokenStream)> {
    let encoding = encoding?;
    // From its first to its last token it has the span of what is wrong if it is no encoding.
    let span = encoding.span();
    let last = encoding.to_token_stream().into_iter().last().map_or(span, |it| it.span());
    let what = Ident::new(what, last);
    let (module, ty) = match option_of(ty) {
        Some(inner) => (quote_spanned!(span=> ::orm::__private::encoded_option), inner),
        None => (quote_spanned!(span=> ::orm::__private::encoded), ty),
    };
    Some((module, quote_spanned!(span=> <#encoding as ::orm::__private::Encoding<#ty>>::#what)))
}

/// The `T` of a type that is written as `Option<T>`.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    let path = match ty {
        // What a macro passes on as a type is in a group.
        Type::Group(it) => return option_of(&it.elem),
        Type::Paren(it) => return option_of(&it.elem),
        Type::Path(it) => it,
        _ => return None,
    };
    let last = path.path.segments.last().filter(|it| it.ident == "Option")?;
    match &last.arguments {
        PathArguments::AngleBracketed(it) => match it.args.first() {
            Some(GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

impl FieldOptions {
    /// How many digits a decimal has, in all and behind the point.
    pub(crate) fn digits(&self) -> Option<(u8, u8)> {
        Some((self.precision?.count?, self.scale?.count?))
    }
}

impl Model {
    /// The fields that are columns, in the order of their positions.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|it| it.options.skip.is_none())
    }

    /// The position of the column of a field.
    pub(crate) fn position(&self, field: &Ident) -> Option<usize> {
        self.columns().position(|it| it.ident == *field)
    }

    /// Whether a field is the columns of a struct.
    pub(crate) fn has_embedded(&self) -> bool {
        self.columns().any(|it| it.options.embedded.is_some())
    }

    /// Whether every column is stored as what its field is.
    pub(crate) fn is_plain(&self) -> bool {
        self.columns().all(|it| it.options.embedded.is_none() && it.encoding().is_none())
    }

    /// The position of the first column of a field. How many there are before
    /// it is known to the compiler only, where one of them is a struct.
    pub(crate) fn place(&self, field: &Field) -> TokenStream {
        let (mut plain, mut embedded) = (0, TokenStream::new());
        for it in self.columns().take_while(|it| it.ident != field.ident) {
            if it.options.embedded.is_some() {
                let count = it.count();
                embedded.extend(quote!(+ #count));
            } else {
                plain += 1;
            }
        }
        let plain = Literal::usize_unsuffixed(plain);
        if embedded.is_empty() { quote!(#plain) } else { quote!((#plain #embedded)) }
    }

    /// The name of an index: its own, or one made of the table and the columns.
    pub(crate) fn index_name(&self, index: &Index) -> String {
        if let Some(name) = &index.name {
            return name.value();
        }
        let columns = index.fields.iter().filter_map(|name| self.columns().find(|it| it.ident == *name));
        let columns: String = columns.map(|it| format!("{}_", it.column)).collect();
        name::shorten(format!("{}_{columns}{}", self.table, if index.unique { "key" } else { "idx" }))
    }
}
