//! What is wrong with columns and indexes that were put together.

use crate::schema::{FieldMeta, IndexMeta, StampWhen};

/// A key is where the model says it is.
#[track_caller]
pub(super) const fn key(name: &str, keyed: bool, fields: &[FieldMeta]) {
    let mut at = 0;
    while at < fields.len() {
        if fields[at].key && !keyed {
            fail(&["`", fields[at].name, "` in `", name, "` is a key: write `#[orm(embedded, key)]` where the key of the model is"]);
        }
        at += 1;
    }
}

/// What is NULL as a whole has nothing that is there without it.
#[track_caller]
pub(super) const fn optional(name: &str, fields: &[FieldMeta]) {
    let (mut at, mut tells) = (0, false);
    while at < fields.len() {
        let it = &fields[at];
        if it.key || it.stamp.is_some() || it.default.is_some() {
            fail(&[
                "`",
                name,
                "` is an `Option`, but `",
                it.name,
                "` in it is written where it is `None`: no key, `default` or time of a change",
            ]);
        }
        tells |= !it.nullable && it.access.read;
        at += 1;
    }
    if !tells {
        fail(&["`", name, "` is an `Option`, but every field in it may be NULL itself: nothing would tell `None` from `Some`"]);
    }
}

#[track_caller]
pub(super) const fn columns(fields: &[FieldMeta]) {
    let (mut at, mut auto, mut created, mut updated) = (0, "", "", "");
    while at < fields.len() {
        let it = &fields[at];
        let mut before = 0;
        while before < at {
            if fields[before].column.eq_ignore_ascii_case(it.column) {
                let hint = "`: give an embedded field a prefix with `embedded(prefix = \"…\")`";
                fail(&["`", fields[before].name, "` and `", it.name, "` are both stored in the column `", it.column, hint]);
            }
            before += 1;
        }
        if it.auto {
            auto = once(auto, it.name, "` has `auto` already: the database numbers at most one column");
        }
        match it.stamp {
            Some(stamp) if matches!(stamp.when, StampWhen::Created) => {
                created = once(created, it.name, "` has `created_at` already: one column holds the time of creation");
            }
            Some(_) => updated = once(updated, it.name, "` has `updated_at` already: one column holds the time of the last change"),
            None => {}
        }
        at += 1;
    }
}

#[track_caller]
const fn once(first: &'static str, name: &'static str, rule: &str) -> &'static str {
    if !first.is_empty() {
        fail(&["`", first, rule]);
    }
    name
}

#[track_caller]
pub(super) const fn indexes(indexes: &[IndexMeta]) {
    let mut at = 0;
    while at < indexes.len() {
        let mut before = 0;
        while before < at {
            let (one, other) = (indexes[before].name.as_bytes(), indexes[at].name.as_bytes());
            let mut same = one.len() == other.len() && !one.is_empty();
            let mut k = 0;
            while same && k < one.len() {
                same = one[k] == other[k];
                k += 1;
            }
            if same {
                fail(&["there is an index `", indexes[at].name, "` already: leave `name` out where a struct is embedded twice"]);
            }
            before += 1;
        }
        at += 1;
    }
}

/// Text that is put together at compile time.
pub(super) struct Text<const N: usize> {
    pub(super) bytes: [u8; N],
    pub(super) len: usize,
}

impl<const N: usize> Text<N> {
    /// The same with more behind it, as far as there is room.
    pub(super) const fn and(mut self, more: &str) -> Self {
        let more = more.as_bytes();
        let mut at = 0;
        while at < more.len() && self.len < N {
            self.bytes[self.len] = more[at];
            self.len += 1;
            at += 1;
        }
        self
    }
}

#[track_caller]
const fn fail(parts: &[&str]) -> ! {
    let mut text = Text { bytes: [0; 512], len: 0 };
    let mut at = 0;
    while at < parts.len() {
        text = text.and(parts[at]);
        at += 1;
    }
    match std::str::from_utf8(text.bytes.split_at(text.len).0) {
        Ok(it) => panic!("{}", it),
        Err(_) => panic!("a model has two columns of one name"),
    }
}
