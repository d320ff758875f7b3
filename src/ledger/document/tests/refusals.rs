//! What no edit touches, with the position it is refused at.

use super::*;

#[test]
fn places_in_brackets_and_braces_are_refused() {
    let braces = "tasks:\n  - {id: A, p: 1}\n";
    let message = "2:5: a mapping in braces cannot be edited";
    refused(braces, &set("A", "p", Atom::Int(2)), message);
    refused(braces, &remove_key("A", "p"), message);
    refused(braces, &set_list("A", "l", &["x"]), message);
    let brackets = "tasks: [{id: A}]\n";
    refused(
        brackets,
        &append("B"),
        "1:8: a list in brackets that is not empty",
    );
    let message = "1:8: written in brackets or braces, which cannot be edited";
    refused(brackets, &remove("A"), message);
    refused(brackets, &set("A", "p", Atom::Int(1)), message);
    refused(
        "{tasks: []}\n",
        &append("B"),
        "1:1: a mapping in braces cannot be edited",
    );
    refused(
        "tasks:\n  - id: A\n    l: [a, # c\n      b]\n",
        &set_list("A", "l", &["a"]),
        "3:8: a list in brackets with comments inside",
    );
}

#[test]
fn routes_that_lead_nowhere_are_refused() {
    let plan = "tasks:\n  - id: A\n    p: 1\n";
    refused(
        plan,
        &set("B", "p", Atom::Int(2)),
        "2:3: no item has the id `B`",
    );
    refused(plan, &remove("B"), "2:3: no item has the id `B`");
    refused("task:\n  - id: A\n", &remove("A"), "1:1: no key `tasks`");
    refused(
        "tasks:\n  - id: A\n  - id: A\n",
        &set("A", "p", Atom::Int(2)),
        "3:5: a second item has the id `A`",
    );
    let route = Route::task("A").then("p").then("q");
    refused(
        plan,
        &Edit::SetScalar {
            route,
            value: Atom::Int(1),
        },
        "3:8: not a mapping",
    );
    refused("tasks: 1\n", &append("B"), "1:8: not a list");
    refused("- id: A\n", &append("B"), "1:1: not a mapping");
    let edit = Edit::SetScalar {
        route: Route::default(),
        value: Atom::Int(1),
    };
    refused(plan, &edit, "1:1: the route does not end with a key");
    let edit = Edit::RemoveItem {
        item: Route::key("tasks"),
    };
    refused(plan, &edit, "1:1: the route does not end with an item");
}

#[test]
fn the_only_key_stays() {
    let message = "2:5: the only key of its mapping cannot be removed";
    refused("tasks:\n  - id: A\n", &remove_key("A", "id"), message);
}

#[test]
fn lists_on_the_line_of_another_are_refused() {
    let route = Route::key("l").then("m");
    let edit = Edit::SetList {
        route,
        items: vec!["x".to_owned()],
    };
    becomes("l:\n  m:\n  - a\n", &edit, "l:\n  m:\n  - x\n");
}

#[test]
fn a_kept_block_scalar_without_final_newline_cannot_be_followed() {
    let before = "n: |+\n  a";
    let edit = Edit::SetScalar {
        route: Route::key("p"),
        value: Atom::Int(1),
    };
    match edited(before, &edit) {
        Ok(after) => assert_eq!(after, "n: |+\n  a\np: 1"),
        Err(error) => assert_eq!(error.finding().line, 1),
    }
}

#[test]
fn documents_outside_the_profile_are_refused_untouched() {
    let edit = set("A", "p", Atom::Int(2));
    for (before, error) in [
        ("", "1:1: the document is empty"),
        (
            "tasks:\n  - &a id: A\n",
            "2:5: an anchor; the ledger profile has none",
        ),
        (
            "tasks:\n  - id: A\n    p: &a 1\n",
            "3:8: an anchor; the ledger profile has none",
        ),
        (
            "tasks:\n  - id: A\n    p: *a\n",
            "3:8: an alias; the ledger profile has none",
        ),
        (
            "tasks:\n  - id: A\n    <<: {p: 1}\n",
            "3:5: a merge key; the ledger profile has none",
        ),
        (
            "tasks:\n  - id: A\n    p: !!int 1\n",
            "3:8: a tag; the ledger profile has none",
        ),
        (
            "tasks:\n  - id: A\n    p: 1\n    p: 2\n",
            "4:5: duplicate key `p`",
        ),
        (
            "tasks:\n  - id: A\n\tp: 1\n",
            "3:1: a tab in the indentation",
        ),
        (
            "tasks:\n  - id: A\n---\nx: 1\n",
            "3:1: a second document; a file holds one",
        ),
        ("<<<<<<< ours\ntasks:\n", "1:1: a git conflict marker"),
    ] {
        refused(before, &edit, error);
    }
}
