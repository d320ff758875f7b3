//! `remote`: the authority answers in time, and this clone knows its ledger as it stands.

use std::time::Duration;

use super::{Check, Flight, Line};
use crate::git::Listing;
use crate::ops::doctor::{Cure, Mended, Patient};
use crate::ops::{OpError, Site};

/// Nobody waits longer for a look ahead, whatever policy gives a claim.
const LIMIT: Duration = Duration::from_secs(10);

pub const CHECK: Check = Check {
    id: "remote",
    about: "the remote that decides answers, and its ledger is known here",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let Some((site, rules)) = flight.site().zip(flight.rules()) else {
        return vec![CHECK.skipped("the ledger does not read")];
    };
    let Some(remote) = site.ledger.remote() else {
        return vec![CHECK.skipped("this repository decides, no remote")];
    };
    if flight.options.offline {
        return vec![CHECK.skipped("told to stay offline")];
    }
    let policy = u64::from(rules.policy.remote_timeout.seconds());
    let limit = LIMIT.min(Duration::from_secs(policy));
    let branch = site.ledger.marker.branch.full();
    let listed = site.repo().ls_remote(remote, &[branch.as_str()], limit);
    vec![match listed {
        Ok(Listing::Refs(refs)) => {
            let (there, here) = (refs.get(&branch), site.ledger.tip().ok().flatten());
            match there {
                Some(there) if Some(*there) == here => {
                    CHECK.ok(format!("`{remote}` answers, and its ledger is known here"))
                }
                Some(there) => CHECK
                    .warning(format!(
                        "`{remote}` has the ledger at {}, newer than here",
                        there.short()
                    ))
                    .cured_by(Cure::repair(
                        format!("fetches the ledger from `{remote}`"),
                        fetch,
                    )),
                None => CHECK
                    .failed(format!("`{remote}` has no ledger"))
                    .next("`laneway doctor` says what each side has"),
            }
        }
        Ok(Listing::Unreachable { stderr }) => CHECK
            .failed(match stderr.lines().next().map(str::trim) {
                Some(said) if !said.is_empty() => format!("`{remote}` cannot be reached: {said}"),
                _ => format!("`{remote}` does not answer within {} s", limit.as_secs()),
            })
            .next("try again when it answers; `--offline` leaves it out"),
        Err(error) => CHECK
            .failed(error.to_string())
            .next(format!("`git ls-remote {remote}` tells more")),
    }]
}

fn fetch(patient: &Patient) -> Result<Mended, OpError> {
    let refresh = |site: &Site| -> Result<(), OpError> { Ok(site.publisher()?.refresh()?) };
    match &patient.ledger {
        Ok(site) => refresh(site).map(|()| Mended::Done("fetched".to_owned())),
        Err(error) => Ok(Mended::Kept(error.to_string())),
    }
}
