//! The commands with which a person puts a ledger's branch back (P25). laneway never moves it back
//! itself.

use crate::domain::id::ObjectId;
use crate::domain::shell::quoted;

/// What puts the ledger at `name` (`refs/heads/…`, or `refs/remotes/REMOTE/…`) back to `good` from
/// `found`, where it stands now; none: it is gone. Each way is a command line for a shell.
///
/// The hook of this clone is passed by: it keeps people from writing the ledger by hand, which is what
/// this is. A server that guards its ledger refuses it, and says what to do there.
///
/// A ref of this repository is moved only from where it was found, a remote's only from where it
/// was fetched: whoever has moved it meanwhile wins.
#[must_use]
pub fn restore(name: &str, good: ObjectId, found: Option<ObjectId>) -> String {
    let Some((remote, branch)) = name
        .strip_prefix("refs/remotes/")
        .and_then(|name| name.split_once('/'))
    else {
        // All zeros: it must not be there.
        let from = found.map_or_else(|| "0".repeat(good.to_string().len()), |id| id.to_string());
        return format!("git update-ref {} {good} {from}", quoted(name));
    };
    let from = found.map_or_else(String::new, |id| id.to_string());
    let lease = quoted(&format!("--force-with-lease=refs/heads/{branch}:{from}"));
    let (remote, to) = (
        quoted(remote),
        quoted(&format!("{good}:refs/heads/{branch}")),
    );
    format!("git push --no-verify {lease} {remote} {to} && git fetch {remote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p25_the_commands_name_where_the_ledger_stands() {
        let id = |n: u8| ObjectId::from_bytes(&[n; 20]).unwrap();
        let (good, bad) = ("07".repeat(20), "08".repeat(20));
        assert_eq!(
            restore("refs/heads/laneway", id(7), Some(id(8))),
            format!("git update-ref refs/heads/laneway {good} {bad}")
        );
        assert_eq!(
            restore("refs/heads/laneway", id(7), None),
            format!(
                "git update-ref refs/heads/laneway {good} {}",
                "0".repeat(40)
            )
        );
        assert_eq!(
            restore("refs/remotes/origin/led/ger", id(7), Some(id(8))),
            format!(
                "git push --no-verify --force-with-lease=refs/heads/led/ger:{bad} origin \
                 {good}:refs/heads/led/ger && git fetch origin"
            )
        );
    }
}
