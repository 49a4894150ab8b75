//! What compiles, and what the compiler says about what does not.

#[test]
fn models_compile_or_say_why_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("derive/ui/pass/*.rs");
    cases.compile_fail("derive/ui/fail/*.rs");
}
