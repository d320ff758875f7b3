//! `completions`, `man` and `schema`: long texts, so that only what matters of them is told.

use crate::support::World;

#[test]
fn completions_know_the_verbs() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = world
            .laneway(&format!("completions {shell}"))
            .code(0)
            .stdout;
        assert!(script.contains("set-status"), "{shell}");
    }
    let answer = world.laneway("--json completions fish").code(0).json();
    assert_eq!(answer["data"]["shell"], "fish");
    drop(world.laneway("completions tcsh").code(2));
}

#[test]
fn man_prints_the_main_page_or_writes_all() {
    let world = World::new();
    let page = world.laneway("man").code(0).stdout;
    assert!(page.contains(".TH laneway 1"), "{page}");
    let answer = world.laneway("--json man --dir pages").code(0).json();
    let files = answer["data"]["files"].as_array().unwrap();
    assert!(
        files.iter().any(|file| file == "laneway-lane-sync.1"),
        "{files:?}"
    );
    assert!(world.path("repo/pages/laneway.1").exists());
}

#[test]
fn schema_prints_what_is_published() {
    let world = World::new();
    let names = world.laneway("schema").code(0).stdout;
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for name in names.lines() {
        let (sort, file) = name.split_once('/').unwrap();
        let file = home
            .join(sort)
            .join("v1")
            .join(format!("{file}.schema.json"));
        let published = std::fs::read_to_string(&file).unwrap();
        assert_eq!(
            world.laneway(&format!("schema {name}")).code(0).stdout,
            published
        );
    }
    let answer = world.laneway("--json schema ledger/queue").code(0).json();
    assert_eq!(answer["data"]["document"]["title"], "laneway queue");
    drop(world.laneway("schema ledger/quue").code(2));
}

#[test]
fn a_schema_is_found_by_its_last_word_or_a_near_one() {
    let world = World::new();
    for (asked, meant) in [
        ("policy", "`ledger/policy`"),
        ("queue.schema.json", "`ledger/queue`"),
        ("claim", "`output/claim`"),
        ("ledger/polcy", "`ledger/policy`"),
        ("plicy", "`ledger/policy`"),
    ] {
        let unknown = world.laneway(&format!("schema {asked}")).code(2);
        let hint = format!("did you mean {meant}?");
        assert!(
            unknown.stderr.contains(&hint),
            "{asked}: {}",
            unknown.stderr
        );
    }
    let nothing = world.laneway("schema weather").code(2);
    drop(nothing.says("`laneway schema` lists the names"));
}
