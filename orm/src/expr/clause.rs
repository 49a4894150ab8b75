//! Clauses that only one database has words for.

use std::borrow::Cow;

use crate::expr::{Args, Arguments};
use crate::value::SqlText;

/// SQL text of the program at a place of a statement for which there is no
/// method; builders take it with `clause`, callbacks add it to the statement.
///
/// ```
/// use orm::{Clause, ClauseAt, Statement, prelude::*};
///
/// /// Hints that the session asks for, in all of its reads.
/// struct Hint(&'static str);
///
/// async fn hints(cx: &mut Context) -> orm::Result<()> {
///     let Some(&Hint(text)) = cx.setting::<Hint>() else { return Ok(()) };
///     if let Statement::Select(it) = cx.statement_mut() {
///         it.clauses.push(Clause::new(ClauseAt::Verb, text, ()));
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    pub(crate) at: ClauseAt,
    pub(crate) text: Cow<'static, str>,
    pub(crate) args: Arguments,
}

/// Where a [`Clause`] stands. Several at one place stand in the order in which
/// they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClauseAt {
    /// In front of everything: `WITH recent AS (…)`.
    Start,
    /// Behind `SELECT`, `INSERT`, `UPDATE` or `DELETE`: hints, `LOW_PRIORITY`, `OR IGNORE`.
    Verb,
    /// Behind the table: `TABLESAMPLE`, `USE INDEX (…)`, `INDEXED BY …`, `PARTITION (…)`.
    Table,
    /// At the end, but in front of `RETURNING`: `ON CONFLICT DO NOTHING`, or the
    /// `LIMIT` of a removal on MariaDB.
    End,
}

impl Clause {
    /// Text with its arguments, as [`sql`](crate::sql) has them: a literal, so
    /// that input of a user cannot become SQL.
    pub fn new(at: ClauseAt, text: impl SqlText, args: impl Args) -> Self {
        Self { at, text: text.into_text(), args: args.into_arguments() }
    }

    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> ClauseAt {
        self.at
    }

    /// Its text, with a placeholder for each argument.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
