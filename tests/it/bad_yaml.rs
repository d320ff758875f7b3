//! Bad YAML never destroys data (P13): two hundred and more damaged files, each through the
//! program. `validate` names file, line and column; what would build on the file is refused;
//! afterwards every byte and every ref is as it was; and none of it takes 200 MB.

mod damage;
mod stage;

use std::collections::BTreeSet;

use damage::DAMAGES;
use stage::{KINDS, Stage};

#[test]
fn p13_bad_yaml_never_destroys_data() {
    let mut tried = BTreeSet::new();
    let mut wrong = Vec::new();
    for kind in KINDS {
        let stage = Stage::new(kind);
        for damage in DAMAGES {
            let Some(bytes) = (damage.make)(stage.sound()) else {
                continue;
            };
            tried.insert((kind.file, damage.name));
            if let Err(why) = stage.survives(&bytes) {
                wrong.push(format!("{} in {}: {why}", damage.name, kind.file));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(tried.len() >= 200, "{}", tried.len());
}
