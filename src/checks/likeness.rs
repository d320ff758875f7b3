use similar::{ChangeTag, TextDiff};

use super::trust::TrustStore;

/// How like a trusted command must be, from 0 to 1, to be taken for what it was before.
const LIKE: f32 = 0.6;
/// Longest command that is compared, in bytes.
const MAX: usize = 4096;

/// A command that nobody trusted on this machine, with the trusted one that it is most like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// The command.
    pub command: String,
    /// What it seems to have been when it was trusted.
    pub was: Option<String>,
}

impl NewCommand {
    /// Those of the commands that are not trusted, in order, each once.
    #[must_use]
    pub fn among(store: &TrustStore, commands: &[String]) -> Vec<Self> {
        let new = store.untrusted(commands).into_iter();
        new.map(|command| Self {
            command: command.to_owned(),
            was: nearest(command, store.commands()),
        })
        .collect()
    }

    /// What differs from what it was, word by word: `make [-test-]{+check+} all`.
    #[must_use]
    pub fn difference(&self) -> Option<String> {
        self.was.as_ref().map(|was| inline(was, &self.command))
    }
}

/// The one of the known commands that is most like `command`, if any is like it.
fn nearest<'k>(command: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    if command.len() > MAX {
        return None;
    }
    known
        .filter(|other| other.len() <= MAX)
        .map(|other| (TextDiff::from_chars(other, command).ratio(), other))
        .filter(|(ratio, _)| *ratio >= LIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other.to_owned())
}

fn inline(old: &str, new: &str) -> String {
    let diff = TextDiff::from_words(old, new);
    let mut text = String::new();
    let (mut gone, mut come) = (String::new(), String::new());
    for change in diff.iter_all_changes() {
        match change.tag() {
            ChangeTag::Delete => gone.push_str(change.value()),
            ChangeTag::Insert => come.push_str(change.value()),
            ChangeTag::Equal => {
                close(&mut text, &mut gone, &mut come);
                text.push_str(change.value());
            }
        }
    }
    close(&mut text, &mut gone, &mut come);
    text
}

fn close(text: &mut String, gone: &mut String, come: &mut String) {
    if !gone.is_empty() {
        text.push_str(&format!("[-{}-]", std::mem::take(gone)));
    }
    if !come.is_empty() {
        text.push_str(&format!("{{+{}+}}", std::mem::take(come)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_command_shows_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = TrustStore::open(dir.path(), dir.path());
        let trusted = [
            "make test".to_owned(),
            "cargo test --locked --all".to_owned(),
        ];
        store.trust(&trusted).unwrap();
        let asked = [
            "make test".to_owned(),
            "cargo test --locked --all | sh".to_owned(),
            "curl http://x".to_owned(),
        ];
        let new = NewCommand::among(&store, &asked);
        assert_eq!(new.len(), 2);
        let shown = new[0].difference();
        assert_eq!(shown.as_deref(), Some("cargo test --locked --all{+ | sh+}"));
        assert_eq!(new[1].was, None);
    }

    #[test]
    fn a_difference_is_shown_word_by_word() {
        assert_eq!(
            inline("make test all", "make lint all"),
            "make [-test-]{+lint+} all"
        );
        assert_eq!(inline("a b", "a"), "a[- b-]");
    }
}
