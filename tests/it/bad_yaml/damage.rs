//! What can be wrong with a file, whatever it holds.

/// One sort of damage.
pub struct Damage {
    pub name: &'static str,
    /// The damaged bytes; none where the sort does not apply to the text.
    pub make: fn(&str) -> Option<Vec<u8>>,
}

/// The text with one place replaced.
fn swap(text: &str, old: &str, new: &str) -> Option<Vec<u8>> {
    let at = text.find(old)?;
    let damaged = [&text[..at], new, &text[at + old.len()..]].concat();
    Some(damaged.into_bytes())
}

/// The text with this in front of its second line: behind `version: 1`, or a package's `---`.
fn second(text: &str, line: &str) -> Option<Vec<u8>> {
    let at = text.find('\n')? + 1;
    Some([&text[..at], line, &text[at..]].concat().into_bytes())
}

fn bytes(text: impl Into<String>) -> Option<Vec<u8>> {
    Some(text.into().into_bytes())
}

/// Whether a file is front matter and Markdown, which have rules of their own.
fn is_package(text: &str) -> bool {
    text.starts_with("---")
}

/// Half of the lines, cut within a quoted text; of a package half of its front matter.
fn cut(text: &str) -> Option<Vec<u8>> {
    let end = match is_package(text) {
        true => text[3..].find("---")?,
        false => text.len(),
    };
    let half = end / 2;
    let start = text[..half].rfind('\n')? + 1;
    bytes(format!("{}bad: \"cut", &text[..start]))
}

pub const DAMAGES: &[Damage] = &[
    Damage {
        name: "empty",
        make: |_| bytes(""),
    },
    Damage {
        name: "a line break",
        make: |_| bytes("\n"),
    },
    Damage {
        name: "comments alone",
        make: |_| bytes("# nothing\n# here\n"),
    },
    Damage {
        name: "null",
        make: |_| bytes("~\n"),
    },
    Damage {
        name: "a list",
        make: |_| bytes("- a\n- b\n"),
    },
    Damage {
        name: "a word",
        make: |_| bytes("hello\n"),
    },
    Damage {
        name: "truncated",
        make: cut,
    },
    Damage {
        name: "conflict markers",
        make: |text| {
            second(
                text,
                "<<<<<<< HEAD\nx-a: 1\n=======\nx-a: 2\n>>>>>>> theirs\n",
            )
        },
    },
    Damage {
        name: "a duplicate key",
        make: |text| second(text, "x-a: 1\nx-a: 2\n"),
    },
    Damage {
        name: "two documents",
        make: |text| (!is_package(text)).then(|| format!("{text}---\n{text}").into_bytes()),
    },
    Damage {
        name: "a tab",
        make: |text| second(text, "x-a:\n\tb: 1\n"),
    },
    Damage {
        name: "an unknown key behind a byte order mark",
        make: |text| {
            let damaged = second(text, "surprise: 1\n")?;
            Some([b"\xef\xbb\xbf".as_slice(), &damaged].concat())
        },
    },
    Damage {
        name: "a byte order mark within",
        make: |text| second(text, "\u{feff}surprise: 1\n"),
    },
    Damage {
        name: "an unknown key, CRLF",
        make: |text| {
            let damaged = String::from_utf8(second(text, "surprise: 1\n")?).unwrap();
            bytes(damaged.replace('\n', "\r\n"))
        },
    },
    Damage {
        name: "a duplicate key, CRLF behind a byte order mark",
        make: |text| {
            let damaged = String::from_utf8(second(text, "x-a: 1\nx-a: 2\n")?).unwrap();
            bytes(format!("\u{feff}{}", damaged.replace('\n', "\r\n")))
        },
    },
    Damage {
        name: "lone carriage returns",
        make: |text| {
            let damaged = String::from_utf8(second(text, "surprise: 1\n")?).unwrap();
            bytes(damaged.replace('\n', "\r"))
        },
    },
    Damage {
        name: "NUL",
        make: |text| second(text, "x-a: \"a\0b\"\n"),
    },
    Damage {
        name: "0xFF",
        make: |text| {
            let mut bytes = second(text, "x-a: _\n")?;
            let at = bytes.windows(2).position(|pair| pair == b"_\n")?;
            bytes[at] = 0xff;
            Some(bytes)
        },
    },
    Damage {
        name: "an escape",
        make: |text| second(text, "x-a: a\u{1b}[31mb\n"),
    },
    Damage {
        name: "an anchor",
        make: |text| second(text, "x-a: &a 1\nx-b: *a\n"),
    },
    Damage {
        name: "an alias without anchor",
        make: |text| second(text, "x-a: *nobody\n"),
    },
    Damage {
        name: "an alias bomb",
        make: |text| {
            let mut bomb = String::from("x-a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
            for n in 1..9 {
                let list = vec![format!("*a{}", n - 1); 9].join(",");
                bomb.push_str(&format!("x-a{n}: &a{n} [{list}]\n"));
            }
            second(text, &bomb)
        },
    },
    Damage {
        name: "a merge key",
        make: |text| second(text, "x-a: {<<: {b: 1}}\n"),
    },
    Damage {
        name: "a tag",
        make: |text| second(text, "x-a: !!python/object/apply:os.system [id]\n"),
    },
    Damage {
        name: "a local tag",
        make: |text| second(text, "x-a: !laneway 1\n"),
    },
    Damage {
        name: "a complex key",
        make: |text| second(text, "? [a, b]\n: 1\n"),
    },
    Damage {
        name: "100 kB of brackets",
        make: |text| {
            second(
                text,
                &format!("x-a: {}{}\n", "[".repeat(50_000), "]".repeat(50_000)),
            )
        },
    },
    Damage {
        name: "100 kB of open braces",
        make: |text| second(text, &format!("x-a: {}\n", "{a: ".repeat(25_000))),
    },
    Damage {
        name: "deep block nesting",
        make: |text| {
            let deep: String = (0..400)
                .map(|n| format!("{}- \n", " ".repeat(n * 2 + 2)))
                .collect();
            second(text, &format!("x-a:\n{deep}"))
        },
    },
    Damage {
        name: "an unknown key",
        make: |text| second(text, "surprise: 1\n"),
    },
    Damage {
        name: "a newer version",
        make: |text| swap(text, "version: 1", "version: 99"),
    },
    Damage {
        name: "version as text",
        make: |text| swap(text, "version: 1", "version: one"),
    },
    Damage {
        name: "an endless number",
        make: |text| {
            swap(
                text,
                "version: 1",
                &format!("version: {}", "9".repeat(10_000)),
            )
        },
    },
    Damage {
        name: "wrong types",
        make: |text| {
            let (key, _) = text.lines().nth(1)?.split_once(':')?;
            // Whatever the second key holds, it is no mapping of two lists.
            let rest: String = text
                .lines()
                .take(1)
                .map(|line| format!("{line}\n"))
                .collect();
            let close = if is_package(text) { "---\n" } else { "" };
            bytes(format!("{rest}{key}: {{a: [1], b: [2]}}\n{close}"))
        },
    },
    Damage {
        name: "an open quote",
        make: |text| second(text, "x-a: 'it's\n"),
    },
    Damage {
        name: "a stray indentation",
        make: |text| second(text, "x-a: 1\n   x-b: 2\n"),
    },
    Damage {
        name: "a huge word that is no key",
        make: |text| second(text, &format!("{}\n", "w".repeat(200_000))),
    },
    Damage {
        name: "UTF-16",
        make: |text| {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            Some([0xff, 0xfe].into_iter().chain(units).collect())
        },
    },
    Damage {
        name: "a directive of another YAML",
        make: |text| {
            (!is_package(text)).then(|| format!("%YAML 9.9\n---\n{text}\u{0}").into_bytes())
        },
    },
];
