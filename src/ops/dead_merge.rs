//! The checkout of the target that a merge had locked when it died: settled by whoever changes the
//! ledger next, as other locks of the dead are (P7). Until then `git status` there shows changes
//! that nobody made, and `git commit` fails.

use crate::ledger::Ledger;
use crate::workspace::{self, Recovered};

/// Settles what dead merges left on this machine, with a remark. What cannot be settled stays for
/// `doctor`: it is in nobody's way who only writes the ledger.
pub fn settle(ledger: &Ledger) {
    let (repo, env) = (&ledger.repo, &ledger.env);
    if !workspace::may_be_unsettled(repo) {
        return;
    }
    for settled in workspace::recover(repo, env).unwrap_or_default() {
        env.notices.add(match settled {
            Recovered::Finished { path } => format!(
                "{} was locked by a merge that died: it has followed its branch",
                path.display()
            ),
            Recovered::Undone { path } => {
                format!(
                    "{} was locked by a merge that died: it is free",
                    path.display()
                )
            }
            Recovered::Behind { path, files } => format!(
                "{} was locked by a merge that died: it is free, and behind its branch, as changes \
                 stand in the way: {}",
                path.display(),
                files.join(", ")
            ),
        });
    }
}
