//! What is written: quotes, block scalars with every chomping, null, text that looks like a type.

use super::*;

fn task(body: &str) -> String {
    format!("tasks:\n  - id: A\n{body}  - id: B\n")
}

/// The body of task A changes as given; the rest stays.
#[track_caller]
fn body(before: &str, edit: &Edit, after: &str) {
    becomes(&task(before), edit, &task(after));
}

#[test]
fn quotes_around_a_value_stay() {
    body(
        "    t: 'x' # c\n",
        &set_text("A", "t", "it's"),
        "    t: 'it''s' # c\n",
    );
    body(
        "    t: \"x\"\n",
        &set_text("A", "t", "a\"b"),
        "    t: \"a\\\"b\"\n",
    );
    body(
        "    t: 'x'\n",
        &set_text("A", "t", "a\tb"),
        "    t: \"a\\tb\"\n",
    );
    body("    t: 'x'\n", &set("A", "t", Atom::Int(1)), "    t: 1\n");
}

#[test]
fn text_that_reads_as_something_else_is_quoted() {
    for value in [
        "true",
        "no",
        "null",
        "~",
        "1",
        "010",
        "1_000",
        "1.5",
        "2026-11-20",
        "",
        " x",
        "x ",
        "a: b",
        "a #b",
        "- a",
        "@a",
        "*a",
        "&a",
        "[a]",
        "{a}",
        "%a",
        "!a",
        "#a",
        "a:",
        "---",
        "\u{feff}",
    ] {
        let quoted = format!("    t: \"{}\"\n", value.replace('\u{feff}', "\\uFEFF"));
        body("    t: x\n", &set_text("A", "t", value), &quoted);
    }
    for value in [
        "1/3",
        "A-1",
        "4f2c1e0",
        "a:b",
        "internal/**",
        "go test ./...",
        "it's",
        "a, b",
    ] {
        body(
            "    t: x\n",
            &set_text("A", "t", value),
            &format!("    t: {value}\n"),
        );
    }
}

#[test]
fn null_and_nothing_get_a_value() {
    body("    t:\n", &set_text("A", "t", "x"), "    t: x\n");
    body("    t: # c\n", &set_text("A", "t", "x"), "    t: x # c\n");
    body("    t: ~ # c\n", &set_text("A", "t", "x"), "    t: x # c\n");
    body(
        "    t: null\n",
        &set("A", "t", Atom::Bool(false)),
        "    t: false\n",
    );
    body(
        "    t:  \n",
        &set_text("A", "t", "x\ny\n"),
        "    t: |  \n      x\n      y\n",
    );
}

#[test]
fn text_of_several_lines_becomes_a_literal_block() {
    body(
        "    t: x # c\n",
        &set_text("A", "t", "a\n\n b\n"),
        "    t: | # c\n      a\n\n       b\n",
    );
    body(
        "    t: 'x'\n",
        &set_text("A", "t", "a\nb"),
        "    t: |-\n      a\n      b\n",
    );
    body(
        "    t: x\n",
        &set_text("A", "t", "a\n\n"),
        "    t: \"a\\n\\n\"\n",
    );
    body(
        "    p: 1\n",
        &set_text("A", "t", "a\nb\n"),
        "    p: 1\n    t: |\n      a\n      b\n",
    );
}

#[test]
fn block_scalars_are_replaced_whole() {
    for header in ["|", "|-", "|+", ">", ">-", ">+", "|2", "|2-", "|+2"] {
        let before = format!("    t: {header} # c\n      a\n\n      b\n    p: 1\n");
        body(
            &before,
            &set_text("A", "t", "x"),
            "    t: x # c\n    p: 1\n",
        );
        let after = "    t: | # c\n      x\n      y\n    p: 1\n";
        body(&before, &set_text("A", "t", "x\ny\n"), after);
        body(&before, &remove_key("A", "t"), "    p: 1\n");
    }
    body(
        "    t: |\n    p: 1\n",
        &set_text("A", "t", "x"),
        "    t: x\n    p: 1\n",
    );
}

#[test]
fn blank_lines_behind_a_block_scalar_stay_unless_they_belong_to_it() {
    body("    t: |\n      a\n\n", &remove_key("A", "t"), "\n");
    body("    t: |+\n      a\n\n", &remove_key("A", "t"), "");
    body(
        "    t: |\n      a\n\n",
        &set_text("A", "t", "x"),
        "    t: x\n\n",
    );
    body(
        "    t: |+\n      a\n\n",
        &set_text("A", "t", "x"),
        "    t: x\n",
    );
}

#[test]
fn new_keys_do_not_grow_a_block_scalar() {
    body(
        "    t: |+\n      a\n\n",
        &set("A", "p", Atom::Int(1)),
        "    p: 1\n    t: |+\n      a\n\n",
    );
    body(
        "    u: >-\n      a\n      b\n\n    # c\n",
        &set("A", "p", Atom::Int(1)),
        "    p: 1\n    u: >-\n      a\n      b\n\n    # c\n",
    );
    let before = "n: |+\n  a\n\n# c\n";
    let edit = Edit::SetScalar {
        route: Route::key("p"),
        value: Atom::Int(1),
    };
    becomes(before, &edit, "n: |+\n  a\n\np: 1\n# c\n");
    becomes("n: >-\n  a\n\n", &edit, "n: >-\n  a\np: 1\n\n");
    becomes("n: |\n  a\n    \n", &edit, "n: |\n  a\n    \np: 1\n");
}

#[test]
fn tasks_follow_a_block_scalar() {
    let edit = Edit::AppendTasks {
        tasks: vec![Tree::Map(vec![("id".to_owned(), Tree::from("B"))])],
    };
    for (notes, between) in [
        ("|\n      a\n", ""),
        ("|+\n      a\n\n", ""),
        (">-\n      a\n", ""),
    ] {
        let before = format!("tasks:\n  - id: A\n    n: {notes}");
        becomes(&before, &edit, &format!("{before}{between}  - id: B\n"));
    }
    becomes(
        "tasks:\n  - id: A\n    n: |\n      a\n\n",
        &edit,
        "tasks:\n  - id: A\n    n: |\n      a\n  - id: B\n\n",
    );
}

#[test]
fn plain_and_quoted_text_over_lines_is_replaced_whole() {
    body(
        "    t: a\n      b\n      c # x\n",
        &set_text("A", "t", "w"),
        "    t: w # x\n",
    );
    body(
        "    t: \"a\n\n      b\"\n",
        &set_text("A", "t", "w"),
        "    t: \"w\"\n",
    );
    body(
        "    t:\n      a b\n",
        &set_text("A", "t", "w"),
        "    t:\n      w\n",
    );
    body(
        "    t:\n      a b\n",
        &set_text("A", "t", "y\nz\n"),
        "    t: |\n      y\n      z\n",
    );
    body(
        "    t:\n      # c\n      a b\n",
        &set_text("A", "t", "y\nz"),
        "    t:\n      # c\n      \"y\\nz\"\n",
    );
    body(
        "    t: a\n      b # x\n    p: 1\n",
        &remove_key("A", "t"),
        "    p: 1\n",
    );
}

#[test]
fn collections_give_way_to_scalars() {
    body(
        "    t: [a, {b: c}] # x\n",
        &set_text("A", "t", "w"),
        "    t: w # x\n",
    );
    body(
        "    t: [a,\n      b] # x\n",
        &set_text("A", "t", "w"),
        "    t: w # x\n",
    );
    body(
        "    t: # x\n      # in\n      - a\n      - b\n",
        &set_text("A", "t", "w"),
        "    t: w # x\n      # in\n",
    );
    body(
        "    t:\n      a: 1\n      b:\n        - c\n",
        &set_text("A", "t", "w"),
        "    t: w\n",
    );
}

#[test]
fn the_same_value_changes_nothing() {
    for body in [
        "    t: 'x'\n",
        "    t: \"x\"\n",
        "    t: x\n",
        "    t: >-\n      x\n",
    ] {
        super::becomes(&task(body), &set_text("A", "t", "x"), &task(body));
    }
    let list = task("    l: [ a , 'b' ]\n");
    super::becomes(&list, &set_list("A", "l", &["a", "b"]), &list);
}
