//! Malformed sources with their positions, and limits.

use super::*;

/// Each source is refused with `line:column: message` and the bytes of its span.
const REFUSED: &[(&str, &str, &str)] = &[
    ("", "1:1: the document is empty", ""),
    (" \n\n", "1:1: the document is empty", ""),
    ("# only a comment\n", "1:1: the document is empty", ""),
    ("\u{feff}", "1:1: the document is empty", ""),
    ("---\n", "1:1: the document is empty", ""),
    ("---\n...\n", "1:1: the document is empty", ""),
    ("a: 1\0\n", "1:5: a NUL character", "\0"),
    (
        "a: 1\rb: 2\r",
        "1:5: a carriage return without a line feed",
        "\r",
    ),
    (
        "a: 1\n---\nb: 2\n",
        "2:1: a second document; a file holds one",
        "---",
    ),
    (
        "a: 1\n...\nb: 2\n",
        "3:1: a second document; a file holds one",
        "",
    ),
    (
        "a: 1\n---\n",
        "2:1: a second document; a file holds one",
        "---",
    ),
    ("a: 1\nb: 2\na: 3\n", "3:1: duplicate key `a`", "a"),
    ("a: {é: 1, é: 2}\n", "1:11: duplicate key `é`", "é"),
    ("- x: 1\n  'x': 2\n", "2:3: duplicate key `x`", "'x'"),
    ("1: a\n\"1\": b\n", "2:1: duplicate key `1`", "\"1\""),
    (
        "a: &x 1\n",
        "1:4: an anchor; the ledger profile has none",
        "&x",
    ),
    (
        "a: &x\n  b: 1\n",
        "1:4: an anchor; the ledger profile has none",
        "&x",
    ),
    (
        "&x a: 1\n",
        "1:1: an anchor; the ledger profile has none",
        "&x",
    ),
    ("a: *x\n", "1:4: an alias; the ledger profile has none", "*"),
    (
        "a: [&x 1, *x]\n",
        "1:5: an anchor; the ledger profile has none",
        "&x",
    ),
    (
        "<<: {a: 1}\n",
        "1:1: a merge key; the ledger profile has none",
        "<<",
    ),
    (
        "a: !!str 1\n",
        "1:4: a tag; the ledger profile has none",
        "!!str",
    ),
    (
        "a: !x\n  b: 1\n",
        "1:4: a tag; the ledger profile has none",
        "!x",
    ),
    (
        "a: !!python/object/apply:os.system [x]\n",
        "1:4: a tag; the ledger profile has none",
        "!!python/object/apply:os.system",
    ),
    ("a:\n\tb: 1\n", "2:1: a tab in the indentation", "\t"),
    (
        "a:\n  b: 1\n  \tc: 2\n",
        "3:3: a tab in the indentation",
        "\t",
    ),
    ("a:\n - b\n\t- c\n", "3:1: a tab in the indentation", "\t"),
    ("a:\n\t- b\n", "2:1: a tab in the indentation", "\t"),
    ("a: [1,\n\t2]\n", "2:1: a tab in the indentation", "\t"),
    (
        "? a\n: b\n",
        "1:3: a complex key; keys are plain or quoted text followed by `:`",
        "a",
    ),
    (
        "a: 1\n? b\n: 2\n",
        "2:3: a complex key; keys are plain or quoted text followed by `:`",
        "b",
    ),
    (
        "{? a : b}\n",
        "1:4: a complex key; keys are plain or quoted text followed by `:`",
        "a",
    ),
    (
        "[a, b]: c\n",
        "1:1: a complex key; keys are plain or quoted text followed by `:`",
        "[",
    ),
    (
        "{a: b}: c\n",
        "1:1: a complex key; keys are plain or quoted text followed by `:`",
        "{",
    ),
    (": x\n", "1:1: a key is missing before `:`", ""),
    (
        "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n",
        "1:1: a git conflict marker",
        "<<<<<<< HEAD",
    ),
    (
        "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n",
        "2:1: a git conflict marker",
        "<<<<<<< HEAD",
    ),
    (
        "a: [x,\n=======\n y]\n",
        "2:1: a git conflict marker",
        "=======",
    ),
    (
        "a: 1\r\n>>>>>>> x\r\n",
        "2:1: a git conflict marker",
        ">>>>>>> x",
    ),
    (
        "a: |\n  x\n||||||| base\n",
        "3:1: a git conflict marker",
        "||||||| base",
    ),
    ("a: [1, 2\n", "1:4: `[` is never closed", "["),
    ("a: {b: 1\n", "1:4: `{` is never closed", "{"),
    ("a: [1}\n", "1:4: mismatched bracket '[' closed by '}'", "["),
    ("a: ]\n", "1:4: misplaced bracket", "]"),
    (
        "a: \"x\n",
        "2:1: quoted text goes on at the wrong indentation",
        "",
    ),
    (
        "a: 'x\n  y\n",
        "3:1: quoted text goes on at the wrong indentation",
        "",
    ),
    ("a: \"\\q\"\n", "1:4: found unknown escape character", "\""),
    (
        "a: \"x\" y\n",
        "1:8: invalid trailing content after double-quoted scalar",
        "y",
    ),
    ("a: b: c\n", "1:5: a `:` where no key can stand", ":"),
    ("ü: é: c\n", "1:5: a `:` where no key can stand", ":"),
    (
        "a:\n  b: 1\n c: 2\n",
        "3:2: neither a key of this mapping nor its end",
        "c",
    ),
    (
        "a:\n  - b\n c: 2\n",
        "3:2: neither a key of this mapping nor its end",
        "c",
    ),
    ("a: 1\nb\n", "2:1: a key without `:`", "b"),
    ("a\nb: 1\n", "2:2: a `:` where no key can stand", ":"),
    ("a: @x\n", "1:4: `@` cannot start a plain value", "@"),
    ("a: `x`\n", "1:4: ``` cannot start a plain value", "`"),
    ("a: %x\n", "1:4: `%` cannot start a plain value", "%"),
    (
        "a: - b\n",
        "1:4: block sequence entries are not allowed in this context",
        "-",
    ),
    (
        "a: |x\n  b\n",
        "1:4: did not find expected comment or line break",
        "|",
    ),
    (
        "a: |0\n  b\n",
        "1:4: found an indentation indicator equal to 0",
        "|",
    ),
    (
        "a: 1 #b\nc: 2#\n d: 3\n",
        "3:3: a `:` where no key can stand",
        ":",
    ),
    (
        "%YAML 2.0\n---\na: 1\n",
        "1:1: unsupported YAML major version",
        "%",
    ),
    (
        "%YAML 1.2\na: 1\n",
        "2:1: did not find expected <document start>",
        "a",
    ),
    (
        "a: [b, , c]\n",
        "1:8: a value is missing, or a bracket",
        ",",
    ),
    (
        "a: [\n- b\n]\n",
        "2:1: \"-\" is only valid inside a block",
        "-",
    ),
    (
        "tasks:\n  - id: A\n    title: x\n   role: y\n",
        "4:4: neither an item of this list nor its end",
        "r",
    ),
    (
        "tasks:\n- id: A\n  notes: |\n   a\n  b\n",
        "5:3: a key without `:`",
        "b",
    ),
    ("a: 1\n  b: 2\n", "2:4: a `:` where no key can stand", ":"),
    ("--- a: b\n", "1:6: a `:` where no key can stand", ":"),
    (
        "a: b\n\u{feff}c: d\n",
        "2:1: a BOM must not appear inside a document",
        "\u{feff}",
    ),
];

#[test]
fn malformed_sources_are_refused_at_their_place() {
    for (source, error, bytes) in REFUSED {
        let found = parse(source, Limits::PLAN).expect_err(source);
        let span = &source[found.span.clone()];
        assert_eq!(
            (found.to_string().as_str(), span),
            (*error, *bytes),
            "{source:?}"
        );
    }
}
#[test]
fn bytes_that_are_not_utf8_are_refused() {
    for (source, error) in [
        (&b"a: 1\nb: \xff\n"[..], "2:4: byte 0xFF is not UTF-8"),
        (b"\xff\xfea\0", "1:1: byte 0xFF is not UTF-8"),
        (b"\xc3\xa9: \xc3", "1:4: byte 0xC3 is not UTF-8"),
        (b"a: \xed\xa0\x80", "1:4: byte 0xED is not UTF-8"),
    ] {
        assert_eq!(
            parse_bytes(source, Limits::PLAN).unwrap_err().to_string(),
            error
        );
    }
}

#[test]
fn every_truncation_and_every_byte_are_answered() {
    let source =
        "v: 1\ntasks:\n- id: \"A\"\n  l: [a, {b: 'c'}]\n  n: |+\n    x\n\n  m: >-\n    y\n";
    for end in 0..source.len() {
        let _ = parse(&source[..end], Limits::PLAN);
        for byte in 0..=255 {
            let mut bytes = source.as_bytes().to_vec();
            bytes[end] = byte;
            let _ = parse_bytes(&bytes, Limits::PLAN);
        }
    }
}

#[test]
fn depth_is_refused_before_it_costs() {
    let deep = |open: &str, times: usize| format!("a: {}", open.repeat(times));
    for source in [
        deep("[", 50_000),
        deep("{a: ", 50_000),
        deep("[{a: ", 25_000),
        "- ".repeat(50_000),
        (0..2_000)
            .map(|at| format!("{}a:\n", " ".repeat(at)))
            .collect(),
    ] {
        let begin = std::time::Instant::now();
        let error = parse(&source, Limits::PLAN).unwrap_err();
        assert_eq!(error.message, "nested deeper than 64 levels");
        assert!(begin.elapsed().as_millis() < 1_000);
    }
    let levels = |times: usize| format!("{}{}", "[".repeat(times), "]".repeat(times));
    assert!(parse(&levels(64), Limits::PLAN).is_ok());
    assert!(parse(&levels(65), Limits::PLAN).is_err());
    let mixed = format!(
        "{}[[x]]",
        (0..63)
            .map(|at| format!("{}a:\n", " ".repeat(at)))
            .collect::<String>()
            + &" ".repeat(63)
    );
    assert_eq!(
        parse(&mixed, Limits::PLAN).unwrap_err().message,
        "nested deeper than 64 levels"
    );
}

#[test]
fn size_is_refused_before_reading() {
    let source = "x".repeat(Limits::STATE.bytes + 1);
    let error = parse_bytes(source.as_bytes(), Limits::STATE).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1:1: too large: 1048577 bytes, at most 1048576 are read"
    );
    assert!(parse(&source[1..], Limits::STATE).is_ok());
}

#[test]
fn many_keys_stay_linear() {
    let mut source: String = (0..200_000).map(|at| format!("k{at}: 1\n")).collect();
    assert!(parse(&source, Limits::PLAN).is_ok());
    source.push_str("k7: 2\n");
    let error = parse(&source, Limits::PLAN).unwrap_err();
    assert_eq!(error.to_string(), "200001:1: duplicate key `k7`");
    assert_eq!(error.hint.unwrap(), "the first one is on line 8");
}

#[test]
fn what_people_write_is_accepted() {
    for source in [
        "\u{feff}a: 1\r\nb:\r\n  - x\r\n",
        "%YAML 1.2\n---\na: 1\n...\n# end\n",
        "a: |\n\n   x\n   \ty\n",
        "a: 'b''c'\nd: \"\\u00e9\\n\"\n",
        "a: # c\n- b\n-   - c\n",
        "a: |\n  <<<<<<< HEAD\n  =======\n",
        "# =======\na: \"<<\"\n'<<': 1\n",
        "a: x\n\t\nb: y\t# tab before a comment\n",
        "a: <<<<<<<x\n",
        "{a: [1, 2], b: {c: d}}\n",
    ] {
        if let Err(error) = parse(source, Limits::PLAN) {
            panic!("{source:?}: {error}");
        }
    }
}

#[test]
fn p23_items_are_given_one_by_one_and_the_rest_is_as_it_was() {
    for source in [
        "version: 1\ntasks:\n- {id: A, tasks: [x]}\n-\n  id: B\n  n: |\n    t\n\n# end\nx-y: [1, 2]\n",
        "tasks: [{id: A}, b, [c, d]]\nversion: 1\n",
        "x: {tasks: [a]}\ntasks:\n- tasks:\n  - a\n  - b\n",
        "tasks: []\n",
        "tasks: {tasks: [a]}\n",
        "- tasks: [a]\n",
    ] {
        let whole = parse(source, Limits::PLAN).unwrap();
        let mut items = Vec::new();
        let rest = parse_items(source, Limits::PLAN, "tasks", |item| items.push(item)).unwrap();
        let list = whole
            .get("tasks")
            .and_then(Node::as_seq)
            .unwrap_or_default();
        assert_eq!(items, list, "{source}");
        assert_eq!(rest.span, whole.span, "{source}");
        let same = |node: &Node<'_>| {
            let entries = node.as_map().unwrap_or_default().iter();
            let told = entries.map(|(key, value)| {
                let taken = key.text == "tasks" && value.as_seq().is_some();
                (key.clone(), value.span, (!taken).then(|| value.clone()))
            });
            format!("{:?}", told.collect::<Vec<_>>())
        };
        assert_eq!(same(&rest), same(&whole), "{source}");
    }
    let refused = |source| parse_items(source, Limits::PLAN, "tasks", drop).unwrap_err();
    let source = "tasks: [a]\ntasks: [b]\n";
    assert_eq!(refused(source), parse(source, Limits::PLAN).unwrap_err());
}
