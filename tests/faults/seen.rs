//! What an experiment saw.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use orm::Engine;

/// Figures in the order in which they are printed, each with what it must be.
#[derive(Debug, Default)]
pub(crate) struct Seen(Vec<(&'static str, u64, RangeInclusive<u64>)>);

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
    pub(crate) fn within(mut self, name: &'static str, figure: impl TryInto<u64>, bounds: RangeInclusive<u64>) -> Self {
        self.0.push((name, figure.try_into().ok().expect("a figure is not negative"), bounds));
        self
    }

    /// The last line: `FT-02 postgres lost 0 survived 0 …`.
    pub(crate) fn line(&self, id: &str, engine: Engine) -> String {
        let mut line = format!("{id} {}", name(engine));
        for (name, figure, _) in &self.0 {
            let _ = write!(line, " {name} {figure}");
        }
        line
    }

    /// The figures that are not what they must be.
    pub(crate) fn missed(&self) -> Vec<String> {
        let wrong = self.0.iter().filter(|(_, figure, bounds)| !bounds.contains(figure));
        wrong.map(|(name, figure, bounds)| format!("{name} is {figure} and must be {} to {}", bounds.start(), bounds.end())).collect()
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
