//! Every case on PostgreSQL.

fn main() {
    orm_tests::main(orm::Engine::Postgres);
}
