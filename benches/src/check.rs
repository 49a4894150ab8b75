//! What `#[derive(Model)]` costs the compiler.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use crate::harness::{Goal, Work};

/// The work's name.
pub const NAME: &str = "check_100x20";

const MODELS: usize = 100;

/// The fields behind the key; there are 19 of them.
const FIELDS: [(&str, &str); 19] = [
    ("name", "String"),
    ("title", "String"),
    ("street", "String"),
    ("city", "String"),
    ("zip", "Option<String>"),
    ("note", "Option<String>"),
    ("email", "Option<String>"),
    ("phone", "Option<String>"),
    ("age", "i32"),
    ("rank", "i32"),
    ("level", "i16"),
    ("visits", "i64"),
    ("parent_id", "Option<i64>"),
    ("owner_id", "i64"),
    ("height", "f64"),
    ("weight", "Option<f64>"),
    ("active", "bool"),
    ("hidden", "bool"),
    ("photo", "Vec<u8>"),
];

/// `cargo check` of a crate of a hundred structs, as models and as plain ones.
/// Only that crate is checked, from nothing; what comes out is no time on a
/// clock, but that of all processors in nanoseconds.
pub fn check() -> Work {
    let mut work = Work::new(NAME, "rustc", "plain").goal(Goal::More("models", "plain", 1.5e9));
    let folder = Arc::new(tempfile::tempdir().unwrap());
    for (name, derive) in [("plain", ""), ("models", ", orm::Model")] {
        write_crate(&folder, name, derive);
        let folder = Arc::clone(&folder);
        work.contestant(name, move |_| {
            let folder = Arc::clone(&folder);
            async move { check_again(&folder.path().join(name)) }
        });
    }
    work
}

fn write_crate(folder: &TempDir, name: &str, derive: &str) {
    let source = folder.path().join(name).join("src");
    fs::create_dir_all(&source).unwrap();
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let orm = benches.parent().unwrap().join("orm");
    let manifest = format!(
        "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [dependencies]\norm = {{ path = {orm:?}, default-features = false, features = [\"sqlite\"] }}\n"
    );
    fs::write(folder.path().join(name).join("Cargo.toml"), manifest).unwrap();
    // The versions that are there already.
    fs::copy(benches.join("Cargo.lock"), folder.path().join(name).join("Cargo.lock")).unwrap();
    let mut text = "//! Models.\n".to_owned();
    for n in 0..MODELS {
        let key = if derive.is_empty() { "" } else { "#[orm(key, auto)] " };
        let _ = writeln!(text, "#[derive(Debug, Clone, Default{derive})]\npub struct Model{n} {{\n    {key}pub id: i64,");
        FIELDS.iter().for_each(|(field, ty)| _ = writeln!(text, "    pub {field}: {ty},"));
        text.push_str("}\n");
    }
    fs::write(source.join("lib.rs"), text).unwrap();
}

/// Checks the crate in the folder as if it had been changed: what it took of
/// the processors.
fn check_again(folder: &Path) -> f64 {
    let source = fs::File::options().append(true).open(folder.join("src/lib.rs")).unwrap();
    source.set_modified(std::time::SystemTime::now()).unwrap();
    let before = of_children();
    let output = Command::new("cargo")
        .args(["check", "--quiet"])
        .current_dir(folder)
        // What `orm` needs is checked once, not in each run.
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_MANIFEST_DIR")).join("target/check"))
        .env("CARGO_INCREMENTAL", "0")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (of_children() - before) * 1e7
}

/// What the processes that this one has waited for took, in hundredths of a second.
fn of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // The second word is the name in brackets; these are the 16th and the 17th.
    let words = stat.rsplit_once(')').map_or("", |it| it.1).split_whitespace().skip(13).take(2);
    words.map(|it| it.parse::<f64>().unwrap()).sum()
}
