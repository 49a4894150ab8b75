//! Every case on MariaDB or MySQL.

fn main() {
    orm_tests::main(orm::Engine::MariaDb);
}
