use super::RefusalPage;

const RECEIVE: &[&str] = &["hook pre-receive"];
const PUSH: &[&str] = &["hook pre-push", "hook pre-receive"];
const COMMIT: &[&str] = &["hook pre-commit"];

/// What hooks refuse with, and no gate states.
pub const HOOK_REFUSALS: &[RefusalPage] = &[
    RefusalPage {
        id: "hooks-path",
        fact: "git looks for hooks in a directory that is not this repository's alone",
        verbs: &["hooks install"],
        text: "`core.hooksPath`, or a link, leads to a directory of another tool, of all \
               repositories, or of one worktree. Call `laneway hook …` from the hooks there. \
               `--force` writes there all the same.",
        example: "`core.hooksPath` (local) is .husky/_: every worktree has its own, and a lane none",
    },
    RefusalPage {
        id: "hooks-changed",
        fact: "a hook is another than it was when laneway's was installed",
        verbs: &["hooks install", "hooks uninstall"],
        text: "Our script was edited, the hook that it calls is another file since, or a file of \
               unknown origin has the name it would get. Look at it; `--force` gives up edits of \
               our script, and goes by the other hook as it is now.",
        example: ".git/hooks/pre-push was edited since it was installed",
    },
    RefusalPage {
        id: "ledger-by-hand",
        fact: "a person commits on the ledger, or pushes it",
        verbs: &["hook pre-commit", "hook pre-push"],
        text: "Each ledger commit is a decided request; one made by hand can only be wrong. Make \
               the change by its verb. A copy may go to another remote than the deciding one, \
               forward only.",
        example: "the ledger is written by laneway alone",
    },
    RefusalPage {
        id: "ledger-commit",
        fact: "a pushed ledger commit is not what its request gives",
        verbs: RECEIVE,
        text: "The server decides every pushed commit again, as `laneway audit verify` does, and \
               names the first fact that differs. Nothing of the push was taken. `git fetch`, then \
               the verb once more.",
        example: "commit 1234567890: `claim`: its request is refused",
    },
    RefusalPage {
        id: "ledger-marker",
        fact: "what is pushed as the ledger is not this ledger",
        verbs: RECEIVE,
        text: "The file governance/ledger.yaml names the branch that is the ledger. Without it, or \
               with another name in it, the branch is none.",
        example: "it has no governance/ledger.yaml",
    },
    RefusalPage {
        id: "ledger-unreadable",
        fact: "a branch has a ledger's marker that does not read",
        verbs: RECEIVE,
        text: "The file governance/ledger.yaml makes a branch a ledger, of this laneway or of a newer \
               one, whose law this server could not judge. Leave the file out, or install the newer \
               laneway on the server.",
        example: "governance/ledger.yaml:1:10: the file has version 2 of the format",
    },
    RefusalPage {
        id: "ledger-rewound",
        fact: "the ledger would lose commits",
        verbs: RECEIVE,
        text: "A ledger only goes forward. A clone that has another history was restored, or fell \
               for a forged one: `laneway doctor` there says what it saw.",
        example: "1234567890 does not descend from 0987654321, which stands here",
    },
    RefusalPage {
        id: "ledger-deleted",
        fact: "the ledger would be gone",
        verbs: RECEIVE,
        text: "It says who owns what and what was done. Who runs the server can take it away there.",
        example: "the ledger says who owns what; it is never deleted",
    },
    RefusalPage {
        id: "ledger-second",
        fact: "there would be two ledgers",
        verbs: RECEIVE,
        text: "A second ledger gives every task a second owner.",
        example: "the ledger here is `laneway`; a second one would own every task again",
    },
    RefusalPage {
        id: "ledger-copy",
        fact: "the ledger would stand under a second name",
        verbs: &["hook pre-commit", "hook pre-receive"],
        text: "The ledger is judged under the name that its file governance/ledger.yaml says. A \
               branch that begins at it is judged by nobody, looks like it, and holds neither rules \
               nor code. `git switch` to a branch of the code. A copy may go to another remote than \
               the deciding one.",
        example: "it is a copy of the ledger `laneway`, which nobody judges under this name",
    },
    RefusalPage {
        id: "ref-moved",
        fact: "a push says that a ref stands where it does not",
        verbs: RECEIVE,
        text: "Somebody else's push came first; laneway's verbs read again and try once more. A push \
               that says so of one ref is refused with all its refs, as none of them can be judged \
               by it.",
        example: "it is at 1234567890 but the push expected 0987654321",
    },
    RefusalPage {
        id: "ref-twice",
        fact: "a push names a ref twice",
        verbs: RECEIVE,
        text: "Only one of both could be judged as what the ref will be. No git client does that.",
        example: "the push names it twice",
    },
    RefusalPage {
        id: "ref-name",
        fact: "a push names a ref in bytes that are not UTF-8",
        verbs: RECEIVE,
        text: "Where such a ref stands cannot be asked for, so nothing of it is judged. Rename the \
               branch, then push again.",
        example: "its name is not UTF-8, and so cannot be judged",
    },
    RefusalPage {
        id: "ref-alias",
        fact: "a push goes to a symbolic ref of the server",
        verbs: RECEIVE,
        text: "Git moves the ref that it leads to, whatever name was judged. Push to that one by its \
               own name; who runs the server can take the other name away with `git symbolic-ref \
               --delete`.",
        example: "here it is another name of refs/heads/main, a symbolic ref",
    },
    RefusalPage {
        id: "rules-unknown",
        fact: "a ledger commit was judged by rules that were not on the target before the push",
        verbs: RECEIVE,
        text: "Rules are in force once they stand on the target. Who brings new rules and a commit \
               judged by them in one push would give himself the right to it. Push the target by \
               itself first. A rewritten target is accepted as it stands on the server.",
        example: "its rules 1234567890 are not on main before this push",
    },
    RefusalPage {
        id: "rules-stale",
        fact: "a ledger commit was judged by rules that have changed since",
        verbs: RECEIVE,
        text: "Something under `governance/` on the target, such as policy, identity map, workstations \
               or plan, is another file than the commit went by. laneway fetches it and decides \
               afresh by itself; only a push by hand is told this.",
        example: "it was judged by the rules of 1234567890, and main has others since",
    },
    RefusalPage {
        id: "rules-unreadable",
        fact: "a push would leave rules or plan that do not read",
        verbs: PUSH,
        text: "One bad file on the target would stop the fleet. `laneway validate` names file, line \
               and column; mend the commit, then push again.",
        example: "governance/policy.yaml:3:1: unknown key `rolse`",
    },
    RefusalPage {
        id: "clock-ahead",
        fact: "a ledger commit is dated later than the server's clock",
        verbs: RECEIVE,
        text: "Leases end by these times: who dates ahead could take over what others hold. The \
               policy's `lease.skew` is what clocks may differ. Set the clock of that machine.",
        example: "it is dated 3600 s ahead of this server's clock",
    },
    RefusalPage {
        id: "maker-unproven",
        fact: "too little shows who made a ledger commit",
        verbs: RECEIVE,
        text: "`signatures: {minimum: …}` in the policy asks that the committer's address, or a \
               key, is one that the identity map gives to the acting agent. Set `git config \
               user.email`, or have the map list the address.",
        example: "it is unsigned by @bot (committer x@example.com); the policy asks for committer",
    },
    RefusalPage {
        id: "done-without-target",
        fact: "a task would be done by a commit that the target does not have",
        verbs: RECEIVE,
        text: "Target and `done` travel in one push. `laneway merge` does that.",
        example: "`A-1` is done by 1234567890, which main does not have after this push",
    },
    RefusalPage {
        id: "target-direct",
        fact: "the target takes work of tasks only, and this is none",
        verbs: &["hook pre-commit", "hook pre-push", "hook pre-receive"],
        text: "With `target: {direct: tasks_only}` a commit comes in when the ledger shows that a \
               task landed it. With `merge: {via: pull_request}` the forge merges first: the work of a \
               task in review comes in as it was handed off, squashed or rebased, once \
               `laneway complete` would accept it; merge commits do not, and the rules change in \
               a push of their own. A commit of nothing but governance/ comes in, too, where its \
               committer is one of the identity map: with `admin` for rules, with `admin` or \
               `plan` for tasks and packages.",
        example: "no task has landed it, and it touches src/main.rs",
    },
    RefusalPage {
        id: "target-rewound",
        fact: "the target would lose commits",
        verbs: PUSH,
        text: "A target is only fast-forwarded. Fetch, and bring your commits on top. Who must \
               rewrite it does so on the server, then `laneway doctor --accept-target`.",
        example: "1234567890 does not descend from 0987654321",
    },
    RefusalPage {
        id: "target-deleted",
        fact: "the target would be gone",
        verbs: PUSH,
        text: "All work lands on it, and the rules stand on it.",
        example: "the target is what all work lands on; it is never deleted",
    },
    RefusalPage {
        id: "ref-reserved",
        fact: "a ref below refs/laneway/ or refs/replace/ is pushed by hand",
        verbs: PUSH,
        text: "laneway's verbs write the first. refs/laneway/verified/ is the server's own word. A \
               replaced object would stop the server's git, or show it another history than the one \
               that was judged.",
        example: "the server alone says what it has judged",
    },
    RefusalPage {
        id: "work-name",
        fact: "a work ref has a name that laneway does not write",
        verbs: RECEIVE,
        text: "Work stands at refs/laneway/work/<task>/<epoch>, an earlier commit of it at \
               <epoch>-<commit>.",
        example: "it is no `refs/laneway/work/<task>/<epoch>`",
    },
    RefusalPage {
        id: "work-epoch",
        fact: "a work ref names an epoch that nobody holds",
        verbs: RECEIVE,
        text: "The ref of the latest claim moves, those of earlier ones stand. `laneway show ID` \
               says which epoch is held, and by whom.",
        example: "`A-1` is at epoch 1; nobody holds 9",
    },
    RefusalPage {
        id: "work-rewritten",
        fact: "a work ref would let go of a commit that nothing else keeps",
        verbs: RECEIVE,
        text: "Records name the commits that were handed off. `laneway handoff` keeps the earlier \
               one beside the new one.",
        example: "1234567890 would be lost",
    },
    RefusalPage {
        id: "work-deleted",
        fact: "a work ref would go whose commit the target does not have",
        verbs: RECEIVE,
        text: "A work ref may go once the target has its commit.",
        example: "it keeps work that main does not have",
    },
    RefusalPage {
        id: "trailer-foreign",
        fact: "a commit of a lane names the task of another",
        verbs: &["hook commit-msg"],
        text: "A lane works on one task, and its commits name that one. Leave the trailer out, or \
               commit in the other task's lane.",
        example: "its trailer names `B-1`, and this is lane A-backend of `A-1`",
    },
    RefusalPage {
        id: "lane-merge",
        fact: "a merge is about to be committed in a lane",
        verbs: COMMIT,
        text: "Work lands as a line, so a merge commit of a lane can never land. `git merge \
               --abort`, then `laneway lane sync` brings the target in.",
        example: "a merge commit of lane A-backend could never land",
    },
];
