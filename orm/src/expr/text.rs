//! Text: patterns, and functions of it.

use crate::expr::computed::both;
use crate::expr::pattern::{backslash_to_bang, escape_like};
use crate::expr::{Binary, Column, Computed, Expr, Function, Operand, Predicate};
use crate::schema::Model;
use crate::value::{Auto, Field, Value};

/// Columns of text: `String` and `Option<String>`.
#[diagnostic::on_unimplemented(message = "a `{Self}` column is not text", label = "expected a `String` or `Option<String>` column")]
pub trait TextOperand: Field {
    /// What its length is.
    type Length: Field;
}

#[diagnostic::do_not_recommend]
impl TextOperand for String {
    type Length = i64;
}

#[diagnostic::do_not_recommend]
impl<T: TextOperand> TextOperand for Auto<T> {
    type Length = T::Length;
}

#[diagnostic::do_not_recommend]
impl<T: TextOperand> TextOperand for Option<T> {
    type Length = Option<T::Length>;
}

both! {
    /// Text, and text that may be NULL.
    impl<M: Model, T> Column<M, T> {
        /// The text fits a pattern: `%` stands for any text, `_` for one character.
        ///
        /// Case matters on every database. A backslash before a wildcard makes it an
        /// ordinary character.
        pub fn like(self, pattern: impl Into<String>) -> Predicate<M>
        where
            T: TextOperand,
        {
            like(self.into(), backslash_to_bang(&pattern.into()))
        }

        /// The text has `part` in it; case matters, `%` and `_` are ordinary characters.
        pub fn contains(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            like(self.into(), format!("%{}%", escape_like(part.as_ref())))
        }

        /// The text starts with `part`; case matters, `%` and `_` are ordinary characters.
        pub fn starts_with(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            like(self.into(), format!("{}%", escape_like(part.as_ref())))
        }

        /// The text ends with `part`; case matters, `%` and `_` are ordinary characters.
        pub fn ends_with(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            like(self.into(), format!("%{}", escape_like(part.as_ref())))
        }

        /// The text is equal to `rhs`, where `a` to `z` and `A` to `Z` are the same.
        ///
        /// The case of other letters matters, on every database: what they take for the
        /// small letter of `İ`, `Σ` or `ẞ` differs. Where such letters are searched,
        /// keep a folded copy in a column of its own.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, name: String }
        /// let ann: Predicate<User> = User::NAME.ieq("Ann");
        /// # let _ = ann;
        /// ```
        pub fn ieq(self, rhs: impl Operand<M, T>) -> Predicate<M>
        where
            T: TextOperand,
        {
            folded(self.into(), Binary::Eq, rhs)
        }

        /// The text is not equal to `rhs`, where `a` to `z` and `A` to `Z` are the same;
        /// see [`ieq`](Self::ieq).
        pub fn ine(self, rhs: impl Operand<M, T>) -> Predicate<M>
        where
            T: TextOperand,
        {
            folded(self.into(), Binary::Ne, rhs)
        }

        /// As [`contains`](Self::contains), where `a` to `z` and `A` to `Z` are the same.
        pub fn icontains(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            self.lower().contains(part.as_ref().to_ascii_lowercase())
        }

        /// As [`starts_with`](Self::starts_with), where `a` to `z` and `A` to `Z` are the same.
        pub fn istarts_with(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            self.lower().starts_with(part.as_ref().to_ascii_lowercase())
        }

        /// As [`ends_with`](Self::ends_with), where `a` to `z` and `A` to `Z` are the same.
        pub fn iends_with(self, part: impl AsRef<str>) -> Predicate<M>
        where
            T: TextOperand,
        {
            self.lower().ends_with(part.as_ref().to_ascii_lowercase())
        }

        /// The text with `a` to `z` instead of `A` to `Z`; other letters stay, as with
        /// [`ieq`](Self::ieq).
        pub fn lower(self) -> Computed<M, T>
        where
            T: TextOperand,
        {
            Computed::<M, T>::from(self).call(Function::Lower)
        }

        /// The text with `A` to `Z` instead of `a` to `z`; other letters stay, as with
        /// [`ieq`](Self::ieq).
        pub fn upper(self) -> Computed<M, T>
        where
            T: TextOperand,
        {
            Computed::<M, T>::from(self).call(Function::Upper)
        }

        /// The text without the spaces at both ends; tabs and line ends stay.
        pub fn trim(self) -> Computed<M, T>
        where
            T: TextOperand,
        {
            Computed::<M, T>::from(self).call(Function::Trim)
        }

        /// The number of characters, as in `chars().count()`.
        pub fn length<Length>(self) -> Computed<M, Length>
        where
            T: TextOperand<Length = Length>,
        {
            Computed::<M, T>::from(self).call(Function::Length)
        }

        /// The text with `rhs` behind it; NULL where one of them is.
        ///
        /// ```
        /// use orm::prelude::*;
        /// # #[derive(Model)] struct User { #[orm(key, auto)] id: i64, first: String, last: String }
        /// let ann: Predicate<User> = User::FIRST.concat(" ").concat(User::LAST).eq("Ann Lee");
        /// # let _ = ann;
        /// ```
        pub fn concat(self, rhs: impl Operand<M, T>) -> Computed<M, T>
        where
            T: TextOperand,
        {
            let it: Computed<M, T> = self.into();
            let rhs = it.beside(rhs);
            Computed::new(Expr::Call(Function::Concat, vec![it.into_inner(), rhs]), None)
        }
    }
}

fn like<M, T>(it: Computed<M, T>, pattern: String) -> Predicate<M> {
    let pattern = Expr::Value(pattern.into(), None);
    Predicate::new(Expr::Like(Box::new(it.into_inner()), Box::new(pattern), true))
}

fn folded<M: Model, T: TextOperand>(it: Computed<M, T>, operator: Binary, rhs: impl Operand<M, T>) -> Predicate<M> {
    let rhs = match it.beside(rhs) {
        Expr::Value(Value::Text(text), column) => Expr::Value(Value::Text(text.to_ascii_lowercase()), column),
        null @ Expr::Value(..) => null,
        other => Expr::Call(Function::Lower, vec![other]),
    };
    Predicate::new(super::compare::equal(it.lower().into_inner(), operator, rhs))
}
