//! Where refs stand by the repository's own word, and not by the pusher's.

use std::collections::HashSet;

use crate::domain::push::{Denied, MOVED, OWN, REPLACED, Update, VERIFIED, WORK};
use crate::git::{GitError, Repo};

/// The updates of a push, once every `old` is where the ref stands; else why none is judged.
///
/// Git compares the old values only after the hook, ref by ref: of a push that does not ask for all
/// or nothing, it would take what was judged beside a ref that it refuses. A ref that is another
/// name of a second one would be judged by the wrong name.
pub(super) fn compared(repo: &Repo, updates: &[Update]) -> Result<Vec<Denied>, GitError> {
    let mut denied = Vec::new();
    let mut names = HashSet::new();
    for update in updates {
        let name = update.name.as_str();
        if let Some(fact) = update.misnamed() {
            // It goes by being deleted, and nothing that laneway judges has such a name.
            if update.new.is_some() {
                let hint = "give it a name in UTF-8";
                denied.push(Denied::new("ref-name", name, fact, hint));
            }
        } else if !names.insert(name) {
            let fact = "the push names it twice";
            denied.push(Denied::new("ref-twice", name, fact, "push one of both"));
        } else if let Some(real) = repo.leads_to(name)? {
            let fact = format!("here it is another name of {real}, a symbolic ref");
            let hint = format!("push to {real}, by its own name");
            denied.push(Denied::new("ref-alias", name, fact, hint));
        } else {
            let stands = repo.tip(name)?;
            if stands != update.old {
                let word = |at: Option<_>| at.map_or("nothing".to_owned(), |at| format!("{at}"));
                let (here, said) = (word(stands), word(update.old));
                let fact = format!("it is at {here} but the push expected {said}");
                denied.push(Denied::new(MOVED, name, fact, "fetch, then push again"));
            }
        }
    }
    Ok(denied)
}

/// What nobody pushes, ledger or not.
pub(super) fn reserved(update: &Update) -> Option<Denied> {
    let name = update.name.as_str();
    if name.starts_with(REPLACED) {
        let fact = "git here would read another object in place of the one that was judged";
        let hint = "leave it out; a replacement counts in the clone that wants it";
        return Some(Denied::new("ref-reserved", name, fact, hint));
    }
    // A ref of the directory's own name would keep every ref below it out.
    let own = name.starts_with(OWN) || format!("{name}/") == OWN;
    if !own || name.starts_with(WORK) {
        return None;
    }
    let (fact, hint) = match name.starts_with(VERIFIED) {
        true => (
            "the server alone says what it has judged".to_owned(),
            "leave this ref out",
        ),
        false => (
            format!("{OWN} belongs to laneway, which writes no such ref to a server"),
            "use another name",
        ),
    };
    Some(Denied::new("ref-reserved", name, fact, hint))
}
