//! Runs the fault experiments; see `orm_tests::faults`.

use std::process::ExitCode;

fn main() -> ExitCode {
    orm_tests::faults::main()
}
