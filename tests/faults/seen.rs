//! What an experiment saw.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use orm::Engine;

/// Figures in the order in which they are printed, each with what it must be.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    name: &'static str,
    value: u64,
    bounds: RangeInclusive<u64>,
    /// Whether it is not of the last line.
    beside: bool,
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A figure that must be 0.
    pub(crate) fn zero(self, name: &'static str, figure: impl TryInto<u64>) -> Self {
        self.within(name, figure, 0..=0)
    }

    /// A figure that may be anything.
    pub(crate) fn count(self, name: &'static str, figure: impl TryInto<u64>) -> Self {
        self.within(name, figure, 0..=u64::MAX)
    }

    /// A figure with its bounds.
    pub(crate) fn within(self, name: &'static str, figure: impl TryInto<u64>, bounds: RangeInclusive<u64>) -> Self {
        self.push(name, figure, bounds, false)
    }

    /// A figure with its bounds, which is printed before the last line.
    pub(crate) fn beside(self, name: &'static str, figure: impl TryInto<u64>, bounds: RangeInclusive<u64>) -> Self {
        self.push(name, figure, bounds, true)
    }

    fn push(mut self, name: &'static str, figure: impl TryInto<u64>, bounds: RangeInclusive<u64>, beside: bool) -> Self {
        self.0.push(Figure { name, value: figure.try_into().ok().expect("a figure is not negative"), bounds, beside });
        self
    }

    /// The line before the last one, where there is one: `besides: rest_ms 3`.
    pub(crate) fn besides(&self) -> Option<String> {
        self.0.iter().any(|it| it.beside).then(|| self.figures("besides:".to_owned(), true))
    }

    /// The last line: `FT-02 postgres lost 0 survived 0 …`.
    pub(crate) fn line(&self, id: &str, engine: Engine) -> String {
        self.figures(format!("{id} {}", name(engine)), false)
    }

    fn figures(&self, mut line: String, beside: bool) -> String {
        for it in self.0.iter().filter(|it| it.beside == beside) {
            let _ = write!(line, " {} {}", it.name, it.value);
        }
        line
    }

    /// The figures that are not what they must be.
    pub(crate) fn missed(&self) -> Vec<String> {
        let wrong = self.0.iter().filter(|it| !it.bounds.contains(&it.value));
        wrong.map(|it| format!("{} is {} and must be {} to {}", it.name, it.value, it.bounds.start(), it.bounds.end())).collect()
    }
}

/// The name of an engine, as the program takes it.
pub(crate) fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
        _ => "mysql",
    }
}
