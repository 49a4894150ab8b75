#![deny(warnings, unreachable_pub, unused_qualifications)]

mod inside {
    use orm::prelude::*;

    #[derive(Model)]
    pub(crate) struct Secret {
        #[orm(key)]
        pub(super) id: i64,
        text: String,
    }

    impl Secret {
        pub(crate) fn new(id: i64) -> Self {
            Self { id, text: String::new() }
        }

        pub(crate) fn text(&self) -> &str {
            &self.text
        }
    }
}

fn main() {
    let secret = inside::Secret::new(1);
    assert_eq!((secret.id, secret.text()), (1, ""));
    let _ = inside::Secret::ID.eq(1);
}
