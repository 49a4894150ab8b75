//! What requests say of themselves.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};

/// How long the client waits; `None` if that cannot be read.
pub(super) fn timeout_of(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim_start() {
        "n" => Some(Duration::from_nanos(number)),
        "u" => Some(Duration::from_micros(number)),
        "" | "m" | "ms" => Some(Duration::from_millis(number)),
        "S" | "s" => Some(Duration::from_secs(number)),
        "M" => number.checked_mul(60).map(Duration::from_secs),
        "H" => number.checked_mul(3_600).map(Duration::from_secs),
        _ => None,
    }
}

/// Where a request belongs in a trace.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Trace<'h> {
    /// The header as of version 00.
    pub(super) whole: &'h str,
    /// The trace.
    pub(super) id: &'h str,
}

/// The header `traceparent`, if there is one and it is as the W3C says: only
/// then is it fit to stand in logs and comments.
pub(super) fn traceparent_of(headers: &HeaderMap) -> Option<Trace<'_>> {
    let mut all = headers.get_all("traceparent").iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    let text = one.to_str().ok()?;
    // Later versions may say more behind it.
    let (whole, more) = text.split_at_checked(55)?;
    let [version, id, parent, flags] = whole.split('-').collect::<Vec<_>>().try_into().ok()?;
    let fits = is_hex(version, 2) && is_hex(id, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    let says_something = |it: &str| it.bytes().any(|it| it != b'0');
    let ends = more.is_empty() || (version != "00" && more.starts_with('-'));
    (fits && ends && version != "ff" && says_something(id) && says_something(parent)).then_some(Trace { whole, id })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(value: &str) -> Option<(String, String)> {
        let headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), value.parse::<HeaderValue>().unwrap())]);
        traceparent_of(&headers).map(|it| (it.whole.to_owned(), it.id.to_owned()))
    }

    const ID: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn timeouts_have_units() {
        let of = |text: &str| timeout_of(&text.parse().unwrap()).map(|it| it.as_nanos());
        let good = [("250", 250_000_000), ("250ms", 250_000_000), ("250m", 250_000_000), ("3s", 3_000_000_000), ("3 s", 3_000_000_000)];
        let grpc = [("2H", 7_200_000_000_000), ("1M", 60_000_000_000), ("9S", 9_000_000_000), ("7u", 7_000), ("7n", 7), ("0S", 0)];
        for (text, expected) in good.into_iter().chain(grpc) {
            assert_eq!(of(text), Some(expected), "{text}");
        }
        for text in ["", "ms", "-1s", "1.5s", "soon", "1h", "99999999999999999999s", "18446744073709551615H", "1s2s"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(timeout_of(&HeaderValue::from_bytes(b"\xff").unwrap()), None);
    }

    #[test]
    fn a_traceparent_of_the_right_form_is_read() {
        let whole = format!("00-{ID}-b7ad6b7169203331-01");
        assert_eq!(trace(&whole), Some((whole.clone(), ID.to_owned())));
        let later = format!("cc-{ID}-b7ad6b7169203331-01");
        assert_eq!(trace(&format!("{later}-what comes later")), Some((later, ID.to_owned())));
    }

    #[test]
    fn another_traceparent_is_left_alone() {
        let good = format!("00-{ID}-b7ad6b7169203331-01");
        let wrong = [
            String::new(),
            "00".to_owned(),
            good.to_uppercase(),
            good.replacen("00", "ff", 1),
            format!("{good}-more"),
            format!("cc{}.", &good[2..]),
            good.replace('-', "_"),
            good.replace(ID, &"0".repeat(32)),
            good.replace("b7ad6b7169203331", &"0".repeat(16)),
            good.replace("b7ad", "'; D"),
        ];
        for text in wrong {
            assert_eq!(trace(&text), None, "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.append("traceparent", good.parse().unwrap());
        headers.append("traceparent", good.parse().unwrap());
        assert_eq!(traceparent_of(&headers), None);
    }
}
