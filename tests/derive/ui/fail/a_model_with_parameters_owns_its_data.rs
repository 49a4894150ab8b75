use orm::prelude::*;

#[derive(Model)]
struct Setting<'a, 'b: 'a, T: orm::Field + 'a, const N: usize = 1>
where
    T: PartialEq<&'b str>,
{
    #[orm(key)]
    name: &'a str,
    other: &'b [T; N],
}

fn needs_a_model<M: Model>() {}

fn main() {
    needs_a_model::<Setting<'static, 'static, String>>();
}
