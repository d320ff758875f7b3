//! Lists of texts and lists of items under other keys.

use super::*;

fn list(before: &str, items: &[&str], after: &str) {
    let document = |body: &str| format!("tasks:\n  - id: A\n{body}  - id: B\n");
    becomes(
        &document(before),
        &set_list("A", "l", items),
        &document(after),
    );
}

#[test]
fn brackets_stay_brackets() {
    list(
        "    l: [a, 'b'] # c\n",
        &["a", "b", "d"],
        "    l: [a, 'b', d] # c\n",
    );
    list("    l: [a, 'b']\n", &["b"], "    l: ['b']\n");
    list("    l: [a, b]\n", &[], "    l: []\n");
    list(
        "    l: []\n",
        &["a, b", "**/x"],
        "    l: [\"a, b\", \"**/x\"]\n",
    );
    list(
        "    l: [a,\n      b,\n    ]\n",
        &["b", "c"],
        "    l: [b, c]\n",
    );
    list(
        "    l: [1, true]\n",
        &["1", "true"],
        "    l: [\"1\", \"true\"]\n",
    );
}

#[test]
fn block_lists_keep_the_lines_that_stay() {
    let before = "    l: # c\n      # first\n      - a # one\n      # second\n      - 'b'\n      - c # three\n";
    list(
        before,
        &["a", "b", "c", "d"],
        &format!("{before}      - d\n"),
    );
    list(before, &["a", "x", "c"], &before.replace("'b'", "x"));
    list(before, &["a", "c"], &before.replace("      - 'b'\n", ""));
    list(
        before,
        &["b", "c"],
        &before.replace("      - a # one\n", ""),
    );
    list(
        before,
        &["z", "a", "b", "c"],
        &before.replace("      - a", "      - z\n      - a"),
    );
    list(
        before,
        &["a", "w", "b", "c"],
        &before.replace("# one\n", "# one\n      - w\n"),
    );
    list(
        "    l:\n    - a\n",
        &["a", "b"],
        "    l:\n    - a\n    - b\n",
    );
}

#[test]
fn lists_appear_and_disappear() {
    list(
        "    p: 1\n",
        &["a", "no"],
        "    p: 1\n    l:\n      - a\n      - \"no\"\n",
    );
    list("    l:\n", &["a"], "    l:\n      - a\n");
    list("    l: # c\n", &["a"], "    l: # c\n      - a\n");
    list("    l: ~\n", &["a"], "    l:\n      - a\n");
    list("    l: a # c\n", &["a"], "    l: # c\n      - a\n");
    list("    l: |\n      a\n", &["a"], "    l:\n      - a\n");
    list("    l: # c\n      - a\n      - b\n", &[], "    l: [] # c\n");
    list("    l:\n      a: 1\n", &["b"], "    l:\n      - b\n");
    list("    p: 1\n", &[], "    p: 1\n    l: []\n");
}

#[test]
fn items_of_several_lines_are_blocks() {
    list(
        "    l:\n      - a\n",
        &["a", "x\ny\n"],
        "    l:\n      - a\n      - |\n        x\n        y\n",
    );
    list(
        "    l: [a]\n",
        &["a", "x\ny\n"],
        "    l: [a, \"x\\ny\\n\"]\n",
    );
    let before = "    l:\n      - |\n        a\n\n      - >-\n        b\n      -\n        c\n";
    list(
        before,
        &["a\n", "b", "d"],
        &before.replace("-\n        c\n", "- d\n"),
    );
    list(
        before,
        &["a\n", "c"],
        "    l:\n      - |\n        a\n\n      -\n        c\n",
    );
}

#[test]
fn an_empty_task_list_becomes_a_block_list() {
    let task =
        "  - id: B\n    depends_on:\n      - A\n      - \"true\"\n    notes: |\n      x\n      y\n";
    becomes("tasks: []\n", &append("B"), &format!("tasks:\n{task}"));
    becomes(
        "tasks: [] # none\nx: 1\n",
        &append("B"),
        &format!("tasks: # none\n{task}x: 1\n"),
    );
    becomes("tasks: [\n  ]\n", &append("B"), &format!("tasks:\n{task}"));
    becomes(
        "tasks:\n# c\n",
        &append("B"),
        &format!("tasks:\n{task}# c\n"),
    );
    becomes(
        "version: 1 # v\n",
        &append("B"),
        &format!("version: 1 # v\ntasks:\n{task}"),
    );
    becomes(
        "version: 1\ntasks: ~",
        &append("B"),
        &format!("version: 1\ntasks:\n{}", task.trim_end()),
    );
}

#[test]
fn several_tasks_come_at_once() {
    let task = |id: &str| Tree::Map(vec![("id".to_owned(), Tree::from(id))]);
    let edit = Edit::AppendTasks {
        tasks: vec![task("B"), task("C")],
    };
    becomes(
        "tasks:\n- id: A\n",
        &edit,
        "tasks:\n- id: A\n- id: B\n- id: C\n",
    );
    becomes(
        "tasks:\n- id: A\n",
        &Edit::AppendTasks { tasks: vec![] },
        "tasks:\n- id: A\n",
    );
}

#[test]
fn the_last_task_leaves_an_empty_list() {
    becomes(
        "tasks:\n  - id: A\n    p: 1\nx: 1\n",
        &remove("A"),
        "tasks: []\nx: 1\n",
    );
    becomes(
        "tasks: # all\n  # one\n  - id: A\n  # end\n",
        &remove("A"),
        "tasks: [] # all\n  # one\n  # end\n",
    );
}

#[test]
fn items_of_other_lists_are_edited() {
    let before = "workstations:\n- name: ws-1\n  hosts: [a]\n# two\n- {name: ws-2}\n- name: ws-3\n";
    let item = |name: &str| Route::key("workstations").then(("name", name));
    becomes(
        before,
        &Edit::SetScalar {
            route: item("ws-1").then("state"),
            value: text("ready"),
        },
        &before.replace("[a]\n", "[a]\n  state: ready\n"),
    );
    becomes(
        before,
        &Edit::RemoveItem { item: item("ws-2") },
        &before.replace("- {name: ws-2}\n", ""),
    );
    let new = Tree::Map(vec![("name".to_owned(), Tree::from("ws-4"))]);
    becomes(
        before,
        &Edit::AppendItems {
            list: Route::key("workstations"),
            items: vec![new],
        },
        &format!("{before}- name: ws-4\n"),
    );
    let route = Route::key("routing")
        .then(("task_type", "x"))
        .then("fallback");
    becomes(
        "routing:\n  - task_type: x\n    fallback:\n    - a: 1\n  - task_type: y\n",
        &Edit::AppendItems {
            list: route,
            items: vec![Tree::Map(vec![("b".to_owned(), Tree::Int(2))])],
        },
        "routing:\n  - task_type: x\n    fallback:\n    - a: 1\n    - b: 2\n  - task_type: y\n",
    );
}

#[test]
fn a_task_in_braces_can_be_removed() {
    becomes(
        "tasks:\n  - {id: A}\n  - {id: B} # b\n",
        &remove("B"),
        "tasks:\n  - {id: A}\n",
    );
}
