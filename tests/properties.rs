//! What `faults/README.md` says of our tests is true of their names.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The rows of the table: the property, where others show it, and our test.
fn rows(text: &str) -> Vec<[String; 3]> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let numbered = text.lines().map(cells).filter(|it| it.first().is_some_and(|it| it.parse::<u32>().is_ok()));
    let row = |it: Vec<String>| <[String; 4]>::try_from(it).unwrap_or_else(|it| panic!("a row has four cells: {it:?}"));
    numbered.map(row).map(|[_, property, origin, test]| [property, origin, test.trim_matches('`').to_owned()]).collect()
}

/// Whether `suite/pool/mod::a_lazy_handle_opens_nothing` is a case, or `faults/ft_06_restart` an experiment.
fn exists(test: &str) -> bool {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(tests.join(name)).unwrap_or_default();
    match test.split_once("::") {
        Some((file, name)) => {
            let text = read(&format!("{file}.rs"));
            let cases = text.split("cases![").nth(1).and_then(|it| it.split(']').next()).unwrap_or_default();
            cases.split(',').any(|it| it.trim() == name) && text.contains(&format!("async fn {name}("))
        }
        None => {
            let id = test.trim_start_matches("faults/");
            tests.join(format!("{test}.rs")).exists() && read("faults/mod.rs").contains(&format!("    {id} \"FT-"))
        }
    }
}

#[test]
fn every_property_has_a_test_of_its_own() {
    let rows = rows(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/README.md")).unwrap());
    assert!(rows.len() >= 110, "{} properties", rows.len());
    let unknown: Vec<_> = rows.iter().filter(|it| !exists(&it[2])).map(|it| &it[2]).collect();
    assert!(unknown.is_empty(), "no such tests: {unknown:?}");
    for (at, what) in [(0, "property"), (2, "test")] {
        let mut seen = BTreeSet::new();
        let twice: Vec<_> = rows.iter().filter(|it| !seen.insert(&it[at])).map(|it| &it[at]).collect();
        assert!(twice.is_empty(), "a {what} is there twice: {twice:?}");
    }
    assert!(rows.iter().all(|it| !it[1].is_empty()), "each says where others show it");
}

#[test]
fn a_name_that_is_not_a_test_is_found() {
    assert!(exists("suite/pool/mod::a_lazy_handle_opens_nothing") && exists("faults/ft_06_restart"));
    for wrong in ["suite/pool/mod::until", "suite/pool/mod::a_lazy_handle", "suite/nowhere::at_all", "faults/ft_06", "faults/ground"] {
        assert!(!exists(wrong), "{wrong}");
    }
}
