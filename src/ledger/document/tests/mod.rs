//! Awkward documents with byte-exact results, refusals with their positions, and random edits.

use super::{Atom, Document, Edit, EditError, Route};
use crate::ledger::yaml::Tree;

mod awkward_layouts;
mod awkward_values;
mod lists;
mod properties;
mod refusals;

fn text(value: &str) -> Atom {
    Atom::Text(value.to_owned())
}

fn set(id: &str, key: &str, value: Atom) -> Edit {
    Edit::SetScalar {
        route: Route::task(id).then(key),
        value,
    }
}

fn set_text(id: &str, key: &str, value: &str) -> Edit {
    set(id, key, text(value))
}

fn set_list(id: &str, key: &str, items: &[&str]) -> Edit {
    let items = items.iter().map(|item| (*item).to_owned()).collect();
    Edit::SetList {
        route: Route::task(id).then(key),
        items,
    }
}

fn remove_key(id: &str, key: &str) -> Edit {
    Edit::RemoveKey {
        route: Route::task(id).then(key),
    }
}

fn remove(id: &str) -> Edit {
    Edit::RemoveTask { id: id.to_owned() }
}

fn append(id: &str) -> Edit {
    let task = vec![
        ("id".to_owned(), Tree::from(id)),
        ("depends_on".to_owned(), Tree::texts(["A", "true"])),
        ("notes".to_owned(), Tree::from("x\ny\n")),
    ];
    Edit::AppendTasks {
        tasks: vec![Tree::Map(task)],
    }
}

fn edited(before: &str, edit: &Edit) -> Result<String, EditError> {
    let mut document = Document::new(before.to_owned());
    document.apply(edit).map(|()| document.into_source())
}

/// `edit` turns `before` into exactly `after`.
#[track_caller]
fn becomes(before: &str, edit: &Edit, after: &str) {
    match edited(before, edit) {
        Ok(result) => assert_eq!(result, after, "left: result, right: expected"),
        Err(error) => panic!("{error:?}"),
    }
}

/// `edit` is refused with `line:column: message`, and the document is unchanged.
#[track_caller]
fn refused(before: &str, edit: &Edit, error: &str) {
    let mut document = Document::new(before.to_owned());
    let refusal = document.apply(edit).expect_err(document.source());
    assert_eq!(refusal.to_string(), error);
    assert_eq!(document.source(), before);
}
