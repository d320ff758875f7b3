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
                role: A\r\n    kind: \"featrue\"\r\n    riks: hihg # c\r\n    \
                stages: {execute: {agnet: \"@a\"}}\r\n";
    let (mended, told) = plan(text).unwrap();
    assert_eq!(
        mended,
        text.replace("verson", "version")
            .replace("taks", "tasks")
            .replace("titel", "title")
            .replace("featrue", "feature")
            .replace("riks", "risk")
            .replace("hihg", "high")
            .replace("agnet", "agent")
    );
    assert_eq!(
        told,
        [
            "3:1 schema: key `taks` is now `tasks`",
            "2:1 schema: key `verson` is now `version`",
            "7:11 meaning: `featrue` is now `feature`",
            "9:24 schema: key `agnet` is now `agent`",
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
    let text = "version: 1\ntasks:\n  - id: A-1\n    status: todo\n    claim: ~ # none\n    \
                records: []\n    epoch: 0\n    title: x\n  - id: A-2\n    status: done\n    epoch: 3\n";
    let (mended, told) = plan(text).unwrap();
    let bare = "version: 1\ntasks:\n  - id: A-1\n    title: x\n  - id: A-2\n    status: done\n    epoch: 3\n";
    assert_eq!(mended, bare);
    assert_eq!(told.len(), 4, "{told:?}");
}
