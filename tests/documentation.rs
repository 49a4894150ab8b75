//! What can fail says when, and shows how it is used.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ImplItem, Item, ItemImpl, ItemTrait, Lit, Meta, Signature, TraitItem, Type, UseTree, Visibility};

/// The parsed files of a library.
struct Library {
    files: Vec<(String, syn::File)>,
    /// The names that programs can use.
    exported: BTreeSet<String>,
    /// The builders that are awaited for a `Result`.
    builders: BTreeSet<String>,
}

impl Library {
    fn read(source: &Path) -> Self {
        let paths = files(source);
        let parsed = paths.iter().map(|path| {
            let name = path.strip_prefix(source).unwrap().display().to_string();
            (name, parse(&fs::read_to_string(path).unwrap()))
        });
        Self::of(parsed.collect())
    }

    fn of(files: Vec<(String, syn::File)>) -> Self {
        let mut library = Self { files, exported: BTreeSet::new(), builders: BTreeSet::new() };
        for (name, file) in &library.files {
            // `statement` and `service` are public modules.
            if ["lib.rs", "statement/mod.rs", "service/mod.rs"].contains(&name.as_str()) {
                exports(&file.items, &mut library.exported);
            }
            library.builders.extend(implementations(&file.items).iter().filter_map(awaited));
        }
        library.builders.retain(|it| library.exported.contains(it));
        library
    }

    /// Every fallible item without an example, or without a word on its errors.
    fn undocumented(&self) -> Vec<String> {
        let of_file = |(name, file): &(String, syn::File)| {
            let found = self.items(&all(&file.items));
            found.into_iter().map(|it| format!("{name}: {it}")).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of_file).collect()
    }

    fn items(&self, items: &[Item]) -> Vec<String> {
        let mut wrong = Vec::new();
        let builders: BTreeSet<_> = implementations(items).iter().filter_map(awaited).collect();
        for item in items {
            match item {
                Item::Fn(it) if self.is_public(&it.vis, &it.sig.ident, &it.attrs) && self.can_fail(&it.sig) => {
                    wrong.extend(lacking(&it.sig.ident.to_string(), &docs(&it.attrs)));
                }
                // An example of a builder stands where one is made.
                Item::Struct(it) if builders.contains(&it.ident.to_string()) => {
                    wrong.extend(lacking(&it.ident.to_string(), &format!("```{}", docs(&it.attrs))));
                }
                Item::Impl(it) => wrong.extend(self.methods(it)),
                Item::Trait(it) if self.is_public(&it.vis, &it.ident, &it.attrs) => wrong.extend(self.trait_methods(it)),
                _ => {}
            }
        }
        wrong
    }

    fn methods(&self, of: &ItemImpl) -> Vec<String> {
        let Some(name) = self_type(of).filter(|it| of.trait_.is_none() && self.exported.contains(it)) else { return Vec::new() };
        let mut wrong = Vec::new();
        for item in &of.items {
            let ImplItem::Fn(it) = item else { continue };
            if matches!(it.vis, Visibility::Public(_)) && !is_hidden(&it.attrs) && self.can_fail(&it.sig) {
                wrong.extend(lacking(&format!("{name}::{}", it.sig.ident), &docs(&it.attrs)));
            }
        }
        wrong
    }

    /// What a trait says of itself, it says of its methods.
    fn trait_methods(&self, of: &ItemTrait) -> Vec<String> {
        let mut wrong = Vec::new();
        for item in &of.items {
            let TraitItem::Fn(it) = item else { continue };
            if !is_hidden(&it.attrs) && self.can_fail(&it.sig) {
                let docs = format!("{}\n{}", docs(&of.attrs), docs(&it.attrs));
                wrong.extend(lacking(&format!("{}::{}", of.ident, it.sig.ident), &docs));
            }
        }
        wrong
    }

    fn is_public(&self, visibility: &Visibility, name: &syn::Ident, attributes: &[Attribute]) -> bool {
        matches!(visibility, Visibility::Public(_)) && self.exported.contains(&name.to_string()) && !is_hidden(attributes)
    }

    /// Whether it returns a result, a future of one, or a builder that is awaited for one.
    fn can_fail(&self, signature: &Signature) -> bool {
        let syn::ReturnType::Type(_, ty) = &signature.output else { return false };
        names(ty).iter().any(|it| it == "Result" || self.builders.contains(it))
    }
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
    found.sort();
    found
}

fn parse(text: &str) -> syn::File {
    syn::parse_file(text).unwrap()
}

/// The items, also those that are handed to a macro.
fn all(items: &[Item]) -> Vec<Item> {
    let inside = |item: &Item| match item {
        Item::Macro(it) if it.ident.is_none() => syn::parse2::<syn::File>(it.mac.tokens.clone()).map(|it| it.items).unwrap_or_default(),
        item => vec![item.clone()],
    };
    items.iter().flat_map(inside).collect()
}

fn implementations(items: &[Item]) -> Vec<ItemImpl> {
    let found = all(items).into_iter().filter_map(|it| if let Item::Impl(it) = it { Some(it) } else { None });
    found.collect()
}

/// The names of public items, and of those that are exported again.
fn exports(items: &[Item], into: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Use(it) if matches!(it.vis, Visibility::Public(_)) => leaves(&it.tree, into),
            Item::Struct(it) => _ = into.insert(it.ident.to_string()),
            Item::Enum(it) => _ = into.insert(it.ident.to_string()),
            Item::Trait(it) => _ = into.insert(it.ident.to_string()),
            _ => {}
        }
    }
}

fn leaves(tree: &UseTree, into: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(it) => leaves(&it.tree, into),
        UseTree::Group(it) => it.items.iter().for_each(|it| leaves(it, into)),
        UseTree::Name(it) => _ = into.insert(it.ident.to_string()),
        UseTree::Rename(it) => _ = into.insert(it.ident.to_string()),
        _ => {}
    }
}

/// The type of `impl IntoFuture` whose output is a result.
fn awaited(it: &ItemImpl) -> Option<String> {
    let (trait_, _) = it.trait_.as_ref()?;
    let of_future = trait_.segments.last()?.ident == "IntoFuture";
    let output = it.items.iter().find_map(|it| match it {
        ImplItem::Type(it) if it.ident == "Output" => Some(names(&it.ty)),
        _ => None,
    });
    self_type(it).filter(|_| of_future && output.is_some_and(|it| it.iter().any(|it| it == "Result")))
}

fn self_type(it: &ItemImpl) -> Option<String> {
    let Type::Path(path) = &*it.self_ty else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

/// Every name in a type.
fn names(ty: &Type) -> Vec<String> {
    let text = quote(ty);
    text.split(|it: char| !it.is_alphanumeric() && it != '_').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn quote(ty: &Type) -> String {
    use quote::ToTokens as _;
    ty.to_token_stream().to_string()
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    let hidden = |it: &Attribute| matches!(&it.meta, Meta::List(it) if it.path.is_ident("doc") && it.tokens.to_string().contains("hidden"));
    attributes.iter().any(hidden)
}

fn docs(attributes: &[Attribute]) -> String {
    let line = |it: &Attribute| {
        let Meta::NameValue(it) = &it.meta else { return None };
        let Expr::Lit(lit) = &it.value else { return None };
        let Lit::Str(text) = &lit.lit else { return None };
        it.path.is_ident("doc").then(|| text.value())
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// What the documentation of a fallible item lacks.
fn lacking(name: &str, docs: &str) -> Vec<String> {
    let errors = docs.lines().any(|it| it.trim() == "# Errors");
    let wanted = [(errors, "no `# Errors`"), (docs.contains("```"), "no example")];
    wanted.into_iter().filter(|(there, _)| !there).map(|(_, what)| format!("`{name}` has {what}")).collect()
}

#[test]
fn what_can_fail_says_when_and_shows_how() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orm/src");
    let wrong = Library::read(&source).undocumented();
    assert!(wrong.is_empty(), "{} are undocumented\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_undocumented_is_found() {
    let found = |open: &str, builder: &str, find: &str| {
        let text = format!(
            "
            pub struct Db;
            impl Db {{
                #[doc = \"```\\n```\\n{open}\"]
                pub async fn open() -> Result<Self> {{}}
                pub fn name(&self) -> &str {{}}
            }}
            #[doc = \"```\\n```\\n{builder}\"]
            pub struct Find;
            impl IntoFuture for Find {{
                type Output = Result<u64>;
            }}
            both! {{ impl Db {{
                #[doc = \"# Errors\\n{find}\"]
                pub fn find(&self) -> Find {{}}
            }} }}
            "
        );
        Library::of(vec![("lib.rs".to_owned(), parse(&text))]).undocumented()
    };
    let (errors, example) = ("# Errors", "```\\n```");
    assert_eq!(found(errors, errors, example), [""; 0]);
    assert_eq!(found("", errors, example), ["lib.rs: `Db::open` has no `# Errors`"]);
    assert_eq!(found(errors, "", example), ["lib.rs: `Find` has no `# Errors`"]);
    assert_eq!(found(errors, errors, ""), ["lib.rs: `Db::find` has no example"]);
}
