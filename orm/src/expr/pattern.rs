//! The patterns of `LIKE`.

/// Makes the wildcards of `LIKE` ordinary characters; patterns escape with `!`,
/// because the backslash means different things to different databases.
pub(crate) fn escape_like(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for it in text.chars() {
        if matches!(it, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(it);
    }
    out
}

/// The pattern of a user, who escapes with `\`, as one that escapes with `!`.
pub(crate) fn backslash_to_bang(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(it) = rest.next() {
        match it {
            '!' => out.push_str("!!"),
            '\\' => match rest.next_if(|it| matches!(it, '%' | '_')) {
                Some(wildcard) => out.extend(['!', wildcard]),
                None => {
                    // `\\` is one backslash, and a lone one stands for itself.
                    rest.next_if_eq(&'\\');
                    out.push('\\');
                }
            },
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{backslash_to_bang, escape_like};

    #[test]
    fn wildcards_of_a_searched_text_are_ordinary_characters() {
        assert_eq!(escape_like("50% off_now!"), "50!% off!_now!!");
    }

    #[test]
    fn a_backslash_escapes_the_wildcards_of_a_pattern() {
        assert_eq!(backslash_to_bang(r"a\%b_c!\\d\e"), r"a!%b_c!!\d\e");
    }
}
