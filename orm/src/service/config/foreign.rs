//! What others call our keys, and which key was meant.

use super::KEYS;

/// Names of other libraries, without capitals and lines, and ours for the same.
const FOREIGN: &[(&str, &str)] = &[
    // database/sql
    ("setmaxopenconns", "pool.max_size"),
    ("maxopenconns", "pool.max_size"),
    ("setmaxidleconns", "pool.max_idle"),
    ("maxidleconns", "pool.max_idle"),
    ("setconnmaxlifetime", "pool.max_lifetime"),
    ("connmaxlifetime", "pool.max_lifetime"),
    ("setconnmaxidletime", "pool.idle_timeout"),
    ("connmaxidletime", "pool.idle_timeout"),
    ("dsn", "url"),
    // HikariCP
    ("jdbcurl", "url"),
    ("username", "user"),
    ("maximumpoolsize", "pool.max_size"),
    ("connectiontimeout", "pool.wait_timeout"),
    ("validationtimeout", "pool.validate_timeout"),
    ("minimumidle", "pool.min_idle"),
    ("keepalivetime", "pool.keepalive"),
    ("leakdetectionthreshold", "pool.leak_after"),
    ("poolname", "application_name"),
    ("catalog", "database"),
    ("driverclassname", "engine"),
    // Druid
    ("name", "application_name"),
    ("maxactive", "pool.max_size"),
    ("maxwait", "pool.wait_timeout"),
    ("initialsize", "pool.min_idle"),
    ("testwhileidle", "pool.keepalive"),
    ("timebetweenevictionrunsmillis", "pool.keepalive"),
    ("keepalivebetweentimemillis", "pool.keepalive"),
    ("testonborrow", "pool.validate_after"),
    ("validationquerytimeout", "pool.validate_timeout"),
    ("minevictableidletimemillis", "pool.idle_timeout"),
    ("maxevictableidletimemillis", "pool.idle_timeout"),
    ("phytimeoutmillis", "pool.max_lifetime"),
    ("timebetweenlogstatsmillis", "pool.stats_every"),
    ("logabandoned", "pool.leak_after"),
    ("querytimeout", "timeout"),
    ("transactionquerytimeout", "transaction_timeout"),
    ("poolpreparedstatements", "statement_cache"),
    ("maxpoolpreparedstatementperconnectionsize", "statement_cache"),
    ("maxopenpreparedstatements", "statement_cache"),
    // Others
    ("maxconnections", "pool.max_size"),
    ("poolsize", "pool.max_size"),
    ("acquiretimeout", "pool.wait_timeout"),
    ("statementtimeout", "timeout"),
    ("dbname", "database"),
    ("sslmode", "parameters.ssl-mode"),
];

/// Names of other libraries that no key of ours is for, and what there is instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("validationquery", "connections are asked by their own protocol, without a statement; when is said by `pool.validate_after`"),
    ("connectiontestquery", "connections are asked by their own protocol, without a statement; when is said by `pool.validate_after`"),
    ("testonreturn", "connections that come back are always clean, or closed"),
    ("connectioninitsql", "the program says it: `DbBuilder::on_connect`"),
    ("connectioninitsqls", "the program says it: `DbBuilder::on_connect`"),
    ("allowpoolsuspension", "it is always allowed: `PoolHandle::suspend`"),
    ("datasourceproperties", "settings of the driver are parameters of the URL, or `parameters`"),
    ("connectionproperties", "settings of the driver are parameters of the URL, or `parameters`"),
    ("defaultreadonly", "the program says it, for each session: `Session::read_only`"),
    ("readonly", "the program says it, for each session: `Session::read_only`"),
    ("transactionisolation", "the program says it, for each session: `Session::isolation`"),
    ("defaulttransactionisolation", "the program says it, for each session: `Session::isolation`"),
    ("autocommit", "statements outside of a transaction are always committed"),
    ("defaultautocommit", "statements outside of a transaction are always committed"),
    ("initializationfailtimeout", "the program says it: `DatabasesBuilder::patience`, or `DbBuilder::lazy`"),
    ("removeabandoned", "who holds a connection for long is reported, see `pool.leak_after`, and ended by `transaction_timeout`"),
    ("removeabandonedtimeout", "give statements and transactions a time: `timeout` and `transaction_timeout`"),
    ("phymaxusecount", "the program says it, of the `uses` of a connection: `DbBuilder::after_release`"),
    ("metricregistry", "the figures are always there: `Db::stats`, and `pool.stats_every` reports them"),
    ("registermbeans", "the figures are always there: `Db::stats`, and `pool.stats_every` reports them"),
    ("filters", "the program registers callbacks"),
];

/// What to do about a key that is not known.
pub(super) fn advice(name: &str) -> String {
    let last = plain(name.rsplit('.').next().unwrap_or(name));
    if let Some((_, ours)) = FOREIGN.iter().find(|it| it.0 == last) {
        return format!("here it is `{ours}`");
    }
    if let Some((_, instead)) = ELSEWHERE.iter().find(|it| it.0 == last) {
        return (*instead).to_owned();
    }
    match nearest(name, &last) {
        Some(ours) => format!("did you mean `{ours}`?"),
        None => format!("the keys are {}", KEYS.iter().map(|it| format!("`{}`", it.name)).collect::<Vec<_>>().join(", ")),
    }
}

/// Our key with the nearest name, if one is near.
fn nearest(name: &str, last: &str) -> Option<&'static str> {
    let distance = |ours: &str| {
        let own = ours.rsplit('.').next().unwrap_or(ours);
        strsim::damerau_levenshtein(last, &plain(own)).min(strsim::damerau_levenshtein(&plain(name), &plain(ours)))
    };
    let (ours, distance) = KEYS.iter().map(|it| (it.name, distance(it.name))).min_by_key(|it| it.1)?;
    // A third of the letters may be wrong.
    (distance * 3 <= last.len()).then_some(ours)
}

/// `maxSize`, `max-size` and `MAX_SIZE` are the same mistake.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_lead_to_ours() {
        assert_eq!(advice("pool.maximumPoolSize"), "here it is `pool.max_size`");
        assert_eq!(advice("SetMaxOpenConns"), "here it is `pool.max_size`");
        assert_eq!(advice("pool.max-wait"), "here it is `pool.wait_timeout`");
        assert!(advice("validationQuery").contains("`pool.validate_after`"));
        let known = |ours: &str| KEYS.iter().any(|it| it.name == ours.split(".ssl-mode").next().unwrap());
        assert_eq!(FOREIGN.iter().map(|it| it.1).find(|it| !known(it)), None);
    }

    #[test]
    fn what_the_page_says_of_names_is_what_errors_say() {
        let page = include_str!("../../configuration.md");
        let (_, table) = page.split_once("# Names of other libraries").unwrap();
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let mut seen = 0;
        for row in table.lines().skip_while(|it| !it.starts_with("| `")).take_while(|it| it.starts_with('|')) {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
            let [others @ .., here] = &cells[..] else { panic!("{row}") };
            for name in others.iter().flat_map(|it| quoted(it)) {
                let said = advice(&name);
                let ours = quoted(here);
                let is_said = ours.iter().any(|it| said.contains(&format!("`{it}`")) || said.contains(&format!("::{it}`")));
                let is_nothing = ours.is_empty() && ELSEWHERE.iter().any(|it| it.1 == said);
                assert!(is_said || is_nothing, "{name}: {said}, but the page says {here}");
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
        // And nothing is understood that is not on the page, but for what others call these.
        let on_page = plain(table);
        let missing: Vec<_> = ELSEWHERE.iter().map(|it| it.0).filter(|it| !on_page.contains(it)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn the_nearest_key_is_named() {
        for (written, ours) in [
            ("pool.max_siz", "pool.max_size"),
            ("max_size", "pool.max_size"),
            ("pool.maxLifetime", "pool.max_lifetime"),
            ("pool.timeout", "timeout"),
            ("pasword", "password"),
        ] {
            assert_eq!(advice(written), format!("did you mean `{ours}`?"));
        }
        assert!(advice("colour").starts_with("the keys are `url`, `engine`"));
    }
}
