//! A program that documents everything.
#![deny(missing_docs, warnings)]
#![deny(clippy::all, clippy::pedantic)]

pub mod model {
    //! The models.

    use orm::Model;

    /// A person who can sign in.
    #[derive(Debug, Clone, Model)]
    #[orm(unique(name, age))]
    pub struct User {
        /// Counts up.
        #[orm(key, auto)]
        pub id: i64,
        /// Shown in the header.
        pub name: String,
        /// In years.
        pub age: u8,
        /// Not used any more.
        #[deprecated(note = "use `name`")]
        pub nick: Option<String>,
        #[orm(skip)]
        cache: Option<String>,
        inner: i32,
    }

    impl User {
        /// The columns that nobody else sees.
        #[must_use]
        pub fn sum(&self) -> i32 {
            self.inner + i32::from(self.cache.is_some()) + i32::from(Self::INNER.name() == "inner")
        }
    }
}

fn main() {
    let _ = model::User::NAME.eq("ann");
}
