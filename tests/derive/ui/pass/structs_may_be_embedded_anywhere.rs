//! Private structs, structs of other modules and of functions, and names that
//! are taken.

#![deny(warnings, missing_docs, clippy::pedantic)]
//! # Documentation

use orm::prelude::*;

/// A module.
pub mod places {
    use orm::prelude::Embedded;

    /// A place.
    #[derive(Debug, Clone, Embedded)]
    pub struct Place {
        /// Its name.
        pub name: String,
        hidden: i32,
        #[orm(embedded(prefix = "in_"))]
        pub(crate) inner: Option<Inner>,
    }

    #[derive(Debug, Clone, Embedded)]
    pub(super) struct Inner {
        pub(super) at: u8,
        #[orm(skip)]
        pub(super) first: Vec<u8>,
    }
}

/// Not the one that the derive makes.
#[derive(Debug)]
pub struct PlaceColumns;

/// A visit.
#[derive(Debug, Model)]
pub struct Visit {
    /// Its number.
    #[orm(key)]
    pub id: i64,
    /// Where it was.
    #[orm(embedded, const = WHERE)]
    pub r#where: places::Place,
}

fn main() {
    #[derive(Debug, Clone, Embedded)]
    struct Local {
        r#type: String,
    }

    #[derive(Debug, Model)]
    struct Here {
        #[orm(key)]
        id: i64,
        #[orm(embedded)]
        local: Option<Local>,
    }
    let _ = (Here::LOCAL.r#type.is_none(), Here::ID, PlaceColumns);
    let columns = Visit::WHERE;
    let _ = columns.inner.at.eq(7).and(columns.name.eq("x"));
    assert_eq!(columns.inner.at.name(), "in_at");
    let places: fn() -> Option<places::Place> = || None;
    assert!(places().is_none());
}
