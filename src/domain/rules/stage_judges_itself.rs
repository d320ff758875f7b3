//! `stage-judges-itself`: nobody is named to judge their own plan or work.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "stage-judges-itself",
    about: "the agent of `plan_review` is not that of `plan`, nor that of `review` that of `execute`",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let own = governance.stages().filter_map(|one| {
        let judged = one.stage.judges()?;
        let agent = one.terms.agent.as_ref()?;
        let same = one.contract.terms(judged)?.agent.as_ref() == Some(agent);
        (same && one.terms.secondary.is_empty()).then(|| {
            let message = format!("{agent} would judge its own `{judged}` in `{}`", one.stage);
            Violation::new(one.file, format!("{}/agent", one.pointer), message)
                .hint("name another agent for one of the two")
        })
    });
    own.collect()
}
