use std::rc::Rc;

use orm::prelude::*;

async fn share(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    let name = Rc::new(cx.kind().name());
    next.run(cx).await?;
    drop(name);
    Ok(())
}

fn main() {
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().register("app:share", share);
    });
}
