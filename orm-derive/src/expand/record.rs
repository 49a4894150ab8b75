//! Reading and writing the fields by the positions of their columns.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;

use crate::ast::{Field, Model};

pub(super) fn expand(model: &Model) -> TokenStream {
    let refill = refill_of_model(model);
    let access = match model {
        it if it.is_plain() || it.impossible => any_fields(it),
        it => {
            let set = if it.has_embedded() { set_values(it) } else { set_value(it) };
            let access = access(it, Of::Model);
            quote!(#access #set)
        }
    };
    quote! {
        #refill
        #access
    }
}

/// Reads a whole record.
pub(super) fn from_row(model: &Model) -> TokenStream {
    let body = if model.impossible { never() } else { decode(model, Of::Model) };
    quote!(fn from_row(row: &__orm::RowRef<'_>) -> __orm::Result<Self> { #body })
}

/// The fields by position, where all are what their columns hold; the rest of
/// what is done by position is made of these.
fn any_fields(model: &Model) -> TokenStream {
    let look = by_position(model, Of::Model, |it| any_field(it, "any_field", &reference(it)), "", &[]);
    let change = by_position(model, Of::Model, |it| any_field(it, "any_field_mut", &reference_mut(it)), "", &[]);
    quote! {
        fn any_field(&self, at: usize) -> &dyn __orm::AnyField { #look }
        fn any_field_mut(&mut self, at: usize) -> &mut dyn __orm::AnyField { #change }
    }
}

/// A field without its type. The compiler checks a reference sooner than a call,
/// but words the mistake differently if the type is no field.
fn any_field(field: &Field, what: &str, reference: &TokenStream) -> TokenStream {
    let plain = is_simple(field.inner().unwrap_or(&field.ty));
    if plain { reference.clone() } else { with(field, what, reference, &[]) }
}

/// Whether it is written like a type that is a field for sure.
fn is_simple(ty: &Type) -> bool {
    let Type::Path(it) = ty else { return false };
    let simple = ["bool", "i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "f32", "f64", "String"];
    it.path.get_ident().is_some_and(|it| simple.iter().any(|name| it == name))
}

/// The methods of an embedded struct.
pub(super) fn of_embedded(model: &Model) -> TokenStream {
    let (decode, refill, from_values, set) = if model.impossible {
        (never(), never(), never(), never())
    } else {
        (decode(model, Of::Embedded), refill(model, Of::Embedded), from_values(model), set_parts(model, Of::Embedded))
    };
    let access = access(model, Of::Embedded);
    // The name of the struct is where a missing `Clone` is reported, once.
    let copy = if model.impossible { never() } else { quote_spanned!(model.ident.span()=> <Self as ::core::clone::Clone>::clone(self)) };
    quote! {
        fn read(row: &__orm::RowRef<'_>, place: __orm::Part) -> __orm::Result<Self> { #decode }
        fn refill(&mut self, row: &__orm::RowRef<'_>, place: __orm::Part) -> __orm::Result<()> { #refill }
        fn refilled(&self, row: &__orm::RowRef<'_>, place: __orm::Part) -> __orm::Result<Self> {
            let mut copy: Self = #copy;
            <Self as __orm::Embedded>::refill(&mut copy, row, place)?;
            ::core::result::Result::Ok(copy)
        }
        fn check_values(
            &self,
            values: ::std::vec::Vec<(usize, __orm::Value)>,
            place: __orm::Part,
        ) -> __orm::Result<()> {
            let mut copy: Self = #copy;
            <Self as __orm::Embedded>::set_values(&mut copy, values, place)
        }
        fn from_values(values: &[__orm::Value], place: __orm::Part) -> __orm::Result<Self> { #from_values }
        fn set_values(
            &mut self,
            mut values: ::std::vec::Vec<(usize, __orm::Value)>,
            place: __orm::Part,
        ) -> __orm::Result<()> { #set }
        #access
    }
}

/// Whose methods are written.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Model,
    Embedded,
}

impl Of {
    /// Where the columns of it stand.
    fn part(self) -> TokenStream {
        match self {
            Self::Model => quote!(__orm::Part::of(<Self as __orm::Model>::META)),
            Self::Embedded => quote!(place),
        }
    }
}

/// Fields by position, to look at.
fn access(model: &Model, of: Of) -> TokenStream {
    let bind = by_position(model, of, |field| with(field, "bind", &reference(field), &[quote!(to)]), "bind", &[quote!(to)]);
    let value = by_position(model, of, |field| with(field, "to_value", &reference(field), &[]), "value", &[]);
    let field = by_position(model, of, reference, "field", &[]);
    let field_mut = by_position(model, of, reference_mut, "field_mut", &[]);
    quote! {
        fn bind(&self, at: usize, to: &mut dyn __orm::Binder) -> __orm::Result<()> { #bind }
        fn value(&self, at: usize) -> __orm::Value { #value }
        fn field(&self, at: usize) -> &dyn __orm::Any { #field }
        fn field_mut(&mut self, at: usize) -> &mut dyn __orm::Any { #field_mut }
    }
}

fn reference(field: &Field) -> TokenStream {
    let name = &field.ident;
    quote!(&self.#name)
}

fn reference_mut(field: &Field) -> TokenStream {
    let name = &field.ident;
    quote!(&mut self.#name)
}

/// A call of what a field does, or the encoding that it is stored with.
fn with(field: &Field, what: &str, first: &TokenStream, more: &[TokenStream]) -> TokenStream {
    let (ty, span, name) = (&field.ty, field.ty.span(), format_ident!("{what}"));
    let how = if matches!(what, "bind" | "to_value") { "encode" } else { "decode" };
    match field.encoded(how) {
        None => quote_spanned!(span=> <#ty as __orm::Field>::#name(#first #(, #more)*)),
        Some((module, how)) => quote_spanned!(span=> #module::#name(#first, #(#more,)* #how)),
    }
}

fn set_value(model: &Model) -> TokenStream {
    let set = |field: &Field| {
        let (name, read) = (&field.ident, with(field, "from_value", &quote!(value), &[]));
        quote!({ self.#name = #read?; ::core::result::Result::Ok(()) })
    };
    let set_value = by_position(model, Of::Model, set, "", &[]);
    quote!(fn set_value(&mut self, at: usize, value: __orm::Value) -> __orm::Result<()> { #set_value })
}

/// An embedded struct gets all its values at once: with only a part of them an
/// `Option` could not become `Some`.
fn set_values(model: &Model) -> TokenStream {
    let set = set_parts(model, Of::Model);
    let checks = model.columns().filter(|it| it.options.embedded.is_some()).map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        let (place, count) = (model.place(field), field.count());
        // Only the path has the place of the type: in the hygiene of a macro that wrote it, there is no `self`.
        let check = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::check_values);
        quote! {
            let part = __orm::take_part(&mut values, #place, #count);
            if !part.is_empty() {
                #check(&self.#name, part, place.part(#place, #count))?;
            }
        }
    });
    let part = Of::Model.part();
    quote! {
        fn set_value(&mut self, at: usize, value: __orm::Value) -> __orm::Result<()> {
            __orm::Model::set_values(self, ::std::vec![(at, value)])
        }
        fn set_values(&mut self, mut values: ::std::vec::Vec<(usize, __orm::Value)>) -> __orm::Result<()> { #set }
        fn check_values(&self, values: &[(usize, __orm::Value)]) -> __orm::Result<()> {
            let (place, mut values) = (#part, values.to_vec());
            #(#checks)*
            ::core::result::Result::Ok(())
        }
    }
}

fn set_parts(model: &Model, of: Of) -> TokenStream {
    let parts = model.columns().filter(|it| it.options.embedded.is_some()).map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        let (place, count) = (model.place(field), field.count());
        let set = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::set_values);
        quote! {
            let part = __orm::take_part(&mut values, #place, #count);
            if !part.is_empty() {
                #set(&mut self.#name, part, place.part(#place, #count))?;
            }
        }
    });
    let plain = model.columns().filter(|it| it.options.embedded.is_none()).map(|field| {
        let (name, place, read) = (&field.ident, model.place(field), with(field, "from_value", &quote!(value), &[]));
        quote!(_ if at == #place => self.#name = place.named(at, #read)?,)
    });
    let part = of.part();
    quote! {
        let place = #part;
        #(#parts)*
        for (at, value) in values {
            match at {
                #(#plain)*
                _ => place.no_column_at(at),
            }
        }
        ::core::result::Result::Ok(())
    }
}

fn from_values(model: &Model) -> TokenStream {
    let columns = model.columns().map(|field| {
        let (name, ty, place) = (&field.ident, &field.ty, model.place(field));
        if field.options.embedded.is_some() {
            let count = field.count();
            let part = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::from_values);
            return quote!(#name: #part(&values[#place..#place + #count], place.part(#place, #count))?);
        }
        let read = with(field, "from_value", &quote!(::core::clone::Clone::clone(&values[#place])), &[]);
        quote!(#name: place.named(#place, #read)?)
    });
    let fields = columns.chain(skipped(model));
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

fn decode(model: &Model, of: Of) -> TokenStream {
    let columns = model.columns().enumerate().map(|(at, field)| {
        let name = &field.ident;
        let read = if field.options.write_only.is_some() { made_up(field) } else { read(model, of, at, field) };
        quote!(#name: #read)
    });
    let fields = columns.chain(skipped(model));
    quote!(::core::result::Result::Ok(Self { #(#fields),* }))
}

fn skipped(model: &Model) -> impl Iterator<Item = TokenStream> {
    model.fields.iter().filter(|it| it.options.skip.is_some()).map(|field| {
        let (name, default) = (&field.ident, made_up(field));
        quote!(#name: #default)
    })
}

/// The value of a field that is not read.
fn made_up(field: &Field) -> TokenStream {
    let ty = &field.ty;
    quote_spanned!(ty.span()=> <#ty as ::core::default::Default>::default())
}

/// Where a part of the record stays; all others are read anew.
fn refill_of_model(model: &Model) -> Option<TokenStream> {
    let stays = |it: &Field| it.options.skip.is_some() || it.options.write_only.is_some() || it.options.embedded.is_some();
    let body = refill(model, Of::Model);
    let some = !model.impossible && model.fields.iter().any(stays);
    some.then(|| quote!(fn refill(&mut self, row: &__orm::RowRef<'_>) -> __orm::Result<()> { #body }))
}

/// Reads everything before anything is changed: a row that does not fit leaves
/// the record as it was.
fn refill(model: &Model, of: Of) -> TokenStream {
    let (mut reads, mut writes) = (TokenStream::new(), TokenStream::new());
    for (at, field) in model.columns().enumerate().filter(|(_, it)| it.options.write_only.is_none()) {
        let (name, column) = (&field.ident, format_ident!("column_{at}"));
        if field.options.embedded.is_some() {
            let (ty, place, count, part) = (&field.ty, model.place(field), field.count(), of.part());
            let refilled = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::refilled);
            reads.extend(quote!(let #column = #refilled(&self.#name, row, #part.part(#place, #count))?;));
        } else {
            let read = read(model, of, at, field);
            reads.extend(quote!(let #column = #read;));
        }
        writes.extend(quote!(self.#name = #column;));
    }
    quote!(#reads #writes ::core::result::Result::Ok(()))
}

fn read(model: &Model, of: Of, at: usize, field: &Field) -> TokenStream {
    let (ty, place) = (&field.ty, model.place(field));
    if field.options.embedded.is_some() {
        let (count, part) = (field.count(), of.part());
        let read = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::read);
        return quote!(#read(row, #part.part(#place, #count))?);
    }
    if of == Of::Embedded {
        let cell = with(field, "read", &quote!(row.cells()), &[quote!(place.place(row, #place))]);
        return quote!(place.named(#place, #cell)?);
    }
    let place = if model.has_embedded() { place } else { literal(at) };
    let (model, name) = (model.ident.unraw().to_string(), field.ident.unraw().to_string());
    if field.encoding().is_none() {
        let read = quote_spanned!(ty.span()=> <#ty as __orm::Field>::read_named);
        return quote!(#read(row, #place, #model, #name)?);
    }
    let cell = with(field, "read", &quote!(row.cells()), &[quote!(row.place(#place))]);
    quote!(__orm::named(#model, #name, #cell)?)
}

/// A match over the positions, with an arm for each field; embedded structs
/// are asked for themselves.
fn by_position(model: &Model, of: Of, arm: impl Fn(&Field) -> TokenStream, part: &str, more: &[TokenStream]) -> TokenStream {
    if model.impossible {
        return never();
    }
    let counted = model.has_embedded();
    let arms = model.columns().enumerate().map(|(at, field)| {
        let place = model.place(field);
        if field.options.embedded.is_some() {
            let (name, ty, count, part) = (&field.ident, &field.ty, field.count(), format_ident!("{part}"));
            let reference = if part == "field_mut" { quote!(&mut self.#name) } else { quote!(&self.#name) };
            let call = quote_spanned!(ty.span()=> <#ty as __orm::Embedded>::#part);
            return quote!(_ if at < #place + #count => #call(#reference, at - #place #(, #more)*),);
        }
        let (at, body) = (literal(at), arm(field));
        if counted { quote!(_ if at == #place => #body,) } else { quote!(#at => #body,) }
    });
    let end = match of {
        Of::Model => quote!(<Self as __orm::Model>::META.no_column_at(at)),
        Of::Embedded => quote!(__orm::no_column_in(::core::any::type_name::<Self>(), at)),
    };
    quote! {
        match at {
            #(#arms)*
            _ => #end,
        }
    }
}

fn literal(at: usize) -> TokenStream {
    let at = Literal::usize_unsuffixed(at);
    quote!(#at)
}

/// The body of what is never called, because the program does not compile.
fn never() -> TokenStream {
    quote!(::core::unreachable!())
}
