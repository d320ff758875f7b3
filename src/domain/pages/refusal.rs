/// What people read about a refusal that no gate states.
#[derive(Debug, Clone, Copy)]
pub struct RefusalPage {
    /// The id that it refuses with.
    pub id: &'static str,
    /// The fact that it states.
    pub fact: &'static str,
    /// The verbs that refuse so.
    pub verbs: &'static [&'static str],
    /// Why, and the ways out, in a few sentences.
    pub text: &'static str,
    /// What such a message looks like.
    pub example: &'static str,
}

/// Every refusal of `decide`, of publication and of the operations that no gate states.
pub const REFUSALS: &[RefusalPage] = &[
    RefusalPage {
        id: "fenced",
        fact: "the claim of the epoch that was shown is over",
        verbs: &["every verb of a holder"],
        text: "Each claim of a task has an epoch that only grows. Who shows an older one lost the \
               task: its lease ran out and another took it, or it was released. The old work is \
               kept in refs/laneway/work/. `laneway show ID` names the holder now; stop, or claim \
               the task anew.",
        example: "fenced: the claim of epoch 3 is over, epoch 4 is in force",
    },
    RefusalPage {
        id: "fencing",
        fact: "policy asks for the epoch of the claim, and none was shown",
        verbs: &["every verb of a holder"],
        text: "With `fencing: strict` the agent's name alone is not enough. Work in the lane's \
               worktree, which holds the epoch, or give `--epoch`.",
        example: "policy asks for the epoch of the claim",
    },
    RefusalPage {
        id: "not-holder",
        fact: "the task is held by somebody else, or by nobody",
        verbs: &["renew", "release", "block", "handoff", "return"],
        text: "Only the holder goes on with a claim. `laneway claim ID` takes a free one; who may \
               `admin` forces a release with a reason.",
        example: "`A-1` is held by @bot, not by @dana",
    },
    RefusalPage {
        id: "lifecycle",
        fact: "the status of the task does not allow the verb",
        verbs: &["every verb about a task"],
        text: "todo → in_progress → in_review → done; blocked frees the lane and comes back; done \
               and cancelled come back by `reopen` alone. `laneway show ID` names the status.",
        example: "`A-1` is done",
    },
    RefusalPage {
        id: "task-archived",
        fact: "the task is in the archive, where nothing happens to it",
        verbs: &["every verb about a task"],
        text: "An archived task is closed and out of the plan; it can be shown, and others may \
               depend on it. `laneway archive --restore ID` gives it back with its epoch and \
               records; then `reopen` takes it up again.",
        example: "`A-1` is archived",
    },
    RefusalPage {
        id: "clock",
        fact: "this machine's clock contradicts the ledger or the time since boot",
        verbs: &["claim", "release"],
        text: "Nothing is taken over by a clock that cannot be right: a claim that looks expired \
               may hold. Nor is anything claimed by one so late that the lease would be over, by \
               what the ledger has shown, before it begins. Set the clock. A person who knows that it is right says `--trust-clock`.",
        example: "this clock shows 2026-11-20T09:00:00Z, before the ledger's last moment 2026-11-21T09:00:00Z",
    },
    RefusalPage {
        id: "task-unknown",
        fact: "no plan file defines the task",
        verbs: &["every verb about a task"],
        text: "Look for a typing mistake: `laneway list` shows all tasks. A task of the target's \
               plan is known once its commit is fetched.",
        example: "no plan file defines `A-9`",
    },
    RefusalPage {
        id: "nothing-ready",
        fact: "no open task of the role or lane can start",
        verbs: &["claim"],
        text: "The message counts what holds the open tasks back, by gate. `laneway ready \
               --explain` names each condition with its holder.",
        example: "nothing is ready for A-backend: 2 open, held back 1 by dependency, 1 by lane-busy",
    },
    RefusalPage {
        id: "nothing-held",
        fact: "the agent has no task in progress to renew",
        verbs: &["renew"],
        text: "There is nothing to renew; `laneway ready` shows what can be claimed.",
        example: "@bot has nothing in progress",
    },
    RefusalPage {
        id: "nothing-expired",
        fact: "no claim has run out",
        verbs: &["release"],
        text: "A claim holds until its lease and the clock margin of policy have passed.",
        example: "no claim has expired",
    },
    RefusalPage {
        id: "role-wrong",
        fact: "the task is not work of the role that was named",
        verbs: &["claim"],
        text: "Leave `--role` out when naming a task, or name a task of that role.",
        example: "`A-1` is work of A-backend, not of B-ui",
    },
    RefusalPage {
        id: "request-id",
        fact: "the request's id stands for another request",
        verbs: &["every verb that changes the ledger"],
        text: "One id is one request: sent again it answers as before. A new request has a new id; \
               leave `--request-id` out.",
        example: "the request id 0198f0 stands for the claim of `A-1` by @bot",
    },
    RefusalPage {
        id: "epoch-exhausted",
        fact: "the task has no epoch left",
        verbs: &["claim"],
        text: "An epoch never goes back, so the task cannot be claimed any more. Cancel it and add \
               a new one.",
        example: "epoch 4294967295 is the last one there is",
    },
    RefusalPage {
        id: "block-self",
        fact: "a task cannot block itself",
        verbs: &["block"],
        text: "Name another task with `--by`, or only a reason.",
        example: "a task cannot block itself",
    },
    RefusalPage {
        id: "block-landed",
        fact: "the task that is to block has landed",
        verbs: &["block"],
        text: "What has landed blocks nothing: its work is on the target. `laneway lane sync` \
               brings it into the lane.",
        example: "`A-1` has landed, so it blocks nothing",
    },
    RefusalPage {
        id: "reason-owed",
        fact: "the verb owes a reason",
        verbs: &[
            "release --force",
            "block",
            "return",
            "reopen",
            "doctor --accept-target",
        ],
        text: "The ledger keeps why, for those who come later: `--reason TEXT`.",
        example: "a block owes a reason",
    },
    RefusalPage {
        id: "note-size",
        fact: "the note is empty or too long",
        verbs: &["note"],
        text: "A note is a remark for the next reader. Long text belongs into the task's package \
               or into a commit.",
        example: "a note has 1 to 4096 bytes",
    },
    RefusalPage {
        id: "next-owed",
        fact: "the handoff does not say what comes next",
        verbs: &["handoff"],
        text: "A reviewer or successor starts from it: `--next TEXT`.",
        example: "a handoff says what comes next",
    },
    RefusalPage {
        id: "root-cause-owed",
        fact: "a defect is handed off without its root cause",
        verbs: &["handoff"],
        text: "A defect owes the cause, the layer it is in, and a command that proves it: \
               `--root-cause TEXT --layer PATH --proof CMD`.",
        example: "`A-1` is a defect and owes its root cause",
    },
    RefusalPage {
        id: "proof-owed",
        fact: "the proof of a defect's root cause has not been run, and no reason is given",
        verbs: &["handoff"],
        text: "`handoff` runs the proof command on the base, where it must fail, and on the \
               change, where it must pass, each in a temporary worktree. Where it cannot be run, \
               `--proof-not-run REASON` says so, and the reviewer is shown it as not proven. \
               `gates: {proof: none}` asks for neither.",
        example: "the proof `make test-retry` of `A-1` has not been run",
    },
    RefusalPage {
        id: "proof-shows-nothing",
        fact: "the proof passes without the change, or fails with it",
        verbs: &["handoff"],
        text: "A proof fails where the fault is and passes where it is mended. One that passes on \
               the base does not see the fault; one that fails on the change does not see it \
               mended. Mend the proof, or the work.",
        example: "the proof `make test-retry` passes on the base, where the fault should be",
    },
    RefusalPage {
        id: "attestation-class",
        fact: "the class that was named is not one that can be said",
        verbs: &["evidence"],
        text: "Evidence of class merge is shown by checks that pass where the content that lands \
               stands alone; nobody can say it. `laneway merge` runs them so.",
        example: "evidence of class merge is not said: the checks of a merge show it",
    },
    RefusalPage {
        id: "attestation-size",
        fact: "an attestation is too long, or has too many anchors or files",
        verbs: &["evidence"],
        text: "A state file keeps what people read. Put long texts into a file of the work and \
               name it with `--file`.",
        example: "an attestation has at most 4096 bytes of text, 16 anchors and 16 files",
    },
    RefusalPage {
        id: "evidence-file",
        fact: "a file that is to show something is not there, is empty, or is no plain file",
        verbs: &["evidence"],
        text: "The tool takes digest and size itself, at once: what is not there shows nothing. \
               Paths are looked for from the directory it runs in.",
        example: "out/trace.log shows nothing: No such file or directory",
    },
    RefusalPage {
        id: "anchor-unknown",
        fact: "an anchor names a line that the commit does not have",
        verbs: &["evidence"],
        text: "An anchor is a path from the root of the commit and a line of it that is not \
               empty; git is asked. Commit the work first, or mend the number.",
        example: "0123456789ab has no src/a.rs:99",
    },
    RefusalPage {
        id: "text-placeholder",
        fact: "the text stands for one that nobody has written",
        verbs: &["evidence"],
        text: "`works`, `n/a`, `TBD` say nothing that a reviewer could look at. Say what was done \
               and what was seen.",
        example: "`works` says nothing",
    },
    RefusalPage {
        id: "time-future",
        fact: "something is said to have been seen at a time that has not come",
        verbs: &["evidence"],
        text: "`--at` is when it was seen. Clocks may disagree by the margin of the lease; more \
               than that is a mistake.",
        example: "2027-01-01T00:00:00Z has not come yet: it is 2026-11-20T09:00:00Z",
    },
    RefusalPage {
        id: "commit-unknown",
        fact: "the commit that is named is not here, or is not what was looked at",
        verbs: &["handoff", "review", "merge", "complete"],
        text: "Fetch it, or run the verb again on the lane as it is now.",
        example: "the commit it names is not in this repository",
    },
    RefusalPage {
        id: "self-review",
        fact: "nobody reviews their own work",
        verbs: &["review"],
        text: "Another agent or person gives the verdict: neither the holder nor anybody who \
               handed this very change off, and, where the identity map is enforced and \
               `review: {independence: workstation}`, an agent from another workstation than the \
               work was done on. A workstation that lists no hosts is not told apart from another \
               on the same host. A person of the map judges from anywhere.",
        example: "@bot cannot review its own work",
    },
    RefusalPage {
        id: "review-workstation",
        fact: "the workstation that an agent judges from is not known",
        verbs: &["review"],
        text: "Where the identity map is enforced, an agent judges work from another workstation \
               than it was done on. It is the one that the map routes the agent to, if there is \
               only one, else what `--workstation WS` says; it must be registered and run on this \
               host. `review: {independence: agent}` in governance/policy.yaml asks for another \
               agent only.",
        example: "the workstation that @rev judges from is not known",
    },
    RefusalPage {
        id: "text-size",
        fact: "a text of a handoff or a review is empty or too long",
        verbs: &["handoff", "review"],
        text: "What goes into the ledger is for the next reader. Long text belongs into a file of \
               the repository, which the text can name.",
        example: "each text has 1 to 4096 bytes; `` has 0",
    },
    RefusalPage {
        id: "review-stale",
        fact: "another commit is handed off than the one that was judged",
        verbs: &["review"],
        text: "The work was handed off anew meanwhile. Judge what is there now: `laneway show ID`.",
        example: "4f2c1e0a9b was judged, but 9b1d22c07e is handed off",
    },
    RefusalPage {
        id: "findings-owed",
        fact: "a verdict other than accept names no finding",
        verbs: &["review"],
        text: "Say what is to change: `--finding 'SEVERITY:FILE:TEXT; impact: …; fix: …'`.",
        example: "the verdict revise owes findings",
    },
    RefusalPage {
        id: "merge-slot",
        fact: "a merge is under way, and there is one at a time",
        verbs: &["merge", "review", "cancel", "return"],
        text: "The slot is given until a time that the message names, and a dead merge loses it \
               then. Try again, or let `laneway doctor --fix` finish what was cut short.",
        example: "the merge slot is taken by @bot for `A-1` until 2026-11-20T09:10:00Z",
    },
    RefusalPage {
        id: "target-moved",
        fact: "the target moved since the work was replayed on it",
        verbs: &["merge"],
        text: "Nothing is wrong: `laneway merge ID` replays it again.",
        example: "it extends 4f2c1e0a9b, but the target is 9b1d22c07e",
    },
    RefusalPage {
        id: "target-moves",
        fact: "the target kept moving while the work was landing",
        verbs: &["merge"],
        text: "Others push to the target without pause. Try again, or let all go through `laneway \
               merge`.",
        example: "the target moved 5 times while `A-1` was landing",
    },
    RefusalPage {
        id: "conflict",
        fact: "the work does not apply to the target",
        verbs: &["merge"],
        text: "It is back in its lane. Rebase it there with `laneway lane sync`, mend the paths \
               that are named, and hand it off again.",
        example: "it conflicts with the target in src/a.rs",
    },
    RefusalPage {
        id: "replay",
        fact: "what would land is not the clean replay of what was handed off",
        verbs: &["merge"],
        text: "The ledger believes no commit that git does not give again. Run `laneway merge ID` \
               once more.",
        example: "9b1d22c07e is not the replay of the handed-off commit",
    },
    RefusalPage {
        id: "landed",
        fact: "the work is on the target already",
        verbs: &["merge", "doctor"],
        text: "A landing that reached the target is finished, never undone: `laneway merge ID`, or \
               `laneway doctor --fix`.",
        example: "4f2c1e0a9b is on the target",
    },
    RefusalPage {
        id: "not-on-target",
        fact: "the commit that is to complete the task is not on the target",
        verbs: &["complete", "import"],
        text: "Fetch the target, wait for the pull request, or name the commit: `laneway complete \
               ID --commit COMMIT`.",
        example: "4f2c1e0a9b is not on the target",
    },
    RefusalPage {
        id: "not-the-change",
        fact: "the commit on the target is not the change that was handed off",
        verbs: &["complete"],
        text: "A squash or rebase is known by its tree. Of anything else somebody who may merge \
               says that it is the work: `--commit COMMIT`.",
        example: "4f2c1e0a9b is not the handed-off change as a forge would land it",
    },
    RefusalPage {
        id: "has-dependents",
        fact: "open tasks depend on the task",
        verbs: &["cancel"],
        text: "They would wait for ever. `--drop-edge` frees them, `--keep-dependents` leaves \
               them.",
        example: "`A-2` depends on `A-1`",
    },
    RefusalPage {
        id: "plan-on-target",
        fact: "the task is planned on the target",
        verbs: &["edit", "cancel --drop-edge"],
        text: "What is planned on the target is changed there, like code: `laneway edit --plan`, \
               then a commit or a pull request.",
        example: "`A-1` is planned on the target",
    },
    RefusalPage {
        id: "edit-unsafe",
        fact: "the definition cannot be edited without touching other bytes",
        verbs: &["edit"],
        text: "The file is written in a way that the editor does not change, such as a flow \
               mapping. Edit it by hand.",
        example: "the definition cannot be edited",
    },
    RefusalPage {
        id: "id-fixed",
        fact: "the id of a task never changes",
        verbs: &["edit"],
        text: "Branches, refs and records name it. Cancel the task and add another.",
        example: "the id of a task never changes",
    },
    RefusalPage {
        id: "package-taken",
        fact: "an import brings a work package to a place that is not free",
        verbs: &["import"],
        text: "A work package of an export comes to `governance/packages/` of the ledger, together \
               with the task that names it, and never over a file that is there. `import` leaves \
               such a package out and says so; only a request that was made otherwise is refused.",
        example: "the work package `packages/A-1.md` is here already",
    },
    RefusalPage {
        id: "plan-file-taken",
        fact: "another file stands where the plan file would come to on the ledger",
        verbs: &["add", "import"],
        text: "A plan file that is added as a whole is kept to the byte under a name that the \
               beginning of its blob's id gives. Nothing is written over: in the rare case that \
               another file has that name already, any other content, be it a comment, gives \
               another.",
        example: "another file stands at governance/queue/file-4f2c1e0a77.yaml on the ledger",
    },
    RefusalPage {
        id: "id-taken",
        fact: "the id is taken",
        verbs: &["add", "import", "workstation add"],
        text: "An id stands for one task for ever, also once that is closed, and a name for one \
               workstation. Choose another.",
        example: "`A-1` is defined already",
    },
    RefusalPage {
        id: "nothing-to-add",
        fact: "the file defines no task",
        verbs: &["add --file"],
        text: "Tasks stand under `tasks:`, as in governance/queue.yaml.",
        example: "it defines no task",
    },
    RefusalPage {
        id: "dependency-unknown",
        fact: "`depends_on` names a task that no plan file defines",
        verbs: &["add", "edit"],
        text: "Add that task first, or both in one file: `laneway add --file`.",
        example: "`A-2` depends on `A-9`, which no plan file defines",
    },
    RefusalPage {
        id: "dependency-cycle",
        fact: "the dependencies form a cycle",
        verbs: &["add", "edit"],
        text: "None of its tasks could ever start. Take one of the edges out.",
        example: "the dependencies form a cycle: A-1 → A-2 → A-1",
    },
    RefusalPage {
        id: "parent-unknown",
        fact: "`parent` names a task that no plan file defines",
        verbs: &["add", "edit"],
        text: "Add the parent first, or both in one file: `laneway add --file`.",
        example: "`A-1-1` is a part of `A-9`, which no plan file defines",
    },
    RefusalPage {
        id: "stage-unknown",
        fact: "`merge_stage` is not in policy",
        verbs: &["add", "edit"],
        text: "Stages are listed under `merge.stages` of governance/policy.yaml, lowest first.",
        example: "`A-1` names the merge stage `docs`, which is not in policy",
    },
    RefusalPage {
        id: "ledger-exists",
        fact: "the ledger is there already",
        verbs: &["init"],
        text: "`laneway status` shows it. A second ledger has another name: `--ledger BRANCH`.",
        example: "the ledger `laneway` exists already, for the target `main`",
    },
    RefusalPage {
        id: "person-owed",
        fact: "only a person may do it",
        verbs: &["doctor --accept-target"],
        text: "A rewritten history is accepted by somebody who answers for it; the identity map \
               says who is a person.",
        example: "@bot is no person",
    },
    RefusalPage {
        id: "target-unknown",
        fact: "the target that is to be accepted is not in this clone",
        verbs: &["doctor --accept-target"],
        text: "What it changes in the rules cannot be seen then. `git fetch`, and the same again.",
        example: "the commit 0123456789abcdef0123456789abcdef01234567 is not here",
    },
    RefusalPage {
        id: "target-forward",
        fact: "the target descends from the last rules, and from what was seen of it",
        verbs: &["doctor --accept-target"],
        text: "There is nothing to accept: a target that goes forward is followed without anybody's \
               word.",
        example: "4444444444444444444444444444444444444444 descends from the last rules, \
                  3333333333333333333333333333333333333333: nothing was rewritten",
    },
    RefusalPage {
        id: "contract-unknown",
        fact: "policy has no contract of that name",
        verbs: &["request"],
        text: "`contracts` in governance/policy.yaml names each contract, its files and the role \
               that owns it.",
        example: "policy has no contract `apis`",
    },
    RefusalPage {
        id: "request-size",
        fact: "a contract request says nothing, or too much",
        verbs: &["request"],
        text: "Say in a few sentences what the contract lacks and what for; the owner reads it in \
               a list.",
        example: "a request has 1 to 4096 bytes",
    },
    RefusalPage {
        id: "request-unknown",
        fact: "no contract request has that number",
        verbs: &["request --decide"],
        text: "The number is that of the record: `laneway request ID` shows the open ones.",
        example: "record 3 of `A-1` is no contract request",
    },
    RefusalPage {
        id: "request-decided",
        fact: "the contract request was decided before",
        verbs: &["request --decide"],
        text: "A request is decided once; only a deferred one is decided again. Who wants \
               something else asks anew.",
        example: "request 1 of `A-1` was decided by @eve: reject",
    },
    RefusalPage {
        id: "self-decision",
        fact: "whoever asked for a change of a contract, or for an exception, decides on it",
        verbs: &["request --decide", "except --approve"],
        text: "A contract is owned so that others can build on it, and an exception is somebody \
               else's word: another one of the owner's role, or of the gate's seat, decides.",
        example: "@bot cannot decide its own request",
    },
    RefusalPage {
        id: "adr-missing",
        fact: "the decision record that an exception names is not in the repository",
        verbs: &["except --gate"],
        text: "An exception is a decision: it stands in a file of the repository, on the \
               target, in what was handed off, or in the lane. Commit it, then name its path \
               with `--adr`.",
        example: "4f2c1e0 has no file `doc/adr/0007-quota.md`",
    },
    RefusalPage {
        id: "agent-kind",
        fact: "the identity map does not know the agent as a person",
        verbs: &["except --approve", "except --reject", "except --revoke"],
        text: "Only a person lifts a gate, and who is one the identity map says, an open map \
               as well. Name the person under `agents` in governance/identity-map.yaml, with \
               `kind: person` and the seat.",
        example: "the identity map does not know @bot as a person",
    },
    RefusalPage {
        id: "agent-seat",
        fact: "the person does not have the seat of the gate",
        verbs: &["except --approve", "except --reject", "except --revoke"],
        text: "Each gate is lifted from one seat: direction, scope, review, commissioning or \
               override. `laneway explain GATE` names it, `seat` in governance/identity- \
               map.yaml gives it.",
        example: "the gate `review-owed` is lifted from the seat `review`, which @dana has not",
    },
    RefusalPage {
        id: "exception-decided",
        fact: "the exception was decided, or its time is over",
        verbs: &["except --approve", "except --reject", "except --revoke"],
        text: "One exception is decided once; an approval can be revoked while it holds. Ask \
               for a new one.",
        example: "exception 3 of `A-1` is expired",
    },
    RefusalPage {
        id: "exception-size",
        fact: "an exception owes short texts, and a task has few of them at once",
        verbs: &["except"],
        text: "Say in a sentence why the gate is in the way and how the work is undone; the \
               decision record holds the rest.",
        example: "an exception owes `--reason` of 1 to 2048 bytes",
    },
    RefusalPage {
        id: "exception-time",
        fact: "an exception holds for some days at most, from now on",
        verbs: &["except --gate"],
        text: "It is for what is urgent: give the time that is needed. What is right for \
               longer is a rule of governance/policy.yaml.",
        example: "an exception holds for at most 90d, not until 2027-11-20T09:00:00Z",
    },
    RefusalPage {
        id: "exception-unknown",
        fact: "the task has no exception of this number",
        verbs: &["except --approve", "except --reject", "except --revoke"],
        text: "`laneway except ID --list --all` shows all of them.",
        example: "`A-1` has no exception 7",
    },
    RefusalPage {
        id: "gate-fixed",
        fact: "the gate is lifted for nobody",
        verbs: &["except"],
        text: "It keeps the ledger true, or others' work safe: who holds what, what was \
               handed off, what history looks like. `laneway explain GATE` names the ways \
               out.",
        example: "the gate `lane-busy` is lifted for nobody",
    },
    RefusalPage {
        id: "gate-unknown",
        fact: "there is no such gate",
        verbs: &["except --gate"],
        text: "The hint lists the gates that a person may lift; refusals name the gate as \
               well.",
        example: "there is no gate `reviews`",
    },
    RefusalPage {
        id: "scope-unconfirmed",
        fact: "the scope of the claim waits for a go",
        verbs: &["check", "handoff", "merge", "complete", "stage --pass"],
        text: "The work package of the task says that its scope is confirmed first. The \
               holder says what it understood with `laneway scope confirm`, someone else \
               agrees with `laneway scope go`; then work starts.",
        example: "the scope of `A-1` waits for a go",
    },
    RefusalPage {
        id: "scope-unsaid",
        fact: "the holder has not said what it understood to be the scope",
        verbs: &["scope go"],
        text: "A go agrees with something: the holder runs `laneway scope confirm` first.",
        example: "@bot has not said what it understood",
    },
    RefusalPage {
        id: "self-go",
        fact: "the holder cannot give itself the go",
        verbs: &["scope go"],
        text: "Somebody else reads what the holder understood: who may plan, or a person with \
               the seat scope or direction.",
        example: "@bot cannot give itself the go",
    },
    RefusalPage {
        id: "not-contract-owner",
        fact: "the agent does not have the role that owns the contract",
        verbs: &["request --decide"],
        text: "The identity map gives the role; who may `admin` decides in its stead.",
        example: "the contract `api` is D-arch's, and @bot has not that role",
    },
    RefusalPage {
        id: "task-needless",
        fact: "a task was named for a request that was not accepted",
        verbs: &["request --decide"],
        text: "Only an accepted request is carried out, by the task of the owner that `--task` \
               names.",
        example: "a request that is not accepted is carried out by no task",
    },
    RefusalPage {
        id: "stage-order",
        fact: "an earlier stage of the contract was not passed",
        verbs: &["stage --pass"],
        text: "The stages of a contract are passed in their order: resource, plan, plan_review, \
               claim, execute, review, close. `laneway stage ID` shows which is owed, and by whom.",
        example: "`plan_review` comes after `plan`, which has not been passed",
    },
    RefusalPage {
        id: "stage-verb",
        fact: "the stage is passed by the verb that does it",
        verbs: &["stage --pass"],
        text: "Only resource, plan and plan_review are passed by hand. A claim passes `claim`, a \
               handoff `execute`, an accepting review `review`, the landing `close`.",
        example: "`execute` is passed by the verb that does it",
    },
    RefusalPage {
        id: "deferral-past",
        fact: "a pause would end before it began",
        verbs: &["stage --pause"],
        text: "`--defer-until` takes a time to come; the task is ready again by itself then.",
        example: "2026-11-20T09:00:00Z has passed already",
    },
    RefusalPage {
        id: "nothing-proposed",
        fact: "no machine was proposed that could be accepted",
        verbs: &["stage --resume --accept"],
        text: "`--pause --propose WS` proposes a machine; without a proposal `--resume` alone ends \
               the pause.",
        example: "no machine was proposed for `A-1`",
    },
    RefusalPage {
        id: "workstation-state",
        fact: "the ledger's word on the workstation does not allow it",
        verbs: &[
            "workstation quarantine",
            "workstation restore",
            "workstation retire",
        ],
        text: "Quarantine ends by `restore`; retiring is for good, because work of the past names \
               the workstation. What governance/workstations.yaml says is changed there.",
        example: "ws-backend-01 is retired since 2026-11-20T09:00:00Z by @dana: sold",
    },
    RefusalPage {
        id: "signature-owed",
        fact: "the ledger commit could not show who made it as far as is asked for",
        verbs: &["every verb that changes the ledger"],
        text: "`signatures: {minimum}` of policy says what each ledger commit must show: \
               `committer`, that the address of git's `user.email` is one of the agent's in the \
               identity map; `signed`, that an SSH key which the map lists under the agent's \
               `signing_keys` signed it; `verified`, that the server has judged it, too. \
               laneway signs as git does: `user.signingKey` names the key, as a path or as \
               `key::…`, and a key with a passphrase is asked of the agent that `ssh-add` \
               filled. What is run to sign is read from your own configuration, never from the \
               repository's. A key counts by the map of the rules that judge the commit: taking \
               it out later leaves what it signed before. `laneway explain signatures` shows \
               the whole way.",
        example: "policy asks for commits that are signed: git's `user.signingKey` names no key",
    },
];
