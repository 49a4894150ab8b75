//! What GORM's own tests ask for, said in our words; `// gorm:` names the test.

pub(super) mod callbacks;
pub(super) mod hooks;
