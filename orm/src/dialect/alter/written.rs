//! Numbers and times as text, in the one form that all databases agree on.

use crate::dialect::Engine;
use crate::dialect::alter::convert::{Conversion, Convert, DATE, DATE_TIME, TIME};
use crate::dialect::alter::kind::Kind;

impl Convert {
    /// Whether the text is a number of at most so many digits before and behind the point.
    pub(super) fn digits(&self, whole: u32, behind: u32) -> String {
        let c = &self.c;
        // More are no more than that.
        let whole = whole.min(100);
        if self.lite() {
            let (before, after) = self.halves();
            let fraction = if behind == 0 {
                format!("instr({c}, '.') = 0")
            } else {
                format!("{c} NOT GLOB '*.' AND {after} NOT GLOB '*[^0-9]*' AND length({after}) <= {behind}")
            };
            return format!("{before} <> '' AND {before} NOT GLOB '*[^0-9]*' AND length({before}) <= {whole} AND {fraction}");
        }
        let fraction = if behind == 0 { String::new() } else { format!("([.][0-9]{{1,{behind}}})?") };
        self.matches(&format!("[+-]?[0-9]{{1,{whole}}}{fraction}"))
    }

    /// What SQLite has in the place of the decimal that a text is: its digits up to the last one.
    pub(super) fn scaled(&self, scale: u32) -> String {
        let (before, after) = self.halves();
        let (c, zeros) = (&self.c, "0".repeat(scale as usize));
        format!("CAST(CASE WHEN {c} GLOB '-*' THEN '-' ELSE '' END || {before} || substr({after} || '{zeros}', 1, {scale}) AS INTEGER)")
    }

    /// What stands before the point, without its sign, and behind it.
    fn halves(&self) -> (String, String) {
        let body = format!("ltrim(substr({0}, 1, 1), '+-') || substr({0}, 2)", self.c);
        (format!("substr({body}, 1, instr({body} || '.', '.') - 1)"), format!("substr({body}, instr({body} || '.', '.') + 1)"))
    }

    /// Whether all of the text is such a one.
    fn matches(&self, pattern: &str) -> String {
        let c = &self.c;
        match self.engine {
            Engine::Postgres => format!("{c} ~ '^{pattern}$'"),
            // Theirs would stand before the end of the last line as well.
            _ => format!(r"{c} REGEXP '^{pattern}\\z'"),
        }
    }

    /// Text becomes a time if it is written as times of this crate are.
    pub(super) fn text_to_time(&self, date: bool, time: bool) -> Conversion {
        let c = &self.c;
        let why = match (date, time) {
            (true, true) => DATE_TIME,
            (true, false) => DATE,
            (false, _) => TIME,
        };
        let between = if date && time { " " } else { "" };
        if self.lite() {
            let part = |on: bool, text: &'static str| if on { text } else { "" };
            let glob = format!(
                "{}{between}{}",
                part(date, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"),
                part(time, "[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]")
            );
            let mut wrong = vec![format!("{c} NOT GLOB '{glob}'")];
            if date {
                // A day that is none becomes another one, but only where something is added.
                wrong.push(format!("{c} < '0001' OR date(substr({c}, 1, 10), '+0 days') IS NOT substr({c}, 1, 10)"));
            }
            if time {
                let from = if date { 12 } else { 1 };
                wrong.push(format!("time(substr({c}, {from}, 8), '+0 days') IS NOT substr({c}, {from}, 8)"));
            }
            return Conversion { value: None, bad: Some(wrong.join(" OR ")), why };
        }
        let pattern = format!(
            "{}{between}{}",
            if date { "(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" } else { "" },
            if time { "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{6}" } else { "" }
        );
        Conversion { value: None, bad: Some(format!("NOT ({})", self.matches(&pattern))), why }
    }

    /// The other way round; only PostgreSQL and MariaDB have times that are no text already.
    pub(super) fn time_to_text(&self, from: &Kind, most: Option<u32>) -> Conversion {
        let c = &self.c;
        if !self.postgres() {
            return self.to_text(&format!("CAST({c} AS CHAR)"), most);
        }
        let (zone, literal) = if *from == Kind::Timestamp { (" AT TIME ZONE 'UTC'", "+00") } else { ("", "") };
        let text = match from {
            Kind::Date => format!("to_char({c}, 'YYYY-MM-DD')"),
            Kind::Time => format!("to_char({c}::interval, 'HH24:MI:SS.US')"),
            _ => format!("to_char({c}{zone}, 'YYYY-MM-DD HH24:MI:SS.US')"),
        };
        let mut it = self.to_text(&text, most);
        if *from != Kind::Time {
            // Years before the first, after the last, and infinity.
            let outside = format!("{c} < '0001-01-01 00:00:00{literal}' OR {c} > '9999-12-31 23:59:59.999999{literal}'");
            it.bad = Some(it.bad.map_or(outside.clone(), |bad| format!("{outside} OR {bad}")));
            it.why = "a time outside of the years 1 to 9999, or one that is longer than the new size";
        }
        it
    }
}
