//! Markdown with YAML front matter, for people and programs at once: the front matter is the
//! value, the body is drawn from it by a template. Templates replace `{name}` of known names by
//! text, once, and can do nothing else.

use serde::Serialize;

use super::finding::BadFile;
use super::format::File;
use super::read::{self, Origin};
use super::yaml::{self, Limits, TreeError};

const FENCE: &str = "---\n";

/// The document of `value`: it as front matter, then the template filled in.
///
/// # Errors
/// When the value has no form as YAML.
pub fn render<T: Serialize>(
    value: &T,
    template: &str,
    names: &[(&str, String)],
) -> Result<String, TreeError> {
    let front = yaml::emit(&yaml::to_tree(value)?);
    Ok(format!("{FENCE}{front}{FENCE}\n{}", fill(template, names)))
}

/// The value of a document; its body is not looked at.
///
/// # Errors
/// A document without front matter, and everything that is wrong with that.
pub fn parse<F: File>(name: &str, text: &str) -> Result<F::Domain, BadFile> {
    let text = text.replace("\r\n", "\n");
    let origin = Origin {
        file: name,
        commit: None,
    };
    let inner = text.strip_prefix(FENCE).and_then(|rest| {
        let end = rest.find("\n---\n").map(|end| end + 1);
        let end = end.or_else(|| rest.strip_suffix("\n---").map(|front| front.len() + 1));
        Some(&rest[..end?])
    });
    let Some(inner) = inner else {
        let message = "there is no front matter: the file begins and ends it with a line `---`";
        return Err(BadFile::whole(name, None, "syntax", message.to_owned()));
    };
    // A comment stands where the fence was, so that lines count as in the file.
    let front = format!("#--\n{inner}");
    read::meaning::<F>(origin, front.as_bytes(), Limits::STATE)
}

/// `template` with `{name}` replaced where the name is known.
#[must_use]
pub fn fill(template: &str, names: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        filled.push_str(before);
        let known = names.iter().find_map(|(name, value)| {
            let tail = after.strip_prefix('{')?.strip_prefix(name)?;
            Some((value, tail.strip_prefix('}')?))
        });
        rest = match known {
            Some((value, tail)) => {
                filled.push_str(value);
                tail
            }
            None => {
                filled.push('{');
                &after[1..]
            }
        };
    }
    filled.push_str(rest);
    filled
}

/// Items as a list, or a word where there are none.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    if items.is_empty() {
        return "None.".to_owned();
    }
    let lines: Vec<String> = items
        .iter()
        .map(|item| format!("- {}", line(item.as_ref())))
        .collect();
    lines.join("\n")
}

/// Rows as a table under these heads, or a word where there are none.
#[must_use]
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "None.".to_owned();
    }
    let rule = "|---".repeat(heads.len());
    let mut lines = vec![format!("| {} |", heads.join(" | ")), format!("{rule}|")];
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell_of(cell)).collect();
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.join("\n")
}

/// What begins something else than a paragraph.
const MARKS: [&str; 12] = [
    "#", "|", "<", ">", "~", "```", "- ", "+ ", "* ", "---", "***", "___",
];

/// A text as one paragraph that begins nothing else: no heading, table, list, quote, code or comment.
#[must_use]
pub fn paragraph(text: &str) -> String {
    let text = line(text);
    if MARKS.iter().any(|mark| text.starts_with(mark)) {
        return format!("\\{text}");
    }
    text
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cell_of(text: &str) -> String {
    line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_replaces_known_names_once_and_nothing_else() {
        let names = [("a", "{b}".to_owned()), ("b", "x".to_owned())];
        assert_eq!(
            fill("{a} {b} {c} {{b}} $(a) {", &names),
            "{b} x {c} {x} $(a) {"
        );
    }

    #[test]
    fn cells_and_items_stay_in_their_line() {
        assert_eq!(list(&["a\nb"]), "- a b");
        assert_eq!(
            table(&["x"], &[vec!["a|b\nc".to_owned()]]),
            "| x |\n|---|\n| a\\|b c |"
        );
        assert_eq!(table(&["x"], &[]), "None.");
    }

    #[test]
    fn a_paragraph_stays_one() {
        assert_eq!(paragraph("x\n\n## y\n| z"), "x ## y | z");
        for (text, shown) in [
            ("\n## y", "\\## y"),
            ("| z |", "\\| z |"),
            ("```", "\\```"),
            ("<!-- x", "\\<!-- x"),
            ("`x` is next", "`x` is next"),
            ("-1 is next", "-1 is next"),
        ] {
            assert_eq!(paragraph(text), shown);
        }
    }
}
