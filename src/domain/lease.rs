//! Lease arithmetic. A lease says until when a claim in progress holds; the epoch says whose
//! writes still count. Neither alone is enough (FEATURES X1).

use super::policy::LeaseTerms;
use super::state::Claim;
use super::time::Timestamp;

/// When a claim made or renewed `now` expires.
#[must_use]
pub fn expiry(terms: LeaseTerms, now: Timestamp) -> Timestamp {
    now.plus(terms.ttl)
}

/// Whether the claim no longer holds: its time and the margin for clocks have passed.
#[must_use]
pub fn expired(claim: &Claim, terms: LeaseTerms, now: Timestamp) -> bool {
    now > claim.expires_at.plus(terms.skew)
}

/// Whether any verb of the holder renews: half of the time has passed.
#[must_use]
pub fn renewal_due(claim: &Claim, terms: LeaseTerms, now: Timestamp) -> bool {
    now >= claim.expires_at.minus(terms.ttl.half())
}

/// Whether a clock that shows `now` may judge expiry: it must not lie before the ledger's own
/// last moment by more than the margin (PROMISES P11).
#[must_use]
pub fn clock_plausible(terms: LeaseTerms, now: Timestamp, tip_time: Timestamp) -> bool {
    now >= tip_time.minus(terms.skew)
}
