//! A variable that is set, and not to nothing. Its value is nobody's business.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::Look;

pub(super) fn look(name: &str, vars: &BTreeMap<OsString, OsString>) -> Look {
    match vars.get(OsStr::new(name)) {
        Some(value) if !value.is_empty() => Ok(format!("{name} is set")),
        Some(_) => Err(format!("{name} is empty")),
        None => Err(format!("{name} is not set")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_set_and_its_value_is_not_shown() {
        let vars = [("TOKEN", "hush"), ("NONE", "")]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        assert_eq!(look("TOKEN", &vars), Ok("TOKEN is set".to_owned()));
        assert_eq!(look("NONE", &vars), Err("NONE is empty".to_owned()));
        assert_eq!(look("OTHER", &vars), Err("OTHER is not set".to_owned()));
    }
}
