//! `direct-unmeetable`: what a forge merges, a guarded target may take (P31).

use super::{Governance, Rule, Severity, Violation};
use crate::domain::policy::{Direct, Via};

pub(super) const RULE: Rule = Rule {
    id: "direct-unmeetable",
    about: "`target.direct` lets in what pull requests merge, where work lands by them",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let by_request = policy.value.merge.via == Via::PullRequest;
    if !by_request || policy.value.direct != Direct::TasksOnly {
        return Vec::new();
    }
    let message = "a forge merges before the task is done, and `tasks_only` lets in what is done: \
                   a server with laneway's hooks would refuse every merge";
    vec![
        Violation::new(policy.file, "/target/direct", message.to_owned())
            .hint("`direct: listed`, and protect the branch on the forge".to_owned()),
    ]
}
