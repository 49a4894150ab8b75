//! Puts the callbacks of a chain in order.
//!
//! A depth-first topological sort that keeps the order of registration where
//! nothing else was said: a callback is put directly before the first one that
//! must come later, or directly behind the last one that must come earlier.
//! `"*"` only says where to begin: names weigh more.

use std::borrow::Cow;

use crate::callback::chain::Link;
use crate::callback::editor::{ChainEditor, Entry};
use crate::error::{Error, Result};

/// The callbacks in the order in which they run.
pub(crate) fn sort(chain: &ChainEditor) -> Result<Vec<Link>> {
    let fail = |reason: String| Error::CallbackOrder { chain: chain.kind().name(), reason };
    if !chain.mistakes.is_empty() {
        return Err(fail(chain.mistakes.join("; ")));
    }
    check_names(chain).map_err(fail)?;
    let mut sorter = Sorter { entries: &chain.entries, earlier: earlier(&chain.entries), path: Vec::new(), sorted: Vec::new() };
    for at in starting_order(&chain.entries) {
        sorter.visit(at).map_err(fail)?;
    }
    Ok(sorter.sorted.iter().map(|&at| link(&chain.entries[at])).collect())
}

fn link(entry: &Entry) -> Link {
    Link { name: entry.name.clone(), callback: entry.callback.clone(), when: entry.when.clone(), reason: reason(entry) }
}

/// A name that was never there is a mistake; one that was removed is not.
fn check_names(chain: &ChainEditor) -> Result<(), String> {
    for entry in &chain.entries {
        for (word, names) in [("before", &entry.before), ("after", &entry.after)] {
            for name in names.iter().filter(|it| *it != "*") {
                if !chain.contains(name) && !chain.removed.contains(name) {
                    let known: Vec<_> = chain.entries.iter().map(|it| &*it.name).collect();
                    return Err(format!(
                        "`{}` is to stand {word} `{name}`, but there is no such callback; there are {}",
                        entry.name,
                        known.join(", ")
                    ));
                }
            }
        }
    }
    Ok(())
}

/// For each entry, which entries must come earlier.
fn earlier(entries: &[Entry]) -> Vec<Vec<usize>> {
    let position = |name: &Cow<'static, str>| entries.iter().position(|it| it.name == *name);
    let mut earlier: Vec<Vec<usize>> = entries.iter().map(|it| it.after.iter().filter_map(position).collect()).collect();
    for (at, entry) in entries.iter().enumerate() {
        for later in entry.before.iter().filter_map(position) {
            earlier[later].push(at);
        }
    }
    earlier
}

/// `before("*")`: the last one registered is the first; then all others; then `after("*")`.
fn starting_order(entries: &[Entry]) -> Vec<usize> {
    let all = 0..entries.len();
    let first = all.clone().rev().filter(|&at| is_first(&entries[at]));
    let middle = all.clone().filter(|&at| !is_first(&entries[at]) && !is_last(&entries[at]));
    let last = all.clone().filter(|&at| is_last(&entries[at]));
    first.chain(middle).chain(last).collect()
}

fn is_first(entry: &Entry) -> bool {
    entry.before.iter().any(|it| it == "*")
}

fn is_last(entry: &Entry) -> bool {
    !is_first(entry) && entry.after.iter().any(|it| it == "*")
}

struct Sorter<'c> {
    entries: &'c [Entry],
    earlier: Vec<Vec<usize>>,
    /// The entries that wait for one another, outermost first.
    path: Vec<usize>,
    sorted: Vec<usize>,
}

impl Sorter<'_> {
    fn visit(&mut self, at: usize) -> Result<(), String> {
        if self.sorted.contains(&at) {
            return Ok(());
        }
        if let Some(start) = self.path.iter().position(|it| *it == at) {
            return Err(self.describe_cycle(start));
        }
        self.path.push(at);
        for before in self.earlier[at].clone() {
            self.visit(before)?;
        }
        self.path.pop();
        self.sorted.push(at);
        self.visit_followers(at)
    }

    /// Puts those that asked to stand behind `at` there, if nothing else they wait for is missing.
    fn visit_followers(&mut self, at: usize) -> Result<(), String> {
        for follower in 0..self.entries.len() {
            let entry = &self.entries[follower];
            let follows = entry.after.contains(&self.entries[at].name) && !is_first(entry) && !is_last(entry);
            let ready = self.earlier[follower].iter().all(|it| self.sorted.contains(it));
            if follows && ready && !self.path.contains(&follower) {
                self.visit(follower)?;
            }
        }
        Ok(())
    }

    fn describe_cycle(&self, start: usize) -> String {
        let mut names: Vec<_> = self.path[start..].iter().rev().map(|&at| format!("`{}`", self.entries[at].name)).collect();
        names.push(names[0].clone());
        format!("they wait for one another: {}", names.join(" before "))
    }
}

fn reason(entry: &Entry) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(entry.before.iter().map(|it| if it == "*" { "before all".to_owned() } else { format!("before {it}") }));
    said.extend(entry.after.iter().map(|it| if it == "*" { "after all".to_owned() } else { format!("after {it}") }));
    if said.is_empty() {
        said.push("in the order of registration".to_owned());
    }
    if entry.when.is_some() {
        said.push("for some statements only".to_owned());
    }
    said.join(", ")
}
