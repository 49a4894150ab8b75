//! Which columns a rule of a table is about, by the names that databases give
//! to the rules of the tables that are made here.

use crate::schema::{FieldMeta, ModelMeta};

impl ModelMeta {
    /// The columns of a unique rule, where its name is one of ours.
    pub(crate) fn columns_of_unique(&self, rule: &str) -> Vec<String> {
        let at = |all: &[usize]| all.iter().map(|at| self.fields[*at].column.to_owned()).collect();
        if let Some(index) = self.indexes.iter().find(|it| it.unique && it.name == rule) {
            return at(index.fields);
        }
        // MariaDB and MySQL call a key so, PostgreSQL the one or the other.
        if rule == "PRIMARY" || self.names(rule, "pkey") {
            return at(self.key);
        }
        let single = |it: &&FieldMeta| it.unique && (rule == it.column || self.names(rule, &format!("{}_key", it.column)));
        self.fields.iter().find(single).map(|it| it.column.to_owned()).into_iter().collect()
    }

    /// The name of the unique index over these columns.
    pub(crate) fn unique_index_of(&self, columns: &[String]) -> Option<&'static str> {
        let same = |fields: &[usize]| fields.iter().map(|at| self.fields[*at].column).eq(columns.iter());
        self.indexes.iter().find(|it| it.unique && same(it.fields)).map(|it| it.name)
    }

    /// The column of a check, where its name is one that a database made of it.
    pub(crate) fn columns_of_check(&self, rule: &str) -> Vec<String> {
        // A second check of the same column has a number behind its name.
        let base = rule.trim_end_matches(|it: char| it.is_ascii_digit());
        let of = |it: &&FieldMeta| {
            rule == it.column || rule.strip_suffix(it.column) == Some(&format!("{}.", self.table)) || {
                let name = format!("{}_check", it.column);
                self.names(rule, &name) || self.names(base, &name)
            }
        };
        self.fields.iter().find(of).map(|it| it.column.to_owned()).into_iter().collect()
    }

    /// Whether a rule is called `table_rest`.
    fn names(&self, rule: &str, rest: &str) -> bool {
        rule.strip_prefix(self.table).and_then(|it| it.strip_prefix('_')) == Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::{FieldMeta, IndexMeta, ModelMeta};
    use crate::value::SqlType;

    const fn field(column: &'static str) -> FieldMeta {
        FieldMeta::new("field", column, SqlType::Text, false)
    }

    const PERSON: ModelMeta = ModelMeta::new(
        "Person",
        None,
        "people",
        &[field("id").key(), field("email").unique(), field("site"), field("day"), field("a.b")],
        &[0],
        None,
        &[IndexMeta::new("people_site_day_key", &[2, 3], true), IndexMeta::new("email", &[3, 2], true)],
    );

    #[test]
    fn unique_rules() {
        for (rule, columns) in [
            ("PRIMARY", "id"),
            ("people_pkey", "id"),
            ("people_email_key", "email"),
            ("people_site_day_key", "site, day"),
            ("email", "day, site"),
            ("people_day_key", ""),
            ("site", ""),
        ] {
            assert_eq!(PERSON.columns_of_unique(rule).join(", "), columns, "{rule}");
        }
        let columns = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(PERSON.unique_index_of(&columns(&["site", "day"])), Some("people_site_day_key"));
        assert_eq!(PERSON.unique_index_of(&columns(&["email"])), None);
    }

    #[test]
    fn checks() {
        for (rule, columns) in [
            ("people_day_check", "day"),
            ("people_day_check2", "day"),
            ("people.a.b", "a.b"),
            ("day", "day"),
            ("adult", ""),
            ("people_check", ""),
        ] {
            assert_eq!(PERSON.columns_of_check(rule).join(", "), columns, "{rule}");
        }
    }
}
