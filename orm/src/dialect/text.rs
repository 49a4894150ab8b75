//! The walk over SQL text of the program.

use crate::dialect::render::Walk;
use crate::dialect::{Engine, lexer};
use crate::error::{Error, Result};
use crate::expr::{Argument, Arguments, Clause, ClauseAt};
use crate::value::Value;

impl Walk<'_> {
    /// SQL text of the program, with its arguments.
    pub(crate) fn sql_text(&mut self, text: &str, args: &Arguments) -> Result<()> {
        self.by_program = true;
        self.beside(|| args.are_sensitive(), |walk| walk.plain_text(text, args))
    }

    fn plain_text(&mut self, text: &str, args: &Arguments) -> Result<()> {
        let as_list = args.may_be_list && is_one_list(self.engine, text);
        if as_list {
            let rows = args.values.iter().filter_map(|it| if let Argument::One(it) = it { Some(vec![it.clone()]) } else { None });
            let one = Arguments { values: vec![Argument::List(rows.collect())], ..Arguments::default() };
            return self.parts(text, &one);
        }
        let one = |it: &Argument| matches!(it, Argument::One(it) if !matches!(it, Value::List(..)));
        let plain = args.names.is_empty() && args.values.iter().all(one);
        if plain && !self.writes() {
            return args.values.iter().try_for_each(|it| self.argument(it, Place::Elsewhere));
        }
        self.parts(text, args)
    }

    /// The clauses of the program at a place; what stands behind it is kept apart.
    pub(super) fn clauses(&mut self, clauses: &[Clause], at: ClauseAt) -> Result<()> {
        for it in clauses.iter().filter(|it| it.at == at) {
            let ahead = matches!(at, ClauseAt::Start | ClauseAt::Verb);
            self.sql(if ahead { "" } else { " " });
            self.sql_text(&it.text, &it.args)?;
            let comment = it.text.contains("--") || it.text.contains('#');
            self.sql(match (comment, ahead) {
                (true, _) => "\n",
                (false, true) => " ",
                (false, false) => "",
            });
        }
        Ok(())
    }

    fn parts(&mut self, text: &str, args: &Arguments) -> Result<()> {
        let mut slots = Slots { engine: self.engine, text, args, next: 0, used: vec![false; args.names.len()] };
        let mut place = Place::Elsewhere;
        let mut result = Ok(());
        lexer::parts(self.engine, text, |part| {
            if result.is_err() {
                return;
            }
            result = match part {
                lexer::Part::Text(it) => {
                    place = Place::behind(self.engine, it);
                    self.sql(it);
                    Ok(())
                }
                lexer::Part::Placeholder => slots.next().and_then(|it| it.map_or(Ok(()), |it| self.argument(it, place))),
                lexer::Part::Name(name) => slots.named(name).and_then(|it| self.argument(it, place)),
            };
        });
        result?;
        slots.finish()
    }

    fn argument(&mut self, argument: &Argument, place: Place) -> Result<()> {
        match (argument, place) {
            (Argument::One(Value::List(_, all)), Place::In { .. }) => {
                let rows = all.iter().map(|it| vec![it.clone()]).collect();
                self.argument(&Argument::List(rows), place)
            }
            (Argument::One(it), _) => self.value(it, None),
            (Argument::Expr(it), _) => self.operand(it),
            (Argument::Table(it), _) => {
                self.table(it);
                Ok(())
            }
            (Argument::List(rows), Place::In { not, columns }) if rows.is_empty() => {
                // `IN (NULL)` would be neither true nor false.
                self.sql(if columns > 1 && self.engine == Engine::Sqlite { "(VALUES " } else { "(" });
                self.sql(if columns > 1 { "(" } else { "" });
                self.list(0..columns, |walk, _| {
                    walk.sql("NULL");
                    Ok(())
                })?;
                self.sql(if columns > 1 { "))" } else { ")" });
                self.sql(if not { " IS NOT FALSE" } else { " IS TRUE" });
                Ok(())
            }
            (Argument::List(rows), Place::In { .. }) => {
                let wide = rows.iter().any(|it| it.len() > 1);
                self.sql(if wide && self.engine == Engine::Sqlite { "(VALUES " } else { "(" });
                self.list(rows, |walk, row| if wide { walk.argument_row(row) } else { walk.cells(row) })?;
                self.sql(")");
                Ok(())
            }
            (Argument::List(_), Place::Elsewhere) => {
                Err(Error::Invalid("a list of arguments stands directly behind IN, without parentheses: `age IN ?`".to_owned()))
            }
        }
    }

    fn argument_row(&mut self, row: &[Value]) -> Result<()> {
        self.sql("(");
        self.cells(row)?;
        self.sql(")");
        Ok(())
    }

    fn cells(&mut self, row: &[Value]) -> Result<()> {
        self.list(row, |walk, it| walk.value(it, None))
    }
}

/// What stands before a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `IN` or `NOT IN`, behind so many columns.
    In { not: bool, columns: usize },
    /// Anything else.
    Elsewhere,
}

impl Place {
    fn behind(engine: Engine, text: &str) -> Self {
        let code = lexer::code(engine, text);
        match without_last(&code, "in") {
            Some(ahead) => {
                let beside = without_last(ahead, "not");
                Self::In { not: beside.is_some(), columns: row_before(beside.unwrap_or(ahead).trim_end()) }
            }
            None => Self::Elsewhere,
        }
    }
}

/// What stands before the last word, if it is this one.
fn without_last<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let text = text.trim_end();
    let ahead = text.trim_end_matches(|it: char| it.is_alphanumeric() || it == '_');
    text[ahead.len()..].eq_ignore_ascii_case(word).then_some(ahead)
}

/// How many columns a row at the end of a text has: `(a, b)` has two.
fn row_before(text: &str) -> usize {
    let (mut depth, mut columns) = (0_usize, 1);
    for (at, it) in text.char_indices().rev() {
        match it {
            ')' => depth += 1,
            '(' if depth == 1 => {
                // The arguments of a function are no row.
                let function = text[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
                return if function { 1 } else { columns };
            }
            '(' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => columns += 1,
            _ if depth == 0 => return 1,
            _ => {}
        }
    }
    1
}

/// Whether the only placeholder stands behind `IN`.
fn is_one_list(engine: Engine, text: &str) -> bool {
    let (mut placeholders, mut lists, mut place) = (0, 0, Place::Elsewhere);
    lexer::parts(engine, text, |part| match part {
        lexer::Part::Text(it) => place = Place::behind(engine, it),
        lexer::Part::Placeholder | lexer::Part::Name(_) => {
            placeholders += 1;
            lists += usize::from(place != Place::Elsewhere);
        }
    });
    placeholders == 1 && lists == 1
}

/// Gives each placeholder its argument.
struct Slots<'a> {
    engine: Engine,
    text: &'a str,
    args: &'a Arguments,
    next: usize,
    used: Vec<bool>,
}

impl<'a> Slots<'a> {
    /// The argument of the next `?`; none where there are too few, which is an error at the end.
    fn next(&mut self) -> Result<Option<&'a Argument>> {
        if !self.args.names.is_empty() {
            return Err(self.invalid("has a `?`, but its arguments have names: write `:name`, or `??` for a literal `?`"));
        }
        self.next += 1;
        Ok(self.args.values.get(self.next - 1))
    }

    fn named(&mut self, name: &str) -> Result<&'a Argument> {
        if self.args.names.is_empty() {
            return Err(self.invalid(format_args!(
                "has the name `:{name}`, but its arguments have none: give them with `args!`, or put a space behind the colon"
            )));
        }
        let at = self.args.names.iter().position(|it| *it == name);
        let at = at.ok_or_else(|| self.invalid(format_args!("has the name `:{name}`, and no argument is called so")))?;
        self.used[at] = true;
        Ok(&self.args.values[at])
    }

    fn finish(self) -> Result<()> {
        if let Some(at) = self.used.iter().position(|it| !it) {
            return Err(self.invalid(format_args!("has no `:{}`, which is an argument", self.args.names[at])));
        }
        if !self.args.names.is_empty() || self.next == self.args.values.len() {
            return Ok(());
        }
        Err(Error::BindCount { text: self.shown(), placeholders: self.next, arguments: self.args.values.len() })
    }

    fn shown(&self) -> String {
        lexer::without_strings(self.engine, self.text)
    }

    fn invalid(&self, what: impl std::fmt::Display) -> Error {
        Error::Invalid(format!("`{}` {what}", self.shown()))
    }
}
