//! The columns of a model with embedded structs, put together at compile time:
//! names with prefixes are constants like all others.
//!
//! What is wrong with them is an error of the compiler: a panic in a constant.

mod check;

use crate::schema::flatten::check::Text;
use crate::schema::{FieldMeta, IndexMeta};
use crate::value::SqlType;

/// A part of a model, as it is written.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "for generated code")]
pub enum Piece {
    /// A field that is one column.
    Field(FieldMeta),
    /// A field that is the columns of an embedded struct.
    Embedded {
        name: &'static str,
        prefix: &'static str,
        optional: bool,
        keyed: bool,
        fields: &'static [FieldMeta],
        indexes: &'static [IndexMeta],
    },
}

/// How many columns the pieces are.
#[must_use]
pub const fn count(pieces: &[Piece]) -> usize {
    let (mut n, mut at) = (0, 0);
    while at < pieces.len() {
        n += match &pieces[at] {
            Piece::Field(_) => 1,
            Piece::Embedded { fields, .. } => fields.len(),
        };
        at += 1;
    }
    n
}

/// How many bytes the names need that are put together.
#[must_use]
pub const fn names_len(pieces: &[Piece]) -> usize {
    let (mut n, mut at) = (0, 0);
    while at < pieces.len() {
        if let Piece::Embedded { name, prefix, fields, .. } = &pieces[at] {
            let mut k = 0;
            while k < fields.len() {
                n += name.len() + 1 + fields[k].name.len() + prefix.len() + fields[k].column.len();
                k += 1;
            }
        }
        at += 1;
    }
    n
}

/// These names: of each field, `address.city`, and of its column, `address_city`.
#[must_use]
pub const fn names<const N: usize>(pieces: &[Piece]) -> [u8; N] {
    let mut text = Text { bytes: [0; N], len: 0 };
    let mut at = 0;
    while at < pieces.len() {
        if let Piece::Embedded { name, prefix, fields, .. } = &pieces[at] {
            let mut k = 0;
            while k < fields.len() {
                text = text.and(name).and(".").and(fields[k].name).and(prefix).and(fields[k].column);
                k += 1;
            }
        }
        at += 1;
    }
    text.bytes
}

/// All columns.
#[must_use]
#[track_caller]
pub const fn fields<const N: usize>(pieces: &[Piece], names: &'static [u8]) -> [FieldMeta; N] {
    let mut all = [FieldMeta::new("", "", SqlType::Boolean, false); N];
    let (mut n, mut at, mut from) = (0, 0, 0);
    while at < pieces.len() {
        match &pieces[at] {
            Piece::Field(it) => {
                all[n] = *it;
                n += 1;
            }
            Piece::Embedded { name, prefix, optional, keyed, fields, .. } => {
                check::key(name, *keyed, fields);
                if *optional {
                    check::optional(name, fields);
                }
                let mut k = 0;
                while k < fields.len() {
                    let it = fields[k];
                    let (name_len, column_len) = (name.len() + 1 + it.name.len(), prefix.len() + it.column.len());
                    all[n] = FieldMeta {
                        name: text(names, from, name_len),
                        column: text(names, from + name_len, column_len),
                        nullable: it.nullable || *optional,
                        ..it
                    };
                    from += name_len + column_len;
                    n += 1;
                    k += 1;
                }
            }
        }
        at += 1;
    }
    check::columns(&all);
    all
}

/// How many columns the key has.
#[must_use]
pub const fn key_len(fields: &[FieldMeta]) -> usize {
    let (mut n, mut at) = (0, 0);
    while at < fields.len() {
        n += fields[at].key as usize;
        at += 1;
    }
    n
}

/// The positions of the key's columns.
#[must_use]
pub const fn key<const N: usize>(fields: &[FieldMeta]) -> [usize; N] {
    let mut all = [0; N];
    let (mut n, mut at) = (0, 0);
    while at < fields.len() {
        if fields[at].key {
            all[n] = at;
            n += 1;
        }
        at += 1;
    }
    all
}

/// The position of the column that the database numbers.
#[must_use]
pub const fn auto(fields: &[FieldMeta]) -> Option<usize> {
    let mut at = 0;
    while at < fields.len() {
        if fields[at].auto {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// How many indexes there are, how many columns are in those of embedded
/// structs, and how many bytes their names need.
#[must_use]
pub const fn index_sizes(pieces: &[Piece], own: &[IndexMeta], fields: &[FieldMeta], table: &str) -> (usize, usize, usize) {
    let (mut all, mut columns, mut bytes) = (own.len(), 0, 0);
    let (mut at, mut base) = (0, 0);
    while at < pieces.len() {
        match &pieces[at] {
            Piece::Field(_) => base += 1,
            Piece::Embedded { fields: inner, indexes, .. } => {
                let mut k = 0;
                while k < indexes.len() {
                    let it = &indexes[k];
                    all += 1;
                    columns += it.fields.len();
                    if it.name.is_empty() && !table.is_empty() {
                        bytes += table.len() + 4;
                        let mut c = 0;
                        while c < it.fields.len() {
                            bytes += 1 + fields[base + it.fields[c]].column.len();
                            c += 1;
                        }
                    }
                    k += 1;
                }
                base += inner.len();
            }
        }
        at += 1;
    }
    (all, columns, bytes)
}

/// The positions of the columns in the indexes of embedded structs.
#[must_use]
pub const fn index_fields<const N: usize>(pieces: &[Piece]) -> [usize; N] {
    let mut all = [0; N];
    let (mut n, mut at, mut base) = (0, 0, 0);
    while at < pieces.len() {
        match &pieces[at] {
            Piece::Field(_) => base += 1,
            Piece::Embedded { fields, indexes, .. } => {
                let mut k = 0;
                while k < indexes.len() {
                    let mut c = 0;
                    while c < indexes[k].fields.len() {
                        all[n] = base + indexes[k].fields[c];
                        n += 1;
                        c += 1;
                    }
                    k += 1;
                }
                base += fields.len();
            }
        }
        at += 1;
    }
    all
}

/// The names of the indexes of embedded structs that have none of their own.
#[must_use]
pub const fn index_names<const N: usize>(pieces: &[Piece], fields: &[FieldMeta], table: &str) -> [u8; N] {
    let mut text = Text { bytes: [0; N], len: 0 };
    let (mut at, mut base) = (0, 0);
    while at < pieces.len() {
        match &pieces[at] {
            Piece::Field(_) => base += 1,
            Piece::Embedded { fields: inner, indexes, .. } => {
                let mut k = 0;
                while k < indexes.len() {
                    let it = &indexes[k];
                    if it.name.is_empty() && !table.is_empty() {
                        text = text.and(table);
                        let mut c = 0;
                        while c < it.fields.len() {
                            text = text.and("_").and(fields[base + it.fields[c]].column);
                            c += 1;
                        }
                        text = text.and(if it.unique { "_key" } else { "_idx" });
                    }
                    k += 1;
                }
                base += inner.len();
            }
        }
        at += 1;
    }
    text.bytes
}

/// All indexes: those of the struct itself, then those of embedded ones.
#[must_use]
#[track_caller]
pub const fn indexes<const N: usize>(
    pieces: &[Piece],
    own: &[IndexMeta],
    positions: &'static [usize],
    names: &'static [u8],
    fields: &[FieldMeta],
    table: &str,
) -> [IndexMeta; N] {
    let mut all = [IndexMeta::new("", &[], false); N];
    let (mut n, mut at, mut column, mut from) = (0, 0, 0, 0);
    while n < own.len() {
        all[n] = own[n];
        n += 1;
    }
    while at < pieces.len() {
        if let Piece::Embedded { indexes, .. } = &pieces[at] {
            let mut k = 0;
            while k < indexes.len() {
                let it = indexes[k];
                let columns = positions.split_at(column).1.split_at(it.fields.len()).0;
                column += it.fields.len();
                let mut name = it.name;
                if it.name.is_empty() && !table.is_empty() {
                    let mut len = table.len() + 4;
                    let mut c = 0;
                    while c < columns.len() {
                        len += 1 + fields[columns[c]].column.len();
                        c += 1;
                    }
                    name = text(names, from, len);
                    from += len;
                }
                all[n] = IndexMeta::new(name, columns, it.unique);
                n += 1;
                k += 1;
            }
        }
        at += 1;
    }
    check::indexes(&all);
    all
}

const fn text(bytes: &'static [u8], from: usize, len: usize) -> &'static str {
    match std::str::from_utf8(bytes.split_at(from).1.split_at(len).0) {
        Ok(it) => it,
        Err(_) => panic!("names are put together of whole texts"),
    }
}
