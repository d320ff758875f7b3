//! A test file that nothing names is never run.

use std::fs;
use std::path::Path;

#[test]
fn every_test_file_is_registered() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut missing = Vec::new();
    for target in ["it", "faults", "protocol", "simulator"] {
        let home = tests.join(target);
        let main = fs::read_to_string(home.join("main.rs")).unwrap();
        for entry in fs::read_dir(&home).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(module) = name.strip_suffix(".rs")
                && module != "main"
                && !main.lines().any(|line| line == format!("mod {module};"))
            {
                missing.push(format!("{target}/{name}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "not registered in main.rs");
}

#[test]
fn every_transcript_has_its_test() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut orphans = Vec::new();
    for entry in fs::read_dir(home.join("snapshots")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let parts: Vec<&str> = name.trim_end_matches(".snap").split("__").collect();
        let told = match parts.as_slice() {
            ["it", module, test] => {
                let source = fs::read_to_string(home.join(format!("{module}.rs")));
                source.is_ok_and(|source| source.contains(&format!("fn {test}()")))
            }
            _ => false,
        };
        if !told {
            orphans.push(name);
        }
    }
    assert_eq!(orphans, Vec::<String>::new(), "snapshots of no test");
}
