//! Puts the callbacks of a chain in order.
//!
//! A depth-first topological sort that keeps the order of registration where
//! nothing else was said: a callback is put directly before the first one that
//! must come later, or directly behind the last one that must come earlier.
//! `"*"` is before, or behind, all that were not asked to stand there: names
//! weigh more.

use std::borrow::Cow;

use crate::callback::chain::Link;
use crate::callback::editor::{ChainEditor, Entry};
use crate::error::{Error, Result};

/// The callbacks in the order in which they run.
pub(crate) fn sort(chain: &ChainEditor) -> Result<Vec<Link>> {
    let fail = |reason: String| Error::CallbackOrder { chain: chain.kind().name(), reason };
    let mistakes: Vec<String> = chain.mistakes.iter().cloned().chain(unknown_names(chain)).collect();
    if !mistakes.is_empty() {
        return Err(fail(mistakes.join("; ")));
    }
    let mut sorter =
        Sorter { entries: &chain.entries, earlier: earlier(&chain.entries), path: Vec::new(), sorted: Vec::new(), followers: false };
    sorter.sort().map_err(fail)?;
    Ok(sorter.sorted.iter().map(|&at| link(&chain.entries[at])).collect())
}

fn link(entry: &Entry) -> Link {
    let Entry { name, callback, when, replaced, .. } = entry;
    Link { name: name.clone(), callback: callback.clone(), when: when.clone(), replaced: *replaced, reason: reason(entry) }
}

/// A name that was never there is a mistake; one that was removed is not.
fn unknown_names(chain: &ChainEditor) -> Vec<String> {
    let unknown = |name: &&Cow<'static, str>| *name != "*" && !chain.contains(name) && !chain.removed.contains(name);
    let mut mistakes = Vec::new();
    for entry in &chain.entries {
        for (word, names) in [("before", &entry.before), ("after", &entry.after)] {
            for name in names.iter().filter(unknown) {
                let known = chain.entries.iter().map(|it| &*it.name).collect::<Vec<_>>().join(", ");
                mistakes.push(format!("`{}` is to stand {word} `{name}`, but there is no such callback; there are {known}", entry.name));
            }
        }
    }
    mistakes
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
    /// Whether those that stand behind an entry are put there at once.
    followers: bool,
}

impl Sorter<'_> {
    /// `before("*")`, of which the last one registered is the first; then all
    /// others; then `after("*")`, and what stands behind one of these.
    fn sort(&mut self) -> Result<(), String> {
        let all = 0..self.entries.len();
        for at in all.clone().rev().filter(|&at| is_first(&self.entries[at])) {
            self.visit(at)?;
        }
        self.followers = true;
        for at in self.sorted.clone() {
            self.visit_followers(at)?;
        }
        let late = self.late();
        for at in all.clone().filter(|at| !late.contains(at)) {
            self.visit(at)?;
        }
        for at in all.clone().filter(|&at| is_last(&self.entries[at])).chain(all) {
            self.visit(at)?;
        }
        Ok(())
    }

    /// The entries of `after("*")`, and those that must come later than one of them.
    fn late(&self) -> Vec<usize> {
        let mut late: Vec<usize> = (0..self.entries.len()).filter(|&at| is_last(&self.entries[at])).collect();
        let mut next = 0;
        while let Some(&earlier) = late.get(next) {
            let waiting = (0..self.entries.len()).filter(|&at| self.earlier[at].contains(&earlier) && !late.contains(&at));
            late.extend(waiting.collect::<Vec<_>>());
            next += 1;
        }
        late
    }

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
        if self.followers { self.visit_followers(at) } else { Ok(()) }
    }

    /// Puts those that asked to stand behind `at` there, unless they wait for
    /// others, too, or are to stand before some.
    fn visit_followers(&mut self, at: usize) -> Result<(), String> {
        for follower in 0..self.entries.len() {
            let entry = &self.entries[follower];
            let follows = entry.after.contains(&self.entries[at].name) && entry.before.is_empty() && !is_last(entry);
            if follows && self.is_ready(follower, &mut Vec::new()) {
                self.visit(follower)?;
            }
        }
        Ok(())
    }

    /// Whether all that must come earlier is there, but for those that asked to
    /// stand before this one and wait for nothing else: they come along.
    fn is_ready(&self, at: usize, asked: &mut Vec<usize>) -> bool {
        if self.path.contains(&at) || asked.contains(&at) {
            return false;
        }
        asked.push(at);
        let name = &self.entries[at].name;
        self.earlier[at].iter().all(|&it| {
            let entry = &self.entries[it];
            self.sorted.contains(&it) || entry.before.contains(name) && !is_last(entry) && self.is_ready(it, asked)
        })
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
