//! The names that are used where none was given.

use heck::{ToShoutySnakeCase as _, ToSnakeCase as _};
use syn::Ident;
use syn::ext::IdentExt as _;

/// The table of a struct: `TrialSite` is stored in `trial_sites`.
pub(crate) fn table(model: &Ident) -> String {
    let name = model.unraw().to_string().to_snake_case();
    // Only the last word is a thing of which a table holds many.
    let (head, last) = name.rsplit_once('_').map_or(("", &*name), |(head, last)| (&name[..=head.len()], last));
    format!("{head}{}", pluralizer::pluralize(last, 2, false))
}

/// The constant of a field: `created_at` is `CREATED_AT`.
pub(crate) fn constant(field: &Ident) -> Ident {
    let name = field.unraw().to_string();
    let shouty = name.to_shouty_snake_case();
    // Leading underscores go, and what remains of `_1` is no name.
    let usable = syn::parse_str::<Ident>(&shouty).is_ok();
    Ident::new(&if usable { shouty } else { name.to_uppercase() }, field.span())
}

/// The one of `known` that `name` may be a slip of the pen for.
pub(crate) fn similar<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.into_iter().map(|it| (distance(name, it), it)).min_by_key(|it| it.0);
    // In a name of two letters, two changes leave nothing of it.
    near.filter(|(distance, it)| *distance <= 2 && *distance < it.chars().count().min(name.chars().count())).map(|it| it.1)
}

/// How many letters have to be added, removed or changed.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{constant, similar, table};
    use syn::Ident;

    fn ident(name: &str) -> Ident {
        syn::parse_str(name).expect("tests use names")
    }

    #[test]
    fn only_the_last_word_of_a_table_is_plural() {
        for (model, expected) in [
            ("User", "users"),
            ("Person", "people"),
            ("TrialSite", "trial_sites"),
            ("Category", "categories"),
            ("PatientSeries", "patient_series"),
            ("r#Box", "boxes"),
        ] {
            assert_eq!(table(&ident(model)), expected);
        }
    }

    #[test]
    fn every_field_has_a_constant() {
        for (field, expected) in
            [("id", "ID"), ("created_at", "CREATED_AT"), ("r#type", "TYPE"), ("self_", "SELF"), ("_1", "_1"), ("__", "__")]
        {
            assert_eq!(constant(&ident(field)), expected);
        }
    }

    #[test]
    fn two_letters_may_be_wrong() {
        let known = ["key", "unique", "created_at"];
        assert_eq!(similar("uniqe", known), Some("unique"));
        assert_eq!(similar("create_at", known), Some("created_at"));
        assert_eq!(similar("primary", known), None);
        assert_eq!(similar("db", known), None);
    }
}
