//! The eleven tables as models. Our names are plural (`tracks`), those of the
//! scripts are not (`track`, `Track`), so both fit into one database.

use chrono::NaiveDateTime;
use orm::prelude::*;
use rust_decimal::Decimal;

use super::load::{Literal, Literals};
use super::text::{Cells, Show};

/// A model that is read from a script, and shown as plain SQL shows its rows.
pub(super) trait Original: Model + orm::FromRow + orm::Models + Clone + PartialEq + std::fmt::Debug {
    /// The table in the script, and its columns.
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];

    fn of_literals(literals: &mut Literals) -> Self;
}

macro_rules! originals {
    ($($table:ident => struct $name:ident { $($(#[$option:meta])* $field:ident: $type:ty,)* })*) => {$(
        #[derive(Debug, Clone, PartialEq, Model)]
        pub(super) struct $name {
            $($(#[$option])* pub(super) $field: $type,)*
        }

        impl Original for $name {
            const TABLE: &'static str = stringify!($table);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn of_literals(literals: &mut Literals) -> Self {
                Self { $($field: <$type as Literal>::read(literals.next().expect("a literal for each column")),)* }
            }
        }

        impl Cells for $name {
            fn cells(&self) -> Vec<String> {
                vec![$(self.$field.show()),*]
            }
        }
    )*};
}

originals! {
    genre => struct Genre {
        #[orm(key)]
        genre_id: i32,
        name: Option<String>,
    }

    media_type => struct MediaType {
        #[orm(key)]
        media_type_id: i32,
        name: Option<String>,
    }

    artist => struct Artist {
        #[orm(key)]
        artist_id: i32,
        name: Option<String>,
    }

    album => struct Album {
        #[orm(key)]
        album_id: i32,
        title: String,
        #[orm(index)]
        artist_id: i32,
    }

    track => struct Track {
        #[orm(key)]
        track_id: i32,
        name: String,
        #[orm(index)]
        album_id: Option<i32>,
        #[orm(index)]
        media_type_id: i32,
        #[orm(index)]
        genre_id: Option<i32>,
        composer: Option<String>,
        milliseconds: u32,
        bytes: Option<i64>,
        #[orm(precision = 10, scale = 2)]
        unit_price: Decimal,
    }

    employee => struct Employee {
        #[orm(key)]
        employee_id: i32,
        last_name: String,
        first_name: String,
        title: Option<String>,
        reports_to: Option<i32>,
        birth_date: Option<NaiveDateTime>,
        hire_date: Option<NaiveDateTime>,
        address: Option<String>,
        city: Option<String>,
        state: Option<String>,
        country: Option<String>,
        postal_code: Option<String>,
        phone: Option<String>,
        fax: Option<String>,
        email: Option<String>,
    }

    customer => struct Customer {
        #[orm(key)]
        customer_id: i32,
        first_name: String,
        last_name: String,
        company: Option<String>,
        address: Option<String>,
        city: Option<String>,
        state: Option<String>,
        country: Option<String>,
        postal_code: Option<String>,
        phone: Option<String>,
        fax: Option<String>,
        #[orm(unique)]
        email: String,
        support_rep_id: Option<i32>,
    }

    invoice => struct Invoice {
        #[orm(key)]
        invoice_id: i32,
        #[orm(index)]
        customer_id: i32,
        invoice_date: NaiveDateTime,
        billing_address: Option<String>,
        billing_city: Option<String>,
        billing_state: Option<String>,
        billing_country: Option<String>,
        billing_postal_code: Option<String>,
        #[orm(precision = 10, scale = 2)]
        total: Decimal,
    }

    invoice_line => struct InvoiceLine {
        #[orm(key)]
        invoice_line_id: i32,
        #[orm(index)]
        invoice_id: i32,
        #[orm(index)]
        track_id: i32,
        #[orm(precision = 10, scale = 2)]
        unit_price: Decimal,
        quantity: u8,
    }

    playlist => struct Playlist {
        #[orm(key)]
        playlist_id: i32,
        name: Option<String>,
    }

    playlist_track => struct PlaylistTrack {
        #[orm(key)]
        playlist_id: i32,
        #[orm(key)]
        track_id: i32,
    }
}
