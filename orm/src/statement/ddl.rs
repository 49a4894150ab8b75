//! Tables as data: what a model asks for, and later what a database has.

use crate::schema::{Model, ModelMeta, TableName, shorten};
use crate::statement::AlterColumn;
use crate::value::SqlType;

/// A change of the tables themselves.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ddl {
    /// Creates a table unless there is one of this name.
    CreateTable(Table),
    /// Creates an index of a table unless there is one of this name.
    CreateIndex(Table, TableIndex),
    /// Says what a column is for; only PostgreSQL wants a statement for it.
    Comment(Table, TableColumn),
    /// Changes a column to what a model says.
    AlterColumn(Box<AlterColumn>),
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The schema it is in, where one was given.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<TableColumn>,
    /// The names of the key's columns.
    pub key: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<TableIndex>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub ty: SqlType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether the database numbers it.
    pub auto: bool,
    /// Whether no two rows may have the same value.
    pub unique: bool,
    /// Whether it is in the key or an index, where some databases bound the length.
    pub indexed: bool,
    /// The type as the model writes it, where it does.
    pub column_type: Option<String>,
    /// The SQL of the value that the database gives where none is sent.
    pub default: Option<String>,
    /// The SQL of a condition that every row fulfils.
    pub check: Option<String>,
    /// What the column is for.
    pub comment: Option<String>,
}

/// An index of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableIndex {
    /// Its name.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Whether no two rows may have the same values in it.
    pub unique: bool,
}

impl Table {
    /// The same table under another name, and its indexes with it: in one
    /// schema, two of a name cannot be.
    #[must_use]
    pub fn called(mut self, name: &TableName) -> Self {
        for index in &mut self.indexes {
            let own = index.name.strip_prefix(&*self.name).and_then(|it| it.strip_prefix('_')).unwrap_or(&index.name);
            index.name = shorten(format!("{}_{own}", name.name()));
        }
        self.schema = name.schema().map(str::to_owned).or(self.schema);
        self.name = name.name().to_owned();
        self
    }

    /// The table that a model asks for.
    #[must_use]
    pub fn of(model: &ModelMeta) -> Self {
        let name = |at: &usize| model.fields[*at].column.to_owned();
        Self {
            schema: model.schema.map(str::to_owned),
            name: model.table.to_owned(),
            columns: model
                .fields
                .iter()
                .map(|it| TableColumn {
                    name: it.column.to_owned(),
                    ty: it.ty,
                    nullable: it.nullable,
                    auto: it.auto,
                    unique: it.unique,
                    indexed: it.indexed,
                    column_type: it.column_type.map(str::to_owned),
                    default: it.default.map(str::to_owned),
                    check: it.check.map(str::to_owned),
                    comment: it.comment.map(str::to_owned),
                })
                .collect(),
            key: model.key.iter().map(name).collect(),
            indexes: model
                .indexes
                .iter()
                .map(|it| TableIndex { name: it.name.to_owned(), columns: it.fields.iter().map(name).collect(), unique: it.unique })
                .collect(),
        }
    }
}

/// A model, or a tuple of models.
#[diagnostic::on_unimplemented(message = "`{Self}` is neither a model nor a tuple of models", label = "not a model")]
pub trait Models {
    #[doc(hidden)]
    fn metas() -> Vec<&'static ModelMeta>;
}

impl<M: Model> Models for M {
    fn metas() -> Vec<&'static ModelMeta> {
        vec![M::META]
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: Models),+> Models for ($($name,)+) {
            fn metas() -> Vec<&'static ModelMeta> {
                let mut all = Vec::new();
                $(all.extend($name::metas());)+
                all
            }
        }
    };
}

tuples! { A }
tuples! { A B }
tuples! { A B C }
tuples! { A B C D }
tuples! { A B C D E }
tuples! { A B C D E F }
tuples! { A B C D E F G }
tuples! { A B C D E F G H }
tuples! { A B C D E F G H I }
tuples! { A B C D E F G H I J }
tuples! { A B C D E F G H I J K }
tuples! { A B C D E F G H I J K L }
