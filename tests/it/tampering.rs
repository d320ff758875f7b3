//! X07, P25: every way in which somebody with a clone and git's plumbing could make the ledger say
//! what is not so, or the target hold what nobody landed. Each kind is found in a clone that holds
//! it, and kept out by the `pre-receive` hook of a real bare remote.

mod audited;
mod forge;
mod kinds;
mod lies;
mod making;

use forge::{EVIL, Field};
use kinds::{Forged, KINDS, Kind, Seen};

/// What git says when the hook has declined.
const DECLINED: &str = "(pre-receive hook declined)";

#[test]
fn x07_tampering_of_every_kind_is_found_and_refused() {
    let field = Field::new();
    the_honest_steps_pass_both(&field);
    let before = field.remote_refs();
    let mut wrong = Vec::new();
    for kind in KINDS {
        let forged = (kind.forge)(&field);
        wrong.extend(found(&field, kind, &forged).map(|why| format!("{}: {why}", kind.name)));
        wrong.extend(audited(&field, kind, &forged).map(|why| format!("{}: {why}", kind.name)));
        wrong.extend(refused(&field, kind, &forged).map(|why| format!("{}: {why}", kind.name)));
        if field.remote_refs() != before {
            panic!("{}: the remote has moved", kind.name);
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(KINDS.len() >= 40);
}

/// The control: what is refused below is refused for what was forged.
fn the_honest_steps_pass_both(field: &Field) {
    for step in [
        "note", "claim", "review", "add", "file", "import", "archive", "handoff", "merge",
    ] {
        let mut forged = Forged {
            ledger: Some(format!("refs/honest/{step}")),
            ..Forged::default()
        };
        match step {
            "merge" => forged.target = Some("refs/honest/merge-main".to_owned()),
            "handoff" => forged.others = vec!["refs/laneway/work/A-2/1".to_owned()],
            _ => {}
        }
        hold(field, &forged);
        drop(field.world.laneway_in(EVIL, "audit verify --all").code(0));
        let pushed = push(field, &forged);
        assert_eq!(pushed, None, "{step}");
        let verified = field.world.git_in(
            "hub.git",
            "rev-parse refs/laneway/verified/laneway refs/heads/laneway",
        );
        let mut lines = verified.lines();
        assert_eq!(
            lines.next(),
            lines.next(),
            "{step}: the server says what it has judged"
        );
        field.restore();
    }
}

/// Lets the forger's clone hold what was forged, as if it had come from the remote.
fn hold(field: &Field, forged: &Forged) {
    let ledger = forged.ledger.as_ref().unwrap_or(&field.ledger);
    let target = forged.target.as_ref().unwrap_or(&field.target);
    field.git(&format!("update-ref refs/remotes/origin/laneway {ledger}"));
    field.git(&format!("update-ref refs/remotes/origin/main {target}"));
}

/// Why a kind is not found as it should be.
fn found(field: &Field, kind: &Kind, forged: &Forged) -> Option<String> {
    let world = &field.world;
    hold(field, forged);
    let said = |answer: crate::support::Answer| format!("{}{}", answer.stdout, answer.stderr);
    match kind.seen {
        Seen::Audit(fact) => {
            let answer = world.laneway_in(EVIL, "audit verify --all");
            let code = answer.exit;
            let text = said(answer);
            let named = forged.names.as_ref().or(forged.ledger.as_ref());
            let named = named.is_none_or(|id| text.starts_with(&id[..10]));
            let right = code == Some(1) && named && text.contains(fact);
            (!right).then(|| format!("audit verify ({code:?}) does not say {fact}:\n{text}"))
        }
        Seen::PrePush(rule) => {
            let new = forged.target.as_ref().unwrap();
            let line = format!("x {new} refs/heads/main {}", field.target);
            hold(field, &Forged::default());
            let answer = world.laneway_fed(EVIL, "hook pre-push origin x", &line);
            let code = answer.exit;
            let text = said(answer);
            let right = code == Some(1) && text.contains(rule);
            (!right).then(|| format!("pre-push ({code:?}) does not say {rule}:\n{text}"))
        }
        Seen::Doctor(ailment) => {
            // A clone that has seen the honest ledger.
            let seer = "repo";
            let tip = world.git_in(seer, "rev-parse refs/remotes/origin/laneway");
            match &forged.ledger {
                Some(ledger) => {
                    world.git_in(seer, &format!("fetch -q ../{EVIL} {ledger}"));
                    world.git_in(
                        seer,
                        &format!("update-ref refs/remotes/origin/laneway {ledger}"),
                    );
                }
                None => drop(world.git_in(seer, "update-ref -d refs/remotes/origin/laneway")),
            }
            let answer = world.laneway_in(seer, "doctor");
            let code = answer.exit;
            let text = said(answer);
            world.git_in(
                seer,
                &format!("update-ref refs/remotes/origin/laneway {}", tip.trim()),
            );
            let right = code == Some(1) && text.contains(ailment);
            (!right).then(|| format!("doctor ({code:?}) does not say {ailment}:\n{text}"))
        }
        Seen::Server(_) => None,
    }
}

/// Why the audit does not say of a kind that others find what it is known to say.
fn audited(field: &Field, kind: &Kind, forged: &Forged) -> Option<String> {
    let wanted = audited::ANSWERS
        .iter()
        .find(|(name, ..)| *name == kind.name);
    let why = match kind.seen {
        Seen::Audit(_) => return None,
        Seen::Server(why) => why,
        Seen::PrePush(_) | Seen::Doctor(_) => "another check finds it",
    };
    hold(field, forged);
    let answer = field.world.laneway_in(EVIL, "audit verify --all");
    let (code, text) = (answer.exit, format!("{}{}", answer.stdout, answer.stderr));
    let right =
        wanted.is_some_and(|(_, wanted, fact)| code == Some(*wanted) && text.contains(fact));
    (!right).then(|| format!("{why}, and audit verify says ({code:?}):\n{text}"))
}

/// Why a kind is not refused as it should be.
fn refused(field: &Field, kind: &Kind, forged: &Forged) -> Option<String> {
    let Some(text) = push(field, forged) else {
        return Some("the server has let it in".to_owned());
    };
    let right = text.contains(DECLINED) && text.contains(&format!("  {}: ", kind.server));
    (!right).then(|| format!("the server does not say {}:\n{text}", kind.server))
}

/// Pushes past every check of the client; what git said where it was refused.
fn push(field: &Field, forged: &Forged) -> Option<String> {
    let mut line = "push -q --no-verify --force --atomic origin".to_owned();
    let refs = [(&forged.ledger, "laneway"), (&forged.target, "main")];
    for (commit, name) in refs {
        if let Some(commit) = commit {
            line.push_str(&format!(" {commit}:refs/heads/{name}"));
        }
    }
    for other in &forged.others {
        line.push_str(&format!(" {other}"));
    }
    let world = &field.world;
    let output = world
        .command(&world.path(EVIL), "git", &line)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(text)
}
