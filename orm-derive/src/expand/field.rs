//! Writes the code of a type that a column can hold.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Member, Type, parse_quote};

use crate::field::{FieldType, Shape, Variant};

/// The implementations for a type.
pub(crate) fn field(input: &FieldType) -> TokenStream {
    match &input.shape {
        Shape::Texts(variants) => texts(input, variants),
        Shape::Integers(variants) => integers(input, variants),
        Shape::Newtype(member, ty) => newtype(input, member, ty),
        Shape::Impossible => impossible(input),
    }
}

fn texts(input: &FieldType, variants: &[Variant]) -> TokenStream {
    let (ident, name) = (&input.ident, input.ident.unraw().to_string());
    let idents: Vec<_> = variants.iter().map(|it| &it.ident).collect();
    let texts: Vec<_> = variants.iter().map(|it| &it.text).collect();
    let field = implement(
        input,
        &quote!(::orm::__private::SqlType::Enum(&[#(#texts),*])),
        &quote!(false),
        [
            quote!(::orm::__private::read_text(cells, at)),
            quote!(::orm::__private::bind_text(self, to)),
            quote!(::orm::__private::text_value(self)),
            quote!(::orm::__private::from_text_value(&value)),
        ],
    );
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    quote! {
        #field
        #[automatically_derived]
        impl #parameters ::orm::__private::TextEnum for #ident #arguments #conditions {
            const NAME: &'static str = #name;
            fn text(&self) -> &'static str {
                match self { #(Self::#idents => #texts,)* }
            }
            fn from_text(text: &str) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(match text {
                    #(#texts => Self::#idents,)*
                    _ => return ::core::option::Option::None,
                })
            }
        }
        #[automatically_derived]
        impl #parameters ::orm::__private::Element for #ident #arguments #conditions {}
        #[automatically_derived]
        impl #parameters ::orm::__private::Sortable for #ident #arguments #conditions {
            type Optional = ::core::option::Option<Self>;
        }
    }
}

fn integers(input: &FieldType, variants: &[Variant]) -> TokenStream {
    let (ident, name) = (&input.ident, input.ident.unraw().to_string());
    let idents: Vec<_> = variants.iter().map(|it| &it.ident).collect();
    let field = implement(
        input,
        &quote!(::orm::__private::SqlType::IntegerEnum(&[#(Self::#idents as i64),*])),
        &quote!(false),
        [
            quote!(::orm::__private::read_integer(cells, at)),
            quote!(::orm::__private::bind_integer(self, to)),
            quote!(::orm::__private::integer_value(self)),
            quote!(::orm::__private::from_integer_value(value)),
        ],
    );
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    quote! {
        #field
        #[automatically_derived]
        #[allow(clippy::pedantic)]
        impl #parameters ::orm::__private::IntegerEnum for #ident #arguments #conditions {
            const NAME: &'static str = #name;
            fn integer(&self) -> i64 {
                match self { #(Self::#idents => Self::#idents as i64,)* }
            }
            fn from_integer(integer: i64) -> ::core::option::Option<Self> {
                #(if integer == Self::#idents as i64 { return ::core::option::Option::Some(Self::#idents); })*
                ::core::option::Option::None
            }
        }
        #[automatically_derived]
        impl #parameters ::orm::__private::Element for #ident #arguments #conditions {}
        #[automatically_derived]
        impl #parameters ::orm::__private::Sortable for #ident #arguments #conditions {
            type Optional = ::core::option::Option<Self>;
        }
    }
}

fn newtype(input: &FieldType, member: &Member, ty: &Type) -> TokenStream {
    let inner = quote_spanned!(ty.span()=> <#ty as ::orm::__private::Field>);
    let field = implement(
        input,
        &quote!(#inner::TYPE),
        &quote!(#inner::NULLABLE),
        [
            quote!(::core::result::Result::Ok(Self { #member: #inner::read(cells, at)? })),
            quote!(#inner::bind(&self.#member, to)),
            quote!(#inner::to_value(&self.#member)),
            quote!(::core::result::Result::Ok(Self { #member: #inner::from_value(value)? })),
        ],
    );
    let stamp = quote! {
        fn at(micros: i64) -> ::orm::__private::Value { <#ty as ::orm::__private::Timestamp>::at(micros) }
    };
    let zero = quote!(const ZERO_IS_UNSET: bool = <#ty as ::orm::__private::AutoKey>::ZERO_IS_UNSET;);
    let least = quote!(
        type Optional = ::core::option::Option<Self>;
    );
    let length = quote!(type Length = <#ty as ::orm::__private::TextOperand>::Length;);
    let more = [
        as_inner(input, ty, &quote!(AutoKey), Some(&zero)),
        as_inner(input, ty, &quote!(DecimalField), None),
        as_inner(input, ty, &quote!(SizedField), None),
        as_inner(input, ty, &quote!(TextOperand), Some(&length)),
        as_inner(input, ty, &quote!(Sortable), Some(&least)),
        as_inner(input, ty, &quote!(Element), None),
        as_inner(input, ty, &quote!(Timestamp), Some(&stamp)),
    ];
    quote!(#field #(#more)*)
}

/// What the inner type can do, the outer one can, too. The lifetime, which is
/// not used, keeps the compiler from judging the condition here, where it
/// would be an error if it did not hold.
fn as_inner(input: &FieldType, ty: &Type, of: &TokenStream, body: Option<&TokenStream>) -> TokenStream {
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    let (_, arguments, _) = input.generics.split_for_impl();
    let conditions = &mut generics.make_where_clause().predicates;
    conditions.push(parse_quote!(for<'orm> #ty: ::orm::__private::#of));
    // What is wrong with the field itself is said there.
    conditions.push(parse_quote!(for<'orm> #ident #arguments: ::orm::__private::Field));
    let (parameters, arguments, conditions) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #parameters ::orm::__private::#of for #ident #arguments #conditions { #body }
    }
}

fn impossible(input: &FieldType) -> TokenStream {
    let never = || quote!(::core::unreachable!());
    let sql_type = quote!(::orm::__private::SqlType::Text);
    implement(input, &sql_type, &quote!(false), [never(), never(), never(), never()])
}

/// The field itself; `bodies` are those of `read`, `bind`, `to_value` and `from_value`.
fn implement(input: &FieldType, sql_type: &TokenStream, nullable: &TokenStream, bodies: [TokenStream; 4]) -> TokenStream {
    let ident = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    let [read, bind, to_value, from_value] = bodies;
    quote! {
        #[automatically_derived]
        #[allow(unused_variables, clippy::pedantic)]
        impl #parameters ::orm::__private::Field for #ident #arguments #conditions {
            const TYPE: ::orm::__private::SqlType = #sql_type;
            const NULLABLE: bool = #nullable;
            fn read(cells: &dyn ::orm::__private::Cells, at: usize) -> ::orm::__private::Result<Self> { #read }
            fn bind(&self, to: &mut dyn ::orm::__private::Binder) -> ::orm::__private::Result<()> { #bind }
            fn to_value(&self) -> ::orm::__private::Value { #to_value }
            fn from_value(value: ::orm::__private::Value) -> ::orm::__private::Result<Self> { #from_value }
        }
    }
}
