/// A plain scalar by the (narrowed) core schema of YAML 1.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    /// `null`, `Null`, `NULL`, `~` or nothing.
    Null,
    /// `true` or `false`, in no other spelling.
    Bool(bool),
    /// Decimal without leading zeros, `0o…` or `0x…`, within 64 bits.
    Int(i64),
    /// A decimal fraction or exponent, `.inf`, `.nan`, or an integer beyond 64 bits.
    Float(f64),
    /// Everything else.
    Text(&'a str),
}

/// What plain `text` means.
#[must_use]
pub fn resolve(text: &str) -> Resolved<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" => Resolved::Bool(true),
        "false" => Resolved::Bool(false),
        _ => match text.as_bytes()[0] {
            b'0'..=b'9' | b'-' | b'+' | b'.' => number(text).unwrap_or(Resolved::Text(text)),
            _ => Resolved::Text(text),
        },
    }
}

fn number(text: &str) -> Option<Resolved<'_>> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
            return Some(Resolved::Float(f64::INFINITY * sign));
        }
        ".nan" | ".NaN" | ".NAN" => {
            return (unsigned.len() == text.len()).then_some(Resolved::Float(f64::NAN));
        }
        _ => {}
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    decimal(text, unsigned)
}

fn radix(digits: &str, radix: u32) -> Option<Resolved<'_>> {
    let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let value = valid.then(|| i64::from_str_radix(digits, radix).ok())?;
    value.map(Resolved::Int)
}

/// `[0-9]+`, `[0-9]+.[0-9]*` or `.[0-9]+`, with an exponent or not; no leading zeros.
fn decimal<'a>(text: &str, unsigned: &str) -> Option<Resolved<'a>> {
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !all_digits(digits) {
            return None;
        }
    }
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let empty = whole.is_empty() && fraction.is_none_or(str::is_empty);
    if leading_zero || empty || !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return None;
    }
    if exponent.is_none()
        && fraction.is_none()
        && let Ok(value) = text.parse()
    {
        return Some(Resolved::Int(value));
    }
    text.parse().ok().map(Resolved::Float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_core_forms_are_typed() {
        for text in [
            "no",
            "yes",
            "on",
            "True",
            "TRUE",
            "010",
            "1_000",
            "00",
            "-01",
            "1:20",
            "2026-11-20",
            "0x",
            "0o8",
            "0xg",
            "1e",
            "e1",
            ".",
            "-",
            "+",
            "+.",
            "1.2.3",
            "1/3",
            "--1",
            "-0x1",
            "0b1",
            "-.nan",
            "inf",
            "infinity",
            "nan",
            "1e+",
            "4f2c1e0",
            "0.1.0",
            "00.5",
        ] {
            assert_eq!(resolve(text), Resolved::Text(text), "{text}");
        }
        assert_eq!(resolve("-12"), Resolved::Int(-12));
        assert_eq!(resolve("+7"), Resolved::Int(7));
        assert_eq!(resolve("0"), Resolved::Int(0));
        assert_eq!(resolve("0o17"), Resolved::Int(15));
        assert_eq!(resolve("1e3"), Resolved::Float(1000.0));
        assert_eq!(resolve(".5"), Resolved::Float(0.5));
        assert_eq!(resolve("1."), Resolved::Float(1.0));
        assert_eq!(resolve("-.inf"), Resolved::Float(f64::NEG_INFINITY));
        assert_eq!(resolve("99999999999999999999"), Resolved::Float(1e20));
        assert_eq!(resolve("~"), Resolved::Null);
    }
}
