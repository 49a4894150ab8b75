//! What servers refuse becomes an error that a program can act on.

use futures_util::future::join;

use super::*;
use crate::error::Error;

#[test]
fn broken_rules() {
    each_server(async |server: &mut Server| {
        for sql in [
            "drop table if exists orm_rule_pets",
            "drop table if exists orm_rule_people",
            "create table orm_rule_people (id integer primary key, name varchar(5) not null, \
             constraint orm_name unique (name), constraint orm_adult check (id < 100))",
            "create table orm_rule_pets (owner integer, \
             constraint orm_owner foreign key (owner) references orm_rule_people (id))",
        ] {
            server.control(sql).await.unwrap();
        }
        let insert = "insert into orm_rule_people values (?, ?)";
        let person = |id: i32, name: Option<&str>| vec![Value::I32(id), name.map_or(Value::Null, Value::from)];
        server.execute(insert, person(1, Some("s3ct"))).await.unwrap();

        let error = server.execute(insert, person(2, Some("s3ct"))).await.unwrap_err();
        assert!(error.is_unique_violation() && error.constraint() == Some("orm_name") && error.columns() == ["name"], "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3ct"), "{error:?}");
        let error = server.execute(insert, person(100, Some("x"))).await.unwrap_err();
        assert!(error.is_check_violation() && error.constraint() == Some("orm_adult"), "{error:?}");
        let error = server.execute(insert, person(2, None)).await.unwrap_err();
        assert!(error.is_not_null_violation() && error.columns() == ["name"], "{error:?}");
        let error = server.execute("insert into orm_rule_pets values (?)", vec![Value::I32(7)]).await.unwrap_err();
        assert!(error.is_foreign_key_violation() && error.constraint() == Some("orm_owner") && error.columns() == ["owner"], "{error:?}");
        let error = server.execute(insert, person(3, Some("s3ct-longer"))).await.unwrap_err();
        assert!(matches!(&error, Error::Database { message, .. } if message.contains("longer")), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("s3ct"), "{error:?}");
        let error = server.execute("insert into orm_rule_pets values (1 / ?)", vec![Value::I32(0)]).await.unwrap_err();
        assert!(error.to_string().contains("division by zero"), "{error:?}");
        let error = server.fetch::<i64>("select 1 from ghosts", vec![]).await.unwrap_err();
        assert!(matches!(&error, Error::MissingTable { table, .. } if table == "ghosts"), "{error:?}");
        let error = server.control("no such words").await.unwrap_err();
        assert!(matches!(error, Error::Database { .. }), "{error:?}");
        // Matched, though nothing changed.
        let sql = "update orm_rule_people set name = name where id = ?";
        assert_eq!(server.execute(sql, vec![Value::I32(1)]).await.unwrap().affected, 1);
        server.control("drop table orm_rule_pets").await.unwrap();
        server.control("drop table orm_rule_people").await.unwrap();
    });
}

#[test]
fn the_state_of_a_transaction() {
    each_server(async |server: &mut Server| {
        let aborted = if server.engine() == Engine::Postgres { TransactionState::Aborted } else { TransactionState::Open };
        server.control("begin").await.unwrap();
        assert_eq!(server.transaction_state().await, TransactionState::Open);
        server.fetch::<i64>("select 1 from ghosts", vec![]).await.unwrap_err();
        assert_eq!(server.transaction_state().await, aborted);
        if aborted == TransactionState::Aborted {
            let error = server.fetch::<i64>("select 1", vec![]).await.unwrap_err();
            assert!(matches!(error, Error::TransactionAborted { .. }), "{error}");
        }
        server.control("rollback").await.unwrap();
        assert_eq!(server.transaction_state().await, TransactionState::Ended);
    });
}

#[test]
fn transactions_that_wait_for_each_other() {
    for target in targets() {
        block_on(async {
            let (mut one, mut two) = (Server::open(&target).await, Server::open(&target).await);
            let table = "create table orm_deadlock (id integer primary key, it integer)";
            one.control("drop table if exists orm_deadlock").await.unwrap();
            one.control(table).await.unwrap();
            one.control("insert into orm_deadlock values (1, 0), (2, 0)").await.unwrap();
            let set = "update orm_deadlock set it = it + 1 where id = ?";
            for (server, id) in [(&mut one, 1), (&mut two, 2)] {
                server.control("begin").await.unwrap();
                server.execute(set, vec![Value::I32(id)]).await.unwrap();
            }
            let both = join(one.execute(set, vec![Value::I32(2)]), async {
                let result = two.execute(set, vec![Value::I32(1)]).await;
                let state = two.transaction_state().await;
                two.control("rollback").await.unwrap();
                (result, state)
            });
            let (first, (second, state_of_second)) = both.await;
            let state_of_first = one.transaction_state().await;
            one.control("rollback").await.unwrap();
            let (error, state) = match (first, second) {
                (Err(error), Ok(_)) => (error, state_of_first),
                (Ok(_), Err(error)) => (error, state_of_second),
                other => panic!("one of two must give way: {other:?}"),
            };
            assert!(matches!(error, Error::Deadlock { .. }), "{error}");
            let expected = if one.engine() == Engine::Postgres { TransactionState::Aborted } else { TransactionState::Ended };
            assert_eq!(state, expected);
            one.control("drop table orm_deadlock").await.unwrap();
        });
    }
}

/// Neither `sleep` nor `benchmark`: MariaDB answers when these are cancelled.
const SLOW: &str = "select cast(count(*) as char) from information_schema.columns a, \
                    information_schema.columns b, information_schema.columns c";

#[test]
fn connections_that_are_ended_or_cancelled_from_outside() {
    for target in targets() {
        block_on(async {
            let (mut one, mut two) = (Server::open(&target).await, Server::open(&target).await);
            let id = one.server_id().unwrap();
            let postgres = one.engine() == Engine::Postgres;
            let (sleep, cancel, kill) = if postgres {
                let cancel = format!("select pg_cancel_backend({id})");
                let kill = format!("select pg_terminate_backend({id})");
                ("select pg_sleep(20)::text", cancel, kill)
            } else {
                (SLOW, format!("kill query {id}"), format!("kill {id}"))
            };
            let later = tokio::time::sleep(std::time::Duration::from_millis(200));
            let (result, ()) = join(one.fetch::<String>(sleep, vec![]), async {
                later.await;
                two.control(&cancel).await.unwrap();
            })
            .await;
            assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
            assert!(!one.is_busy());
            one.ping().await.unwrap();
            two.control(&kill).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            let error = one.fetch::<i64>("select 1", vec![]).await.unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
            assert!(one.is_busy());
            assert!(one.ping().await.unwrap_err().is_connection_lost());
        });
    }
}

#[test]
fn a_connection_that_is_lost_in_the_middle_of_a_result() {
    for target in targets() {
        block_on(async {
            let (mut one, mut two) = (Server::open(&target).await, Server::open(&target).await);
            let id = one.server_id().unwrap();
            let (many, kill) = if one.engine() == Engine::Postgres {
                ("select generate_series(1, 5000000)", format!("select pg_terminate_backend({id})"))
            } else {
                let many = "select a.ordinal_position from information_schema.columns a, information_schema.columns b";
                (many, format!("kill {id}"))
            };
            let (result, ()) = join(one.fetch::<i64>(many, vec![]), async {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                two.control(&kill).await.unwrap();
            })
            .await;
            let error = result.map(|it| it.len()).unwrap_err();
            assert!(error.is_connection_lost(), "{error:?}");
            assert!(one.is_busy());
        });
    }
}

#[test]
fn connections_that_cannot_be_opened() {
    let mut cases = Vec::new();
    for target in targets() {
        let shown = target.to_string();
        let (scheme, rest) = shown.split_once("://").unwrap();
        let place = rest.split('/').next().unwrap();
        cases.push((format!("{scheme}://nobody:s3cret@{place}/test"), vec!["nobody"]));
        cases.push((format!("{scheme}://nobody:s3cret@127.0.0.1:1/test"), vec!["is the server running?", "127.0.0.1:1/test"]));
        cases.push((format!("{scheme}://nobody:s3cret@no-such-host.invalid/test"), vec!["host name is not known"]));
        let user = target.user();
        cases.push((format!("{scheme}://{user}@{place}/orm_no_such_db"), vec!["no such database"]));
    }
    for (url, parts) in cases {
        let target = Target::parse(&url).unwrap();
        let error = block_on(connect(&target, Role::Writer)).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::Connect { .. }) && parts.iter().all(|it| text.contains(it)), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}
