//! A pusher that speaks git's protocol itself: it says of each ref where it stands, and need not
//! say the truth. Nothing asks for all or nothing, so git moves what it can.

use std::io::Write as _;
use std::process::Stdio;

use super::forge::{EVIL, Entry, Field};
use super::kinds::Forged;
use super::making;

const ZERO: &str = "0000000000000000000000000000000000000000";

/// One ref of such a push: where it is said to stand, what it shall be, its name.
type Command<'a> = (&'a str, &'a str, &'a str);

/// Pushes by hand; what the server said, on either channel.
fn say(field: &Field, commands: &[Command<'_>]) -> String {
    let world = &field.world;
    let wanted: Vec<&str> = commands
        .iter()
        .map(|(_, new, _)| *new)
        .filter(|new| *new != ZERO)
        .collect();
    let mut pack = world.command(&world.path(EVIL), "git", "pack-objects -q --revs --stdout");
    let mut pack = pack
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = pack.stdin.take().unwrap();
    input
        .write_all((wanted.join("\n") + "\n").as_bytes())
        .unwrap();
    drop(input);
    let pack = pack.wait_with_output().unwrap();
    assert!(pack.status.success());
    let mut bytes = Vec::new();
    for (n, (old, new, name)) in commands.iter().enumerate() {
        let able = if n == 0 { "\0report-status" } else { "" };
        let line = format!("{old} {new} {name}{able}\n");
        bytes.extend(format!("{:04x}{line}", line.len() + 4).into_bytes());
    }
    bytes.extend(b"0000");
    bytes.extend(pack.stdout);
    let mut server = world.command(&world.path(""), "git", "receive-pack hub.git");
    let mut server = server
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    server.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = server.wait_with_output().unwrap();
    let (out, err) = (output.stdout, output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(&out),
        String::from_utf8_lossy(&err)
    )
}

/// What a push by hand must not do: why it is not refused as it should be.
fn refused(field: &Field, rule: &str, commands: &[Command<'_>]) {
    let before = field.remote_refs();
    let said = say(field, commands);
    assert_eq!(field.remote_refs(), before, "{rule}: it moved\n{said}");
    assert!(said.contains(&format!("  {rule}: ")), "{rule}:\n{said}");
}

const LEDGER: &str = "refs/heads/laneway";
const TARGET: &str = "refs/heads/main";

#[test]
fn x07_the_guard_believes_no_pusher_where_a_ref_stands() {
    let field = Field::new();
    let (ledger, target) = (field.ledger.as_str(), field.target.as_str());
    // The control: an honest step by the same client.
    let honest = field.git("rev-parse refs/honest/note").trim().to_owned();
    let said = say(&field, &[(ledger, &honest, LEDGER)]);
    assert!(said.contains(&format!("ok {LEDGER}")), "{said}");
    field.restore();

    // Who makes himself an admin says that the target had those rules already: git refuses the
    // target for it, and would take the ledger.
    let Forged {
        ledger: Some(forged),
        target: Some(rules),
        ..
    } = making::promoted_at_once(&field)
    else {
        panic!("no forgery");
    };
    let on = on_top(&field, &rules);
    for said in [rules.as_str(), ZERO] {
        refused(
            &field,
            "ref-moved",
            &[(ledger, &forged, LEDGER), (said, &on, TARGET)],
        );
    }

    // Code that nobody landed, by a ledger that never was.
    let code = making::on_target(&field, "bot@example.com", &[("src/z", Entry::Text("1\n"))]);
    let (made_up, note) = made_up(&field, &code);
    refused(
        &field,
        "ref-moved",
        &[(&made_up, &note, LEDGER), (target, &code, TARGET)],
    );

    // One ref, twice.
    let other = field.git("rev-parse refs/honest/claim").trim().to_owned();
    refused(
        &field,
        "ref-twice",
        &[(ledger, &honest, LEDGER), (ledger, &other, LEDGER)],
    );
}

/// A commit of nothing on top of another.
fn on_top(field: &Field, parent: &str) -> String {
    let mut raw = field.raw(parent);
    raw.parents = vec![parent.to_owned()];
    field.commit(&raw)
}

/// A ledger in which `B-1` is done by `code`, which nobody decided, and an honest note on it.
fn made_up(field: &Field, code: &str) -> (String, String) {
    let mut done = field.honest("merge");
    let landed = field
        .git("rev-parse refs/honest/merge-main")
        .trim()
        .to_owned();
    let path = field.path(&done.tree, "B-1.yaml");
    let text = field.file(&done.tree, &path).replace(&landed, code);
    assert!(text.contains(code));
    done.tree = field.tree(&done.tree, &[(path.as_str(), Entry::Text(&text))]);
    done.parents = vec![field.ledger.clone()];
    let made_up = field.commit(&done);
    let mut note = field.honest("note");
    let path = field.path(&note.tree, "A-2.yaml");
    let text = field.file(&note.tree, &path);
    note.tree = field.tree(&done.tree, &[(path.as_str(), Entry::Text(&text))]);
    note.parents = vec![made_up.clone()];
    (made_up, field.commit(&note))
}

#[test]
fn x07_no_other_name_of_a_ref_goes_around_the_guard() {
    let field = Field::new();
    let world = &field.world;
    let code = making::on_target(&field, "bot@example.com", &[("src/z", Entry::Text("1\n"))]);
    let note = field.git("rev-parse refs/honest/note").trim().to_owned();
    let names = [
        ("refs/heads/master", TARGET, field.target.as_str(), &code),
        ("refs/heads/queue", LEDGER, field.ledger.as_str(), &note),
        ("refs/heads/saved", "refs/laneway/work/A-2/1", ZERO, &code),
        (
            "refs/heads/twice",
            "refs/heads/master",
            field.target.as_str(),
            &code,
        ),
    ];
    for (alias, real, old, new) in names {
        world.git_in("hub.git", &format!("symbolic-ref {alias} {real}"));
        refused(&field, "ref-alias", &[(old, new, alias)]);
    }
    refused(
        &field,
        "ref-alias",
        &[(&field.target, ZERO, "refs/heads/master")],
    );
}

#[test]
fn x07_what_came_in_beside_the_guard_is_not_called_judged() {
    let field = Field::new();
    let world = &field.world;
    let hook = world.path("hub.git/hooks/pre-receive");
    let kept = world.path("hub.git/hooks/off");
    std::fs::rename(&hook, &kept).unwrap();
    let verified = "rev-parse refs/laneway/verified/laneway";
    let before = world.git_in("hub.git", verified);
    for forge in [
        making::from_the_future,
        making::empty,
        making::promoted_aside,
    ] {
        let forged = forge(&field);
        let new = forged.ledger.unwrap();
        let said = say(&field, &[(&field.ledger, &new, LEDGER)]);
        assert!(said.contains(&format!("ok {LEDGER}")), "{said}");
        assert_eq!(world.git_in("hub.git", verified), before, "{said}");
        world.git_in("hub.git", &format!("update-ref {LEDGER} {}", field.ledger));
    }
    // What holds is called so, even then.
    let honest = field.git("rev-parse refs/honest/note").trim().to_owned();
    say(&field, &[(&field.ledger, &honest, LEDGER)]);
    assert_eq!(world.git_in("hub.git", verified).trim(), honest);
}

#[test]
fn x07_a_copy_of_the_ledger_and_names_of_laneway_stay_out() {
    let field = Field::new();
    let note = field.git("rev-parse refs/honest/note").trim().to_owned();
    for name in ["refs/heads/laneway2", "refs/heads/main2"] {
        refused(&field, "ledger-copy", &[(ZERO, &note, name)]);
    }
    // Before there is a ledger, too.
    let world = &field.world;
    world.git_in("hub.git", "update-ref -d refs/heads/laneway");
    world.git_in("hub.git", "update-ref -d refs/laneway/verified/laneway");
    for name in [
        "refs/laneway/verified",
        "refs/laneway/x",
        "refs/laneway/verified/laneway",
    ] {
        refused(&field, "ref-reserved", &[(ZERO, &field.target, name)]);
    }
}
