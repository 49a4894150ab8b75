//! The keys there are.

use super::setting::Setting;
use super::{DbConfig, Tree};

/// A key of the configuration.
pub(crate) struct Key {
    /// Its name, with the groups around it.
    pub(crate) name: &'static str,
    /// What a change of it does to a database that is used.
    pub(crate) effect: Effect,
    /// Takes its value, or says what is expected.
    pub(super) set: fn(&mut DbConfig, &Tree) -> Result<(), String>,
    /// Whether two configurations say the same.
    pub(crate) same: fn(&DbConfig, &DbConfig) -> bool,
    /// Takes the value of another configuration.
    pub(crate) copy: fn(&mut DbConfig, &DbConfig),
}

/// What a change does to a database that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It holds at once.
    Live,
    /// Connections are replaced by new ones, as they come home.
    Replaces,
    /// It holds when the database is opened again.
    Restart,
}

macro_rules! keys {
    ($($name:literal $effect:ident $first:ident $(. $rest:ident)*;)*) => {
        pub(crate) const KEYS: &[Key] = &[$(Key {
            name: $name,
            effect: Effect::$effect,
            set: |config, written| {
                config.$first$(.$rest)* = Setting::read(written)?;
                Ok(())
            },
            same: |one, other| one.$first$(.$rest)* == other.$first$(.$rest)*,
            copy: |to, from| to.$first$(.$rest)* = from.$first$(.$rest)*.clone(),
        },)*
        Key {
            name: "password_file",
            effect: Effect::Replaces,
            set: |config, written| {
                config.password_file = Setting::read(written)?;
                Ok(())
            },
            same: |one, other| one.password_file == other.password_file && one.read_password == other.read_password,
            copy: |to, from| (to.password_file, to.read_password) = (from.password_file.clone(), from.read_password.clone()),
        }];
    };
}

keys! {
    "url" Replaces url;
    "engine" Replaces engine;
    "host" Replaces host;
    "port" Replaces port;
    "user" Replaces user;
    "password" Replaces password;
    "database" Replaces database;
    "parameters" Replaces parameters;
    "pool.max_size" Live pool.max_size;
    "pool.min_idle" Live pool.min_idle;
    "pool.max_idle" Live pool.max_idle;
    "pool.wait_timeout" Live pool.wait_timeout;
    "pool.connect_timeout" Live pool.connect_timeout;
    "pool.validate_timeout" Live pool.validate_timeout;
    "pool.validate_after" Live pool.validate_after;
    "pool.release_timeout" Live pool.release_timeout;
    "pool.keepalive" Live pool.keepalive;
    "pool.max_lifetime" Replaces pool.max_lifetime;
    "pool.idle_timeout" Live pool.idle_timeout;
    "pool.leak_after" Live pool.leak_after;
    "pool.slow_transaction" Live pool.slow_transaction;
    "pool.nearly_exhausted_at" Live pool.nearly_exhausted_at;
    "pool.stats_every" Live pool.stats_every;
    "pool.lanes" Restart pool.lanes;
    "timeout" Live timeout;
    "transaction_timeout" Live transaction_timeout;
    "batch_size" Live batch_size;
    "application_name" Restart application_name;
    "statement_cache" Restart statement_cache;
    "text_cache" Restart text_cache;
    "table_prefix" Restart table_prefix;
    "schema" Restart schema;
    "implicit_transactions" Restart implicit_transactions;
    "strict" Restart strict;
    "beside_others" Restart beside_others;
    "pooler" Restart pooler;
    "sqlite.inline_writes" Restart sqlite.inline_writes;
}
