//! The memory of this process.

/// What the process has in memory.
pub fn resident_kib() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|it| it.parse::<f64>().ok()).unwrap_or_default() * 4.0
}
