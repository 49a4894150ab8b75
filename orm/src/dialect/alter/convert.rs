//! How the values of a column become those of another type: each keeps its
//! meaning, is refused, or the whole change is.
//!
//! What databases do by themselves is not asked for its opinion: they cut, round
//! and guess, each in its own way. So what they would do to a value is known
//! before it is done, and what would be lost is counted first.

use crate::dialect::Engine;
use crate::dialect::alter::kind::Kind;
use crate::statement::TableColumn;

/// How the values of a column become those of another type.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// The SQL of the new value, where it is not the old one.
    pub(crate) value: Option<String>,
    /// The SQL of a condition that holds for what does not convert.
    pub(crate) bad: Option<String>,
    /// What is wrong with such a value: "two rows have …".
    pub(crate) why: &'static str,
}

const RANGE: &str = "a number that the new type has no room for";
const STORED: &str = "a value of another kind than the type of the column";
const INTEGER: &str = "text that is no whole number of the new type";
const DECIMAL: &str = "text that is no number of the new type";
const FRACTION: &str = "a number that would be rounded, or that the new type has no room for";
const SIZE: &str = "a value that is longer than the new size";
pub(super) const DATE: &str = "text that is not written as `2024-02-29`";
pub(super) const TIME: &str = "text that is not written as `12:00:00.000000`";
pub(super) const DATE_TIME: &str = "text that is not written as `2024-02-29 12:00:00.000000`";
const DOCUMENT: &str = "text that is no such JSON document";

/// How the values of a column of this type become what a model says; `None`
/// where that is for the program to say.
pub(crate) fn conversion(engine: Engine, column: &TableColumn, found: &str) -> Option<Conversion> {
    let (from, to) = (Kind::named(engine, found), Kind::of(engine, column));
    let it = Convert { engine, c: quoted(engine, &column.name) };
    it.convert(it.assumed(from, &to), to)
}

/// A name between quotes.
pub(crate) fn quoted(engine: Engine, name: &str) -> String {
    let quote = engine.quote();
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// 1 with so many zeros; more are out of reach of every column.
fn power(zeros: u32) -> i128 {
    10_i128.pow(zeros.min(38))
}

fn when(condition: bool, bad: impl FnOnce() -> String) -> Option<String> {
    condition.then(bad)
}

/// One column that is to be converted.
pub(super) struct Convert {
    pub(super) engine: Engine,
    /// The column, in quotes.
    pub(super) c: String,
}

impl Convert {
    pub(super) fn lite(&self) -> bool {
        self.engine == Engine::Sqlite
    }

    pub(super) fn postgres(&self) -> bool {
        self.engine == Engine::Postgres
    }

    /// SQLite keeps anything in any column; whose type says nothing holds what
    /// is needed, which is looked at.
    fn assumed(&self, from: Kind, to: &Kind) -> Kind {
        match (&from, to) {
            (a, b) if a == b || !self.lite() => from,
            (Kind::Other(_), Kind::Boolean | Kind::Integer(..)) => Kind::Integer(i64::MIN.into(), i64::MAX.into()),
            (Kind::Other(_), Kind::Bytes(_) | Kind::Uuid) => Kind::Bytes(None),
            (Kind::Other(_), Kind::Double | Kind::Decimal { .. } | Kind::Other(_)) => from,
            (Kind::Other(_), _) => Kind::Text(None),
            _ => from,
        }
    }

    fn convert(&self, from: Kind, to: Kind) -> Option<Conversion> {
        let c = &self.c;
        let stored = self.stored(&from, &to);
        let mut it = match (from, to) {
            (a, b) if a == b => Conversion { why: STORED, ..Conversion::default() },
            (Kind::Boolean, to) => self.integer((0, 1), &format!("{c}::integer"), &to)?,
            (Kind::Integer(low, high), to) => self.integer((low, high), c, &to)?,
            (Kind::Decimal { precision, scale }, to) => self.decimal(precision, scale, &to)?,
            (Kind::Real, Kind::Double) => Conversion::default(),
            (Kind::Text(most), to) => self.text(most, &to)?,
            (Kind::Json, Kind::Text(most)) => self.to_text(&format!("{c}::text"), most),
            (Kind::Bytes(had), Kind::Bytes(Some(most))) if had.is_none_or(|had| had > most) => {
                let length = if self.lite() { "length" } else { "octet_length" };
                Conversion { bad: Some(format!("{length}({c}) > {most}")), why: SIZE, value: None }
            }
            (Kind::Bytes(_), Kind::Bytes(_)) => Conversion::default(),
            (Kind::Bytes(_), Kind::Uuid) => Conversion {
                bad: Some(format!("length({c}) <> 16")),
                value: when(self.postgres(), || format!("encode({c}, 'hex')::uuid")),
                why: "bytes that are not 16",
            },
            (Kind::Uuid, Kind::Bytes(most)) if most.is_none_or(|it| it >= 16) => {
                Conversion { value: when(self.postgres(), || format!("uuid_send({c})")), ..Conversion::default() }
            }
            // On MariaDB both are the one.
            (Kind::Timestamp | Kind::DateTime, Kind::Timestamp | Kind::DateTime) => {
                Conversion { value: when(self.postgres(), || format!("{c} AT TIME ZONE 'UTC'")), ..Conversion::default() }
            }
            (from @ (Kind::Timestamp | Kind::DateTime | Kind::Date | Kind::Time), Kind::Text(most)) => self.time_to_text(&from, most),
            _ => return None,
        };
        if let Some(stored) = stored {
            let other = format!("typeof({c}) <> '{stored}'");
            it.bad = Some(it.bad.map_or(other.clone(), |bad| format!("CASE WHEN {other} THEN 1 ELSE {bad} END")));
        }
        Some(it)
    }

    /// What SQLite must have stored in a column of this type, where it matters.
    fn stored(&self, from: &Kind, to: &Kind) -> Option<&'static str> {
        match from {
            _ if !self.lite() => None,
            Kind::Integer(..) | Kind::Decimal { .. } => Some("integer"),
            Kind::Double => Some("real"),
            Kind::Bytes(_) => Some("blob"),
            Kind::Text(_) if matches!(to, Kind::Text(_)) => None,
            Kind::Text(_) => Some("text"),
            _ => None,
        }
    }

    /// From an integer, or from what is one when it is read like this.
    fn integer(&self, (from_low, from_high): (i128, i128), n: &str, to: &Kind) -> Option<Conversion> {
        let outside = |low: i128, high: i128| when(from_low < low || from_high > high, || format!("{n} NOT BETWEEN {low} AND {high}"));
        let value = (n != self.c).then(|| n.to_owned());
        Some(match *to {
            Kind::Boolean => Conversion { value: when(self.postgres(), || format!("{n}::integer")), bad: outside(0, 1), why: RANGE },
            Kind::Integer(low, high) => Conversion { value, bad: outside(low, high), why: RANGE },
            Kind::Decimal { precision, scale } => {
                let most = power(precision.saturating_sub(scale)) - 1;
                let value = if self.lite() { Some(format!("{n} * {}", power(scale))) } else { value };
                Conversion { value, bad: outside(-most, most), why: RANGE }
            }
            // The integers that these hold without rounding.
            Kind::Double => Conversion {
                value: if self.lite() { Some(format!("CAST({n} AS REAL)")) } else { value },
                bad: outside(-(1 << 53), 1 << 53),
                why: RANGE,
            },
            Kind::Real => Conversion { value, bad: outside(-(1 << 24), 1 << 24), why: RANGE },
            Kind::Text(most) => {
                let text = match self.engine {
                    Engine::Sqlite => format!("CAST({n} AS TEXT)"),
                    Engine::Postgres => format!("{n}::text"),
                    Engine::MariaDb | Engine::MySql => format!("CAST({n} AS CHAR)"),
                };
                self.to_text(&text, most)
            }
            _ => return None,
        })
    }

    /// What SQLite has in its place is an integer of the last digit.
    fn decimal(&self, precision: u32, scale: u32, to: &Kind) -> Option<Conversion> {
        let c = &self.c;
        let (unit, room) = (power(scale), precision.saturating_sub(scale));
        let lost = |digits: u32| format!("{c} <> round({c}, {digits})");
        Some(match *to {
            Kind::Boolean => self.decimal(precision, scale, &Kind::Integer(0, 1))?.with(when(self.postgres(), || format!("{c}::integer"))),
            Kind::Integer(low, high) if self.lite() => Conversion {
                value: Some(format!("{c} / {unit}")),
                bad: Some(format!("{c} % {unit} <> 0 OR {c} / {unit} NOT BETWEEN {low} AND {high}")),
                why: FRACTION,
            },
            Kind::Integer(low, high) => {
                Conversion { value: None, bad: Some(format!("{} OR {c} NOT BETWEEN {low} AND {high}", lost(0))), why: FRACTION }
            }
            Kind::Decimal { precision: digits, scale: behind } if self.lite() => {
                let most = power(digits) - 1;
                if behind >= scale {
                    let more = power(behind - scale);
                    let bad = format!("{c} NOT BETWEEN {} AND {}", -(most / more), most / more);
                    return Some(Conversion { value: Some(format!("{c} * {more}")), bad: Some(bad), why: RANGE });
                }
                let less = power(scale - behind);
                let bad = format!("{c} % {less} <> 0 OR {c} / {less} NOT BETWEEN -{most} AND {most}");
                Conversion { value: Some(format!("{c} / {less}")), bad: Some(bad), why: FRACTION }
            }
            Kind::Decimal { precision: digits, scale: behind } => {
                let whole = digits.saturating_sub(behind);
                let rounded = when(behind < scale, || lost(behind));
                let narrow = when(whole < room || precision == u32::MAX, || format!("abs({c}) >= {}", power(whole)));
                let bad = [rounded, narrow].into_iter().flatten().collect::<Vec<_>>().join(" OR ");
                Conversion { value: None, bad: Some(bad).filter(|it| !it.is_empty()), why: FRACTION }
            }
            Kind::Text(most) => {
                let text = match self.engine {
                    Engine::Sqlite if scale == 0 => format!("CAST({c} AS TEXT)"),
                    Engine::Sqlite => format!(
                        "CASE WHEN {c} < 0 THEN '-' ELSE '' END || (abs({c}) / {unit}) || '.' || substr({unit} + abs({c}) % {unit}, -{scale})"
                    ),
                    Engine::Postgres => format!("{c}::text"),
                    Engine::MariaDb | Engine::MySql => format!("CAST({c} AS CHAR)"),
                };
                self.to_text(&text, most)
            }
            _ => return None,
        })
    }

    fn text(&self, had: Option<u32>, to: &Kind) -> Option<Conversion> {
        let c = &self.c;
        let document = when(!self.postgres(), || format!("NOT json_valid({c})"));
        Some(match *to {
            Kind::Text(Some(most)) if self.lite() || had.is_none_or(|had| had > most) => {
                Conversion { bad: Some(format!("{} > {most}", self.length(c))), why: SIZE, value: None }
            }
            Kind::Text(_) => Conversion::default(),
            Kind::Boolean => self.text(had, &Kind::Integer(0, 1))?.with(when(self.postgres(), || format!("{c}::integer"))),
            Kind::Integer(low, high) => {
                let number = match self.engine {
                    Engine::Sqlite => format!("CAST({c} AS NUMERIC)"),
                    Engine::Postgres => format!("{c}::numeric"),
                    Engine::MariaDb | Engine::MySql => format!("CAST({c} AS DECIMAL(38, 0))"),
                };
                let fits = format!("{number} NOT BETWEEN {low} AND {high}");
                // One that is too large for SQLite is not an integer any more.
                let fits = if self.lite() { format!("typeof({number}) <> 'integer' OR {fits}") } else { fits };
                let bad = format!("CASE WHEN {} THEN {fits} ELSE 1 = 1 END", self.digits(38, 0));
                Conversion { value: when(self.lite(), || format!("CAST({c} AS INTEGER)")), bad: Some(bad), why: INTEGER }
            }
            Kind::Decimal { precision, scale } => Conversion {
                value: when(self.lite(), || self.scaled(scale)),
                bad: Some(format!("NOT ({})", self.digits(precision.saturating_sub(scale).max(1), scale))),
                why: DECIMAL,
            },
            Kind::Date => self.text_to_time(true, false),
            Kind::Time => self.text_to_time(false, true),
            Kind::DateTime => self.text_to_time(true, true),
            Kind::Timestamp => self.text_to_time(true, true).with(when(self.postgres(), || format!("{c}::timestamp AT TIME ZONE 'UTC'"))),
            // PostgreSQL is asked by the change itself.
            Kind::Json => Conversion { value: None, bad: document, why: DOCUMENT },
            Kind::List(_) if !self.postgres() => {
                let array = if self.lite() { "array" } else { "ARRAY" };
                let bad = format!("CASE WHEN json_valid({c}) THEN json_type({c}) <> '{array}' ELSE 1 = 1 END");
                Conversion { value: None, bad: Some(bad), why: DOCUMENT }
            }
            _ => return None,
        })
    }

    /// The text that a value becomes, which must have room.
    pub(super) fn to_text(&self, text: &str, most: Option<u32>) -> Conversion {
        let bad = most.map(|most| format!("{} > {most}", self.length(text)));
        Conversion { value: when(!self.engine.is_mysql_family(), || text.to_owned()), bad, why: SIZE }
    }

    fn length(&self, text: &str) -> String {
        format!("{}({text})", if self.lite() { "length" } else { "char_length" })
    }
}

impl Conversion {
    fn with(self, value: Option<String>) -> Self {
        Self { value: value.or(self.value), ..self }
    }
}
