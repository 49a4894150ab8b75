//! Hooks, as GORM tests them.

use orm::prelude::*;
use orm::{Error, Statement};

use crate::{Test, cases};

cases![
    every_hook_runs_as_often_as_its_operation,
    an_error_of_a_hook_writes_nothing,
    hooks_use_the_database,
    hooks_set_columns,
    hooks_of_a_batch_set_columns_of_each_record,
    an_error_of_a_child_undoes_its_parent,
    hooks_of_an_update_run_once,
];

/// Counts its hooks, as far as they are stored.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Product {
    #[orm(key, auto)]
    id: i64,
    name: String,
    code: String,
    price: i64,
    owner: String,
    before_creates: i64,
    before_saves: i64,
    before_updates: i64,
    after_creates: i64,
    after_saves: i64,
    after_updates: i64,
    before_deletes: i64,
    after_deletes: i64,
    after_finds: i64,
}

impl Hooks for Product {
    async fn before_create(&mut self, db: &Session) -> orm::Result<()> {
        if self.code == "Invalid" {
            return Err(Error::other("invalid product"));
        }
        if let Some(code) = self.code.strip_prefix("dup_") {
            db.session().without_hooks().create(Self { code: format!("{code}_clone"), ..Self::default() }).await?;
            if code == "fail" {
                return Err(Error::other("the clone goes, too"));
            }
        }
        self.before_creates += 1;
        Ok(())
    }

    async fn before_save(&mut self, _: &Session) -> orm::Result<()> {
        if self.code == "dont_save" {
            return Err(Error::other("cannot save"));
        }
        if self.name.starts_with("set") {
            self.price += 1_000;
        }
        self.before_saves += 1;
        Ok(())
    }

    async fn before_update(&mut self, _: &Session) -> orm::Result<()> {
        if self.code == "dont_update" {
            return Err(Error::other("cannot update"));
        }
        self.before_updates += 1;
        Ok(())
    }

    async fn before_delete(&mut self, _: &Session) -> orm::Result<()> {
        if self.code == "dont_delete" {
            return Err(Error::other("cannot delete"));
        }
        self.before_deletes += 1;
        Ok(())
    }

    async fn after_create(&mut self, _: &Session) -> orm::Result<()> {
        self.after_creates += 1;
        Ok(())
    }

    async fn after_save(&mut self, _: &Session) -> orm::Result<()> {
        if self.code == "after_save_error" {
            return Err(Error::other("cannot save after all"));
        }
        self.after_saves += 1;
        Ok(())
    }

    async fn after_update(&mut self, _: &Session) -> orm::Result<()> {
        self.after_updates += 1;
        Ok(())
    }

    async fn after_delete(&mut self, _: &Session) -> orm::Result<()> {
        if self.code == "after_delete_error" {
            return Err(Error::other("cannot delete after all"));
        }
        self.after_deletes += 1;
        Ok(())
    }

    async fn after_find(&mut self, _: &Session) -> orm::Result<()> {
        self.after_finds += 1;
        Ok(())
    }
}

impl Product {
    /// In GORM's order: before create, save, update; after create, save, update; before and after delete; after find.
    fn times(&self) -> [i64; 9] {
        let before = [self.before_creates, self.before_saves, self.before_updates];
        let after = [self.after_creates, self.after_saves, self.after_updates];
        let [a, b, c] = before;
        let [d, e, f] = after;
        [a, b, c, d, e, f, self.before_deletes, self.after_deletes, self.after_finds]
    }
}

fn product(code: &str) -> Product {
    Product { code: code.to_owned(), price: 100, ..Product::default() }
}

async fn codes(t: &Test) -> Vec<String> {
    t.find().order(Product::ID.asc()).await.unwrap().into_iter().map(|it: Product| it.code).collect()
}

// gorm: hooks:TestRunCallbacks
async fn every_hook_runs_as_often_as_its_operation(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    let find = || t.find().where_(Product::CODE.eq("unique_code"));
    let it = t.create(product("unique_code")).await.unwrap();
    assert_eq!(it.times(), [1, 1, 0, 1, 1, 0, 0, 0, 0]);
    // What ran behind the insert is not stored.
    let it = find().first().await.unwrap().unwrap();
    assert_eq!(it.times(), [1, 1, 0, 0, 0, 0, 0, 0, 1]);
    let it = t.save(Product { price: 200, ..it }).await.unwrap();
    assert_eq!(it.times(), [1, 2, 1, 0, 1, 1, 0, 0, 1]);
    assert_eq!(find().await.unwrap()[0].times(), [1, 2, 1, 0, 0, 0, 0, 0, 2]);
    let other = t.create(product("other_code")).await.unwrap();
    assert!(t.find::<Product>().await.unwrap().iter().all(|it| it.after_finds > 0));
    t.delete(it).await.unwrap();
    assert_eq!(find().first().await.unwrap(), None);
    assert_eq!(find().await.unwrap(), []);
    assert_eq!(codes(&t).await, [other.code]);
}

// gorm: hooks:TestCallbacksWithErrors
async fn an_error_of_a_hook_writes_nothing(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    for code in ["Invalid", "dont_save", "after_save_error"] {
        t.create(product(code)).await.unwrap_err();
    }
    assert_eq!(codes(&t).await, [""; 0]);
    let it = t.create(product("dont_update")).await.unwrap();
    t.save(Product { price: 7, ..it.clone() }).await.unwrap_err();
    t.update(it).set(Product::PRICE, 7).await.unwrap_err();
    for code in ["dont_delete", "after_delete_error"] {
        let it = t.create(product(code)).await.unwrap();
        t.delete(it).await.unwrap_err();
    }
    assert_eq!(codes(&t).await, ["dont_update", "dont_delete", "after_delete_error"]);
    assert_eq!(t.find().where_(Product::PRICE.eq(7)).count().await.unwrap(), 0);
}

// gorm: hooks:TestUseDBInHooks
async fn hooks_use_the_database(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    t.create(product("dup_fail")).await.unwrap_err();
    assert_eq!(codes(&t).await, [""; 0]);
    t.create(product("dup_ok")).await.unwrap();
    assert_eq!(codes(&t).await, ["ok_clone", "dup_ok"]);
    // A condition on the statement itself is a matter of the chain.
    let db = t
        .with_callbacks(|on| {
            on.update().before("orm:update").register("app:not_of_admin", async |cx: &mut Context| {
                cx.add_condition(Product::OWNER.ne("admin"));
                Ok(())
            });
        })
        .unwrap();
    let admins = t.create(Product { owner: "admin".into(), ..product("a") }).await.unwrap();
    let anns = t.create(Product { owner: "ann".into(), ..product("b") }).await.unwrap();
    assert!(db.update(admins).set(Product::PRICE, 600).await.unwrap_err().is_not_found());
    db.update(anns).set(Product::PRICE, 600).await.unwrap();
    let changed = t.find().where_(Product::PRICE.eq(600)).await.unwrap();
    assert_eq!(changed.iter().map(|it| &*it.owner).collect::<Vec<_>>(), ["ann"]);
}

// gorm: hooks:TestSetColumn
async fn hooks_set_columns(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    let stored = async |id| t.get::<Product>(id).await.unwrap().price;
    let it = t.create(Product { name: "set".into(), ..product("a") }).await.unwrap();
    assert_eq!((it.price, stored(it.id).await), (1_100, 1_100));
    let it = t.update(it).set(Product::CODE, "b").await.unwrap();
    assert_eq!((it.price, stored(it.id).await), (2_100, 2_100));
    let it = t.save(it).await.unwrap();
    assert_eq!((it.price, stored(it.id).await), (3_100, 3_100));
    // What changes is told by the statement, before it is sent.
    let db = t
        .with_callbacks(|on| {
            on.update().before("orm:before_update").register("app:renamed", async |cx: &mut Context| {
                let Statement::Update(it) = cx.statement() else { return Ok(()) };
                let renamed = it.set.iter().any(|it| it.column.meta().name == "name");
                if renamed {
                    cx.record_mut(0).map(|it| it.set(Product::OWNER, "renamed".to_owned()));
                }
                cx.settings_mut().set(renamed);
                Ok(())
            });
            on.update().register("app:told", async |cx: &mut Context| {
                let renamed = cx.records().any(|it| it.get(Product::OWNER).is_some_and(|it| it == "renamed"));
                assert_eq!(cx.settings().get::<bool>(), Some(&renamed));
                Ok(())
            });
        })
        .unwrap();
    db.update(it.clone()).set(Product::CODE, "c").await.unwrap();
    db.update(it.clone()).set(Product::NAME, "set again").await.unwrap();
    let before = stored(it.id).await;
    t.session().without_hooks().update(it.clone()).set(Product::CODE, "d").await.unwrap();
    t.update_all(Product::ID.eq(it.id)).set(Product::CODE, "e").await.unwrap();
    assert_eq!(stored(it.id).await, before);
}

// gorm: hooks:TestHooksForSlice
async fn hooks_of_a_batch_set_columns_of_each_record(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    let named = |name: &str, price| Product { name: name.to_owned(), price, ..Product::default() };
    let all = t.create_many([named("set 1", 1), named("plain", 2), named("set 3", 3)]).await.unwrap();
    assert_eq!(all.iter().map(|it| it.price).collect::<Vec<_>>(), [1_001, 2, 1_003]);
    let prices = async || t.find().order(Product::ID.asc()).await.unwrap().into_iter().map(|it: Product| it.price).collect::<Vec<_>>();
    assert_eq!(prices().await, [1_001, 2, 1_003]);
    // GORM's update of a slice writes the last hook's value into all rows; here a record is updated on its own.
    for it in all {
        t.update(it).set(Product::CODE, "x").await.unwrap();
    }
    assert_eq!(prices().await, [2_001, 2, 2_003]);
    t.update_all(every::<Product>()).set(Product::CODE, "y").await.unwrap();
    assert_eq!(prices().await, [2_001, 2, 2_003]);
}

/// Creates a product, whose hooks may fail.
#[derive(Debug, Clone, Default, PartialEq, Model)]
#[orm(hooks)]
struct Shop {
    #[orm(key, auto)]
    id: i64,
    sells: String,
}

impl Hooks for Shop {
    async fn after_create(&mut self, db: &Session) -> orm::Result<()> {
        db.create(product(&self.sells)).await?;
        Ok(())
    }
}

async fn an_error_of_a_child_undoes_its_parent(t: Test) {
    t.create_tables::<(Product, Shop)>().await.unwrap();
    t.create(Shop { id: 0, sells: "Invalid".into() }).await.unwrap_err();
    assert_eq!(t.find::<Shop>().count().await.unwrap(), 0);
    t.create(Shop { id: 0, sells: "tea".into() }).await.unwrap();
    assert_eq!((t.find::<Shop>().count().await.unwrap(), codes(&t).await), (1, vec!["tea".to_owned()]));
}

// gorm: hooks:TestUpdateCallbacks
async fn hooks_of_an_update_run_once(t: Test) {
    t.create_tables::<Product>().await.unwrap();
    let it = t.create(product("a")).await.unwrap();
    let it = t.update(it).set(Product::CODE, "b").await.unwrap();
    assert_eq!((it.before_updates, it.before_saves), (1, 2));
    // A set has no record that a hook could change; a record that is gone is an error.
    assert_eq!(t.update_all(every::<Product>()).set(Product::CODE, "c").await.unwrap(), 1);
    assert_eq!(t.get::<Product>(it.id).await.unwrap().before_updates, 1);
    assert!(t.update(Product { id: 9_999, ..it }).set(Product::CODE, "d").await.unwrap_err().is_not_found());
}
