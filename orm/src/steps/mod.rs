//! The callbacks that every database starts with.

mod alter;
mod chunks;
mod execute;
mod hooks;
mod timestamps;
mod transaction;

use crate::callback::Callbacks;

/// Registers the default chains.
pub(crate) fn register(on: &mut Callbacks) {
    on.create()
        .register("orm:transaction", transaction::around)
        .register("orm:before_create", hooks::before_create)
        .register("orm:timestamps", timestamps::on_create)
        .register("orm:create", execute::create)
        .register("orm:after_create", hooks::after_create);
    on.update()
        .register("orm:transaction", transaction::around)
        .register("orm:before_update", hooks::before_update)
        .register("orm:timestamps", timestamps::on_update)
        .register("orm:update", execute::update)
        .register("orm:after_update", hooks::after_update);
    on.delete()
        .register("orm:transaction", transaction::around)
        .register("orm:before_delete", hooks::before_delete)
        .register("orm:delete", execute::delete)
        .register("orm:after_delete", hooks::after_delete);
    on.query().register("orm:query", execute::query).when(hooks::run_for).register("orm:after_find", hooks::after_find);
    on.raw().register("orm:raw", execute::raw);
    on.row().register("orm:row", execute::row).when(hooks::run_for).register("orm:after_find", hooks::after_find);
}
