macro_rules! model {
    ($name:ident, $key:ty) => {
        #[derive(orm::Model)]
        struct $name {
            #[orm(key)]
            id: $key,
        }
    };
}

model!(User, Option<i64>);
model!(Post, i64);

fn main() {}
