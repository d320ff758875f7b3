use super::node::{Node, Value};
use super::scalar::Resolved;

/// A value without positions: what [`emit`](super::emit()) writes. Mappings keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// Any other number, as it is written. Laneway's own files hold none.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Tree>),
    /// A mapping; keys are unique.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// The value under `key` of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// A list of texts.
    #[must_use]
    pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(
            items
                .into_iter()
                .map(|item| Self::Text(item.into()))
                .collect(),
        )
    }

    /// Whether it is neither list nor mapping.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Tree {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Tree {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Tree {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&Node<'_>> for Tree {
    fn from(node: &Node<'_>) -> Self {
        match &node.value {
            Value::Seq(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Map(entries) => Self::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.text.to_string(), value.into()))
                    .collect(),
            ),
            Value::Scalar(text) => match node.resolved() {
                Some(Resolved::Null) => Self::Null,
                Some(Resolved::Bool(value)) => Self::Bool(value),
                Some(Resolved::Int(value)) => Self::Int(value),
                Some(Resolved::Float(_)) => Self::Number(text.to_string()),
                _ => Self::Text(text.to_string()),
            },
        }
    }
}
