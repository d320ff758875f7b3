//! What an agent says it has left of what it may use (S10): advice that a claim records, never
//! judged.

use std::collections::BTreeMap;

use super::OpError;
use super::site::Site;

/// Most entries, and the most bytes of a name and of a value.
const MOST: (usize, usize, usize) = (16, 64, 200);

/// Most bytes that all entries take in a request, whose message has a limit.
const MOST_IN_ALL: usize = 4096;

/// The quota of a claim: `LANEWAY_QUOTA` (comma separated), and over it what is `given`, each as
/// `NAME=VALUE`.
///
/// # Errors
/// [`OpError::Usage`] when an entry has another form, or there are too many.
pub fn quota(site: &Site, given: &[String]) -> Result<BTreeMap<String, String>, OpError> {
    let known = site.env.var("LANEWAY_QUOTA").unwrap_or_default();
    let known = known.split(',').filter(|entry| !entry.trim().is_empty());
    let mut quota = BTreeMap::new();
    for entry in known.chain(given.iter().map(String::as_str)) {
        let (name, value) = read(entry)?;
        quota.insert(name, value);
    }
    let (most, _, _) = MOST;
    if quota.len() > most {
        let message = format!(
            "{} entries of a quota; at most {most} are kept",
            quota.len()
        );
        return Err(OpError::Usage(message));
    }
    let bytes = serde_json::to_string(&quota).map_or(usize::MAX, |json| json.len());
    if bytes > MOST_IN_ALL {
        let message = format!("the quota takes {bytes} bytes; at most {MOST_IN_ALL} are kept");
        return Err(OpError::Usage(message));
    }
    Ok(quota)
}

fn read(entry: &str) -> Result<(String, String), OpError> {
    let (_, longest_name, longest_value) = MOST;
    let bad = |what: &str| {
        let message = format!("the quota `{}` {what}", entry.escape_debug());
        OpError::Usage(message)
    };
    let (name, value) = entry
        .split_once('=')
        .ok_or_else(|| bad("is not NAME=VALUE"))?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || name.len() > longest_name {
        return Err(bad(&format!("has no name of 1 to {longest_name} bytes")));
    }
    if value.len() > longest_value {
        return Err(bad(&format!(
            "has a value of more than {longest_value} bytes"
        )));
    }
    if entry.chars().any(char::is_control) {
        return Err(bad("has a control character"));
    }
    Ok((name.to_owned(), value.to_owned()))
}
