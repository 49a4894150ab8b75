use orm::prelude::*;

fn main() {
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().register("app:count", async |cx| {
            cx.len();
            Ok(())
        });
    });
}
