use orm::prelude::*;
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(table = "smoke_users")]
pub struct User {
    #[orm(key, auto)]
    id: i64,
    name: String,
    age: u8,
    email: Option<String>,
    #[orm(created_at)]
    made: chrono::DateTime<chrono::Utc>,
    #[orm(updated_at)]
    changed: Option<chrono::NaiveDateTime>,
    price: rust_decimal::Decimal,
}
async fn go(url: &str) -> orm::Result<()> {
    println!("== {url}");
    let db = Db::builder(url)
        .callbacks(|on| {
            for c in on.each() {
                c.before("*").register("app:timed", timed);
            }
        })
        .open()
        .await?;
    db.raw("DROP TABLE IF EXISTS smoke_users", ()).execute().await?;
    db.create_tables::<User>().await?;
    let a = db.create(User { name: "ann".into(), age: 30, price: "12.5".parse().unwrap(), ..User::default() }).await?;
    println!("{a:?}");
    let many = db.create_many((0..1200).map(|n| User { name: format!("u{n}"), age: (n % 90) as u8, ..User::default() })).await?;
    println!("{} {} {}", many.len(), many[0].id, many[1199].id);
    println!("{:?}", db.get::<User>(a.id).await?);
    println!("{}", db.find().where_(User::AGE.gt(50).and(User::NAME.starts_with("u1"))).count().await?);
    let a = db.update(a).set(User::AGE, User::AGE.plus(1)).set(User::EMAIL, "x@y").await?;
    println!("{a:?}");
    let a = db.save(User { name: "Ann".into(), ..a }).await?;
    println!("{}", db.update_all(User::AGE.lt(10)).set(User::EMAIL, None).await?);
    let r = db
        .transaction(async |tx| {
            tx.create(User::default()).await?;
            let _ = tx
                .transaction(async |tx| {
                    tx.create(User::default()).await?;
                    Err::<(), _>(orm::Error::other("inner"))
                })
                .await;
            assert_eq!(tx.find::<User>().count().await?, 1202);
            Err::<(), _>(orm::Error::other("no"))
        })
        .await;
    println!("{r:?} {}", db.find::<User>().count().await?);
    let rows: Vec<(i64, String)> = db.raw("SELECT id, name FROM smoke_users WHERE age > ? ORDER BY id LIMIT 2", 80).fetch().await?;
    println!("{rows:?}");
    let us: Vec<User> = db.raw("SELECT * FROM smoke_users WHERE name = ?", "Ann").fetch().await?;
    println!("{us:?}");
    db.delete(a.clone()).await?;
    println!("{:?}", db.delete(a).await);
    println!("{:?}", db.find::<User>().where_(sql("age > ? AND name = ?", 3)).await);
    println!("{:?}", db.stats());
    println!("{}", db.callbacks());
    Ok(())
}
async fn timed(cx: &mut Context, next: Next<'_>) -> orm::Result<()> {
    let t = std::time::Instant::now();
    let r = next.run(cx).await;
    if t.elapsed().as_millis() > 20 {
        println!("  {cx:?} {:?}", t.elapsed());
    }
    r
}
#[tokio::main]
async fn main() {
    for url in ["sqlite::memory:", "sqlite:///tmp/smoke.db", "postgres://postgres@127.0.0.1/test", "mysql://root@127.0.0.1/test"] {
        if let Err(e) = go(url).await {
            println!("ERR {e} {e:?}");
        }
    }
}
