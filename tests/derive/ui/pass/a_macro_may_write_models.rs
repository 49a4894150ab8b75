#![deny(warnings)]

macro_rules! model {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(orm::Model)]
        pub struct $name {
            #[orm(key, auto)]
            pub id: i64,
            $(pub $field: $type,)*
        }
    };
}

model!(User { name: String, age: Option<u8> });

fn main() {
    let _ = User::AGE.is_some().and(User::ID.gt(3)).and(User::NAME.contains("x"));
}
