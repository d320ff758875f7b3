//! Bad YAML never destroys data (P13): two hundred and more damaged files, each through the
//! program. `validate` names file, line and column; what would build on the file is refused;
//! afterwards every byte and every ref is as it was; and none of it takes 200 MB.

mod damage;
mod stage;

use std::collections::BTreeSet;
use std::sync::Mutex;

use damage::DAMAGES;
use stage::{KINDS, Stage};

#[test]
fn p13_bad_yaml_never_destroys_data() {
    let left = Mutex::new(KINDS.iter());
    let tried = Mutex::new(BTreeSet::new());
    let wrong = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(kind) = left.lock().unwrap().next() else {
                break;
            };
            let stage = Stage::new(kind);
            for damage in DAMAGES {
                let Some(bytes) = (damage.make)(stage.sound()) else {
                    continue;
                };
                tried.lock().unwrap().insert((kind.file, damage.name));
                if let Err(why) = stage.survives(&bytes) {
                    let told = format!("{} in {}: {why}", damage.name, kind.file);
                    wrong.lock().unwrap().push(told);
                }
            }
        }
    };
    // A world each: commands wait more than they compute.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(work);
        }
    });
    let (tried, wrong) = (tried.into_inner().unwrap(), wrong.into_inner().unwrap());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(tried.len() >= 200, "{}", tried.len());
}
