//! Where things stand: comments, line ends, markers, indentation, quotes of keys.

use super::*;

#[test]
fn a_value_changes_and_its_comment_stays() {
    becomes(
        "# plan\ntasks:\n  - id: A # first\n    priority:   1   # why\n    # below\n",
        &set("A", "priority", Atom::Int(2)),
        "# plan\ntasks:\n  - id: A # first\n    priority:   2   # why\n    # below\n",
    );
}

#[test]
fn crlf_stays() {
    becomes(
        "tasks:\r\n  - id: A\r\n    priority: 1\r\n",
        &set("A", "risk", text("high")),
        "tasks:\r\n  - id: A\r\n    priority: 1\r\n    risk: high\r\n",
    );
    becomes(
        "tasks:\r\n  - id: A\r\n",
        &append("B"),
        "tasks:\r\n  - id: A\r\n  - id: B\r\n    depends_on:\r\n      - A\r\n      - \"true\"\r\n    notes: |\r\n      x\r\n      y\r\n",
    );
    becomes(
        "tasks:\r\n- id: A\r\n  notes: |\r\n    x\r\n  p: 1\r\n",
        &remove_key("A", "notes"),
        "tasks:\r\n- id: A\r\n  p: 1\r\n",
    );
}

#[test]
fn mixed_line_ends_follow_the_neighbour() {
    becomes(
        "version: 1\ntasks:\n  - id: A\r\n    p: 1\r\n  - id: B\n    p: 1\n",
        &set("A", "q", Atom::Bool(true)),
        "version: 1\ntasks:\n  - id: A\r\n    p: 1\r\n    q: true\r\n  - id: B\n    p: 1\n",
    );
    becomes(
        "tasks:\r\n  - id: A\r\n    p: 1\r\n  - id: B\n    p: 1\n",
        &set("B", "q", Atom::Bool(true)),
        "tasks:\r\n  - id: A\r\n    p: 1\r\n  - id: B\n    p: 1\n    q: true\n",
    );
}

#[test]
fn a_byte_order_mark_stays() {
    becomes(
        "\u{feff}version: 1\ntasks: []\n",
        &Edit::SetScalar {
            route: Route::key("version"),
            value: Atom::Int(2),
        },
        "\u{feff}version: 2\ntasks: []\n",
    );
    becomes(
        "\u{feff}version: 1\ntasks: []\n",
        &Edit::RemoveKey {
            route: Route::key("version"),
        },
        "\u{feff}tasks: []\n",
    );
    becomes(
        "\u{feff}tasks: []\n",
        &append("B"),
        "\u{feff}tasks:\n  - id: B\n    depends_on:\n      - A\n      - \"true\"\n    notes: |\n      x\n      y\n",
    );
    becomes(
        "\u{feff}a: 1\n",
        &Edit::SetScalar {
            route: Route::key("b"),
            value: Atom::Int(2),
        },
        "\u{feff}a: 1\nb: 2\n",
    );
}

#[test]
fn a_missing_final_newline_stays_missing() {
    becomes(
        "tasks:\n  - id: A",
        &set("A", "p", Atom::Int(1)),
        "tasks:\n  - id: A\n    p: 1",
    );
    becomes(
        "tasks:\n  - id: A\n    p: 1 # c",
        &set("A", "p", Atom::Int(2)),
        "tasks:\n  - id: A\n    p: 2 # c",
    );
    becomes(
        "tasks:\n  - id: A\n    p: 1",
        &remove_key("A", "p"),
        "tasks:\n  - id: A",
    );
    becomes(
        "tasks:\r\n- id: A\r\n- id: B",
        &remove("B"),
        "tasks:\r\n- id: A",
    );
    becomes(
        "tasks:\n- id: A",
        &append("B"),
        "tasks:\n- id: A\n- id: B\n  depends_on:\n    - A\n    - \"true\"\n  notes: |\n    x\n    y",
    );
    becomes("tasks:\n  - id: A", &remove("A"), "tasks: []");
}

#[test]
fn unindented_sequences_stay_unindented() {
    becomes(
        "tasks:\n- id: A\n  p: 1\n- id: B\nother: 1\n",
        &append("C"),
        "tasks:\n- id: A\n  p: 1\n- id: B\n- id: C\n  depends_on:\n    - A\n    - \"true\"\n  notes: |\n    x\n    y\nother: 1\n",
    );
    becomes(
        "tasks:\n- id: A\n- id: B\nother: 1\n",
        &set("B", "p", Atom::Int(1)),
        "tasks:\n- id: A\n- id: B\n  p: 1\nother: 1\n",
    );
}

#[test]
fn comments_between_tasks_stay() {
    let before =
        "tasks:\n  # group one\n  - id: A\n    p: 1\n\n  # group two\n  - id: B\n  # end\n";
    becomes(
        before,
        &set("A", "q", Atom::Int(2)),
        "tasks:\n  # group one\n  - id: A\n    p: 1\n    q: 2\n\n  # group two\n  - id: B\n  # end\n",
    );
    becomes(
        before,
        &remove("A"),
        "tasks:\n  # group one\n\n  # group two\n  - id: B\n  # end\n",
    );
    becomes(
        before,
        &remove("B"),
        "tasks:\n  # group one\n  - id: A\n    p: 1\n\n  # group two\n  # end\n",
    );
}

#[test]
fn deeper_comments_below_go_with_what_is_removed() {
    let before = "tasks:\n  - id: A\n    p: 1\n    # of A\n\n      # too\n\n  # of B\n  - id: B\n";
    becomes(before, &remove("A"), "tasks:\n\n  # of B\n  - id: B\n");
    becomes(
        before,
        &remove_key("A", "p"),
        &before.replace("    p: 1\n", ""),
    );
}

#[test]
fn appended_tasks_are_set_apart_where_tasks_are() {
    becomes(
        "tasks:\n  - id: A\n\n  - id: B\n\n# end\n",
        &append("C"),
        "tasks:\n  - id: A\n\n  - id: B\n\n  - id: C\n    depends_on:\n      - A\n      - \"true\"\n    notes: |\n      x\n      y\n\n# end\n",
    );
}

#[test]
fn markers_and_directives_stay() {
    becomes(
        "%YAML 1.2\n---\n# c\ntasks:\n  - id: A\n...\n",
        &set("A", "p", Atom::Int(1)),
        "%YAML 1.2\n---\n# c\ntasks:\n  - id: A\n    p: 1\n...\n",
    );
    becomes(
        "---\ntasks:\n- id: A\n...\n# after\n",
        &remove("A"),
        "---\ntasks: []\n...\n# after\n",
    );
    becomes(
        "---\na: 1\n",
        &Edit::SetScalar {
            route: Route::key("b"),
            value: Atom::Int(1),
        },
        "---\na: 1\nb: 1\n",
    );
}

#[test]
fn the_id_need_not_come_first() {
    becomes(
        "tasks:\n  - title: x\n    id: A\n  - title: y\n    id: B\n",
        &set_text("B", "title", "z"),
        "tasks:\n  - title: x\n    id: A\n  - title: z\n    id: B\n",
    );
    becomes(
        "tasks:\n  - title: x # c\n    id: A\n",
        &remove_key("A", "title"),
        "tasks:\n  - id: A\n",
    );
    becomes(
        "tasks:\n  - title: x\n\n    # about the id\n    id: A\n",
        &remove_key("A", "title"),
        "tasks:\n  - # about the id\n    id: A\n",
    );
    becomes(
        "tasks:\n  - deep:\n      - 1\n    id: A\n",
        &remove_key("A", "deep"),
        "tasks:\n  - id: A\n",
    );
}

#[test]
fn quoted_keys_and_ids_are_found() {
    becomes(
        "\"tasks\" :\n  - 'id' : \"A-\\u0031\"\n    \"p: q\" : 1\n",
        &set("A-1", "p: q", Atom::Int(2)),
        "\"tasks\" :\n  - 'id' : \"A-\\u0031\"\n    \"p: q\" : 2\n",
    );
    becomes(
        "tasks:\n  - id: 12\n    p: 1\n",
        &set("12", "a: b", Atom::Int(2)),
        "tasks:\n  - id: 12\n    p: 1\n    \"a: b\": 2\n",
    );
}

#[test]
fn a_dash_may_stand_alone() {
    becomes(
        "tasks:\n  -\n    id: A\n    p: 1\n  - # c\n    id: B\n",
        &set("B", "p", Atom::Int(2)),
        "tasks:\n  -\n    id: A\n    p: 1\n  - # c\n    id: B\n    p: 2\n",
    );
    becomes(
        "tasks:\n  -\n    id: A\n    p: 1\n  - # c\n    id: B\n",
        &remove("A"),
        "tasks:\n  - # c\n    id: B\n",
    );
    becomes(
        "tasks:\n  -\n    id: A\n    p: 1\n",
        &remove_key("A", "id"),
        "tasks:\n  -\n    p: 1\n",
    );
    becomes(
        "tasks:\n-   id: A\n    p: 1\n",
        &set("A", "q", Atom::Int(1)),
        "tasks:\n-   id: A\n    p: 1\n    q: 1\n",
    );
}

#[test]
fn multi_byte_text_moves_nothing() {
    becomes(
        "# ü 漢字 🦀\ntasks:\n  - id: A\n    title: \"größer 漢\" # ✓\n    p: 1\n",
        &set("A", "p", Atom::Int(2)),
        "# ü 漢字 🦀\ntasks:\n  - id: A\n    title: \"größer 漢\" # ✓\n    p: 2\n",
    );
    becomes(
        "tasks:\n  - id: Ä\n    títle: é\n",
        &set_text("Ä", "títle", "ñ"),
        "tasks:\n  - id: Ä\n    títle: ñ\n",
    );
}

#[test]
fn blank_lines_and_trailing_spaces_stay() {
    becomes(
        "tasks:  \n\n  - id: A  \n    \n    p: 1  \n   \n  - id: B\n\t\n",
        &set("A", "q", Atom::Int(2)),
        "tasks:  \n\n  - id: A  \n    \n    p: 1  \n    q: 2\n   \n  - id: B\n\t\n",
    );
}

#[test]
fn very_long_lines_stay() {
    let long = "x".repeat(100_000);
    let before = format!("tasks:\n  - id: A\n    title: {long} # {long}\n    p: 1\n");
    becomes(
        &before,
        &set("A", "p", Atom::Int(2)),
        &before.replace("p: 1", "p: 2"),
    );
}

#[test]
fn new_keys_follow_the_order() {
    let order: &[&str] = &["id", "title", "priority", "notes"];
    let before = "tasks:\n  - id: A\n    title: x # c\n    notes: |+\n      n\n\n    x-y: 1\n";
    let mut document = Document::new(before.to_owned()).with_key_order(order);
    document.apply(&set("A", "priority", Atom::Int(1))).unwrap();
    assert_eq!(
        document.source(),
        before.replace("# c\n", "# c\n    priority: 1\n")
    );
    document.apply(&set("A", "other", Atom::Int(1))).unwrap();
    assert!(document.source().ends_with("x-y: 1\n    other: 1\n"));
}

#[test]
fn nested_mappings_are_reached() {
    let route = |last: &str| Route::key("lease").then("ttl").then(last);
    let before = "lease: # c\n    ttl:\n      max: 4h\n\n# end\nx: 1\n";
    becomes(
        before,
        &Edit::SetScalar {
            route: route("min"),
            value: text("1h"),
        },
        "lease: # c\n    ttl:\n      max: 4h\n      min: 1h\n\n# end\nx: 1\n",
    );
    becomes(
        before,
        &Edit::RemoveKey {
            route: Route::key("lease"),
        },
        "\n# end\nx: 1\n",
    );
}

#[test]
fn edits_come_all_or_none() {
    let mut document = Document::new("tasks:\n  - id: A\n    p: 1\n".to_owned());
    let edits = [set("A", "p", Atom::Int(2)), remove("B")];
    assert!(document.apply_all(&edits).is_err());
    assert_eq!(document.source(), "tasks:\n  - id: A\n    p: 1\n");
    document.apply_all(&edits[..1]).unwrap();
    assert_eq!(document.source(), "tasks:\n  - id: A\n    p: 2\n");
}
