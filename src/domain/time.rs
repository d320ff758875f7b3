//! Moments and spans, in whole seconds. Order of events comes from the ledger chain, never from
//! these (PROMISES P11).

use std::fmt;
use std::str::FromStr;

/// A moment: seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in seconds; never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u32);

/// Why a text is not a moment or a span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTime {
    /// Not RFC 3339 and not a date.
    #[error("`{0}` is not a time such as 2026-11-21T08:15:02Z or 2026-11-21")]
    Timestamp(String),
    /// Not a span such as `4h`.
    #[error("`{0}` is not a span such as 90s, 30m, 4h or 2d")]
    Span(String),
}

/// First second of the year 0001 and last of the year 9999: what RFC 3339 can write.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

impl Timestamp {
    /// The moment `seconds` after 1970-01-01T00:00:00Z, held within the years 1 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// This moment and `span` later.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self::from_seconds(self.0.saturating_add(i64::from(span.0)))
    }

    /// This moment, `span` earlier.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self::from_seconds(self.0.saturating_sub(i64::from(span.0)))
    }
}

impl Span {
    /// A span of so many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// Half of it, rounded down: when this much of a lease has passed, any verb renews.
    #[must_use]
    pub const fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::Timestamp(text.to_owned());
        let moment = match text.parse::<jiff::Timestamp>() {
            Ok(moment) => moment,
            Err(_) => {
                let date: jiff::civil::Date = text.parse().map_err(|_| bad())?;
                if text.len() != 10 {
                    return Err(bad());
                }
                date.to_zoned(jiff::tz::TimeZone::UTC)
                    .map_err(|_| bad())?
                    .timestamp()
            }
        };
        if RANGE.contains(&moment.as_second()) {
            Ok(Self(moment.as_second()))
        } else {
            Err(bad())
        }
    }
}

/// Units of a span, longest first.
const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl FromStr for Span {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let bad = || BadTime::Span(text.to_owned());
        let mut rest = text;
        let mut total: u32 = 0;
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
            let count: u32 = rest[..digits].parse().map_err(|_| bad())?;
            let unit = rest[digits..].chars().next().ok_or_else(bad)?;
            let size = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(bad)?
                .1;
            total = count
                .checked_mul(size)
                .and_then(|part| total.checked_add(part))
                .ok_or_else(bad)?;
            rest = &rest[digits + unit.len_utf8()..];
        }
        Ok(Self(total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339_in_utc() {
        let moment: Timestamp = "2026-11-21T09:15:02+01:00".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T08:15:02Z");
        assert_eq!(
            "2026-12-01".parse::<Timestamp>().unwrap().to_string(),
            "2026-12-01T00:00:00Z"
        );
        assert!("tomorrow".parse::<Timestamp>().is_err());
    }

    #[test]
    fn spans_read_and_print() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("4h", 14_400), ("1h30m", 5400)] {
            assert_eq!(text.parse::<Span>().unwrap().seconds(), seconds);
        }
        assert_eq!(Span::from_seconds(14_400).to_string(), "4h");
        for text in ["", "4", "h", "-1h", "4x", "99999999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
