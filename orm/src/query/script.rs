//! Scripts of several statements.

use std::borrow::Cow;

use crate::callback::Runner;
use crate::dialect::{self, Engine};
use crate::error::Result;
use crate::query::Raw;
use crate::value::Arguments;

/// Runs one statement after the other.
pub(crate) async fn execute_script(runner: &dyn Runner, engine: Engine, script: Cow<'static, str>) -> Result<()> {
    for statement in dialect::statements(engine, &script)? {
        Raw::new(runner, Cow::Owned(statement), Arguments::default()).execute().await?;
    }
    Ok(())
}
