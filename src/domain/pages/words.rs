/// What helps against a violation of a rule, by the id of the rule.
pub const RULE_TEXTS: &[(&str, &str)] = &[
    (
        "task-defined-twice",
        "Nobody knows which of two definitions counts, so the task is refused until one goes. The \
         same definition on target and ledger is fine: the target's counts.",
    ),
    (
        "task-id-pattern",
        "The pattern keeps ids searchable. A task that was claimed keeps its id: widen the pattern \
         rather.",
    ),
    (
        "required-field",
        "What policy requires is there before work starts, not after somebody asked. Add the key, \
         or take it from `required.fields`.",
    ),
    (
        "required-section",
        "Sections are headings of `notes`, such as `Context:`. Add them, or take them from \
         `required.note_sections`.",
    ),
    (
        "dependency-unknown",
        "A task that depends on nothing that exists never starts. Mend the id, or define the task.",
    ),
    (
        "dependency-self",
        "Take the edge out: the task would wait for itself.",
    ),
    (
        "dependency-twice",
        "Harmless, and a sign of a merge gone wrong. Leave one.",
    ),
    (
        "dependency-cycle",
        "None of its tasks can ever start. Take one of the edges out.",
    ),
    (
        "dependency-on-parent",
        "The parent lands after its parts, so a part that depends on it never starts. Depend on \
         what the parent needs instead.",
    ),
    ("parent-unknown", "Mend the id, or define the parent."),
    (
        "parent-cycle",
        "A task would be a part of itself. Take one of the `parent` keys out.",
    ),
    (
        "merge-order-conflict",
        "The group lands a task before one that it needs. Raise its `merge_order` or stage, or \
         take the dependency out.",
    ),
    (
        "role-unknown",
        "Without a role there is no lane: nobody can claim it. Add the role to policy, or name \
         another.",
    ),
    (
        "role-reviews-only",
        "A role that only reviews has no lanes. Give the task to a role that does the work.",
    ),
    (
        "lane-unknown",
        "The task waits for a lane that does not exist. Raise `lanes` of the role, or drop the \
         pin.",
    ),
    (
        "stage-unknown",
        "Add the stage to `merge.stages`, or name one of those.",
    ),
    (
        "stage-gate-unmeetable",
        "Nobody could ever claim the task. Add the stage that the gate asks for, or name another \
         gate.",
    ),
    (
        "paths-all-forbidden",
        "The task may touch nothing at all. Narrow `forbidden_paths`.",
    ),
    (
        "type-unrouted",
        "In an enforced map nobody may claim it. Add a route for the type.",
    ),
    (
        "route-workstation-unknown",
        "The route leads nowhere. Register the workstation, or mend the name.",
    ),
    (
        "route-type-refused",
        "The route leads to a workstation that does not take the type. Add it to `task_types`, or \
         route elsewhere.",
    ),
    (
        "route-agent-unknown",
        "The route names nobody who could claim. Add the agent to `agents`, or mend the name.",
    ),
    (
        "agent-role-unknown",
        "The role gives the agent nothing. Mend the name, or add the role to policy.",
    ),
    (
        "reviewer-role-unknown",
        "The route can never be satisfied. Mend the name, or add the role to policy.",
    ),
    (
        "signature-unmeetable",
        "Every change of the ledger would be refused. List the agents with their keys or addresses \
         first, then ask for them.",
    ),
    (
        "no-admin",
        "Whoever pushed this could not take it back: the server lets commits of `governance/` in from \
         admins only. Name one, with an address, in the same commit.",
    ),
    (
        "authority-differs",
        "The ledger's marker decides. Make policy say the same.",
    ),
    (
        "target-differs",
        "The ledger's marker decides. Make policy say the same.",
    ),
    (
        "state-without-definition",
        "Somebody holds or did a task that no plan file defines any more. Put the definition back; \
         ids are for ever.",
    ),
    (
        "task-archived",
        "Ids are for ever: what others wrote about the old task would be read as if it were about \
         the new one.",
    ),
    (
        "placeholder",
        "Whoever claims the task reads nothing else. Say what is to be done, or take the key out.",
    ),
    (
        "package-missing",
        "Nobody can claim the task without it: `laneway package new ID` writes one.",
    ),
    (
        "package-disagrees",
        "Worker and reviewer would go by different words. The task decides: mend the package, or \
         write it anew with `laneway package new`.",
    ),
    (
        "package-section",
        "The sections are what a worker and a reviewer go by. Fill them in, with \"none\" said in \
         a sentence where nothing is owed.",
    ),
    (
        "private-term",
        "`hygiene.terms` of policy names it. Take the term out of the text; what was pushed stays \
         in history.",
    ),
    (
        "secret",
        "Whoever can read the repository can use it. Revoke it first, then take it out: history \
         keeps it.",
    ),
    (
        "file-missing",
        "`laneway init` writes all three files; restore the one that is gone.",
    ),
    (
        "file-unread",
        "The plan is `governance/queue.yaml` and `governance/queue/*.yaml`. Move the file there or \
         name it so, else nobody works by it.",
    ),
    (
        "syntax",
        "One document, no anchors, aliases, tags or duplicate keys: what two readers could read in \
         two ways is refused.",
    ),
    (
        "schema",
        "`laneway schema FILE` prints what a file may hold. An unknown key is often a typing \
         mistake; your own begin with `x-`.",
    ),
    ("version", "A newer laneway wrote it: install that one."),
    (
        "check-prose",
        "A check is a command that a shell runs, not a sentence. Move the sentence to `notes`.",
    ),
    (
        "tool-owned-key",
        "Status, claim and epoch are written by laneway alone, on the ledger. Take the key out.",
    ),
    (
        "path-pattern",
        "Nothing but literals, `?`, `*` and `**`, so that every reader matches alike.",
    ),
];

/// Where an ailment comes from and what its repair does, by the id of the ailment.
pub const AILMENT_TEXTS: &[(&str, &str)] = &[
    (
        "merge-driver",
        "Attributes travel with the repository, the command they name does not: each clone says it \
         once. Until then git merges plans line by line.",
    ),
    (
        "stale-lock",
        "A killed git or laneway leaves its lock. It is removed only where the kernel shows that \
         its maker is gone.",
    ),
    (
        "checkout-journal",
        "A merge that died while the checkout followed leaves it locked; the repair ends what was \
         begun.",
    ),
    (
        "unreadable",
        "Nothing is repaired by guess: the finding names the file or the object.",
    ),
    (
        "rewritten",
        "Ledger or target does not descend from what was seen. A person restores it, or accepts \
         it.",
    ),
    (
        "forged-commit",
        "Somebody has put a commit on the ledger's branch with git's own commands. laneway goes on \
         from no such commit. The finding has the command that takes it off; `laneway audit verify` \
         decides the whole history again.",
    ),
    (
        "ledger-checked-out",
        "The ledger's branch is written by laneway alone; a worktree on it is detached at the \
         commit it shows.",
    ),
    (
        "torn-landing",
        "A merge was cut between its steps. Reached the target: it is finished. Else it is undone; \
         no commit is lost.",
    ),
    (
        "pending-chain",
        "Ledger commits of processes that died before publishing. Nobody was told yes, so they are \
         dropped.",
    ),
    (
        "claim-journal",
        "A claim that died after it was published: the same agent takes it up again by claiming \
         the task.",
    ),
    (
        "unfinished-worktree",
        "Its maker died: it is moved aside and made anew when it is needed.",
    ),
    (
        "scratch-worktree",
        "Merges run checks in temporary worktrees; this one's maker is gone.",
    ),
    (
        "missing-worktree",
        "The directory was deleted by hand. The claim stands; claiming the task again makes the \
         worktree.",
    ),
    (
        "broken-worktree",
        "The `.git` of a lane's worktree was removed, or another repository stands in its directory. \
         Its commits are safe: they are in this repository.",
    ),
    (
        "stray-worktree",
        "Something else stands where a lane's worktree belongs. A person moves it.",
    ),
    (
        "stale-binding",
        "The worktree holds the epoch of a claim that is over. What is in it is kept.",
    ),
    (
        "claim-without-lane",
        "The claim's worktree is on another machine, or gone. Claim it again to make it here.",
    ),
    (
        "orphan-branch",
        "Policy has fewer lanes than before. The branch goes once its commits are elsewhere.",
    ),
    (
        "temporary-file",
        "Files are written beside and renamed; this one's writer died before.",
    ),
    (
        "stale-hooks",
        "A hook that laneway wrote calls a program that is gone, was edited, or calls another hook \
         than it did. It is written anew; edits are a person's.",
    ),
];
