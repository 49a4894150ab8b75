//! What the database chose goes into the records.

use super::*;
use crate::error::Error;
use crate::schema::ModelMeta;
use crate::statement::Record;
use crate::value::{Cells, RowRef};

#[derive(Debug, Clone, Default, PartialEq)]
struct Cat {
    id: i64,
    name: String,
}

fn cats(names: &[&str]) -> Cats {
    Cats(names.iter().map(|it| Cat { id: 0, name: (*it).to_owned() }).collect())
}

struct Cats(Vec<Cat>);

impl Record for Cat {
    fn meta(&self) -> &'static ModelMeta {
        unreachable!()
    }

    fn value_at(&self, _: usize) -> Value {
        unreachable!()
    }

    fn set_value_at(&mut self, at: usize, value: Value) -> Result<()> {
        assert_eq!(at, 0);
        self.id = i64::from_value(value)?;
        Ok(())
    }

    fn bind_at(&self, _: usize, to: &mut dyn Binder) -> Result<()> {
        self.name.bind(to)
    }

    fn field_at(&self, _: usize) -> &dyn Any {
        unreachable!()
    }

    fn field_mut_at(&mut self, _: usize) -> &mut dyn Any {
        unreachable!()
    }

    fn refill_from(&mut self, row: &RowRef<'_>) -> Result<()> {
        *self = Self { id: row.get(0)?, name: row.get(1)? };
        Ok(())
    }

    fn hooks(&self) -> Option<&'static (dyn Any + Send + Sync)> {
        None
    }
}

impl RecordSet for Cats {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn record(&self, at: usize) -> Option<&dyn Record> {
        self.0.get(at).map(|it| it as &dyn Record)
    }

    fn record_mut(&mut self, at: usize) -> Option<&mut dyn Record> {
        self.0.get_mut(at).map(|it| it as &mut dyn Record)
    }

    fn records_mut(&mut self) -> Box<dyn Iterator<Item = &mut dyn Record> + Send + '_> {
        Box::new(self.0.iter_mut().map(|it| it as &mut dyn Record))
    }

    /// Columns by name, in the order `id`, `name`.
    fn answerable(&mut self) -> &mut dyn std::any::Any {
        self
    }

    fn positions(&self, cells: &dyn Cells) -> Result<Vec<usize>> {
        let find = |name| (0..cells.len()).find(|at| cells.name(*at) == name).unwrap();
        Ok(vec![find("id"), find("name")])
    }

    fn push(&mut self, row: &RowRef<'_>) -> Result<()> {
        self.0.push(Cat { id: row.get(0)?, name: row.get(1)? });
        Ok(())
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

async fn write(server: &mut Server, sql: &str, cats: Cats, want: Want) -> Result<(Vec<Cat>, Done)> {
    fn bind(_: &Statement, records: &dyn RecordSet, to: &mut dyn Binder) -> Result<()> {
        (0..records.len()).try_for_each(|at| records.record(at).unwrap().bind_at(1, to))
    }
    let mut work = plain(server.engine(), sql, vec![], Box::new(cats));
    (work.bind, work.want) = (bind, want);
    let (work, result) = server.run(work).await;
    let records: Box<dyn Any> = work.into_load().records;
    Ok((records.downcast::<Cats>().unwrap().0, result?))
}

#[test]
fn keys_and_stored_rows_come_back() {
    each_server(async |server: &mut Server| {
        let postgres = server.engine() == Engine::Postgres;
        let id = if postgres { "bigserial" } else { "bigint auto_increment" };
        let create = format!("create temporary table cats (id {id} primary key, name varchar(20))");
        server.control(&create).await.unwrap();
        let ids = |cats: &[Cat]| cats.iter().map(|it| it.id).collect::<Vec<_>>();

        let insert = "insert into cats (name) values (?), (?) returning id";
        let (all, done) = write(server, insert, cats(&["a", "b"]), Want::Keys { first: 0, at: 0 }).await.unwrap();
        assert_eq!((ids(&all), done), (vec![1, 2], Done { rows: 2, affected: 2 }));

        let insert = "insert into cats (name) values (upper(?)) returning id, name";
        let (all, done) = write(server, insert, cats(&["c"]), Want::Refill { first: 0 }).await.unwrap();
        assert_eq!((all, done), (vec![Cat { id: 3, name: "C".into() }], Done { rows: 1, affected: 1 }));

        if !postgres {
            let insert = "insert into cats (name) values (?)";
            let (all, done) = write(server, insert, cats(&["d"]), Want::LastKey { first: 0, at: 0 }).await.unwrap();
            assert_eq!((ids(&all), done), (vec![4], Done { rows: 0, affected: 1 }));
        }

        let select = "select name, id from cats where id < 3 order by id";
        let (all, done) = write(server, select, cats(&[]), Want::NamedRows).await.unwrap();
        let name = |id, name: &str| Cat { id, name: name.into() };
        assert_eq!((all, done), (vec![name(1, "a"), name(2, "b")], Done { rows: 2, affected: 0 }));

        let error = write(server, select, cats(&[]), Want::Keys { first: 0, at: 0 }).await.unwrap_err();
        assert!(matches!(error, Error::Decode { .. }), "{error}");
        let select = "select id, name from cats";
        let error = write(server, select, cats(&[]), Want::Refill { first: 0 }).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
    });
}
