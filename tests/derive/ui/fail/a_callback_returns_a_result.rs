use orm::prelude::*;

async fn count(cx: &mut Context) -> usize {
    cx.len()
}

fn main() {
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().register("app:count", count);
    });
}
