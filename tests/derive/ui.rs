//! What compiles, and what the compiler says about what does not.

use std::fs;
use std::path::{Path, PathBuf};

/// What exists in here only, and means nothing to who reads a message.
const INTERNAL: [&str; 8] = ["__private", "Known<", "Pending<", "Records<", "HookTable", "Erased", "PhantomData", "crate::"];

/// On a screen of 40 lines, and with the mistakes of newcomers, on half a page.
const LINES: usize = 40;
const LINES_FOR_NEWCOMERS: usize = 30;

#[test]
fn models_compile_or_say_why_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("derive/ui/pass/*.rs");
    cases.compile_fail("derive/ui/fail/*.rs");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("derive/ui")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Why a message cannot be shown to anybody.
fn unreadable(message: &str, program: &str, lines: usize) -> Option<String> {
    if message.lines().count() > lines {
        return Some(format!("it has {} lines, {lines} are enough", message.lines().count()));
    }
    if let Some(name) = INTERNAL.iter().find(|it| message.contains(*it)) {
        return Some(format!("it names `{name}`"));
    }
    // A macro of the program is nothing internal.
    let of_macro = message.contains("in this macro invocation") && !program.contains("macro_rules!");
    of_macro.then(|| "it points into a macro".to_owned())
}

#[test]
fn messages_fit_on_a_screen_and_name_nothing_internal() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder().join("fail")).expect("the cases are there") {
        let path = entry.expect("the cases can be listed").path();
        if path.extension().is_some_and(|it| it == "stderr") {
            let why = unreadable(&read(&path), &read(&path.with_extension("rs")), LINES);
            wrong.extend(why.map(|why| format!("{}: {why}", path.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_mistakes_of_newcomers_are_short() {
    let table = read(&folder().join("README.md"));
    let cases: Vec<_> = table.lines().filter_map(|it| it.strip_suffix("` |")?.rsplit_once("| `")).map(|it| it.1).collect();
    assert!(cases.len() >= 20, "the table has {} rows", cases.len());
    for case in cases {
        let path = folder().join("fail").join(case);
        let why = unreadable(&read(&path.with_extension("stderr")), &read(&path.with_extension("rs")), LINES_FOR_NEWCOMERS);
        assert_eq!(why, None, "{case}");
    }
}

#[test]
fn what_cannot_be_shown_is_found() {
    let fine = "error: `User` is not a model\n";
    assert_eq!(unreadable(fine, "", 1), None);
    assert!(unreadable(fine, "", 0).is_some_and(|it| it.contains("1 lines")));
    assert!(unreadable("the trait `orm::__private::AutoKey`", "", 9).is_some());
    assert!(unreadable("in this macro invocation", "", 9).is_some());
    assert_eq!(unreadable("in this macro invocation", "macro_rules! model", 9), None);
}
