//! Every case on SQLite.

fn main() {
    orm_tests::main(orm::Engine::Sqlite);
}
