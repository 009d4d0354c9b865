//! The schema's text, taken apart: what fields, types and arguments there are.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};

/// Types by name.
pub(crate) struct Sdl(HashMap<String, TypeDefinition>);

/// What a type is to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    /// A scalar or an enum.
    Leaf,
    /// It has fields.
    Object,
    /// Anything else.
    Other,
}

/// The name at the core of a type, and whether it is a list.
pub(crate) fn core(ty: &Type) -> (&str, bool) {
    match &ty.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(of) => (core(of).0, true),
    }
}

impl Sdl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let document = parse_schema(text).ok()?;
        let types = document.definitions.into_iter().filter_map(|d| match d {
            TypeSystemDefinition::Type(t) => Some((t.node.name.node.to_string(), t.node)),
            _ => None,
        });
        Some(Self(types.collect()))
    }

    pub(crate) fn is(&self, ty: &str) -> Is {
        match self.0.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Object(_)) => Is::Object,
            Some(TypeKind::Scalar | TypeKind::Enum(_)) => Is::Leaf,
            None if matches!(ty, "Int" | "Float" | "Boolean" | "String" | "ID") => Is::Leaf,
            _ => Is::Other,
        }
    }

    /// Fields of an object; none of anything else.
    pub(crate) fn fields(&self, ty: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.0.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Object(object)) => object.fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|f| &f.node)
    }

    /// Everything that has fields, by name.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (&str, &[Positioned<FieldDefinition>])> {
        self.0.iter().filter_map(|(name, ty)| match &ty.kind {
            TypeKind::Object(object) => Some((name.as_str(), object.fields.as_slice())),
            TypeKind::Interface(interface) => Some((name.as_str(), interface.fields.as_slice())),
            _ => None,
        })
    }

    pub(crate) fn field(&self, ty: &str, name: &str) -> Option<&FieldDefinition> {
        self.fields(ty).find(|f| f.name.node == name)
    }

    /// Fields of an input object, none of anything else.
    pub(crate) fn inputs(&self, ty: &str) -> impl Iterator<Item = &InputValueDefinition> {
        let fields = match self.0.get(ty).map(|t| &t.kind) {
            Some(TypeKind::InputObject(input)) => input.fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|f| &f.node)
    }

    /// Words of an enum, none of anything else.
    pub(crate) fn words(&self, ty: &str) -> Vec<String> {
        match self.0.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Enum(e)) => {
                e.values.iter().map(|v| v.node.value.node.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What the schema says of a type.
    pub(crate) fn about(&self, ty: &str) -> Option<String> {
        Some(one_line(&self.0.get(ty)?.description.as_ref()?.node))
    }
}

/// A description without its line breaks.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `e2eMediaMs` as `e2e_media_ms`.
pub(crate) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
