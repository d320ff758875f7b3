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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{ANN, SKEW, TTL, World, at, task};

    fn claimed() -> (Claim, LeaseTerms) {
        let mut world = World::new(vec![task("T-1", "A")]);
        world.claim(ANN, "T-1");
        let claim = world.state("T-1").claim().unwrap().clone();
        (claim, world.snapshot.rules.policy.lease)
    }

    #[test]
    fn a_lease_holds_through_its_time_and_the_margin() {
        let (claim, terms) = claimed();
        assert_eq!(expiry(terms, at(5)), at(TTL + 5));
        for (moment, over) in [
            (0, false),
            (TTL, false),
            (TTL + SKEW, false),
            (TTL + SKEW + 1, true),
        ] {
            assert_eq!(expired(&claim, terms, at(moment)), over, "{moment}");
        }
    }

    #[test]
    fn renewal_is_due_from_half_of_the_time() {
        let (claim, terms) = claimed();
        for (moment, due) in [
            (0, false),
            (TTL / 2 - 1, false),
            (TTL / 2, true),
            (TTL * 9, true),
        ] {
            assert_eq!(renewal_due(&claim, terms, at(moment)), due, "{moment}");
        }
    }

    #[test]
    fn p11_a_clock_may_lie_behind_the_ledger_by_the_margin() {
        let (_, terms) = claimed();
        for (moment, plausible) in [(0, true), (-SKEW, true), (-SKEW - 1, false), (86_400, true)] {
            assert_eq!(
                clock_plausible(terms, at(moment), at(0)),
                plausible,
                "{moment}"
            );
        }
    }

    #[test]
    fn a_lease_ends_even_at_the_end_of_time() {
        let (mut claim, terms) = claimed();
        claim.expires_at = expiry(terms, Timestamp::from_seconds(i64::MAX));
        assert!(!expired(&claim, terms, Timestamp::from_seconds(i64::MAX)));
        assert!(!expired(&claim, terms, Timestamp::from_seconds(i64::MIN)));
    }
}
