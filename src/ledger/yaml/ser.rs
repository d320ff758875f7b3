use serde::ser::{self, Serialize, Serializer};

use super::tree::Tree;

/// Why a value cannot be a [`Tree`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TreeError(String);

impl ser::Error for TreeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Turns a serialisable value into a [`Tree`], fields in their order. `None` becomes null: leave
/// such fields out with `skip_serializing_if`.
///
/// # Errors
/// [`TreeError`] for bytes, what is no number, integers beyond 64 bits and keys that are no scalars.
pub fn to_tree<T: Serialize + ?Sized>(value: &T) -> Result<Tree, TreeError> {
    value.serialize(TreeSerializer)
}

struct TreeSerializer;

fn unsupported<T>(what: &str) -> Result<T, TreeError> {
    Err(TreeError(format!("{what} have no canonical form")))
}

impl Serializer for TreeSerializer {
    type Ok = Tree;
    type Error = TreeError;
    type SerializeSeq = ListBuilder;
    type SerializeTuple = ListBuilder;
    type SerializeTupleStruct = ListBuilder;
    type SerializeTupleVariant = ListBuilder;
    type SerializeMap = MapBuilder;
    type SerializeStruct = MapBuilder;
    type SerializeStructVariant = MapBuilder;

    fn serialize_bool(self, value: bool) -> Result<Tree, TreeError> {
        Ok(Tree::Bool(value))
    }
    fn serialize_i8(self, value: i8) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value))
    }
    fn serialize_u8(self, value: u8) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<Tree, TreeError> {
        Ok(Tree::Int(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<Tree, TreeError> {
        let small = i64::try_from(value).map(Tree::Int);
        Ok(small.unwrap_or_else(|_| Tree::Number(value.to_string())))
    }
    fn serialize_f32(self, value: f32) -> Result<Tree, TreeError> {
        self.serialize_f64(value.into())
    }
    fn serialize_f64(self, value: f64) -> Result<Tree, TreeError> {
        match value.is_finite() {
            // The shortest text that reads as the same number, never as an integer.
            true => Ok(Tree::Number(format!("{value:?}"))),
            false => unsupported("infinities"),
        }
    }
    fn serialize_char(self, value: char) -> Result<Tree, TreeError> {
        Ok(Tree::Text(value.to_string()))
    }
    fn serialize_str(self, value: &str) -> Result<Tree, TreeError> {
        Ok(Tree::from(value))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Tree, TreeError> {
        unsupported("bytes")
    }
    fn serialize_none(self) -> Result<Tree, TreeError> {
        Ok(Tree::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Tree, TreeError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Tree, TreeError> {
        Ok(Tree::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Tree, TreeError> {
        Ok(Tree::Null)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Tree, TreeError> {
        Ok(Tree::from(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Tree, TreeError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Tree, TreeError> {
        Ok(Tree::Map(vec![(variant.to_owned(), to_tree(value)?)]))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<ListBuilder, TreeError> {
        Ok(ListBuilder {
            variant: None,
            items: vec![],
        })
    }
    fn serialize_tuple(self, _: usize) -> Result<ListBuilder, TreeError> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<ListBuilder, TreeError> {
        self.serialize_seq(None)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ListBuilder, TreeError> {
        Ok(ListBuilder {
            variant: Some(variant),
            items: vec![],
        })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<MapBuilder, TreeError> {
        Ok(MapBuilder {
            variant: None,
            key: None,
            entries: vec![],
        })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<MapBuilder, TreeError> {
        self.serialize_map(None)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapBuilder, TreeError> {
        Ok(MapBuilder {
            variant: Some(variant),
            key: None,
            entries: vec![],
        })
    }
}

/// A sequence or tuple under construction.
struct ListBuilder {
    variant: Option<&'static str>,
    items: Vec<Tree>,
}

impl ListBuilder {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TreeError> {
        self.items.push(to_tree(value)?);
        Ok(())
    }

    fn finish(self) -> Tree {
        tagged(self.variant, Tree::List(self.items))
    }
}

/// A mapping or struct under construction.
struct MapBuilder {
    variant: Option<&'static str>,
    key: Option<String>,
    entries: Vec<(String, Tree)>,
}

impl MapBuilder {
    fn push<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<(), TreeError> {
        self.entries.push((key, to_tree(value)?));
        Ok(())
    }

    fn finish(self) -> Tree {
        tagged(self.variant, Tree::Map(self.entries))
    }
}

/// A variant with content is a mapping with the variant as its one key.
fn tagged(variant: Option<&'static str>, tree: Tree) -> Tree {
    match variant {
        Some(variant) => Tree::Map(vec![(variant.to_owned(), tree)]),
        None => tree,
    }
}

macro_rules! list_impl {
    ($($interface:ident :: $method:ident),*) => {$(
        impl ser::$interface for ListBuilder {
            type Ok = Tree;
            type Error = TreeError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TreeError> {
                self.push(value)
            }
            fn end(self) -> Result<Tree, TreeError> {
                Ok(self.finish())
            }
        }
    )*};
}

list_impl!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! struct_impl {
    ($($interface:ident),*) => {$(
        impl ser::$interface for MapBuilder {
            type Ok = Tree;
            type Error = TreeError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), TreeError> {
                self.push(key.to_owned(), value)
            }
            fn end(self) -> Result<Tree, TreeError> {
                Ok(self.finish())
            }
        }
    )*};
}

struct_impl!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for MapBuilder {
    type Ok = Tree;
    type Error = TreeError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), TreeError> {
        self.key = Some(match to_tree(key)? {
            Tree::Text(text) | Tree::Number(text) => text,
            Tree::Int(value) => value.to_string(),
            Tree::Bool(value) => value.to_string(),
            Tree::Null | Tree::List(_) | Tree::Map(_) => return unsupported("complex keys"),
        });
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), TreeError> {
        let key = self.key.take().unwrap_or_default();
        self.push(key, value)
    }
    fn end(self) -> Result<Tree, TreeError> {
        Ok(self.finish())
    }
}
