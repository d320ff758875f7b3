//! All verbs of the binary with their arguments, read from its own `--help`: a verb or an option
//! that is added is in the tests of hostile input from its first day.

use std::process::Command;

/// One verb as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `workstation add`.
    pub verb: String,
    /// Its arguments in order: name, and whether it may be left out.
    pub arguments: Vec<(String, bool)>,
    /// Its own options.
    pub options: Vec<Choice>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `--note`.
    pub flag: String,
    /// Whether it takes a value.
    pub takes: bool,
}

/// All verbs, and verbs below verbs.
pub fn all() -> Vec<Form> {
    let mut forms = Vec::new();
    below("", &mut forms);
    forms
}

fn help(verb: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_laneway"));
    let output = command.args(verb.split_whitespace()).arg("--help").output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// The lines of a section of a help text that begin an entry.
fn section<'a>(help: &'a str, title: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = help.lines().skip_while(move |line| *line != title).skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.filter(|line| {
        let indent = line.len() - line.trim_start().len();
        indent <= 6 && !line.trim_start().is_empty()
    })
}

fn below(verb: &str, forms: &mut Vec<Form>) {
    let text = help(verb);
    let verbs: Vec<&str> = section(&text, "Commands:")
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for name in &verbs {
        below(format!("{verb} {name}").trim_start(), forms);
    }
    let runs_alone = text
        .lines()
        .any(|line| line.starts_with("Usage:") && !line.contains("<COMMAND>"));
    if verb.is_empty() || (!verbs.is_empty() && !runs_alone) {
        return;
    }
    let arguments = section(&text, "Arguments:")
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .map(|word| {
            let name = word
                .trim_end_matches('.')
                .trim_matches(['<', '>', '[', ']']);
            (name.to_owned(), word.starts_with('['))
        })
        .collect();
    forms.push(Form {
        verb: verb.to_owned(),
        arguments,
        options: options(&text, "Options:"),
    });
}

/// The options that every verb has.
pub fn globals() -> Vec<Choice> {
    options(&help("ready"), "Global options:")
}

/// The options of a section. One without a long name goes by its short one.
fn options(text: &str, title: &str) -> Vec<Choice> {
    let options = section(text, title).filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let long = words.iter().position(|word| word.starts_with("--"));
        let at = long.or_else(|| words.iter().position(|word| word.starts_with('-')))?;
        let next = words.get(at + 1).copied().unwrap_or_default();
        Some(Choice {
            flag: words[at].trim_end_matches(',').to_owned(),
            takes: next.starts_with('<') || next.starts_with("[<"),
        })
    });
    options.filter(|choice| choice.flag != "--help").collect()
}

#[test]
fn verbs_are_read_from_the_help() {
    let forms = all();
    let form = |verb: &str| forms.iter().find(|form| form.verb == verb).unwrap();
    let add = form("workstation add");
    assert_eq!(add.arguments, [("NAME".to_owned(), false)]);
    let option = |flag: &str| {
        add.options
            .iter()
            .find(|choice| choice.flag == flag)
            .unwrap()
    };
    assert!(option("--probe").takes && !option("--single-use").takes);
    let note = form("note");
    assert_eq!(
        note.arguments,
        [("ID".to_owned(), true), ("TEXT".to_owned(), false)]
    );
    let flags: Vec<String> = globals().into_iter().map(|choice| choice.flag).collect();
    assert!(flags.contains(&"-C".to_owned()) && flags.contains(&"--as".to_owned()));
    assert!(forms.len() > 60, "{}", forms.len());
    assert!(forms.iter().all(|form| form.verb != "workstation"));
    assert!(forms.iter().any(|form| form.verb == "audit verify"));
}
