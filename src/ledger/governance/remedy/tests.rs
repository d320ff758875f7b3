use super::*;

fn plan(text: &str) -> Option<(String, Vec<String>)> {
    let mended = mended(FileKind::Plan, text)?;
    let told = mended.mends.iter();
    let told = told.map(|m| format!("{}:{} {}: {}", m.line, m.column, m.rule, m.message));
    Some((mended.text, told.collect()))
}

#[test]
fn p10_near_misses_of_keys_and_words_are_mended_and_nothing_else() {
    let text = "\u{feff}# plan\r\nverson: 1\r\ntaks: # all\r\n  - id: A-1 # one\r\n    'titel':   x\r\n    \
                role: A\r\n    kind: \"featrue\"\r\n    riks: hihg # c\r\n";
    let (mended, told) = plan(text).unwrap();
    assert_eq!(
        mended,
        text.replace("verson", "version")
            .replace("taks", "tasks")
            .replace("titel", "title")
            .replace("featrue", "feature")
            .replace("riks", "risk")
            .replace("hihg", "high")
    );
    assert_eq!(
        told,
        [
            "3:1 schema: key `taks` is now `tasks`",
            "2:1 schema: key `verson` is now `version`",
            "7:11 meaning: `featrue` is now `feature`",
            "8:5 schema: key `riks` is now `risk`",
            "5:5 schema: key `titel` is now `title`",
            "8:11 meaning: `hihg` is now `high`",
        ]
    );
    assert_eq!(plan(&mended), None, "nothing is left to mend");
}

#[test]
fn p10_what_could_mean_two_things_stays() {
    for text in [
        // The right key is there already.
        "version: 1\ntasks:\n  - {id: A-1, title: x, titel: y, role: A}\n",
        // Two keys that could both be it.
        "version: 1\ntasks:\n  - {id: A-1, titel: x, tilte: y, role: A}\n",
        // Free keys, strangers, and words of another language.
        "version: 1\ntasks:\n  - {id: A-1, title: x, role: A, x-rol: 1, colour: red, risk: hoch}\n",
        // Not text.
        "version: 1\ntasks:\n  - {id: A-1, title: x, role: A, risk: 1}\n",
        "version: 1\ntasks: [",
        "",
    ] {
        assert_eq!(plan(text), None, "{text}");
    }
    let above = "version: 1\ntasks:\n  - id: A-1\n    depends_on:\n      - B-1\n      # keys\n      - B-1\n";
    assert!(plan(above).is_none_or(|(text, _)| text.contains("# keys")));
}

#[test]
fn p10_a_set_names_everything_once() {
    let text = "version: 1\ntasks:\n  - id: A-1\n    depends_on: [B-1, 'B-2', B-1] # c\n    \
                exclusive:\n      - db # first\n      - db\n      - x\n    acceptance_checks: [a, a]\n";
    let (mended, told) = plan(text).unwrap();
    assert_eq!(
        mended,
        text.replace("'B-2', B-1]", "'B-2']")
            .replace("      - db\n", "")
    );
    assert_eq!(
        told,
        [
            "4:17 dependency-twice: `depends_on` no longer names 1 item twice",
            "6:7 dependency-twice: `exclusive` no longer names 1 item twice",
        ]
    );
}

#[test]
fn p10_keys_of_the_tool_go_only_when_they_say_nothing() {
    let text = "version: 1\ntasks:\n  - id: A-1\n    status: todo\n    claim: ~\n    \
                records: []\n    epoch: 0\n    title: x\n  - id: A-2\n    status: done\n    epoch: 3\n";
    let (mended, told) = plan(text).unwrap();
    let bare = "version: 1\ntasks:\n  - id: A-1\n    title: x\n  - id: A-2\n    status: done\n    epoch: 3\n";
    assert_eq!(mended, bare);
    assert_eq!(told.len(), 4, "{told:?}");
}

#[test]
fn p10_a_change_that_may_turn_the_meaning_is_left_to_a_person() {
    for text in [
        // Near by the number of edits, and the contrary.
        "version: 1\ntasks:\n  - {id: A-1, due_before: 2026-01-01}\n",
        "version: 1\ntasks:\n  - {id: A-1, unowned_paths: [a/**]}\n",
        "version: 1\ntasks:\n  - {id: A-1, updated_at: 2026-01-01T00:00:00Z}\n",
        "version: 1\ntasks:\n  - {id: A-1, marked: true}\n",
        "version: 1\ntasks:\n  - {id: A-1, kind: effect}\n",
        // Two slips, or one in a short word.
        "version: 1\ntasks:\n  - {id: A-1, pirorty: 1}\n",
        "version: 1\ntasks:\n  - {id: A-1, ype: x}\n",
        // Whose files they are, who works, what is owed.
        "version: 1\ntasks:\n  - {id: A-1, owned_path: [a/**]}\n",
        "version: 1\ntasks:\n  - {id: A-1, forbiden_paths: [a/**]}\n",
        "version: 1\ntasks:\n  - {id: A-1, evidence_checks: {statics: [x]}}\n",
        "version: 1\ntasks:\n  - {id: A-1, stages: {execute: {agnet: '@a'}}}\n",
    ] {
        assert_eq!(plan(text), None, "{text}");
    }
    for (kind, text) in [
        (
            FileKind::Workstations,
            "version: 1\nworkstations:\n  - {name: a, state: unready}\n",
        ),
        (
            FileKind::Workstations,
            "version: 1\nworkstations:\n  - {name: a, state: raedy}\n",
        ),
        (
            FileKind::Policy,
            "version: 1\ngates: {review: {high: unrequired}}\n",
        ),
        (FileKind::Policy, "version: 1\nfencing: strcit\n"),
        (FileKind::IdentityMap, "version: 1\nmode: enforcde\n"),
        (
            FileKind::Stages,
            "version: 1\nstages: {execute: {agnet: '@a'}}\n",
        ),
    ] {
        assert_eq!(mended(kind, text), None, "{text}");
    }
}

#[test]
fn p31_a_file_of_another_version_is_not_mended() {
    let text = "version: 1\ntasks:\n  - {id: A-1, titel: x, depends_on: [B, B]}\n";
    assert!(plan(text).is_some());
    for other in ["0", "2", "99", "one", "1.0", "'1'", "~", "[1]"] {
        for key in ["version", "versoin"] {
            let text = text.replace("version: 1", &format!("{key}: {other}"));
            assert_eq!(plan(&text), None, "{text}");
        }
    }
    assert_eq!(plan(&text.replace("version: 1\n", "")), None, "none at all");
    let misspelt = text.replace("version", "versoin");
    assert!(plan(&misspelt).unwrap().0.starts_with("version: 1\n"));
}

#[test]
fn p10_what_takes_a_comment_along_is_left() {
    for text in [
        "version: 1\ntasks:\n  - id: A-1\n    depends_on:\n      - B-1\n      - B-1 # for the keys\n",
        "version: 1\ntasks:\n  - id: A-1\n    status: todo # until May\n    title: x\n",
        "version: 1\ntasks:\n  - id: A-1\n    records: [ # until May\n      ]\n    title: x\n",
    ] {
        assert_eq!(plan(text), None, "{text}");
    }
    let above = "version: 1\ntasks:\n  - id: A-1\n    depends_on:\n      - B-1\n      # keys\n      - B-1\n";
    assert!(plan(above).is_none_or(|(text, _)| text.contains("# keys")));
}
