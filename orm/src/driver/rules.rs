//! Which rule of a table was broken, completed from what is known of the model.

use crate::driver::Work;
use crate::error::{Cause, Error};
use crate::schema::ModelMeta;

/// A broken rule, as far as the database tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) table: Option<String>,
    pub(super) constraint: Option<String>,
    pub(super) columns: Vec<String>,
}

impl Broken {
    pub(super) fn unique(mut self, about: About<'_>, source: Cause) -> Error {
        if let Some(model) = self.model(about) {
            if let (true, Some(name)) = (self.columns.is_empty(), &self.constraint) {
                self.columns = model.columns_of_unique(&about.name_by_model(name));
            }
            if self.constraint.is_none() {
                self.constraint = model.unique_index_of(&self.columns).map(|it| about.name_in_database(it));
            }
        }
        Error::UniqueViolation { model: self.name(about), constraint: self.constraint, columns: self.columns, source }
    }

    pub(super) fn check(mut self, about: About<'_>, source: Cause) -> Error {
        if let (Some(model), Some(name), true) = (self.model(about), &self.constraint, self.columns.is_empty()) {
            self.columns = model.columns_of_check(&about.name_by_model(name));
        }
        Error::CheckViolation { model: self.name(about), constraint: self.constraint, columns: self.columns, source }
    }

    pub(super) fn not_null(self, about: About<'_>, source: Cause) -> Error {
        Error::NotNullViolation { model: self.name(about), constraint: self.constraint, columns: self.columns, source }
    }

    /// The table that a database names is the one that has the foreign key,
    /// whichever of the two was written.
    pub(super) fn foreign_key(mut self, about: About<'_>, source: Cause) -> Error {
        self.table = about.table().map(str::to_owned).or(self.table);
        Error::ForeignKeyViolation { model: self.name(about), constraint: self.constraint, columns: self.columns, source }
    }

    /// The model of the statement, unless it was another table, as by a trigger.
    fn model(&self, about: About<'_>) -> Option<&'static ModelMeta> {
        about.model.filter(|it| self.table.as_deref().is_none_or(|table| table == it.table || Some(table) == written(about.text)))
    }

    fn name(&self, about: About<'_>) -> String {
        match self.model(about) {
            Some(model) => model.name.to_owned(),
            None => self.table.as_deref().or(about.table()).unwrap_or("the record").to_owned(),
        }
    }
}

/// What is known of a statement that failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) text: &'a str,
    pub(super) model: Option<&'static ModelMeta>,
}

impl<'a> About<'a> {
    /// SQL text of our own, about no model.
    pub(super) const fn text(text: &'a str) -> Self {
        Self { text, model: None }
    }

    pub(super) fn of(work: &'a Work) -> Self {
        Self { text: &work.text, model: work.statement.model() }
    }

    /// What the model calls a rule, where the table has another name than the
    /// model says: behind a prefix, or one that the statement gives.
    fn name_by_model(self, rule: &str) -> String {
        match self.other_table() {
            Some((own, table)) => match (rule.strip_prefix(table), table.strip_suffix(own)) {
                (Some(rest), _) => format!("{own}{rest}"),
                (None, Some(prefix)) => rule.strip_prefix(prefix).unwrap_or(rule).to_owned(),
                (None, None) => rule.to_owned(),
            },
            None => rule.to_owned(),
        }
    }

    /// What the database calls an index of the model.
    fn name_in_database(self, index: &str) -> String {
        let Some((own, table)) = self.other_table() else { return index.to_owned() };
        match (index.strip_prefix(own), table.strip_suffix(own)) {
            (Some(rest), _) => format!("{table}{rest}"),
            (None, prefix) => format!("{}{index}", prefix.unwrap_or_default()),
        }
    }

    /// The table of the model, and the one in its place.
    fn other_table(self) -> Option<(&'static str, &'a str)> {
        let own = self.model?.table;
        written(self.text).filter(|it| *it != own).map(|it| (own, it))
    }

    /// The table that is written.
    pub(super) fn table(self) -> Option<&'a str> {
        self.model.map(|it| it.table).or_else(|| written(self.text))
    }
}

/// The table that SQL text writes, where it says so in the first few words.
fn written(text: &str) -> Option<&str> {
    let mut words = words(text);
    let verb = words.next()?;
    let is = |word: &str, other: &str| word.eq_ignore_ascii_case(other);
    if is(verb, "UPDATE") {
        return words
            .find(|it| !["LOW_PRIORITY", "IGNORE", "ONLY", "OR", "REPLACE", "ROLLBACK", "ABORT", "FAIL"].iter().any(|word| is(it, word)));
    }
    let before = if is(verb, "DELETE") {
        "FROM"
    } else if is(verb, "INSERT") || is(verb, "REPLACE") {
        "INTO"
    } else {
        return None;
    };
    words.by_ref().take(4).find(|it| is(it, before))?;
    words.next()
}

/// Names of tables, without their quotes and schemas, and other words.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |it: char| it.is_whitespace() || matches!(it, '(' | ',' | ';');
    let words = text.split(ends).filter(|it| !it.is_empty());
    words.map(|it| it.rsplit('.').next().unwrap_or(it).trim_matches(['"', '`', '[', ']']))
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn the_table_that_a_text_writes() {
        for text in [
            "INSERT INTO people (id) VALUES (1)",
            "insert ignore into `clinic`.`people`(id) values (1)",
            "INSERT OR REPLACE INTO [people] VALUES (1)",
            "replace into people values (1)",
            "\n UPDATE \"public\".\"people\" SET id = 1",
            "UPDATE OR IGNORE people SET id = 1",
            "DELETE FROM people;",
        ] {
            assert_eq!(written(text), Some("people"), "{text}");
        }
        for text in ["SELECT 1 FROM people", "ALTER TABLE people ADD a int", "", "INSERT", "CREATE UNIQUE INDEX a ON people (b)"] {
            assert_eq!(written(text), None, "{text}");
        }
    }
}
