use orm::prelude::*;


fn count(cx: &mut Context) -> orm::Result<()> {
    println!("{}", cx.len());
    Ok(())
}

fn main() {
    let _ = Db::builder("sqlite::memory:").callbacks(|on| {
        on.create().register("app:count", count);
    });
}
