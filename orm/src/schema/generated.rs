//! How the derive writes the columns of a model.

use crate::schema::{Access, FieldMeta, Stamp, StampWhen};
use crate::value::{SqlType, Value};

impl FieldMeta {
    /// For generated code: a column without any option.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(name: &'static str, column: &'static str, ty: SqlType, nullable: bool) -> Self {
        Self {
            name,
            column,
            ty,
            nullable,
            key: false,
            auto: false,
            zero_is_unset: false,
            unique: false,
            indexed: false,
            stamp: None,
            column_type: None,
            default: None,
            check: None,
            comment: None,
            access: Access { create: true, update: true, read: true },
            to_sql: None,
            from_sql: None,
            sensitive: false,
        }
    }

    /// For generated code: a column of what a field [stores](crate::Field::STORED).
    #[doc(hidden)]
    #[must_use]
    pub const fn of(name: &'static str, column: &'static str, stored: (SqlType, bool)) -> Self {
        Self::new(name, column, stored.0, stored.1)
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn column_type(self, it: &'static str) -> Self {
        Self { column_type: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn default(self, it: &'static str, _left_out: ()) -> Self {
        Self { default: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn check(self, it: &'static str) -> Self {
        Self { check: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn comment(self, it: &'static str) -> Self {
        Self { comment: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn to_sql(self, it: &'static str) -> Self {
        Self { to_sql: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn from_sql(self, it: &'static str) -> Self {
        Self { from_sql: Some(it), ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn access(self, create: bool, update: bool, read: bool) -> Self {
        Self { access: Access { create, update, read }, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn sensitive(self) -> Self {
        Self { sensitive: true, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn key(self) -> Self {
        Self { key: true, indexed: true, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn auto(self, zero_is_unset: bool) -> Self {
        Self { auto: true, zero_is_unset, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn unique(self) -> Self {
        Self { unique: true, indexed: true, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn indexed(self) -> Self {
        Self { indexed: true, ..self }
    }

    /// For generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn stamp(self, when: StampWhen, value: fn(i64) -> Value) -> Self {
        Self { stamp: Some(Stamp { when, value }), ..self }
    }
}
