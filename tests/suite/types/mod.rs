//! Field types beyond the plain ones: each comes back as it was, is found by
//! its value, and sorts the same on every database.

pub(super) mod lists;
pub(super) mod named;
pub(super) mod numbers;
pub(super) mod options;
pub(super) mod times;
pub(super) mod unlike;

use std::fmt::Debug;

use orm::{Column, Field, Keyed, every};

use crate::Test;

/// A record with one field of the type in question, which may be NULL.
pub(crate) trait One: Keyed + Clone + Debug {
    type It: Field + PartialEq + Debug;
    const IT: Column<Self, Option<Self::It>>;
    fn new(it: Option<Self::It>) -> Self;
    fn it(&self) -> &Option<Self::It>;
}

/// A model `$name` with the column `it`, for [`One`].
macro_rules! one {
    ($name:ident, $type:ty) => {
        #[derive(Debug, Clone, PartialEq, Model)]
        struct $name {
            #[orm(key, auto)]
            id: i64,
            it: Option<$type>,
        }

        impl $crate::suite::types::One for $name {
            type It = $type;
            const IT: orm::Column<Self, Option<$type>> = Self::IT;

            fn new(it: Option<$type>) -> Self {
                Self { id: 0, it }
            }

            fn it(&self) -> &Option<$type> {
                &self.it
            }
        }
    };
}
pub(crate) use one;

/// Stores the values and NULL, one by one and together, reads them, and finds
/// each by its value. The values are different, and in ascending order.
async fn there_and_back<M: One>(t: &Test, values: Vec<M::It>) {
    t.create_tables::<M>().await.unwrap();
    let all: Vec<Option<M::It>> = [None].into_iter().chain(values.into_iter().map(Some)).collect();
    for it in &all {
        t.create(M::new(it.clone())).await.unwrap();
    }
    t.create_many(all.iter().rev().map(|it| M::new(it.clone()))).await.unwrap();
    for it in &all {
        let found = t.find().where_(M::IT.eq(it.clone())).await.unwrap();
        assert_eq!(found.iter().map(M::it).collect::<Vec<_>>(), [it, it]);
        let found = t.find().where_(M::IT.is_in([it.clone()])).count().await.unwrap();
        assert_eq!(found, 2, "{it:?}");
    }
    let changed = t.create(M::new(None)).await.unwrap();
    for it in &all {
        let changed = t.update(changed.clone()).set(M::IT, it.clone()).await.unwrap();
        assert_eq!(changed.it(), it);
        let saved = t.save(M::new(it.clone())).await;
        assert!(saved.unwrap_err().is_not_found());
    }
    assert!(t.delete(changed).await.is_ok());
    // The other ways in; the values are there twice again.
    t.delete_all(every::<M>()).await.unwrap();
    let records = || all.iter().map(|it| M::new(it.clone())).collect::<Vec<_>>();
    let count = u64::try_from(all.len()).unwrap();
    assert_eq!(t.insert_many(records()).await.unwrap(), count);
    assert_eq!(t.insert_many(records()).copy().await.unwrap(), count);
    for it in &all {
        let found = t.find().where_(M::IT.eq(it.clone())).await.unwrap();
        assert_eq!(found.iter().map(M::it).collect::<Vec<_>>(), [it, it]);
    }
}

/// The same, and the order.
async fn in_order<M: One>(t: &Test, values: Vec<M::It>) {
    there_and_back::<M>(t, values.clone()).await;
    let twice: Vec<_> = values.iter().flat_map(|it| [it, it]).collect();
    let up = t.find().order(M::IT.asc()).await.unwrap();
    assert_eq!(up.iter().filter_map(|it| it.it().as_ref()).collect::<Vec<_>>(), twice);
    assert!(up[0].it().is_none() && up[1].it().is_none());
    let down = t.find().order(M::IT.desc()).await.unwrap();
    assert_eq!(down.iter().rev().filter_map(|it| it.it().as_ref()).collect::<Vec<_>>(), twice);
    // A list that no database takes as so many placeholders, with all values but the last.
    let (last, others) = values.split_last().unwrap();
    let long = || others.iter().cycle().take(70_000).cloned().map(Some);
    let others = u64::try_from(others.len()).unwrap();
    assert_eq!(t.find().where_(M::IT.is_in(long())).count().await.unwrap(), 2 * others);
    let rest = t.find().where_(M::IT.not_in(long())).await.unwrap();
    assert_eq!(rest.iter().map(M::it).collect::<Vec<_>>(), [&Some(last.clone()), &Some(last.clone())]);
    for (n, it) in values.iter().enumerate() {
        let smaller = t.find().where_(M::IT.lt(Some(it.clone()))).count().await.unwrap();
        assert_eq!(smaller, 2 * u64::try_from(n).unwrap(), "{it:?}");
    }
}
