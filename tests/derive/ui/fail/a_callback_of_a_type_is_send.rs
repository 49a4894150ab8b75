use std::rc::Rc;

use orm::prelude::*;

struct Share;

impl Callback for Share {
    async fn call(&self, cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
        let name = Rc::new(cx.kind().name());
        next.run(cx).await?;
        drop(name);
        Ok(())
    }
}

fn main() {}
