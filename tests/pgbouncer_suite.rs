//! Cases on PostgreSQL behind `PgBouncer`, which gives each transaction another connection.

/// What a statement and a transaction are, and what becomes of those that fail or are dropped.
const SUITES: &[&str] = &[
    "afterwards",
    "arguments",
    "auto",
    "bulk",
    "bulk_faults",
    "crud",
    "deadlines",
    "errors",
    "guards",
    "hooks",
    "implicit",
    "isolation",
    "levels",
    "locks",
    "panics",
    "raw",
    "requests_in_transactions",
    "retries",
    "returning",
    "streams",
    "transactions",
];

/// What they try is refused there, or takes longer than they wait.
const WITHOUT: &[&str] = &[
    // By `on_connect`.
    "ids_are_in_the_order_of_the_records_also_where_they_step_by_three",
    // A statement that is dropped is not stopped on the server, but its connection closed.
    "a_copy_that_is_dropped_leaves_nothing_and_its_connection_is_used_again",
    "a_stream_that_is_dropped_while_it_reads_stops_its_statement",
    // A text that begins in a way that is not known is not sent, nor is `CALL`.
    "a_syntax_error_is_readable_and_shows_no_values",
    "a_procedure_that_is_stopped_halfway_is_not_known",
];

fn main() {
    orm_tests::behind_pgbouncer(SUITES, WITHOUT);
}
