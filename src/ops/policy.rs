//! `policy show`: what is in force, since which commit of the target, by whom and why. Changes
//! nothing and uses no network.

use super::{OpError, Site};
use crate::domain::gates::{CLAIM, LAND, Page};
use crate::domain::id::ObjectId;
use crate::domain::identity::IdentityMap;
use crate::domain::snapshot::Rules;
use crate::ledger::Loader;
use crate::ledger::settings::{self, RuleFile, Setting, Since};
use crate::ledger::yaml::closest;

/// What `policy show` is asked.
#[derive(Debug, Clone, Default)]
pub struct PolicyOptions {
    /// One gate, one refusal of a gate, or one key and those below it; none: all.
    pub key: Option<String>,
    /// The rules of this commit; none: those in force.
    pub at: Option<ObjectId>,
    /// Leave the settings out.
    pub gates_only: bool,
}

/// What is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOutcome {
    /// The ref of the target.
    pub target: String,
    /// The commit whose rules are shown.
    pub at: ObjectId,
    /// The gates, those of claims first.
    pub gates: Vec<GateInForce>,
    /// The settings, in the order of the files.
    pub settings: Vec<InForce>,
}

/// A gate by these rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateInForce {
    /// Its id.
    pub id: &'static str,
    /// `claim` or `landing`.
    pub of: &'static str,
    /// Its rule in one sentence.
    pub about: &'static str,
    /// Whether the rules switch it on.
    pub in_force: bool,
    /// What decides, with its values by these rules.
    pub keys: Vec<Deciding>,
}

/// A key that decides about a gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding {
    /// As pages name it: `policy: path_reservations`, `task: depends_on`.
    pub name: &'static str,
    /// Its settings; none of a task's key.
    pub settings: Vec<InForce>,
}

/// A setting by these rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The key and its value.
    pub setting: Setting,
    /// The commit that brought the value.
    pub since: Option<Since>,
    /// Who that was, by the identity map, else by the commit.
    pub by: Option<String>,
}

/// Shows the rules in force.
///
/// # Errors
/// When they do not read, or nothing has the key.
pub fn show(site: &Site, options: &PolicyOptions) -> Result<PolicyOutcome, OpError> {
    let at = match options.at {
        Some(at) => at,
        None => site.ledger.target()?,
    };
    let rules = Loader::new(site.repo()).rules(at)?;
    let all = settings::settings(site.repo(), at)?;
    let wanted = wanted(&all, options.key.as_deref())?;
    let since = settings::since(site.repo(), at, &wanted)?;
    let in_force: Vec<InForce> = wanted
        .into_iter()
        .zip(since)
        .map(|(setting, since)| InForce {
            by: since.as_ref().map(|since| who(&rules.identity, since)),
            setting,
            since,
        })
        .collect();
    let asked = |page: &Page| options.key.as_deref().is_none_or(|key| page.covers(key));
    let claim = CLAIM.iter().map(|gate| ("claim", gate.page));
    let land = LAND.iter().map(|gate| ("landing", gate.page));
    let gates = claim
        .chain(land)
        .filter(|(_, page)| asked(page))
        .map(|(of, page)| gate(of, &page, &rules, &in_force))
        .collect();
    let shown = |one: &InForce| one.setting.value.is_some() || options.key.is_some();
    Ok(PolicyOutcome {
        target: site.ledger.target_ref.clone(),
        at,
        gates,
        settings: match options.gates_only {
            true => Vec::new(),
            false => in_force.into_iter().filter(shown).collect(),
        },
    })
}

/// The settings that are asked for: those of the key, or those that decide about the gate.
fn wanted(all: &[Setting], key: Option<&str>) -> Result<Vec<Setting>, OpError> {
    let Some(key) = key else {
        return Ok(all.to_vec());
    };
    let pages = || {
        let claim = CLAIM.iter().map(|gate| gate.page);
        claim.chain(LAND.iter().map(|gate| gate.page))
    };
    let gates: Vec<Page> = pages().filter(|page| page.covers(key)).collect();
    let found: Vec<Setting> = all
        .iter()
        .filter(|one| {
            let decides = |page: &Page| page.keys.iter().any(|name| names(name, one));
            is_of(key, one) || gates.iter().any(decides)
        })
        .cloned()
        .collect();
    if !found.is_empty() || !gates.is_empty() {
        return Ok(found);
    }
    let keys = all.iter().map(|one| one.key.as_str());
    let tops = RuleFile::ALL.iter().flat_map(|file| file.keys()).copied();
    let ids = pages().map(|page| page.id).collect::<Vec<_>>();
    let near = closest(key, tops.chain(keys).chain(ids));
    let near = near.map_or("`laneway policy show` lists all".to_owned(), |near| {
        format!("did you mean `{near}`?")
    });
    let message = format!("no gate and no key of the rules is called `{key}`: {near}");
    Err(OpError::Usage(message))
}

/// Whether the setting is the key's, or one below it; a key may name its file: `policy: roles`.
fn is_of(key: &str, setting: &Setting) -> bool {
    let key = match key.split_once(':') {
        Some((file, key)) if file.trim() == setting.file.word() => key.trim(),
        Some(_) => return false,
        None => key.trim(),
    };
    let rest = setting.key.strip_prefix(key);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a page's key, `policy: gates`, names the setting.
fn names(name: &str, setting: &Setting) -> bool {
    name.contains(':') && is_of(name, setting)
}

fn gate(of: &'static str, page: &Page, rules: &Rules, all: &[InForce]) -> GateInForce {
    let keys = page.keys.iter().map(|name| Deciding {
        name,
        settings: all
            .iter()
            .filter(|one| names(name, &one.setting))
            .cloned()
            .collect(),
    });
    GateInForce {
        id: page.id,
        of,
        about: page.about,
        in_force: (page.in_force)(rules),
        keys: keys.collect(),
    }
}

/// Who made a commit: the agent of the map that has the address, else the name in the commit.
fn who(map: &IdentityMap, since: &Since) -> String {
    let of_agent = |agent: &crate::domain::identity::Agent| {
        let mut emails = agent.emails.iter();
        emails.any(|email| email.eq_ignore_ascii_case(&since.email))
    };
    let known = map.agents.iter().find(|(_, agent)| of_agent(agent));
    known.map_or_else(|| since.author.clone(), |(name, _)| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::format::schema;

    #[test]
    fn every_key_that_a_page_names_is_one_that_files_have() {
        let schemas = schema::schemas();
        let queue = schemas
            .iter()
            .find(|(name, _)| *name == "queue.schema.json");
        let queue = queue.map(|(_, schema)| schema.to_string()).unwrap();
        let claim = CLAIM.iter().map(|gate| gate.page);
        for page in claim.chain(LAND.iter().map(|gate| gate.page)) {
            for name in page.keys {
                let (file, key) = name.split_once(": ").unwrap_or(("", name));
                let of_rules = RuleFile::ALL.iter().find(|known| known.word() == file);
                let known = match of_rules {
                    Some(file) => file.keys().contains(&key),
                    None => file == "task" && queue.contains(&format!("\"{key}\":")),
                };
                assert!(known, "{}: `{name}`", page.id);
            }
        }
    }

    #[test]
    fn a_key_names_itself_and_what_is_below_it() {
        let of = |key: &str| Setting {
            file: RuleFile::Policy,
            key: key.to_owned(),
            value: None,
            written: false,
        };
        assert!(is_of("lease", &of("lease.ttl")) && is_of("lease.ttl", &of("lease.ttl")));
        assert!(is_of("policy: lease", &of("lease.ttl")));
        assert!(!is_of("lea", &of("lease.ttl")) && !is_of("workstations: lease", &of("lease")));
        assert!(!names("lease", &of("lease")), "a page names the file");
    }
}
