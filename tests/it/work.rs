//! A task's whole way in one session: what each verb of work says, to people and to programs.

use crate::support::World;

#[test]
fn the_verbs_of_work_say_what_they_did() {
    let world = World::governed();
    world.quietly("add A-1 --title 'Retry a payment' --role A-backend --risk high --check 'test -f a.txt' --evidence-check 'runtime:cat a.txt' --as @dana");
    world.quietly("claim A-1 --as @bot");
    let lane = "repo-A-backend";
    drop(world.laneway_in(lane, "check").code(4));
    drop(world.laneway_in(lane, "trust").code(0));
    drop(world.laneway_in(lane, "check").code(1));
    world.write_in(lane, "a.txt", "a\n");
    world.git_in(lane, "add -A");
    world.git_in(lane, "commit -q -m 'write a.txt'");
    drop(world.laneway_in(lane, "--json check").code(0));
    drop(
        world
            .laneway_in(lane, "handoff --next 'the timeout'")
            .code(4),
    );
    let anchor = "evidence --class source_trace --text 'the retry is one line' --anchor a.txt:1";
    drop(world.laneway_in(lane, anchor).code(0));
    drop(
        world
            .laneway_in(
                lane,
                "handoff --next 'the timeout' --risk 'slow banks' --dry-run",
            )
            .code(0),
    );
    drop(
        world
            .laneway_in(lane, "handoff --next 'the timeout' --risk 'slow banks'")
            .code(0),
    );
    drop(world.laneway("merge A-1 --as @bot").code(4));
    drop(
        world
            .laneway("review A-1 --verdict accept --no-findings --as @bot")
            .code(4),
    );
    drop(
        world
            .laneway("--json review A-1 --verdict accept --no-findings --as @rev")
            .code(0),
    );
    drop(world.laneway("merge A-1 --as @bot --dry-run").code(0));
    drop(
        world
            .laneway("--json merge --all --as @bot --dry-run")
            .code(0),
    );
    drop(world.laneway("merge A-1 --as @bot").code(0));
    drop(world.laneway("merge A-1 --as @bot").code(4));
    drop(world.laneway("complete A-1 --as @bot").code(4));
    drop(world.laneway("log A-1").code(0));
    drop(world.laneway("--json log A-1 --limit 1").code(0));
    drop(world.laneway("validate").code(0));
    drop(world.laneway("--json validate").code(0));
    drop(world.laneway("audit verify").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_repeated_handoff_answers_as_before() {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    let lane = "repo-A-backend";
    world.commit(lane, "a.txt", "a\n");
    let line = "handoff --next more --request-id same";
    let first = world.laneway_in(lane, line).code(0);
    let again = world.laneway_in(lane, line).code(0);
    assert_eq!(again.stdout, first.stdout);
    drop(world.laneway_in(lane, "handoff --next more").code(4));
}

#[test]
fn a_review_in_a_clone_that_has_not_looked_judges_what_is_handed_off_now() {
    let world = World::remote();
    let url = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("clone -q {url} ../clone"));
    world.submit("A-1", "--role A-backend", "repo-A-backend", "a.txt", "a\n");
    let accept = "review A-1 --verdict accept --no-findings --as @rev";
    drop(world.laneway_in("clone", accept).code(0));
}
