use orm::prelude::*;

fn main() {
    let limit = std::env::args().count();
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().register("app:limit", async move |cx: &mut Context| {
            assert!(cx.len() < limit);
            Ok(())
        });
    });
}
