//! Creating, reading, changing and removing records.

use orm::Error;
use orm::prelude::*;

use crate::models::{User, user};
use crate::{Test, cases};

cases![
    a_condition_that_is_absent_writes_to_nobody_else,
    a_condition_of_which_nothing_is_left_writes_to_nobody,
    a_created_record_has_the_key_that_the_database_chose,
    a_record_is_found_by_its_key,
    a_query_that_is_cloned_is_asked_twice,
    zero_values_are_written_like_all_others,
    an_update_sends_only_what_is_set,
    an_update_with_an_expression_returns_what_is_stored,
    an_update_without_a_set_changes_nothing,
    a_save_writes_every_column_of_one_record,
    a_record_that_is_gone_is_not_found,
    a_record_that_is_all_key_is_saved_if_it_is_there,
    update_all_and_delete_all_say_how_many_matched,
    a_failed_create_gives_the_record_back,
    a_failed_create_many_writes_nothing,
    keys_come_back_in_the_order_of_the_records,
    records_with_and_without_keys_can_be_created_together,
    a_key_is_sent_where_with_keys_is_said,
    limit_and_offset_choose_a_part,
    first_is_in_the_order_of_the_key,
    count_and_exists_look_at_the_same_records,
];

/// Three users, the second of whom is the one a test works with.
async fn three(t: &Test) -> [User; 3] {
    t.create_tables::<User>().await.unwrap();
    let users = t.create_many([user("ann", 30), user("bob", 40), user("cleo", 50)]).await.unwrap();
    users.try_into().unwrap()
}

async fn a_created_record_has_the_key_that_the_database_chose(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let ann = t.create(user("ann", 30)).await.unwrap();
    let bob = t.create(user("bob", 31)).await.unwrap();
    assert!(ann.id > 0 && bob.id > ann.id, "{} {}", ann.id, bob.id);
    assert_eq!(t.find::<User>().order(User::ID.asc()).await.unwrap(), [ann, bob]);
}

async fn a_record_is_found_by_its_key(t: Test) {
    let [ann, bob, _] = three(&t).await;
    assert_eq!(t.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(t.get::<User>(&ann.id).await.unwrap(), ann);
    assert!(t.get::<User>(9_999).await.unwrap_err().is_not_found());
}

async fn a_query_that_is_cloned_is_asked_twice(t: Test) {
    let [_, bob, cleo] = three(&t).await;
    let older = t.find().where_(User::AGE.gt(30));
    assert_eq!(older.clone().count().await.unwrap(), 2);
    assert_eq!(older.clone().order(User::AGE.desc()).limit(1).await.unwrap(), std::slice::from_ref(&cleo));
    assert_eq!(older.order(User::AGE.asc()).await.unwrap(), [bob, cleo]);
}

async fn zero_values_are_written_like_all_others(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let bob = t.update(User { active: true, email: Some("b@x".into()), ..bob }).set(User::AGE, 0).set(User::NAME, "").await.unwrap();
    let stored = t.get::<User>(bob.id).await.unwrap();
    assert_eq!((stored.age, stored.name.as_str()), (0, ""));
    let bob = t.save(User { active: false, email: None, ..stored }).await.unwrap();
    assert_eq!(t.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
    assert_eq!(t.get::<User>(cleo.id).await.unwrap(), cleo);
}

async fn an_update_sends_only_what_is_set(t: Test) {
    let [ann, bob, _] = three(&t).await;
    t.update(bob.clone()).set(User::ACTIVE, true).await.unwrap();
    // This copy of bob does not know; it must not undo the change.
    let later = t.update(bob.clone()).set(User::AGE, 41).await.unwrap();
    assert_eq!(later.age, 41);
    let stored = t.get::<User>(bob.id).await.unwrap();
    assert_eq!((stored.age, stored.active), (41, true));
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn an_update_with_an_expression_returns_what_is_stored(t: Test) {
    let [ann, bob, _] = three(&t).await;
    t.update(bob.clone()).set(User::ACTIVE, true).await.unwrap();
    let bob = t.update(bob).set(User::AGE, User::AGE.plus(1)).set(User::NAME, "Bob").await.unwrap();
    assert_eq!((bob.age, bob.name.as_str(), bob.active), (41, "Bob", true));
    assert_eq!(t.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn an_update_without_a_set_changes_nothing(t: Test) {
    let [_, bob, _] = three(&t).await;
    let same = t.update(User { name: "changed here only".into(), ..bob.clone() }).await.unwrap();
    assert_eq!(same.name, "changed here only");
    assert_eq!(t.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(t.update_all(every::<User>()).await.unwrap(), 0);
}

async fn a_save_writes_every_column_of_one_record(t: Test) {
    let [ann, bob, _] = three(&t).await;
    let bob = User { name: "Bob".into(), age: 41, email: Some("b@x".into()), active: true, ..bob };
    assert_eq!(t.save(bob.clone()).await.unwrap(), bob);
    assert_eq!(t.get::<User>(bob.id).await.unwrap(), bob);
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
}

async fn a_record_that_is_gone_is_not_found(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    t.delete(bob.clone()).await.unwrap();
    for error in [
        t.update(bob.clone()).set(User::AGE, 1).await.unwrap_err(),
        t.update(bob.clone()).set(User::AGE, User::AGE.plus(1)).await.unwrap_err(),
        t.save(bob.clone()).await.unwrap_err(),
        t.delete(bob.clone()).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NotFound { model: "User", .. }), "{error:?}");
    }
    assert_eq!(t.find::<User>().order(User::ID.asc()).await.unwrap(), [ann, cleo]);
    let failed = t.save(bob.clone()).or_return().await.unwrap_err();
    assert_eq!(failed.into_record(), bob);
}

async fn a_record_that_is_all_key_is_saved_if_it_is_there(t: Test) {
    #[derive(Debug, Clone, PartialEq, Model)]
    struct Membership {
        #[orm(key)]
        user_id: i64,
        #[orm(key)]
        team: String,
    }
    t.create_tables::<Membership>().await.unwrap();
    let member = |user_id| Membership { user_id, team: "crew".into() };
    t.create_many([member(1), member(2)]).await.unwrap();
    assert_eq!(t.save(member(1)).await.unwrap(), member(1));
    assert!(t.save(member(3)).await.unwrap_err().is_not_found());
    assert_eq!(t.find().order(Membership::USER_ID.asc()).await.unwrap(), [member(1), member(2)]);
}

async fn update_all_and_delete_all_say_how_many_matched(t: Test) {
    let [ann, ..] = three(&t).await;
    assert_eq!(t.update_all(User::AGE.gt(30)).set(User::ACTIVE, true).await.unwrap(), 2);
    // Matched, not changed: MariaDB would say 0 here by itself.
    assert_eq!(t.update_all(User::AGE.gt(30)).set(User::ACTIVE, true).await.unwrap(), 2);
    assert_eq!(t.get::<User>(ann.id).await.unwrap(), ann);
    assert_eq!(t.delete_all(User::AGE.gt(30)).await.unwrap(), 2);
    assert_eq!(t.find::<User>().await.unwrap(), [ann]);
    assert_eq!(t.delete_all(every::<User>()).await.unwrap(), 1);
}

async fn a_condition_that_is_absent_writes_to_nobody_else(t: Test) {
    three(&t).await;
    let by_name = |name: Option<&'static str>| name.map(|it| User::NAME.eq(it));
    assert_eq!(t.update_all(User::AGE.gt(0)).where_opt(by_name(Some("bob"))).where_opt(None).set(User::AGE, 99).await.unwrap(), 1);
    assert_eq!(t.find().where_(User::AGE.eq(99)).count().await.unwrap(), 1);
    let refused = [
        t.update_all(every::<User>()).where_opt(None).set(User::AGE, 9).await.unwrap_err(),
        t.update_all(all_of([])).where_opt(by_name(None)).where_opt(by_name(None)).set(User::AGE, 9).await.unwrap_err(),
        t.delete_all(every::<User>()).where_opt(by_name(None)).await.unwrap_err(),
        t.delete_all(every::<User>()).where_opt(None).where_(every()).await.unwrap_err(),
    ];
    for error in refused {
        assert!(matches!(&error, orm::Error::Invalid(_)) && error.to_string().contains("where_opt"), "{error}");
    }
    assert_eq!(t.find().where_(User::AGE.eq(9)).count().await.unwrap(), 0);
    assert_eq!(t.delete_all(every::<User>()).where_opt(by_name(Some("bob"))).await.unwrap(), 1);
    assert_eq!(t.delete_all(User::AGE.gt(0)).where_opt(by_name(None)).await.unwrap(), 2);
}

async fn a_failed_create_gives_the_record_back(t: Test) {
    three(&t).await;
    let twin = User { email: Some("a@x".into()), ..user("dan", 1) };
    t.create(twin.clone()).await.unwrap();
    let failed = t.create(twin.clone()).or_return().await.unwrap_err();
    assert!(failed.error().is_unique_violation(), "{failed:?}");
    assert_eq!(failed.into_record(), twin);
    assert_eq!(t.find::<User>().count().await.unwrap(), 4);
}

async fn a_failed_create_many_writes_nothing(t: Test) {
    three(&t).await;
    let mut users: Vec<User> = (0..1_500).map(|n| User { email: Some(format!("{n}@x")), ..user("many", 1) }).collect();
    // The last of several statements fails.
    users[1_499].email = Some("0@x".into());
    let failed = t.create_many(users).or_return().await.unwrap_err();
    assert!(failed.error().is_unique_violation(), "{failed:?}");
    assert_eq!(failed.into_record().len(), 1_500);
    assert_eq!(t.find::<User>().count().await.unwrap(), 3);
}

async fn keys_come_back_in_the_order_of_the_records(t: Test) {
    t.create_tables::<User>().await.unwrap();
    assert_eq!(t.create_many(Vec::<User>::new()).await.unwrap(), []);
    let users = t.create_many((0..2_500).map(|n| user(&format!("user {n}"), 1))).await.unwrap();
    assert_eq!(users.len(), 2_500);
    assert!(users.windows(2).all(|it| it[0].id < it[1].id));
    for n in [0, 499, 500, 2_499] {
        assert_eq!(t.get::<User>(users[n].id).await.unwrap().name, format!("user {n}"));
    }
}

async fn records_with_and_without_keys_can_be_created_together(t: Test) {
    t.create_tables::<User>().await.unwrap();
    let users = [user("a", 1), User { id: 700, ..user("b", 2) }, User { id: 800, ..user("c", 3) }, user("d", 4)];
    let users = t.create_many(users).await.unwrap();
    assert_eq!((users[1].id, users[2].id), (700, 800));
    assert!(users[0].id > 0 && users[3].id > 0 && users[0].id != users[3].id);
    for it in users {
        assert_eq!(t.get::<User>(it.id).await.unwrap(), it);
    }
}

async fn a_key_is_sent_where_with_keys_is_said(t: Test) {
    t.create_tables::<User>().await.unwrap();
    assert_eq!(t.create(user("zero", 1)).with_keys().await.unwrap().id, 0);
    assert_eq!(t.get::<User>(0).await.unwrap().name, "zero");
}

async fn limit_and_offset_choose_a_part(t: Test) {
    let [ann, bob, cleo] = three(&t).await;
    let by_age = || t.find().order(User::AGE.desc());
    assert_eq!(by_age().limit(1).await.unwrap(), vec![cleo.clone()]);
    assert_eq!(by_age().offset(1).await.unwrap(), [bob.clone(), ann.clone()]);
    assert_eq!(by_age().limit(1).offset(1).await.unwrap(), [bob]);
    assert_eq!(by_age().limit(0).await.unwrap(), []);
    assert_eq!(by_age().limit(u64::MAX).count().await.unwrap(), 3);
    assert_eq!(by_age().limit(2).count().await.unwrap(), 2);
    assert_eq!(by_age().offset(2).count().await.unwrap(), 1);
}

async fn first_is_in_the_order_of_the_key(t: Test) {
    let [ann, _, cleo] = three(&t).await;
    assert_eq!(t.find::<User>().first().await.unwrap(), Some(ann));
    assert_eq!(t.find().order(User::AGE.desc()).first().await.unwrap(), Some(cleo));
    assert_eq!(t.find().where_(User::NAME.eq("nobody")).first().await.unwrap(), None);
}

async fn count_and_exists_look_at_the_same_records(t: Test) {
    three(&t).await;
    assert_eq!(t.find().where_(User::AGE.gt(30)).count().await.unwrap(), 2);
    assert!(t.find().where_(User::AGE.gt(30)).exists().await.unwrap());
    assert!(!t.find().where_(User::AGE.gt(90)).exists().await.unwrap());
    assert!(!t.find::<User>().limit(0).exists().await.unwrap());
}

/// A search without a word in it, which finds everybody.
async fn a_condition_of_which_nothing_is_left_writes_to_nobody(t: Test) {
    t.create_tables::<User>().await.unwrap();
    t.create_many([user("ann", 1), user("bob", 2)]).await.unwrap();
    let search = |name: Option<&str>| all_of(name.map(|it| User::NAME.eq(it)));
    let refused = [
        t.delete_all(search(None)).await.unwrap_err(),
        t.update_all(search(None)).set(User::AGE, 9).await.unwrap_err(),
        t.delete_all(all_of([search(None), search(None)])).await.unwrap_err(),
        t.delete_all(search(None)).where_(search(None)).await.unwrap_err(),
        t.delete_all(every::<User>().and(search(None))).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(
            error.to_string(),
            "the condition is empty, which would be every record of User: say `every::<User>()`, without a `where_opt`, where that is meant"
        );
    }
    assert_eq!(t.find().where_(search(None)).count().await.unwrap(), 2);
    assert_eq!(t.delete_all(search(None)).where_(search(Some("ann"))).await.unwrap(), 1);
    assert_eq!(t.update_all(every()).where_(search(Some("bob"))).set(User::AGE, 9).await.unwrap(), 1);
    assert_eq!(t.delete_all(every::<User>()).await.unwrap(), 1);
}
