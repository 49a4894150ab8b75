//! A model as it was written, with every default filled in.
//!
//! Knows nothing of tokens to come: the parser fills it, the checks remove what
//! is wrong, the expansion reads it.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Generics, Ident, LitInt, LitStr, Type, Visibility};

/// A struct with `#[derive(Model)]`.
pub(crate) struct Model {
    /// The name of the struct.
    pub(crate) ident: Ident,
    /// Its parameters, without lifetimes.
    pub(crate) generics: Generics,
    /// The type that implements the traits; lifetimes are `'static` in it.
    pub(crate) self_type: TokenStream,
    /// The schema the table is in.
    pub(crate) schema: Option<String>,
    /// The table.
    pub(crate) table: String,
    /// Where `hooks` was said.
    pub(crate) hooks: Option<Span>,
    /// The fields, in their order.
    pub(crate) fields: Vec<Field>,
    /// The indexes of fields and of the struct.
    pub(crate) indexes: Vec<Index>,
    /// Whether it can never be a model, as an enum; its traits are then
    /// implemented in name only, so that its uses are not errors, too.
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
    pub(crate) readonly: Option<Span>,
    pub(crate) create_only: Option<Span>,
    pub(crate) update_only: Option<Span>,
    pub(crate) write_only: Option<Span>,
    pub(crate) sensitive: Option<Span>,
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

    /// The name of an index: its own, or one made of the table and the columns.
    pub(crate) fn index_name(&self, index: &Index) -> String {
        if let Some(name) = &index.name {
            return name.value();
        }
        let columns = index.fields.iter().filter_map(|name| self.columns().find(|it| it.ident == *name));
        let columns: String = columns.map(|it| format!("{}_", it.column)).collect();
        format!("{}_{columns}{}", self.table, if index.unique { "key" } else { "idx" })
    }
}
