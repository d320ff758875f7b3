//! Keys and words in another spelling, many at once: one reading before, one after.

use std::collections::BTreeMap;
use std::ops::Range;

use super::apply::Document;
use super::error::EditError;
use crate::ledger::yaml::{Limits, Node, SyntaxError, Value, parse};

/// A key, or a scalar that is a value, and the text that it should have instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respelling {
    /// Its bytes, quotes included.
    pub span: Range<usize>,
    /// The text, unquoted: a word that needs no quotes.
    pub word: String,
}

impl Document {
    /// Spells all of them anew, or none; inside brackets and braces, too. Quotes stay, and so does
    /// every other byte.
    ///
    /// # Errors
    /// [`EditError`]; the document is unchanged then.
    pub fn respell(&mut self, words: &[Respelling]) -> Result<(), EditError> {
        let wanted: BTreeMap<usize, &Respelling> =
            words.iter().map(|word| (word.span.start, word)).collect();
        let mut text = String::with_capacity(self.source().len());
        let mut at = 0;
        for Respelling { span, word } in wanted.values() {
            let (before, old) = (
                self.source().get(at..span.start),
                self.source().get(span.clone()),
            );
            let (Some(before), Some(old)) = (before, old) else {
                return Err(self.not_these(span.start));
            };
            text.push_str(before);
            match old
                .chars()
                .next()
                .filter(|quote| matches!(quote, '"' | '\''))
            {
                Some(quote) => text.push_str(&format!("{quote}{word}{quote}")),
                None => text.push_str(word),
            }
            at = span.end;
        }
        text.push_str(self.source().get(at..).unwrap_or_default());
        let met = {
            let old = self.root()?;
            let new = parse(&text, Limits::PLAN);
            new.ok().and_then(|new| respelt(&old, &new, &wanted))
        };
        if met != Some(words.len()) {
            return Err(self.not_these(words.first().map_or(0, |word| word.span.start)));
        }
        *self = self.saying(text);
        Ok(())
    }

    fn not_these(&self, at: usize) -> EditError {
        let message = "this cannot be spelt anew without changing what stands beside it";
        EditError::Unverified(SyntaxError::new(self.source(), at..at, message))
    }
}

/// How many of the wanted words were met, if everything else is as it was.
fn respelt(old: &Node<'_>, new: &Node<'_>, wanted: &BTreeMap<usize, &Respelling>) -> Option<usize> {
    if old.style != new.style {
        return None;
    }
    let word = |span: Range<usize>, old: &str, new: &str| {
        let found = wanted.get(&span.start).filter(|word| word.span == span);
        match found {
            Some(word) => (new == word.word).then_some(1),
            None => (old == new).then_some(0),
        }
    };
    match (&old.value, &new.value) {
        (Value::Scalar(was), Value::Scalar(is)) => word(old.span.range(), was, is),
        (Value::Seq(old), Value::Seq(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .try_fold(0, |met, (old, new)| Some(met + respelt(old, new, wanted)?)),
        (Value::Map(old), Value::Map(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .try_fold(0, |met, ((was, old), (is, new))| {
                let key = word(was.span.range(), &was.text, &is.text)?;
                Some(met + key + respelt(old, new, wanted)?)
            }),
        _ => None,
    }
}
