//! The table: what each edit of the sound tree must give.
use super::Case;
use super::Edit::{Drop, Put, Swap};
const POLICY: &str = "governance/policy.yaml";
const MAP: &str = "governance/identity-map.yaml";
const WORKSTATIONS: &str = "governance/workstations.yaml";
const QUEUE: &str = "governance/queue.yaml";
const MARKER: &str = "ledger:governance/ledger.yaml";
const LEDGER: &str = "ledger:governance/queue.yaml";

/// What is edited, and every finding.
pub(super) const CASES: &[Case] = &[
    Case {
        name: "an empty queue is no empty plan",
        edits: &[Put(QUEUE, "")],
        found: &["queue.yaml:1:1 error syntax: the document is empty"],
    },
    Case {
        name: "comments alone are an empty document",
        edits: &[Put(QUEUE, "# nothing\n")],
        found: &["queue.yaml:1:1 error syntax: the document is empty"],
    },
    Case {
        name: "a tab indents",
        edits: &[Swap(QUEUE, "    title: Two\n", "\ttitle: Two\n")],
        found: &["queue.yaml:9:1 error syntax: a tab in the indentation (indent with spaces)"],
    },
    Case {
        name: "a bracket is never closed",
        edits: &[Swap(QUEUE, "[A-3]", "[A-3")],
        found: &["queue.yaml:16:10 error syntax: illegal placement of ':' indicator"],
    },
    Case {
        name: "a key comes twice",
        edits: &[Swap(
            QUEUE,
            "    title: Two\n",
            "    title: Two\n    title: Again\n",
        )],
        found: &[
            "queue.yaml:10:5 error syntax: duplicate key `title` (the first one is on line 9)",
        ],
    },
    Case {
        name: "two documents",
        edits: &[Swap(QUEUE, "version: 1\n", "version: 1\n---\n")],
        found: &["queue.yaml:2:1 error syntax: a second document; a file holds one"],
    },
    Case {
        name: "conflict markers",
        edits: &[Swap(
            QUEUE,
            "    title: Two\n",
            "<<<<<<< HEAD\n    title: Two\n=======\n    title: Zwei\n>>>>>>> x\n",
        )],
        found: &[
            "queue.yaml:9:1 error syntax: a git conflict marker (resolve the merge conflict and delete its markers)",
        ],
    },
    Case {
        name: "an anchor",
        edits: &[Swap(QUEUE, "title: Two", "title: &t Two")],
        found: &[
            "queue.yaml:9:12 error syntax: an anchor; the ledger profile has none (write the value out where it is used)",
        ],
    },
    Case {
        name: "a tag",
        edits: &[Swap(QUEUE, "title: Two", "title: !!str Two")],
        found: &[
            "queue.yaml:9:12 error syntax: a tag; the ledger profile has none (the type follows from the field: leave the tag out)",
        ],
    },
    Case {
        name: "a newer version",
        edits: &[Swap(QUEUE, "version: 1", "version: 2")],
        found: &[
            "queue.yaml:1:10 error version: the file has version 2 of the format; this laneway reads up to 1 (install a newer laneway; the file was not touched)",
        ],
    },
    Case {
        name: "a newer policy, of which nothing else is looked at",
        edits: &[
            Swap(POLICY, "version: 1", "version: 7"),
            Swap(POLICY, "lanes: 2", "lanes: many"),
        ],
        found: &[
            "policy.yaml:1:10 error version: the file has version 7 of the format; this laneway reads up to 1 (install a newer laneway; the file was not touched)",
        ],
    },
    Case {
        name: "no version",
        edits: &[Swap(WORKSTATIONS, "version: 1\n", "")],
        found: &["workstations.yaml:1:1 error schema: the key `version` is missing"],
    },
    Case {
        name: "an unknown key in a task",
        edits: &[Swap(QUEUE, "priority: 2", "priorty: 2")],
        found: &["queue.yaml:14:5 error schema: unknown key `priorty` (did you mean `priority`?)"],
    },
    Case {
        name: "an unknown key in a policy",
        edits: &[Swap(POLICY, "roles:", "rolls:")],
        found: &["policy.yaml:7:1 error schema: unknown key `rolls` (did you mean `roles`?)"],
    },
    Case {
        name: "a key of the tool",
        edits: &[Swap(QUEUE, "priority: 2", "status: done")],
        found: &[
            "queue.yaml:14:13 error tool-owned-key: `status` is state, which is written by the tool only (remove it and use `laneway set-status`)",
        ],
    },
    Case {
        name: "every key of the tool at once",
        edits: &[Swap(
            QUEUE,
            "priority: 2",
            "epoch: 3\n    claim: {agent: x}",
        )],
        found: &[
            "queue.yaml:14:12 error tool-owned-key: `epoch` is state, which is written by the tool only (remove it and use `laneway claim`)",
            "queue.yaml:15:12 error tool-owned-key: `claim` is state, which is written by the tool only (remove it and use `laneway claim`)",
        ],
    },
    Case {
        name: "a repository is reserved",
        edits: &[Swap(QUEUE, "priority: 2", "repository: other")],
        found: &[
            "queue.yaml:14:17 error meaning: `repository` is reserved for tasks that span repositories (remove it; plan the task in the repository it changes)",
        ],
    },
    Case {
        name: "free keys are free",
        edits: &[Swap(QUEUE, "priority: 2", "x-jira: {a: [1]}")],
        found: &[],
    },
    Case {
        name: "a word where a number should stand",
        edits: &[Swap(QUEUE, "priority: 2", "priority: high")],
        found: &["queue.yaml:14:15 error schema: `high` where a whole number should stand"],
    },
    Case {
        name: "a number out of range",
        edits: &[Swap(QUEUE, "priority: 2", "priority: 11")],
        found: &[
            "queue.yaml:14:15 error meaning: priority 11 is not one of 1 to 9 (1 is highest, 9 lowest)",
        ],
    },
    Case {
        name: "a list where a text should stand",
        edits: &[Swap(QUEUE, "title: Two", "title: [Two]")],
        found: &["queue.yaml:9:12 error schema: a list where a text (line) should stand"],
    },
    Case {
        name: "a text where a list should stand",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: A-3")],
        found: &["queue.yaml:15:17 error schema: `A-3` where a list should stand"],
    },
    Case {
        name: "a missing key",
        edits: &[Swap(QUEUE, "    title: Two\n", "")],
        found: &["queue.yaml:8:5 error schema: the key `title` is missing"],
    },
    Case {
        name: "a missing key beside a wrong type and an unknown key",
        edits: &[
            Swap(QUEUE, "    title: Two\n", ""),
            Swap(QUEUE, "priority: 2", "priority: high\n    colour: red"),
        ],
        found: &[
            "queue.yaml:8:5 error schema: the key `title` is missing",
            "queue.yaml:13:15 error schema: `high` where a whole number should stand",
            "queue.yaml:14:5 error schema: unknown key `colour`",
        ],
    },
    Case {
        name: "tasks are no mapping",
        edits: &[Put(QUEUE, "version: 1\ntasks: {A-1: x}\n")],
        found: &["queue.yaml:2:9 error schema: a mapping where a list should stand"],
    },
    Case {
        name: "a task is no text",
        edits: &[Swap(LEDGER, "  - id: L-1", "  - just words\n  - id: L-1")],
        found: &["ledger:queue.yaml:3:5 error schema: `just words` where a mapping should stand"],
    },
    Case {
        name: "a word that is nearly one",
        edits: &[Swap(QUEUE, "priority: 2", "kind: fature")],
        found: &[
            "queue.yaml:14:11 error meaning: `fature` is not one of `feature`, `defect`, `chore`, `spike` (did you mean `feature`?)",
        ],
    },
    Case {
        name: "prose for a check",
        edits: &[Swap(
            QUEUE,
            "[make test]",
            "[The tests should pass for every node.]",
        )],
        found: &[
            "queue.yaml:26:25 error check-prose: `The tests should pass for every node.` is not a shell command: it opens like a demand, not like a command (write the command that shows it, or move the sentence to `notes`)",
        ],
    },
    Case {
        name: "a hostile id",
        edits: &[
            Swap(QUEUE, "id: A-1\n", "id: \"--upload-pack=x\"\n"),
            Swap(QUEUE, "    parent: A-1\n", ""),
            Swap(LEDGER, "    depends_on: [A-1]\n", ""),
        ],
        found: &[
            "queue.yaml:3:9 error name: `--upload-pack=x` is not a task id: it must start with a letter or a digit",
        ],
    },
    Case {
        name: "an id that leaves its directory",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: [../A-3]")],
        found: &[
            "queue.yaml:15:18 error name: `../A-3` is not a task id: it must start with a letter or a digit",
        ],
    },
    Case {
        name: "a hostile branch",
        edits: &[Swap(POLICY, "branch: main", "branch: \"-x\"")],
        found: &[
            "policy.yaml:3:18 error name: `-x` is not a branch name: it must start with a letter or a digit",
        ],
    },
    Case {
        name: "a pattern outside of the grammar",
        edits: &[Swap(QUEUE, "src/gen/**", "src/{gen,out}/**")],
        found: &[
            "queue.yaml:25:23 error path-pattern: `src/{gen,out}/**` is not a path pattern: only `?`, `*` and `**` have a meaning; classes, braces and `!` are not allowed",
        ],
    },
    Case {
        name: "a path that leaves the repository",
        edits: &[Swap(QUEUE, "src/gen/**", "../**")],
        found: &[
            "queue.yaml:25:23 error path-pattern: `../**` is not a path pattern: `.` and `..` are not allowed",
        ],
    },
    Case {
        name: "a broken regular expression",
        edits: &[Swap(POLICY, "^[A-Z]+(-[A-Z0-9]+)+$", "^[A-Z")],
        found: &[
            "policy.yaml:5:18 error meaning: `^[A-Z` is no regular expression: unclosed character class",
        ],
    },
    Case {
        name: "a policy is missing",
        edits: &[Drop(POLICY)],
        found: &[
            "policy.yaml:1:1 error file-missing: the file is missing: `laneway init` writes it",
        ],
    },
    Case {
        name: "all rules are missing",
        edits: &[Drop(POLICY), Drop(MAP), Drop(WORKSTATIONS)],
        found: &[
            "identity-map.yaml:1:1 error file-missing: the file is missing: `laneway init` writes it",
            "policy.yaml:1:1 error file-missing: the file is missing: `laneway init` writes it",
            "workstations.yaml:1:1 error file-missing: the file is missing: `laneway init` writes it",
        ],
    },
    Case {
        name: "a task is defined twice in one file",
        edits: &[
            Swap(QUEUE, "id: A-2\n", "id: A-1\n"),
            Swap(QUEUE, "    parent: A-1\n", ""),
        ],
        found: &[
            "queue.yaml:8:9 error task-defined-twice: `A-1` is here twice, first as item 1 (keep one definition: an id names one task for ever)",
        ],
    },
    Case {
        name: "a task is defined in two files",
        edits: &[Put(
            "governance/queue/more.yaml",
            "version: 1\ntasks:\n  - {id: A-1, title: Other, type: backend, role: A-backend, notes: 'Context:'}\n",
        )],
        found: &[
            "queue/more.yaml:3:10 error task-defined-twice: `A-1` is defined in another plan file of the target too (keep one definition: an id names one task for ever)",
        ],
    },
    Case {
        name: "a task is defined twice with the same words in two files",
        edits: &[Put(
            "governance/queue/more.yaml",
            "version: 1\ntasks:\n  - {id: A-1, title: One, type: backend, role: A-backend, notes: 'Context:'}\n",
        )],
        found: &[
            "queue/more.yaml:3:10 error task-defined-twice: `A-1` is defined in another plan file of the target too (keep one definition: an id names one task for ever)",
        ],
    },
    Case {
        name: "target and ledger differ",
        edits: &[
            Swap(LEDGER, "id: L-1\n", "id: A-1\n"),
            Swap(LEDGER, "    depends_on: [A-1]\n", ""),
        ],
        found: &[
            "ledger:queue.yaml:3:9 error task-defined-twice: `A-1` is defined differently on target and ledger (keep one definition: an id names one task for ever)",
        ],
    },
    Case {
        name: "target and ledger agree",
        edits: &[
            Swap(
                LEDGER,
                "id: L-1\n    title: On the ledger\n",
                "id: A-1\n    title: One\n",
            ),
            Swap(LEDGER, "    depends_on: [A-1]\n", ""),
            Swap(LEDGER, "'Context: spawned'", "'Context: first'"),
        ],
        found: &[],
    },
    Case {
        name: "a dependency dangles",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: [A-3, A-9]")],
        found: &[
            "queue.yaml:15:23 error dependency-unknown: `A-2` depends on `A-9`, which no plan file defines",
        ],
    },
    Case {
        name: "a dependency of the ledger dangles",
        edits: &[Swap(LEDGER, "depends_on: [A-1]", "depends_on: [A-9]")],
        found: &[
            "ledger:queue.yaml:7:18 error dependency-unknown: `L-1` depends on `A-9`, which no plan file defines",
        ],
    },
    Case {
        name: "a dependency on a task that does not read does not dangle",
        edits: &[Swap(QUEUE, "lane: A-backend:2", "lane: 'A-backend:'")],
        found: &[
            "queue.yaml:23:11 error name: `A-backend:` is not a lane: after the colon stands the number of the lane",
        ],
    },
    Case {
        name: "a dependency on itself",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: [A-2]")],
        found: &["queue.yaml:15:18 error dependency-self: `A-2` depends on itself"],
    },
    Case {
        name: "a dependency comes twice",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: [A-3, A-3]")],
        found: &["queue.yaml:15:23 warning dependency-twice: `A-2` names `A-3` twice"],
    },
    Case {
        name: "dependencies in a circle",
        edits: &[Swap(
            QUEUE,
            "    lane: A-backend:2\n",
            "    depends_on: [A-2]\n",
        )],
        found: &[
            "queue.yaml:15:18 error dependency-cycle: the dependencies form a cycle: A-2 → A-3 → A-2",
        ],
    },
    Case {
        name: "a circle over both branches, and another",
        edits: &[
            Swap(QUEUE, "    lane: A-backend:2\n", "    depends_on: [L-1]\n"),
            Swap(LEDGER, "depends_on: [A-1]", "depends_on: [A-2]"),
            Put(
                "governance/queue/x.yaml",
                "version: 1\ntasks:\n  - {id: X-1, title: x, type: backend, role: A-backend, depends_on: [X-2], notes: 'Context:'}\n  - {id: X-2, title: x, type: backend, role: A-backend, depends_on: [X-1], notes: 'Context:'}\n",
            ),
        ],
        found: &[
            "queue.yaml:15:18 error dependency-cycle: the dependencies form a cycle: A-2 → A-3 → L-1 → A-2",
            "queue/x.yaml:3:70 error dependency-cycle: the dependencies form a cycle: X-1 → X-2 → X-1",
        ],
    },
    Case {
        name: "two circles that share a step, and two that meet in one task",
        edits: &[
            Swap(
                QUEUE,
                "    lane: A-backend:2\n",
                "    depends_on: [A-2, A-4]\n",
            ),
            Swap(
                QUEUE,
                "    notes: 'Context: third'\n",
                "    notes: 'Context: third'\n  - {id: A-4, title: x, type: backend, role: A-backend, depends_on: [A-2], notes: 'Context:'}\n",
            ),
            Put(
                "governance/queue/x.yaml",
                "version: 1\ntasks:\n  - {id: X-1, title: x, type: backend, role: A-backend, depends_on: [X-2, X-3], notes: 'Context:'}\n  - {id: X-2, title: x, type: backend, role: A-backend, depends_on: [X-1], notes: 'Context:'}\n  - {id: X-3, title: x, type: backend, role: A-backend, depends_on: [X-1], notes: 'Context:'}\n",
            ),
        ],
        found: &[
            "queue.yaml:15:18 error dependency-cycle: the dependencies form a cycle: A-2 → A-3 → A-2 (2 cycles go from `A-2` to `A-3`)",
            "queue.yaml:15:18 error dependency-cycle: the dependencies form a cycle: A-2 → A-3 → A-4 → A-2 (2 cycles go from `A-2` to `A-3`)",
            "queue/x.yaml:3:70 error dependency-cycle: the dependencies form a cycle: X-1 → X-2 → X-1",
            "queue/x.yaml:3:75 error dependency-cycle: the dependencies form a cycle: X-1 → X-3 → X-1",
        ],
    },
    Case {
        name: "a part waits for its whole",
        edits: &[Swap(QUEUE, "depends_on: [A-3]", "depends_on: [A-3, A-1]")],
        found: &[
            "queue.yaml:15:23 error dependency-on-parent: `A-2` depends on `A-1`, which lands only after its parts (drop the dependency, or set `merge.parent: independent`)",
        ],
    },
    Case {
        name: "a parent dangles",
        edits: &[Swap(QUEUE, "parent: A-1", "parent: A-9")],
        found: &[
            "queue.yaml:12:13 error parent-unknown: `A-2` is a part of `A-9`, which no plan file defines",
        ],
    },
    Case {
        name: "a parent of itself",
        edits: &[Swap(QUEUE, "parent: A-1", "parent: A-2")],
        found: &["queue.yaml:12:13 error parent-cycle: `A-2` is its own parent"],
    },
    Case {
        name: "parents in a circle",
        edits: &[Swap(
            QUEUE,
            "    title: One\n",
            "    title: One\n    parent: A-2\n",
        )],
        found: &["queue.yaml:5:13 error parent-cycle: the parents form a cycle: A-1 → A-2 → A-1"],
    },
    Case {
        name: "a merge order against the dependencies",
        edits: &[Swap(
            QUEUE,
            "    lane: A-backend:2\n",
            "    parent: A-1\n    merge_order: 2\n",
        )],
        found: &[
            "queue.yaml:15:18 error merge-order-conflict: `A-2` depends on `A-3`, which merges after it: neither can land (swap `merge_order` or `merge_stage`, or drop the dependency)",
        ],
    },
    Case {
        name: "a role that does not exist",
        edits: &[Swap(
            QUEUE,
            "    role: A-backend\n    lane: A-backend:2\n",
            "    role: B-web\n",
        )],
        found: &[
            "queue.yaml:22:11 error role-unknown: `A-3` names the role `B-web`, which is not in policy (roles: A-backend, D-arch)",
        ],
    },
    Case {
        name: "a role that only reviews",
        edits: &[Swap(
            QUEUE,
            "    role: A-backend\n    lane: A-backend:2\n",
            "    role: D-arch\n",
        )],
        found: &[
            "queue.yaml:22:11 error role-reviews-only: `A-3` is work of `D-arch`, which only reviews and never claims",
        ],
    },
    Case {
        name: "a lane that the role does not have",
        edits: &[Swap(QUEUE, "lane: A-backend:2", "lane: A-backend:3")],
        found: &[
            "queue.yaml:23:11 error lane-unknown: `A-3` is pinned to the lane `A-backend:3`, but `A-backend` has 2 lanes",
        ],
    },
    Case {
        name: "a lane of another role",
        edits: &[Swap(QUEUE, "lane: A-backend:2", "lane: D-arch")],
        found: &[
            "queue.yaml:23:11 error lane-unknown: lane `D-arch` does not belong to role `A-backend`",
        ],
    },
    Case {
        name: "a merge stage that does not exist",
        edits: &[Swap(QUEUE, "priority: 2", "merge_stage: release")],
        found: &[
            "queue.yaml:14:18 error stage-unknown: `A-2` names the merge stage `release`, which is not in policy (stages: contract, generated, implementation, integration)",
        ],
    },
    Case {
        name: "every owned path is forbidden",
        edits: &[Swap(QUEUE, "src/gen/**", "src/**")],
        found: &[
            "queue.yaml:25:22 warning paths-all-forbidden: `A-3` is forbidden every path that it owns",
        ],
    },
    Case {
        name: "an id against the pattern",
        edits: &[Swap(LEDGER, "id: L-1", "id: l1")],
        found: &[
            "ledger:queue.yaml:3:9 error task-id-pattern: `l1` does not follow the pattern `^[A-Z]+(-[A-Z0-9]+)+$` (`task_id_pattern` in governance/policy.yaml says how ids are written)",
        ],
    },
    Case {
        name: "a required field is missing",
        edits: &[Swap(
            QUEUE,
            "    title: One\n    type: backend\n",
            "    title: One\n",
        )],
        found: &[
            "queue.yaml:3:9 error required-field: `A-1` has no `type`, which policy requires",
            "queue.yaml:3:9 error type-unrouted: `A-1` has no type, and the identity map routes by type (types with a route: backend)",
        ],
    },
    Case {
        name: "a required section is missing",
        edits: &[Swap(QUEUE, "## Context", "## Scope")],
        found: &[
            "queue.yaml:17:7 error required-section: the notes of `A-2` have no section `Context` (start a line of `notes` with `Context:`)",
        ],
    },
    Case {
        name: "notes are missing",
        edits: &[Swap(QUEUE, "    notes: 'Context: first'\n", "")],
        found: &[
            "queue.yaml:3:9 error required-section: the notes of `A-1` have no section `Context` (start a line of `notes` with `Context:`)",
        ],
    },
    Case {
        name: "a type without a route",
        edits: &[Swap(
            QUEUE,
            "    title: One\n    type: backend\n",
            "    title: One\n    type: frontend\n",
        )],
        found: &[
            "queue.yaml:5:11 error type-unrouted: the identity map has no route for the type `frontend` of `A-1` (types with a route: backend)",
        ],
    },
    Case {
        name: "a type without a route in an open map",
        edits: &[
            Swap(
                QUEUE,
                "    title: One\n    type: backend\n",
                "    title: One\n    type: frontend\n",
            ),
            Swap(MAP, "enforced", "open"),
        ],
        found: &[
            "queue.yaml:5:11 warning type-unrouted: the identity map has no route for the type `frontend` of `A-1` (types with a route: backend)",
        ],
    },
    Case {
        name: "routes to a workstation that does not exist",
        edits: &[Swap(
            MAP,
            "    workstation: ws-one-1",
            "    workstation: ws-one-7",
        )],
        found: &[
            "identity-map.yaml:9:18 error route-workstation-unknown: the route of `backend` leads to `ws-one-7`, which is not registered (workstations: ws-one-1, ws-one-2)",
        ],
    },
    Case {
        name: "a fallback to a workstation that does not exist",
        edits: &[Swap(MAP, "workstation: ws-one-2", "workstation: ws-two-2")],
        found: &[
            "identity-map.yaml:11:38 error route-workstation-unknown: the route of `backend` leads to `ws-two-2`, which is not registered (workstations: ws-one-1, ws-one-2)",
        ],
    },
    Case {
        name: "a workstation that does not take the type",
        edits: &[Swap(WORKSTATIONS, "[backend]", "[docs]")],
        found: &[
            "identity-map.yaml:9:18 error route-type-refused: `ws-one-1` does not take the type `backend` (it takes: docs)",
        ],
    },
    Case {
        name: "stages that nobody can do",
        edits: &[Swap(
            QUEUE,
            "    lane: A-backend:2\n",
            "    lane: A-backend:2\n    stages:\n      execute:\n        agent: \"@zed\"\n        workstation: [ws-one-1, ws-nine]\n        capabilities: [gpu]\n        gate: machine_redy\n",
        )],
        found: &[
            "queue.yaml:26:16 error stage-agent-unknown: `execute` names @zed, which is not among the agents (agents: @a, @b)",
            "queue.yaml:27:33 error stage-workstation-unknown: `execute` names `ws-nine`, which is not registered (workstations: ws-one-1, ws-one-2)",
            "queue.yaml:29:15 error stage-gate-unknown: the gate `machine_redy` of `execute` means nothing (did you mean `machine_ready`?)",
            "queue.yaml:28:24 warning stage-capability-missing: `execute` asks for `gpu`, which no workstation in its scope has (`capabilities` in governance/workstations.yaml)",
        ],
    },
    Case {
        name: "gates of stages that ask for stages which are not there",
        edits: &[
            Swap(
                QUEUE,
                "    lane: A-backend:2\n",
                "    lane: A-backend:2\n    stages:\n      plan_review: {gate: plan_approved}\n      execute: {gate: plan_approved}\n      review: {gate: evidence}\n",
            ),
            Put(
                "governance/stages/x.yaml",
                "version: 1\nstages:\n  execute: {gate: evidence}\n",
            ),
            Swap(
                LEDGER,
                "    depends_on: [A-1]\n",
                "    depends_on: [A-1]\n    stages_ref: stages/x.yaml\n",
            ),
        ],
        found: &[
            "queue.yaml:25:27 error stage-gate-unmeetable: the gate `plan_approved` of `plan_review` asks for a stage before it that the contract has not (add `plan` or `plan_review` before it, or name another gate)",
            "stages/x.yaml:3:19 error stage-gate-unmeetable: the gate `evidence` of `execute` asks for a stage before it that the contract has not (add `resource`, `plan` or `plan_review` before it, or name another gate)",
        ],
    },
    Case {
        name: "stages in a file that is not there",
        edits: &[Swap(
            QUEUE,
            "    lane: A-backend:2\n",
            "    lane: A-backend:2\n    stages_ref: stages/x.yaml\n",
        )],
        found: &[
            "queue.yaml:24:17 error stages-ref-missing: `A-3` names the stages of `stages/x.yaml`, which is not there (write governance/stages/x.yaml, or put `stages` into the task)",
        ],
    },
    Case {
        name: "stages in a file, judged by who plans",
        edits: &[
            Swap(
                QUEUE,
                "    lane: A-backend:2\n",
                "    lane: A-backend:2\n    stages_ref: stages/x.yaml\n",
            ),
            Put(
                "governance/stages/x.yaml",
                "version: 1\nstages:\n  plan: {agent: \"@a\"}\n  plan_review: {agent: \"@a\"}\n",
            ),
        ],
        found: &[
            "stages/x.yaml:4:24 error stage-judges-itself: @a would judge its own `plan` in `plan_review` (name another agent for one of the two)",
        ],
    },
    Case {
        name: "stages in a file of the target, named by a task of the ledger",
        edits: &[
            Swap(
                LEDGER,
                "    depends_on: [A-1]\n",
                "    depends_on: [A-1]\n    stages_ref: stages/x.yaml\n",
            ),
            Put(
                "governance/stages/x.yaml",
                "version: 1\nstages:\n  plan: {agent: \"@a\", workstation: ws-one-1}\n",
            ),
        ],
        found: &[],
    },
    Case {
        name: "stages in a file that does not read",
        edits: &[
            Swap(
                QUEUE,
                "    lane: A-backend:2\n",
                "    lane: A-backend:2\n    stages_ref: stages/x.yaml\n",
            ),
            Put(
                "governance/stages/x.yaml",
                "version: 1\nstages: {execut: {}}\n",
            ),
        ],
        found: &["stages/x.yaml:2:10 error schema: unknown key `execut` (did you mean `execute`?)"],
    },
    Case {
        name: "a route for nobody",
        edits: &[Swap(MAP, "agent_name: \"@a\"", "agent_name: \"@z\"")],
        found: &[
            "identity-map.yaml:8:17 error route-agent-unknown: the route of `backend` names `@z`, which is not among the agents (agents: @a, @b)",
        ],
    },
    Case {
        name: "a pool of nobody",
        edits: &[Swap(MAP, "[\"@b*\"]", "[\"@b*\", \"@z*\"]")],
        found: &[
            "identity-map.yaml:11:24 error route-agent-unknown: the route of `backend` names `@z*`, which matches no agent (agents: @a, @b)",
        ],
    },
    Case {
        name: "an agent of no role",
        edits: &[Swap(
            MAP,
            "\"@b\", roles: [A-backend]",
            "\"@b\", roles: [A-backend, B-web]",
        )],
        found: &[
            "identity-map.yaml:5:37 error agent-role-unknown: @b has the role `B-web`, which is not in policy (roles: A-backend, D-arch)",
        ],
    },
    Case {
        name: "signatures that nobody can make",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "signatures: {minimum: signed}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:10:23 error signature-unmeetable: policy asks for commits that are signed, and no agent of the identity map has `signing_keys`: everything would be refused (list agents with `signing_keys` in the identity map first)",
        ],
    },
    Case {
        name: "reviewers of no role",
        edits: &[Swap(POLICY, "[D-arch]", "[D-arch, E-gov]")],
        found: &[
            "policy.yaml:11:45 error reviewer-role-unknown: reviews are asked of `E-gov`, which is not in `roles` (roles: A-backend, D-arch)",
        ],
    },
    Case {
        name: "a contract of no role",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "contracts:\n  - {name: api, paths: [\"doc/api/**\"], owner: D-gov}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:11:47 error contract-owner-unknown: the contract `api` is owned by `D-gov`, which is not in `roles` (roles: A-backend, D-arch)",
        ],
    },
    Case {
        name: "contracts of two owners with a file in common",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "contracts:\n  - {name: api, paths: [\"doc/api/**\"], owner: D-arch}\n  - {name: web, paths: [\"doc/*/web\"], owner: A-backend}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:12:24 error contracts-overlap: `web` of A-backend and `api` of D-arch may hold the same file, which neither could change (give both the same owner, or take the file out of one)",
            "policy.yaml:11:47 warning contract-frozen: the contract `api` is owned by D-arch, which reviews only: no task can change it (give the role lanes, or change it by commits outside tasks)",
        ],
    },
    Case {
        name: "contracts of one owner with a file in common",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "contracts:\n  - {name: api, paths: [\"doc/api/**\"], owner: A-backend}\n  - {name: web, paths: [\"doc/*/web\"], owner: A-backend}\nreview_routes:",
        )],
        found: &[],
    },
    Case {
        name: "co-edited files of no role",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "co_edited:\n  - {paths: [go.mod], owner: A-front, with: [D-arch, B-ui]}\n  - {paths: [go.sum], owner: A-backend}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:11:30 error co-edited-role-unknown: files are shared with `A-front`, which is not in `roles` (roles: A-backend, D-arch)",
            "policy.yaml:11:54 error co-edited-role-unknown: files are shared with `B-ui`, which is not in `roles` (roles: A-backend, D-arch)",
        ],
    },
    Case {
        name: "a file of two generators",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "generated:\n  - {paths: [\"gen/**\"], command: make gen}\n  - {paths: [gen2, \"gen/api/*\"], command: make api}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:12:20 error generated-twice: `gen/api/*` may be a file that `make gen` makes as `gen/**` (a file has one generator: narrow one of the patterns)",
        ],
    },
    Case {
        name: "a generator in prose",
        edits: &[Swap(
            POLICY,
            "review_routes:",
            "generated:\n  - {paths: [\"gen/**\"], command: Regenerate all files.}\nreview_routes:",
        )],
        found: &[
            "policy.yaml:11:34 error check-prose: `Regenerate all files.` is not a shell command: it ends with a full stop, like a sentence (write the command that shows it, or move the sentence to `notes`)",
        ],
    },
    Case {
        name: "a touchpoint of no contract",
        edits: &[
            Swap(
                POLICY,
                "review_routes:",
                "contracts:\n  - {name: api, paths: [\"doc/api/**\"], owner: A-backend}\nreview_routes:",
            ),
            Swap(
                QUEUE,
                "    title: Two\n",
                "    title: Two\n    contract_touchpoints: [\"doc/api/x\", doc/web.yaml]\n",
            ),
        ],
        found: &[
            "queue.yaml:10:41 warning touchpoint-uncovered: `doc/web.yaml` is of no contract in policy (contracts: api)",
        ],
    },
    Case {
        name: "touchpoints where policy names no contract",
        edits: &[Swap(
            QUEUE,
            "    title: Two\n",
            "    title: Two\n    contract_touchpoints: [doc/web.yaml]\n",
        )],
        found: &[],
    },
    Case {
        name: "a workstation against the pattern",
        edits: &[
            Swap(WORKSTATIONS, "name: ws-one-2", "name: box2"),
            Swap(MAP, "ws-one-2", "ws-one-1"),
        ],
        found: &[
            "workstations.yaml:7:11 error workstation-name: `box2` does not follow the pattern `^ws-(?<scope>[a-z]+)-(?<suffix>[a-z0-9]+)$`",
        ],
    },
    Case {
        name: "a default workstation that does not exist",
        edits: &[Swap(
            WORKSTATIONS,
            "default_workstation: ws-one-1",
            "default_workstation: ws-one-9",
        )],
        found: &[
            "workstations.yaml:3:22 error default-workstation-unknown: `ws-one-9` is no workstation of this file",
        ],
    },
    Case {
        name: "a route names two kinds of executors",
        edits: &[Swap(
            MAP,
            "agent_name: \"@a\"",
            "agent_name: \"@a\"\n    pool: [\"@b*\"]",
        )],
        found: &[
            "identity-map.yaml:7:5 error meaning: a route names its executors either by `agent_name` or by `pool`",
        ],
    },
    Case {
        name: "a map that nobody could mend",
        edits: &[Swap(
            POLICY,
            "target: {branch: main}",
            "target: {branch: main, direct: tasks_only}",
        )],
        found: &[
            "identity-map.yaml:4:3 error no-admin: only admins may change `governance/` on the target, and no agent of the map may `admin` and has `emails` or `signing_keys`: nobody could mend it (give somebody `may: [plan, claim, handoff, merge, admin]` and `emails`)",
        ],
    },
    Case {
        name: "authority against the marker",
        edits: &[Swap(
            POLICY,
            "authority: {mode: local}",
            "authority: {mode: remote, remote: origin}",
        )],
        found: &[
            "policy.yaml:4:12 error authority-differs: policy says the remote `origin`, but the ledger is decided by local authority, which counts",
        ],
    },
    Case {
        name: "a target against the marker",
        edits: &[Swap(POLICY, "branch: main", "branch: trunk")],
        found: &[
            "policy.yaml:3:18 error target-differs: policy names the target `trunk`, but the ledger guards `main`, which counts",
        ],
    },
    Case {
        name: "a marker under no law",
        edits: &[Swap(MARKER, "law: 1", "law: 0")],
        found: &["ledger:ledger.yaml:5:6 error meaning: laws are counted from 1"],
    },
    Case {
        name: "a state without a definition",
        edits: &[Put(
            "ledger:governance/state/44/Z-1.yaml",
            "version: 1\nid: Z-1\nstatus: todo\nepoch: 0\n",
        )],
        found: &[
            "ledger:state/44/Z-1.yaml:2:5 warning state-without-definition: `Z-1` is todo, and no plan file defines it (define it again: `laneway add`, or the commit that took it out)",
        ],
    },
    Case {
        name: "work without a definition",
        edits: &[Put(
            "ledger:governance/state/44/Z-1.yaml",
            "version: 1\nid: Z-1\nstatus: in_progress\nepoch: 1\nclaim:\n  agent: \"@a\"\n  workstation: ws-one-1\n  lane: A-backend\n  branch: agent/A-backend\n  claimed_at: 2026-11-21T08:15:02Z\n  expires_at: 2026-11-21T12:15:02Z\n  base: 0123456789abcdef0123456789abcdef01234567\n  id: r1\n",
        )],
        found: &[
            "ledger:state/44/Z-1.yaml:2:5 error state-without-definition: `Z-1` is in_progress, and no plan file defines it (define it again: `laneway add`, or the commit that took it out)",
        ],
    },
    Case {
        name: "a state at another place",
        edits: &[Put(
            "ledger:governance/state/00/A-1.yaml",
            "version: 1\nid: A-1\nstatus: todo\nepoch: 0\n",
        )],
        found: &[
            "ledger:state/00/A-1.yaml:2:5 error state-place: it holds the state of `A-1`, which stands elsewhere (it belongs at `governance/state/bc/A-1.yaml`)",
        ],
    },
    Case {
        name: "a word on a workstation at another place",
        edits: &[Put(
            "ledger:governance/workstations/ws-two.yaml",
            "version: 1\nname: ws-one-1\n",
        )],
        found: &[
            "ledger:workstations/ws-two.yaml:2:7 error state-place: it speaks of `ws-one-1`, whose file is another (it belongs at `governance/workstations/ws-one-1.yaml`)",
        ],
    },
    Case {
        name: "a word on a workstation of a wrong shape",
        edits: &[Put(
            "ledger:governance/workstations/ws-one-1.yaml",
            "version: 1\nname: ws-one-1\nhold: {state: ready, reason: x, by: \"@a\", at: 2026-11-20}\n",
        )],
        found: &[
            "ledger:workstations/ws-one-1.yaml:3:15 error meaning: a workstation that is ready is not held",
        ],
    },
    Case {
        name: "a word on a workstation",
        edits: &[Put(
            "ledger:governance/workstations/ws-one-1.yaml",
            "version: 1\nname: ws-one-1\nhold: {state: retired, reason: x, by: \"@a\", at: 2026-11-20}\n",
        )],
        found: &[],
    },
    Case {
        name: "a state of a wrong shape",
        edits: &[Put(
            "ledger:governance/state/bc/A-1.yaml",
            "version: 1\nid: A-1\nstatus: doing\nepoch: 0\n",
        )],
        found: &[
            "ledger:state/bc/A-1.yaml:3:9 error meaning: `doing` is not one of `todo`, `awaiting_scope`, `in_progress`, `blocked`, `in_review`, `done`, `cancelled`",
        ],
    },
    Case {
        name: "a broken file hides nothing of the others",
        edits: &[
            Put("governance/queue/x.yaml", "tasks: [\n"),
            Swap(QUEUE, "priority: 2", "priority: high"),
            Swap(MAP, "\"@b\", roles: [A-backend]", "\"@b\", roles: [B-web]"),
            Swap(WORKSTATIONS, "[backend]", "backend"),
        ],
        found: &[
            "identity-map.yaml:5:26 error agent-role-unknown: @b has the role `B-web`, which is not in policy (roles: A-backend, D-arch)",
            "queue.yaml:14:15 error schema: `high` where a whole number should stand",
            "queue/x.yaml:1:8 error syntax: `[` is never closed",
            "workstations.yaml:6:17 error schema: `backend` where a list should stand",
        ],
    },
    Case {
        name: "six faults in one file",
        edits: &[
            Swap(QUEUE, "title: One", "title: ''"),
            Swap(QUEUE, "priority: 2", "priority: high\n    colour: red"),
            Swap(QUEUE, "lane: A-backend:2", "lane: A-backend:4"),
            Swap(QUEUE, "[make test]", "[Everything should work as it did.]"),
            Put(
                "governance/queue/z.yaml",
                "version: 1\ntasks:\n  - {id: Z-1, title: [x], type: backend, role: A-backend, status: done, notes: 'Context:'}\n  - {id: Z-2, type: backend, role: Nobody, notes: 'Context:', titel: x}\n  - {id: Z-3, title: x, type: backend, role: B-web, depends_on: [Z-9], notes: 'Context:'}\n  - {id: Z-4, title: x, type: other, role: A-backend, lane: A-backend:5, merge_stage: late, notes: ''}\n  - {id: Z-3, title: x, type: backend, role: A-backend, notes: 'Context:'}\n",
            ),
        ],
        found: &[
            "queue.yaml:4:12 error meaning: the text is empty",
            "queue.yaml:14:15 error schema: `high` where a whole number should stand",
            "queue.yaml:15:5 error schema: unknown key `colour`",
            "queue.yaml:27:25 error check-prose: `Everything should work as it did.` is not a shell command: it opens like a demand, not like a command (write the command that shows it, or move the sentence to `notes`)",
            "queue/z.yaml:3:22 error schema: a list where a text (line) should stand",
            "queue/z.yaml:3:67 error tool-owned-key: `status` is state, which is written by the tool only (remove it and use `laneway set-status`)",
            "queue/z.yaml:4:6 error schema: the key `title` is missing",
            "queue/z.yaml:4:63 error schema: unknown key `titel` (did you mean `title`?)",
            "queue/z.yaml:5:46 error role-unknown: `Z-3` names the role `B-web`, which is not in policy (roles: A-backend, D-arch)",
            "queue/z.yaml:5:66 error dependency-unknown: `Z-3` depends on `Z-9`, which no plan file defines",
            "queue/z.yaml:6:31 error type-unrouted: the identity map has no route for the type `other` of `Z-4` (types with a route: backend)",
            "queue/z.yaml:6:61 error lane-unknown: `Z-4` is pinned to the lane `A-backend:5`, but `A-backend` has 2 lanes",
            "queue/z.yaml:6:87 error stage-unknown: `Z-4` names the merge stage `late`, which is not in policy (stages: contract, generated, implementation, integration)",
            "queue/z.yaml:6:100 error required-section: the notes of `Z-4` have no section `Context` (start a line of `notes` with `Context:`)",
            "queue/z.yaml:7:10 error task-defined-twice: `Z-3` is here twice, first as item 3 (keep one definition: an id names one task for ever)",
            "queue/z.yaml:6:100 warning placeholder: `notes` of `Z-4` says nothing: ``",
        ],
    },
    Case {
        name: "an entry without an id hides no other, and may be what is missing",
        edits: &[
            Swap(QUEUE, "parent: A-1", "parent: A-7"),
            Swap(QUEUE, "depends_on: [A-3]", "depends_on: [A-9]"),
            Swap(QUEUE, "lane: A-backend:2", "lane: A-backend:4"),
            Put(
                "governance/queue/x.yaml",
                "version: 1\ntasks:\n  - {title: x, type: backend, role: A-backend, notes: 'Context:'}\n",
            ),
        ],
        found: &[
            "queue.yaml:23:11 error lane-unknown: `A-3` is pinned to the lane `A-backend:4`, but `A-backend` has 2 lanes",
            "queue/x.yaml:3:6 error schema: the key `id` is missing",
            "queue.yaml:12:13 warning parent-unknown: `A-2` is a part of `A-7`, which no plan file defines, unless an entry without an id is meant",
            "queue.yaml:15:18 warning dependency-unknown: `A-2` depends on `A-9`, which no plan file defines, unless an entry without an id is meant",
        ],
    },
    Case {
        name: "an agent and a route that do not read hide nothing of the map, and are not missed",
        edits: &[
            Swap(
                MAP,
                "  - {name: \"@b\", roles: [A-backend], may: [claim]}\n",
                "  - {name: \"@b\", roles: A-backend, may: [claim]}\n  - {name: \"@c\", roles: [B-web], may: [claim]}\n",
            ),
            Swap(
                MAP,
                "routing:\n",
                "routing:\n  - {task_type: docs, agent: \"@a\", workstation: ws-one-1}\n  - {task_type: chore, agent_name: \"@z\", workstation: ws-one-1}\n",
            ),
            Swap(
                QUEUE,
                "    title: One\n    type: backend\n",
                "    title: One\n    type: docs\n",
            ),
            Swap(
                QUEUE,
                "    title: Two\n    type: backend\n",
                "    title: Two\n    type: frontend\n",
            ),
        ],
        found: &[
            "identity-map.yaml:5:25 error schema: `A-backend` where a list should stand",
            "identity-map.yaml:6:26 error agent-role-unknown: @c has the role `B-web`, which is not in policy (roles: A-backend, D-arch)",
            "identity-map.yaml:8:5 error meaning: a route names its executors either by `agent_name` or by `pool`",
            "identity-map.yaml:8:23 error schema: unknown key `agent`",
            "identity-map.yaml:9:36 error route-agent-unknown: the route of `chore` names `@z`, which is not among the agents (agents: @a, @c)",
            "identity-map.yaml:9:55 error route-type-refused: `ws-one-1` does not take the type `chore` (it takes: backend)",
            "queue.yaml:10:11 error type-unrouted: the identity map has no route for the type `frontend` of `A-2` (types with a route: backend, chore)",
        ],
    },
    Case {
        name: "an agent without a name is told once, and may be anybody",
        edits: &[
            Swap(
                MAP,
                "{name: \"@b\", roles: [A-backend], may",
                "{roles: [B-web], may",
            ),
            Swap(MAP, "agent_name: \"@a\"", "agent_name: \"@z\""),
        ],
        found: &["identity-map.yaml:5:6 error schema: the key `name` is missing"],
    },
    Case {
        name: "a misspelt name is told once, as missing and as unknown, at its place",
        edits: &[Swap(MAP, "{name: \"@b\"", "{nmae: \"@b\"")],
        found: &[
            "identity-map.yaml:5:6 error schema: the key `name` is missing",
            "identity-map.yaml:5:6 error schema: unknown key `nmae` (did you mean `name`?)",
        ],
    },
    Case {
        name: "a workstation and a role that do not read are not missed",
        edits: &[
            Swap(
                WORKSTATIONS,
                "  - name: ws-one-2\n",
                "  - name: ws-one-2\n    wip_limit: few\n",
            ),
            Swap(MAP, "workstation: ws-one-1", "workstation: ws-one-7"),
            Swap(
                POLICY,
                "{name: A-backend, lanes: 2}",
                "{name: A-backend, lanes: two}",
            ),
            Swap(POLICY, "reviewers: [D-arch]", "reviewers: [D-arhc]"),
        ],
        found: &[
            "identity-map.yaml:9:18 error route-workstation-unknown: the route of `backend` leads to `ws-one-7`, which is not registered (workstations: ws-one-1)",
            "policy.yaml:8:30 error schema: `two` where a whole number should stand",
            "policy.yaml:11:37 error reviewer-role-unknown: reviews are asked of `D-arhc`, which is not in `roles` (did you mean `D-arch`?)",
            "workstations.yaml:8:16 error schema: `few` where a whole number should stand",
        ],
    },
    Case {
        name: "near misses are told",
        edits: &[
            Swap(QUEUE, "depends_on: [A-3]", "depends_on: [a_3]"),
            Swap(QUEUE, "    parent: A-1\n", "    parent: A1\n"),
            Swap(MAP, "pool: [\"@b*\"]", "agent_name: \"@bb\""),
            Swap(MAP, "workstation: ws-one-1\n", "workstation: ws-noe-1\n"),
        ],
        found: &[
            "identity-map.yaml:9:18 error route-workstation-unknown: the route of `backend` leads to `ws-noe-1`, which is not registered (did you mean `ws-one-1`?)",
            "identity-map.yaml:11:22 error route-agent-unknown: the route of `backend` names `@bb`, which is not among the agents (did you mean `@b`?)",
            "queue.yaml:12:13 error parent-unknown: `A-2` is a part of `A1`, which no plan file defines (did you mean `A-1`?)",
            "queue.yaml:15:18 error dependency-unknown: `A-2` depends on `a_3`, which no plan file defines (did you mean `A-3`?)",
        ],
    },
    Case {
        name: "a package that nobody wrote",
        edits: &[Swap(
            QUEUE,
            "    priority: 2\n",
            "    package: packages/A-2.md\n",
        )],
        found: &[
            "queue.yaml:14:14 error package-missing: `A-2` names the work package `packages/A-2.md`, which is not there (`laneway package new A-2` writes one)",
        ],
    },
    Case {
        name: "a package that says something else than its task",
        edits: &[
            Swap(
                QUEUE,
                "    priority: 2\n",
                "    package: packages/A-2.md\n    evidence: runtime\n",
            ),
            Put(
                "governance/packages/A-2.md",
                "---\nid: A-9\ntask: A-2\nrole: D-arch\nevidence: static\nowned_paths: [src/**]\n---\n\n\
                 ## Identity and role\nx\n## Scope and owned surfaces\nx\n## Forbidden surfaces\nTODO\n\
                 ## Workspace\nx\n## Expected evidence tier\nx\n## Validation commands\nx\n\
                 ## Stop gate\nx\n",
            ),
        ],
        found: &[
            "packages/A-2.md:2:5 error package-disagrees: the id `A-9` is not the name of the file",
            "packages/A-2.md:4:7 error package-disagrees: `A-2` is work of A-backend, not of D-arch",
            "packages/A-2.md:5:11 error package-disagrees: `evidence` is static, of `A-2` it is runtime",
            "packages/A-2.md:6:14 error package-disagrees: `owned_paths` is src/**, of `A-2` it is none",
            "packages/A-2.md:8:1 error package-section: the section `Return and review path` is missing",
            "packages/A-2.md:13:1 error package-section: the section `Forbidden surfaces` says nothing",
        ],
    },
    Case {
        name: "packages that do not read, or belong to nothing",
        edits: &[
            Swap(QUEUE, "    priority: 2\n", "    package: work/A-2.md\n"),
            Put("governance/work/A-2.md", "---\nid: A-2\ntaks: A-2\n---\n"),
            Put("governance/packages/A-1.md", "no front matter\n"),
            Put(
                "ledger:governance/packages/A-7.md",
                "---\nid: A-7\ntask: A-7\nrole: A-backend\n---\n",
            ),
        ],
        found: &[
            "packages/A-1.md:1:1 error schema: a work package begins with front matter between two lines `---` (`laneway package new ID` writes one)",
            "ledger:packages/A-7.md:3:7 error package-disagrees: no plan file defines `A-7`",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Expected evidence tier` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Forbidden surfaces` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Identity and role` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Return and review path` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Scope and owned surfaces` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Stop gate` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Validation commands` is missing",
            "ledger:packages/A-7.md:5:1 error package-section: the section `Workspace` is missing",
            "work/A-2.md:3:1 error schema: unknown key `taks` (did you mean `task`?)",
        ],
    },
    Case {
        name: "what is archived is planned again, kept open and archived twice",
        edits: &[
            Put(
                "ledger:governance/archive/2026-01.yaml",
                "version: 1\ntasks:\n  - at: 2026-01-02T00:00:00Z\n    file: governance/queue.yaml\n    \
                 definition: \"  - {id: A-1, title: Old, role: A-backend}\\n\"\n    \
                 state: {version: 1, id: A-1, status: cancelled, epoch: 0, cancellation: {reason: x, at: 2026-01-01T00:00:00Z, by: '@a'}}\n",
            ),
            Put(
                "ledger:governance/archive/2026-02.yaml",
                "version: 1\ntasks:\n  - at: 2026-02-02T00:00:00Z\n    file: governance/queue.yaml\n    on_target: true\n    \
                 definition: \"  - {id: A-1, title: One, type: backend, role: A-backend, notes: 'Context: first'}\\n\"\n    \
                 state: {version: 1, id: A-1, status: cancelled, epoch: 0, cancellation: {reason: x, at: 2026-01-01T00:00:00Z, by: '@a'}}\n",
            ),
            Put(
                "ledger:governance/state/bc/A-1.yaml",
                "version: 1\nid: A-1\nstatus: todo\nepoch: 0\n",
            ),
        ],
        found: &[
            "ledger:archive/2026-02.yaml:7:29 error task-archived: `A-1` is archived twice",
            "ledger:state/bc/A-1.yaml:2:5 error task-archived: `A-1` is archived, and has a state beside that",
            "queue.yaml:3:9 warning task-archived: `A-1` is archived: its definition can go (take it out here, or give the new task an id of its own)",
        ],
    },
    Case {
        name: "private terms and secrets",
        edits: &[
            Swap(
                POLICY,
                "roles:\n",
                "hygiene: {terms: [Initech, hooli.example]}\nroles:\n",
            ),
            Swap(QUEUE, "title: One", "title: One for INITECH"),
            Swap(
                QUEUE,
                "notes: 'Context: third'",
                "notes: 'Context: glpat-aaaabbbbccccddddeeee'",
            ),
            Swap(LEDGER, "'Context: spawned'", "'Context: see Hooli.example'"),
        ],
        found: &[
            "ledger:queue.yaml:8:26 error private-term: the private term `Hooli.example` stands in a file that others read",
            "queue.yaml:4:20 error private-term: the private term `INITECH` stands in a file that others read",
            "queue.yaml:27:22 error secret: this looks like a token of GitLab",
        ],
    },
    Case {
        name: "terms that are none",
        edits: &[Swap(
            POLICY,
            "roles:\n",
            "hygiene: {terms: [ab, '']}\nroles:\n",
        )],
        found: &[
            "policy.yaml:7:19 error meaning: a term has 3 to 64 characters",
            "policy.yaml:7:23 error meaning: the text is empty",
        ],
    },
    Case {
        name: "texts that say nothing",
        edits: &[
            Swap(QUEUE, "title: One", "title: TBD"),
            Swap(POLICY, ", note_sections: [Context]", ""),
            Swap(QUEUE, "notes: 'Context: third'", "notes: '...'"),
        ],
        found: &[
            "queue.yaml:4:12 warning placeholder: `title` of `A-1` says nothing: `TBD`",
            "queue.yaml:27:12 warning placeholder: `notes` of `A-3` says nothing: `...`",
        ],
    },
];
