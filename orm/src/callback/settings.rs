//! Values by type, for callbacks to find.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Values of the program that travel with a session or a statement, one per type.
///
/// ```
/// use orm::Settings;
///
/// #[derive(Debug, PartialEq)]
/// struct Tenant(u32);
///
/// let settings = Settings::default().with(Tenant(7));
/// assert_eq!(settings.get::<Tenant>(), Some(&Tenant(7)));
/// assert_eq!(settings.get::<String>(), None);
/// ```
#[derive(Clone, Default)]
pub struct Settings {
    /// Shared until somebody adds to it; most statements carry none.
    values: Option<Arc<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>,
}

impl Settings {
    /// The same settings and this value; an earlier one of its type is replaced.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.set(value);
        self
    }

    /// Adds a value; an earlier one of its type is replaced.
    pub fn set<T: Any + Send + Sync>(&mut self, value: T) {
        let values = self.values.get_or_insert_default();
        Arc::make_mut(values).insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of a type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.values.as_ref()?.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.values.as_ref().map_or(0, |it| it.len()))
    }
}
