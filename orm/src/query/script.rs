//! Scripts of several statements.

use std::borrow::Cow;
use std::panic::Location;

use crate::callback::Runner;
use crate::dialect::{self, Engine};
use crate::error::Result;
use crate::expr::Arguments;
use crate::query::Raw;

/// Runs one statement after the other.
pub(crate) async fn execute_script(
    runner: &dyn Runner,
    engine: Engine,
    script: Cow<'static, str>,
    at: &'static Location<'static>,
) -> Result<()> {
    for statement in dialect::statements(engine, &script)? {
        Raw::new(runner, Cow::Owned(statement), Arguments::default()).made_at(at).execute().await?;
    }
    Ok(())
}
