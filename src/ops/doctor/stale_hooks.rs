//! `stale-hooks`: hooks of laneway that call a program that is gone, were edited, or lost the hook
//! that they are to call.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::ops::hooks::{self, Options, SERVER, Standing};

pub const AILMENT: Ailment = Ailment {
    id: "stale-hooks",
    about: "hooks of laneway that do not do what they should",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let status = hooks::status(&patient.repo)?;
    let found = status.slots.iter().filter_map(|slot| {
        let why = slot.ailment()?;
        let server = SERVER.contains(&slot.name);
        // What a person changed is for a person.
        let cure = match slot.standing {
            Standing::Outdated => Cure::repair("write it anew", move |patient| {
                let options = Options {
                    server,
                    ..Options::default()
                };
                hooks::install(&patient.repo, &patient.env, options)?;
                Ok(Mended::Done("it is written anew".to_owned()))
            }),
            _ if slot.left.is_some() => {
                Cure::Hand("look at it, then `laneway hooks uninstall`".to_owned())
            }
            _ => Cure::Hand("look at it, then `laneway hooks install --force`".to_owned()),
        };
        Some(Finding {
            ailment: AILMENT.id,
            severity: Severity::Warning,
            what: format!("the hook {} is not as it was installed", slot.name),
            place: shown(&status.dir),
            why,
            cure,
        })
    });
    Ok(found.collect())
}
