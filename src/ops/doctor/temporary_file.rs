//! `temporary-file`: what dead processes left half written beside the objects.

use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "temporary-file",
    about: "half-written files of dead processes",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let litter = patient.repo.litter(&patient.env);
    if litter.is_empty() {
        return Ok(Vec::new());
    }
    let bytes: u64 = litter.iter().map(|one| one.bytes).sum();
    let names: Vec<String> = litter
        .iter()
        .map(|one| {
            let common = patient.repo.common_dir();
            let below = one.path.strip_prefix(&common).unwrap_or(&one.path);
            below.display().to_string()
        })
        .collect();
    Ok(vec![Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: format!("half-written files, {} KiB", bytes.div_ceil(1024)),
        place: patient.place(),
        why: format!(
            "nobody wrote them within the last hour: {}",
            names.join(", ")
        ),
        cure: Cure::repair("delete them", move |patient| {
            for one in &litter {
                patient.repo.remove_litter(one, &patient.env)?;
            }
            Ok(Mended::Done("deleted them".to_owned()))
        }),
    }])
}
