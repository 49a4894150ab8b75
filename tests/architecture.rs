//! The floors of the house: a module imports only from lower ones.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `orm/src`, lowest first. Modules on one line do not know each other.
const FLOORS: &[&[&str]] = &[
    &["error"],
    &["value"],
    &["schema"],
    &["expr"],
    &["statement"],
    &["dialect"],
    &["driver"],
    &["callback"],
    &["query"],
    &["session"],
    &["steps"],
    &["db"],
    &["service"],
];

/// What is made of all floors and belongs to none.
const ROOF: &[&str] = &["lib", "prelude", "__private", "macros", "guide"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../orm/src")
}

fn files(of: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(of).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let first = path.strip_prefix(source()).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// A file without comments, so that documentation may look up.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter(|it| !it.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that a file names as `crate::module`.
fn imports(path: &Path) -> BTreeSet<String> {
    let code = code(path);
    code.split("crate::").skip(1).map(|it| it.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()).collect()
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let from = module(&path);
        let Some(from_floor) = floor(&from) else { continue };
        for to in imports(&path).into_iter().filter(|to| *to != from) {
            match floor(&to) {
                Some(to_floor) if to_floor < from_floor => {}
                Some(to_floor) => {
                    wrong.push(format!("`{from}` (floor {from_floor}) imports `{to}` (floor {to_floor}) in {}", path.display()))
                }
                None => wrong.push(format!("`{from}` imports `crate::{to}`, which is on no floor, in {}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_floor() {
    for path in files(&source()) {
        let module = module(&path);
        assert!(floor(&module).is_some() || ROOF.contains(&module.as_str()), "`{module}` is on no floor");
    }
}

#[test]
fn only_the_driver_names_the_database_libraries() {
    for path in files(&source()) {
        if module(&path) == "driver" {
            continue;
        }
        for library in ["sqlx::", "rusqlite::", "deadpool::"] {
            assert!(!code(&path).contains(library), "{} names {library}", path.display());
        }
    }
}

#[test]
fn unsafe_code_is_allowed_in_one_place() {
    let allowed: Vec<_> = files(&source()).into_iter().filter(|path| code(path).contains("allow(unsafe_code")).collect();
    let [path] = &allowed[..] else { panic!("{allowed:?}") };
    assert!(path.ends_with("driver/sqlite/handle.rs"), "{}", path.display());
    assert_eq!(code(path).matches("unsafe {").count(), 1);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["orm/src", "orm-derive/src"] {
        for path in files(&root.join(folder)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 440, "{} has {lines} lines: split it by what its parts are about", path.display());
        }
    }
}
