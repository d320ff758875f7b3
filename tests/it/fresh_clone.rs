use crate::support::World;

#[test]
fn an_audit_in_a_fresh_clone_names_the_work_that_is_not_there_and_how_to_fetch_it() {
    let world = World::remote();
    let lane = "repo-A-backend";
    let work = world.submit("A-1", "--role A-backend", lane, "a.txt", "a\n");
    // Over the protocol, so that nothing comes along that no fetched ref reaches.
    let hub = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("clone -q --single-branch {hub} ../fresh"));
    let ledger = "refs/heads/laneway:refs/remotes/origin/laneway";
    world.git_in("fresh", &format!("fetch -q origin {ledger}"));
    let audit = world.laneway_in("fresh", "audit verify --as @bot").code(1);
    let audit = audit.says(&format!("it names the work {work}"));
    let fetch = "git fetch origin 'refs/laneway/work/*:refs/laneway/work/*'";
    drop(audit.says(fetch));
    world.git_in("fresh", &fetch["git ".len()..]);
    drop(world.laneway_in("fresh", "audit verify").code(0));
}

#[test]
fn work_that_was_sent_back_and_made_anew_is_still_there_for_a_fresh_clone() {
    let world = World::remote();
    let lane = "repo-A-backend";
    let sent_back = world.submit("A-1", "--role A-backend", lane, "a.txt", "a\n");
    let finding = "--finding 'major:a.txt:too short; impact: none; fix: more'";
    world.quietly(&format!("review A-1 --verdict revise {finding} --as @rev"));
    world.write_in(lane, "a.txt", "a\nb\n");
    world.git_in(lane, "commit -q -a --amend -m anew");
    drop(world.laneway_in(lane, "handoff --next more").code(0));
    let hub = format!("file://{}", world.path("hub.git").display());
    world.git(&format!("clone -q --single-branch {hub} ../fresh"));
    let ledger = "refs/heads/laneway:refs/remotes/origin/laneway";
    let work = "refs/laneway/work/*:refs/laneway/work/*";
    world.git_in("fresh", &format!("fetch -q origin {ledger} {work}"));
    let refs = "for-each-ref --format=%(refname) refs/laneway/work";
    let earlier = format!("refs/laneway/work/A-1/1-{sent_back}");
    for clone in ["repo", "fresh"] {
        assert!(world.git_in(clone, refs).contains(&earlier));
    }
    drop(world.laneway_in("fresh", "audit verify").code(0));
}

#[test]
fn the_server_s_own_repository_shows_what_it_holds() {
    let world = World::remote();
    world.quietly("add A-1 --title Work --role A-backend --as @dana");
    drop(world.laneway_in("hub.git", "list").code(0).says("A-1"));
    drop(world.laneway_in("hub.git", "audit verify").code(0));
    drop(world.laneway_in("hub.git", "log").code(0).says("add A-1"));
}

#[test]
fn a_partial_clone_is_told_the_fetch_that_brings_the_objects() {
    for filter in ["blob:none", "tree:0"] {
        let world = World::remote();
        world.quietly("add A-1 --title Work --role A-backend --as @dana");
        world.git_in("hub.git", "config uploadpack.allowFilter true");
        let hub = format!("file://{}", world.path("hub.git").display());
        world.git(&format!("clone -q --filter={filter} {hub} ../partial"));
        let whole = [
            "git config --unset-all remote.origin.partialclonefilter",
            "git fetch --refetch origin",
        ];
        let fetch = whole.join(" && ");
        let said = world.laneway_in("partial", "list").code(7);
        drop(said.says("partial clone").says(&fetch));
        let doctor = world.laneway_in("partial", "doctor");
        assert!(!doctor.stdout.contains("damaged"), "{}", doctor.stdout);
        drop(doctor.says(&fetch));
        for line in whole {
            world.git_in("partial", &line["git ".len()..]);
        }
        drop(world.laneway_in("partial", "list").code(0).says("A-1"));
        drop(world.laneway_in("partial", "audit verify").code(0));
        let add = "add A-2 --title Work --role A-backend --as @dana";
        drop(world.laneway_in("partial", add).code(0));
        // What comes later comes whole.
        world.quietly("add A-3 --title Work --role A-backend --as @dana");
        world.git_in("partial", "fetch -q origin");
        drop(world.laneway_in("partial", "list").code(0).says("A-3"));
    }
}
