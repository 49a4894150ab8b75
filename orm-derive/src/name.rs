//! The names that are used where none was given.

use heck::{ToLowerCamelCase as _, ToShoutySnakeCase as _, ToSnakeCase as _, ToUpperCamelCase as _};
use syn::Ident;
use syn::ext::IdentExt as _;

/// How the columns of a model are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Camel,
    Pascal,
    ShoutySnake,
    Snake,
}

impl Case {
    /// The cases, as they are written in Rust's other derives.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("SCREAMING_SNAKE_CASE", Self::ShoutySnake),
        ("snake_case", Self::Snake),
    ];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.0 == text).map(|it| it.1)
    }
}

/// The column of a field: its name, or the same words in another case.
pub(crate) fn column(field: &Ident, case: Option<Case>) -> String {
    let name = field.unraw().to_string();
    let renamed = match case {
        None => return name,
        Some(Case::Camel) => name.to_lower_camel_case(),
        Some(Case::Pascal) => name.to_upper_camel_case(),
        Some(Case::ShoutySnake) => name.to_shouty_snake_case(),
        Some(Case::Snake) => name.to_snake_case(),
    };
    // Nothing is left of `__`.
    if renamed.is_empty() { name } else { renamed }
}

/// The most bytes that a name has on every database.
const LONGEST: usize = 63;

/// A name that fits, of one that may be too long: its beginning, and a number
/// made of all of it, so that two that begin alike stay two.
pub(crate) fn shorten(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, it| (hash ^ u32::from(it)).wrapping_mul(0x0100_0193));
    let end = (0..=LONGEST - 9).rev().find(|it| name.is_char_boundary(*it)).unwrap_or_default();
    format!("{}_{hash:08x}", &name[..end])
}

/// The table of a struct: `TrialSite` is stored in `trial_sites`.
pub(crate) fn table(model: &Ident, singular: bool) -> String {
    let name = model.unraw().to_string().to_snake_case();
    if singular {
        return name;
    }
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

/// What an option of another library is called here.
pub(crate) fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "primary_key" | "primary" | "pk" | "id" => "key",
        "auto_increment" | "autoincrement" | "autoIncrement" | "serial" | "generated" => "auto",
        "table_name" => "table",
        "column_name" | "name" | "rename" => "column",
        "uniqueIndex" | "unique_index" => "unique",
        "ignore" | "transient" => "skip",
        "column_type" | "sql_type" | "ty" => "type_",
        "default_value" | "default_expr" | "server_default" => "default",
        "auto_create_time" | "autoCreateTime" => "created_at",
        "auto_update_time" | "autoUpdateTime" => "updated_at",
        "length" | "max_length" => "size",
        "read_only" => "readonly",
        _ => return None,
    })
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
    use super::{Case, column, constant, elsewhere, shorten, similar, table};
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
            ("HTTPServer", "http_servers"),
            ("UserID", "user_ids"),
            ("OAuth2Token", "o_auth2_tokens"),
        ] {
            assert_eq!(table(&ident(model), false), expected);
        }
        assert_eq!(table(&ident("TrialSite"), true), "trial_site");
    }

    #[test]
    fn columns_are_written_in_one_case() {
        for (case, expected) in [
            (None, ["created_at", "type", "_1"]),
            (Some(Case::Camel), ["createdAt", "type", "1"]),
            (Some(Case::Pascal), ["CreatedAt", "Type", "1"]),
            (Some(Case::ShoutySnake), ["CREATED_AT", "TYPE", "1"]),
            (Some(Case::Snake), ["created_at", "type", "1"]),
        ] {
            assert_eq!(["created_at", "r#type", "_1"].map(|it| column(&ident(it), case)), expected);
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let long = |end: &str| format!("{}{end}", "visits_".repeat(10));
        let (one, two) = (shorten(long("1")), shorten(long("2")));
        assert_eq!((one.len(), two.len()), (63, 63));
        assert_ne!(one, two);
        assert_eq!(one, shorten(long("1")));
        assert_eq!(shorten("a".repeat(63)), "a".repeat(63));
        // A letter of several bytes is not cut in two.
        assert!((60..=63).contains(&shorten("é".repeat(40)).len()));
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
    fn options_of_other_libraries_are_known() {
        assert_eq!(elsewhere("primary_key"), Some("key"));
        assert_eq!(elsewhere("colour"), None);
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
