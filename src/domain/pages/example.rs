/// Examples of what gates say, by the id that they refuse with.
pub const EXAMPLES: &[(&str, &str)] = &[
    (
        "plan-unsound",
        "`A-2` names the task `A-9`, which no plan file defines",
    ),
    (
        "package-unsound",
        "`A-1` names the work package `packages/A-1.md`: the file is missing",
    ),
    ("role-unknown", "the role `A-backend` is not in policy"),
    (
        "task-held",
        "`A-1` is held by @bot in lane A-backend until 2026-11-20T13:00:00Z",
    ),
    ("task-blocked", "`A-1` is blocked by `C-7`: waits for quota"),
    ("task-closed", "`A-1` is done since 2026-11-20T09:00:00Z"),
    (
        "dependency",
        "`A-2` depends on `A-1`, which is in_progress, not landed",
    ),
    ("parked", "`A-1` is parked"),
    (
        "not-before",
        "`A-1` starts no earlier than 2026-12-01T00:00:00Z",
    ),
    (
        "lane-busy",
        "lane A-backend is busy with `A-1`, held by @bot until 2026-11-20T13:00:00Z",
    ),
    (
        "lane-wrong",
        "`A-1` is pinned to lane A-backend:2, not A-backend",
    ),
    (
        "agent-busy",
        "@bot has `A-1` in progress, and at most 1 at once",
    ),
    (
        "exclusive-group",
        "group `db-migrations` is taken by `A-1`, held by @bot until 2026-11-20T13:00:00Z",
    ),
    (
        "path-reservation",
        "`src/**` overlaps `src/api/**` of `A-1`, held by @bot until 2026-11-20T13:00:00Z",
    ),
    ("agent-unknown", "the identity map has no agent @mallory"),
    ("agent-role", "@bot does not have the role `A-backend`"),
    ("agent-may", "@bot may not claim"),
    (
        "route-type",
        "the identity map has no route for the type `backend_feature`",
    ),
    (
        "route-agent",
        "@bot is not routed to `backend_feature`; @agent-builder-01 is",
    ),
    (
        "route-workstation",
        "@bot is routed to `backend_feature` on ws-backend-01, not on ws-local-01",
    ),
    (
        "workstation-missing",
        "the workstation ws-backend-01 is not registered",
    ),
    ("workstation-not-ready", "ws-backend-01 is quarantined"),
    (
        "workstation-scope",
        "ws-backend-01 does not take the type `ui_feature`",
    ),
    (
        "workstation-host",
        "ws-backend-01 runs on ace-linux-1, not on laptop",
    ),
    ("workstation-capability", "ws-backend-01 has no `docker`"),
    (
        "workstation-license",
        "ws-backend-01 has no licence `orcaflex`",
    ),
    (
        "workstation-full",
        "ws-backend-01 has 1 task(s) in progress, its limit",
    ),
    (
        "submission-changed",
        "the handed-off commit 4f2c1e0a9b no longer gives the change that was recorded",
    ),
    (
        "merge-order",
        "`A-1` lands before `A-2` (merge order 1) and is in_progress",
    ),
    ("parent-waits", "its part `A-1-2` is todo, not landed"),
    ("merge-commit", "4f2c1e0a9b is a merge commit"),
    (
        "governance-touched",
        "commit 4f2c1e0a9b touches governance/policy.yaml",
    ),
    (
        "foreign-paths",
        "commit 4f2c1e0a9b touches doc/api.md, outside the owned paths src/**",
    ),
    (
        "forbidden-paths",
        "commit 4f2c1e0a9b touches doc/api.md, forbidden by `doc/**`",
    ),
    (
        "review-owed",
        "`A-1` is of high risk and has no accepting review",
    ),
    (
        "protected-tests",
        "the protected test tests/a.rs shrinks from 40 to 12 lines",
    ),
    (
        "evidence-owed",
        "the check `cargo test` failed with exit code 101",
    ),
    (
        "rerun-identity",
        "`A-1` goes back to @bot, who did it on ws-backend-01",
    ),
    (
        "workstation-unprobed",
        "the probes of ws-backend-01 have not been run for this claim",
    ),
    (
        "workstation-used",
        "ws-once-01 is for one claim, and `A-1` had it at 2026-11-20T09:00:00Z",
    ),
    (
        "contract-owner",
        "commit 3cc968b3ac touches doc/api/openapi.yaml, the contract `api`, which is changed by D-arch only",
    ),
    (
        "co-edited",
        "the target has changed go.mod, which is A-backend's, since the branch started: others rebase first",
    ),
    (
        "also-change",
        "doc/api/openapi.yaml changes, and `CHANGELOG.md` does not change along",
    ),
    (
        "stage-gap",
        "`A-1` is paused by @dana until 2026-12-01T00:00:00Z: no machine",
    ),
    ("stage-owed", "`A-1` owes its stage `plan_review`, by @eve"),
    ("stage-agent", "`execute` is for @bot, not for @ana"),
    (
        "stage-workstation",
        "ws-gpu-02 is not in the scope, which is ws-gpu-01",
    ),
    (
        "stage-capability",
        "ws-gpu-01 has no `gpu`, which the contract asks for",
    ),
    (
        "remote-execution",
        "ws-1 runs on this host, so nothing is remote",
    ),
    (
        "generated-files",
        "api/gen/client.go is made by `make codegen`, and the check that it is has not run on the content that lands",
    ),
    (
        "stage-gate",
        "no machine is ready for `execute`: ws-gpu-01 is quarantined",
    ),
];
