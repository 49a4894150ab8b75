#![deny(warnings)]

use orm::{Field, Model};

#[derive(Model)]
#[orm(table = "settings")]
pub struct Setting<T: Field, const VERSION: u8 = 1>
where
    Option<T>: Field,
{
    #[orm(key)]
    pub name: String,
    pub value: T,
    pub fallback: Option<T>,
}

fn main() {
    let _ = Setting::<i64>::VALUE.eq(1);
    let _ = Setting::<String, 2>::FALLBACK.eq("x");
    assert!(<Setting<bool> as Model>::META.fields[2].nullable);
    assert_eq!(<Setting<i16> as Model>::META.fields[1].ty, orm::SqlType::SmallInt);
}
