//! From the pointer of a violation to the bytes it means.

use std::ops::Range;

use crate::ledger::yaml::{Node, Value};

/// The bytes that a pointer means; for a value that is missing, where the deepest value on the way
/// begins.
///
/// Beyond RFC 6901, a step `name=x` is the item of a list whose `name` is `x`, `=x` the item that
/// is `x`, and `a|b/2` the value of the key `a`, or item 2 of that of `b`.
pub(super) fn span(node: &Node<'_>, pointer: &str) -> Range<usize> {
    let mut node = node;
    let steps = pointer.split('/').skip(1);
    for step in steps {
        let next = match (&node.value, step.split_once('|')) {
            (Value::Map(_), Some((one, _))) if node.get(one).is_some() => {
                return node.get(one).map_or(0..0, |found| found.span.range());
            }
            (Value::Map(_), Some((_, many))) => node.get(many),
            (Value::Map(_), None) => node.get(&step.replace("~1", "/").replace("~0", "~")),
            (Value::Seq(items), _) => item(items, step),
            (Value::Scalar(_), _) => None,
        };
        match next {
            Some(child) => node = child,
            None => return beginning(node),
        }
    }
    node.span.range()
}

fn item<'n, 'a>(items: &'n [Node<'a>], step: &str) -> Option<&'n Node<'a>> {
    match step.split_once('=') {
        None => items.get(step.parse::<usize>().ok()?),
        Some(("", text)) => items.iter().find(|item| item.as_str() == Some(text)),
        Some((key, text)) => items
            .iter()
            .find(|item| item.get(key).and_then(Node::as_str) == Some(text)),
    }
}

/// Where a finding about a whole mapping points: its first key.
pub(super) fn beginning(node: &Node<'_>) -> Range<usize> {
    match node.as_map().and_then(<[_]>::first) {
        Some((key, _)) => key.span.range(),
        None => node.span.range(),
    }
}

#[cfg(test)]
mod tests {
    use super::span;
    use crate::ledger::yaml::{Limits, parse};

    #[test]
    fn items_are_found_by_what_they_say() {
        let source = "r:\n  - {t: a, w: 1}\n  - t: b\n    pool: [x, y]\n    roles: [p, q]\n";
        let node = parse(source, Limits::PLAN).unwrap();
        for (pointer, text) in [
            ("/r/t=a/w", "1"),
            ("/r/t=b/w|pool/1", "y"),
            ("/r/t=a/w|pool/0", "1"),
            ("/r/t=b/roles/=q", "q"),
            ("/r/t=b/none", "t"),
            ("/r/1/t", "b"),
            ("/r/1/t/deeper", "b"),
        ] {
            assert_eq!(&source[span(&node, pointer)], text, "{pointer}");
        }
    }
}
