//! Typed values from nodes.
//!
//! - A text field takes any scalar that is not null as it is written: `version: 1.10` is `"1.10"`.
//! - A number or boolean field takes only plain scalars of that type.
//! - Keys that start with `x-` belong to people: a struct never sees them, a map does.
//! - Errors carry the bytes of the innermost node (or key) that caused them. Inside untagged and
//!   internally tagged enums and flattened structs serde buffers values: there errors point at the
//!   enclosing mapping, and plain scalars have the type of the core schema.

use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::error::{LineIndex, SyntaxError};
use super::node::{Key, Node, Value};
use super::parse::{Limits, parse_bytes};
use super::scalar::Resolved;
use super::shape::ShapeError;

/// Reads `source` as a `T` that borrows nothing.
///
/// # Errors
/// [`SyntaxError`] with the position of what is outside the ledger profile or no `T`.
pub fn read<T: de::DeserializeOwned>(source: &[u8], limits: Limits) -> Result<T, SyntaxError> {
    let node = parse_bytes(source, limits)?;
    from_node(&node).map_err(|error| {
        // The source parsed, so it is UTF-8.
        error.locate(&LineIndex::new(
            std::str::from_utf8(source).unwrap_or_default(),
        ))
    })
}

/// Reads a node as a `T`, which may borrow from it.
///
/// # Errors
/// [`ShapeError`] with the bytes of the culprit.
pub fn from_node<'de, T: Deserialize<'de>>(node: &'de Node<'_>) -> Result<T, ShapeError> {
    T::deserialize(node)
}

impl<'de> Node<'_> {
    fn visit_any<V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, ShapeError> {
        match &self.value {
            Value::Seq(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Entries::all(entries)),
            Value::Scalar(text) => match self.resolved() {
                Some(Resolved::Null) => visitor.visit_unit(),
                Some(Resolved::Bool(value)) => visitor.visit_bool(value),
                Some(Resolved::Int(value)) => match u64::try_from(value) {
                    Ok(value) => visitor.visit_u64(value),
                    Err(_) => visitor.visit_i64(value),
                },
                Some(Resolved::Float(value)) => visitor.visit_f64(value),
                _ => visitor.visit_borrowed_str(text),
            },
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match &self.value {
            Value::Seq(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
            Value::Scalar(_) if self.is_null() => Unexpected::Unit,
            Value::Scalar(text) => Unexpected::Str(text),
        }
    }

    fn at(&self, error: ShapeError) -> ShapeError {
        error.or_at(self.anchor())
    }
}

impl<'de> Deserializer<'de> for &'de Node<'_> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.visit_any(visitor).map_err(|error| self.at(error))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        match &self.value {
            Value::Scalar(text) if !self.is_null() => visitor
                .visit_borrowed_str(text)
                .map_err(|error| self.at(error)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        if self.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
        .map_err(|error| self.at(error))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| self.at(error))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        match &self.value {
            Value::Map(entries) => visitor
                .visit_map(Entries {
                    skip_extensions: true,
                    ..Entries::all(entries)
                })
                .map_err(|error| self.at(error)),
            // A derived struct would take a list for its fields in order.
            _ => Err(self.at(de::Error::invalid_type(self.unexpected(), &"a mapping"))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        let result = match &self.value {
            Value::Scalar(text) if !self.is_null() => visitor.visit_enum(Variant {
                name: text,
                place: self,
                content: None,
            }),
            Value::Map(entries) if entries.len() == 1 => {
                let (key, value) = &entries[0];
                visitor.visit_enum(Variant {
                    name: &key.text,
                    place: self,
                    content: Some(value),
                })
            }
            _ => Err(ShapeError::new(
                "a name, or a mapping with a name as its one key, should stand here".to_owned(),
            )),
        };
        result.map_err(|error| self.at(error))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct
        seq tuple tuple_struct map
    }
}

impl<'de> IntoDeserializer<'de, ShapeError> for &'de Node<'_> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

struct Items<'de, 'a>(std::slice::Iter<'de, Node<'a>>);

impl<'de> de::SeqAccess<'de> for Items<'de, '_> {
    type Error = ShapeError;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ShapeError> {
        let next = self.0.next();
        next.map(|node| seed.deserialize(node).map_err(|error| node.at(error)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de, 'a> {
    rest: std::slice::Iter<'de, (Key<'a>, Node<'a>)>,
    value: Option<&'de Node<'a>>,
    skip_extensions: bool,
}

impl<'de, 'a> Entries<'de, 'a> {
    fn all(entries: &'de [(Key<'a>, Node<'a>)]) -> Self {
        Self {
            rest: entries.iter(),
            value: None,
            skip_extensions: false,
        }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de, '_> {
    type Error = ShapeError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ShapeError> {
        for (key, value) in self.rest.by_ref() {
            if self.skip_extensions && key.text.starts_with("x-") {
                continue;
            }
            self.value = Some(value);
            let key_text = KeyText(&key.text);
            return seed
                .deserialize(key_text)
                .map(Some)
                .map_err(|e| e.or_at(key.span.range()));
        }
        Ok(None)
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ShapeError> {
        let Some(value) = self.value.take() else {
            return Err(de::Error::custom("a value was read before its key"));
        };
        seed.deserialize(value).map_err(|error| value.at(error))
    }

    fn size_hint(&self) -> Option<usize> {
        (!self.skip_extensions).then(|| self.rest.len())
    }
}

/// A key: text, or the number or boolean that the map's key type asks for.
struct KeyText<'de>(&'de str);

macro_rules! parsed_keys {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
            match self.0.parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_borrowed_str(self.0),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for KeyText<'de> {
    type Error = ShapeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_enum(de::value::BorrowedStrDeserializer::new(self.0))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ShapeError> {
        visitor.visit_some(self)
    }

    parsed_keys! {
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_u64 visit_u64 deserialize_i8 visit_i8 deserialize_i16 visit_i16
        deserialize_i32 visit_i32 deserialize_i64 visit_i64 deserialize_bool visit_bool
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

struct Variant<'de, 'a> {
    name: &'de str,
    place: &'de Node<'a>,
    content: Option<&'de Node<'a>>,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'de, 'a> {
    type Error = ShapeError;
    type Variant = Content<'de, 'a>;

    fn variant_seed<V: de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), ShapeError> {
        let value = seed
            .deserialize(KeyText(self.name))
            .map_err(|error| self.place.at(error))?;
        Ok((value, Content(self.content)))
    }
}

/// What stands under a variant's name.
struct Content<'de, 'a>(Option<&'de Node<'a>>);

impl<'de> de::VariantAccess<'de> for Content<'de, '_> {
    type Error = ShapeError;

    fn unit_variant(self) -> Result<(), ShapeError> {
        match self.0 {
            Some(node) if !node.is_null() => {
                Err(node.at(ShapeError::new("this name has no content".to_owned())))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, ShapeError> {
        let node = self.required()?;
        seed.deserialize(node).map_err(|error| node.at(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ShapeError> {
        self.required()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ShapeError> {
        self.required()?.deserialize_struct("", fields, visitor)
    }
}

impl<'de, 'a> Content<'de, 'a> {
    fn required(self) -> Result<&'de Node<'a>, ShapeError> {
        self.0
            .ok_or_else(|| ShapeError::new("this name needs content: `name: …`".to_owned()))
    }
}

#[cfg(test)]
mod tests;
