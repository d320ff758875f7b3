//! How the forgeries of each kind are made: an honest step with one thing changed.

use super::forge::{Entry, Field, Raw};
use super::kinds::Forged;

pub fn pushes(field: &Field, commit: &str) -> Forged {
    Forged {
        ledger: Some(rev(field, commit)),
        ..Forged::default()
    }
}

pub fn others(refspecs: &[&str]) -> Forged {
    let others = refspecs.iter().map(|spec| (*spec).to_owned()).collect();
    Forged {
        others,
        ..Forged::default()
    }
}

pub fn rev(field: &Field, name: &str) -> String {
    field.git(&format!("rev-parse {name}")).trim().to_owned()
}

/// An honest step with its parts changed.
pub fn changed(field: &Field, step: &str, change: impl Fn(&mut Raw)) -> Forged {
    let mut raw = field.honest(step);
    change(&mut raw);
    pushes(field, &field.commit(&raw))
}

/// An honest step whose message says something else.
pub fn said(field: &Field, step: &str, from: &str, to: &str) -> Forged {
    let raw = field.honest(step).says(from, to);
    pushes(field, &field.commit(&raw))
}

/// An honest step in another agent's name, through and through.
pub fn acts(field: &Field, step: &str, from: &str, to: &str) -> Forged {
    let mut raw = field.honest(step).says(from, to);
    let (old, new) = (from.trim_start_matches('@'), to.trim_start_matches('@'));
    raw.author = raw.author.replace(old, new);
    pushes(field, &field.commit(&raw))
}

/// An honest step with the text of a file changed.
pub fn at_path(field: &Field, path: &str, step: &str, changes: &[(&str, &str)]) -> Forged {
    let mut raw = field.honest(step);
    let mut text = field.file(&raw.tree, path);
    for (from, to) in changes {
        assert!(text.contains(from), "no {from} in {text}");
        text = text.replace(from, to);
    }
    raw.tree = field.tree(&raw.tree, &[(path, Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

pub fn state(field: &Field, file: &str, step: &str, changes: &[(&str, &str)]) -> Forged {
    let path = field.path(&field.honest(step).tree, file);
    at_path(field, &path, step, changes)
}

/// An honest step that puts its plan file elsewhere.
pub fn put_at(field: &Field, step: &str, to: &str) -> Forged {
    let raw = field.honest(step);
    let (new, old) = (raw.tree.clone(), format!("{}^{{tree}}", raw.parents[0]));
    let added = field.git(&format!(
        "diff-tree -r --name-only --diff-filter=A {old} {new}"
    ));
    let path = added.lines().find(|path| path.contains("queue/")).unwrap();
    let text = field.file(&new, path);
    let mut raw = raw.says(path, to);
    raw.tree = field.tree(&old, &[(to, Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

/// The acceptance of the target as it was before its last commit, as if it had been rewritten.
pub fn accepted_older(field: &Field) -> Forged {
    let mut raw = field.honest("add");
    let older = rev(field, &format!("{}~1", field.target));
    let (head, rest) = raw.message.split_once("\"verb\":").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    let verb = format!("{{\"accept_target\":{{\"target\":\"{older}\",\"reason\":\"so\"}}}}");
    let text = format!("{head}\"verb\":{verb}}}\n{rest}");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("Laneway-Task"));
    let lines = lines.map(|line| match line.split_once(": ") {
        Some(("Laneway-Op", _)) => "Laneway-Op: accept-target\n".to_owned(),
        Some(("Laneway-Law", _)) => format!("Laneway-Accepted: {older}\n{line}\n"),
        _ => format!("{line}\n").replace("add A-9 by", "accept-target by"),
    });
    raw.message = lines.collect();
    raw.tree = rev(field, &format!("{}^{{tree}}", raw.parents[0]));
    pushes(field, &field.commit(&raw))
}

/// A note with another entry in the place of a file.
pub fn entry(field: &Field, file: &str, make: for<'a> fn(&'a str) -> Entry<'a>) -> Forged {
    let mut raw = field.honest("note");
    let path = field.path(&raw.tree, file);
    let text = field.file(&raw.tree, &path);
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), make(&text))]);
    pushes(field, &field.commit(&raw))
}

/// A note with a file more.
pub fn extra(field: &Field, path: &str) -> Forged {
    let mut raw = field.honest("note");
    raw.tree = field.tree(&raw.tree, &[(path, Entry::Text("version: 1\n"))]);
    pushes(field, &field.commit(&raw))
}

/// The records of a state file: what stands before them, and each.
pub fn records(text: &str) -> (String, Vec<String>) {
    let (head, list) = text.split_once("records:\n").unwrap();
    let mut records: Vec<String> = Vec::new();
    for line in list.split_inclusive('\n') {
        match records.last_mut() {
            Some(last) if !line.trim_start().starts_with("- \"n\":") => last.push_str(line),
            _ => records.push(line.to_owned()),
        }
    }
    (format!("{head}records:\n"), records)
}

pub fn of_records(field: &Field, change: impl Fn(&mut Vec<String>)) -> Forged {
    let mut raw = field.honest("note");
    let path = field.path(&raw.tree, "A-2.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    change(&mut list);
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

pub fn dropped_record(field: &Field) -> Forged {
    of_records(field, |list| drop(list.remove(0)))
}

pub fn reordered_records(field: &Field) -> Forged {
    of_records(field, |list| list.reverse())
}

pub fn other_content_key(field: &Field) -> Forged {
    let path = field.path(&field.honest("note").tree, "B-1.yaml");
    let text = field.file(&field.honest("note").tree, &path);
    let line = text
        .lines()
        .find(|line| line.contains("content_key:"))
        .unwrap();
    let key = line.split("content_key: ").nth(1).unwrap();
    state(
        field,
        "B-1.yaml",
        "note",
        &[(&key[..40], "1234567890123456789012345678901234567890")],
    )
}

pub fn mass_deletion(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    raw.tree = field.tree(&raw.tree, &[("governance/state", Entry::Gone)]);
    raw.message = raw.message.replace("note A-2 by @bot", "Sync state");
    pushes(field, &field.commit(&raw))
}

pub fn governance_as_link(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    let gone = field.tree(&raw.tree, &[("governance", Entry::Gone)]);
    raw.tree = field.tree(&gone, &[("governance", Entry::Link("/etc"))]);
    // A ledger goes on after it, so that a clone opens it.
    pushes(field, &field.commit(&raw))
}

/// The last request once more, under its id, about something else.
pub fn duplicate_id(field: &Field) -> Forged {
    let id = |raw: &Raw| {
        let line = raw
            .message
            .lines()
            .find_map(|line| line.strip_prefix("Laneway-Id: "));
        line.unwrap().to_owned()
    };
    let before = id(&field.raw(&field.ledger));
    let raw = field.honest("note");
    let own = id(&raw);
    pushes(field, &field.commit(&raw.says(&own, &before)))
}

/// The last request once more, on the tree that it gives: a record under the next number.
pub fn replayed(field: &Field) -> Forged {
    let mut raw = field.honest("note");
    raw.parents = vec![rev(field, "refs/honest/note")];
    let path = field.path(&raw.tree, "A-2.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    let last = list.last().unwrap().clone();
    let n = list.len();
    list.push(last.replace(&format!("\"n\": {n}"), &format!("\"n\": {}", n + 1)));
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

/// A review dated ten years ahead, in everything that it says.
pub fn from_the_future(field: &Field) -> Forged {
    let mut raw = field.honest("review");
    let at = "2026-11-20T09:00:00Z";
    raw.message = raw.message.replace(at, "2036-11-20T09:00:00Z");
    let (old, new) = ("1795165200", "2110784400");
    assert!(raw.author.contains(old), "{}", raw.author);
    raw.author = raw.author.replace(old, new);
    raw.committer = raw.committer.replace(old, new);
    let path = field.path(&raw.tree, "B-1.yaml");
    let (head, mut list) = records(&field.file(&raw.tree, &path));
    let last = list.pop().unwrap();
    list.push(last.replace(at, "2036-11-20T09:00:00Z"));
    let text = head + &list.concat();
    raw.tree = field.tree(&raw.tree, &[(path.as_str(), Entry::Text(&text))]);
    pushes(field, &field.commit(&raw))
}

pub fn merge_of_the_target(field: &Field) -> Forged {
    changed(field, "note", |raw| raw.parents.push(field.target.clone()))
}

pub fn empty(field: &Field) -> Forged {
    let mut raw = field.raw(&field.ledger);
    raw.parents = vec![field.ledger.clone()];
    raw.message = "sync\n".to_owned();
    pushes(field, &field.commit(&raw))
}

pub fn second_beginning(field: &Field) -> Forged {
    changed(field, "note", |raw| raw.parents.clear())
}

/// The commit before the last in another's name, and the last on top of it.
pub fn rewritten(field: &Field) -> Forged {
    let mut before = field.raw(&format!("{}~1", field.ledger));
    before.author = before.author.replace("@bot", "@two");
    let forged = field.commit(&before);
    let mut last = field.raw(&field.ledger);
    last.parents = vec![forged.clone()];
    let names = Some(forged);
    Forged {
        names,
        ..pushes(field, &field.commit(&last))
    }
}

pub fn tag_as_ledger(field: &Field) -> Forged {
    field.git(&format!("tag -f -a -m x smuggled {}", field.ledger));
    pushes(field, "refs/tags/smuggled")
}

pub fn second_ledger(field: &Field) -> Forged {
    let forged = at_path(
        field,
        "governance/ledger.yaml",
        "note",
        &[("branch: laneway", "branch: lane2")],
    );
    others(&[&format!("{}:refs/heads/lane2", forged.ledger.unwrap())])
}

/// A commit on the target with these files.
pub fn on_target(field: &Field, committer: &str, entries: &[(&str, Entry<'_>)]) -> String {
    let mut raw = field.raw(&field.target);
    raw.tree = field.tree(&raw.tree, entries);
    raw.parents = vec![field.target.clone()];
    raw.committer = format!("Somebody <{committer}> 1795165200 +0000");
    raw.message = "change\n".to_owned();
    field.commit(&raw)
}

pub fn target(field: &Field, file: &str) -> Forged {
    let target = on_target(field, "dana@example.com", &[(file, Entry::Text("1\n"))]);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

pub fn governed(field: &Field, file: &str, text: &str) -> Forged {
    let target = on_target(field, "dana@example.com", &[(file, Entry::Text(text))]);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

pub fn promoted(field: &Field) -> String {
    let path = "governance/identity-map.yaml";
    let map = field.file(&field.target, path);
    let map = map.replace(
        "may: [claim, handoff], emails: [test@",
        "may: [claim, handoff, plan, admin], emails: [test@",
    );
    on_target(field, "bot@example.com", &[(path, Entry::Text(&map))])
}

/// A task added by who may not, by rules of a commit that is on no target.
pub fn promoted_aside(field: &Field) -> Forged {
    let rules = promoted(field);
    let mut raw = field
        .honest("add")
        .says("@dana", "@bot")
        .says(&field.target, &rules);
    raw.author = raw.author.replace("dana", "bot");
    // The rules themselves come along, under a name that nobody minds.
    let others = vec![format!("{rules}:refs/heads/aside")];
    Forged {
        others,
        ..pushes(field, &field.commit(&raw))
    }
}

pub fn promoted_at_once(field: &Field) -> Forged {
    Forged {
        target: Some(promoted(field)),
        ..promoted_aside(field)
    }
}

pub fn rules_by_bot(field: &Field) -> Forged {
    Forged {
        target: Some(promoted(field)),
        ..Forged::default()
    }
}

pub fn rules_and_code(field: &Field) -> Forged {
    let entries = [
        ("governance/note.md", Entry::Text("x\n")),
        ("src/z", Entry::Text("1\n")),
    ];
    let target = on_target(field, "dana@example.com", &entries);
    Forged {
        target: Some(target),
        ..Forged::default()
    }
}

pub fn target_governance_as_link(field: &Field) -> Forged {
    let tree = field.tree(&field.target, &[("governance", Entry::Gone)]);
    let mut raw = field.raw(&field.target);
    raw.tree = field.tree(&tree, &[("governance", Entry::Link("/etc"))]);
    raw.parents = vec![field.target.clone()];
    Forged {
        target: Some(field.commit(&raw)),
        ..Forged::default()
    }
}

pub fn work(field: &Field, name: &str) -> Forged {
    others(&[&format!("{}:refs/laneway/work/{name}", field.target)])
}
