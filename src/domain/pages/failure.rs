/// What people read about a kind of failure: `error.kind` of the JSON envelope.
#[derive(Debug, Clone, Copy)]
pub struct FailurePage {
    /// The kind.
    pub id: &'static str,
    /// Its exit code.
    pub exit: u8,
    /// The fact that it states.
    pub fact: &'static str,
    /// Why, and the ways out.
    pub text: &'static str,
}

/// Every kind of failure that is no refusal of a gate.
pub const FAILURES: &[FailurePage] = &[
    FailurePage {
        id: "usage",
        exit: 2,
        fact: "the command line makes no sense",
        text: "`laneway VERB --help` has every argument.",
    },
    FailurePage {
        id: "nothing",
        exit: 1,
        fact: "there is nothing to do",
        text: "`error.gate` names which sort of nothing it is.",
    },
    FailurePage {
        id: "conflict",
        exit: 3,
        fact: "someone else holds what is needed",
        text: "`error.gate` and `error.holder` name what and who. A lock file names its process; \
               try again once it is done.",
    },
    FailurePage {
        id: "refused",
        exit: 4,
        fact: "a rule says no",
        text: "`error.gate` names the rule and `error.unmet` every condition; a worktree or \
               branch that would lose work is named with what is in it.",
    },
    FailurePage {
        id: "no-identity",
        exit: 4,
        fact: "nobody said who acts",
        text: "Say `--as @NAME`, set LANEWAY_AGENT, work in a lane's worktree, or `git config \
               laneway.agent @NAME`. The first of these counts.",
    },
    FailurePage {
        id: "untrusted",
        exit: 4,
        fact: "commands of the plan, or the repository itself, are not trusted here",
        text: "Commands of plan and rules run only after a person read them: `laneway trust ID`. \
               In CI, `--trust` on the verb. Trust is kept outside of the repository.",
    },
    FailurePage {
        id: "remote-refused",
        exit: 4,
        fact: "the remote said no",
        text: "A hook, a protected branch, a right, or a branch that is checked out there: the \
               hints name which. Nothing was changed.",
    },
    FailurePage {
        id: "remote-locked",
        exit: 3,
        fact: "a lock is held, or was left, on the remote",
        text: "Another push may be under way: try again. A lock that stays is deleted by who runs \
               the remote.",
    },
    FailurePage {
        id: "unreadable",
        exit: 5,
        fact: "rules, plan or state do not read",
        text: "Claims and merges stop until the file reads; renew, note, block, release and \
               handoff go by the last rules that loaded. `laneway validate` shows each finding \
               with its line.",
    },
    FailurePage {
        id: "no-repository",
        exit: 5,
        fact: "the directory is in no git repository",
        text: "Run it inside of one, or name it with `-C DIR`.",
    },
    FailurePage {
        id: "no-ledger",
        exit: 5,
        fact: "no ledger is found, or more than one",
        text: "`git fetch` brings the ledger of a remote that has one, `laneway init` makes the \
               first, `--ledger BRANCH` names one of several. Where several remotes have it and each \
               says that it decides, as a fork may, `git config laneway.remote NAME` says which one \
               does in this clone.",
    },
    FailurePage {
        id: "newer",
        exit: 5,
        fact: "the ledger goes by a law that this laneway does not know",
        text: "Install the newer laneway that raised it.",
    },
    FailurePage {
        id: "rules-went-back",
        exit: 5,
        fact: "the target here is older than the rules that judged last, or was rewritten",
        text: "Fetch the target. If it was rewritten on purpose, a person says `laneway doctor \
               --accept-target COMMIT --reason TEXT`.",
    },
    FailurePage {
        id: "rewritten",
        exit: 5,
        fact: "the ledger does not descend from what was seen of it before",
        text: "It was rewound, replaced or deleted. Every change is refused until it is restored, \
               or a person says `laneway doctor --accept-ledger COMMIT`.",
    },
    FailurePage {
        id: "other-authority",
        exit: 5,
        fact: "the ledger was decided by another when it was last seen here",
        text: "Its marker names another remote now. A forged push may say so, too: ask who keeps the \
               ledger. If it has moved, a person says `git config laneway.remote NAME`; `.` is the \
               repository itself.",
    },
    FailurePage {
        id: "unreachable",
        exit: 6,
        fact: "the remote was not reached",
        text: "Nothing was changed. Try again when it answers; reads need no remote.",
    },
    FailurePage {
        id: "unconfirmed",
        exit: 6,
        fact: "the remote did not confirm in time",
        text: "It may or may not have taken the request. The hint names the same command with the \
               request's id: it settles it and carries it out once.",
    },
    FailurePage {
        id: "no-worktree",
        exit: 7,
        fact: "the claim stands, but its worktree could not be made",
        text: "Mend what is in the way, then the very same command again: it goes on with the claim, \
               which is still yours. Or release it.",
    },
    FailurePage {
        id: "git",
        exit: 7,
        fact: "git cannot answer",
        text: "`git fsck` and `laneway doctor` say what is wrong with the repository.",
    },
    FailurePage {
        id: "io",
        exit: 7,
        fact: "a file cannot be read or written",
        text: "The message names the file: look at permissions and at the space that is left.",
    },
    FailurePage {
        id: "interrupted",
        exit: 7,
        fact: "a signal ended what ran",
        text: "Nothing of it was recorded, a merge has given its slot back, temporary worktrees are \
               gone. The same command begins again. A shell sees the signal, not this code.",
    },
    FailurePage {
        id: "internal",
        exit: 7,
        fact: "laneway met what it does not expect",
        text: "`laneway doctor` may know it; if not, report it with the message.",
    },
];
