//! `merge-driver`: plan files that git is to merge by tasks, in a clone where it does not know how.

use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::ops::merge_driver::{DRIVER, register, setup_of};

pub const AILMENT: Ailment = Ailment {
    id: "merge-driver",
    about: "clones that do not know how to merge plan files",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let setup = setup_of(&patient.env, &patient.repo)?;
    if !setup.named() || setup.registered() {
        return Ok(Vec::new());
    }
    let what = match &setup.command {
        None => "git does not know the merge driver of plan files",
        Some(_) => "git runs an old merge driver for plan files",
    };
    Ok(vec![Finding {
        ailment: AILMENT.id,
        severity: Severity::Note,
        what: what.to_owned(),
        place: patient.place(),
        why: format!(
            "the attributes name `{DRIVER}`, and `merge.laneway.driver` is another or missing: \
             plans are merged as text"
        ),
        cure: Cure::repair("register it in this clone", |patient| {
            register(&patient.repo)?;
            Ok(Mended::Done("registered it".to_owned()))
        }),
    }])
}
